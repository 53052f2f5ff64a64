"""A second format in the bytes of a picture, a sound or a film (GEN-10). Bounded: the head and the tail are searched.

What is found is told, not judged: the file is rebuilt from what is drawn or heard, and nothing else of it goes on.
Each mark is checked beyond its magic number, so that pixels do not look like a ZIP by chance.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.parsers.patterns import SPACE, compiled

GEN_10: Final = vector("GEN-10")

_WINDOW: Final = 66_000  # readers look in the first 1 KiB, or backwards from the end: a ZIP's comment has 65,535 bytes
_MARKUP: Final[Any] = compiled(
    rb"(?i)<(?:(?:script|html|svg)(?:>|" + SPACE + rb")|\?(?:php|=[$`_])|!doctype html|iframe" + SPACE + rb")"
)


def second_formats(untrusted: bytes) -> list[tuple[Vector, str, str]]:
    """One finding for each format that starts somewhere behind the first byte."""
    if len(untrusted) <= 2 * _WINDOW:
        windows = [(0, untrusted)]
    else:
        windows = [(0, untrusted[:_WINDOW]), (len(untrusted) - _WINDOW, untrusted[-_WINDOW:])]
    found = {name: at for name, magic, at in _AT_FIXED_PLACES if untrusted.startswith(magic, at)}
    for start, window in windows:
        for name, mark, is_real in _MARKS:
            if name not in found and (at := _first(window, mark, is_real, start == 0)) is not None:
                found[name] = start + at
        if "markup or script" not in found and (match := _MARKUP.search(window)):
            found["markup or script"] = start + match.start()
    return [(GEN_10, f"offset {at}", name) for name, at in found.items()]


def _first(window: bytes, mark: Any, is_real: Callable[[bytes, int], bool], at_start: bool) -> int | None:
    places = (match.start() for match in mark.finditer(window, int(at_start)))
    return next((at for at in places if is_real(window, at)), None)


def _is_zip_entry(window: bytes, at: int) -> bool:
    """A local header: sane version, method and length of the name."""
    method, length = window[at + 8 : at + 10], window[at + 26 : at + 28]
    return (
        window[at + 5 : at + 6] == b"\0"
        and int.from_bytes(method, "little") in (0, 8, 9, 12, 14, 93, 95, 98, 99)
        and 0 < int.from_bytes(length, "little") < 512
    )


def _is_zip_end(window: bytes, at: int) -> bool:
    """An end record of one disk."""
    return len(window) - at >= 22 and window[at + 4 : at + 8] == b"\0\0\0\0"


def _is_pdf(window: bytes, at: int) -> bool:
    return re.match(rb"%PDF-[12]\.\d", window[at : at + 8]) is not None


def _is_7z(window: bytes, at: int) -> bool:
    return window[at + 6 : at + 7] == b"\0"


def _is_ole(window: bytes, at: int) -> bool:
    return window[at + 28 : at + 30] == b"\xfe\xff"


def _always(window: bytes, at: int) -> bool:
    return True


_AT_FIXED_PLACES: Final = (("disk image", b"CD001", 0x8001), ("tar", b"ustar\0", 257), ("tar", b"ustar ", 257))

_MARKS: Final[tuple[tuple[str, Any, Callable[[bytes, int], bool]], ...]] = (
    ("ZIP", compiled(re.escape(b"PK\x03\x04")), _is_zip_entry),
    ("ZIP directory", compiled(re.escape(b"PK\x05\x06")), _is_zip_end),
    ("PDF", compiled(re.escape(b"%PDF-")), _is_pdf),
    ("RAR", compiled(re.escape(b"Rar!\x1a\x07")), _always),
    ("7z", compiled(re.escape(b"7z\xbc\xaf\x27\x1c")), _is_7z),
    ("compound file", compiled(re.escape(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), _is_ole),
    ("program", compiled(re.escape(b"This program cannot be run in DOS mode")), _always),
)

"""A second format in the bytes of a picture, a sound or a film (GEN-10). Bounded: the head and the tail are searched.

What is found is told, not judged: the file is rebuilt from what is drawn or heard, and nothing else of it goes on.
Each mark is checked beyond its magic number, so that pixels do not look like a ZIP by chance.
"""

from collections.abc import Callable
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.parsers.patterns import SPACE, Find, finder

GEN_10: Final = vector("GEN-10")

_WINDOW: Final = 66_000  # readers look in the first 1 KiB, or backwards from the end: a ZIP's comment has 65,535 bytes
_SMALL: Final = 4 * _WINDOW  # a file that is quicker searched at once than at both ends


def second_formats(untrusted: bytes) -> list[tuple[Vector, str, str]]:
    """One finding for each format that starts somewhere behind the first byte."""
    size = len(untrusted)
    windows = [(min(1, size), size)] if size <= _SMALL else [(1, _WINDOW), (size - _WINDOW, size)]
    found = {name: at for name, magic, at in _AT_FIXED_PLACES if untrusted.startswith(magic, at)}
    for start, end in windows:
        for find, name_of in _MARKS:
            at = find(untrusted, start, end)
            while at >= 0:
                if name := name_of(untrusted, at):
                    found.setdefault(name, at)
                at = find(untrusted, at + 1, end)
    return [(GEN_10, f"offset {at}", name) for name, at in found.items()]


def _part_of_zip(untrusted: bytes, at: int) -> str:
    if untrusted.startswith(b"\x03\x04", at + 2):
        return "ZIP" if _is_zip_entry(untrusted, at) else ""
    return "ZIP directory" if _is_zip_end(untrusted, at) else ""


def _is_zip_entry(untrusted: bytes, at: int) -> bool:
    """A local header: sane version, method and length of the name."""
    method, length = untrusted[at + 8 : at + 10], untrusted[at + 26 : at + 28]
    return (
        untrusted[at + 5 : at + 6] == b"\0"
        and int.from_bytes(method, "little") in (0, 8, 9, 12, 14, 93, 95, 98, 99)
        and 0 < int.from_bytes(length, "little") < 512
    )


def _is_zip_end(untrusted: bytes, at: int) -> bool:
    """An end record of one disk."""
    return len(untrusted) - at >= 22 and untrusted[at + 4 : at + 8] == b"\0\0\0\0"


def _compound_file(untrusted: bytes, at: int) -> str:
    return "compound file" if untrusted[at + 28 : at + 30] == b"\xfe\xff" else ""


def _always(name: str) -> Callable[[bytes, int], str]:
    return lambda untrusted, at: name


_AT_FIXED_PLACES: Final = (("disk image", b"CD001", 0x8001), ("tar", b"ustar\0", 257), ("tar", b"ustar ", 257))

# Each begins with bytes of one case: RE2 leaps from one such beginning to the next, at ten times its other speed.
_MARKS: Final[tuple[tuple[Find, Callable[[bytes, int], str]], ...]] = (
    #   beginning                                                  name of what begins there, or nothing
    (finder(rb"PK(?:\x03\x04|\x05\x06)"), _part_of_zip),
    (finder(rb"%PDF-[12]\.\d"), _always("PDF")),
    (finder(rb"Rar!\x1a\x07"), _always("RAR")),
    (finder(rb"7z\xbc\xaf\x27\x1c\x00"), _always("7z")),
    (finder(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _compound_file),
    (finder(rb"This program cannot be run in DOS mode"), _always("program")),
    (
        finder(
            rb"<(?:(?i:script|html|svg)(?:>|" + SPACE + rb")|\?(?:(?i:php)|=[$`_])|(?i:!doctype html)"
            rb"|(?i:iframe)" + SPACE + rb")"
        ),
        _always("markup or script"),
    ),
)

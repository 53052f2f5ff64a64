"""A second format inside a picture (V-MAGIC, V-YARA): GEN-10, IMG-12.

Compressed pixels hold any short byte sequence now and then, so a signature alone proves nothing. Each one is checked
beyond its magic number until chance cannot explain it (about 2^-50 for a byte position). One pass each is cheaper than
one pass for all, which could not leap.

Source: APPNOTE.TXT 6.3.10 (4.3.7, 4.3.16); ISO 32000-2, 7.5.2; RAR 5.0 technote; 7zFormat.txt; MS-CFB 2.2.
"""

import struct
from collections.abc import Callable
from typing import Any, Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.patterns import leaping

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_END: Final = struct.Struct("<4sHHHHIIH")
_ZIP_METHODS: Final = frozenset({0, 8, 9, 12, 14, 93, 95, 98, 99})


def _is_local_header(data: bytes, at: int) -> bool:
    header = data[at : at + _LOCAL.size]
    if len(header) < _LOCAL.size:
        return False
    _, version, _, method, *_, name_length, _ = _LOCAL.unpack(header)
    name = data[at + _LOCAL.size : at + _LOCAL.size + name_length]
    return version <= 63 and method in _ZIP_METHODS and 0 < len(name) == name_length <= 1024 and min(name) >= 0x20


def _is_end_record(data: bytes, at: int) -> bool:
    record = data[at : at + _END.size]
    if len(record) < _END.size:
        return False
    _, disk, first_disk, here, total, _, _, comment = _END.unpack(record)
    return not disk and not first_disk and here == total and at + _END.size + comment <= len(data)


_ZIP_RECORDS: Final = {b"PK\x03\x04": _is_local_header, b"PK\x05\x06": _is_end_record}


def _is_zip_record(data: bytes, at: int) -> bool:
    confirmed = _ZIP_RECORDS.get(data[at : at + 4])
    return confirmed is not None and confirmed(data, at)


def _is_it(_data: bytes, _at: int) -> bool:
    return True


_SCRIPT: Final = rb"<(?:(?i:script|html)[\t-\r />]|(?i:iframe|!doctype)[\t-\r ]|\?(?i:php))"
# What a search looks for, and what must be true of it there.
_MARKS: Final[tuple[tuple[str, Any, Callable[[bytes, int], bool]], ...]] = (
    ("PDF header", leaping(rb"%PDF-[12]\.[0-9]"), _is_it),
    ("RAR", leaping(rb"Rar!\x1a\x07[\x00\x01]"), _is_it),
    ("7z", leaping(rb"7z\xbc\xaf\x27\x1c\x00[\x02-\x04]"), _is_it),
    ("compound file", leaping(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), _is_it),
    ("program", leaping(rb"This program cannot be run in DOS mode"), _is_it),
    ("ZIP record", leaping(rb"PK[\x03\x05][\x04\x06]"), _is_zip_record),
    ("script", leaping(_SCRIPT), _is_it),
)


def require_alone(data: bytes) -> None:
    """Raises Refused when a second format starts anywhere behind the first byte."""
    for name, mark, confirmed in _MARKS:
        for match in mark.finditer(data, 1):
            require(not confirmed(data, match.start()), Check.MAGIC, f"{name} at {match.start()}")

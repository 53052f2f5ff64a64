"""Extra fields of ZIP headers: the three that change what a member is. All others are only counted.

Source: PKWARE APPNOTE.TXT 6.3.10, 4.5 and 4.6.9; AES field: WinZip "AES Encryption Information", 2009.
"""

import zlib
from collections.abc import Sequence
from struct import Struct
from typing import Final

from sanitizers.errors import MalformedError
from sanitizers.parsers.zipwords import WIDE, AmbiguousError, Oddity

WIDE_SIZES: Final = 0x0001
UNICODE_PATH: Final = 0x7075
AES: Final = 0x9901

Extras = dict[int, bytes]

_FIELD: Final = Struct("<2H")
_UNICODE_PATH: Final = Struct("<BI")  # version, CRC-32 of the name that it stands for
_SINGLE: Final = frozenset({UNICODE_PATH, AES})


def read_extras(area: bytes) -> Extras:
    """The fields by tag. One to three bytes may be left: some writers align data with them."""
    found: Extras = {}
    at = 0
    while at + _FIELD.size <= len(area):
        tag, size = _FIELD.unpack_from(area, at)
        at += _FIELD.size
        if at + size > len(area):
            raise MalformedError(f"extra field {tag:#06x} runs over its area")
        if tag in found and tag == WIDE_SIZES:
            raise AmbiguousError(Oddity.SIZE_DIFFERS, "two ZIP64 fields")
        if tag in found and tag in _SINGLE:
            raise MalformedError(f"two extra fields {tag:#06x}")
        found[tag] = area[at : at + size]
        at += size
    return found


def widened(extras: Extras, narrow: Sequence[int], index: int) -> tuple[int, ...]:
    """The header's values, those marked as wide taken from its ZIP64 field (4.5.3).

    A field that says more than was asked for is taken only when it says the same, or nothing: readers differ in what
    they believe.
    """
    body = extras[WIDE_SIZES]
    wide = [int.from_bytes(body[i : i + 8], "little") for i in range(0, len(body) - 7, 8)]
    rest = body[8 * len(wide) :]
    asked = [i for i, value in enumerate(narrow) if value == WIDE]
    if len(rest) not in (0, 4) or rest.strip(b"\0"):
        raise AmbiguousError(Oddity.SIZE_DIFFERS, f"a ZIP64 field of {len(body)} bytes", index)
    if len(wide) == len(asked):
        found = list(narrow)
        for i, value in zip(asked, wide):
            found[i] = value
        return tuple(found)
    if not asked and not any(wide):
        return tuple(narrow)  # room that a writer kept in case its member grew
    if len(wide) < max(asked, default=0) + 1 or any(n not in (WIDE, w) for n, w in zip(narrow, wide)):
        raise AmbiguousError(Oddity.SIZE_DIFFERS, "ZIP64 field and header", index)
    return (*wide[: len(narrow)], *narrow[len(wide) :])


def unicode_path(extras: Extras, name: bytes) -> tuple[str | None, bool]:
    """The name in the Unicode Path field when it is another one, and whether the field fits the header's name."""
    body = extras.get(UNICODE_PATH)
    if body is None:
        return None, True
    if len(body) < _UNICODE_PATH.size:
        return None, False
    version, checksum = _UNICODE_PATH.unpack_from(body)
    if version != 1 or checksum != zlib.crc32(name):
        return None, False
    try:
        path = body[_UNICODE_PATH.size :].decode("utf-8")
    except UnicodeDecodeError:
        return None, False
    return (path, True) if path else (None, False)

"""The records of EMF and WMF files: where each starts and ends, and what the headers say. No record is read here.

Source: [MS-EMF] 2.3.4.2, [MS-EMFPLUS] 2.3, [MS-WMF] 2.3.2. Trust: every byte is hostile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError

EMR_HEADER: Final = 1
EMR_EOF: Final = 14
META_EOF: Final = 0
EMF_HEADER_BYTES: Final = 108  # with both extensions
WMF_HEADER: Final = struct.Struct("<HHHIHIH")
PLACEABLE: Final = struct.Struct("<IH4hHIH")
PLACEABLE_KEY: Final = 0x9AC6CDD7
MAX_RECORDS: Final = 1_000_000

_RECORD: Final = struct.Struct("<II")
_BASE_HEADER: Final = struct.Struct("<8x8i4sIIIHHIII4i")
_BASE_HEADER_BYTES: Final = 88
_FIRST_EXTENSION_BYTES: Final = 100
_WMF_RECORD: Final = struct.Struct("<IH")
_WMF_VERSIONS: Final = (0x0100, 0x0300)
_PLUS_RECORD: Final = struct.Struct("<HHII")


@dataclass(frozen=True, slots=True)
class Record:
    """One record without its number and size."""

    number: int
    at: int  # offset of its first byte in the file
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmfHeader:
    """What a file says of its drawing as a whole."""

    bounds: tuple[int, ...]  # left, top, right, bottom in device units
    frame: tuple[int, ...]  # in 0.01 mm
    device: tuple[int, int]  # pixels
    millimetres: tuple[int, int]
    micrometres: tuple[int, int]
    has_description: bool


@dataclass(frozen=True, slots=True)
class Emf:
    """An EMF file taken apart."""

    data: bytes = field(repr=False)
    header: EmfHeader
    first: bytes = field(repr=False)  # the header record as it stands
    records: tuple[Record, ...] = field(repr=False)  # behind the header, up to the end record
    last: bytes | None = field(repr=False)  # body of the end record
    end: int  # offset behind the last record


@dataclass(frozen=True, slots=True)
class Wmf:
    """A WMF file taken apart."""

    data: bytes = field(repr=False)
    bounds: tuple[int, ...] | None  # left, top, right, bottom, units an inch; None when the file is not placeable
    version: int
    head: bytes = field(repr=False)  # both headers as they stand
    records: tuple[Record, ...] = field(repr=False)  # up to the end record
    has_end: bool
    end: int


def parse_emf(untrusted: bytes, budget: Budget) -> Emf:
    """Take an EMF file apart. Raises MalformedError, LimitError."""
    walk = _emf_records(untrusted)
    first = next(walk, None)
    if first is None or first.number != EMR_HEADER:
        raise MalformedError("no header record")
    size = len(first.body) + _RECORD.size
    header = _emf_header(untrusted[:size])
    records: list[Record] = []
    last, end = None, size
    for record in walk:
        end = record.at + _RECORD.size + len(record.body)
        if record.number == EMR_EOF:
            last = record.body
            break
        _count(records)
        records.append(record)
    return Emf(untrusted, header, untrusted[:size], tuple(records), last, end)


def _emf_records(data: bytes) -> Iterator[Record]:
    at = 0
    while at < len(data):
        if at + _RECORD.size > len(data):
            raise MalformedError(f"offset {at}: a record that is cut off")
        number, size = _RECORD.unpack_from(data, at)
        if size < _RECORD.size or size % 4 or size > len(data) - at:
            raise MalformedError(f"offset {at}: a record of {size} bytes")
        yield Record(number, at, data[at + _RECORD.size : at + size])
        at += size


def _count(records: list[Record]) -> None:
    if len(records) >= MAX_RECORDS:
        raise LimitError(f"more than {MAX_RECORDS} records")


def _emf_header(first: bytes) -> EmfHeader:
    """Raises MalformedError. How long the header is follows from where its parts stand ([MS-EMF] 2.3.4.2)."""
    if len(first) < _BASE_HEADER_BYTES:
        raise MalformedError(f"a header of {len(first)} bytes")
    *numbers, mark, _, _, _, _, _, described, at, _, across, down, wide, high = _BASE_HEADER.unpack_from(first)
    if mark != b" EMF":
        raise MalformedError("no mark of an EMF file")
    if min(across, down, wide, high) <= 0:
        raise MalformedError(f"a device of {across} x {down} pixels and {wide} x {high} mm")
    size = len(first)
    if described and at >= _BASE_HEADER_BYTES:
        size = min(size, at)
    micrometres = wide * 1000, high * 1000
    if size >= _FIRST_EXTENSION_BYTES:
        length, place = struct.unpack_from("<II", first, _BASE_HEADER_BYTES)
        size = min(size, place) if length and place >= _FIRST_EXTENSION_BYTES else size
    if size >= EMF_HEADER_BYTES:
        said = struct.unpack_from("<II", first, _FIRST_EXTENSION_BYTES)
        micrometres = said if all(0 < value < 1 << 31 for value in said) else micrometres
    micrometres = min(micrometres[0], (1 << 31) - 1), min(micrometres[1], (1 << 31) - 1)
    return EmfHeader(tuple(numbers[:4]), tuple(numbers[4:]), (across, down), (wide, high), micrometres, bool(described))


def plus_records(comment: bytes) -> list[tuple[int, int]]:
    """(type, flags) of the EMF+ records in a comment's data, behind its mark; what is no record ends the list."""
    found, at = [], 0
    while at + _PLUS_RECORD.size <= len(comment):
        number, flags, size, _ = _PLUS_RECORD.unpack_from(comment, at)
        found.append((number, flags))
        if size < _PLUS_RECORD.size:
            break
        at += size
    return found


def parse_wmf(untrusted: bytes, budget: Budget) -> Wmf:
    """Take a WMF file apart. Raises MalformedError, LimitError."""
    at, bounds = 0, None
    if untrusted[:4] == PLACEABLE_KEY.to_bytes(4, "little"):
        if len(untrusted) < PLACEABLE.size:
            raise MalformedError("a placeable header that is cut off")
        _, _, *box, inch, _, _ = PLACEABLE.unpack_from(untrusted)
        at, bounds = PLACEABLE.size, (*box, inch)
        if not inch:
            raise MalformedError("no units an inch")
    if len(untrusted) < at + WMF_HEADER.size:
        raise MalformedError("a header that is cut off")
    kind, words, version, _, _, _, _ = WMF_HEADER.unpack_from(untrusted, at)
    if kind not in (1, 2) or words != WMF_HEADER.size // 2 or version not in _WMF_VERSIONS:
        raise MalformedError(f"a header of type {kind}, {words} words, version {version:#x}")
    start = at + WMF_HEADER.size
    records: list[Record] = []
    end = start
    for record in _wmf_records(untrusted, start):
        end = record.at + _WMF_RECORD.size + len(record.body)
        if record.number == META_EOF:
            return Wmf(untrusted, bounds, version, untrusted[:start], tuple(records), True, end)
        _count(records)
        records.append(record)
    return Wmf(untrusted, bounds, version, untrusted[:start], tuple(records), False, end)


def _wmf_records(data: bytes, at: int) -> Iterator[Record]:
    while at < len(data):
        if at + _WMF_RECORD.size > len(data):
            raise MalformedError(f"offset {at}: a record that is cut off")
        words, number = _WMF_RECORD.unpack_from(data, at)
        if words * 2 < _WMF_RECORD.size or words * 2 > len(data) - at:
            raise MalformedError(f"offset {at}: a record of {words} words")
        yield Record(number, at, data[at + _WMF_RECORD.size : at + words * 2])
        at += words * 2

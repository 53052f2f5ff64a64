"""A rebuilt TIFF: pages of allow-listed tags, each byte in one place alone, each strip as long as its rows.

Every byte of the file is of the header, a directory, a value or a strip (IMG-25). Deflate is inflated and held against
the geometry; JPEG is walked like a file of its own; LZW and fax codes are held against the geometry by their length.
(V-IMG, V-MAGIC, V-RES)

Source: TIFF 6.0, section 2 and those named in tiff_tags.py, tiff_page.py.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import magic, tiff_page
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.tiff_tags import RATIONAL, RULES, TYPE_BYTES, Tag, Values

_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_HEADER_BYTES: Final = 8
_MOST_PIECES: Final = 1 << 20  # directories, values and strips in all
_ALIGNMENT: Final = 16  # zeros before a directory, a value or a strip, fewer than this
_CODES: Final = {1: "B", 2: "H", 4: "I"}  # by bytes


@dataclass(slots=True)
class _Reading:
    """The file, and which of its bytes were claimed so far."""

    data: bytes
    order: str
    spans: list[tuple[int, int]] = field(default_factory=list)

    def claim(self, start: int, size: int, where: str) -> bytes:
        """The bytes of one thing, which nothing else may share."""
        _must(start >= _HEADER_BYTES and size <= len(self.data) - start, f"{where} does not fit")
        require(len(self.spans) < _MOST_PIECES, Check.LIMITS, "too many strips")
        self.spans.append((start, start + size))
        return self.data[start : start + size]

    def numbers(self, code: str, raw: bytes) -> Values:
        return struct.unpack(f"{self.order}{len(raw) // struct.calcsize(code)}{code}", raw)


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a TIFF as it is rebuilt."""
    order = _ORDERS.get(data[:4])
    if order is None or len(data) < _HEADER_BYTES:
        raise Refused(Check.MAGIC, "no TIFF signature")
    reading = _Reading(data, order)
    numbers: list[Values | None] = []
    for tags in _pages(reading, court):
        numbers.append(tags.get(Tag.PAGE_NUMBER))
        where = f"page {len(numbers)}"
        for block in tiff_page.blocks(tags, where, court):
            packed = reading.claim(block.start, block.packed, f"{where}: strip at {block.start}")
            tiff_page.require_whole(packed, block, where, court)
    for number, told in enumerate(numbers):
        _must(told in (None, (number, len(numbers)), (number, 0)), f"page {number + 1}: page number")
    _require_accounted(reading)
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _pages(reading: _Reading, court: Court) -> Iterator[dict[int, Values]]:
    """Section 2: one chain of directories. None comes twice."""
    (at,) = reading.numbers("I", reading.data[4:8])
    _must(at, "no page")
    seen: set[int] = set()
    while at:
        where = f"directory at {at}"
        _must(at not in seen and at % 2 == 0, where)
        seen.add(at)
        require(len(seen) <= court.limits.max_frames, Check.LIMITS, f"{len(seen)} pages")
        (count,) = reading.numbers("H", reading.data[at : at + 2].ljust(2, b"\0"))
        _must(0 < count <= len(RULES), f"{where}: number of tags")
        raw = reading.claim(at, 2 + 12 * count + 4, where)
        yield _tags(reading, raw[2:-4], where)
        (at,) = reading.numbers("I", raw[-4:])


def _tags(reading: _Reading, raw: bytes, where: str) -> dict[int, Values]:
    """Values by tag, in ascending order, each of a known type and count."""
    tags: dict[int, Values] = {}
    last = 0
    for tag, kind, count, field_bytes in struct.iter_unpack(reading.order + "HHI4s", raw):
        told = f"{where}: tag {tag}"
        rule = RULES.get(tag)
        if rule is None or tag <= last:
            raise Refused(Check.IMAGE, told)
        _must(kind in rule.types and rule.least <= count <= rule.most, f"{told}: type or count")
        tags[tag] = values = _values(reading, kind, count, field_bytes, told)
        _must(rule.fits(values), f"{told}: value")
        last = tag
    return tags


def _values(reading: _Reading, kind: int, count: int, inline: bytes, told: str) -> Values:
    """In the entry itself when they fit into four bytes, elsewhere when not."""
    size = count * TYPE_BYTES[kind]
    if size <= 4:
        raw = inline[:size]
        _must(not any(inline[size:]), f"{told}: bytes behind its value")
    else:
        (at,) = reading.numbers("I", inline)
        raw = reading.claim(at, size, told)
    return reading.numbers("I" if kind == RATIONAL else _CODES[TYPE_BYTES[kind]], raw)


def _require_accounted(reading: _Reading) -> None:
    """Nothing overlaps, and nothing stands between but zeros that align what follows."""
    at = _HEADER_BYTES
    for start, end in sorted(reading.spans):
        _must(start >= at, f"overlap at {start}")
        gap = reading.data[at:start]
        is_alignment = len(gap) < _ALIGNMENT and (len(gap) < 2 or start % _ALIGNMENT == 0)
        _must(is_alignment and not any(gap), f"gap at {at}")
        at = end
    rest = reading.data[at:]
    _must(len(rest) < 2 and not any(rest), f"bytes after the last strip at {at}")

"""The segments of a JPEG file that a decoder reads: frame, scan header, tables. Each is checked before one sees it.

Source: ITU-T T.81 (1992) Annex B.2. Trust: every byte is hostile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from sanitizers.errors import MalformedError, UnsupportedError

SOS, DQT, DHT, DAC, DRI, DNL, COM = 0xDA, 0xDB, 0xC4, 0xCC, 0xDD, 0xDC, 0xFE
_KEPT: Final = 32  # tables that need not be checked again: most files have those of Annex K
_NAMES: Final = {SOS: "SOS", DQT: "DQT", DHT: "DHT", DAC: "DAC", DRI: "DRI", DNL: "DNL", COM: "COM"}


class Coding(IntEnum):
    """How samples are coded: the frame markers that some decoder here can read."""

    BASELINE = 0xC0
    SEQUENTIAL = 0xC1  # extended: more tables, 16-bit quantisation
    PROGRESSIVE = 0xC2
    LOSSLESS = 0xC3
    ARITHMETIC = 0xC9
    ARITHMETIC_PROGRESSIVE = 0xCA

    @property
    def is_progressive(self) -> bool:
        return self in (Coding.PROGRESSIVE, Coding.ARITHMETIC_PROGRESSIVE)


@dataclass(frozen=True, slots=True)
class Segment:
    """A marker with a length and a body."""

    marker: int
    at: int
    body: bytes = field(repr=False)

    @property
    def where(self) -> str:
        """ "APP1 at 20"."""
        name = f"APP{self.marker - 0xE0}" if 0xE0 <= self.marker <= 0xEF else _NAMES.get(self.marker, "SOF")
        return f"{name} at {self.at}"


@dataclass(frozen=True, slots=True)
class Component:
    """One plane of samples: its name, its sampling factors, the number of its quantisation table."""

    id: int
    across: int
    down: int
    table: int


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture's shape."""

    coding: Coding
    precision: int
    width: int
    height: int
    components: tuple[Component, ...]


def frame(segment: Segment) -> Frame:
    """The shape that a frame header tells (B.2.2). Raises MalformedError, or UnsupportedError for a rare coding."""
    try:
        coding = Coding(segment.marker)
    except ValueError as error:
        raise UnsupportedError(f"frame marker {segment.marker:#04x}") from error
    body = segment.body
    if len(body) < 6 or len(body) != 6 + 3 * body[5]:
        raise MalformedError(f"{segment.where}: {len(body)} bytes")
    height, width = int.from_bytes(body[1:3]), int.from_bytes(body[3:5])
    components = tuple([Component(i, s >> 4, s & 15, t) for i, s, t in zip(body[6::3], body[7::3], body[8::3])])
    if not height or not width or len(set(body[6::3])) != len(components):
        raise MalformedError(f"{segment.where}: {width} x {height}, {len(components)} components")
    for component in components:
        if not 1 <= component.across <= 4 or not 1 <= component.down <= 4 or component.table > 3:
            raise MalformedError(f"{segment.where}: sampling factors")
    if len(components) not in (1, 3, 4) or body[0] != 8:
        raise UnsupportedError(f"{len(components)} components of {body[0]} bits")
    return Frame(coding, body[0], width, height, components)


def scan_header(segment: Segment, of: Frame) -> bytes:
    """A scan's header, checked (B.2.3); where a coding leaves bytes no choice, they are set. Raises MalformedError."""
    body = segment.body
    count = body[0] if body else 0
    if not 1 <= count <= len(of.components) or len(body) != 4 + 2 * count:
        raise MalformedError(f"{segment.where}: {len(body)} bytes")
    names = [component.id for component in of.components]
    order = [names.index(i) if i in names else -1 for i in body[1 : 1 + 2 * count : 2]]
    if order[0] < 0 or order != sorted(set(order)):
        raise MalformedError(f"{segment.where}: components")
    blocks = 0
    for index, tables in zip(order, body[2 : 2 + 2 * count : 2]):
        blocks += of.components[index].across * of.components[index].down
        if tables & 0xCC:
            raise MalformedError(f"{segment.where}: tables that cannot be")
    if count > 1 and blocks > 10:
        raise MalformedError(f"{segment.where}: {blocks} blocks")
    if of.coding is Coding.LOSSLESS:
        return body
    if not of.coding.is_progressive:
        return body[:-3] + b"\x00\x3f\x00"
    first, last, high, low = body[-3], body[-2], body[-1] >> 4, body[-1] & 15
    if last > 63 or first > last or (not first and last) or (first and count > 1) or high > 13 or low > 13:
        raise MalformedError(f"{segment.where}: spectral selection {first} to {last}")
    return body


@lru_cache(_KEPT)
def quantisation_tables(body: bytes) -> Mapping[int, tuple[int, ...]]:
    """The tables of a DQT segment by number, in zigzag order (B.2.4.1). Raises MalformedError."""
    found: dict[int, tuple[int, ...]] = {}
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        size = 128 if wide else 64
        table = body[at + 1 : at + 1 + size]
        if wide > 1 or number > 3 or len(table) != size:
            raise MalformedError("DQT")
        found[number] = tuple(int.from_bytes(table[i : i + 2]) for i in range(0, size, 2)) if wide else tuple(table)
        at += 1 + size
    return MappingProxyType(found)


@lru_cache(_KEPT)
def huffman_tables(body: bytes) -> Mapping[int, bytes]:
    """The tables of a DHT segment by class and number (B.2.4.2), each with its own head. Raises MalformedError."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        kind, number, counts = body[at] >> 4, body[at] & 15, body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        room = sum(count << (16 - length) for length, count in enumerate(counts, 1))
        if kind > 1 or number > 3 or len(counts) != 16 or len(symbols) != sum(counts) or len(symbols) > 256:
            raise MalformedError("DHT")
        if room > 1 << 16 or (kind == 0 and any(symbol > 16 for symbol in symbols)):
            raise MalformedError("DHT: code lengths")
        found[body[at]] = body[at : at + 17 + len(symbols)]
        at += 17 + len(symbols)
    return MappingProxyType(found)


def _check_arithmetic(body: bytes) -> None:
    """B.2.4.3."""
    if len(body) % 2 or any(number > 31 or number & 15 > 3 for number in body[::2]):
        raise MalformedError("DAC")


def _check_two_bytes(body: bytes) -> None:
    """B.2.4.4 and B.2.5: a restart interval, a number of lines."""
    if len(body) != 2:
        raise MalformedError("DRI or DNL")


def _check_nothing(_: bytes) -> None:
    """A comment may be anything."""


CHECKS: Final[Mapping[int, Callable[[bytes], object]]] = MappingProxyType(
    {
        DAC: _check_arithmetic,
        DRI: _check_two_bytes,
        DNL: _check_two_bytes,
        COM: _check_nothing,
    }
)

"""The header of a lossy WebP picture: one key frame, whose partitions fill it to the last byte (IMG-21).

Source: RFC 6386, 9.1 to 9.5 (frame header), 7 (boolean decoder), 19.2 (layout); RFC 9649, 2.5.
"""

from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require

_START: Final = b"\x9d\x01\x2a"
_HEADER_BYTES: Final = 10
_MOST_VERSION: Final = 3
_MOST_BLOCK_BYTES: Final = 2048  # of 16 x 16 pixels with their chroma; noise takes a quarter of it


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, f"VP8 {where}")


def header(body: bytes) -> tuple[int, int]:
    """Width and height (9.1). Raises Refused."""
    _must(len(body) > _HEADER_BYTES and body[3:6] == _START, "without a start code")
    tag = int.from_bytes(body[:3], "little")
    _must(not tag & 1 and tag >> 1 & 7 <= _MOST_VERSION and tag >> 4 & 1, "is no key frame to be shown")
    width, height = int.from_bytes(body[6:8], "little"), int.from_bytes(body[8:10], "little")
    _must(0 < width < 1 << 14 and 0 < height < 1 << 14, "size, or a scale")
    return width, height


def check(body: bytes, width: int, height: int) -> None:
    """Raises Refused unless the partitions are where their sizes say and hold no more than such a picture can."""
    first = int.from_bytes(body[:3], "little") >> 5
    at = _HEADER_BYTES + first
    _must(first and at <= len(body), "first partition does not fit")
    partitions = _partitions(body[_HEADER_BYTES:at])
    sizes_end = at + 3 * (partitions - 1)
    _must(sizes_end <= len(body), "sizes of partitions do not fit")
    sizes = (int.from_bytes(body[place : place + 3], "little") for place in range(at, sizes_end, 3))
    _must(sizes_end + sum(sizes) <= len(body), "partition does not fit")
    blocks = -(-width // 16) * -(-height // 16)
    _must(len(body) <= 4096 + blocks * _MOST_BLOCK_BYTES, "too long for its size")


@dataclass(slots=True)
class _Bools:
    """7.3: the boolean entropy decoder, as far as a header needs it."""

    data: bytes
    at: int = 2
    value: int = 0
    span: int = 255
    shifted: int = 0

    def __post_init__(self) -> None:
        self.value = int.from_bytes(self.data[:2].ljust(2, b"\0"), "big")

    def bit(self) -> int:
        """One bit at even odds."""
        split = 1 + ((self.span - 1) * 128 >> 8)
        is_set = self.value >= split << 8
        if is_set:
            self.span -= split
            self.value -= split << 8
        else:
            self.span = split
        while self.span < 128:
            self.value <<= 1
            self.span <<= 1
            self.shifted += 1
            if self.shifted == 8:
                self.shifted = 0
                self.value |= self.data[self.at] if self.at < len(self.data) else 0
                self.at += 1
        return int(is_set)

    def number(self, bits: int) -> int:
        value = 0
        for _ in range(bits):
            value = value << 1 | self.bit()
        return value

    def options(self, count: int, bits: int) -> None:
        """So many numbers with their signs, each of them there or not."""
        for _ in range(count):
            if self.bit():
                self.number(bits + 1)


def _partitions(first: bytes) -> int:
    """How many partitions of coefficients there are (19.2, frame_header)."""
    bools = _Bools(first)
    _must(not bools.bit(), "of a reserved colour space")  # 9.2
    bools.bit()  # clamping
    if bools.bit():  # 9.3: segments
        updates_map, updates_data = bools.bit(), bools.bit()
        if updates_data:
            bools.bit()
            bools.options(4, 7)
            bools.options(4, 6)
        if updates_map:
            for _ in range(3):
                if bools.bit():
                    bools.number(8)
    bools.number(1 + 6 + 3)  # 9.6: filter
    if bools.bit() and bools.bit():
        bools.options(8, 6)
    partitions = 1 << bools.number(2)  # 9.5
    _must(bools.at <= len(first) + 2, "first partition ends early")
    return partitions

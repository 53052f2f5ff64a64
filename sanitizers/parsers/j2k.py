"""The codestream of a JPEG 2000 picture: its shape, and what a decoder needs of it, with comments and indexes left out.

Source: ISO/IEC 15444-1:2019 annex A. Trust: every byte is hostile. Packets are not read: decoding is a codec's work.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError, UnsupportedError

START: Final = b"\xff\x4f"
END: Final = b"\xff\xd9"
_SIZE, _TILE_PART, _DATA = 0xFF51, 0xFF90, 0xFF93
_COMMENT: Final = 0xFF64
# What tells a decoder how to decode, in the main header and in those of tile parts.
_KEPT: Final = frozenset({0xFF52, 0xFF53, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF61})  # COD .. PPT
_LEFT_OUT: Final = frozenset({_COMMENT, 0xFF55, 0xFF57, 0xFF58, 0xFF63})  # lengths, comments, registration
_MAX_TILES: Final = 65_535
_MAX_TILE_PARTS: Final = 65_535
_MAX_SEGMENTS: Final = 16_384
_MAX_COMPONENTS: Final = 4
_MAX_DEPTH: Final = 16
_STEPS: Final = (1, 2, 4)


@dataclass(frozen=True, slots=True)
class Component:
    """One kind of sample: bits, and how many pixels it stands for across and down."""

    depth: int
    across: int
    down: int


@dataclass(frozen=True, slots=True)
class Codestream:
    """A picture's shape, and a stream that draws it and says nothing else."""

    width: int
    height: int
    components: tuple[Component, ...]
    bare: bytes = field(repr=False)
    comments: int
    end: int  # where it ends in the data it was read from
    has_end: bool  # an end marker stands there


def parse(data: memoryview, budget: Budget) -> Codestream:
    """Raises MalformedError, UnsupportedError, or LimitError before anything is decoded."""
    if bytes(data[:2]) != START:
        raise MalformedError("no codestream")
    return _Walk(data, budget).run()


class _Walk:
    """One pass over the markers."""

    def __init__(self, data: memoryview, budget: Budget) -> None:
        self.data, self.budget, self.at = data, budget, 2
        self.comments = 0
        self.out: list[bytes | memoryview] = [START]

    def run(self) -> Codestream:
        marker, body = self._segment()
        if marker != _SIZE:
            raise MalformedError("no size in front")
        size, components = _shape(body, self.budget)
        self.out.append(_segment(_SIZE, body))
        self._header(_TILE_PART)
        parts = 0
        while self.at + 2 <= len(self.data) and self._peek() == _TILE_PART:
            parts += 1
            if parts > _MAX_TILE_PARTS:
                raise LimitError(f"more than {_MAX_TILE_PARTS} tile parts")
            self._tile_part()
        has_end = bytes(self.data[self.at : self.at + 2]) == END
        if not parts:
            raise MalformedError("no tile")
        self.out.append(END)
        end = self.at + 2 * has_end
        return Codestream(*size, components, b"".join(self.out), self.comments, end, has_end)

    def _peek(self) -> int:
        if self.at + 2 > len(self.data):
            raise MalformedError(f"cut off at {self.at}")
        return int.from_bytes(self.data[self.at : self.at + 2], "big")

    def _segment(self) -> tuple[int, bytes]:
        at = self.at
        marker = self._peek()
        length = int.from_bytes(self.data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(self.data):
            raise MalformedError(f"marker {marker:#06x} at {at}: {length} bytes")
        self.at = at + 2 + length
        return marker, bytes(self.data[at + 4 : self.at])

    def _header(self, until: int) -> list[bytes]:
        """Segments up to a marker, those that are kept written to `out`; what they are is answered too."""
        kept: list[bytes] = []
        for _ in range(_MAX_SEGMENTS):
            if self._peek() == until:
                self.out += kept
                return kept
            marker, body = self._segment()
            if marker in _KEPT:
                kept.append(_segment(marker, body))
            elif marker not in _LEFT_OUT:
                raise UnsupportedError(f"marker {marker:#06x}")
            self.comments += marker == _COMMENT
        raise LimitError(f"more than {_MAX_SEGMENTS} segments")

    def _tile_part(self) -> None:
        start, place = self.at, len(self.out)
        marker, body = self._segment()
        if len(body) != 8:
            raise MalformedError(f"marker {marker:#06x} at {start}")
        tile, length, part, parts = struct.unpack(">HIBB", body)
        end = start + length if length else self._last_end()
        self.out.append(b"")
        kept = self._header(_DATA)
        self.at += 2
        if not self.at <= end <= len(self.data):
            raise MalformedError(f"a tile part of {length} bytes at {start}")
        packets = self.data[self.at : end]
        length = 12 + sum(map(len, kept)) + 2 + len(packets)
        self.out[place] = _segment(_TILE_PART, struct.pack(">HIBB", tile, length, part, parts))
        self.out += (_DATA.to_bytes(2, "big"), packets)
        self.at = end

    def _last_end(self) -> int:
        """Where a tile part ends that does not say how long it is: at the end marker, or of the data."""
        return len(self.data) - 2 if bytes(self.data[-2:]) == END else len(self.data)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">HH", marker, len(body) + 2) + body


def _shape(body: bytes, budget: Budget) -> tuple[tuple[int, int], tuple[Component, ...]]:
    """The size of the picture and its components (A.5.1)."""
    if len(body) < 36:
        raise MalformedError("a size that is cut off")
    _, right, lower, left, upper, across, down, tile_left, tile_upper, count = struct.unpack_from(">HIIIIIIIIH", body)
    if len(body) != 36 + 3 * count or not (left < right and upper < lower and across and down):
        raise MalformedError("a size that cannot be")
    if not (tile_left <= left < tile_left + across and tile_upper <= upper < tile_upper + down):
        raise MalformedError("tiles beside the picture")
    budget.draw(right, lower)
    if -(-(right - tile_left) // across) * -(-(lower - tile_upper) // down) > _MAX_TILES:
        raise LimitError(f"more than {_MAX_TILES} tiles")
    if not 1 <= count <= _MAX_COMPONENTS:
        raise UnsupportedError(f"{count} components")
    components = tuple(Component((depth & 0x7F) + 1, x, y) for depth, x, y in struct.iter_unpack(">BBB", body[36:]))
    for component, depth in zip(components, body[36::3]):
        if depth & 0x80 or component.depth > _MAX_DEPTH or {component.across, component.down} - set(_STEPS):
            raise UnsupportedError(f"samples of {component.depth} bits, one in {component.across} x {component.down}")
    return (right - left, lower - upper), components

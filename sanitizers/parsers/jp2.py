"""A JPEG 2000 file: what its boxes say of its colours, its first codestream, and which boxes stand beside it.

Source: ISO/IEC 15444-1:2019 annex I (JP2), 15444-2 annex M (JPX). Trust: every byte is hostile.
"""

import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError, UnsupportedError
from sanitizers.parsers import j2k
from sanitizers.parsers.isobmff import Box, Reader, box_at, boxes
from sanitizers.parsers.j2k import Codestream

SIGNATURE: Final = b"\0\0\0\x0cjP  \r\n\x87\n"
_MAX_BOXES: Final = 4096
_MAX_PALETTE: Final = 1024
_ALIKE: Final = 255  # of ihdr: components have several depths
_METRES_PER_INCH: Final = 0.0254
_MAX_DOTS: Final = 65_535


class Space(Enum):
    """What the components mean, by the number of an enumerated colour space."""

    BILEVEL = 0
    BILEVEL_2 = 15
    CMYK = 12
    SRGB = 16
    GRAY = 17
    SYCC = 18


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by index, 8 bits a channel."""

    entries: tuple[bytes, ...] = field(repr=False)
    channels: int


@dataclass(frozen=True, slots=True)
class Jp2:
    """A file taken apart. `beside`: boxes that are no part of the picture."""

    data: bytes = field(repr=False)
    stream: Codestream
    space: Space | None  # None where nothing is said, or a profile says it
    profile: bytes | None = field(repr=False)
    palette: Palette | None
    opacity: int | None  # the channel that says how much shows through
    is_premultiplied: bool
    order: tuple[int, ...]  # channels of colour, in the order of their meaning; empty as they come
    density: tuple[int, int] | None  # dots an inch
    beside: tuple[Box, ...]
    behind: int  # bytes behind the last box, or behind a bare codestream


def parse(untrusted: bytes, budget: Budget) -> Jp2:
    """Take a file or a bare codestream apart. Raises MalformedError, UnsupportedError, LimitError."""
    view = memoryview(untrusted)
    if untrusted.startswith(j2k.START):
        stream = j2k.parse(view, budget)
        return Jp2(untrusted, stream, None, None, None, None, False, (), None, (), len(untrusted) - stream.end)
    if not untrusted.startswith(SIGNATURE):
        raise MalformedError("no signature")
    found, at = [], 0
    while (box := box_at(view, at, len(untrusted))) is not None:
        found.append(box)
        at = box.end
        if len(found) > _MAX_BOXES:
            raise LimitError(f"more than {_MAX_BOXES} boxes")
    return _read(untrusted, found, at, budget)


def _read(data: bytes, found: list[Box], end: int, budget: Budget) -> Jp2:
    kinds = [box for box in found if box.name == b"ftyp"]
    if len(kinds) != 1 or bytes(kinds[0].body[:4]) not in (b"jp2 ", b"jpx "):
        raise UnsupportedError("a file of several layers, or of no kind")
    heads = [box for box in found if box.name == b"jp2h"]
    streams = [box for box in found if box.name == b"jp2c"]
    if len(heads) != 1 or not streams:
        raise MalformedError(f"{len(heads)} headers and {len(streams)} codestreams")
    stream = j2k.parse(streams[0].body, budget)
    head = _Head(heads[0], stream)
    used = (b"jP  ", b"ftyp", b"jp2h")
    beside = [box for box in found if box.name not in used and box is not streams[0]]
    return Jp2(
        data, stream, head.space, head.profile, head.palette, head.opacity, head.is_premultiplied, head.order,
        head.density, (*beside, *head.beside), len(data) - end + len(streams[0].body) - stream.end,
    )  # fmt: skip


class _Head:
    """The header box, read in one go."""

    def __init__(self, head: Box, stream: Codestream) -> None:
        self.stream = stream
        self.space: Space | None = None
        self.profile: bytes | None = None
        self.palette: Palette | None = None
        self.opacity: int | None = None
        self.is_premultiplied = False
        self.order: tuple[int, ...] = ()
        self.density: tuple[int, int] | None = None
        self.beside: list[Box] = []
        seen: set[bytes] = set()
        for box in boxes(head.body, 0, len(head.body)):
            if box.name in seen and box.name != b"colr":
                raise MalformedError(f"a second {box.where}")
            self._take(box, is_first=box.name not in seen)
            seen.add(box.name)
        if b"ihdr" not in seen:
            raise MalformedError("no image header")
        if self.palette is not None and len(stream.components) != 1:
            raise UnsupportedError("a palette for several components")

    def _take(self, box: Box, is_first: bool) -> None:
        reader = Reader(box.body, box.where)
        match box.name:
            case b"ihdr":
                height, width, count, depth = reader.number(4), reader.number(4), reader.number(2), reader.number(1)
                if (width, height, count) != (self.stream.width, self.stream.height, len(self.stream.components)):
                    raise MalformedError(f"{box.where}: another shape than the codestream")
                if depth != _ALIKE and {part.depth for part in self.stream.components} != {(depth & 0x7F) + 1}:
                    raise MalformedError(f"{box.where}: another depth than the codestream")
            case b"colr" if is_first:
                self._colours(reader)
            case b"pclr":
                self.palette = _palette(reader)
            case b"cdef":
                self._channels(reader)
            case b"res ":
                self.density = _density(box)
            case b"colr" | b"bpcc" | b"cmap":
                pass
            case _:
                self.beside.append(box)

    def _colours(self, reader: Reader) -> None:
        method = reader.number(1)
        reader.number(2)
        if method == 1:
            number = reader.number(4)
            try:
                self.space = Space(number)
            except ValueError as error:
                raise UnsupportedError(f"colour space {number}") from error
        elif method in (2, 3):
            self.profile = bytes(reader.rest())
        else:
            raise UnsupportedError(f"colours by method {method}")

    def _channels(self, reader: Reader) -> None:
        """What each channel is (I.5.3.6): colour, opacity, or opacity that colours are multiplied by."""
        order: dict[int, int] = {}
        for _ in range(reader.number(2)):
            channel, kind, of = reader.number(2), reader.number(2), reader.number(2)
            if kind in (1, 2) and self.opacity is None:
                self.opacity, self.is_premultiplied = channel, kind == 2
            elif kind == 0 and of:
                order[of] = channel
        self.order = tuple(order[of] for of in sorted(order))


def _palette(reader: Reader) -> Palette:
    count, channels = reader.number(2), reader.number(1)
    if not 0 < count <= _MAX_PALETTE or channels not in (3, 4):
        raise UnsupportedError(f"a palette of {count} colours in {channels} channels")
    if any(reader.number(1) != 7 for _ in range(channels)):
        raise UnsupportedError("a palette of other than 8 bits")
    return Palette(tuple(reader.take(channels) for _ in range(count)), channels)


def _density(box: Box) -> tuple[int, int] | None:
    """Dots an inch, of the screen where that is said, else of the camera."""
    found = {inner.name: inner for inner in boxes(box.body, 0, len(box.body))}
    said = found.get(b"resd") or found.get(b"resc")
    if said is None or len(said.body) != 10:
        return None
    down, down_below, across, across_below, down_power, across_power = struct.unpack(">HHHHbb", said.body)
    if not (down_below and across_below) or max(abs(down_power), abs(across_power)) > 9:
        return None
    dots = [
        round(above / below * 10.0**power * _METRES_PER_INCH)
        for above, below, power in ((across, across_below, across_power), (down, down_below, down_power))
    ]
    return (dots[0], dots[1]) if all(0 < value <= _MAX_DOTS for value in dots) else None

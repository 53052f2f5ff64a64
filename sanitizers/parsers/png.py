"""The chunks of a PNG or APNG file: its shape, its palette, where its packed pixels are, and what is said beside them.

Packed data is only measured here. What viewers pass over without a word, such as a bad check sum of a chunk that is not
critical, is noted; what makes them stop is a MalformedError.

Source: PNG, third edition (W3C 2025), sections 5, 10 and 11. Trust: every byte is hostile.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct
from typing import Final

from sanitizers.budget import Budget
from sanitizers.codecs.deflate import crc32
from sanitizers.errors import LimitError, MalformedError, UnsupportedError
from sanitizers.parsers.apng import Animation, Control, Frame, read_control, read_count

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS: Final = 100_000
_MAX_LENGTH: Final = (1 << 31) - 1
_HEAD: Final = Struct(">I4s")
_HEADER: Final = Struct(">IIBBBBB")
# Adam7 (8.1): first column and row of a pass, and the steps to the next ones
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class Colour(IntEnum):
    """What a pixel's samples mean (11.2.1)."""

    GRAY = 0
    RGB = 2
    PALETTE = 3
    GRAY_ALPHA = 4
    RGBA = 6

    @property
    def samples(self) -> int:
        """How many of them a pixel has."""
        return (1, 0, 3, 1, 2, 0, 4)[self]


_DEPTHS: Final = {
    Colour.GRAY: (1, 2, 4, 8, 16),
    Colour.RGB: (8, 16),
    Colour.PALETTE: (1, 2, 4, 8),
    Colour.GRAY_ALPHA: (8, 16),
    Colour.RGBA: (8, 16),
}


@dataclass(frozen=True, slots=True)
class Header:
    """IHDR."""

    width: int
    height: int
    depth: int
    colour: Colour
    is_interlaced: bool

    @property
    def pixel_bits(self) -> int:
        return self.colour.samples * self.depth

    def passes(self, width: int, height: int) -> tuple[tuple[int, int, int], ...]:
        """Of each pass that has pixels: its width, its height, and its bytes a row with the filter byte."""
        shapes = [(width, height)]
        if self.is_interlaced:
            shapes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in _PASSES]
        return tuple((w, h, 1 + (w * self.pixel_bits + 7) // 8) for w, h in shapes if w > 0 and h > 0)

    def raw_bytes(self, width: int, height: int) -> int:
        """How many bytes the rows of a picture of this size have, filter bytes included."""
        return sum(rows * stride for _, rows, stride in self.passes(width, height))

    def packed(self) -> bytes:
        """The body of an IHDR chunk."""
        return _HEADER.pack(self.width, self.height, self.depth, self.colour, 0, 0, self.is_interlaced)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk beside the picture, and whether palette or pixels stood before it."""

    name: bytes
    at: int
    body: bytes = field(repr=False)
    is_intact: bool  # its check sum is right
    after_palette: bool
    after_image: bool

    @property
    def where(self) -> str:
        """ "tEXt at 33"."""
        return f"{self.name.decode('ascii')} at {self.at}"


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG file taken apart."""

    data: bytes = field(repr=False)
    header: Header
    palette: Chunk | None
    chunks: tuple[Chunk, ...]  # ancillary ones, and those of an animation that is none
    image: bytes | memoryview = field(repr=False)  # the packed rows of the still picture
    animation: Animation | None
    animation_fault: str  # why there is none though one was meant
    stale: tuple[int, int]  # offset of the first IDAT that is not of the picture, bytes in all of them
    end: int  # offset behind IEND, or of the end of data when there is none
    has_end: bool


def parse(untrusted: bytes, budget: Budget) -> Png:
    """Take a PNG file apart. Raises MalformedError, UnsupportedError or LimitError, before anything is inflated."""
    if not untrusted.startswith(SIGNATURE):
        raise MalformedError("no signature")
    return _Walk(untrusted, budget).run()


def header(body: bytes) -> Header:
    """What an IHDR chunk says. Raises MalformedError."""
    if len(body) != _HEADER.size:
        raise MalformedError("IHDR")
    width, height, depth, colour, compression, filters, interlace = _HEADER.unpack(body)
    sizes_are_fine = 0 < width <= _MAX_LENGTH and 0 < height <= _MAX_LENGTH
    if not sizes_are_fine or compression or filters or interlace > 1 or colour not in tuple(Colour):
        raise MalformedError(f"IHDR: {width} x {height}, colour {colour}")
    if depth not in _DEPTHS[Colour(colour)]:
        raise MalformedError(f"IHDR: {depth} bits of colour {colour}")
    return Header(width, height, depth, Colour(colour), bool(interlace))


class _Walk:
    """One pass over the chunks."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data, self.view, self.budget, self.at = data, memoryview(data), budget, len(SIGNATURE)
        self.header = self._read_header()
        self.palette: Chunk | None = None
        self.chunks: list[Chunk] = []
        self.image: list[memoryview] = []
        self.image_is_over = False
        self.stale: tuple[int, int] = (0, 0)
        self.moving: list[Chunk] = []
        self.has_end = False

    def run(self) -> Png:
        for _ in range(_MAX_CHUNKS):
            if self.has_end or self.at >= len(self.data):
                break
            try:
                chunk = self._next()
            except MalformedError:
                if not self.image:
                    raise
                break  # viewers have their pixels by then; if they have not, inflating them will tell
            self._take(*chunk)
        else:
            raise LimitError(f"more than {_MAX_CHUNKS} chunks")
        if not self.image:
            raise MalformedError("no pixels")
        animation, fault = self._animation()
        return Png(
            data=self.data, header=self.header, palette=self.palette, chunks=tuple(self.chunks),
            image=self.image[0] if len(self.image) == 1 else b"".join(self.image), animation=animation,
            animation_fault=fault, stale=self.stale, end=self.at, has_end=self.has_end,
        )  # fmt: skip

    def _read_header(self) -> Header:
        name, _, body, is_intact = self._next()
        if name == b"CgBI":
            raise UnsupportedError("a picture for iPhone programs only (CgBI)")
        if name != b"IHDR" or not is_intact:
            raise MalformedError("no IHDR")
        found = header(bytes(body))
        self.budget.draw(found.width, found.height)
        return found

    def _next(self) -> tuple[bytes, int, memoryview, bool]:
        """Name, offset, body and soundness of the chunk at `at`, which moves behind it."""
        at = self.at
        if at + 12 > len(self.data):
            raise MalformedError(f"cut off at {at}")
        length, name = _HEAD.unpack_from(self.data, at)
        if length > _MAX_LENGTH or at + 12 + length > len(self.data) or not (name.isalpha() and name.isascii()):
            raise MalformedError(f"a chunk of {length} bytes at {at}")
        self.at = at + 12 + length
        expected = int.from_bytes(self.view[self.at - 4 : self.at])
        return name, at, self.view[at + 8 : at + 8 + length], crc32(self.view[at + 4 : at + 8 + length]) == expected

    def _take(self, name: bytes, at: int, body: memoryview, is_intact: bool) -> None:
        if name == b"IDAT":
            self._take_image(at, body, is_intact)
            return
        self.image_is_over = bool(self.image)
        if name == b"IEND":  # holds nothing: a wrong check sum of it hurts nobody
            self.has_end = True
            if body:
                self.chunks.append(self._chunk(name, at, body, is_intact))
        elif name == b"PLTE":
            self._take_palette(self._chunk(name, at, body, is_intact))
        elif name[:1].isupper():
            raise MalformedError(f"critical chunk {name.decode('ascii')} at {at}")
        elif name in (b"acTL", b"fcTL", b"fdAT"):
            self.moving.append(self._chunk(name, at, body, is_intact))
        else:
            self.chunks.append(self._chunk(name, at, body, is_intact))

    def _chunk(self, name: bytes, at: int, body: memoryview, is_intact: bool) -> Chunk:
        return Chunk(name, at, bytes(body), is_intact, self.palette is not None, bool(self.image))

    def _take_image(self, at: int, body: memoryview, is_intact: bool) -> None:
        if self.image_is_over:
            self.stale = (self.stale[0] or at, self.stale[1] + len(body))
            return
        if not is_intact:
            raise MalformedError(f"IDAT at {at}: check sum")
        if self.header.colour is Colour.PALETTE and self.palette is None:
            raise MalformedError("no palette before the pixels")
        self.image.append(body)

    def _take_palette(self, chunk: Chunk) -> None:
        entries, rest = divmod(len(chunk.body), 3)
        if not chunk.is_intact or self.palette is not None or rest or not 1 <= entries <= 256:
            raise MalformedError(f"{chunk.where}: {entries} colours")
        if chunk.after_image or self.header.colour in (Colour.GRAY, Colour.GRAY_ALPHA):
            self.chunks.append(chunk)  # out of place: viewers pass over it
        else:
            self.palette = chunk

    def _animation(self) -> tuple[Animation | None, str]:
        """The frames that acTL, fcTL and fdAT make; or none, with what is wrong with them."""
        if not self.moving:
            return None, ""
        try:
            return self._read_animation(), ""
        except MalformedError as error:
            self.chunks += self.moving
            return None, str(error)

    def _read_animation(self) -> Animation:
        first, *others = self.moving
        if first.name != b"acTL" or first.after_image or not all(chunk.is_intact for chunk in self.moving):
            raise MalformedError("acTL: missing, misplaced or damaged")
        count, plays = read_count(first.body)
        self.budget.draw(self.header.width, self.header.height, count)
        frames: list[tuple[Control, list[bytes]]] = []
        for number, chunk in enumerate(others):
            if chunk.name == b"acTL" or chunk.body[:4] != number.to_bytes(4):
                raise MalformedError(f"{chunk.where}: sequence")
            if chunk.name == b"fcTL":
                frames.append((read_control(chunk.body, self.header.width, self.header.height), []))
            elif not frames or not chunk.after_image:
                raise MalformedError(f"{chunk.where}: without its frame")
            else:
                frames[-1][1].append(chunk.body[4:])
        starts_with_still = bool(others) and others[0].name == b"fcTL" and not others[0].after_image
        return Animation.of(
            plays, count, starts_with_still, [Frame(control, b"".join(parts)) for control, parts in frames],
            (self.header.width, self.header.height),
        )  # fmt: skip

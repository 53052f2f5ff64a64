"""The chunks of a WebP file: its canvas, its frames with where they stand, and what is said beside them.

A still picture is one frame that fills the canvas. Coded pixels are not looked at beyond their headers.

Source: RFC 9649, section 2. Trust: every byte is hostile.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.riff import HEAD_BYTES, Chunk, chunks
from sanitizers.parsers.vp8 import Head, read_vp8, read_vp8l

_START: Final = HEAD_BYTES + 4
_MAX_CHUNKS: Final = 10_000
_CANVAS_BYTES: Final = 10
_FRAME_BYTES: Final = 16
_ANIMATION: Final = 0x02
_HEADS: Final = {b"VP8 ": read_vp8, b"VP8L": read_vp8l}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame stands, how long, and what becomes of what is below and of itself."""

    x: int
    y: int
    duration: int  # milliseconds
    blends: bool
    disposes: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """A coded picture."""

    at: int
    head: Head
    coding: bytes  # b"VP8 " or b"VP8L"
    body: memoryview = field(repr=False)
    alpha: memoryview | None = field(repr=False)  # of VP8, its ALPH chunk
    place: Place


@dataclass(frozen=True, slots=True)
class WebP:
    """A WebP file taken apart."""

    data: bytes = field(repr=False)
    width: int
    height: int
    frames: tuple[Frame, ...]
    is_animated: bool
    background: bytes  # blue, green, red, alpha
    loops: int
    chunks: tuple[Chunk, ...]  # beside the pictures, wherever they stand
    end: int  # offset behind what the file's header counts


_WHOLE: Final = Place(0, 0, 0, False, False)


def parse(untrusted: bytes, budget: Budget) -> WebP:
    """Take a WebP file apart. Raises MalformedError, or LimitError before anything is decoded."""
    if untrusted[:4] != b"RIFF" or untrusted[8:12] != b"WEBP":
        raise MalformedError("no header")
    end = HEAD_BYTES + int.from_bytes(untrusted[4:8], "little")
    end += end % 2
    if end > len(untrusted) + 1:
        raise MalformedError(f"cut off at {len(untrusted)}")
    return _Walk(untrusted, min(end, len(untrusted)), budget).run()


class _Walk:
    """One pass over the chunks."""

    def __init__(self, data: bytes, end: int, budget: Budget) -> None:
        self.data, self.view, self.end, self.budget = data, memoryview(data), end, budget
        self.canvas: tuple[int, int] | None = None
        self.flags = 0
        self.timing: bytes | None = None
        self.moving: list[Chunk] = []
        self.still: list[Chunk] = []
        self.beside: list[Chunk] = []

    def run(self) -> WebP:
        for number, chunk in enumerate(chunks(self.view, _START, self.end)):
            if number >= _MAX_CHUNKS:
                raise LimitError(f"more than {_MAX_CHUNKS} chunks")
            self._take(chunk, number == 0)
        is_animated = bool(self.flags & _ANIMATION) and bool(self.moving)
        if is_animated:
            frames = tuple(self._read_frame(chunk, number) for number, chunk in enumerate(self.moving, 1))
            self.beside += self.still
        else:
            frames = (self._read_still(),)
            self.beside += self.moving
        timing = self.timing or bytes(6)
        width, height = self.canvas or (frames[0].head.width, frames[0].head.height)
        return WebP(
            data=self.data, width=width, height=height, frames=frames, is_animated=is_animated, background=timing[:4],
            loops=int.from_bytes(timing[4:6], "little"), chunks=tuple(self.beside), end=self.end,
        )  # fmt: skip

    def _take(self, chunk: Chunk, is_first: bool) -> None:
        match chunk.name:
            case b"VP8X" if is_first:
                self._take_canvas(chunk.body)
            case b"ANIM" if self.timing is None and len(chunk.body) == 6:
                self.timing = bytes(chunk.body)
            case b"ANMF":
                self.moving.append(chunk)
            case b"ALPH" | b"VP8 " | b"VP8L":
                self.still.append(chunk)
            case _:
                self.beside.append(chunk)

    def _take_canvas(self, body: memoryview) -> None:
        if len(body) != _CANVAS_BYTES:
            raise MalformedError("VP8X")
        self.flags = body[0]
        self.canvas = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
        self.budget.draw(*self.canvas)

    def _read_still(self) -> Frame:
        """The first picture; what is left of the others goes to the chunks beside it."""
        frame, self.beside = self._picture(self.still, self.beside, 0)
        size = frame.head.width, frame.head.height
        if self.canvas is not None and self.canvas != size:
            raise MalformedError(f"a picture of {size[0]} x {size[1]} on another canvas")
        return frame

    def _picture(self, parts: list[Chunk], beside: list[Chunk], at: int) -> tuple[Frame, list[Chunk]]:
        """A frame from its chunks, and those that are no part of it."""
        coded = next((chunk for chunk in parts if chunk.name in _HEADS), None)
        if coded is None:
            raise MalformedError(f"no picture at {at}")
        before = [chunk for chunk in parts if chunk.name == b"ALPH" and chunk.at < coded.at]
        alpha = before[0] if before and coded.name == b"VP8 " else None
        head = _HEADS[coded.name](coded.body)
        self.budget.draw(head.width, head.height)
        rest = [chunk for chunk in parts if chunk is not coded and chunk is not alpha]
        return Frame(at, head, coded.name, coded.body, alpha.body if alpha else None, _WHOLE), beside + rest

    def _read_frame(self, chunk: Chunk, number: int) -> Frame:
        assert self.canvas is not None, "the flag of an animation stands beside it"
        body = chunk.body
        if len(body) < _FRAME_BYTES:
            raise MalformedError(f"{chunk.where}: cut off")
        self.budget.draw(*self.canvas, number)
        x, y, across, down, duration = (int.from_bytes(body[at : at + 3], "little") for at in range(0, 15, 3))
        start = chunk.at + HEAD_BYTES + _FRAME_BYTES
        inner = list(chunks(self.view, start, chunk.at + HEAD_BYTES + len(body)))
        parts = [part for part in inner if part.name in (b"ALPH", *_HEADS)]
        others = [part for part in inner if part.name not in (b"ALPH", *_HEADS)]
        frame, self.beside = self._picture(parts, self.beside + others, chunk.at)
        is_inside = 2 * x + across < self.canvas[0] and 2 * y + down < self.canvas[1]
        if (frame.head.width, frame.head.height) != (across + 1, down + 1) or not is_inside:
            raise MalformedError(f"{chunk.where}: a frame that does not fit")
        return replace(frame, place=Place(2 * x, 2 * y, duration, not body[15] & 2, bool(body[15] & 1)))

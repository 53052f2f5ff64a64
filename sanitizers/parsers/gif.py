"""The blocks of a GIF file: its screen, its colour tables, where the codes of its frames are, and its extensions.

Codes are only measured here. What viewers pass over without a word is noted; what makes them stop is a MalformedError,
unless the file merely ends early: what came whole before that is a picture to every viewer.

Source: Graphics Interchange Format, version 89a (CompuServe 1990), sections 18 to 27. Trust: every byte is hostile.
"""

from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError

SIGNATURES: Final = (b"GIF87a", b"GIF89a")
IMAGE, EXTENSION, TRAILER = 0x2C, 0x21, 0x3B
CONTROL, COMMENT, PLAIN_TEXT, APPLICATION = 0xF9, 0xFE, 0x01, 0xFF
_MAX_EXTENSIONS: Final = 10_000
_SCREEN: Final = Struct("<HHBBB")
_DESCRIPTOR: Final = Struct("<HHHHB")
_MAX_CODE_BITS: Final = 11  # of a root code: 8 make sense, and decoders take as many as leave room to grow
_MAX_DISPOSAL: Final = 3
_LOOPING: Final = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(frozen=True, slots=True)
class Extension:
    """A block beside the frames."""

    label: int
    at: int
    name: bytes  # of an application, 11 bytes; empty otherwise
    size: int  # bytes in its data

    @property
    def where(self) -> str:
        """ "block 0xFE at 33"."""
        return f"block 0x{self.label:02X} at {self.at}"


@dataclass(frozen=True, slots=True)
class Control:
    """How long a frame stays and what becomes of it. A copy of what the file says, reserved bits aside."""

    delay: int = 0  # hundredths of a second
    disposal: int = 0  # 0: not said, 1: leave, 2: clear to the background, 3: put back what was there
    transparent: int | None = None  # the index that lets the picture below through
    waits: bool = False  # for a key


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture on the screen."""

    at: int
    x: int
    y: int
    width: int
    height: int
    is_interlaced: bool
    palette: bytes | None = field(repr=False)  # its own; None: the screen's
    control: Control
    code_bits: int
    codes: tuple[int, int, int]  # where its blocks of codes start, where the last but one does, and where they end
    is_cut: bool = False  # the file ends inside the last of them


@dataclass(frozen=True, slots=True)
class Gif:
    """A GIF file taken apart."""

    data: bytes = field(repr=False)
    width: int
    height: int
    background: int
    aspect: int
    palette: bytes | None = field(repr=False)
    loops: int | None  # plays again so many times, 0 for ever; None: not said
    frames: tuple[Frame, ...]
    extensions: tuple[Extension, ...]  # those that say nothing about frames
    stuffing: int  # zeros between blocks
    end: int  # offset behind the trailer, or of the first byte that is no block
    has_trailer: bool
    is_cut: bool = False  # ends inside a block; the frames before it are whole, but for a last one that says so


def parse(untrusted: bytes, budget: Budget) -> Gif:
    """Take a GIF file apart. Raises MalformedError, or LimitError before anything is unpacked."""
    if untrusted[:6] not in SIGNATURES:
        raise MalformedError("no signature")
    return _Walk(untrusted, budget).run()


class _CutOffError(MalformedError):
    """The file ends inside a block."""


class _Walk:
    """One pass over the blocks."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data, self.budget, self.at = data, budget, 6 + _SCREEN.size
        if len(data) < self.at:
            raise MalformedError("cut off in the screen descriptor")
        self.width, self.height, flags, self.background, self.aspect = _SCREEN.unpack_from(data, 6)
        self.palette = self._take_palette(flags)
        self.control = Control()
        self.loops: int | None = None
        self.frames: list[Frame] = []
        self.extensions: list[Extension] = []
        self.stuffing = 0
        self.has_trailer = False
        self.is_cut = False

    def run(self) -> Gif:
        try:
            while self.at < len(self.data) and not self.has_trailer and self._take_block():
                pass
        except _CutOffError:
            if not self.frames:
                raise
            self.is_cut, self.at = True, len(self.data)
        if not self.frames:
            raise MalformedError("no frame")
        self._settle_screen()
        return Gif(
            data=self.data, width=self.width, height=self.height, background=self.background, aspect=self.aspect,
            palette=self.palette, loops=self.loops, frames=tuple(self.frames), extensions=tuple(self.extensions),
            stuffing=self.stuffing, end=self.at, has_trailer=self.has_trailer, is_cut=self.is_cut,
        )  # fmt: skip

    def _take_block(self) -> bool:
        """Read the block at `at`, which moves behind it; whether it was one."""
        match self.data[self.at]:
            case 0x00:
                self.stuffing += 1
                self.at += 1
            case 0x2C:
                self._take_frame()
            case 0x21:
                self._take_extension()
            case 0x3B:
                self.has_trailer = True
                self.at += 1
            case _:
                return False
        return True

    def _settle_screen(self) -> None:
        """A screen too small for the first frame grows to hold it, as in viewers."""
        first = self.frames[0]
        self.width, self.height = max(self.width, first.x + first.width), max(self.height, first.y + first.height)
        self.budget.draw(self.width, self.height, len(self.frames))

    def _take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) != size:
            raise _CutOffError(f"cut off at {self.at}")
        self.at += size
        return found

    def _take_palette(self, flags: int) -> bytes | None:
        return self._take(3 << (flags & 7) + 1) if flags & 0x80 else None

    def _take_frame(self) -> None:
        at = self.at
        self._take(1)
        x, y, width, height, flags = _DESCRIPTOR.unpack(self._take(_DESCRIPTOR.size))
        if not width or not height:
            raise MalformedError(f"a frame of {width} x {height} at {at}")
        self.budget.draw(width, height, len(self.frames) + 1)
        palette = self._take_palette(flags)
        (bits,) = self._take(1)
        if not 1 <= bits <= _MAX_CODE_BITS:
            raise MalformedError(f"codes of {bits} bits at {at}")
        codes = self._pass_blocks()
        is_cut = self.at > len(self.data)
        if is_cut:
            self.is_cut, self.at = True, len(self.data)
        self.frames.append(
            Frame(at, x, y, width, height, bool(flags & 0x40), palette, self.control, bits, codes, is_cut)
        )
        self.control = Control()

    def _pass_blocks(self) -> tuple[int, int, int]:
        """Where blocks of data start, the last but one does, and they end. `at` moves behind the empty one.

        Where the file ends before that one, they end with the file, and `at` stands behind both.
        """
        start = before = last = self.at
        while self.at < len(self.data):
            size = self.data[self.at]
            self.at += 1
            if not size:
                return start, before, self.at - 1
            before, last = last, self.at - 1
            self.at += size
        self.at = len(self.data) + 1
        return start, before, len(self.data)

    def _take_blocks(self) -> list[bytes]:
        start, _, end = self._pass_blocks()
        if self.at > len(self.data):
            raise _CutOffError(f"cut off at {end}")
        parts = []
        while start < end:
            parts.append(self.data[start + 1 : start + 1 + self.data[start]])
            start += 1 + self.data[start]
        return parts

    def _take_extension(self) -> None:
        at = self.at
        label = self._take(2)[1]
        parts = self._take_blocks()
        first = parts[0] if parts else b""
        if label == CONTROL and len(first) == 4:
            self._take_control(first)
            size = sum(map(len, parts)) - 4
        elif label == APPLICATION and first in _LOOPING and self.loops is None and _is_loop(parts[1:]):
            self.loops = int.from_bytes(parts[1][1:3], "little")
            size = sum(map(len, parts)) - len(first) - 3
        else:
            size = sum(map(len, parts))
            self._keep(Extension(label, at, first if label == APPLICATION and len(first) == 11 else b"", size))
            return
        if size:
            self._keep(Extension(label, at, b"", size))  # bytes behind what it is there for

    def _keep(self, extension: Extension) -> None:
        self.extensions.append(extension)
        if len(self.extensions) > _MAX_EXTENSIONS:
            raise LimitError(f"more than {_MAX_EXTENSIONS} extensions")

    def _take_control(self, body: bytes) -> None:
        flags, transparent = body[0], body[3] if body[0] & 1 else None
        disposal = min(flags >> 2 & 7, _MAX_DISPOSAL)  # the reserved ones mean the last one to viewers
        self.control = Control(int.from_bytes(body[1:3], "little"), disposal, transparent, bool(flags & 2))


def _is_loop(parts: list[bytes]) -> bool:
    return bool(parts) and len(parts[0]) >= 3 and parts[0][0] == 1

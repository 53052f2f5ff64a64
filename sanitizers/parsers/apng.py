"""The frames of an animated PNG.

Source: PNG, third edition (W3C 2025), section 11.3.2 (acTL, fcTL, fdAT). Trust: every byte is hostile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from sanitizers.errors import MalformedError

_COUNT: Final = Struct(">II")
_CONTROL: Final = Struct(">IIIIIHHBB")


@dataclass(frozen=True, slots=True)
class Control:
    """Where a frame is drawn, how long it stays, and what becomes of it then."""

    width: int
    height: int
    x: int
    y: int
    delay: tuple[int, int]  # numerator and denominator of seconds
    dispose: int
    blend: int

    def packed(self, number: int) -> bytes:
        """The body of an fcTL chunk of this sequence number."""
        place = (self.width, self.height, self.x, self.y)
        return _CONTROL.pack(number, *place, *self.delay, self.dispose, self.blend)


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame and its packed rows, which are empty for a frame that is the still picture."""

    control: Control
    packed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Animation:
    """What moves. `plays`: how often, 0 for ever."""

    plays: int
    frames: tuple[Frame, ...]
    starts_with_still: bool  # the still picture is the first frame; if not, only viewers without animation show it
    left_over: int  # frames beyond those announced; negative: missing

    @classmethod
    def of(
        cls, plays: int, count: int, starts_with_still: bool, frames: Sequence[Frame], canvas: tuple[int, int]
    ) -> "Animation":
        """The frames that were announced, as far as they are there. Raises MalformedError for none, or nonsense."""
        kept = tuple(frames[:count])
        if not kept or any(bool(frame.packed) == (starts_with_still and i == 0) for i, frame in enumerate(kept)):
            raise MalformedError("a frame without pixels")
        first = kept[0].control
        if starts_with_still and (first.x, first.y, first.width, first.height) != (0, 0, *canvas):
            raise MalformedError("a first frame that does not fill the picture")
        return cls(plays, kept, starts_with_still, len(frames) - count)


def read_count(body: bytes) -> tuple[int, int]:
    """How many frames an acTL chunk announces, and how often they are played. Raises MalformedError."""
    if len(body) != _COUNT.size:
        raise MalformedError("acTL")
    count, plays = _COUNT.unpack(body)
    if not 0 < count < 1 << 31 or plays >= 1 << 31:
        raise MalformedError(f"acTL: {count} frames")
    return count, plays


def read_control(body: bytes, width: int, height: int) -> Control:
    """What an fcTL chunk says of a frame within a picture of this size. Raises MalformedError."""
    if len(body) != _CONTROL.size:
        raise MalformedError("fcTL")
    _, w, h, x, y, numerator, denominator, dispose, blend = _CONTROL.unpack(body)
    if not w or not h or x + w > width or y + h > height or dispose > 2 or blend > 1:
        raise MalformedError(f"fcTL: {w} x {h} at {x}, {y}")
    return Control(w, h, x, y, (numerator, denominator), dispose, blend)

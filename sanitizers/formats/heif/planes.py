"""A decoded picture as planes of luma and chroma in 8 bits: put together, turned and cut, and its colours where asked.

Planes that mean what a JPEG's planes mean go to the encoder as they are. Only another matrix, a cut through a sample
of chroma, or colours that must be converted make red, green and blue of them.

Source: ITU-T H.273 (2021) sections 8.1 to 8.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageChops

from sanitizers.codecs.hevc import Frame, Plane
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import MalformedError, UnsupportedError

Box = tuple[int, int, int, int]  # left, upper, right, lower
Turn = Image.Transpose

UNSAID: Final = 2  # of a code point
_SAMPLINGS: Final = {
    (1, 1): Sampling.FULL,
    (2, 1): Sampling.HALF_WIDTH,
    (2, 2): Sampling.QUARTER,
}
_TURNED: Final = {Sampling.HALF_WIDTH: Sampling.HALF_HEIGHT, Sampling.HALF_HEIGHT: Sampling.HALF_WIDTH}
_SIDEWAYS: Final = (Turn.ROTATE_90, Turn.ROTATE_270)
# Kr and Kb by matrix coefficients: BT.709, BT.470 and BT.601 (as JFIF has it), SMPTE 240M, BT.2020
_WEIGHTS: Final = {1: (0.2126, 0.0722), 7: (0.212, 0.087), 9: (0.2627, 0.0593)}
_AS_JPEG: Final = (UNSAID, 4, 5, 6)  # 4 differs by a hundredth of a step
_IDENTITY: Final = 0
_CHROMA_ZERO: Final = 128


@dataclass(frozen=True, slots=True)
class Colours:
    """What samples mean, by code points."""

    primaries: int = UNSAID
    transfer: int = UNSAID
    matrix: int = UNSAID
    is_full_range: bool = True


@dataclass(frozen=True, slots=True)
class Planes:
    """Samples of 8 bits over the full range; `size` is that of the picture and of luma."""

    size: tuple[int, int]
    sampling: Sampling
    matrix: int
    images: tuple[Image.Image, ...] = field(repr=False)

    @property
    def is_as_in_jpeg(self) -> bool:
        """Whether an encoder may have the planes as they are."""
        across, down = self.sampling.steps
        whole = self.size[0] % across == 0 and self.size[1] % down == 0
        return whole and (self.sampling is Sampling.GRAY or self.matrix in _AS_JPEG)

    def to_image(self) -> Image.Image:
        """L or RGB."""
        luma, *chroma = self.images
        if not chroma:
            return luma
        merged = (luma, *(plane.resize(self.size, Image.Resampling.BILINEAR) for plane in chroma))
        if self.matrix == _IDENTITY:
            return Image.merge("RGB", (merged[2], merged[0], merged[1]))
        if self.matrix in _AS_JPEG:
            return Image.merge("YCbCr", merged).convert("RGB")
        return Image.merge("RGB", merged).convert("RGB", _to_rgb(*_WEIGHTS[self.matrix]))

    def cut(self, box: Box) -> "Planes | Image.Image":
        across, down = self.sampling.steps
        if box[0] % across or box[1] % down:
            return self.to_image().crop(box)
        inner = (box[0] // across, box[1] // down, -(-box[2] // across), -(-box[3] // down))
        boxes = (box, inner, inner)
        images = tuple(plane.crop(part) for plane, part in zip(self.images, boxes))
        return Planes((box[2] - box[0], box[3] - box[1]), self.sampling, self.matrix, images)

    def turned(self, turn: Turn) -> "Planes | Image.Image":
        across, down = self.sampling.steps
        if self.size[0] % across or self.size[1] % down:
            return self.to_image().transpose(turn)
        images = tuple(plane.transpose(turn) for plane in self.images)
        sampling = _TURNED.get(self.sampling, self.sampling) if turn in _SIDEWAYS else self.sampling
        return Planes(images[0].size, sampling, self.matrix, images)


def of(frame: Frame, size: tuple[int, int], colours: Colours) -> Planes:
    """The upper left of a decoded frame. Raises MalformedError when it is smaller, UnsupportedError for its colours."""
    luma = frame.planes[0]
    if luma.width < size[0] or luma.height < size[1]:
        raise MalformedError(f"{luma.width} x {luma.height} pixels in place of {size[0]} x {size[1]}")
    sampling = Sampling.GRAY
    if len(frame.planes) > 1:
        steps = -(-luma.width // frame.planes[1].width), -(-luma.height // frame.planes[1].height)
        if steps not in _SAMPLINGS:
            raise MalformedError(f"chroma of one in {steps}")
        sampling = _SAMPLINGS[steps]
        if colours.matrix not in (*_AS_JPEG, *_WEIGHTS, _IDENTITY) or (colours.matrix == _IDENTITY and steps != (1, 1)):
            raise UnsupportedError(f"matrix {colours.matrix}")
    across, down = sampling.steps
    inner = -(-size[0] // across), -(-size[1] // down)
    images = []
    for number, plane in enumerate(frame.planes):
        image = _in_bytes(plane, frame.depth).crop((0, 0, *(inner if number else size)))
        if not colours.is_full_range:
            image = image.point(_NARROW_CHROMA if number and colours.matrix != _IDENTITY else _NARROW_LUMA)
        images.append(image)
    return Planes(size, sampling, colours.matrix, tuple(images))


def joined(parts: Sequence[Planes], places: Sequence[tuple[int, int]], size: tuple[int, int]) -> Planes | Image.Image:
    """Tiles as one picture."""
    first = parts[0]
    across, down = first.sampling.steps
    is_even = all(x % across == 0 and y % down == 0 for x, y in places)
    if not is_even or any((part.sampling, part.matrix) != (first.sampling, first.matrix) for part in parts):
        return joined_images([part.to_image() for part in parts], places, size)
    inner = -(-size[0] // across), -(-size[1] // down)
    images = []
    for number in range(len(first.images)):
        whole = Image.new("L", inner if number else size)
        for part, (x, y) in zip(parts, places):
            whole.paste(part.images[number], (x // across, y // down) if number else (x, y))
        images.append(whole)
    return Planes(size, first.sampling, first.matrix, tuple(images))


def joined_images(
    parts: Sequence[Image.Image], places: Sequence[tuple[int, int]], size: tuple[int, int]
) -> Image.Image:
    mode = "L" if all(part.mode == "L" for part in parts) else "RGB"
    whole = Image.new(mode, size)
    for part, place in zip(parts, places):
        whole.paste(part.convert(mode), place)
    return whole


def _in_bytes(plane: Plane, depth: int) -> Image.Image:
    """The samples' highest 8 bits."""
    data = plane.data.ljust(plane.stride * plane.height, b"\0")
    if depth == 8:
        return Image.frombuffer("L", (plane.width, plane.height), data, "raw", "L", plane.stride, 1)
    shift = depth - 8
    low, high = (
        Image.frombuffer("L", (plane.width, plane.height), data[place::2], "raw", "L", plane.stride // 2, 1)
        for place in (0, 1)
    )
    return ImageChops.add(
        low.point([value >> shift for value in range(256)]),
        high.point([value << (8 - shift) & 0xFF for value in range(256)]),
    )


def _clipped(value: float) -> int:
    return min(max(round(value), 0), 255)


_NARROW_LUMA: Final = [_clipped((value - 16) * 255 / 219) for value in range(256)]
_NARROW_CHROMA: Final = [_clipped((value - _CHROMA_ZERO) * 255 / 224 + _CHROMA_ZERO) for value in range(256)]


def _to_rgb(red: float, blue: float) -> tuple[float, ...]:
    """From luma and chroma of these weights to red, green and blue, with the offset of zero chroma worked in."""
    green = 1 - red - blue
    rows = (
        (0.0, 2 * (1 - red)),
        (-2 * blue * (1 - blue) / green, -2 * red * (1 - red) / green),
        (2 * (1 - blue), 0.0),
    )
    return tuple(value for cb, cr in rows for value in (1.0, cb, cr, -_CHROMA_ZERO * (cb + cr)))

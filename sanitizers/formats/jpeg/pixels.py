"""A JPEG's samples: decoded, converted where their colours ask for it, and encoded anew.

Gray and the usual kinds of YCbCr stay planes of samples from decoder to encoder (TurboJPEG). All else goes through
Pillow, which gets a bare picture without any metadata and whose opened object is never saved.

Without libturbojpeg everything goes through Pillow. Then there is no transcoding: a second pass over our own output
encodes its pixels once more, with the same tables and nearly the same bytes, and so is no longer a fixed point; chroma
of 4:4:0 and 4:1:1 becomes 4:2:0; and a picture is not called damaged when only its entropy-coded data is.
"""

import io
import struct
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, JpegImagePlugin

from sanitizers.codecs import turbojpeg
from sanitizers.codecs.turbojpeg import Planes, Sampling
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.jpeg import Jpeg, Space
from sanitizers.parsers.jpeg_tables import Coding, Component, Frame

LONGEST_SIDE: Final = 65_500  # pixels: libjpeg's own bound, below the 65,535 of ISO/IEC 10918-1, B.2.2
_HUFFMAN: Final = (Coding.BASELINE, Coding.SEQUENTIAL, Coding.PROGRESSIVE)
_SAMPLING: Final = {
    (1, 1): Sampling.FULL,
    (2, 1): Sampling.HALF_WIDTH,
    (2, 2): Sampling.QUARTER,
    (1, 2): Sampling.HALF_HEIGHT,
    (4, 1): Sampling.QUARTER_WIDTH,
}
_COMPONENTS: Final = {
    Sampling.GRAY: (Component(1, 1, 1, 0),),
    **{
        kind: (Component(1, *steps, 0), Component(2, 1, 1, 1), Component(3, 1, 1, 1))
        for steps, kind in _SAMPLING.items()
    },
}
_PILLOW_SAMPLING: Final = {Sampling.FULL: "4:4:4", Sampling.GRAY: "4:4:4", Sampling.HALF_WIDTH: "4:2:2"}
_PILLOW_ERRORS: Final = (OSError, SyntaxError, ValueError, KeyError, IndexError, EOFError, struct.error)


@dataclass(frozen=True, slots=True)
class Bitmap:
    """Pixels of ours, L, RGB or CMYK, and how its chroma is to be stored."""

    image: Image.Image = field(repr=False)
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Coded:
    """Coefficients that an encoder of ours has coded anew, still with that encoder's markers."""

    data: bytes = field(repr=False)


Picture = Planes | Bitmap | Coded


def sampling_of(frame: Frame) -> Sampling | None:
    """How chroma is stored when it is one of the kinds that stay planes."""
    steps = [(component.across, component.down) for component in frame.components]
    if not _is_known(steps):
        return None
    return _SAMPLING[steps[0]] if len(steps) == 3 else Sampling.GRAY


def frame_of(picture: Picture) -> Frame | None:
    """The shape in which our encoder writes planes; None where another encoder is asked."""
    if not isinstance(picture, Planes):
        return None
    return Frame(Coding.BASELINE, 8, picture.width, picture.height, _COMPONENTS[picture.sampling])


def _is_known(steps: list[tuple[int, int]]) -> bool:
    first, *others = steps
    return not others or (others == [(1, 1)] * 2 and first in _SAMPLING)


def can_transcode(tree: Jpeg) -> bool:
    """Whether this picture can be coded anew without touching its coefficients."""
    if not turbojpeg.is_available() or tree.frame.coding not in _HUFFMAN:
        return False
    if any(not 0 < value < 256 for table in tree.quantisation.values() for value in table):
        return False  # not to be written as baseline
    steps = [(component.across, component.down) for component in tree.frame.components]
    if len(steps) == 4 and steps[3] == steps[0]:  # YCCK: black is as fine as luma
        steps.pop()
    return steps == [(1, 1)] * len(steps) or _is_known(steps)


def transcode(tree: Jpeg) -> tuple[Coded, str]:
    """The picture with the same coefficients, and a warning about damage. Raises MalformedError."""
    data, warning = turbojpeg.transcode(tree.bare())
    return Coded(data), warning


def reads_back(picture: Coded) -> bool:
    """Whether the coefficients can be said in the standard Huffman tables at all: those of a hostile file may not."""
    try:
        return turbojpeg.transcode(picture.data) == (picture.data, "")
    except MalformedError:
        return False


def decode(tree: Jpeg) -> tuple[Planes | Bitmap, str]:
    """The picture's samples, and a warning about damage. Raises MalformedError."""
    sampling = sampling_of(tree.frame)
    are_planes = tree.space in (Space.GRAY, Space.YCBCR) and tree.frame.coding in _HUFFMAN
    if not are_planes or sampling is None or not turbojpeg.is_available():
        return decode_to_bitmap(tree, "YCbCr" if are_planes else "RGB"), ""
    return turbojpeg.decode(tree.bare(), tree.frame.width, tree.frame.height, sampling)


def decode_to_bitmap(tree: Jpeg, mode: str = "RGB") -> Bitmap:
    """The picture's pixels by Pillow: L, RGB (or YCbCr where `mode` asks for it), or CMYK. Raises MalformedError."""
    try:
        opened = JpegImagePlugin.JpegImageFile(io.BytesIO(tree.bare()))
        if mode == "YCbCr":
            opened.draft(mode, opened.size)
        opened.load()
        image = opened.copy()
    except _PILLOW_ERRORS as error:
        raise MalformedError(f"{type(error).__name__} while decoding") from error
    image.info.clear()
    if image.size != (tree.frame.width, tree.frame.height) or image.mode not in ("L", "RGB", "CMYK", "YCbCr"):
        raise MalformedError("the decoder reads another shape")
    return Bitmap(image, _nearest_sampling(tree.frame))


def encode(picture: Picture, quality: int) -> bytes:
    """A baseline JPEG by one of our encoders, with its own markers and the standard Huffman tables.

    Raises LimitError for a bitmap that is wider or higher than they write.
    """
    match picture:
        case Coded():
            return picture.data
        case Planes():
            return turbojpeg.encode(picture, quality)
        case Bitmap():
            if max(picture.image.size) > LONGEST_SIDE:
                raise LimitError(f"a picture of {picture.image.width} x {picture.image.height} pixels as JPEG")
            out = io.BytesIO()
            sampling = "4:4:4" if picture.image.mode == "CMYK" else _PILLOW_SAMPLING.get(picture.sampling, "4:2:0")
            picture.image.save(out, "JPEG", quality=quality, subsampling=sampling)
            return out.getvalue()


def _nearest_sampling(frame: Frame) -> Sampling:
    """The kind that loses no chroma, or as little as those that every viewer reads allow."""
    chroma = frame.components[1:] or frame.components
    if max(c.down for c in frame.components) > min(c.down for c in chroma):
        return Sampling.QUARTER
    is_narrow = max(c.across for c in frame.components) > min(c.across for c in chroma)
    return Sampling.HALF_WIDTH if is_narrow else Sampling.FULL

"""Coded pictures of a WebP: each decoded alone, in a file of ours with nothing beside it, and encoded without loss.

libwebp, inside Pillow, does both. What it encodes is taken out of its file; the chunks around are ours.
"""

import io
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, WebPImagePlugin

from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats import alpha, colour
from sanitizers.formats.marks import spells_script
from sanitizers.parsers import riff
from sanitizers.parsers.webp import Frame

_START: Final = riff.HEAD_BYTES + 4
_ALPHA_FLAG: Final = 0x10
# libwebp's method and effort by the pixels of all frames together: bytes are traded for seconds where it hurts.
_EFFORTS: Final = ((1 << 19, (4, 75)), (1 << 21, (2, 50)), (1 << 26, (1, 0)))
_LEAST_EFFORT: Final = (0, 0)
_FURTHER_TRIES: Final = ((0, 20), (1, 10), (1, 30), (2, 10))


@dataclass(frozen=True, slots=True)
class Lossless:
    """A picture as VP8L."""

    width: int
    height: int
    has_alpha: bool
    body: bytes = field(repr=False)


def wrap(*chunks: bytes) -> bytes:
    """A file of these chunks."""
    return riff.write(b"RIFF", b"WEBP", *chunks)


def canvas(flags: int, width: int, height: int) -> bytes:
    """The chunk that says what a file of several chunks has."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff.write(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def decode(frame: Frame) -> Image.Image:
    """The pixels: RGB, or RGBA where something shows through. Raises MalformedError, LimitError."""
    chunks = [riff.write(frame.coding, frame.body)]
    if frame.alpha is not None:
        chunks = [canvas(_ALPHA_FLAG, frame.head.width, frame.head.height), riff.write(b"ALPH", frame.alpha), *chunks]
    try:
        opened = WebPImagePlugin.WebPImageFile(io.BytesIO(wrap(*chunks)))
        opened.load()
        image = opened.copy()
    except Image.DecompressionBombError as error:
        raise LimitError("more pixels than the decoder takes") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise MalformedError(f"{type(error).__name__} while decoding the picture at {frame.at}") from error
    image.info.clear()
    if image.size != (frame.head.width, frame.head.height) or image.mode not in ("RGB", "RGBA"):
        raise MalformedError("the decoder reads another shape")
    return image.convert("RGB") if image.mode == "RGBA" and alpha.is_opaque(image) else image


def to_srgb(image: Image.Image, source: bytes) -> Image.Image:
    """The picture as it looks under this profile; as it is where the profile cannot be used."""
    shown = colour.to_srgb(image.convert("RGB"), source)
    if shown is None or image.mode == "RGB":
        return shown or image
    return Image.merge("RGBA", (*shown.split(), image.getchannel("A")))


def encode(image: Image.Image, pixels_of_all: int) -> Lossless:
    """The picture as VP8L. The same pixels give the same bytes. Raises MalformedError when all ways spell a script."""
    usual = next((effort for most, effort in _EFFORTS if pixels_of_all <= most), _LEAST_EFFORT)
    for method, effort in (usual, *_FURTHER_TRIES):
        out = io.BytesIO()
        image.save(out, "WEBP", lossless=True, exact=True, method=method, quality=effort)
        data = memoryview(out.getvalue())
        (chunk,) = riff.chunks(data, _START, len(data))
        assert chunk.name == b"VP8L", chunk.where
        if not spells_script(chunk.body):
            return Lossless(*image.size, image.mode == "RGBA", bytes(chunk.body))
    raise MalformedError("pixels that spell a script")

"""AV1 pictures by libavif and dav1d, inside Pillow, which get a file of ours with one picture in it and nothing else.

Source: AV1 Image File Format 1.1 (2022); ISO/IEC 14496-12 section 8.11.
"""

import io
from collections.abc import Sequence
from struct import pack
from typing import Final

from PIL import AvifImagePlugin, Image

from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.heif.planes import Colours
from sanitizers.parsers import av1

# One thread, as a locked child may start none. Pillow takes this from its module alone.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
AvifImagePlugin.DECODE_CODEC_CHOICE = "dav1d"

_ERRORS: Final = (OSError, SyntaxError, ValueError, EOFError, RuntimeError)
_CONFIGURATION_BYTES: Final = 4
_HIGH, _TWELVE, _MONOCHROME, _HALF_WIDTH, _HALF_HEIGHT = 0x40, 0x20, 0x10, 0x08, 0x04  # of its third byte


def decode(
    data: bytes, configuration: bytes, size: tuple[int, int], colours: Colours | None
) -> tuple[Image.Image, Sampling]:
    """A picture of exactly this size, L or RGB, and how its chroma was stored. Raises MalformedError, LimitError.

    `colours`: what the file says of its samples; where it says nothing, the stream counts.
    """
    units, sequence = av1.units(data)
    if (sequence.width, sequence.height) != size or len(configuration) < _CONFIGURATION_BYTES:
        raise MalformedError(f"frames of {sequence.width} x {sequence.height} pixels")
    try:
        opened = AvifImagePlugin.AvifImageFile(io.BytesIO(_file(units, configuration[:4], size, colours)))
        opened.load()
        image = opened.copy()
    except Image.DecompressionBombError as error:
        raise LimitError("more pixels than the decoder takes") from error
    except _ERRORS as error:
        raise MalformedError(f"{type(error).__name__} while decoding AV1") from error
    image.info.clear()
    if image.size != size or image.mode not in ("L", "RGB"):
        raise MalformedError("the decoder reads another shape")
    return image, _sampling(configuration[2])


def _sampling(kind: int) -> Sampling:
    if kind & _MONOCHROME:
        return Sampling.GRAY
    if kind & _HALF_WIDTH:
        return Sampling.QUARTER if kind & _HALF_HEIGHT else Sampling.HALF_WIDTH
    return Sampling.FULL


def _file(units: bytes, configuration: bytes, size: tuple[int, int], colours: Colours | None) -> bytes:
    """An AVIF file of one item."""
    depth = 8 if not configuration[2] & _HIGH else 12 if configuration[2] & _TWELVE else 10
    channels = 1 if configuration[2] & _MONOCHROME else 3
    said = [
        _full(b"ispe", pack(">II", *size)),
        _full(b"pixi", bytes((channels, *(depth,) * channels))),
        _box(b"av1C", configuration),
    ]
    if colours is not None:
        numbers = pack(">HHHB", colours.primaries, colours.transfer, colours.matrix, colours.is_full_range << 7)
        said.append(_box(b"colr", b"nclx" + numbers))
    links = bytes((1, 2, 0x83, 4)[: len(said)])  # by place in the list above; the third is essential
    head = _box(b"ftyp", b"avif\0\0\0\0avifmif1miaf")
    meta = _meta(said, links, 0, len(units))
    place = len(head) + len(meta) + 8
    return head + _meta(said, links, place, len(units)) + _box(b"mdat", units)


def _meta(said: Sequence[bytes], links: bytes, place: int, length: int) -> bytes:
    entry = _full(b"infe", pack(">HH4sB", 1, 0, b"av01", 0), version=2)
    return _full(
        b"meta",
        _full(b"hdlr", b"\0\0\0\0pict" + bytes(13)),
        _full(b"pitm", pack(">H", 1)),
        _full(b"iloc", pack(">BBHHHHII", 0x44, 0, 1, 1, 0, 1, place, length)),
        _full(b"iinf", pack(">H", 1), entry),
        _box(b"iprp", _box(b"ipco", *said), _full(b"ipma", pack(">IHB", 1, 1, len(links)) + links)),
    )


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, *parts: bytes, version: int = 0) -> bytes:
    return _box(name, pack(">I", version << 24), *parts)

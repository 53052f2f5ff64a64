"""The samples of a page in memory: differences undone and taken, channels chosen, and pictures of Pillow's and back.

Rows are made of bytes in little-endian order. Sixteen bits and more stay as they are; nothing here rounds a sample
except where a colour space must be left.
"""

from array import array
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import Final

from PIL import Image, ImageChops

from sanitizers.errors import UnsupportedError
from sanitizers.formats.png import rows as rows_of
from sanitizers.parsers.png import Colour, Header

_WORDS: Final = {16: "H", 32: "I", 64: "Q"}
_PNG_COLOURS: Final = {1: Colour.GRAY, 2: Colour.GRAY_ALPHA, 3: Colour.RGB, 4: Colour.RGBA}
_DIFFERENCE_FILTER: Final = b"\1"  # "Sub" of PNG: the difference from the pixel on the left, byte by byte
_NO_FILTER: Final = b"\0"


@dataclass(frozen=True, slots=True)
class Raster:
    """Whole rows of pixels."""

    width: int
    height: int
    bits: int
    samples: int
    is_differenced: bool  # predictor 2
    data: bytes = field(repr=False)

    @property
    def row_bytes(self) -> int:
        return (self.width * self.samples * self.bits + 7) // 8

    def rows(self) -> list[bytes]:
        step = self.row_bytes
        return [self.data[at : at + step] for at in range(0, len(self.data), step)]


def undifferenced(raster: Raster) -> Raster:
    """The samples themselves. Raises UnsupportedError for a kind that has no differences."""
    if not raster.is_differenced:
        return raster
    if raster.bits == 8 and raster.samples in _PNG_COLOURS:
        header = Header(raster.width, raster.height, 8, _PNG_COLOURS[raster.samples], False)
        filtered = _with_filter(raster, _DIFFERENCE_FILTER)
        data = rows_of.decode(filtered, header, raster.width, raster.height).tobytes()
    elif raster.bits == 16:
        data = b"".join(_undifferenced_row(row, raster.samples) for row in raster.rows())
    else:
        raise UnsupportedError(f"differences of {raster.samples} samples of {raster.bits} bits")
    return replace(raster, is_differenced=False, data=data)


def _undifferenced_row(row: bytes, samples: int) -> bytes:
    words = array("H", row)
    for channel in range(samples):
        words[channel::samples] = array("H", (value & 0xFFFF for value in accumulate(words[channel::samples])))
    return words.tobytes()


def differenced(raster: Raster) -> Raster:
    """The same with differences from the pixel on the left, where samples are bytes: photographs pack better so."""
    if raster.is_differenced or raster.bits != 8:
        return raster
    size = (raster.row_bytes, raster.height)
    plane = Image.frombytes("L", size, raster.data)
    shifted = Image.new("L", size)
    shifted.paste(plane, (raster.samples, 0))
    return replace(raster, is_differenced=True, data=ImageChops.subtract_modulo(plane, shifted).tobytes())


def with_channels(raster: Raster, kept: tuple[int, ...]) -> Raster:
    """Pixels of these samples alone, which have whole bytes. Differences stay right, as each is of its own channel."""
    if kept == tuple(range(raster.samples)):
        return raster
    width = raster.bits // 8
    assert width * 8 == raster.bits, raster.bits
    step, new = width * raster.samples, width * len(kept)
    out = bytearray(raster.width * raster.height * new)
    for place, channel in enumerate(kept):
        for byte in range(width):
            out[place * width + byte :: new] = raster.data[channel * width + byte :: step]
    return replace(raster, samples=len(kept), data=bytes(out))


def without_padding(raster: Raster) -> Raster:
    """Zeros in the bits behind the last pixel of each row."""
    spare = -raster.width * raster.samples * raster.bits % 8
    step = raster.row_bytes
    lasts = raster.data[step - 1 :: step]
    kept = 0xFF << spare & 0xFF
    cleared = lasts.translate(bytes(value & kept for value in range(256)))
    if not spare or cleared == lasts:
        return raster
    data = bytearray(raster.data)
    data[step - 1 :: step] = cleared
    return replace(raster, data=bytes(data))


def without_hidden_colours(raster: Raster) -> Raster | None:
    """Zeros for colours where alpha, the last sample, is zero (IMG-38); None when they are so already."""
    assert raster.samples in (2, 4), raster.samples
    raster = undifferenced(raster)
    header = Header(raster.width, raster.height, raster.bits, _PNG_COLOURS[raster.samples], False)
    big = raster if raster.bits == 8 else replace(raster, data=_swapped(raster.data))
    found = rows_of.without_hidden_colours(_with_filter(big, _NO_FILTER), header, raster.width, raster.height)
    if found is None:
        return None
    if raster.bits == 8 or raster.samples == 2:  # filtered; two samples of 16 bits are four of 8
        plain = Header(raster.width, raster.height, 8, _PNG_COLOURS[raster.samples * raster.bits // 8], False)
        data = rows_of.decode(found, plain, raster.width, raster.height).tobytes()
    else:
        step = raster.row_bytes + 1
        data = b"".join(bytes(found[at + 1 : at + step]) for at in range(0, len(found), step))
    return replace(raster, data=data if raster.bits == 8 else _swapped(data))


def _with_filter(raster: Raster, number: bytes) -> bytes:
    return b"".join(number + row for row in raster.rows())


def _swapped(data: bytes) -> bytes:
    words = array(_WORDS[16], data)
    words.byteswap()
    return words.tobytes()


def in_bytes(raster: Raster) -> Raster:
    """Samples of 8 bits: fewer are spread over the whole range, more give their highest byte."""
    raster = undifferenced(raster)
    if raster.bits == 8:
        return raster
    if raster.bits == 16:
        return replace(raster, bits=8, data=raster.data[1::2])
    if raster.bits not in (1, 2, 4):
        raise UnsupportedError(f"colours of {raster.bits} bits")
    each = 8 // raster.bits
    top = (1 << raster.bits) - 1
    spread = [
        bytes((value >> (8 - raster.bits * (place + 1)) & top) * 255 // top for place in range(each))
        for value in range(256)
    ]
    width = raster.width * raster.samples
    data = b"".join(b"".join(map(spread.__getitem__, row))[:width] for row in raster.rows())
    return replace(raster, bits=8, data=data)


_NEGATIVE: Final = bytes(range(255, -1, -1))


def inverted(raster: Raster, *, has_alpha: bool) -> Raster:
    """Gray samples of whole bytes counted from the other end; alpha, behind each, as it is."""
    raster = undifferenced(raster)
    negative = raster.data.translate(_NEGATIVE)
    if has_alpha:
        width, step = raster.bits // 8, raster.bits // 8 * raster.samples
        mixed = bytearray(negative)
        for byte in range(step - width, step):
            mixed[byte::step] = raster.data[byte::step]
        negative = bytes(mixed)
    return replace(raster, data=negative)


def to_image(raster: Raster, mode: str) -> Image.Image:
    """A picture in one of Pillow's modes of 8 bits a sample."""
    return Image.frombytes(mode, (raster.width, raster.height), undifferenced(raster).data)


def from_image(image: Image.Image) -> Raster:
    """The pixels of a picture of 8 bits a sample."""
    return Raster(image.width, image.height, 8, len(image.getbands()), False, image.tobytes())

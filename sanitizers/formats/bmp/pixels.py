"""A bitmap's pixels as rows of a PNG: palettes stay palettes, all else becomes 8 bits of red, green, blue and alpha."""

from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from sanitizers.formats import alpha, palette
from sanitizers.formats.bmp import fax
from sanitizers.formats.bmp.runs import Unpacker
from sanitizers.formats.png import rows as rows_of
from sanitizers.formats.png.write import Rows
from sanitizers.parsers.bmp import Coding, Dib, Masks
from sanitizers.parsers.png import Colour, Header

_BLUE_GREEN_RED: Final = (0xFF0000, 0xFF00, 0xFF)
_WITH_ALPHA: Final[Masks] = (*_BLUE_GREEN_RED, 0xFF000000)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pixels for a PNG."""

    header: Header
    palette: bytes  # RGB; empty when pixels say their colours
    rows: Rows = field(repr=False)
    unused_colours: int  # palette entries that were cleared
    padding: int  # rows that hid something behind their pixels


def draw(dib: Dib, colours: bytes, pixels: bytes | memoryview) -> Drawn:
    """Decode a bitmap. Raises MalformedError for runs that are cut off."""
    hiding = 0
    if dib.depth <= 8:
        packed, depth, hiding = _indexes(dib, pixels)
        return _draw_indexes(dib, colours, packed, depth, hiding)
    if dib.coding is Coding.RAW:
        hiding = sum(any(pad) for pad in paddings(dib, pixels))
    image = to_image(dib, pixels)
    colour = Colour.RGBA if image.mode == "RGBA" else Colour.RGB
    return Drawn(Header(dib.width, dib.height, 8, colour, False), b"", rows_of.encode(image), 0, hiding)


def _draw_indexes(dib: Dib, colours: bytes, packed: list[bytes], depth: int, hiding: int) -> Drawn:
    raw = "P" if depth == 8 else f"P;{depth}"
    plane = Image.frombytes("P", (dib.width, dib.height), b"".join(packed), "raw", raw)
    uses = plane.histogram()
    colours, cleared = palette.without_unused(colours, uses)
    colours = colours or bytes(3)  # a palette has one colour at least
    header = Header(dib.width, dib.height, depth, Colour.PALETTE, False)
    return Drawn(header, colours, b"".join(b"\0" + row for row in packed), cleared, hiding)


def _indexes(dib: Dib, pixels: bytes | memoryview) -> tuple[list[bytes], int, int]:
    """Rows of packed indexes from the top, bits an index, and how many rows hide something in their padding."""
    if dib.coding is Coding.RAW:
        rows = [bytes(pixels[at : at + dib.row_bytes]) for at in range(0, dib.stride * dib.height, dib.stride)]
        spare = dib.row_bytes * 8 - dib.width * dib.depth
        hiding = sum(any(pad) or (row[-1] & ((1 << spare) - 1)) != 0 for row, pad in zip(rows, paddings(dib, pixels)))
        if spare and hiding:
            rows = [row[:-1] + bytes((row[-1] >> spare << spare,)) for row in rows]
        return (rows if dib.is_top_down else rows[::-1]), dib.depth, hiding
    if dib.coding is Coding.HUFFMAN:
        plane: bytes | bytearray = fax.unpack(bytes(pixels), dib.width, dib.height)
    else:
        plane = Unpacker(dib.coding, dib.width, dib.height).run(bytes(pixels))
    rows = [bytes(plane[at : at + dib.width]) for at in range(0, len(plane), dib.width)]
    return rows[::-1], 8, 0


def paddings(dib: Dib, pixels: bytes | memoryview) -> list[bytes]:
    """What stands behind the pixels of each uncompressed row."""
    if dib.stride == dib.row_bytes:
        return [b""] * dib.height
    starts = range(dib.row_bytes, dib.stride * dib.height, dib.stride)
    return [bytes(pixels[at : at + dib.stride - dib.row_bytes]) for at in starts]


def to_image(dib: Dib, pixels: bytes | memoryview) -> Image.Image:
    """A bitmap of 16 bits a pixel and more: RGB, or RGBA where alpha says something."""
    size, upwards = (dib.width, dib.height), 1 if dib.is_top_down else -1
    if dib.coding is not Coding.RAW:
        return Image.frombytes("RGB", size, bytes(Unpacker(dib.coding, *size).run(bytes(pixels))), "raw", "BGR", 0, -1)
    whole = bytes(pixels).ljust(dib.stride * dib.height, b"\0")
    if dib.depth == 24:
        return Image.frombytes("RGB", size, whole, "raw", "BGR", dib.stride, upwards)
    if dib.depth == 32 and dib.masks == (*_BLUE_GREEN_RED, 0):
        return Image.frombytes("RGB", size, whole, "raw", "BGRX", dib.stride, upwards)
    if dib.depth == 32 and dib.masks == _WITH_ALPHA:
        return _settled(Image.frombytes("RGBA", size, whole, "raw", "BGRA", dib.stride, upwards))
    bands = [_band(dib, whole, mask, upwards) for mask in (dib.masks if dib.masks[3] else dib.masks[:3])]
    merged = Image.merge("RGBA" if len(bands) == 4 else "RGB", bands)
    return _settled(merged) if len(bands) == 4 else merged


def _settled(image: Image.Image) -> Image.Image:
    """Without alpha where it is full, or zero everywhere: viewers then take it for a byte that nobody filled in."""
    if image.getchannel("A").getextrema() == (0, 0) or alpha.is_opaque(image):
        return image.convert("RGB")
    return image


def _band(dib: Dib, whole: bytes, mask: int, upwards: int) -> Image.Image:
    """One colour of all pixels in 8 bits, under a mask of any place and length."""
    step = dib.depth // 8
    across = dib.stride // step
    if not mask:
        return Image.new("L", (dib.width, dib.height))
    low = (mask & -mask).bit_length() - 1
    bits = mask.bit_length() - low
    low, bits = low + max(0, bits - 8), min(bits, 8)
    top = (1 << bits) - 1
    table = bytes(round((value & top) * 255 / top) for value in range(256))
    shifted = (int.from_bytes(whole, "little") >> low).to_bytes(len(whole), "little")
    band = Image.frombytes("L", (across, dib.height), shifted[::step].translate(table), "raw", "L", 0, upwards)
    return band.crop((0, 0, dib.width, dib.height))

"""Bitmaps in metafiles: a header of our own, a whole palette, and pixels of exactly the size that they have.

Runs are unpacked: what hides behind their end or between them has no place. Source: [MS-WMF] 2.2.2.9, 2.2.2.3.
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.bmp.pixels import to_image
from sanitizers.formats.bmp.runs import Unpacker
from sanitizers.formats.metafile.fields import UnfitError
from sanitizers.parsers import bmp
from sanitizers.parsers.bmp import Coding, Dib

RGB_COLOURS: Final = 0
PALETTE_INDICES: Final = 2  # two colours, those of the device
BLACK_AND_WHITE: Final = b"\0\0\0\xff\xff\xff"

_HEADER: Final = struct.Struct("<IiiHHIIiiII")
_RAW: Final = 0
_BITFIELDS: Final = 3
_DEPTHS: Final = (1, 4, 8, 16, 24, 32)
_USUAL: Final = {16: (0x7C00, 0x03E0, 0x001F), 32: (0xFF0000, 0xFF00, 0xFF)}
_GREENER: Final = (0xF800, 0x07E0, 0x001F)  # of 16 bits
_MAX_DENSITY: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class SafeDib:
    """A bitmap, written."""

    width: int
    height: int
    head: bytes = field(repr=False)
    pixels: bytes = field(repr=False)


def carry(head: bytes, pixels: bytes, usage: int, budget: Budget) -> SafeDib:
    """A bitmap whose header with its colours and whose pixels stand apart. Raises UnfitError, LimitError."""
    dib = _header(head, budget)
    if usage == PALETTE_INDICES and dib.depth == 1:
        palette = BLACK_AND_WHITE
    elif usage == RGB_COLOURS or dib.depth > 8:
        palette = bmp.read_palette(memoryview(head)[dib.header_bytes + dib.masks_behind :], dib)
    else:
        raise UnfitError("a bitmap with colours of another palette")
    return _write(dib, palette, pixels, budget)


def carry_packed(data: bytes, usage: int, budget: Budget) -> SafeDib:
    """A bitmap that stands in one piece. Raises UnfitError, LimitError."""
    dib = _header(data, budget)
    most = 1 << dib.depth if dib.depth <= 8 else 0
    colours = (dib.declared_colours or most) * dib.colour_bytes
    start = dib.header_bytes + dib.masks_behind + colours
    if start > len(data):
        raise UnfitError("a bitmap without pixels")
    return carry(data[:start], data[start:], usage, budget)


def _header(head: bytes, budget: Budget) -> Dib:
    try:
        dib = bmp.read_header(memoryview(head))
    except (MalformedError, UnsupportedError) as error:
        raise UnfitError(f"a bitmap: {error}") from error
    if dib.coding not in (Coding.RAW, Coding.RLE4, Coding.RLE8) or dib.depth not in _DEPTHS:
        raise UnfitError(f"a bitmap: {dib.coding.value}, {dib.depth} bits a pixel")
    if dib.depth in _USUAL and not all(dib.masks[:3]):
        raise UnfitError("a bitmap without one of the colours")
    budget.draw(dib.width, dib.height)
    return dib


def _write(dib: Dib, palette: bytes, pixels: bytes, budget: Budget) -> SafeDib:
    rows = _rows(dib, pixels, budget)
    depth = 8 if dib.coding is not Coding.RAW else dib.depth
    masks: tuple[int, ...] = dib.masks[:3] if depth in _USUAL else ()
    if masks and masks != _USUAL[depth] and (depth, masks) != (16, _GREENER):
        depth, masks, rows = 24, (), _as_bytes(dib, rows, budget)
    elif masks == _USUAL.get(depth):
        masks = ()
    height = -dib.height if dib.is_top_down else dib.height
    across, down = (value if value <= _MAX_DENSITY else 0 for value in dib.density)
    colours = 1 << depth if depth <= 8 else 0
    coding = _BITFIELDS if masks else _RAW
    head = _HEADER.pack(40, dib.width, height, 1, depth, coding, len(rows), across, down, colours, 0)
    return SafeDib(
        dib.width, dib.height, head + struct.pack(f"<{len(masks)}I", *masks) + _quads(palette, colours), rows
    )


def _quads(palette: bytes, colours: int) -> bytes:
    """As many entries as there can be, black where none was given."""
    whole = palette.ljust(3 * colours, b"\0")
    quads = bytearray(4 * colours)
    for place in range(3 if colours else 0):
        quads[2 - place :: 4] = whole[place::3]
    return bytes(quads)


def _as_bytes(dib: Dib, rows: bytes, budget: Budget) -> bytes:
    """Pixels under masks that readers seldom know, as a byte for each colour."""
    stride = (dib.width * 3 + 3) // 4 * 4
    budget.expand(stride * dib.height)
    image = to_image(dib, rows).convert("RGB")
    return image.tobytes("raw", "BGR", stride, 1 if dib.is_top_down else -1)


def _rows(dib: Dib, pixels: bytes, budget: Budget) -> bytes:
    if dib.coding is Coding.RAW:
        needed = dib.stride * (dib.height - 1) + dib.row_bytes  # some programs leave out the last row's padding
        if len(pixels) < needed:
            raise UnfitError(f"a bitmap of {len(pixels)} bytes in place of {needed}")
        whole = pixels[: dib.stride * dib.height].ljust(dib.stride * dib.height, b"\0")
        return _without_padding(dib, whole)
    budget.expand(dib.width * dib.height, len(pixels))
    try:
        plane = bytes(Unpacker(dib.coding, dib.width, dib.height).run(pixels))
    except MalformedError as error:
        raise UnfitError(f"a bitmap: {error}") from error
    padding = bytes(-dib.width % 4)
    if not padding:
        return plane
    budget.expand((dib.width + len(padding)) * dib.height)
    return b"".join(plane[at : at + dib.width] + padding for at in range(0, len(plane), dib.width))


def _without_padding(dib: Dib, whole: bytes) -> bytes:
    """Rows with zeros behind their last pixel."""
    spare = dib.stride * 8 - dib.width * dib.depth
    if not spare:
        return whole
    mask = int.from_bytes(b"\xff" * dib.stride) >> spare << spare
    rows = (whole[at : at + dib.stride] for at in range(0, len(whole), dib.stride))
    return b"".join((int.from_bytes(row) & mask).to_bytes(dib.stride) for row in rows)

"""A device-independent bitmap as it is rebuilt, wherever it stands: plain rows behind a plain header (IMG-22, IMG-23).

No run lengths, no JPEG or PNG inside, no colour profile, no header but the one of 40 bytes. Every row is as long as its
pixels; what pads it is not looked at, as little as the pixels are.

Source: Microsoft, BITMAPINFOHEADER; [MS-WMF] 2.2.2.3 and 2.2.2.9.
"""

import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Court, require

HEADER_BYTES: Final = 40
_HEADER: Final = struct.Struct("<IiiHHIIiiII")
_RGB, _BITFIELDS = 0, 3
_DEPTHS: Final = (1, 4, 8, 16, 24, 32)
_DEEPEST_PALETTE: Final = 8
_MASKS: Final = frozenset(  # red, green, blue
    {
        (16, 0xF800, 0x07E0, 0x001F),
        (16, 0x7C00, 0x03E0, 0x001F),
        (32, 0xFF0000, 0x00FF00, 0x0000FF),
    }
)
_MASK_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class Bitmap:
    """What a header says, held against itself."""

    width: int
    height: int  # never negative
    bits: int  # of a pixel
    colours: int  # of its palette
    info_bytes: int  # header, masks and palette
    pixel_bytes: int


def stride(width: int, bits: int) -> int:
    """Bytes of a row: whole words of 32 bits."""
    return (width * bits + 31) // 32 * 4


def read(data: bytes, court: Court, where: str, masks_below: bool = False) -> Bitmap:
    """The bitmap whose header starts `data`. With `masks_below`, half of its height is that of a mask, as in icons."""
    _must(len(data) >= HEADER_BYTES, where)
    size, width, height, planes, bits, compression, pixel_bytes, across, down, colours, important = _HEADER.unpack_from(
        data
    )
    _must(size == HEADER_BYTES and planes == 1 and bits in _DEPTHS, f"{where}: header or depth")
    _must(width > 0 and height and abs(height) < 1 << 31, f"{where}: size")
    _must(across >= 0 and down >= 0, f"{where}: density")
    rows = abs(height)
    if masks_below:
        _must(height > 0 and height % 2 == 0, f"{where}: height")
        rows //= 2
    court.draw(width, rows)
    full = 1 << bits if bits <= _DEEPEST_PALETTE else 0
    _must(colours <= full and important <= full, f"{where}: colours")
    masks = _masks(data, bits, compression, where)
    expected = stride(width, bits) * rows
    mask_bytes = stride(width, 1) * rows if masks_below else 0
    _must(pixel_bytes in (0, expected, expected + mask_bytes), f"{where}: size of its pixels")
    palette = 4 * (colours or full)
    return Bitmap(width, rows, bits, palette // 4, HEADER_BYTES + masks + palette, expected + mask_bytes)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, f"{where}: no plain bitmap")


def _masks(data: bytes, bits: int, compression: int, where: str) -> int:
    """Bytes of the colour masks behind the header."""
    if compression == _RGB:
        return 0
    masks = data[HEADER_BYTES : HEADER_BYTES + _MASK_BYTES]
    _must(compression == _BITFIELDS and len(masks) == _MASK_BYTES, f"{where}: compression")
    _must((bits, *struct.unpack("<3I", masks)) in _MASKS, f"{where}: masks")
    return _MASK_BYTES

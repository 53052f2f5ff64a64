"""Objects inside the records of an EMF: regions, fonts, and what may pad a record.

Source: [MS-EMF] 2.2.13 and 2.2.14 (fonts), 2.2.24 and 2.2.25 (regions), 2.2.3 (design vector).
"""

import struct
from typing import Final

_REGION_HEADER: Final = 32
_RECTANGLE: Final = 16
_FONT, _FONT_PANOSE, _FONT_EX = 92, 320, 348
_FACE, _FULL_NAME, _STYLE, _SCRIPT = (28, 64), (92, 128), (220, 64), (284, 64)
_DESIGN: Final = 0x08007664
_MOST_AXES: Final = 16


def filled(record: bytes, end: int) -> bool:
    """Whether a record holds something up to here, and behind it nothing but zeros to a whole word."""
    return end <= len(record) < end + 4 and not any(record[end:])


def fits_region(region: bytes) -> bool:
    """A header and rectangles, as many as it says."""
    if len(region) < _REGION_HEADER:
        return False
    size, kind, count, length = struct.unpack_from("<4I", region)
    whole = len(region) == _REGION_HEADER + _RECTANGLE * count
    return (size, kind) == (_REGION_HEADER, 1) and whole and length in (0, _RECTANGLE * count, len(region))


def fits_font(font: bytes) -> bool:
    """One of the three kinds of fonts, with nothing behind the end of its names."""
    if len(font) == _FONT:
        return _is_name(font, _FACE)
    if len(font) == _FONT_PANOSE:
        return all(_is_name(font, place) for place in (_FACE, _FULL_NAME, _STYLE))
    if len(font) < _FONT_EX + 8:
        return False
    signature, axes = struct.unpack_from("<II", font, _FONT_EX)
    whole = axes <= _MOST_AXES and len(font) == _FONT_EX + 8 + 4 * axes
    return (
        whole and signature == _DESIGN and all(_is_name(font, place) for place in (_FACE, _FULL_NAME, _STYLE, _SCRIPT))
    )


def _is_name(font: bytes, place: tuple[int, int]) -> bool:
    """UTF-16, then zeros: what stands behind the first one shows nowhere."""
    start, size = place
    letters = struct.unpack_from(f"<{size // 2}H", font, start)
    end = letters.index(0) if 0 in letters else len(letters)
    return not any(letters[end:])

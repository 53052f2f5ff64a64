"""A rebuilt EMF: a header that counts right, allow-listed drawing records of exact size, an end (IMG-32, IMG-33).

No comment (and so no EMF+), no escape, no colour space, no OpenGL, no description. A bitmap inside a record is a plain
one that fills its place; a string and its distances do too. (V-IMG, V-MAGIC, V-RES)

Source: [MS-EMF] 2.2 and 2.3, records by their numbers in 2.1.1.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import dib, magic
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.emf_parts import filled, fits_font, fits_region

_HEADER_SIZES: Final = (88, 100, 108)
_SIGNATURE: Final = b" EMF"
_HEADER: Final = struct.Struct("<4sIIIHHIII")  # from the signature on
_VERSION: Final = 0x10000
_END: Final = 14
_MOST_RECORDS: Final = 4_000_000
_STOCK: Final = frozenset(range(0x80000000, 0x80000014))
_MOST_PEN_ENTRIES: Final = 16
_PAIRWISE_DX: Final = 0x2000  # ETO_PDY
_NO_RECTANGLE, _SMALL_LETTERS = 0x100, 0x200


@dataclass(frozen=True, slots=True)
class _Picture:
    """What a record's rule needs to know beside the record."""

    court: Court
    handles: int


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is an EMF as it is rebuilt."""
    require(data[:4] == b"\1\0\0\0" and data[40:44] == _SIGNATURE, Check.MAGIC, "no EMF signature")
    records, picture, palette = _header(data, court)
    at = int.from_bytes(data[4:8], "little")
    count = 1
    while True:
        where = f"record at {at}"
        _must(at + 8 <= len(data), f"no {where}")
        kind, size = struct.unpack_from("<II", data, at)
        _must(size >= 8 and size % 4 == 0 and at + size <= len(data), f"{where} does not fit")
        count += 1
        if kind == _END:
            break
        rule = _RULES.get(kind)
        if rule is None:
            raise Refused(Check.IMAGE, f"{where}: type {kind}")
        _must(rule(data[at : at + size], picture), f"{where}: type {kind}, contents")
        at += size
    _must(size == 20 + 4 * palette, f"{where}: end")
    entries, last = _number(data, at + 8), _number(data, at + size - 4)
    _must(entries == palette and last == size, f"{where}: end")
    _must(at + size == len(data), f"bytes after the end at {at + size}")
    _must(count == records, f"{count} records where the header says {records}")
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _header(data: bytes, court: Court) -> tuple[int, _Picture, int]:
    """2.3.4.2: records, what rules need, and colours of the palette at the end."""
    size = int.from_bytes(data[4:8], "little")
    _must(size in _HEADER_SIZES and size <= len(data), "header of another size, or a description")
    _, version, length, records, handles, reserved, words, words_at, palette = _HEADER.unpack_from(data, 40)
    _must(version == _VERSION and not reserved and not words and not words_at, "header, or a description")
    _must(length == len(data), f"length of {length} in the header")
    _must(handles and palette <= 256, "handles or palette")
    _must(size < 100 or not any(data[88:100]), "pixel format")
    require(records <= _MOST_RECORDS, Check.LIMITS, f"{records} records")
    return records, _Picture(court, handles), palette


_Rule = Callable[[bytes, _Picture], bool]


def _sized(size: int) -> _Rule:
    """Nothing but a size: numbers that all may have any value."""
    return lambda record, _: len(record) == size


def _number(record: bytes, at: int) -> int:
    return int.from_bytes(record[at : at + 4], "little")


def _one_of(*allowed: int) -> _Rule:
    return lambda record, _: len(record) == 12 and _number(record, 8) in allowed


def _handle(size: int, stock: bool = False) -> _Rule:
    def fits(record: bytes, picture: _Picture) -> bool:
        index = _number(record, 8)
        return len(record) == size and (0 < index < picture.handles or (stock and index in _STOCK))

    return fits


def _floats(size: int) -> _Rule:
    """A transformation (2.2.28): six numbers, each of them one."""

    def fits(record: bytes, _: _Picture) -> bool:
        return len(record) == size and _are_numbers(record, 8, 6)

    return fits


def _are_numbers(record: bytes, at: int, count: int) -> bool:
    """Neither infinite nor no number: not all bits of the exponent are set."""
    return all(word & 0x7F800000 != 0x7F800000 for word in struct.unpack_from(f"<{count}I", record, at))


def _points(point_bytes: int, has_kinds: bool = False) -> _Rule:
    """Bounds, a count, points; in POLYDRAW a byte for each behind them."""

    def fits(record: bytes, _: _Picture) -> bool:
        size = 28 + _number(record, 24) * (point_bytes + has_kinds)
        return filled(record, size)

    return fits


def _many_points(point_bytes: int) -> _Rule:
    """Bounds, how many lines, points in all, points of each, then the points."""

    def fits(record: bytes, _: _Picture) -> bool:
        lines, total = _number(record, 24), _number(record, 28)
        if len(record) < 32 or len(record) != 32 + 4 * lines + total * point_bytes:
            return False
        points: tuple[int, ...] = struct.unpack_from(f"<{lines}I", record, 32)
        return sum(points) == total

    return fits


def _region(start: int, size_at: int, brush_at: int | None = None) -> _Rule:
    def fits(record: bytes, picture: _Picture) -> bool:
        if len(record) < start or _number(record, size_at) != len(record) - start:
            return False
        if brush_at is not None and not 0 < _number(record, brush_at) < picture.handles:
            return _number(record, brush_at) in _STOCK and fits_region(record[start:])
        return fits_region(record[start:])

    return fits


def _clip_region(record: bytes, _: _Picture) -> bool:
    """2.3.2.2: with mode 5 (copy), there may be no region at all."""
    if len(record) < 16 or _number(record, 8) != len(record) - 16 or not 1 <= _number(record, 12) <= 5:
        return False
    return len(record) == 16 or fits_region(record[16:])


def _bitmaps(size: int, *places: tuple[int, int], numbers_at: int | None = None) -> _Rule:
    """A fixed part of this size, then bitmaps: (where offsets and sizes stand, where the usage of colours stands)."""

    def fits(record: bytes, picture: _Picture) -> bool:
        if len(record) < size or (numbers_at is not None and not _are_numbers(record, numbers_at, 6)):
            return False
        at = size
        for offsets_at, usage_at in places:
            info_at, info, bits_at, bits = struct.unpack_from("<4I", record, offsets_at)
            if not info and not bits:
                continue
            bitmap = dib.read(record[info_at : info_at + info], picture.court, "bitmap in a record")
            if (info_at, info, bits_at, bits) != (at, bitmap.info_bytes, at + info, bitmap.pixel_bytes):
                return False
            if _number(record, usage_at):  # colours by the palette of whoever looks
                return False
            at += info + bits
        return filled(record, at)

    return fits


def _pattern(size: int) -> _Rule:
    """A brush from a bitmap: a handle, a usage, and the bitmap must be there."""
    place = _bitmaps(size, (16, 12))
    return lambda record, picture: (
        len(record) > size and 0 < _number(record, 8) < picture.handles and place(record, picture)
    )


def _pen(record: bytes, picture: _Picture) -> bool:
    """2.3.7.9: a pen with its dashes; without a bitmap."""
    if len(record) < 52 or not 0 < _number(record, 8) < picture.handles:
        return False
    dashes = _number(record, 48)
    no_bitmap = not _number(record, 16) and not _number(record, 24)
    rest = len(record) - 52 - 4 * dashes
    return dashes <= _MOST_PEN_ENTRIES and no_bitmap and (not rest or (rest == 4 and not any(record[-4:])))


def _font(record: bytes, picture: _Picture) -> bool:
    return 0 < _number(record, 8) < picture.handles and fits_font(record[12:])


def _palette(record: bytes, picture: _Picture) -> bool:
    if len(record) < 16 or not 0 < _number(record, 8) < picture.handles:
        return False
    version, entries = _number(record, 12) & 0xFFFF, _number(record, 12) >> 16
    return version == 0x300 and entries <= 1024 and len(record) == 16 + 4 * entries


def _palette_entries(record: bytes, picture: _Picture) -> bool:
    if len(record) < 20 or not 0 < _number(record, 8) < picture.handles:
        return False
    return _number(record, 12) <= 1024 and len(record) == 20 + 4 * _number(record, 16)


def _text(letter_bytes: int) -> _Rule:
    """2.3.5.7: the string first, then the distances, both within the record (2.2.5)."""

    def fits(record: bytes, _: _Picture) -> bool:
        if len(record) < 76 or not _are_numbers(record, 28, 2):
            return False
        letters, text_at, options = struct.unpack_from("<III", record, 44)
        distances_at = _number(record, 72)
        at = 76
        if letters:
            if text_at != at:
                return False
            at += letters * letter_bytes
        if letters and distances_at:
            aligned = at + -at % 4
            if distances_at != aligned or any(record[at:aligned]):
                return False
            at = aligned + letters * (8 if options & _PAIRWISE_DX else 4)
        return filled(record, at)

    return fits


def _small_text(record: bytes, _: _Picture) -> bool:
    """2.3.5.37."""
    if len(record) < 36 or not _are_numbers(record, 28, 2):
        return False
    letters, options = _number(record, 16), _number(record, 20)
    start = 36 if options & _NO_RECTANGLE else 52
    return len(record) >= start and filled(record, start + letters * (1 if options & _SMALL_LETTERS else 2))


def _gradient(record: bytes, _: _Picture) -> bool:
    """2.3.5.12: vertices, then triangles or rectangles that name them."""
    if len(record) < 36:
        return False
    vertices, shapes, mode = struct.unpack_from("<III", record, 24)
    corners = 3 if mode == 2 else 2
    start = 36 + 16 * vertices
    end = start + 4 * corners * shapes
    if mode > 2 or len(record) not in (end, start + 12 * shapes) or any(record[end:]):
        return False
    return all(index < vertices for index in struct.unpack_from(f"<{corners * shapes}I", record, start))


_RULES: Final[Mapping[int, _Rule]] = {
    **dict.fromkeys((2, 3, 4, 5, 6), _points(8)),  # POLYBEZIER to POLYLINETO
    **dict.fromkeys((7, 8), _many_points(8)),  # POLYPOLYLINE, POLYPOLYGON
    **dict.fromkeys((9, 10, 11, 12, 13), _sized(16)),  # window, viewport, origin of brushes
    15: _sized(20),  # SETPIXELV
    **dict.fromkeys((16, 22, 24, 25), _sized(12)),  # SETMAPPERFLAGS, SETTEXTALIGN, colours
    17: _one_of(*range(1, 9)),  # SETMAPMODE
    18: _one_of(1, 2),  # SETBKMODE
    19: _one_of(1, 2),  # SETPOLYFILLMODE
    20: _one_of(*range(1, 17)),  # SETROP2
    21: _one_of(*range(1, 5)),  # SETSTRETCHBLTMODE
    23: _sized(32),  # SETCOLORADJUSTMENT
    26: _sized(16),  # OFFSETCLIPRGN
    27: _sized(16),  # MOVETOEX
    28: _sized(8),  # SETMETARGN
    **dict.fromkeys((29, 30, 31, 32), _sized(24)),  # clip rectangles, SCALE...EXTEX
    33: _sized(8),  # SAVEDC
    34: _sized(12),  # RESTOREDC
    35: _floats(32),  # SETWORLDTRANSFORM
    36: _floats(36),  # MODIFYWORLDTRANSFORM
    37: _handle(12, stock=True),  # SELECTOBJECT
    38: _handle(28),  # CREATEPEN
    39: _handle(24),  # CREATEBRUSHINDIRECT
    40: _handle(12),  # DELETEOBJECT
    41: lambda record, _: len(record) == 28 and _are_numbers(record, 20, 2),  # ANGLEARC
    **dict.fromkeys((42, 43), _sized(24)),  # ELLIPSE, RECTANGLE
    44: _sized(32),  # ROUNDRECT
    **dict.fromkeys((45, 46, 47, 55), _sized(40)),  # ARC, CHORD, PIE, ARCTO
    48: _handle(12, stock=True),  # SELECTPALETTE
    49: _palette,  # CREATEPALETTE
    50: _palette_entries,  # SETPALETTEENTRIES
    51: _handle(16),  # RESIZEPALETTE
    52: _sized(8),  # REALIZEPALETTE
    53: _sized(24),  # EXTFLOODFILL
    54: _sized(16),  # LINETO
    56: _points(8, has_kinds=True),  # POLYDRAW
    57: _one_of(1, 2),  # SETARCDIRECTION
    58: lambda record, _: len(record) == 12 and _are_numbers(record, 8, 1),  # SETMITERLIMIT
    **dict.fromkeys((59, 60, 61, 65, 66, 68), _sized(8)),  # paths
    **dict.fromkeys((62, 63, 64), _sized(24)),  # FILLPATH, STROKEANDFILLPATH, STROKEPATH
    67: _one_of(*range(1, 6)),  # SELECTCLIPPATH
    71: _region(32, 24, 28),  # FILLRGN
    72: _region(40, 24, 28),  # FRAMERGN
    73: _region(28, 24),  # INVERTRGN
    74: _region(28, 24),  # PAINTRGN
    75: _clip_region,  # EXTSELECTCLIPRGN
    76: _bitmaps(100, (84, 80), numbers_at=52),  # BITBLT
    77: _bitmaps(108, (84, 80), numbers_at=52),  # STRETCHBLT
    78: _bitmaps(128, (84, 80), (112, 108), numbers_at=52),  # MASKBLT
    79: _bitmaps(140, (96, 92), (124, 120), numbers_at=64),  # PLGBLT
    80: _bitmaps(76, (48, 64)),  # SETDIBITSTODEVICE
    81: _bitmaps(80, (48, 64)),  # STRETCHDIBITS
    82: _font,  # EXTCREATEFONTINDIRECTW
    83: _text(1),  # EXTTEXTOUTA
    84: _text(2),  # EXTTEXTOUTW
    **dict.fromkeys((85, 86, 87, 88, 89), _points(4)),  # POLYBEZIER16 to POLYLINETO16
    **dict.fromkeys((90, 91), _many_points(4)),  # POLYPOLYLINE16, POLYPOLYGON16
    92: _points(4, has_kinds=True),  # POLYDRAW16
    93: _pattern(32),  # CREATEMONOBRUSH
    94: _pattern(32),  # CREATEDIBPATTERNBRUSHPT
    95: _pen,  # EXTCREATEPEN
    98: _one_of(1, 2, 3, 4),  # SETICMMODE names no profile
    108: _small_text,  # SMALLTEXTOUT
    114: _bitmaps(108, (84, 80), numbers_at=52),  # ALPHABLEND
    115: _one_of(0, 1, 8, 9),  # SETLAYOUT
    116: _bitmaps(108, (84, 80), numbers_at=52),  # TRANSPARENTBLT
    118: _gradient,  # GRADIENTFILL
    120: _sized(16),  # SETTEXTJUSTIFICATION
}  # every other record is refused: comments, escapes, colour spaces and profiles, OpenGL

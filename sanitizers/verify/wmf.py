"""A rebuilt WMF: a header that counts right, allow-listed drawing records of exact size, an end (IMG-31).

No escape, and so none that aborts printing to run code; no bitmap of the old, device-dependent kind.

Source: [MS-WMF] 2.2.2 (objects), 2.3 (records by function), 2.3.2.2 and 2.3.2.3 (headers). (V-IMG, V-MAGIC, V-RES)
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import dib, magic
from sanitizers.verify.court import Court, Refused, require

_PLACEABLE: Final = b"\xd7\xcd\xc6\x9a"
_PLACEABLE_BYTES: Final = 22
_STARTS: Final = (_PLACEABLE, b"\1\0\x09\0", b"\2\0\x09\0")
_HEADER: Final = struct.Struct("<HHHIHIH")
_VERSIONS: Final = (0x0100, 0x0300)
_HEADER_WORDS: Final = 9
_RECORD_WORDS: Final = 3
_END: Final = 0x0000
_MOST_RECORDS: Final = 4_000_000
_MOST_OBJECTS: Final = 1 << 14
_FACE_AT, _FACE_BYTES = 18, 32
_OPAQUE, _CLIPPED = 2, 4
_REGION_KIND, _REGION_BYTES = 6, 22


@dataclass(frozen=True, slots=True)
class _Picture:
    court: Court
    objects: int


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a WMF as it is rebuilt."""
    require(data.startswith(_STARTS), Check.MAGIC, "no WMF signature")
    at = _placeable(data)
    _must(len(data) >= at + 2 * _HEADER_WORDS, "no header")
    kind, words, version, size, objects, largest, members = _HEADER.unpack_from(data, at)
    _must(kind in (1, 2) and words == _HEADER_WORDS and version in _VERSIONS and not members, "header")
    _must(2 * size == len(data) - at, "size in the header")
    require(objects <= _MOST_OBJECTS, Check.LIMITS, f"{objects} objects")
    picture = _Picture(court, objects)
    at += 2 * _HEADER_WORDS
    found = count = 0
    while True:
        where = f"record at {at}"
        _must(at + 2 * _RECORD_WORDS <= len(data), f"no {where}")
        words, function = struct.unpack_from("<IH", data, at)
        following = at + 2 * words
        _must(words >= _RECORD_WORDS and following <= len(data), f"{where} does not fit")
        found, count = max(found, words), count + 1
        require(count <= _MOST_RECORDS, Check.LIMITS, "too many records")
        if function == _END:
            break
        rule = _RULES.get(function)
        if rule is None:
            raise Refused(Check.IMAGE, f"{where}: function 0x{function:04X}")
        _must(rule(data[at + 6 : following], picture), f"{where}: function 0x{function:04X}, contents")
        at = following
    _must(words == _RECORD_WORDS and following == len(data), f"bytes after the end at {at}")
    _must(found == largest, "largest record in the header")
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _placeable(data: bytes) -> int:
    """2.3.2.3: where the header behind it starts; 0 when there is none."""
    if not data.startswith(_PLACEABLE):
        return 0
    _must(len(data) > _PLACEABLE_BYTES, "placeable header")
    words = struct.unpack_from("<11H", data)
    handle, inch, reserved = words[2], words[7], words[8:10]
    _must(not handle and inch and not any(reserved), "placeable header")
    _must(reduce(xor, words) == 0, "check sum of the placeable header")
    return _PLACEABLE_BYTES


_Rule = Callable[[bytes, _Picture], bool]  # of what follows size and function


def _words(*counts: int) -> _Rule:
    """So many numbers, each of which may have any value."""
    return lambda body, _: len(body) // 2 in counts


def _mode(*allowed: int) -> _Rule:
    """A number of these, and perhaps a reserved one behind it."""
    return lambda body, _: len(body) in (2, 4) and _number(body, 0) in allowed and not any(body[2:])


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 2], "little")


def _object(*counts: int, at: int = 0) -> _Rule:
    """A number that is one of an object."""
    return lambda body, picture: len(body) // 2 in counts and _number(body, at) < picture.objects


def _two_objects(words: int) -> _Rule:
    first, second = _object(words), _object(words, at=2)
    return lambda body, picture: first(body, picture) and second(body, picture)


def _points(body: bytes, _: _Picture) -> bool:
    return len(body) == 2 + 4 * _number(body, 0)


def _many_points(body: bytes, _: _Picture) -> bool:
    count = _number(body, 0)
    if len(body) < 2 + 2 * count:
        return False
    counts: tuple[int, ...] = struct.unpack_from(f"<{count}H", body, 2)
    return len(body) == 2 + 2 * count + 4 * sum(counts)


def _text(body: bytes, _: _Picture) -> bool:
    """2.3.3.20: length, string, place."""
    length = _number(body, 0)
    return len(body) == 2 + length + length % 2 + 4 and (length % 2 == 0 or not body[2 + length])


def _placed_text(body: bytes, _: _Picture) -> bool:
    """2.3.3.5: place, length, options, rectangle, string, distances."""
    if len(body) < 8:
        return False
    length, options = struct.unpack_from("<HH", body, 4)
    start = 8 + (8 if options & (_OPAQUE | _CLIPPED) else 0)
    end = start + length + length % 2
    if len(body) not in (end, end + 2 * length):
        return False
    return length % 2 == 0 or not body[start + length]


def _font(body: bytes, _: _Picture) -> bool:
    """2.2.1.2: a name of at most 32 bytes, then zeros."""
    name = body[_FACE_AT:]
    return len(body) > _FACE_AT and len(name) <= _FACE_BYTES and not name[name.find(b"\0") :].strip(b"\0")


def _palette(body: bytes, _: _Picture) -> bool:
    """2.2.1.3."""
    return len(body) >= 4 and len(body) == 4 + 4 * _number(body, 2)


def _region(body: bytes, _: _Picture) -> bool:
    """2.2.1.5: scans, as many as it says, each with an even number of ends."""
    if len(body) < _REGION_BYTES:
        return False
    _, kind, _, size, scans, most_ends = struct.unpack_from("<HHIHHH", body)
    at = _REGION_BYTES
    for _scan in range(scans):
        ends = _number(body, at)
        following = at + 6 + 2 * ends + 2
        if ends % 2 or ends > most_ends or following > len(body) or _number(body, following - 2) != ends:
            return False
        at = following
    return kind == _REGION_KIND and at == len(body) and size in (len(body), len(body) + 2)


def _bitmap(words: int, usage_at: int | None = None, without: int | None = None) -> _Rule:
    """So many words, then a bitmap that fills the record; or, where that may be, other words and no bitmap."""

    def fits(body: bytes, picture: _Picture) -> bool:
        if without is not None and len(body) == 2 * without:
            return True
        start = 2 * words
        if usage_at is not None and _number(body, usage_at):  # colours by the palette of whoever looks
            return False
        bitmap = dib.read(body[start:], picture.court, "bitmap in a record")
        return len(body) == start + bitmap.info_bytes + bitmap.pixel_bytes

    return fits


def _pattern(body: bytes, picture: _Picture) -> bool:
    """2.3.4.8: a brush from a bitmap (style 3, 5 or 6)."""
    return _number(body, 0) in (3, 5, 6) and _bitmap(2, usage_at=2)(body, picture)


_RULES: Final[Mapping[int, _Rule]] = {
    0x001E: _words(0),  # SAVEDC
    0x0035: _words(0),  # REALIZEPALETTE
    0x0037: _palette,  # SETPALENTRIES
    0x00F7: _palette,  # CREATEPALETTE
    0x0102: _mode(1, 2),  # SETBKMODE
    0x0103: _mode(*range(1, 9)),  # SETMAPMODE
    0x0104: _mode(*range(1, 17)),  # SETROP2
    0x0106: _mode(1, 2),  # SETPOLYFILLMODE
    0x0107: _mode(*range(1, 5)),  # SETSTRETCHBLTMODE
    0x0108: _words(1),  # SETTEXTCHAREXTRA
    0x0127: _words(1),  # RESTOREDC
    0x012C: _object(1),  # SELECTCLIPREGION
    0x012D: _object(1),  # SELECTOBJECT
    0x012A: _object(1),  # INVERTREGION
    0x012B: _object(1),  # PAINTREGION
    0x012E: _words(1, 2),  # SETTEXTALIGN
    0x0139: _words(1),  # RESIZEPALETTE
    0x0142: _pattern,  # DIBCREATEPATTERNBRUSH
    0x0149: _words(1, 2),  # SETLAYOUT
    0x01F0: _object(1),  # DELETEOBJECT
    0x0234: _object(1),  # SELECTPALETTE
    **dict.fromkeys((0x0201, 0x0209, 0x020A), _words(2)),  # colours, SETTEXTJUSTIFICATION
    **dict.fromkeys((0x020B, 0x020C, 0x020D, 0x020E, 0x020F, 0x0211), _words(2)),  # window, viewport
    **dict.fromkeys((0x0213, 0x0214, 0x0220, 0x0231), _words(2)),  # LINETO, MOVETO, OFFSETCLIPRGN, SETMAPPERFLAGS
    0x0228: _two_objects(2),  # FILLREGION
    0x02FA: _words(5),  # CREATEPENINDIRECT
    0x02FB: _font,  # CREATEFONTINDIRECT
    0x02FC: _words(4),  # CREATEBRUSHINDIRECT
    **dict.fromkeys((0x0324, 0x0325), _points),  # POLYGON, POLYLINE
    **dict.fromkeys((0x0410, 0x0412, 0x0415, 0x0416), _words(4)),  # SCALE...EXT, clip rectangles
    **dict.fromkeys((0x0418, 0x0419, 0x041B, 0x041F), _words(4)),  # ELLIPSE, FLOODFILL, RECTANGLE, SETPIXEL
    0x0429: _two_objects(4),  # FRAMEREGION
    0x0436: _palette,  # ANIMATEPALETTE
    0x0521: _text,  # TEXTOUT
    0x0538: _many_points,  # POLYPOLYGON
    0x0548: _words(5),  # EXTFLOODFILL
    **dict.fromkeys((0x061C, 0x061D), _words(6)),  # ROUNDRECT, PATBLT
    **dict.fromkeys((0x0817, 0x081A, 0x0830), _words(8)),  # ARC, PIE, CHORD
    0x06FF: _region,  # CREATEREGION
    0x0940: _bitmap(8, without=9),  # DIBBITBLT
    0x0A32: _placed_text,  # EXTTEXTOUT
    0x0B41: _bitmap(10, without=11),  # DIBSTRETCHBLT
    0x0D33: _bitmap(9, usage_at=0),  # SETDIBTODEV
    0x0F43: _bitmap(11, usage_at=4),  # STRETCHDIB
}  # every other function is refused: escapes, bitmaps of the old kind

"""What each kind of EMF record is written as. A shape takes a row and a body, and answers with the new body.

Offsets count from a record's first byte, 8 before its body. Source: [MS-EMF] 2.2 and 2.3.
"""

import math
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol

from policies.terms import Action
from sanitizers.formats.metafile import allow, dib
from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.dib import SafeDib
from sanitizers.formats.metafile.fields import Layout, UnfitError, aligned, layout, part
from sanitizers.sanitizer import Job

_HEAD: Final = 8  # bytes of a record before its body
_MAX_HANDLE: Final = 0xFFFE
_MAX_POINTS: Final = 1 << 24
_PALETTES: Final = (Kind.CREATE_PALETTE,)
_BRUSHES: Final = (Kind.CREATE_BRUSH, Kind.CREATE_PATTERN)
_BLOCK: Final = layout("2i 3I 4i I")  # EmrText: reference, characters, where, options, rectangle, where widths are
_REGION: Final = layout("I<32-32> I<1-1> I I 4i")
_FACE: Final = struct.Struct("<64s")
_FONT_BYTES: Final = 320  # LogFontPanose
_WIDTHS_OF_BOTH: Final = 0x2000  # ETO_PDY
_NO_RECTANGLE: Final = 0x100
_SMALL_CHARACTERS: Final = 0x200
_PLAIN: Final = (0, 1, 2)  # solid, none, hatched
_OF_BITMAP: Final = (3, 5, 6)
_HATCHED: Final = 2
_MOST_HATCHES: Final = 12
_GRAY: Final = 0xC0C0C0
_USER_STYLE: Final = 7
_PEN_STYLE: Final = 0x1330F
_GRAY_BRUSH: Final = struct.pack("<3I", 0, _GRAY, 0)
_POINT_TYPES: Final = frozenset((2, 3, 4, 5, 6))


class State(Protocol):
    """What a shape may ask and tell: the objects there are, and states saved."""

    job: Job
    objects: dict[int, Kind]
    palettes: dict[int, int]  # how many colours each has
    handles: int
    saved: int


Shape = Callable[[State, Known, bytes], bytes]


def _fixed(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    return fields.packed.pack(*fields.read(body))


# objects


def _claim(state: State, handle: int, kind: Kind) -> None:
    """An object under its number, which must be one of the table."""
    if not 0 < handle <= _MAX_HANDLE:
        raise UnfitError(f"object {handle:#x}")
    state.objects[handle] = kind
    state.handles = max(state.handles, handle + 1)


def _create(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    _claim(state, int.from_bytes(made[:4], "little"), row.kind)
    return made


def _brush(state: State, row: Known, body: bytes) -> bytes:
    """A brush; its hatch is what some programs leave unset where none is drawn."""
    fields = layout(row.layout)
    handle, style, colour, hatch = fields.read(body)
    if hatch > _MOST_HATCHES and style == _HATCHED:
        raise UnfitError(f"a hatch of {hatch}")
    _claim(state, handle, row.kind)
    return fields.packed.pack(handle, style, colour, hatch if hatch <= _MOST_HATCHES else 0)


def gray_brush(state: State, body: bytes) -> tuple[int, bytes]:
    """A record that makes a gray brush of the number that a brush should have had. Raises UnfitError."""
    _claim(state, int.from_bytes(body[:4], "little"), Kind.CREATE_BRUSH)
    return 39, body[:4] + _GRAY_BRUSH


def _font(state: State, row: Known, body: bytes) -> bytes:
    """A LOGFONT with its face name alone, in the form that has room for nothing longer."""
    fields = layout(row.layout)
    handle, *rest = fields.read(body)
    face = part(body, fields.size, _FACE.size, "a face name")
    units = [face[at : at + 2] for at in range(0, _FACE.size, 2)]
    end = units.index(b"\0\0") if b"\0\0" in units else len(units) - 1
    _claim(state, handle, row.kind)
    made = fields.packed.pack(handle, *rest) + _FACE.pack(b"".join(units[:end]))
    return made.ljust(4 + _FONT_BYTES, b"\0")


def _pen(state: State, row: Known, body: bytes) -> bytes:
    """A pen with its dashes. One that draws with a bitmap becomes plain gray."""
    fields = layout(row.layout)
    handle, _, _, _, _, style, width, brush, colour, hatch, count = fields.read(body)
    if style & ~_PEN_STYLE or style & 15 > 8 or brush not in (*_PLAIN, *_OF_BITMAP):
        raise UnfitError(f"a style of {style:#x} with {brush}")
    entries = part(body, fields.size, count * row.unit, "dashes") if style & 15 == _USER_STYLE else b""
    if brush in _OF_BITMAP:
        state.job.found(allow.EMF_ELSE, row.name, detail="a bitmap", at_least=Action.REMOVE)
        brush, colour, hatch = 0, _GRAY, 0
    _claim(state, handle, row.kind)
    return (
        fields.packed.pack(handle, 0, 0, 0, 0, style, width, brush, colour, hatch, len(entries) // row.unit) + entries
    )


def _pattern(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = list(fields.read(body))
    image = _dib(state, body, values[2:6], values[1])
    _claim(state, values[0], row.kind)
    return _write(fields, values, (image,))


def _palette(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    entries = part(body, fields.size, values[2] * row.unit, "colours")
    _claim(state, values[0], row.kind)
    state.palettes[values[0]] = values[2]
    return fields.packed.pack(*values) + entries


def _select(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    _known(state, int.from_bytes(made[:4], "little"))
    return made


def _known(state: State, handle: int, kinds: tuple[Kind, ...] | None = None) -> None:
    """Raises UnfitError when there is no such object."""
    if kinds is None and handle in allow.STOCK and handle != allow.STOCK_PALETTE:
        return
    found = state.objects.get(handle)
    if found is None or (found in _PALETTES if kinds is None else found not in kinds):
        raise UnfitError(f"no such object: {handle:#x}")


def _select_palette(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    handle = int.from_bytes(made, "little")
    if handle != allow.STOCK_PALETTE:
        _known(state, handle, _PALETTES)
    return made


def _resize(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    handle, count = fields.read(body)
    _known(state, handle, _PALETTES)
    state.palettes[handle] = count
    return fields.packed.pack(handle, count)


def _colours(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    handle, first, count = fields.read(body)
    _known(state, handle, _PALETTES)
    if first + count > state.palettes[handle]:
        raise UnfitError("colours behind the palette's end")
    return fields.packed.pack(handle, first, count) + part(body, fields.size, count * row.unit, "colours")


def _delete(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    handle = int.from_bytes(made[:4], "little")
    if handle not in state.objects:
        raise UnfitError(f"no such object: {handle:#x}")
    del state.objects[handle]
    return made


# states


def _save(state: State, _row: Known, _body: bytes) -> bytes:
    state.saved += 1
    return b""


def _restore(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    back = int.from_bytes(made, "little", signed=True)
    if not -state.saved <= back < 0:
        raise UnfitError(f"state {back} of {state.saved}")
    state.saved += back
    return made


# points


def _points(_state: State, row: Known, body: bytes) -> bytes:
    count = _count(body, 16)
    return body[:20] + part(body, 20, count * row.unit, f"{count} points")


def _count(body: bytes, at: int) -> int:
    count = int.from_bytes(part(body, at, 4, "a count"), "little")
    if count > _MAX_POINTS:
        raise UnfitError(f"{count} points")
    return count


def _polygons(_state: State, row: Known, body: bytes) -> bytes:
    groups, count = _count(body, 16), _count(body, 20)
    counts = part(body, 24, groups * 4, f"{groups} groups")
    if sum(struct.unpack(f"<{groups}I", counts)) != count:
        raise UnfitError(f"groups that are not {count} points")
    return body[:24] + counts + part(body, 24 + groups * 4, count * row.unit, f"{count} points")


def _typed_points(_state: State, row: Known, body: bytes) -> bytes:
    count = _count(body, 16)
    points = part(body, 20, count * row.unit, f"{count} points")
    kinds = part(body, 20 + len(points), count, "kinds of points")
    if not _POINT_TYPES.issuperset(kinds):
        raise UnfitError("a kind of point that is none")
    return body[:20] + points + aligned(kinds, 4)


def _gradient(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    vertices, shapes, mode = values[4:]
    if max(vertices, shapes) > _MAX_POINTS:
        raise UnfitError(f"{vertices} vertices")
    corners = 3 if mode == 2 else 2
    points = part(body, fields.size, vertices * 16, "vertices")
    indexes = part(body, fields.size + len(points), shapes * corners * 4, "shapes")
    if any(index >= vertices for index in struct.unpack(f"<{shapes * corners}I", indexes)):
        raise UnfitError("a vertex that is none")
    padding = bytes(shapes * 4 * (3 - corners))
    return fields.packed.pack(*values) + points + indexes + padding


def _region(_state: State, row: Known, body: bytes) -> bytes:
    """Rectangles behind the fixed part, whose size is its one field that counts bytes."""
    fields = layout(row.layout)
    values = list(fields.read(body))
    place = 0 if row.number == 75 else 4
    if row.number == 75 and not values[0]:
        if values[1] != 5:  # RGN_COPY of nothing: no clipping
            raise UnfitError("no region")
        return fields.packed.pack(*values)
    data = part(body, fields.size, values[place], "a region")
    _, kind, count, _, *bounds = _REGION.read(data)
    rectangles = part(data, _REGION.size, count * 16, "rectangles")
    region = _REGION.packed.pack(32, kind, count, len(rectangles), *bounds) + rectangles
    values[place] = len(region)
    return fields.packed.pack(*values) + region


def _region_brush(state: State, row: Known, body: bytes) -> bytes:
    handle = layout(row.layout).read(body)[5]
    if not 0x80000000 <= handle <= 0x80000005:
        _known(state, handle, _BRUSHES)
    return _region(state, row, body)


# texts


def _text(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    head = _text_head(fields, body)
    block, tail = _emr_text(state, row.unit, body, fields.size, _HEAD + fields.size + _BLOCK.size)
    return head + block + tail


def _text_head(fields: Layout, body: bytes) -> bytes:
    """Bounds, mode and scales. A mode that is none, and scales that are no numbers, are as readers take them."""
    part(body, 0, fields.size, "a text")
    mode = int.from_bytes(body[16:20], "little")
    scales = struct.unpack_from("<2f", body, 20)
    mode = mode if mode in (1, 2) else 1
    return body[:16] + struct.pack("<I2f", mode, *(scale if math.isfinite(scale) else 1.0 for scale in scales))


def split_texts(state: State, row: Known, body: bytes) -> list[bytes]:
    """Each of several texts as a body of its own. Raises UnfitError."""
    fields = layout(row.layout)
    head = _text_head(fields, body)
    count = _count(body, fields.size)
    start = fields.size + 4
    part(body, start, count * _BLOCK.size, f"{count} texts")
    places = range(start, start + count * _BLOCK.size, _BLOCK.size)
    at = _HEAD + fields.size + _BLOCK.size
    return [head + b"".join(_emr_text(state, row.unit, body, place, at)) for place in places]


def _emr_text(state: State, unit: int, body: bytes, place: int, at: int) -> tuple[bytes, bytes]:
    """A text's fixed part, and its characters and widths as they will stand from `at`."""
    x, y, count, where, options, *box, where_widths = _BLOCK.read(body, place)
    if count > _MAX_POINTS:
        raise UnfitError(f"{count} characters")
    state.job.budget.expand(count * (unit + 4))
    text = aligned(part(body, where - _HEAD, count * unit, "a text"), 4) if count else b""
    size = count * (8 if options & _WIDTHS_OF_BOTH else 4)
    widths = part(body, where_widths - _HEAD, size, "widths") if where_widths and count else b""
    where_widths = at + len(text) if widths else 0
    block = _BLOCK.packed.pack(x, y, count, at if count else 0, options, *box, where_widths)
    return block, text + widths


def _small_text(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    count, options = values[2:4]
    if count > _MAX_POINTS:
        raise UnfitError(f"{count} characters")
    box = b"" if options & _NO_RECTANGLE else part(body, fields.size, 16, "a rectangle")
    text = part(body, fields.size + len(box), count * (1 if options & _SMALL_CHARACTERS else 2), "a text")
    return fields.packed.pack(*values) + box + aligned(text, 4)


# bitmaps


def _dib(state: State, body: bytes, places: list[Any], usage: int) -> SafeDib:
    at, size, at_pixels, pixel_bytes = places
    head = part(body, at - _HEAD, size, "a bitmap's header")
    pixels = part(body, at_pixels - _HEAD, pixel_bytes, "a bitmap's pixels")
    return dib.carry(head, pixels, usage, state.job.budget)


def _places(image: SafeDib | None, at: int) -> tuple[int, int, int, int]:
    if image is None:
        return 0, 0, 0, 0
    return at, len(image.head), at + len(image.head), len(image.pixels)


def _write(fields: Layout, values: list[Any], images: tuple[SafeDib | None, ...]) -> bytes:
    """The fixed part with its bitmaps behind it, in their order."""
    tail = b""
    for (place, usage), image in zip(fields.bitmaps, images):
        values[usage] = dib.RGB_COLOURS
        values[place : place + 4] = _places(image, _HEAD + fields.size + len(tail))
        tail += image.head + image.pixels if image else b""
    return fields.packed.pack(*values) + tail


def _picture(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = list(fields.read(body))
    images = tuple(
        _dib(state, body, values[place : place + 4], values[usage]) if values[place + 1] else None
        for place, usage in fields.bitmaps
    )
    if images[0] is None and row.number not in (76, 77, 78):
        raise UnfitError("no bitmap")
    return _write(fields, values, images)


def _scans(state: State, row: Known, body: bytes) -> bytes:
    """Rows of a bitmap, when they are all that it has."""
    fields = layout(row.layout)
    values = list(fields.read(body))
    ((place, usage),) = fields.bitmaps
    first, count = values[-2:]
    image = _dib(state, body, values[place : place + 4], values[usage])
    if first or count < image.height:
        raise UnfitError("some rows of a bitmap")
    values[-1] = image.height
    return _write(fields, values, (image,))


SHAPES: Final[Mapping[Kind, Shape]] = MappingProxyType(
    {
        Kind.FIXED: _fixed,
        Kind.CREATE: _create,
        Kind.CREATE_BRUSH: _brush,
        Kind.CREATE_FONT: _font,
        Kind.CREATE_PEN: _pen,
        Kind.CREATE_PATTERN: _pattern,
        Kind.CREATE_PALETTE: _palette,
        Kind.SELECT: _select,
        Kind.SELECT_PALETTE: _select_palette,
        Kind.DELETE: _delete,
        Kind.SAVE: _save,
        Kind.RESTORE: _restore,
        Kind.COLOURS: _colours,
        Kind.RESIZE: _resize,
        Kind.POINTS: _points,
        Kind.POLYGONS: _polygons,
        Kind.TYPED_POINTS: _typed_points,
        Kind.TEXT: _text,
        Kind.SMALL_TEXT: _small_text,
        Kind.PICTURE: _picture,
        Kind.TWO_PICTURES: _picture,
        Kind.SCANS: _scans,
        Kind.REGION: _region,
        Kind.REGION_BRUSH: _region_brush,
        Kind.GRADIENT: _gradient,
    }
)

"""What each kind of EMF record is written as. A shape takes a row and a body, and answers with the new body.

Source: [MS-EMF] 2.3.
"""

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.emf_objects import BRUSHES, OBJECT_SHAPES, known
from sanitizers.formats.metafile.emf_records import MAX_POINTS, Shape, State, bitmap, count_at, fixed, with_bitmaps
from sanitizers.formats.metafile.emf_texts import TEXT_SHAPES
from sanitizers.formats.metafile.fields import UnfitError, aligned, layout, part

_REGION: Final = layout("I<32-32> I<1-1> I I 4i")
_POINT_TYPES: Final = frozenset((2, 3, 4, 5, 6))


# states


def _save(state: State, _row: Known, _body: bytes) -> bytes:
    state.saved += 1
    return b""


def _restore(state: State, row: Known, body: bytes) -> bytes:
    made = fixed(state, row, body)
    back = int.from_bytes(made, "little", signed=True)
    if not -state.saved <= back < 0:
        raise UnfitError(f"state {back} of {state.saved}")
    state.saved += back
    return made


# points


def _points(_state: State, row: Known, body: bytes) -> bytes:
    count = count_at(body, 16)
    return body[:20] + part(body, 20, count * row.unit, f"{count} points")


def _polygons(_state: State, row: Known, body: bytes) -> bytes:
    groups, count = count_at(body, 16), count_at(body, 20)
    counts = part(body, 24, groups * 4, f"{groups} groups")
    if sum(struct.unpack(f"<{groups}I", counts)) != count:
        raise UnfitError(f"groups that are not {count} points")
    return body[:24] + counts + part(body, 24 + groups * 4, count * row.unit, f"{count} points")


def _typed_points(_state: State, row: Known, body: bytes) -> bytes:
    count = count_at(body, 16)
    points = part(body, 20, count * row.unit, f"{count} points")
    kinds = part(body, 20 + len(points), count, "kinds of points")
    if not _POINT_TYPES.issuperset(kinds):
        raise UnfitError("a kind of point that is none")
    return body[:20] + points + aligned(kinds, 4)


def _gradient(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    vertices, shapes, mode = values[4:]
    if max(vertices, shapes) > MAX_POINTS:
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
        known(state, handle, BRUSHES)
    return _region(state, row, body)


# bitmaps


def _picture(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = list(fields.read(body))
    images = tuple(
        bitmap(state, body, values[place : place + 4], values[usage]) if values[place + 1] else None
        for place, usage in fields.bitmaps
    )
    if images[0] is None and row.number not in (76, 77, 78):
        raise UnfitError("no bitmap")
    return with_bitmaps(fields, values, images)


def _scans(state: State, row: Known, body: bytes) -> bytes:
    """Rows of a bitmap, when they are all that it has."""
    fields = layout(row.layout)
    values = list(fields.read(body))
    ((place, usage),) = fields.bitmaps
    first, count = values[-2:]
    image = bitmap(state, body, values[place : place + 4], values[usage])
    if first or count < image.height:
        raise UnfitError("some rows of a bitmap")
    values[-1] = image.height
    return with_bitmaps(fields, values, (image,))


SHAPES: Final[Mapping[Kind, Shape]] = MappingProxyType(
    {
        **OBJECT_SHAPES,
        **TEXT_SHAPES,
        Kind.FIXED: fixed,
        Kind.SAVE: _save,
        Kind.RESTORE: _restore,
        Kind.POINTS: _points,
        Kind.POLYGONS: _polygons,
        Kind.TYPED_POINTS: _typed_points,
        Kind.PICTURE: _picture,
        Kind.TWO_PICTURES: _picture,
        Kind.SCANS: _scans,
        Kind.REGION: _region,
        Kind.REGION_BRUSH: _region_brush,
        Kind.GRADIENT: _gradient,
    }
)

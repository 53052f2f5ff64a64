"""What each kind of WMF record is written as. A shape takes a row and a body, and answers with the new body.

Source: [MS-WMF] 2.3.
"""

import struct
from collections.abc import Callable, Mapping
from heapq import heappush
from types import MappingProxyType
from typing import Final, Protocol

from sanitizers.formats.metafile import dib
from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.fields import UnfitError, aligned, layout, part
from sanitizers.sanitizer import Job

_PEN_STYLE: Final = 0x330F
_FACE_BYTES: Final = 32
_OPAQUE_OR_CLIPPED: Final = 6  # ETO_OPAQUE, ETO_CLIPPED: a rectangle follows
_WIDTHS_OF_BOTH: Final = 0x2000  # ETO_PDY
_DIB_PATTERN: Final = 5
_SET_DIB_TO_DEV: Final = 0x0D33
_DIB_BIT_BLT: Final = 0x0940

CREATES: Final = frozenset(
    (Kind.CREATE, Kind.CREATE_BRUSH, Kind.CREATE_FONT, Kind.CREATE_PATTERN, Kind.CREATE_PALETTE, Kind.CREATE_OTHER)
)
GRAY_BRUSH: Final = (0x02FC, Kind.CREATE_BRUSH, struct.pack("<HIH", 0, 0xC0C0C0, 0))


class State(Protocol):
    """What a shape may ask and tell: the places of objects, and states saved."""

    job: Job
    objects: list[Kind | None]
    free: list[int]
    saved: int


Shape = Callable[[State, Known, bytes], bytes]


def _fixed(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    return fields.packed.pack(*fields.read(body))


# objects


def _pen(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    style, width, _, colour = fields.read(body)
    if style & ~_PEN_STYLE or style & 15 > 8:
        raise UnfitError(f"a style of {style:#x}")
    return fields.packed.pack(style, width, 0, colour)


def _font(_state: State, row: Known, body: bytes) -> bytes:
    """A face name ends at its first zero; what stands behind is not carried."""
    fields = layout(row.layout)
    values = fields.read(body)
    face = body[fields.size : fields.size + _FACE_BYTES].split(b"\0")[0][: _FACE_BYTES - 1]
    return fields.packed.pack(*values) + aligned(face + b"\0", 2)


def _pattern(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    _, usage = fields.read(body)
    image = dib.carry_packed(body[fields.size :], usage, state.job.budget)
    return fields.packed.pack(_DIB_PATTERN, dib.RGB_COLOURS) + image.head + image.pixels


def _palette(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    return fields.packed.pack(*values) + part(body, fields.size, values[1] * row.unit, "colours")


def _no_object(_state: State, _row: Known, _body: bytes) -> bytes:
    raise UnfitError("an object of the device")


def _kind_of(state: State, made: bytes) -> Kind:
    place = int.from_bytes(made, "little")
    kind = state.objects[place] if place < len(state.objects) else None
    if kind is None:
        raise UnfitError(f"no object {place}")
    return kind


def _select(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    if (_kind_of(state, made) is Kind.CREATE_PALETTE) != (row.kind is Kind.SELECT_PALETTE):
        raise UnfitError("an object of another kind")
    return made


def _delete(state: State, row: Known, body: bytes) -> bytes:
    made = _fixed(state, row, body)
    _kind_of(state, made)
    place = int.from_bytes(made, "little")
    state.objects[place] = None
    heappush(state.free, place)
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


# points and texts


def _points(_state: State, row: Known, body: bytes) -> bytes:
    count = _count(body, 0)
    return body[:2] + part(body, 2, count * row.unit, f"{count} points")


def _count(body: bytes, at: int) -> int:
    return int.from_bytes(part(body, at, 2, "a count"), "little")


def _polygons(_state: State, row: Known, body: bytes) -> bytes:
    groups = _count(body, 0)
    counts = part(body, 2, groups * 2, f"{groups} groups")
    total = sum(struct.unpack(f"<{groups}H", counts))
    return body[:2] + counts + part(body, 2 + len(counts), total * row.unit, f"{total} points")


def _colours(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    return fields.packed.pack(*values) + part(body, fields.size, values[1] * row.unit, "colours")


def _short_text(_state: State, _row: Known, body: bytes) -> bytes:
    count = _count(body, 0)
    text = aligned(part(body, 2, count, "a text"), 2)
    return body[:2] + text + part(body, 2 + len(text), 4, "a place")


def _text(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    *_, count, options = values = fields.read(body)
    box = part(body, fields.size, 8, "a rectangle") if options & _OPAQUE_OR_CLIPPED else b""
    start = fields.size + len(box)
    text = aligned(part(body, start, count, "a text"), 2)
    size = count * (4 if options & _WIDTHS_OF_BOTH else 2)
    widths = body[start + len(text) : start + len(text) + size]
    return fields.packed.pack(*values) + box + text + (widths if len(widths) == size else b"")


# bitmaps


def _picture(state: State, row: Known, body: bytes) -> bytes:
    """A bitmap behind the fixed part; without one, a word stands in the middle of it (2.3.1.2, 2.3.1.3)."""
    fields = layout(row.layout)
    if len(body) == fields.size + 2:
        middle = 8 if row.number == _DIB_BIT_BLT else 12
        whole = body[:middle] + body[middle + 2 :]
        fields.read(whole)
        return body[:middle] + b"\0\0" + body[middle + 2 :]
    values = fields.read(body)
    image = dib.carry_packed(body[fields.size :], dib.RGB_COLOURS, state.job.budget)
    return fields.packed.pack(*values) + image.head + image.pixels


def _scans(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = list(fields.read(body))
    place = 0 if row.number == _SET_DIB_TO_DEV else 1
    image = dib.carry_packed(body[fields.size :], values[place], state.job.budget)
    values[place] = dib.RGB_COLOURS
    if row.number == _SET_DIB_TO_DEV:
        count, first = values[1:3]
        if first or count < image.height:
            raise UnfitError("some rows of a bitmap")
        values[1] = image.height
    return fields.packed.pack(*values) + image.head + image.pixels


SHAPES: Final[Mapping[Kind, Shape]] = MappingProxyType(
    {
        Kind.FIXED: _fixed,
        Kind.CREATE: _pen,
        Kind.CREATE_BRUSH: _fixed,
        Kind.CREATE_FONT: _font,
        Kind.CREATE_PATTERN: _pattern,
        Kind.CREATE_PALETTE: _palette,
        Kind.CREATE_OTHER: _no_object,
        Kind.SELECT: _select,
        Kind.SELECT_PALETTE: _select,
        Kind.DELETE: _delete,
        Kind.SAVE: _save,
        Kind.RESTORE: _restore,
        Kind.COLOURS: _colours,
        Kind.POINTS: _points,
        Kind.POLYGONS: _polygons,
        Kind.SMALL_TEXT: _short_text,
        Kind.TEXT: _text,
        Kind.PICTURE: _picture,
        Kind.SCANS: _scans,
    }
)

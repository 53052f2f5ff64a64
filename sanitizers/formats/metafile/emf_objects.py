"""How EMF records make, select and delete objects. Source: [MS-EMF] 2.3.7, 2.3.8."""

import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.terms import Action
from sanitizers.formats.metafile import allow
from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.emf_records import Shape, State, bitmap, fixed, with_bitmaps
from sanitizers.formats.metafile.fields import UnfitError, layout, part

_MAX_HANDLE: Final = 0xFFFE
_PALETTES: Final = (Kind.CREATE_PALETTE,)
BRUSHES: Final = (Kind.CREATE_BRUSH, Kind.CREATE_PATTERN)
_FACE: Final = struct.Struct("<64s")
_FONT_BYTES: Final = 320  # LogFontPanose
_PLAIN: Final = (0, 1, 2)  # solid, none, hatched
_OF_BITMAP: Final = (3, 5, 6)
_HATCHED: Final = 2
_MOST_HATCHES: Final = 12
_GRAY: Final = 0xC0C0C0
_USER_STYLE: Final = 7
_PEN_STYLE: Final = 0x1330F
_GRAY_BRUSH: Final = struct.pack("<3I", 0, _GRAY, 0)


def claim(state: State, handle: int, kind: Kind) -> None:
    """An object under its number, which must be one of the table."""
    if not 0 < handle <= _MAX_HANDLE:
        raise UnfitError(f"object {handle:#x}")
    state.objects[handle] = kind
    state.handles = max(state.handles, handle + 1)


def _create(state: State, row: Known, body: bytes) -> bytes:
    made = fixed(state, row, body)
    claim(state, int.from_bytes(made[:4], "little"), row.kind)
    return made


def _brush(state: State, row: Known, body: bytes) -> bytes:
    """A brush; its hatch is what some programs leave unset where none is drawn."""
    fields = layout(row.layout)
    handle, style, colour, hatch = fields.read(body)
    if hatch > _MOST_HATCHES and style == _HATCHED:
        raise UnfitError(f"a hatch of {hatch}")
    claim(state, handle, row.kind)
    return fields.packed.pack(handle, style, colour, hatch if hatch <= _MOST_HATCHES else 0)


def gray_brush(state: State, body: bytes) -> tuple[int, bytes]:
    """A record that makes a gray brush of the number that a brush should have had. Raises UnfitError."""
    claim(state, int.from_bytes(body[:4], "little"), Kind.CREATE_BRUSH)
    return 39, body[:4] + _GRAY_BRUSH


def _font(state: State, row: Known, body: bytes) -> bytes:
    """A LOGFONT with its face name alone, in the form that has room for nothing longer."""
    fields = layout(row.layout)
    handle, *rest = fields.read(body)
    face = part(body, fields.size, _FACE.size, "a face name")
    units = [face[at : at + 2] for at in range(0, _FACE.size, 2)]
    end = units.index(b"\0\0") if b"\0\0" in units else len(units) - 1
    claim(state, handle, row.kind)
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
    claim(state, handle, row.kind)
    return (
        fields.packed.pack(handle, 0, 0, 0, 0, style, width, brush, colour, hatch, len(entries) // row.unit) + entries
    )


def _pattern(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = list(fields.read(body))
    image = bitmap(state, body, values[2:6], values[1])
    claim(state, values[0], row.kind)
    return with_bitmaps(fields, values, (image,))


def _palette(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    entries = part(body, fields.size, values[2] * row.unit, "colours")
    claim(state, values[0], row.kind)
    state.palettes[values[0]] = values[2]
    return fields.packed.pack(*values) + entries


def _select(state: State, row: Known, body: bytes) -> bytes:
    made = fixed(state, row, body)
    known(state, int.from_bytes(made[:4], "little"))
    return made


def known(state: State, handle: int, kinds: tuple[Kind, ...] | None = None) -> None:
    """Raises UnfitError when there is no such object."""
    if kinds is None and handle in allow.STOCK and handle != allow.STOCK_PALETTE:
        return
    found = state.objects.get(handle)
    if found is None or (found in _PALETTES if kinds is None else found not in kinds):
        raise UnfitError(f"no such object: {handle:#x}")


def _select_palette(state: State, row: Known, body: bytes) -> bytes:
    made = fixed(state, row, body)
    handle = int.from_bytes(made, "little")
    if handle != allow.STOCK_PALETTE:
        known(state, handle, _PALETTES)
    return made


def _resize(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    handle, count = fields.read(body)
    known(state, handle, _PALETTES)
    state.palettes[handle] = count
    return fields.packed.pack(handle, count)


def _colours(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    handle, first, count = fields.read(body)
    known(state, handle, _PALETTES)
    if first + count > state.palettes[handle]:
        raise UnfitError("colours behind the palette's end")
    return fields.packed.pack(handle, first, count) + part(body, fields.size, count * row.unit, "colours")


def _delete(state: State, row: Known, body: bytes) -> bytes:
    made = fixed(state, row, body)
    handle = int.from_bytes(made[:4], "little")
    if handle not in state.objects:
        raise UnfitError(f"no such object: {handle:#x}")
    del state.objects[handle]
    return made


OBJECT_SHAPES: Final[Mapping[Kind, Shape]] = MappingProxyType(
    {
        Kind.CREATE: _create,
        Kind.CREATE_BRUSH: _brush,
        Kind.CREATE_FONT: _font,
        Kind.CREATE_PEN: _pen,
        Kind.CREATE_PATTERN: _pattern,
        Kind.CREATE_PALETTE: _palette,
        Kind.SELECT: _select,
        Kind.SELECT_PALETTE: _select_palette,
        Kind.RESIZE: _resize,
        Kind.COLOURS: _colours,
        Kind.DELETE: _delete,
    }
)

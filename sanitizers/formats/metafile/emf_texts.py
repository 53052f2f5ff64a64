"""How EMF records write texts. Source: [MS-EMF] 2.2.5, 2.3.5."""

import math
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.emf_records import (
    HEAD_BYTES,
    MAX_POINTS,
    Shape,
    State,
    count_at,
)
from sanitizers.formats.metafile.fields import Layout, UnfitError, aligned, layout, part

_BLOCK: Final = layout("2i 3I 4i I")  # EmrText: reference, characters, where, options, rectangle, where widths are
_WIDTHS_OF_BOTH: Final = 0x2000  # ETO_PDY
_NO_RECTANGLE: Final = 0x100
_SMALL_CHARACTERS: Final = 0x200


def _text(state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    head = _text_head(fields, body)
    block, tail = _emr_text(state, row.unit, body, fields.size, HEAD_BYTES + fields.size + _BLOCK.size)
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
    count = count_at(body, fields.size)
    start = fields.size + 4
    part(body, start, count * _BLOCK.size, f"{count} texts")
    places = range(start, start + count * _BLOCK.size, _BLOCK.size)
    at = HEAD_BYTES + fields.size + _BLOCK.size
    return [head + b"".join(_emr_text(state, row.unit, body, place, at)) for place in places]


def _emr_text(state: State, unit: int, body: bytes, place: int, at: int) -> tuple[bytes, bytes]:
    """A text's fixed part, and its characters and widths as they will stand from `at`."""
    x, y, count, where, options, *box, where_widths = _BLOCK.read(body, place)
    if count > MAX_POINTS:
        raise UnfitError(f"{count} characters")
    state.job.budget.expand(count * (unit + 4))
    text = aligned(part(body, where - HEAD_BYTES, count * unit, "a text"), 4) if count else b""
    size = count * (8 if options & _WIDTHS_OF_BOTH else 4)
    widths = part(body, where_widths - HEAD_BYTES, size, "widths") if where_widths and count else b""
    where_widths = at + len(text) if widths else 0
    block = _BLOCK.packed.pack(x, y, count, at if count else 0, options, *box, where_widths)
    return block, text + widths


def _small_text(_state: State, row: Known, body: bytes) -> bytes:
    fields = layout(row.layout)
    values = fields.read(body)
    count, options = values[2:4]
    if count > MAX_POINTS:
        raise UnfitError(f"{count} characters")
    box = b"" if options & _NO_RECTANGLE else part(body, fields.size, 16, "a rectangle")
    text = part(body, fields.size + len(box), count * (1 if options & _SMALL_CHARACTERS else 2), "a text")
    return fields.packed.pack(*values) + box + aligned(text, 4)


TEXT_SHAPES: Final[Mapping[Kind, Shape]] = MappingProxyType({Kind.TEXT: _text, Kind.SMALL_TEXT: _small_text})

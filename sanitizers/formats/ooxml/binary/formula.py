"""Formulas of binary workbooks: their tokens, held to a list, with the numbers of names brought up to date (XLSB-05).

A formula that may not stay is left out whole; its value stays in the cell.

Source: [MS-XLSB] 2.2.2 (formulas), 2.5.97 (tokens).
"""

import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.binary.allow import FUNCTIONS, TOKENS
from sanitizers.formats.ooxml.binary.calls import BY_NAME, LINK, Book, are_known
from sanitizers.parsers.biff12 import Fields

_SHARED: Final = 0x01
_STRING: Final = 0x17
_LIST: Final = 0x18
_ATTRIBUTE: Final = 0x19
_ARRAY: Final = 0x20
_FUNCTION: Final = 0x21
_FUNCTION_OF_MANY: Final = 0x22
_NAME: Final = 0x23
_MEMORY: Final = 0x26
_OTHER_SHEET: Final = (0x3A, 0x3B, 0x3C, 0x3D)
_CHOOSE: Final = 0x04
_SUBTYPES: Final = (0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x21, 0x40, 0x41, 0x80)
_CLASSED: Final = 0x20
_CALLED: Final = (BY_NAME, LINK)
_TABLE: Final = 0x19


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that may stay. `shared` is the row of the formula that it repeats."""

    tokens: bytes
    behind: bytes
    shared: tuple[int, int] | None = None


def kept(tokens: bytes, behind: bytes, book: Book) -> Formula | None:
    """The formula as it may stay; None where it may not."""
    fields, extra = Fields(tokens), Fields(behind)
    written = bytearray(tokens)
    shared: tuple[int, int] | None = None
    is_called = False  # by what its first operand says
    try:
        while fields.at < len(tokens):
            start = fields.at
            number = fields.u8()
            if number >= 0x80:
                return None
            base = number & 0x1F | _CLASSED if number >= _CLASSED else number
            if base == _SHARED:
                shared = (fields.u32(), extra.u32())
            elif not _passes(base, fields, extra, book):
                return None
            if base == _NAME:
                (old,) = struct.unpack_from("<I", tokens, start + 1)
                struct.pack_into("<I", written, start + 1, book.names[old])
                is_called |= old in book.newer
            elif base == _FUNCTION_OF_MANY:
                is_called |= struct.unpack_from("<H", tokens, start + 2)[0] in _CALLED
        if is_called and not are_known(tokens, book):
            return None
    except MalformedError:
        return None
    if extra.rest or (shared and len(tokens) != 5):
        return None
    return Formula(bytes(written), behind, shared)


def _passes(number: int, fields: Fields, extra: Fields, book: Book) -> bool:
    """Whether a token may stay. Takes its bytes, and what belongs to it behind the tokens."""
    if number == _STRING:
        fields.take(fields.u16() * 2)
        return True
    if number == _LIST:
        return fields.u8() == _TABLE and fields.u16() in book.sheets and bool(fields.take(10))
    if number == _ATTRIBUTE:
        return _attribute(fields)
    if number not in TOKENS:
        return False
    data = fields.take(TOKENS[number])
    if number == _FUNCTION:
        return struct.unpack("<H", data)[0] in FUNCTIONS
    if number == _FUNCTION_OF_MANY:
        function = struct.unpack("<H", data[1:])[0]
        return function in FUNCTIONS or function in _CALLED
    if number == _NAME:
        return struct.unpack("<I", data)[0] in book.names
    if number in _OTHER_SHEET:
        return struct.unpack_from("<H", data)[0] in book.sheets
    if number == _ARRAY:
        _take_array(extra)
    elif number == _MEMORY:
        extra.take(extra.u32() * 16)
    return True


def _attribute(fields: Fields) -> bool:
    kind = fields.u8()
    if kind not in _SUBTYPES:
        return False
    value = fields.u16()
    if kind == _CHOOSE:
        fields.take(2 * (value + 1))
    return True


def _take_array(extra: Fields) -> None:
    """The values of a constant array, [MS-XLSB] 2.5.97.38."""
    columns, rows = extra.u32(), extra.u32()
    if not columns or not rows or columns * rows > len(extra.rest):
        raise MalformedError("an array without values")
    for _ in range(columns * rows):
        kind = extra.u8()
        if kind == 1:
            extra.take(extra.u16() * 2)
        elif kind in (0, 2, 4):
            extra.take({0: 8, 2: 1, 4: 4}[kind])
        else:
            raise MalformedError("a value of no kind")

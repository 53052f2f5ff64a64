"""Calls of a binary formula that depend on their first operand: newer functions, which are called by a name, and links.

What an operand is follows from what stands before it: a formula is read as the stack that computes it.

Source: [MS-XLSB] 2.2.2 (formulas), 2.4.711 (BrtName, fFutureFunction), 2.5.97 (tokens); [MS-XLSX] 2.2.2 (names).
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from sanitizers.formats.ooxml.binary.allow import ARGUMENTS, JUMPS, TOKENS
from sanitizers.formats.ooxml.sheet.formulas import is_certain, plain_name
from sanitizers.formats.ooxml.sheet.functions import FUNCTIONS, GIVEN, GROWING
from sanitizers.parsers.biff12 import Fields

BY_NAME: Final = 255
LINK: Final = 359
NEWER: Final = "_xlfn."
NEWER_FLAGS: Final = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 17  # hidden, a function, a procedure, of a later version
NEWER_TOKENS: Final = b"\x1c\x1d"  # #NAME?, for who does not know it

_JOIN: Final = 0x08
_BINARY: Final = range(0x03, 0x12)
_UNARY: Final = range(0x12, 0x15)
_BRACKETS: Final = 0x15
_STRING: Final = 0x17
_LIST: Final = 0x18
_ATTRIBUTE: Final = 0x19
_CHOOSE: Final = 0x04
_SUM: Final = 0x10
_FUNCTION: Final = 0x21
_FUNCTION_OF_MANY: Final = 0x22
_NAME: Final = 0x23
_MEMORY: Final = range(0x26, 0x2A)  # before the operand that it is about
_MOST_ARGUMENTS: Final = 127
_CLASSED: Final = 0x20


@dataclass(slots=True)
class Book:
    """What a formula may refer to: sheets by the number of their reference, names by their old number and new one.

    `newer` are the old numbers of names that stand for functions of later versions.
    """

    sheets: frozenset[int] = frozenset()
    names: Mapping[int, int] = field(default_factory=dict)
    newer: frozenset[int] = frozenset()
    is_web: Callable[[str], bool] = lambda _: False


@dataclass(frozen=True, slots=True)
class _Operand:
    """What is known of a value: the text that it is or begins with, or the newer function that it names."""

    text: str | None = None
    is_whole: bool = False
    is_newer: bool = False


_ANY: Final = _Operand()


def is_newer(name: str, tokens: bytes) -> bool:
    """Whether a name stands for a function of a later version that computes from the workbook alone."""
    plain = plain_name(name)
    is_given = GIVEN in name.lower()
    return name.startswith(NEWER) and not is_given and plain in FUNCTIONS - GROWING and tokens == NEWER_TOKENS


def are_known(tokens: bytes, book: Book) -> bool:
    """Whether each call of these tokens has a first operand that may stand there. Raises MalformedError."""
    fields = Fields(tokens)
    stack: list[_Operand] = []
    links = jumps = False
    while fields.at < len(tokens):
        number, data = _next(fields)
        if number in _MEMORY:
            continue
        if number == _ATTRIBUTE and data[0] != _SUM:
            jumps |= data[0] in JUMPS
            continue
        count = _operands(number, data)
        if count is None or count > len(stack):
            return False
        taken = stack[len(stack) - count :]
        del stack[len(stack) - count :]
        called = _called(number, data)
        if called == BY_NAME and (not taken or not taken.pop(0).is_newer):
            return False
        if called == LINK and not (1 <= count <= 2 and _leads(taken[0], book)):
            return False
        if any(operand.is_newer for operand in taken):
            return False
        links |= called == LINK
        stack.append(_result(number, data, taken, book))
    return len(stack) == 1 and not stack[0].is_newer and not (links and jumps)


def _next(fields: Fields) -> tuple[int, bytes]:
    """A token of those that may stand, by its first class, and its bytes."""
    number = fields.u8()
    number = number & 0x1F | _CLASSED if number >= _CLASSED else number
    if number == _STRING:
        return number, fields.take(fields.u16() * 2)
    if number == _LIST:
        return number, fields.take(13)
    if number == _ATTRIBUTE:
        data = fields.take(3)
        if data[0] == _CHOOSE:
            fields.take(2 * (struct.unpack_from("<H", data, 1)[0] + 1))
        return number, data
    return number, fields.take(TOKENS[number])


def _operands(number: int, data: bytes) -> int | None:
    """How many operands a token takes; None where that is not known."""
    if number == _FUNCTION:
        return ARGUMENTS.get(struct.unpack("<H", data)[0])
    if number == _FUNCTION_OF_MANY:
        return data[0] if data[0] <= _MOST_ARGUMENTS else None
    if number in _BINARY:
        return 2
    return int(number in _UNARY or number in (_BRACKETS, _ATTRIBUTE))


def _called(number: int, data: bytes) -> int | None:
    return int(struct.unpack_from("<H", data, 1)[0]) if number == _FUNCTION_OF_MANY else None


def _leads(address: _Operand, book: Book) -> bool:
    return address.text is not None and is_certain(address.text, book.is_web, is_whole=address.is_whole)


def _result(number: int, data: bytes, taken: list[_Operand], book: Book) -> _Operand:
    if number == _STRING:
        return _Operand(data.decode("utf-16-le", "replace"), is_whole=True)
    if number == _NAME:
        return _Operand(is_newer=struct.unpack("<I", data)[0] in book.newer)
    if number == _BRACKETS:
        return taken[0]
    if number == _JOIN and taken[0].text is not None:
        return _Operand(taken[0].text)
    return _ANY

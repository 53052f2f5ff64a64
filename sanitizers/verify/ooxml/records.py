"""The parts of a binary workbook: every record of its list, every formula made of tokens that compute (XLSB rows).

Heads are as short as they can be and end with the part. No record of a later version, no alternate content, no object,
no query, no name that runs, no book but this one. Ids of relationships are collected, as from XML.

Source: [MS-XLSB] 2.1.4, 2.2 to 2.5; threat catalogue, XLSB-02 to XLSB-10.
"""

import re
import struct
from collections.abc import Iterator
from struct import unpack_from
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require
from sanitizers.verify.ooxml import calls
from sanitizers.verify.ooxml.markup import Kind
from sanitizers.verify.ooxml.opc import Part
from sanitizers.verify.ooxml.values import holds

_RUNS: Final = re.compile(r"(_xlnm\.)?auto_?(open|close|activate|deactivate)", re.IGNORECASE)
_OF_FUNCTIONS: Final = re.compile(r"_xl(?!nm\.)", re.IGNORECASE)
_OF_MANY: Final = (0x22, 0x42, 0x62)  # tokens of a function with a count
_ABSENT: Final = 0xFFFFFFFF
_FETCHES: Final = 1 << 8 | 1 << 9 | 1 << 18  # BrtWbProp, 2.4.813: links are brought up to date, all on opening


def _each(text: str) -> frozenset[int]:
    """Numbers, and spans of them as first-last."""
    spans = (word.split("-") for word in text.split())
    return frozenset(number for span in spans for number in range(int(span[0]), int(span[-1]) + 1))


_SORTED: Final = "161-175 530-533"
LISTS: Final = {
    "workbook": _each("39 128 131-132 135-136 143-144 153 156-158 353-354 357-358 362 534"),
    "worksheet": _each(
        "0-11 60 62 64 129-130 133-134 137-138 145-148 151-152 176-178 390-396 426-427 461-471 476-480 485 494 535 537"
        f" 550-552 562 564 573-574 605-607 648-650 660-663 678 {_SORTED}"
    ),
    "chartsheet": _each("129-130 139-142 476 479-480 550-552 562 651 669 679"),
    "strings": _each("19 159-160"),
    "styles": _each("43-48 278-279 473-475 505-513 565-566 569-570 572 603-604 611-620 626-627"),
    "table": _each(f"343-348 513 {_SORTED}"),
    "comments": _each("628-637"),
}
# Record with one id: where it may lead
_LEADS: Final = {
    550: {"drawing"},
    551: {"vmlDrawing"},
    552: {"vmlDrawing"},
    562: {"image"},
    661: {"table"},
}
# Records of one size: cells of a value, ends, and places, 2.4
_SIZES: Final = {1: 8, 2: 12, 3: 9, 4: 9, 5: 16, 7: 12, 148: 16, 176: 16, 177: 4, 476: 48} | dict.fromkeys(
    (129, 130, 131, 132, 133, 134, 143, 144, 145, 146, 160, 178, 353, 354, 357, 358), 0
)
_COMPUTING: Final = _each(  # numbers of functions, 2.5.97.10: no command, no link, no cube, no name of a macro
    "0-52 56-78 82-83 86 97-102 105 109 111-121 124-131 140-144 148 162-165 167-169 183-184 189-190 193-199 204-216"
    " 219-222 227-235 244 247 252 261 269-332 336-337 342-347 350-354 358 360-378 384-476 480-484"
)
# Tokens of fixed length behind their number, 2.5.97.16; those of three classes by the first
_FIXED: Final = dict.fromkeys(range(3, 23), 0) | {1: 4, 28: 1, 29: 1, 30: 2, 31: 8, 32: 14, 35: 4, 36: 6, 37: 12}
_FIXED.update({38: 6, 39: 6, 40: 6, 41: 2, 42: 6, 43: 12, 44: 6, 45: 12, 58: 8, 59: 14, 60: 8, 61: 14})


# Tokens with more of themselves behind the formula: what is shared, arrays, areas in memory
_LEANING: Final = frozenset({0x01, 0x20, 0x40, 0x60, 0x26, 0x46, 0x66})


def newer_functions(main: Part) -> frozenset[int]:
    """The numbers of a workbook's names that stand for functions of later versions."""
    names = [data for number, data in _records(main) if number == 39] if main.row.records else ()
    return frozenset(n for n, data in enumerate(names, 1) if unpack_from("<I", data)[0] == calls.NEWER_FLAGS)


def references(part: Part, kind: str, newer: frozenset[int] = frozenset()) -> dict[str, set[str]]:
    """The ids that the part names, with what each may lead to. Raises Refused for a part that may not pass.

    `newer` are the numbers of names that may be called.
    """
    used: dict[str, set[str]] = {}
    called: set[int] = set()
    for number, data in _records(part):
        where = f"{part.name}: record {number}"
        require(number in LISTS[kind], Check.XML, where)
        require(_SIZES.get(number, len(data)) == len(data), Check.XML, f"{where} of {len(data)} bytes")
        try:
            _hear(number, data, where, used, called)
        except struct.error as error:
            raise Refused(Check.XML, f"{where} is cut off") from error
    require(called <= newer, Check.FORMULA, f"{part.name}: a call of a name that is no function")
    return used


def _records(part: Part) -> Iterator[tuple[int, bytes]]:
    data, at = part.data, 0
    while at < len(data):
        number, at = _head(data, at, 2, part.name)
        size, at = _head(data, at, 4, part.name)
        require(at + size <= len(data), Check.XML, f"{part.name}: record {number} beyond the end")
        yield number, data[at : at + size]
        at += size


def _head(data: bytes, at: int, most: int, name: str) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + most]:
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            require(byte or not shift, Check.XML, f"{name}: a head with zeros")
            return value, at
        shift += 7
    raise Refused(Check.XML, f"{name}: a head without an end")


def _hear(number: int, data: bytes, where: str, used: dict[str, set[str]], called: set[int]) -> None:
    if number in _LEADS:
        _use(_string(data, 0)[0], _LEADS[number], used, where)
    elif number == 156:
        require(unpack_from("<I", data)[0] < 2, Check.XML, f"{where}: hidden for good")
        _use(_string(data, 8)[0], {"worksheet", "chartsheet"}, used, where)
    elif number == 494:
        identifier, at = _string(data, 16)
        if identifier is not None:
            _use(identifier, {"hyperlink"}, used, where)
        place = _string(data, at)[0] or ""
        require(holds(Kind.PLACE, place), Check.URL, f"{where}: place of a link")
    elif number == 153:
        require(not unpack_from("<I", data)[0] & _FETCHES, Check.XML, f"{where}: brings links up to date")
    elif number == 343:
        require(data[16:20] == data[60:64] == bytes(4), Check.XML, f"{where}: table of a query")
    elif number == 478:
        require(_string(data, 34)[0] is None, Check.REL, f"{where}: settings of a printer")
    elif number == 39:
        _name(data, where, called)
    elif 8 <= number <= 11:
        at = {8: _string(data, 8)[1] if number == 8 else 0, 9: 16}.get(number, 9)
        _end(_formula(data, at + 2, where, called), data, where)
    elif number in (426, 427):
        _end(_formula(data, 16 + (number == 426), where, called), data, where)
    elif number == 463:
        sizes = unpack_from("<3I", data, 30)
        _formulas(data, _string(data, 42)[1], sum(map(bool, sizes)), where, called)
    elif number == 471:
        _formulas(data, 24, int(unpack_from("<I", data, 20)[0] > 0), where, called)
    elif number == 64:
        at = 8 + 16 * unpack_from("<I", data, 4)[0]
        for _ in range(4):
            at = _string(data, at)[1]
        _formulas(data, at, 2, where, called)


def _use(identifier: str | None, leads: set[str], used: dict[str, set[str]], where: str) -> None:
    require(identifier, Check.REL, f"{where}: no relationship")
    used.setdefault(str(identifier), set(leads)).intersection_update(leads)


def _string(data: bytes, at: int) -> tuple[str | None, int]:
    """A string, or None for the null string, and where it ends."""
    (count,) = unpack_from("<I", data, at)
    if count == _ABSENT:
        return None, at + 4
    end = at + 4 + 2 * count
    if end > len(data):
        raise struct.error
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _name(data: bytes, where: str, called: set[int]) -> None:
    flags = unpack_from("<I", data)[0]
    if flags == calls.NEWER_FLAGS:
        name, at = _string(data, 9)
        is_newer = calls.is_newer(name or "") and data[4:9] == b"\0" + b"\xff" * 4
        require(is_newer and data[at:] == calls.NEWER_FORMULA, Check.FORMULA, f"{where}: a function that nobody knows")
        return
    require(not flags & ~0x21, Check.XML, f"{where}: a name that is more than a name")
    name, at = _string(data, 9)
    require(not _RUNS.match(name or ""), Check.XML, f"{where}: a name that runs")
    require(not _OF_FUNCTIONS.match(name or ""), Check.XML, f"{where}: a name of a function")
    at = _formula(data, at, where, called)
    require(_string(data, at)[0] is None, Check.XML, f"{where}: a comment")


def _formulas(data: bytes, at: int, count: int, where: str, called: set[int]) -> None:
    for _ in range(count):
        at = _formula(data, at, where, called)
    _end(at, data, where)


def _end(at: int, data: bytes, where: str) -> None:
    require(at == len(data), Check.XML, f"{where}: bytes behind the formula")


def _formula(data: bytes, at: int, where: str, called: set[int]) -> int:
    """Where the formula ends whose length stands here. Raises Refused for a token that does more than compute."""
    start = at + 4
    end = start + int(unpack_from("<I", data, at)[0])
    behind = int(unpack_from("<I", data, end)[0])
    at, leans, calling = start, False, False
    while at < end:
        leans |= data[at] in _LEANING
        calling |= data[at] in _OF_MANY and unpack_from("<H", data, at + 2)[0] in calls.CALLS
        at = _token(data, at, end, where)
    require(at == end and end + 4 + behind <= len(data), Check.FORMULA, f"{where}: tokens beyond their end")
    require(leans or not behind, Check.FORMULA, f"{where}: bytes behind the tokens")
    if calling:
        called |= calls.called_names(_pieces(data, start, end, where), where)
    return end + 4 + behind


def _pieces(data: bytes, at: int, end: int, where: str) -> Iterator[tuple[int, bytes]]:
    """The tokens that stand here, by the first of their classes, each with its bytes."""
    while at < end:
        behind = _token(data, at, end, where)
        number = data[at]
        yield number & 31 | 32 if number >= 32 else number, data[at + 1 : behind]
        at = behind


def _token(data: bytes, at: int, end: int, where: str) -> int:
    number = data[at]
    number = number & 31 | 32 if number >= 32 else number
    at += 1
    if number == 23:
        return at + 2 + 2 * int(unpack_from("<H", data, at)[0])
    if number == 24:
        require(data[at] == 25, Check.FORMULA, f"{where}: extended token")
        return at + 13
    if number == 25:
        require(data[at] in (1, 2, 4, 8, 16, 32, 33, 64, 65, 128), Check.FORMULA, f"{where}: attribute token")
        return at + 3 + (2 * (int(unpack_from("<H", data, at + 1)[0]) + 1) if data[at] == 4 else 0)
    if number in (33, 34):
        at += number - 33
        function = unpack_from("<H", data, at)[0]
        is_known = function in _COMPUTING or (number == 34 and function in calls.CALLS)
        require(is_known, Check.FORMULA, f"{where}: function {function}")
        return at + 2
    require(number in _FIXED, Check.FORMULA, f"{where}: token {number}")
    return at + _FIXED[number]

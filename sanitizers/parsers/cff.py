"""Compact Font Format: one font, walked through with every offset in its bounds, and written anew from what draws.

Names of people and licences, PostScript, and bytes that nothing leads to have no place in the new one. Charstrings
and subroutines are carried as they are: they are programs of numbers and a closed set of operators.
Source: Adobe TN 5176 (CFF), 5177 (Type 2 charstrings). Trust: every byte is hostile.
"""

import itertools
import math
import struct
from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import MalformedError

_MAX_OPERANDS: Final = 513
_CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE, _SUBRS = 15, 16, 17, 18, 19
_FDARRAY, _FDSELECT, _ROS, _CHARSTRING_TYPE, _FONT_NAME = 0x0C24, 0x0C25, 0x0C1E, 0x0C06, 0x0C26
# Table 9 and 10, without texts, identifiers, PostScript and multiple masters.
_TOP_KEPT: Final = (_ROS, 5, 0x0C07, 0x0C01, 0x0C02, 0x0C03, 0x0C04, 0x0C05, _CHARSTRING_TYPE, 0x0C08)
_CID_KEPT: Final = (0x0C1F, 0x0C20, 0x0C22)
_FONT_KEPT: Final = (_FONT_NAME, 0x0C07, 5, 0x0C05, 0x0C08)
_PRIVATE_KEPT: Final = (  # table 23
    *(6, 7, 8, 9, 10, 11, 20, 21),
    *(0x0C09, 0x0C0A, 0x0C0B, 0x0C0C, 0x0C0D, 0x0C0E, 0x0C11, 0x0C12, 0x0C13),
)
_STANDARD_STRINGS: Final = 391
_HEADER: Final = b"\1\0\4\4"
_MAX_NAME: Final = 127


@dataclass(frozen=True, slots=True)
class _Operands:
    """Of one operator: what they say, and how they are coded."""

    values: tuple[float, ...]
    coded: bytes


_Dictionary = dict[int, _Operands]


@dataclass(slots=True)
class _Font:
    """A top dictionary's font, or one of a CID font's: what it keeps, its private part and subroutines."""

    entries: _Dictionary
    private: _Dictionary | None = None
    subroutines: bytes = b""  # an INDEX


@dataclass(slots=True)
class Cff:
    """What the walk through a font found. Blocks are slices of the file, each a whole structure."""

    name: bytes
    top: _Font
    strings: list[bytes]
    subroutines: bytes
    charstrings: bytes
    glyphs: int
    charset: bytes | int = 0
    encoding: bytes | int = 0
    select: bytes = b""
    fonts: list[_Font] = field(default_factory=list)

    @property
    def is_cid(self) -> bool:
        return _ROS in self.top.entries


def read_cff(data: bytes) -> Cff:
    """The font of a font set. Raises MalformedError."""
    if len(data) < 4 or data[0] != 1 or data[2] < 4:
        raise MalformedError("no CFF header")
    names, at = _index(data, data[2])
    tops, at = _index(data, at)
    strings, start = _index(data, at)
    _, end = _index(data, start)
    if not names or not tops:
        raise MalformedError("a font set without a font")
    top = _dictionary(data[slice(*tops[0])])
    if _CHARSTRING_TYPE in top and top[_CHARSTRING_TYPE].values != (2,):
        raise MalformedError("charstrings of another type")
    place = _offset(top, _CHARSTRINGS, data)
    charstrings, behind = _index(data, place)
    if not charstrings:
        raise MalformedError("a font without glyphs")
    font = Cff(
        data[slice(*names[0])][:_MAX_NAME],
        _font(data, top),
        [data[slice(*string)] for string in strings],
        data[start:end],
        data[place:behind],
        len(charstrings),
    )
    font.charset = _charset(data, top, font.glyphs)
    if font.is_cid:
        inner, _ = _index(data, _offset(top, _FDARRAY, data))
        font.fonts = [_font(data, _dictionary(data[slice(*one)])) for one in inner]
        font.select = _select(data, _offset(top, _FDSELECT, data), font.glyphs)
    else:
        font.encoding = _encoding(data, top)
    return font


def write_cff(font: Cff) -> bytes:
    """The font anew. Offsets take five bytes each, so that their places are known before their values."""
    kept = _TOP_KEPT + _CID_KEPT if font.is_cid else _TOP_KEPT
    fixed = b"".join(_entry(operator, font.top.entries) for operator in kept)
    blocks: list[tuple[int, bytes]] = [(_CHARSTRINGS, font.charstrings)]
    if isinstance(font.charset, bytes):
        blocks.append((_CHARSET, font.charset))
    if isinstance(font.encoding, bytes):
        blocks.append((_ENCODING, font.encoding))
    if font.is_cid:
        blocks.append((_FDSELECT, font.select))
    size = len(fixed) + sum(5 + len(_operator(operator)) for operator, _ in blocks)
    size += sum(5 + 1 for operator in (_CHARSET, _ENCODING) if isinstance(_named(font, operator), int))
    size += 5 + 2 if font.is_cid else 11 if font.top.private is not None else 0
    front = _HEADER + _write_index([font.name])
    behind = _write_index(_needed_strings(font)) + font.subroutines
    at = len(front) + len(_write_index([bytes(size)])) + len(behind)
    top, body = fixed, b""
    for operator, block in blocks:
        top += _long(at + len(body)) + _operator(operator)
        body += block
    for operator in (_CHARSET, _ENCODING):
        if isinstance(value := _named(font, operator), int):
            top += _long(value) + _operator(operator)
    if font.is_cid:
        written, privates = _written_fonts(font, at + len(body))
        top += _long(at + len(body) + len(privates)) + _operator(_FDARRAY)
        body += privates + written
    elif font.top.private is not None:
        private, length = _written_private(font.top)
        top += _long(length) + _long(at + len(body)) + _operator(_PRIVATE)
        body += private
    assert len(top) == size, (len(top), size)
    return front + _write_index([top]) + behind + body


def _named(font: Cff, operator: int) -> bytes | int:
    """The charset or encoding, a block or the number of a standard one; CID fonts have no encoding."""
    if operator == _ENCODING and font.is_cid:
        return b""
    return font.charset if operator == _CHARSET else font.encoding


def _written_fonts(font: Cff, at: int) -> tuple[bytes, bytes]:
    """The INDEX of a CID font's fonts, and their private parts, which stand before it from `at` on."""
    dictionaries, privates = [], b""
    for one in font.fonts:
        entries = b"".join(_entry(operator, one.entries) for operator in _FONT_KEPT)
        if one.private is not None:
            private, length = _written_private(one)
            entries += _long(length) + _long(at + len(privates)) + _operator(_PRIVATE)
            privates += private
        dictionaries.append(entries)
    return _write_index(dictionaries), privates


def _written_private(font: _Font) -> tuple[bytes, int]:
    """A private dictionary with its subroutines behind it, and the length of the dictionary alone."""
    assert font.private is not None
    entries = b"".join(_entry(operator, font.private) for operator in _PRIVATE_KEPT)
    if font.subroutines:
        entries += _long(len(entries) + 6) + _operator(_SUBRS)
    return entries + font.subroutines, len(entries)


def _needed_strings(font: Cff) -> list[bytes]:
    """The strings, those that nothing refers to any more empty: their numbers must not change."""
    used: set[int] = set()
    for one in (font.top, *font.fonts):
        used.update(int(v) for v in one.entries[_FONT_NAME].values) if _FONT_NAME in one.entries else None
    if font.is_cid:
        used.update(int(value) for value in font.top.entries[_ROS].values[:2])
    elif isinstance(font.charset, bytes):
        used |= _charset_strings(font.charset, font.glyphs)
    if isinstance(font.encoding, bytes) and font.encoding[0] & 0x80:
        block = font.encoding
        start = 2 + block[1] * (1 if block[0] & 0x7F == 0 else 2)
        used.update(int.from_bytes(block[at + 1 : at + 3]) for at in range(start + 1, len(block), 3))
    return [text if number + _STANDARD_STRINGS in used else b"" for number, text in enumerate(font.strings)]


def _charset_strings(block: bytes, glyphs: int) -> set[int]:
    if block[0] == 0:
        return set(struct.unpack(f">{glyphs - 1}H", block[1 : 1 + 2 * (glyphs - 1)]))
    step = 2 + block[0]
    used: set[int] = set()
    for at in range(1, len(block), step):
        first = int.from_bytes(block[at : at + 2])
        used.update(range(first, first + int.from_bytes(block[at + 2 : at + step]) + 1))
    return used


def _font(data: bytes, entries: _Dictionary) -> _Font:
    """A dictionary with its private part. Raises MalformedError."""
    font = _Font(entries)
    place = entries.get(_PRIVATE)
    if place is None:
        return font
    size, start = (int(value) for value in place.values) if len(place.values) == 2 else (-1, -1)
    if size < 0 or start < 0 or start + size > len(data):
        raise MalformedError("private data outside the font")
    font.private = _dictionary(data[start : start + size])
    subroutines = font.private.get(_SUBRS)
    if subroutines is not None and subroutines.values:
        at = start + int(subroutines.values[0])
        _, end = _index(data, at)
        font.subroutines = data[at:end]
    return font


def _offset(dictionary: _Dictionary, operator: int, data: bytes) -> int:
    operands = dictionary.get(operator)
    if operands is None or not operands.values or not 0 < operands.values[0] < len(data):
        raise MalformedError(f"operator {operator:x} leads nowhere")
    return int(operands.values[0])


def _index(data: bytes, at: int) -> tuple[list[tuple[int, int]], int]:
    """Where the objects of an INDEX stand, and what follows it."""
    if at < 0 or at + 2 > len(data):
        raise MalformedError("an index outside the font")
    count = int.from_bytes(data[at : at + 2])
    if not count:
        return [], at + 2
    size = data[at + 2] if at + 2 < len(data) else 0
    first = at + 3
    base = first + (count + 1) * size - 1
    if not 1 <= size <= 4 or base + 1 > len(data):
        raise MalformedError("an index outside the font")
    places = [int.from_bytes(data[p : p + size]) for p in range(first, first + (count + 1) * size, size)]
    if places[0] != 1 or any(b < a for a, b in itertools.pairwise(places)) or base + places[-1] > len(data):
        raise MalformedError("an index whose offsets do not rise")
    return [(base + a, base + b) for a, b in itertools.pairwise(places)], base + places[-1]


def _write_index(items: list[bytes]) -> bytes:
    if not items:
        return b"\0\0"
    places = [1]
    for item in items:
        places.append(places[-1] + len(item))
    size = max(1, (places[-1].bit_length() + 7) // 8)
    offsets = b"".join(place.to_bytes(size) for place in places)
    return struct.pack(">HB", len(items), size) + offsets + b"".join(items)


def _dictionary(data: bytes) -> _Dictionary:
    """Operators with their operands: numbers, and nothing else (table 3). One without numbers is left out."""
    found: _Dictionary = {}
    values: list[float] = []
    start = at = 0
    while at < len(data):
        byte = data[at]
        if byte <= 27 or byte in (
            31,
            255,
        ):  # above 21: reserved, to readers operators unheard of
            coded = data[start:at]
            at += 1
            if byte == 12:
                if at >= len(data):
                    raise MalformedError("a dictionary that does not end")
                byte = 0x0C00 | data[at]
                at += 1
            if values and not any(map(math.isnan, values)):
                found[byte] = _Operands(tuple(values), coded)
            values, start = [], at
            continue
        value, at = _number(data, at + 1, byte)
        values.append(value)
        if len(values) > _MAX_OPERANDS or at > len(data):
            raise MalformedError("a dictionary that does not end")
    return found


def _number(data: bytes, at: int, byte: int) -> tuple[float, int]:
    if byte == 28:
        return int.from_bytes(data[at : at + 2], signed=True), at + 2
    if byte == 29:
        return int.from_bytes(data[at : at + 4], signed=True), at + 4
    if byte == 30:
        return _real(data, at)
    if 32 <= byte <= 246:
        return byte - 139, at
    if 247 <= byte <= 254 and at < len(data):
        return ((byte - 247) * 256 + data[at] + 108 if byte < 251 else -(byte - 251) * 256 - data[at] - 108), at + 1
    raise MalformedError("a dictionary with something else than numbers")


_NIBBLES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "E", "E-", "", "-")


def _real(data: bytes, at: int) -> tuple[float, int]:
    text = ""
    while at < len(data):
        for nibble in divmod(data[at], 16):
            if nibble == 15:
                try:
                    return float(text), at + 1
                except ValueError:
                    return math.nan, at + 1
            text += _NIBBLES[nibble]
        at += 1
    raise MalformedError("a number that does not end")


def _entry(operator: int, entries: _Dictionary) -> bytes:
    found = entries.get(operator)
    return b"" if found is None else found.coded + _operator(operator)


def _operator(operator: int) -> bytes:
    return operator.to_bytes(2) if operator > 0xFF else bytes([operator])


def _long(value: int) -> bytes:
    return struct.pack(">Bi", 29, value)


def _select(data: bytes, at: int, glyphs: int) -> bytes:
    kind = data[at]
    size = 1 + glyphs if kind == 0 else 5 + 3 * int.from_bytes(data[at + 1 : at + 3])
    if kind not in (0, 3) or at + size > len(data):
        raise MalformedError("a selector outside the font")
    return data[at : at + size]


def _encoding(data: bytes, top: _Dictionary) -> bytes | int:
    at = int(top[_ENCODING].values[0]) if _ENCODING in top and top[_ENCODING].values else 0
    if at in (0, 1):
        return at
    if not 0 < at < len(data) - 1 or data[at] & 0x7F > 1:
        raise MalformedError("an encoding outside the font")
    end = at + 2 + data[at + 1] * (1 + (data[at] & 0x7F))
    if data[at] & 0x80:
        end += 1 + 3 * (data[end] if end < len(data) else len(data))
    if end > len(data):
        raise MalformedError("an encoding outside the font")
    return data[at:end]


def _charset(data: bytes, top: _Dictionary, glyphs: int) -> bytes | int:
    start = int(top[_CHARSET].values[0]) if _CHARSET in top and top[_CHARSET].values else 0
    if 0 <= start <= 2:
        return start
    if not 0 < start < len(data) or data[start] > 2:
        raise MalformedError("a charset outside the font")
    kind, at, left, more = data[start], start + 1, glyphs - 1, 0
    if kind == 0:
        at += 2 * left
    else:
        while left > 0 and at < len(data):
            more = int.from_bytes(data[at + 2 : at + 2 + kind])
            left -= 1 + more
            at += 2 + kind
    if at > len(data) or (kind and left > 0):
        raise MalformedError("a charset outside the font")
    if kind and left < 0:  # iText's last range goes on behind the last glyph
        return data[start : at - kind] + (more + left).to_bytes(kind)
    return data[start:at]

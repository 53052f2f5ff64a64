"""Compact font programs: one font, known operators, and every byte in a structure that something points to (PDF-84).

Charstrings are counted, not run. Indexes, sets, encodings and dictionaries are read to their ends, and together they
are the whole file: there is no gap between them and nothing behind them (FNT-02).

Source: Adobe technical note 5176, 2003, sections 4 to 19 and appendix A.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document

# Operators that a dictionary may have; two bytes where the first is 12.
_TOP: Final = frozenset({0, 1, 2, 3, 4, 5, 13, 15, 16, 17, 18} | {12 << 8 | low for low in (*range(9), *range(30, 39))})
_PRIVATE: Final = frozenset({6, 7, 8, 9, 10, 11, 19, 20, 21} | {12 << 8 | low for low in (*range(9, 15), 17, 18, 19)})
_CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE_AT, _SUBRS = 15, 16, 17, 18, 19
_ROS, _FD_ARRAY, _FD_SELECT = 12 << 8 | 30, 12 << 8 | 36, 12 << 8 | 37
_LARGEST_PREDEFINED: Final = {_CHARSET: 2, _ENCODING: 1}  # offsets that are no places
_MOST_OPERANDS: Final = 513  # of a CFF2; a CFF has 48

Dictionary = dict[int, list[int]]


def check_program(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is one compact font."""
    check(plain)


def check(plain: bytes) -> None:
    """The same, for a table of an OpenType font too."""
    _must(len(plain) > 4 and plain[0] == 1 and plain[2] == 4 and 1 <= plain[3] <= 4, "header")
    _Font(plain).read()


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, f"compact font: {where}")


@dataclass(slots=True)
class _Font:
    data: bytes
    spans: set[tuple[int, int]] = field(default_factory=set)  # what was read, without the start of the file

    def read(self) -> None:
        names, at = self.index(4)
        tops, at = self.index(at)
        _must(len(names) == len(tops) == 1, "not one font")
        _, at = self.index(at)
        _, at = self.index(at)
        top = self.dictionary(*tops[0], _TOP)
        glyphs, _ = self.index(self.place(top, _CHARSTRINGS), True)
        _must(glyphs, "no glyphs")
        self.charset(top, len(glyphs))
        if _ROS in top:
            fonts, _ = self.index(self.place(top, _FD_ARRAY), True)
            for font in fonts:
                self.private(self.dictionary(*font, _TOP))
            self.select(self.place(top, _FD_SELECT), len(glyphs), len(fonts))
        else:
            self.private(top)
            self.encoding(top)
        for start, end in sorted(self.spans):
            _must(start == at, f"gap or overlap at {at}")
            at = end
        _must(at == len(self.data), f"bytes behind the last structure, at {at}")

    def number(self, at: int, size: int) -> int:
        _must(at >= 0 and at + size <= len(self.data), "end in a structure")
        return int.from_bytes(self.data[at : at + size], "big")

    def place(self, dictionary: Dictionary, operator: int) -> int:
        operands = dictionary.get(operator)
        _must(operands and operands[-1] > 0, "a place that is not said")
        assert operands
        return operands[-1]

    def index(self, at: int, counts: bool = False) -> tuple[list[tuple[int, int]], int]:
        """Section 5: where each object starts and ends, and where the index does."""
        count = self.number(at, 2)
        if not count:
            end, found = at + 2, []
        else:
            size = self.number(at + 2, 1)
            base = at + 3 + (count + 1) * size - 1
            _must(1 <= size <= 4 and base < len(self.data), "index")
            table = self.data[at + 3 : base + 1]
            ends = [int.from_bytes(table[place : place + size], "big") for place in range(0, len(table), size)]
            found = [(base + start, base + end) for start, end in pairwise(ends)]
            _must(ends[0] == 1 and all(start <= end for start, end in found), "index out of order")
            end = base + ends[-1]
        _must(end <= len(self.data), "index does not fit")
        if counts:
            self.spans.add((at, end))
        return found, end

    def dictionary(self, at: int, end: int, allowed: frozenset[int]) -> Dictionary:
        """Section 4: numbers before operators, each operator once."""
        found: Dictionary = {}
        operands: list[int] = []
        while at < end:
            first = self.data[at]
            if first <= 21:
                operator = first << 8 | self.number(at + 1, 1) if first == 12 else first
                _must(operator in allowed and operator not in found, f"operator {operator}")
                found[operator], operands = operands, []
                at += 2 if first == 12 else 1
                continue
            size, value = self.operand(at, first)
            operands.append(value)
            _must(len(operands) <= _MOST_OPERANDS, "operands")
            at += size
        _must(at == end and not operands, "dictionary does not end")
        return found

    def operand(self, at: int, first: int) -> tuple[int, int]:
        """Table 3: how many bytes, and the value of an integer; a real number counts as 0."""
        if 32 <= first <= 246:
            return 1, first - 139
        if 247 <= first <= 254:
            low = self.number(at + 1, 1)
            return 2, (first - 247) * 256 + low + 108 if first <= 250 else -(first - 251) * 256 - low - 108
        if first == 28:
            return 3, (self.number(at + 1, 2) ^ 0x8000) - 0x8000
        if first == 29:
            return 5, (self.number(at + 1, 4) ^ 0x80000000) - 0x80000000
        _must(first == 30, "operand")
        size = 1
        while True:
            nibbles = self.number(at + size, 1)
            size += 1
            _must(size <= 32 and 0xD not in (nibbles >> 4, nibbles & 15), "real number")
            if nibbles & 15 == 15:
                return size, 0

    def private(self, dictionary: Dictionary) -> None:
        operands = dictionary.get(_PRIVATE_AT, [])
        if not operands:
            return
        _must(len(operands) == 2 and operands[0] >= 0 < operands[1], "private dictionary")
        size, at = operands
        _must(at + size <= len(self.data), "private dictionary does not fit")
        if size:
            self.spans.add((at, at + size))
        found = self.dictionary(at, at + size, _PRIVATE)
        if _SUBRS in found:
            self.index(at + self.place(found, _SUBRS), True)

    def charset(self, top: Dictionary, glyphs: int) -> None:
        """Section 13."""
        at = top.get(_CHARSET, [0])[-1]
        if at <= _LARGEST_PREDEFINED[_CHARSET]:
            return
        kind, end, left = self.number(at, 1), at + 1, glyphs - 1
        if kind == 0:
            end += 2 * left
        else:
            _must(kind in (1, 2), "charset")
            while left > 0:
                left -= self.number(end + 2, kind) + 1
                end += 2 + kind
            _must(left == 0, "charset of another size")
        _must(end <= len(self.data), "charset does not fit")
        self.spans.add((at, end))

    def encoding(self, top: Dictionary) -> None:
        """Section 12."""
        at = top.get(_ENCODING, [0])[-1]
        if at <= _LARGEST_PREDEFINED[_ENCODING]:
            return
        kind, count = self.number(at, 1), self.number(at + 1, 1)
        _must(kind & 0x7F in (0, 1), "encoding")
        end = at + 2 + count * (1 + (kind & 1))
        if kind & 0x80:
            end += 1 + 3 * self.number(end, 1)
        _must(end <= len(self.data), "encoding does not fit")
        self.spans.add((at, end))

    def select(self, at: int, glyphs: int, fonts: int) -> None:
        """Section 19: a font for every glyph."""
        kind = self.number(at, 1)
        if kind == 0:
            end = at + 1 + glyphs
            _must(end <= len(self.data) and max(self.data[at + 1 : end], default=0) < fonts, "choice of fonts")
        else:
            _must(kind == 3, "choice of fonts")
            ranges = self.number(at + 1, 2)
            end = at + 3 + 3 * ranges + 2
            firsts = [self.number(place, 2) for place in range(at + 3, end, 3)]
            _must(firsts[-1] == glyphs and firsts == sorted(set(firsts)), "ranges of glyphs")
            _must(max(self.data[at + 5 : end - 2 : 3], default=0) < fonts, "choice of fonts")
        self.spans.add((at, end))

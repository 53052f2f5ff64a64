"""HYPERLINK in a formula: where its address stands in a cell, and what is computed on where a link is cut (OOXML-89).

An address that is one plain cell may stay as long as that cell holds a text that would be a link by itself. Any other
link is cut out of the formula: `HYPERLINK(where, shown)` becomes `shown`, so that the cell shows what it showed.

Source: ISO/IEC 29500-1:2016, 18.17.7.145 (HYPERLINK), 18.3.1.40 (f).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from sanitizers.formats.ooxml.sheet.formulas import ANY_CELL, MAX_KEPT_SHAPES, Formulas
from sanitizers.parsers.formula import Kind, is_ordered, placed, tokens

MAX_CALLS: Final = 16  # links in one formula; more are not taken apart
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384

_CLOSING: Final = {"(": ")", "{": "}"}
_CELL: Final = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]{1,7})", re.IGNORECASE)
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ANYWHERE: Final = '"#"'  # what is judged in the place of a cell that leads to the web

_CONSTANT: Final = (Kind.STRING, Kind.NUMBER, Kind.SPACE)  # of which the value is all there is
_FIRST_STAND_IN: Final = 1_000_001  # row of the cell that stands for the first one in a formula's shape
_STAND_IN: Final = re.compile(r"\$?XFD\$?(10000[0-9]{2})")
_MAX_CELLS: Final = 60

Place = tuple[int, int]  # row and column, from 1


@dataclass(frozen=True, slots=True)
class Target:
    """A cell that a link reads its address from. `sheet` is empty for the formula's own."""

    sheet: str
    place: Place
    is_row_fixed: bool
    is_column_fixed: bool

    def seen_from(self, down: int, right: int) -> "Target | None":
        """The same in a shared formula that many rows and columns further; None beyond the edge of a sheet."""
        row = self.place[0] if self.is_row_fixed else self.place[0] + down
        column = self.place[1] if self.is_column_fixed else self.place[1] + right
        if not (1 <= row <= MAX_ROWS and 1 <= column <= MAX_COLUMNS):
            return None
        return Target(self.sheet, (row, column), self.is_row_fixed, self.is_column_fixed)


@dataclass(frozen=True, slots=True)
class Parted:
    """What a formula with a refused link may become."""

    linked: str | None  # with the links whose addresses stand in `targets`; None where it has none, or may not stay so
    targets: tuple[Target, ...]
    cut: str | None  # without any refused link; None where only a value is certain


def parted(formula: str, formulas: Formulas) -> Parted:
    """Take a refused formula apart. What comes out has been judged like any other."""
    cost = len(formula) * (1 + formula.upper().count("HYPERLINK("))
    if not formulas.may_part(cost) or not is_ordered(list(tokens(formula))):
        return Parted(None, (), None)
    linked = _without(formula, formulas, lambda call: call.target is None)
    targets = tuple(call.target for call in _calls(linked) if call.target is not None) if linked else ()
    cut = _without(formula, formulas, lambda call: True)
    is_computed = cut is not None and any(token.kind not in _CONSTANT for token in tokens(cut))
    return Parted(linked if targets else None, targets, cut if is_computed else None)


class Parter:
    """Takes formulas apart. Those that differ in their cells alone are taken apart once."""

    def __init__(self, formulas: Formulas) -> None:
        self._formulas = formulas
        self._known: dict[str, Parted] = {}

    def parted(self, formula: str) -> Parted:
        """What a refused formula may become."""
        if "'" in formula or not self._formulas.has_shapes:  # a sheet or name may be called like a cell
            return parted(formula, self._formulas)
        cells = ANY_CELL.findall(formula)
        if len(cells) > _MAX_CELLS:
            return parted(formula, self._formulas)
        numbers = count()
        shape = ANY_CELL.sub(lambda cell: _stand_in(cell[0], next(numbers)), formula)
        if shape not in self._known:
            if len(self._known) >= MAX_KEPT_SHAPES:
                self._known.clear()
            self._known[shape] = parted(shape, self._formulas)
        return _with_cells(self._known[shape], cells)


def _stand_in(cell: str, number: int) -> str:
    fixed = _CELL.fullmatch(cell)
    assert fixed is not None
    return f"{fixed[1]}XFD{fixed[3]}{_FIRST_STAND_IN + number}"


def _with_cells(found: Parted, cells: Sequence[str]) -> Parted:
    """What was found out about a formula's shape, with its own cells."""

    def own(text: str | None) -> str | None:
        return text and _STAND_IN.sub(lambda cell: cells[int(cell[1]) - _FIRST_STAND_IN], text)

    targets = tuple(_placed(target, cells[target.place[0] - _FIRST_STAND_IN]) for target in found.targets)
    if None in targets:
        return Parted(None, (), own(found.cut))
    return Parted(own(found.linked), tuple(filter(None, targets)), own(found.cut))


def place_of(name: str) -> Place | None:
    """Row and column of a cell by its name."""
    found = _PLACE.fullmatch(name)
    return None if found is None else (int(found[2]), _column(found[1]))


@dataclass(slots=True)
class _Opened:
    """A bracket that is not yet closed."""

    start: int
    inside: int
    closing: str
    is_link: bool
    commas: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Call:
    """One HYPERLINK as it stands in its formula."""

    start: int
    end: int
    address: str
    shown: str | None
    target: Target | None

    def may_stay(self, formulas: Formulas) -> bool:
        return formulas.refusal(f"HYPERLINK({self.address})") is None


def _without(formula: str, formulas: Formulas, is_cut: Callable[[_Call], bool]) -> str | None:
    """The formula without its refused links that are to be cut, the innermost first; None where that is not clear."""
    for _ in range(MAX_CALLS):
        calls = list(_calls(formula))
        call = next((call for call in calls if not call.may_stay(formulas) and is_cut(call)), None)
        if call is None:
            return formula if formulas.refusal(_without_targets(formula, calls)) is None else None
        if not call.shown:
            return None
        before, behind = formula[: call.start], formula[call.end :]
        formula = f"{before}({call.shown}){behind}" if (before + behind).strip() else call.shown
    return None


def _without_targets(formula: str, calls: list[_Call]) -> str:
    """What has to be judged of a formula besides the cells that its links read."""
    for call in sorted(calls, key=lambda call: -call.start):
        if call.target is not None:
            start = call.start + len("HYPERLINK(")
            formula = formula[:start] + _ANYWHERE + formula[start + len(call.address) :]
    return formula


def _calls(formula: str) -> Iterator[_Call]:
    """The calls of HYPERLINK, the inner ones first; none where brackets do not pair."""
    found: list[_Call] = []
    opened: list[_Opened] = []
    for token, start, end in placed(formula):
        if token.kind is Kind.CALL:
            opened.append(_Opened(start, end, ")", token.value.upper() == "HYPERLINK"))
        elif token.kind is not Kind.OPERATOR:
            continue
        elif token.value in _CLOSING:
            opened.append(_Opened(start, end, _CLOSING[token.value], False))
        elif token.value == "," and opened:
            opened[-1].commas.append((start, end))
        elif token.value in (")", "}"):
            if not opened or opened[-1].closing != token.value:
                return
            last = opened.pop()
            if last.is_link:
                found.append(_call(formula, last, start, end))
    if not opened:
        yield from found


def _call(formula: str, opened: _Opened, closing: int, end: int) -> _Call:
    first = opened.commas[0][0] if opened.commas else closing
    address = formula[opened.inside : first]
    shown = formula[opened.commas[0][1] : closing].strip() if len(opened.commas) == 1 else None
    return _Call(opened.start, end, address, shown, _target(address))


def _target(address: str) -> Target | None:
    pieces = [token for token in tokens(address) if token.kind is not Kind.SPACE]
    sheet = pieces.pop(0).value if pieces and pieces[0].kind is Kind.SHEET else ""
    if len(pieces) != 1 or pieces[0].kind is not Kind.CELL:
        return None
    return _placed(Target(sheet, (0, 0), False, False), pieces[0].value)


def _placed(target: Target, cell: str) -> Target | None:
    """The target in this cell; None where there is none of that name."""
    found = _CELL.fullmatch(cell)
    if found is None:
        return None
    here = Target(target.sheet, (int(found[4]), _column(found[2])), bool(found[3]), bool(found[1]))
    return here.seen_from(0, 0)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number

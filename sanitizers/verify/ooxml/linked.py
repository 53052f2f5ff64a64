"""Links whose address stands in a cell: each is looked up, and must be a text that leads to the web (V-FML, V-URL).

The cell must hold a shared or inline string, be the only one of its place, have no formula and stand in no area that
an array formula, a data table or a pivot table fills: what it says when the file is opened is then what it says here.
Only workbooks with such a link are read this way.

Source: ISO/IEC 29500-1:2016, 18.3.1.4 (c), 18.3.1.40 (f), 18.4.8 (si), 22.9.2.19 (ST_Xstring).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from sanitizers.model import Check
from sanitizers.verify.court import Refused
from sanitizers.verify.ooxml import quiet
from sanitizers.verify.ooxml.addresses import is_anchor, is_web
from sanitizers.verify.ooxml.formulas import addresses
from sanitizers.verify.ooxml.markup import NAMESPACES
from sanitizers.verify.ooxml.opc import Package, Part

_X: Final = NAMESPACES["x"] + " "
_RID: Final = NAMESPACES["r"] + " id"
_NAME: Final = re.compile(r"(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})")
_PLAIN_NAME: Final = re.compile(r"[A-Z]{1,3}[1-9][0-9]{0,6}")
_ESCAPE: Final = re.compile(r"_x[0-9A-Fa-f]{4}_")
_AREAS: Final = ("array", "dataTable")
_MOVING: Final = ("pivotTable", "queryTable")
_MOST_AREAS: Final = 100

_Place = tuple[int, int]


@dataclass(slots=True)
class _Cell:
    """One cell as it stands."""

    place: _Place
    kind: str
    formula: dict[str, str] | None = None
    texts: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # of f, v and t

    def said(self, name: str) -> str:
        return "".join(self.texts.get(name, ()))


def require_addresses(package: Package, linking: Mapping[str, Iterable[str]], *, may_lead_out: bool) -> None:
    """Raises Refused unless every cell that a link of these formulas reads, by part, holds a proper address."""
    if not any(linking.values()):
        return
    court = _Reader(package, may_lead_out)
    wanted: defaultdict[str, set[_Place]] = defaultdict(set)
    for name, formulas in linking.items():
        if formulas:
            for sheet, place in court.followed(package.parts[name], frozenset(formulas)):
                wanted[sheet].add(place)
    for name, places in wanted.items():
        court.require_constants(package.parts[name], places)
    court.require_strings()


class _Reader:
    """Reads sheets and strings of one workbook for the sake of a few cells."""

    def __init__(self, package: Package, may_lead_out: bool) -> None:
        self._package, self._may_lead_out = package, may_lead_out
        self._numbers: set[int] = set()  # of the shared strings that are addresses
        self._sheets: dict[str, str] = {}  # names in capitals, parts

        def opened(name: str, attributes: dict[str, str]) -> None:
            if name == _X + "sheet":
                said = attributes.get("name", "").upper()
                if said in self._sheets:
                    _refuse("two sheets of one name")
                relation = package.main.relations.get(attributes.get(_RID, ""))
                self._sheets[said] = relation.target if relation is not None else ""

        _walk(package.main, opened)

    def followed(self, part: Part, formulas: frozenset[str]) -> list[tuple[str, _Place]]:
        """The cells that the links of a sheet read: part and place."""
        masters: dict[str, tuple[_Place, str]] = {}
        children: list[tuple[_Place, str]] = []
        found: list[tuple[str, _Place]] = []

        def met(cell: _Cell) -> None:
            said, text = cell.formula, cell.said("f")
            if said is None or (text and text not in formulas):
                return
            number = said.get("si", "")
            if not text:
                children.append((cell.place, number))
                return
            if said.get("t") in _AREAS or (number and number in masters):
                _refuse(f"{part.name}: a link of many cells")
            if number:
                masters[number] = cell.place, text
            found.extend(self._targets(part, text, (0, 0)))

        _read_cells(part, met)
        for place, number in children:
            if number in masters:
                first, text = masters[number]
                found += self._targets(part, text, (place[0] - first[0], place[1] - first[1]))
        return found

    def _targets(self, part: Part, text: str, step: _Place) -> list[tuple[str, _Place]]:
        found = []
        for sheet, name in addresses(text):
            spelled = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
            key = self._sheets.get(spelled.upper(), "") if sheet else part.name
            target = self._package.parts.get(key)
            if target is None or target.row.roots != ("x:worksheet",):
                _refuse(f"{part.name}: a link by a cell of no sheet")
            found.append((key, _placed(name, step)))
        return found

    def require_constants(self, part: Part, places: set[_Place]) -> None:
        """Raises Refused unless each of these cells of a sheet holds a text and nothing else."""
        if any(relation.name in _MOVING for relation in part.relations.values()):
            _refuse(f"{part.name}: a link by a cell of a sheet that is filled")
        left = set(places)
        seen: set[_Place] = set()
        areas: list[tuple[_Place, _Place]] = []

        def met(cell: _Cell) -> None:
            if cell.formula is not None and cell.formula.get("t") in _AREAS:
                first, _, last = cell.formula.get("ref", "").partition(":")
                areas.append((_placed(first), _placed(last or first)))
            if cell.place not in places:
                return
            is_text = (cell.kind == "s" and cell.said("v").isdecimal()) or cell.kind == "inlineStr"
            if not is_text or cell.formula is not None or cell.place in seen:
                _refuse(f"{part.name}: a link by a cell that is no text")
            seen.add(cell.place)
            left.discard(cell.place)
            if cell.kind == "s":
                self._numbers.add(int(cell.said("v")))
            else:
                self._require_address(cell.said("t"))

        _read_cells(part, met, places)
        if left:
            _refuse(f"{part.name}: a link by a cell that is empty")
        if len(areas) > _MOST_AREAS:
            _refuse(f"{part.name}: a link by a cell among many arrays")
        for (top, start), (bottom, end) in areas:
            if any(top <= row <= bottom and start <= column <= end for row, column in places):
                _refuse(f"{part.name}: a link by a cell of an array")

    def require_strings(self) -> None:
        """Raises Refused unless the shared strings of those cells are addresses."""
        if not self._numbers:
            return
        relations = self._package.main.relations.values()
        name = next((relation.target for relation in relations if relation.name == "sharedStrings"), "")
        part = self._package.parts.get(name)
        if part is None:
            _refuse("no shared strings")
        at, path, pieces = -1, [""], [""]

        def opened(name: str, _: dict[str, str]) -> None:
            nonlocal at
            path.append(name.removeprefix(_X))
            if path[-1] == "si":
                at += 1
                pieces.clear()

        def closed(_: str) -> None:
            if path.pop() == "si" and at in self._numbers:
                self._numbers.discard(at)
                self._require_address("".join(pieces))

        def text(data: str) -> None:
            if at in self._numbers and path[-1] == "t" and "rPh" not in path:
                pieces.append(data)

        _walk(part, opened, closed, text)
        if self._numbers:
            _refuse("a link by a string that is not there")

    def _require_address(self, text: str) -> None:
        leads = is_anchor(text) or is_web(text)
        if _ESCAPE.search(text) or not leads or not self._may_lead_out:
            raise Refused(Check.URL, "address in a cell that a link reads")


def _read_cells(part: Part, met: Callable[[_Cell], None], places: Iterable[_Place] = ()) -> None:
    """Tell the cells of a sheet that have a formula, or stand in these places.

    Raises Refused for a cell without a place: which it has, only its neighbours would know.
    """
    names = frozenset(map(_name_of, places))
    last: dict[str, str] = {}
    cell: _Cell | None = None
    inside = ""

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, inside, last
        if name == _X + "c":
            last, cell = attributes, None
            if not _PLAIN_NAME.fullmatch(attributes.get("r", "")):
                _refuse(f"{part.name}: a cell without a place")
            if attributes["r"] in names:
                cell = _Cell(_placed(attributes["r"]), attributes.get("t", "n"))
        elif name == _X + "f":
            cell = cell or _Cell(_placed(last.get("r", "")), last.get("t", "n"))
            cell.formula = attributes
        inside = name.removeprefix(_X) if cell is not None else ""

    def closed(name: str) -> None:
        nonlocal inside, cell
        inside = ""
        if cell is not None and name == _X + "c":
            met(cell)
            cell = None

    def text(data: str) -> None:
        if inside and cell is not None and inside in ("f", "v", "t"):
            cell.texts[inside].append(data)

    _walk(part, opened, closed, text)


def _walk(
    part: Part,
    opened: Callable[[str, dict[str, str]], None],
    closed: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser = quiet.new_parser(part.name)
    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    parser.CharacterDataHandler = text
    quiet.parse_pieces(parser, part.packed.pieces(), part.name)


def _placed(name: str, step: _Place = (0, 0)) -> _Place:
    """Row and column of a cell, that many further where they are not fixed. Raises Refused beyond the edge."""
    found = _NAME.fullmatch(name)
    if found is None:
        _refuse("a cell without a place")
    column = 0
    for letter in found[2].upper():
        column = column * 26 + ord(letter) - 64
    row = int(found[4]) + (0 if found[3] else step[0])
    column += 0 if found[1] else step[1]
    if not (1 <= row <= 1 << 20 and 1 <= column <= 1 << 14):
        _refuse("a cell beyond the edge")
    return row, column


def _name_of(place: _Place) -> str:
    row, column = place
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"


def _refuse(what: str) -> NoReturn:
    raise Refused(Check.FORMULA, what)

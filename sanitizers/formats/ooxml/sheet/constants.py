"""Cells that hold an address: a text that is no formula and that nothing computes anew, and would be a link by itself.

Looked for in the rows as they came, and only where a formula's link reads its address from a cell. What is not written
as every program writes it is not found, and the link is cut: nothing is lost but the click.

Source: ISO/IEC 29500-1:2016, 18.3.1.4 (c), 18.3.1.40 (f), 18.4.8 (si), 22.9.2.19 (ST_Xstring).
"""

import re
from html import unescape
from typing import Final

from sanitizers.formats.ooxml.parts import DOCUMENT
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.sheet.formulas import links_of
from sanitizers.formats.ooxml.sheet.links import Place, Target, place_of
from sanitizers.parsers.opc import Relation

SHEET_KEYS: Final = "sheet.keys"  # where a package's sheets are kept: by name in capitals, the keys of their parts
MAX_LOOKED_BYTES: Final = 64 << 20  # of one workbook, in all
MAX_AREAS: Final = 100  # of array formulas in one sheet

_STATE: Final = "sheet.constants"
_ROWS: Final = re.compile(rb"<sheetData(?: [^<>]*)?>(.*)</sheetData>", re.DOTALL)
_OTHER_QUOTES: Final = re.compile(rb"<[^<>]*='")
_CELL: Final = re.compile(rb"<c[ \t\r\n/>]")
_PLACED: Final = re.compile(rb'<c(?: [a-z]+="[^"<>]*")*? r="([A-Z]{1,3}[0-9]{1,7})"')
_SHARED: Final = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")? t="s"(?: s="[0-9]+")?>\s*<v>([0-9]{1,9})</v>\s*</c>'
)
_INLINE: Final = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"(?: s="[0-9]+")? t="inlineStr"(?: s="[0-9]+")?>\s*'
    rb"<is>\s*<t(?: [^<>]*)?>([^<]*)</t>\s*</is>\s*</c>"
)
_ARRAYS: Final = re.compile(rb'<f[^<>]* t="(?:array|dataTable)"[^<>]*>')
_AREA: Final = re.compile(rb' ref="([A-Z]{1,3}[0-9]{1,7})(?::([A-Z]{1,3}[0-9]{1,7}))?"')
_STRING: Final = re.compile(rb"<si>(.*?)</si>|<si/>", re.DOTALL)
_PHONETIC: Final = re.compile(rb"<rPh[ >].*?</rPh>", re.DOTALL)
_TEXT: Final = re.compile(rb"<t(?: [^<>]*)?>([^<]*)</t>")
_MARKS: Final = (b"://", b"mailto:", b"#")
_ODD: Final = re.compile(r"[\s\\<>\"]|_x[0-9A-Fa-f]{4}_")  # what readers do not agree about, and escapes of a text
_MOVING: Final = (DOCUMENT + "pivotTable", DOCUMENT + "queryTable")  # they write cells anew
_STRINGS: Final = DOCUMENT + "sharedStrings"
_MAIN: Final = DOCUMENT + "officeDocument"


class Constants:
    """Finds the cells of one workbook that a link may read its address from."""

    def __init__(self, scene: Scene) -> None:
        self._package = scene.home.package
        self._sheets: dict[str, str] = scene.state.get(SHEET_KEYS, {})
        self._is_web = links_of(scene)
        self._left = MAX_LOOKED_BYTES
        self._cells: dict[str, frozenset[Place]] = {}
        self._strings: frozenset[bytes] | None = None

    def hold(self, target: Target | None, own_key: str) -> bool:
        """Whether a cell is certain to hold an address that may be a link."""
        if target is None:
            return False
        key = self._sheets.get(target.sheet.upper(), "") if target.sheet else own_key
        if key not in self._cells:
            self._cells[key] = self._found(key)
        return target.place in self._cells[key]

    def _found(self, key: str) -> frozenset[Place]:
        if key not in self._sheets.values() or key not in self._package or not self._pay(key):
            return frozenset()
        if any(relation.type in _MOVING for relation in self._package.relations(key).values()):
            return frozenset()
        data = self._package.xml(key)
        rows = None if b"<!" in data else _ROWS.search(data)
        if rows is None or _OTHER_QUOTES.search(rows[1]):
            return frozenset()
        places = _PLACED.findall(rows[1])
        arrays = [_AREA.search(formula) for formula in _ARRAYS.findall(rows[1])]
        if len(set(places)) != len(_CELL.findall(rows[1])) or len(places) != len(set(places)):
            return frozenset()
        if len(arrays) > MAX_AREAS or None in arrays:
            return frozenset()
        strings = self._addresses()
        names = [name for name, number in _SHARED.findall(rows[1]) if number in strings]
        names += [name for name, text in _INLINE.findall(rows[1]) if self._may_lead(text)]
        cells = frozenset(place for name in names if (place := place_of(name.decode())) is not None)
        for area in arrays:
            assert area is not None
            cells = frozenset(place for place in cells if not _is_within(place, area))
        return cells

    def _pay(self, key: str) -> bool:
        self._left -= self._package.size(key)
        return self._left >= 0

    def _addresses(self) -> frozenset[bytes]:
        """The numbers of the shared strings that are addresses."""
        if self._strings is None:
            self._strings = frozenset(self._looked_for())
        return self._strings

    def _looked_for(self) -> list[bytes]:
        key = next((relation.target for relation in self._of_workbook() if relation.type == _STRINGS), "")
        if key not in self._package or not self._pay(key):
            return []
        data = self._package.xml(key)
        texts = _STRING.findall(data)
        if b"<!" in data or len(texts) != data.count(b"<si>") + data.count(b"<si/>"):
            return []
        return [
            b"%d" % number
            for number, text in enumerate(texts)
            if any(mark in text for mark in _MARKS)
            and self._may_lead(b"".join(_TEXT.findall(_PHONETIC.sub(b"", text))))
        ]

    def _of_workbook(self) -> list[Relation]:
        main = next((r.target for r in self._package.relations("").values() if r.type == _MAIN), "")
        return [relation for relation in self._package.relations(main).values() if not relation.is_external]

    def _may_lead(self, text: bytes) -> bool:
        said = unescape(text.decode("utf-8", "replace"))
        return not _ODD.search(said) and self._is_web(said)


def constants_of(scene: Scene) -> Constants:
    """Those of this scene's workbook."""
    found: Constants | None = scene.state.get(_STATE)
    if found is None:
        found = scene.state[_STATE] = Constants(scene)
    return found


def _is_within(place: Place, area: re.Match[bytes]) -> bool:
    first, last = place_of(area[1].decode()), place_of((area[2] or area[1]).decode())
    if first is None or last is None:
        return True
    return all(start <= at <= end for start, at, end in zip(first, place, last, strict=True))

"""The workbook part of a binary workbook: its sheets, its names, and what formulas may refer to (XLSB-02 to XLSB-04).

Source: [MS-XLSB] 2.4.313 (BrtBundleSh), 2.4.711 (BrtName), 2.4.660 (BrtExternSheet), 2.4.308 (BrtBookView).
"""

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.binary.calls import NEWER_FLAGS, Book, is_newer
from sanitizers.formats.ooxml.binary.carry import Group, Hand, carry
from sanitizers.formats.ooxml.binary.formula import kept
from sanitizers.formats.ooxml.binary.sheet import BOOK
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.sheet.book import AUTO, SHEETS
from sanitizers.formats.ooxml.sheet.formulas import FORMULAS, Formulas, links_of
from sanitizers.formats.ooxml.vectors import OOXML_84, OOXML_93, OOXML_95
from sanitizers.parsers.biff12 import Fields, Record, formula, record, records, text

XLSB_02: Final = vector("XLSB-02")
XLSB_03: Final = vector("XLSB-03")
XLSB_04: Final = vector("XLSB-04")

_SHEET, _NAME, _REFERENCES = 156, 39, 362
_OWN: Final = (357, 358)  # this workbook; this sheet
_SUPPORTING: Final = (355, 357, 358, 667)
_NOWHERE: Final = 0xFFFFFFFF  # a sheet that is deleted; the whole workbook, for a name
_BOOK: Final = 0xFFFFFFFE  # of a reference: no sheet but the workbook
_HIDDEN, _BUILT_IN = 1 << 0, 1 << 5
_MACRO: Final = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 17  # function, command, procedure, function of a later version
_FETCHES: Final = 1 << 8 | 1 << 9 | 1 << 18  # BrtWbProp: how links are brought up to date, and all on opening
_PUBLISHED: Final = 1 << 4 | 1 << 11
_OF_FUNCTIONS: Final = re.compile(r"_xl(?!nm\.)", re.IGNORECASE)
_MAX_ROUNDS: Final = 64  # of names over names over names


@dataclass(slots=True)
class _Name:
    """A defined name as it came."""

    number: int
    flags: int
    scope: int
    name: str
    formula: tuple[bytes, bytes]

    @property
    def is_newer(self) -> bool:
        """Whether it stands for a function of a later version, which may stay."""
        is_flagged = self.flags & NEWER_FLAGS == NEWER_FLAGS and self.scope == _NOWHERE
        return is_flagged and is_newer(self.name, self.formula[0]) and not self.formula[1]


@dataclass(slots=True)
class _Plan:
    """What of the workbook stays, found out before anything is written."""

    sheets: dict[int, int] = field(default_factory=dict)  # old place: new place
    relations: dict[int, str] = field(default_factory=dict)  # old place: new id
    dead: set[str] = field(default_factory=set)
    names: dict[int, bytes] = field(default_factory=dict)  # old number: record
    references: bytes = b""
    supporting: list[int] = field(default_factory=list)


def write_workbook(part: bytes, scene: Scene) -> bytes:
    """The copy of the workbook part. Raises MalformedError, BlockedError."""
    plan = _Plan()
    everything = list(records(part))
    _plan_sheets([item for item in everything if item.type == _SHEET], plan, scene)
    book = Book(_plan_references(everything, plan, scene), is_web=links_of(scene))
    _plan_names([item for item in everything if item.type == _NAME], plan, book, scene)
    scene.state[BOOK] = book
    copy = carry(part, scene, _Hands(plan).table, {353: (354, _externals(plan))})
    if all(item.type != _SHEET for item in records(copy)):
        raise MalformedError("no sheet in the list of sheets")
    return copy


def _plan_sheets(items: Sequence[Record], plan: _Plan, scene: Scene) -> None:
    for place, item in enumerate(items):
        fields = Fields(item.data)
        state, _, identifier, name = fields.u32(), fields.u32(), fields.text() or "", fields.text() or ""
        relation = scene.relation(identifier)
        new = scene.relate(identifier) if relation is not None and relation.type in SHEETS else None
        if new is None:
            scene.found(XLSB_02, name)
            plan.dead.add(name.upper())
            continue
        if state:
            scene.found(OOXML_95, name, at_least=Action.KEEP if state == 1 else Action.REWRITE)
        plan.relations[place] = new
        plan.sheets[place] = len(plan.sheets)
    if not plan.sheets:
        scene.found(XLSB_02, detail="no other sheet", at_least=Action.BLOCK)


def _plan_references(items: Sequence[Record], plan: _Plan, scene: Scene) -> frozenset[int]:
    """Numbers of the references that formulas may use. Those to other workbooks stay in the list, and lead nowhere."""
    supporting = [item.type for item in items if item.type in _SUPPORTING]
    new_places = {old: new for new, old in enumerate(n for n, kind in enumerate(supporting) if kind in _OWN)}
    plan.supporting = [kind for kind in supporting if kind in _OWN]
    if len(plan.supporting) < len(supporting):
        scene.found(XLSB_04, count=len(supporting) - len(plan.supporting))
    good: set[int] = set()
    for item in items:
        if item.type != _REFERENCES:
            continue
        fields = Fields(item.data)
        count = fields.u32()
        written = struct.pack("<I", count)
        for number in range(count):
            book, first, last = fields.u32(), fields.u32(), fields.u32()
            places = [place if place >= _BOOK else plan.sheets.get(place) for place in (first, last)]
            if book in new_places and None not in places:
                good.add(number)
                written += struct.pack("<3I", new_places[book], *places)
            else:
                written += struct.pack("<3I", 0, _NOWHERE, _NOWHERE)
        plan.references = record(item.type, written)
    return frozenset(good)


def _plan_names(items: Sequence[Record], plan: _Plan, book: Book, scene: Scene) -> None:
    alive, macros = [], 0
    for number, item in enumerate(items, 1):
        name = _read_name(number, item)
        if name.is_newer:
            alive.append(name)
        elif AUTO.match(name.name) or name.flags & _MACRO or _OF_FUNCTIONS.match(name.name):
            scene.found(XLSB_03)
            macros += 1
        elif name.scope == _NOWHERE or name.scope in plan.sheets:
            alive.append(name)
    book.newer = frozenset(name.number for name in alive if name.is_newer)
    book.names = {name.number: name.number for name in alive}
    for _ in range(_MAX_ROUNDS):
        left = [name for name in alive if kept(*name.formula, book) is not None]
        if len(left) == len(alive):
            break
        alive, book.names = left, {name.number: name.number for name in left}
    else:
        alive = []
    if len(items) > len(alive) + macros:
        scene.found(OOXML_93, "names", count=len(items) - len(alive) - macros)
    book.names = {name.number: new for new, name in enumerate(alive, 1)}
    for name in alive:
        plan.names[name.number] = _written_name(name, plan, book)
    said = [_read_name(number, item) for number, item in enumerate(items, 1)]
    gone = {name.name.upper() for name in said} - {name.name.upper() for name in alive}
    scene.state[FORMULAS] = Formulas(is_web=links_of(scene), dead_names=gone, dead_sheets=plan.dead)


def _read_name(number: int, item: Record) -> _Name:
    fields = Fields(item.data)
    flags = fields.u32()
    fields.u8()
    scope, name = fields.u32(), fields.text() or ""
    return _Name(number, flags, scope, name, fields.formula())


def _written_name(name: _Name, plan: _Plan, book: Book) -> bytes:
    found = kept(*name.formula, book)
    assert found is not None
    if name.is_newer:  # with what a procedure may say of itself
        head = struct.pack("<IBI", NEWER_FLAGS, 0, _NOWHERE)
        return record(_NAME, head + text(name.name) + formula(found.tokens, b"") + text(None) * 5)
    scope = name.scope if name.scope == _NOWHERE else plan.sheets[name.scope]
    head = struct.pack("<IBI", name.flags & (_HIDDEN | _BUILT_IN), 0, scope)
    return record(_NAME, head + text(name.name) + formula(found.tokens, found.behind) + text(None))


def _externals(plan: _Plan) -> Group:
    def group(items: Sequence[Record], scene: Scene) -> bytes:
        """The list of what formulas lean on: this workbook alone."""
        if not plan.supporting:
            return b""
        own = b"".join(record(kind, b"") for kind in plan.supporting)
        return record(353, b"") + own + plan.references + record(354, b"")

    return group


class _Hands:
    """The records of the workbook part that are written by plan. Counts sheets and names as they come."""

    def __init__(self, plan: _Plan) -> None:
        self._plan = plan
        self._sheet, self._name = -1, 0
        self.table: Mapping[int, Hand] = {153: self._properties, 156: self._bundle, 158: self._view, 39: self._defined}

    def _bundle(self, item: Record, scene: Scene) -> bytes:
        self._sheet += 1
        if self._sheet not in self._plan.sheets:
            return b""
        fields = Fields(item.data)
        state, number, _, name = fields.u32(), fields.u32(), fields.text(), fields.text()
        head = struct.pack("<2I", min(state, 1), number)
        return record(item.type, head + text(self._plan.relations[self._sheet]) + text(name or ""))

    def _defined(self, item: Record, scene: Scene) -> bytes:
        self._name += 1
        return self._plan.names.get(self._name, b"")

    def _view(self, item: Record, scene: Scene) -> bytes:
        if len(item.data) < 29:
            raise MalformedError("a view that is cut off")
        places = struct.unpack_from("<2I", item.data, 20)
        new = (self._plan.sheets.get(place, 0) for place in places)
        return record(item.type, item.data[:20] + struct.pack("<2I", *new) + item.data[28:])

    def _properties(self, item: Record, scene: Scene) -> bytes:
        fields = Fields(item.data)
        flags = fields.u32()
        if flags & _FETCHES:
            scene.found(OOXML_84, "workbook properties")
        return record(item.type, struct.pack("<I", flags & ~(_FETCHES | _PUBLISHED)) + fields.rest)

"""Worksheets, tables and comments of a binary workbook (XLSB-05, XLSB-06).

Source: [MS-XLSB] 2.4 (records): BrtFmla… 2.4.674 to 677, BrtHLink 2.4.684, BrtBeginCFRule 2.4.22, BrtDVal 2.4.352.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.binary.allow import CARRIED
from sanitizers.formats.ooxml.binary.calls import Book
from sanitizers.formats.ooxml.binary.carry import NO_GROUPS, Group, Hand, carry
from sanitizers.formats.ooxml.binary.formula import kept
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.sheet.people import stand_in
from sanitizers.formats.ooxml.vectors import OOXML_34, OOXML_85, OOXML_93
from sanitizers.parsers.biff12 import Fields, Record, formula, record, records, text

XLSB_05: Final = vector("XLSB-05")
XLSB_06: Final = vector("XLSB-06")

BOOK: Final = "binary.book"  # where a package's names and sheets are kept
_DEAD: Final = "binary.dead"

_ROW, _ARRAY, _SHARED = 0, 426, 427
_CELLS: Final = frozenset((*range(1, 12), 62))
# Formula record: the record of its value alone
_VALUES: Final = {8: 6, 9: 5, 10: 4, 11: 3}
_RULE, _BOUND, _VALIDATION = 463, 471, 64
_OUTSIDE: Final = re.compile(r"[\\|]|://|\[", re.ASCII)
_PAGE: Final = 34  # bytes of BrtPageSetup before the id of the printer's settings
_ROWS, _COLUMNS = 1_048_575, 16_383  # the last ones
_NO_BOOK: Final = Book()


def write_worksheet(part: bytes, scene: Scene) -> bytes:
    """The copy of a worksheet. Raises MalformedError."""
    scene.state[_DEAD] = frozenset(_dead_masters(part, scene))
    return carry(part, scene, _HANDS, _GROUPS)


def write_plain(part: bytes, scene: Scene) -> bytes:
    """The copy of a part whose records need no more than their numbers, or a new id."""
    return carry(part, scene, _POINTERS, NO_GROUPS)


def write_table(part: bytes, scene: Scene) -> bytes:
    """The copy of a table: one that holds what it holds, whatever filled it."""
    return carry(part, scene, {343: _table, 347: _column}, NO_GROUPS)


def write_comments(part: bytes, scene: Scene) -> bytes:
    """The copy of comments, their authors replaced by policy."""
    return carry(part, scene, {632: _author}, NO_GROUPS)


def _book(scene: Scene) -> Book:
    found: Book = scene.state.get(BOOK, _NO_BOOK)
    return found


def _dead_masters(part: bytes, scene: Scene) -> Iterator[tuple[int, int]]:
    """Row and column of each shared or array formula that may not stay: what repeats it goes too."""
    row = column = 0
    for item in records(part):
        if item.type == _ROW:
            row = Fields(item.data).u32()
        elif item.type in _CELLS:
            column = Fields(item.data).u32()
        elif item.type in (_ARRAY, _SHARED):
            fields = Fields(item.data, 16 + (item.type == _ARRAY))
            if kept(*fields.formula(), _book(scene)) is None:
                yield row, column


def _cell(item: Record, scene: Scene) -> bytes:
    """A cell with a formula: with it, or with its value alone."""
    fields = Fields(item.data)
    cell = fields.take(8)
    start = fields.at
    if item.type == 8:
        fields.text()
    else:
        fields.take(8 if item.type == 9 else 1)
    value = item.data[start : fields.at]
    flags = fields.take(2)
    found = kept(*fields.formula(), _book(scene))
    if found is None or found.shared in scene.state[_DEAD] or fields.rest:
        scene.found(XLSB_05)
        return record(_VALUES[item.type], cell + value)
    return record(item.type, cell + value + flags + formula(found.tokens, found.behind))


def _master(item: Record, scene: Scene) -> bytes:
    """A formula that several cells share, behind the first of them."""
    head = 16 + (item.type == _ARRAY)
    fields = Fields(item.data, head)
    found = kept(*fields.formula(), _book(scene))
    if found is None or fields.rest:
        return b""
    return record(item.type, item.data[:head] + formula(found.tokens, found.behind))


def _link(item: Record, scene: Scene) -> bytes:
    """A cell's link, to the web by policy or into this workbook; the cell's text stays anyway."""
    fields = Fields(item.data)
    area, identifier = fields.take(16), fields.text()
    location, tip, shown = fields.text() or "", fields.text(), fields.text()
    new = None
    if identifier:
        relation = scene.relation(identifier)
        if relation is not None and relation.is_external and relation.target.startswith("#"):
            location = relation.target[1:]
        else:
            new = scene.relate(identifier)
            location = location if new else ""
    if new is None and (not location or _OUTSIDE.search(location)):
        scene.found(XLSB_06, at_least=Action.REWRITE)
        location = _first_cell(area)
    return record(item.type, area + text(new) + text(location) + text(tip) + text(shown))


def _first_cell(area: bytes) -> str:
    """The first cell of an area, which a link that may not stay leads to: its tip remains."""
    row, _, column, _ = struct.unpack("<4I", area)
    letters, rest = "", min(column, _COLUMNS) + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{min(row, _ROWS) + 1}"


def _pointer(item: Record, scene: Scene) -> bytes:
    """A record that only names a relationship."""
    fields = Fields(item.data)
    new = scene.relate(fields.text() or "")
    return b"" if new is None or fields.rest else record(item.type, text(new))


def _page(item: Record, scene: Scene) -> bytes:
    """How the sheet is printed, without the printer."""
    fields = Fields(item.data)
    settings = fields.take(_PAGE)
    if fields.text():
        scene.found(OOXML_34)
    return record(item.type, settings + text(None))


def _rules(items: Sequence[Record], scene: Scene) -> bytes:
    """Conditional formats of one area: all of them, or none where one has a formula that may not stay."""
    written: list[bytes] = []
    for item in items:
        if item.type == _RULE:
            new = _rule(item, scene)
        elif item.type == _BOUND:
            new = _with_formulas(item, 20, 1, scene)
        else:
            is_known = item.type in CARRIED[scene.kind] or item.type in (461, 462, 464)
            new = record(item.type, item.data) if is_known else b""
        if new is None:
            scene.found(OOXML_93, "conditional format")
            return b""
        written.append(new)
    return b"".join(written)


def _rule(item: Record, scene: Scene) -> bytes | None:
    return _with_formulas(item, 30, 3, scene)


def _with_formulas(item: Record, at: int, count: int, scene: Scene) -> bytes | None:
    """A record with the sizes of its formulas from `at` on, then a parameter where there are three, then them."""
    fields = Fields(item.data, at)
    try:
        sizes = [fields.u32() for _ in range(count)]
        if count > 1:
            fields.text()
        written = item.data[: fields.at]
        for size in sizes:
            if size:
                found = kept(*fields.formula(), _book(scene))
                if found is None:
                    return None
                written += formula(found.tokens, found.behind)
    except MalformedError:
        return None
    return None if fields.rest else record(item.type, written)


def _validations(items: Sequence[Record], scene: Scene) -> bytes:
    """Data validations, counted anew."""
    found = [new for item in items if item.type == _VALIDATION and (new := _validation(item, scene))]
    lost = sum(item.type == _VALIDATION for item in items) - len(found)
    if lost:
        scene.found(OOXML_93, "validation", count=lost)
    if not found or len(items[0].data) < 4:
        return b""
    head = items[0].data[:-4] + struct.pack("<I", len(found))
    return record(items[0].type, head) + b"".join(found) + record(items[-1].type, b"")


def _validation(item: Record, scene: Scene) -> bytes | None:
    fields = Fields(item.data)
    try:
        fields.take(4)
        fields.take(fields.u32() * 16)
        for _ in range(4):
            fields.text()
        written = item.data[: fields.at]
        for _ in range(2):
            found = kept(*fields.formula(), _book(scene))
            if found is None:
                return None
            written += formula(found.tokens, found.behind)
    except MalformedError:
        return None
    return None if fields.rest else record(item.type, written)


def _table(item: Record, scene: Scene) -> bytes:
    """A table's head: its kind and its connection stand at fixed places."""
    data = bytearray(item.data)
    if len(data) < 64:
        raise MalformedError("a table that is cut off")
    if data[16:20] != bytes(4) or data[60:64] != bytes(4):
        scene.found(OOXML_85, "table")
        data[16:20] = data[60:64] = bytes(4)
    return record(item.type, bytes(data))


def _column(item: Record, scene: Scene) -> bytes:
    """A table's column, without its place in a query."""
    return record(item.type, item.data[:20] + bytes(4) + item.data[24:])


def _author(item: Record, scene: Scene) -> bytes:
    return record(item.type, text(stand_in(Fields(item.data).text() or "", scene)))


_POINTERS: Final[Mapping[int, Hand]] = dict.fromkeys((550, 551, 552, 562, 661), _pointer)
_HANDS: Final[Mapping[int, Hand]] = {
    **dict.fromkeys(_VALUES, _cell),
    **dict.fromkeys((_ARRAY, _SHARED), _master),
    **_POINTERS,
    478: _page,
    494: _link,
}
_GROUPS: Final[Mapping[int, tuple[int, Group]]] = {461: (462, _rules), 573: (574, _validations)}

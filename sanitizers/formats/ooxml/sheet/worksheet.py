"""Worksheets and shared strings: the few elements around by the engine, the many between by their language."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from policies.terms import Vector
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.ooxml.carry import Carrier
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import ELEMENTS, clark
from sanitizers.formats.ooxml.sheet import language
from sanitizers.formats.ooxml.sheet.constants import constants_of
from sanitizers.formats.ooxml.sheet.formulas import formulas_of
from sanitizers.formats.ooxml.sheet.freeze import Freezer
from sanitizers.formats.ooxml.sheet.language import is_proved
from sanitizers.formats.ooxml.sheet.pivots import cut_foreign_tables
from sanitizers.formats.ooxml.sheet.rewrite import MAIN, Namespaces, Rewriter
from sanitizers.formats.ooxml.sheet.rich import pictures_of
from sanitizers.formats.ooxml.sheet.rows import MAX_TREE, Rows, chunks, without_prefix
from sanitizers.parsers.opc import parse_xml

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

ROWS: Final = re.compile(rb"<((?:[A-Za-z_][\w.-]*:)?)sheetData(?:[ \t\r\n][^<>]*)?>(?<!/>)")
_STRINGS: Final = re.compile(rb"[^<]*<((?:[A-Za-z_][\w.-]*:)?)sst(?:[ \t\r\n][^<>]*)?>(?<!/>)")
_EMPTY: Final = "<sheetData/>"
_X14AC: Final = "xmlns:x14ac="


@dataclass(frozen=True, slots=True)
class Around:
    """A worksheet's copy without its rows, and what carries them."""

    above: bytes
    below: bytes
    rows: Rows
    prefix: bytes  # of its elements, colon included
    namespaces: Namespaces
    has_descent: bool
    _notes: "_Notes"

    def tell(self, scene: Scene) -> None:
        """Tell what did not come along of the rows, once they are written."""
        self._notes.tell(scene)


def carry_around(skeleton: bytes, scene: Scene, *, is_large: bool = False) -> Around:
    """What stands around the rows of a worksheet, whose sheetData is empty here. Raises MalformedError.

    A link whose address stands in a cell is cut in a large sheet: its rows go by in pieces.
    """
    cut_foreign_tables(scene)
    notes = _Notes()
    root = parse_xml(skeleton)
    text = _carried(root, scene)
    if len(list(root.iter(f"{{{MAIN}}}sheetData"))) != 1 or text.count(_EMPTY) != 1:
        raise MalformedError("rows in two places, or in none")
    above, _, below = text.partition(_EMPTY)
    return Around(
        DECLARATION + above.encode() + b"<sheetData>",
        b"</sheetData>" + below.encode(),
        Rows(
            Freezer(
                formulas_of(scene),
                notes.add,
                lambda target: not is_large and constants_of(scene).hold(target, scene.key),
            ),
            notes.add,
            lambda element: _inside(element, "x:is", scene),
            pictures_of(scene).numbers,
        ),
        f"{root.prefix}:".encode() if root.prefix else b"",
        root.nsmap,
        _X14AC in above[: above.index(">")],
        notes,
    )


def write_worksheet(data: bytes, scene: Scene) -> bytes:
    """The copy of a worksheet. Raises MalformedError, LimitError."""
    data, start, end = _region(data, ROWS, b"sheetData")
    opening = ROWS.search(data) if end else None
    if opening is None:
        cut_foreign_tables(scene)
        return DECLARATION + _carried(parse_xml(data), scene).encode()
    around = carry_around(b"".join((data[: opening.start()], *_hollow(opening[1]), data[end:])), scene)
    region = around.rows.carry(data, start, end, around.namespaces, has_descent=around.has_descent)
    around.tell(scene)
    return b"".join((around.above, memoryview(data)[start:end] if region is None else region, around.below))


def write_strings(data: bytes, scene: Scene) -> bytes:
    """The copy of the shared strings. Raises MalformedError, LimitError."""
    notes = _Notes()
    data, start, end = _region(data, _STRINGS, b"sst")
    if not end:
        return DECLARATION + _carried(parse_xml(data), scene).encode()
    root = parse_xml(data[:start] + data[end:])
    text = _carried(root, scene).encode()
    above, closing = text.removesuffix(b"</sst>").removesuffix(b"/>"), b"</sst>"
    above += b"" if above.endswith(b">") else b">"  # it was written as an empty element
    between: bytes | memoryview = memoryview(data)[start:end]
    if not is_proved(language.STRINGS, data, start, end):
        region, namespaces = without_prefix(data[start:end], root.nsmap)
        rewriter = Rewriter(notes.add, lambda element: _inside(element, "x:si", scene))
        between = b"".join(rewriter.texts(chunk, namespaces) for chunk in chunks(region, b"</si>"))
    notes.tell(scene)
    return b"".join((DECLARATION, above, between, closing))


def _region(data: bytes, opening: re.Pattern[bytes], name: bytes) -> tuple[bytes, int, int]:
    """The part, and where in it the many elements begin and end; 0, 0 where it has none of them.

    A part with comments, CDATA or instructions around or among them is written out without those first.
    """
    found = opening.search(data)
    if found is None:
        return data, 0, 0
    end = data.rfind(b"</" + found[1] + name, found.end())
    if end < 0:
        return data, 0, 0
    if any(data.find(mark, *span) >= 0 for mark in (b"<!", b"<?") for span in ((0, found.end()), (end, len(data)))):
        return _region(_plain(data), opening, name)
    return data, found.end(), end


def _hollow(prefix: bytes) -> Iterator[bytes]:
    yield b"<" + prefix + b"sheetData>"


def _plain(data: bytes) -> bytes:
    if len(data) > MAX_TREE:
        raise LimitError("too large for its comments to be taken out")
    written: bytes = etree.tostring(parse_xml(data), encoding="UTF-8", xml_declaration=False)
    return written


def _carried(root: etree._Element, scene: Scene) -> str:
    if root.tag != clark(scene.part.root):
        raise MalformedError("another root than its relationship says")
    return scene.home.carried(root, scene)


def _inside(element: etree._Element, name: str, scene: Scene) -> str:
    """An element that stands among the many, without the declarations of a root."""
    written = Carrier(scene, {}).carry(element, ELEMENTS[clark(name)])
    return written.replace(f' xmlns="{MAIN}"', "", 1)


class _Notes:
    """What did not come along, counted: a sheet has more cells than a report has lines."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[Vector, str]] = Counter()

    def add(self, vector: Vector, detail: str, count: int) -> None:
        self._counts[vector, detail] += count

    def tell(self, scene: Scene) -> None:
        for (vector, detail), count in self._counts.items():
            scene.found(vector, detail=detail, count=count)

"""Rows and shared strings that are not in canonical form, written anew through a tree.

Every name and the order of attributes come from the tables of `language`; what they do not name is told and left out.
Takes a chunk of some thousand cells at a time: the slow way, for what few programs write.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Final

from lxml import etree

from policies.terms import Vector
from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.carry import escaped
from sanitizers.formats.ooxml.sheet import language
from sanitizers.formats.ooxml.vectors import OOXML_13, OOXML_58

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SML: Final = f"{{{MAIN}}}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"
_X14AC: Final = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac}"

Note = Callable[[Vector, str, int], None]
Namespaces = Mapping[str | None, str]
_Table = tuple[tuple[str, str, re.Pattern[str]], ...]


def _table(rows: language.Attributes) -> _Table:
    return tuple((name, name.replace("x14ac:", _X14AC), re.compile(value)) for name, value in rows)


_ROW: Final = _table(language.ROW)
_CELL: Final = _table(language.CELL_PLACE + language.CELL_MORE + language.CELL_POINTED)
_FORMULA: Final = _table(language.FORMULA_TYPE + language.FORMULA_MORE)
_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_PLACES: Final = ("r", "ref", "r1", "r2")


class Rewriter:
    """Writes chunks of one part anew."""

    def __init__(self, note: Note, carry_text: Callable[[etree._Element], str]) -> None:
        self._note, self._carry_text = note, carry_text

    def rewritten(self, chunk: bytes, namespaces: Namespaces) -> bytes:
        """The rows of a chunk in canonical form. Raises MalformedError."""
        return "".join(map(self._row, self._known(parsed(chunk, namespaces), "row"))).encode()

    def texts(self, chunk: bytes, namespaces: Namespaces) -> bytes:
        """The shared strings of a chunk in canonical form. Raises MalformedError."""
        return "".join(map(self._carry_text, self._known(parsed(chunk, namespaces), "si"))).encode()

    def _known(self, element: etree._Element, *names: str) -> Iterator[etree._Element]:
        for child in element:
            if child.tag in [_SML + name for name in names]:
                yield child
            else:
                self._note(OOXML_13, "unknown elements among cells", 1)

    def _row(self, row: etree._Element) -> str:
        self._unplace(row)
        opening = f"<row{self._attributes(row, _ROW)}"
        inside = "".join(map(self._cell, self._known(row, "c")))
        return f"{opening}>{inside}</row>" if inside else f"{opening}/>"

    def _unplace(self, row: etree._Element) -> None:
        """Where the cells are numbered in place of placed, they stand in the order of the file."""
        placed = [cell for cell in row.iterchildren(f"{_SML}c") if "r" in cell.attrib]
        if placed and all(_NUMBER.fullmatch(cell.get("r", "").strip()) for cell in placed):
            self._note(OOXML_58, "places of cells", len(placed))
            for cell in placed:
                del cell.attrib["r"]

    def _cell(self, cell: etree._Element) -> str:
        parts: dict[str, etree._Element] = {}
        for child in self._known(cell, "f", "v", "is"):
            if parts.setdefault(child.tag.removeprefix(_SML), child) is not child:
                self._note(OOXML_58, "a second value of a cell", 1)
        inside = ""
        if (formula := parts.get("f")) is not None:
            inside = _written("f", self._attributes(formula, _FORMULA), formula)
        if (value := parts.get("v")) is not None:
            inside += _written("v", "", value)
        if (text := parts.get("is")) is not None:
            inside += self._carry_text(text)
        opening = f"<c{self._attributes(cell, _CELL)}"
        return f"{opening}>{inside}</c>" if inside else f"{opening}/>"

    def _attributes(self, element: etree._Element, table: _Table) -> str:
        written, used = "", 0
        for name, key, form in table:
            value = element.get(key)
            if value is None:
                continue
            used += 1
            value = value.strip().upper() if name in _PLACES else value.strip()
            if form.fullmatch(value):
                written += f' {name}="{value}"'
            elif name == "r":
                raise MalformedError("a cell or row whose place is none")
            else:
                self._note(OOXML_58, f"a value of {name}", 1)
        if len(element.attrib) > used + (_SPACE in element.attrib):
            self._note(OOXML_13, "unknown attributes of cells", 1)
        return written


def _written(name: str, attributes: str, element: etree._Element) -> str:
    text = "".join(element.itertext(etree.Element)) if len(element) else element.text or ""
    if element.get(_SPACE) == "preserve":
        attributes += ' xml:space="preserve"'
    return f"<{name}{attributes}>{escaped(text)}</{name}>" if text else f"<{name}{attributes}/>"


def parsed(chunk: bytes, namespaces: Namespaces) -> etree._Element:
    """A chunk of rows as a tree, the prefixes of its document being in force. Raises MalformedError."""
    said = "".join(
        f' xmlns{":" + prefix if prefix else ""}="{escape(uri)}"' for prefix, uri in namespaces.items() if uri
    )
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(f"<sheetData{said}>".encode() + chunk + b"</sheetData>", parser)
    except etree.XMLSyntaxError as error:
        raise MalformedError("rows that are no XML") from error

"""Tracked changes: kept as people read them with authors as the policy says, or accepted (OOXML-46).

Accepting leaves what the document would say once all its changes are accepted: insertions stay, deletions go, and a
deleted paragraph mark joins its paragraph to the next.

Source: ISO/IEC 29500-1:2016, 17.13.5. Accepting is idempotent: it leaves no mark of a change.
"""

from typing import Any, Final

from sanitizers.formats.ooxml.word.names import W14, W, w

STORED: Final = (*w("ins", "moveTo"), W14 + "conflictIns")  # what they hold stays
DELETED: Final = (*w("del", "moveFrom"), W14 + "conflictDel")  # what they hold goes
_FORMER: Final = w(  # how something was before: 17.13.5.17, .29 to .38
    *("rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "tblPrExChange", "trPrChange", "tcPrChange"),
    *("tblGridChange", "numberingChange"),
)
_RANGES: Final = w(
    *("moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd"),
    *("customXmlInsRangeStart", "customXmlInsRangeEnd", "customXmlDelRangeStart", "customXmlDelRangeEnd"),
    *(
        "customXmlMoveFromRangeStart",
        "customXmlMoveFromRangeEnd",
        "customXmlMoveToRangeStart",
        "customXmlMoveToRangeEnd",
    ),
)
_CELLS: Final = w("cellIns", "cellDel", "cellMerge")
_DELETED_TEXT: Final = w("delText", "delInstrText")
CHANGES: Final = STORED + DELETED + _FORMER + _RANGES + _CELLS  # every element that marks a change
AUTHORED: Final = tuple(name for name in CHANGES if not name.endswith("RangeEnd"))

_PARAGRAPH: Final = W + "p"
_PARAGRAPH_PROPERTIES: Final = W + "pPr"
_RUN_PROPERTIES: Final = W + "rPr"
_ROW: Final = W + "tr"
_ROW_PROPERTIES: Final = W + "trPr"
_CELL: Final = W + "tc"
_CELL_DELETED: Final = W + "cellDel"
_TABLE: Final = W + "tbl"
_MARKED: Final = frozenset((_RUN_PROPERTIES, _ROW_PROPERTIES))


def accept(root: Any) -> int:
    """Accept every change below this element, in place; how many there were."""
    found = [mark for mark in root.iter(*CHANGES) if mark.getparent() is not None]
    for mark in found:
        _accept_one(mark)
    return len(found) + _as_kept_text(root)


def _accept_one(mark: Any) -> None:
    parent = mark.getparent()
    if parent is None:
        return  # went with what it stood in
    if parent.tag in _MARKED:
        parent.remove(mark)
        if mark.tag in DELETED and parent.tag == _ROW_PROPERTIES:
            _remove_row(parent.getparent())
        elif mark.tag in DELETED and parent.getparent().tag == _PARAGRAPH_PROPERTIES:
            _join_to_next(parent.getparent().getparent())
    elif mark.tag in STORED:
        place = parent.index(mark)
        parent[place : place + 1] = list(mark)
    elif mark.tag == _CELL_DELETED:
        cell = parent.getparent()
        if cell is not None and cell.tag == _CELL and cell.getparent() is not None and _others(cell, _CELL):
            cell.getparent().remove(cell)
        else:
            parent.remove(mark)
    else:
        parent.remove(mark)


def _remove_row(row: Any) -> None:
    table = row.getparent() if row is not None and row.tag == _ROW else None
    if table is None:
        return
    if _others(row, _ROW) or table.tag != _TABLE or table.getparent() is None:
        table.remove(row)
    else:
        table.getparent().remove(table)


def _others(element: Any, tag: str) -> bool:
    return any(child is not element for child in element.getparent().iterchildren(tag))


def _join_to_next(paragraph: Any) -> None:
    """Put what is left of a paragraph whose mark was deleted before the text of the next one."""
    following = None if paragraph is None else paragraph.getnext()
    if following is None or following.tag != _PARAGRAPH or paragraph.tag != _PARAGRAPH:
        return
    place = 1 if len(following) and following[0].tag == _PARAGRAPH_PROPERTIES else 0
    following[place:place] = [child for child in paragraph if child.tag != _PARAGRAPH_PROPERTIES]
    paragraph.getparent().remove(paragraph)


def _as_kept_text(root: Any) -> int:
    """Deleted text that stands outside a deletion is no text that anybody sees."""
    loose = list(root.iter(*_DELETED_TEXT))
    for element in loose:
        element.getparent().remove(element)
    return len(loose)

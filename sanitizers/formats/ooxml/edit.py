"""Edits: each element that a room's rules name is judged in the source tree, before the schema carries what is left."""

from collections.abc import Mapping
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml import refused
from sanitizers.formats.ooxml.rules import DROP, UNWRAP, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import PREFIXES

_CHOICE: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Choice"


def apply_edits(root: etree._Element, edits: Mapping[str, Edit], scene: Scene) -> None:
    """Every element that an edit is written for, in the order of the document, but in what is left out anyway."""
    scene.is_judging = True
    waiting = [element for element in root.iter(*edits) if element is not root]
    waiting.reverse()
    listed = set(waiting)
    while waiting:
        element = waiting.pop()
        if not _is_carried(element, root):
            continue
        answer = edits[element.tag](element, scene)
        if answer is None:
            continue
        if answer is DROP:
            _replace(element, [])
        elif answer is UNWRAP:
            _replace(element, list(element))
        else:
            _replace(element, list(answer))
            inner = [one for top in answer for one in top.iter(*edits) if one is not top and one not in listed]
            waiting += reversed(inner)
            listed.update(inner)
    scene.is_judging = False


def _is_carried(element: etree._Element, root: etree._Element) -> bool:
    """Whether the element still stands in the tree, outside of everything that the tables refuse."""
    place: etree._Element | None = element
    while place is not None and place is not root:
        if place.tag in refused.ELEMENTS or (place.tag == _CHOICE and not _is_understood(place)):
            return False
        place = place.getparent()
    return place is root


def _is_understood(choice: etree._Element) -> bool:
    return all(choice.nsmap.get(prefix, "") in PREFIXES for prefix in choice.get("Requires", "?").split())


def _replace(element: etree._Element, others: list[etree._Element]) -> None:
    """Put others in an element's place. Text behind it stays with what stands before it."""
    parent = element.getparent()
    if parent is None:
        return
    tail, element.tail = element.tail, None
    at = parent.index(element)
    parent[at : at + 1] = others
    if tail:
        before = parent[at + len(others) - 1] if at + len(others) > 0 else None
        if before is None:
            parent.text = (parent.text or "") + tail
        else:
            before.tail = (before.tail or "") + tail

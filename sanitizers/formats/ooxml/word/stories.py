"""What is done to each story of a document before it is carried: body, headers, footers, notes, comments, text boxes.

Nothing here writes: the tree as it came is made simpler in place, and what is left of it is still held to the schema.
Source: ISO/IEC 29500-1:2016, 17.
"""

from collections import defaultdict
from typing import Any, Final

from policies.terms import Action, Vector
from sanitizers.formats.fieldtypes import Link
from sanitizers.formats.ooxml.links import web_link
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.vectors import OOXML_20, OOXML_45, OOXML_46, OOXML_48, OOXML_74, OOXML_76
from sanitizers.formats.ooxml.word import hidden, objects, revisions
from sanitizers.formats.ooxml.word.around import hiding_styles
from sanitizers.formats.ooxml.word.fields import Fields
from sanitizers.formats.ooxml.word.links import is_place
from sanitizers.formats.ooxml.word.names import W, w

_TRANSPARENT: Final = w("customXml", "smartTag")  # 17.5.1: mark-up around text that is not drawn
_TAGS: Final = w("customXmlPr", "smartTagPr")
_COMMENTS: Final = w("commentRangeStart", "commentRangeEnd", "commentReference")
_PERMISSIONS: Final = w("permStart", "permEnd")
_FIELD_MARKS: Final = w("fldChar", "fldSimple", "instrText", "delInstrText")
_DIRTY: Final = W + "dirty"
_AUTHOR: Final = W + "author"
_DATES: Final = (W + "date", "{http://schemas.microsoft.com/office/word/2023/wordml/word16du}dateUtc")
_VANISH: Final = W + "vanish"
_LOOKED_FOR: Final = (
    *_TRANSPARENT,
    *_COMMENTS,
    *_PERMISSIONS,
    *_FIELD_MARKS,
    *(objects.OBJECT, objects.CHUNK, objects.SUB_DOCUMENT, *objects.INNER),
    *revisions.CHANGES,
    _VANISH,
)


def prepare(root: Any, scene: Scene) -> None:
    """Make a story ready to be carried."""
    found: dict[str, list[Any]] = defaultdict(list)
    for element in root.iter(*_LOOKED_FOR):
        found[element.tag].append(element)
    _unwrap(found, scene)
    _objects(found, scene)
    _changes(root, found, scene)
    _comment_marks(found, scene)
    if any(name in found for name in _FIELD_MARKS):
        _fields(root, found, scene)
    _permissions(found, scene)
    _hidden(root, _VANISH in found, scene)


def _unwrap(found: dict[str, list[Any]], scene: Scene) -> None:
    for name in _TRANSPARENT:
        for element in found.get(name, ()):
            parent = element.getparent()
            if parent is None:
                continue
            place = parent.index(element)
            parent[place : place + 1] = [child for child in element if child.tag not in _TAGS]
        if name in found:
            scene.found(OOXML_74, detail=name.removeprefix(W), count=len(found[name]))


def _objects(found: dict[str, list[Any]], scene: Scene) -> None:
    for element in found.get(objects.OBJECT, ()):
        objects.take_apart(element, scene)
    for name in objects.INNER:
        for element in found.get(name, ()):
            if element.getparent() is not None:
                objects.take_apart(element.getparent(), scene)
    for name in (objects.CHUNK, objects.SUB_DOCUMENT):
        for element in found.get(name, ()):
            objects.replace_import(element, scene)


def _changes(root: Any, found: dict[str, list[Any]], scene: Scene) -> None:
    """Tracked changes: accepted where the policy removes them, else kept under names of its choice."""
    marks = [element for name in revisions.CHANGES for element in found.get(name, ())]
    if not marks:
        return
    if scene.job.policy.ordered(OOXML_46) >= Action.REMOVE:
        scene.found(OOXML_46, detail="accepted", count=revisions.accept(root))
        return
    changed = sum(rename(element, scene) for element in root.iter(*revisions.AUTHORED))
    if changed:
        scene.found(OOXML_46, detail="authors and dates", count=changed, at_least=Action.REWRITE)


def rename(element: Any, scene: Scene) -> bool:
    """Put the stand-in for the author of a change or comment; whether anything is new."""
    if scene.authors.are_kept:
        return False
    before = dict(element.attrib)
    if _AUTHOR in element.attrib:
        element.set(_AUTHOR, scene.authors.name(before[_AUTHOR]))
    for name in _DATES:
        element.attrib.pop(name, None)
    return dict(element.attrib) != before


def _comment_marks(found: dict[str, list[Any]], scene: Scene) -> None:
    """Where comments go, so do the places they were anchored to."""
    if scene.job.policy.ordered(OOXML_45) < Action.REMOVE:
        return
    for name in _COMMENTS:
        for element in found.get(name, ()):
            if element.getparent() is not None:
                element.getparent().remove(element)


def _fields(root: Any, found: dict[str, list[Any]], scene: Scene) -> None:
    def tell(vector: Vector, detail: str, least: Action) -> Action:
        return scene.found(vector, detail=detail, at_least=least)

    def decide(link: Link) -> Link | None:
        place, address = link.anchor, link.address
        if address.startswith("#"):  # a place within, as other programs write it
            place, address = place or address[1:], ""
        if place and not is_place(place):
            scene.found(OOXML_20, detail="anchor of a HYPERLINK field", at_least=Action.REWRITE)
            place = ""
        if not address:
            return Link("", place, link.tooltip) if place else None
        web = web_link(address)
        if web is None:
            scene.found(OOXML_20, detail="HYPERLINK field", at_least=Action.REWRITE)
            return None
        return Link(web, place, link.tooltip)

    for name in _FIELD_MARKS[:2]:
        for element in found.get(name, ()):
            if element.attrib.pop(_DIRTY, "0") not in ("0", "false", "off"):
                scene.found(OOXML_76, detail="field that is brought up to date on opening")
    Fields(tell, decide).disarm(root)


def _permissions(found: dict[str, list[Any]], scene: Scene) -> None:
    marks = [element for name in _PERMISSIONS for element in found.get(name, ())]
    for element in marks:
        if element.getparent() is not None:
            element.getparent().remove(element)
    if marks:
        scene.found(OOXML_76, detail="ranges that named people may edit", count=len(marks))


def _hidden(root: Any, has_vanish: bool, scene: Scene) -> None:
    styles = hiding_styles(scene)
    if has_vanish or styles:
        count = hidden.take_out(root, styles)
        if count:
            scene.found(OOXML_48, detail="hidden runs", count=count)

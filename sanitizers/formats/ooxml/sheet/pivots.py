"""Pivot tables: those over this workbook's cells stay, those over something outside become the cells that they show.

Source: ISO/IEC 29500-1:2016, 18.10.1.67 (pivotCacheDefinition), 18.10.1.95 (worksheetSource); row OOXML-94.
"""

from typing import Final

from lxml import etree

from policies.terms import Action
from sanitizers.formats.ooxml.parts import DOCUMENT
from sanitizers.formats.ooxml.rules import DROP, Answer, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.sheet.formulas import is_refused
from sanitizers.formats.ooxml.sheet.people import stand_in
from sanitizers.formats.ooxml.vectors import OOXML_94
from sanitizers.parsers.opc import parse_xml

_CUT: Final = "sheet.cut-caches"
_RID: Final = clark("r:id")
_TABLE: Final = DOCUMENT + "pivotTable"
_CACHE: Final = DOCUMENT + "pivotCacheDefinition"
_TRUE: Final = ("1", "true", "on")


def cut_foreign_caches(root: etree._Element, scene: Scene) -> None:
    """Take the caches out of the workbook whose values come from outside of it."""
    cut: set[str] = set()
    for cache in list(root.iter(clark("x:pivotCache"))):
        relation = scene.relation(cache.get(_RID, ""))
        if relation is None or relation.is_external or relation.target not in scene.home.package:
            continue  # the element goes where it is carried
        if _is_foreign(parse_xml(scene.home.package.xml(relation.target))):
            scene.found(OOXML_94, "pivotCache", detail="values from outside")
            cut.add(relation.target)
            del scene.relations[relation.id]
            holder = cache.getparent()
            holder.remove(cache)
            if not len(holder):
                holder.getparent().remove(holder)
    scene.state[_CUT] = frozenset(cut)


def cut_foreign_tables(scene: Scene) -> None:
    """Leave the pivot tables of a sheet behind that have lost their cache: what they show is in the cells."""
    package = scene.home.package
    for relation in list(scene.relations.values()):
        if relation.type == _TABLE and not relation.is_external and relation.target in package:
            caches = {inner.target for inner in package.relations(relation.target).values() if inner.type == _CACHE}
            if caches & scene.state.get(_CUT, frozenset()):
                scene.found(OOXML_94, package.name(relation.target), detail="values from outside")
                del scene.relations[relation.id]


def prepare_cache(root: etree._Element, scene: Scene) -> None:
    """The values that a pivot table was made of: kept by policy, never fetched again by themselves."""
    if root.attrib.pop("refreshOnLoad", "").strip().lower() in _TRUE:
        scene.found(OOXML_94, "pivotCacheDefinition/@refreshOnLoad", at_least=Action.REWRITE)
    if root.get("refreshedBy"):
        root.set("refreshedBy", stand_in(root.get("refreshedBy", ""), scene))
    if root.get(_RID) and scene.found(OOXML_94, "pivotCacheDefinition/@r:id", at_least=Action.KEEP) >= Action.REMOVE:
        root.attrib.pop(_RID)
        root.set("saveData", "0")


def without_pivot(element: etree._Element, scene: Scene) -> Answer:
    """Slicers and timelines: where a pivot table has become cells, there is nothing that they could filter."""
    return DROP if scene.state.get(_CUT) else None


def frame(element: etree._Element, scene: Scene) -> Answer:
    """A slicer's or timeline's place in a drawing."""
    slicers = element.iter(clark("sle:slicer"), clark("tsle:timeslicer"))
    return DROP if scene.state.get(_CUT) and next(slicers, None) is not None else None


def cache_field(element: etree._Element, scene: Scene) -> Answer:
    """A field that is computed from others."""
    if is_refused(element.get("formula"), scene):
        element.attrib.pop("formula")
    return None


def calculated_item(element: etree._Element, scene: Scene) -> Answer:
    """An item that is computed from others."""
    return DROP if is_refused(element.get("formula"), scene) else None


def _is_foreign(root: etree._Element) -> bool:
    source = root.find(clark("x:cacheSource"))
    if source is None or source.get("type") not in ("worksheet", "consolidation"):
        return True
    return source.get("connectionId") is not None or any(inner.get(_RID) for inner in source.iter())


EDITS: Final[dict[str, Edit]] = {
    clark(name): edit
    for names, edit in (
        ("x14:slicerCaches x14:slicerList x15:timelineCacheRefs x15:timelineRefs", without_pivot),
        ("xdr:graphicFrame", frame),
        ("x:cacheField", cache_field),
        ("x:calculatedItem", calculated_item),
    )
    for name in names.split()
}

"""What else a table cannot judge in a workbook: links, queries, pointers to parts that do not come along.

Source: ISO/IEC 29500-1:2016, 18.3.1.47 (hyperlink), 18.5.1.2 (table), 18.3.1.29 (dataRef).
"""

import re
from typing import Final

from lxml import etree

from policies.terms import Action
from sanitizers.formats.ooxml.rules import DROP, Answer, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_80, OOXML_85, OOXML_92, OOXML_96, OOXML_99

_RID: Final = clark("r:id")
_OUTSIDE: Final = re.compile(r"[\\|]|://|\[", re.ASCII)  # what no place in this workbook has in its name
_CELL: Final = re.compile(r"[A-Z]{1,3}[0-9]{1,7}", re.ASCII)
_TABLE_TYPES: Final = {"queryTable": OOXML_85, "xml": OOXML_96}


def hyperlink(element: etree._Element, scene: Scene) -> Answer:
    """A cell's link: to the web as the policy says, or to a place in this workbook.

    One that may not stay leads to its own cell, so that its tip and the way its text is set remain.
    """
    identifier = element.get(_RID)
    if identifier:
        relation = scene.relation(identifier)
        if relation is not None and relation.is_external and relation.target.startswith("#"):
            element.set("location", relation.target[1:])
        elif scene.relate(identifier) is not None:
            return None
        else:
            element.attrib.pop("location", None)
        element.attrib.pop(_RID)
    location = element.get("location", "")
    if location and not _OUTSIDE.search(location):
        return None
    if location or not identifier:
        scene.found(OOXML_92, element.get("ref", ""), at_least=Action.REWRITE)
    cell = _CELL.match(element.get("ref", ""))
    if cell is None:
        return DROP
    element.set("location", cell[0])
    return None


def needs_part(element: etree._Element, scene: Scene) -> Answer:
    """An element that only points to a part, and means nothing without."""
    if scene.kind == "sheet.slicers":  # of the same name, and the slicer itself
        return None
    return DROP if scene.relate(element.get(_RID, "")) is None else None


def external_references(element: etree._Element, scene: Scene) -> Answer:
    """The list of other workbooks: their formulas are frozen, the parts are told where they are met."""
    for reference in element:
        scene.relate(reference.get(_RID, ""))
    return DROP


def function_groups(element: etree._Element, scene: Scene) -> Answer:
    """Groups of a macro's functions."""
    scene.found(OOXML_99, "functionGroups")
    return DROP


def prepare_table(root: etree._Element, scene: Scene) -> None:
    """A table that a query or an XML map fills becomes one that holds what it holds."""
    vector = _TABLE_TYPES.get(root.get("tableType", ""))
    if vector is not None:
        scene.found(vector, "table/@tableType")
    for name in ("tableType", "connectionId"):
        root.attrib.pop(name, None)
    for column in root.iter(clark("x:tableColumn")):
        column.attrib.pop("queryTableFieldId", None)


def protected_range(element: etree._Element, scene: Scene) -> Answer:
    """Cells that a password opens; who may open them without is told by accounts."""
    if element.attrib.pop("securityDescriptor", None):
        scene.found(OOXML_99, "protectedRange/@securityDescriptor")
    return None


def data_source(element: etree._Element, scene: Scene) -> Answer:
    """A range to consolidate: of this workbook alone."""
    if element.get(_RID) or _OUTSIDE.search(element.get("name", "")):
        scene.found(OOXML_80, "dataRef")
        return DROP
    return None


EDITS: Final[dict[str, Edit]] = {
    clark(name): edit
    for names, edit in (
        ("x:hyperlink", hyperlink),
        ("x:drawing x:legacyDrawing x:legacyDrawingHF x:drawingHF x:picture x:tablePart x:pivotCache", needs_part),
        ("x14:slicer x14:slicerCache x15:timelineRef x15:timelineCacheRef", needs_part),
        ("x:externalReferences", external_references),
        ("x:functionGroups", function_groups),
        ("x:protectedRange x14:protectedRange", protected_range),
        ("x:dataRef", data_source),
    )
    for name in names.split()
}

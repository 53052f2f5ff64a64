"""Drawings, charts, diagrams and VML, in packages of every room: the judgement that the schema alone does not have."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.drawing.links import edit_click
from sanitizers.formats.ooxml.drawing.pictures import edit_blip, edit_image_data
from sanitizers.formats.ooxml.embedded import OLE, edit_slide_object, edit_vml_object
from sanitizers.formats.ooxml.leads import may_lead
from sanitizers.formats.ooxml.parts import DIAGRAM
from sanitizers.formats.ooxml.rules import DROP, Answer, Edit, Rules
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import ELEMENTS, NAMESPACES, clark


def needs(attribute: str) -> Edit:
    """An edit: the element means nothing without what this attribute's relationship leads to."""
    name = clark(attribute)

    def edit(element: etree._Element, scene: Scene) -> Answer:
        old_id = element.get(name, "")
        if not may_lead(ELEMENTS[element.tag].name, scene.relation(old_id)):
            return DROP
        return DROP if scene.relate(old_id) is None else None

    return edit


def name_drawing(root: etree._Element, scene: Scene) -> None:
    """Let a diagram's data name the drawing of it by its new id: a relationship of the part that shows the diagram.

    Source: [MS-ODRAWXML] 2.6.1.1 (dataModelExt).
    """
    for block in list(root.iter(clark("dsp:dataModelExt"))):
        if "minVer" in block.attrib:
            block.set("minVer", NAMESPACES["dgm"])  # of the family that we write
        old = block.get("relId", "")
        relation = None if scene.owner is None else scene.owner.relation(old)
        new = scene.owner.relate(old) if scene.owner and relation and relation.type == DIAGRAM else None
        if new is not None:
            block.set("relId", new)
        elif (parent := block.getparent()) is not None:
            parent.remove(block)


needs_relation: Final = needs("r:id")


def edit_chart(element: etree._Element, scene: Scene) -> Answer:
    """In a drawing, a chart is what its relationship leads to; in its own part it is the chart itself."""
    place = element.getparent()
    return needs_relation(element, scene) if place is not None and place.tag == clark("a:graphicData") else None


RULES: Final = Rules(
    edits={
        clark("a:blip"): edit_blip,
        clark("v:imagedata"): edit_image_data,
        clark("asvg:svgBlip"): needs("r:embed"),
        clark("a:hlinkClick"): edit_click,
        clark("c:chart"): edit_chart,
        clark("cx:chart"): edit_chart,
        clark("c:externalData"): needs_relation,
        clark("cx:externalData"): needs_relation,
        clark("c:userShapes"): needs_relation,
        OLE: edit_vml_object,
        clark("p:oleObj"): edit_slide_object,
    },
    prepares={"drawing.diagramdata": name_drawing},
)

"""Drawings, charts, diagrams and VML, in packages of every room: the judgement that the schema alone does not have."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.drawing.links import edit_click
from sanitizers.formats.ooxml.drawing.pictures import edit_blip, edit_image_data
from sanitizers.formats.ooxml.rules import DROP, Answer, Edit, Rules
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark


def needs(attribute: str) -> Edit:
    """An edit: the element means nothing without what this attribute's relationship leads to."""
    name = clark(attribute)

    def edit(element: etree._Element, scene: Scene) -> Answer:
        return DROP if scene.relate(element.get(name, "")) is None else None

    return edit


needs_relation: Final = needs("r:id")

RULES: Final = Rules(
    edits={
        clark("a:blip"): edit_blip,
        clark("v:imagedata"): edit_image_data,
        clark("asvg:svgBlip"): needs("r:embed"),
        clark("a:hlinkClick"): edit_click,
        clark("c:externalData"): needs_relation,
        clark("cx:externalData"): needs_relation,
        clark("c:userShapes"): needs_relation,
        clark("dsp:dataModelExt"): needs("relId"),
    }
)

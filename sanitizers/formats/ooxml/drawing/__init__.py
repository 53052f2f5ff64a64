"""Drawings, charts, diagrams and VML, in packages of every room: the judgement that the schema alone does not have."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.rules import DROP, Answer, Rules
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark

_R_ID: Final = clark("r:id")


def needs_relation(element: etree._Element, scene: Scene) -> Answer:
    """An element that means nothing without what its r:id leads to."""
    return DROP if scene.relate(element.get(_R_ID, "")) is None else None


RULES: Final = Rules(edits={clark("c:externalData"): needs_relation, clark("cx:externalData"): needs_relation})

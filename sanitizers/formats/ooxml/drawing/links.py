"""What a click on a shape or text does: to the web, or to another slide; nothing else (OOXML-19, OOXML-20, OOXML-110).

Source: ISO/IEC 29500-1:2016, 21.1.2.3.5 (hlinkClick); [MS-OE376] 2.1.1182 (the actions that PowerPoint knows).
"""

import re
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.rules import DROP, Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_110

_R_ID: Final = clark("r:id")
_SLIDE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide"
_JUMP: Final = "ppaction://hlinksldjump"
_ALONE: Final = re.compile(
    r"ppaction://(?:noaction|hlinkshowjump\?jump=(?:nextslide|previousslide|firstslide|lastslide|lastslideviewed|endshow))"
)


def edit_click(element: etree._Element, scene: Scene) -> Answer:
    """A click that may be carried: an action within the presentation, or a link that is kept."""
    action = element.get("action", "")
    relation = scene.relation(element.get(_R_ID, ""))
    if action == _JUMP:
        is_inside = relation is not None and relation.type == _SLIDE and scene.relate(relation.id) is not None
        return None if is_inside else _cut(scene)
    if _ALONE.fullmatch(action):
        element.set(_R_ID, "")
        return None
    if action:
        return _cut(scene)
    return None if relation is not None and scene.relate(relation.id) is not None else DROP


def _cut(scene: Scene) -> Answer:
    scene.found(OOXML_110, "a:hlinkClick")
    return DROP

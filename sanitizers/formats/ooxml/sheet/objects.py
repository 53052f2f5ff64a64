"""Objects in a sheet: embedded documents stay behind their picture, of others the picture alone (OOXML-08, 09).

Source: ISO/IEC 29500-1:2016, 18.3.1.59 (oleObject), 18.3.1.56 (objectPr).
"""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.embedded import program_of
from sanitizers.formats.ooxml.parts import IMAGE
from sanitizers.formats.ooxml.rules import DROP, Answer, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_08, OOXML_10

_OBJECTS: Final = clark("x:oleObjects")
_OBJECT: Final = clark("x:oleObject")
_SHOWN_BY: Final = clark("x:objectPr")
_R_ID: Final = clark("r:id")
_KEPT_SHAPES: Final = "sheet.objects "  # by sheet: ids of the shapes behind which a document stays


def kept_shapes(sheet: Scene | None) -> frozenset[str]:
    """Ids of the sheet's shapes that show an embedded document."""
    return frozenset() if sheet is None else frozenset(sheet.state.get(_KEPT_SHAPES + sheet.key, ()))


def _objects(element: etree._Element, scene: Scene) -> Answer:
    """The objects of a sheet, each in one version or in two."""
    kept: set[str] = set()
    for one in list(element.iter(_OBJECT)):
        if _shows_document(one, scene):
            kept.add(f"_x0000_s{one.get('shapeId', '')}")
            continue
        scene.found(OOXML_10 if one.get("link") else OOXML_08, "x:oleObject", detail="its picture stays")
        parent = one.getparent()
        assert parent is not None
        parent.remove(one)
    for branch in [child for child in element if next(child.iter(_OBJECT), None) is None]:
        element.remove(branch)
    scene.state[_KEPT_SHAPES + scene.key] = kept
    return None if kept else DROP


def _shows_document(one: etree._Element, scene: Scene) -> bool:
    if one.get("link") or one.get("oleUpdate"):
        return False
    program = program_of(one.get("progId", ""), one.get(_R_ID, ""), scene)
    if program is None:
        return False
    one.set("progId", program)
    one.attrib.pop("autoLoad", None)
    return True


def _shown_by(element: etree._Element, scene: Scene) -> Answer:
    """How an object is shown: by a picture."""
    element.attrib.pop("dde", None)
    relation = scene.relation(element.get(_R_ID, ""))
    if relation is None or relation.type != IMAGE:
        element.attrib.pop(_R_ID, None)
    return None


EDITS: Final[dict[str, Edit]] = {_OBJECTS: _objects, _SHOWN_BY: _shown_by}

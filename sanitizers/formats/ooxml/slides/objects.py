"""Objects and controls on slides: the picture that they show stays (OOXML-06, OOXML-08, OOXML-10, OOXML-116).

Behind the picture of an embedded document stays the document as it was rebuilt (OOXML-09).

Source: ISO/IEC 29500-1:2016, 19.3.1.21 (graphicFrame), 19.3.2.4 (oleObj), 19.3.2.1 (control).
"""

from copy import deepcopy
from functools import partial
from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.drawing.vml import Shown, shown_for
from sanitizers.formats.ooxml.embedded import program_of
from sanitizers.formats.ooxml.rules import DROP, Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_06, OOXML_08, OOXML_10, OOXML_51, OOXML_116

_OBJECT: Final = clark("p:oleObj")
_CHART: Final = f"{clark('a:graphic')}/{clark('a:graphicData')}/{clark('c:chart')}"
_CONTROL: Final = clark("p:control")
_LINK: Final = clark("p:link")
_PIC: Final = clark("p:pic")
_BLIP: Final = clark("a:blip")
_BLIP_FILL: Final = clark("p:blipFill")
_TREE: Final = clark("p:spTree")
_EMBED: Final = clark("r:embed")
_R_ID: Final = clark("r:id")
_KEPT: Final = ("name", _R_ID, "imgW", "imgH", "progId", "showAsIcon")


def edit_frame(element: etree._Element, scene: Scene) -> Answer:
    """A frame that holds an object becomes a picture of the same name, place and size; one without its chart goes.

    A frame that holds an embedded document stays one, written in one way for every reader.
    """
    if any(scene.relate(chart.get(_R_ID, "")) is None for chart in element.iterfind(_CHART)):
        scene.found(OOXML_51, "p:graphicFrame", detail="a chart that leads nowhere")
        return DROP
    objects = list(element.iter(_OBJECT))
    if not objects:
        return None
    if _shows_document(objects, scene):
        return [_with_document(element, objects, scene)]
    for one in objects:
        is_link = one.find(_LINK) is not None
        scene.found(OOXML_10 if is_link else OOXML_08, "p:oleObj", detail="its picture stays")
        relation = scene.relation(one.get(_R_ID, ""))
        if relation is not None and relation.is_external:
            scene.relate(relation.id)
    scene.found(OOXML_116, "p:graphicFrame")
    return [_picture(element, objects, scene)]


def _shows_document(objects: list[etree._Element], scene: Scene) -> bool:
    """Whether all versions of the object are one embedded document that comes along."""
    if len({one.get(_R_ID, "") for one in objects}) > 1 or any(one.find(_LINK) is not None for one in objects):
        return False
    return program_of(objects[0].get("progId", ""), objects[0].get(_R_ID, ""), scene) is not None


def _with_document(frame: etree._Element, objects: list[etree._Element], scene: Scene) -> etree._Element:
    """The frame with the newest version of its object: program, document and picture side by side."""
    newest = objects[-1]
    shown = _picture(frame, objects, scene)
    for properties in shown.iterfind(f"{clark('p:nvPicPr')}/*"):
        if properties.tag == clark("p:cNvPr"):
            properties.attrib.clear()
            properties.attrib.update({"id": "0", "name": ""})
        for child in list(properties) if properties.tag != clark("p:cNvPicPr") else ():
            properties.remove(child)
    kept = etree.Element(_OBJECT, {name: newest.get(name, "") for name in _KEPT if newest.get(name)})
    etree.SubElement(kept, clark("p:embed"))
    kept.append(shown)
    data = frame.find(f"{clark('a:graphic')}/{clark('a:graphicData')}")
    assert data is not None
    data[:] = [kept]
    return frame


def keep_controls(root: etree._Element, scene: Scene) -> None:
    """The pictures of controls, put on top of the slide; the controls themselves are refused by the table."""
    tree = next(root.iter(_TREE), None)
    seen: set[str] = set()
    for control in list(root.iter(_CONTROL)):
        shape_id = control.get("spid", "")
        if tree is None or shape_id in seen:
            continue
        pic = control.find(_PIC)
        if pic is None and (shown := shown_for(shape_id, scene)) is not None:
            pic = _drawn(shape_id, shown, scene)
        if pic is None:
            continue
        seen.add(shape_id)
        scene.found(OOXML_06, "p:control", detail="its picture stays")
        tree.append(pic)


def _drawn(shape_id: str, shown: Shown, scene: Scene) -> etree._Element | None:
    """A control of PowerPoint 2007, whose picture and place are in the VML drawing alone."""
    if shown.place is None:
        return None
    left, top, width, height = map(str, shown.place)
    place = etree.Element(clark("a:xfrm"))
    etree.SubElement(place, clark("a:off"), x=left, y=top)
    etree.SubElement(place, clark("a:ext"), cx=width, cy=height)
    fill = _filled_with(scene.make(f"sekisho-vml-{shape_id}", partial(scene.home.picture, scene, shown.picture)))
    return _assembled(None, fill, list(place))


def _picture(frame: etree._Element, objects: list[etree._Element], scene: Scene) -> etree._Element:
    shown = next((pic for one in objects if (pic := one.find(_PIC)) is not None), None)
    place = [deepcopy(part) for part in frame.iterfind(clark("p:xfrm") + "/*")]
    return _assembled(frame.find(clark("p:nvGraphicFramePr")), _fill(shown, objects, frame, scene), place)


def _assembled(properties: etree._Element | None, fill: etree._Element, place: list[etree._Element]) -> etree._Element:
    """A picture with the name that its frame had, if it had one."""
    picture = etree.Element(_PIC)
    named = etree.SubElement(picture, clark("p:nvPicPr"))
    own = None if properties is None else properties.find(clark("p:cNvPr"))
    named.append(etree.Element(clark("p:cNvPr"), id="0", name="") if own is None else deepcopy(own))
    locks = etree.SubElement(named, clark("p:cNvPicPr"))
    etree.SubElement(locks, clark("a:picLocks"), noChangeAspect="1")
    placed = None if properties is None else properties.find(clark("p:nvPr"))
    named.append(etree.Element(clark("p:nvPr")) if placed is None else deepcopy(placed))
    picture.append(fill)
    shape = etree.SubElement(picture, clark("p:spPr"))
    etree.SubElement(shape, clark("a:xfrm")).extend(place)
    geometry = etree.SubElement(shape, clark("a:prstGeom"), prst="rect")
    etree.SubElement(geometry, clark("a:avLst"))
    return picture


def _fill(
    shown: etree._Element | None, objects: list[etree._Element], frame: etree._Element, scene: Scene
) -> etree._Element:
    """The picture's own fill, or that of the shape in the VML drawing, or the placeholder."""
    fill = None if shown is None else shown.find(_BLIP_FILL)
    if fill is not None and fill.find(_BLIP) is not None:
        return deepcopy(fill)
    return _filled_with(_shape_picture(objects, frame, scene))


def _filled_with(relation: str) -> etree._Element:
    fill = etree.Element(_BLIP_FILL)
    etree.SubElement(fill, _BLIP).set(_EMBED, relation)
    etree.SubElement(etree.SubElement(fill, clark("a:stretch")), clark("a:fillRect"))
    return fill


def _shape_picture(objects: list[etree._Element], frame: etree._Element, scene: Scene) -> str:
    for shape_id in [one.get("spid", "") for one in objects]:
        shown = shown_for(shape_id, scene)
        if shown is not None:
            return scene.make(f"sekisho-vml-{shape_id}", partial(scene.home.picture, scene, shown.picture))
    size = frame.find(clark("p:xfrm") + "/" + clark("a:ext"))
    sides = ("0", "0") if size is None else (size.get("cx", "0"), size.get("cy", "0"))
    return scene.placeholder(*(int(side) if side.isdecimal() else 0 for side in sides))

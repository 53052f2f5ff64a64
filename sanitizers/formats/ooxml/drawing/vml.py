"""VML: how it is read, and the pictures that stand in it for objects of newer mark-up.

Source: ISO/IEC 29500-4:2016, 19 (VML); what Excel itself writes, which is not always well-formed.
"""

import re
from typing import Any, Final, NamedTuple

from lxml import etree

from sanitizers.errors import InputError, MalformedError
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import NAMESPACES, clark
from sanitizers.parsers.opc import Relation, parse_xml

VML_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing"

_EMU_PER_POINT: Final = 12_700
_OPEN_BREAK: Final = re.compile(rb"<br\s*>", re.IGNORECASE)
_CONDITION: Final = re.compile(rb"<!\[(?:if [^\[\]<>]{1,60}|endif)\]>")  # for readers older than Office 2000
_ROOT: Final = re.compile(rb"<xml\b[^<>]*>")
_USUAL: Final = {  # 29500-4, 19
    "v": NAMESPACES["v"],
    "o": NAMESPACES["o"],
    "x": NAMESPACES["xvml"],
    "r": NAMESPACES["r"],
}
_NUMBER: Final = re.compile(r"_x0000_[a-z](\d{1,9})\Z")  # how slides name a shape
_SIDE: Final = re.compile(r"(?:^|;)\s*(left|top|width|height)\s*:\s*(-?\d{1,6}(?:\.\d{1,6})?)pt")
_SPID: Final = clark("o:spid")
_IMAGE: Final = clark("v:imagedata")
_IDS: Final = (clark("o:relid"), clark("r:id"))


def parse_vml(data: bytes) -> etree._Element:
    """The tree of a VML part. Office writes line breaks without an end, and conditions that are no XML.

    Others leave out the declaration of a prefix that everybody knows.
    """
    try:
        return parse_xml(data)
    except MalformedError:
        plain = _CONDITION.sub(b"", _OPEN_BREAK.sub(b"<br/>", data))
        return parse_xml(_ROOT.sub(_with_usual_prefixes, plain, count=1))


def _with_usual_prefixes(root: re.Match[bytes]) -> bytes:
    missing = (prefix for prefix in _USUAL if f"xmlns:{prefix}=".encode() not in root[0])
    said = "".join(f' xmlns:{prefix}="{_USUAL[prefix]}"' for prefix in missing)
    return b"<xml" + said.encode() + root[0].removeprefix(b"<xml")


class Shown(NamedTuple):
    """A shape's picture, and where it stands."""

    picture: Relation  # of the VML part
    place: tuple[int, int, int, int] | None  # left, top, width, height in EMU, where all four are said in points


def shown_for(shape_id: str, scene: Scene) -> Shown | None:
    """What the VML drawings of this part show for a shape, by its id or by the number that slides have for it."""
    known = scene.state.setdefault(f"drawing.vml {scene.key}", None)
    if known is None:
        known = scene.state[f"drawing.vml {scene.key}"] = _shown(scene)
    found: Shown | None = known.get(shape_id)
    return found


def _shown(scene: Scene) -> dict[str, Shown]:
    package = scene.home.package
    found: dict[str, Shown] = {}
    for relation in scene.relations.values():
        if relation.type != VML_RELATION or relation.is_external or relation.target not in package:
            continue
        try:
            root, relations = parse_vml(package.xml(relation.target)), package.relations(relation.target)
        except InputError:
            continue  # told where the part itself is carried
        for image in root.iter(_IMAGE):
            shape = image.getparent()
            target = next((relations[image.get(name, "")] for name in _IDS if image.get(name, "") in relations), None)
            if shape is not None and target is not None and not target.is_external and target.target in package:
                shown = Shown(target, _place(shape.get("style", "")))
                for name in _names(shape):
                    found.setdefault(name, shown)
    return found


def _names(shape: Any) -> list[str]:
    names = [shape.get(key, "") for key in ("id", _SPID)]
    return [*names, *(number[1] for name in names if (number := _NUMBER.match(name)))]


def _place(style: str) -> tuple[int, int, int, int] | None:
    sides = {side: round(float(points) * _EMU_PER_POINT) for side, points in _SIDE.findall(style)}
    if len(sides) < 4 or sides["width"] <= 0 or sides["height"] <= 0:
        return None
    return sides["left"], sides["top"], sides["width"], sides["height"]

"""VML: how it is read, and the pictures that stand in it for objects of newer mark-up.

Source: ISO/IEC 29500-4:2016, 19 (VML); what Excel itself writes, which is not always well-formed.
"""

import re
from typing import Final

from lxml import etree

from sanitizers.errors import InputError, MalformedError
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.parsers.opc import Relation, parse_xml

VML_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/vmlDrawing"

_OPEN_BREAK: Final = re.compile(rb"<br\s*>", re.IGNORECASE)
_IMAGE: Final = clark("v:imagedata")
_IDS: Final = (clark("o:relid"), clark("r:id"))


def parse_vml(data: bytes) -> etree._Element:
    """The tree of a VML part. Line breaks without an end, as Excel writes them, are taken for empty elements."""
    try:
        return parse_xml(data)
    except MalformedError:
        return parse_xml(_OPEN_BREAK.sub(b"<br/>", data))


def picture_of(shape_id: str, scene: Scene) -> Relation | None:
    """The picture that the VML drawings of this part show for a shape; a relationship of the VML part."""
    known = scene.state.setdefault(f"drawing.vml {scene.key}", None)
    if known is None:
        known = scene.state[f"drawing.vml {scene.key}"] = dict(_pictures(scene))
    found: Relation | None = known.get(shape_id)
    return found


def _pictures(scene: Scene) -> list[tuple[str, Relation]]:
    package = scene.home.package
    found: list[tuple[str, Relation]] = []
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
                found.append((shape.get("id", ""), target))
    return found

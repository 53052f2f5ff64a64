"""Pictures by reference: one that is linked instead of embedded gets a drawn placeholder (OOXML-18)."""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.rules import Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_18

_EMBED: Final = clark("r:embed")
_LINK: Final = clark("r:link")
_R_ID: Final = clark("r:id")
_RELID: Final = clark("o:relid")
_HREF: Final = clark("r:href")


def edit_blip(element: etree._Element, scene: Scene) -> Answer:
    """A picture's reference. Without a picture in the package it is one of ours."""
    link = element.attrib.pop(_LINK, None)
    if link:
        scene.found(OOXML_18, "a:blip")
        relation = scene.relation(link)
        if relation is not None and relation.is_external:
            scene.relate(link)  # told as what it is, with its place
    embedded = element.get(_EMBED)
    if (embedded and scene.relate(embedded) is None) or (link and not embedded):
        element.set(_EMBED, scene.placeholder())
    return None


def edit_image_data(element: etree._Element, scene: Scene) -> Answer:
    """The same in VML, where the address may stand in several attributes."""
    ids = [element.get(name) for name in (_R_ID, _RELID) if element.get(name)]
    had_link = any(element.get(name) for name in (_HREF, "src", clark("o:href"), clark("o:althref")))
    if had_link and not ids:
        element.set(_R_ID, scene.placeholder())
    return None

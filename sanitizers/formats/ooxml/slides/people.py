"""Who wrote a comment: stand-ins for names, nothing that leads to an account (OOXML-121).

Source: ISO/IEC 29500-1:2016, 19.4.3 (cmAuthor); [MS-PPTX] 2.6.87 (modern comments' authors).
"""

from lxml import etree

from policies.terms import Action
from sanitizers.formats.ooxml.rules import Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.vectors import OOXML_121


def edit_author(element: etree._Element, scene: Scene) -> Answer:
    """An author of comments, by either list."""
    if scene.authors.are_kept:
        return None
    name = element.get("name", "")
    stand_in, initials = scene.authors.name(name), scene.authors.initials(name, element.get("initials", ""))
    wanted = {"name": stand_in, "initials": initials}
    if "userId" in element.attrib:
        wanted |= {"userId": stand_in, "providerId": "None"}
    if any(element.get(key) != value for key, value in wanted.items()):
        scene.found(OOXML_121, "author", at_least=Action.REWRITE)
        for key, value in wanted.items():
            element.set(key, value)
    return None

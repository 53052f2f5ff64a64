"""The people in a workbook: who commented, who takes part in threads, who refreshed and who tried (OOXML-45).

Source: ISO/IEC 29500-1:2016, 18.7.2 (author), 18.3.1.73 (scenario); [MS-XLSX] 2.6.203 (person).
"""

import re
from typing import Final

from lxml import etree

from policies.terms import Action
from sanitizers.formats.ooxml.rules import Answer, Edit
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_45

_THREAD: Final = re.compile(r"tc=\{[0-9A-Fa-f-]{36}\}")  # [MS-XLSX] 2.6.205: a comment that stands for a thread


def stand_in(name: str, scene: Scene) -> str:
    """What stands in a person's place, by policy; that it does is told."""
    new: str = scene.authors.name(name)
    if new != name:
        scene.found(OOXML_45, at_least=Action.REWRITE)
    return new


def author(element: etree._Element, scene: Scene) -> Answer:
    """A comment's author. Readers join a thread to its comment by an author's name that is none."""
    if element.text and not (scene.authors.are_named and _THREAD.fullmatch(element.text)):
        element.text = stand_in(element.text, scene)
    return None


def person(element: etree._Element, scene: Scene) -> Answer:
    """Someone who takes part in threads: without account and service, unless the policy keeps them."""
    element.set("displayName", stand_in(element.get("displayName", ""), scene))
    if not scene.authors.are_kept:
        element.set("userId", element.get("displayName", ""))
        element.set("providerId", "None")
    return None


def scenario(element: etree._Element, scene: Scene) -> Answer:
    """A set of values to try, with the name of who made it."""
    if element.get("user"):
        element.set("user", stand_in(element.get("user", ""), scene))
    return None


EDITS: Final[dict[str, Edit]] = {
    clark("x:author"): author,
    clark("xltc:person"): person,
    clark("x:scenario"): scenario,
}

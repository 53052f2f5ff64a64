"""Links around text: to a place in the document, to the web, or no link any more (OOXML-19, OOXML-20).

Source: ISO/IEC 29500-1:2016, 17.16.22.
"""

import re
from typing import Any, Final

from policies.terms import Action
from sanitizers.formats.ooxml.rules import UNWRAP, Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.vectors import OOXML_20
from sanitizers.formats.ooxml.word.names import R, W

HYPERLINK: Final = W + "hyperlink"
_ID: Final = R + "id"
_ANCHOR: Final = W + "anchor"
_FRAME: Final = W + "tgtFrame"
_FRAMES: Final = frozenset(("_blank", "_self", "_top", "_parent"))

_NO_PLACE: Final = re.compile(r"[\x00-\x1f\x7f\\|\[\]\"<>]|//|[A-Za-z]\s*:|^.{256}", re.DOTALL)


def is_place(text: str) -> bool:
    """Whether this can be the name of a place in the document, and no address."""
    return bool(text) and not _NO_PLACE.search(text)


def edit_hyperlink(element: Any, scene: Scene) -> Answer:
    """Keep a link that leads somewhere it may lead to; of any other its text."""
    old = element.get(_ID)
    if old:
        relation = scene.relation(old)
        if relation is not None and relation.target.startswith("#"):  # written by other programs for a place within
            del element.attrib[_ID]
            if _ANCHOR not in element.attrib:
                element.set(_ANCHOR, relation.target[1:])
        elif scene.relate(old) is None:
            del element.attrib[_ID]
    if not is_place(element.get(_ANCHOR, "-")):
        scene.found(OOXML_20, detail="anchor", at_least=Action.REWRITE)
        del element.attrib[_ANCHOR]
    element.attrib.pop(W + "docLocation", None)
    if element.get(_FRAME, "_self") not in _FRAMES:
        del element.attrib[_FRAME]
    if not element.get(_ID) and not element.get(_ANCHOR):
        return UNWRAP
    return None

"""What one part has to know of others before it is carried: styles that hide text, numbers of commented paragraphs.

Read from the package as it came, once, whatever the order in which its parts are carried.
"""

from typing import Any, Final

from sanitizers.formats.ooxml.parts import DOCUMENT
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.word.hidden import hidden_styles
from sanitizers.formats.ooxml.word.names import W14, W
from sanitizers.parsers.opc import parse_xml

PARAGRAPH_ID: Final = W14 + "paraId"
_HIDING: Final = "word.styles that hide"
_NUMBERED: Final = "word.numbers of paragraphs in comments"


def hiding_styles(scene: Scene) -> frozenset[str]:
    """Ids of the styles that hide text."""
    if _HIDING not in scene.state:
        data = _beside_main(scene, "styles")
        scene.state[_HIDING] = hidden_styles(parse_xml(data)) if b"vanish" in data else frozenset()
    found: frozenset[str] = scene.state[_HIDING]
    return found


def comment_numbers(scene: Scene) -> dict[str, str]:
    """New ids of the paragraphs in comments by their old ones: replies refer to them."""
    if _NUMBERED not in scene.state:
        data = _beside_main(scene, "comments")
        root: Any = parse_xml(data) if b"paraId" in data else ()
        found: dict[str, str] = {}
        for paragraph in root.iter(W + "p") if len(root) else ():
            old = paragraph.get(PARAGRAPH_ID, "").upper()
            if old:
                found.setdefault(old, f"{len(found) + 1:08X}")
        scene.state[_NUMBERED] = found
    numbers: dict[str, str] = scene.state[_NUMBERED]
    return numbers


def _beside_main(scene: Scene, relation: str) -> bytes:
    """The XML of the part that the main document has this relationship to; empty where there is none."""
    package = scene.home.package
    for root in package.relations("").values():
        if root.type != DOCUMENT + "officeDocument" or root.is_external or root.target not in package:
            continue
        for found in package.relations(root.target).values():
            if found.type == DOCUMENT + relation and not found.is_external and found.target in package:
                return package.xml(found.target)
    return b""

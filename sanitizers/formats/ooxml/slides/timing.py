"""Animations: commands, sound and film go; what is left of the tree stays whole (OOXML-111, OOXML-112, OOXML-117).

Source: ISO/IEC 29500-1:2016, 19.5 (animation): a list of child nodes holds at least one.
"""

from typing import Final

from lxml import etree

from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_111, OOXML_112, OOXML_117

_REMOVED: Final = {
    clark("p:cmd"): OOXML_111,
    clark("p:audio"): OOXML_117,
    clark("p:video"): OOXML_117,
    clark("p:sndAc"): OOXML_112,
}
_LISTS: Final = frozenset({clark("p:childTnLst"), clark("p:subTnLst")})
_TIMING: Final = clark("p:timing")
_NODE_LIST: Final = clark("p:tnLst")


def prune_timing(root: etree._Element, scene: Scene) -> None:
    """Take out what acts or plays, and each list of nodes that is empty for it."""
    for element in list(root.iter(*_REMOVED)):
        scene.found(_REMOVED[element.tag], etree.QName(element).localname)
        _remove(element)


def _remove(element: etree._Element) -> None:
    """Take an element out, with the lists and nodes that it leaves without a child."""
    while True:
        parent = element.getparent()
        if parent is None:
            return
        parent.remove(element)
        if len(parent):
            return
        if parent.tag in _LISTS:
            node = parent.getparent()  # the common part of a node: the node itself goes with it
            holder = None if node is None else node.getparent()
            if holder is None or holder.getparent() is None:
                return
            element = holder
        elif parent.tag in (_NODE_LIST, _TIMING):
            element = parent
        else:
            return

"""Objects of other programs and documents drawn in from elsewhere: the picture or a line of text stays in their place.

Source: ISO/IEC 29500-1:2016, 17.3.3.19 (object), 17.3.3.3 (control), 17.17.2.1 (altChunk), 17.17.2.4 (subDoc);
17.3.3.21 (pict). What an object, a control or a film is, is told by the tables that leave it out.
"""

from typing import Any, Final

from sanitizers.formats.ooxml.embedded import OLE, keep_in_vml
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.vectors import OOXML_06, OOXML_08, OOXML_10, OOXML_15, OOXML_16, OOXML_78
from sanitizers.formats.ooxml.word.names import XML_SPACE, O, V, W, w

OBJECT: Final = W + "object"
PICTURE: Final = W + "pict"
CHUNK: Final = W + "altChunk"
SUB_DOCUMENT: Final = W + "subDoc"
_DRAWING: Final = W + "drawing"
_SHAPE: Final = V + "shape"
_RUN: Final = W + "r"
INNER: Final = {  # what makes a picture an object
    OLE: OOXML_08,
    W + "control": OOXML_06,
    W + "objectEmbed": OOXML_78,
    W + "objectLink": OOXML_78,
    W + "movie": OOXML_78,
}
_DRAWN: Final = tuple(V + name for name in ("shape", "rect", "oval", "roundrect", "line", "polyline", "group", "image"))
_CHUNK_WORDS: Final = (
    "［取り込まれた別形式の文書は無害化のときに取り除かれました / An imported document was taken out］"
)
_SUB_WORDS: Final = "［別ファイルのサブ文書は無害化のときに取り除かれました / A sub-document was taken out］"


def take_apart(element: Any, scene: Scene) -> None:
    """Leave an object's picture in its place, as a picture that belongs to the document.

    An embedded document that was rebuilt stays behind its picture.
    """
    if _shows_document(element, scene):
        return
    for inner in list(element):
        found = INNER.get(inner.tag)
        if found is not None:
            scene.found(OOXML_10 if inner.get("Type") == "Link" else found, detail=_program(inner))
            element.remove(inner)
    for shape in element.iter(*_DRAWN):
        shape.attrib.pop(O + "ole", None)
        shape.attrib.pop(O + "oleicon", None)
    if element.tag != OBJECT:
        return
    drawing = element.find(_DRAWING)
    if drawing is not None:
        parent = element.getparent()
        parent[parent.index(element)] = drawing
    else:
        element.tag = PICTURE
        for name in w("dxaOrig", "dyaOrig"):
            element.attrib.pop(name, None)


def _shows_document(element: Any, scene: Scene) -> bool:
    """Whether this is an object in a run, with nothing in it but a document and the shape that shows it."""
    parent = element.getparent()
    if parent is None or (parent.tag, element.tag) != (_RUN, OBJECT) or element.find(_SHAPE) is None:
        return False
    inner = [child for child in element if child.tag in INNER]
    return [child.tag for child in inner] == [OLE] and keep_in_vml(inner[0], scene)


def replace_import(element: Any, scene: Scene) -> None:
    """Put a line of text where another document would have been drawn in."""
    is_chunk = element.tag == CHUNK
    scene.found(OOXML_15 if is_chunk else OOXML_16)
    parent = element.getparent()
    run = element.makeelement(W + "r")
    words = run.makeelement(W + "t")
    words.text = _CHUNK_WORDS if is_chunk else _SUB_WORDS
    words.set(XML_SPACE, "preserve")
    run.append(words)
    stands_alone = parent.tag != W + "p"
    if stands_alone and parent.tag not in w("hyperlink", "fldSimple", "bdo", "dir"):
        paragraph = element.makeelement(W + "p")
        paragraph.append(run)
        parent[parent.index(element)] = paragraph
    else:
        parent[parent.index(element)] = run


def _program(inner: Any) -> str:
    said = inner.get("ProgID", "")
    return said if said.isascii() else ""

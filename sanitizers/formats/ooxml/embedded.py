"""Embedded documents: those of Word, Excel and PowerPoint, once rebuilt, stay behind their picture.

What an object's program is called comes from the list below, by what the rebuilt document is; no other object stays.
Source: ISO/IEC 29500-1:2016, 15.2.11 (embedded package); rows OOXML-08, 09 and 11 of the catalogue.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from policies.terms import Action
from sanitizers.formats.ooxml.parts import EMBEDDED
from sanitizers.formats.ooxml.rules import DROP, Answer
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.schema import clark
from sanitizers.formats.ooxml.vectors import OOXML_08, OOXML_09, OOXML_10

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
PROGRAMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(  # by the rebuilt type, the usual one first
    {
        _OFFICE + "wordprocessingml.document": ("Word.Document.12",),
        _OFFICE + "spreadsheetml.sheet": ("Excel.Sheet.12",),
        _OFFICE + "presentationml.presentation": ("PowerPoint.Show.12", "PowerPoint.Slide.12"),
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12": ("Excel.SheetBinaryMacroEnabled.12",),
    }
)
OLE: Final = clark("o:OLEObject")
_R_ID: Final = clark("r:id")
_VML_OBJECT: Final = clark("w:object")
_FRAME: Final = clark("p:graphicFrame")
_SAID_IN_VML: Final = ("ShapeID", "DrawAspect", "ObjectID")


def program_of(said: str, relation_id: str, scene: Scene) -> str | None:
    """The program of an object whose document comes along; None where it is anything else, or is withheld."""
    relation = scene.relation(relation_id)
    if relation is None or relation.type != EMBEDDED or relation.is_external or scene.relate(relation_id) is None:
        return None
    programs = PROGRAMS[scene.home.embedded_type(relation)]
    if said in programs:
        return said
    scene.found(OOXML_09, detail="its program is named by what it is", at_least=Action.REWRITE)
    return next((known for known in programs if _family(known) == _family(said)), programs[0])


def _family(program: str) -> str:
    """Slides and shows are of one type: "PowerPoint.SlideMacroEnabled.12" becomes a slide."""
    return program.rpartition(".")[0].removesuffix("MacroEnabled")


def keep_in_vml(inner: Any, scene: Scene) -> bool:
    """Make an o:OLEObject one that only shows an embedded document; whether it is one."""
    if inner.get("Type") != "Embed":
        return False
    program = program_of(inner.get("ProgID", ""), inner.get(_R_ID, ""), scene)
    if program is None:
        return False
    kept = {name: inner.get(name) for name in (*_SAID_IN_VML, _R_ID) if inner.get(name)}
    inner.attrib.clear()
    inner.attrib.update({"Type": "Embed", "ProgID": program, **kept})
    for child in list(inner):
        inner.remove(child)
    return True


def edit_vml_object(element: Any, scene: Scene) -> Answer:
    """An o:OLEObject stays behind the shape of a w:object alone."""
    parent = element.getparent()
    if parent is not None and parent.tag == _VML_OBJECT and keep_in_vml(element, scene):
        return None
    scene.found(OOXML_10 if element.get("Type") == "Link" else OOXML_08, "o:OLEObject")
    return DROP


def edit_slide_object(element: Any, scene: Scene) -> Answer:
    """A p:oleObj stays where a frame on a slide shows an embedded document."""
    program = program_of(element.get("progId", ""), element.get(_R_ID, ""), scene)
    if program is not None and next(element.iterancestors(_FRAME), None) is not None:
        element.set("progId", program)
        return None
    scene.found(OOXML_08, "p:oleObj")
    return DROP

"""Embedded documents: rebuilt, and kept behind the picture that shows them (OOXML-08, OOXML-09, OOXML-11)."""

import pytest

from policies.model import Policy
from policies.terms import Action
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.registry import SANITIZERS
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.forge import D, O, Package, docx, paragraph, picture_in, pptx, xlsx
from tests.sanitizers.ooxml.vector import in_run, in_sheet, in_tree

ADMIT = frozenset(name for sanitizer in SANITIZERS for name in sanitizer.media_types)
POLICY = Policy(name="test", admit=ADMIT)
WITHOUT = Policy(name="test", admit=ADMIT, actions={"OOXML-09": Action.REMOVE})
DOCX = O + "wordprocessingml.document"
OBJECT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def embed(p: Package, source: str, program: str, kind: str = "package") -> tuple[str, str, str]:
    """A document and a picture in the package: the ids of both, and the object's program."""
    data, content_type = docx(paragraph("inner")).build(), DOCX
    if kind != "package":
        data, content_type = OBJECT, O + "oleObject"
    identifier = p.add("a/embedded.docx", data, content_type, D + kind, source)
    return identifier, picture_in(p, source, name="image7.png"), program


def in_word(program: str = "Word.Document.12", kind: str = "package") -> Package:
    p = docx()
    document, picture, program = embed(p, p.main, program, kind)
    shape = f'<v:shape id="s1" style="width:9pt;height:9pt" o:ole=""><v:imagedata r:id="{picture}"/></v:shape>'
    ole = f'<o:OLEObject Type="Embed" ProgID="{program}" ShapeID="s1" DrawAspect="Content" r:id="{document}"/>'
    in_run(f'<w:object w:dxaOrig="180" w:dyaOrig="180">{shape}{ole}</w:object>', "v", "o", "r")(p)
    return p


def on_slide(program: str = "Word.Document.12", kind: str = "package") -> Package:
    p = pptx()
    document, picture, program = embed(p, p.first("presentationml.slide+xml"), program, kind)
    shown = (
        f'<p:oleObj name="o" r:id="{document}" imgW="9525" imgH="9525" progId="{program}"><p:embed/><p:pic><p:nvPicPr>'
        '<p:cNvPr id="0" name=""/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill>'
        f'<a:blip r:embed="{picture}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr/></p:pic></p:oleObj>'
    )
    older = f'<p:oleObj spid="s7" name="o" r:id="{document}" progId="{program}"><p:embed/></p:oleObj>'
    in_tree(
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="70" name="o"/><p:cNvGraphicFramePr/><p:nvPr/>'
        '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9525" cy="9525"/></p:xfrm><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole"><mc:AlternateContent>'
        f'<mc:Choice Requires="v">{older}</mc:Choice><mc:Fallback>{shown}</mc:Fallback></mc:AlternateContent>'
        "</a:graphicData></a:graphic></p:graphicFrame>",
        *("r", "a", "v", "mc"),
    )(p)
    return p


def in_workbook(program: str = "Word.Document.12", kind: str = "package") -> Package:
    p = xlsx()
    document, picture, program = embed(p, p.first("spreadsheetml.worksheet+xml"), program, kind)
    anchor = (
        "<anchor><from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row><xdr:rowOff>0</xdr:rowOff>"
        "</from><to><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></to>"
        "</anchor>"
    )
    in_sheet(
        f'<oleObjects><oleObject progId="{program}" shapeId="1025" r:id="{document}">'
        f'<objectPr defaultSize="0" r:id="{picture}">{anchor}</objectPr></oleObject></oleObjects>',
        *("r", "xdr"),
    )(p)
    return p


ROOMS = {"docx": in_word, "pptx": on_slide, "xlsx": in_workbook}
each_room = pytest.mark.parametrize("room", ROOMS)


def clean(p: Package, room: str, policy: Policy = POLICY) -> tuple[Package, str, set[str]]:
    """The copy, its whole text, and what was found in the package itself."""
    outcome = sanitize(p.build(), Order(name=f"a.{room}", policy=policy))
    assert outcome.data is not None, outcome.report
    again = sanitize(outcome.data, Order(name=f"a.{room}", policy=policy))
    assert again.data == outcome.data
    assert again.report.verdict is Verdict.CLEAN
    opinion = judge(outcome.data, outcome.report.released_type, policy)
    assert opinion.accepted, opinion.where
    copy = Package.read(outcome.data)
    text = b"".join(data for name, data in copy.parts.items() if name.endswith("xml")).decode()
    return copy, text, {finding.vector for finding in outcome.report.findings}


def embedded(copy: Package) -> list[str]:
    return [name for name in copy.parts if "/embeddings/" in name]


@each_room
def test_an_embedded_document_stays_behind_its_picture(room):
    """OOXML-09: it is a rebuilt one, and the picture is there too."""
    copy, text, found = clean(ROOMS[room](), room)

    assert len(embedded(copy)) == 1
    assert sanitize(copy.parts[embedded(copy)[0]], Order(name="a.docx", policy=POLICY)).report.verdict is Verdict.CLEAN
    assert "Word.Document.12" in text
    assert any("/media/" in name for name in copy.parts)
    assert "OOXML-08" not in found


@each_room
@pytest.mark.parametrize("program", ["Shell.Explorer.1", "Package", "Word.DocumentMacroEnabled.12", "文書", ""])
def test_its_program_is_what_the_document_says(room, program):
    """OOXML-11: no class of the sender's choice."""
    _, text, found = clean(ROOMS[room](program), room)

    assert "Word.Document.12" in text
    assert not program or f'"{program}"' not in text
    assert "OOXML-09" in found


@each_room
def test_an_object_of_another_program_leaves_its_picture(room):
    """OOXML-08: whatever it calls itself."""
    copy, text, found = clean(ROOMS[room]("Word.Document.12", "oleObject"), room)

    assert not embedded(copy)
    assert not any(name in text for name in ("OLEObject", "oleObj"))
    assert "OOXML-08" in found


@each_room
def test_a_policy_may_ask_for_the_picture_alone(room):
    """OOXML-09."""
    copy, text, found = clean(ROOMS[room](), room, WITHOUT)

    assert not embedded(copy)
    assert "Word.Document" not in text
    assert "OOXML-09" in found


@each_room
def test_the_judge_knows_the_programs(room):
    """OOXML-11: a copy that names another is refused."""
    copy, _, _ = clean(ROOMS[room](), room)
    for name, data in copy.parts.items():
        if name.endswith(".xml"):
            copy.parts[name] = data.replace(b'"Word.Document.12"', b'"Shell.Explorer.1"')

    assert not judge(copy.build(), O + MAIN_TYPES[room], POLICY).accepted


@each_room
def test_the_judge_hears_the_document(room):
    """OOXML-09: a document with a field that starts a program is refused where it lies."""
    copy, _, _ = clean(ROOMS[room](), room)
    armed = docx()
    in_run('<w:instrText> DDEAUTO c:\\\\a "b" </w:instrText>')(armed)
    copy.parts[embedded(copy)[0]] = armed.build()

    opinion = judge(copy.build(), O + MAIN_TYPES[room], POLICY)

    assert not opinion.accepted
    assert "embeddings" in opinion.where


MAIN_TYPES = {
    "docx": "wordprocessingml.document",
    "pptx": "presentationml.presentation",
    "xlsx": "spreadsheetml.sheet",
}

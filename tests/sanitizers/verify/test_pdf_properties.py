"""For any bytes the judge of PDF answers, and what it accepts is plain to another reader: qpdf, key by key."""

import io
import re

import pikepdf
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.model import Limits, Policy
from sanitizers.verify.judge import judge
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.forge_pdf import cff, framed, image, pdf, stream, truetype, type1, with_image, with_program
from tests.sanitizers.verify.mutants_pdf import PDFS

POLICY = Policy(name="test", limits=Limits(max_pixels=1 << 20, max_expanded_bytes=1 << 22))
FIELD = b"<</AP<</N<</Off 7 0 R/On 7 0 R>>>>/AS/On/FT/Btn/Rect[0 0 9 9]/Subtype/Widget/T<61>/Type/Annot/V/On>>"
DRAWN = stream("/BBox[0 0 9 9]/Subtype/Form/Type/XObject", b"q Q")
GOOD = [
    pdf(),
    pdf(FIELD, DRAWN, page="/Annots[6 0 R]", catalog="/AcroForm<</DA<2f46>/Fields[6 0 R]>>"),
    pdf(b"<</Count 1/First 7 0 R/Last 7 0 R>>", b"<</Parent 6 0 R/Title<61>>>", catalog="/Outlines 6 0 R"),
    with_image(image("/SMask 7 0 R"), image()),
    with_program("FontFile2", truetype(), "/Length1 9"),
    with_program("FontFile3", cff(), "/Subtype/Type1C"),
    type1(),
]
SEEDS = GOOD * 4 + [mutant.data for mutant in PDFS if len(mutant.data) < 4000]
OBJECT = re.compile(rb"\n\d+ 0 obj\n(.*?)\nendobj(?=\n)", re.DOTALL)
TOKEN = re.compile(rb"<<|>>|[\[\]]|/[^/\[\]<> ]*|<[0-9a-f]*>|\d+ 0 R|[-.\d]+|[a-z]+")
TOKENS = [
    b"<<>>",
    b"[]",
    b"[1 0 R]",
    b"<61>",
    b"/A",
    b" 0",
    b" -1",
    b" 1.5",
    b" 99999",
    b" true",
    b" null",
    b"/S/JavaScript",
]
TOKENS += [b"/Subtype/Form", b"/Type/Page", b"/XObject", b"/Pages", *(b" %d 0 R" % number for number in range(1, 10))]
DENIED = {
    "/JS",
    "/JavaScript",
    "/AA",
    "/OpenAction",
    "/XFA",
    "/EF",
    "/F ",
    "/Metadata",
    "/PieceInfo",
    "/Next_",
    "/Launch",
}


def accepted(data: bytes) -> bool:
    opinion = judge(data, "application/pdf", POLICY)
    assert opinion == judge(data, "application/pdf", POLICY)
    assert opinion.accepted or (opinion.check and opinion.where.isprintable())
    return opinion.accepted


def plain_to_qpdf(data: bytes) -> None:
    with pikepdf.open(io.BytesIO(data), suppress_warnings=True) as document:
        assert not document.get_warnings()
        assert set(document.trailer.keys()) == {"/Root", "/Size", "/ID"}
        assert len(document.pages) >= 1
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
                assert not DENIED & set(item.keys())
                assert not isinstance(item.get("/OpenAction"), pikepdf.Dictionary)
                assert item.get("/S") not in (
                    "/JavaScript",
                    "/Launch",
                    "/SubmitForm",
                    "/GoToR",
                    "/GoToE",
                    "/ImportData",
                )


@st.composite
def respelled(draw: st.DrawFn) -> bytes:
    """A file whose frame is right, with tokens of its objects exchanged."""
    bodies = OBJECT.findall(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 3))):
        if not bodies:
            break
        number = draw(st.integers(0, len(bodies) - 1))
        head, mark, rest = bodies[number].partition(b"\nstream\n")
        tokens = list(TOKEN.finditer(head))
        if tokens:
            token = draw(st.sampled_from(tokens))
            head = head[: token.start()] + draw(st.sampled_from(TOKENS)) + head[token.end() :]
            bodies[number] = re.sub(rb"([\[\]<>]) | (?=[\[\]<>/])", rb"\1", head) + mark + rest
    return framed(bodies)


@given(hurt(SEEDS))
@settings(max_examples=300, deadline=None)
def test_whatever_is_accepted_is_plain_to_another_reader(data):
    if accepted(data):
        plain_to_qpdf(data)


@given(respelled())
@settings(max_examples=500, deadline=None)
def test_whatever_is_accepted_with_other_tokens_is_plain_too(data):
    if accepted(data):
        plain_to_qpdf(data)

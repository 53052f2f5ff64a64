"""Values of the wrong kind or number, as damaged documents have them: left out, and the page still opens."""

import pytest

from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import HELLO, clean, paper, shown, stream
from tests.sanitizers.pictures import LENIENT

CID_FONT = (
    b"<</Type/Font/Subtype/CIDFontType2/BaseFont/A/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement %b>>>>"
)
BOTH_FONTS = b"/Font<</F1 5 0 R/F2 7 0 R>>"


def type0(descendants: bytes, supplement: bytes = b"2") -> bytes:
    """A page that writes in a font that is whole, and in one of these descendants."""
    font = b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/90ms-RKSJ-H/DescendantFonts %b>>" % descendants
    content = HELLO + b" BT /F2 9 Tf (ab) Tj ET"
    return paper(resources=BOTH_FONTS, content=content, more={7: font, 8: CID_FONT % supplement})


def structure(kids: bytes) -> bytes:
    """A document whose structure tree has an element that holds these."""
    more = {7: b"<</Type/StructTreeRoot/K 8 0 R>>", 8: b"<</Type/StructElem/S/P/P 7 0 R/Pg 3 0 R/K %b>>" % kids}
    return paper(catalog=b"/StructTreeRoot 7 0 R", more=more)


def shading(function: bytes, rest: bytes = b"") -> bytes:
    """A page that paints a gradient of this function."""
    pattern = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 9 9]/Function %b%b>>" % (function, rest)
    return paper(resources=b"/Font<</F1 5 0 R>>/Shading<</S 7 0 R>>", content=HELLO + b" /S sh", more={7: pattern})


STEP = b"<</FunctionType 2/Domain[0 1]/N 1>>"


@pytest.mark.parametrize(
    "untrusted",
    [
        *(type0(descendants) for descendants in (b"[]", b"[8 0 R 8 0 R]", b"[3 0 R 8 0 R]", b"[null]", b"[[8 0 R]]")),
        *(type0(descendants) for descendants in (b"[5 0 R]", b"[7 0 R]", b"8 0 R", b"(x)", b"[99 0 R]")),
        *(type0(b"[8 0 R]", supplement) for supplement in (b"-1", b"1.5", b"(x)", b"99999999999")),
        *(structure(kids) for kids in (b"[0[1[2]]]", b"[[]]", b"1099511627776", b"[true/A(x)null]")),
        *(shading(function) for function in (b"[]", b"[%b]" % (STEP * 40), b"[(x)]", b"(x)")),
        *(structure(b"0/A<</O/Layout/BBox %b>>" % box) for box in (b"[[null/A]1 2 3]", b"[[1 2 3 4 5]]", b"[<<>>]")),
        shading(STEP, b"/Extend[true true true]"),
        paper(resources=b"/Font<</F1 5 0 R>>/ExtGState<</G<</BM[]>>>>", content=b"/G gs " + HELLO),
        paper(page=b"/Annots[<</Subtype/Line/Rect[0 0 9 9]/L[0 0 9 9]/LE[/None/None/None]>>]"),
    ],
)  # fmt: skip
def test_a_document_with_values_of_the_wrong_kind_is_still_carried(untrusted):
    copy = clean(untrusted)

    opinion = judge(copy.data, "application/pdf", LENIENT)
    assert opinion.accepted, opinion
    assert shown(copy.data).texts[0].startswith("Hello (world)")


def test_a_composite_font_without_a_descendant_is_left_out_and_told():
    copy = clean(type0(b"[]"))

    assert "PDF-49" in copy.vectors
    assert b"/Type0" not in copy.data


def test_a_form_in_a_hidden_layer_is_written_as_it_stays():
    layer = b"/OCProperties<</OCGs[7 0 R]/D<</OFF[7 0 R]>>>>"
    form = stream(HELLO, b"/Subtype/Form/BBox[0 0 9 9]/Matrix[1 0 0 1 0 0]/OC 7 0 R")
    resources = b"/Font<</F1 5 0 R>>/XObject<</X 6 0 R>>"
    more = {6: form, 7: b"<</Type/OCG/Name(a)>>"}
    copy = clean(paper(catalog=layer, resources=resources, content=b"/X Do", more=more))

    assert "PDF-68" in copy.vectors


def test_more_numbers_than_a_reader_makes_room_for_are_left_out():
    """An array that no reader needs is left out; the judge would refuse the copy for it."""
    many, stroke = b"[" + b"1 " * 5000 + b"]", b"[[" + b"1 " * 5000 + b"]]"
    ink = b"/Annots[<</Subtype/Ink/Rect[0 0 9 9]/C %b/InkList%b>>]" % (many, stroke)
    copy = clean(paper(page=ink))

    assert judge(copy.data, "application/pdf", LENIENT).accepted
    assert b"/InkList" in copy.data and b"/C[" not in copy.data
    assert "PDF-45" in copy.vectors


def test_a_stroke_without_end_is_left_out():
    copy = clean(paper(page=b"/Annots[<</Subtype/Ink/Rect[0 0 9 9]/InkList[[%b]]>>]" % (b"1 " * 100_001)))

    assert judge(copy.data, "application/pdf", LENIENT).accepted
    assert b"1 1 1" not in copy.data


def test_a_layer_that_is_none_is_left_out_of_their_order():
    layers = b"/OCProperties<</OCGs[6 0 R 7 0 R]/D<</Order[6 0 R 7 0 R]>>>>"
    copy = clean(paper(catalog=layers, more={6: b"<</Type/OCG/Name(x)>>", 7: b"<</Type/OCG>>"}))

    assert judge(copy.data, "application/pdf", LENIENT).accepted
    assert copy.data.count(b"/Type/OCG") == 1

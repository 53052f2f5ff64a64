"""The flat class: pages as pictures, with their text under them, and nothing else of what a document holds."""

import re
import zlib
from random import Random

import pytest
from PIL import ImageChops

from policies.model import Limits, Policy
from policies.terms import Action, Rebuild
from sanitizers.codecs import fonts
from sanitizers.errors import LimitError, MalformedError, UnsupportedError
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import clean, paper, shown, stream

FLAT = Policy(name="flat", rebuild=Rebuild.FLAT)
SILENT = Policy(name="silent", rebuild=Rebuild.FLAT, actions={"PDF-69": Action.REMOVE})
JAPANESE = (
    b"<</Type/Font/Subtype/Type0/BaseFont/HeiseiMin-W3/Encoding/UniJIS-UCS2-H/DescendantFonts[<</Type/Font"
    b"/Subtype/CIDFontType0/BaseFont/HeiseiMin-W3/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>>>]>>"
)
PHOTO = b"q 200 0 0 100 0 0 cm /X Do Q"


def noise(side: int) -> bytes:
    """Pixels that no deflate makes small, as a photograph has them."""
    samples = Random(1).randbytes(3 * side * side)
    entries = (
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"
    )
    return stream(zlib.compress(samples), entries % (side, side))


def test_a_page_looks_and_reads_as_before():
    untrusted = paper(
        page=b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/Border[0 0 0]/A<</S/URI/URI(http://a.jp)>>>>]"
    )
    copy = clean(untrusted, FLAT)

    assert shown(copy.data).texts == shown(untrusted).texts
    difference = ImageChops.difference(shown(untrusted).pages[0].convert("L"), shown(copy.data).pages[0].convert("L"))
    assert sum(difference.histogram()[64:]) < 60  # a hair on the edges of letters, drawn twice
    assert b"/Link" not in copy.data and b"/Helvetica" not in copy.data
    assert judge(copy.data, "application/pdf", FLAT).accepted


def test_a_policy_may_want_no_text_beside_the_picture():
    copy = clean(paper(), SILENT)

    assert shown(copy.data).texts == [""]
    assert b"/Font" not in copy.data


def test_letters_are_pixels_as_they_are_and_photographs_are_jpeg():
    assert b"/DCTDecode" not in clean(paper(), FLAT).data

    photo = paper(resources=b"/XObject<</X 6 0 R>>", content=PHOTO, more={6: noise(400)})
    assert b"/DCTDecode" in clean(photo, FLAT).data


def test_black_and_white_is_one_bit_a_pixel():
    copy = clean(paper(content=b"0 0 96 48 re f"), FLAT)  # whole pixels, so that no edge is gray

    assert b"/BitsPerComponent 1/" in copy.data


def test_a_turned_page_is_as_wide_as_it_is_looked_at():
    copy = clean(paper(page=b"/Rotate 90"), FLAT)

    assert b"/MediaBox[0 0 100 200]" in copy.data


def test_what_a_layer_hides_is_not_drawn():
    """The rebuilt document is what is drawn, so that findings are the same as for any policy."""
    untrusted = paper(
        catalog=b"/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>",
        resources=b"/Font<</F1 5 0 R>>/Properties<</H 6 0 R>>",
        content=b"/OC/H BDC BT /F1 9 Tf (secret) Tj ET EMC",
        more={6: b"<</Type/OCG/Name(hidden)>>"},
    )
    copy = clean(untrusted, FLAT)

    assert shown(copy.data).texts == [""]
    assert "PDF-68" in copy.vectors


def test_pixels_are_paid_for_before_they_are_drawn():
    small = Policy(name="small", rebuild=Rebuild.FLAT, limits=Limits(max_expanded_bytes=100_000))
    with pytest.raises(LimitError):
        clean(paper(), small)


def test_a_large_sheet_is_drawn_coarser():
    copy = clean(paper(page=b"/MediaBox[0 0 14400 14400]", content=b""), FLAT)

    (picture,) = [part for part in copy.data.split(b"endobj") if b"/Subtype/Image" in part]
    assert b"/Width 5000/" in picture or b"/Width 4999/" in picture


def test_a_document_that_cannot_be_rebuilt_is_drawn_as_it_came():
    """Numbers of objects that are far beyond all bounds: missing to qpdf, shown by PDFium (PDF-63)."""
    broken = re.sub(rb"\b([1-5] 0 (?:R|obj))", rb"300000\1", paper())
    with pytest.raises(MalformedError):
        clean(broken)

    copy = clean(broken, FLAT)

    assert shown(copy.data).texts == ["Hello (world)"]
    assert "PDF-63" in copy.vectors


def test_what_nobody_can_draw_is_refused():
    with pytest.raises(MalformedError):
        clean(b"%PDF-1.7\nhello", FLAT)


def test_a_font_that_neither_the_document_nor_the_machine_has_is_no_reason_to_leave_out_its_letters(monkeypatch):
    """A page without its Japanese letters would look whole: the document is refused instead."""
    untrusted = paper(more={5: JAPANESE}, content=b"BT /F1 9 Tf 9 9 Td <65e5672c> Tj ET")
    monkeypatch.setattr(fonts, "_held", {})
    with pytest.raises(UnsupportedError):
        clean(untrusted, FLAT)


def test_a_page_that_is_longer_than_a_jpeg_may_be_is_drawn_coarser():
    """PDF-74: libjpeg ends at 65,500 pixels a side."""
    long = paper(content=b"0 0 1 rg 0 0 40000 40 re f 1 0 0 rg 0 40 20000 40 re f").replace(b"200 100]", b"40000 80]")
    copy = clean(long, FLAT)

    assert judge(copy.data, "application/pdf", FLAT).accepted
    sides = [int(side) for side in re.findall(rb"/(?:Width|Height) (\d+)", copy.data)]
    assert 60_000 < max(sides) <= 65_500

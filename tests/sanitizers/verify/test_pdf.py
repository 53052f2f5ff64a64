"""What the judge accepts as a rebuilt PDF: everything that a document is made of, in the one spelling that it has."""

import zlib

import pytest

from policies.model import Policy
from sanitizers.verify import pdf_pages
from sanitizers.verify.judge import judge
from tests.sanitizers.verify.forge import JFIF, cmyk_jpeg, icc, jpeg, segment
from tests.sanitizers.verify.forge_pdf import (
    TEXT,
    cff,
    framed,
    image,
    pdf,
    stream,
    truetype,
    type1,
    with_image,
    with_note,
    with_program,
)

POLICY = Policy(name="test")
ADDRESSES = (
    "http://example.jp",
    "https://example.jp:8443/a/b.html?c=d%20e&f#g",
    "mailto:a@example.jp?subject=b",
    "tel:+81-3-1234",
)
CONTENTS = (
    b"",
    TEXT,
    b"q 1 0 0 -1 0 .5 cm\n/G0 gs 0 0 m 1 1 l +1 -1. 2 2 3 3 c h W* n Q",
    b"BT/F1 12 Tf[(a)-20(b\\)\\(())<6162>]TJ T* (a)' 1 2(b)\" ET",
    b"/Span<</ActualText<feff3042>/MCID 0/A[1[2]]>>BDC EMC /P /M0 BDC EMC /Artifact BMC EMC",
    b"/CS0 cs 1 0 0 scn/P1 scn 1 .5/P1 scn [3 2]0 d[] 0 d 0.5 G 1 0 0 RG 0 0 0 1 k",
    b"q 9 0 0 9 0 0 cm BI /W 2/H 2/BPC 8/CS/G ID 1234 EI Q",
    b"q BI/BPC 8/CS/RGB/H 1/W 1/F/AHx ID 00ff80>\nEI Q",
    b"q BI\n/Width 2 /Height 2 /BitsPerComponent 1 /ImageMask true /Filter /FlateDecode\nID "
    + zlib.compress(b"\0\0")
    + b"\nEI Q",
)


def accepts(data: bytes) -> bool:
    opinion = judge(data, "application/pdf", POLICY)
    assert opinion.accepted, opinion.where
    return opinion.accepted


@pytest.mark.parametrize("content", CONTENTS)
def test_content_of_known_operators_is_accepted(content):
    assert accepts(pdf(content=stream("", content)))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_ordinary_address_may_stand_in_a_link(address):
    assert accepts(with_note(f"/A<</S/URI/URI<{address.encode().hex()}>>>"))


@pytest.mark.parametrize("destination", ["[3 0 R/Fit]", "[3 0 R/XYZ 0 null 1.5]", "<61>", "/a"])
def test_a_place_in_the_document_may_be_gone_to(destination):
    assert accepts(with_note(f"/Dest{destination}"))
    assert accepts(with_note(f"/A<</D{destination}/S/GoTo>>"))


@pytest.mark.parametrize(
    "body",
    [
        image(),
        image("/Decode[1 0]/Interpolate true"),
        image("/DecodeParms<</Colors 1/Columns 2/Predictor 15>>", b"\0ab\2cd"),
        image("/DecodeParms<</Columns 2/Predictor 2>>"),
        image("", jpeg(applications=b""), "DCTDecode", size=16),
        image("", jpeg(applications=segment(0xE0, JFIF)), "DCTDecode", size=16),
        stream("/BitsPerComponent 8/ColorSpace/DeviceCMYK/Height 16/Subtype/Image/Width 16", cmyk_jpeg(), "DCTDecode"),
        stream("/Height 9/ImageMask true/Subtype/Image/Width 9", bytes(18)),
        stream(
            "/BitsPerComponent 2/ColorSpace[/Indexed/DeviceRGB 1<000000ffffff>]/Height 2/Subtype/Image/Width 5",
            bytes(4),
        ),
    ],
)
def test_a_picture_of_as_many_samples_as_it_says_is_accepted(body):
    assert accepts(with_image(body))


def test_a_picture_may_have_masks_and_a_profile():
    assert accepts(with_image(image("/SMask 7 0 R"), image()))
    assert accepts(with_image(image("/Mask 7 0 R"), stream("/Height 2/ImageMask true/Subtype/Image/Width 2", b"ab")))
    coloured = stream("/BitsPerComponent 8/ColorSpace[/ICCBased 7 0 R]/Height 1/Subtype/Image/Width 1", b"abc")
    assert accepts(with_image(coloured, stream("/N 3", icc())))


def test_font_programs_that_are_whole_are_accepted():
    assert accepts(type1())
    assert accepts(type1(clear=b"/PaintType 0 def\n", private=b"/Subrs 1 array\ndup 0 3 RD abc NP\nND\n"))
    assert accepts(with_program("FontFile3", cff(), "/Subtype/Type1C"))
    assert accepts(with_program("FontFile2", truetype(), "/Length1 9"))


def test_bookmarks_know_their_neighbours():
    first = b"<</Next 8 0 R/Parent 6 0 R/Title<61>>>"
    second = b"<</Dest[3 0 R/Fit]/Parent 6 0 R/Prev 7 0 R/Title<62>>>"
    root = b"<</Count 2/First 7 0 R/Last 8 0 R/Type/Outlines>>"
    assert accepts(pdf(root, first, second, catalog="/Outlines 6 0 R"))

    lost = first.replace(b"8 0 R", b"7 0 R")
    assert not judge(pdf(root, lost, second, catalog="/Outlines 6 0 R"), "application/pdf", POLICY).accepted


def test_fields_notes_tags_and_layers_are_accepted():
    field = b"<</AP<</N<</Off 7 0 R/On 7 0 R>>>>/AS/On/FT/Btn/Rect[0 0 9 9]/Subtype/Widget/T<61>/Type/Annot/V/On>>"
    drawn = stream("/BBox[0 0 9 9]/Subtype/Form/Type/XObject", b"q Q")
    assert accepts(pdf(field, drawn, page="/Annots[6 0 R]", catalog="/AcroForm<</DA<2f46>/Fields[6 0 R]>>"))

    note = b"<</Contents<61>/Popup 7 0 R/Rect[0 0 9 9]/Subtype/Text/Type/Annot>>"
    popup = b"<</Parent 6 0 R/Rect[0 0 9 9]/Subtype/Popup/Type/Annot>>"
    assert accepts(pdf(note, popup, page="/Annots[6 0 R 7 0 R]"))

    root = b"<</K 7 0 R/ParentTree<</Nums[0[7 0 R null]]>>/RoleMap<</A/P>>/Type/StructTreeRoot>>"
    tag = b"<</A[<</O/Layout/Placement/Block>>0]/K[0<</MCID 1/Pg 3 0 R/Type/MCR>>]/P 6 0 R/Pg 3 0 R/S/A>>"
    assert accepts(pdf(root, tag, page="/StructParents 0", catalog="/MarkInfo<</Marked true>>/StructTreeRoot 6 0 R"))

    lost = b"<</K[7 0 R]/S/Sect>>"  # a tag that only the one below it leads to
    tag = b"<</K 0/P 8 0 R/Pg 3 0 R/S/P>>"
    assert accepts(
        pdf(root.replace(b"/K 7 0 R", b""), tag, lost, page="/StructParents 0", catalog="/StructTreeRoot 6 0 R")
    )

    layers = "/OCProperties<</D<</Order[6 0 R[<61>6 0 R]]>>/OCGs[6 0 R]>>"
    assert accepts(pdf(b"<</Name<61>/Type/OCG>>", catalog=layers, resources="/Properties<</L 6 0 R>>"))


def parted(*orders: str) -> bytes:
    """Pages that draw two parts, each in its own order."""
    pages = [f"<</Contents{order}/MediaBox[0 0 9 9]/Parent 2 0 R/Type/Page>>".encode() for order in orders]
    kids = " ".join(f"{number} 0 R" for number in range(5, 5 + len(pages)))
    tree = f"<</Count {len(pages)}/Kids[{kids}]/Type/Pages>>".encode()
    parts = stream("", b"BT /F1 12 Tf [(a)"), stream("", b"(b)] TJ ET")
    return framed([b"<</Pages 2 0 R/Type/Catalog>>", tree, *parts, *pages])


def test_a_statement_may_end_in_the_next_part_of_a_page():
    """7.8.2: a content is divided anywhere between two tokens, and every page that draws the parts has to fit."""
    assert accepts(parted("[3 0 R 4 0 R]"))
    assert accepts(parted("[3 0 R 4 0 R]", "[3 0 R 4 0 R]"))
    assert not judge(parted("[3 0 R 4 0 R]", "[4 0 R 3 0 R]"), "application/pdf", POLICY).accepted
    assert not judge(parted("[3 0 R]", "[4 0 R]"), "application/pdf", POLICY).accepted


def test_the_second_reader_counts_pages():
    assert pdf_pages.count(pdf()) == 1
    assert pdf_pages.count(b"hello") == -1

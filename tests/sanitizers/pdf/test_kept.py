"""What a reader uses beside the page's looks stays: tags, labels, places by name, vertical writing, picture kinds."""

import io
import zlib

import pikepdf
import pytest
from PIL import Image, ImageChops

from policies.terms import Action
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import clean, paper, shown, stream
from tests.sanitizers.pictures import LENIENT, ordering, scene, ycck_with_coarse_chroma

ON_PAGE = b"q 100 0 0 80 10 10 cm /I Do Q"


def opened(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(data))


def picture(entries: bytes, data: bytes, more: dict[int, bytes] | None = None) -> bytes:
    """A document that shows this one picture."""
    image = stream(data, b"/Type/XObject/Subtype/Image" + entries)
    return paper(resources=b"/XObject<</I 6 0 R>>", content=ON_PAGE, more={6: image, **(more or {})})


def looks_alike(untrusted: bytes, copy: bytes, most: int = 0) -> bool:
    difference = ImageChops.difference(shown(untrusted).pages[0], shown(copy).pages[0])
    return max(high for _, high in difference.getextrema()) <= most


def test_tags_stay_with_what_they_say():
    tags = {
        6: b"<</Type/StructTreeRoot/K 7 0 R/ParentTree<</Nums[0[8 0 R]]>>/RoleMap<</Title/H1>>>>",
        7: b"<</Type/StructElem/S/Document/P 6 0 R/K[8 0 R]/AF[9 0 R]>>",
        8: b"<</Type/StructElem/S/Title/P 7 0 R/Pg 3 0 R/K 0/Alt(a heading)/A<</O/Layout/Placement/Block>>>>",
    }
    untrusted = paper(
        catalog=b"/StructTreeRoot 6 0 R/MarkInfo<</Marked true>>/Lang(ja-JP)",
        page=b"/StructParents 0",
        content=b"/Title<</MCID 0>>BDC BT /F1 9 Tf (x) Tj ET EMC",
        more=tags,
    )
    copy = clean(untrusted)

    document = opened(copy.data)
    root = document.Root
    heading = root.StructTreeRoot.K.K[0]
    assert (str(heading.S), str(heading.Alt), str(heading.A.Placement)) == ("/Title", "a heading", "/Block")
    assert root.StructTreeRoot.ParentTree.Nums[1][0].objgen == heading.objgen
    assert str(root.Lang) == "ja-JP" and root.MarkInfo.Marked
    assert "PDF-32" in copy.vectors


@pytest.mark.parametrize(("content", "kept"), [(b"/X Do", True), (b"", False)])
def test_a_tag_for_what_a_form_shows_stays_where_the_form_is_drawn(content, kept):
    """A form that no page draws would hang in the tags alone, and there the judge finds nothing that leads to it."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    tags = {
        6: b"<</Type/StructTreeRoot/K 7 0 R>>",
        7: b"<</Type/StructElem/S/P/P 6 0 R/Pg 3 0 R/K[0<</Type/MCR/Pg 3 0 R/MCID 0/Stm 8 0 R>>]>>",
        8: stream(b"/P<</MCID 0>>BDC 0 0 9 9 re f EMC", form),
    }
    resources = b"/XObject<</X 8 0 R>>" if kept else b""
    copy = clean(paper(catalog=b"/StructTreeRoot 6 0 R", resources=resources, content=content, more=tags))

    assert judge(copy.data, "application/pdf", LENIENT).accepted
    assert len(opened(copy.data).Root.StructTreeRoot.K.K) == 1 + kept


def test_page_labels_stay():
    copy = clean(paper(catalog=b"/PageLabels<</Nums[0<</S/r/St 4/P(A-)>>]>>"))

    document = opened(copy.data)
    label = document.Root.PageLabels.Nums[1]
    assert (str(label.S), int(label.St), str(label.P)) == ("/r", 4, "A-")


def test_links_to_named_places_stay_and_those_to_nowhere_do_not():
    links = b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/Dest(here)>><</Subtype/Link/Rect[0 0 9 9]/Dest(gone)>>]"
    copy = clean(paper(catalog=b"/Names<</Dests<</Names[(here)[3 0 R/Fit]]>>>>", page=links))

    document = opened(copy.data)
    first, second = document.pages[0].Annots
    assert bytes(first.Dest) == b"here" and "/Dest" not in second


def test_vertical_writing_in_a_font_that_is_not_embedded_stays():
    fonts = {
        5: b"<</Type/Font/Subtype/Type0/BaseFont/MS-Mincho/Encoding/90ms-RKSJ-V/DescendantFonts[6 0 R]>>",
        6: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/MS-Mincho/FontDescriptor 7 0 R/DW 1000/DW2[880 -1000]"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Japan1)/Supplement 2>>/W[1[500 600] 231 632 500]>>",
        7: b"<</Type/FontDescriptor/FontName/MS-Mincho/Flags 7/FontBBox[0 -136 1000 859]/ItalicAngle 0/Ascent 859"
        b"/Descent -140/StemV 80/CapHeight 769/Style<</Panose<010502020609040205080304>>>>>",
    }
    copy = clean(paper(content=b"BT /F1 12 Tf 50 80 Td (\x93\xfa\x96{) Tj ET", more=fonts))

    document = opened(copy.data)
    font = document.pages[0].Resources.Font.F1
    assert str(font.Encoding) == "/90ms-RKSJ-V"
    assert pikepdf.Array([1, [500, 600], 231, 632, 500]) == font.DescendantFonts[0].W
    assert bytes(font.DescendantFonts[0].FontDescriptor.Style.Panose).startswith(b"\x01\x05")


def test_a_character_map_is_written_anew_with_its_mappings_alone():
    cmap = (
        b"/CIDInit /ProcSet findresource begin begincmap\n(%rm) run system\n1 begincodespacerange <00> <ff> "
        b"endcodespacerange 1 beginbfchar <41> <5C71> endbfchar endcmap"
    )
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>"
    copy = clean(paper(content=b"BT /F1 12 Tf 9 9 Td (A) Tj ET", more={5: font, 6: stream(cmap)}))

    document = opened(copy.data)
    written = document.pages[0].Resources.Font.F1.ToUnicode.read_bytes()
    assert b"<41><5c71>" in written and b"run" not in written
    assert shown(copy.data).texts == ["山"]


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_stays_one_without_what_stands_beside_it(mode):
    out = io.BytesIO()
    scene(size=(64, 48)).convert(mode).save(out, "JPEG", quality=88, comment=b"<script>alert(1)</script>")
    space = {"RGB": b"/DeviceRGB", "L": b"/DeviceGray", "CMYK": b"/DeviceCMYK"}[mode]
    decode = b"/Decode[1 0 1 0 1 0 1 0]" if mode == "CMYK" else b""
    untrusted = picture(
        b"/Width 64/Height 48/BitsPerComponent 8/Filter/DCTDecode/ColorSpace" + space + decode, out.getvalue()
    )
    copy = clean(untrusted)

    assert b"script" not in copy.data and "PDF-78" in copy.vectors
    assert looks_alike(untrusted, copy.data, 12)


@pytest.mark.parametrize("fine_black", [True, False])
def test_ycck_with_coarse_chroma_keeps_its_colours(fine_black):
    """As printing programs write it; and as nobody does, so that it has to be decoded: the marker then says so."""
    coded = ycck_with_coarse_chroma()
    if not fine_black:
        out = io.BytesIO()
        scene(size=(16, 16)).convert("CMYK").save(out, "JPEG", subsampling="4:2:0")
        coded = out.getvalue().replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2")
    entries = b"/Width 16/Height 16/BitsPerComponent 8/Filter/DCTDecode/ColorSpace/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]"
    untrusted = picture(entries, coded)
    copy = clean(untrusted)

    assert looks_alike(untrusted, copy.data, 0 if fine_black else 24)
    assert judge(copy.data, "application/pdf", LENIENT).accepted


def test_samples_and_masks_stay_exact():
    """Flate under a predictor, indexed colours, a soft mask, a stencil."""
    rows = b"".join(b"\2" + bytes(range(64)) for _ in range(48))
    entries = b"/Width 64/Height 48/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 255 7 0 R]/SMask 8 0 R"
    entries += b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 64>>"
    mask = b"/Type/XObject/Subtype/Image/Width 2/Height 1/BitsPerComponent 8/ColorSpace/DeviceGray"
    table = b"".join(bytes((value, 255 - value, value // 2)) for value in range(256))
    untrusted = picture(entries, zlib.compress(rows), {7: stream(table), 8: stream(b"\x40\xff", mask)})

    assert looks_alike(untrusted, clean(untrusted).data)


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_fax_pictures_become_bits(compression):
    from PIL import TiffImagePlugin

    out = io.BytesIO()
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[278] = 48
    bits = scene("L", (64, 48)).point(lambda value: 255 if value > 99 else 0).convert("1")
    bits.save(out, "TIFF", compression=compression, tiffinfo=info)
    tiff = Image.open(io.BytesIO(out.getvalue()))
    (start,), (size,) = tiff.tag_v2[273], tiff.tag_v2[279]
    parameters = b"/DecodeParms<</Columns 64/Rows 48/K %d/BlackIs1 true>>" % (-1 if compression == "group4" else 0)
    entries = b"/Width 64/Height 48/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode" + parameters
    untrusted = picture(entries, out.getvalue()[start : start + size])
    copy = clean(untrusted)

    assert "PDF-77" in copy.vectors and b"CCITT" not in copy.data
    assert looks_alike(untrusted, copy.data)


def test_a_jpeg_2000_picture_becomes_a_jpeg():
    out = io.BytesIO()
    scene(size=(64, 48)).save(out, "JPEG2000")
    untrusted = picture(b"/Width 64/Height 48/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/JPXDecode", out.getvalue())
    copy = clean(untrusted)

    assert "PDF-76" in copy.vectors and b"JPXDecode" not in copy.data
    assert looks_alike(untrusted, copy.data, 24)


def test_a_calculator_that_calls_for_more_than_arithmetic_takes_its_colours_with_it():
    program = stream(b"{ (file) run }", b"/FunctionType 4/Domain[0 1]/Range[0 1 0 1 0 1]")
    untrusted = paper(resources=b"/ColorSpace<</C[/Separation/Spot/DeviceRGB 6 0 R]>>", more={6: program})
    copy = clean(untrusted)

    assert "PDF-88" in copy.vectors and b"/Separation" not in copy.data


def test_hinting_goes_where_the_policy_removes_it():
    """TrueType programs are code for a machine in the reader: PDF-83."""
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable
    from fontTools.ttLib.tables.ttProgram import Program

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((250, 700))
    pen.closePath()
    glyph = pen.glyph()
    glyph.program = Program()
    glyph.program.fromBytecode(b"\x00")
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "A": glyph})
    builder.setupHorizontalMetrics({".notdef": (500, 0), "A": (500, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    table = builder.font["prep"] = newTable("prep")
    table.program = Program()
    table.program.fromBytecode(b"\x00")
    out = io.BytesIO()
    builder.font.save(out)
    fonts = {
        5: b"<</Type/Font/Subtype/TrueType/BaseFont/T/Encoding/WinAnsiEncoding/FirstChar 65/LastChar 65/Widths[500]"
        b"/FontDescriptor 6 0 R>>",
        6: b"<</Type/FontDescriptor/FontName/T/Flags 32/FontBBox[0 0 500 700]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80/FontFile2 7 0 R>>",
        7: stream(out.getvalue(), b"/Length1 %d" % len(out.getvalue())),
    }
    untrusted = paper(content=b"BT /F1 40 Tf 20 20 Td (A) Tj ET", more=fonts)
    kept, removed = clean(untrusted), clean(untrusted, ordering(PDF_83=Action.REMOVE))

    def program(data: bytes) -> bytes:
        document = opened(data)
        return document.pages[0].Resources.Font.F1.FontDescriptor.FontFile2.read_bytes()

    assert b"prep" in program(kept.data) and b"prep" not in program(removed.data)
    assert looks_alike(untrusted, kept.data) and looks_alike(untrusted, removed.data, 60)

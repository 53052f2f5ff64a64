"""Files as odd writers leave them, and as readers show them all the same: nothing that a person sees is lost."""

import io
import re
import struct
import zlib

import pikepdf
import pytest
from PIL import Image, ImageChops

from policies.terms import Action
from sanitizers.errors import EncryptedError, LimitError, MalformedError
from sanitizers.formats.pdf.cmaps import read_cmap
from sanitizers.parsers import sfnt
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import HELLO, clean, paper, shown, stream, write
from tests.sanitizers.pictures import CORPUS, LENIENT
from tests.sanitizers.verify.forge_pdf import cff, truetype

ON_PAGE = b"q 100 0 0 80 10 10 cm /I Do Q"


def looks_alike(untrusted: bytes, copy: bytes, most: int = 0) -> bool:
    difference = ImageChops.difference(shown(untrusted).pages[0], shown(copy).pages[0])
    return max(high for _, high in difference.getextrema()) <= most


def accepted(data: bytes) -> bool:
    opinion = judge(data, "application/pdf", LENIENT)
    assert opinion.accepted, opinion
    return opinion.accepted


def test_a_number_may_be_an_object_of_its_own():
    image = stream(bytes(range(0, 240, 20)), b"/Type/XObject/Subtype/Image/Width 4/Height 7 0 R/ColorSpace/DeviceGray"
                   b"/BitsPerComponent 8/Interpolate 8 0 R")  # fmt: skip
    untrusted = paper(
        resources=b"/XObject<</I 6 0 R>>",
        content=ON_PAGE,
        page=b"/UserUnit 9 0 R",
        more={6: image, 7: b"3", 8: b"true", 9: b"1.5"},
    )
    copy = clean(untrusted)

    assert looks_alike(untrusted, copy.data)
    document = pikepdf.open(io.BytesIO(copy.data))
    page = document.pages[0]
    assert float(page.UserUnit) == 1.5 and bool(page.Resources.XObject.I.Interpolate)


def test_a_gradient_of_one_function_that_is_joined_to_nothing_stays():
    """Bounds of k - 1 numbers are none where k is 1 (Table 41)."""
    step = b"<</FunctionType 2/Domain[0 1]/C0[1 0 0]/C1[0 0 1]/N 1>>"
    joined = b"<</FunctionType 3/Domain[0 1]/Functions[%b]/Bounds[]/Encode[0 1]>>" % step
    gradient = b"<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 200 0]/Function %b>>" % joined
    untrusted = paper(resources=b"/Shading<</S 6 0 R>>", content=b"/S sh", more={6: gradient})
    copy = clean(untrusted)

    assert accepted(copy.data) and looks_alike(untrusted, copy.data)
    assert shown(copy.data).pages[0].getpixel((10, 50)) != (255, 255, 255)


def collection(font: bytes) -> bytes:
    """The font as the only one of a collection, whose tables count from the file's start."""
    head = b"ttcf" + struct.pack(">HHII", 1, 0, 1, 16)
    count = int.from_bytes(font[4:6])
    moved = bytearray(font)
    for at in range(12, 12 + 16 * count, 16):
        (offset,) = struct.unpack_from(">I", font, at + 8)
        struct.pack_into(">I", moved, at + 8, offset + len(head))
    return head + bytes(moved)


def test_of_a_collection_of_fonts_the_first_is_taken():
    alone, collected = (sfnt.write_font(sfnt.read_font(data)) for data in (truetype(), collection(truetype())))

    assert alone == collected


@pytest.mark.parametrize("start", [b"\0\0\0\x10", b"\xff\xff\xff\xff"])
def test_a_collection_without_a_font_is_no_font(start):
    with pytest.raises(MalformedError):
        sfnt.read_font(b"ttcf" + struct.pack(">HHI", 1, 0, 1) + start + bytes(40))


def test_a_stray_operator_inside_an_array_costs_no_text():
    copy = clean(paper(content=b"BT /F1 12 Tf 20 50 Td [(one) 0 Tc -10 ( two)] TJ ET"))

    assert "one two" in shown(copy.data).texts[0]
    assert "PDF-100" in copy.vectors


def test_an_array_that_is_never_closed_takes_nothing_with_it():
    copy = clean(paper(content=b"[ " + HELLO))

    assert "Hello (world)" in shown(copy.data).texts[0]


def test_the_abbreviations_of_an_inline_image_count():
    plain = b"q 40 0 0 40 10 10 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x00\x60\xa0\xe0 EI Q"
    twice = plain.replace(b"/W 2 ", b"/Width 1 /W 2 ").replace(b"/CS /G", b"/CS /G /ColorSpace /RGB")
    copy = clean(paper(content=twice))

    assert copy.data == clean(paper(content=plain)).data


def test_a_page_that_stands_where_the_tree_should_is_the_only_page():
    lone = b"<</Type/Page/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>"
    copy = clean(paper(more={2: lone, 3: b"null"}))

    assert "Hello (world)" in shown(copy.data).texts[0]
    assert "PDF-64" in copy.vectors


def test_a_document_that_has_no_page_and_says_so_stays_one():
    copy = clean(write({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[]/Count 0>>"}))

    assert accepted(copy.data) and len(pikepdf.open(io.BytesIO(copy.data)).pages) == 0


def test_a_document_with_pages_outside_an_empty_tree_is_refused():
    """Its pages would be lost without a word (PDF-64)."""
    with pytest.raises(MalformedError):
        clean(paper(more={2: b"<</Type/Pages/Kids[]/Count 0>>"}))


ONLY_FILES = b"/EFF/StdCF/CF<</StdCF<</AuthEvent/EFOpen/CFM/AESV3/Length 32>>>>"
LOCK = b"<</Filter/Standard/V 5/R 6/Length 256/P -4/O<%b>/U<%b>/OE<%b>/UE<%b>/Perms<%b>%b>>"


def locked(filters: bytes) -> bytes:
    """A document behind a password that nobody has, with these filters for its strings and streams."""
    lock = LOCK % (b"00" * 48, b"11" * 48, b"00" * 32, b"00" * 32, b"00" * 16, filters)
    return paper(more={6: lock}, trailer=b"/Encrypt 6 0 R/ID[<00><00>]")


@pytest.mark.parametrize("filters", [ONLY_FILES, ONLY_FILES + b"/StmF/Identity/StrF/Identity"])
def test_a_password_on_attached_files_alone_does_not_lock_the_document(filters):
    copy = clean(locked(filters))

    assert "Hello (world)" in shown(copy.data).texts[0]
    assert "PDF-66" in copy.vectors and b"Encrypt" not in copy.data


@pytest.mark.parametrize("filters", [ONLY_FILES + b"/StmF/StdCF", ONLY_FILES + b"/StrF/StdCF"])
def test_a_password_on_strings_or_streams_locks_it(filters):
    with pytest.raises(EncryptedError):
        clean(locked(filters))


def test_a_lossy_picture_is_clipped_where_it_leaves_its_range():
    """A decoder that wraps around shows white as black beside every edge."""
    sharp = Image.new("RGB", (64, 48), "white")
    sharp.paste("black", (20, 10, 24, 40))
    sharp.paste("red", (40, 5, 41, 44))
    out = io.BytesIO()
    sharp.save(out, "JPEG2000", quality_mode="rates", quality_layers=[40], irreversible=True)
    entries = b"/Type/XObject/Subtype/Image/Width 64/Height 48/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/JPXDecode"
    image = {6: stream(out.getvalue(), entries)}
    untrusted = paper(resources=b"/XObject<</I 6 0 R>>", content=ON_PAGE, more=image)
    copy = clean(untrusted)

    assert looks_alike(untrusted, copy.data, most=2)
    assert [finding.action for finding in copy.findings if finding.vector == "PDF-76"] == [Action.REWRITE]


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(HELLO)[:-4] + bytes(4),
        zlib.compress(HELLO)[:-6],
        zlib.compress(HELLO + b" " + b"0 0 m " * 90)[:60] + bytes([7]) * 40,
        zlib.compress(HELLO)[2:],
    ],
    ids=["checksum", "cut off", "a fault", "no header"],
)
def test_of_a_broken_stream_all_that_stands_before_the_fault_is_read(packed):
    copy = clean(paper(more={4: stream(packed, b"/Filter/FlateDecode")}))

    assert "Hello" in shown(copy.data).texts[0]
    assert "PDF-62" in copy.vectors


def test_a_profile_of_colours_by_eye_is_no_device():
    """Its numbers are lightness and two opponents; taken for red, green and blue they are glaring (8.6.5.5)."""
    profile = bytearray(128)
    profile[16:20] = b"Lab "
    space = {6: b"[/ICCBased 7 0 R]", 7: stream(bytes(profile), b"/N 3")}
    content = b"/L cs 50 60 30 sc 0 0 200 100 re f"
    copy = clean(paper(resources=b"/ColorSpace<</L 6 0 R>>", content=content, more=space))

    red, green, blue = shown(copy.data).pages[0].getpixel((50, 50))
    assert red > 150 > green and blue < 120
    assert accepted(copy.data)


def test_the_name_of_a_state_may_be_a_sentence():
    name = b"/" + b"a" * 200
    states = b"/AP<</N<<%b 7 0 R/Off 8 0 R>>>>/AS%b/V%b" % (name, name, name)
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]"
    box = b"<</Type/Annot/Subtype/Widget/FT/Btn/T(x)/Rect[0 0 9 9]%b>>" % states
    more = {6: box, 7: stream(b"0 0 9 9 re f", form), 8: stream(b"", form)}
    copy = clean(paper(catalog=b"/AcroForm<</Fields[6 0 R]>>", page=b"/Annots[6 0 R]", more=more))

    assert accepted(copy.data) and copy.data.count(name) == 3


def test_a_name_without_end_is_left_out():
    endless = b"/" + b"a" * 300
    fonts = b"/Font<</F1 5 0 R%b 5 0 R>>" % endless
    copy = clean(paper(resources=fonts))

    assert accepted(copy.data) and endless not in copy.data
    assert "Hello" in shown(copy.data).texts[0]


@pytest.mark.parametrize("entry", [b"", b"/Filter/FlateDecode"])
def test_a_compact_font_in_the_place_of_another_is_put_into_its_own(entry):
    program = zlib.compress(cff()) if entry else cff()
    descriptor = b"<</Type/FontDescriptor/FontName/A/Flags 4/FontBBox[0 0 9 9]/FontFile 8 0 R>>"
    font = b"<</Type/Font/Subtype/Type1/BaseFont/A/FirstChar 65/LastChar 65/Widths[500]/FontDescriptor 7 0 R>>"
    copy = clean(paper(more={5: font, 7: descriptor, 8: stream(program, entry)}))

    assert accepted(copy.data)
    assert b"/FontFile3" in copy.data and b"/Subtype/Type1C" in copy.data


def test_a_truetype_font_in_the_place_of_another_is_put_into_its_own():
    """PDF-83: written under the key that says Type 1, it lacked what such a program needs, and the file was lost."""
    program = (CORPUS / "found/fonts/truetype-where-type-1-belongs").read_bytes()[1:]
    descriptor = b"<</Type/FontDescriptor/FontName/A/Flags 4/FontBBox[0 0 9 9]/FontFile 8 0 R>>"
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/A/FirstChar 65/LastChar 65/Widths[500]/FontDescriptor 7 0 R>>"
    copy = clean(paper(more={5: font, 7: descriptor, 8: stream(program)}))

    assert accepted(copy.data)
    assert b"/FontFile2" in copy.data and b"/FontFile " not in copy.data


@pytest.mark.parametrize(
    ("kind", "kept", "left_out"),
    [
        (b"bfrange", [b"<41><42><0041>", b"<43><44>[<0043><0044>]"], [b"<45><46>7", b"<47><48>[]"]),
        (b"cidrange", [b"<41><42> 7"], [b"<45><46><0041>"]),
        (b"notdefrange", [b"<41><42> 7"], [b"<45><46><0041>"]),
    ],
)
def test_a_range_of_a_character_map_leads_to_what_its_kind_may_lead_to(kind, kept, left_out):
    """PDF-87: text for one, numbers for the others; anything else had the whole copy refused."""
    body = b"\n".join([*kept, *left_out])
    ((found, entries),) = read_cmap(b"1 begin%b\n%b\nend%b\n" % (kind, body, kind)).sections

    assert (found.encode(), entries) == (kind, kept)


def test_a_form_that_calls_itself_is_drawn_once():
    """As readers draw it (PDF-49)."""
    content = b"0 0 1 rg 20 20 40 40 re f /F0 Do"
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources<</XObject<</F0 %d 0 R>>>>"
    untrusted = paper(resources=b"/XObject<</F0 6 0 R>>", content=b"/F0 Do", more={6: stream(content, form % 6)})
    copy = clean(untrusted)

    assert accepted(copy.data) and looks_alike(untrusted, copy.data)
    assert shown(copy.data).pages[0].getpixel((30, 60)) == (0, 0, 255)


def test_objects_may_have_sparse_numbers():
    """A page that was cut out of a long document keeps its numbers: no more than a third of its bytes (PDF-99)."""
    whole = paper()
    document = pikepdf.open(io.BytesIO(whole))
    out, table = b"%PDF-1.7\n", b"xref\n"
    for number in range(1, len(document.objects) + 1):
        table += b"%d 1\n%010d 00000 n \n" % (9000 + number, len(out))
        start = whole.index(b"\n%d 0 obj\n" % number) + 1
        body = re.sub(rb"\b(\d) 0 (R|obj)\b", rb"900\1 0 \2", whole[start : whole.index(b"endobj\n", start) + 7])
        out += body
    end = b"trailer\n<</Root 9001 0 R/Size 9006>>\nstartxref\n%d\n%%%%EOF\n"
    copy = clean(out + table + end % len(out))

    assert accepted(copy.data) and looks_alike(whole, copy.data)


def test_a_table_that_counts_from_another_number_is_mended_as_readers_do():
    whole = paper()
    copy = clean(whole.replace(b"xref\n0 6\n", b"xref\n1 6\n"))

    assert "PDF-63" in copy.vectors
    assert accepted(copy.data) and looks_alike(whole, copy.data)


def test_a_picture_too_large_withholds_the_document_in_place_of_being_left_out():
    """A map whose lines are a mask of three hundred million dots must not be delivered without them."""
    mask = stream(b"", b"/Type/XObject/Subtype/Image/ImageMask true/Width 19926/Height 16012/Filter/JBIG2Decode")
    with pytest.raises(LimitError, match="pixels"):
        clean(paper(resources=b"/XObject<</I 6 0 R>>", content=ON_PAGE, more={6: mask}))


def test_a_table_of_places_is_long_where_its_format_is_not_0():
    """PDF-83: as readers take it; every glyph was lost to places of two bytes."""
    places = struct.pack(">III", 0, 0, 24)
    glyph = struct.pack(">hhhhhH", 1, 0, 0, 500, 500, 2) + b"\0\0" + bytes((0x37, 0x37, 0x37)) + bytes(7)
    head = bytes(12) + b"\x5f\x0f\x3c\xf5" + bytes(34) + b"\1\0" + b"\0\0"
    font = sfnt.read_font(truetype(glyf=glyph, loca=places, head=head))

    assert font.broken_glyphs == 0
    assert font.tables[b"loca"] != bytes(len(font.tables[b"loca"]))


def test_a_font_that_a_graphics_state_sets_stays():
    """Table 57: a font and its size, without which all text behind it is lost (PDF-49)."""
    untrusted = paper(
        resources=b"/ExtGState<</G<</Type/ExtGState/Font[5 0 R 18]>>>>",
        content=b"BT /G gs 20 50 Td (Hello) Tj ET",
    )
    copy = clean(untrusted)

    assert accepted(copy.data) and looks_alike(untrusted, copy.data)
    assert shown(copy.data).texts == ["Hello"]

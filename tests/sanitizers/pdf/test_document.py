"""A PDF's copy: what it keeps, what it leaves behind, and that it says so."""

import io

import pikepdf
import pytest
from PIL import ImageChops

from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, EncryptedError, MalformedError
from sanitizers.formats.pdf import PDF
from sanitizers.sanitizer import Job
from tests.sanitizers.pdf.papers import HELLO, clean, paper, shown, stream
from tests.sanitizers.pictures import LENIENT, ordering

SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"


def test_text_and_looks_stay():
    """A page reads and looks as before."""
    untrusted = paper()
    copy = clean(untrusted)

    before, after = shown(untrusted), shown(copy.data)
    assert after.texts == before.texts == ["Hello (world)"]
    assert ImageChops.difference(before.pages[0], after.pages[0]).getbbox() is None


@pytest.mark.parametrize(
    ("vector", "untrusted"),
    [
        ("PDF-01", paper(catalog=b"/OpenAction" + SCRIPT)),
        ("PDF-02", paper(catalog=b"/AA<</WC" + SCRIPT + b">>")),
        ("PDF-03", paper(page=b"/AA<</O" + SCRIPT + b">>")),
        ("PDF-05", paper(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/AA<</E" + SCRIPT + b">>>>]")),
        ("PDF-09", paper(catalog=b"/Names<</JavaScript<</Names[(a)" + SCRIPT + b"]>>>>")),
        ("PDF-10", paper(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A" + SCRIPT + b">>]")),
        ("PDF-12", paper(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F(calc.exe)>>>>]")),
        ("PDF-16", paper(page=b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(file:///c:/a)>>>>]")),
        ("PDF-17", paper(catalog=b"/URI<</Base(http://a.example/)>>")),
        ("PDF-31", paper(catalog=b"/Names<</EmbeddedFiles<</Names[(a)<</F(a.exe)>>]>>>>")),
        ("PDF-33", paper(page=b"/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]/FS<</F(a)>>>>]")),
        ("PDF-40", paper(catalog=b"/AcroForm<</XFA(x)/Fields[]>>")),
        ("PDF-49", paper(catalog=b"/Secret(x)")),
        ("PDF-50", paper(page=b"/PieceInfo<</A<</Private(x)>>>>")),
        ("PDF-51", paper(catalog=b"/Metadata 6 0 R", more={6: stream(b"<x/>", b"/Type/Metadata/Subtype/XML")})),
        ("PDF-52", paper(trailer=b"/Info<</Author(somebody)>>")),
        ("PDF-54", paper(trailer=b"/Hidden(somebody)")),
        ("PDF-57", paper() + b"<script>"),
        ("PDF-92", paper(page=b"/Thumb 6 0 R", more={6: stream(b"\0", b"/Width 1/Height 1")})),
        ("PDF-100", paper(content=b"(x) secret BT ET")),
    ],
)  # fmt: skip
def test_what_no_table_names_is_left_behind_and_told(vector, untrusted):
    copy = clean(untrusted)

    assert vector in copy.vectors
    for word in (
        b"JavaScript",
        b"/JS",
        b"app.alert",
        b"somebody",
        b"calc.exe",
        b".exe",
        b"Secret",
        b"secret",
        b"<script",
    ):
        assert word not in copy.data


def test_a_place_in_the_document_may_be_where_it_opens():
    copy = clean(paper(catalog=b"/OpenAction[3 0 R/Fit]"))

    assert b"/OpenAction[" in copy.data
    assert "PDF-01" not in copy.vectors


def test_a_web_link_stays_in_plain_characters():
    link = b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://www.city.example/a b)>>>>]"
    copy = clean(paper(page=link))

    assert b"https://www.city.example/a%20b".hex().encode() in copy.data
    assert "PDF-15" in copy.vectors


def test_a_web_link_goes_where_the_policy_says_so():
    link = b"/Annots[<</Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(https://www.city.example/)>>>>]"
    copy = clean(paper(page=link), ordering(PDF_15=Action.REMOVE))

    assert b"/URI" not in copy.data


def test_data_in_another_file_is_refused():
    untrusted = paper(more={4: stream(b"", b"/F(//host/share/a)")})
    with pytest.raises(BlockedError):
        clean(untrusted)


def test_a_document_without_pages_is_refused():
    with pytest.raises(MalformedError):
        clean(paper(more={2: b"<</Type/Pages/Count 1/Kids[9 0 R]>>"}))


def test_the_page_of_a_tree_that_leads_back_into_itself_is_copied_once():
    copy = clean(paper(more={2: b"<</Type/Pages/Count 2/Kids[3 0 R 2 0 R]>>"}))

    assert len(shown(copy.data).pages) == 1


def test_bookmarks_lead_to_pages_and_nowhere_else():
    outline = {
        6: b"<</Type/Outlines/First 7 0 R/Last 8 0 R/Count 2>>",
        7: b"<</Title(one)/Parent 6 0 R/Next 8 0 R/Dest[3 0 R/Fit]>>",
        8: b"<</Title(two)/Parent 6 0 R/Prev 7 0 R/A<</S/Launch/F(calc.exe)>>>>",
    }
    copy = clean(paper(catalog=b"/Outlines 6 0 R", more=outline))

    assert b"one".hex().encode() in copy.data and b"two".hex().encode() in copy.data
    assert "PDF-12" in copy.vectors


def test_form_values_stay_and_their_scripts_go():
    form = {6: b"<</FT/Tx/T(name)/V(Yamada)/Subtype/Widget/Rect[0 0 90 9]/P 3 0 R/AA<</K<</S/JavaScript/JS(1)>>>>>>"}
    copy = clean(paper(catalog=b"/AcroForm<</Fields[6 0 R]/DA(/F1 0 Tf)>>", page=b"/Annots[6 0 R]", more=form))

    assert b"Yamada".hex().encode() in copy.data
    assert "PDF-05" in copy.vectors


def test_what_a_hidden_layer_paints_is_gone_for_good():
    layers = {6: b"<</Type/OCG/Name(hidden)>>", 7: b"<</Type/OCG/Name(shown)>>"}
    content = b"/OC/H BDC BT /F1 9 Tf (secret) Tj ET EMC /OC/S BDC BT /F1 9 Tf 9 9 Td (open) Tj ET EMC"
    untrusted = paper(
        catalog=b"/OCProperties<</OCGs[6 0 R 7 0 R]/D<</OFF[6 0 R]>>>>",
        resources=b"/Font<</F1 5 0 R>>/Properties<</H 6 0 R/S 7 0 R>>",
        content=content,
        more=layers,
    )
    copy = clean(untrusted)

    assert shown(copy.data).texts == ["open"]
    assert "PDF-68" in copy.vectors and b"/OFF" not in copy.data


def test_an_inline_image_becomes_samples_in_hexadecimal():
    content = b"q 50 0 0 50 0 0 cm BI /W 2 /H 2 /BPC 8 /CS /G ID \x00\x80\xff\x40 EI Q"
    untrusted = paper(content=content)
    copy = clean(untrusted)

    assert "PDF-79" in copy.vectors
    difference = ImageChops.difference(shown(untrusted).pages[0], shown(copy.data).pages[0])
    assert max(high for _, high in difference.getextrema()) <= 1


def test_what_wants_a_password_is_encrypted():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    with pytest.raises(EncryptedError):
        clean(out.getvalue())


def test_a_form_that_shares_the_pages_resources_gets_those_that_it_names():
    """LibreOffice shares one dictionary between a page and the forms that it holds."""
    more = {
        6: b"<</Font<</F1 5 0 R>>/XObject<</X 7 0 R/Y 8 0 R>>>>",
        7: stream(b"/Y Do", b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources 6 0 R"),
        8: stream(HELLO, b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources 6 0 R"),
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources 6 0 R>>",
        4: stream(b"/X Do"),
    }
    copy = clean(paper(more=more))

    assert shown(copy.data).texts == ["Hello (world)"]


def test_a_form_that_draws_itself_by_another_is_refused():
    forms = {
        number: stream(b"/X Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X %d 0 R>>>>" % other)
        for number, other in ((6, 7), (7, 6))
    }
    with pytest.raises(BlockedError):
        clean(paper(resources=b"/XObject<</X 6 0 R>>", content=b"/X Do", more=forms))


@pytest.mark.parametrize("row", [b"7 0 R", b"[7 0 R 0 7 0 R]"])
def test_a_tag_that_stands_in_a_part_of_its_own_is_left_out_there(row):
    """A table whose first row holds the table: the page and the other tags stay (PDF-91)."""
    more = {
        6: b"<</Type/StructTreeRoot/K 7 0 R>>",
        7: b"<</S/Table/P 6 0 R/K[8 0 R 9 0 R]>>",
        8: b"<</S/TR/P 7 0 R/Pg 3 0 R/K %b>>" % row,
        9: b"<</S/TR/P 7 0 R/Pg 3 0 R/K 1>>",
    }
    copy = clean(paper(catalog=b"/StructTreeRoot 6 0 R", more=more))

    assert "PDF-91" in copy.vectors and "PDF-72" not in copy.vectors
    with pikepdf.open(io.BytesIO(copy.data)) as document:
        first, second = document.Root.StructTreeRoot.K.K
        assert "/K" not in first or list(first.K) == [0]
        assert second.K == 1
    assert clean(copy.data).data == copy.data


@pytest.mark.parametrize("kind", [b"", b"/Subtype/TrueTyp"])
def test_a_font_whose_kind_is_none_is_shown_as_readers_show_it(kind):
    """The page keeps its text (PDF-85)."""
    untrusted = paper(resources=b"/Font<</F1<</Type/Font%b/BaseFont/Helvetica>>>>" % kind)
    copy = clean(untrusted)

    assert shown(copy.data).texts == shown(untrusted).texts == ["Hello (world)"]
    assert "PDF-85" in copy.vectors


def test_a_given_password_opens_a_document_and_the_copy_wants_none():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    job = Job(LENIENT, Budget(LENIENT.limits), passwords=("wrong", "u"))
    data = PDF.reconstruct(PDF.disarm(PDF.parse(out.getvalue(), job.budget), job))

    assert shown(data).texts == ["Hello (world)"] and b"/Encrypt" not in data
    assert "PDF-66" in [finding.vector for finding in job.told()]


@pytest.mark.parametrize(
    ("said", "is_mail"),
    [
        (b"MIME-Version: 1.0", True),
        (b"mime-vERSION:\t1", True),
        (b"xContent-Type: MultiPart/mixed", True),
        (b"-type: multipart/mixed", False),
        (b"content-version: 1", False),
        (b"mime-type: multipart/mixed", False),
        (b"Content-Type: text/html", False),
    ],
)
def test_the_head_of_a_message_is_told_in_letters_of_any_case(said, is_mail):
    """PDF-96: what a mail reader would take for a message."""
    copy = clean(paper(content=b"% " + said + b"\n" + HELLO))

    assert ("PDF-96" in {finding.vector for finding in copy.findings}) is is_mail

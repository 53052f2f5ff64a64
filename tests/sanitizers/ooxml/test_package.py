"""Office packages: what is carried, what is left behind, and that both are told."""

import pytest

from policies.load import load_policy
from sanitizers.errors import Reason
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Outcome
from tests.sanitizers.ooxml.packages import PPTM, PPTX, STRICT, Parts, W, docx, members, pptx

POLICY = load_policy("default")
VBA = "http://schemas.microsoft.com/office/2006/relationships/vbaProject"
PARAGRAPH = "<w:p><w:r><w:t>住民票の写し</w:t></w:r></w:p>"


def clean(data: bytes, name: str = "a.docx") -> Outcome:
    outcome = sanitize(data, Order(name=name, policy=POLICY))
    if outcome.data is not None:
        again = sanitize(outcome.data, Order(name=outcome.report.name, policy=POLICY))
        assert again.data == outcome.data
        assert again.report.verdict is Verdict.CLEAN
    return outcome


def vectors(outcome: Outcome) -> set[str]:
    return {finding.vector for finding in outcome.report.findings}


def test_text_comes_through():
    outcome = clean(docx(PARAGRAPH).data())

    assert "住民票の写し".encode() in members(outcome.data)["word/document.xml"]


def test_the_copy_names_each_part_and_each_relationship():
    copy = members(clean(docx(PARAGRAPH).data()).data)

    assert list(copy) == ["[Content_Types].xml", "_rels/.rels", "word/document.xml"]
    assert b'PartName="/word/document.xml"' in copy["[Content_Types].xml"]


def test_a_macro_presentation_becomes_its_twin_without():
    """OOXML-01, OOXML-04: the project goes, and the name says so."""
    parts = pptx("", PPTM).put(
        "ppt/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"\xd0\xcf\x11\xe0harmless"
    )
    outcome = clean(parts.relate("ppt/presentation.xml", VBA, "vbaProject.bin").data(), "会議.pptm")

    assert outcome.report.name == "会議.pptx"
    assert outcome.report.copy_type == PPTX
    assert {"OOXML-01", "OOXML-04"} <= vectors(outcome)
    assert not any("vba" in name.lower() for name in members(outcome.data))


def test_an_add_in_that_is_its_macros_alone_is_told_to_be_nothing_else():
    """OOXML-01: not damaged, as PowerPoint itself writes an empty main part; saving it again would change nothing."""
    parts = Parts().put("ppt/presentation.xml", "application/vnd.ms-powerpoint.addin.macroEnabled.main+xml", b"")
    parts.put("ppt/vbaProject.bin", "application/vnd.ms-office.vbaProject", b"\xd0\xcf\x11\xe0harmless")
    parts.relate("", "officeDocument", "ppt/presentation.xml").relate("ppt/presentation.xml", VBA, "vbaProject.bin")
    outcome = clean(parts.data(), "a.ppam")

    assert outcome.data is None
    assert outcome.report.reason is Reason.EMPTY
    assert "OOXML-01" in vectors(outcome)


@pytest.mark.parametrize(
    ("body", "vector"),
    [
        ('<w:altChunk r:id="rId9"/>', "OOXML-15"),
        ('<w:subDoc r:id="rId9"/>', "OOXML-16"),
        ('<w:p w:rsidR="00AB12CD"/>', "OOXML-47"),
        ('<w:p><x:hidden xmlns:x="urn:nobody:knows">payload</x:hidden></w:p>', "OOXML-13"),
        ("<w:r><w:tbl/></w:r>", "OOXML-58"),
    ],
)
def test_what_no_row_carries_is_left_behind_and_told(body, vector):
    outcome = clean(docx(PARAGRAPH + body).data())

    assert vector in vectors(outcome)
    assert b"payload" not in members(outcome.data)["word/document.xml"]


def test_a_remote_template_is_cut():
    """OOXML-14: the relationship and the element that asks for it both go."""
    parts = docx(PARAGRAPH).put(
        "word/settings.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml",
        f'<w:settings xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<w:attachedTemplate r:id="rId1"/></w:settings>',
    )
    parts.relate("word/document.xml", "settings", "settings.xml")
    parts.relate("word/settings.xml", "attachedTemplate", "https://example.invalid/t.dotm", external=True)
    outcome = clean(parts.data())

    assert "OOXML-14" in vectors(outcome)
    assert not any(b"example.invalid" in data for data in members(outcome.data).values())


@pytest.mark.parametrize(
    ("target", "is_kept"),
    [
        ("https://www.example.lg.jp/a?b=c&amp;d", True),
        ("mailto:soumu@example.lg.jp", True),
        ("file://server/share/x.exe", False),
        ("\\\\server\\share", False),
        ("java&#10;script:alert(1)", False),
        ("search-ms:query=x", False),
    ],
)
def test_only_links_to_the_web_and_to_mail_are_kept(target, is_kept):
    """OOXML-19 and OOXML-20."""
    link = '<w:p><w:hyperlink r:id="rId1"><w:r><w:t>こちら</w:t></w:r></w:hyperlink></w:p>'
    outcome = clean(docx(link).relate("word/document.xml", "hyperlink", target, external=True).data())
    copy = members(outcome.data)

    assert "こちら".encode() in copy["word/document.xml"]
    assert ("word/_rels/document.xml.rels" in copy) is is_kept
    assert ("OOXML-20" in vectors(outcome)) is not is_kept


def test_the_strict_family_is_folded():
    """OOXML-52: what hides in the other namespace is seen, and the text comes through."""
    parts = docx(PARAGRAPH + '<w:altChunk r:id="rId9"/>')
    kind, data = parts.parts["word/document.xml"]
    folded = data.replace(W.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
    parts.put("word/document.xml", kind, folded).relations.clear()
    outcome = clean(parts.relate("", STRICT + "officeDocument", "word/document.xml").data())

    assert {"OOXML-52", "OOXML-15"} <= vectors(outcome)
    assert "住民票の写し".encode() in members(outcome.data)["word/document.xml"]


def test_both_sides_of_an_alternative_are_held_to_the_schema():
    """OOXML-12: a Choice that nobody knows goes, and its Fallback stands alone."""
    body = (
        '<w:p><w:r><mc:AlternateContent><mc:Choice xmlns:z="urn:z" Requires="z"><w:t>first</w:t></mc:Choice>'
        "<mc:Fallback><w:t>two</w:t><w:subDoc/></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    document = members(clean(docx(body).data()).data)["word/document.xml"]

    assert b"first" not in document
    assert b"<w:r><w:t>two</w:t></w:r>" in document


def test_a_part_that_nothing_reaches_is_left_behind():
    """OOXML-54."""
    outcome = clean(docx(PARAGRAPH).put("word/extra.xml", "application/xml", "<a/>").data())

    assert "OOXML-54" in vectors(outcome)
    assert "word/extra.xml" not in members(outcome.data)


def test_two_main_parts_are_refused():
    """OOXML-51."""
    outcome = sanitize(
        docx(PARAGRAPH).relate("", "officeDocument", "word/document.xml").data(), Order(name="a.docx", policy=POLICY)
    )

    assert outcome.report.reason is Reason.POLICY


def test_a_document_type_is_refused():
    """OOXML-53."""
    parts = docx(PARAGRAPH)
    kind, data = parts.parts["word/document.xml"]
    outcome = sanitize(
        parts.put("word/document.xml", kind, b"<!DOCTYPE a>" + data).data(), Order(name="a.docx", policy=POLICY)
    )

    assert outcome.report.reason is Reason.MALFORMED
    assert "OOXML-53" in vectors(outcome)


def test_an_optional_part_that_is_a_draft_of_another_kind_stays_behind():
    """Drafts of commentsExtended had another namespace; the document does without them (OOXML-50)."""
    kind = "http://schemas.microsoft.com/office/2011/relationships/commentsExtended"
    said = "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml"
    package = docx(PARAGRAPH).put("word/commentsExtended.xml", said, '<commentsEx xmlns="urn:draft"/>')
    outcome = clean(package.relate("word/document.xml", kind, "commentsExtended.xml").data())

    assert "OOXML-50" in vectors(outcome)
    assert "word/commentsExtended.xml" not in members(outcome.data)


def test_a_second_style_sheet_stays_behind():
    """Word 2010 read stylesWithEffects.xml instead of styles.xml: a reader takes one of two (OOXML-12)."""
    kind = "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects"
    said = "application/vnd.ms-word.stylesWithEffects+xml"
    package = docx(PARAGRAPH).put("word/stylesWithEffects.xml", said, f'<w:styles xmlns:w="{W}"/>')
    outcome = clean(package.relate("word/document.xml", kind, "stylesWithEffects.xml").data())

    assert vectors(outcome) == {"OOXML-12"}
    assert "word/stylesWithEffects.xml" not in members(outcome.data)

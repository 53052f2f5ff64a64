"""Accepting tracked changes leaves the document as it reads with all of them accepted (OOXML-46)."""

from lxml import etree

from sanitizers.formats.ooxml.word.revisions import CHANGES, accept

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{NAMESPACE}}}"


def body(content):
    return etree.fromstring(f'<w:body xmlns:w="{NAMESPACE}">{content}</w:body>')


def run(text, tag="t"):
    return f"<w:r><w:{tag}>{text}</w:{tag}></w:r>"


def paragraph(content, mark=""):
    properties = f'<w:pPr><w:rPr><w:{mark} w:id="1" w:author="a"/></w:rPr></w:pPr>' if mark else ""
    return f"<w:p>{properties}{content}</w:p>"


def paragraphs(root):
    return ["".join(text.text for text in p.iter(W + "t")) for p in root.iter(W + "p")]


def accepted(content):
    root = body(content)
    accept(root)
    assert not list(root.iter(*CHANGES, W + "delText"))
    return root


def test_insertions_stay_and_deletions_go():
    content = f'{run("a")}<w:ins w:id="1" w:author="x">{run("b")}</w:ins><w:del w:id="2">{run("c", "delText")}</w:del>'
    moved = f'<w:moveFrom w:id="3">{run("d")}</w:moveFrom><w:moveTo w:id="4">{run("e")}</w:moveTo>'

    assert paragraphs(accepted(paragraph(content + moved))) == ["abe"]


def test_a_deletion_inside_an_insertion_goes():
    content = f'<w:ins w:id="1">{run("a")}<w:del w:id="2">{run("b", "delText")}</w:del></w:ins>'

    assert paragraphs(accepted(paragraph(content))) == ["a"]


def test_a_deleted_paragraph_mark_joins_two_paragraphs():
    assert paragraphs(accepted(paragraph(run("a"), "del") + paragraph(run("b")))) == ["ab"]
    assert paragraphs(accepted(paragraph(run("a"), "ins") + paragraph(run("b")))) == ["a", "b"]
    assert paragraphs(accepted(paragraph(run("a"), "del"))) == ["a"]


def test_deleted_rows_and_cells_go_with_their_text():
    def cell(text, mark=""):
        return f"<w:tc><w:tcPr>{mark}</w:tcPr>{paragraph(run(text))}</w:tc>"

    deleted = '<w:tr><w:trPr><w:del w:id="1"/></w:trPr>' + cell("a") + "</w:tr>"
    kept = "<w:tr>" + cell("b", '<w:cellDel w:id="2"/>') + cell("c") + "</w:tr>"

    assert paragraphs(accepted(f"<w:tbl>{deleted}{kept}</w:tbl>{paragraph('')}")) == ["c", ""]
    assert paragraphs(accepted(f"<w:tbl>{deleted}</w:tbl>{paragraph('')}")) == [""]


def test_former_formatting_goes():
    content = '<w:r><w:rPr><w:b/><w:rPrChange w:id="1" w:author="x"><w:rPr><w:i/></w:rPr></w:rPrChange></w:rPr></w:r>'
    root = accepted(paragraph(content))

    assert [element.tag for element in root.iter(W + "b", W + "i")] == [W + "b"]

"""Hidden text goes, by whatever it is hidden; what is seen stays (OOXML-48)."""

import pytest
from lxml import etree

from sanitizers.formats.ooxml.word.hidden import hidden_styles, take_out

NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{NAMESPACE}}}"


def tree(name, content):
    return etree.fromstring(f'<w:{name} xmlns:w="{NAMESPACE}">{content}</w:{name}>')


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


def style(name, properties="", base=""):
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return f'<w:style w:styleId="{name}">{based}<w:rPr>{properties}</w:rPr></w:style>'


def seen(content, styles=""):
    root = tree("body", content)
    hiding = hidden_styles(tree("styles", styles))
    take_out(root, hiding)
    assert take_out(root, hiding) == 0
    return "".join(text.text for text in root.iter(W + "t"))


@pytest.mark.parametrize("value", ["", 'w:val="1"', 'w:val="true"', 'w:val="on"'])
def test_a_run_that_says_so_is_hidden(value):
    assert seen(f"<w:p>{run('a')}{run('b', f'<w:vanish {value}/>')}</w:p>") == "a"


@pytest.mark.parametrize("value", ["0", "false", "off"])
def test_a_run_that_says_no_is_seen(value):
    assert seen(f"""<w:p>{run("a", f'<w:vanish w:val="{value}"/>')}</w:p>""") == "a"


def test_styles_hide_and_two_of_them_show_again():
    styles = style("H", "<w:vanish/>") + style("B", base="H")
    by_style = '<w:rStyle w:val="B"/>'

    assert seen(f"<w:p>{run('a', by_style)}</w:p>", styles) == ""
    assert seen(f'<w:p><w:pPr><w:pStyle w:val="H"/></w:pPr>{run("a")}</w:p>', styles) == ""
    assert seen(f'<w:p><w:pPr><w:pStyle w:val="H"/></w:pPr>{run("a", by_style)}</w:p>', styles) == "a"
    assert seen(f"""<w:p>{run("a", by_style + '<w:vanish w:val="0"/>')}</w:p>""", styles) == "a"


def test_styles_in_a_circle_end():
    assert (
        seen(f"<w:p>{run('a')}</w:p>", style("A", base="B") + style("B", base="A") + style("C", "<w:vanish/>")) == "a"
    )


def test_what_print_shows_and_marks_that_others_lean_on_stay():
    page = run("7", "<w:webHidden/>")
    entry = '<w:r><w:rPr><w:vanish/></w:rPr><w:instrText> XE "a" </w:instrText></w:r>'
    paragraph = f"<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>{page}{entry}</w:p>"
    root = tree("body", paragraph)

    assert take_out(root, frozenset()) == 0
    assert seen(paragraph) == "7"

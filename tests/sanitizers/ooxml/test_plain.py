"""Parts without a tree: taken as they came only where that is what a tree would have given, word for word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.errors import InputError
from sanitizers.formats.ooxml import plain
from sanitizers.formats.ooxml.carry import Carrier
from sanitizers.formats.ooxml.schema import ELEMENTS
from sanitizers.parsers.opc import parse_xml
from tests.sanitizers.ooxml.test_carry import Quiet

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ROOT = f"{{{W}}}styles"
JUDGED = frozenset({"hyperlink"})


def styles(content, more=""):
    return f'<w:styles xmlns:w="{W}"{more}>{content}</w:styles>'


def pieces_of(text):
    return plain.pieces_of(text.encode(), ROOT, JUDGED)


def by_pieces(pieces):
    scene = Quiet("word.styles")
    return Carrier(scene, {}).carry_pieces(pieces, ELEMENTS[ROOT]), sorted(scene.told)


def by_tree(text):
    scene = Quiet("word.styles")
    return Carrier(scene, {}).carry(parse_xml(text.encode()), ELEMENTS[ROOT]), sorted(scene.told)


def test_a_part_in_the_canonical_form_needs_no_tree():
    text = styles('<w:style w:type="paragraph" w:styleId="a"><w:name w:val="標準 &amp; &lt;1&gt;"/><w:evil/></w:style>')

    assert by_pieces(pieces_of(text)) == by_tree(text)
    assert by_tree(text)[1] == [("OOXML-13", "w:evil", 1)]


@pytest.mark.parametrize(
    "content",
    [
        "<w:style><w:name w:val='single'/></w:style>",
        '<w:style><w:name  w:val="two spaces"/></w:style>',
        '<w:style><w:name w:val="space before the end" /></w:style>',
        '<w:style><w:name w:val="a\nbreak"/></w:style>',
        '<w:style><w:name w:val="&#9;"/></w:style>',
        '<w:style><w:name w:val="&quot;"/></w:style>',
        '<w:style><w:name w:val="more > than"/></w:style>',
        "<w:style>\r\n</w:style>",
        "<w:style></w:style>",
        "<w:style><!-- a comment --></w:style>",
        "<w:style><?target data?></w:style>",
        "<w:style><![CDATA[data]]></w:style>",
        "<w:hyperlink/>",
        '<mc:Choice Requires="w14"/>',
        f'<w:style xmlns:v="{W}"><w:name w:val="1" v:val="2"/></w:style>',
    ],
)
def test_what_a_tree_would_write_otherwise_or_is_judged_becomes_one(content):
    assert pieces_of(styles(content, ' xmlns:mc="urn:m"')) is None


@pytest.mark.parametrize(
    "text",
    [
        styles("<w:style><w:name/></w:style></w:styles><w:styles>"),
        styles("<w:style><w:name/></w:rPr>"),
        styles('<w:style w:type="1" w:type="2"/>'),
        styles("<w:style><v:name/></w:style>"),
        styles('<w:style><w:name v:val="1"/></w:style>'),
        styles("<w:style/>", f' xmlns:v="{W}"'),
        styles("\0"),
        styles("￿"),
        styles("<w:style/>").replace("styles", "fonts"),
        styles("<w:style/>").replace(W, "urn:another"),
        f'<w:styles xmlns:w="{W}">',
        "",
    ],
)
def test_what_is_not_whole_or_not_the_part_is_left_to_the_tree(text):
    assert pieces_of(text) is None


def test_bytes_that_are_no_utf8_are_left_to_the_tree():
    assert plain.pieces_of(styles("?").encode().replace(b"?", b"\xc0\xaf"), ROOT, JUDGED) is None


def test_nesting_is_bounded_as_in_a_tree():
    deep = styles("<w:style>" * 300 + "x" + "</w:style>" * 300)

    with pytest.raises(InputError):
        by_tree(deep)
    with pytest.raises(InputError):
        by_pieces(pieces_of(deep))


_WORDS = st.sampled_from(
    [
        *("<w:style>", "</w:style>", "<w:rPr>", "</w:rPr>", "<w:b/>", '<w:sz w:val="24"/>', '<w:name w:val="a b:c"/>'),
        *(
            "<w:b />",
            "<w:b w:val='1'/>",
            '<v:b v:val="1"/>',
            "<v:rPr>",
            "</v:rPr>",
            "&amp;",
            "&quot;",
            "&#65;",
            "&",
            "x",
        ),
        *(
            "\n",
            "\r",
            "<!---->",
            "<?a?>",
            "]]>",
            ">",
            '<w:b xml:space="preserve"/>',
            '<w:b w:val="1" w:val="1"/>',
            "あ",
        ),
        f'<w:b xmlns:q="{W}" q:val="1"/>',
    ]
)


@given(st.lists(_WORDS, max_size=12).map("".join), st.sampled_from(["", ' xmlns:v="urn:v"', f' xmlns:v="{W}"']))
def test_both_ways_say_the_same_of_whatever_takes_the_short_one(content, more):
    text = styles(content, more)
    pieces = pieces_of(text)

    if pieces is not None:
        assert by_pieces(pieces) == by_tree(text)

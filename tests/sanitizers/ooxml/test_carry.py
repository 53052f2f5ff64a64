"""The carrying engine: whatever stands in a part, what comes out is whole, allowed, and stays as it is."""

import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sanitizers.formats.ooxml import carry, tags
from sanitizers.formats.ooxml.carry import Carrier
from sanitizers.formats.ooxml.rules import DROP, UNWRAP
from sanitizers.formats.ooxml.schema import ELEMENTS

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OTHERS = {
    "w": W,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "foreign": "urn:foreign",
}


class Quiet:
    """A scene in which relationships lead somewhere when their id says so."""

    def __init__(self, kind):
        self.kind, self.told, self.is_judging = kind, [], False

    def found(self, vector, at="", *, count=1, **_):
        self.told.append((vector.id, at, count))

    def relation(self, old):
        return None

    def relate(self, old):
        return old if old == "good" else None


def edit_hyperlink(element, scene):
    return {"drop": DROP, "unwrap": UNWRAP}.get(element.get(f"{{{W}}}anchor"))


def carried(text, kind="word.document"):
    root = etree.fromstring(text)
    scene = Quiet(kind)
    return Carrier(scene, {f"{{{W}}}hyperlink": edit_hyperlink}).carry(root, ELEMENTS[root.tag]), sorted(scene.told)


def part(content, spaces=OTHERS):
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    name = next(prefix for prefix, space in spaces.items() if space == W)
    return f"<{name}:document{declared}><{name}:body>{content}</{name}:body></{name}:document>"


def body(text):
    """What was carried into the body."""
    return re.fullmatch(r"<w:document[^>]*><w:body(?:/>|>(.*)</w:body>)</w:document>", text, re.DOTALL)[1] or ""


LEAVES = st.sampled_from(
    [
        '<w:t xml:space="preserve"> a &amp; &lt;b&gt; "c" </w:t>',
        "<w:t/>",
        "<w:t>a<w:br/>b</w:t>",
        "<w:tab/>",
        "loose",
        '<w:instrText> REF "a\'b" </w:instrText>',
        '<w:sym w:font="a&quot;b&#9;&#10;" w:char="F0A7"/>',
        '<w:nothing w:x="1"><w:t>a</w:t></w:nothing>',
        '<foreign:x a="1"/>',
        '<w:br w:type="page" foreign:y="1"/>',
        '<w:altChunk r:id="good"/>',
        "<w:control/>",
        '<w:br w:type="javascript:x"/>',
        "<w:rPr><w:b/><w:rsid/></w:rPr>",
        '<w:headerReference r:id="good" w:type="default"/>',
        '<w:drawing xmlns:a="urn:a"><a:b/></w:drawing>',
        "<mc:AlternateContent><mc:Choice Requires='wps'><w:tab/></mc:Choice><mc:Fallback/></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice Requires='foreign'><w:tab/></mc:Choice></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice Requires='wps'/><mc:Fallback><w:tab/></mc:Fallback></mc:AlternateContent>",
    ]
)
WRAPPERS = st.sampled_from(
    [
        *("w:p", "w:r", "w:tbl", "w:tr", "w:tc", "w:ins", "w:sdt", "w:sdtContent", "w:smartTag", "w:pPr", "w:rPr"),
        *("w:t", 'w:p w:rsidR="00AB" w14:paraId="12"', 'w:hyperlink r:id="good"', "w:nothing", "w:drawing"),
        *('w:hyperlink r:id="bad" w:anchor="drop"', 'w:hyperlink w:anchor="unwrap"', "w:txbxContent"),
        *("mc:AlternateContent", "mc:Choice Requires='wps'", "mc:Choice Requires='foreign'", "mc:Fallback"),
    ]
)
CONTENT = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda tag, pieces: f"<{tag}>{''.join(pieces)}</{tag.split()[0]}>", WRAPPERS, st.lists(inner, max_size=4)
    ),
    max_leaves=25,
)


@given(st.lists(CONTENT, max_size=6))
def test_what_was_carried_once_is_carried_whole(pieces):
    """A fixed point: nothing is lost any more, and not a byte moves."""
    once, _ = carried(part("".join(pieces)))
    again, told = carried(once)

    assert again == once
    assert told == []


@given(st.lists(CONTENT, max_size=6))
def test_only_names_of_the_tables_are_written(pieces):
    copy, _ = carried(part("".join(pieces)))

    for element in etree.fromstring(copy).iter():
        sides = (carry.MC + "Choice", carry.MC + "Fallback")
        assert element.tag in ELEMENTS or element.tag in (carry.MC + "AlternateContent", *sides)
        assert (element.tag in sides) is (
            element.getparent() is not None and element.getparent().tag == carry.MC + "AlternateContent"
        )
        assert "foreign" not in "".join(element.attrib)


def test_prefixes_mean_what_the_part_says():
    usual = part("<w:p><w:r><w:t>a</w:t></w:r></w:p>")
    swapped = part("<m:p><m:r><m:t>a</m:t></m:r></m:p><w:p/>", {"m": W, "w": "urn:foreign"})
    inside = part('<w:p xmlns:w="urn:foreign"/><w:p/>')

    assert body(carried(usual)[0]) == body(carried(swapped)[0]) == "<w:p><w:r><w:t>a</w:t></w:r></w:p>"
    assert body(carried(inside)[0]) == "<w:p/>"


def test_what_one_kind_of_part_may_carry_is_not_remembered_for_another():
    """Replies to comments name paragraphs; in the body their ids go (OOXML-47)."""
    text = part('<w:p w14:paraId="00000001"/>')
    comments = text.replace("w:document", "w:comments").replace("w:body", "w:comment")

    assert "paraId" in carried(comments, "word.comments")[0]
    assert "paraId" not in carried(text)[0]


def test_each_place_is_counted():
    copy, told = carried(part("".join(f'<w:p w:rsidR="{n:08X}"/>' for n in range(60_000))))

    assert told == [("OOXML-47", "w:p/@w:rsidR", 60_000)]
    assert copy.count("<w:p/>") == 60_000


def test_of_two_sides_the_one_that_is_left_stands_alone():
    """OOXML-12: without a Choice there is no alternative; without both there is nothing."""
    known = (
        "<mc:AlternateContent><mc:Choice Requires='wps'>{}</mc:Choice>"
        "<mc:Fallback>{}</mc:Fallback></mc:AlternateContent>"
    )

    def run(first, second):
        return body(carried(part(f"<w:p><w:r>{known.format(first, second)}</w:r></w:p>"))[0])

    assert run("<w:control/>", "<w:tab/>") == "<w:p><w:r><w:tab/></w:r></w:p>"
    assert "<mc:Fallback>" not in run("<w:tab/>", "<w:control/>")
    assert run("<w:control/>", "<w:subDoc/>") == "<w:p><w:r/></w:p>"


@given(st.lists(CONTENT, max_size=6))
def test_what_is_remembered_decides_nothing(pieces):
    text = part("".join(pieces))
    carried(text)
    known = carried(text)
    tags._MEMORIES.clear()

    assert carried(text) == known


def test_memory_that_has_grown_too_large_is_begun_anew(monkeypatch):
    monkeypatch.setattr(tags, "MAX_KEPT", 100)
    carried(part('<w:p w:rsidR="00000001"/>' * 2))
    before = tags._MEMORIES["w"]
    carried(part("<w:p/>"))

    assert before.chars > 100
    assert tags._MEMORIES["w"] is not before


def test_a_relationship_is_asked_for_in_each_part():
    text = part('<w:p><w:r><w:drawing/></w:r></w:p><w:sectPr><w:headerReference r:id="good"/></w:sectPr>')

    def ids(answer):
        scene = Quiet("word.document")
        scene.relate = lambda old: answer
        return Carrier(scene, {}).carry(etree.fromstring(text), ELEMENTS[f"{{{W}}}document"])

    assert 'r:id="first"' in ids("first")
    assert 'r:id="second"' in ids("second")


def test_a_prefix_that_no_one_declared_asks_for_nothing_we_know():
    """OOXML-12: that another part may declare it, and that it is a prefix of ours, changes nothing."""
    choice = "<mc:Choice Requires='wps'><w:tab/></mc:Choice>"
    sides = f"<w:p><w:r><mc:AlternateContent>{choice}</mc:AlternateContent></w:r></w:p>"
    declared = part(sides)
    without = part(sides, {prefix: space for prefix, space in OTHERS.items() if prefix != "wps"})

    for text in (declared, without, declared):
        assert ("<w:tab/>" in carried(text)[0]) is (text is declared)


def test_charts_of_2016_are_asked_for_by_the_version_that_draws_them():
    """Office asks for the namespace of a kind of chart (waterfall, funnel, map), in which there is no element."""
    spaces = {
        "x": "http://schemas.microsoft.com/office/drawing/2015/9/8/chartex",
        "y": "http://schemas.microsoft.com/office/drawing/2015/10/21/chartex",
        "z": "http://schemas.microsoft.com/office/drawing/2016/5/10/chartex",
    }
    for prefix, space in spaces.items():
        sides = (
            f'<mc:AlternateContent><mc:Choice xmlns:{prefix}="{space}" Requires="{prefix}"><w:t>chart</w:t></mc:Choice>'
            "<mc:Fallback><w:t>picture</w:t></mc:Fallback></mc:AlternateContent>"
        )
        text, told = carried(part(f"<w:p><w:r>{sides}</w:r></w:p>"))

        assert told == []
        assert f'="{space}"' in text
        assert ">chart<" in text


def test_a_switch_of_a_table_may_be_off_in_each_of_its_ways():
    """Some programs write 0 or false: left out, it would mean the opposite."""
    table = '<w:tbl><w:tblPr><w:bidiVisual w:val="{}"/></w:tblPr></w:tbl>'
    for value in ("0", "false", "off", "1", "true", "on"):
        text, told = carried(part(table.format(value)))

        assert (f'<w:bidiVisual w:val="{value}"/>' in text, told) == (True, [])


def test_styles_and_lists_keep_the_effects_of_newer_letters():
    """Ligatures stand in the defaults of every document of Word's newest template."""
    effect = '<w14:ligatures w14:val="standardContextual"/>'
    places = {
        "styles": "<w:docDefaults><w:rPrDefault><w:rPr>{}</w:rPr></w:rPrDefault></w:docDefaults>",
        "numbering": '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:rPr>{}</w:rPr></w:lvl></w:abstractNum>',
    }
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in OTHERS.items())
    for name, content in places.items():
        text, told = carried(f"<w:{name}{declared}>{content.format(effect)}</w:{name}>", f"word.{name}")

        assert (effect in text, told) == (True, [])

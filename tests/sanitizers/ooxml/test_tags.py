"""The short way of the carrying engine gives what the long way gives, whatever stands in a part."""

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sanitizers.formats.ooxml import tags
from sanitizers.formats.ooxml.carry import Carrier, _Frame
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
        self.kind, self.told = kind, []

    def found(self, vector, at="", *, count=1, **_):
        self.told.append((vector.id, at, count))

    def relate(self, old):
        return "rId1" if old == "good" else None


def edits(scene_kind):
    """Rules of a room, for elements that say what is to be done with them."""

    def edit(element, scene):
        return {"drop": DROP, "unwrap": UNWRAP}.get(element.get(f"{{{W}}}anchor"))

    return {f"{{{W}}}hyperlink": edit}


def carried(text, is_short, kind="word.document"):
    root = etree.fromstring(text)
    scene = Quiet(kind)
    carrier = Carrier(scene, edits(kind))
    if not is_short:
        carry = tags.carry
        tags.carry = lambda root, children, *_: carrier._walk(_Frame(iter(root), children, ""))
        try:
            return carrier.carry(root, ELEMENTS[root.tag]), sorted(scene.told)
        finally:
            tags.carry = carry
    return carrier.carry(root, ELEMENTS[root.tag]), sorted(scene.told)


def part(content, spaces=OTHERS):
    declared = "".join(f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items())
    name = next(prefix for prefix, space in spaces.items() if space == W)
    return f"<{name}:document{declared}><{name}:body>{content}</{name}:body></{name}:document>"


LEAVES = st.sampled_from(
    [
        *(
            '<w:t xml:space="preserve"> a &amp; &lt;b&gt; "c" </w:t>',
            "<w:t/>",
            "<w:t>a<w:br/>b</w:t>",
            "<w:tab/>",
            "loose",
        ),
        *('<w:instrText> REF "a\'b" </w:instrText>', '<w:sym w:font="a&quot;b&#9;&#10;" w:char="F0A7"/>'),
        *('<w:nothing w:x="1"><w:t>a</w:t></w:nothing>', '<foreign:x a="1"/>', '<w:br w:type="page" foreign:y="1"/>'),
        *(
            '<w:altChunk r:id="good"/>',
            "<w:control/>",
            '<w:br w:type="javascript:x"/>',
            "<w:rPr><w:b/><w:rsid/></w:rPr>",
        ),
        *('<w:headerReference r:id="good" w:type="default"/>', '<w:drawing xmlns:a="urn:a"><a:b/></w:drawing>'),
        "<mc:AlternateContent><mc:Choice Requires='wps'><w:tab/></mc:Choice><mc:Fallback/></mc:AlternateContent>",
        "<mc:AlternateContent><mc:Choice Requires='foreign'><w:tab/></mc:Choice></mc:AlternateContent>",
    ]
)
WRAPPERS = st.sampled_from(
    [
        *(
            "w:p",
            "w:r",
            "w:tbl",
            "w:tr",
            "w:tc",
            "w:ins",
            "w:sdt",
            "w:sdtContent",
            "w:smartTag",
            "w:pPr",
            "w:rPr",
            "w:t",
        ),
        *('w:p w:rsidR="00AB" w14:paraId="12"', 'w:hyperlink r:id="good"', 'w:hyperlink r:id="bad" w:anchor="drop"'),
        *('w:hyperlink w:anchor="unwrap"', "w:nothing", "w:drawing", "w:txbxContent"),
    ]
)


def wrapped(inner):
    return st.builds(
        lambda tag, pieces: f"<{tag}>{''.join(pieces)}</{tag.split()[0]}>", WRAPPERS, st.lists(inner, max_size=4)
    )


CONTENT = st.recursive(LEAVES, wrapped, max_leaves=25)


@given(st.lists(CONTENT, max_size=6))
def test_both_ways_give_the_same_text_and_tell_the_same(pieces):
    text = part("".join(pieces))

    assert carried(text, True) == carried(text, False)


def test_prefixes_of_others_mean_what_they_say():
    """A part whose prefixes are not the usual ones is not looked up among those that are."""
    usual = part("<w:p><w:r><w:t>a</w:t></w:r></w:p>")
    swapped = part("<m:p><m:r><m:t>a</m:t></m:r></m:p><w:p/>", {"m": W, "w": "urn:foreign"})

    for text in (usual, swapped, usual):
        assert carried(text, True) == carried(text, False)
    assert "<w:p><w:r><w:t>a</w:t></w:r></w:p></w:body>" in carried(swapped, True)[0]


def test_what_one_kind_of_part_may_carry_is_not_remembered_for_another():
    """Replies to comments name paragraphs; in the body their ids go (OOXML-47)."""
    text = part('<w:p w14:paraId="00000001"/>')
    comments = text.replace("w:document", "w:comments").replace("w:body", "w:comment")

    assert "paraId" in carried(comments, True, "word.comments")[0]
    assert "paraId" not in carried(text, True)[0]


def test_many_distinct_tags_are_not_all_remembered():
    before = tags.MAX_KNOWN
    texts = [part("".join(f'<w:p w:rsidR="{n:08X}"/>' for n in range(start, start + 60_000))) for start in (0, 60_000)]
    for text in texts:
        assert carried(text, True)[1] == [("OOXML-47", "w:p/@w:rsidR", 60_000)]

    assert all(memory.size <= 2 * before + 70_000 for memory in tags._SHARED.values())

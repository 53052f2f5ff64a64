"""What becomes of a whole Word document: what people read stays in every story, what acts or tells goes."""

import dataclasses

import pytest

from policies.load import load_policy
from policies.terms import Action, Authors
from tests.sanitizers.ooxml.word.documents import PNG, R_SPACE, Copy, W, docx, field, paragraph, run

SHAPE = '<v:shape style="width:20pt;height:10pt"><v:imagedata r:id="p"/></v:shape>'
PICTURE = {"p": ("image", "media/a.png", PNG)}


def ordering(**actions):
    default = load_policy("default")
    named = {name.replace("_", "-"): Action[action.upper()] for name, action in actions.items()}
    return dataclasses.replace(default, actions={**default.actions, **named})


def test_every_story_is_read():
    """DDE in the body, a header, a note, a comment and both kinds of text boxes (OOXML-75)."""
    dde = paragraph(field("DDEAUTO a b", "x"))
    box = f"<w:txbxContent>{dde}</w:txbxContent>"
    legacy = f"<w:r><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></w:r>"
    body = dde + paragraph(legacy) + '<w:sectPr><w:headerReference w:type="default" r:id="header"/></w:sectPr>'
    copy = Copy(
        docx(
            body,
            header=dde,
            footnotes=f'<w:footnote w:id="1">{dde}</w:footnote>',
            comments=f'<w:comment w:id="1" w:author="">{dde}</w:comment>',
        )
    )

    assert copy.vectors == {"OOXML-60"}
    for name, boxes in (("document.xml", 2), ("header1.xml", 1), ("footnotes.xml", 1), ("comments.xml", 1)):
        assert copy.text(name) == "x" * boxes
        assert not copy.names(name) & {"fldChar", "instrText"}


@pytest.mark.parametrize(
    ("inside", "vector"),
    [
        ('<o:OLEObject Type="Embed" ProgID="Package" r:id="o"/>', "OOXML-08"),
        ('<o:OLEObject Type="Link" ProgID="Word.Document" r:id="o" UpdateMode="Always"/>', "OOXML-10"),
        ('<w:control r:id="o" w:name="CommandButton1"/>', "OOXML-06"),
        ('<w:objectEmbed r:id="o"/>', "OOXML-78"),
    ],
)
def test_an_object_leaves_its_picture(inside, vector):
    object_ = f'<w:r><w:object w:dxaOrig="10" w:dyaOrig="10">{SHAPE}{inside}</w:object></w:r>'
    files = PICTURE | {"o": ("oleObject", "embeddings/o.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 payload")}
    copy = Copy(docx(paragraph(object_), files=files))

    assert vector in copy.vectors
    assert not copy.names() & {"object", "OLEObject", "control", "objectEmbed"}
    assert {"pict", "imagedata"} <= copy.names()
    assert [name for name in copy.members if "media" in name] == ["word/media/image1.png"]
    assert not any(b"payload" in data for data in copy.members.values())


def test_documents_drawn_in_from_elsewhere_leave_a_line_of_text():
    """An altChunk and a sub-document (OOXML-15, OOXML-16)."""
    chunk = {"c": ("aFChunk", "a.htm", b"<script>payload</script>")}
    copy = Copy(docx('<w:altChunk r:id="c"/>' + paragraph(run("a"), '<w:subDoc r:id="s"/>'), files=chunk))

    assert copy.vectors == {"OOXML-15", "OOXML-16"}
    assert "取り除かれました" in copy.text()
    assert not any(b"payload" in data for data in copy.members.values())


def test_mark_up_of_others_is_unwrapped_and_bindings_are_cut():
    tag = f'<w:smartTag w:uri="u" w:element="e"><w:smartTagPr/>{run("b")}</w:smartTag>'
    control = (
        '<w:sdt><w:sdtPr><w:alias w:val="n"/><w:dataBinding w:xpath="/x" w:storeItemID="{}"/><w14:checkbox>'
        f'<w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>{run("c")}</w:sdtContent></w:sdt>'
    )
    whole = f'<w:customXml w:uri="u" w:element="e"><w:customXmlPr/>{paragraph(run("a"), tag, control)}</w:customXml>'
    copy = Copy(docx(whole))

    assert copy.vectors == {"OOXML-25", "OOXML-74"}
    assert copy.text() == "abc"
    assert {"sdt", "alias", "checkbox", "checked"} <= copy.names()
    assert not copy.names() & {"smartTag", "customXml", "dataBinding"}


def test_links_lead_to_the_web_and_within_the_document_alone():
    def link(attributes, text):
        return f"<w:hyperlink {attributes}>{run(text)}</w:hyperlink>"

    links = [("w", "https://www.example.jp/a"), ("f", r"file:///\\192.0.2.1\a"), ("j", "javascript:x"), ("h", "#place")]
    body = paragraph(*(link(f'r:id="{name}"', name) for name, _ in links), link('w:anchor="place"', "a"))
    copy = Copy(docx(body, links=links))
    kept = [(item.get(f"{{{R_SPACE}}}id"), item.get(W + "anchor")) for item in copy.part().iter(W + "hyperlink")]

    assert copy.text() == "wfjha"
    assert kept == [("rId1", None), (None, "place"), (None, "place")]
    assert b"https://www.example.jp/a" in copy.members["word/_rels/document.xml.rels"]
    assert copy.vectors == {"OOXML-20"}


def compatibility(uri):
    return f'<w:compatSetting w:name="compatibilityMode" w:uri="{uri}" w:val="15"/>'


def test_settings_that_reach_out_force_or_tell_go():
    """Template, mail merge, forced updates, protection, variables, identifiers (OOXML-14, 47, 49, 70, 76)."""
    settings = (
        '<w:attachedTemplate r:id="t"/><w:mailMerge><w:query w:val="q"/></w:mailMerge><w:updateFields w:val="1"/>'
        '<w:documentProtection w:edit="forms"/><w:docVars><w:docVar w:name="a" w:val="b"/></w:docVars>'
        '<w:rsids><w:rsid w:val="00AB"/></w:rsids><w:defaultTabStop w:val="840"/>'
        f"<w:compat>{compatibility('http://schemas.microsoft.com/office/word')}{compatibility('http://192.0.2.1/')}"
        "</w:compat>"
    )
    copy = Copy(docx(paragraph(run("a")), settings=settings))

    assert copy.vectors == {"OOXML-14", "OOXML-47", "OOXML-49", "OOXML-58", "OOXML-70", "OOXML-76"}
    assert copy.names("settings.xml") == {"settings", "defaultTabStop", "compat", "compatSetting"}
    assert len(list(copy.part("settings.xml").iter(W + "compatSetting"))) == 1


def test_form_fields_lose_their_macros_and_stay_what_they_are():
    data = '<w:name w:val="c"/><w:entryMacro w:val="Evil"/><w:checkBox><w:default w:val="1"/></w:checkBox>'
    begin = f'<w:r><w:fldChar w:fldCharType="begin" w:dirty="1"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    copy = Copy(docx(paragraph(begin, "<w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r>", end)))

    assert copy.vectors == {"OOXML-69", "OOXML-76"}
    assert {"ffData", "checkBox", "instrText"} <= copy.names()
    assert "entryMacro" not in copy.names()


CHANGED = paragraph(
    run("a"),
    f'<w:ins w:id="1" w:author="山田" w:date="2026-01-01T00:00:00Z">{run("b")}</w:ins>',
    '<w:del w:id="2" w:author="鈴木"><w:r><w:delText>c</w:delText></w:r></w:del>',
)
COMMENT = paragraph('<w:commentRangeStart w:id="1"/>', run("d"), '<w:commentRangeEnd w:id="1"/>')
COMMENTS = f'<w:comment w:id="1" w:author="山田" w:initials="山">{paragraph(run("e"))}</w:comment>'


@pytest.mark.parametrize(
    ("order", "expected", "initials"),
    [
        (Authors.REMOVE, {None, ""}, "A1"),
        (Authors.PSEUDONYM, {None, "Author 1", "Author 2"}, "A1"),
        (Authors.KEEP, {None, "山田", "鈴木"}, "山"),
    ],
)
def test_changes_and_comments_stay_under_the_names_that_the_policy_orders(order, expected, initials):
    """What comes in keeps what people read; who they are is the policy's to say (OOXML-45, OOXML-46)."""
    policy = dataclasses.replace(load_policy("default"), authors=order)
    copy = Copy(docx(CHANGED + COMMENT, comments=COMMENTS), policy)
    authors = {item.get(W + "author") for name in ("document.xml", "comments.xml") for item in copy.part(name).iter()}

    assert authors == expected
    assert copy.part("comments.xml")[0].get(W + "initials") == initials
    assert copy.text() == "abcd"


def test_names_go_and_what_they_wrote_stays():
    copy = Copy(docx(CHANGED + COMMENT, comments=COMMENTS))

    assert copy.vectors == {"OOXML-45", "OOXML-46"}
    assert copy.text() == "abcd"
    assert copy.text("comments.xml") == "e"
    assert "2026" not in copy.members["word/document.xml"].decode()


def test_changes_and_comments_go_where_the_policy_says_so():
    copy = Copy(docx(CHANGED + COMMENT, comments=COMMENTS), ordering(OOXML_45="remove", OOXML_46="remove"))

    assert copy.text() == "abd"
    assert not copy.names() & {"ins", "del", "commentRangeStart", "commentReference"}
    assert not any(b"\xe5\xb1\xb1" in data for data in copy.members.values())


def test_replies_still_answer_the_comment_they_answered():
    def comment(number, identifier):
        inner = f'<w:p w14:paraId="{identifier}">{run("x")}</w:p>'
        return f'<w:comment w:id="{number}" w:author="">{inner}</w:comment>'

    extended = (
        '<w15:commentEx w15:paraId="0ABC0001"/><w15:commentEx w15:paraId="0ABC0002" w15:paraIdParent="0ABC0001"/>'
    )
    extended += '<w15:commentEx w15:paraId="0ABC0009" w15:done="1"/>'
    copy = Copy(docx(COMMENT, comments=comment(1, "0ABC0001") + comment(2, "0ABC0002"), extended=extended))
    entries = [sorted(entry.attrib.values()) for entry in copy.part("commentsExtended.xml")]
    ids = [
        item.get("{http://schemas.microsoft.com/office/word/2010/wordml}paraId")
        for item in copy.part("comments.xml").iter(W + "p")
    ]

    assert ids == ["00000001", "00000002"]
    assert entries == [["00000001"], ["00000001", "00000002"]]


def test_hidden_text_goes_by_a_style_too():
    styles = '<w:style w:type="character" w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>'
    body = paragraph(run("a"), run("b", "<w:vanish/>"), run("c", '<w:rStyle w:val="H"/>'))
    copy = Copy(docx(body, styles=styles))

    assert copy.vectors == {"OOXML-48"}
    assert copy.text() == "a"


def test_rare_characters_come_through():
    """Surrogate pairs, private use, variation selectors, combining voiced marks: names of people and places."""
    words = "𠮷野家 \U000f0000\ue000 葛\U000e0100城 か\u3099 㐂 ㈱ ①"
    copy = Copy(docx(paragraph(run(words))))

    assert copy.text() == words
    assert copy.vectors == set()


def test_ruby_stays():
    reading, base = f"<w:rt>{run('かんじ')}</w:rt>", f"<w:rubyBase>{run('漢字')}</w:rubyBase>"
    ruby = f'<w:ruby><w:rubyPr><w:hps w:val="10"/></w:rubyPr>{reading}{base}</w:ruby>'
    copy = Copy(docx(paragraph(f"<w:r>{ruby}</w:r>")))

    assert copy.text() == "かんじ漢字"
    assert {"ruby", "rt", "rubyBase", "hps"} <= copy.names()


def test_a_part_that_is_not_what_is_said_of_it_does_not_block_the_document():
    """A draft of commentsExtended has another root (OOXML-50)."""
    draft = {"x": ("numbering", "numbering.xml", "<draft/>")}
    copy = Copy(docx(paragraph(run("a")), files=draft))

    assert copy.vectors == {"OOXML-50"}
    assert "word/numbering.xml" not in copy.members


def test_rows_in_a_comment_are_not_numbered():
    """OOXML-47: replies refer to paragraphs alone, and the judge knows numbers of no others."""
    table = f'<w:tbl><w:tr w14:paraId="0ABC0003"><w:tc>{paragraph(run("x"))}</w:tc></w:tr></w:tbl>'
    copy = Copy(docx(paragraph(run("a")), comments=f'<w:comment w:id="1" w:author="">{table}</w:comment>'))

    assert b"paraId" not in copy.members["word/comments.xml"]

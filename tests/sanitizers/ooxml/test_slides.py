"""Slides: what acts goes, and what it showed stays."""

import pytest
from lxml import etree

from policies.load import load_policy
from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.drawing.vml import parse_vml
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.packages import PPTX, members, pptx
from tests.sanitizers.pictures import png_of, scene

POLICY = load_policy("default")
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
SLIDE = "ppt/slides/slide1.xml"
COMMENTS = "{6950BFC3-D8DA-4A85-94F7-54DA5524770B}"
OLE = "http://schemas.openxmlformats.org/presentationml/2006/ole"


def clean(parts):
    outcome = sanitize(parts.data(), Order(name="a.pptx", policy=POLICY))
    assert outcome.data is not None, outcome.report
    again = sanitize(outcome.data, Order(name="a.pptx", policy=POLICY))
    assert again.data == outcome.data
    assert again.report.verdict is Verdict.CLEAN
    copy = members(outcome.data)
    return etree.fromstring(copy[SLIDE]), copy, {finding.vector for finding in outcome.report.findings}


def text(click):
    return f"<p:sp><p:txBody><a:bodyPr/><a:p><a:r><a:rPr>{click}</a:rPr><a:t>次へ</a:t></a:r></a:p></p:txBody></p:sp>"


def test_actions_within_the_show_are_kept():
    jump = '<a:hlinkClick r:id="" action="ppaction://hlinkshowjump?jump=nextslide"/>'
    slide, _, found = clean(pptx(text(jump)))

    assert slide.find(f".//{A}hlinkClick").get("action") == "ppaction://hlinkshowjump?jump=nextslide"
    assert "OOXML-110" not in found


def test_actions_that_run_something_are_cut_and_their_text_stays():
    """OOXML-110."""
    for action in ("program", "macro?name=a", "ole?verb=0", "hlinkfile", "customshow?id=0", "media", "PROGRAM"):
        slide, _, found = clean(pptx(text(f'<a:hlinkClick r:id="" action="ppaction://{action}"/>')))

        assert slide.find(f".//{A}hlinkClick") is None, action
        assert slide.findtext(f".//{A}t") == "次へ"
        assert "OOXML-110" in found


def test_hover_actions_go():
    """OOXML-21."""
    slide, _, found = clean(pptx(text('<a:hlinkMouseOver r:id="" action="ppaction://program"/>')))

    assert slide.find(f".//{A}hlinkMouseOver") is None
    assert "OOXML-21" in found


def test_an_object_leaves_its_picture_in_its_place():
    """OOXML-08, OOXML-116."""
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="表"/><p:cNvGraphicFramePr/><p:nvPr/>'
        "</p:nvGraphicFramePr>"
        '<p:xfrm><a:off x="10" y="20"/><a:ext cx="300" cy="400"/></p:xfrm><a:graphic><a:graphicData uri="'
        f'{OLE}"><p:oleObj progId="Package" r:id="rId1"><p:embed/><p:pic><p:nvPicPr><p:cNvPr id="0" name=""/>'
        '<p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill><a:blip r:embed="rId2"/></p:blipFill><p:spPr/></p:pic>'
        "</p:oleObj></a:graphicData></a:graphic></p:graphicFrame>"
    )
    parts = pptx(frame).put(
        "ppt/embeddings/oleObject1.bin", "application/octet-stream", b"\xd0\xcf\x11\xe0" + bytes(60)
    )
    parts.put("ppt/media/image1.png", "image/png", png_of(scene()))
    parts.relate(SLIDE, "oleObject", "../embeddings/oleObject1.bin").relate(SLIDE, "image", "../media/image1.png")
    slide, copy, found = clean(parts)

    picture = slide.find(f".//{P}pic")
    assert picture.find(f".//{P}cNvPr").get("name") == "表"
    assert picture.find(f".//{A}ext").attrib == {"cx": "300", "cy": "400"}
    assert picture.find(f".//{A}blip").get(f"{R}embed") == "rId1"
    assert not any("embeddings" in name for name in copy)
    assert {"OOXML-08", "OOXML-116"} <= found


def test_a_linked_picture_becomes_a_drawn_one():
    """OOXML-18."""
    picture = (
        '<p:pic><p:nvPicPr><p:cNvPr id="4" name="n"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr><p:blipFill>'
        '<a:blip r:link="rId1"/></p:blipFill><p:spPr/></p:pic>'
    )
    parts = pptx(picture).relate(SLIDE, "image", "http://example.invalid/pixel.png", external=True)
    slide, copy, found = clean(parts)

    assert slide.find(f".//{A}blip").attrib == {f"{R}embed": "rId1"}
    assert copy["ppt/media/image1.png"].startswith(b"\x89PNG")
    assert not any(b"example.invalid" in data for data in copy.values())
    assert "OOXML-18" in found


def test_commands_leave_no_empty_list_behind():
    """OOXML-111: a list of nodes without a node would make PowerPoint offer a repair."""
    timing = (
        '<p:timing><p:tnLst><p:par><p:cTn id="1" nodeType="tmRoot"><p:childTnLst>{}</p:childTnLst></p:cTn></p:par>'
        "</p:tnLst></p:timing>"
    )
    command = (
        '<p:par><p:cTn id="{}"><p:childTnLst><p:cmd type="verb" cmd="0"><p:cBhvr><p:cTn id="9"/><p:tgtEl>'
        '<p:spTgt spid="4"/></p:tgtEl></p:cBhvr></p:cmd></p:childTnLst></p:cTn></p:par>'
    )
    harmless = '<p:par><p:cTn id="7"/></p:par>'

    def with_timing(inner):
        parts = pptx("")
        kind, data = parts.parts[SLIDE]
        return parts.put(SLIDE, kind, data.replace(b"</p:sld>", timing.format(inner).encode() + b"</p:sld>"))

    slide, _, found = clean(with_timing(command.format(2)))
    assert slide.find(f"{P}timing") is None
    assert "OOXML-111" in found

    slide, _, _ = clean(with_timing(command.format(2) + harmless))
    assert [node.get("id") for node in slide.iter(f"{P}cTn")] == ["1", "7"]


def test_a_slide_show_becomes_a_presentation():
    """OOXML-120."""
    show = PPTX[: PPTX.rindex(".")] + ".slideshow"
    outcome = sanitize(pptx("", show).data(), Order(name="会議.ppsx", policy=POLICY))

    assert outcome.report.name == "会議.pptx"
    assert outcome.report.copy_type == PPTX
    assert "OOXML-120" in {finding.vector for finding in outcome.report.findings}


def test_a_control_of_powerpoint_2007_leaves_the_picture_of_its_drawing():
    """Its picture and place are in the VML part alone, among conditions that are no XML (OOXML-06)."""
    package = pptx("")
    kind, slide = package.parts[SLIDE]
    control = '<p:controls><p:control spid="2053" name="Player" r:id="rId9" imgW="9" imgH="9"/></p:controls>'
    package.parts[SLIDE] = (kind, slide.replace(b"</p:spTree>", f"</p:spTree>{control}".encode()))
    drawing = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office">'
        '<v:shape id="Player" o:spid="_x0000_s2053" style="left:10pt;top:20pt;width:30.5pt;height:40pt">'
        '<![if gte mso 9]><v:imagedata o:relid="rId1"/><![endif]></v:shape></xml>'
    )
    package.put("ppt/drawings/vmlDrawing1.vml", "application/vnd.openxmlformats-officedocument.vmlDrawing", drawing)
    package.put("ppt/media/image1.png", "image/png", png_of(scene()))
    package.relate(SLIDE, "vmlDrawing", "../drawings/vmlDrawing1.vml")
    package.relate("ppt/drawings/vmlDrawing1.vml", "image", "../media/image1.png")
    copy, parts, found = clean(package)

    assert {**copy.find(f".//{P}pic//{A}off").attrib} == {"x": "127000", "y": "254000"}
    assert {**copy.find(f".//{P}pic//{A}ext").attrib} == {"cx": "387350", "cy": "508000"}
    assert copy.find(f".//{P}control") is None
    assert "OOXML-06" in found
    assert [name for name in parts if name.startswith("ppt/media/")] == ["ppt/media/image1.png"]


def test_a_prefix_that_everybody_knows_need_not_be_declared():
    """Some programs write r:id in VML and leave the declaration out; Office reads it."""
    root = parse_vml(b'<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:imagedata r:id="a"/></v:shape></xml>')

    assert root.find(".//{*}imagedata").get(f"{R}id") == "a"
    with pytest.raises(MalformedError):
        parse_vml(b"<xml><q:shape/></xml>")


def test_a_slide_may_name_its_comments():
    """OOXML-121: the list of extensions of newer files."""
    space = "http://schemas.microsoft.com/office/powerpoint/2018/8/main"
    parts = pptx("")
    kind, data = parts.parts[SLIDE]
    named = f'<p:extLst><p:ext uri="{COMMENTS}"><p188:commentRel xmlns:p188="{space}" r:id="rId8"/></p:ext></p:extLst>'
    parts.put(SLIDE, kind, data.replace(b"</p:sld>", named.encode() + b"</p:sld>"))
    comments = f'<p188:cmLst xmlns:p188="{space}"/>'
    parts.put("ppt/comments/modernComment_1.xml", "application/vnd.ms-powerpoint.comments+xml", comments.encode())
    relation = "http://schemas.microsoft.com/office/2018/10/relationships/comments"
    parts.relate(SLIDE, relation, "../comments/modernComment_1.xml", id="rId8")
    slide, copy, _ = clean(parts)

    assert slide.find(f".//{{{space}}}commentRel").get(f"{R}id")
    assert any("comments" in name for name in copy)
    outcome = sanitize(parts.data(), Order(name="a.pptx", policy=POLICY))
    assert judge(outcome.data or b"", outcome.report.released_type, POLICY).accepted


def test_a_chart_that_leads_nowhere_stays_behind():
    frame = (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="4" name="図"/><p:cNvGraphicFramePr/><p:nvPr/>'
        "</p:nvGraphicFramePr>"
        '<p:xfrm><a:off x="0" y="0"/><a:ext cx="9" cy="9"/></p:xfrm><a:graphic><a:graphicData uri='
        '"http://schemas.openxmlformats.org/drawingml/2006/chart"><c:chart r:id="" xmlns:c='
        '"http://schemas.openxmlformats.org/drawingml/2006/chart"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    outcome = sanitize(pptx(frame).data(), Order(name="a.pptx", policy=POLICY))
    assert outcome.data is not None

    assert b"graphicFrame" not in members(outcome.data)[SLIDE]
    assert "OOXML-51" in {finding.vector for finding in outcome.report.findings}
    assert judge(outcome.data, outcome.report.media_type, POLICY).accepted

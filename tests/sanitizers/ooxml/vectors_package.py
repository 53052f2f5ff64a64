"""What any package can carry (OOXML-01 to OOXML-59)."""

from collections.abc import Callable

from tests.sanitizers.ooxml.forge import HOST, MS, THUMBNAIL, D, O, Package, Relation, docx, paragraph, picture_in
from tests.sanitizers.ooxml.vector import (
    Vector,
    both,
    in_body,
    in_presentation,
    in_run,
    in_settings,
    in_sheet,
    in_tree,
    outside,
    part,
    retyped,
    sheet_xml,
    used,
    xml_of,
)
from tests.sanitizers.verify.forge import Member, chunk, png

URL = f"http://{HOST}/a"
UNC = f"\\\\{HOST}\\a"
OBJECT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
VML = '<v:shape id="s1" type="#t1" style="width:9pt;height:9pt"{}>{}</v:shape>'
PIC = (
    '<w:drawing><wp:inline><wp:extent cx="9525" cy="9525"/><wp:docPr id="7" name="p"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="0" name="p">{link}</pic:cNvPr><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
    "<a:blip {blip}>{ext}</a:blip>"
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="9525" cy="9525"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing>"
)
DRAWN = ("a", "wp", "pic", "r")


def shape_click(inside: str) -> str:
    """A slide's shape with this among its properties."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="77" name="x">{inside}</p:cNvPr><p:cNvSpPr/><p:nvPr/></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="9525" cy="9525"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></p:spPr></p:sp>"
    )


def picture_with(ext: str = "", blip: str = "", *prefixes: str):
    """A picture of the document with more in it."""

    def put(p: Package) -> None:
        identifier = picture_in(p, p.main, name="image77.png")
        xml = PIC.format(link="", blip=f'r:embed="{identifier}"{blip}', ext=ext)
        in_run(xml, *DRAWN, *prefixes)(p)

    return put


def picture_of(data: bytes, name: str, content_type: str):
    """A picture of another make."""

    def put(p: Package) -> None:
        identifier = picture_in(p, p.main, data, name)
        p.defaults[name.rpartition(".")[2]] = content_type
        in_run(PIC.format(link="", blip=f'r:embed="{identifier}"', ext=""), *DRAWN)(p)

    return put


def _object(attributes: str, kind: str, data: bytes | None, target: str = "") -> object:
    def put(p: Package) -> None:
        if data is None:
            identifier = p.relate(p.main, D + kind, target, is_external=True)
        else:
            identifier = p.add("word/embeddings/oleObject1.bin", data, O + "oleObject", D + kind)
        ole = f'<o:OLEObject {attributes} ShapeID="s1" DrawAspect="Content" ObjectID="_1" r:id="{identifier}"/>'
        in_run(f"<w:object>{VML.format('', '')}{ole}</w:object>", "v", "o", "r")(p)

    return put


def _embedded(inner: Callable[[Package], object] | None = None, program: str = "Word.Document.12") -> object:
    """A document in the document, with something in it that must not come through."""

    def put(p: Package) -> None:
        document = docx(paragraph("inner"))
        if inner is not None:
            inner(document)
        identifier = p.add("word/embeddings/a.docx", document.build(), O + "wordprocessingml.document", D + "package")
        ole = f'<o:OLEObject Type="Embed" ProgID="{program}" ShapeID="s1" ObjectID="_1" r:id="{identifier}"/>'
        in_run(f"<w:object>{VML.format('', '')}{ole}</w:object>", "v", "o", "r")(p)

    return put


def _ink(p: Package) -> None:
    slide = p.first("presentationml.slide+xml")
    ink = '<inkml:ink xmlns:inkml="http://www.w3.org/2003/InkML"/>'
    identifier = p.add("ppt/ink/ink1.xml", ink, "application/inkml+xml", D + "customXml", slide)
    in_tree(f'<p:contentPart r:id="{identifier}"/>', "r")(p)


def _second_main(p: Package) -> None:
    p.parts["word/second.xml"] = p.parts[p.main]
    p.types["word/second.xml"] = p.types[p.main]
    p.relations[""]["rId99"] = Relation(D + "officeDocument", "word/second.xml")


def _leads_outside(p: Package) -> None:
    p.relations[""]["rId98"] = Relation(D + "custom", URL, True)


def _strict(p: Package) -> None:
    p.change(
        p.main,
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    in_run('<w:instrText> DDEAUTO c:\\\\a "b" </w:instrText>')(p)


def _doctype(p: Package) -> None:
    text = p.parts[p.main].decode()
    start = text.index("<w:document")
    p.parts[p.main] = (text[:start] + '<!DOCTYPE w:document [<!ENTITY a "b">]>' + text[start:]).encode()


def _header_as_blob(p: Package) -> None:
    header = xml_of("w:hdr", "<w:p/>", "w")
    identifier = p.add("word/foo.bin", header, O + "wordprocessingml.header+xml", D + "header")
    text = p.declare(p.main, "r").parts[p.main].decode()
    for empty in ("<w:sectPr/>", "<w:sectPr></w:sectPr>"):
        text = text.replace(empty, f'<w:sectPr><w:headerReference w:type="even" r:id="{identifier}"/></w:sectPr>')
    p.parts[p.main] = text.encode()


def _chart(external: str, inside: str = ""):
    def put(p: Package) -> None:
        chart = xml_of("c:chartSpace", f"<c:chart><c:plotArea/></c:chart>{inside}", "c", "a", "r")
        p.add("word/charts/chart77.xml", chart, O + "drawingml.chart+xml", D + "chart")
        if external:
            p.relations["word/charts/chart77.xml"] = {"rId1": Relation(D + "oleObject", external, True)}
        identifier = next(k for k, r in p.relations[p.main].items() if r.target == "/word/charts/chart77.xml")
        graphic = (
            '<w:drawing><wp:inline><wp:extent cx="9525" cy="9525"/><wp:docPr id="8" name="c"/><a:graphic>'
            '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
            f'<c:chart r:id="{identifier}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
        )
        in_run(graphic, *DRAWN, "c")(p)

    return put


def _diagram(p: Package) -> None:
    roots = {"Data": "dataModel", "Layout": "layoutDef", "QuickStyle": "styleDef", "Colors": "colorsDef"}
    inside = {"Data": "<dgm:ptLst/>", "Layout": "<dgm:layoutNode/>"}
    names = {}
    for kind, root in roots.items():
        name = f"word/diagrams/{kind.lower()}77.xml"
        content_type = f"{O}drawingml.diagram{kind.removeprefix('Quick')}+xml"
        data = xml_of(f"dgm:{root}", inside.get(kind, ""), "dgm", "a")
        names[kind] = p.add(name, data, content_type, f"{D}diagram{kind}")
    click = '<a:hlinkClick r:id="rId1"/>'
    point = (
        '<dgm:pt modelId="1"><dgm:prSet/><dgm:spPr/><dgm:t><a:bodyPr/><a:p><a:r><a:rPr lang="en-US">'
        f"{click}</a:rPr><a:t>a</a:t></a:r></a:p></dgm:t></dgm:pt>"
    )
    name = "word/diagrams/data77.xml"
    p.declare(name, "r").change(name, "<dgm:ptLst/>", f"<dgm:ptLst>{point}</dgm:ptLst>")
    p.relations[name] = {"rId1": Relation(D + "hyperlink", f"file://{HOST}/a", True)}
    ids = f'r:dm="{names["Data"]}" r:lo="{names["Layout"]}" r:qs="{names["QuickStyle"]}" r:cs="{names["Colors"]}"'
    graphic = (
        '<w:drawing><wp:inline><wp:extent cx="9525" cy="9525"/><wp:docPr id="8" name="d"/><a:graphic>'
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/diagram">'
        f"<dgm:relIds {ids}/></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    in_run(graphic, *DRAWN, "dgm")(p)


def _theme(p: Package) -> None:
    p.relate(p.first("theme+xml"), D + "image", URL, is_external=True)


_M07 = "http://schemas.microsoft.com/office/2007/relationships/"
_M11 = "http://schemas.microsoft.com/office/2011/relationships/"
_BIN = "application/vnd.ms-office.vbaProject"
_VML_PART = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:x="urn:schemas-microsoft-com:office:excel">{}</xml>'
)


def _vml(shape: str):
    def put(p: Package) -> None:
        name = p.first("spreadsheetml.worksheet+xml")
        content_type = O + "vmlDrawing"
        identifier = p.add("xl/drawings/vmlDrawing7.vml", _VML_PART.format(shape), content_type, D + "vmlDrawing", name)
        in_sheet(f'<legacyDrawing r:id="{identifier}"/>', "r")(p)

    return put


PACKAGE = (
    Vector("OOXML-01", "a VBA project", "docx", part("word/vbaProject.bin", _BIN, MS + "vbaProject", OBJECT)),
    Vector(
        "OOXML-01", "a VBA project under another name", "xlsx", part("xl/media/a.dat", _BIN, MS + "vbaProject", OBJECT)
    ),
    Vector(
        "OOXML-02",
        "data of a VBA project",
        "docx",
        part(
            "word/vbaData.xml",
            "application/vnd.ms-word.vbaData+xml",
            MS + "wordVbaData",
            '<wne:vbaSuppData xmlns:wne="http://schemas.microsoft.com/office/word/2006/wordml"/>',
        ),
    ),
    Vector("OOXML-04", "a type with macros", "docx", retyped("application/vnd.ms-word.document.macroEnabled.main+xml")),
    Vector("OOXML-04", "a type with macros", "xlsx", retyped("application/vnd.ms-excel.sheet.macroEnabled.main+xml")),
    Vector(
        "OOXML-04",
        "a type with macros",
        "pptx",
        retyped("application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
    ),
    Vector(
        "OOXML-06",
        "an ActiveX control",
        "docx",
        both(
            part("word/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", "control", "<a/>"),
            in_run(
                f'<w:object>{VML.format("", "")}<w:control w:name="c" w:shapeid="s1" r:id="rId900"/></w:object>',
                "v",
                "o",
                "r",
            ),
        ),
    ),
    Vector(
        "OOXML-06",
        "controls of a sheet",
        "xlsx",
        in_sheet('<controls><control shapeId="1" r:id="rId1"/></controls>', "r"),
    ),
    Vector(
        "OOXML-07",
        "a macro on a shape",
        "xlsx",
        _vml(VML.format("", '<x:ClientData ObjectType="Button"><x:FmlaMacro>[0]!a</x:FmlaMacro></x:ClientData>')),
    ),
    Vector("OOXML-08", "an OLE object", "docx", _object('Type="Embed" ProgID="Equation.3"', "oleObject", OBJECT)),
    Vector(
        "OOXML-09",
        "a field in an embedded document",
        "docx",
        _embedded(in_run('<w:instrText> DDEAUTO c:\\\\a "b" </w:instrText>')),
    ),
    Vector(
        "OOXML-09",
        "macros in an embedded document",
        "docx",
        _embedded(part("word/vbaProject.bin", "application/vnd.ms-office.vbaProject", MS + "vbaProject")),
    ),
    Vector(
        "OOXML-10",
        "a linked OLE object",
        "docx",
        _object('Type="Link" ProgID="htmlfile" UpdateMode="Always"', "oleObject", None, f"mhtml:{URL}!x-usc:{URL}"),
    ),
    Vector("OOXML-11", "a class behind an embedded document", "docx", _embedded(program="Shell.Explorer.1")),
    Vector(
        "OOXML-11",
        "a class by its identifier",
        "docx",
        in_run(
            "<w:object>"
            '<o:OLEObject Type="Embed" ProgID="Shell.Explorer.1" ShapeID="s1" DrawAspect="Content" ObjectID="_1"/>'
            "</w:object>",
            "o",
        ),
    ),
    Vector(
        "OOXML-12",
        "an object in the other branch",
        "docx",
        in_run(
            '<mc:AlternateContent><mc:Choice Requires="wps"><w:t>a</w:t></mc:Choice><mc:Fallback>'
            '<w:object><o:OLEObject Type="Embed" ProgID="a"/></w:object></mc:Fallback>'
            "</mc:AlternateContent>",
            "mc",
            "wps",
            "o",
        ),
    ),
    Vector(
        "OOXML-13", "a foreign namespace", "docx", in_body('<h:hidden xmlns:h="urn:hidden" h:a="b">hidden</h:hidden>')
    ),
    Vector(
        "OOXML-13",
        "an extension that nobody knows",
        "pptx",
        in_presentation(
            '<p:extLst><p:ext uri="{00000000-1111-2222-3333-444444444444}">'
            '<h:hidden xmlns:h="urn:hidden"/></p:ext></p:extLst>'
        ),
    ),
    Vector(
        "OOXML-14",
        "a remote template",
        "docx",
        used(
            "attachedTemplate",
            f"{URL}.dotm",
            lambda i: in_settings(f'<w:attachedTemplate r:id="{i}"/>', "r"),
            "wordprocessingml.settings+xml",
        ),
    ),
    Vector(
        "OOXML-15",
        "an alternative chunk",
        "docx",
        both(
            part("word/afchunk.rtf", "application/rtf", "aFChunk", rb"{\rtf1 a}"),
            in_body('<w:altChunk r:id="rId902"/>', "r"),
        ),
    ),
    Vector(
        "OOXML-16",
        "a sub-document",
        "docx",
        used("subDocument", f"{URL}.docx", lambda i: in_body(f'<w:p><w:subDoc r:id="{i}"/></w:p>', "r")),
    ),
    Vector(
        "OOXML-17",
        "a page of frames",
        "docx",
        part(
            "word/webSettings.xml",
            "wordprocessingml.webSettings+xml",
            "webSettings",
            xml_of("w:webSettings", '<w:frameset><w:frame><w:name w:val="a"/></w:frame></w:frameset>', "w"),
        ),
    ),
    Vector(
        "OOXML-18",
        "a linked picture",
        "docx",
        used("image", f"{URL}.png", lambda i: in_run(PIC.format(link="", blip=f'r:link="{i}"', ext=""), *DRAWN)),
    ),
    Vector(
        "OOXML-18",
        "a picture of a VML shape by its address",
        "docx",
        in_run(f'<w:pict>{VML.format("", f"""<v:imagedata src="{URL}.png"/>""")}</w:pict>', "v"),
    ),
    Vector(
        "OOXML-20",
        "a link to another machine's share",
        "docx",
        used(
            "hyperlink",
            UNC,
            lambda i: in_body(f'<w:p><w:hyperlink r:id="{i}"><w:r><w:t>a</w:t></w:r></w:hyperlink></w:p>', "r"),
        ),
    ),
    Vector(
        "OOXML-20",
        "a link with a scheme of Windows",
        "pptx",
        used(
            "hyperlink",
            f"search-ms:query=a&crumb=location:{UNC}",
            lambda i: in_tree(shape_click(f'<a:hlinkClick r:id="{i}"/>'), "a", "r"),
            "presentationml.slide+xml",
        ),
    ),
    Vector(
        "OOXML-21",
        "an action under the mouse",
        "pptx",
        used(
            "hyperlink",
            URL,
            lambda i: in_tree(shape_click(f'<a:hlinkHover r:id="{i}"/>'), "a", "r"),
            "presentationml.slide+xml",
        ),
    ),
    Vector("OOXML-22", "a linked film", "pptx", outside("video", f"{URL}.mp4", "presentationml.slide+xml")),
    Vector(
        "OOXML-23",
        "a video of the web",
        "docx",
        in_run(
            PIC.format(
                link='<a:extLst><a:ext uri="{C809E66F-F1BF-436E-b5F7-EEA9579F0CBA}">'
                f'<wp15:webVideoPr embeddedHtml="&lt;iframe src=&quot;{URL}&quot;&gt;" h="1" w="1"/>'
                "</a:ext></a:extLst>",
                blip="",
                ext="",
            ),
            *DRAWN,
            "wp15",
        ),
    ),
    Vector("OOXML-24", "a font", "docx", part("word/fonts/font1.odttf", "obfuscatedFont", "font", bytes(range(256)))),
    Vector(
        "OOXML-25",
        "custom XML",
        "docx",
        part("customXml/item1.xml", "application/xml", "customXml", "<secret>hidden</secret>"),
    ),
    Vector(
        "OOXML-25",
        "a binding to custom XML",
        "docx",
        in_body(
            "<w:sdt><w:sdtPr>"
            '<w:dataBinding w:xpath="/secret" w:storeItemID="{00000000-1111-2222-3333-444444444444}"/>'
            "</w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>"
        ),
    ),
    Vector(
        "OOXML-26",
        "a stylesheet to save through",
        "docx",
        in_settings('<w:saveThroughXslt r:id="rId1" w:solutionID="a"/>', "r"),
    ),
    Vector(
        "OOXML-27",
        "a ribbon",
        "docx",
        part(
            "customUI/customUI14.xml",
            "application/xml",
            _M07 + "ui/extensibility",
            '<customUI xmlns="http://schemas.microsoft.com/office/2009/07/customui" onLoad="a"/>',
            root=True,
        ),
    ),
    Vector(
        "OOXML-28",
        "an add-in of the web",
        "docx",
        part(
            "word/webextensions/taskpanes.xml",
            "application/vnd.ms-office.webextensiontaskpanes+xml",
            _M11 + "webextensiontaskpanes",
            '<wetp:taskpanes xmlns:wetp="http://schemas.microsoft.com/office/webextensions/taskpanes/2010/11"/>',
            root=True,
        ),
    ),
    Vector(
        "OOXML-29",
        "properties of a company",
        "docx",
        part(
            "docProps/app.xml",
            "extended-properties+xml",
            "extended-properties",
            xml_of(
                "Properties",
                "<Company>Secret</Company><Manager>Secret</Manager>",
                default="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
            ),
            root=True,
        ),
    ),
    Vector(
        "OOXML-30",
        "a base of links",
        "docx",
        part(
            "docProps/app.xml",
            "extended-properties+xml",
            "extended-properties",
            xml_of(
                "Properties",
                f"<HyperlinkBase>{UNC}</HyperlinkBase>",
                default="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties",
            ),
            root=True,
        ),
    ),
    Vector("OOXML-31", "a thumbnail", "docx", part("docProps/thumbnail.png", "image/png", THUMBNAIL, png(), root=True)),
    Vector(
        "OOXML-32",
        "a label",
        "docx",
        part(
            "docMetadata/LabelInfo.xml",
            "application/vnd.ms-office.classificationlabels+xml",
            "http://schemas.microsoft.com/office/2020/02/relationships/classificationlabels",
            '<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"/>',
            root=True,
        ),
    ),
    Vector(
        "OOXML-33",
        "a signature",
        "docx",
        part(
            "_xmlsignatures/origin.sigs",
            "application/vnd.openxmlformats-package.digital-signature-origin",
            "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin",
            b"-",
            root=True,
        ),
    ),
    Vector(
        "OOXML-33",
        "a line to sign",
        "docx",
        in_run(
            "<w:pict>"
            + VML.format("", f'<o:signatureline v:ext="edit" issignatureline="t" o:sigprovurl="{URL}"/>')
            + "</w:pict>",
            "v",
            "o",
        ),
    ),
    Vector(
        "OOXML-34",
        "settings of a printer",
        "xlsx",
        part(
            "xl/printerSettings/printerSettings1.bin",
            "spreadsheetml.printerSettings",
            "printerSettings",
            UNC.encode("utf-16-le"),
        ),
    ),
    Vector(
        "OOXML-35",
        "a VML shape with a hidden package",
        "docx",
        in_run(f'<w:pict>{VML.format(""" o:gfxdata="UEsDBA==" """, "")}</w:pict>', "v", "o"),
    ),
    Vector(
        "OOXML-35",
        "a VML shape with an address",
        "docx",
        in_run(f'<w:pict>{VML.format(f""" href="file://{HOST}/a" """, "")}</w:pict>', "v"),
    ),
    Vector("OOXML-36", "a diagram that leads outside", "docx", _diagram),
    Vector(
        "OOXML-37",
        "a chart of another workbook",
        "docx",
        _chart(f"file:///{UNC}\\a.xlsx", '<c:externalData r:id="rId1"><c:autoUpdate val="1"/></c:externalData>'),
    ),
    Vector("OOXML-38", "a theme that leads outside", "pptx", _theme),
    Vector(
        "OOXML-39",
        "a 3D model",
        "pptx",
        part(
            "ppt/media/model3d1.glb",
            "model/gltf-binary",
            "http://schemas.microsoft.com/office/2017/06/relationships/model3d",
            b"glTF",
        ),
    ),
    Vector("OOXML-40", "ink", "pptx", _ink),
    Vector(
        "OOXML-41",
        "a picture with a comment",
        "docx",
        picture_of(png(chunk(b"tEXt", b"Comment\0hidden")), "image77.png", "image/png"),
    ),
    Vector(
        "OOXML-42",
        "a picture of an old Macintosh",
        "docx",
        picture_of(bytes(512) + b"\0\0", "image77.pict", "image/x-pict"),
    ),
    Vector(
        "OOXML-43",
        "an SVG with a script",
        "docx",
        lambda p: picture_with(
            f'<a:extLst><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}">'
            f'<asvg:svgBlip r:embed="{_svg(p)}"/></a:ext></a:extLst>',
            "",
            "asvg",
        )(p),
    ),
    Vector("OOXML-44", "an EPS", "docx", picture_of(b"%!PS-Adobe-3.0 EPSF-3.0\n", "image77.eps", "image/x-eps")),
    Vector(
        "OOXML-45",
        "people",
        "docx",
        part(
            "word/people.xml",
            "wordprocessingml.people+xml",
            _M11 + "people",
            xml_of(
                "w15:people",
                '<w15:person w15:author="Secret">'
                '<w15:presenceInfo w15:providerId="AD" w15:userId="S::secret@attacker.example"/>'
                "</w15:person>",
                "w15",
            ),
        ),
    ),
    Vector(
        "OOXML-46",
        "a log of changes",
        "xlsx",
        part(
            "xl/revisions/revisionHeaders.xml",
            "spreadsheetml.revisionHeaders+xml",
            "revisionHeaders",
            sheet_xml('headers guid="{00000000-1111-2222-3333-444444444444}"'),
        ),
    ),
    Vector("OOXML-47", "identifiers of revisions", "docx", in_body('<w:p w:rsidR="00AA1122"/>')),
    Vector(
        "OOXML-48", "hidden text", "docx", in_body("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>")
    ),
    Vector(
        "OOXML-49", "variables", "docx", in_settings('<w:docVars><w:docVar w:name="a" w:val="hidden"/></w:docVars>')
    ),
    Vector("OOXML-50", "a header that is called a blob", "docx", _header_as_blob),
    Vector("OOXML-51", "two main parts", "docx", _second_main),
    Vector("OOXML-51", "the package leads outside", "docx", _leads_outside),
    Vector("OOXML-52", "the other namespaces", "docx", _strict),
    Vector("OOXML-53", "a document type", "docx", _doctype),
    Vector(
        "OOXML-54",
        "a part that nothing leads to",
        "docx",
        lambda p: p.more.append(Member(b"word/hidden.xml", b"<hidden/>")),
    ),
    Vector("OOXML-58", "a paragraph in a run", "docx", in_run("<w:p><w:r><w:t>a</w:t></w:r></w:p>")),
    Vector("OOXML-59", "a blob", "docx", part("word/a.dat", "application/octet-stream", "image", bytes(range(256)))),
)


def _svg(p: Package) -> str:
    data = b'<svg xmlns="http://www.w3.org/2000/svg"><script>a</script></svg>'
    identifier = picture_in(p, p.main, data, "image78.svg")
    p.defaults["svg"] = "image/svg+xml"
    return identifier

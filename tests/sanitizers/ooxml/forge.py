"""Small Office packages, built from parts in a few lines, and packages taken apart to be changed.

`docx()`, `xlsx()`, `pptx()` are the least that each program opens. A `Package` can be read from any file, so the same
change can be made to a file that comes in and to a copy of ours.
"""

import io
import zipfile
from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from tests.sanitizers.verify.forge import Member, png, zip_of

D = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
STRICT_D = "http://purl.oclc.org/ooxml/officeDocument/relationships/"
MS = "http://schemas.microsoft.com/office/2006/relationships/"
CORE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
THUMBNAIL = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail"
O = "application/vnd.openxmlformats-officedocument."  # noqa: E741 - the start of nearly every content type
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
HOST = "attacker.example"

NAMESPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "p": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "w15": "http://schemas.microsoft.com/office/word/2012/wordml",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "wp15": "http://schemas.microsoft.com/office/word/2012/wordprocessingDrawing",
    "p14": "http://schemas.microsoft.com/office/powerpoint/2010/main",
    "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
    "a16": "http://schemas.microsoft.com/office/drawing/2014/main",
    "asvg": "http://schemas.microsoft.com/office/drawing/2016/SVG/main",
    "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
    "xm": "http://schemas.microsoft.com/office/excel/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "x": "urn:schemas-microsoft-com:office:excel",
}
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def declared(*prefixes: str) -> str:
    """The declarations of these prefixes."""
    return "".join(f' xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)


@dataclass
class Relation:
    """One relationship."""

    kind: str
    target: str
    is_external: bool = False


@dataclass
class Package:
    """Parts, their types, and the relationships of each part; "" is the root."""

    parts: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)
    relations: dict[str, dict[str, Relation]] = field(default_factory=dict)
    more: list[Member] = field(default_factory=list)  # members behind all others, as they are

    @classmethod
    def read(cls, data: bytes) -> "Package":
        """The package in these bytes, as a reader that trusts it reads it."""
        package = cls()
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        for element in ElementTree.fromstring(members.pop("[Content_Types].xml")):
            if element.tag.endswith("Default"):
                package.defaults[element.attrib["Extension"]] = element.attrib["ContentType"]
            else:
                package.types[element.attrib["PartName"].lstrip("/")] = element.attrib["ContentType"]
        for name, content in members.items():
            if not name.endswith(".rels"):
                package.parts[name] = content
                continue
            folder, _, base = name.rpartition("_rels/")
            package.relations[folder + base.removesuffix(".rels")] = {
                item.attrib["Id"]: Relation(
                    item.attrib["Type"], item.attrib["Target"], item.get("TargetMode") == "External"
                )
                for item in ElementTree.fromstring(content)
            }
        return package

    @property
    def main(self) -> str:
        """The main part's name."""
        return next(r.target for r in self.relations[""].values() if r.kind.endswith("/officeDocument")).lstrip("/")

    def first(self, suffix: str) -> str:
        """The first part whose content type ends so."""
        return min(name for name, kind in self.types.items() if kind.endswith(suffix))

    def relate(self, source: str, kind: str, target: str, *, is_external: bool = False) -> str:
        """A new relationship; the target is an address or a part's name. Its id."""
        known = self.relations.setdefault(source, {})
        identifier = f"rId{900 + len(known)}"
        known[identifier] = Relation(kind, target if is_external else "/" + target, is_external)
        return identifier

    def add(self, name: str, data: bytes | str, content_type: str, kind: str, source: str | None = None) -> str:
        """A new part and a relationship to it. The relationship's id."""
        self.parts[name] = data.encode() if isinstance(data, str) else data
        self.types[name] = content_type
        return self.relate(self.main if source is None else source, kind, name)

    def change(self, name: str, old: str, new: str) -> "Package":
        """The text `old`, which must be there, replaced once."""
        text = self.parts[name].decode()
        assert old in text, (name, old, text[:2000])
        self.parts[name] = text.replace(old, new, 1).encode()
        return self

    def declare(self, name: str, *prefixes: str) -> "Package":
        """Prefixes declared at the root of a part, where they are not yet."""
        text = self.parts[name].decode()
        start = text.index("<", text.index("?>") + 2 if text.startswith("<?") else 0)
        end = text.index(">", start)
        root = text[start:end].removesuffix("/")
        missing = [prefix for prefix in prefixes if f"xmlns:{prefix}=" not in root]
        self.parts[name] = (text[:start] + root + declared(*missing) + text[start + len(root) :]).encode()
        return self

    def members(self) -> list[Member]:
        """As members of a ZIP, in the order of the standard: types, relationships and parts."""
        files = {"[Content_Types].xml": self._types()}
        for source, relations in self.relations.items():
            folder, _, base = source.rpartition("/")
            files[f"{folder}/_rels/{base}.rels".lstrip("/")] = _rels(relations)
        return [Member(name.encode(), data) for name, data in (files | self.parts).items()] + self.more

    def build(self) -> bytes:
        """The file."""
        return zip_of(*self.members())

    def _types(self) -> bytes:
        rows = [
            f"<Default Extension={quoteattr(k)} ContentType={quoteattr(v)}/>" for k, v in sorted(self.defaults.items())
        ]
        rows += [f"<Override PartName={quoteattr('/' + k)} ContentType={quoteattr(v)}/>" for k, v in self.types.items()]
        namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
        return f'{XML}<Types xmlns="{namespace}">{"".join(rows)}</Types>'.encode()


def _rels(relations: dict[str, Relation]) -> bytes:
    rows = "".join(
        f"<Relationship Id={quoteattr(key)} Type={quoteattr(r.kind)} Target={quoteattr(r.target)}"
        + (' TargetMode="External"/>' if r.is_external else "/>")
        for key, r in relations.items()
    )
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{XML}<Relationships xmlns="{namespace}">{rows}</Relationships>'.encode()


_RELS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"


def _new(main: str, content_type: str, data: str) -> Package:
    package = Package(defaults={"rels": _RELS_TYPE, "xml": "application/xml"})
    package.relations[""] = {"rId1": Relation(D + "officeDocument", main)}
    package.parts[main], package.types[main] = (XML + data).encode(), O + content_type
    return package


def paragraph(text: str) -> str:
    """A paragraph of one run."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def docx(body: str = paragraph("本文")) -> Package:
    """A document with this body, with styles and settings."""
    prefixes = declared("w", "r", "a", "wp", "pic", "mc", "w14", "wps", "v", "o")
    package = _new(
        "word/document.xml",
        "wordprocessingml.document.main+xml",
        f"<w:document{prefixes}><w:body>{body}<w:sectPr/></w:body></w:document>",
    )
    empty = {"styles": "w:styles", "settings": "w:settings"}
    for name, root in empty.items():
        content = f"{XML}<{root}{declared('w', 'r')}>{_INSIDE[name]}</{root}>"
        package.add(f"word/{name}.xml", content, f"{O}wordprocessingml.{name}+xml", D + name)
    return package


_INSIDE = {
    "styles": '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>',
    "settings": '<w:defaultTabStop w:val="840"/>',
}


def xlsx(
    rows: str = '<row r="1"><c r="A1"><v>1</v></c><c r="B1" t="s"><v>0</v></c></row>',
    behind: str = "",
    *,
    names: str = "",
) -> Package:
    """A workbook of one sheet with these rows, elements behind them, and defined names."""
    names = f"<definedNames>{names}</definedNames>" if names else ""
    package = _new(
        "xl/workbook.xml",
        "spreadsheetml.sheet.main+xml",
        f'<workbook xmlns="{SHEET}"{declared("r")}><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets>'
        f"{names}</workbook>",
    )
    sheet = f'{XML}<worksheet xmlns="{SHEET}"{declared("r")}><sheetData>{rows}</sheetData>{behind}</worksheet>'
    package.parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    package.types["xl/worksheets/sheet1.xml"] = O + "spreadsheetml.worksheet+xml"
    package.relations["xl/workbook.xml"] = {"rId1": Relation(D + "worksheet", "worksheets/sheet1.xml")}
    strings = f'{XML}<sst xmlns="{SHEET}" count="1" uniqueCount="1"><si><t>文字</t></si></sst>'
    package.add("xl/sharedStrings.xml", strings, O + "spreadsheetml.sharedStrings+xml", D + "sharedStrings")
    return package


_TREE = (
    '<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    "{shapes}</p:spTree></p:cSld>"
)
_COLOURS = (
    '<p:clrMap bg1="lt1" tx1="dk1" bg2="lt2" tx2="dk2" accent1="accent1" accent2="accent2" accent3="accent3"'
    ' accent4="accent4" accent5="accent5" accent6="accent6" hlink="hlink" folHlink="folHlink"/>'
)


def text_box(text: str, *, click: str = "", run: str = "") -> str:
    """A shape with text; `click` stands in its properties, `run` in those of its text."""
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="TextBox 1">{click}</p:cNvPr><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="3000000" cy="1000000"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        f'<p:txBody><a:bodyPr/><a:p><a:r><a:rPr lang="ja-JP">{run}</a:rPr><a:t>{text}</a:t></a:r></a:p></p:txBody>'
        "</p:sp>"
    )


def theme() -> str:
    """The least theme that is whole."""
    names = ("dk1", "lt1", "dk2", "lt2", *(f"accent{n}" for n in range(1, 7)), "hlink", "folHlink")
    colours = "".join(f'<a:{name}><a:srgbClr val="336699"/></a:{name}>' for name in names)
    font = '<a:latin typeface="Arial"/><a:ea typeface=""/><a:cs typeface=""/>'
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>' * 3
    line = '<a:ln><a:solidFill><a:schemeClr val="phClr"/></a:solidFill></a:ln>' * 3
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>" * 3
    return (
        f'{XML}<a:theme{declared("a")} name="Office"><a:themeElements>'
        f'<a:clrScheme name="Office">{colours}</a:clrScheme>'
        f'<a:fontScheme name="Office"><a:majorFont>{font}</a:majorFont><a:minorFont>{font}</a:minorFont></a:fontScheme>'
        f'<a:fmtScheme name="Office"><a:fillStyleLst>{fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst>'
        f"<a:effectStyleLst>{effect}</a:effectStyleLst><a:bgFillStyleLst>{fill}</a:bgFillStyleLst></a:fmtScheme>"
        "</a:themeElements></a:theme>"
    )


def pptx(shapes: str = text_box("本文"), *, behind: str = "") -> Package:
    """A presentation of one slide with these shapes; `behind` stands behind its tree."""
    prefixes = declared("a", "r", "p")
    package = _new(
        "ppt/presentation.xml",
        "presentationml.presentation.main+xml",
        f'<p:presentation{prefixes}><p:sldMasterIdLst><p:sldMasterId id="2147483648" r:id="rId1"/></p:sldMasterIdLst>'
        '<p:sldIdLst><p:sldId id="256" r:id="rId2"/></p:sldIdLst><p:sldSz cx="9144000" cy="6858000"/>'
        '<p:notesSz cx="6858000" cy="9144000"/></p:presentation>',
    )
    layout_ids = '<p:sldLayoutIdLst><p:sldLayoutId id="2147483649" r:id="rId1"/></p:sldLayoutIdLst>'
    parts = {
        "slideMasters/slideMaster1": ("p:sldMaster", _COLOURS + layout_ids, "slideMaster", ""),
        "slideLayouts/slideLayout1": ("p:sldLayout", "", "slideLayout", ""),
        "slides/slide1": ("p:sld", behind, "slide", shapes),
    }
    for name, (root, tail, kind, inside) in parts.items():
        content = f"{XML}<{root}{prefixes}>{_TREE.format(shapes=inside)}{tail}</{root}>"
        package.parts[f"ppt/{name}.xml"] = content.encode()
        package.types[f"ppt/{name}.xml"] = f"{O}presentationml.{kind}+xml"
    package.parts["ppt/theme/theme1.xml"] = theme().encode()
    package.types["ppt/theme/theme1.xml"] = O + "theme+xml"
    package.relations |= {
        "ppt/presentation.xml": {
            "rId1": Relation(D + "slideMaster", "slideMasters/slideMaster1.xml"),
            "rId2": Relation(D + "slide", "slides/slide1.xml"),
        },
        "ppt/slideMasters/slideMaster1.xml": {
            "rId1": Relation(D + "slideLayout", "../slideLayouts/slideLayout1.xml"),
            "rId2": Relation(D + "theme", "../theme/theme1.xml"),
        },
        "ppt/slideLayouts/slideLayout1.xml": {"rId1": Relation(D + "slideMaster", "../slideMasters/slideMaster1.xml")},
        "ppt/slides/slide1.xml": {"rId1": Relation(D + "slideLayout", "../slideLayouts/slideLayout1.xml")},
    }
    return package


def picture_in(package: Package, source: str, data: bytes | None = None, name: str = "image1.png") -> str:
    """A picture that a part leads to. The relationship's id."""
    folder = package.main.partition("/")[0]
    package.defaults[name.rpartition(".")[2]] = "image/png"
    package.parts[f"{folder}/media/{name}"] = png() if data is None else data
    return package.relate(source, D + "image", f"{folder}/media/{name}")

"""Which parts a package may have: each by the relationship that leads to it, its content type, its root and its place.

Data only, nothing here is called but at import. What no row names is left out (OOXML-54, OOXML-59).

Source: ISO/IEC 29500-1:2016, 11 (WordprocessingML), 12 (SpreadsheetML), 13 (PresentationML), 14 (DrawingML), 15;
[MS-DOCX] 2.2, [MS-XLSX] 2.1, [MS-PPTX] 2.1, [MS-ODRAWXML] 2.1, [MS-OFFMACRO2] 2.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from policies.terms import Vector
from sanitizers.formats.ooxml.vectors import (
    OOXML_01,
    OOXML_02,
    OOXML_06,
    OOXML_08,
    OOXML_09,
    OOXML_10,
    OOXML_12,
    OOXML_14,
    OOXML_15,
    OOXML_16,
    OOXML_17,
    OOXML_18,
    OOXML_22,
    OOXML_24,
    OOXML_25,
    OOXML_27,
    OOXML_28,
    OOXML_31,
    OOXML_32,
    OOXML_33,
    OOXML_34,
    OOXML_37,
    OOXML_38,
    OOXML_39,
    OOXML_40,
    OOXML_42,
    OOXML_45,
    OOXML_46,
    OOXML_47,
    OOXML_49,
    OOXML_70,
    OOXML_71,
    OOXML_72,
    OOXML_80,
    OOXML_84,
    OOXML_85,
    OOXML_86,
    OOXML_87,
    OOXML_96,
    OOXML_97,
    OOXML_98,
    OOXML_100,
    OOXML_113,
    OOXML_114,
    OOXML_118,
)

DOCUMENT: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006/relationships/"
MICROSOFT: Final = "http://schemas.microsoft.com/office/"

WORD: Final = "word"
SHEET: Final = "sheet"
SLIDES: Final = "slides"
BINARY: Final = "binary"  # workbooks of records

_WML: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_SML: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_PML: Final = "application/vnd.openxmlformats-officedocument.presentationml."
_DML: Final = "application/vnd.openxmlformats-officedocument.drawingml."


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of part that is carried. `path` has a "{}" where there may be several."""

    kind: str  # "word.header"
    relation: str  # type of the relationship that leads to it
    root: str  # its root element; its type is that element's
    content_type: str
    path: str
    room: str = ""  # only in packages of this room; "": in all
    is_implied: bool = False  # no r:id names it: it goes wherever its source goes


def _part(kind: str, relation: str, root: str, content_type: str, path: str, *, implied: bool = False) -> Part:
    room = kind.partition(".")[0]
    full = relation if ":" in relation else DOCUMENT + relation
    return Part(kind, full, root, content_type, path, room if room != "drawing" else "", implied)


PARTS: Final[tuple[Part, ...]] = (
    # WordprocessingML, 11.3
    _part("word.styles", "styles", "w:styles", _WML + "styles+xml", "word/styles.xml", implied=True),
    _part("word.numbering", "numbering", "w:numbering", _WML + "numbering+xml", "word/numbering.xml", implied=True),
    _part("word.settings", "settings", "w:settings", _WML + "settings+xml", "word/settings.xml", implied=True),
    _part("word.fonts", "fontTable", "w:fonts", _WML + "fontTable+xml", "word/fontTable.xml", implied=True),
    _part("word.web", "webSettings", "w:webSettings", _WML + "webSettings+xml", "word/webSettings.xml", implied=True),
    _part("word.footnotes", "footnotes", "w:footnotes", _WML + "footnotes+xml", "word/footnotes.xml", implied=True),
    _part("word.endnotes", "endnotes", "w:endnotes", _WML + "endnotes+xml", "word/endnotes.xml", implied=True),
    _part("word.comments", "comments", "w:comments", _WML + "comments+xml", "word/comments.xml", implied=True),
    _part("word.commentsex", MICROSOFT + "2011/relationships/commentsExtended", "w15:commentsEx",
          _WML + "commentsExtended+xml", "word/commentsExtended.xml", implied=True),
    _part("word.header", "header", "w:hdr", _WML + "header+xml", "word/header{}.xml"),
    _part("word.footer", "footer", "w:ftr", _WML + "footer+xml", "word/footer{}.xml"),
    # SpreadsheetML, 12.3
    _part("sheet.worksheet", "worksheet", "x:worksheet", _SML + "worksheet+xml", "xl/worksheets/sheet{}.xml"),
    _part("sheet.chartsheet", "chartsheet", "x:chartsheet", _SML + "chartsheet+xml", "xl/chartsheets/sheet{}.xml"),
    _part("sheet.strings", "sharedStrings", "x:sst", _SML + "sharedStrings+xml", "xl/sharedStrings.xml", implied=True),
    _part("sheet.styles", "styles", "x:styleSheet", _SML + "styles+xml", "xl/styles.xml", implied=True),
    _part("sheet.metadata", "sheetMetadata", "x:metadata", _SML + "sheetMetadata+xml", "xl/metadata.xml", implied=True),
    _part("sheet.comments", "comments", "x:comments", _SML + "comments+xml", "xl/comments{}.xml", implied=True),
    _part("sheet.threaded", MICROSOFT + "2017/10/relationships/threadedComment", "xltc:ThreadedComments",
          "application/vnd.ms-excel.threadedcomments+xml", "xl/threadedComments/threadedComment{}.xml", implied=True),
    _part("sheet.persons", MICROSOFT + "2017/10/relationships/person", "xltc:personList",
          "application/vnd.ms-excel.person+xml", "xl/persons/person.xml", implied=True),
    _part("sheet.table", "table", "x:table", _SML + "table+xml", "xl/tables/table{}.xml"),
    _part("sheet.pivottable", "pivotTable", "x:pivotTableDefinition", _SML + "pivotTable+xml",
          "xl/pivotTables/pivotTable{}.xml", implied=True),
    _part("sheet.pivotcache", "pivotCacheDefinition", "x:pivotCacheDefinition", _SML + "pivotCacheDefinition+xml",
          "xl/pivotCache/pivotCacheDefinition{}.xml", implied=True),
    _part("sheet.pivotrecords", "pivotCacheRecords", "x:pivotCacheRecords", _SML + "pivotCacheRecords+xml",
          "xl/pivotCache/pivotCacheRecords{}.xml"),
    _part("sheet.slicers", MICROSOFT + "2007/relationships/slicer", "x14:slicers",
          "application/vnd.ms-excel.slicer+xml", "xl/slicers/slicer{}.xml"),
    _part("sheet.slicercache", MICROSOFT + "2007/relationships/slicerCache", "x14:slicerCacheDefinition",
          "application/vnd.ms-excel.slicerCache+xml", "xl/slicerCaches/slicerCache{}.xml"),
    _part("sheet.timelines", MICROSOFT + "2011/relationships/timeline", "x15:timelines",
          "application/vnd.ms-excel.timeline+xml", "xl/timelines/timeline{}.xml"),
    _part("sheet.timelinecache", MICROSOFT + "2011/relationships/timelineCache", "x15:timelineCacheDefinition",
          "application/vnd.ms-excel.timelineCache+xml", "xl/timelineCaches/timelineCache{}.xml"),
    _part("sheet.features", MICROSOFT + "2022/11/relationships/FeaturePropertyBag", "xfpb:FeaturePropertyBags",
          "application/vnd.ms-excel.featurepropertybag+xml", "xl/featurePropertyBag/featurePropertyBag.xml",
          implied=True),
    # [MS-XLSX] 2.1.44 to 2.1.48
    _part("sheet.richvalues", MICROSOFT + "2017/06/relationships/rdRichValue", "xlrd:rvData",
          "application/vnd.ms-excel.rdrichvalue+xml", "xl/richData/rdrichvalue.xml", implied=True),
    _part("sheet.richstructures", MICROSOFT + "2017/06/relationships/rdRichValueStructure", "xlrd:rvStructures",
          "application/vnd.ms-excel.rdrichvaluestructure+xml", "xl/richData/rdrichvaluestructure.xml", implied=True),
    _part("sheet.richtypes", MICROSOFT + "2017/06/relationships/rdRichValueTypes", "xlrd2:rvTypesInfo",
          "application/vnd.ms-excel.rdrichvaluetypes+xml", "xl/richData/rdRichValueTypes.xml", implied=True),
    _part("sheet.richrelations", MICROSOFT + "2022/10/relationships/richValueRel", "xlrvr:richValueRels",
          "application/vnd.ms-excel.richvaluerel+xml", "xl/richData/richValueRel.xml", implied=True),
    _part("sheet.drawing", "drawing", "xdr:wsDr", "application/vnd.openxmlformats-officedocument.drawing+xml",
          "xl/drawings/drawing{}.xml"),
    # [MS-XLSB] 2.1.7
    _part("binary.worksheet", "worksheet", "", "application/vnd.ms-excel.worksheet", "xl/worksheets/sheet{}.bin"),
    _part("binary.chartsheet", "chartsheet", "", "application/vnd.ms-excel.chartsheet", "xl/chartsheets/sheet{}.bin"),
    _part("binary.strings", "sharedStrings", "", "application/vnd.ms-excel.sharedStrings", "xl/sharedStrings.bin",
          implied=True),
    _part("binary.styles", "styles", "", "application/vnd.ms-excel.styles", "xl/styles.bin", implied=True),
    _part("binary.comments", "comments", "", "application/vnd.ms-excel.comments", "xl/comments{}.bin", implied=True),
    _part("binary.table", "table", "", "application/vnd.ms-excel.table", "xl/tables/table{}.bin"),
    Part("sheet.drawing", DOCUMENT + "drawing", "xdr:wsDr",
         "application/vnd.openxmlformats-officedocument.drawing+xml", "xl/drawings/drawing{}.xml", BINARY),
    # PresentationML, 13.3
    _part("slides.slide", "slide", "p:sld", _PML + "slide+xml", "ppt/slides/slide{}.xml"),
    _part("slides.layout", "slideLayout", "p:sldLayout", _PML + "slideLayout+xml",
          "ppt/slideLayouts/slideLayout{}.xml", implied=True),
    _part("slides.master", "slideMaster", "p:sldMaster", _PML + "slideMaster+xml",
          "ppt/slideMasters/slideMaster{}.xml", implied=True),
    _part("slides.notes", "notesSlide", "p:notes", _PML + "notesSlide+xml",
          "ppt/notesSlides/notesSlide{}.xml", implied=True),
    _part("slides.notesmaster", "notesMaster", "p:notesMaster", _PML + "notesMaster+xml",
          "ppt/notesMasters/notesMaster{}.xml", implied=True),
    _part("slides.handout", "handoutMaster", "p:handoutMaster", _PML + "handoutMaster+xml",
          "ppt/handoutMasters/handoutMaster{}.xml"),
    _part("slides.comments", "comments", "p:cmLst", _PML + "comments+xml", "ppt/comments/comment{}.xml", implied=True),
    _part("slides.authors", "commentAuthors", "p:cmAuthorLst", _PML + "commentAuthors+xml",
          "ppt/commentAuthors.xml", implied=True),
    _part("slides.threads", MICROSOFT + "2018/10/relationships/comments", "p188:cmLst",
          "application/vnd.ms-powerpoint.comments+xml", "ppt/comments/modernComment{}.xml", implied=True),
    _part("slides.people", MICROSOFT + "2018/10/relationships/authors", "p188:authorLst",
          "application/vnd.ms-powerpoint.authors+xml", "ppt/authors.xml", implied=True),
    _part("slides.presprops", "presProps", "p:presentationPr", _PML + "presProps+xml",
          "ppt/presProps.xml", implied=True),
    _part("slides.viewprops", "viewProps", "p:viewPr", _PML + "viewProps+xml", "ppt/viewProps.xml", implied=True),
    _part("slides.tablestyles", "tableStyles", "a:tblStyleLst", _PML + "tableStyles+xml",
          "ppt/tableStyles.xml", implied=True),
    # DrawingML, 14.2
    _part("drawing.theme", "theme", "a:theme", "application/vnd.openxmlformats-officedocument.theme+xml",
          "{room}/theme/theme{}.xml", implied=True),
    _part("drawing.override", "themeOverride", "a:themeOverride",
          "application/vnd.openxmlformats-officedocument.themeOverride+xml", "{room}/theme/themeOverride{}.xml",
          implied=True),
    _part("drawing.chart", "chart", "c:chartSpace", _DML + "chart+xml", "{room}/charts/chart{}.xml"),
    _part("drawing.chartex", MICROSOFT + "2014/relationships/chartEx", "cx:chartSpace",
          "application/vnd.ms-office.chartex+xml", "{room}/charts/chartEx{}.xml"),
    _part("drawing.chartcolors", MICROSOFT + "2011/relationships/chartColorStyle", "cs:colorStyle",
          "application/vnd.ms-office.chartcolorstyle+xml", "{room}/charts/colors{}.xml", implied=True),
    _part("drawing.chartstyle", MICROSOFT + "2011/relationships/chartStyle", "cs:chartStyle",
          "application/vnd.ms-office.chartstyle+xml", "{room}/charts/style{}.xml", implied=True),
    _part("drawing.chartshapes", "chartUserShapes", "c:userShapes", _DML + "chartshapes+xml",
          "{room}/drawings/chartShapes{}.xml"),
    _part("drawing.diagramdata", "diagramData", "dgm:dataModel", _DML + "diagramData+xml",
          "{room}/diagrams/data{}.xml"),
    _part("drawing.diagramlayout", "diagramLayout", "dgm:layoutDef", _DML + "diagramLayout+xml",
          "{room}/diagrams/layout{}.xml"),
    _part("drawing.diagramstyle", "diagramQuickStyle", "dgm:styleDef", _DML + "diagramStyle+xml",
          "{room}/diagrams/quickStyle{}.xml"),
    _part("drawing.diagramcolors", "diagramColors", "dgm:colorsDef", _DML + "diagramColors+xml",
          "{room}/diagrams/colors{}.xml"),
    _part("drawing.diagram", MICROSOFT + "2007/relationships/diagramDrawing", "dsp:drawing",
          "application/vnd.ms-office.drawingml.diagramDrawing+xml", "{room}/diagrams/drawing{}.xml",
          implied=True),
    _part("drawing.vml", "vmlDrawing", "-:xml", "application/vnd.openxmlformats-officedocument.vmlDrawing",
          "{room}/drawings/vmlDrawing{}.vml"),
)  # fmt: skip

RICH_KINDS: Final = frozenset(part.kind for part in PARTS if part.kind.startswith("sheet.rich"))
FOLDERS: Final[Mapping[str, str]] = MappingProxyType({WORD: "word", SHEET: "xl", SLIDES: "ppt", BINARY: "xl"})

DIAGRAM: Final = MICROSOFT + "2007/relationships/diagramDrawing"
IMAGE: Final = DOCUMENT + "image"
EMBEDDED: Final = DOCUMENT + "package"
HYPERLINK: Final = DOCUMENT + "hyperlink"

# Relationships whose parts are never carried. Both families and the places of the catalogue, section 8.
LEFT_OUT: Final[Mapping[str, Vector]] = MappingProxyType(
    {
        MICROSOFT + "2006/relationships/vbaProject": OOXML_01,
        MICROSOFT + "2006/relationships/vbaProjectSignature": OOXML_02,
        MICROSOFT + "2014/relationships/vbaProjectSignatureAgile": OOXML_02,
        MICROSOFT + "2020/07/relationships/vbaProjectSignatureV3": OOXML_02,
        MICROSOFT + "2006/relationships/wordVbaData": OOXML_02,
        DOCUMENT + "control": OOXML_06,
        DOCUMENT + "ctrlProp": OOXML_06,
        MICROSOFT + "2006/relationships/activeXControlBinary": OOXML_06,
        DOCUMENT + "oleObject": OOXML_08,
        DOCUMENT + "package": OOXML_09,
        MICROSOFT + "2007/relationships/stylesWithEffects": OOXML_12,  # Word 2010 alone reads it
        DOCUMENT + "attachedTemplate": OOXML_14,
        DOCUMENT + "aFChunk": OOXML_15,
        DOCUMENT + "subDocument": OOXML_16,
        DOCUMENT + "frame": OOXML_17,
        DOCUMENT + "image": OOXML_18,
        DOCUMENT + "audio": OOXML_22,
        DOCUMENT + "video": OOXML_22,
        MICROSOFT + "2007/relationships/media": OOXML_22,
        DOCUMENT + "font": OOXML_24,
        DOCUMENT + "customXml": OOXML_25,
        DOCUMENT + "customXmlProps": OOXML_25,
        MICROSOFT + "2006/relationships/ui/extensibility": OOXML_27,
        MICROSOFT + "2007/relationships/ui/extensibility": OOXML_27,
        MICROSOFT + "2006/relationships/ui/userCustomization": OOXML_27,
        MICROSOFT + "2011/relationships/webextension": OOXML_28,
        MICROSOFT + "2011/relationships/webextensiontaskpanes": OOXML_28,
        PACKAGE + "metadata/thumbnail": OOXML_31,
        DOCUMENT + "metadata/thumbnail": OOXML_31,
        MICROSOFT + "2020/02/relationships/classificationlabels": OOXML_32,
        PACKAGE + "digital-signature/origin": OOXML_33,
        PACKAGE + "digital-signature/signature": OOXML_33,
        PACKAGE + "digital-signature/certificate": OOXML_33,
        DOCUMENT + "printerSettings": OOXML_34,
        MICROSOFT + "2017/06/relationships/model3d": OOXML_39,
        DOCUMENT + "ink": OOXML_40,
        MICROSOFT + "2007/relationships/hdphoto": OOXML_42,
        MICROSOFT + "2011/relationships/people": OOXML_45,
        MICROSOFT + "2016/09/relationships/commentsIds": OOXML_47,
        MICROSOFT + "2018/08/relationships/commentsExtensible": OOXML_47,
        MICROSOFT + "2015/10/relationships/revisionInfo": OOXML_47,
        MICROSOFT + "2016/11/relationships/changesInfo": OOXML_46,
        DOCUMENT + "revisionHeaders": OOXML_46,
        DOCUMENT + "revisionLog": OOXML_46,
        DOCUMENT + "usernames": OOXML_46,
        DOCUMENT + "customProperty": OOXML_49,
        DOCUMENT + "customData": OOXML_49,
        DOCUMENT + "mailMergeSource": OOXML_70,
        DOCUMENT + "mailMergeHeaderSource": OOXML_70,
        DOCUMENT + "recipientData": OOXML_70,
        DOCUMENT + "glossaryDocument": OOXML_71,
        MICROSOFT + "2006/relationships/keyMapCustomizations": OOXML_72,
        MICROSOFT + "2006/relationships/attachedToolbars": OOXML_72,
        DOCUMENT + "externalLink": OOXML_80,
        DOCUMENT + "externalLinkPath": OOXML_80,
        DOCUMENT + "connections": OOXML_84,
        DOCUMENT + "queryTable": OOXML_85,
        DOCUMENT + "powerPivotData": OOXML_85,
        MICROSOFT + "2006/relationships/xlMacrosheet": OOXML_86,
        MICROSOFT + "2006/relationships/xlIntlMacrosheet": OOXML_86,
        DOCUMENT + "dialogsheet": OOXML_87,
        DOCUMENT + "xmlMaps": OOXML_96,
        DOCUMENT + "tableSingleCells": OOXML_96,
        DOCUMENT + "volatileDependencies": OOXML_97,
        MICROSOFT + "2017/06/relationships/rdRichValue": OOXML_98,
        MICROSOFT + "2017/06/relationships/rdRichValueStructure": OOXML_98,
        MICROSOFT + "2017/06/relationships/rdRichValueTypes": OOXML_98,
        MICROSOFT + "2020/07/relationships/rdRichValueWebImage": OOXML_98,
        MICROSOFT + "2022/10/relationships/richValueRel": OOXML_98,
        DOCUMENT + "calcChain": OOXML_100,
        DOCUMENT + "slideUpdateInfo": OOXML_113,
        DOCUMENT + "slideUpdateUrl": OOXML_113,
        DOCUMENT + "tags": OOXML_118,
    }
)

# Relationships to something outside, where that is another vector than the part inside would be
LINKED: Final[Mapping[str, Vector]] = MappingProxyType(
    {
        DOCUMENT + "oleObject": OOXML_10,
        DOCUMENT + "package": OOXML_10,
        DOCUMENT + "chart": OOXML_37,
        DOCUMENT + "theme": OOXML_38,
        DOCUMENT + "slide": OOXML_114,
        DOCUMENT + "slideLayout": OOXML_114,
        DOCUMENT + "slideMaster": OOXML_114,
    }
)

# Words in a content type that say what a part is, whichever relationship leads to it. Lower case.
NEVER_CARRIED: Final[tuple[tuple[str, Vector], ...]] = (
    ("vbaproject", OOXML_01),
    ("vbadata", OOXML_02),
    ("activex", OOXML_06),
    ("oleobject", OOXML_08),
    ("macrosheet", OOXML_86),
    ("dialogsheet", OOXML_87),
    ("webextension", OOXML_28),
    ("customui", OOXML_27),
)


@dataclass(frozen=True, slots=True)
class Main:
    """A type of package: its main part, and what it becomes."""

    media_type: str
    part: Part
    copy_type: str  # the same, or the twin without macros
    copy_content_type: str


def _main(room: str, media_type: str, copy: str) -> Main:
    kind, root, path = {
        WORD: ("word.document", "w:document", "word/document.xml"),
        SHEET: ("sheet.workbook", "x:workbook", "xl/workbook.xml"),
        SLIDES: ("slides.presentation", "p:presentation", "ppt/presentation.xml"),
    }[room]
    family = {WORD: "wordprocessingml.", SHEET: "spreadsheetml.", SLIDES: "presentationml."}[room] + copy
    copy_type = "application/vnd.openxmlformats-officedocument." + family
    part = Part(kind, DOCUMENT + "officeDocument", root, copy_type + ".main+xml", path, room, True)
    return Main(media_type.replace("=", "application/vnd.openxmlformats-officedocument."), part, copy_type,
                copy_type + ".main+xml")  # fmt: skip


_XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroEnabled."
# The only type that the format has, with macros or without
_BINARY: Final = Main(
    _XLSB + "12",
    Part("binary.workbook", DOCUMENT + "officeDocument", "", _XLSB + "main", "xl/workbook.bin", BINARY, True),
    _XLSB + "12",
    _XLSB + "main",
)

MAINS: Final[Mapping[str, Main]] = MappingProxyType(
    {
        main.media_type: main
        for main in (
            _BINARY,
            _main(WORD, "=wordprocessingml.document", "document"),
            _main(WORD, "=wordprocessingml.template", "template"),
            _main(WORD, "application/vnd.ms-word.document.macroEnabled.12", "document"),
            _main(WORD, "application/vnd.ms-word.template.macroEnabled.12", "template"),
            _main(SHEET, "=spreadsheetml.sheet", "sheet"),
            _main(SHEET, "=spreadsheetml.template", "template"),
            _main(SHEET, "application/vnd.ms-excel.sheet.macroEnabled.12", "sheet"),
            _main(SHEET, "application/vnd.ms-excel.template.macroEnabled.12", "template"),
            _main(SHEET, "application/vnd.ms-excel.addin.macroEnabled.12", "sheet"),
            _main(SLIDES, "=presentationml.presentation", "presentation"),
            _main(SLIDES, "=presentationml.template", "template"),
            _main(SLIDES, "=presentationml.slideshow", "presentation"),
            _main(SLIDES, "application/vnd.ms-powerpoint.presentation.macroEnabled.12", "presentation"),
            _main(SLIDES, "application/vnd.ms-powerpoint.template.macroEnabled.12", "template"),
            _main(SLIDES, "application/vnd.ms-powerpoint.slideshow.macroEnabled.12", "presentation"),
            _main(SLIDES, "application/vnd.ms-powerpoint.addin.macroEnabled.12", "presentation"),
        )
    }
)

BY_RELATION: Final[Mapping[tuple[str, str], Part]] = MappingProxyType(
    {(part.relation, part.room): part for part in PARTS}
)


def part_of(relation: str, room: str) -> Part | None:
    """The row for what this relationship leads to in packages of this room."""
    return BY_RELATION.get((relation, room)) or BY_RELATION.get((relation, ""))

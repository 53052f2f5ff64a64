"""What a document may consist of beside its painting. Data only. Source: ISO 32000-2:2020"""

from typing import Final

from sanitizers.formats.pdf import vectors as v
from sanitizers.formats.pdf.allow_graphics import FORM, GRAPHICS
from sanitizers.formats.pdf.kinds import By, Either, Is, Kind, Many, Named, One
from sanitizers.formats.pdf.rows import Table, entries, of
from sanitizers.formats.pdf.vectors import PDF_04, PDF_43, PDF_45, PDF_46, PDF_49, PDF_68, PDF_91, PDF_94

CATALOG: Final = of(
    PDF_49,
    "Table 29",
    Type=One("/Catalog"),
    Lang=Kind.LANGUAGE,
    PageLayout=One("/SinglePage", "/OneColumn", "/TwoColumnLeft", "/TwoColumnRight", "/TwoPageLeft", "/TwoPageRight"),
    PageMode=One("/UseNone", "/UseOutlines", "/UseThumbs", "/UseOC"),
    ViewerPreferences=Is("viewer preferences"),
    MarkInfo=Is("mark information"),
)
CATALOG_REBUILT: Final = frozenset(  # by modules of their own
    {"/Pages", "/PageLabels", "/Names", "/Dests", "/Outlines", "/AcroForm", "/StructTreeRoot", "/OCProperties"}
    | {"/OpenAction", "/Collection", "/Version"}
)
CATALOG_ELSE: Final = {
    "/AA": v.PDF_02,
    "/URI": v.PDF_17,
    "/SpiderInfo": v.PDF_30,
    "/AF": v.PDF_32,
    "/Collection": v.PDF_35,
    "/NeedsRendering": v.PDF_42,
    "/Perms": v.PDF_47,
    "/DSS": v.PDF_47,
    "/Legal": v.PDF_47,
    "/Requirements": v.PDF_48,
    "/PieceInfo": v.PDF_50,
    "/Metadata": v.PDF_51,
    "/OutputIntents": v.PDF_80,
    "/PageMode": v.PDF_94,
    "/DPartRoot": v.PDF_95,
}
NAMES_ELSE: Final = {  # of the name dictionary, Table 32
    "/JavaScript": v.PDF_09,
    "/EmbeddedFiles": v.PDF_31,
    "/Renditions": v.PDF_27,
    "/AlternatePresentations": v.PDF_28,
    "/Templates": v.PDF_29,
    "/Pages": v.PDF_29,
    "/IDS": v.PDF_30,
    "/URLS": v.PDF_30,
    "/AP": v.PDF_46,
}
PAGE_ELSE: Final = {"/AA": v.PDF_03}
ANNOTATION_ELSE: Final = {  # by /Subtype: never carried; the picture of some is
    "/FileAttachment": v.PDF_33,
    "/Sound": v.PDF_26,
    "/Movie": v.PDF_26,
    "/Screen": v.PDF_26,
    "/RichMedia": v.PDF_24,
    "/3D": v.PDF_25,
    "/Projection": v.PDF_25,
    "/PrinterMark": v.PDF_49,
    "/TrapNet": v.PDF_49,
    "/Watermark": v.PDF_49,
    "/Redact": v.PDF_49,
}

_APPEARANCE: Final = Is("appearance")
_ANY_ANNOTATION: Final = entries(
    Type=One("/Annot"),
    Rect=Kind.RECTANGLE,
    P=Kind.PAGE,
    F=Kind.INTEGER,
    AP=_APPEARANCE,
    AS=Kind.NAME,
    Border=Kind.BORDER,
    C=Kind.NUMBERS,
    StructParent=Kind.INTEGER,
    OC=Kind.LAYER,
    BS=Is("border style"),
    CA=Kind.NUMBER,
    ca=Kind.NUMBER,
    Lang=Kind.LANGUAGE,
    BM=Kind.NAME,
)
_MARKUP: Final = entries(
    **_ANY_ANNOTATION,
    Contents=Kind.TEXT,
    BE=Is("border effect"),
    IC=Kind.NUMBERS,
    RD=Kind.RECTANGLE,
    QuadPoints=Kind.POINTS,
    Vertices=Kind.POINTS,
    L=Kind.NUMBERS,
    LE=Either(Kind.NAME, Many(Kind.NAME, most=2)),
    LL=Kind.NUMBER,
    LLE=Kind.NUMBER,
    LLO=Kind.NUMBER,
    Cap=Kind.BOOLEAN,
    CP=Kind.NAME,
    CO=Kind.NUMBERS,
    CL=Kind.NUMBERS,
    DA=Kind.STRING,
    Q=Kind.INTEGER,
    InkList=Many(Kind.POINTS),
    Sy=Kind.NAME,
    Name=Kind.NAME,
    Open=Kind.BOOLEAN,
    IT=Kind.NAME,
    Popup=Kind.ANNOTATION,
    IRT=Kind.ANNOTATION,
    RT=One("/R", "/Group"),
    State=Kind.STRING,
    StateModel=Kind.STRING,
)
FIELD_KEYS: Final = entries(
    FT=One("/Tx", "/Btn", "/Ch"),
    T=Kind.TEXT,
    TU=Kind.TEXT,
    Ff=Kind.INTEGER,
    V=Either(Kind.NAME, Kind.TEXT, Many(Kind.TEXT)),
    DV=Either(Kind.NAME, Kind.TEXT, Many(Kind.TEXT)),
    DA=Kind.STRING,
    Q=Kind.INTEGER,
    MaxLen=Kind.INTEGER,
    Opt=Many(Either(Kind.TEXT, Many(Kind.TEXT, most=16))),
    TI=Kind.INTEGER,
    I=Many(Kind.INTEGER),
)
_MARKUP_TYPES: Final = (
    *("/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline"),
    *("/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink"),
)
ANNOTATION: Final = By(
    "/Subtype",
    {subtype: Is("mark-up annotation") for subtype in _MARKUP_TYPES}
    | {"/Link": Is("link"), "/Popup": Is("pop-up"), "/Widget": Is("widget")},
)

_ELEMENT: Final = By("/Type", {"/StructTreeRoot": Is("structure root")}, Is("element"))
_ATTRIBUTES: Final = Either(Is("attributes"), Many(Either(Is("attributes"), Kind.INTEGER)))
DOCUMENT: Final[dict[str, Table]] = {
    "page": of(
        PDF_49,
        "Table 31",
        Type=One("/Page"),
        Resources=Is("resources"),
        **dict.fromkeys(("MediaBox", "CropBox", "BleedBox", "TrimBox", "ArtBox"), Kind.RECTANGLE),
        Rotate=Kind.INTEGER,
        UserUnit=Kind.NUMBER,
        Group=Is("group"),
        StructParents=Kind.INTEGER,
        Tabs=One("/R", "/C", "/S", "/A", "/W"),
    ),
    "viewer preferences": of(
        PDF_94,
        "Table 147",
        Direction=One("/L2R", "/R2L"),
        DisplayDocTitle=Kind.BOOLEAN,
        FitWindow=Kind.BOOLEAN,
        CenterWindow=Kind.BOOLEAN,
        NonFullScreenPageMode=One("/UseNone", "/UseOutlines", "/UseThumbs", "/UseOC"),
        PrintScaling=One("/None", "/AppDefault"),
        Duplex=One("/Simplex", "/DuplexFlipShortEdge", "/DuplexFlipLongEdge"),
        PickTrayByPDFSize=Kind.BOOLEAN,
        PrintPageRange=Kind.NUMBERS,
    ),
    "mark information": of(
        PDF_91, "Table 353", Marked=Kind.BOOLEAN, UserProperties=Kind.BOOLEAN, Suspects=Kind.BOOLEAN
    ),
    "mark-up annotation": of(PDF_45, "Tables 166, 172", Subtype=One(*_MARKUP_TYPES), **_MARKUP),
    "pop-up": of(
        PDF_45,
        "Table 186",
        Subtype=One("/Popup"),
        Parent=Kind.ANNOTATION,
        Open=Kind.BOOLEAN,
        **_ANY_ANNOTATION,
    ),
    "link": of(
        PDF_04,
        "Table 176",
        Subtype=One("/Link"),
        **_ANY_ANNOTATION,
        Contents=Kind.TEXT,
        Dest=Kind.DESTINATION,
        A=Kind.ACTION,
        H=One("/N", "/I", "/O", "/P"),
        QuadPoints=Kind.POINTS,
    ),
    "widget": of(
        PDF_43,
        "Tables 191, 226",
        Subtype=One("/Widget"),
        **_ANY_ANNOTATION,
        Contents=Kind.TEXT,
        H=One("/N", "/I", "/O", "/P", "/T"),
        MK=Is("appearance characteristics"),
        A=Kind.ACTION,
        **FIELD_KEYS,
    ),
    "field": of(PDF_43, "Table 226", **FIELD_KEYS),
    "form dictionary": of(
        PDF_43,
        "Table 224",
        NeedAppearances=Kind.BOOLEAN,
        DR=Is("resources"),
        DA=Kind.STRING,
        Q=Kind.INTEGER,
    ),
    "appearance characteristics": of(
        PDF_43,
        "Table 192",
        R=Kind.INTEGER,
        BC=Kind.NUMBERS,
        BG=Kind.NUMBERS,
        CA=Kind.TEXT,
        RC=Kind.TEXT,
        AC=Kind.TEXT,
        TP=Kind.INTEGER,
        I=FORM,
        RI=FORM,
        IX=FORM,
        IF=Is("icon fit"),
    ),
    "icon fit": of(
        PDF_43,
        "Table 252",
        SW=One("/A", "/B", "/S", "/N"),
        S=One("/A", "/P"),
        A=Kind.NUMBERS,
        FB=Kind.BOOLEAN,
    ),
    "appearance": of(PDF_46, "Table 170", N=Either(FORM, Named(FORM))),
    "border style": of(
        PDF_45, "Table 168", Type=One("/Border"), W=Kind.NUMBER, S=One("/S", "/D", "/B", "/I", "/U"), D=Kind.NUMBERS
    ),
    "border effect": of(PDF_45, "Table 169", S=One("/S", "/C"), I=Kind.NUMBER),
    "structure root": of(
        PDF_91,
        "Table 354",
        Type=One("/StructTreeRoot"),
        K=Either(Is("element"), Many(Is("element"))),
        IDTree=Kind.NAME_TREE,
        ParentTree=Kind.NUMBER_TREE,
        ParentTreeNextKey=Kind.INTEGER,
        RoleMap=Named(Kind.NAME),
    ),
    "element": of(
        PDF_91,
        "Table 355",
        Type=One("/StructElem"),
        S=Kind.NAME,
        P=_ELEMENT,
        ID=Kind.STRING,
        Pg=Kind.PAGE,
        K=Kind.KID,
        A=_ATTRIBUTES,
        **dict.fromkeys(("T", "Alt", "E", "ActualText"), Kind.TEXT),
        Lang=Kind.LANGUAGE,
    ),
    "attributes": of(
        PDF_91,
        "14.8.5",
        O=One("/Layout", "/Table", "/List", "/PrintField"),
        **{
            key: Either(Kind.NAME, Kind.NUMBER, Kind.SCALARS)
            for key in (
                *("Placement", "WritingMode", "BackgroundColor", "BorderColor", "BorderStyle", "BorderThickness"),
                *("Padding", "Color", "SpaceBefore", "SpaceAfter", "StartIndent", "EndIndent", "TextIndent"),
                *("TextAlign", "BBox", "Width", "Height", "BlockAlign", "InlineAlign", "TBorderStyle", "TPadding"),
                *("BaselineShift", "LineHeight", "TextDecorationColor", "TextDecorationThickness"),
                *("TextDecorationType", "RubyAlign", "RubyPosition", "GlyphOrientationVertical", "ColumnCount"),
                *("ColumnGap", "ColumnWidths", "TextPosition", "ListNumbering", "RowSpan", "ColSpan", "Scope"),
                *("Role", "checked", "Checked", "ContinuedFrom", "ContinuedList"),
            )
        },
        Headers=Many(Kind.STRING),
        Summary=Kind.STRING,
        Short=Kind.STRING,
        Desc=Kind.TEXT,
    ),
    "marked content": of(PDF_91, "Table 357", Type=One("/MCR"), Pg=Kind.PAGE, Stm=FORM, MCID=Kind.INTEGER),
    "object reference": of(PDF_91, "Table 358", Type=One("/OBJR"), Pg=Kind.PAGE, Obj=Kind.ANNOTATION),
    "layer": of(
        PDF_68,
        "Table 96",
        Type=One("/OCG"),
        Name=Kind.STRING,
        Intent=Either(One("/View", "/Design"), Many(One("/View", "/Design"))),
    ),
    "layer membership": of(
        PDF_68,
        "Table 97",
        Type=One("/OCMD"),
        OCGs=Either(Is("layer"), Many(Is("layer"))),
        P=One("/AllOn", "/AnyOn", "/AnyOff", "/AllOff"),
    ),
}
TABLES: Final[dict[str, Table]] = GRAPHICS | DOCUMENT

"""What a document may be made of, dictionary by dictionary: pages, links, outlines, notes, fields, tags, layers.

Data only: nothing here is called. An entry that no line names is refused. What pages draw with is in pdf_paint_rules.

Source: ISO 32000-2:2020, tables named at each rule; threat catalogue, section 7.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.verify.pdf_kinds import (
    BOOLEAN,
    INTEGER,
    NAME,
    NATURAL,
    NULL,
    NUMBER,
    NUMBERS,
    RECTANGLE,
    TEXT,
    Choice,
    Each,
    Kind,
    Link,
    Named,
    Row,
    Rule,
    Thing,
    Tree,
    a,
    either,
    number_in,
)
from sanitizers.verify.pdf_links import ADDRESS, ANNOTATION_FLAGS, LANGUAGE

_PAGE: Final = Link(("Page",))
_DESTINATION: Final = Row(
    (_PAGE, a("XYZ", "Fit", "FitH", "FitV", "FitR", "FitB", "FitBH", "FitBV")), either(NUMBER, NULL)
)
_DESTINATION_OR_NAME: Final = either(TEXT, NAME, _DESTINATION)
_ACTION: Final = Choice("S", {"GoTo": "GoTo", "URI": "URI", "Named": "Named"})
_PAGE_BOX: Final = Each(number_in(-1_000_000, 1_000_000), 4, 4)  # PDF-74
_BORDER: Final = Each(either(NUMBER, NUMBERS), 0, 8)
_GROUPS: Final = Each(Thing("Layer"))
_LAYER: Final = Choice("Type", {"OCG": "Layer", "OCMD": "LayerMembership"})

_MARKUP: Final = (
    *("Text", "FreeText", "Line", "Square", "Circle", "Polygon", "PolyLine", "Highlight", "Underline", "Squiggly"),
    *("StrikeOut", "Stamp", "Caret", "Ink"),
)
_ANNOTATION: Final = Choice(
    "Subtype", {"Link": "LinkNote", "Popup": "Popup", "Widget": "Widget", **dict.fromkeys(_MARKUP, "Markup")}
)
_ANY_NOTE: Final = Link(("LinkNote", "Popup", "Widget", "Markup"))
_FIELD: Final = Choice("Subtype", {None: "Field", "Widget": "Widget"})
_ELEMENT: Final = Choice(
    "Type", {None: "Element", "StructElem": "Element", "MCR": "MarkedContent", "OBJR": "ObjectReference"}
)
_KIDS: Final = either(INTEGER, _ELEMENT, Each(either(INTEGER, _ELEMENT)))
_ATTRIBUTES: Final = Thing("Attributes")


def _order(deep: int = 8) -> Kind:
    """Table 99: groups, and arrays of them with an optional title."""
    layer = Thing("Layer")
    return Each(either(layer, TEXT, _order(deep - 1))) if deep else Each(either(layer, TEXT))


# Table 166; every annotation has these
_EVERY_NOTE: Final[Mapping[str, Kind]] = {
    "Type": a("Annot"),
    "Subtype": NAME,
    "Rect": RECTANGLE,
    "P": _PAGE,
    "F": ANNOTATION_FLAGS,  # PDF-44
    "C": NUMBERS,
    "Border": _BORDER,
    "BS": Thing("BorderStyle"),
    "BE": Thing("BorderEffect"),
    "AP": Thing("Appearances"),
    "AS": NAME,
    "StructParent": INTEGER,
    "OC": _LAYER,
    "CA": NUMBER,
    "ca": NUMBER,
    "BM": NAME,
    "Lang": LANGUAGE,
    "Contents": TEXT,
    "H": a("N", "I", "O", "P", "T"),
}

# Tables 226 to 232, 12.7.4 and 12.7.5
_EVERY_FIELD: Final[Mapping[str, Kind]] = {
    "FT": a("Tx", "Btn", "Ch"),  # no Sig: PDF-47
    "Parent": Link(("Field",)),
    "Kids": Each(_FIELD),
    "T": TEXT,
    "TU": TEXT,
    "TM": TEXT,
    "Ff": INTEGER,
    "V": either(TEXT, NAME, Each(TEXT)),
    "DV": either(TEXT, NAME, Each(TEXT)),
    "DA": TEXT,
    "Q": INTEGER,
    "MaxLen": INTEGER,
    "Opt": Each(either(TEXT, Each(TEXT, 0, 16))),
    "TI": INTEGER,
    "I": Each(INTEGER),
}

_SCALAR: Final = either(NAME, NUMBER, TEXT, BOOLEAN)

ATTRIBUTES: Final[Mapping[str, Kind]] = {  # 14.8.5
    "O": a("Layout", "List", "Table", "PrintField"),
    **dict.fromkeys(
        (
            *(
                "Placement",
                "WritingMode",
                "BackgroundColor",
                "BorderColor",
                "BorderStyle",
                "BorderThickness",
                "Padding",
            ),
            *("Color", "SpaceBefore", "SpaceAfter", "StartIndent", "EndIndent", "TextIndent", "TextAlign", "BBox"),
            *(
                "Width",
                "Height",
                "BlockAlign",
                "InlineAlign",
                "TBorderStyle",
                "TPadding",
                "BaselineShift",
                "LineHeight",
            ),
            *("TextDecorationColor", "TextDecorationThickness", "TextDecorationType", "RubyAlign", "RubyPosition"),
            *("GlyphOrientationVertical", "ColumnCount", "ColumnWidths", "ColumnGap", "TextPosition"),
            *("ListNumbering", "ContinuedList", "ContinuedFrom", "Role", "checked", "Checked", "Desc"),
            *("RowSpan", "ColSpan", "Headers", "Scope", "Summary", "Short"),
        ),
        either(_SCALAR, Each(either(_SCALAR, NULL, Each(_SCALAR, 0, 4)), 0, 1000)),
    ),
}

DOCUMENT_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        # --- the document: 7.7 and 12.2
        "Catalog": Rule(  # Table 29
            {
                "Type": a("Catalog"),
                "Pages": Thing("Pages"),
                "PageLabels": Tree("Nums", Thing("PageLabel")),
                "Names": Thing("Names"),
                "Dests": Named(either(_DESTINATION, Thing("NamedDestination"))),
                "ViewerPreferences": Thing("ViewerPreferences"),
                "PageLayout": a(
                    *("SinglePage", "OneColumn", "TwoColumnLeft", "TwoColumnRight", "TwoPageLeft", "TwoPageRight")
                ),
                "PageMode": a("UseNone", "UseOutlines", "UseThumbs", "UseOC"),  # no FullScreen: PDF-94
                "Outlines": Thing("Outlines"),
                "OpenAction": _DESTINATION,  # PDF-01
                "AcroForm": Thing("Form"),
                "StructTreeRoot": Thing("Structure"),
                "MarkInfo": Thing("MarkInfo"),
                "Lang": LANGUAGE,
                "OCProperties": Thing("Layers"),
            },
            frozenset({"Type", "Pages"}),
        ),
        "Pages": Rule(  # Table 30; one level is enough
            {"Type": a("Pages"), "Kids": Each(Thing("Page")), "Count": NATURAL}, frozenset({"Type", "Kids", "Count"})
        ),
        "Page": Rule(  # Table 31
            {
                "Type": a("Page"),
                "Parent": Link(("Pages",)),
                "Resources": Thing("Resources"),
                "MediaBox": _PAGE_BOX,
                "CropBox": _PAGE_BOX,
                "BleedBox": _PAGE_BOX,
                "TrimBox": _PAGE_BOX,
                "ArtBox": _PAGE_BOX,
                "Rotate": INTEGER,
                "UserUnit": number_in(0.001, 1000),  # PDF-74
                "Contents": either(Thing("Content"), Each(Thing("Content"))),
                "Group": Thing("Group"),
                "Annots": Each(_ANNOTATION),
                "StructParents": INTEGER,
                "Tabs": a("R", "C", "S", "A", "W"),
            },
            frozenset({"Type", "Parent", "MediaBox"}),
        ),
        "Content": Rule({}, stream="content"),
        "PageLabel": Rule(  # Table 161
            {"Type": a("PageLabel"), "S": a("D", "R", "r", "A", "a"), "P": TEXT, "St": INTEGER}
        ),
        "Names": Rule(  # Table 32: PDF-09, 27 to 30; pdf_beside.py hears of files
            {
                "Dests": Tree("Names", either(_DESTINATION, Thing("NamedDestination"))),
                "EmbeddedFiles": Tree("Names", Thing("AttachedFile")),
            }
        ),
        "AttachedFile": Rule(  # Table 43; no RF, no AF: PDF-31, PDF-34
            {"Type": a("Filespec"), "F": TEXT, "UF": TEXT, "EF": Thing("AttachedStreams")},
            frozenset({"Type", "F", "UF", "EF"}),
        ),
        "AttachedStreams": Rule({"F": Thing("EmbeddedFile")}, frozenset({"F"})),
        "EmbeddedFile": Rule({"Type": a("EmbeddedFile")}, frozenset({"Type"}), stream="attached file"),  # Table 44
        "NamedDestination": Rule({"D": _DESTINATION}, frozenset({"D"})),  # 12.3.2.4
        "ViewerPreferences": Rule(  # Table 147
            {
                **dict.fromkeys(("HideToolbar", "HideMenubar", "HideWindowUI", "FitWindow", "CenterWindow"), BOOLEAN),
                "DisplayDocTitle": BOOLEAN,
                "NonFullScreenPageMode": a("UseNone", "UseOutlines", "UseThumbs", "UseOC"),
                "Direction": a("L2R", "R2L"),
                **dict.fromkeys(("ViewArea", "ViewClip", "PrintArea", "PrintClip"), NAME),
                "PrintScaling": a("None", "AppDefault"),
                "Duplex": a("Simplex", "DuplexFlipShortEdge", "DuplexFlipLongEdge"),
                "PickTrayByPDFSize": BOOLEAN,
                "NumCopies": INTEGER,
                "PrintPageRange": NUMBERS,
            }
        ),
        "MarkInfo": Rule(dict.fromkeys(("Marked", "UserProperties", "Suspects"), BOOLEAN)),  # Table 353
        # --- going to places: 12.3 and 12.6
        "Outlines": Rule(  # Table 150
            {"Type": a("Outlines"), "First": Thing("Outline"), "Last": Link(("Outline",)), "Count": INTEGER}
        ),
        "Outline": Rule(  # Table 151
            {
                "Title": TEXT,
                "Parent": Link(("Outline", "Outlines")),
                "Prev": Link(("Outline",)),
                "Next": Thing("Outline"),
                "First": Thing("Outline"),
                "Last": Link(("Outline",)),
                "Count": INTEGER,
                "Dest": _DESTINATION_OR_NAME,
                "A": _ACTION,  # PDF-07
                "C": NUMBERS,
                "F": INTEGER,
            },
            frozenset({"Parent"}),
        ),
        "GoTo": Rule({"S": a("GoTo"), "D": _DESTINATION_OR_NAME}, frozenset({"S", "D"})),  # Table 202; no Next: PDF-08
        "URI": Rule({"S": a("URI"), "URI": ADDRESS}, frozenset({"S", "URI"})),  # Table 210: PDF-15, PDF-16
        "Named": Rule(  # Table 215: PDF-22
            {"S": a("Named"), "N": a("NextPage", "PrevPage", "FirstPage", "LastPage")}, frozenset({"S", "N"})
        ),
        # --- annotations: 12.5
        "LinkNote": Rule(  # Table 176; no PA: PDF-18, no AA: PDF-05
            {**_EVERY_NOTE, "Dest": _DESTINATION_OR_NAME, "A": _ACTION, "QuadPoints": Each(NUMBER, 0, 100_000)},
            frozenset({"Subtype"}),
        ),
        "Markup": Rule(  # Tables 172, 175 to 186; no RC: PDF-45
            {
                **_EVERY_NOTE,
                "T": TEXT,  # pdf_beside.py hears of it
                "QuadPoints": Each(NUMBER, 0, 100_000),
                "InkList": Each(Each(NUMBER, 0, 100_000)),
                "Vertices": Each(NUMBER, 0, 100_000),
                "L": NUMBERS,
                "LE": either(NAME, Each(NAME, 0, 2)),
                "LL": NUMBER,
                "LLE": NUMBER,
                "LLO": NUMBER,
                "CO": NUMBERS,
                "Cap": BOOLEAN,
                "CP": NAME,
                "IC": NUMBERS,
                "CL": NUMBERS,
                "RD": RECTANGLE,
                "IT": NAME,
                "Q": INTEGER,
                "DA": TEXT,
                "Open": BOOLEAN,
                "Name": NAME,
                "Sy": NAME,
                "Popup": Thing("Popup"),
                "IRT": _ANY_NOTE,
                "RT": a("R", "Group"),
                **dict.fromkeys(("State", "StateModel"), TEXT),
                "Rotate": INTEGER,
            },
            frozenset({"Subtype"}),
        ),
        "Popup": Rule({**_EVERY_NOTE, "Parent": _ANY_NOTE, "Open": BOOLEAN}, frozenset({"Subtype"})),
        "BorderStyle": Rule(  # Table 168
            {"Type": a("Border"), "W": NUMBER, "S": a("S", "D", "B", "I", "U"), "D": NUMBERS}
        ),
        "BorderEffect": Rule({"S": a("S", "C"), "I": NUMBER}),  # Table 169
        "Appearances": Rule(  # Table 170; no R, no D: PDF-46
            {"N": either(Thing("DrawnForm"), Named(Thing("DrawnForm")))}
        ),
        # --- fields: 12.7
        "Form": Rule(  # Table 224; no XFA: PDF-40, no CO: PDF-06
            {
                "Fields": Each(_FIELD),
                "NeedAppearances": BOOLEAN,
                "DR": Thing("Resources"),
                "DA": TEXT,
                "Q": INTEGER,
            },
            frozenset({"Fields"}),
        ),
        "Field": Rule(_EVERY_FIELD),
        "Widget": Rule(  # Table 191
            {**_EVERY_NOTE, **_EVERY_FIELD, "MK": Thing("Characteristics"), "A": _ACTION},
            frozenset({"Subtype"}),
        ),
        "Characteristics": Rule(  # Table 192
            {
                "R": INTEGER,
                "BC": NUMBERS,
                "BG": NUMBERS,
                **dict.fromkeys(("CA", "RC", "AC"), TEXT),
                **dict.fromkeys(("I", "RI", "IX"), Thing("DrawnForm")),
                "IF": Thing("IconFit"),
                "TP": INTEGER,
            }
        ),
        "IconFit": Rule(  # Table 250
            {"SW": a("A", "B", "S", "N"), "S": a("A", "P"), "A": NUMBERS, "FB": BOOLEAN}
        ),
        # --- tags: 14.7 and 14.8
        "Structure": Rule(  # Table 354; no ClassMap, no AF: PDF-91, PDF-32
            {
                "Type": a("StructTreeRoot"),
                "K": either(_ELEMENT, Each(_ELEMENT)),
                "ParentTree": Tree("Nums", either(NULL, _ELEMENT, Each(either(NULL, _ELEMENT)))),
                "ParentTreeNextKey": INTEGER,
                "IDTree": Tree("Names", _ELEMENT),
                "RoleMap": Named(NAME),
            }
        ),
        "Element": Rule(  # Table 355
            {
                "Type": a("StructElem"),
                "S": NAME,
                "P": Link(("Element", "Structure")),
                "ID": TEXT,
                "Pg": _PAGE,
                "K": _KIDS,
                "A": either(_ATTRIBUTES, Each(either(_ATTRIBUTES, INTEGER))),
                "Lang": LANGUAGE,
                **dict.fromkeys(("Alt", "E", "ActualText", "T"), TEXT),
            },
            frozenset({"S"}),
        ),
        "MarkedContent": Rule(  # Table 357
            {"Type": a("MCR"), "Pg": _PAGE, "MCID": INTEGER, "Stm": Link(("DrawnForm",))}
        ),
        "ObjectReference": Rule(  # Table 358
            {"Type": a("OBJR"), "Pg": _PAGE, "Obj": either(_ANY_NOTE, Link(("DrawnForm", "Image")))}
        ),
        "Attributes": Rule(ATTRIBUTES),
        # --- layers: 8.11
        "Layers": Rule(  # Table 98; nothing that is off: PDF-68
            {"OCGs": _GROUPS, "D": Thing("LayerConfiguration")}, frozenset({"OCGs", "D"})
        ),
        "LayerConfiguration": Rule(  # Table 99
            {
                "Name": TEXT,
                "Creator": TEXT,
                "BaseState": a("ON"),
                "ON": _GROUPS,
                "Order": _order(),
                "RBGroups": Each(_GROUPS),
                "Locked": _GROUPS,
                "ListMode": a("AllPages", "VisiblePages"),
            }
        ),
        "Layer": Rule(  # Table 96; no Usage
            {"Type": a("OCG"), "Name": TEXT, "Intent": either(a("View", "Design"), Each(a("View", "Design")))},
        ),
        "LayerMembership": Rule(  # Table 97
            {
                "Type": a("OCMD"),
                "OCGs": either(Thing("Layer"), Each(either(Thing("Layer"), NULL))),
                "P": a("AllOn", "AnyOn", "AnyOff", "AllOff"),
            }
        ),
    }
)

"""What pages may draw with, dictionary by dictionary: fonts, pictures, forms, patterns, shadings, functions.

Data only: nothing here is called. An entry that no line names is refused.

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
    NUMBER,
    NUMBERS,
    RECTANGLE,
    TEXT,
    Choice,
    Each,
    Head,
    Kind,
    Named,
    Row,
    Rule,
    Thing,
    a,
    either,
    integer_in,
    number_in,
)
from sanitizers.verify.pdf_links import LANGUAGE

FUNCTION: Final = Choice("FunctionType", {0: "Samples", 2: "Exponential", 3: "Stitching", 4: "Calculator"})
_FUNCTIONS: Final = either(FUNCTION, Each(FUNCTION, 1, 32))
_DEVICE: Final = a("DeviceGray", "DeviceRGB", "DeviceCMYK", "Pattern")
_CIE: Final[Mapping[str, Kind]] = {  # 8.6.5
    "CalGray": Row((NAME, Thing("Calibrated"))),
    "CalRGB": Row((NAME, Thing("Calibrated"))),
    "Lab": Row((NAME, Thing("Calibrated"))),
    "ICCBased": Row((NAME, Thing("Profile"))),
    **{name: Row((NAME,)) for name in ("DeviceGray", "DeviceRGB", "DeviceCMYK")},
}
_BASE: Final = either(_DEVICE, Head(_CIE))
_SPECIAL: Final[Mapping[str, Kind]] = {  # 8.6.6
    "Separation": Row((NAME, NAME, _BASE, FUNCTION)),
    "DeviceN": Row((NAME, Each(NAME, 1, 32), _BASE, FUNCTION)),
}
_INKS: Final = either(_DEVICE, Head({**_CIE, **_SPECIAL}))
COLOUR_SPACE: Final = either(
    _DEVICE,
    Head(
        {
            **_CIE,
            **_SPECIAL,
            "Indexed": Row((NAME, _INKS, number_in(0, 255), either(TEXT, Thing("Lookup")))),
            "Pattern": Row((NAME,), _INKS),
        }
    ),
)
_XOBJECT: Final = Choice("Subtype", {"Image": "Image", "Form": "DrawnForm"})
_FONT: Final = Choice(
    "Subtype",
    {
        "Type1": "SimpleFont",
        "MMType1": "SimpleFont",
        "TrueType": "SimpleFont",
        "Type3": "DrawnFont",
        "Type0": "Composite",
    },
)
_TRANSFER: Final = either(a("Identity", "Default"), FUNCTION, Each(either(a("Identity", "Default"), FUNCTION), 0, 4))
_LAYER: Final = Choice("Type", {"OCG": "Layer", "OCMD": "LayerMembership"})
_WIDTHS_BY_CID: Final = Each(either(NUMBER, Each(NUMBER)))  # 9.7.4.3

_MOST_PIXELS_ACROSS: Final = 1 << 20
_GLYPH: Final = Thing("Glyph")

PAINT_RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        # --- resources: 7.8.3
        "Resources": Rule(  # Table 34
            {
                "ExtGState": Named(Thing("GraphicsState")),
                "ColorSpace": Named(COLOUR_SPACE),
                "Pattern": Named(Choice("PatternType", {1: "Tiling", 2: "ShadingPattern"})),
                "Shading": Named(
                    Choice(
                        "ShadingType",
                        {
                            **dict.fromkeys((1, 2, 3), "Gradient"),
                            **dict.fromkeys((4, 5, 6, 7), "Mesh"),
                        },
                    )
                ),
                "XObject": Named(_XOBJECT),
                "Font": Named(_FONT),
                "Properties": Named(
                    Choice(
                        "Type",
                        {
                            "OCG": "Layer",
                            "OCMD": "LayerMembership",
                            **dict.fromkeys((None, "Pagination", "Layout", "Page", "Background"), "Properties"),
                        },
                    )
                ),
            }
        ),
        "Properties": Rule(  # 14.6.2
            {
                "Type": a("Pagination", "Layout", "Page", "Background"),
                "MCID": INTEGER,
                **dict.fromkeys(("ActualText", "Alt", "E"), TEXT),
                "Lang": LANGUAGE,
                "Subtype": NAME,
                "BBox": RECTANGLE,
                "Attached": Each(NAME, 0, 4),
            }
        ),
        "GraphicsState": Rule(  # Table 57
            {
                "Type": a("ExtGState"),
                **dict.fromkeys(("LW", "ML", "FL", "SM"), NUMBER),
                "LC": INTEGER,
                "LJ": INTEGER,
                "D": Row((NUMBERS, NUMBER)),
                "RI": NAME,
                **dict.fromkeys(("OP", "op", "SA", "AIS", "TK"), BOOLEAN),
                "OPM": INTEGER,
                "Font": Row((_FONT, NUMBER)),
                **dict.fromkeys(("BG", "UCR"), FUNCTION),
                **dict.fromkeys(("BG2", "UCR2"), either(a("Default"), FUNCTION)),
                **dict.fromkeys(("TR", "TR2"), _TRANSFER),
                "HT": a("Default"),
                "BM": either(NAME, Each(NAME, 1, 32)),
                "SMask": either(a("None"), Thing("SoftMask")),
                **dict.fromkeys(("CA", "ca"), NUMBER),
            }
        ),
        "SoftMask": Rule(  # Table 142
            {
                "Type": a("Mask"),
                "S": a("Alpha", "Luminosity"),
                "G": Thing("DrawnForm"),
                "BC": NUMBERS,
                "TR": either(a("Identity"), FUNCTION),
            },
        ),
        "Group": Rule(  # Table 145
            {"Type": a("Group"), "S": a("Transparency"), "CS": COLOUR_SPACE, "I": BOOLEAN, "K": BOOLEAN},
            frozenset({"S"}),
        ),
        # --- what is drawn: 8.7, 8.9, 8.10
        "DrawnForm": Rule(  # Table 93; no Ref, no OPI, no PS, no PieceInfo: PDF-37, PDF-38, PDF-50, PDF-88
            {
                "Type": a("XObject"),
                "Subtype": a("Form"),
                "FormType": INTEGER,
                "BBox": RECTANGLE,
                "Matrix": NUMBERS,
                "Resources": Thing("Resources"),
                "Group": Thing("Group"),
                "StructParent": INTEGER,
                "StructParents": INTEGER,
                "OC": _LAYER,
            },
            stream="content",
        ),
        "Image": Rule(  # Table 87; no Alternates, no OPI: PDF-38, PDF-39
            {
                "Type": a("XObject"),
                "Subtype": a("Image"),
                "Width": number_in(1, _MOST_PIXELS_ACROSS),
                "Height": number_in(1, _MOST_PIXELS_ACROSS),
                "ColorSpace": COLOUR_SPACE,
                "BitsPerComponent": integer_in(1, 2, 4, 8, 16),
                "Intent": NAME,
                "ImageMask": BOOLEAN,
                "Mask": either(NUMBERS, Thing("Image")),
                "Decode": NUMBERS,
                "Interpolate": BOOLEAN,
                "SMask": Thing("Image"),
                "Matte": NUMBERS,
                "StructParent": INTEGER,
                "OC": _LAYER,
            },
            frozenset({"Subtype", "Width", "Height"}),
            "image",
        ),
        "Tiling": Rule(  # Table 74
            {
                "Type": a("Pattern"),
                "PatternType": integer_in(1),
                "PaintType": INTEGER,
                "TilingType": INTEGER,
                "BBox": RECTANGLE,
                "XStep": NUMBER,
                "YStep": NUMBER,
                "Resources": Thing("Resources"),
                "Matrix": NUMBERS,
            },
            frozenset({"PatternType"}),
            "content",
        ),
        "ShadingPattern": Rule(  # Table 75
            {
                "Type": a("Pattern"),
                "PatternType": integer_in(2),
                "Shading": Choice(
                    "ShadingType", {**dict.fromkeys((1, 2, 3), "Gradient"), **dict.fromkeys((4, 5, 6, 7), "Mesh")}
                ),
                "Matrix": NUMBERS,
                "ExtGState": Thing("GraphicsState"),
            },
            frozenset({"PatternType"}),
        ),
        "Gradient": Rule(  # Tables 77 to 80
            {
                "ShadingType": integer_in(1, 2, 3),
                "ColorSpace": COLOUR_SPACE,
                "Background": NUMBERS,
                "BBox": RECTANGLE,
                "AntiAlias": BOOLEAN,
                "Domain": NUMBERS,
                "Matrix": NUMBERS,
                "Function": _FUNCTIONS,
                "Coords": NUMBERS,
                "Extend": Each(BOOLEAN, 0, 2),
            },
            frozenset({"ShadingType"}),
        ),
        "Mesh": Rule(  # Tables 81 to 84
            {
                "ShadingType": integer_in(4, 5, 6, 7),
                "ColorSpace": COLOUR_SPACE,
                "Background": NUMBERS,
                "BBox": RECTANGLE,
                "AntiAlias": BOOLEAN,
                "BitsPerCoordinate": integer_in(1, 2, 4, 8, 12, 16, 24, 32),
                "BitsPerComponent": integer_in(1, 2, 4, 8, 12, 16),
                "BitsPerFlag": integer_in(2, 4, 8),
                "Decode": NUMBERS,
                "Function": _FUNCTIONS,
                "VerticesPerRow": number_in(2, _MOST_PIXELS_ACROSS),
            },
            frozenset({"ShadingType"}),
            "mesh",
        ),
        # --- colours and functions: 7.10, 8.6
        "Calibrated": Rule(  # Tables 62 to 64
            {
                "WhitePoint": NUMBERS,
                "BlackPoint": NUMBERS,
                "Gamma": either(NUMBER, NUMBERS),
                "Matrix": NUMBERS,
                "Range": NUMBERS,
            },
        ),
        "Profile": Rule(  # Table 65: PDF-80
            {"N": integer_in(1, 3, 4), "Alternate": COLOUR_SPACE, "Range": NUMBERS},
            frozenset({"N"}),
            "profile",
        ),
        "Lookup": Rule({}, stream="lookup"),  # 8.6.6.3
        "Samples": Rule(  # Table 39
            {
                "FunctionType": integer_in(0),
                "Domain": NUMBERS,
                "Range": NUMBERS,
                "Size": Each(number_in(1, 1 << 16), 1, 32),
                "BitsPerSample": integer_in(1, 2, 4, 8, 12, 16, 24, 32),
                "Order": INTEGER,
                "Encode": NUMBERS,
                "Decode": NUMBERS,
            },
            frozenset({"FunctionType", "Domain", "Range", "Size", "BitsPerSample"}),
            "samples",
        ),
        "Exponential": Rule(  # Table 40
            {
                "FunctionType": integer_in(2),
                "Domain": NUMBERS,
                "Range": NUMBERS,
                "C0": NUMBERS,
                "C1": NUMBERS,
                "N": NUMBER,
            },
            frozenset({"FunctionType"}),
        ),
        "Stitching": Rule(  # Table 41
            {
                "FunctionType": integer_in(3),
                "Domain": NUMBERS,
                "Range": NUMBERS,
                "Functions": Each(FUNCTION, 1, 1000),
                "Bounds": NUMBERS,
                "Encode": NUMBERS,
            },
            frozenset({"FunctionType"}),
        ),
        "Calculator": Rule(  # 7.10.5: PDF-88
            {"FunctionType": integer_in(4), "Domain": NUMBERS, "Range": NUMBERS},
            frozenset({"FunctionType"}),
            "calculator",
        ),
        # --- fonts: 9.6 to 9.10
        "SimpleFont": Rule(  # Table 109
            {
                "Type": a("Font"),
                "Subtype": NAME,
                "Name": NAME,
                "BaseFont": NAME,
                "FirstChar": INTEGER,
                "LastChar": INTEGER,
                "Widths": Each(NUMBER, 0, 1 << 16),
                "FontDescriptor": Thing("Descriptor"),
                "Encoding": either(NAME, Thing("Differences")),
                "ToUnicode": either(a("Identity-H", "Identity-V"), Thing("ToUnicode")),
            },
            frozenset({"Subtype"}),
        ),
        "DrawnFont": Rule(  # Table 110: PDF-86
            {
                "Type": a("Font"),
                "Subtype": NAME,
                "Name": NAME,
                "FontBBox": RECTANGLE,
                "FontMatrix": NUMBERS,  # PDF-85
                "CharProcs": Named(_GLYPH),
                "Encoding": either(NAME, Thing("Differences")),
                "FirstChar": INTEGER,
                "LastChar": INTEGER,
                "Widths": Each(NUMBER, 0, 1 << 16),
                "FontDescriptor": Thing("Descriptor"),
                "Resources": Thing("Resources"),
                "ToUnicode": either(a("Identity-H", "Identity-V"), Thing("ToUnicode")),
            },
            frozenset({"Subtype"}),
        ),
        "Glyph": Rule({}, stream="content"),
        "Composite": Rule(  # Table 119
            {
                "Type": a("Font"),
                "Subtype": NAME,
                "Name": NAME,
                "BaseFont": NAME,
                "Encoding": either(NAME, Thing("CMap")),
                "DescendantFonts": Each(
                    Choice("Subtype", {"CIDFontType0": "CIDFont", "CIDFontType2": "CIDFont"}), 0, 1
                ),
                "ToUnicode": either(a("Identity-H", "Identity-V"), Thing("ToUnicode")),
            },
            frozenset({"Subtype"}),
        ),
        "CIDFont": Rule(  # Table 115
            {
                "Type": a("Font"),
                "Subtype": NAME,
                "BaseFont": NAME,
                "CIDSystemInfo": Thing("Collection"),
                "FontDescriptor": Thing("Descriptor"),
                "DW": NUMBER,
                "W": _WIDTHS_BY_CID,
                "DW2": NUMBERS,
                "W2": _WIDTHS_BY_CID,
                "CIDToGIDMap": either(a("Identity"), Thing("GlyphMap")),
            },
            frozenset({"Subtype"}),
        ),
        "GlyphMap": Rule({}, stream="glyph map"),
        "Collection": Rule({"Registry": TEXT, "Ordering": TEXT, "Supplement": NATURAL}),  # Table 114
        "Differences": Rule(  # Table 112
            {"Type": a("Encoding"), "BaseEncoding": NAME, "Differences": Each(either(INTEGER, NAME), 0, 4096)}
        ),
        "CMap": Rule(  # Table 118: PDF-87
            {
                "Type": a("CMap"),
                "CMapName": NAME,
                "CIDSystemInfo": Thing("Collection"),
                "WMode": INTEGER,
                "UseCMap": either(NAME, Thing("CMap")),
            },
            stream="cmap",
        ),
        "ToUnicode": Rule({}, stream="cmap"),  # 9.10.3
        "Descriptor": Rule(  # Table 120
            {
                "Type": a("FontDescriptor"),
                "FontName": NAME,
                "FontFamily": TEXT,
                "FontStretch": NAME,
                **dict.fromkeys(
                    (
                        *("FontWeight", "ItalicAngle", "Ascent", "Descent", "Leading", "CapHeight", "XHeight"),
                        *("StemV", "StemH", "AvgWidth", "MaxWidth", "MissingWidth"),
                    ),
                    NUMBER,
                ),
                "Flags": INTEGER,
                "FontBBox": RECTANGLE,
                "FontFile": Thing("Type1Program"),
                "FontFile2": Thing("TrueTypeProgram"),
                "FontFile3": Choice(
                    "Subtype", {"Type1C": "CFFProgram", "CIDFontType0C": "CFFProgram", "OpenType": "OpenTypeProgram"}
                ),
                "Style": Thing("Style"),
                "Lang": either(NAME, LANGUAGE),
            }
        ),
        "Style": Rule({"Panose": TEXT}),  # 9.8.3.2
        "Type1Program": Rule(  # Table 125: PDF-82
            {"Length1": NATURAL, "Length2": NATURAL, "Length3": NATURAL},
            frozenset({"Length1", "Length2", "Length3"}),
            "type1",
        ),
        "TrueTypeProgram": Rule({"Length1": NATURAL}, stream="truetype"),  # PDF-83
        "CFFProgram": Rule({"Subtype": NAME}, stream="cff"),  # PDF-84
        "OpenTypeProgram": Rule({"Subtype": NAME}, stream="opentype"),
    }
)

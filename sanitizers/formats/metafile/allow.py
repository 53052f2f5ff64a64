"""Which records of a metafile may pass, and what each must look like. Data only.

Source: [MS-EMF] and [MS-WMF], 2024. A layout is read by `fields`: i and I are numbers of 4 bytes, h and H of 2, B of
one, f floats, D where a bitmap's header and pixels are (4 numbers), U what its colours are; in brackets, the values
that a field may have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, unique
from types import MappingProxyType
from typing import Final

from policies.terms import Vector
from sanitizers.formats.metafile.vectors import IMG_31, IMG_32, IMG_33


@unique
class Kind(Enum):
    """What a record is made of, and what is checked."""

    FIXED = "its fields, and nothing else"
    CREATE = "an object's number, and fixed fields"
    CREATE_BRUSH = "a brush that is plain or hatched"
    CREATE_FONT = "a font"
    CREATE_PEN = "a pen, with its dashes"
    CREATE_PATTERN = "a brush of a bitmap"
    CREATE_PALETTE = "a palette"
    CREATE_OTHER = "an object that nothing carries; a gray brush takes its place"
    SELECT = "an object that there is"
    SELECT_PALETTE = "a palette that there is"
    DELETE = "an object that is needed no more"
    SAVE = "one more state"
    RESTORE = "a state that was saved"
    RESIZE = "a palette that there is, and how many colours it will have"
    COLOURS = "entries of a palette"
    POINTS = "points"
    POLYGONS = "groups of points"
    TYPED_POINTS = "points, each with what it is"
    TEXT = "a text with its widths"
    TEXTS = "texts with their widths, each of which becomes a record"
    SMALL_TEXT = "a text without widths"
    PICTURE = "a bitmap, or none"
    TWO_PICTURES = "a bitmap and a mask, or none"
    SCANS = "rows of a bitmap"
    REGION = "a region"
    REGION_BRUSH = "a region with a brush that there is"
    GRADIENT = "vertices, and triangles or rectangles of them"


@dataclass(frozen=True, slots=True)
class Known:
    """A record that may pass."""

    number: int
    name: str
    kind: Kind
    layout: str  # of its fixed part
    unit: int  # bytes of one point, one character
    source: str


def _known(*rows: Known) -> Mapping[int, Known]:
    found = {row.number: row for row in rows}
    if len(found) != len(rows):
        raise ValueError("two rows of one number")
    return MappingProxyType(found)


_TEXT: Final = "4i I 2f"
_TARGET: Final = "4i 4i I 2i 6f I U D"  # bounds, target, operation, source, its transform, colour, usage, bitmap

EMF: Final = _known(
    #     number, name, made of, layout, bytes a point, section
    Known(2, "EMR_POLYBEZIER", Kind.POINTS, "4i", 8, "2.3.5.16"),
    Known(3, "EMR_POLYGON", Kind.POINTS, "4i", 8, "2.3.5.22"),
    Known(4, "EMR_POLYLINE", Kind.POINTS, "4i", 8, "2.3.5.24"),
    Known(5, "EMR_POLYBEZIERTO", Kind.POINTS, "4i", 8, "2.3.5.18"),
    Known(6, "EMR_POLYLINETO", Kind.POINTS, "4i", 8, "2.3.5.26"),
    Known(7, "EMR_POLYPOLYLINE", Kind.POLYGONS, "4i", 8, "2.3.5.30"),
    Known(8, "EMR_POLYPOLYGON", Kind.POLYGONS, "4i", 8, "2.3.5.28"),
    Known(9, "EMR_SETWINDOWEXTEX", Kind.FIXED, "2i", 0, "2.3.11.30"),
    Known(10, "EMR_SETWINDOWORGEX", Kind.FIXED, "2i", 0, "2.3.11.31"),
    Known(11, "EMR_SETVIEWPORTEXTEX", Kind.FIXED, "2i", 0, "2.3.11.28"),
    Known(12, "EMR_SETVIEWPORTORGEX", Kind.FIXED, "2i", 0, "2.3.11.29"),
    Known(13, "EMR_SETBRUSHORGEX", Kind.FIXED, "2i", 0, "2.3.11.12"),
    Known(15, "EMR_SETPIXELV", Kind.FIXED, "2i I", 0, "2.3.5.36"),
    Known(16, "EMR_SETMAPPERFLAGS", Kind.FIXED, "I<0-1>", 0, "2.3.11.19"),
    Known(17, "EMR_SETMAPMODE", Kind.FIXED, "I<1-8>", 0, "2.3.11.18"),
    Known(18, "EMR_SETBKMODE", Kind.FIXED, "I<1-2>", 0, "2.3.11.11"),
    Known(19, "EMR_SETPOLYFILLMODE", Kind.FIXED, "I<1-2>", 0, "2.3.11.22"),
    Known(20, "EMR_SETROP2", Kind.FIXED, "I<1-16>", 0, "2.3.11.23"),
    Known(21, "EMR_SETSTRETCHBLTMODE", Kind.FIXED, "I<1-4>", 0, "2.3.11.24"),
    Known(22, "EMR_SETTEXTALIGN", Kind.FIXED, "I<0-511>", 0, "2.3.11.25"),
    Known(23, "EMR_SETCOLORADJUSTMENT", Kind.FIXED, "H<24-24> H<0-3> 10H", 0, "2.3.11.13"),
    Known(24, "EMR_SETTEXTCOLOR", Kind.FIXED, "I", 0, "2.3.11.26"),
    Known(25, "EMR_SETBKCOLOR", Kind.FIXED, "I", 0, "2.3.11.10"),
    Known(26, "EMR_OFFSETCLIPRGN", Kind.FIXED, "2i", 0, "2.3.2.4"),
    Known(27, "EMR_MOVETOEX", Kind.FIXED, "2i", 0, "2.3.11.4"),
    Known(28, "EMR_SETMETARGN", Kind.FIXED, "", 0, "2.3.2.6"),
    Known(29, "EMR_EXCLUDECLIPRECT", Kind.FIXED, "4i", 0, "2.3.2.1"),
    Known(30, "EMR_INTERSECTCLIPRECT", Kind.FIXED, "4i", 0, "2.3.2.3"),
    Known(31, "EMR_SCALEVIEWPORTEXTEX", Kind.FIXED, "4i", 0, "2.3.11.7"),
    Known(32, "EMR_SCALEWINDOWEXTEX", Kind.FIXED, "4i", 0, "2.3.11.8"),
    Known(33, "EMR_SAVEDC", Kind.SAVE, "", 0, "2.3.11"),
    Known(34, "EMR_RESTOREDC", Kind.RESTORE, "i", 0, "2.3.11.6"),
    Known(35, "EMR_SETWORLDTRANSFORM", Kind.FIXED, "6f", 0, "2.3.12.2"),
    Known(36, "EMR_MODIFYWORLDTRANSFORM", Kind.FIXED, "6f I<1-4>", 0, "2.3.12.1"),
    Known(37, "EMR_SELECTOBJECT", Kind.SELECT, "I", 0, "2.3.8.5"),
    Known(38, "EMR_CREATEPEN", Kind.CREATE, "I I<0-8> 2i I", 0, "2.3.7.7"),
    Known(39, "EMR_CREATEBRUSHINDIRECT", Kind.CREATE_BRUSH, "I I<0-2> 2I", 0, "2.3.7.1"),
    Known(40, "EMR_DELETEOBJECT", Kind.DELETE, "I", 0, "2.3.8.3"),
    Known(41, "EMR_ANGLEARC", Kind.FIXED, "2i I 2f", 0, "2.3.5.1"),
    Known(42, "EMR_ELLIPSE", Kind.FIXED, "4i", 0, "2.3.5.5"),
    Known(43, "EMR_RECTANGLE", Kind.FIXED, "4i", 0, "2.3.5.34"),
    Known(44, "EMR_ROUNDRECT", Kind.FIXED, "6i", 0, "2.3.5.35"),
    Known(45, "EMR_ARC", Kind.FIXED, "8i", 0, "2.3.5.2"),
    Known(46, "EMR_CHORD", Kind.FIXED, "8i", 0, "2.3.5.4"),
    Known(47, "EMR_PIE", Kind.FIXED, "8i", 0, "2.3.5.15"),
    Known(48, "EMR_SELECTPALETTE", Kind.SELECT_PALETTE, "I", 0, "2.3.8.6"),
    Known(49, "EMR_CREATEPALETTE", Kind.CREATE_PALETTE, "I H<768-768> H", 4, "2.3.7.6"),
    Known(50, "EMR_SETPALETTEENTRIES", Kind.COLOURS, "3I", 4, "2.3.8.8"),
    Known(51, "EMR_RESIZEPALETTE", Kind.RESIZE, "I I<1-1024>", 0, "2.3.8.4"),
    Known(52, "EMR_REALIZEPALETTE", Kind.FIXED, "", 0, "2.3.11"),
    Known(53, "EMR_EXTFLOODFILL", Kind.FIXED, "2i I I<0-1>", 0, "2.3.5.7"),
    Known(54, "EMR_LINETO", Kind.FIXED, "2i", 0, "2.3.5.13"),
    Known(55, "EMR_ARCTO", Kind.FIXED, "8i", 0, "2.3.5.3"),
    Known(56, "EMR_POLYDRAW", Kind.TYPED_POINTS, "4i", 8, "2.3.5.20"),
    Known(57, "EMR_SETARCDIRECTION", Kind.FIXED, "I<1-2>", 0, "2.3.11.9"),
    Known(58, "EMR_SETMITERLIMIT", Kind.FIXED, "f", 0, "2.3.11.21"),
    Known(59, "EMR_BEGINPATH", Kind.FIXED, "", 0, "2.3.10"),
    Known(60, "EMR_ENDPATH", Kind.FIXED, "", 0, "2.3.10"),
    Known(61, "EMR_CLOSEFIGURE", Kind.FIXED, "", 0, "2.3.10"),
    Known(62, "EMR_FILLPATH", Kind.FIXED, "4i", 0, "2.3.5.9"),
    Known(63, "EMR_STROKEANDFILLPATH", Kind.FIXED, "4i", 0, "2.3.5.38"),
    Known(64, "EMR_STROKEPATH", Kind.FIXED, "4i", 0, "2.3.5.39"),
    Known(65, "EMR_FLATTENPATH", Kind.FIXED, "", 0, "2.3.10"),
    Known(66, "EMR_WIDENPATH", Kind.FIXED, "", 0, "2.3.10"),
    Known(67, "EMR_SELECTCLIPPATH", Kind.FIXED, "I<1-5>", 0, "2.3.2.5"),
    Known(68, "EMR_ABORTPATH", Kind.FIXED, "", 0, "2.3.10"),
    Known(71, "EMR_FILLRGN", Kind.REGION_BRUSH, "4i 2I", 0, "2.3.5.10"),
    Known(72, "EMR_FRAMERGN", Kind.REGION_BRUSH, "4i 2I 2i", 0, "2.3.5.11"),
    Known(73, "EMR_INVERTRGN", Kind.REGION, "4i I", 0, "2.3.5.12"),
    Known(74, "EMR_PAINTRGN", Kind.REGION, "4i I", 0, "2.3.5.14"),
    Known(75, "EMR_EXTSELECTCLIPRGN", Kind.REGION, "I I<1-5>", 0, "2.3.2.2"),
    Known(76, "EMR_BITBLT", Kind.PICTURE, _TARGET, 0, "2.3.1.2"),
    Known(77, "EMR_STRETCHBLT", Kind.PICTURE, _TARGET + "2i", 0, "2.3.1.6"),
    Known(78, "EMR_MASKBLT", Kind.TWO_PICTURES, _TARGET + "2i U D", 0, "2.3.1.3"),
    Known(79, "EMR_PLGBLT", Kind.TWO_PICTURES, "4i 6i 4i 6f I U D 2i U D", 0, "2.3.1.4"),
    Known(80, "EMR_SETDIBITSTODEVICE", Kind.SCANS, "4i 6i D U 2I", 0, "2.3.1.5"),
    Known(81, "EMR_STRETCHDIBITS", Kind.PICTURE, "4i 6i D U I 2i", 0, "2.3.1.7"),
    Known(82, "EMR_EXTCREATEFONTINDIRECTW", Kind.CREATE_FONT, "I 5i 8B", 0, "2.3.7.8"),
    Known(83, "EMR_EXTTEXTOUTA", Kind.TEXT, _TEXT, 1, "2.3.5.8"),
    Known(84, "EMR_EXTTEXTOUTW", Kind.TEXT, _TEXT, 2, "2.3.5.8"),
    Known(85, "EMR_POLYBEZIER16", Kind.POINTS, "4i", 4, "2.3.5.17"),
    Known(86, "EMR_POLYGON16", Kind.POINTS, "4i", 4, "2.3.5.23"),
    Known(87, "EMR_POLYLINE16", Kind.POINTS, "4i", 4, "2.3.5.25"),
    Known(88, "EMR_POLYBEZIERTO16", Kind.POINTS, "4i", 4, "2.3.5.19"),
    Known(89, "EMR_POLYLINETO16", Kind.POINTS, "4i", 4, "2.3.5.27"),
    Known(90, "EMR_POLYPOLYLINE16", Kind.POLYGONS, "4i", 4, "2.3.5.31"),
    Known(91, "EMR_POLYPOLYGON16", Kind.POLYGONS, "4i", 4, "2.3.5.29"),
    Known(92, "EMR_POLYDRAW16", Kind.TYPED_POINTS, "4i", 4, "2.3.5.21"),
    Known(93, "EMR_CREATEMONOBRUSH", Kind.CREATE_PATTERN, "I U D", 0, "2.3.7.5"),
    Known(94, "EMR_CREATEDIBPATTERNBRUSHPT", Kind.CREATE_PATTERN, "I U D", 0, "2.3.7.4"),
    Known(95, "EMR_EXTCREATEPEN", Kind.CREATE_PEN, "I D 2I I I I I<0-16>", 4, "2.3.7.9"),
    Known(96, "EMR_POLYTEXTOUTA", Kind.TEXTS, _TEXT, 1, "2.3.5.32"),
    Known(97, "EMR_POLYTEXTOUTW", Kind.TEXTS, _TEXT, 2, "2.3.5.33"),
    Known(108, "EMR_SMALLTEXTOUT", Kind.SMALL_TEXT, "2i 2I I<1-2> 2f", 0, "2.3.5.37"),
    Known(114, "EMR_ALPHABLEND", Kind.PICTURE, _TARGET + "2i", 0, "2.3.1.1"),
    Known(115, "EMR_SETLAYOUT", Kind.FIXED, "I<0-1,8-9>", 0, "2.3.11.17"),
    Known(116, "EMR_TRANSPARENTBLT", Kind.PICTURE, _TARGET + "2i", 0, "2.3.1.8"),
    Known(118, "EMR_GRADIENTFILL", Kind.GRADIENT, "4i 2I I<0-2>", 0, "2.3.5.12"),
    Known(120, "EMR_SETTEXTJUSTIFICATION", Kind.FIXED, "2i", 0, "2.3.11.27"),
)

EMF_DRAWS: Final = frozenset(
    (*range(2, 9), 15, *range(41, 48), *range(53, 57), *range(62, 65), *range(71, 75), *range(76, 82))
).union((*range(83, 93), 96, 97, 108, 114, 116, 118))

# The record of one text that stands for each of several
EMF_SINGLE: Final[Mapping[int, int]] = MappingProxyType({96: 83, 97: 84})

# What a record is that no row names
EMF_OTHERWISE: Final[Mapping[int, tuple[str, Vector]]] = MappingProxyType(
    {
        70: ("EMR_COMMENT", IMG_32),
        98: ("EMR_SETICMMODE", IMG_33),
        99: ("EMR_CREATECOLORSPACE", IMG_33),
        100: ("EMR_SETCOLORSPACE", IMG_33),
        101: ("EMR_DELETECOLORSPACE", IMG_33),
        102: ("EMR_GLSRECORD", IMG_32),
        103: ("EMR_GLSBOUNDEDRECORD", IMG_32),
        104: ("EMR_PIXELFORMAT", IMG_32),
        105: ("EMR_DRAWESCAPE", IMG_31),
        106: ("EMR_EXTESCAPE", IMG_31),
        109: ("EMR_FORCEUFIMAPPING", IMG_32),
        110: ("EMR_NAMEDESCAPE", IMG_31),
        111: ("EMR_COLORCORRECTPALETTE", IMG_33),
        112: ("EMR_SETICMPROFILEA", IMG_33),
        113: ("EMR_SETICMPROFILEW", IMG_33),
        119: ("EMR_SETLINKEDUFIS", IMG_32),
        121: ("EMR_COLORMATCHTOTARGETW", IMG_33),
        122: ("EMR_CREATECOLORSPACEW", IMG_33),
    }
)
EMF_ELSE: Final = IMG_32  # a record that nobody named

# [MS-EMFPLUS] 2.3.4: records that draw; such a file without the flag "dual" has no second drawing beside them
PLUS_HEADER: Final = 0x4001
PLUS_DRAWS: Final = frozenset((*range(0x400A, 0x401D), 0x4036, 0x4037))
PLUS_IS_DUAL: Final = 1

# A number of the stock ([MS-EMF] 2.1.31)
STOCK: Final = frozenset(0x80000000 | number for number in (*range(9), *range(10, 20)))
STOCK_PALETTE: Final = 0x8000000F

WMF: Final = _known(
    Known(0x001E, "META_SAVEDC", Kind.SAVE, "", 0, "2.3.5.11"),
    Known(0x0035, "META_REALIZEPALETTE", Kind.FIXED, "", 0, "2.3.5.8"),
    Known(0x0037, "META_SETPALENTRIES", Kind.COLOURS, "2H", 4, "2.3.4.9"),
    Known(0x00F7, "META_CREATEPALETTE", Kind.CREATE_PALETTE, "H<768-768> H", 4, "2.3.4.3"),
    Known(0x0102, "META_SETBKMODE", Kind.FIXED, "H<1-2>", 0, "2.3.5.15"),
    Known(0x0103, "META_SETMAPMODE", Kind.FIXED, "H<1-8>", 0, "2.3.5.17"),
    Known(0x0104, "META_SETROP2", Kind.FIXED, "H<1-16>", 0, "2.3.5.22"),
    Known(0x0106, "META_SETPOLYFILLMODE", Kind.FIXED, "H<1-2>", 0, "2.3.5.20"),
    Known(0x0107, "META_SETSTRETCHBLTMODE", Kind.FIXED, "H<1-4>", 0, "2.3.5.23"),
    Known(0x0108, "META_SETTEXTCHAREXTRA", Kind.FIXED, "H", 0, "2.3.5.25"),
    Known(0x0127, "META_RESTOREDC", Kind.RESTORE, "h", 0, "2.3.5.10"),
    Known(0x012D, "META_SELECTOBJECT", Kind.SELECT, "H", 0, "2.3.4.10"),
    Known(0x012E, "META_SETTEXTALIGN", Kind.FIXED, "H<0-511>", 0, "2.3.5.24"),
    Known(0x0139, "META_RESIZEPALETTE", Kind.FIXED, "H<1-1024>", 0, "2.3.5.9"),
    Known(0x0142, "META_DIBCREATEPATTERNBRUSH", Kind.CREATE_PATTERN, "H H<0-2>", 0, "2.3.4.8"),
    Known(0x0149, "META_SETLAYOUT", Kind.FIXED, "H<0-1,8-9>", 0, "2.3.5.16"),
    Known(0x01F0, "META_DELETEOBJECT", Kind.DELETE, "H", 0, "2.3.4.7"),
    Known(0x01F9, "META_CREATEPATTERNBRUSH", Kind.CREATE_OTHER, "", 0, "2.3.4.4"),
    Known(0x0201, "META_SETBKCOLOR", Kind.FIXED, "I", 0, "2.3.5.14"),
    Known(0x0209, "META_SETTEXTCOLOR", Kind.FIXED, "I", 0, "2.3.5.26"),
    Known(0x020A, "META_SETTEXTJUSTIFICATION", Kind.FIXED, "2H", 0, "2.3.5.27"),
    Known(0x020B, "META_SETWINDOWORG", Kind.FIXED, "2h", 0, "2.3.5.31"),
    Known(0x020C, "META_SETWINDOWEXT", Kind.FIXED, "2h", 0, "2.3.5.30"),
    Known(0x020D, "META_SETVIEWPORTORG", Kind.FIXED, "2h", 0, "2.3.5.29"),
    Known(0x020E, "META_SETVIEWPORTEXT", Kind.FIXED, "2h", 0, "2.3.5.28"),
    Known(0x020F, "META_OFFSETWINDOWORG", Kind.FIXED, "2h", 0, "2.3.5.7"),
    Known(0x0211, "META_OFFSETVIEWPORTORG", Kind.FIXED, "2h", 0, "2.3.5.6"),
    Known(0x0213, "META_LINETO", Kind.FIXED, "2h", 0, "2.3.3.10"),
    Known(0x0214, "META_MOVETO", Kind.FIXED, "2h", 0, "2.3.5.4"),
    Known(0x0220, "META_OFFSETCLIPRGN", Kind.FIXED, "2h", 0, "2.3.5.5"),
    Known(0x0231, "META_SETMAPPERFLAGS", Kind.FIXED, "I<0-1>", 0, "2.3.5.18"),
    Known(0x0234, "META_SELECTPALETTE", Kind.SELECT_PALETTE, "H", 0, "2.3.4.11"),
    Known(0x02FA, "META_CREATEPENINDIRECT", Kind.CREATE, "H 2h I", 0, "2.3.4.5"),
    Known(0x02FB, "META_CREATEFONTINDIRECT", Kind.CREATE_FONT, "5h 8B", 0, "2.3.4.2"),
    Known(0x02FC, "META_CREATEBRUSHINDIRECT", Kind.CREATE_BRUSH, "H<0-2> I H", 0, "2.3.4.1"),
    Known(0x0324, "META_POLYGON", Kind.POINTS, "", 4, "2.3.3.15"),
    Known(0x0325, "META_POLYLINE", Kind.POINTS, "", 4, "2.3.3.14"),
    Known(0x0410, "META_SCALEWINDOWEXT", Kind.FIXED, "4h", 0, "2.3.5.13"),
    Known(0x0412, "META_SCALEVIEWPORTEXT", Kind.FIXED, "4h", 0, "2.3.5.12"),
    Known(0x0415, "META_EXCLUDECLIPRECT", Kind.FIXED, "4h", 0, "2.3.5.2"),
    Known(0x0416, "META_INTERSECTCLIPRECT", Kind.FIXED, "4h", 0, "2.3.5.3"),
    Known(0x0418, "META_ELLIPSE", Kind.FIXED, "4h", 0, "2.3.3.3"),
    Known(0x0419, "META_FLOODFILL", Kind.FIXED, "I 2h", 0, "2.3.3.7"),
    Known(0x041B, "META_RECTANGLE", Kind.FIXED, "4h", 0, "2.3.3.17"),
    Known(0x041F, "META_SETPIXEL", Kind.FIXED, "I 2h", 0, "2.3.3.19"),
    Known(0x0436, "META_ANIMATEPALETTE", Kind.COLOURS, "2H", 4, "2.3.5.1"),
    Known(0x0521, "META_TEXTOUT", Kind.SMALL_TEXT, "H", 1, "2.3.3.20"),
    Known(0x0538, "META_POLYPOLYGON", Kind.POLYGONS, "", 4, "2.3.3.16"),
    Known(0x0548, "META_EXTFLOODFILL", Kind.FIXED, "H<0-1> I 2h", 0, "2.3.3.4"),
    Known(0x061C, "META_ROUNDRECT", Kind.FIXED, "6h", 0, "2.3.3.18"),
    Known(0x06FF, "META_CREATEREGION", Kind.CREATE_OTHER, "", 0, "2.3.4.6"),
    Known(0x0817, "META_ARC", Kind.FIXED, "8h", 0, "2.3.3.1"),
    Known(0x081A, "META_PIE", Kind.FIXED, "8h", 0, "2.3.3.13"),
    Known(0x0830, "META_CHORD", Kind.FIXED, "8h", 0, "2.3.3.2"),
    Known(0x0940, "META_DIBBITBLT", Kind.PICTURE, "I 6h", 0, "2.3.1.2"),
    Known(0x0A32, "META_EXTTEXTOUT", Kind.TEXT, "2h 2H", 1, "2.3.3.5"),
    Known(0x0B41, "META_DIBSTRETCHBLT", Kind.PICTURE, "I 8h", 0, "2.3.1.3"),
    Known(0x0D33, "META_SETDIBTODEV", Kind.SCANS, "H<0-2> 8H", 0, "2.3.1.4"),
    Known(0x0F43, "META_STRETCHDIB", Kind.SCANS, "I H<0-2> 8h", 0, "2.3.1.6"),
)

WMF_OTHERWISE: Final[Mapping[int, tuple[str, Vector]]] = MappingProxyType(
    {
        0x0105: ("META_SETRELABS", IMG_31),
        0x012A: ("META_INVERTREGION", IMG_31),
        0x012B: ("META_PAINTREGION", IMG_31),
        0x012C: ("META_SELECTCLIPREGION", IMG_31),
        0x0228: ("META_FILLREGION", IMG_31),
        0x0429: ("META_FRAMEREGION", IMG_31),
        0x0626: ("META_ESCAPE", IMG_31),
        0x0922: ("META_BITBLT", IMG_31),
        0x0B23: ("META_STRETCHBLT", IMG_31),
    }
)
WMF_ELSE: Final = IMG_31

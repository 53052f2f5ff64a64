"""What a page of a TIFF file may say beside its pixels. Data only. Source: TIFF 6.0 section 8, Exif 3.0, ICC.1 B.5."""

from enum import Enum
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.table import Row, table

IMG_01: Final = vector("IMG-01")
IMG_02: Final = vector("IMG-02")
IMG_03: Final = vector("IMG-03")
IMG_04: Final = vector("IMG-04")
IMG_05: Final = vector("IMG-05")
IMG_06: Final = vector("IMG-06")
IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_24: Final = vector("IMG-24")
IMG_25: Final = vector("IMG-25")
IMG_26: Final = vector("IMG-26")
IMG_38: Final = vector("IMG-38")
IMG_39: Final = vector("IMG-39")

VECTORS: Final[tuple[Vector, ...]] = (
    *(IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_06, IMG_07, IMG_09),
    *(IMG_24, IMG_25, IMG_26, IMG_38, IMG_39),
)


class Kind(Enum):
    """What becomes of a tag's value; its bytes are never carried over."""

    SHAPE = "read as the page's structure, and written anew from what the pixels became"
    CODING = "read to unpack the pixels, then gone"
    DENSITY = "dots an inch or centimetre"
    ORIENTATION = "which way up"
    PAGE = "which page of how many: counted anew"
    PROFILE = "one of the known colour spaces"
    NOTHING = "nothing"


TAGS: Final = table(
    #   tag    what becomes of it    otherwise  name
    Row(254, Kind.PAGE, IMG_24, "NewSubfileType"),
    Row(255, Kind.PAGE, IMG_24, "SubfileType"),
    Row(256, Kind.SHAPE, IMG_25, "ImageWidth"),
    Row(257, Kind.SHAPE, IMG_25, "ImageLength"),
    Row(258, Kind.SHAPE, IMG_25, "BitsPerSample"),
    Row(259, Kind.SHAPE, IMG_25, "Compression"),
    Row(262, Kind.SHAPE, IMG_25, "PhotometricInterpretation"),
    Row(266, Kind.CODING, IMG_25, "FillOrder"),
    Row(273, Kind.SHAPE, IMG_25, "StripOffsets"),
    Row(274, Kind.ORIENTATION, IMG_24, "Orientation"),
    Row(277, Kind.SHAPE, IMG_25, "SamplesPerPixel"),
    Row(278, Kind.SHAPE, IMG_25, "RowsPerStrip"),
    Row(279, Kind.SHAPE, IMG_25, "StripByteCounts"),
    Row(282, Kind.DENSITY, IMG_24, "XResolution"),
    Row(283, Kind.DENSITY, IMG_24, "YResolution"),
    Row(284, Kind.CODING, IMG_25, "PlanarConfiguration"),
    Row(292, Kind.CODING, IMG_25, "T4Options"),
    Row(293, Kind.CODING, IMG_25, "T6Options"),
    Row(296, Kind.DENSITY, IMG_24, "ResolutionUnit"),
    Row(297, Kind.PAGE, IMG_24, "PageNumber"),
    Row(317, Kind.SHAPE, IMG_25, "Predictor"),
    Row(320, Kind.SHAPE, IMG_39, "ColorMap"),
    Row(322, Kind.CODING, IMG_25, "TileWidth"),
    Row(323, Kind.CODING, IMG_25, "TileLength"),
    Row(324, Kind.CODING, IMG_25, "TileOffsets"),
    Row(325, Kind.CODING, IMG_25, "TileByteCounts"),
    Row(332, Kind.CODING, IMG_24, "InkSet"),
    Row(338, Kind.SHAPE, IMG_24, "ExtraSamples"),
    Row(339, Kind.SHAPE, IMG_25, "SampleFormat"),
    Row(347, Kind.CODING, IMG_25, "JPEGTables"),
    Row(512, Kind.CODING, IMG_25, "JPEGProc"),
    Row(513, Kind.CODING, IMG_25, "JPEGInterchangeFormat"),
    Row(514, Kind.CODING, IMG_25, "JPEGInterchangeFormatLength"),
    Row(515, Kind.CODING, IMG_25, "JPEGRestartInterval"),
    Row(519, Kind.CODING, IMG_25, "JPEGQTables"),
    Row(520, Kind.CODING, IMG_25, "JPEGDCTables"),
    Row(521, Kind.CODING, IMG_25, "JPEGACTables"),
    Row(529, Kind.CODING, IMG_25, "YCbCrCoefficients"),
    Row(530, Kind.SHAPE, IMG_25, "YCbCrSubSampling"),
    Row(531, Kind.CODING, IMG_25, "YCbCrPositioning"),
    Row(532, Kind.CODING, IMG_25, "ReferenceBlackWhite"),
    Row(700, Kind.NOTHING, IMG_05, "XMP"),
    Row(33723, Kind.NOTHING, IMG_06, "IPTC"),
    Row(34377, Kind.NOTHING, IMG_06, "Photoshop image resources"),
    Row(37724, Kind.NOTHING, IMG_06, "Photoshop document"),
    Row(34665, Kind.NOTHING, IMG_03, "Exif directory"),
    Row(34675, Kind.PROFILE, IMG_07, "ICC profile"),
    Row(34853, Kind.NOTHING, IMG_01, "GPS directory"),
)
TAG_ELSE: Final = IMG_24  # who made it and with what, private tags, and every tag that no row names

MAKER_NOTE: Final = 37500  # in an Exif directory: IMG-02

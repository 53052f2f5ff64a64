"""What a PNG file may say beside its picture. Data only. Source: PNG, third edition (W3C 2025), section 11.3."""

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
IMG_13: Final = vector("IMG-13")
IMG_14: Final = vector("IMG-14")
IMG_15: Final = vector("IMG-15")
IMG_16: Final = vector("IMG-16")
IMG_17: Final = vector("IMG-17")
IMG_38: Final = vector("IMG-38")
IMG_39: Final = vector("IMG-39")
IMG_40: Final = vector("IMG-40")

VECTORS: Final[tuple[Vector, ...]] = (
    *(IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_06, IMG_07, IMG_09),
    *(IMG_13, IMG_14, IMG_15, IMG_16, IMG_17, IMG_38, IMG_39, IMG_40),
)


class Kind(Enum):
    """When a chunk's value is carried over, into a chunk that we write."""

    INTENT = "0 to 3"
    GAMMA = "that of sRGB"
    CHROMATICITIES = "those of sRGB"
    CODE_POINTS = "a combination in use"
    PROFILE = "one of the known colour spaces"
    SIGNIFICANT_BITS = "1 to the depth, for each sample"
    TRANSPARENCY = "of the length that the colours ask for"
    BACKGROUND = "a colour that the picture can have"
    DENSITY = "dots a metre, or their shape"
    ORIENTATION = "which way up, by EXIF"
    NOTHING = "never"


CHUNKS: Final = table(
    #   chunk    carried when it is      otherwise  source
    Row(b"sRGB", Kind.INTENT, IMG_17, "11.3.2.5"),
    Row(b"gAMA", Kind.GAMMA, IMG_17, "11.3.2.2"),
    Row(b"cHRM", Kind.CHROMATICITIES, IMG_17, "11.3.2.1"),
    Row(b"cICP", Kind.CODE_POINTS, IMG_17, "11.3.2.6"),
    Row(b"iCCP", Kind.PROFILE, IMG_07, "11.3.2.3"),
    Row(b"sBIT", Kind.SIGNIFICANT_BITS, IMG_17, "11.3.2.4"),
    Row(b"tRNS", Kind.TRANSPARENCY, IMG_17, "11.3.1.1"),
    Row(b"bKGD", Kind.BACKGROUND, IMG_17, "11.3.4.1"),
    Row(b"pHYs", Kind.DENSITY, IMG_17, "11.3.4.3"),
    Row(b"eXIf", Kind.ORIENTATION, IMG_03, "11.3.4.5"),
    Row(b"hIST", Kind.NOTHING, IMG_39, "11.3.4.2"),
    Row(b"sPLT", Kind.NOTHING, IMG_39, "11.3.4.4"),
    Row(b"PLTE", Kind.NOTHING, IMG_39, "11.2.2: where it has no place"),
    Row(b"acTL", Kind.NOTHING, IMG_16, "11.3.5.1: of an animation that is none"),
    Row(b"fcTL", Kind.NOTHING, IMG_16, "11.3.5.2"),
    Row(b"fdAT", Kind.NOTHING, IMG_16, "11.3.5.3"),
    Row(b"IEND", Kind.NOTHING, IMG_17, "11.2.4: with something in it"),
    Row(b"caBX", Kind.NOTHING, IMG_40, "C2PA 2.1 A.4"),
)
CHUNK_ELSE: Final = IMG_13  # tEXt, zTXt, iTXt, tIME, and every chunk that no row names

BEFORE_PALETTE: Final = frozenset((b"sRGB", b"gAMA", b"cHRM", b"cICP", b"iCCP", b"sBIT"))  # 5.6
BEFORE_IMAGE: Final = BEFORE_PALETTE | {b"tRNS", b"bKGD", b"pHYs"}

SRGB_GAMMA: Final = (45455).to_bytes(4)
SRGB_CHROMATICITIES: Final = b"".join(
    value.to_bytes(4) for value in (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
)
# sRGB, Display P3, BT.709, and BT.2100 or P3 with PQ or HLG, full range (ITU-T H.273)
CODE_POINTS: Final = frozenset(
    (
        b"\x01\r\x00\x01",
        b"\x0c\r\x00\x01",
        b"\x01\x01\x00\x01",
        b"\t\x10\x00\x01",
        b"\t\x12\x00\x01",
        b"\x0c\x10\x00\x01",
        b"\x0c\x12\x00\x01",
    )
)

# What a text chunk is about when its keyword says so
TEXT_KEYWORDS: Final[tuple[tuple[bytes, Vector], ...]] = (
    (b"XML:com.adobe.xmp\0", IMG_05),
    (b"Raw profile type xmp\0", IMG_05),
    (b"Raw profile type exif\0", IMG_03),
    (b"Raw profile type APP1\0", IMG_03),
    (b"Raw profile type iptc\0", IMG_06),
    (b"Raw profile type 8bim\0", IMG_06),
)

"""What a JPEG file may say beside its picture. Data only. Source: JFIF 1.02, Exif 3.0 annex, ICC.1 annex B.4."""

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
IMG_08: Final = vector("IMG-08")
IMG_09: Final = vector("IMG-09")
IMG_10: Final = vector("IMG-10")
IMG_11: Final = vector("IMG-11")
IMG_12: Final = vector("IMG-12")
IMG_40: Final = vector("IMG-40")
IMG_44: Final = vector("IMG-44")
GEN_15: Final = vector("GEN-15")

VECTORS: Final[tuple[Vector, ...]] = (
    *(IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_06, IMG_07, IMG_08),
    *(IMG_09, IMG_10, IMG_11, IMG_12, IMG_40, IMG_44, GEN_15),
)


class Kind(Enum):
    """What of a segment is carried over, as values; its bytes never are."""

    DENSITY = "dots an inch or centimetre"
    ORIENTATION = "which way up, by EXIF"
    PROFILE = "one of the known colour spaces"
    TRANSFORM = "what the components mean"
    NOTHING = "nothing"


# A segment is known by its marker and how its body starts.
SEGMENTS: Final = table(
    #   marker, start of the body                          carried           otherwise  source
    Row((0xE0, b"JFIF\0"), Kind.DENSITY, IMG_04, "JFIF 1.02: a thumbnail may follow"),
    Row((0xE0, b"JFXX\0"), Kind.NOTHING, IMG_04, "JFIF 1.02: extension"),
    Row((0xE1, b"Exif\0\0"), Kind.ORIENTATION, IMG_03, "Exif 3.0 4.7.2"),
    Row((0xE1, b"http://ns.adobe.com/xap/"), Kind.NOTHING, IMG_05, "XMP 3, 1.1.3"),
    Row((0xE1, b"http://ns.adobe.com/xmp/"), Kind.NOTHING, IMG_05, "XMP 3, 1.1.3.1"),
    Row((0xE1, b"XMP\0"), Kind.NOTHING, IMG_05, "as some cameras begin it"),
    Row((0xE2, b"ICC_PROFILE\0"), Kind.PROFILE, IMG_07, "ICC.1 B.4"),
    Row((0xE2, b"MPF\0"), Kind.NOTHING, IMG_10, "CIPA DC-007 5.1"),
    Row((0xE2, b"urn:iso:std:iso:ts:21496:-1\0"), Kind.NOTHING, IMG_10, "ISO 21496-1: gain map"),
    Row((0xEB, b"JP"), Kind.NOTHING, IMG_40, "ISO 19566-5: JUMBF, C2PA"),
    Row((0xED, b"Photoshop 3.0\0"), Kind.NOTHING, IMG_06, "Photoshop file formats"),
    Row((0xEE, b"Adobe"), Kind.TRANSFORM, IMG_08, "Adobe TN 5116, 18"),
)
SEGMENT_ELSE: Final = IMG_08  # a comment, or an application segment that no row names

THUMBNAIL_RESOURCES: Final = (b"8BIM\x04\x09", b"8BIM\x04\x0c")  # in Photoshop's segment: IMG-04
GAIN_MAP_WORDS: Final = (b"hdrgm:Version", b"GainMap", b"MotionPhoto", b"MicroVideo")  # in XMP: IMG-10
# How data behind the end starts when it is a further picture or a film.
FURTHER_PICTURES: Final = (b"\xff\xd8\xff", b"SEFH", b"MotionPhoto_Data", b"\0\0\0\x18ftyp", b"\0\0\0\x1cftyp")

"""What a WebP file may say beside its pictures. Data only. Source: RFC 9649, section 2.7."""

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
IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_21: Final = vector("IMG-21")
IMG_38: Final = vector("IMG-38")

VECTORS: Final[tuple[Vector, ...]] = (IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_07, IMG_09, IMG_21, IMG_38)


class Kind(Enum):
    """When a chunk's value is carried over, into a chunk that we write."""

    PROFILE = "one of the known colour spaces"
    ORIENTATION = "which way up, by EXIF"
    NOTHING = "never"


CHUNKS: Final = table(
    #   chunk    carried when it is  otherwise  source
    Row(b"ICCP", Kind.PROFILE, IMG_07, "2.7.1.4"),
    Row(b"EXIF", Kind.ORIENTATION, IMG_03, "2.7.1.5"),
    Row(b"XMP ", Kind.NOTHING, IMG_05, "2.7.1.5"),
    Row(b"XMP\0", Kind.NOTHING, IMG_05, "as some programs write it"),
    Row(b"ANMF", Kind.NOTHING, IMG_21, "2.7.1.2: frames of a picture that does not move"),
    Row(b"VP8 ", Kind.NOTHING, IMG_21, "2.7.1.3: a second picture"),
    Row(b"VP8L", Kind.NOTHING, IMG_21, "2.7.1.3: a second picture"),
    Row(b"ALPH", Kind.NOTHING, IMG_21, "2.7.1.3: alpha of no picture"),
)
CHUNK_ELSE: Final = IMG_21  # 2.7.1.6: unknown chunks

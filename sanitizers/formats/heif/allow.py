"""What stands in a HEIF or AVIF file beside its primary picture, all of it left behind. Data only.

Source: ISO/IEC 23008-12:2022; MIAF, ISO/IEC 23000-22; C2PA 2.1 A.5; what phones write.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector

IMG_01: Final = vector("IMG-01")
IMG_02: Final = vector("IMG-02")
IMG_03: Final = vector("IMG-03")
IMG_04: Final = vector("IMG-04")
IMG_05: Final = vector("IMG-05")
IMG_06: Final = vector("IMG-06")
IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_10: Final = vector("IMG-10")
IMG_27: Final = vector("IMG-27")
IMG_38: Final = vector("IMG-38")
IMG_40: Final = vector("IMG-40")
GEN_15: Final = vector("GEN-15")

VECTORS: Final[tuple[Vector, ...]] = (
    *(IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_06, IMG_07),
    *(IMG_09, IMG_10, IMG_27, IMG_38, IMG_40, GEN_15),
)

# Items by kind, those of kind "mime" by content type: the vector, and what it is in words.
ITEMS: Final[Mapping[bytes, tuple[Vector, str]]] = MappingProxyType({
    b"application/rdf+xml": (IMG_05, "XMP"),
    b"iptc": (IMG_06, "IPTC"),
    b"jumb": (IMG_40, "provenance"),
    b"tmap": (IMG_10, "a gain map"),
    b"hvc1": (IMG_10, "a further picture"),
    b"hev1": (IMG_10, "a further picture"),
    b"av01": (IMG_10, "a further picture"),
    b"jpeg": (IMG_10, "a further picture"),
    b"avc1": (IMG_10, "a further picture"),
    b"grid": (IMG_10, "a further picture"),
    b"iden": (IMG_10, "a further picture"),
    b"iovl": (IMG_10, "a further picture"),
})  # fmt: skip
ITEM_ELSE: Final = (IMG_27, "an item of another kind")
TILE: Final = (IMG_10, "a tile of a further picture")
THUMBNAIL: Final = (IMG_04, "a thumbnail")
HIDDEN: Final = (IMG_27, "a hidden picture")

# Auxiliary pictures by how their URN ends
AUXILIARIES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"alpha", "a second alpha"),
    (b"auxid:1", "a second alpha"),
    (b"depth", "a depth map"),
    (b"auxid:2", "a depth map"),
    (b"disparity", "a depth map"),
    (b"hdrgainmap", "a gain map"),
)
AUXILIARY_ELSE: Final = "an auxiliary picture"

# Boxes at the top, beside those that are read: the vector, and what it is
BOXES: Final[Mapping[bytes, tuple[Vector, str]]] = MappingProxyType({
    b"moov": (IMG_10, "a film"),
    b"moof": (IMG_10, "a film"),
    b"mpvd": (IMG_10, "a film"),
    b"sefd": (IMG_10, "a maker's own"),
})  # fmt: skip
PROVENANCE: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # of a uuid box: C2PA
SILENT: Final = frozenset((b"ftyp", b"meta", b"mdat", b"free", b"skip", b"wide"))

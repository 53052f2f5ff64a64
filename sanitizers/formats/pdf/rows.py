"""Tables of dictionaries: rows by key, as many as one table of the specification has."""

from collections.abc import Mapping
from typing import Any, Final

from policies.terms import Vector
from sanitizers.formats.pdf import vectors as v
from sanitizers.table import Row, table

Table = Mapping[Any, Row[Any]]


def of(otherwise: Vector, source: str, **entries: Any) -> Table:
    """A table: each key with what its value has to be, and the vector of a value that is something else."""
    return table(*(Row("/" + key, kind, otherwise, source) for key, kind in entries.items()))


def entries(**kinds: Any) -> dict[str, Any]:
    """Entries that several tables share."""
    return kinds


# Without these a dictionary says nothing, and is left out as a whole.
REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "group": ("/S",),
    "soft mask": ("/S", "/G"),
    "tiling pattern": ("/BBox", "/XStep", "/YStep"),
    "shading pattern": ("/Shading",),
    "shading": ("/ColorSpace",),
    "mesh": ("/ColorSpace", "/BitsPerCoordinate", "/BitsPerComponent", "/Decode"),
    "sampled function": ("/Domain", "/Range", "/Size", "/BitsPerSample"),
    "exponential function": ("/Domain", "/N"),
    "stitching function": ("/Domain", "/Functions", "/Bounds", "/Encode"),
    "calculator function": ("/Domain", "/Range"),
    "composite font": ("/Encoding", "/DescendantFonts"),
    "type 3 font": ("/FontMatrix", "/CharProcs", "/Encoding"),
    "layer": ("/Name",),
    "element": ("/S",),
    "attributes": ("/O",),
    "marked content": ("/MCID",),
    "object reference": ("/Obj",),
}

# Keys that no table names, wherever they stand, and what they are. Any other is PDF-49.
ELSE: Final[Mapping[str, Vector]] = {
    "/AA": v.PDF_05,
    "/A": v.PDF_04,
    "/PA": v.PDF_18,
    "/JS": v.PDF_10,
    "/JavaScript": v.PDF_09,
    "/AF": v.PDF_32,
    "/FS": v.PDF_33,
    "/EF": v.PDF_34,
    "/RF": v.PDF_34,
    "/Ref": v.PDF_37,
    "/OPI": v.PDF_38,
    "/Alternates": v.PDF_39,
    "/XFA": v.PDF_40,
    "/CO": v.PDF_06,
    "/RC": v.PDF_45,
    "/RV": v.PDF_45,
    "/DS": v.PDF_45,
    "/T": v.PDF_45,
    "/Subj": v.PDF_45,
    "/NM": v.PDF_45,
    "/R": v.PDF_46,
    "/D": v.PDF_46,
    "/SV": v.PDF_47,
    "/Lock": v.PDF_47,
    "/SigFlags": v.PDF_47,
    "/PieceInfo": v.PDF_50,
    "/LastModified": v.PDF_50,
    "/Metadata": v.PDF_51,
    "/Thumb": v.PDF_92,
    "/Measure": v.PDF_93,
    "/VP": v.PDF_93,
    "/PtData": v.PDF_93,
    "/LGIDict": v.PDF_93,
    "/Trans": v.PDF_94,
    "/Dur": v.PDF_94,
    "/PresSteps": v.PDF_94,
    "/DPart": v.PDF_95,
    "/ClassMap": v.PDF_91,
    "/PS": v.PDF_88,
    "/Subtype2": v.PDF_88,
    "/Movie": v.PDF_26,
    "/Sound": v.PDF_26,
    "/RichMediaContent": v.PDF_24,
    "/RichMediaSettings": v.PDF_24,
    "/3DD": v.PDF_25,
    "/3DA": v.PDF_25,
    "/3DV": v.PDF_25,
}

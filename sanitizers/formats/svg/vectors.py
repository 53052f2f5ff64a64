"""What an SVG file can carry beside a drawing: the rows of the catalogue that are treated here."""

from typing import Final

from policies.catalogue import vector
from policies.terms import Vector

GEN_23: Final = vector("GEN-23")
GEN_24: Final = vector("GEN-24")
GEN_25: Final = vector("GEN-25")
GEN_26: Final = vector("GEN-26")
SVG_01: Final = vector("SVG-01")
SVG_02: Final = vector("SVG-02")
SVG_03: Final = vector("SVG-03")
SVG_04: Final = vector("SVG-04")
SVG_05: Final = vector("SVG-05")
SVG_06: Final = vector("SVG-06")
SVG_07: Final = vector("SVG-07")
SVG_08: Final = vector("SVG-08")
SVG_09: Final = vector("SVG-09")
SVG_10: Final = vector("SVG-10")
SVG_11: Final = vector("SVG-11")
SVG_12: Final = vector("SVG-12")
SVG_13: Final = vector("SVG-13")
SVG_14: Final = vector("SVG-14")
SVG_15: Final = vector("SVG-15")
SVG_16: Final = vector("SVG-16")
XML_01: Final = vector("XML-01")
XML_02: Final = vector("XML-02")
XML_03: Final = vector("XML-03")
XML_04: Final = vector("XML-04")
XML_05: Final = vector("XML-05")
XML_07: Final = vector("XML-07")
XML_08: Final = vector("XML-08")
XML_09: Final = vector("XML-09")
XML_10: Final = vector("XML-10")
XML_11: Final = vector("XML-11")
XML_12: Final = vector("XML-12")

VECTORS: Final[tuple[Vector, ...]] = (
    *(GEN_23, GEN_24, GEN_25, GEN_26),
    *(SVG_01, SVG_02, SVG_03, SVG_04, SVG_05, SVG_06, SVG_07, SVG_08),
    *(SVG_09, SVG_10, SVG_11, SVG_12, SVG_13, SVG_14, SVG_15, SVG_16),
    *(XML_01, XML_02, XML_03, XML_04, XML_05, XML_07, XML_08, XML_09, XML_10, XML_11, XML_12),
)

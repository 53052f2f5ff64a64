"""Where the id of a relationship in an element may lead, by the last word of the relationship's type.

An element that has an id and is not named here leads nowhere.

Source: ISO/IEC 29500-1:2016, 11 to 15 (relationships of each part); [MS-XLSX] 2.1, [MS-ODRAWXML] 2.1.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.formats.ooxml.schema import clark
from sanitizers.parsers.opc import Relation


def _of(kinds: str, elements: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys((_written(name) for name in elements.split()), frozenset(kinds.split()))


def _written(name: str) -> str:
    """The name that the schema's tables write: spreadsheets have no prefix."""
    assert clark(name), name
    return name.removeprefix("x:")


LEADS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # word
        **_of("hyperlink", "w:hyperlink"),
        **_of("header", "w:headerReference"),
        **_of("footer", "w:footerReference"),
        # sheets
        **_of("hyperlink", "x:hyperlink"),
        **_of("worksheet chartsheet dialogsheet", "x:sheet"),
        **_of("drawing", "x:drawing"),
        **_of("vmlDrawing", "x:legacyDrawing x:legacyDrawingHF x:drawingHF"),
        **_of("table", "x:tablePart"),
        **_of("pivotCacheDefinition", "x:pivotCache"),
        **_of("pivotCacheRecords", "x:pivotCacheDefinition"),
        **_of("slicer", "x14:slicer"),
        **_of("slicerCache", "x14:slicerCache"),
        **_of("timeline", "x15:timelineRef"),
        **_of("timelineCache", "x15:timelineCacheRef"),
        # slides
        **_of("slide", "p:sldId p:sld"),
        **_of("slideLayout", "p:sldLayoutId"),
        **_of("slideMaster", "p:sldMasterId"),
        **_of("notesMaster", "p:notesMasterId"),
        **_of("handoutMaster", "p:handoutMasterId"),
        **_of("comments", "p188:commentRel"),
        # drawings, in any of them
        **_of("hyperlink slide", "a:hlinkClick"),
        **_of("image hdphoto", "a:blip asvg:svgBlip a14:imgLayer x:picture dgm:shape x:objectPr"),
        **_of("image", "v:imagedata v:fill v:stroke"),
        **_of("chart", "c:chart"),
        **_of("chartEx", "cx:chart"),
        **_of("chartUserShapes", "c:userShapes"),
        **_of("vmlDrawing", "c:legacyDrawingHF"),
        **_of("package oleObject", "c:externalData cx:externalData o:OLEObject p:oleObj x:oleObject"),
        **_of("diagramData diagramLayout diagramQuickStyle diagramColors", "dgm:relIds"),
    }
)


def may_lead(element: str, relation: Relation | None) -> bool:
    """Whether an element of this (written) name may have this relationship; what an edit made is none yet."""
    return relation is None or relation.type.rpartition("/")[2] in LEADS.get(element, ())

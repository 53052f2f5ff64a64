"""Where the id of a relationship in an element may lead: the last word of the relationship's type. Data only."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


def _each(words: str, labels: str) -> dict[str, frozenset[str]]:
    return dict.fromkeys(labels.split(), frozenset(words.split()))


LEADS_TO: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        **_each("hyperlink", "w:hyperlink x:hyperlink"),
        **_each("hyperlink slide", "a:hlinkClick"),
        **_each(
            "image",
            "a:blip asvg:svgBlip a14:imgLayer v:imagedata v:fill v:stroke x:picture dgm:shape x:objectPr",
        ),
        **_each("image", "xlrvr:rel"),
        **_each("header", "w:headerReference"),
        **_each("footer", "w:footerReference"),
        **_each("chart", "c:chart"),
        **_each("chartEx", "cx:chart"),
        **_each("chartUserShapes", "c:userShapes"),
        **_each("package", "c:externalData cx:externalData o:OLEObject p:oleObj x:oleObject"),
        **_each("diagramData diagramLayout diagramQuickStyle diagramColors", "dgm:relIds"),
        **_each("worksheet chartsheet", "x:sheet"),
        **_each("drawing", "x:drawing"),
        **_each("vmlDrawing", "x:legacyDrawing x:legacyDrawingHF x:drawingHF c:legacyDrawingHF"),
        **_each("table", "x:tablePart"),
        **_each("pivotCacheRecords", "x:pivotCacheDefinition"),
        **_each("pivotCacheDefinition", "x:pivotCache"),
        **_each("slicer", "x14:slicer"),
        **_each("slicerCache", "x14:slicerCache"),
        **_each("timeline", "x15:timelineRef"),
        **_each("timelineCache", "x15:timelineCacheRef"),
        **_each("slide", "p:sldId p:sld"),
        **_each("comments", "p188:commentRel"),
        **_each("pivotTable", "x:pivotSelection x15:pivotTableReference"),
        **_each("slideLayout", "p:sldLayoutId"),
        **_each("slideMaster", "p:sldMasterId"),
        **_each("notesMaster", "p:notesMasterId"),
        **_each("handoutMaster", "p:handoutMasterId"),
        **_each("comments", "p188:commentRel"),
    }
)

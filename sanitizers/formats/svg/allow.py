"""What an SVG file may hold. Data only, nothing here is called.

Source: SVG 1.1 (second edition) and SVG 2 (CR 2018), by section; Filter Effects 1; CSS by module.
"""

from enum import Enum
from typing import Final

from policies.terms import Vector
from sanitizers.formats.svg.vectors import (
    SVG_01,
    SVG_02,
    SVG_03,
    SVG_04,
    SVG_05,
    SVG_07,
    SVG_10,
    SVG_11,
    SVG_12,
    SVG_16,
    XML_05,
    XML_07,
    XML_08,
)
from sanitizers.table import Row, table

SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"
XLINK_NAMESPACE: Final = "http://www.w3.org/1999/xlink"
XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"

# --- elements ---------------------------------------------------------------------------------------------------


class Content(Enum):
    """What an element may have in it beside elements."""

    SPACE = "white space"
    TEXT = "text that is drawn or told"
    WORDS = "text alone, no element"
    SHEET = "a style sheet"


class Reference(Enum):
    """What href of an element may point to."""

    LOCAL = "an element of the same file"
    PICTURE = "a picture in the file"
    EITHER = "an element or a picture"
    LINK = "an address to click on"


ELEMENTS: Final = table(
    #   element          content        otherwise source
    *(
        Row(name, Content.SPACE, SVG_12, "SVG 2, 5: structure")
        for name in ("svg", "g", "defs", "symbol", "use", "switch")
    ),
    *(Row(name, Content.WORDS, SVG_12, "SVG 2, 5.8") for name in ("title", "desc")),
    Row("style", Content.SHEET, SVG_12, "SVG 2, 6.3"),
    Row("path", Content.SPACE, SVG_12, "SVG 2, 9"),
    *(
        Row(name, Content.SPACE, SVG_12, "SVG 2, 10: shapes")
        for name in ("rect", "circle", "ellipse", "line", "polyline", "polygon")
    ),
    *(Row(name, Content.TEXT, SVG_12, "SVG 2, 11") for name in ("text", "tspan", "textPath")),
    Row("image", Content.SPACE, SVG_12, "SVG 2, 12.3"),
    Row("marker", Content.SPACE, SVG_12, "SVG 2, 13.7"),
    *(
        Row(name, Content.SPACE, SVG_12, "SVG 2, 14: paint servers")
        for name in ("linearGradient", "radialGradient", "stop", "pattern")
    ),
    Row("a", Content.SPACE, SVG_12, "SVG 2, 16.2"),
    *(Row(name, Content.SPACE, SVG_12, "CSS Masking 1, 5 and 7") for name in ("clipPath", "mask")),
    *(
        Row(name, Content.SPACE, SVG_12, "Filter Effects 1, 9 to 12")
        for name in (
            *("filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix"),
            *("feDiffuseLighting", "feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA"),
            *("feFuncB", "feFuncG", "feFuncR", "feGaussianBlur", "feImage", "feMerge", "feMergeNode", "feMorphology"),
            *("feOffset", "fePointLight", "feSpecularLighting", "feSpotLight", "feTile", "feTurbulence"),
        )
    ),
)
ELEMENT_ELSE: Final = SVG_12  # an element that no row names

# What elements that may not pass are called where they are more than unknown; any namespace, lower case
REFUSED_ELEMENTS: Final[dict[str, Vector]] = {
    "script": SVG_01,
    "foreignobject": SVG_04,
    **dict.fromkeys(
        ("animate", "animatecolor", "animatemotion", "animatetransform", "set", "mpath", "discard"), SVG_07
    ),
    **dict.fromkeys(("iframe", "frame", "frameset", "embed", "object", "applet", "audio", "video", "source"), SVG_10),
    **dict.fromkeys(("html", "body", "form", "input", "link", "meta", "base", "img", "canvas", "portal"), SVG_10),
    **dict.fromkeys(("handler", "listener", "prefetch"), SVG_11),
    **dict.fromkeys(("msl", "read", "write"), SVG_16),
    **dict.fromkeys(("font-face-uri", "font-face-src", "color-profile", "cursor"), SVG_05),
}
REFUSED_NAMESPACES: Final[dict[str, Vector]] = {
    "http://www.w3.org/1999/xhtml": SVG_10,
    "http://www.w3.org/2001/XInclude": XML_05,
    "http://www.w3.org/1999/XSL/Transform": XML_07,
    "http://www.w3.org/2001/xml-events": SVG_11,
}

# --- attributes -------------------------------------------------------------------------------------------------


class Kind(Enum):
    """When an attribute's value is carried over."""

    NUMBERS = "numbers with or without units"
    WORDS = "keywords, names of results"
    EITHER = "numbers or keywords"
    PATH = "path commands and numbers, as far as they are"
    TRANSFORM = "functions that move and turn"
    NAME = "a name without blanks"
    NAMES = "names"
    TEXT = "words for people"
    STYLE = "declarations of known properties"
    REFERENCE = "what Reference says of the element"


ATTRIBUTES: Final = table(
    #   attribute        carried when it is  otherwise source
    Row("id", Kind.NAME, SVG_12, "SVG 2, 5.10"),
    Row("class", Kind.NAMES, SVG_12, "SVG 2, 6.4"),
    *(Row(name, Kind.WORDS, SVG_12, "SVG 2, 5.10") for name in ("lang", "xml:lang", "xml:space", "role")),
    Row("style", Kind.STYLE, SVG_12, "SVG 2, 6.4"),
    Row("href", Kind.REFERENCE, SVG_05, "SVG 2, 16.1"),
    Row("xlink:href", Kind.REFERENCE, SVG_05, "SVG 1.1, 17.1"),
    *(
        Row(name, Kind.TEXT, SVG_12, "WAI-ARIA 1.1, 6")
        for name in ("aria-label", "aria-hidden", "aria-labelledby", "aria-describedby")
    ),
    *(
        Row(name, Kind.TRANSFORM, SVG_12, "CSS Transforms 1, 6")
        for name in ("transform", "gradientTransform", "patternTransform")
    ),
    *(Row(name, Kind.PATH, SVG_12, "SVG 2, 9.3 and 10.6") for name in ("d", "points")),
    *(
        Row(name, Kind.NUMBERS, SVG_12, "SVG 2, 5 to 14")
        for name in (
            *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr", "width", "height"),
            *("pathLength", "viewBox", "version", "dx", "dy", "textLength", "startOffset"),
            *("markerWidth", "markerHeight", "offset"),
        )
    ),
    *(
        Row(name, Kind.NUMBERS, SVG_12, "Filter Effects 1, 8 to 12")
        for name in (
            *("filterRes", "values", "tableValues", "slope", "intercept", "amplitude", "exponent", "k1", "k2", "k3"),
            *("k4", "order", "divisor", "kernelMatrix", "bias", "targetX", "targetY", "kernelUnitLength"),
            *("surfaceScale", "diffuseConstant", "specularConstant", "specularExponent", "limitingConeAngle"),
            *("azimuth", "elevation", "z", "pointsAtX", "pointsAtY", "pointsAtZ", "scale", "stdDeviation", "radius"),
            *("baseFrequency", "numOctaves", "seed"),
        )
    ),
    *(Row(name, Kind.EITHER, SVG_12, "SVG 2, 11.2 and 13.7") for name in ("orient", "refX", "refY", "rotate")),
    *(
        Row(name, Kind.WORDS, SVG_12, "SVG 2, 5 to 14")
        for name in (
            *("preserveAspectRatio", "zoomAndPan", "baseProfile", "systemLanguage", "lengthAdjust", "method"),
            *("spacing", "side", "markerUnits", "gradientUnits", "spreadMethod", "patternUnits", "type", "media"),
            *("patternContentUnits", "clipPathUnits", "maskUnits", "maskContentUnits"),
        )
    ),
    *(
        Row(name, Kind.WORDS, SVG_12, "Filter Effects 1, 8 to 12")
        for name in (
            *("filterUnits", "primitiveUnits", "in", "in2", "result", "mode", "operator", "edgeMode"),
            *("preserveAlpha", "xChannelSelector", "yChannelSelector", "stitchTiles"),
        )
    ),
)
MOST: Final[dict[str, float]] = {  # larger numbers only keep a viewer busy (SVG-13)
    "filterRes": 10_000,
    "numOctaves": 16,
    "order": 32,
    "radius": 10_000,
    "stdDeviation": 10_000,
}
MAX_ATTRIBUTES: Final = 100
ATTRIBUTE_ELSE: Final = SVG_12  # an attribute that no row and no property names

REFUSED_ATTRIBUTES: Final[dict[str, Vector]] = {  # by local name, lower case
    **dict.fromkeys(("src", "srcdoc", "srcset", "action", "formaction", "data", "ping", "poster"), SVG_03),
    **dict.fromkeys(("schemalocation", "nonamespaceschemalocation"), XML_08),
    **dict.fromkeys(("externalresourcesrequired", "base"), SVG_05),
    "authenticate": SVG_16,
}
EVENT_ATTRIBUTE: Final = SVG_02  # on...
SCRIPT_ADDRESS: Final = SVG_03

REFERENCES: Final[dict[str, Reference]] = {
    "a": Reference.LINK,
    "image": Reference.PICTURE,
    "feImage": Reference.EITHER,
    **dict.fromkeys(
        ("use", "textPath", "linearGradient", "radialGradient", "pattern", "filter", "mask", "clipPath"),
        Reference.LOCAL,
    ),
}

# Text that a program leaves of itself in title and desc, where people write
GENERATORS: Final = r"\s*(?:created|generated|exported|drawn|made) (?:with|by|using|in|from) .{1,200}"

# --- CSS --------------------------------------------------------------------------------------------------------

# Properties that are also attributes (SVG 2, 6.6; SVG 1.1, property index)
PRESENTATION: Final[frozenset[str]] = frozenset(
    (
        *("alignment-baseline", "baseline-shift", "clip", "clip-path", "clip-rule", "color", "color-interpolation"),
        *("color-interpolation-filters", "color-rendering", "cursor", "direction", "display", "dominant-baseline"),
        *("enable-background", "fill", "fill-opacity", "fill-rule", "filter", "flood-color", "flood-opacity", "font"),
        *("font-family", "font-size", "font-size-adjust", "font-stretch", "font-style", "font-variant"),
        *("font-weight", "glyph-orientation-horizontal", "glyph-orientation-vertical", "image-rendering", "kerning"),
        *("letter-spacing", "lighting-color", "marker", "marker-end", "marker-mid", "marker-start", "mask"),
        *("mask-type", "opacity", "overflow", "paint-order", "pointer-events", "shape-rendering", "stop-color"),
        *("stop-opacity", "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin"),
        *("stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "text-decoration", "text-overflow"),
        *("text-rendering", "transform-box", "transform-origin", "unicode-bidi", "vector-effect", "visibility"),
        *("white-space", "word-spacing", "writing-mode"),
    )
)
PROPERTIES: Final[frozenset[str]] = PRESENTATION | {
    *("x", "y", "cx", "cy", "r", "rx", "ry", "width", "height", "d", "transform", "inline-size", "isolation"),
    *("background", "background-color", "border", "margin", "padding", "max-width", "max-height", "min-width"),
    *("min-height", "mix-blend-mode", "backface-visibility", "block-progression", "vertical-align", "line-height"),
    *("font-feature-settings", "font-kerning", "font-synthesis", "font-variant-alternates", "font-variant-caps"),
    *("font-variant-east-asian", "font-variant-ligatures", "font-variant-numeric", "font-variant-position"),
    *("font-variation-settings", "shape-margin", "shape-padding", "solid-color", "solid-opacity", "tab-size"),
    *("text-align", "text-align-last", "text-decoration-color", "text-decoration-line", "text-decoration-style"),
    *("text-decoration-thickness", "text-indent", "text-orientation", "text-shadow", "text-transform"),
    *("text-underline-offset", "text-underline-position", "word-break", "overflow-wrap", "z-index", "color-scheme"),
}
EDITORS: Final = ("-inkscape-", "-adobe-", "-sodipodi-")  # properties of drawing programs, which no viewer obeys
LOCAL_REFERENCES: Final = frozenset(
    ("fill", "stroke", "clip-path", "mask", "filter", "marker", "marker-start", "marker-mid", "marker-end")
)
NONE_INSTEAD: Final = "none"  # of those, for a reference that may not stay

FUNCTIONS: Final = frozenset(
    (
        *("rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "calc", "min", "max", "clamp", "rect"),
        *("matrix", "translate", "translatex", "translatey", "scale", "scalex", "scaley", "rotate"),
        *("skew", "skewx", "skewy", "blur", "brightness", "contrast", "drop-shadow", "grayscale"),
        *("hue-rotate", "invert", "opacity", "saturate", "sepia", "circle", "ellipse", "inset", "polygon"),
        *("cubic-bezier", "steps", "light-dark", "icc-color", "device-cmyk"),
    )
)
# :root, :first-child, :nth-child(2n + 1) and the like, of names, classes and ids (Selectors 4)
SELECTOR: Final = (
    r"(?:\s*+(?:[>+~,]|\*|[.#]?-?[^\W\d][-\w]*+"
    r"|:(?:root|hover|active|focus|first-child|last-child|first-of-type|last-of-type"
    r"|nth-(?:child|of-type)\(\s*+(?:odd|even|[-+n\d\s]++)\s*+\))))++\s*+"
)
MEDIA: Final = frozenset(("all", "screen"))  # what a drawing is looked at on

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
    *(Row(name, Content.TEXT, SVG_12, "SVG 2, 11; SVG 1.1, 10") for name in ("text", "tspan", "textPath", "tref")),
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

    PLAIN = "numbers, units, keywords and path commands"
    TRANSFORM = "functions that move and turn"
    TEXT = "words that do nothing"
    STYLE = "declarations of known properties"
    PROPERTY = "the value of the property of the same name"
    REFERENCE = "what Reference says of the element"
    SPACE = "default or preserve"
    SHEET_TYPE = "text/css"
    MEDIA = "media that a style sheet is for"
    OCTAVES = "a number up to 16"


ATTRIBUTES: Final = table(
    #   attribute        carried when it is  otherwise source
    Row("id", Kind.TEXT, SVG_12, "SVG 2, 5.10"),
    Row("class", Kind.TEXT, SVG_12, "SVG 2, 6.4"),
    Row("lang", Kind.PLAIN, SVG_12, "SVG 2, 5.10.2"),
    Row("xml:lang", Kind.PLAIN, SVG_12, "SVG 2, 5.10.2"),
    Row("xml:space", Kind.SPACE, SVG_12, "SVG 2, 5.10.3"),
    Row("style", Kind.STYLE, SVG_12, "SVG 2, 6.4"),
    Row("href", Kind.REFERENCE, SVG_05, "SVG 2, 16.1"),
    Row("xlink:href", Kind.REFERENCE, SVG_05, "SVG 1.1, 17.1"),
    *(Row(name, Kind.TEXT, SVG_12, "SVG 2, 5.11") for name in ("role", "aria-label", "aria-hidden")),
    *(Row(name, Kind.TEXT, SVG_12, "WAI-ARIA 1.1, 6") for name in ("aria-labelledby", "aria-describedby")),
    *(Row(name, Kind.TRANSFORM, SVG_12, "CSS Transforms 1, 6") for name in ("gradientTransform", "patternTransform")),
    Row("transform", Kind.TRANSFORM, SVG_12, "CSS Transforms 1, 6"),
    Row("type", Kind.PLAIN, SVG_12, "Filter Effects 1, 9.6 and 9.7; of style: SHEET_TYPE"),
    Row("media", Kind.MEDIA, SVG_12, "SVG 2, 6.3"),
    Row("numOctaves", Kind.OCTAVES, SVG_12, "Filter Effects 1, 9.21"),
    *(
        Row(name, Kind.PLAIN, SVG_12, "SVG 2, 5 to 10: geometry")
        for name in (
            *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr", "width", "height", "d"),
            *("points", "pathLength", "viewBox", "preserveAspectRatio", "zoomAndPan", "version", "baseProfile"),
            *("requiredFeatures", "systemLanguage", "focusable"),
        )
    ),
    *(
        Row(name, Kind.PLAIN, SVG_12, "SVG 2, 11: text")
        for name in ("dx", "dy", "rotate", "textLength", "lengthAdjust", "startOffset", "method", "spacing", "side")
    ),
    *(
        Row(name, Kind.PLAIN, SVG_12, "SVG 2, 13 and 14: markers and paint servers")
        for name in (
            *("refX", "refY", "markerUnits", "markerWidth", "markerHeight", "orient", "offset", "gradientUnits"),
            *("spreadMethod", "patternUnits", "patternContentUnits", "clipPathUnits", "maskUnits", "maskContentUnits"),
        )
    ),
    *(
        Row(name, Kind.PLAIN, SVG_12, "Filter Effects 1, 8 to 12")
        for name in (
            *("filterUnits", "primitiveUnits", "filterRes", "in", "in2", "result", "mode", "values", "tableValues"),
            *("slope", "intercept", "amplitude", "exponent", "operator", "k1", "k2", "k3", "k4", "order", "divisor"),
            *("kernelMatrix", "bias", "targetX", "targetY", "edgeMode", "kernelUnitLength", "preserveAlpha"),
            *("surfaceScale", "diffuseConstant", "specularConstant", "specularExponent", "limitingConeAngle"),
            *("azimuth", "elevation", "z", "pointsAtX", "pointsAtY", "pointsAtZ", "scale", "xChannelSelector"),
            *("yChannelSelector", "stdDeviation", "radius", "baseFrequency", "seed", "stitchTiles"),
        )
    ),
)
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
        ("use", "tref", "textPath", "linearGradient", "radialGradient", "pattern", "filter", "mask", "clipPath"),
        Reference.LOCAL,
    ),
}

# Text that a program leaves of itself in title and desc, where people write
GENERATORS: Final = r"\s*(?:created|generated|exported|drawn|made) (?:with|by|using|in|from) .{1,200}"

# --- CSS --------------------------------------------------------------------------------------------------------

# Properties that are also attributes (SVG 2, 6.6; SVG 1.1, appendix on properties)
PRESENTATION: Final[frozenset[str]] = frozenset(
    (
        *("alignment-baseline", "baseline-shift", "clip", "clip-path", "clip-rule", "color", "color-interpolation"),
        *("color-interpolation-filters", "color-rendering", "cursor", "direction", "display", "dominant-baseline"),
        *("enable-background", "fill", "fill-opacity", "fill-rule", "filter", "flood-color", "flood-opacity", "font"),
        *("font-family", "font-kerning", "font-feature-settings", "font-size", "font-size-adjust", "font-stretch"),
        *("font-style", "font-variant", "font-weight", "glyph-orientation-horizontal", "glyph-orientation-vertical"),
        *("image-rendering", "inline-size", "isolation", "kerning", "letter-spacing", "lighting-color", "marker"),
        *("marker-end", "marker-mid", "marker-start", "mask", "mask-type", "mix-blend-mode", "opacity", "overflow"),
        *("paint-order", "pointer-events", "shape-rendering", "solid-color", "solid-opacity", "stop-color"),
        *("stop-opacity", "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin"),
        *("stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "text-decoration", "text-overflow"),
        *("text-rendering", "transform-origin", "transform-box", "unicode-bidi", "vector-effect", "visibility"),
        *("white-space", "word-spacing", "writing-mode", "font-variant-east-asian", "text-orientation"),
    )
)
PROPERTIES: Final[frozenset[str]] = PRESENTATION | {
    *("x", "y", "cx", "cy", "r", "rx", "ry", "width", "height", "d", "transform", "transform-style"),
    *("background", "background-color", "max-width", "max-height", "min-width", "min-height", "margin", "padding"),
    *("border", "box-sizing", "vertical-align", "line-height", "text-align", "text-indent", "text-transform"),
    *("text-align-last", "text-combine-upright", "text-decoration-line", "text-decoration-style"),
    *("text-decoration-color", "text-decoration-fill", "text-decoration-stroke", "text-emphasis", "text-shadow"),
    *("text-orientation", "text-size-adjust", "block-progression", "shape-padding", "shape-margin", "line-break"),
    *("font-variant-ligatures", "font-variant-position", "font-variant-caps", "font-variant-numeric"),
    *("font-variant-alternates", "font-variation-settings", "font-optical-sizing", "font-synthesis"),
    *("font-language-override", "font-palette", "word-break", "overflow-wrap", "overflow-x", "overflow-y"),
    *("fill-color", "stroke-alignment", "stroke-color", "color-scheme", "forced-color-adjust", "print-color-adjust"),
    *("will-change", "backface-visibility", "perspective", "perspective-origin", "rotate", "scale", "translate"),
    *("offset-rotate", "offset-distance", "position", "top", "left", "right", "bottom", "float", "z-index"),
    *("animation", "animation-delay", "animation-direction", "animation-duration", "animation-fill-mode"),
    *("animation-iteration-count", "animation-name", "animation-play-state", "animation-timing-function"),
    *("transition", "transition-delay", "transition-duration", "transition-property", "transition-timing-function"),
}
VENDORS: Final = ("-webkit-", "-moz-", "-ms-", "-o-")  # before a property that is allowed without it
EDITORS: Final = ("-inkscape-", "-adobe-", "-sodipodi-")  # properties of drawing programs, which no viewer obeys
LOCAL_REFERENCES: Final = frozenset(
    ("fill", "stroke", "clip-path", "mask", "filter", "marker", "marker-start", "marker-mid", "marker-end")
)
NONE_INSTEAD: Final = "none"  # of those, for a reference that may not stay

FUNCTIONS: Final = frozenset(
    (
        *("rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color", "color-mix", "icc-color"),
        *("device-cmyk", "light-dark", "calc", "min", "max", "clamp", "var", "round", "abs", "rect"),
        *("matrix", "matrix3d", "translate", "translatex", "translatey", "translatez", "translate3d"),
        *("scale", "scalex", "scaley", "scalez", "scale3d", "rotate", "rotatex", "rotatey", "rotatez", "rotate3d"),
        *("skew", "skewx", "skewy", "perspective", "blur", "brightness", "contrast", "drop-shadow", "grayscale"),
        *("hue-rotate", "invert", "opacity", "saturate", "sepia", "circle", "ellipse", "inset", "polygon", "path"),
        *("cubic-bezier", "steps", "linear", "linear-gradient", "radial-gradient"),
    )
)
PSEUDO_CLASSES: Final = frozenset(
    (
        *("root", "empty", "target", "hover", "focus", "active", "link", "visited", "first-child", "last-child"),
        *("only-child", "first-of-type", "last-of-type", "only-of-type", "first-line", "first-letter"),
        *("nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "not", "is", "where", "lang"),
    )
)

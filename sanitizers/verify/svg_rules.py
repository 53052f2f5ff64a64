"""What may pass in an SVG: elements, attributes with the kind of their value, style properties and functions.

Everything that is not named here is refused: script, foreignObject, metadata, handlers, animation, fonts, editors'
namespaces (SVG-01 to SVG-04, SVG-07, SVG-10 to SVG-12). Data only.

Source: SVG 1.1 (2nd edition), appendix K and L; SVG 2, appendix D to F; Filter Effects 1; CSS Masking 1.
"""

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"
XML: Final = "http://www.w3.org/XML/1998/namespace"


class Kind(Enum):
    """What the value of an attribute must look like."""

    PLAIN = auto()  # numbers, keywords, paths: no colon, no bracket, no quote
    VALUE = auto()  # as of a style property
    TEXT = auto()  # for people to read
    MARKS = auto()  # for people or tools, with what media queries and names of features need
    IDENTIFIER = auto()
    CLASSES = auto()
    STYLE = auto()
    ADDRESS = auto()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_ELEMENTS: Final = _words("text tspan textPath tref title desc")
LINK: Final = "a"
STYLE_ELEMENT: Final = "style"
PICTURES: Final = _words("image feImage")  # a picture in base64 may stand in these
PAINTS: Final = _words("linearGradient radialGradient")  # cost nothing to name
ELEMENTS: Final = (
    TEXT_ELEMENTS
    | PICTURES
    | PAINTS
    | _words(
        """
        svg g defs symbol use switch a marker mask clipPath pattern style view stop
        path rect circle ellipse line polyline polygon
        filter feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting
        feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur
        feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence
        """
    )
)

_PRESENTATION: Final = _words(
    """
    alignment-baseline baseline-shift clip clip-path clip-rule color color-interpolation color-interpolation-filters
    color-rendering cursor direction display dominant-baseline enable-background fill fill-opacity fill-rule filter
    flood-color flood-opacity font font-family font-feature-settings font-size font-size-adjust font-stretch
    font-style font-variant font-weight glyph-orientation-horizontal glyph-orientation-vertical image-rendering
    inline-size isolation kerning letter-spacing lighting-color marker marker-end marker-mid marker-start mask
    mask-type mix-blend-mode opacity overflow paint-order pointer-events shape-rendering stop-color stop-opacity
    stroke stroke-dasharray stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit stroke-opacity
    stroke-width text-anchor text-decoration text-overflow text-rendering transform transform-box transform-origin
    unicode-bidi vector-effect visibility white-space word-spacing writing-mode
    """
)
PROPERTIES: Final = _PRESENTATION | _words(
    """
    backface-visibility background background-color block-progression border color-scheme cx cy d font-kerning
    font-synthesis font-variant-alternates font-variant-caps font-variant-east-asian font-variant-ligatures
    font-variant-numeric font-variant-position font-variation-settings height line-height line-spacing margin
    mask-mode max-height
    max-width min-height min-width overflow-wrap padding r rx ry shape-inside shape-margin shape-padding
    shape-subtract solid-color solid-opacity tab-size text-align text-align-all text-align-last
    text-decoration-color text-decoration-line text-decoration-skip-ink text-decoration-style
    text-decoration-thickness text-indent text-orientation text-shadow text-transform text-underline-offset
    text-underline-position vertical-align width word-break word-wrap x y z-index
    """
)
FUNCTIONS: Final = _words(
    """
    rgb rgba hsl hsla hwb lab lch oklab oklch
    matrix translate translatex translatey scale scalex scaley rotate skew skewx skewy calc min max clamp
    blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia
    circle ellipse inset path polygon rect cubic-bezier steps icc-color device-cmyk light-dark var
    """
)

_NUMBERS: Final = _words(
    """
    amplitude azimuth baseFrequency bias cx cy diffuseConstant divisor dx dy elevation exponent filterRes fr fx fy
    height intercept k1 k2 k3 k4 kernelMatrix kernelUnitLength limitingConeAngle markerHeight markerWidth numOctaves
    offset order pathLength pointsAtX pointsAtY pointsAtZ r radius refX refY rotate rx ry scale seed slope
    specularConstant specularExponent startOffset stdDeviation surfaceScale tabindex tableValues targetX targetY
    textLength values version viewBox width x x1 x2 y y1 y2 z
    """
)
_KEYWORDS: Final = _words(
    """
    baseProfile clipPathUnits contentStyleType d edgeMode filterUnits gradientUnits in in2 lang lengthAdjust
    markerUnits maskContentUnits maskUnits method mode operator orient patternContentUnits patternUnits points
    preserveAlpha preserveAspectRatio primitiveUnits rel result side spacing spreadMethod stitchTiles systemLanguage
    target type xChannelSelector yChannelSelector zoomAndPan
    """
)
ATTRIBUTES: Final[Mapping[str, Kind]] = MappingProxyType(
    dict.fromkeys(_PRESENTATION, Kind.VALUE)
    | dict.fromkeys(_KEYWORDS | _NUMBERS, Kind.PLAIN)
    | dict.fromkeys(_words("media requiredFeatures role"), Kind.MARKS)
    | dict.fromkeys(_words("gradientTransform patternTransform"), Kind.VALUE)
    | dict.fromkeys(_words("alt aria-describedby aria-description aria-hidden aria-label aria-labelledby"), Kind.TEXT)
    | {
        "class": Kind.CLASSES,
        "href": Kind.ADDRESS,
        "id": Kind.IDENTIFIER,
        "style": Kind.STYLE,
        f"{XLINK} href": Kind.ADDRESS,
        f"{XLINK} title": Kind.TEXT,
        f"{XLINK} type": Kind.PLAIN,
        f"{XLINK} show": Kind.PLAIN,
        f"{XLINK} actuate": Kind.PLAIN,
        f"{XML} lang": Kind.PLAIN,
        f"{XML} space": Kind.PLAIN,
    }
)
MOST: Final[Mapping[str, float]] = MappingProxyType(  # beyond these a reader is kept busy for nothing (SVG-13)
    {"filterRes": 10_000, "numOctaves": 16, "order": 32, "radius": 10_000}
)

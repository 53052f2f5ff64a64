"""Colour spaces: by family, each part by its kind; profiles become the space they stand for (PDF-80).

Source: ISO 32000-2 8.6
"""

from math import log
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.errors import InputError, PurseError
from sanitizers.formats import colour
from sanitizers.formats.colour import Fate
from sanitizers.formats.pdf.check import OMIT, PLAIN
from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.values import Ref, Safe, Stream, Value
from sanitizers.formats.pdf.vectors import PDF_49, PDF_80
from sanitizers.parsers import icc
from sanitizers.parsers.icc import Device

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

DEVICES: Final = {"/DeviceGray": 1, "/DeviceRGB": 3, "/DeviceCMYK": 4}
_BY_COUNT: Final = {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}
_PROFILES: Final = {1: Device.GRAY, 3: Device.RGB, 4: Device.CMYK}
_SHORT: Final = {"/G": "/DeviceGray", "/RGB": "/DeviceRGB", "/CMYK": "/DeviceCMYK", "/I": "/Indexed"}
_CALIBRATED: Final = {"/CalGray": 1, "/CalRGB": 3, "/Lab": 3}
_CALIBRATION: Final = ("/WhitePoint", "/BlackPoint", "/Gamma", "/Matrix", "/Range")
_MAX_NESTED: Final = 6
_MAX_COLORANTS: Final = 32
_D50: Final = (0.9642, 1.0, 0.8249)
_SPACE_AT: Final = 16  # of a profile's head: the space of its colours (ICC.1 7.2.6)
_STEPS: Final = (0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
_SAME_LIGHT: Final = 0.02  # of 1: how far a power may lie from the curve that it stands for
_DECIMALS: Final = 5


def components_of(source: Source, value: Value, depth: int = 0) -> int:
    """How many numbers make a colour of this space; 0 where that cannot be told."""
    found = source.get(value)
    if isinstance(found, str):
        return DEVICES.get(_SHORT.get(found, found), 0)
    if not isinstance(found, list) or not found or depth > _MAX_NESTED:
        return 0
    family = source.name(found[0])
    family = _SHORT.get(family, family)
    if family in DEVICES or family in _CALIBRATED:
        return DEVICES.get(family) or _CALIBRATED[family]
    if family == "/ICCBased" and len(found) > 1:
        count = source.get(source.dictionary(found[1]).get("/N"))
        return count if count in (1, 3, 4) else 0  # type: ignore[return-value]
    if family == "/DeviceN" and len(found) > 1:
        return len(source.array(found[1]))
    return 1 if family in ("/Indexed", "/Separation") else 0


def colour_space(copier: "Copier", value: Value) -> Any:
    """A colour space as it may stand in the copy, or OMIT. One that is an object of its own stays one."""
    if isinstance(value, Ref):
        if value not in copier.colours:
            copier.colours[value] = OMIT  # until it is known: one that leads to itself has no meaning
            found = _space(copier, value, 0)
            copier.colours[value] = copier.slot(found) if isinstance(found, list) else found
        return copier.colours[value]
    return _space(copier, value, 0)


def _space(copier: "Copier", value: Value, depth: int) -> Any:
    source = copier.source
    found = source.get(value)
    if isinstance(found, list) and len(found) == 1:
        found = source.get(found[0])
    if isinstance(found, str):
        return found if found in DEVICES or found == "/Pattern" else OMIT
    if not isinstance(found, list) or len(found) < 2 or depth > _MAX_NESTED:
        return OMIT
    match source.name(found[0]):
        case "/ICCBased":
            return _profile(copier, found[1], depth)
        case "/Indexed" | "/I":
            return _indexed(copier, found, depth)
        case "/Separation" | "/DeviceN" as family:
            return _colorants(copier, family, found, depth)
        case "/Pattern":
            under = _space(copier, found[1], depth + 1)
            return "/Pattern" if under is OMIT else ["/Pattern", under]
        case "/CalGray" | "/CalRGB" | "/Lab" as family:
            entries = source.dictionary(found[1])
            numbers = {}
            for key in _CALIBRATION:
                number = source.get(entries.get(key))
                kind = Kind.NUMBERS if isinstance(number, list) else Kind.NUMBER
                if number is not None and (safe := PLAIN[kind](number, source)) is not OMIT:
                    numbers[key] = safe
            return [family, numbers] if "/WhitePoint" in numbers else _BY_COUNT[_CALIBRATED[family]]
    return OMIT


def _indexed(copier: "Copier", found: list[Any], depth: int) -> Any:
    if len(found) < 4:
        return OMIT
    source = copier.source
    base = _space(copier, found[1], depth + 1)
    highest, lookup = source.get(found[2]), source.get(found[3])
    if isinstance(lookup, Stream):
        lookup = source.decoded(lookup)[0]
    count = components_of(source, found[1])
    if base is OMIT or base == "/Pattern" or type(highest) is not int or not isinstance(lookup, bytes) or not count:
        return OMIT
    highest = min(max(highest, 0), 255)
    size = (highest + 1) * count
    return ["/Indexed", base, highest, lookup[:size].ljust(size, b"\0")]


def _colorants(copier: "Copier", family: str, found: list[Any], depth: int) -> Any:
    if len(found) < 4:
        return OMIT
    source = copier.source
    names: Any = source.get(found[1])
    if family == "/DeviceN":
        names = [source.name(name) for name in names] if isinstance(names, list) else OMIT
        if names is OMIT or not all(names) or len(names) > _MAX_COLORANTS:
            return OMIT
    elif not isinstance(names, str):
        return OMIT
    alternate = _space(copier, found[2], depth + 1)
    tint = copier.value(found[3], Kind.FUNCTION)
    if alternate is OMIT or tint is OMIT:
        return OMIT
    if len(found) > 4:
        copier.found(PDF_49, "colour space", "attributes of inks", Action.REMOVE)
    return [family, names, alternate, tint]


def _profile(copier: "Copier", value: Value, depth: int) -> Any:
    source = copier.source
    stream = source.get(value)
    if not isinstance(stream, Stream):
        return OMIT
    count = source.get(stream.entries.get("/N"))
    alternate = source.get(stream.entries.get("/Alternate"))
    if isinstance(alternate, list) and source.name(alternate[0] if alternate else None) == "/Lab":
        return _space(copier, alternate, depth + 1)
    if type(count) is not int or count not in _PROFILES:
        return OMIT
    space, what = _meaning(source, stream, count)
    copier.found(PDF_80, "colour space", what, Action.REWRITE)
    return space


def _meaning(source: Source, stream: Stream, count: int) -> tuple[Safe, str]:
    """The device's space, or a calibrated one where that looks different; and what the profile was, in words."""
    try:
        data = source.decoded(stream)[0]
        if count == 3 and data[_SPACE_AT : _SPACE_AT + 4] == b"Lab ":
            return ["/Lab", {"/WhitePoint": list(_D50), "/Range": [-128, 127, -128, 127]}], "Lab"
        ruling = colour.rule(data, _PROFILES[count])
        if ruling.fate in (Fate.REPLACE, Fate.OURS, Fate.CONVERT) and (space := _calibrated(icc.parse(data))):
            return space, ruling.detail
    except PurseError:
        raise
    except InputError:
        return _BY_COUNT[count], "a broken profile"
    return _BY_COUNT[count], ruling.detail


def _calibrated(profile: icc.Profile) -> list[Safe] | None:
    """A profile of a matrix and powers as /CalRGB or /CalGray; None for any other. Raises MalformedError."""
    if profile.has_tables or profile.device is Device.CMYK:
        return None
    gammas = [_power(curve) for curve in profile.curves()]
    if None in gammas:
        return None
    white: Safe = list(_D50)
    if profile.device is Device.GRAY:
        return ["/CalGray", {"/WhitePoint": white, "/Gamma": gammas[0]}]
    matrix = [round(number, _DECIMALS) for colorant in profile.colorants() for number in colorant]
    return ["/CalRGB", {"/WhitePoint": white, "/Gamma": list(gammas), "/Matrix": matrix}]


def _power(curve: icc.Curve) -> float | None:
    light = curve(0.5)
    if not 0 < light < 1:
        return None
    gamma = round(log(light) / log(0.5), _DECIMALS)
    return gamma if all(abs(curve(x) - x**gamma) <= _SAME_LIGHT for x in _STEPS) else None


def profile_to_apply(copier: "Copier", value: Value) -> bytes | None:
    """The profile that the samples of a picture in this space have to be shown by, so that sRGB looks the same."""
    source = copier.source
    found = source.get(value)
    if not isinstance(found, list) or len(found) < 2 or source.name(found[0]) != "/ICCBased":
        return None
    stream = source.get(found[1])
    count = source.get(stream.entries.get("/N")) if isinstance(stream, Stream) else None
    if not isinstance(stream, Stream) or type(count) is not int or count not in (1, 3):
        return None
    made: bytes | None = copier.once((stream.ref, "profile"), lambda: _to_apply(source, stream, _PROFILES[count]))
    return made


def _to_apply(source: Source, stream: Stream, device: Device) -> bytes | None:
    try:
        return colour.rule(source.decoded(stream)[0], device).source
    except PurseError:
        raise
    except InputError:
        return None

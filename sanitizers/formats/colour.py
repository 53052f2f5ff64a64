"""What becomes of a colour profile (IMG-07): dropped, replaced by one of ours, or applied to the pixels.

sRGB needs no profile. Display P3 and Adobe RGB, which phones and cameras use, keep their colours under a profile of the
same meaning written here, a few hundred bytes with nothing of the file in them. From every other space the pixels are
converted to sRGB, so that the picture looks the same. A profile that no colour library reads is dropped, as viewers do.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from PIL import Image, ImageCms

from sanitizers.errors import MalformedError
from sanitizers.parsers import icc
from sanitizers.parsers.icc import Curve, Device, Triple

MAX_PROFILE_BYTES: Final = 16 << 20  # as much as a JPEG's APP2 segments hold
_SAME_COLORANT: Final = 0.003  # of XYZ: profiles of one space differ by rounding and by the adaptation they chose
_SAME_TONE: Final = 0.012  # of a code value, 3 steps of 255
_SAME_GRAY: Final = 0.012  # beyond it, dark grays differ visibly: gamma 2.2 is converted
_STEPS: Final = 33


class Fate(Enum):
    """What is to be done with a profile."""

    OURS = "ours"  # already byte for byte what we would write
    DROP = "dropped"
    REPLACE = "replaced"
    CONVERT = "converted to sRGB"


@dataclass(frozen=True, slots=True)
class Ruling:
    """A profile's fate. `profile`: ours, to be written. `source`: to be converted from."""

    fate: Fate
    detail: str
    profile: bytes | None = field(default=None, repr=False)
    source: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Space:
    """An RGB space: its name, its colorants under D50, and from code values to light and back."""

    name: str
    colorants: tuple[Triple, Triple, Triple]
    to_light: Curve
    to_code: Curve
    curve_tag: bytes


def _s15(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _srgb_to_light(x: float) -> float:
    return ((x + 0.055) / 1.055) ** 2.4 if x >= 0.04045 else x / 12.92


def _srgb_to_code(y: float) -> float:
    return 1.055 * y ** (1 / 2.4) - 0.055 if y >= 0.0031308 else y * 12.92


_SRGB_CURVE: Final = b"para\0\0\0\0\0\3\0\0" + _s15(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_ADOBE_GAMMA: Final = 563 / 256
_SRGB: Final = _Space(
    "sRGB",
    ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)),
    _srgb_to_light,
    _srgb_to_code,
    _SRGB_CURVE,
)
_DISPLAY_P3: Final = _Space(
    "Display P3",
    ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    _srgb_to_light,
    _srgb_to_code,
    _SRGB_CURVE,
)
_ADOBE_RGB: Final = _Space(
    "Adobe RGB (1998)",
    ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    lambda x: x**_ADOBE_GAMMA,
    lambda y: y ** (1 / _ADOBE_GAMMA),
    b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", 563),
)
_BT_2020: Final = _Space(
    "BT.2020",
    ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685)),
    _srgb_to_light,
    _srgb_to_code,
    _SRGB_CURVE,
)
_LEAST_WHITE, _MOST_WHITE = 0.25, 2.0  # in each of X, Y, Z; of the papers and lights there are, far on either side
_D50: Final = (0.9642, 1.0, 0.8249)
_D65_TO_D50: Final = (1.04788, 0.02292, -0.05022, 0.02959, 0.99048, -0.01707, -0.00925, 0.01508, 0.75168)


def _text(words: str) -> bytes:
    """A multiLocalizedUnicodeType tag (10.15) of one language."""
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(words) * 2, 28) + words.encode("utf-16-be")


def _write(space: _Space) -> bytes:
    """A version 4 display profile of this space: the same bytes on every machine and day."""
    tags = [
        (b"desc", _text(space.name)),
        (b"cprt", _text("CC0")),
        (b"wtpt", b"XYZ \0\0\0\0" + _s15(*_D50)),
        (b"chad", b"sf32\0\0\0\0" + _s15(*_D65_TO_D50)),
        *zip((b"rXYZ", b"gXYZ", b"bXYZ"), (b"XYZ \0\0\0\0" + _s15(*colorant) for colorant in space.colorants)),
        *((name, space.curve_tag) for name in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    offset = 132 + 12 * len(tags)
    placed: dict[bytes, int] = {}  # equal bodies stand once
    body = b""
    entries = b""
    for name, tag in tags:
        if tag not in placed:
            placed[tag] = offset + len(body)
            body += tag + bytes(-len(tag) % 4)
        entries += struct.pack(">4sII", name, placed[tag], len(tag))
    head = struct.pack(">I4sI4s4s4s", offset + len(body), bytes(4), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _s15(*_D50) + bytes(48)
    return head + struct.pack(">I", len(tags)) + entries + body


PROFILES: Final = MappingProxyType({space.name: _write(space) for space in (_DISPLAY_P3, _ADOBE_RGB)})
BT_2020: Final = _write(_BT_2020)  # to be converted from; written into no picture
_NAMES: Final = {profile: name for name, profile in PROFILES.items()}


def rule(untrusted: bytes, device: Device) -> Ruling:
    """What becomes of this profile on pixels of these colours. Never raises."""
    if untrusted in _NAMES and device is Device.RGB:
        return Ruling(Fate.OURS, _NAMES[untrusted], profile=untrusted, source=untrusted)
    try:
        profile = icc.parse(untrusted)
        if profile.device is not device:
            return Ruling(Fate.DROP, f"a profile for {profile.device.name}")
        space = _space_of(profile)
    except MalformedError:
        return Ruling(Fate.DROP, "a broken profile")
    if space is _SRGB:
        return Ruling(Fate.DROP, "sRGB" if device is Device.RGB else "gray as in sRGB")
    source = profile.working_copy()
    if space is not None:
        return Ruling(Fate.REPLACE, space.name, profile=PROFILES[space.name], source=source)
    return Ruling(Fate.CONVERT, f"another {device.name} space", source=source)


def to_srgb(image: Image.Image, source: bytes) -> Image.Image | None:
    """The picture as it looks under this profile: RGB, or L when it was gray. None when the profile cannot be used."""
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(source))
        # relative: the perceptual intent would move a weak paper black to the black of the screen
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        shown = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), intent, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    if shown is None:
        return None
    shown.info.clear()
    return shown.convert("L") if image.mode == "L" else shown


def warm() -> None:
    """Convert one pixel, so that the colour library is loaded."""
    shown = to_srgb(Image.new("RGB", (1, 1)), next(iter(PROFILES.values())))
    assert shown is not None


def _space_of(profile: icc.Profile) -> _Space | None:
    """The known space that a profile describes, None when it is another one. Raises MalformedError."""
    if profile.has_tables or profile.device is Device.CMYK:
        return None
    curves = profile.curves()
    if profile.device is Device.GRAY:
        return _SRGB if _are_alike(curves, _SRGB, _SAME_GRAY) else None
    colorants = profile.colorants()
    white = [sum(column) for column in zip(*colorants)]
    if not all(_LEAST_WHITE <= value <= _MOST_WHITE for value in white):
        raise MalformedError("colorants that make no white")
    for space in (_SRGB, _DISPLAY_P3, _ADOBE_RGB):
        near = max(abs(a - b) for mine, theirs in zip(colorants, space.colorants) for a, b in zip(mine, theirs))
        if near <= _SAME_COLORANT and _are_alike(curves, space, _SAME_TONE):
            return space
    return None


def _are_alike(curves: tuple[Curve, ...], space: _Space, tolerance: float) -> bool:
    places = [step / (_STEPS - 1) for step in range(_STEPS)]
    return all(abs(space.to_code(_light(curve, x)) - x) <= tolerance for curve in curves for x in places)


def _light(curve: Callable[[float], float], x: float) -> float:
    try:
        return min(max(curve(x), 0.0), 1.0)
    except (OverflowError, ZeroDivisionError):
        return 0.0

"""A photo's copy looks like the photo: colours by LittleCMS on both sides, their difference by CIEDE2000.

Both files are shown to LittleCMS with the profiles that they carry, into CIELAB. JPEG's own noise is no colour error,
so both sides are then averaged over squares of 4 x 4: noise of both signs goes, a wrong colour stays. PNG has no such
noise and shows what the profiles alone do; it is measured in the same way.

Source: ISO/CIE 11664-6:2022; G. Sharma, W. Wu, E. N. Dalal, The CIEDE2000 color-difference formula, Color Research and
Application 30 (2005), whose table of test data stands below.
"""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from sanitizers.formats.colour import PROFILES
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.png import PNG
from tests.sanitizers.pictures import corpus, rebuild
from tests.sanitizers.test_colour import gamma, gray, with_tag

Floats = npt.NDArray[np.float64]
LIMIT: Final = 1.0
SQUARE: Final = 4
SAMPLES: Final = Path(__file__).parents[2] / "gateway" / "demo" / "samples"
PHOTOS: Final = (*sorted(SAMPLES.glob("photo-*.jpg")), *corpus("jpeg", "good"))
SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB: Final = ImageCms.createProfile("LAB")
# Solid inks on white paper, about as an offset press prints them, in L*a*b* relative to it; K is the fastest bit.
INKS: Final = (
    *((100, 0, 0), (16, 0, 0), (94, -6, 95), (15, 0, 5), (50, 76, -1), (12, 6, 0), (49, 70, 50), (11, 5, 4)),
    *((57, -37, -46), (13, -4, -6), (52, -67, 28), (12, -8, 3), (26, 20, -46), (8, 2, -6), (24, 1, 1), (3, 0, 0)),
)


# CIEDE2000


def difference(one: Floats, other: Floats) -> Floats:
    """CIEDE2000 of two arrays of colours, (..., 3) in L*, a*, b*."""
    middle = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    stretch = 1.5 - 0.5 * np.sqrt(middle**7 / (middle**7 + 25.0**7))
    (l1, c1, h1), (l2, c2, h2) = _cylindric(one, stretch), _cylindric(other, stretch)
    are_hued = c1 * c2 > 0
    turn = np.where(are_hued, (h2 - h1 + 180) % 360 - 180, 0.0)
    turn = np.where(are_hued & (turn == -180) & (h2 > h1), 180.0, turn)
    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = np.where(are_hued, _middle_hue(h1, h2), h1 + h2)
    lightness_part = (l2 - l1) / (1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2))
    chroma_part = (c2 - c1) / (1 + 0.045 * chroma)
    hue_part = 2 * np.sqrt(c1 * c2) * _sin(turn / 2) / (1 + 0.015 * chroma * _hue_weight(hue))
    squares = lightness_part**2 + chroma_part**2 + hue_part**2 + _blue(chroma, hue) * chroma_part * hue_part
    return np.sqrt(squares)


def _cylindric(colours: Floats, stretch: Floats) -> tuple[Floats, Floats, Floats]:
    """Lightness, chroma and hue in degrees, a* stretched."""
    a, b = colours[..., 1] * stretch, colours[..., 2]
    return colours[..., 0], np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def _middle_hue(h1: Floats, h2: Floats) -> Floats:
    middle = (h1 + h2) / 2
    is_around = np.abs(h1 - h2) > 180
    return np.where(is_around, np.where(h1 + h2 < 360, middle + 180, middle - 180), middle)


def _hue_weight(hue: Floats) -> Floats:
    waves = ((-0.17, 1, 30), (0.24, 2, 0), (0.32, 3, -6), (-0.20, 4, 63))
    parts = [height * np.cos(np.radians(times * hue - at)) for height, times, at in waves]
    return np.asarray(1 + np.sum(parts, axis=0), np.float64)


def _blue(chroma: Floats, hue: Floats) -> Floats:
    """The rotation term, which acts among blues."""
    weight = 2 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    return np.asarray(-_sin(60 * np.exp(-(((hue - 275) / 25) ** 2))) * weight, np.float64)


def _sin(degrees: Floats) -> Floats:
    return np.asarray(np.sin(np.radians(degrees)), np.float64)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
        ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
        ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
        ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
        ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0011), 7.2195),
        ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
        ((50.0000, -0.0010, 2.4900), (50.0000, 0.0011, -2.4900), 4.7461),
        ((50.0000, 2.5000, 0.0000), (50.0000, 0.0000, -2.5000), 4.3065),
        ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
        ((50.0000, 2.5000, 0.0000), (61.0000, -5.0000, 29.0000), 22.8977),
        ((50.0000, 2.5000, 0.0000), (56.0000, -27.0000, -3.0000), 31.9030),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((90.9257, -0.5406, -0.9208), (88.6381, -0.8985, -0.7239), 1.5381),
        ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_that_of_the_published_pairs(one, other, told):
    assert difference(np.array(one), np.array(other)) == pytest.approx(told, abs=5e-5)
    assert difference(np.array(other), np.array(one)) == pytest.approx(told, abs=5e-5)


# Photos under profiles


def press(darkest: float = 0.0) -> bytes:
    """A small CMYK profile: 16 solid colours, and dots that grow in print. `darkest`: L* of the deepest black."""
    growth = [round(65535 * (step / 16) ** 0.8) for step in range(17)]
    corners = [
        number
        for lightness, a, b in INKS
        for number in (
            round((darkest + lightness * (1 - darkest / 100)) * 652.8),
            round((a + 128) * 256),
            round((b + 128) * 256),
        )
    ]
    unit = struct.pack(">9i", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    body = b"mft2\0\0\0\0\4\3\2\0" + unit + struct.pack(">2H", len(growth), 2)
    body += struct.pack(f">{4 * len(growth)}H", *growth * 4) + struct.pack(f">{len(corners)}H", *corners)
    body += struct.pack(">6H", 0, 65535, 0, 65535, 0, 65535)
    white = struct.pack(">3i", 63190, 65536, 54061)
    head = bytes(4) + b"\0\0\0\0\2\x40\0\0prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28) + white + bytes(48)
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"A2B0", 176, len(body))
    profile = head + tags + b"XYZ \0\0\0\0" + white + body
    return struct.pack(">I", len(profile)) + profile[4:]


def wide() -> bytes:
    """An RGB space that the product has no profile for: green further out than in Adobe RGB, tones of 1.8."""
    green = b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * number) for number in (0.17, 0.68, 0.02)))
    profile = with_tag(PROFILES["Adobe RGB (1998)"], b"gXYZ", green)
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        profile = with_tag(profile, name, gamma(1.8))
    return profile


def as_it_is(photo: Image.Image) -> Image.Image:
    """The photo's numbers stay: its colours become those of the profile, the strongest beyond sRGB."""
    return photo


def converted(profile: bytes, mode: str = "RGB") -> Callable[[Image.Image], Image.Image]:
    """The photo's colours as they are, so that sRGB holds all of them: its numbers become those of the profile."""

    def convert(photo: Image.Image) -> Image.Image:
        shown = ImageCms.profileToProfile(photo, opened(SRGB), opened(profile), outputMode=mode)
        assert shown is not None
        return shown

    return convert


def opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def separated(photo: Image.Image) -> Image.Image:
    """Into inks, the gray part of each colour as black."""
    light = np.asarray(photo, dtype=np.float64) / 255
    white = light.max(axis=2, keepdims=True)
    inks = np.concatenate((1 - light / np.maximum(white, 1 / 255), 1 - white), axis=2)
    return Image.frombytes("CMYK", photo.size, np.rint(inks * 255).astype(np.uint8).tobytes())


def grayed(photo: Image.Image) -> Image.Image:
    return photo.convert("L")


P3, ADOBE = PROFILES["Display P3"], PROFILES["Adobe RGB (1998)"]
P3_OF_A_PHONE: Final = with_tag(P3, b"cprt", b"text\0\0\0\0Copyright of a maker\0")


@dataclass(frozen=True)
class Kind:
    """How a photo is made: its profile, and its pixels from those of a real photo."""

    name: str
    profile: bytes | None
    pixels: Callable[[Image.Image], Image.Image]


KINDS: Final = (
    Kind("no profile", None, as_it_is),
    Kind("sRGB", SRGB, as_it_is),
    Kind("Display P3", P3_OF_A_PHONE, as_it_is),
    Kind("Adobe RGB", with_tag(ADOBE, b"cprt", b"text\0\0\0\0A camera\0"), as_it_is),
    Kind("another RGB space", wide(), converted(wide())),
    Kind("gray without a profile", None, grayed),
    Kind("gray, gamma 2.2", gray(gamma(2.2)), grayed),
    Kind("gray, gamma 1.8", gray(gamma(1.8)), grayed),
    Kind("CMYK", press(), separated),
    Kind("CMYK, newsprint", press(20), separated),
    Kind("gray, gamma 2.0", gray(gamma(2.0)), grayed),
)


def cases(*, in_inks: bool) -> list[Any]:
    """Every photo under every profile."""
    pairs = [(photo, kind) for photo in PHOTOS for kind in KINDS if in_inks or kind.pixels is not separated]
    return [pytest.param(photo, kind, id=f"{photo.stem}, {kind.name}") for photo, kind in pairs]


def made(photo: Path, kind: Kind, file_type: str = "JPEG") -> bytes:
    """The photo as a file of this kind. One without a profile in JPEG is the real file itself."""
    if kind is KINDS[0] and file_type == "JPEG":
        return photo.read_bytes()
    out, options = io.BytesIO(), {"icc_profile": kind.profile} if kind.profile else {}
    with Image.open(photo) as image:
        pixels = kind.pixels(image.convert("RGB"))
    pixels.info.clear()
    pixels.save(out, file_type, **({"quality": 90} if file_type == "JPEG" else {}), **options)
    return out.getvalue()


# Before and after


def lab(data: bytes) -> Floats:
    """What a viewer that manages colours shows of this file, averaged over squares."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
    profile = image.info.get("icc_profile")
    bare = image if profile else image.convert("RGB")
    shown = ImageCms.profileToProfile(bare, opened(profile or SRGB), LAB, outputMode="LAB")
    assert shown is not None
    whole = np.frombuffer(shown.tobytes(), np.uint8).reshape(shown.height, shown.width, 3)
    lightness = whole[..., :1] * (100 / 255)
    return averaged(np.concatenate((lightness, whole[..., 1:].view(np.int8).astype(np.float64)), axis=2))


def averaged(colours: Floats) -> Floats:
    height, width = (side // SQUARE * SQUARE for side in colours.shape[:2])
    squares = colours[:height, :width].reshape(height // SQUARE, SQUARE, width // SQUARE, SQUARE, 3)
    return np.asarray(squares.mean(axis=(1, 3)), np.float64)


def apart(before: bytes, after: bytes) -> float:
    return float(difference(lab(before), lab(after)).mean())


def test_there_are_enough_photos():
    assert len(PHOTOS) * len(KINDS) >= 20


def test_white_is_white_and_red_is_red():
    out = io.BytesIO()
    picture = Image.new("RGB", (2 * SQUARE, SQUARE), "white")
    picture.paste("red", (SQUARE, 0, 2 * SQUARE, SQUARE))
    picture.save(out, "PNG")

    assert lab(out.getvalue())[0] == pytest.approx(np.array([[100, 0, 0], [54.3, 80.8, 69.9]]), abs=0.6)


@pytest.mark.parametrize(("photo", "kind"), cases(in_inks=True))
def test_a_copy_in_jpeg_looks_like_the_photo(photo, kind):
    untrusted = made(photo, kind)

    assert apart(untrusted, rebuild(JPEG, untrusted).data) <= LIMIT


@pytest.mark.parametrize(("photo", "kind"), cases(in_inks=False))
def test_a_copy_in_png_looks_like_the_photo(photo, kind):
    untrusted = made(photo, kind, "PNG")

    assert apart(untrusted, rebuild(PNG, untrusted).data) <= LIMIT


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in ("Display P3", "Adobe RGB", "CMYK")])
def test_a_lost_profile_would_be_seen(kind):
    """The measure can fail: the same pixels without their profile are further apart than the limit."""
    bare = Kind(kind.name, None, kind.pixels)

    assert all(apart(made(photo, kind, "TIFF"), made(photo, bare, "TIFF")) > LIMIT for photo in PHOTOS)

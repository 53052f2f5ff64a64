"""Colour profiles: which are dropped, which are replaced, and that pixels keep their look."""

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sanitizers.errors import MalformedError
from sanitizers.formats.colour import PROFILES, Fate, rule, to_srgb
from sanitizers.parsers import icc
from sanitizers.parsers.icc import Device

P3 = PROFILES["Display P3"]
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def with_tag(profile: bytes, name: bytes, body: bytes) -> bytes:
    """The profile with one tag's body replaced by another, which stands at its end."""
    at = profile.index(name, 128)
    moved = profile[: at + 4] + struct.pack(">II", len(profile), len(body)) + profile[at + 12 :] + body
    return struct.pack(">I", len(moved)) + moved[4:]


def gray(curve: bytes) -> bytes:
    head = bytes(4) + b"\0\0\0\0\4\x30\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28) + P3[68:80] + bytes(48)
    white = b"XYZ \0\0\0\0" + P3[68:80]
    tags = struct.pack(">I4sII4sII", 2, b"wtpt", 156, 20, b"kTRC", 176, len(curve))
    profile = head + tags + white + curve
    return struct.pack(">I", len(profile)) + profile[4:]


def gamma(value: float) -> bytes:
    return b"curv\0\0\0\0\0\0\0\1" + struct.pack(">H", round(value * 256)) + b"\0\0"


def test_srgb_is_dropped():
    assert rule(SRGB, Device.RGB).fate is Fate.DROP


@pytest.mark.parametrize("name", PROFILES)
def test_our_profiles_are_known_again_in_any_wrapping(name):
    profile = PROFILES[name]

    assert rule(profile, Device.RGB).fate is Fate.OURS
    ruling = rule(icc.parse(profile).working_copy(), Device.RGB)
    assert (ruling.fate, ruling.profile) == (Fate.REPLACE, profile)


@pytest.mark.parametrize("name", PROFILES)
def test_our_profiles_are_small_and_say_their_name(name):
    assert len(PROFILES[name]) < 512
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(PROFILES[name]))).strip() == name


def test_another_primary_or_another_tone_is_another_space():
    red = b"XYZ \0\0\0\0" + struct.pack(">3i", 40000, 20000, 100)

    assert rule(with_tag(P3, b"rXYZ", red), Device.RGB).fate is Fate.CONVERT
    assert rule(with_tag(P3, b"gTRC", gamma(1.8)), Device.RGB).fate is Fate.CONVERT


@pytest.mark.parametrize(
    ("value", "fate"), [(2.2, Fate.CONVERT), (2.0, Fate.CONVERT), (1.8, Fate.CONVERT), (1.0, Fate.CONVERT)]
)
def test_gray_unlike_that_of_srgb_is_converted(value, fate):
    assert rule(gray(gamma(value)), Device.GRAY).fate is fate


def test_linear_gray_is_shown_lighter():
    shown = to_srgb(Image.new("L", (1, 1), 64), rule(gray(gamma(1.0)), Device.GRAY).source or b"")

    assert shown is not None and shown.mode == "L"
    assert shown.getpixel((0, 0)) == pytest.approx(137, abs=2)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        P3[:100],
        P3.replace(b"acsp", b"acsq"),
        struct.pack(">I", len(P3) + 1) + P3[4:],
        P3[:128] + b"\xff\xff\xff\xff" + P3[132:],
        P3.replace(b"mntr", b"link"),
        P3.replace(b"XYZ \x07\xea", b"HSV \x07\xea"),
        with_tag(P3, b"rXYZ", b"text\0\0\0\0red"),
        with_tag(P3, b"gXYZ", b"XYZ \0\0\0\0" + struct.pack(">3i", -0x80000000, 0, 0)),
        with_tag(P3, b"rTRC", b"curv\0\0\0\0\0\0\xff\xff"),
        with_tag(P3, b"rTRC", b"para\0\0\0\0\0\x09\0\0"),
    ],
)
def test_a_broken_profile_is_dropped(broken):
    assert rule(broken, Device.RGB).fate is Fate.DROP


def test_a_profile_of_other_colours_is_dropped():
    assert rule(P3, Device.GRAY).fate is Fate.DROP
    assert rule(P3, Device.CMYK).fate is Fate.DROP


def test_the_working_copy_works_alike_and_says_nothing_else():
    named = icc.parse(P3)
    image = Image.linear_gradient("L").convert("RGB")

    assert b"Display" not in named.working_copy() and b"desc" not in named.working_copy()
    assert to_srgb(image, named.working_copy()) == to_srgb(image, P3)


def test_a_profile_that_no_library_reads_converts_nothing():
    assert to_srgb(Image.new("RGB", (1, 1)), b"no profile") is None


@given(st.data())
def test_any_damage_to_a_profile_ends_in_a_ruling(draw):
    profile = bytearray(P3)
    for _ in range(draw.draw(st.integers(1, 8))):
        profile[draw.draw(st.integers(0, len(profile) - 1))] = draw.draw(st.integers(0, 255))

    assert rule(bytes(profile), Device.RGB).fate in Fate


@given(st.binary(max_size=300))
def test_any_bytes_are_a_profile_or_refused(data):
    try:
        icc.parse(data)
    except MalformedError:
        return
    assert data[36:40] == b"acsp"

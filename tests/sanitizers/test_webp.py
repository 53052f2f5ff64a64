"""WebP: pictures without loss stay pixel for pixel, those with loss become JPEG, and nothing stands beside them."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image, ImageChops, ImageStat

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.budget import Budget
from sanitizers.errors import InputError, LimitError, MalformedError, PurseError
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.webp import WEBP
from sanitizers.model import Order, Verdict
from sanitizers.parsers.exif import write_orientation
from sanitizers.parsers.vp8 import read_vp8
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Job
from tests.sanitizers.pictures import LENIENT, LOSSLESS, Rebuilt, corpus, limited, ordering, rebuild, scene
from tests.sanitizers.rasters import (
    damaged,
    moving_webp,
    pictures_of,
    rebuilt_twice,
    riff_chunk,
    times_of,
    vp8x,
    webp,
    webp_chunks,
    webp_frame,
    webp_of,
)

FOREIGN_PROFILE = PROFILES["Display P3"].replace(struct.pack(">i", round(0.2412 * 65536)), struct.pack(">i", 9000))
PICTURE = webp_of(scene(), lossless=True)
((_, BODY),) = webp_chunks(PICTURE)
WIDTH, HEIGHT = scene().size


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    return rebuilt_twice(WEBP, untrusted, policy)


def cleaned_to_jpeg(untrusted: bytes) -> Rebuilt:
    """A copy of another type; a second pass of that type leaves it as it is."""
    job = Job(LENIENT, Budget(LENIENT.limits))
    data = WEBP.reconstruct(WEBP.disarm(WEBP.parse(untrusted, job.budget), job))
    assert job.copy_type == "image/jpeg"
    again = rebuild(JPEG, data)
    assert again.data == data
    assert again.findings == ()
    return Rebuilt(data, job.told())


def extended(*chunks: bytes, flags: int = 0, behind: bytes = b"") -> bytes:
    return webp(vp8x(flags, WIDTH, HEIGHT), *chunks, behind=behind)


def see_through() -> Image.Image:
    picture = scene("RGBA")
    picture.putalpha(scene("L"))
    return picture


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


# without loss


@pytest.mark.parametrize("path", corpus("webp", "good"), ids=lambda path: path.name)
def test_real_pictures_without_loss_stay_pixel_for_pixel(path):
    untrusted = path.read_bytes()
    copy = clean(untrusted)

    assert copy.vectors in ([], ["IMG-38"])
    assert pictures_of(copy.data) == pictures_of(untrusted)


@pytest.mark.parametrize("picture", [scene(), see_through()], ids=["opaque", "with alpha"])
def test_a_picture_that_says_nothing_else_is_one_chunk(picture):
    copy = clean(webp_of(picture, lossless=True, exact=True))

    assert [name for name, _ in webp_chunks(copy.data)] == [b"VP8L"]
    assert copy.image.convert("RGBA").tobytes() == picture.convert("RGBA").tobytes()


def test_a_canvas_around_a_picture_that_needs_none_is_dropped():
    assert clean(extended(riff_chunk(b"VP8L", BODY))).data == clean(PICTURE).data


def test_colours_under_zero_alpha_are_cleared():
    """A picture can stand where nothing is shown (IMG-38)."""
    hidden = Image.merge("RGBA", (*scene().split(), Image.new("L", scene().size)))
    copy = clean(webp_of(hidden, lossless=True, exact=True))

    assert copy.vectors == ["IMG-38"]
    assert copy.image.convert("RGBA").getbbox(alpha_only=False) is None


def test_colours_under_zero_alpha_stay_where_the_policy_keeps_them():
    hidden = Image.merge("RGBA", (*scene().split(), Image.new("L", scene().size)))
    copy = clean(webp_of(hidden, lossless=True, exact=True), ordering(IMG_38=Action.KEEP))

    assert copy.vectors == []
    assert copy.image.convert("RGBA").tobytes() == hidden.tobytes()


# with loss


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_a_still_picture_with_loss_becomes_a_jpeg_that_looks_the_same(quality):
    untrusted = webp_of(scene(size=(160, 120)), quality=quality)
    copy = cleaned_to_jpeg(untrusted)

    assert copy.vectors == ["IMG-21"]
    assert difference(copy.image, Image.open(io.BytesIO(untrusted))) < 4


def test_a_small_picture_with_loss_keeps_its_pixels():
    untrusted = webp_of(scene(), quality=60)
    copy = clean(untrusted)

    assert copy.vectors == ["IMG-21"]
    assert pictures_of(copy.data) == pictures_of(untrusted)


def test_the_lossless_class_keeps_every_pixel_of_a_picture_with_loss():
    untrusted = webp_of(scene(size=(160, 120)), quality=60)
    copy = clean(untrusted, LOSSLESS)

    assert copy.findings == ()
    assert pictures_of(copy.data) == pictures_of(untrusted)


def test_a_picture_with_loss_and_alpha_keeps_its_pixels():
    untrusted = webp_of(see_through(), quality=60)
    copy = clean(untrusted)

    assert [name for name, _ in webp_chunks(copy.data)] == [b"VP8L"]
    assert pictures_of(copy.data) == pictures_of(untrusted)


@pytest.mark.parametrize("path", corpus("webp", "IMG-21"), ids=lambda path: path.name)
def test_real_pictures_with_loss_come_through(path):
    untrusted = path.read_bytes()
    copy = rebuild(WEBP, untrusted)

    assert "IMG-21" in copy.vectors
    assert difference(copy.image, Image.open(io.BytesIO(untrusted))) < 5


@pytest.mark.parametrize("quality", [10, 40, 60, 75, 90])
def test_the_quality_is_read_from_the_quantisers(quality):
    """libwebp spreads its quantisers around the one that the quality asks for."""
    ((_, body),) = webp_chunks(webp_of(scene(size=(160, 120)), quality=quality))

    head = read_vp8(body)

    assert (head.width, head.height) == (160, 120)
    assert head.quality is not None
    assert abs(head.quality - quality) <= 12


# what is said beside


def test_exif_leaves_nothing_but_the_way_up():
    orientation = b"MM\0*\0\0\0\x08\0\2\x01\x12\0\3\0\0\0\1\0\6\0\0\x01\x32\0\2\0\0\0\4now\0\0\0\0\0"
    untrusted = extended(riff_chunk(b"VP8L", BODY), riff_chunk(b"EXIF", b"Exif\0\0" + orientation), flags=8)
    copy = clean(untrusted)

    assert copy.vectors == ["IMG-03"]
    assert webp_chunks(copy.data)[-1] == (b"EXIF", write_orientation(6))
    assert webp_chunks(copy.data)[0] == (b"VP8X", bytes((8, 0, 0, 0, WIDTH - 1, 0, 0, HEIGHT - 1, 0, 0)))


def test_the_way_up_goes_with_a_picture_that_becomes_a_jpeg():
    untrusted = next(path for path in corpus("webp", "IMG-03") if path.name == "hopper_orientation_6.webp").read_bytes()

    assert cleaned_to_jpeg(untrusted).image.getexif()[0x0112] == 6


def test_xmp_goes_and_the_way_up_that_it_names_stays():
    packet = riff_chunk(b"XMP ", b'<x:xmpmeta tiff:Orientation="3" xmp:CreatorTool="me"/>')
    copy = clean(extended(riff_chunk(b"VP8L", BODY), packet))

    assert copy.vectors == ["IMG-05"]
    assert webp_chunks(copy.data)[-1] == (b"EXIF", write_orientation(3))


def test_a_profile_in_use_is_replaced_by_ours():
    profile = bytearray(PROFILES["Display P3"])
    profile[4:8] = b"lcms"  # another maker
    copy = clean(extended(riff_chunk(b"ICCP", bytes(profile)), riff_chunk(b"VP8L", BODY), flags=0x20))

    assert copy.vectors == ["IMG-07"]
    assert (b"ICCP", PROFILES["Display P3"]) in webp_chunks(copy.data)
    assert webp_chunks(copy.data)[0][1][0] == 0x20


@pytest.mark.parametrize("picture", [scene(), see_through()], ids=["opaque", "with alpha"])
def test_colours_of_another_space_are_converted(picture):
    body = webp_chunks(webp_of(picture, lossless=True))[-1][1]
    copy = clean(extended(riff_chunk(b"ICCP", FOREIGN_PROFILE), riff_chunk(b"VP8L", body), flags=0x30))

    assert copy.vectors == ["IMG-07"]
    assert [name for name, _ in webp_chunks(copy.data)] == [b"VP8L"]
    assert difference(copy.image, picture) > 1
    assert copy.image.mode == picture.mode


@pytest.mark.parametrize(
    "chunk",
    [
        riff_chunk(b"JUNK", b"anything"),
        riff_chunk(b"VP8L", BODY),
        riff_chunk(b"VP8 ", b"a second picture"),
        riff_chunk(b"ALPH", b"of nothing"),
        riff_chunk(b"ANMF", b"a frame"),
        riff_chunk(b"VP8X", bytes(10)),
    ],
    ids=lambda chunk: chunk[:4].decode(),
)
def test_chunks_that_nobody_named_are_left_behind(chunk):
    copy = clean(extended(riff_chunk(b"VP8L", BODY), chunk))

    assert copy.vectors == ["IMG-21"]
    assert copy.data == clean(PICTURE).data


def test_bytes_behind_the_end_are_left_behind():
    copy = clean(PICTURE + b"PK\x03\x04 an archive")

    assert copy.vectors == ["IMG-09"]
    assert copy.data == clean(PICTURE).data


# animations


def test_frames_keep_their_places_times_and_ways():
    dot = Image.new("RGBA", (6, 4), (255, 0, 0, 128))
    untrusted = moving_webp(
        webp_frame(scene(), duration=70, lossless=True),
        webp_frame(dot, (10, 8), 1000, 0, lossless=True),
        webp_frame(dot, (2, 2), 20, 3, lossless=True, exact=True),
        webp_frame(scene(), duration=5, flags=2, lossless=True),
        size=scene().size,
    )
    copy = clean(untrusted)

    assert copy.findings == ()
    assert webp_chunks(copy.data)[1] == (b"ANIM", b"\1\2\3\4\3\0")
    assert [body[15] for name, body in webp_chunks(copy.data) if name == b"ANMF"] == [0, 0, 3, 2]
    assert pictures_of(copy.data) == pictures_of(untrusted)
    assert times_of(copy.data) == times_of(untrusted)


def test_frames_with_loss_keep_their_pixels():
    untrusted = moving_webp(
        *[webp_frame(picture, quality=50) for picture in (scene(), see_through())], size=scene().size
    )
    copy = clean(untrusted)

    assert [(finding.vector, finding.count) for finding in copy.findings] == [("IMG-21", 2)]
    assert pictures_of(copy.data) == pictures_of(untrusted)


def test_what_hides_inside_a_frame_is_left_behind():
    frame = webp_frame(scene(), lossless=True)
    stuffed = riff_chunk(b"ANMF", frame[8:] + riff_chunk(b"hide", b"me"))
    copy = clean(moving_webp(stuffed, size=scene().size))

    assert copy.vectors == ["IMG-21"]
    assert copy.data == clean(moving_webp(frame, size=scene().size)).data


def test_an_animation_keeps_its_way_up():
    moving = moving_webp(webp_frame(scene(), lossless=True), size=scene().size, flags=0x1A)
    copy = clean(webp(moving[12:], riff_chunk(b"EXIF", write_orientation(8))))

    assert copy.findings == ()
    assert webp_chunks(copy.data)[-1] == (b"EXIF", write_orientation(8))


# what is refused


@pytest.mark.parametrize("path", corpus("webp", "malformed"), ids=lambda path: path.name)
def test_broken_files_are_refused(path):
    with pytest.raises(MalformedError):
        rebuild(WEBP, path.read_bytes())


@pytest.mark.parametrize(
    "untrusted",
    [
        webp(),
        PICTURE[:-20],
        webp(riff_chunk(b"VP8L", BODY[:30])),
        webp(vp8x(0, WIDTH + 1, HEIGHT), riff_chunk(b"VP8L", BODY)),
        webp(riff_chunk(b"VP8 ", b"\x01\0\0\x9d\x01\x2a\1\0\1\0\0\0")),
        webp(riff_chunk(b"VP8L", b"\x2f\0\0\0\xe0\0\0")),
        moving_webp(webp_frame(scene(), (2, 0), lossless=True), size=scene().size),
        moving_webp(size=(4, 4)),
        webp(riff_chunk(b"VP8L", BODY), b"JUNK\xff\xff\xff\x7f"),
    ],
    ids=["empty", "cut", "cut pixels", "canvas", "no key frame", "version", "outside", "no frames", "long chunk"],
)
def test_files_that_break_the_format_are_refused(untrusted):
    with pytest.raises(MalformedError):
        rebuild(WEBP, untrusted)


@pytest.mark.parametrize(
    "untrusted",
    [
        webp(vp8x(0, 1 << 24, 1 << 24)),
        webp(riff_chunk(b"VP8L", b"\x2f\xff\xff\xff\x0f")),
        webp(riff_chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f\0\0")),
        moving_webp(*[webp_frame(Image.new("RGB", (1, 1)), lossless=True)] * 1_001, size=(1, 1)),
    ],
    ids=["canvas", "VP8L", "VP8", "frames"],
)
def test_bombs_are_refused_before_they_are_decoded(untrusted):
    with pytest.raises(LimitError):
        rebuild(WEBP, untrusted)


def test_the_pixels_of_all_frames_are_paid_for_together():
    frames = [webp_frame(scene(), lossless=True)] * 5

    with pytest.raises(PurseError):
        rebuild(WEBP, moving_webp(*frames, size=scene().size), limited(max_expanded_bytes=WIDTH * HEIGHT * 10))


# through the whole pipeline


def test_a_copy_of_another_type_gets_its_extension():
    admitting = Policy(name="pictures", admit=frozenset({"image/webp"}), rebuild=Rebuild.FULL)
    outcome = sanitize(webp_of(scene(size=(160, 120)), quality=70), Order(name="写真.webp", policy=admitting))

    assert outcome.report.verdict is Verdict.SANITIZED
    assert (outcome.report.name, outcome.report.copy_type) == ("写真.jpg", "image/jpeg")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged([path.read_bytes() for path in corpus("webp") if path.stat().st_size < 4000]))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    policy = Policy(name="small", rebuild=Rebuild.LOSSLESS, limits=limited(max_pixels=1 << 16).limits)
    try:
        rebuild(WEBP, untrusted, policy)
    except InputError:
        return
    rebuilt_twice(WEBP, untrusted, policy)

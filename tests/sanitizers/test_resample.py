"""What hides in pixels comes through by default, and not where the policy orders pictures to be resampled (GEN-29)."""

import io
import random

import pytest
from PIL import Image

from policies.load import load_policy
from policies.model import Policy
from policies.terms import Action
from sanitizers.errors import Reason
from sanitizers.formats.resample import PARTS
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Outcome
from sanitizers.verify.judge import judge
from tests.sanitizers.pictures import jpeg, png_of, scene

RESAMPLING = Policy(
    name="resampling",
    admit=frozenset({"image/png", "image/jpeg", "image/gif", "image/bmp", "image/svg+xml", "image/webp"}),
    actions={"GEN-29": Action.REWRITE},
)
SIZE = (200, 160)
PAYLOAD = random.Random(29).choices((0, 1), k=SIZE[0] * SIZE[1])


def clean(data: bytes, name: str, policy: Policy = RESAMPLING) -> Outcome:
    return sanitize(data, Order(name=name, policy=policy))


def opened(outcome: Outcome) -> Image.Image:
    assert outcome.data is not None, outcome.report
    return Image.open(io.BytesIO(outcome.data))


def with_payload() -> Image.Image:
    """A gray picture whose lowest bits are a message."""
    picture = scene("L", SIZE)
    picture.putdata([value & ~1 | bit for value, bit in zip(picture.tobytes(), PAYLOAD, strict=True)])
    return picture


def wrong_bits(picture: Image.Image) -> float:
    """Share of the message that is not read again: about a half when nothing is left of it."""
    enlarged = picture.convert("L").resize(SIZE, Image.Resampling.LANCZOS)
    read = [value & 1 for value in enlarged.tobytes()]
    return sum(a != b for a, b in zip(read, PAYLOAD, strict=True)) / len(PAYLOAD)


def test_by_default_pixels_are_content():
    """A message in the lowest bits of a PNG is a picture like any other."""
    assert wrong_bits(opened(clean(png_of(with_payload()), "a.png", load_policy("strict")))) == 0


def test_resampling_leaves_nothing_of_a_message_in_the_lowest_bits():
    outcome = clean(png_of(with_payload()), "a.png")
    assert opened(outcome).size == tuple(side * PARTS // 100 for side in SIZE)
    assert 0.45 < wrong_bits(opened(outcome)) < 0.55
    assert [f.vector for f in outcome.report.findings] == ["GEN-29"]


def test_nor_in_a_jpeg_of_our_own_tables():
    """The lossless way that such files take otherwise would keep every coefficient."""
    out = io.BytesIO()
    with_payload().save(out, "JPEG", quality=92)
    survived = wrong_bits(opened(clean(out.getvalue(), "a.jpg")))
    assert 0.45 < survived < 0.55


def test_the_picture_looks_the_same():
    """A mean difference of less than two steps of 255 on a scene with edges."""
    shown = opened(clean(png_of(scene("RGB", SIZE)), "a.png")).resize(SIZE, Image.Resampling.LANCZOS)
    before = scene("RGB", SIZE).tobytes()
    assert sum(abs(a - b) for a, b in zip(before, shown.tobytes(), strict=True)) / len(before) < 2


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_kind_of_png_is_resampled(mode: str):
    outcome = clean(png_of(scene("RGB", SIZE).convert(mode)), "a.png")
    assert opened(outcome).size == (194, 155)
    assert outcome.data is not None
    assert judge(outcome.data, "image/png", RESAMPLING).accepted


def test_colours_that_show_nothing_through_a_palette_stay_that_way():
    picture = scene("RGB", SIZE).convert("P")
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=picture.getpixel((0, 0)))
    shown = opened(clean(out.getvalue(), "a.png"))
    assert (shown.mode, shown.getpixel((0, 0))) == ("RGBA", (0, 0, 0, 0))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_is_resampled(mode: str):
    """A file that is written as ours are is no exception: it could be made to look so."""
    first = clean(jpeg(scene("RGB", SIZE).convert(mode)), "a.jpg", load_policy("default"))
    assert first.data is not None
    outcome = clean(first.data, "a.jpg")
    assert (opened(outcome).size, opened(outcome).mode) == ((194, 155), mode)
    assert outcome.data is not None
    assert judge(outcome.data, "image/jpeg", RESAMPLING).accepted


def test_a_bitmap_is_resampled_as_the_png_that_it_becomes():
    out = io.BytesIO()
    scene("RGB", SIZE).save(out, "BMP")
    assert opened(clean(out.getvalue(), "a.bmp")).size == (194, 155)


def test_other_pictures_of_pixels_are_refused():
    """Rather than let through as they are."""
    out = io.BytesIO()
    scene("P", SIZE).save(out, "GIF")
    outcome = clean(out.getvalue(), "a.gif")
    assert (outcome.data, outcome.report.reason) == (None, Reason.POLICY)


def test_a_picture_that_moves_is_refused():
    out = io.BytesIO()
    scene("RGB").save(out, "PNG", save_all=True, append_images=[scene("RGB").transpose(Image.Transpose.ROTATE_180)])
    assert clean(out.getvalue(), "a.png").report.reason is Reason.POLICY


def test_drawings_have_no_pixels_of_their_own():
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
    assert clean(drawing, "a.svg").data is not None

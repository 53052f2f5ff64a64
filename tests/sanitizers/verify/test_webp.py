"""WebP before the judge: what is accepted, and one small change that is not."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from policies.model import Policy
from sanitizers.model import Check
from sanitizers.verify.judge import judge
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.forge import ORIENTATION, icc
from tests.sanitizers.verify.forge_pictures import ONE_SYMBOL, anmf, moving_webp, riff_chunk, vp8, vp8l, vp8x, webp

POLICY = Policy(name="test")


def opinion(data: bytes):
    return judge(data, "image/webp", POLICY)


def lossless(*bits: tuple[int, int], **header: int) -> bytes:
    return webp(riff_chunk(b"VP8L", vp8l(*bits, **header)))


def lossy(**changed: int | bytes) -> bytes:
    return webp(riff_chunk(b"VP8 ", vp8(**changed)))


NO_TRANSFORM = NO_CACHE = NO_GROUPS = (0, 1)
PLAIN = (NO_TRANSFORM, NO_CACHE, NO_GROUPS)
FIVE_CODES = [ONE_SYMBOL] * 5
STEERED = [NO_CACHE, *FIVE_CODES]  # a picture in the picture, in one colour
TWO_SYMBOLS = (0b00000110_0_0_1_1, 12)  # a simple code of two: 0 in one bit, 6 in eight
EIGHT_BITS_EACH = [(0, 1), (8, 4), *[(0, 3)] * 11, (1, 3), (0, 1)]  # 256 symbols of one length, told in no bits
ALPHA = riff_chunk(b"ALPH", bytes(1 + 12))
PACKED_ALPHA = riff_chunk(b"ALPH", b"\x01" + vp8l()[5:])

TOLD_APART = [(0, 1), (0, 4), (0, 3), (1, 3), (0, 3), (0, 3), (0, 1)]  # a code of lengths with one symbol: 18
GOOD = {
    "lossless": webp(),
    "lossy": lossy(),
    "of odd length": webp(riff_chunk(b"VP8L", vp8l() + b"\0")),
    "in eight partitions": lossy(rest=bytes(40)),
    "extended": webp(vp8x(), riff_chunk(b"VP8L", vp8l())),
    "alpha in VP8L": webp(vp8x(0x10), riff_chunk(b"VP8L", vp8l(alpha=1))),
    "alpha beside VP8": webp(vp8x(0x10), ALPHA, riff_chunk(b"VP8 ", vp8())),
    "packed alpha": webp(vp8x(0x10), PACKED_ALPHA, riff_chunk(b"VP8 ", vp8())),
    "a profile": webp(vp8x(0x20), riff_chunk(b"ICCP", icc()), riff_chunk(b"VP8L", vp8l())),
    "an orientation": webp(vp8x(0x08), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"EXIF", ORIENTATION)),
    "two frames": moving_webp(),
    "a frame with alpha": moving_webp(anmf(ALPHA, riff_chunk(b"VP8 ", vp8())), flags=0x12),
    "frames of their own size": moving_webp(anmf(), anmf(width=2, height=1, x=2, y=2, flags=3)),
    "green subtracted": lossless((1, 1), (2, 2), *PLAIN, *FIVE_CODES, (0, 8)),
    "predicted": lossless((1, 1), (0, 2), (0, 3), *STEERED, *PLAIN, *FIVE_CODES, (0, 8)),
    "colours crossed": lossless((1, 1), (1, 2), (0, 3), *STEERED, *PLAIN, *FIVE_CODES, (0, 8)),
    "two colours by number": lossless((1, 1), (3, 2), (1, 8), *STEERED, *PLAIN, *FIVE_CODES, (0, 8)),
    "a cache of colours": lossless(NO_TRANSFORM, (1, 1), (1, 4), NO_GROUPS, *FIVE_CODES, (0, 8)),
    "one group of codes by a picture": lossless(NO_TRANSFORM, NO_CACHE, (1, 1), (0, 3), *STEERED, *FIVE_CODES, (0, 8)),
    "a code of two": lossless(*PLAIN, TWO_SYMBOLS, *[ONE_SYMBOL] * 4, (0, 12)),
    "a code of 256": lossless(*PLAIN, ONE_SYMBOL, *EIGHT_BITS_EACH, *[ONE_SYMBOL] * 3, (0, 96)),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_webp_as_it_is_rebuilt_is_accepted(name):
    assert opinion(GOOD[name]).accepted, opinion(GOOD[name]).where


@pytest.mark.parametrize("name", [name for name in GOOD if "packed" not in name])
def test_another_reader_sees_a_picture_in_it(name):
    with Image.open(io.BytesIO(GOOD[name])) as picture:
        picture.load()
        assert picture.size == (4, 3)


BAD = {
    "another size in RIFF": (webp(size=8), "size in RIFF"),
    "no chunk": (b"RIFF\4\0\0\0WEBP", "no chunk"),
    "half a chunk header": (webp(riff_chunk(b"VP8L", vp8l()), b"VP8"), "no chunk at"),
    "a chunk beyond the file": (webp(b"VP8L\xff\0\0\0" + vp8l()), "does not fit"),
    "alpha without VP8X": (webp(ALPHA, riff_chunk(b"VP8 ", vp8())), "without VP8X"),
    "an unknown first chunk": (webp(riff_chunk(b"prvt", b"ab")), "no picture"),
    "VP8X twice": (webp(vp8x(), vp8x(), riff_chunk(b"VP8L", vp8l())), "chunk VP8X"),
    "reserved flags": (webp(vp8x(0x40), riff_chunk(b"VP8L", vp8l())), "VP8X"),
    "reserved bytes": (webp(vp8x()[:9] + b"\1" + vp8x()[10:], riff_chunk(b"VP8L", vp8l())), "VP8X"),
    "chunks out of order": (
        webp(vp8x(0x28), riff_chunk(b"VP8L", vp8l()), riff_chunk(b"ICCP", icc()), riff_chunk(b"EXIF", ORIENTATION)),
        "chunk ICCP",
    ),
    "a profile that is not there": (webp(vp8x(0x20), riff_chunk(b"VP8L", vp8l())), "ICCP"),
    "nothing but a header": (webp(vp8x()), "no picture"),
    "alpha beside VP8L": (webp(vp8x(0x10), ALPHA, riff_chunk(b"VP8L", vp8l())), "no picture"),
    "alpha behind VP8": (webp(vp8x(0x10), riff_chunk(b"VP8 ", vp8()), ALPHA), "ALPH"),
    "raw alpha of another size": (
        webp(vp8x(0x10), riff_chunk(b"ALPH", bytes(12)), riff_chunk(b"VP8 ", vp8())),
        "ALPH of another size",
    ),
    "alpha packed in an unknown way": (
        webp(vp8x(0x10), riff_chunk(b"ALPH", b"\2" + bytes(12)), riff_chunk(b"VP8 ", vp8())),
        "ALPH",
    ),
    "no frames": (webp(vp8x(2), riff_chunk(b"ANIM", bytes(6))), "no frame"),
    "ANIM of another length": (webp(vp8x(2), riff_chunk(b"ANIM", bytes(8)), anmf()), "ANIM"),
    "no ANIM": (webp(vp8x(2), anmf()), "ANIM"),
    "a frame without a picture": (moving_webp(riff_chunk(b"ANMF", bytes(16))), "ANMF"),
    "reserved flags of a frame": (moving_webp(anmf(flags=4)), "ANMF"),
    "frames and a still picture": (moving_webp(anmf(), riff_chunk(b"VP8L", vp8l())), "chunk VP8L"),
    "VP8L of another version": (lossless(version=1), "signature"),
    "VP8L without its signature": (lossless(signature=0x2E), "signature"),
    "a transform twice": (lossless((1, 1), (2, 2), (1, 1), (2, 2)), "twice"),
    "VP8L that ends in its codes": (lossless(*PLAIN, ONE_SYMBOL), "not complete"),
    "a cache of no colours": (lossless(NO_TRANSFORM, (1, 1), (0, 4)), "colour cache"),
    "a cache of too many colours": (lossless(NO_TRANSFORM, (1, 1), (12, 4)), "colour cache"),
    "two symbols that are one": (
        lossless(*PLAIN, (0b00000000_0_0_1_1, 12), *[ONE_SYMBOL] * 4, (0, 12)),
        "simple code",
    ),
    "a distance that is none": (
        lossless(*PLAIN, *[ONE_SYMBOL] * 4, (0b11111111_1_0_1, 11), (0, 12)),
        "simple code",
    ),
    "more codes than bits": (
        lossless(*PLAIN, (0, 1), (8, 4), *[(1, 3)] * 12, (0, 99)),
        "not complete",
    ),
    "lengths for more symbols than there are": (
        lossless(*PLAIN, *TOLD_APART, ((1 << 60) - 1, 99)),
        "beyond the symbols",
    ),
    "VP8 without a start code": (webp(riff_chunk(b"VP8 ", vp8().replace(b"\x9d", b"\x9e"))), "start code"),
    "VP8 scaled": (lossy(width=4 | 1 << 14), "scale"),
    "VP8 without width": (lossy(width=0), "size"),
    "VP8 of another version": (lossy(tag=0x18), "key frame"),
    "VP8 without a first partition": (lossy(first=0), "first partition"),
    "VP8 of a megabyte for twelve pixels": (lossy(rest=bytes(1 << 20)), "too long"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_webp_that_differs_in_one_thing_is_refused(name):
    data, reason = BAD[name]

    told = opinion(data)

    assert told.check is Check.IMAGE
    assert re.search(reason, told.where)


def saved(*frames: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, "WEBP", save_all=len(frames) > 1, append_images=frames[1:], **options)
    return buffer.getvalue()


def drawn(mode: str, size: tuple[int, int], noise: int) -> Image.Image:
    picture = Image.effect_noise(size, noise).convert("RGB")
    picture.paste((9, 99, 199), (1, 1, size[0] // 2 + 2, size[1] // 2 + 2))
    if mode == "RGBA":
        picture.putalpha(Image.radial_gradient("L").resize(size))
    return picture.quantize(11) if mode == "P" else picture.convert(mode)


@pytest.mark.parametrize("size", [(1, 1), (17, 5), (300, 200)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("noise", [0, 90])
@pytest.mark.parametrize(
    "options",
    [{}, {"quality": 100}, {"lossless": True}, {"lossless": True, "method": 0}, {"lossless": True, "method": 6}],
    ids=str,
)
def test_what_a_common_encoder_writes_is_accepted(size, mode, noise, options):
    """Every transform and code of an encoder in wide use, down to one pixel."""
    assert opinion(saved(drawn(mode, size, noise), **options)).accepted


@pytest.mark.parametrize("options", [{}, {"lossless": True}, {"allow_mixed": True}, {"minimize_size": True}], ids=str)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_animation_of_a_common_encoder_is_accepted(options, mode):
    frames = [drawn(mode, (90, 60), 20).rotate(angle) for angle in (0, 10, 20)]

    assert opinion(saved(*frames, duration=50, loop=3, **options)).accepted


SMALL = [data for data in GOOD.values() if len(data) < 300] + [
    saved(drawn(mode, (9, 7), 90), lossless=lossless_) for mode in ("RGB", "RGBA") for lossless_ in (True, False)
]


@given(hurt(SMALL) | st.binary(max_size=40).map(lambda data: webp(riff_chunk(b"VP8L", vp8l()[:5] + data))))
@settings(max_examples=600)
def test_an_accepted_webp_has_the_size_that_another_reader_finds(data):
    """Held against Pillow, which the judge does not use."""
    if not opinion(data).accepted:
        return
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    try:
        picture = Image.open(io.BytesIO(data))
    except OSError:
        return  # pixels that are damaged; the header was read all the same
    assert picture.format == "WEBP"
    assert not {"xmp", "exif"} & picture.info.keys() or picture.info["exif"] == ORIENTATION

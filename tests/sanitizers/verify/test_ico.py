"""Icons and cursors before the judge: what is accepted, and one small change that is not."""

import io
import re
import struct

import pytest
from hypothesis import given, settings
from PIL import Image

from policies.model import Policy
from sanitizers.model import Check
from sanitizers.verify.judge import judge
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.forge import idat, ihdr, png, rows
from tests.sanitizers.verify.forge_pictures import dib, ico, icon_dib

POLICY = Policy(name="test")
MASKS = struct.pack("<3I", 0xFF0000, 0xFF00, 0xFF)


def opinion(data: bytes):
    return judge(data, "image/vnd.microsoft.icon", POLICY)


def large(bits: int) -> bytes:
    return ico(icon_dib(256, 256, bits), width=0, height=0, second=bits)


GOOD = {
    "true colour": ico(),
    "with alpha": ico(icon_dib(bits=32), second=32),
    "sixteen colours": ico(icon_dib(bits=4), second=4, colours=16),
    "two colours of sixteen": ico(icon_dib(bits=4, colours=2), second=4),
    "black and white": ico(icon_dib(bits=1), second=1),
    "256 colours": ico(icon_dib(bits=8), second=8),
    "256 pixels across": large(8),
    "masks of colours": ico(icon_dib(bits=32, compression=3, masks=MASKS), second=32),
    "a size for its pixels": ico(icon_dib(pixel_bytes=36)),
    "a PNG": ico(png(), second=32),
    "a PNG of grey": ico(png(head=ihdr(depth=8, colour=0), pixels=idat(rows(pixel_bits=8))), second=8),
    "three pictures": ico(icon_dib(), png(), icon_dib(), second=0),
    "a cursor": ico(kind=2, first=3, second=2),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_icon_as_it_is_rebuilt_is_accepted(name):
    assert opinion(GOOD[name]).accepted, opinion(GOOD[name]).where


@pytest.mark.parametrize("name", [name for name in GOOD if name != "masks of colours"])
def test_another_reader_sees_a_picture_in_it(name):
    with Image.open(io.BytesIO(GOOD[name])) as picture:
        picture.load()
        assert picture.size in ((4, 3), (256, 256))


BAD = {
    "no directory": (b"\0\0\1\0\1", "no directory"),
    "no picture": (b"\0\0\1\0\0\0", "directory"),
    "a directory that does not fit": (b"\0\0\1\0\2\0" + bytes(20), "directory"),
    "an overlap": (ico(icon_dib(), icon_dib(), shift=-4), "overlap"),
    "a gap between pictures": (ico(icon_dib(), icon_dib())[:22] + b"\0" + ico(icon_dib(), icon_dib())[23:], "gap|size"),
    "a bitmap without rows": (ico(icon_dib()[:40]), "another size"),
    "half a header": (ico(icon_dib()[:30]), "bitmap"),
    "a depth of two": (ico(icon_dib(bits=2), second=2), "depth"),
    "a height that is odd": (ico(icon_dib(double=7)), "height"),
    "no width": (ico(dib(width=0, height=6)), "size"),
    "a palette of true colour": (ico(icon_dib(colours=4)), "colours"),
    "a size that its pixels do not have": (ico(icon_dib(pixel_bytes=99)), "size of its pixels"),
    "masks that overlap": (ico(icon_dib(bits=32, compression=3, masks=MASKS[:8] + MASKS[:4]), second=32), "masks"),
    "masks of eight bits": (ico(icon_dib(bits=8, compression=3, masks=MASKS), second=8), "masks"),
    "a PNG of 300 pixels that is listed with 44": (
        ico(png(head=ihdr(300, 3), pixels=idat(rows(300))), width=44, second=24),
        "size",
    ),
    "a PNG of another size": (ico(png(head=ihdr(5, 3), pixels=idat(rows(5))), second=24), "size in the directory"),
    "a PNG cut short": (ico(png()[:-4], second=24), "picture 1"),
    "colours that are not there": (ico(colours=16), "colours in the directory"),
    "two planes in the directory": (ico(first=2), "depth"),
}


@pytest.mark.parametrize("name", BAD)
def test_an_icon_that_differs_in_one_thing_is_refused(name):
    data, reason = BAD[name]

    told = opinion(data)

    assert told.check is Check.IMAGE
    assert re.search(reason, told.where), told.where


def test_a_picture_beyond_256_pixels_is_a_png_and_nothing_else():
    """Programs write them for sharp screens, and list them with 0."""
    large = png(head=ihdr(300, 3), pixels=idat(rows(300)))

    assert opinion(ico(large, width=0, second=24)).accepted
    assert opinion(ico(icon_dib(width=300), width=0)).where.startswith("picture 1: ")


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA"])
def test_what_a_common_encoder_writes_is_accepted(mode):
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 90).convert("RGB").convert(mode).save(
        buffer, "ICO", sizes=[(16, 16), (48, 48), (64, 64)]
    )

    assert opinion(buffer.getvalue()).accepted


@given(hurt([data for data in GOOD.values() if len(data) < 2000]))
@settings(max_examples=400)
def test_an_accepted_icon_is_read_alike_by_another_reader(data):
    """Held against Pillow, which the judge does not use: every picture can be drawn, in the size that is told."""
    if not opinion(data).accepted or data[2] != 1:
        return
    with Image.open(io.BytesIO(data)) as icon:
        for size in list(icon.info["sizes"])[:3]:
            assert icon.ico.getimage(size).size == size

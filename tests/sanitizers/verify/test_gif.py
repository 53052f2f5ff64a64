"""GIF before the judge: what is accepted, and one small change that is not."""

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
from tests.sanitizers.verify.forge_pictures import (
    FOUR_COLOURS,
    LOOP,
    gif,
    gif_control,
    gif_picture,
    lzw,
    sub_blocks,
)

POLICY = Policy(name="test")


def opinion(data: bytes):
    return judge(data, "image/gif", POLICY)


GOOD = {
    "one picture": gif(),
    "the old version": gif(version=b"GIF87a"),
    "a control": gif(gif_control(), gif_picture()),
    "a transparent colour": gif(gif_control(5, transparent=3), gif_picture()),
    "two frames and a loop": gif(LOOP, gif_control(), gif_picture(), gif_control(8), gif_picture(2, 2, 1, 1)),
    "colours of its own": gif(gif_picture(flags=0x81, table=FOUR_COLOURS), flags=0x10, table=b""),
    "interlaced": gif(gif_picture(flags=0x40)),
    "two colours": gif(flags=0x90, table=bytes(6)),
    "256 colours": gif(gif_picture(code_bits=8), flags=0x97, table=bytes(768)),
    "full sub-blocks": gif(gif_picture(60, 40, data=sub_blocks(lzw(2400))), width=60, height=40),
    "sub-blocks that are all full": gif(gif_picture(26, 25, data=sub_blocks(lzw(1358)[:510])), width=26, height=25),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_gif_as_it_is_rebuilt_is_accepted(name):
    assert opinion(GOOD[name]).accepted


@pytest.mark.parametrize("name", [name for name in GOOD if "all full" not in name])
def test_another_reader_sees_a_picture_in_it(name):
    with Image.open(io.BytesIO(GOOD[name])) as picture:
        for number in range(picture.n_frames):
            try:
                picture.seek(number)
            except OSError:  # of the picture before: the judge measures codes, and leaves decoding them to others
                break
            picture.load()


BAD = {
    "no picture": (gif(gif_control()), "no picture"),
    "nothing but colours": (gif()[:25] + b"\x3b", "no picture"),
    "no trailer": (gif(end=b""), "no trailer"),
    "a control without its picture": (gif(gif_picture(), gif_control()), "no picture"),
    "two controls of one picture": (gif(gif_control(), gif_control(), gif_picture()), "block 0x21"),
    "a control in the old version": (gif(gif_control(), gif_picture(), version=b"GIF87a"), "block 0x21"),
    "a loop in the old version": (gif(LOOP, gif_picture(), version=b"GIF87a"), "loop"),
    "a loop twice": (gif(LOOP, LOOP, gif_picture()), "extension 0xFF"),
    "a loop without an end": (gif(LOOP[:-1], gif_picture()), "loop"),
    "an unknown block": (gif(b"\x42", gif_picture()), "extension|block"),
    "reserved flags of a control": (gif(gif_control(0x20), gif_picture()), "control"),
    "a colour of no use": (gif(gif_control(0, transparent=1), gif_picture()), "of no use"),
    "a longer control": (gif(b"\x21\xf9\x05" + bytes(6), gif_picture()), "extension 0xF9"),
    "no colours": (gif(flags=0x10, table=b""), "no colours"),
    "a size of colours that are not there": (gif(flags=0x11, table=b""), "not there"),
    "half of the colours": (gif()[:20], "does not fit"),
    "no width": (gif(width=0), "without a size"),
    "a picture without height": (gif(gif_picture(height=0)), "place"),
    "reserved flags of a picture": (gif(gif_picture(flags=0x08)), "flags"),
    "codes of one bit": (gif(gif_picture(code_bits=1)), "more codes"),
    "codes of nine bits": (gif(gif_picture(code_bits=9), flags=0x97, table=bytes(768)), "more codes"),
    "no codes": (gif(gif_picture(data=b"\0")), "too short"),
    "codes that do not end": (gif(gif_picture(data=b"\5abc"), end=b""), "sub-blocks|does not end"),
    "sub-blocks in crumbs": (gif(gif_picture(data=sub_blocks(lzw(12), 1))), "sub-blocks"),
    "a picture at the end of the file": (gif(b"\x2c\0\0", end=b""), "picture"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_gif_that_differs_in_one_thing_is_refused(name):
    data, reason = BAD[name]

    told = opinion(data)

    assert told.check is Check.IMAGE
    assert re.search(reason, told.where)


def saved(*frames: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=len(frames) > 1, append_images=frames[1:], **options)
    return buffer.getvalue()


def with_all_colours(picture: Image.Image) -> Image.Image:
    """In 256 colours, all of them in the palette: the encoder's codes are of eight bits whatever it draws."""
    grey = picture.convert("L")
    indexed = Image.frombytes("P", grey.size, grey.tobytes())
    indexed.putpalette([value for grey in range(256) for value in (grey, 255 - grey, 7)])
    return indexed


@pytest.mark.parametrize("noise", [0, 3, 120])
def test_what_a_common_encoder_writes_is_accepted(noise):
    """Flat pictures and noise alike fit between the shortest and the longest code."""
    picture = with_all_colours(Image.effect_noise((301, 201), noise))
    turned = [with_all_colours(picture.rotate(angle)) for angle in (90, 180)]

    assert opinion(saved(picture, optimize=False)).accepted
    assert opinion(saved(picture, *turned, loop=0, duration=50, optimize=False)).accepted


@given(hurt([data for data in GOOD.values() if len(data) < 200]) | st.binary(max_size=60).map(lambda b: gif(b)))
@settings(max_examples=400)
def test_an_accepted_gif_is_nothing_but_pictures(data):
    """Held against Pillow, which the judge does not use: as many frames, no comment, no other block."""
    if not opinion(data).accepted:
        return
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.format == "GIF"
        assert picture.size == tuple(int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
        for number in range(picture.n_frames):
            try:
                picture.seek(number)
            except OSError:  # of the picture before: the judge measures codes, and leaves decoding them to others
                break
            assert "comment" not in picture.info
            assert picture.info.get("extension", (b"NETSCAPE2.0",))[0] == b"NETSCAPE2.0"
    assert data.endswith(b"\x3b")

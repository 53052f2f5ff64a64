"""GIF: every frame looks as it did, and nothing stands beside the frames."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from policies.terms import Action
from sanitizers.errors import BlockedError, InputError, LimitError, MalformedError, PurseError
from sanitizers.formats.gif import GIF
from sanitizers.formats.marks import spells_script
from tests.sanitizers.pictures import Rebuilt, corpus, limited, ordering, rebuild, scene
from tests.sanitizers.rasters import (
    BLUE,
    COLOURS,
    FOUR_COLOURS,
    GREEN,
    RED,
    WHITE,
    damaged,
    gif,
    gif_control,
    gif_extension,
    gif_frame,
    pictures_of,
    rebuilt_twice,
    times_of,
)

LOOP = gif_extension(0xFF, b"NETSCAPE2.0", b"\1\5\0")


def clean(untrusted: bytes) -> Rebuilt:
    return rebuilt_twice(GIF, untrusted)


# what stays


@pytest.mark.parametrize("path", corpus("gif", "good") + corpus("gif", "IMG-18"), ids=lambda path: path.name)
def test_every_frame_of_a_real_file_looks_and_lasts_as_it_did(path):
    untrusted = path.read_bytes()
    copy = clean(untrusted)

    assert pictures_of(copy.data) == pictures_of(untrusted)
    assert times_of(copy.data) == times_of(untrusted)


def test_a_file_that_says_nothing_else_is_kept_as_it_is():
    copy = clean(gif(FOUR_COLOURS))

    assert copy.findings == ()
    assert pictures_of(copy.data) == [COLOURS]


def test_places_times_and_what_becomes_of_a_frame_are_kept():
    dot = gif_frame(bytes((3,)), (1, 1), (1, 0), palette=WHITE * 3 + GREEN)
    untrusted = gif(LOOP, gif_control(7, 1), FOUR_COLOURS, gif_control(300, 2, 0), dot, gif_control(0, 3), FOUR_COLOURS)
    copy = clean(untrusted)

    assert b"NETSCAPE2.0\3\1\5\0\0" in copy.data
    assert gif_control(7, 1) + FOUR_COLOURS[:10] in copy.data
    assert gif_control(300, 2, 0) + b",\1\0\0\0\1\0\1\0" in copy.data
    assert gif_control(0, 3) in copy.data
    assert times_of(copy.data) == (5, [70, 3000, 0])
    assert pictures_of(copy.data) == pictures_of(untrusted)


def test_interlaced_rows_come_out_in_order():
    picture = scene("P", (20, 20))
    out = io.BytesIO()
    picture.save(out, "GIF", interlace=1)

    assert pictures_of(clean(out.getvalue()).data) == pictures_of(out.getvalue())


def test_a_transparent_index_outside_the_table_stays_transparent():
    untrusted = gif(gif_control(transparent=255), FOUR_COLOURS)

    assert clean(untrusted).findings == ()


@given(
    indexes=st.binary(min_size=1, max_size=300),
    width=st.integers(1, 20),
    bits=st.sampled_from([2, 3, 5, 8]),
)
def test_any_indexes_are_packed_without_loss(indexes, width, bits):
    height = -(-len(indexes) // width)
    plane = bytes(value % (1 << bits) for value in indexes.ljust(width * height, b"\0"))
    palette = bytes(range(256)) * 3
    coded = Image.frombytes("P", (width, height), plane).tobytes("gif", "P", bits, 0)
    frame = struct.pack("<BHHHHB", 0x2C, 0, 0, width, height, 0) + bytes([bits]) + coded + b"\0"
    untrusted = gif(frame, size=(width, height), palette=palette[: 3 << bits])

    assert pictures_of(clean(untrusted).data) == pictures_of(untrusted)


# what is left behind


@pytest.mark.parametrize(
    ("block", "vector"),
    [
        (gif_extension(0xFE, b"taken by me"), "IMG-18"),
        (gif_extension(0x01, bytes(12), b"plain text"), "IMG-18"),
        (gif_extension(0x77, b"unknown"), "IMG-18"),
        (gif_extension(0xFF, b"MAKERNOTE10", b"private"), "IMG-18"),
        (gif_extension(0xFF, b"XMP DataXMP", b"<x:xmpmeta>"), "IMG-05"),
        (gif_extension(0xFF, b"ICCRGBG1012", bytes(128)), "IMG-07"),
        (LOOP + LOOP, "IMG-18"),
        (gif_extension(0xFF, b"NETSCAPE2.0", b"\1\5\0", b"more"), "IMG-18"),
        (gif_extension(0xF9, bytes(4), b"more"), "IMG-18"),
    ],
    ids=["comment", "text", "unknown", "application", "XMP", "ICC", "second loop", "long loop", "long control"],
)
@pytest.mark.parametrize("is_before", [True, False], ids=["before", "behind"])
def test_blocks_beside_the_frames_do_not_come_through(block, vector, is_before):
    copy = clean(gif(block, FOUR_COLOURS) if is_before else gif(FOUR_COLOURS, block))

    assert copy.vectors == [vector]
    for word in (b"me", b"plain", b"unknown", b"private", b"xmp", b"ICC", b"more"):
        assert word not in copy.data


def test_a_loop_that_stands_behind_the_first_frame_or_under_another_name_still_counts():
    other = gif_extension(0xFF, b"ANIMEXTS1.0", b"\1\5\0")

    assert clean(gif(FOUR_COLOURS, other, FOUR_COLOURS)).data == clean(gif(LOOP, FOUR_COLOURS, FOUR_COLOURS)).data


def test_bytes_behind_the_trailer_are_left_behind():
    copy = clean(gif(FOUR_COLOURS, behind=b";PK\x03\x04 an archive"))

    assert copy.vectors == ["IMG-09"]
    assert copy.data.endswith(b"\0;")


def test_bytes_behind_the_codes_of_a_frame_are_left_behind():
    copy = clean(gif(gif_frame(bytes((0, 1, 2, 3)), (2, 2), after=b"hidden" * 200)))

    assert copy.vectors == ["IMG-09"]
    assert len(copy.data) < 100


@pytest.mark.parametrize(("parts", "behind"), [((FOUR_COLOURS,), b""), ((b"\0\0", FOUR_COLOURS), b";")])
def test_a_missing_trailer_and_stuffing_are_told(parts, behind):
    copy = clean(gif(*parts, behind=behind))

    assert copy.vectors == ["IMG-20"]
    assert copy.data == clean(gif(FOUR_COLOURS)).data


def test_a_picture_does_not_wait_for_a_key():
    copy = clean(gif(gif_control(waits=True), FOUR_COLOURS))

    assert copy.vectors == ["IMG-19"]
    assert copy.data == clean(gif(FOUR_COLOURS)).data


def test_colours_that_no_pixel_uses_are_cleared():
    """A palette can carry 768 bytes that nobody sees (IMG-39)."""
    copy = clean(gif(gif_frame(bytes((0, 1, 1, 0)), (2, 2)), palette=RED + GREEN + b"payload bytes behind"[:18]))

    assert copy.vectors == ["IMG-39"]
    assert b"payload" not in copy.data


def test_an_index_beyond_the_colours_is_black():
    copy = clean(gif(FOUR_COLOURS, palette=RED + GREEN))

    assert copy.vectors == ["IMG-39"]
    assert pictures_of(copy.data) == [RED + GREEN + bytes(6)]


def test_a_file_without_colours_is_gray():
    untrusted = gif(FOUR_COLOURS, palette=b"")
    copy = clean(untrusted)

    assert copy.vectors == ["IMG-39"]
    assert pictures_of(copy.data) == pictures_of(untrusted)


# frames that hide (IMG-19)


def test_a_frame_beyond_the_screen_shows_nothing_but_takes_its_time():
    outside = gif_frame(bytes((1, 2, 3, 0)), (2, 2), (5, 5))
    copy = clean(gif(FOUR_COLOURS, gif_control(40, 2), outside, gif_control(9), FOUR_COLOURS))

    assert copy.vectors == ["IMG-19"]
    assert pictures_of(copy.data) == [COLOURS] * 3
    assert times_of(copy.data)[1][1] == 400


def test_a_frame_that_reaches_beyond_the_screen_is_cut():
    copy = clean(gif(FOUR_COLOURS, gif_frame(bytes((0, 1, 2, 3)), (2, 2), (1, 1))))

    assert copy.vectors == ["IMG-19"]
    assert pictures_of(copy.data)[1] == RED + GREEN + BLUE + RED


def test_a_screen_grows_to_hold_the_first_frame():
    copy = clean(gif(FOUR_COLOURS, size=(0, 0)))

    assert copy.data[6:10] == b"\2\0\2\0"


# scripts in pixels and colours


def test_colours_that_spell_a_script_move_by_one_step():
    table = b"<script>12".ljust(12, b"x")
    copy = clean(gif(FOUR_COLOURS, palette=table))

    assert copy.vectors == ["IMG-20"]
    assert table.replace(b"<", b"=") in copy.data


def test_codes_that_spell_a_script_are_packed_another_way():
    plane = _plane_whose_codes_spell(b"<?=$")
    untrusted = gif(
        struct.pack("<BHHHHB", 0x2C, 0, 0, *plane.size, 0) + b"\x08" + plane.tobytes("gif", "P", 8, 0) + b"\0",
        size=plane.size,
        palette=bytes(range(256)) * 3,
    )
    assert spells_script(untrusted)
    copy = clean(untrusted)

    assert not spells_script(copy.data)
    assert pictures_of(copy.data) == pictures_of(untrusted)


def _plane_whose_codes_spell(text: bytes) -> Image.Image:
    """Four rows of pixels that Pillow packs, with codes of 9 bits, into bytes that hold this text."""
    for place in range(12, 60):
        stream = 256 | int.from_bytes(text, "little") << 8 * place
        codes = [stream >> 9 * number & 511 for number in range(1, place + 3)]
        indexes = [index or 100 + number for number, index in enumerate(codes)]
        if max(indexes) < 256 and len(indexes) % 2 == 0:
            plane = Image.frombytes("P", (len(indexes) // 2, 4), bytes(indexes).ljust(2 * len(indexes), b"."))
            if text in plane.tobytes("gif", "P", 8, 0):
                return plane
    raise AssertionError("no such pixels")


# what is refused


@pytest.mark.parametrize("path", corpus("gif", "malformed"), ids=lambda path: path.name)
def test_broken_files_are_refused(path):
    with pytest.raises((MalformedError, LimitError)):
        rebuild(GIF, path.read_bytes())


@pytest.mark.parametrize(
    "untrusted",
    [
        gif(),
        gif(gif_frame(bytes((0, 1)), (2, 2))),
        gif(FOUR_COLOURS[:-3], behind=b""),
        gif(struct.pack("<BHHHHB", 0x2C, 0, 0, 0, 2, 0) + b"\2\1\x44\0"),
        gif(FOUR_COLOURS, gif_frame(bytes((0, 1)), (2, 2)), FOUR_COLOURS),
    ],
    ids=["no frame", "pixels missing", "cut off", "no width", "pixels missing on the way"],
)
def test_damage_that_viewers_repair_is_refused(untrusted):
    with pytest.raises(MalformedError):
        rebuild(GIF, untrusted)


@pytest.mark.parametrize(
    ("cut", "frames"),
    [
        (b"\x21\xfe\x40only a few bytes", 2),
        (b"\x2c\0\0", 2),
        (FOUR_COLOURS[:-1], 3),
        (FOUR_COLOURS[:-3], 2),
        (FOUR_COLOURS[:-5], 2),
    ],
    ids=["in a comment", "in a head", "behind all pixels", "in the codes", "before the codes"],
)
def test_a_download_that_broke_off_keeps_what_came_whole(cut, frames):
    """Viewers play what is there; of a frame that came in part, half a picture would stand still (IMG-20)."""
    copy = clean(gif(FOUR_COLOURS, FOUR_COLOURS, cut, behind=b""))

    assert pictures_of(copy.data) == [COLOURS] * frames
    assert "IMG-20" in {finding.vector for finding in copy.findings}


def test_a_bomb_of_44_bytes_is_refused_before_it_is_unpacked():
    huge = struct.pack("<BHHHHB", 0x2C, 0, 0, 65535, 65535, 0) + b"\2\2\x4c\1\0"

    with pytest.raises(LimitError):
        rebuild(GIF, gif(huge))


def test_too_many_frames_are_refused_before_one_is_unpacked():
    with pytest.raises(LimitError):
        rebuild(GIF, gif(*[FOUR_COLOURS] * 65_535))


def test_the_pixels_of_all_frames_are_paid_for_together():
    frame = gif_frame(bytes(50 * 50), (50, 50))

    with pytest.raises(PurseError):
        rebuild(GIF, gif(*[frame] * 5, size=(50, 50)), limited(max_expanded_bytes=10_000))


def test_a_policy_may_block_what_is_left_behind():
    with pytest.raises(BlockedError):
        rebuild(GIF, gif(FOUR_COLOURS, gif_extension(0xFE, b"x")), ordering(IMG_18=Action.BLOCK))


# any bytes


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged([path.read_bytes() for path in corpus("gif") if path.stat().st_size < 3000]))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    try:
        rebuild(GIF, untrusted, limited(max_pixels=1 << 20))
    except InputError:
        return
    rebuilt_twice(GIF, untrusted, limited(max_pixels=1 << 20))

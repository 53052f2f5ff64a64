"""ICO and CUR: every member is rebuilt in its place, and the directory says what they are."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings

from policies.model import Policy
from policies.terms import Action
from sanitizers.errors import BlockedError, InputError, LimitError, MalformedError, Reason
from sanitizers.formats.ico import ICO
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.pictures import (
    LENIENT,
    Rebuilt,
    chunk,
    corpus,
    limited,
    ordering,
    png_of,
    rebuild,
    scene,
    square,
)
from tests.sanitizers.rasters import (
    COLOURS,
    damaged,
    icon,
    icon_bitmap,
    pictures_of,
    rebuilt_twice,
    shown_pixels,
)

R, G, B, W = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
NOTHING = (0, 0, 0, 0)
SOLID = bytes(8)  # a mask of 2 x 2 that lets nothing through
ROWS_8 = bytes((2, 3, 0, 0, 0, 1, 0, 0))
PLAIN = icon_bitmap(ROWS_8, SOLID, 8, palette=COLOURS.ljust(768, b"\0"))
DIRECTORY = 6 + 16


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    return rebuilt_twice(ICO, untrusted, policy)


def bgra(*pixels: tuple[int, int, int, int]) -> bytes:
    return b"".join(bytes((blue, green, red, alpha)) for red, green, blue, alpha in pixels)


def mask(*rows: str) -> bytes:
    """Rows of a mask, the lower first: 1 lets the ground through."""
    return b"".join(int(row.ljust(32, "0"), 2).to_bytes(4) for row in rows)


def entries(data: bytes) -> list[tuple[int, ...]]:
    """The directory."""
    count = int.from_bytes(data[4:6], "little")
    return [struct.unpack_from("<BBBBHHII", data, 6 + 16 * number) for number in range(count)]


# what stays


@pytest.mark.parametrize("path", corpus("ico", "good"), ids=lambda path: path.name)
def test_a_real_file_looks_as_it_did(path):
    untrusted = path.read_bytes()
    copy = clean(untrusted)

    assert copy.findings == ()
    assert pictures_of(copy.data) == pictures_of(untrusted)
    assert [entry[5] for entry in entries(copy.data)] == [entry[5] for entry in entries(untrusted)]


@pytest.mark.parametrize(
    ("depth", "rows", "colours"),
    [
        (1, bytes((0b10000000, 0, 0, 0, 0b01000000, 0, 0, 0)), COLOURS[:6]),
        (4, bytes((0x23, 0, 0, 0, 0x01, 0, 0, 0)), COLOURS.ljust(48, b"\0")),
        (8, ROWS_8, COLOURS.ljust(768, b"\0")),
    ],
)
def test_indexes_keep_their_depth_and_colours(depth, rows, colours):
    copy = clean(icon(icon_bitmap(rows, SOLID, depth, palette=colours), words=(1, depth)))

    assert copy.findings == ()
    assert copy.data[DIRECTORY:] == icon_bitmap(rows, SOLID, depth, palette=colours)
    assert entries(copy.data) == [(2, 2, 0 if depth == 8 else 1 << depth, 0, 1, depth, len(copy.data) - 22, 22)]


def test_2_bits_a_pixel_become_4():
    """Pocket devices had them; no other program expects them."""
    rows = bytes((0b10110000, 0, 0, 0, 0b00010000, 0, 0, 0))
    copy = clean(icon(icon_bitmap(rows, SOLID, 2, palette=COLOURS), words=(1, 2)))

    assert copy.vectors == ["IMG-30"]
    assert copy.data[DIRECTORY:] == icon_bitmap(
        bytes((0x23, 0, 0, 0, 0x01, 0, 0, 0)), SOLID, 4, palette=COLOURS.ljust(48, b"\0")
    )


def test_24_bits_a_pixel_and_their_mask_stay():
    rows = bytes((255, 0, 0, 255, 255, 255, 0, 0)) + bytes((0, 0, 255, 0, 0, 0, 0, 0))
    member = icon_bitmap(rows, mask("00", "01"), 24)

    assert clean(icon(member, words=(1, 24))).data[DIRECTORY:] == member


def test_32_bits_a_pixel_keep_their_alpha():
    pixels = bgra((0, 0, 255, 128), W, (255, 0, 0, 1), NOTHING)
    copy = clean(icon(icon_bitmap(pixels, SOLID, 32)))

    assert copy.findings == ()
    assert shown_pixels(copy.data) == [(255, 0, 0, 1), NOTHING, (0, 0, 255, 128), W]
    assert copy.data.endswith(mask("00", "01"))  # the mask says where alpha is zero


def test_16_bits_a_pixel_become_24():
    rows = struct.pack("<4H", 0x001F, 0x7FFF, 0x7C00, 0x03E0)
    copy = clean(icon(icon_bitmap(rows, SOLID, 16), words=(1, 16)))

    assert shown_pixels(copy.data) == [R, G, B, W]
    assert entries(copy.data)[0][5] == 24


def test_a_png_member_stays_one():
    copy = clean(icon(png_of(scene("RGBA", (64, 48))), sizes=((64, 48),)))

    assert copy.findings == ()
    assert copy.data[DIRECTORY : DIRECTORY + 8] == b"\x89PNG\r\n\x1a\n"
    assert entries(copy.data)[0][:6] == (64, 48, 0, 0, 1, 32)
    assert pictures_of(copy.data) == pictures_of(png_of(scene("RGBA", (64, 48))))


def test_a_size_of_256_is_written_as_zero():
    copy = clean(icon(png_of(scene("RGB", (256, 256))), sizes=((0, 0),)))

    assert copy.findings == ()
    assert entries(copy.data)[0][:2] == (0, 0)


def test_members_keep_their_order():
    small, large = png_of(scene("RGB", (16, 16))), png_of(scene("RGB", (32, 32)))
    copy = clean(icon(small, PLAIN, large, sizes=((16, 16), (2, 2), (32, 32))))

    assert [entry[0] for entry in entries(copy.data)] == [16, 2, 32]


def test_a_cursor_keeps_the_pixel_that_points():
    copy = clean(icon(PLAIN, kind=2, words=(1, 0)))

    assert copy.findings == ()
    assert copy.data[2] == 2
    assert entries(copy.data)[0][4:6] == (1, 0)


def test_pixels_that_invert_the_ground_stay():
    """White behind the mask, as in the text cursor."""
    member = icon_bitmap(bytes((0b11000000, 0, 0, 0)) * 2, mask("11", "11"), 1, palette=b"\0\0\0\xff\xff\xff")

    assert clean(icon(member, kind=2, words=(0, 0))).data[DIRECTORY:] == member


# what is cleared


@pytest.mark.parametrize(
    ("member", "depth"),
    [
        (icon_bitmap(ROWS_8[4:] + ROWS_8[:4], mask("11", "00"), 8, palette=COLOURS.ljust(768, b"\0")), 8),
        (icon_bitmap(bytes((255, 0, 0)) * 2 + bytes(2) + bytes((0, 0, 255)) * 2 + bytes(2), mask("11", "00"), 24), 24),
        (icon_bitmap(bgra((1, 2, 3, 0), (4, 5, 6, 0), R, R), SOLID, 32), 32),
    ],
    ids=["indexes", "colours", "alpha"],
)
def test_colours_that_the_mask_hides_are_cleared(member, depth):
    copy = clean(icon(member, words=(1, depth)))

    assert "IMG-38" in copy.vectors
    assert shown_pixels(copy.data)[:2] == shown_pixels(icon(member, words=(1, depth)))[:2]
    assert len(set(shown_pixels(copy.data)[2:])) == 1


def test_colours_that_the_mask_hides_stay_where_the_policy_keeps_them():
    member = icon_bitmap(bgra((1, 2, 3, 0), (4, 5, 6, 0), R, R), SOLID, 32)
    copy = clean(icon(member), ordering(IMG_38=Action.KEEP))

    assert copy.vectors == []
    assert bgra((1, 2, 3, 0), (4, 5, 6, 0)) in copy.data


def test_alpha_that_nobody_filled_in_is_taken_from_the_mask():
    pixels = bgra((0, 0, 255, 0), (255, 255, 255, 0), (255, 0, 0, 0), (0, 255, 0, 0))
    copy = clean(icon(icon_bitmap(pixels, mask("01", "00"), 32)))

    assert copy.vectors[0] == "IMG-30"
    assert shown_pixels(copy.data) == [R, G, B, NOTHING]


def test_a_mask_beside_alpha_hides_no_second_picture():
    copy = clean(icon(icon_bitmap(bgra(B, W, R, G), mask("10", "01"), 32)))

    assert copy.vectors == ["IMG-30"]
    assert copy.data.endswith(SOLID)


def test_32_bits_a_pixel_may_come_without_a_mask():
    copy = clean(icon(icon_bitmap(bgra(B, W, R, G), b"", 32)))

    assert copy.findings == ()
    assert shown_pixels(copy.data) == [R, G, B, W]


def test_colours_that_no_pixel_uses_are_cleared():
    copy = clean(icon(icon_bitmap(ROWS_8, SOLID, 8, palette=COLOURS + b"hidden" * 126), words=(1, 8)))

    assert copy.vectors == ["IMG-39"]
    assert b"hidden" not in copy.data


@pytest.mark.parametrize("mask_rows", [SOLID, b"\0hid\0den"], ids=["pixels", "mask"])
def test_what_hides_in_the_padding_of_rows_is_left_behind(mask_rows):
    rows = ROWS_8 if any(mask_rows) else bytes((2, 3, 7, 7, 0, 1, 7, 7))
    copy = clean(icon(icon_bitmap(rows, mask_rows, 8, palette=COLOURS.ljust(768, b"\0")), words=(1, 8)))

    assert copy.vectors == ["IMG-30"]
    assert copy.data == clean(icon(PLAIN, words=(1, 8))).data


# what is left behind


@pytest.mark.parametrize(
    ("untrusted", "vector"),
    [
        (icon(PLAIN) + b"an archive", "IMG-09"),
        (icon(PLAIN + b"behind"), "IMG-09"),
        (icon(square(chunk(b"tEXt", b"Author\0me"))), "IMG-13"),
        (icon(square(behind=b"an archive")), "IMG-09"),
        (icon(PLAIN, sizes=((3, 2),)), "IMG-30"),
    ],
    ids=["behind members", "behind a mask", "in a PNG", "behind a PNG", "size"],
)
def test_what_no_member_shows_is_left_behind(untrusted, vector):
    copy = clean(untrusted)

    assert copy.vectors == [vector]
    for word in (b"archive", b"behind", b"Author"):
        assert word not in copy.data


def test_what_is_found_in_a_png_says_in_which_member():
    copy = clean(icon(PLAIN, square(chunk(b"tEXt", b"Author\0me"))))

    assert [finding.where for finding in copy.findings] == ["member 2: tEXt at 33"]


def test_bytes_between_members_are_left_behind():
    untrusted = bytearray(icon(PLAIN, b"hidden", PLAIN, sizes=((2, 2),) * 3))
    del untrusted[6 + 16 : 6 + 32]
    untrusted[4] = 2
    for entry in (6, 22):
        offset = int.from_bytes(untrusted[entry + 12 : entry + 16], "little") - 16
        untrusted[entry + 12 : entry + 16] = offset.to_bytes(4, "little")
    copy = clean(bytes(untrusted))

    assert copy.vectors == ["IMG-30"]
    assert b"hidden" not in copy.data


def test_a_broken_member_is_left_out():
    copy = clean(icon(PLAIN, b"no picture at all", sizes=((2, 2), (2, 2))))

    assert copy.vectors == ["IMG-30"]
    assert copy.data == clean(icon(PLAIN)).data


def test_an_animation_inside_stands_still():
    moving = png_of(scene(), save_all=True, append_images=[scene().rotate(90)])
    copy = clean(icon(moving, sizes=((40, 24),)))

    assert copy.vectors == ["IMG-16"]
    assert b"fdAT" not in copy.data


def test_a_cursor_points_inside_itself():
    copy = clean(icon(PLAIN, kind=2, words=(9, 1)))

    assert copy.vectors == ["IMG-30"]
    assert entries(copy.data)[0][4:6] == (1, 1)


@pytest.mark.parametrize(
    "text", [b"<script>alert(1)</script>", b"%PDF-1.7 is a document", b"Rar!\x1a\x07\0 an archive"]
)
def test_pixels_that_are_another_file_are_packed(text):
    """A bitmap's pixels stand in the file as they are; as a PNG they do not."""
    pixels = text.ljust(64 * 2 * 3, b"\0")
    copy = clean(icon(icon_bitmap(pixels, bytes(8 * 2), 24, size=(64, 2)), sizes=((64, 2),), words=(1, 24)))

    assert copy.vectors == ["IMG-30"]
    assert text[:7] not in copy.data
    assert shown_pixels(copy.data)[64][:3] == (text[2], text[1], text[0])


@pytest.mark.parametrize("height", [256, 16])
def test_a_large_bitmap_becomes_a_png(height):
    """And one that is merely long, such as a row of buttons: the directory cannot name its size."""
    rows = bytes(260 * height * 3)
    untrusted = icon_bitmap(rows, bytes(36 * height), 24, size=(260, height))
    copy = clean(icon(untrusted, sizes=((0, height % 256),), words=(1, 24)))

    assert copy.vectors == ["IMG-30"]
    assert copy.data[DIRECTORY : DIRECTORY + 4] == b"\x89PNG"
    assert len(copy.data) < 5000
    assert judge(copy.data, "image/vnd.microsoft.icon", LENIENT).accepted


# what is refused


@pytest.mark.parametrize("path", corpus("ico", "malformed"), ids=lambda path: path.name)
def test_broken_files_are_refused(path):
    with pytest.raises((MalformedError, LimitError)):
        rebuild(ICO, path.read_bytes())


@pytest.mark.parametrize(
    "untrusted",
    [
        b"\0\0\1\0",
        icon(),
        icon(PLAIN, kind=3),
        icon(PLAIN)[:40],
        icon(icon_bitmap(ROWS_8, b"", 8, palette=bytes(768))),
        icon(icon_bitmap(ROWS_8[:4], b"", 8, palette=bytes(768))),
        icon(icon_bitmap(ROWS_8, SOLID, 7, palette=bytes(768))),
    ],
    ids=["short", "none", "kind", "cut off", "no mask", "no pixels", "depth"],
)
def test_files_without_a_whole_member_are_refused(untrusted):
    with pytest.raises(MalformedError):
        rebuild(ICO, untrusted)


def test_members_that_share_bytes_are_refused():
    twice = bytearray(icon(PLAIN, PLAIN))
    twice[6 + 12 : 6 + 16] = twice[22 + 12 : 22 + 16]

    with pytest.raises(MalformedError):
        rebuild(ICO, bytes(twice))


@pytest.mark.parametrize(
    "untrusted",
    [
        icon(*[PLAIN] * 1_001),
        icon(icon_bitmap(b"", b"", 32, size=(60_000, 60_000))),
        icon(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1 << 30, 1 << 30, 8, 2, 0, 0, 0))),
    ],
    ids=["members", "bitmap", "PNG"],
)
def test_bombs_are_refused_before_they_are_decoded(untrusted):
    with pytest.raises(LimitError):
        rebuild(ICO, untrusted)


def test_a_policy_may_block_what_a_png_member_says():
    with pytest.raises(BlockedError):
        rebuild(ICO, icon(square(chunk(b"tEXt", b"Author\0me"))), ordering(IMG_13=Action.BLOCK))


def test_a_cursor_that_moves_is_refused_by_its_content():
    """ANI under another name (CVE-2007-0038)."""
    policy = Policy(name="pictures", admit=frozenset({"image/vnd.microsoft.icon"}))
    outcome = sanitize(b"RIFF\x10\0\0\0ACONanih\x24\0\0\0", Order(name="a.ico", policy=policy))

    assert outcome.report.reason is Reason.FORBIDDEN_TYPE


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged([icon(PLAIN, square(), kind=2)] + [path.read_bytes() for path in corpus("ico")]))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    policy = limited(max_pixels=1 << 18)
    try:
        rebuild(ICO, untrusted, policy)
    except InputError:
        return
    rebuilt_twice(ICO, untrusted, policy)

"""BMP: every kind of header, depth and coding becomes a PNG that looks the same."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from PIL import Image

from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, InputError, LimitError, MalformedError, UnsupportedError
from sanitizers.formats.bmp import BMP
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.png import PNG
from sanitizers.model import Order, Verdict
from sanitizers.parsers import bmp as parser
from sanitizers.parsers.spans import overlap, unclaimed
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Job
from tests.sanitizers.pictures import (
    LENIENT,
    Rebuilt,
    chunks_of,
    corpus,
    jpeg,
    limited,
    names_of,
    ordering,
    png_of,
    rebuild,
    scene,
)
from tests.sanitizers.rasters import COLOURS, bmp, damaged, dib, pictures_of, quads, shown_pixels

R, G, B, W = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (255, 255, 255, 255)
TWO_ROWS = bytes((2, 3, 0, 0)) + bytes((0, 1, 0, 0))  # 8 bits a pixel, the lower row first: BLUE WHITE, RED GREEN
PALETTE = quads(COLOURS)
LINK = b"\\\\host\\share\\x.icm\0"
PLAIN = bmp(dib(2, 2, 8, colours=4), TWO_ROWS, palette=PALETTE)


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """A copy that is a PNG, which a second pass leaves as it is."""
    job = Job(policy, Budget(policy.limits))
    data = BMP.reconstruct(BMP.disarm(BMP.parse(untrusted, job.budget), job))
    assert job.copy_type == "image/png"
    again = rebuild(PNG, data, policy)
    assert again.data == data
    assert all(finding.action is Action.KEEP for finding in again.findings)
    return Rebuilt(data, job.told())


def with_profile(space: bytes, profile: bytes, *, at: int = 124 + len(PALETTE) + len(TWO_ROWS)) -> bytes:
    """A file whose newest header counts a profile, or the path of one, behind its pixels."""
    more = bytes(16) + space + bytes(48) + struct.pack("<III", 0, at, len(profile))
    header = dib(2, 2, 8, size=124, colours=4, more=more)
    return bmp(header, TWO_ROWS, palette=PALETTE, behind=profile)


# what stays


@pytest.mark.parametrize("path", corpus("bmp", "good"), ids=lambda path: path.name)
def test_a_real_file_looks_as_it_did(path):
    untrusted = path.read_bytes()

    assert pictures_of(clean(untrusted).data) == pictures_of(untrusted)


def test_a_palette_stays_a_palette():
    copy = clean(PLAIN)

    assert copy.findings == ()
    assert names_of(copy.data) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert shown_pixels(copy.data) == [R, G, B, W]


@pytest.mark.parametrize("size", [40, 52, 56, 108, 124])
def test_headers_of_windows_are_read(size):
    assert shown_pixels(clean(bmp(dib(2, 2, 8, size=size, colours=4), TWO_ROWS, palette=PALETTE)).data) == [R, G, B, W]


@pytest.mark.parametrize("size", [16, 24, 46, 64])
def test_headers_of_os2_are_read_however_short(size):
    copy = clean(bmp(dib(2, 2, 8, size=size, colours=4), TWO_ROWS, palette=quads(COLOURS)))

    assert copy.vectors == ["IMG-23"]
    assert shown_pixels(copy.data) == [R, G, B, W]


def test_the_oldest_header_has_colours_of_three_bytes():
    palette = b"".join(COLOURS[at : at + 3][::-1] for at in range(0, 12, 3))
    copy = clean(bmp(struct.pack("<IHHHH", 12, 2, 2, 1, 8), TWO_ROWS, palette=palette))

    assert copy.vectors == ["IMG-23"]
    assert shown_pixels(copy.data) == [R, G, B, W]


@pytest.mark.parametrize(
    ("depth", "rows"),
    [(2, bytes((0b10110000, 0, 0, 0, 0b00010000, 0, 0, 0))), (4, bytes((0x23, 0, 0, 0, 0x01, 0, 0, 0))), (8, TWO_ROWS)],
)
def test_indexes_of_every_depth_keep_it(depth, rows):
    copy = clean(bmp(dib(2, 2, depth, colours=4), rows, palette=PALETTE))

    assert copy.data[24] == depth
    assert shown_pixels(copy.data) == [R, G, B, W]


def test_one_bit_a_pixel_keeps_its_colours():
    copy = clean(bmp(dib(2, 2, 1), bytes((0b10000000, 0, 0, 0, 0b01000000, 0, 0, 0)), palette=quads(COLOURS[:6])))

    assert copy.data[24] == 1
    assert shown_pixels(copy.data) == [R, G, G, R]


def test_24_bits_a_pixel():
    rows = COLOURS[6:9][::-1] + COLOURS[9:] + bytes(2) + COLOURS[:3][::-1] + COLOURS[3:6] + bytes(2)

    assert shown_pixels(clean(bmp(dib(2, 2, 24), rows)).data) == [R, G, B, W]


@pytest.mark.parametrize(
    ("depth", "masks", "pixels"),
    [
        (16, (), (0x001F, 0x7FFF, 0x7C00, 0x03E0)),
        (16, (0xF800, 0x07E0, 0x001F), (0x001F, 0xFFFF, 0xF800, 0x07E0)),
        (16, (0x000F, 0x00F0, 0x0F00), (0x0F00, 0x0FFF, 0x000F, 0x00F0)),
        (32, (), (0x0000FF, 0xFFFFFF, 0xFF0000, 0x00FF00)),
        (32, (0xFF, 0xFF00, 0xFF0000), (0xFF0000, 0xFFFFFF, 0x0000FF, 0x00FF00)),
        (32, (0xFFE00000, 0x001FFC00, 0x000003FF), (0x3FF, 0xFFFFFFFF, 0xFFE00000, 0x1FFC00)),
        (32, (0x7, 0x38, 0xF0000000), (0xF0000000, 0xF000003F, 0x7, 0x38)),
    ],
)
def test_colours_under_any_masks(depth, masks, pixels):
    """The lower row comes first: BLUE WHITE, RED GREEN."""
    code = "<H" if depth == 16 else "<I"
    raw = b"".join(struct.pack(code, value) for value in pixels)
    header = dib(2, 2, depth, compression=3 if masks else 0) + struct.pack(f"<{len(masks)}I", *masks)

    assert shown_pixels(clean(bmp(header, raw)).data) == [R, G, B, W]


def test_levels_between_are_spread_over_the_whole_range():
    header = dib(2, 1, 16, compression=3) + struct.pack("<3I", 0xF800, 0x07E0, 0x001F)

    assert shown_pixels(clean(bmp(header, struct.pack("<HH", 16 << 11, 31 << 5))).data)[0][0] == round(16 * 255 / 31)
    assert shown_pixels(clean(bmp(header, struct.pack("<HH", 16 << 11, 31 << 5))).data)[1][1] == round(31 * 255 / 63)


@pytest.mark.parametrize("compression", [3, 6])
def test_alpha_under_its_mask_stays(compression):
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = (
        dib(2, 1, 32, size=56, compression=3, more=masks) if compression == 3 else dib(2, 1, 32, compression=6) + masks
    )
    copy = clean(bmp(header, struct.pack("<II", 0x80FF0000, 0x00000000)))

    assert shown_pixels(copy.data) == [(255, 0, 0, 128), (0, 0, 0, 0)]


def test_alpha_that_nobody_filled_in_hides_nothing():
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    copy = clean(bmp(dib(2, 1, 32, size=56, compression=3, more=masks), struct.pack("<II", 0xFF0000, 0x00FF00)))

    assert shown_pixels(copy.data) == [R, G]


def test_colours_under_zero_alpha_are_cleared():
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    copy = clean(bmp(dib(2, 1, 32, size=56, compression=3, more=masks), struct.pack("<II", 0xFFFF0000, 0x00123456)))

    assert copy.vectors == ["IMG-38"]
    assert shown_pixels(copy.data) == [R, (0, 0, 0, 0)]


def test_rows_from_the_top():
    copy = clean(bmp(dib(2, -2, 8, colours=4), TWO_ROWS, palette=PALETTE))

    assert copy.vectors == ["IMG-23"]
    assert shown_pixels(copy.data) == [B, W, R, G]


def test_density_is_kept_and_nonsense_is_not():
    assert (b"pHYs", struct.pack(">IIB", 3000, 2000, 1)) in chunks_of(
        clean(bmp(dib(2, 2, 8, colours=4, density=(3000, 2000)), TWO_ROWS, palette=PALETTE)).data
    )
    assert b"pHYs" not in clean(bmp(dib(2, 2, 8, colours=4, density=(-5, 7)), TWO_ROWS, palette=PALETTE)).data


def test_the_last_row_may_lack_its_padding():
    assert shown_pixels(clean(PLAIN[:-2]).data) == [R, G, B, W]


# runs


@pytest.mark.parametrize(
    ("compression", "depth", "runs"),
    [
        (1, 8, bytes((1, 2, 1, 3, 0, 0, 1, 0, 1, 1, 0, 0, 0, 1))),
        (1, 8, bytes((0, 2, 1, 0, 1, 3, 0, 0, 1, 0, 1, 1))),
        (2, 4, bytes((2, 0x23, 0, 0, 2, 0x01, 0, 1))),
    ],
    ids=["RLE8", "RLE8 with a move", "RLE4"],
)
def test_runs_are_unpacked(compression, depth, runs):
    copy = clean(bmp(dib(2, 2, depth, compression=compression, colours=4), runs, palette=PALETTE))

    assert "IMG-23" in copy.vectors
    assert shown_pixels(copy.data)[:2] == [R, G]
    assert shown_pixels(copy.data)[3] == W


def test_literal_runs_end_on_a_word():
    runs = bytes((0, 3, 0, 1, 2, 99, 0, 0, 0, 3, 3, 2, 1, 99, 0, 1))
    copy = clean(bmp(dib(3, 2, 8, compression=1, colours=4), runs, palette=PALETTE))

    assert shown_pixels(copy.data) == [W, B, G, R, G, B]


def test_literal_half_bytes_end_on_a_word():
    runs = bytes((0, 3, 0x01, 0x20, 0, 0, 0, 3, 0x32, 0x10, 0, 1))
    copy = clean(bmp(dib(3, 2, 4, compression=2, colours=4), runs, palette=PALETTE))

    assert shown_pixels(copy.data) == [W, B, G, R, G, B]


def test_runs_of_colours_as_in_os2():
    runs = bytes((3, 0, 0, 255, 0, 0)) + bytes((0, 3, 0, 255, 0, 255, 0, 0, 0, 0, 255, 99)) + bytes((0, 1))
    copy = clean(bmp(dib(3, 2, 24, size=64, compression=4), runs))

    assert shown_pixels(copy.data) == [G, B, R, R, R, R]


def test_a_fax_as_in_os2():
    """Two rows of T.4: two white and one black; three white."""
    bits = "000000000001" + "0111" + "010" + "000000000001" + "1000"
    packed = int(bits.ljust(48, "0"), 2).to_bytes(6)
    copy = clean(bmp(dib(3, 2, 1, size=64, compression=3), packed, palette=quads(COLOURS[:6])))

    assert shown_pixels(copy.data) == [R, R, R, R, R, G]


@pytest.mark.parametrize("path", corpus("bmp", "IMG-23"), ids=lambda path: path.name)
def test_real_runs_look_as_they_did(path):
    untrusted = path.read_bytes()
    copy = clean(untrusted)

    assert "IMG-23" in copy.vectors
    assert pictures_of(copy.data) == pictures_of(untrusted)


@pytest.mark.parametrize("runs", [bytes((255, 1) * 3), bytes((0, 2, 9, 9, 1, 1)), bytes((0, 2, 0, 200, 1, 1)), b""])
def test_runs_beyond_the_picture_are_left_out(runs):
    copy = clean(bmp(dib(2, 2, 8, compression=1, colours=4), runs or b"\0", palette=PALETTE))

    assert len(shown_pixels(copy.data)) == 4


# pictures in place of pixels


@pytest.mark.parametrize(
    ("compression", "picture", "copy_type"),
    [(4, jpeg(scene()), "image/jpeg"), (5, png_of(scene()), "image/png")],
)
def test_a_file_in_place_of_pixels_goes_through_the_whole_pipeline(compression, picture, copy_type):
    policy = Policy(name="pictures", admit=frozenset({"image/bmp", "image/jpeg", "image/png"}))
    header = dib(40, 24, 0, compression=compression, image_bytes=len(picture))
    outcome = sanitize(bmp(header, picture), Order(name="a.bmp", policy=policy))

    assert outcome.report.verdict is Verdict.SANITIZED
    assert outcome.report.copy_type == copy_type
    assert [member.media_type for member in outcome.report.members] == [copy_type]
    assert Image.open(io.BytesIO(outcome.data)).size == (40, 24)


def test_a_file_in_place_of_pixels_that_is_withheld_withholds_the_whole():
    policy = Policy(name="pictures", admit=frozenset({"image/bmp", "image/jpeg"}))
    outcome = sanitize(bmp(dib(2, 2, 0, compression=4), b"MZ no picture at all"), Order(name="a.bmp", policy=policy))

    assert outcome.report.verdict is Verdict.BLOCKED


# what is left behind


def test_a_linked_profile_is_not_followed():
    """The path may lead to another machine, which then learns who looks (IMG-22)."""
    copy = clean(with_profile(b"KNIL", LINK))

    assert copy.vectors == ["IMG-22"]
    assert b"host" not in copy.data


def test_an_embedded_profile_in_use_is_replaced_by_ours():
    copy = clean(with_profile(b"DEBM", PROFILES["Display P3"]))

    assert b"iCCP" in names_of(copy.data)
    assert shown_pixels(copy.data) == [R, G, B, W]


def test_a_profile_of_srgb_is_dropped():
    assert b"iCCP" not in names_of(clean(with_profile(b"BGRs", PROFILES["Display P3"])).data)


@pytest.mark.parametrize("at", [100, 124, 5000])
def test_a_profile_in_another_place_is_refused(at):
    with pytest.raises(MalformedError):
        rebuild(BMP, with_profile(b"KNIL", LINK, at=at))


def test_end_points_and_gammas_are_told():
    header = dib(2, 2, 8, size=108, colours=4, more=bytes(20) + struct.pack("<9I", *range(1, 10)))

    assert clean(bmp(header, TWO_ROWS, palette=PALETTE)).vectors == ["IMG-07"]


@pytest.mark.parametrize(
    ("untrusted", "vector"),
    [
        (bmp(dib(2, 2, 8, colours=4), TWO_ROWS, palette=PALETTE, gap=b"hidden in a gap"), "IMG-23"),
        (bmp(dib(2, 2, 8, colours=4), TWO_ROWS, palette=PALETTE, behind=b"hidden behind"), "IMG-09"),
        (bmp(dib(2, 2, 8, colours=4), bytes((2, 3)) + b"hi" + bytes((0, 1)) + b"de", palette=PALETTE), "IMG-23"),
        (bmp(dib(2, 2, 24), bytes(6) + b"hi" + bytes(6) + b"de"), "IMG-23"),
        (bmp(dib(2, 2, 1), bytes((0x3F, 0, 0, 0)) * 2, palette=quads(COLOURS[:6])), "IMG-39"),
        (bmp(dib(2, 2, 8, colours=6), TWO_ROWS, palette=PALETTE + b"hide" * 2), "IMG-39"),
        (bmp(dib(2, 2, 24, colours=3), bytes(16), palette=b"hide" * 3), "IMG-39"),
        (bmp(dib(2, 2, 4, colours=20), bytes(8), palette=bytes(64) + b"hide" * 4), "IMG-39"),
    ],
    ids=[
        "gap",
        "behind",
        "padding of indexes",
        "padding of colours",
        "bits",
        "colours",
        "no use for colours",
        "too many",
    ],
)
def test_what_hides_around_the_pixels_is_left_behind(untrusted, vector):
    copy = clean(untrusted)

    assert vector in copy.vectors
    assert b"hid" not in copy.data


def test_zeros_around_the_pixels_hide_nothing():
    copy = clean(bmp(dib(2, 2, 8, colours=4), TWO_ROWS, palette=PALETTE, gap=bytes(10), behind=bytes(2)))

    assert copy.findings == ()


def test_an_index_beyond_the_colours_is_black():
    copy = clean(bmp(dib(2, 2, 8, colours=2), TWO_ROWS, palette=PALETTE[:8]))

    assert "IMG-39" in copy.vectors
    assert shown_pixels(copy.data) == [R, G, (0, 0, 0, 255), (0, 0, 0, 255)]


# what is refused


@pytest.mark.parametrize("path", corpus("bmp", "malformed"), ids=lambda path: path.name)
def test_broken_files_are_refused(path):
    with pytest.raises(MalformedError):
        rebuild(BMP, path.read_bytes())


@pytest.mark.parametrize(
    "header",
    [
        dib(0, 2, 8),
        dib(-2, 2, 8),
        dib(2, 2, 8, planes=3),
        dib(2, 2, 7),
        dib(2, 2, 8, compression=2),
        dib(2, -2, 8, compression=1),
        dib(2, 2, 16, compression=3) + struct.pack("<3I", 0xF800, 0x0FE0, 0x001F),
        dib(2, 2, 16, compression=3) + struct.pack("<3I", 0b101, 0x07E0, 0xF800),
        dib(2, 2, 16, compression=3) + struct.pack("<3I", 0xFF0000, 0x07E0, 0x001F),
        dib(2, 2, 16, compression=3) + bytes(12),
        dib(2, 2, 8, size=200),
        dib(2000, 2, 24),
    ],
    ids=[
        *("no width", "negative width", "planes", "depth", "half bytes of 8 bits", "runs from the top"),
        *("masks share bits", "masks with holes", "masks beyond the pixel", "no masks", "header", "pixels missing"),
    ],
)
def test_headers_that_make_no_sense_are_refused(header):
    with pytest.raises(MalformedError):
        rebuild(BMP, bmp(header, bytes(16)))


@pytest.mark.parametrize("header", [dib(2, 2, 64), dib(2, 2, 8, compression=11)], ids=["64 bits", "CMYK runs"])
def test_what_no_viewer_reads_is_refused(header):
    with pytest.raises(UnsupportedError):
        rebuild(BMP, bmp(header, bytes(64)))


def test_a_header_of_a_huge_picture_is_refused_before_it_is_unpacked():
    with pytest.raises(LimitError):
        rebuild(BMP, bmp(dib(1 << 30, 1 << 30, 8, compression=1), b"\0\1"))


def test_a_policy_may_block_a_linked_profile():
    with pytest.raises(BlockedError):
        clean(with_profile(b"KNIL", LINK), ordering(IMG_22=Action.BLOCK))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged([PLAIN] + [path.read_bytes() for path in corpus("bmp") if path.stat().st_size < 6000]))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    policy = limited(max_pixels=1 << 18)
    try:
        rebuild(BMP, untrusted, policy)
    except InputError:
        return
    clean(untrusted, policy)


# parts


def test_headers_tell_how_many_colours_and_bytes_a_row_has():
    found = parser.read_header(memoryview(dib(7, 3, 4)))

    assert (found.stride, found.row_bytes, found.colours) == (4, 4, 16)


def test_bytes_between_parts_are_found_and_shared_ones_too():
    assert unclaimed([(0, 4), (6, 8), (7, 9)], 12) == [(4, 6), (9, 12)]
    assert overlap([(0, 4), (6, 8), (7, 9)])
    assert not overlap([(4, 6), (0, 4), (5, 5)])

"""PNG and APNG: what is left behind, what is carried over, and that a copy is left as it is."""

import io
import struct
import zlib

import pytest
from PIL import Image

from policies.model import Policy
from policies.terms import Action
from sanitizers.codecs.deflate import deflate_zlib
from sanitizers.errors import BlockedError, LimitError, MalformedError, UnsupportedError
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.png import PNG
from sanitizers.formats.png.allow import SRGB_CHROMATICITIES, SRGB_GAMMA
from sanitizers.parsers.exif import write_orientation
from tests.sanitizers.pictures import (
    GRAY,
    GRAY_ALPHA,
    LENIENT,
    LOSSLESS,
    PALETTE,
    RGB,
    RGBA,
    Rebuilt,
    chunk,
    chunks_of,
    corpus,
    idat,
    ihdr,
    limited,
    names_of,
    ordering,
    png,
    png_of,
    rebuild,
    rows,
    scene,
    square,
)

FOREIGN_PROFILE = PROFILES["Display P3"].replace(struct.pack(">i", round(0.2412 * 65536)), struct.pack(">i", 9000))


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    return rebuild(PNG, untrusted, policy)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def iccp(profile: bytes) -> bytes:
    return chunk(b"iCCP", b"name\0\0" + zlib.compress(profile))


# what is left behind


@pytest.mark.parametrize(
    ("extra", "vector"),
    [
        (chunk(b"tEXt", b"Comment\0<?php echo 1; ?>"), "IMG-13"),
        (chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(10_000_000))), "IMG-13"),
        (chunk(b"iTXt", b"Comment\0\0\0\0\0text"), "IMG-13"),
        (chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>"), "IMG-05"),
        (chunk(b"tEXt", b"Raw profile type iptc\0\niptc\n 2\n3842"), "IMG-06"),
        (chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 2\n4949"), "IMG-03"),
        (chunk(b"tIME", bytes(7)), "IMG-13"),
        (chunk(b"prIv", b"anything"), "IMG-13"),
        (chunk(b"iDOT", bytes(28)), "IMG-13"),
        (chunk(b"caBX", b"manifest"), "IMG-40"),
        (chunk(b"eXIf", b"II*\0\x08\0\0\0\1\0\x10\1\2\0\4\0\0\0X1\0\0\0\0\0\0"), "IMG-03"),
        (chunk(b"eXIf", write_orientation(1)), "IMG-03"),
        (chunk(b"gAMA", (2200).to_bytes(4)), "IMG-17"),
        (chunk(b"cHRM", bytes(32)), "IMG-17"),
        (chunk(b"cICP", b"\2\2\0\1"), "IMG-17"),
        (chunk(b"sBIT", b"\x09"), "IMG-17"),
        (chunk(b"bKGD", b"\1\0"), "IMG-17"),
        (chunk(b"tRNS", b"\0"), "IMG-17"),
        (chunk(b"pHYs", bytes(8) + b"\2"), "IMG-17"),
        (chunk(b"pHYs", bytes(9), crc_error=1), "IMG-17"),
        (chunk(b"sRGB", b"\0") * 2, "IMG-17"),
        (chunk(b"sRGB", b"\0") + chunk(b"cICP", b"\1\x0d\0\1"), "IMG-17"),
        (chunk(b"hIST", bytes(2)), "IMG-39"),
        (chunk(b"PLTE", bytes(3)), "IMG-39"),
        (chunk(b"sPLT", b"name\0\x08"), "IMG-39"),
        (iccp(b"no profile"), "IMG-07"),
        (chunk(b"iCCP", b"name\0\0no stream"), "IMG-07"),
        (chunk(b"fdAT", bytes(8)), "IMG-16"),
    ],
)
def test_what_is_said_beside_the_picture_is_left_behind_and_told(extra, vector):
    copy = clean(square(extra))

    assert vector in copy.vectors
    assert set(names_of(copy.data)) <= {b"IHDR", b"sRGB", b"cICP", b"IDAT", b"IEND"}
    assert copy.image.tobytes() == opened(square()).tobytes()
    assert clean(copy.data) == Rebuilt(copy.data, ())


@pytest.mark.parametrize("name", [b"gAMA", b"tRNS", b"sRGB", b"pHYs"])
def test_chunks_out_of_their_place_are_left_behind(name):
    """Viewers differ about them (IMG-17)."""
    body = {b"gAMA": SRGB_GAMMA, b"tRNS": b"\0\x10", b"sRGB": b"\0", b"pHYs": bytes(9)}[name]

    assert clean(square(after=[chunk(name, body)])).vectors == ["IMG-17"]
    assert clean(square(chunk(name, body))).vectors == []


@pytest.mark.parametrize(
    ("behind", "vector"),
    [
        (b"PK\x03\x04" + bytes(40), "IMG-09"),
        (b"\n", "IMG-09"),
        (idat(bytes(50)) + chunk(b"IEND"), "IMG-15"),
    ],
)
def test_bytes_behind_iend_are_left_behind(behind, vector):
    """IMG-15: what an editor that only overwrote the front of a larger file left there (CVE-2023-21036)."""
    copy = clean(square(behind=behind))

    assert copy.vectors == [vector]
    assert copy.data == clean(square()).data


@pytest.mark.parametrize(
    "packed",
    [
        zlib.compress(rows(b"\1\2", b"\3\4")) + b"behind the stream",
        zlib.compress(rows(b"\1\2", b"\3\4") + b"behind the rows"),
        zlib.compress(rows(b"\1\2", b"\3\4") + bytes(50_000_000)),
    ],
    ids=["stream", "rows", "bomb"],
)
def test_what_hides_behind_the_last_row_is_left_behind(packed):
    copy = clean(png(ihdr(2, 2, 8, GRAY), chunk(b"IDAT", packed)))

    assert copy.vectors == ["IMG-15"]
    assert copy.image.tobytes() == b"\1\2\3\4"
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_pixels_apart_from_the_picture_are_left_behind():
    copy = clean(square(after=[chunk(b"tIME", bytes(7)), idat(b"old picture")]))

    assert copy.vectors == ["IMG-13", "IMG-15"]


@pytest.mark.parametrize("path", corpus("png", "IMG-*"), ids=lambda path: path.name)
def test_corpus_files_tell_the_vector_of_their_folder(path):
    assert path.parent.name in clean(path.read_bytes()).vectors


@pytest.mark.parametrize("path", corpus("png", "good"), ids=lambda path: path.name)
def test_a_plain_picture_is_clean(path):
    assert clean(path.read_bytes()).findings == ()


@pytest.mark.parametrize("path", corpus("png", "malformed"), ids=lambda path: path.name)
def test_what_is_no_png_is_refused(path):
    with pytest.raises(MalformedError):
        clean(path.read_bytes())


# what is carried over


@pytest.mark.parametrize(
    "extra",
    [
        (chunk(b"sRGB", b"\1"),),
        (chunk(b"gAMA", SRGB_GAMMA), chunk(b"cHRM", SRGB_CHROMATICITIES)),
        (chunk(b"cICP", b"\x09\x10\0\1"),),
        (chunk(b"sBIT", b"\5"),),
        (chunk(b"tRNS", b"\0\x80"),),
        (chunk(b"bKGD", b"\0\xff"),),
        (chunk(b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),),
        (chunk(b"eXIf", write_orientation(6)),),
    ],
)
def test_what_tells_how_to_show_the_picture_is_kept(extra):
    copy = clean(square(*extra))

    assert copy.findings == ()
    assert all(part in copy.data for part in extra)


def test_the_way_up_is_kept_as_the_only_tag():
    block = b"II*\0\x08\0\0\0\2\0\x10\1\2\0\4\0\0\0X1\0\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"
    digits = b"\nexif\n      44\n" + (b"Exif\0\0" + block).hex().encode()
    carriers = [
        chunk(b"eXIf", block),
        chunk(b"tEXt", b"Raw profile type exif\0" + digits),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(digits)),
        chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>'),
    ]
    for carrier in carriers:
        copy = clean(square(carrier))

        assert copy.vectors in (["IMG-03"], ["IMG-05"])
        assert dict(chunks_of(copy.data))[b"eXIf"] == write_orientation(6)


DEPTHS = [(GRAY, 1), (GRAY, 2), (GRAY, 4), (GRAY, 8), (GRAY, 16), (RGB, 8), (RGB, 16), (PALETTE, 1), (PALETTE, 2),
          (PALETTE, 4), (PALETTE, 8), (GRAY_ALPHA, 8), (GRAY_ALPHA, 16), (RGBA, 8), (RGBA, 16)]  # fmt: skip
SAMPLES = {GRAY: 1, RGB: 3, PALETTE: 1, GRAY_ALPHA: 2, RGBA: 4}


@pytest.mark.parametrize(("colour", "depth"), DEPTHS)
@pytest.mark.parametrize("interlaced", [0, 1])
def test_every_colour_depth_and_interlace_keeps_its_pixels(colour, depth, interlaced):
    palette = [chunk(b"PLTE", (bytes(range(256)) * 3)[: 3 * 2**depth])] if colour == PALETTE else []
    for width, height in ((1, 1), (5, 3), (9, 17)):
        header = ihdr(width, height, depth, colour, interlaced)
        data = png(header, *palette, idat(pattern(width, height, SAMPLES[colour] * depth, interlaced)))
        copy = clean(data)

        assert copy.vectors == []
        assert copy.image.tobytes() == opened(data).tobytes()
        assert clean(copy.data) == Rebuilt(copy.data, ())


def pattern(width: int, height: int, pixel_bits: int, interlaced: int) -> bytes:
    """Rows of all passes, with samples that are zero nowhere (so that no alpha is)."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    sizes = (
        [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
        if interlaced
        else [(width, height)]
    )
    out = b""
    for across, down in sizes:
        if across > 0 and down > 0:
            size = (across * pixel_bits + 7) // 8
            out += rows(*[b"\x55" * size] * down)
    return out


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_keeps_its_pixels(kind):
    data = png(ihdr(3, 2, 8, RGB), idat(rows(bytes(range(9)), bytes(range(9, 18)), filters=[kind, kind])))

    assert clean(data).image.tobytes() == opened(data).tobytes()


def test_pixels_in_several_idats_become_one():
    raw = zlib.compress(rows(b"\1\2", b"\3\4"))
    copy = clean(png(ihdr(2, 2, 8, GRAY), *(chunk(b"IDAT", raw[at : at + 1]) for at in range(len(raw)))))

    assert copy.vectors == []
    assert names_of(copy.data) == [b"IHDR", b"IDAT", b"IEND"]


def test_the_lossless_class_does_the_same():
    data = png_of(scene("RGBA"))

    assert clean(data, LOSSLESS) == clean(data)


# colour


@pytest.mark.parametrize("name", PROFILES)
def test_a_wide_space_keeps_its_colours_under_a_profile_of_ours(name):
    copy = clean(png_of(scene(), icc_profile=PROFILES[name]))

    assert copy.findings == ()
    assert copy.image.info["icc_profile"] == PROFILES[name]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_colours_of_another_space_are_converted(mode):
    image = Image.new("RGB", (8, 8), (200, 30, 30)).convert(mode)
    copy = clean(png_of(image, icc_profile=FOREIGN_PROFILE))

    assert copy.vectors == ["IMG-07"]
    assert copy.image.mode == mode and "icc_profile" not in copy.image.info
    assert copy.image.convert("RGB").getpixel((4, 4)) != (200, 30, 30)
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_16_bit_colours_of_another_space_are_converted():
    data = png(
        ihdr(1, 1, 16, RGB), iccp(FOREIGN_PROFILE), chunk(b"sBIT", b"\x10" * 3), idat(rows(b"\xc8\0\x1e\0\x1e\0"))
    )
    copy = clean(data)

    assert copy.vectors == ["IMG-07"]
    assert chunks_of(copy.data)[0][1][8] == 8 and b"sBIT" not in names_of(copy.data)


def test_a_profile_bomb_is_blocked():
    """IMG-14: nothing is inflated beyond what a profile can need."""
    with pytest.raises(BlockedError, match="IMG-14"):
        clean(square(iccp(bytes(100_000_000))))


# colours that nobody sees


@pytest.mark.parametrize(
    ("colour", "depth", "pixels", "cleared"),
    [
        (RGBA, 8, b"\1\2\3\0\4\5\6\7", b"\0\0\0\0\4\5\6\7"),
        (GRAY_ALPHA, 8, b"\1\0\4\5", b"\0\0\4\5"),
        (GRAY_ALPHA, 16, b"\1\2\0\0\4\5\0\1", b"\0\0\0\0\4\5\0\1"),
        (RGBA, 16, b"\1\2\3\4\5\6\0\0\1\2\3\4\5\6\0\1", bytes(8) + b"\1\2\3\4\5\6\0\1"),
    ],
)
@pytest.mark.parametrize("interlaced", [0, 1])
def test_colours_under_zero_alpha_are_cleared(colour, depth, pixels, cleared, interlaced):
    """IMG-38: a picture under a transparent one."""
    size = len(pixels) // 2
    raw = rows(pixels[:size]) + rows(pixels[size:]) if interlaced else rows(pixels)
    copy = clean(png(ihdr(2, 1, depth, colour, interlaced), idat(raw)))

    assert copy.vectors == ["IMG-38"]
    assert unfiltered(copy.data) == cleared
    assert clean(copy.data) == Rebuilt(copy.data, ())


def unfiltered(data: bytes) -> bytes:
    """The samples of a picture of one row, filtered with none or sub."""
    raw = zlib.decompress(dict(chunks_of(data))[b"IDAT"])
    pixel = (len(raw) - 1) // 2
    first, second = raw[1 : 1 + pixel], raw[1 + pixel :]
    if raw[0] == 1:
        second = bytes((a + b) & 255 for a, b in zip(first, second, strict=True))
    assert raw[0] in (0, 1)
    return first + second


def test_colours_under_zero_alpha_stay_where_the_policy_keeps_them():
    data = png(ihdr(1, 1, 8, RGBA), idat(rows(b"\1\2\3\0")))
    copy = clean(data, ordering(IMG_38=Action.KEEP))

    assert copy.vectors == []
    assert copy.image.getpixel((0, 0)) == (1, 2, 3, 0)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_an_opaque_picture_is_told_from_its_rows_for_every_filter(mode):
    """No pixel is decoded for a screenshot with a full alpha channel."""
    image = scene(mode[:-1], (37, 21)).convert(mode)

    assert clean(png_of(image)).vectors == []
    assert clean(png_of(image)).image.tobytes() == image.tobytes()


def test_several_transparent_colours_of_a_palette_become_one():
    palette, alpha = chunk(b"PLTE", bytes(range(12))), chunk(b"tRNS", b"\0\xff\0")
    copy = clean(png(ihdr(4, 1, 2, PALETTE), palette, alpha, idat(rows(b"\x1b"))))

    assert copy.vectors == ["IMG-38"]
    assert dict(chunks_of(copy.data))[b"PLTE"] == b"\0\1\2\3\4\5\0\1\2\x09\x0a\x0b"


def test_colours_that_no_index_reaches_are_left_behind():
    """IMG-39: a payload behind the palette."""
    copy = clean(png(ihdr(4, 1, 2, PALETTE), chunk(b"PLTE", bytes(range(15))), idat(rows(b"\x1b"))))

    assert copy.vectors == ["IMG-39"]
    assert dict(chunks_of(copy.data))[b"PLTE"] == bytes(range(12))


@pytest.mark.parametrize("line", [rows(b"\0\1\5"), rows(b"\0\1\4", filters=[1])], ids=["plain", "filtered"])
def test_indexes_without_a_colour_get_black(line):
    copy = clean(png(ihdr(3, 1, 8, PALETTE), chunk(b"PLTE", b"\xff" * 6), idat(line)))

    assert copy.vectors == ["IMG-39"]
    assert dict(chunks_of(copy.data))[b"PLTE"] == b"\xff" * 6 + bytes(12)
    assert clean(copy.data) == Rebuilt(copy.data, ())


SCRIPT = b"<?php echo 1; ?>"


@pytest.mark.parametrize("depth", [4, 8])
def test_a_palette_that_spells_a_script_is_moved_by_one_step(depth):
    """Colours stand in the file as they are (IMG-39)."""
    palette = (SCRIPT + bytes(768))[: 3 * 2**depth]
    alpha = b"\x80<?=`ls`?>\xff"[: 2**depth]
    data = png(ihdr(1, 1, depth, PALETTE), chunk(b"PLTE", palette), chunk(b"tRNS", alpha), idat(rows(b"\0")))
    copy = clean(data)
    said = dict(chunks_of(copy.data))

    assert set(copy.vectors) == {"IMG-39"}
    assert b"<?" not in copy.data
    assert max(abs(a - b) for a, b in zip(said[b"PLTE"], palette, strict=True)) == 1
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_density_that_spells_a_script_is_left_behind():
    assert clean(square(chunk(b"pHYs", b"<?=`ls`?\1"))).vectors == ["IMG-17"]


def test_pixels_that_spell_a_script_are_packed_another_way():
    """Rows made so that their usual deflate stream is a line of PHP, as in uploads past a resizer (IMG-12)."""
    raw = zlib.decompressobj(-15).decompress(b"c\\<?=$_T[0];?>X\x80")
    data = png(ihdr(len(raw) - 1, 1, 8, GRAY), idat(raw))
    assert b"<?=$_T[0];?>" in deflate_zlib(raw)

    copy = clean(data)

    assert b"<?=" not in copy.data
    assert copy.image.tobytes() == opened(data).tobytes()
    assert clean(copy.data) == Rebuilt(copy.data, ())


# animation


def control(number: int, size: tuple[int, int] = (2, 2)) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *size, 0, 0, 1, 10, 0, 0))


def frame_data(number: int) -> bytes:
    return chunk(b"fdAT", struct.pack(">I", number) + zlib.compress(rows(b"\1\2", b"\3\4")))


def moving(*, count: int = 2, frames: int = 2, size: tuple[int, int] = (2, 2), plays: int = 0) -> bytes:
    """A gray animation whose first frame is the still picture, and whose later ones have this size."""
    later = [part for n in range(1, frames) for part in (control(2 * n - 1, size), frame_data(2 * n))]
    return square(chunk(b"acTL", struct.pack(">II", count, plays)), control(0), after=later)


def test_an_animation_is_rebuilt_frame_by_frame():
    copy = clean(moving(plays=3))

    assert [(finding.vector, finding.action) for finding in copy.findings] == [("IMG-16", Action.KEEP)]
    assert names_of(copy.data) == [b"IHDR", b"acTL", b"fcTL", b"IDAT", b"fcTL", b"fdAT", b"IEND"]
    assert copy.image.n_frames == 2 and copy.image.info["loop"] == 3
    assert clean(copy.data).data == copy.data


def test_an_animation_without_the_still_picture_is_kept():
    turned = [scene().rotate(90), scene().rotate(180)]
    data = png_of(scene(), save_all=True, append_images=turned, default_image=True)
    copy = clean(data)

    assert copy.vectors == []
    assert copy.image.n_frames == opened(data).n_frames == 3
    assert clean(copy.data).data == copy.data


def test_a_policy_may_want_the_still_picture_alone():
    copy = clean(moving(), ordering(IMG_16=Action.REMOVE))

    assert copy.vectors == ["IMG-16"]
    assert names_of(copy.data) == [b"IHDR", b"IDAT", b"IEND"]


@pytest.mark.parametrize(("count", "frames", "kept"), [(1, 3, 1), (3, 2, 2)])
def test_frames_that_are_not_announced_are_left_behind(count, frames, kept):
    copy = clean(moving(count=count, frames=frames))

    assert copy.vectors == ["IMG-16"]
    assert copy.image.info.get("duration") is not None
    assert names_of(copy.data).count(b"fcTL") == kept
    assert clean(copy.data).vectors == []


def test_an_animation_that_is_none_leaves_the_still_picture():
    copy = clean(moving(size=(3, 3)))

    assert set(copy.vectors) == {"IMG-16"}
    assert names_of(copy.data) == [b"IHDR", b"IDAT", b"IEND"]


def test_a_flood_of_frames_is_refused():
    with pytest.raises(LimitError, match="frames"):
        clean(moving(count=1_001))


# limits and structure


def test_a_picture_too_large_is_refused_before_it_is_inflated():
    with pytest.raises(LimitError, match="pixels"):
        clean(png(ihdr(30_000, 30_000, 8, RGBA), idat(b"")), limited(max_pixels=120_000_000))


@pytest.mark.parametrize(
    "data",
    [
        png(ihdr(2, 2, 8, GRAY), idat(rows(b"\1\2"))),  # a row too few
        png(ihdr(2, 2, 8, GRAY), idat(rows(b"\1\2", b"\3\4", filters=[0, 5]))),  # an unknown filter
        png(ihdr(2, 2, 8, GRAY), chunk(b"IDAT", b"no stream")),
        png(ihdr(2, 2, 8, GRAY), chunk(b"IDAT", zlib.compress(rows(b"\1\2", b"\3\4")), crc_error=1)),
        png(ihdr(2, 2, 8, GRAY), chunk(b"CRIT", b""), idat(rows(b"\1\2", b"\3\4"))),
        png(ihdr(2, 2, 8, GRAY)),
        png(ihdr(0, 2, 8, GRAY), idat(b"")),
        png(ihdr(2, 2, 3, GRAY), idat(b"")),
        png(ihdr(2, 2, 16, PALETTE), idat(b"")),
        png(ihdr(2, 2, 8, 1), idat(b"")),
        png(ihdr(2, 2, 8, GRAY, 2), idat(b"")),
        png(ihdr(2, 2, 8, PALETTE), idat(rows(b"\0\0", b"\0\0"))),  # no palette
        png(ihdr(2, 2, 8, PALETTE), chunk(b"PLTE", b"\1"), idat(rows(b"\0\0", b"\0\0"))),
        png(chunk(b"tEXt", b""), ihdr(2, 2, 8, GRAY), idat(rows(b"\1\2", b"\3\4"))),
        square()[:40],
        b"\x89PNG\r\n\x1a\n",
    ],
)
def test_broken_structure_is_refused(data):
    with pytest.raises(MalformedError):
        clean(data)


def test_pictures_for_iphone_programs_are_refused():
    with pytest.raises(UnsupportedError, match="CgBI"):
        clean(png(chunk(b"CgBI", bytes(4)), ihdr(2, 2, 8, GRAY)))


@pytest.mark.parametrize("end", [b"", chunk(b"IEND", crc_error=1), chunk(b"IEND")[:-3], chunk(b"IEND", b"hidden")])
def test_a_damaged_end_is_put_right(end):
    """Every viewer has shown the picture by then."""
    copy = clean(png(ihdr(2, 2, 8, GRAY), idat(rows(b"\x10\x80", b"\xf0\x40")), end=end))

    assert copy.data == clean(square()).data


def test_every_vector_that_is_told_is_announced():
    told = {vector for path in corpus("png", "IMG-*") for vector in clean(path.read_bytes()).vectors}

    assert told <= {vector.id for vector in PNG.vectors}

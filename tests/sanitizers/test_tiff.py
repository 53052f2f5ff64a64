"""TIFF: what is left behind, what is carried over in every layout, and that a copy is left as it is."""

import io
import struct
import zlib
from array import array

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, TiffImagePlugin

from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import (
    BlockedError,
    ForbiddenTypeError,
    InputError,
    LimitError,
    MalformedError,
    PurseError,
    UnsupportedError,
)
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.tiff import TIFF
from sanitizers.parsers import tiff as parser
from tests.sanitizers import pictures
from tests.sanitizers.pictures import Rebuilt, corpus, limited, ordering, scene
from tests.sanitizers.rasters import damaged, rebuilt_twice
from tests.sanitizers.tiffs import ASCII, LONG, LONG8, SHORT, UNDEFINED, Page, Value, rational, shape, tiff, tiles_of

SIZE = (37, 21)
FOREIGN_PROFILE = PROFILES["Display P3"].replace(struct.pack(">i", round(0.2412 * 65536)), struct.pack(">i", 9000))
FLAT: dict[int, Value] = shape(2, 2, (8,), 1)


def clean(untrusted: bytes, policy: Policy = pictures.LENIENT) -> Rebuilt:
    """The copy, which a second pass left as it was."""
    return rebuilt_twice(TIFF, untrusted, policy)


def opened(data: bytes, number: int = 0) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.seek(number)
    image.load()
    return image


def saved(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "TIFF", **options)
    return out.getvalue()


def flat(extra: dict[int, Value] | None = None, **options: object) -> bytes:
    """A gray square of 2 x 2 with further tags."""
    return tiff(Page([b"\x10\x80\xf0\x40"], FLAT | (extra or {})), **options)


def tags_of(data: bytes, number: int = 0) -> set[int]:
    return set(parser.parse(data, Budget(pictures.LENIENT.limits)).pages[number].entries)


def rows_of(image: Image.Image) -> list[bytes]:
    data, step = image.tobytes(), len(image.getbands()) * image.width
    return [data[at : at + step] for at in range(0, len(data), step)]


# what is left behind


@pytest.mark.parametrize(
    ("tag", "value", "vector"),
    [
        (270, (ASCII, b"a description\0"), "IMG-24"),
        (305, (ASCII, b"a program\0"), "IMG-24"),
        (315, (ASCII, b"a person\0"), "IMG-24"),
        (33432, (ASCII, b"whose\0"), "IMG-24"),
        (42112, (ASCII, b"<GDALMetadata/>\0"), "IMG-24"),
        (700, (UNDEFINED, b"<x:xmpmeta><?php ?></x:xmpmeta>"), "IMG-05"),
        (33723, (UNDEFINED, b"\x1c\x02\x05\0\1A"), "IMG-06"),
        (34377, (UNDEFINED, b"8BIM\4\4\0\0\0\0\0\0"), "IMG-06"),
        (34675, (UNDEFINED, b"no profile"), "IMG-07"),
        (65000, (LONG, (1, 2, 3)), "IMG-24"),
        (274, (SHORT, (9,)), "IMG-24"),
    ],
)
def test_what_is_said_beside_the_picture_is_left_behind_and_told(tag, value, vector):
    copy = clean(flat({tag: value}))

    assert copy.vectors == [vector]
    assert copy.data == clean(flat()).data


@pytest.mark.parametrize(
    ("tag", "inner", "vectors"),
    [
        (34853, {1: (ASCII, b"N\0")}, {"IMG-01"}),
        (34665, {36864: (UNDEFINED, b"0230")}, {"IMG-03"}),
        (34665, {37500: (UNDEFINED, b"maker's own")}, {"IMG-02", "IMG-03"}),
        (330, FLAT | {254: (LONG, (1,))}, {"IMG-04", "IMG-24"}),
        (330, FLAT, {"IMG-24"}),
    ],
)
def test_directories_below_a_page_are_told_and_left_behind(tag, inner, vectors):
    copy = clean(tiff(Page([b"\x10\x80\xf0\x40"], FLAT, below={tag: inner})))

    assert set(copy.vectors) == vectors
    assert copy.data == clean(flat()).data


def test_bytes_behind_and_between_the_parts_are_left_behind():
    copy = clean(flat(behind=b"PK\3\4 an archive"))
    assert copy.vectors == ["IMG-09"]

    between = clean(tiff(Page([b"\x10\x80\xf0\x40"], FLAT | {279: (LONG, (4,)), 278: (LONG, (2,))})))
    hidden = clean(tiff(Page([b"\x10\x80\xf0\x40" + b"hidden by a byte count"], FLAT | {279: (LONG, (4,))})))
    assert hidden.vectors == ["IMG-25"]
    assert hidden.data == between.data == copy.data


def test_bytes_in_a_strip_beyond_its_rows_are_left_behind():
    copy = clean(tiff(Page([b"\x10\x80\xf0\x40 hidden"], FLAT)))

    assert copy.vectors == ["IMG-25"]
    assert copy.data == clean(flat()).data


def test_a_smaller_copy_and_a_mask_are_no_pages():
    small = Page([b"\1"], shape(1, 1, (8,), 1) | {254: (LONG, (1,))})
    mask = Page([b"\1\1"], shape(2, 2, (1,), 4) | {254: (LONG, (4,))})

    copy = clean(tiff(Page([b"\x10\x80\xf0\x40"], FLAT), small, mask))

    assert copy.vectors == ["IMG-04", "IMG-24"]
    assert copy.data == clean(flat()).data


def test_pages_that_all_call_themselves_smaller_are_all_kept():
    page = Page([b"\x10\x80\xf0\x40"], FLAT | {254: (LONG, (1,))})

    assert opened(clean(tiff(page, page)).data).n_frames == 2


def test_the_policy_may_block_what_it_wants():
    with pytest.raises(BlockedError):
        clean(flat({305: (ASCII, b"a program\0")}), ordering(IMG_24=Action.BLOCK))


@pytest.mark.parametrize(
    "tags",
    [
        {50706: (UNDEFINED, b"\1\4\0\0")},
        {262: (SHORT, (32803,))},
        {262: (SHORT, (34892,))},
        {259: (SHORT, (34713,))},
        {33422: (UNDEFINED, b"\0\1\1\2")},
    ],
)
def test_camera_raw_is_refused(tags):
    with pytest.raises(ForbiddenTypeError) as refusal:
        clean(flat(tags))
    assert refusal.value.vector.id == "IMG-26"

    below = Page([b"\x10\x80\xf0\x40"], FLAT, below={330: FLAT | tags})
    with pytest.raises(ForbiddenTypeError):
        clean(tiff(below))


# what is carried over


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_big", [False, True])
def test_density_orientation_and_page_numbers_are_written_anew(order, is_big):
    said = {
        282: rational(6003, 30, order),
        283: rational(98, 1, order),
        296: (SHORT, (2,)),
        274: (SHORT, (6,)),
        297: (SHORT, (7, 9)),
    }
    page = Page([b"\x10\x80\xf0\x40"], FLAT | said)

    copy = clean(tiff(page, page, order=order, is_big=is_big))

    assert copy.vectors == (["IMG-25"] if is_big else [])
    image = Image.open(io.BytesIO(copy.data))
    assert (image.n_frames, image.tag_v2[282], image.tag_v2[283], image.tag_v2[296]) == (2, 200.1, 98, 2)
    assert (image.tag_v2[274], image.tag_v2[297]) == (6, (0, 2))
    assert tags_of(copy.data, 1) == {254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 282, 283, 296, 297}


@pytest.mark.parametrize(("mode", "bands"), [("L", 1), ("RGB", 3), ("RGBA", 4), ("CMYK", 4)])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("is_planar", [False, True])
@pytest.mark.parametrize("is_tiled", [False, True])
def test_every_layout_shows_the_same_picture(mode, bands, order, is_planar, is_tiled):
    """Planes, tiles and byte orders come out as strips of whole pixels."""
    image = scene("RGB", SIZE).convert(mode)
    photometric = {"L": 1, "RGB": 2, "RGBA": 2, "CMYK": 5}[mode]
    tags = shape(*SIZE, (8,) * bands, photometric)
    if mode == "RGBA":
        tags[338] = SHORT, (2,)
    planes = [rows_of(band) for band in image.split()] if is_planar else [rows_of(image)]
    step = 1 if is_planar else bands
    if is_planar:
        tags[284] = SHORT, (2,)
    if is_tiled:
        tags |= {322: (SHORT, (16,)), 323: (SHORT, (16,))}
        blocks = [tile for plane in planes for tile in tiles_of(plane, step, 16, 16)]
    else:
        tags[278] = SHORT, (8,)
        blocks = [b"".join(plane[at : at + 8]) for plane in planes for at in range(0, SIZE[1], 8)]

    copy = clean(tiff(Page(blocks, tags, is_tiled), order=order))

    assert opened(copy.data).mode == mode
    assert opened(copy.data).tobytes() == image.tobytes()


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_deflate", "tiff_adobe_deflate", "lzma", "zstd"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB"])
@pytest.mark.parametrize("predictor", [1, 2])
def test_every_packing_shows_the_same_picture(mode, compression, predictor):
    image = _in(mode)
    info = TiffImagePlugin.ImageFileDirectory_v2()
    if predictor == 2 and mode != "1":
        info[317] = 2  # PackBits knows none: a reader ignores it
    untrusted = saved(image, compression=compression, strip_size=900, tiffinfo=info)

    copy = opened(clean(untrusted).data)

    assert copy.mode == opened(untrusted).mode
    assert copy.tobytes() == opened(untrusted).tobytes()


def _words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}H", *values)


@pytest.mark.parametrize(
    ("bits", "photometric", "more", "samples", "shown"),
    [
        ((8,), 1, {339: (SHORT, (2,))}, bytes((0, 200)), ("L", bytes((0, 200)))),
        ((8, 8), 0, {338: (SHORT, (2,))}, bytes((0, 255, 200, 9)), ("LA", bytes((255, 255, 55, 9)))),
        ((8, 8), 0, {338: (SHORT, (2,))}, bytes((7, 0, 200, 9)), ("LA", bytes((0, 0, 55, 9)))),
        ((16, 16), 1, {338: (SHORT, (2,))}, _words(0x1234, 0xFFFF, 0x8000, 0x7F00), ("LA", b"\x12\xff\x80\x7f")),
        ((16, 16), 0, {338: (SHORT, (2,))}, _words(0x1234, 0xFFFF, 0x8000, 0x7F00), ("LA", b"\xed\xff\x7f\x7f")),
        ((32,), 0, {}, struct.pack("<2I", 0xFFFFFFFF, 0xFFFFFFFE), ("I", struct.pack("<2I", 0, 1))),
        ((16, 16, 16), 8, {}, _words(0x8000, 0x0100, 0xFF00, 0xFFFF, 0, 0), ("LAB", b"\x80\x01\xff\xff\0\0")),
    ],
    ids=["bytes with a sign", "white", "white, hidden", "deep gray", "deep white", "white of 32 bits", "deep Lab"],
)
def test_kinds_that_few_programs_open_become_ones_that_all_open(bits, photometric, more, samples, shown):
    copy = clean(tiff(Page([samples], shape(2, 1, bits, photometric) | more)))

    assert (opened(copy.data).mode, opened(copy.data).tobytes()) == shown


def _in(mode: str) -> Image.Image:
    match mode:
        case "I;16":
            return Image.frombytes("I;16", SIZE, array("H", range(0, 37 * 21 * 80, 80)).tobytes())
        case "LAB":
            return Image.merge("LAB", scene("RGB", SIZE).split())
        case "P":
            return scene("RGB", SIZE).quantize(30)
    return scene("RGB", SIZE).convert(mode)


@pytest.mark.parametrize("mode", ["L", "P"])
@pytest.mark.parametrize("bits", [1, 2, 4])
def test_samples_of_a_few_bits_keep_them_and_hide_nothing_in_their_padding(mode, bits):
    values = [(x + y) % (1 << bits) for y in range(5) for x in range(7)]
    packed = []
    for y in range(5):
        line = "".join(f"{value:0{bits}b}" for value in values[7 * y : 7 * y + 7])
        line += "1" * (-len(line) % 8)  # hidden
        packed.append(int(line, 2).to_bytes(len(line) // 8))
    tags = shape(7, 5, (bits,), 1 if mode == "L" else 3)
    if mode == "P":
        colours = [257 * round(255 * index / ((1 << bits) - 1)) for index in range(1 << bits)]
        tags[320] = SHORT, colours * 3

    copy = clean(tiff(Page([b"".join(packed)], tags)))

    shown = opened(copy.data).convert("L")
    top = (1 << bits) - 1
    assert shown.tobytes() == bytes(255 * value // top for value in values)
    cleared = tiff(Page([bytes(byte & 0xFE for byte in b"".join(packed))], tags))
    assert clean(cleared).data == copy.data if bits == 1 else True


@pytest.mark.parametrize(
    ("extra", "mode", "shown"), [(2, "RGBA", b"\x11\x22\x33\xff\0\0\0\0"), (0, "P", bytes((1, 2)))]
)
def test_a_palette_with_alpha_becomes_colours_with_alpha(extra, mode, shown):
    colours = [257 * value for channel in (0x11, 0x22, 0x33) for value in (0, channel, 0x44, *[0] * 253)]
    tags = shape(2, 1, (8, 8), 3) | {338: (SHORT, (extra,)), 320: (SHORT, colours)}

    copy = clean(tiff(Page([bytes((1, 255, 2, 0))], tags)), ordering())

    assert (opened(copy.data).mode, opened(copy.data).tobytes()) == (mode, shown)


def test_a_palette_with_alpha_is_packed_as_a_second_pass_would():
    colours = [257 * (index // step % 256) for step in (1, 2, 3) for index in range(256)]
    tags = shape(64, 64, (8, 8), 3) | {338: (SHORT, (2,)), 320: (SHORT, colours)}

    clean(tiff(Page([bytes(value for y in range(64) for x in range(64) for value in (x * 3 + y, 255 - x))], tags)))


def test_gray_of_four_bits_with_alpha_becomes_bytes():
    tags = shape(2, 1, (4, 4), 1) | {338: (SHORT, (2,))}

    assert opened(clean(tiff(Page([b"\x3f\xc7"], tags))).data).tobytes() == bytes((0x33, 0xFF, 0xCC, 0x77))


def _row_of(values: list[int], bits: int) -> bytes:
    """Samples without gaps between them, the highest bit first; the rest of the last byte is full of ones."""
    line = "".join(f"{value:0{bits}b}" for value in values)
    return int(line.ljust(-(-len(line) // 8) * 8, "1"), 2).to_bytes(-(-len(line) // 8))


@pytest.mark.parametrize("bits", [*range(1, 8), *range(9, 16)])
@pytest.mark.parametrize("planar", [1, 2])
def test_colours_of_odd_numbers_of_bits_become_bytes(bits, planar):
    """Scanners write 12 bits; hardly a program opens them."""
    top = (1 << bits) - 1
    values = [(x * top // 14 + y * 5) & top for y in range(3) for x in range(15)]
    lines = [values[at : at + 15] for at in range(0, 45, 15)]
    planes = [[line[channel::3] for line in lines] for channel in range(3)] if planar == 2 else [lines]
    blocks = [b"".join(_row_of(line, bits) for line in plane) for plane in planes]

    copy = clean(tiff(Page(blocks, shape(5, 3, (bits,) * 3, 2) | {284: (SHORT, (planar,))})))

    shown = [value >> bits - 8 if bits > 8 else value * 255 // top for value in values]
    assert opened(copy.data).tobytes() == bytes(shown)


@pytest.mark.parametrize("photometric", [0, 1])
def test_gray_of_twelve_bits_becomes_bytes(photometric):
    values = [0, 0x7FF, 0xFFF, 0x123, 0x456]
    copy = clean(tiff(Page([_row_of(values, 12)], shape(5, 1, (12,), photometric))))

    shown = bytes(value >> 4 for value in values)
    assert opened(copy.data).tobytes() == (shown if photometric else bytes(255 - value for value in shown))
    assert copy.vectors == ["IMG-25"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_differences_go_on_over_the_edges_of_tiles(order):
    """Sixteen bits, of which no library of ours keeps all in colour."""
    samples = array(
        "H", ((x * 2049 + y * 77 + c * 13) & 0xFFFF for y in range(20) for x in range(40) for c in range(3))
    )
    rows = [samples[at : at + 120] for at in range(0, len(samples), 120)]
    tiles = []
    for tile in tiles_of([row.tobytes() for row in rows], 6, 16, 16):
        out = b""
        for at in range(0, len(tile), 96):
            line = array("H", tile[at : at + 96])
            shifted = array("H", [0, 0, 0]) + line[:-3]
            differences = array("H", ((a - b) & 0xFFFF for a, b in zip(line, shifted)))
            if order == ">":
                differences.byteswap()
            out += differences.tobytes()
        tiles.append(zlib.compress(out))
    tags = shape(40, 20, (16, 16, 16), 2, 8) | {317: (SHORT, (2,)), 322: (SHORT, (16,)), 323: (SHORT, (16,))}

    copy = clean(tiff(Page(tiles, tags, is_tiled=True), order=order))

    plain = shape(40, 20, (16, 16, 16), 2) | {317: (SHORT, (1,))}
    straight = clean(tiff(Page([samples.tobytes()], plain)))
    assert opened(copy.data).tobytes() == opened(straight.data).tobytes()
    assert _undone(copy.data) == samples.tobytes()


def _undone(data: bytes) -> bytes:
    """The samples of 16 bits of a copy's page of three colours with differences."""
    page = parser.parse(data, Budget(pictures.LENIENT.limits)).pages[0]
    ((start,), (size,)) = page.numbers(273), page.numbers(279)
    words = array("H", zlib.decompress(data[start : start + size]))
    width = page.number(256, 0) * 3
    for at in range(0, len(words), width):
        for place in range(at + 3, at + width):
            words[place] = (words[place] + words[place - 3]) & 0xFFFF
    return words.tobytes()


def test_differences_are_taken_where_they_pack_better():
    """Slopes do; a drawing of a few colours does not. What has them keeps them."""
    slopes, lines = scene("RGB", (256, 256)), Image.effect_noise((64, 64), 90).point([0] * 128 + [255] * 128)

    assert 317 in tags_of(clean(saved(slopes)).data)
    assert 317 not in tags_of(clean(saved(lines)).data)


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw", None])
@pytest.mark.parametrize("photometric", [0, 1])
@pytest.mark.parametrize("fill_order", [1, 2])
def test_pages_of_black_and_white_become_group_4(compression, photometric, fill_order):
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[262] = photometric
    if fill_order == 2 and compression:
        info[266] = 2
    options = {"compression": compression} if compression else {}
    untrusted = saved(scene("L", SIZE).convert("1"), tiffinfo=info, **options)

    copy = clean(untrusted)

    assert Image.open(io.BytesIO(copy.data)).info["compression"] == "group4"
    assert opened(copy.data).tobytes() == opened(untrusted).tobytes()


@pytest.mark.parametrize(("mode", "least"), [("L", 10), ("RGB", 40), ("YCbCr", 40)])
@pytest.mark.parametrize("strip_size", [None, 37 * 16 * 3])
def test_jpeg_pages_stay_jpeg(mode, least, strip_size):
    image = scene("RGB", SIZE).convert(mode)
    options = {"strip_size": strip_size} if strip_size else {}
    untrusted = saved(image, compression="jpeg", quality=90, **options)

    copy = clean(untrusted)

    assert set(copy.vectors) <= {"IMG-44"}
    assert Image.open(io.BytesIO(copy.data)).info["compression"] == "jpeg"
    assert _distance(opened(untrusted), opened(copy.data)) <= least


def _distance(first: Image.Image, second: Image.Image) -> int:
    """The largest difference of any sample."""
    return max(top for _, top in ImageChops.difference(first.convert("RGB"), second.convert("RGB")).getextrema())


def test_jpeg_pages_in_tiles_are_put_together():
    image = scene("RGB", (48, 32))
    tiles = []
    for box in ((0, 0, 32, 16), (32, 0, 64, 16), (0, 16, 32, 32), (32, 16, 64, 32)):
        tiles.append(pictures.jpeg(image.crop(box), pictures.segment(0xFE, b"a comment"), quality=90))
    tags = shape(48, 32, (8, 8, 8), 6, 7) | {322: (SHORT, (32,)), 323: (SHORT, (16,)), 530: (SHORT, (2, 2))}

    untrusted = tiff(Page(tiles, tags, is_tiled=True))
    copy = clean(untrusted)

    assert set(copy.vectors) == {"IMG-25"}
    assert _distance(opened(untrusted), opened(copy.data)) <= 40


def test_jpeg_of_cmyk_becomes_rows():
    image = scene("RGB", SIZE).convert("CMYK")
    untrusted = saved(image, compression="jpeg", quality=95)

    copy = clean(untrusted)

    assert opened(copy.data).mode == "CMYK"
    assert max(top for _, top in ImageChops.difference(opened(untrusted), opened(copy.data)).getextrema()) <= 1


def test_jpeg_of_the_old_way_is_taken_where_it_is_a_whole_file():
    image = scene("RGB", (48, 32))
    coded = pictures.jpeg(image, quality=90)
    tags = shape(48, 32, (8, 8, 8), 6, 6)

    copy = clean(tiff(Page([coded], tags)))

    assert "IMG-25" in copy.vectors
    assert Image.open(io.BytesIO(copy.data)).tag_v2[259] == 7
    with pytest.raises(UnsupportedError, match="pieces"):
        clean(tiff(Page([coded[200:]], tags)))


def test_colours_of_bytes_that_say_luma_and_chroma_become_red_green_and_blue():
    image = scene("YCbCr", SIZE)
    tags = shape(*SIZE, (8, 8, 8), 6) | {530: (SHORT, (1, 1))}

    copy = clean(tiff(Page([image.tobytes()], tags)))

    assert opened(copy.data).tobytes() == image.convert("RGB").tobytes()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("strip", [4, 24])
@pytest.mark.parametrize("across, down", [(2, 1), (2, 2), (1, 2), (4, 1)])
def test_chroma_that_pixels_share_is_given_to_each(across, down, strip, order):
    """So cameras wrote their pictures when a card held ten of them (Exif 2.1)."""
    image = scene("YCbCr", (38, 23))
    tags = shape(38, 23, (8, 8, 8), 6) | {530: (SHORT, (across, down)), 278: (SHORT, (strip,))}
    units, shown = _data_units(image, across, down)
    rows = len(units) // -(-23 // down) * strip // down
    strips = [units[at : at + rows] for at in range(0, len(units), rows)]

    copy = clean(tiff(Page(strips, tags), order=order))

    assert opened(copy.data).tobytes() == shown.convert("RGB").tobytes()


def _data_units(image: Image.Image, across: int, down: int) -> tuple[bytes, Image.Image]:
    """The picture as data units, and as it is shown, with the chroma of each unit's first pixel."""
    shown = image.copy()
    units = b""
    for top in range(0, image.height, down):
        for left in range(0, image.width, across):
            _, *chroma = image.getpixel((left, top))
            for y in range(top, top + down):
                for x in range(left, left + across):
                    inside = (min(x, image.width - 1), min(y, image.height - 1))
                    luma = image.getpixel(inside)[0]
                    units += bytes([luma])
                    shown.putpixel(inside, (luma, *chroma))
            units += bytes(chroma)
    return units, shown


@pytest.mark.parametrize("extra", [0, 2])
def test_jpeg_with_alpha_becomes_rows_that_have_it(extra):
    cyan, magenta, yellow, _ = scene("RGB", (48, 32)).convert("CMYK").split()
    image = Image.merge("CMYK", (cyan, magenta, yellow, cyan.point([100 + value // 2 for value in range(256)])))
    untrusted = saved(image, compression="jpeg", quality=95)
    page = parser.parse(untrusted, Budget(pictures.LENIENT.limits)).pages[0]
    ((start,), (size,)) = page.numbers(273), page.numbers(279)
    tags = shape(48, 32, (8,) * 4, 2, 7) | {338: (SHORT, (extra,)), 347: (UNDEFINED, page.entries[347].value)}

    copy = clean(tiff(Page([untrusted[start : start + size]], tags)))

    *colours, alpha = opened(untrusted).split()
    expected = Image.merge("RGBA", (*colours, alpha if extra else Image.new("L", (48, 32), 255)))
    assert max(top for _, top in ImageChops.difference(opened(copy.data), expected).getextrema()) <= 1
    assert copy.vectors == ["IMG-25"]


@pytest.mark.parametrize("order", ["<", ">"])
def test_heights_in_tiles_of_predictor_3_are_kept(order):
    """Elevations from surveys: floating points of 32 bits, coded as planes of bytes with differences."""
    heights = array("f", (100 + x * 1.5 - y * 0.25 for y in range(20) for x in range(40)))
    rows = [heights[at : at + 40].tobytes() for at in range(0, len(heights), 40)]
    tiles = []
    for tile in tiles_of(rows, 4, 16, 16):
        out = b""
        for at in range(0, len(tile), 64):
            planes = b"".join(tile[at + 3 - place : at + 64 : 4] for place in range(4))
            out += bytes((a - b) & 0xFF for a, b in zip(planes, b"\0" + planes))
        tiles.append(zlib.compress(out))
    tags = shape(40, 20, (32,), 1, 8) | {317: (SHORT, (3,)), 322: (SHORT, (16,)), 323: (SHORT, (16,))}

    copy = clean(tiff(Page(tiles, tags | {339: (SHORT, (3,))}, is_tiled=True), order=order))

    assert copy.vectors == ["IMG-25"]
    assert opened(copy.data).tobytes() == heights.tobytes()


# colours


def test_a_known_profile_is_replaced_by_ours_and_ours_is_left():
    copy = clean(tiff(Page([scene().tobytes()], shape(40, 24, (8, 8, 8), 2) | {34675: (UNDEFINED, _wordy())})))

    assert copy.vectors == ["IMG-07"]
    assert opened(copy.data).info["icc_profile"] == PROFILES["Display P3"]
    assert opened(copy.data).tobytes() == scene().tobytes()


def _wordy() -> bytes:
    """Display P3 as somebody else would write it."""
    return PROFILES["Display P3"].replace("CC0".encode("utf-16-be"), "ABC".encode("utf-16-be"))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_colours_of_an_unknown_profile_are_converted(bits, mode):
    image = scene(mode)
    data = image.tobytes() if bits == 8 else b"".join(bytes((0, value)) for value in image.tobytes())
    tags = shape(40, 24, (bits,) * len(mode), 2) | {34675: (UNDEFINED, FOREIGN_PROFILE)}

    copy = clean(tiff(Page([data], tags | ({338: (SHORT, (2,))} if mode == "RGBA" else {}))))

    shown = opened(copy.data)
    assert copy.vectors == ["IMG-07"]
    assert "icc_profile" not in shown.info
    assert shown.mode == mode
    assert shown.tobytes() != image.tobytes()
    assert ImageChops.difference(shown.convert("L"), image.convert("L")).getextrema()[1] < 90


def test_palettes_are_converted_too_and_unused_colours_cleared():
    image = scene("RGB").quantize(9)
    colours = image.getpalette()[:27] + [7] * (768 - 27)
    values = [257 * colours[3 * index + channel] for channel in range(3) for index in range(256)]
    tags = shape(40, 24, (8,), 3) | {320: (SHORT, values)}

    plain = clean(tiff(Page([image.tobytes()], tags)))
    converted = clean(tiff(Page([image.tobytes()], tags | {34675: (UNDEFINED, FOREIGN_PROFILE)})))

    assert plain.vectors == ["IMG-39"]
    assert opened(plain.data).convert("RGB").tobytes() == image.convert("RGB").tobytes()
    assert set(converted.vectors) == {"IMG-07", "IMG-39"}
    assert opened(converted.data).convert("RGB").tobytes() != image.convert("RGB").tobytes()


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [2, 4])
@pytest.mark.parametrize("predictor", [1, 2])
def test_colours_under_zero_alpha_are_cleared(kind, bits, bands, predictor):
    hidden, shown = [200] * (bands - 1) + [0], [90] * (bands - 1) + [128]
    values = hidden + shown + hidden + shown
    if predictor == 2:
        for row in (0, 2):
            for channel in range(bands):
                values[(row + 1) * bands + channel] -= values[row * bands + channel]
    samples = array("B" if bits == 8 else "H", (value % (1 << bits) for value in values))
    tags = shape(2, 2, (bits,) * bands, 2 if bands == 4 else 1, 8) | {338: (SHORT, (kind,)), 317: (SHORT, (predictor,))}
    untrusted = tiff(Page([zlib.compress(samples.tobytes())], tags))

    copy = clean(untrusted)
    kept = clean(untrusted, ordering(IMG_38=Action.KEEP))

    assert copy.vectors == ["IMG-38"]
    assert kept.vectors == []
    if bits == 8:
        assert opened(copy.data).getpixel((0, 0)) == (0,) * bands
        assert opened(copy.data).getpixel((1, 1))[-1] == 128


def test_samples_beside_colours_and_alpha_are_left_out():
    tags = shape(1, 2, (8,) * 6, 2) | {338: (SHORT, (2, 0, 0))}

    copy = clean(tiff(Page([b"\1\2\3\xff##\4\5\6\xff##"], tags)))

    assert copy.vectors == ["IMG-24"]
    assert opened(copy.data).tobytes() == b"\1\2\3\xff\4\5\6\xff"


# limits and structure


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_loop_of_pages_is_refused(order):
    with pytest.raises(MalformedError) as refusal:
        clean(flat(after=12, order=order))
    assert refusal.value.vector.id == "IMG-25"


def test_nested_directories_that_lead_in_a_circle_end():
    page = Page([b"\x10\x80\xf0\x40"], FLAT, below={330: FLAT | {330: (LONG, (8, 12))}})

    assert "IMG-24" in clean(tiff(page)).vectors


def test_a_deep_chain_of_nested_directories_is_refused():
    data = bytearray(flat({330: (LONG, (0,))}))
    at = data.index(struct.pack("<HHI", 330, LONG, 1)) + 8
    start = len(data)
    data[at : at + 4] = struct.pack("<I", start)
    for number in range(400):
        data += struct.pack("<HHHIII", 1, 330, LONG, 1, start + 18 * (number + 1), 0)

    with pytest.raises(LimitError, match="nested"):
        clean(bytes(data))


def test_too_many_pages_are_refused():
    page = Page([b"\x10\x80\xf0\x40"], FLAT)

    assert opened(clean(tiff(*[page] * 3), limited(max_frames=3)).data).n_frames == 3
    with pytest.raises(LimitError, match="frames"):
        clean(tiff(*[page] * 4), limited(max_frames=3))


@pytest.mark.parametrize(
    "tags",
    [
        {256: (LONG, (100_000,)), 257: (LONG, (100_000,))},
        {322: (LONG, (1 << 20,)), 323: (LONG, (1 << 20,)), 324: (LONG, (8,)), 325: (LONG, (4,))},
    ],
)
def test_a_page_too_large_is_refused_before_it_is_unpacked(tags):
    with pytest.raises(LimitError, match="pixels"):
        clean(flat(tags))


def test_pages_that_are_each_small_but_together_too_much_are_refused():
    page = Page([zlib.compress(bytes(1_000_000))], shape(1000, 1000, (8,), 1, 8))
    photo = Page([pictures.jpeg(Image.new("L", (1000, 1000)))], shape(1000, 1000, (8,), 1, 7))

    for pages in ([page] * 4, [photo] * 4):
        with pytest.raises(PurseError):
            clean(tiff(*pages), limited(max_expanded_bytes=3_500_000))


@pytest.mark.parametrize(
    "data",
    [
        b"II*\0",
        b"II*\0\0\0\0\0",
        b"II*\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\0\0\0\0\0\0",
        b"MM\0*\0\0\0\x08\xff\xff",
        b"II+\0\x08\0\1\0" + bytes(8),
        flat()[:-9],
        flat({256: (LONG, (0,))}),
        flat({256: (LONG, (3,))}),  # a row too few
        flat({258: (SHORT, (0,))}),
        flat({259: (SHORT, (8,))}),  # no stream
        flat({259: (SHORT, (5,))}),
        flat({277: (SHORT, (0,))}),
        flat({284: (SHORT, (3,))}),
        flat({279: (LONG, (0,))}),
        flat({279: (LONG, (3,))}),
        flat({262: (SHORT, (3,))}),  # no colours
        flat({262: (SHORT, (3,)), 320: (SHORT, (1, 2, 3))}),
        flat({262: (SHORT, (1, 1))}),
        flat({256: (ASCII, b"2\0")}),
        flat({278: (LONG, (1,))}),  # two strips, of which one is there
        tiff(Page([b"\x10\x80\xf0\x40"], {key: value for key, value in FLAT.items() if key != 262})),
        tiff(Page([], FLAT)),
    ],
)
def test_broken_structure_is_refused(data):
    with pytest.raises(MalformedError):
        clean(data)


@pytest.mark.parametrize(
    "tags",
    [
        {259: (SHORT, (50001,))},
        {259: (SHORT, (32809,))},
        {258: (SHORT, (24,))},
        {339: (SHORT, (5,))},
        {262: (SHORT, (32844,))},
        {317: (SHORT, (7,)), 259: (SHORT, (8,))},
        {258: (SHORT, (8, 8, 4)), 277: (SHORT, (3,)), 262: (SHORT, (2,))},
        {258: (SHORT, (8,) * 4), 277: (SHORT, (4,)), 262: (SHORT, (5,)), 332: (SHORT, (2,))},
    ],
)
def test_what_no_program_shows_alike_is_refused(tags):
    with pytest.raises(UnsupportedError):
        clean(flat(tags))


def test_tags_of_the_structure_that_stand_twice_are_refused():
    data = flat({65000: (LONG, (2,))})
    at = data.index(struct.pack("<HHI", 65000, LONG, 1))

    with pytest.raises(MalformedError, match="twice"):
        clean(data[:at] + struct.pack("<H", 256) + data[at + 2 :])


def test_offsets_of_eight_bytes_are_read():
    tags = FLAT | {279: (LONG8, (4,))}

    assert clean(tiff(Page([b"\x10\x80\xf0\x40"], tags), is_big=True)).data == clean(flat()).data


def test_a_page_beyond_the_end_is_told():
    copy = clean(flat(after=100_000))

    assert copy.vectors == ["IMG-25"]
    assert copy.data == clean(flat()).data


def test_black_and_white_that_spells_a_script_is_packed_another_way():
    """The only runs of Group 4 that are bytes of our choice are those of its own making; Deflate has several ways."""
    text = b"<script >alert(1)</script >" * 3
    image = Image.frombytes("L", (len(text), 1), text)

    copy = clean(saved(image))

    assert b"<script" not in copy.data
    assert opened(copy.data).tobytes() == text


# corpus and any bytes


@pytest.mark.parametrize("path", corpus("tiff", "good") + corpus("tiff", "IMG-*"), ids=lambda path: path.name)
def test_files_of_others_look_the_same(path):
    untrusted = path.read_bytes()

    copy = clean(untrusted)

    assert path.parent.name in (*copy.vectors, "good")
    if path.parent.name == "good":
        assert not copy.vectors
    first, second = opened(untrusted), opened(copy.data)
    assert first.size == second.size
    assert _distance(_on_white(first), _on_white(second)) <= 40


def _on_white(image: Image.Image) -> Image.Image:
    page = Image.new("RGBA", image.size, "white")
    page.alpha_composite(image.convert("RGBA"))
    return page


@pytest.mark.parametrize("path", corpus("tiff", "malformed"), ids=lambda path: path.name)
def test_broken_files_of_others_are_refused(path):
    with pytest.raises(InputError):
        clean(path.read_bytes())


def test_every_vector_that_is_told_is_announced():
    told = {vector for path in corpus("tiff", "IMG-*") for vector in clean(path.read_bytes()).vectors}

    assert told <= {vector.id for vector in TIFF.vectors} | {"IMG-44"}


SEEDS = [
    flat(),
    flat({305: (ASCII, b"a program\0"), 34675: (UNDEFINED, PROFILES["Display P3"])}, order=">"),
    tiff(Page([b"\x10\x80\xf0\x40"], FLAT, below={34665: {37500: (UNDEFINED, b"maker's own")}}), is_big=True),
    saved(scene("RGBA"), compression="tiff_lzw"),
    saved(scene("L").convert("1"), compression="group4"),
    saved(scene("L").convert("1"), compression="group3"),
    saved(scene("RGB"), compression="jpeg"),
    saved(scene("RGB").quantize(7), compression="packbits"),
    saved(scene("L"), save_all=True, append_images=[scene("RGB")]),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged(SEEDS))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    try:
        clean(untrusted, limited(max_pixels=1 << 20))
    except InputError:
        return


@given(untrusted=st.binary(max_size=100))
def test_any_bytes_are_refused_as_such(untrusted):
    with pytest.raises(InputError):
        clean(b"II*\0" + untrusted[:20])
    with pytest.raises(InputError):
        clean(untrusted)

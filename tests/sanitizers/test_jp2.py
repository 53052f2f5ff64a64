"""JPEG 2000: the picture is shown as readers show it, and what stands in boxes beside it is left behind."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, InputError, LimitError, MalformedError, UnsupportedError
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.jp2 import JP2
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.png import PNG
from sanitizers.parsers import j2k
from sanitizers.sanitizer import Job
from tests.sanitizers.heifs import box
from tests.sanitizers.pictures import LENIENT, Rebuilt, corpus, limited, ordering, rebuild, scene
from tests.sanitizers.rasters import damaged

SIGNATURE = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
FOREIGN_PROFILE = PROFILES["Display P3"].replace(struct.pack(">i", round(0.2412 * 65536)), struct.pack(">i", 9000))
JPEG_MAGIC, PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG"


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """The copy, which its own sanitizer then leaves as it is."""
    copy = rebuild(JP2, untrusted, policy)
    again = rebuild(JPEG if copy.data.startswith(JPEG_MAGIC) else PNG, copy.data, policy)
    assert again.data == copy.data
    assert all(finding.action is Action.KEEP for finding in again.findings), again.findings
    return copy


def stream_of(image: Image.Image, **options: object) -> bytes:
    """A bare codestream without loss."""
    out = io.BytesIO()
    image.save(out, "JPEG2000", no_jp2=True, num_resolutions=3, **options)
    return out.getvalue()


def bare(stream: bytes) -> bytes:
    """The same without Pillow's comment."""
    return j2k.parse(memoryview(stream), Budget(LENIENT.limits)).bare


def jp2(
    image: Image.Image,
    *beside: bytes,
    colours: bytes = b"",
    inside: bytes = b"",
    depth: int = 8,
    stream: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A file. `colours`: the body of its colr box; `inside`: further boxes of the header."""
    stream = stream or bare(stream_of(image))
    count = 1 if image.mode.startswith("I") else len(image.getbands())
    ihdr = box(b"ihdr", struct.pack(">IIHBBBB", image.height, image.width, count, depth - 1, 7, 0, 0))
    colr = box(b"colr", colours or struct.pack(">BBBI", 1, 0, 0, 17 if count < 3 else 16))
    head = box(b"jp2h", ihdr, colr, inside)
    return SIGNATURE + head + b"".join(beside) + box(b"jp2c", stream) + behind


def distance(first: Image.Image, second: Image.Image) -> float:
    if first.size != second.size:
        return 256
    return max(ImageStat.Stat(ImageChops.difference(first.convert("RGB"), second.convert("RGB"))).mean)


PLAIN = scene("RGB")


# the picture


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("is_bare", [False, True])
def test_gray_and_colours_become_jpeg(mode, is_bare):
    image = scene(mode)

    copy = clean(bare(stream_of(image)) if is_bare else jp2(image))

    assert copy.vectors == ["IMG-28"]
    assert (copy.image.format, copy.image.mode) == ("JPEG", mode)
    assert distance(copy.image, image) < 5


@pytest.mark.parametrize("tiles", [None, (16, 16)])
@pytest.mark.parametrize("progression", ["LRCP", "RPCL", "CPRL"])
def test_tiles_and_progressions_show_the_same_picture(tiles, progression):
    stream = stream_of(PLAIN, tile_size=tiles, progression=progression)

    assert clean(jp2(PLAIN, stream=bare(stream))).data == clean(jp2(PLAIN)).data


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_what_shows_through_becomes_png_without_hidden_colours(mode):
    image = scene("RGB").convert(mode)
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda value: 0 if value < 60 else value))

    copy = clean(jp2(image))

    assert set(copy.vectors) == {"IMG-28", "IMG-38"}
    assert (copy.image.format, copy.image.mode) == ("PNG", mode)
    assert copy.image.getchannel("A").tobytes() == image.getchannel("A").tobytes()


def channels(*rows: tuple[int, int, int]) -> bytes:
    return box(b"cdef", struct.pack(">H", len(rows)), *(struct.pack(">HHH", *row) for row in rows))


def test_channels_are_what_they_are_said_to_be():
    image = scene("RGBA")
    red, green, blue, alpha = image.split()
    alpha = Image.linear_gradient("L").resize(image.size)
    turned = Image.merge("RGBA", (alpha, blue, green, red))
    order = channels((0, 1, 0), (1, 0, 3), (2, 0, 2), (3, 0, 1))

    copy = clean(jp2(turned, inside=order))

    straight = Image.merge("RGBA", (red, green, blue, alpha))
    straight.paste(0, mask=alpha.point([255] + [0] * 255))
    assert copy.image.tobytes() == straight.tobytes()


def test_a_channel_that_means_nothing_is_left_out():
    image = scene("RGBA")
    copy = clean(jp2(image, inside=channels((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 65535, 65535))))

    assert copy.image.mode == "RGB"
    assert distance(copy.image, image) < 5


def test_colours_multiplied_by_opacity_are_divided_again():
    image = Image.new("RGBA", (8, 8), (50, 100, 25, 128))

    copy = clean(jp2(image, inside=channels((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 2, 0))))

    assert copy.image.getpixel((3, 3)) == (99, 199, 49, 128)


def test_gray_of_sixteen_bits_keeps_them():
    values = [(x * 1000 + y * 77) & 0xFFFF for y in range(24) for x in range(40)]
    image = Image.frombytes("I;16", (40, 24), struct.pack(f"<{len(values)}H", *values))

    copy = clean(jp2(image, depth=16))

    assert copy.image.format == "PNG"
    assert copy.image.mode == "I;16"
    assert copy.image.tobytes() == image.tobytes()


def test_indexes_become_their_colours():
    entries = [bytes((index, 255 - index, 7)) for index in range(200)]
    palette = box(b"pclr", struct.pack(">HB", 200, 3), b"\7\7\7", *entries)
    mapping = box(b"cmap", *(struct.pack(">HBB", 0, 1, channel) for channel in range(3)))
    image = scene("L").point(lambda value: min(value, 199))

    copy = clean(jp2(image, inside=palette + mapping, colours=struct.pack(">BBBI", 1, 0, 0, 16)))

    assert copy.image.format == "PNG"
    assert copy.image.tobytes() == b"".join(entries[index] for index in image.tobytes())


def test_black_and_white_becomes_png():
    image = scene("L").point(lambda value: 255 * (value > 99))

    copy = clean(jp2(image, colours=struct.pack(">BBBI", 1, 0, 0, 15)))

    assert copy.image.format == "PNG"
    assert copy.image.convert("L").tobytes() == image.tobytes()


def test_luma_and_chroma_become_red_green_and_blue():
    image = scene("RGB").convert("YCbCr")
    as_bytes = Image.frombytes("RGB", image.size, image.tobytes())

    copy = clean(jp2(as_bytes, colours=struct.pack(">BBBI", 1, 0, 0, 18), stream=bare(stream_of(as_bytes, mct=0))))

    assert distance(copy.image, scene("RGB")) < 6


def test_cmyk_stays_cmyk():
    image = scene("RGB").convert("CMYK")
    as_bytes = Image.frombytes("RGBA", image.size, image.tobytes())

    copy = clean(jp2(as_bytes, colours=struct.pack(">BBBI", 1, 0, 0, 12), stream=bare(stream_of(as_bytes, mct=0))))

    assert copy.image.mode == "CMYK"
    assert distance(copy.image, image) < 3


def test_density_is_kept():
    dots = box(b"res ", box(b"resc", struct.pack(">HHHHbb", 11811, 1, 11811, 100, 0, 2)))

    assert clean(jp2(PLAIN, inside=dots)).image.info["dpi"] == (300, 300)


def test_profiles_are_replaced_or_converted_from():
    known = clean(jp2(PLAIN, colours=b"\2\0\0" + PROFILES["Display P3"]))
    other = clean(jp2(PLAIN, colours=b"\2\0\0" + FOREIGN_PROFILE))
    broken = clean(jp2(PLAIN, colours=b"\2\0\0no profile"))

    assert known.vectors == other.vectors == broken.vectors == ["IMG-28", "IMG-07"]
    assert known.image.info["icc_profile"] == PROFILES["Display P3"]
    assert "icc_profile" not in other.image.info
    assert 1 < distance(other.image, PLAIN) < 90
    assert broken.data == clean(jp2(PLAIN)).data


def test_the_lossless_class_cannot_be_kept_and_the_report_says_so():
    policy = Policy(name="lossless", rebuild=Rebuild.LOSSLESS)
    job = Job(policy, Budget(policy.limits))
    JP2.disarm(JP2.parse(jp2(PLAIN), job.budget), job)

    assert (job.rebuilt, job.copy_type) == (Rebuild.FULL, "image/jpeg")


# what is left behind


def uuid(name: str, body: bytes) -> bytes:
    return box(b"uuid", bytes.fromhex(name), body)


@pytest.mark.parametrize(
    ("beside", "vector"),
    [
        (box(b"xml ", b"<script/>"), "IMG-28"),
        (box(b"uinf", box(b"ulst", bytes(2)), box(b"url ", bytes(4) + b"http://example/\0")), "IMG-28"),
        (box(b"jp2i", b"rights"), "IMG-28"),
        (box(b"asoc", b"anything"), "IMG-28"),
        (uuid("be7acfcb97a942e89c71999491e3afac", b"<x:xmpmeta/>"), "IMG-05"),
        (uuid("33c7a4d2b81d4723a0baf1a3e097ad38", b"\x1c\2"), "IMG-06"),
        (uuid("2c4c0100850440b9a03e562148d6dfeb", b"8BIM"), "IMG-06"),
        (uuid("d8fec3d61b0e483c92975828877ec481", b"manifest"), "IMG-40"),
        (uuid("4a706754696666457869662d3e4a5032", b"II*\0\x08\0\0\0\0\0"), "IMG-03"),
        (uuid("b14bf8bd083d4b43a5ae8cd7d5a6ce03", b"a map"), "IMG-28"),
    ],
)
def test_boxes_beside_the_picture_are_told_and_left_behind(beside, vector):
    for untrusted in (jp2(PLAIN, beside), jp2(PLAIN, behind=beside)):
        copy = clean(untrusted)

        assert copy.vectors == ([vector, "IMG-28"] if vector != "IMG-28" else ["IMG-28", "IMG-28"])
        assert copy.data == clean(jp2(PLAIN)).data


def test_the_first_of_several_pictures_is_shown():
    second = box(b"jp2c", bare(stream_of(scene("L"))))

    copy = clean(jp2(PLAIN, behind=second))

    assert [finding.detail.partition(",")[0] for finding in copy.findings] == ["a further picture", "written as JPEG"]
    assert copy.data == clean(jp2(PLAIN)).data


@pytest.mark.parametrize("behind", [b"PK\3\4", b"\0\0\0\1"])
def test_bytes_behind_the_end_are_left_behind(behind):
    assert clean(jp2(PLAIN, behind=behind)).vectors == ["IMG-09", "IMG-28"]
    assert clean(bare(stream_of(PLAIN)) + behind).vectors == ["IMG-09", "IMG-28"]
    assert clean(jp2(PLAIN, stream=bare(stream_of(PLAIN)) + behind)).vectors == ["IMG-09", "IMG-28"]


def test_comments_do_not_reach_the_decoder():
    commented = stream_of(PLAIN, comment="<?php echo 1; ?>")

    copy = clean(jp2(PLAIN, stream=commented))

    assert b"php" not in bare(commented)
    assert [finding.detail for finding in copy.findings] == ["comments", "written as JPEG"]
    assert copy.data == clean(jp2(PLAIN)).data


def test_a_stream_without_its_end_marker_is_taken():
    copy = clean(jp2(PLAIN, stream=bare(stream_of(PLAIN))[:-2]))

    assert [finding.detail for finding in copy.findings] == ["no end marker", "written as JPEG"]
    assert copy.data == clean(jp2(PLAIN)).data


def test_the_policy_may_block_it():
    with pytest.raises(BlockedError):
        clean(jp2(PLAIN), ordering(IMG_28=Action.BLOCK))


# limits and structure


def changed(at: int, value: bytes) -> bytes:
    stream = bytearray(bare(stream_of(PLAIN)))
    stream[at : at + len(value)] = value
    return bytes(stream)


_X, _Y, _X_TILE, _Y_TILE, _COUNT, _DEPTH = 8, 12, 24, 28, 40, 42  # places in a codestream


@pytest.mark.parametrize("sides", [(100_000, 100_000), (1 << 31, 2)])
def test_a_picture_too_large_is_refused_before_it_is_decoded(sides):
    with pytest.raises(LimitError, match="pixels"):
        clean(changed(_X, struct.pack(">II", *sides)))


def test_more_tiles_than_there_can_be_are_refused():
    with pytest.raises(LimitError, match="tiles"):
        clean(changed(_X, struct.pack(">IIIIII", 4000, 4000, 0, 0, 1, 1)))


@pytest.mark.parametrize(
    "data",
    [
        jp2(PLAIN)[:100],
        bare(stream_of(PLAIN))[:-40],
        bare(stream_of(PLAIN))[:60],
        changed(_X, bytes(4)),
        changed(_X_TILE, bytes(4)),
        changed(_COUNT, b"\0\2"),
        changed(2, b"\xff\x52"),
        SIGNATURE,
        SIGNATURE + box(b"jp2c", bare(stream_of(PLAIN))),
        SIGNATURE + box(b"jp2h", b"") + box(b"jp2c", bare(stream_of(PLAIN))),
        jp2(scene("RGB", (41, 24)), stream=bare(stream_of(PLAIN))),
        jp2(PLAIN, depth=9),
        jp2(PLAIN, inside=box(b"ihdr", bytes(14))),
        jp2(PLAIN, inside=box(b"cdef", b"\0\1")),
        jp2(PLAIN, colours=b"\1"),
        jp2(scene("L"), inside=box(b"pclr", b"\0\2\3\7\7\7\0")),
        b"\xff\x4f",
        b"\0\0\0\x0cjP  \r\n\x87\n",
    ],
)
def test_broken_structure_is_refused(data):
    with pytest.raises((MalformedError, UnsupportedError)):
        clean(data)


@pytest.mark.parametrize(
    "data",
    [
        jp2(PLAIN).replace(b"ftypjp2 ", b"ftypjpm "),
        jp2(PLAIN, colours=struct.pack(">BBBI", 1, 0, 0, 14)),
        jp2(PLAIN, colours=struct.pack(">BBBI", 1, 0, 0, 17)),
        jp2(PLAIN, colours=b"\4\0\0\0"),
        jp2(PLAIN, inside=box(b"pclr", b"\0\1\3\7\7\7\0\0\0")),
        jp2(scene("L"), inside=box(b"pclr", b"\0\1\2\7\7\0\0")),
        jp2(scene("L"), inside=box(b"pclr", b"\0\1\3\x0b\7\7\0\0\0\0")),
        changed(_DEPTH, b"\x87"),
        changed(_DEPTH, b"\x17"),
        changed(_DEPTH, b"\7\3\3"),
        changed(_DEPTH, b"\x0b"),
    ],
)
def test_what_is_not_understood_is_refused(data):
    with pytest.raises(UnsupportedError):
        clean(data)


# corpus and any bytes


@pytest.mark.parametrize("path", corpus("jp2", "IMG-*"), ids=lambda path: path.name)
def test_files_of_others_look_the_same(path):
    untrusted = path.read_bytes()

    copy = clean(untrusted)

    assert path.parent.name in copy.vectors
    assert distance(copy.image, Image.open(io.BytesIO(untrusted))) < 5


@pytest.mark.parametrize("path", corpus("jp2", "malformed"), ids=lambda path: path.name)
def test_broken_files_of_others_are_refused(path):
    with pytest.raises(InputError):
        clean(path.read_bytes())


def test_every_vector_that_is_told_is_announced():
    told = {vector for path in corpus("jp2", "IMG-*") for vector in clean(path.read_bytes()).vectors}

    assert told <= {vector.id for vector in JP2.vectors}


SEEDS = [
    jp2(PLAIN),
    jp2(scene("LA"), box(b"xml ", b"<a/>"), inside=channels((0, 0, 1), (1, 1, 0))),
    jp2(scene("L"), inside=box(b"pclr", struct.pack(">HB", 2, 3), b"\7\7\7\1\2\3\4\5\6")),
    bare(stream_of(scene("L"), tile_size=(16, 16))),
    stream_of(scene("RGB"), irreversible=True, quality_layers=[20, 5]),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged(SEEDS))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    policy = limited(max_pixels=1 << 20)
    try:
        copy = clean(untrusted, policy)
    except InputError:
        return
    assert rebuild(JP2, untrusted, policy) == copy


@given(untrusted=st.binary(max_size=100))
def test_any_bytes_are_refused_as_such(untrusted):
    for start in (b"", SIGNATURE, j2k.START):
        with pytest.raises(InputError):
            clean(start + untrusted)

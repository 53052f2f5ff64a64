"""HEIC, HEIF and AVIF: the primary picture is shown as readers show it, and everything beside it is left behind."""

import io
import struct
import subprocess
import sys
import textwrap

import pi_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat

from policies.model import Policy
from policies.terms import Action, Rebuild
from sanitizers.budget import Budget
from sanitizers.codecs.hevc import Frame, Plane
from sanitizers.errors import (
    BlockedError,
    EncryptedError,
    InputError,
    LimitError,
    MalformedError,
    PurseError,
    UnsupportedError,
)
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.heif import HEIF, planes
from sanitizers.formats.heif.planes import Colours
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.png import PNG
from sanitizers.parsers import av1, heif
from sanitizers.sanitizer import Job
from tests.sanitizers.heifs import (
    ALPHA,
    Item,
    auxiliary,
    box,
    cut,
    full,
    grid,
    heic,
    mirrored,
    nclx,
    profile,
    size,
    taken,
    turned,
)
from tests.sanitizers.pictures import LENIENT, Rebuilt, corpus, limited, ordering, rebuild, scene
from tests.sanitizers.rasters import damaged

COLOUR = taken("heif/IMG-27/hopper.heif")  # 128 x 128, 4:2:0
GRAY = taken("heif/IMG-05/L_xmp_latin1.heic", 1)  # 64 x 64
DEEP = taken("heif/IMG-27/L_12_128x128.heif")  # 128 x 128, gray of 12 bits
FOREIGN_PROFILE = PROFILES["Display P3"].replace(struct.pack(">i", round(0.2412 * 65536)), struct.pack(">i", 9000))
JPEG_MAGIC, PNG_MAGIC = b"\xff\xd8\xff", b"\x89PNG"


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """The copy, which its own sanitizer then leaves as it is."""
    copy = rebuild(HEIF, untrusted, policy)
    again = rebuild(JPEG if copy.data.startswith(JPEG_MAGIC) else PNG, copy.data, policy)
    assert again.data == copy.data
    assert all(finding.action is Action.KEEP for finding in again.findings), again.findings
    return copy


def with_(item: Item, *said, **changes) -> Item:
    return Item(item.kind, item.data, (*item.said, *said), **changes)


def by_libheif(data: bytes) -> Image.Image:
    """The picture as libheif shows it, in 8 bits."""
    image = pi_heif.open_heif(data, convert_hdr_to_8bit=True)[0].to_pillow()
    return Image.frombytes("L", image.size, image.tobytes()[1::2]) if image.mode == "I;16" else image


def distance(first: Image.Image, second: Image.Image) -> float:
    """The mean difference of a sample; 256 for pictures of several sizes."""
    if first.size != second.size:
        return 256
    return max(ImageStat.Stat(ImageChops.difference(first.convert("RGB"), second.convert("RGB"))).mean)


def avif_of(image: Image.Image, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, "AVIF", quality=90, speed=10, **options)
    return out.getvalue()


# the picture


@pytest.mark.parametrize(
    "said",
    [
        (),
        (turned(1),),
        (turned(2),),
        (turned(3),),
        (mirrored(0),),
        (mirrored(1),),
        (turned(1), mirrored(0)),
        (mirrored(1), turned(3)),
        (cut(96, 64, 0, 0),),
        (cut(96, 64, 6, -20),),
        (cut(96, 64, 6, -20), turned(1)),
        (turned(1), cut(64, 96, 4, 6)),
    ],
)
def test_a_picture_is_cut_and_turned_as_it_says(said):
    untrusted = heic(with_(COLOUR, *said))

    copy = clean(untrusted)

    assert copy.vectors == ["IMG-27"]
    assert copy.data.startswith(JPEG_MAGIC)
    assert distance(copy.image, by_libheif(untrusted)) < 8


@pytest.mark.parametrize(("said", "where"), [(cut(95, 33, 1, 1, 2), (17, 48)), (cut(7, 9, 1, -1, 2), (61, 59))])
def test_a_picture_may_be_cut_through_its_samples_of_chroma(said, where):
    copy = clean(heic(with_(COLOUR, said)))

    width, height = struct.unpack(">I4xI", said[1][:12])
    expected = by_libheif(heic(COLOUR)).crop((*where, where[0] + width, where[1] + height))
    assert distance(copy.image, expected) < 8


def test_an_exif_orientation_beside_it_does_not_count():
    """What cameras write into EXIF they say once more in the properties; a reader must not turn twice."""
    block = b"MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    exif = Item(b"Exif", bytes(4) + block, leads_to={b"cdsc": [1]})
    untrusted = heic(with_(COLOUR, turned(3)), exif)

    copy = clean(untrusted)

    assert copy.vectors == ["IMG-03", "IMG-27"]
    assert "exif" not in copy.image.info
    assert distance(copy.image, by_libheif(heic(with_(COLOUR, turned(3))))) < 5


@pytest.mark.parametrize(("width", "height"), [(256, 256), (250, 200), (251, 193)])
def test_tiles_are_put_together(width, height):
    whole = Item(b"grid", grid(width, height, 2, 2), [size(width, height)], {b"dimg": [1, 2, 3, 4]}, is_in_idat=True)
    untrusted = heic(*[with_(COLOUR, is_hidden=True)] * 4, whole, primary=5)

    copy = clean(untrusted)

    assert copy.vectors == ["IMG-27"]
    assert distance(copy.image, by_libheif(untrusted)) < 8


def test_a_copy_of_an_item_is_changed_by_what_both_say():
    """An identity item is turned after what it leads to was."""
    inner = with_(COLOUR, turned(1), is_hidden=True)
    outer = Item(b"iden", b"", [size(128, 128), mirrored(1)], {b"dimg": [1]})
    data = heic(inner, outer, primary=2)

    copy = clean(data)

    straight = clean(heic(with_(COLOUR, turned(1), mirrored(1))))
    assert copy.data == straight.data


def test_gray_stays_gray_and_many_bits_become_eight():
    deep, gray = heic(DEEP), heic(GRAY)

    assert clean(gray).image.mode == clean(deep).image.mode == "L"
    assert distance(clean(deep).image, by_libheif(deep)) < 2
    assert distance(clean(gray).image, by_libheif(gray)) < 2


@pytest.mark.parametrize("matrix", [1, 5, 6, 9])
@pytest.mark.parametrize("is_full", [True, False])
def test_matrix_and_range_are_what_the_file_says(matrix, is_full):
    """Only the file's word for a full range is not needed: the stream of this one has it too."""
    untrusted = heic(with_(COLOUR, nclx(1, 13, matrix, is_full)))

    copy = clean(untrusted)

    expected = by_libheif(heic(with_(COLOUR, nclx(1, 13, matrix, True))))
    assert distance(copy.image, expected) < 6


def test_a_narrow_range_is_spread():
    luma, chroma = Plane(2, 2, 2, bytes((16, 235, 0, 255))), Plane(1, 1, 1, bytes((240,)))
    narrow = planes.of(Frame((luma, chroma, chroma), 8, False, 2, 2, 2), (2, 2), Colours(is_full_range=False))

    assert narrow.images[0].tobytes() == bytes((0, 255, 0, 255))
    assert narrow.images[1].tobytes() == bytes((255,))


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:2:2", "4:4:4"])
def test_avif_becomes_jpeg(subsampling):
    image = scene("RGB", (64, 48))
    untrusted = avif_of(image, subsampling=subsampling)

    copy = clean(untrusted)

    assert copy.vectors == ["IMG-27"]
    assert distance(copy.image, Image.open(io.BytesIO(untrusted))) < 5
    assert distance(copy.image, image) < 8


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_where_the_file_says_nothing_of_colours_the_stream_counts(mode):
    """A narrow range that stands in the stream alone is spread as viewers do."""
    tree = heif.parse(avif_of(Image.new(mode, (64, 48)), range="limited"))
    said = [(p.name, bytes(p.body), p.is_essential) for p in tree.items[1].properties if p.name != b"colr"]

    copy = clean(heic(Item(b"av01", tree.items[1].data, said), brand=b"avif"))

    assert copy.image.convert("L").getextrema()[1] < 8


def test_gray_avif_becomes_gray_jpeg():
    copy = clean(avif_of(scene("L", (64, 48))))

    assert copy.image.mode == "L"
    assert distance(copy.image, scene("L", (64, 48))) < 3


def test_avif_of_tiles_is_put_together():
    tree = heif.parse(avif_of(scene("RGB", (64, 64))))
    said = [(part.name, bytes(part.body), part.is_essential) for part in tree.items[1].properties]
    tile = Item(b"av01", tree.items[1].data, said, is_hidden=True)
    whole = Item(b"grid", grid(128, 100, 2, 2), [size(128, 100)], {b"dimg": [1, 2, 3, 4]})

    copy = clean(heic(*[tile] * 4, whole, primary=5, brand=b"avif"))

    expected = Image.new("RGB", (128, 100))
    for place in ((0, 0), (64, 0), (0, 64), (64, 64)):
        expected.paste(scene("RGB", (64, 64)), place)
    assert distance(copy.image, expected) < 8


def test_what_shows_through_is_written_as_png_without_hidden_colours():
    image = scene("RGBA", (64, 48))
    image.putalpha(Image.linear_gradient("L").resize((64, 48)).point(lambda value: 0 if value < 60 else value))

    copy = clean(avif_of(image))

    assert copy.data.startswith(PNG_MAGIC)
    assert set(copy.vectors) == {"IMG-27", "IMG-38"}
    assert copy.image.mode == "RGBA"
    assert copy.image.getpixel((3, 3)) == (0, 0, 0, 0)


def test_alpha_that_lets_nothing_through_is_dropped():
    assert clean(avif_of(scene("RGB").convert("RGBA"))).data.startswith(JPEG_MAGIC)


def test_alpha_of_another_size_is_fitted():
    alpha = with_(GRAY, auxiliary(ALPHA), leads_to={b"auxl": [1]})

    copy = clean(heic(COLOUR, alpha))

    assert copy.vectors == ["IMG-27", "IMG-38"]
    assert (copy.image.mode, copy.image.size) == ("RGBA", (128, 128))


@pytest.mark.parametrize("said", [(turned(1),), (cut(64, 96, 4, 6),), (mirrored(0), cut(96, 64, 6, -20))])
def test_alpha_is_cut_and_turned_as_its_picture(said):
    """Writers say it of the picture alone, or of both."""
    alone = with_(COLOUR, auxiliary(ALPHA), leads_to={b"auxl": [1]})
    told = with_(COLOUR, *said, auxiliary(ALPHA), leads_to={b"auxl": [1]})

    first, second = (clean(heic(with_(COLOUR, *said), alpha)) for alpha in (alone, told))

    assert first.image.getchannel("A").getextrema() != (0, 0)
    assert distance(first.image.getchannel("A"), second.image.getchannel("A")) < 2


def test_the_lossless_class_cannot_be_kept_and_the_report_says_so():
    policy = Policy(name="lossless", rebuild=Rebuild.LOSSLESS)
    job = Job(policy, Budget(policy.limits))
    HEIF.disarm(HEIF.parse(heic(COLOUR), job.budget), job)

    assert job.rebuilt is Rebuild.FULL
    assert job.copy_type == "image/jpeg"


# colours


def test_display_p3_keeps_its_colours_under_our_profile():
    wordy = PROFILES["Display P3"].replace("CC0".encode("utf-16-be"), "ABC".encode("utf-16-be"))
    as_profile = clean(heic(with_(COLOUR, profile(wordy))))
    as_points = clean(heic(with_(COLOUR, nclx(12, 13, 6))))

    assert as_profile.vectors == as_points.vectors == ["IMG-27", "IMG-07"]
    assert as_profile.data == as_points.data
    assert as_profile.image.info["icc_profile"] == PROFILES["Display P3"]


@pytest.mark.parametrize("said", [profile(PROFILES["Display P3"]), nclx(12, 13, 6)])
def test_a_profile_that_only_the_tiles_have_counts(said):
    whole = Item(b"grid", grid(128, 128, 1, 1), [size(128, 128)], {b"dimg": [1]})

    copy = clean(heic(with_(COLOUR, said, is_hidden=True), whole, primary=2))

    assert copy.image.info["icc_profile"] == PROFILES["Display P3"]


@pytest.mark.parametrize("said", [profile(FOREIGN_PROFILE), nclx(9, 14, 9)])
def test_other_colours_are_converted(said):
    plain = clean(heic(with_(COLOUR, nclx(1, 13, 9)))) if said[1][:4] == b"nclx" else clean(heic(COLOUR))
    copy = clean(heic(with_(COLOUR, said)))

    assert copy.vectors == ["IMG-27", "IMG-07"]
    assert "icc_profile" not in copy.image.info
    assert 0.5 < distance(copy.image, plain.image) < 60


@pytest.mark.parametrize("said", [profile(b"no profile"), profile(PROFILES["Display P3"].replace(b"RGB ", b"GRAY"))])
def test_a_profile_that_nobody_can_use_is_dropped(said):
    assert clean(heic(with_(COLOUR, said))).data == clean(heic(COLOUR)).data


@pytest.mark.parametrize("primaries", [9, 12])
@pytest.mark.parametrize("transfer", [16, 18])
def test_light_beyond_white_keeps_its_meaning_in_a_png(primaries, transfer):
    copy = clean(heic(with_(COLOUR, nclx(primaries, transfer, 9))))

    assert copy.data.startswith(PNG_MAGIC)
    assert b"cICP" + bytes((primaries, transfer, 0, 1)) in copy.data
    assert copy.vectors == ["IMG-27"]


# what is left behind


@pytest.mark.parametrize(
    ("item", "vector"),
    [
        (with_(GRAY, leads_to={b"thmb": [1]}), "IMG-04"),
        (Item(b"mime", b"<x:xmpmeta/>", leads_to={b"cdsc": [1]}, content_type=b"application/rdf+xml"), "IMG-05"),
        (Item(b"iptc", b"\x1c\2\5\0\1A", leads_to={b"cdsc": [1]}), "IMG-06"),
        (Item(b"mime", b"<script>", content_type=b"text/html"), "IMG-27"),
        (Item(b"uri ", b"anything"), "IMG-27"),
        (Item(b"jumb", b"manifest"), "IMG-40"),
        (Item(b"Exif", bytes(4) + b"no block"), "IMG-03"),
        (Item(b"Exif", bytes(4)), "IMG-03"),
        (GRAY, "IMG-10"),
        (with_(GRAY, is_hidden=True), "IMG-27"),
        (Item(b"tmap", b"\0\0\0\0"), "IMG-10"),
        (with_(GRAY, auxiliary(b"urn:mpeg:hevc:2015:auxid:2"), leads_to={b"auxl": [1]}), "IMG-10"),
        (
            with_(GRAY, auxiliary(b"urn:com:apple:photo:2020:aux:hdrgainmap"), leads_to={b"auxl": [1]}),
            "IMG-10",
        ),
        (with_(GRAY, auxiliary(b"urn:of:others"), leads_to={b"auxl": [1]}), "IMG-10"),
        (Item(b"grid", grid(16, 16, 1, 1), [size(16, 16)], {b"dimg": [1]}), "IMG-10"),
    ],
)
def test_items_beside_the_primary_picture_are_told_and_left_behind(item, vector):
    copy = clean(heic(COLOUR, item))

    assert copy.vectors == [vector, "IMG-27"] or copy.vectors == ["IMG-27", "IMG-27"]
    assert copy.data == clean(heic(COLOUR)).data


def test_where_a_photo_was_taken_is_left_behind():
    gps = b"II*\0\x08\0\0\0\1\0\x25\x88\4\0\1\0\0\0\x1a\0\0\0\0\0\0\0\1\0\1\0\2\0\2\0\0\0N\0\0\0\0\0\0\0"

    copy = clean(heic(COLOUR, Item(b"Exif", b"\0\0\0\6Exif\0\0" + gps)))

    assert copy.vectors == ["IMG-01", "IMG-27"]


def test_the_policy_may_block_what_it_wants():
    with pytest.raises(BlockedError):
        clean(heic(COLOUR, GRAY), ordering(IMG_10=Action.BLOCK))
    with pytest.raises(BlockedError):
        clean(heic(COLOUR), ordering(IMG_27=Action.BLOCK))


@pytest.mark.parametrize(
    ("options", "vector"),
    [
        ({"top": box(b"uuid", bytes.fromhex("d8fec3d61b0e483c92975828877ec481"), b"manifest")}, "IMG-40"),
        ({"top": box(b"uuid", bytes(16), b"anything")}, "IMG-27"),
        ({"top": box(b"free", b"hidden in a gap")}, "IMG-27"),
        ({"top": box(b"mpvd", b"a film")}, "IMG-10"),
        ({"inside": box(b"prIv", b"anything")}, "IMG-27"),
        ({"between": b"hidden between the items"}, "IMG-27"),
        ({"behind": b"SEFH and so on, as phones add it"}, "IMG-09"),
        ({"behind": b"PK\3\4"}, "IMG-09"),
    ],
)
def test_boxes_and_bytes_of_nothing_are_told_and_left_behind(options, vector):
    copy = clean(heic(COLOUR, **options))

    assert copy.vectors[0] == vector
    assert copy.data == clean(heic(COLOUR)).data


def test_boxes_that_say_nothing_are_not_told():
    assert clean(heic(COLOUR, top=box(b"free", bytes(40)))).vectors == ["IMG-27"]


def film(item: Item, count: int = 3) -> bytes:
    """A moov box of one track whose pictures are all the same one, at the start of the data behind it."""

    def moov(place: int) -> bytes:
        configuration = next(box(name, body) for name, body, _ in item.said if name in (b"hvcC", b"av1C"))
        (extent,) = (body for name, body, _ in item.said if name == b"ispe")
        sides = struct.pack(">HH", *struct.unpack(">II", extent[4:]))
        entry = box(item.kind, bytes(24), sides, bytes(50), configuration)
        table = box(
            b"stbl",
            full(b"stsd", struct.pack(">I", 1), entry),
            full(b"stsz", struct.pack(">II", len(item.data), count)),
            full(b"stco", struct.pack(">II", 1, place)),
        )
        handler = full(b"hdlr", b"\0\0\0\0pict" + bytes(13))
        return box(b"moov", box(b"trak", box(b"mdia", handler, box(b"minf", table))))

    head = box(b"ftyp", b"msf1\0\0\0\0msf1hevc")
    place = len(head) + len(moov(0)) + 8
    return head + moov(place) + box(b"mdat", item.data)


def test_of_a_sequence_the_first_picture_is_shown():
    copy = clean(film(COLOUR))

    assert copy.vectors == ["IMG-10", "IMG-27"]
    assert copy.data == clean(heic(COLOUR)).data


def test_of_a_picture_that_moves_the_still_one_is_shown():
    images = [scene("RGB", (64, 48)), scene("RGB", (64, 48)).rotate(180)]
    untrusted = avif_of(images[0], save_all=True, append_images=images[1:])

    copy = clean(untrusted)

    assert copy.vectors == ["IMG-10", "IMG-27"]
    assert "2 pictures" in next(found.detail for found in copy.findings if found.vector == "IMG-10")
    assert distance(copy.image, images[0]) < 8


def test_messages_in_the_stream_do_not_reach_the_decoder():
    """Units that draw nothing are left out; the picture is the same."""
    message = struct.pack(">I", 6) + b"\x4e\x01\xff\xff\xff\x80"
    filler = struct.pack(">I", 4) + b"\x4c\x01\xff\x80"
    with_more = Item(COLOUR.kind, message + COLOUR.data + filler, COLOUR.said)

    assert clean(heic(with_more)).data == clean(heic(COLOUR)).data


def test_metadata_units_of_av1_do_not_reach_the_decoder():
    tree = heif.parse(avif_of(scene("RGB", (64, 48))))
    said = [(part.name, bytes(part.body), part.is_essential) for part in tree.items[1].properties]
    data = tree.items[1].data

    units, sequence = av1.units(data + b"\x2a\x03\1\2\3" + b"\x7a\x02\0\0")

    assert (sequence.width, sequence.height) == (64, 48)
    assert units == av1.units(data)[0]
    assert clean(heic(Item(b"av01", data, said))).vectors[-1] in ("IMG-27", "IMG-07")


# limits and structure


@pytest.mark.parametrize(
    "item",
    [
        Item(COLOUR.kind, COLOUR.data, [COLOUR.said[0], size(100_000, 100_000)]),
        Item(b"grid", struct.pack(">BBBBII", 0, 1, 0, 0, 100_000, 100_000), [size(8, 8)], {b"dimg": [1]}),
    ],
)
def test_a_picture_too_large_is_refused_before_it_is_decoded(item):
    tile = Item(COLOUR.kind, COLOUR.data, [COLOUR.said[0], size(200_000, 200_000)], is_hidden=True)
    with pytest.raises(LimitError, match="pixels"):
        clean(heic(tile, item, primary=2))


def test_a_stream_that_draws_more_than_the_file_says_is_refused():
    for item, side in ((COLOUR, 8), (COLOUR, 48)):
        with pytest.raises(MalformedError, match=r"limit|place"):
            clean(heic(Item(item.kind, item.data, [item.said[0], size(side, side)])))
    with pytest.raises(MalformedError, match="place"):
        clean(heic(Item(COLOUR.kind, COLOUR.data, [COLOUR.said[0], size(256, 128)])))


def test_a_frame_of_av1_that_is_larger_than_the_file_says_is_refused():
    tree = heif.parse(avif_of(scene("RGB", (64, 48))))
    said = [(part.name, bytes(part.body), True) for part in tree.items[1].properties if part.name == b"av1C"]

    with pytest.raises(MalformedError, match="frames"):
        clean(heic(Item(b"av01", tree.items[1].data, [*said, size(32, 32)])))


def test_more_pixels_in_all_than_the_purse_holds_are_refused():
    whole = Item(b"grid", grid(128, 128, 30, 1), [size(128, 128)], {b"dimg": range(1, 31)})

    with pytest.raises(PurseError):
        clean(heic(*[COLOUR] * 30, whole, primary=31), limited(max_expanded_bytes=1_000_000))


@pytest.mark.parametrize(
    "data",
    [
        heic(COLOUR)[:200],
        heic(COLOUR)[:-1],
        heic(COLOUR, primary=7),
        heic(Item(COLOUR.kind, COLOUR.data, [COLOUR.said[0]])),
        heic(Item(COLOUR.kind, COLOUR.data, [size(128, 128)])),
        heic(Item(COLOUR.kind, COLOUR.data, [COLOUR.said[0], size(0, 128)])),
        heic(Item(COLOUR.kind, COLOUR.data[:1000], COLOUR.said)),
        heic(Item(COLOUR.kind, COLOUR.data[:40], COLOUR.said)),
        heic(Item(COLOUR.kind, b"\0\0\0\3\x4e\1\1", COLOUR.said)),
        heic(Item(COLOUR.kind, COLOUR.data, [(b"hvcC", b"\1", True), size(128, 128)])),
        heic(Item(b"grid", grid(16, 16, 2, 1), [size(16, 16)], {b"dimg": [2]}), GRAY),
        heic(Item(b"grid", grid(64, 16, 2, 1), [size(64, 16)], {b"dimg": [2, 2]}), GRAY),
        heic(Item(b"grid", grid(129, 64, 2, 1), [size(129, 64)], {b"dimg": [2, 3]}), GRAY, GRAY),
        heic(Item(b"grid", grid(16, 16, 1, 1), [size(16, 16)], {b"dimg": [9]})),
        heic(Item(b"grid", b"\0", [size(16, 16)], {b"dimg": [1]})),
        heic(Item(b"grid", grid(32, 16, 2, 1), [size(32, 16)], {b"dimg": [2, 3]}), GRAY, COLOUR),
        heic(Item(b"grid", grid(16, 16, 1, 1), [size(16, 16)], {b"dimg": [2]}), with_(GRAY, turned(1))),
        heic(Item(b"iden", b"", [size(16, 16)], {b"dimg": [1]})),
        heic(Item(b"iden", b"", [size(16, 16)])),
        heic(with_(COLOUR, cut(200, 10, 0, 0))),
        heic(with_(COLOUR, cut(0, 10, 0, 0))),
        heic(with_(COLOUR, cut(10, 10, 100, 0))),
        heic(with_(COLOUR, cut(10, 10, 0, 0, 0))),
        heic(with_(COLOUR, (b"irot", b"", True))),
        heic(COLOUR, inside=full(b"pitm", b"\0\1")),
        film(COLOUR)[:-500],
        box(b"ftyp", b"heic\0\0\0\0"),
        box(b"ftyp", b"heic\0\0\0\0") * 2,
    ],
)
def test_broken_structure_is_refused(data):
    with pytest.raises(MalformedError):
        clean(data)


@pytest.mark.parametrize(
    "data",
    [
        heic(Item(b"jpeg", b"\xff\xd8", [size(16, 16)])),
        heic(Item(b"vvc1", b"anything", [size(16, 16)])),
        heic(Item(b"iovl", b"\0\0", [size(16, 16)], {b"dimg": [2]}), GRAY),
        heic(with_(COLOUR, (b"prIv", b"", True))),
        heic(with_(COLOUR, nclx(1, 13, 8))),
    ],
)
def test_what_is_not_understood_is_refused(data):
    with pytest.raises(UnsupportedError):
        clean(data)


def test_a_protected_item_is_refused():
    data = heic(COLOUR)
    at = data.index(b"infe") + 10

    with pytest.raises(EncryptedError):
        clean(data[:at] + b"\0\1" + data[at + 2 :])


def test_items_that_share_their_bytes_without_end_are_refused():
    """Ten items of the whole file each: joined, they would be ten times as large."""
    data = bytearray(heic(*[COLOUR] * 10))
    at = data.index(b"iloc") + 12
    for place in range(at, at + 160, 16):
        data[place + 8 : place + 16] = struct.pack(">II", 8, len(data) - 8)

    with pytest.raises(LimitError):
        heif.parse(bytes(data))


# corpus, locks and any bytes


@pytest.mark.parametrize("path", corpus("heif", "IMG-*") + corpus("avif", "IMG-*"), ids=lambda path: path.name)
def test_files_of_others_look_the_same(path):
    untrusted = path.read_bytes()

    copy = clean(untrusted)

    assert path.parent.name in copy.vectors
    expected = _managed(untrusted) if path.suffix == ".avif" else by_libheif(untrusted)
    assert distance(copy.image, expected) < 9


def _managed(data: bytes) -> Image.Image:
    """An AVIF as a viewer shows it that knows profiles."""
    image = Image.open(io.BytesIO(data))
    source = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))


@pytest.mark.parametrize("path", corpus("heif", "malformed") + corpus("avif", "malformed"), ids=lambda path: path.name)
def test_broken_files_of_others_are_refused(path):
    with pytest.raises(InputError):
        clean(path.read_bytes())


def test_every_vector_that_is_told_is_announced():
    told = {vector for path in corpus("heif", "IMG-*") for vector in clean(path.read_bytes()).vectors}

    assert told <= {vector.id for vector in HEIF.vectors}


def test_a_locked_child_decodes_without_a_thread_or_a_file():
    """The system calls that a worker may make are enough: libheif, for one, would start a thread and be killed."""
    program = """
        import os, sys
        from sanitizers.formats import heif, jpeg, png
        from sanitizers.worker import kernel, seccomp
        from tests.sanitizers.pictures import corpus, rebuild

        files = [path.read_bytes() for path in corpus("heif", "IMG-*") + corpus("avif", "IMG-*")]
        for room in (heif, jpeg, png):
            room.warm()
        locks = seccomp.build()
        child = os.fork()
        if child == 0:
            if locks is not None:
                kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
                locks.install()
            os._exit(0 if all(rebuild(heif.HEIF, untrusted).data for untrusted in files) else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr


SEEDS = [
    heic(GRAY),
    heic(with_(GRAY, turned(1), nclx(1, 13, 1))),
    heic(with_(GRAY, is_hidden=True), Item(b"grid", grid(20, 16, 2, 1), [size(20, 16)], {b"dimg": [1, 1]}), primary=2),
    heic(GRAY, with_(GRAY, auxiliary(ALPHA), leads_to={b"auxl": [1]}), Item(b"Exif", bytes(4) + b"II*\0")),
    avif_of(scene("RGB", (16, 12))),
    film(GRAY),
]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(untrusted=damaged(SEEDS))
def test_any_file_ends_in_a_copy_that_is_left_as_it_is_or_in_a_refusal(untrusted):
    policy = limited(max_pixels=1 << 20)
    try:
        copy = clean(untrusted, policy)
    except InputError:
        return
    assert rebuild(HEIF, untrusted, policy) == copy


@given(untrusted=st.binary(max_size=100))
def test_any_bytes_are_refused_as_such(untrusted):
    with pytest.raises(InputError):
        clean(untrusted)
    with pytest.raises(InputError):
        clean(box(b"ftyp", b"heic\0\0\0\0") + untrusted)

"""JPEG: what is left behind, what is carried over, and that a copy is left as it is."""

import io
import re

import pytest
from PIL import Image, ImageChops, ImageStat

from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.codecs import turbojpeg
from sanitizers.codecs.turbojpeg import Planes, Sampling, plane_sizes
from sanitizers.errors import BlockedError, LimitError, MalformedError, UnsupportedError
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.jpeg import JPEG, warm
from sanitizers.formats.jpeg.pixels import frame_of
from sanitizers.formats.jpeg.tables import MAX_QUALITY, exact_quality, quantisation
from sanitizers.formats.jpeg.write import Said, wrap
from sanitizers.parsers.jpeg import parse
from tests.sanitizers.pictures import (
    LENIENT,
    LOSSLESS,
    Rebuilt,
    corpus,
    exif,
    ifd,
    jpeg,
    limited,
    ordering,
    orientation,
    rebuild,
    scene,
    segment,
    segments_of,
    ycck_with_coarse_chroma,
)

GPS = (0x8825, ifd((1, 2, 2, b"N\0\0\0"), (2, 5, 3, b"\x08\0\0\0")))
MAKER_NOTE = (0x8769, ifd((0x927C, 7, 4, b"NOTE"), (0xA431, 2, 4, b"123\0")))
CAMERA = (0x0110, 2, 4, b"X1\0\0")
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"
SAMPLINGS = {"4:4:4": (1, 1), "4:2:2": (2, 1), "4:2:0": (2, 2)}


def clean(untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    return rebuild(JPEG, untrusted, policy)


def markers(data: bytes) -> list[int]:
    return [marker for marker, _ in segments_of(data)]


def difference(first: Image.Image, second: Image.Image) -> float:
    """Mean difference of samples, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def plain(image: Image.Image | None = None, **options: object) -> bytes:
    """A file in our own form."""
    return clean(jpeg(image, **options)).data


def gray_plane(width: int, height: int):
    planes, _ = turbojpeg.decode(jpeg(scene("L", (width, height))), width, height, Sampling.GRAY)
    return planes.planes[0]


# what is left behind


@pytest.mark.parametrize(
    ("extra", "vectors"),
    [
        (exif(CAMERA), ["IMG-03"]),
        (exif(CAMERA, directories=[GPS]), ["IMG-01", "IMG-03"]),
        (exif(CAMERA, directories=[MAKER_NOTE]), ["IMG-02", "IMG-03"]),
        (exif(directories=[GPS]), ["IMG-01"]),
        (exif(orientation(1)), ["IMG-03"]),
        (segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff"), ["IMG-03"]),
        (segment(0xE1, XMP), ["IMG-05"]),
        (segment(0xE1, XMP + b'hdrgm:Version="1.0"'), ["IMG-05", "IMG-10"]),
        (segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40)), ["IMG-05"]),
        (segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0"), ["IMG-06"]),
        (segment(0xED, b"Photoshop 3.0\x008BIM\x04\x0c\0\0\0\0\0\0"), ["IMG-06", "IMG-04"]),
        (segment(0xE0, b"JFXX\0\x10" + bytes(20)), ["IMG-04"]),
        (segment(0xFE, b"<?php echo 1; ?>"), ["IMG-08"]),
        (segment(0xE5, b"anything"), ["IMG-08"]),
        (segment(0xEE, b"Adobe\0\x64\0\0\0\0\1and more"), ["IMG-08"]),
        (segment(0xE2, b"MPF\0II*\0"), ["IMG-10"]),
        (segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0"), ["IMG-10"]),
        (segment(0xEB, b"JP\x02\x11" + bytes(20)), ["IMG-40"]),
        (segment(0xE2, b"ICC_PROFILE\0\1\1no profile"), ["IMG-07"]),
        (segment(0xE2, b"ICC_PROFILE\0\1\2half a profile"), ["IMG-07"]),
        (b"stray bytes", ["IMG-12"]),
    ],
)
def test_what_is_said_beside_the_picture_is_left_behind_and_told(extra, vectors):
    data = plain()
    copy = clean(data[:20] + extra + data[20:])

    assert copy.vectors == vectors
    assert all(finding.where.endswith(" at 20") or "offset 20" in finding.where for finding in copy.findings)
    assert markers(copy.data) == markers(data)
    assert difference(copy.image, opened(data)) < 1


@pytest.mark.parametrize(
    ("behind", "vector"),
    [
        (b"PK\x03\x04" + bytes(40), "IMG-09"),
        (bytes(100), "IMG-09"),
        (bytes(8) + jpeg(), "IMG-10"),
        (b"\0\0\0\x18ftypmp42" + bytes(40), "IMG-10"),
        (b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data" + bytes(20) + b"SEFT", "IMG-10"),
    ],
)
def test_bytes_behind_the_end_are_left_behind(behind, vector):
    """An archive, a second picture, the film of a motion photo."""
    copy = clean(plain() + behind)

    assert copy.vectors == [vector]
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_a_thumbnail_inside_jfif_is_left_behind():
    data = plain()
    tiny = data.replace(b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0", segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1RGB"))

    assert clean(tiny).vectors == ["IMG-04"]
    assert segments_of(clean(tiny).data)[0] == segments_of(data)[0]


@pytest.mark.parametrize("path", [*corpus("jpeg", "IMG-*")], ids=lambda path: path.name)
def test_corpus_files_tell_the_vector_of_their_folder(path):
    assert path.parent.name in clean(path.read_bytes()).vectors


@pytest.mark.parametrize("path", corpus("jpeg", "GEN-15"), ids=lambda path: path.name)
def test_a_picture_that_is_cut_off_is_blocked(path):
    """GEN-15: what viewers patch up with gray was not meant to be seen whole."""
    with pytest.raises(BlockedError, match="GEN-15"):
        clean(path.read_bytes())


@pytest.mark.parametrize("path", corpus("jpeg", "malformed"), ids=lambda path: path.name)
def test_what_is_no_jpeg_is_refused(path):
    with pytest.raises(MalformedError):
        clean(path.read_bytes())


# what is carried over


@pytest.mark.parametrize("turned", range(2, 9))
def test_the_way_up_is_kept_as_the_only_tag(turned):
    copy = clean(jpeg(None, exif(orientation(turned), CAMERA, directories=[GPS])))

    assert copy.vectors == ["IMG-01", "IMG-03"]
    assert dict(copy.image.getexif()) == {0x0112: turned}
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_an_orientation_in_xmp_counts_where_exif_has_none():
    """As Adobe's programs and Pillow show it."""
    packet = segment(0xE1, XMP + b'tiff:Orientation="6"')

    assert clean(jpeg(None, packet)).image.getexif()[0x0112] == 6
    assert clean(jpeg(None, packet, exif(orientation(3)))).image.getexif()[0x0112] == 3


def test_density_is_kept():
    assert clean(jpeg(dpi=(300, 300))).image.info["dpi"] == (300, 300)


def test_density_is_taken_from_exif_where_jfif_has_none():
    """A photo put into a letter keeps its size."""
    rational = b"".join(value.to_bytes(4, "little") for value in (144, 1))
    entries = ((0x011A, 5, 1, b"\x32\0\0\0"), (0x011B, 5, 1, b"\x32\0\0\0"), (0x0128, 3, 1, b"\2\0\0\0"))
    block = exif(*entries)[4:] + rational  # its one directory ends at 50

    assert clean(jpeg(None, segment(0xE1, block))).image.info["dpi"] == (144, 144)


@pytest.mark.parametrize(("sampling", "factors"), SAMPLINGS.items())
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (16, 16), (17, 33), (64, 48)])
def test_a_copy_looks_the_same_and_is_left_as_it_is(sampling, factors, size):
    """Invariant 6, for every size of the last block and every usual sampling."""
    source = jpeg(scene(size=size), subsampling=sampling, progressive=True, quality=88)
    copy = clean(source)

    assert copy.vectors == ["IMG-44"]
    assert difference(copy.image, opened(source)) < 5
    assert copy.image.layer[0][1:3] == factors
    assert clean(copy.data) == Rebuilt(copy.data, ())


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_gray_and_cmyk_keep_their_colours_and_are_left_as_they_are(mode):
    image = scene(mode)
    copy = clean(jpeg(image, quality=95))

    assert copy.image.mode == mode
    assert difference(copy.image, image) < 4
    assert (0xEE in markers(copy.data)) == (mode == "CMYK")
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_rgb_without_transform_becomes_ycbcr_of_the_same_look():
    image = scene()
    copy = clean(jpeg(image, keep_rgb=True, quality=90))

    assert difference(copy.image, image) < 4
    assert parse(copy.data, Budget(LENIENT.limits)).space.value == "YCbCr"


@pytest.mark.parametrize(
    ("sampling", "across", "down"),
    [(Sampling.HALF_HEIGHT, 1, 2), (Sampling.QUARTER_WIDTH, 4, 1)],
    ids=["4:4:0", "4:1:1"],
)
def test_rare_samplings_stay_planes(sampling, across, down):
    """4:4:0 comes out of rotated photos, 4:1:1 out of video."""
    luma, chroma = (gray_plane(*size) for size in ((64, 64), (64 // across, 64 // down)))
    source = turbojpeg.encode(Planes(64, 64, sampling, (luma, chroma, chroma)), 97)

    copy = clean(source)

    assert copy.image.layer[0][1:3] == (across, down)
    assert difference(copy.image, opened(source)) < 5
    assert clean(copy.data) == Rebuilt(copy.data, ())


@pytest.mark.parametrize("sampling", Sampling)
@pytest.mark.parametrize("quality", [1, 75, 92])
def test_the_head_of_an_encoder_of_planes_is_foretold(sampling, quality):
    """It need not be read again then; where it is, the copy is the same."""
    samples = [bytes(range(256)) * 9 for _ in range(3)]
    sizes = plane_sizes(33, 17, sampling)
    planes = Planes.of(33, 17, sampling, [plane[: w * h] for plane, (w, h) in zip(samples, sizes)])
    coded, frame = turbojpeg.encode(planes, quality), frame_of(planes)
    turned = Said(density=(1, 96, 96), orientation=6, profile=next(iter(PROFILES.values())))

    assert wrap(Said(), coded, frame, quality) is coded
    assert wrap(turned, coded, frame, quality) == wrap(turned, coded)
    assert wrap(turned, coded, frame, quality + 1) == wrap(turned, coded)  # another than foretold
    assert wrap(Said(), wrap(turned, coded), frame, quality) == coded


# quality


@pytest.mark.parametrize("quality", [10, 50, 75, 92])
def test_quality_is_that_of_the_source(quality):
    copy = clean(jpeg(quality=quality, optimize=True))

    assert [finding.detail for finding in copy.findings] == ["Huffman tables"]
    assert parse(copy.data, Budget(LENIENT.limits)).quantisation == dict(enumerate(quantisation(quality)))


def test_quality_is_capped_so_that_files_do_not_grow():
    source = jpeg(scene(size=(200, 200)), quality=100)
    copy = clean(source)

    assert parse(copy.data, Budget(LENIENT.limits)).quantisation[0] == quantisation(MAX_QUALITY)[0]
    assert len(copy.data) < len(source)


def test_tables_of_other_encoders_are_replaced_and_told():
    """IMG-44: quantisation tables tell one camera from another."""
    own = [min(255, 3 + index) for index in range(64)]
    copy = clean(jpeg(qtables=[own, own]))

    assert [(finding.vector, finding.detail) for finding in copy.findings] == [("IMG-44", "quantisation tables")]
    assert exact_quality(parse(copy.data, Budget(LENIENT.limits)).quantisation) is not None


# colour


@pytest.mark.parametrize("name", PROFILES)
def test_a_wide_space_keeps_its_colours_under_a_profile_of_ours(name):
    copy = clean(jpeg(icc_profile=PROFILES[name]))

    assert copy.image.info["icc_profile"] == PROFILES[name]
    assert "IMG-07" not in copy.vectors
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_a_policy_may_remove_every_profile():
    """The pixels are then converted, so that the colours stay."""
    policy = ordering(IMG_07=Action.REMOVE)
    copy = clean(jpeg(Image.new("RGB", (16, 16), (200, 30, 30)), icc_profile=PROFILES["Display P3"]), policy)
    red, green, _ = copy.image.getpixel((8, 8))

    assert "IMG-07" in copy.vectors and "icc_profile" not in copy.image.info
    assert red > 208 and green < 25
    assert clean(copy.data, policy) == Rebuilt(copy.data, ())


def test_cmyk_with_a_profile_becomes_srgb_of_the_same_look():
    (path,) = (path for path in corpus("jpeg", "IMG-07") if "cmyk" in path.name)
    copy = clean(path.read_bytes())

    assert copy.image.mode == "RGB" and "icc_profile" not in copy.image.info
    assert clean(copy.data) == Rebuilt(copy.data, ())


# the lossless class


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"optimize": True, "quality": 99}, {"keep_rgb": True}])
def test_the_lossless_class_keeps_every_coefficient(options):
    source = jpeg(None, exif(CAMERA), **options)
    copy = clean(source, LOSSLESS)

    assert "IMG-03" in copy.vectors
    assert copy.image.tobytes() == opened(source).tobytes()
    assert clean(copy.data, LOSSLESS) == Rebuilt(copy.data, ())


def test_ycck_that_is_decoded_after_all_has_the_colours_of_its_new_form():
    """Four components whose coefficients may not be kept (IMG-12): the marker then says what the encoder wrote."""
    head = jpeg(Image.new("CMYK", (16, 8))).replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2")
    data = head[: head.index(b"\xff\xda") + 16] + b"<?= 1 ?>" * 8 + b"\xff\xd9"
    assert b"<?=" in turbojpeg.transcode(data)[0]

    copy = clean(data, LOSSLESS)

    assert difference(copy.image.convert("RGB"), opened(data).convert("RGB")) < 3
    assert clean(copy.data, LOSSLESS) == Rebuilt(copy.data, ())


def test_ycck_with_coarse_chroma_keeps_its_coefficients():
    """As printing programs write it: black is as fine as luma."""
    data = ycck_with_coarse_chroma()

    copy = clean(data, LOSSLESS)

    assert copy.image.tobytes() == opened(data).tobytes()
    assert re.search(rb"\x22\0.\x11\0.\x11\0.\x22\0", copy.data, re.DOTALL)


# limits and structure


def test_a_picture_too_large_is_refused_before_it_is_decoded():
    with pytest.raises(LimitError, match="pixels"):
        clean(jpeg(scene(size=(300, 300))), limited(max_pixels=300 * 299))


def test_a_flood_of_scans_is_refused():
    """IMG-11: each scan of a progressive file costs a pass over all coefficients."""
    with pytest.raises(LimitError, match="scans"):
        clean(jpeg(progressive=True), limited(max_scans=5))


def test_a_missing_end_marker_is_put_back():
    """Some webcams leave it out; every viewer shows the picture."""
    data = plain()
    copy = clean(data[:-2])

    assert copy.vectors == ["IMG-11"]
    assert copy.data.endswith(b"\xff\xd9")
    assert difference(copy.image, opened(data)) < 1


@pytest.mark.parametrize("marker", [0xC5, 0xC6, 0xC7, 0xCB, 0xCD])
def test_codings_that_nobody_uses_are_refused(marker):
    with pytest.raises(UnsupportedError):
        clean(plain().replace(b"\xff\xc0\x00\x11", bytes((0xFF, marker)) + b"\x00\x11"))


def test_12_bit_samples_are_refused():
    with pytest.raises(UnsupportedError, match="12 bits"):
        clean(plain().replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xd8\xff\xe0"),  # two starts
        (b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x12\x08"),  # a frame of another length
        (b"\xff\xda\x00\x0c\x03\x01", b"\xff\xda\x00\x0c\x03\x07"),  # a scan of no component
        (b"\xff\xdb\x00\x43\x00", b"\xff\xdb\x00\x43\x04"),  # a fifth table
        (b"\xff\xc4\x00\x1f\x00\x00\x01", b"\xff\xc4\x00\x1f\x00\x00\xff"),  # no prefix code
        (b"\xff\xe0\x00\x10", b"\xff\xe0\xff\xff"),  # beyond the end
        (b"\xff\xe0\x00\x10", b"\xff\xe0\x00\x01"),  # shorter than its own length
    ],
)
def test_broken_structure_is_refused(old, new):
    data = plain()
    assert data.count(old) == 1

    with pytest.raises(MalformedError):
        clean(data.replace(old, new))


def test_damage_inside_the_scan_is_blocked():
    data = jpeg(scene(size=(200, 200)))
    middle = len(data) - len(data) // 3

    with pytest.raises(BlockedError, match="GEN-15"):
        clean(data[:middle] + b"\xff\xd9")


def test_pixels_that_spell_a_script_are_coded_another_way():
    """IMG-12: transcoding a file in our own form would bring out the script that its coefficients are made to spell."""
    head = plain(Image.new("L", (16, 8)))
    data = head[: head.index(b"\xff\xda") + 10] + b"<?php echo 1005; ?>\xff\xd9"  # two blocks, to the last bit
    assert b"<?php echo 1005" in turbojpeg.transcode(data)[0]

    copy = clean(data)

    assert copy.vectors == ["IMG-12"]
    assert b"<?php" not in copy.data
    assert clean(copy.data) == Rebuilt(copy.data, ())


def test_density_that_spells_a_script_is_left_behind():
    data = plain().replace(b"\0\0\1\0\1\0\0", b"\0<?=`\0\0", 1)

    assert b"<?=" in data and b"<?=" not in clean(data).data
    assert clean(data).vectors == ["IMG-12"]


def test_a_policy_that_blocks_a_vector_is_obeyed():
    with pytest.raises(BlockedError, match="IMG-01"):
        clean(jpeg(None, exif(directories=[GPS])), ordering(IMG_01=Action.BLOCK))


def test_every_vector_that_is_told_is_announced():
    paths = [*corpus("jpeg", "IMG-*"), *corpus("jpeg", "good")]
    told = {vector for path in paths for vector in clean(path.read_bytes()).vectors}

    assert told <= {vector.id for vector in JPEG.vectors}


def test_a_plain_picture_is_clean():
    """Nothing is told of a file that another encoder wrote the way ours does."""
    (path,) = corpus("jpeg", "good")

    assert clean(path.read_bytes()).findings == ()


def test_without_libturbojpeg_pictures_still_come_through(monkeypatch):
    """Through Pillow, with the same markers; only the fixed point is lost."""
    monkeypatch.setattr(turbojpeg, "_LIBRARY", None)
    warm()
    for image in (scene(), scene("L"), scene("CMYK")):
        source = jpeg(image, exif(CAMERA), quality=95)
        copy = clean(source)

        assert copy.vectors == ["IMG-03", "IMG-44"]
        assert difference(copy.image, opened(source)) < 5
        assert clean(copy.data).vectors == []

"""JPEG and PNG before the judge: what is accepted, and one small change that is not."""

import io
import re
import struct
import zlib

import pytest
from PIL import Image

from policies.model import Policy
from sanitizers.model import Check
from sanitizers.verify.judge import judge
from sanitizers.verify.pixels import passes
from tests.sanitizers.verify.forge import (
    ADOBE,
    DHT_AC,
    DHT_DC,
    DQT,
    GREY_TAGS,
    IEND,
    JFIF,
    ORIENTATION,
    RGB_TAGS,
    SOF_COLOUR,
    SOF_GREY,
    SOS_GREY,
    actl,
    apng,
    chunk,
    cmyk_jpeg,
    colour_jpeg,
    fctl,
    fdat,
    icc,
    idat,
    ihdr,
    indexed_png,
    jpeg,
    png,
    rows,
    segment,
    tag_gamma,
    tag_mluc,
    tag_text,
    tag_xyz,
)

POLICY = Policy(name="test")


def jpeg_opinion(data: bytes):
    return judge(data, "image/jpeg", POLICY)


def png_opinion(data: bytes):
    return judge(data, "image/png", POLICY)


def drawn(mode: str, width: int = 201, height: int = 133) -> Image.Image:
    """A picture with something on it."""
    picture = Image.frombytes(
        "RGB",
        (width, height),
        bytes((x * y * c >> 3) & 255 for y in range(height) for x in range(width) for c in (1, 2, 3)),
    )
    return Image.new("I;16", (width, height), 777) if mode == "I;16" else picture.convert(mode)


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


# --- JPEG


BIG_ENDIAN_ORIENTATION = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0\0\0\0\0"
GOOD_JPEGS = {
    "grey": jpeg(),
    "colour": colour_jpeg(),
    "YCCK": cmyk_jpeg(2),
    "CMYK": cmyk_jpeg(0),
    "RGB by Adobe": colour_jpeg(applications=segment(0xEE, ADOBE + b"\0")),
    "orientation": jpeg(applications=segment(0xE0, JFIF) + segment(0xE1, b"Exif\0\0" + ORIENTATION)),
    "orientation, big-endian": jpeg(
        applications=segment(0xE0, JFIF) + segment(0xE1, b"Exif\0\0" + BIG_ENDIAN_ORIENTATION)
    ),
    "profile": colour_jpeg(applications=segment(0xE0, JFIF) + segment(0xE2, b"ICC_PROFILE\0\x01\x01" + icc())),
    "grey profile": jpeg(
        applications=segment(0xE0, JFIF) + segment(0xE2, b"ICC_PROFILE\0\x01\x01" + icc(GREY_TAGS, b"GRAY"))
    ),
    "both code tables in one segment": jpeg(codes=segment(0xC4, DHT_DC + DHT_AC)),
    "restarts": jpeg(more=segment(0xDD, b"\0\1"), scan=b"\x3f\xff\xd0\x3f\xff\xd1\x3f\xff\xd2\x3f"),
    "stuffing": jpeg(scan=b"\x00\xff\x00\xff\x00"),
}


@pytest.mark.parametrize("name", GOOD_JPEGS)
def test_a_jpeg_as_it_is_rebuilt_is_accepted(name):
    assert jpeg_opinion(GOOD_JPEGS[name]).accepted


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 95, "subsampling": 0},
        {"quality": 92, "subsampling": 1},
        {"optimize": True},
        {"restart_marker_blocks": 5},
        {"restart_marker_rows": 1},
        {"dpi": (300, 300)},
    ],
    ids=str,
)
def test_what_a_common_encoder_writes_without_metadata_is_accepted(mode, options):
    assert jpeg_opinion(saved(drawn(mode), "JPEG", **options)).accepted


def dht(counts: list[int], symbols: bytes, kind: int = 0) -> bytes:
    return segment(0xC4, bytes([kind]) + bytes(counts).ljust(16, b"\0") + symbols)


BAD_JPEGS = {
    "no segment at all": (b"\xff\xd8\xff\xd9", "no marker at 2"),
    "fill bytes before a marker": (jpeg(more=b"\xff"), "marker 0xFF"),
    "JFIF 1.00": (jpeg(applications=segment(0xE0, JFIF.replace(b"\1\2", b"\1\0"))), "JFIF"),
    "JFIF without a density": (jpeg(applications=segment(0xE0, JFIF[:8] + bytes(6))), "density"),
    "JFIF behind another segment": (
        jpeg(applications=segment(0xEE, ADOBE + b"\0") + segment(0xE0, JFIF)),
        "no JFIF header at the start",
    ),
    "neither JFIF nor Adobe": (jpeg(applications=b""), "neither JFIF nor Adobe"),
    "Adobe of another transform": (colour_jpeg(applications=segment(0xEE, ADOBE + b"\2")), "transform"),
    "Adobe of another version": (colour_jpeg(applications=segment(0xEE, b"Adobe\0\x65\0\0\0\0\0")), "plain Adobe"),
    "quantisation with a zero": (jpeg(tables=segment(0xDB, DQT[:-1] + b"\0")), "DQT with a zero"),
    "quantisation of 16 bits": (jpeg(tables=segment(0xDB, b"\x10" + DQT[1:])), "DQT precision"),
    "quantisation twice": (jpeg(tables=segment(0xDB, DQT + DQT)), "DQT precision or identifier"),
    "quantisation of another length": (jpeg(tables=segment(0xDB, DQT + b"\1")), "DQT of another length"),
    "quantisation missing": (jpeg(tables=b""), "DQT missing"),
    "two frames": (jpeg(more=segment(0xC0, SOF_GREY)), "second frame"),
    "no frame": (jpeg(frame=b""), "SOS before SOF0"),
    "two components": (jpeg(frame=segment(0xC0, SOF_GREY[:5] + b"\2\1\x11\0\2\x11\0")), "SOF0 components"),
    "components of one name": (
        colour_jpeg(frame=segment(0xC0, SOF_COLOUR.replace(b"\2\x11\0", b"\1\x11\0"))),
        "identifiers",
    ),
    "sampling factor 5": (jpeg(frame=segment(0xC0, SOF_GREY.replace(b"\x11\0", b"\x51\0"))), "sampling"),
    "sampling factors 3 to 2": (
        colour_jpeg(frame=segment(0xC0, bytes([8, 0, 16, 0, 16, 3, 1, 0x31, 0, 2, 0x21, 0, 3, 0x11, 0]))),
        "sampling",
    ),
    "eleven blocks in an MCU": (
        colour_jpeg(frame=segment(0xC0, bytes([8, 0, 16, 0, 16, 3, 1, 0x42, 0, 2, 0x21, 0, 3, 0x11, 0]))),
        "blocks in an MCU",
    ),
    "no code": (jpeg(codes=dht([], b"") + segment(0xC4, DHT_AC)), "DHT does not fit"),
    "codes that overflow": (jpeg(codes=dht([3], b"\0\1\2") + segment(0xC4, DHT_AC)), "no prefix code"),
    "the code of all ones": (jpeg(codes=dht([2], b"\0\1") + segment(0xC4, DHT_AC)), "no prefix code"),
    "a symbol twice": (jpeg(codes=dht([0, 2], b"\0\0") + segment(0xC4, DHT_AC)), "DHT symbols"),
    "a DC symbol beyond baseline": (jpeg(codes=dht([1], b"\x0c") + segment(0xC4, DHT_AC)), "DHT symbols"),
    "an AC symbol beyond baseline": (jpeg(codes=segment(0xC4, DHT_DC) + dht([1], b"\x0b", 0x10)), "DHT symbols"),
    "a third table": (jpeg(codes=dht([1], b"\0", 0x02) + segment(0xC4, DHT_AC)), "DHT class or identifier"),
    "a table twice": (jpeg(codes=segment(0xC4, DHT_DC + DHT_DC + DHT_AC)), "DHT class or identifier"),
    "fewer symbols than counted": (jpeg(codes=dht([0, 2], b"\0")), "DHT does not fit"),
    "a table that is not there": (jpeg(codes=segment(0xC4, DHT_DC)), "a table that is not there"),
    "DRI of zero": (jpeg(more=segment(0xDD, b"\0\0")), "DRI"),
    "DRI twice": (jpeg(more=segment(0xDD, b"\0\1") * 2), "DRI"),
    "a scan of some components": (colour_jpeg(start=segment(0xDA, SOS_GREY)), "SOS components"),
    "components in another order": (
        colour_jpeg(start=segment(0xDA, bytes([3, 2, 0, 1, 0, 3, 0, 0, 63, 0]))),
        "SOS order",
    ),
    "a spectral selection": (jpeg(start=segment(0xDA, bytes([1, 1, 0, 0, 62, 0]))), "baseline scan"),
    "a successive approximation": (jpeg(start=segment(0xDA, bytes([1, 1, 0, 0, 63, 1]))), "baseline scan"),
    "a restart without DRI": (jpeg(scan=b"\x3f\xff\xd0\x3f"), "marker 0xD0"),
    "restarts out of order": (
        jpeg(more=segment(0xDD, b"\0\1"), scan=b"\x3f\xff\xd1\x3f\xff\xd0\x3f\xff\xd2\x3f"),
        "marker 0xD1",
    ),
    "a restart too few": (
        jpeg(more=segment(0xDD, b"\0\1"), scan=b"\x3f\xff\xd0\x3f\xff\xd1\x3f\x3f"),
        "too short|marker",
    ),
    "a restart too many": (
        jpeg(more=segment(0xDD, b"\0\2"), scan=b"\x3f\xff\xd0\x3f\xff\xd1\x3f\x3f"),
        "marker 0xD1",
    ),
    "fill bytes in the scan": (jpeg(scan=b"\x00\xff\xff\x00"), "marker 0xFF"),
    "a comment behind the scan": (jpeg(scan=b"\x00" + segment(0xFE, b"hidden")), "marker 0xFE"),
    "a megabyte behind the pixels": (jpeg(scan=bytes(1 << 20)), "too long"),
}


@pytest.mark.parametrize("name", BAD_JPEGS)
def test_a_jpeg_that_differs_in_one_thing_is_refused(name):
    data, reason = BAD_JPEGS[name]

    opinion = jpeg_opinion(data)

    assert opinion.check is Check.IMAGE
    assert re.search(reason, opinion.where)


def test_entropy_data_may_look_like_a_signature_by_chance():
    """GEN-10: a magic number alone proves nothing."""
    for scan in (b"PK\x03\x04", b"PK\x05\x06", b"%PDF", b"Rar!", b"<scr", b"MZ"):
        assert jpeg_opinion(colour_jpeg(scan=scan + b"U" * 60)).accepted


# --- ICC


def profile_with(**changed: bytes | None) -> bytes:
    tags = {name: element for name, element in RGB_TAGS.items() if changed.get(name.decode(), b"") is not None}
    return icc(tags | {name.encode(): element for name, element in changed.items() if element is not None})


def patched(profile: bytes, at: int, value: bytes) -> bytes:
    return profile[:at] + value + profile[at + len(value) :]


V2_DESCRIPTION = b"desc\0\0\0\0\0\0\0\x05sRGB\0" + bytes(8) + b"\0\0\0" + bytes(67)
GOOD_PROFILES = {
    "with names in three encodings": profile_with(desc=V2_DESCRIPTION),
    "with a parametric curve": profile_with(rTRC=b"para\0\0\0\0\0\3\0\0" + bytes(20)),
    "with a sampled curve": profile_with(gTRC=b"curv\0\0\0\0" + struct.pack(">I256H", 256, *range(0, 65536, 256))),
    "with an adaptation": profile_with(chad=b"sf32\0\0\0\0" + bytes(36)),
    "with a Japanese name": profile_with(desc=tag_mluc("標準")),
}
BAD_PROFILES = {
    "a table of colours": profile_with(A2B0=b"mft2\0\0\0\0" + bytes(60)),
    "no primaries": profile_with(rXYZ=None),
    "a curve that falls": profile_with(gTRC=b"curv\0\0\0\0" + struct.pack(">I4H", 4, 0, 9, 8, 10)),
    "a control in a text": profile_with(cprt=tag_text(b"a\x1b[31m")),
    "a novel": profile_with(cprt=tag_text(b"a" * 201)),
    "an unknown type": profile_with(cprt=b"data\0\0\0\0abcd"),
    "bytes in a gap": icc(gap=b"hidden!!"),
    "a printer's class": icc(kind=b"prtr"),
    "a link": icc(kind=b"link"),
    "another size in its header": patched(icc(), 0, b"\0\0\x01\0"),
    "no signature": patched(icc(), 36, b"acsq"),
    "an identity that is none": patched(icc(), 84, b"\1" * 16),
    "reserved bytes in use": patched(icc(), 100, b"hidden"),
    "a name of its maker with a control": patched(icc(), 48, b"\1\2\3\4"),
    "an offset into the header": patched(icc(), 136, struct.pack(">I", 64)),
    "five kilobytes": profile_with(gTRC=b"curv\0\0\0\0" + struct.pack(">I2600H", 2600, *range(2600))),
    "a curve with something behind it": profile_with(gTRC=tag_gamma() + b"hidden.."),
    "a point of another size": profile_with(wtpt=tag_xyz() + bytes(4)),
}


@pytest.mark.parametrize("name", GOOD_PROFILES)
def test_a_small_profile_is_accepted(name):
    body = b"icc\0\0" + zlib.compress(GOOD_PROFILES[name])

    assert png_opinion(png(chunk(b"iCCP", body))).accepted


@pytest.mark.parametrize("name", BAD_PROFILES)
def test_a_profile_that_is_more_than_colours_is_refused(name):
    body = b"icc\0\0" + zlib.compress(BAD_PROFILES[name])

    assert png_opinion(png(chunk(b"iCCP", body))).where.startswith(("ICC", "chunk iCCP"))


# --- PNG


INTERLACED = b"".join(rows(1, 1, 8 * (stride - 1)) * count for stride, count in passes(9, 9, 24, True))
GOOD_PNGS = {
    "true colour": png(),
    "one chunk for each byte": png(pixels=b"".join(chunk(b"IDAT", bytes([byte])) for byte in zlib.compress(rows()))),
    "indexed": indexed_png(),
    "indexed with transparency": indexed_png(chunk(b"tRNS", b"\0")),
    "background and histogram": indexed_png(chunk(b"bKGD", b"\1"), chunk(b"hIST", bytes(4))),
    "every colour chunk": png(
        chunk(b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
        chunk(b"gAMA", struct.pack(">I", 45455)),
        chunk(b"sRGB", b"\0"),
        chunk(b"cICP", b"\x09\x10\0\1"),
        chunk(b"sBIT", b"\x08\x08\x08"),
        chunk(b"tRNS", bytes(6)),
        chunk(b"bKGD", b"\0\xff" * 3),
        chunk(b"pHYs", struct.pack(">IIB", 3780, 3780, 1)),
    ),
    "orientation": png(chunk(b"eXIf", ORIENTATION)),
    "profile": png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc()))),
    "two frames": apng(),
    "a still picture that is no frame": png(actl(1), pixels=idat() + fctl(0) + fdat(1)),
    "interlaced": png(head=ihdr(9, 9, interlace=1), pixels=idat(INTERLACED)),
    "interlaced, one pixel": png(head=ihdr(1, 1, interlace=1), pixels=idat(rows(1, 1))),
    "one bit deep": png(head=ihdr(17, 3, 1, 0), pixels=idat(rows(17, 3, 1))),
    "sixteen bits deep, with alpha": png(head=ihdr(4, 3, 16, 6), pixels=idat(rows(4, 3, 64))),
    "larger than one piece": png(head=ihdr(1500, 1100), pixels=idat(rows(1500, 1100))),
}


@pytest.mark.parametrize("name", GOOD_PNGS)
def test_a_png_as_it_is_rebuilt_is_accepted(name):
    assert png_opinion(GOOD_PNGS[name]).accepted


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16"])
def test_what_a_common_encoder_writes_is_accepted(mode):
    assert png_opinion(saved(drawn(mode), "PNG")).accepted


def test_an_animation_of_a_common_encoder_is_accepted():
    first, *others = (drawn("RGB").rotate(angle) for angle in range(0, 40, 10))

    assert png_opinion(saved(first, "PNG", save_all=True, append_images=others, duration=100)).accepted


def with_dictionary(data: bytes) -> bytes:
    deflate = zlib.compressobj(zdict=b"hidden")
    return deflate.compress(data) + deflate.flush()


BAD_PNGS = {
    "no pixels": png(pixels=b""),
    "no IHDR": png(head=b""),
    "IHDR twice": png(ihdr()),
    "IHDR of another length": png(head=chunk(b"IHDR", bytes(14))),
    "no width": png(head=ihdr(width=0)),
    "an unknown interlace method": png(head=ihdr(interlace=2)),
    "palette of a grey picture": png(chunk(b"PLTE", bytes(3)), head=ihdr(colour=0), pixels=idat(rows(pixel_bits=8))),
    "indexed without palette": png(head=ihdr(depth=1, colour=3), pixels=idat(rows(pixel_bits=1))),
    "palette of 257": png(chunk(b"PLTE", bytes(257 * 3))),
    "palette of two and a half colours": png(chunk(b"PLTE", bytes(7))),
    "palette behind the pixels": png(end=chunk(b"PLTE", bytes(3)) + IEND),
    "transparency of more than the palette": indexed_png(chunk(b"tRNS", bytes(3))),
    "transparency before the palette": png(
        chunk(b"tRNS", b"\0"), chunk(b"PLTE", bytes(6)), head=ihdr(depth=1, colour=3), pixels=idat(rows(pixel_bits=1))
    ),
    "transparency beside alpha": png(chunk(b"tRNS", bytes(6)), head=ihdr(colour=6), pixels=idat(rows(pixel_bits=32))),
    "transparency beyond the depth": png(chunk(b"tRNS", b"\1\0" * 3)),
    "background beyond the palette": indexed_png(chunk(b"bKGD", b"\2")),
    "histogram of another length": indexed_png(chunk(b"hIST", bytes(6))),
    "histogram without palette": png(chunk(b"hIST", b"")),
    "chromaticities beyond one": png(chunk(b"cHRM", struct.pack(">8I", *[100_001] * 8))),
    "gamma of zero": png(chunk(b"gAMA", bytes(4))),
    "an unknown rendering intent": png(chunk(b"sRGB", b"\4")),
    "sRGB beside a profile": png(chunk(b"sRGB", b"\0"), chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc()))),
    "a profile beside sRGB": png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc())), chunk(b"sRGB", b"\0")),
    "bytes behind the profile": png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc()) + b"hidden")),
    "half a profile": png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc())[:-9])),
    "a name of the profile with controls": png(chunk(b"iCCP", b"i\n\0\0" + zlib.compress(icc()))),
    "an unknown method for the profile": png(chunk(b"iCCP", b"icc\0\1" + zlib.compress(icc()))),
    "code points for YCbCr": png(chunk(b"cICP", b"\x09\x10\1\1")),
    "unknown code points": png(chunk(b"cICP", b"\x63\x10\0\1")),
    "significant bits beyond the depth": png(chunk(b"sBIT", b"\x09\x08\x08")),
    "density in an unknown unit": png(chunk(b"pHYs", bytes(8) + b"\2")),
    "suggested palettes": png(chunk(b"sPLT", b"name\0\x08" + bytes(6))),
    "an empty IDAT": png(pixels=chunk(b"IDAT") + idat()),
    "pixels that end early": png(pixels=idat(rows(height=2))),
    "pixels without their check sum": png(pixels=chunk(b"IDAT", zlib.compress(rows())[:-4])),
    "pixels with a wrong check sum": png(pixels=chunk(b"IDAT", zlib.compress(rows())[:-4] + bytes(4))),
    "pixels that need a dictionary": png(pixels=chunk(b"IDAT", with_dictionary(rows()))),
    "pixels that are no stream": png(pixels=chunk(b"IDAT", b"hello")),
    "two streams of pixels": png(pixels=idat(rows(height=1)) + idat(rows(height=2))),
    "an unknown filter in the last row": png(pixels=idat(rows(height=2) + b"\x07" + bytes(12))),
    "an unknown filter in the last pass": png(
        head=ihdr(9, 9, interlace=1), pixels=idat(INTERLACED[: -4 * 28] + b"\x07" + INTERLACED[-4 * 28 + 1 :])
    ),
    "an interlaced picture, not interlaced": png(head=ihdr(9, 9, interlace=1), pixels=idat(rows(9, 9))),
    "acTL behind the pixels": png(pixels=idat() + actl(1)),
    "acTL twice": png(actl(1), actl(1), fctl(0)),
    "acTL of no frames": png(actl(0)),
    "a first frame smaller than the canvas": png(actl(1), fctl(0, 2, 2)),
    "two controls of the first frame": png(actl(2), fctl(0), fctl(1)),
    "a frame without data": apng(fctl(1), b""),
    "frame data before the pixels": png(actl(1), fdat(0)),
    "frame data of the still picture": png(actl(1), fctl(0), pixels=idat() + fdat(1)),
    "frame data without a number": png(actl(2), fctl(0), pixels=idat() + fctl(1) + chunk(b"fdAT", b"\0\0\0\2")),
    "an unknown disposal": apng(fctl(1, disposal=3), fdat(2)),
    "colours behind the pixels": png(end=chunk(b"gAMA", struct.pack(">I", 45455)) + IEND),
    "orientation behind the pixels": png(end=chunk(b"eXIf", ORIENTATION) + IEND),
    "IEND with a body": png(end=chunk(b"IEND", b"hidden")),
    "a length beyond the file": png(end=b"\xff\xff\xff\xffIEND" + bytes(4)),
}


@pytest.mark.parametrize("name", BAD_PNGS)
def test_a_png_that_differs_in_one_thing_is_refused(name):
    assert png_opinion(BAD_PNGS[name]).check is Check.IMAGE


def test_the_last_pass_is_where_the_mutant_above_thinks():
    assert passes(9, 9, 24, True)[-1] == (28, 4)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4, 4), (5, 1), (1, 5), (8, 8), (33, 17)])
def test_passes_hold_every_pixel_once(width, height):
    assert sum((stride - 1) // 3 * count for stride, count in passes(width, height, 24, True)) == width * height

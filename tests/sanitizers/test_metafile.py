"""EMF and WMF: drawings come out as they went in, and nothing but drawings."""

import struct
import subprocess
import sys
import textwrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError, InputError, LimitError, MalformedError, PurseError, UnsupportedError
from sanitizers.formats.metafile import EMF, WMF, allow
from sanitizers.model import Order, Verdict
from sanitizers.parsers import metafile
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.pictures import LENIENT, Rebuilt, corpus, limited, ordering, rebuild

BOX = struct.pack("<4i", 0, 0, 90, 90)
PLAIN_END = struct.pack("<5I", 14, 20, 0, 16, 20)
LINE = 54
STAY = struct.pack("<6f", 1, 0, 0, 1, 0, 0)


def dib(width=2, height=2, depth=8, *, coding=0, colours=None, size=None, head=40, masks=()):
    """A header with its masks and, up to 8 bits, as many colours as asked for."""
    count = (1 << depth if depth <= 8 else 0) if colours is None else colours
    stride = (width * depth + 31) // 32 * 4
    pixels = stride * abs(height) if size is None else size
    made = struct.pack("<IiiHHIIiiII", head, width, height, 1, depth, coding, pixels, 0, 0, count, 0)
    return (
        made + struct.pack(f"<{len(masks)}I", *masks) + b"".join(struct.pack("<I", 0x10101 * i) for i in range(count))
    )


PALETTED, PIXELS = dib(), bytes((0, 1, 0, 0, 1, 0, 0, 0))
MONO, MONO_PIXELS = dib(2, 2, 1), bytes((0x80, 0, 0, 0, 0x40, 0, 0, 0))


def u32(*values):
    return struct.pack(f"<{len(values)}I", *(value & 0xFFFFFFFF for value in values))


def u16(*values):
    return struct.pack(f"<{len(values)}H", *(value & 0xFFFF for value in values))


# EMF files


def emr(number, body=b""):
    return u32(number, 8 + len(body)) + body


def emf(*records, behind=b"", end=PLAIN_END, handles=None, description=""):
    """A file of these records with a header that fits them."""
    said = description.encode("utf-16-le")
    said += bytes(-len(said) % 4)
    body = b"".join(records) + end
    count = handles or 1 + max((h for r in records for h in made_by(r)), default=0)
    place = 108 if said else 0
    header = u32(1, 108 + len(said)) + BOX + struct.pack("<4i", 0, 0, 2400, 2400) + b" EMF"
    header += u32(0x10000, 108 + len(said) + len(body), len(records) + 1 + bool(end))
    header += u16(count, 0) + u32(len(description), place, 0, 800, 600, 320, 240, 0, 0, 0, 320000, 240000) + said
    return header + body + behind


def made_by(record):
    number, _ = struct.unpack_from("<II", record)
    return [struct.unpack_from("<I", record, 8)[0]] if number in (38, 39, 49, 82, 93, 94, 95) else []


def with_bitmaps(fields, places, *images, start=8):
    """Fixed words in which these places are filled in with where each header and its pixels stand behind them."""
    words, tail = list(fields), b""
    at = start + 4 * len(words)
    for place, (head, pixels) in zip(places, images, strict=True):
        words[place : place + 4] = at, len(head), at + len(head), len(pixels)
        tail += head + pixels
        at += len(head) + len(pixels)
    return u32(*words) + tail + bytes(-len(tail) % 4)


ZEROS = [0] * 4
ONE = struct.unpack("<I", struct.pack("<f", 1))[0]
TARGET = [0, 0, 90, 90, 0, 0, 2, 2, 0xCC0020, 0, 0, ONE, 0, 0, ONE, 0, 0, 0xFFFFFF, 0, *ZEROS]
TO_DEVICE = [0, 0, 90, 90, 0, 0, 0, 0, 2, 2, *ZEROS, 0]
PICTURE = (PALETTED, PIXELS)
MASK = (MONO, MONO_PIXELS)
REGION = u32(32, 1, 1, 16) + BOX + BOX
FONT = u32(-12, 0, 0, 0, 400) + bytes(8) + "ＭＳ 明朝".encode("utf-16-le").ljust(64, b"\0")


def text(unit, characters, *, at=68, widths=True, options=0):
    """The fixed part of a text, its characters and its widths."""
    count = len(characters) // unit
    string = characters + bytes(-len(characters) % 4)
    place = 8 + at + len(string) if widths else 0
    fixed = u32(10, 20, count, 8 + at, options) + BOX + u32(place)
    return fixed, string + (u32(*[7] * count) if widths else b"")


def text_out(unit, characters, **options):
    fixed, tail = text(unit, characters, **options)
    return BOX + u32(1, ONE, ONE) + fixed + tail


def texts_out(unit, characters):
    fixed, tail = text(unit, characters, at=28 + 4 + 40)
    return BOX + u32(1, ONE, ONE, 1) + fixed + tail


SELECTED = u32(1)
EMF_BODIES = {
    **dict.fromkeys((2, 3, 4, 5, 6), BOX + u32(2, 1, 2, 3, 4)),
    **dict.fromkeys((7, 8), BOX + u32(2, 3, 1, 2) + u32(1, 2, 3, 4, 5, 6)),
    **dict.fromkeys((9, 10, 11, 12, 13, 26, 27, 54, 120), u32(5, -6)),
    **dict.fromkeys((16, 17, 18, 19, 20, 21, 22, 24, 25, 57, 58, 67, 115), u32(1)),
    **dict.fromkeys((28, 33, 52, 59, 60, 61, 65, 66, 68), b""),
    **dict.fromkeys((29, 30, 31, 32, 42, 43, 62, 63, 64), BOX),
    **dict.fromkeys((45, 46, 47, 55), BOX + BOX),
    15: u32(1, 2, 0xFF),
    23: u16(24, 0, 0, 1, 1, 1, 0, 10, 0, 0, 0, 0),
    34: u32(-1),
    35: STAY,
    36: STAY + u32(2),
    37: SELECTED,
    38: u32(1, 0, 1, 0, 0xFF),
    39: u32(1, 2, 0xFF, 3),
    40: SELECTED,
    41: u32(1, 2, 3, ONE, ONE),
    44: BOX + u32(3, 3),
    48: u32(0x8000000F),
    49: u32(1) + u16(0x300, 2) + u32(0xFF, 0xFF00),
    50: u32(1, 0, 1, 0xFF),
    51: u32(1, 4),
    53: u32(1, 2, 0xFF, 1),
    56: BOX + u32(2, 1, 2, 3, 4) + b"\x06\x02\0\0",
    71: BOX + u32(48, 0x80000000) + REGION,
    72: BOX + u32(48, 1, 2, 2) + REGION,
    **dict.fromkeys((73, 74), BOX + u32(48) + REGION),
    75: u32(48, 5) + REGION,
    76: with_bitmaps(TARGET, [19], PICTURE),
    **dict.fromkeys((77, 114, 116), with_bitmaps([*TARGET, 2, 2], [19], PICTURE)),
    78: with_bitmaps([*TARGET, 0, 0, 0, *ZEROS], [19, 26], PICTURE, MASK),
    79: with_bitmaps([*TARGET[:4], *range(6), *range(4), *TARGET[11:], 0, 0, 0, *ZEROS], [22, 29], PICTURE, MASK),
    80: with_bitmaps([*TO_DEVICE, 0, 2], [10], PICTURE),
    81: with_bitmaps([*TO_DEVICE, 0xCC0020, 2, 2], [10], PICTURE),
    82: u32(1) + FONT.ljust(320, b"\0"),
    83: text_out(1, b"abc"),
    84: text_out(2, "避難所".encode("utf-16-le")),
    **dict.fromkeys((85, 86, 87, 88, 89), BOX + u32(2, 1, 2)),
    **dict.fromkeys((90, 91), BOX + u32(2, 3, 1, 2) + u32(1, 2, 3)),
    92: BOX + u32(2, 1, 2) + b"\x06\x02\0\0",
    93: with_bitmaps([1, 0, *ZEROS], [2], MASK),
    94: with_bitmaps([1, 0, *ZEROS], [2], PICTURE),
    95: u32(1, 0, 0, 0, 0, 0x10007, 1, 0, 0xFF, 0, 2, 5, 5),
    96: texts_out(1, b"abc"),
    97: texts_out(2, "避難所".encode("utf-16-le")),
    108: u32(1, 2, 3, 0x200, 1, ONE, ONE) + BOX + b"abc\0",
    118: BOX + u32(2, 1, 0) + struct.pack("<2i4H", 0, 0, 1, 2, 3, 0) * 2 + u32(0, 1, 0),
}
EMF_BEFORE = {
    34: [emr(33)],
    37: [emr(38, EMF_BODIES[38])],
    40: [emr(38, EMF_BODIES[38])],
    50: [emr(49, EMF_BODIES[49])],
    51: [emr(49, EMF_BODIES[49])],
    72: [emr(39, EMF_BODIES[39])],
}


def emf_sample(number):
    return emf(*EMF_BEFORE.get(number, []), emr(number, EMF_BODIES[number]))


def clean_emf(untrusted, policy=LENIENT) -> Rebuilt:
    return clean(EMF, "image/emf", untrusted, policy)


def clean_wmf(untrusted, policy=LENIENT) -> Rebuilt:
    return clean(WMF, "image/wmf", untrusted, policy)


def clean(sanitizer, media_type, untrusted, policy):
    """A copy that a second pass leaves as it is, and that the judge accepts."""
    copy = rebuild(sanitizer, untrusted, policy)
    again = rebuild(sanitizer, copy.data, policy)
    assert (again.data, again.findings) == (copy.data, ())
    opinion = judge(copy.data, media_type, policy)
    assert opinion.accepted, opinion.where
    return copy


def emf_records(data):
    """(number, body) between header and end."""
    tree = metafile.parse_emf(data, Budget(Policy(name="any").limits))
    return [(record.number, record.body) for record in tree.records]


def told(copy):
    return [(finding.vector, finding.where) for finding in copy.findings]


# WMF files


def meta(number, body=b""):
    return u32((6 + len(body)) // 2) + u16(number) + body


META_END = meta(0)


def wmf(*records, objects=None, behind=b"", end=META_END, placeable=True):
    body = b"".join(records) + end
    longest = max((len(record) for record in (*records, end)), default=0) // 2
    made = {0xF7, 0x142, 0x1F9, 0x2FA, 0x2FB, 0x2FC, 0x6FF}
    count = sum(struct.unpack_from("<H", r, 4)[0] in made for r in records) if objects is None else objects
    header = u16(1, 9, 0x300) + u32(9 + len(body) // 2) + u16(count) + u32(longest) + u16(0)
    if placeable:
        place = u32(0x9AC6CDD7) + u16(0, 0, 0, 90, 90, 96) + u32(0)
        checksum = 0
        for (word,) in struct.iter_unpack("<H", place):
            checksum ^= word
        header = place + u16(checksum) + header
    return header + body + behind


PACKED = PALETTED + PIXELS
WMF_BODIES = {
    **dict.fromkeys((0x1E, 0x35), b""),
    0x37: u16(0, 1) + u32(0xFF),
    0xF7: u16(0x300, 2) + u32(0xFF, 0xFF00),
    **dict.fromkeys((0x102, 0x103, 0x104, 0x106, 0x107, 0x108, 0x12E, 0x139, 0x149), u16(1)),
    0x127: u16(-1),
    **dict.fromkeys((0x12D, 0x1F0, 0x234), u16(0)),
    0x142: u16(5, 0) + PACKED,
    **dict.fromkeys((0x201, 0x209, 0x231), u32(1)),
    **dict.fromkeys((0x20A, 0x20B, 0x20C, 0x20D, 0x20E, 0x20F, 0x211, 0x213, 0x214, 0x220), u16(5, 6)),
    0x2FA: u16(0, 1, 0) + u32(0xFF),
    0x2FB: u16(-12, 0, 0, 0, 400) + bytes(8) + "ＭＳ 明朝".encode("cp932") + b"\0",
    0x2FC: u16(2) + u32(0xFF) + u16(3),
    **dict.fromkeys((0x324, 0x325), u16(2, 1, 2, 3, 4)),
    **dict.fromkeys((0x410, 0x412, 0x415, 0x416, 0x418, 0x41B), u16(1, 2, 30, 40)),
    **dict.fromkeys((0x419, 0x41F), u32(0xFF) + u16(1, 2)),
    0x436: u16(0, 1) + u32(0xFF),
    0x521: u16(3) + b"abc\0" + u16(1, 2),
    0x538: u16(2, 1, 2, *range(6)),
    0x548: u16(1) + u32(0xFF) + u16(1, 2),
    0x61C: u16(1, 1, 40, 30, 2, 1),
    **dict.fromkeys((0x817, 0x81A, 0x830), u16(*range(8))),
    0x940: u32(0xCC0020) + u16(0, 0, 2, 2, 0, 0) + PACKED,
    0xA32: u16(1, 2, 3, 2, 0, 0, 9, 9) + b"abc\0" + u16(7, 7, 7),
    0xB41: u32(0xCC0020) + u16(2, 2, 0, 0, 2, 2, 0, 0) + PACKED,
    0xD33: u16(0, 2, 0, 0, 0, 2, 2, 0, 0) + PACKED,
    0xF43: u32(0xCC0020) + u16(0, 2, 2, 0, 0, 2, 2, 0, 0) + PACKED,
}
WMF_BEFORE = {
    0x127: [meta(0x1E)],
    0x12D: [meta(0x2FA, WMF_BODIES[0x2FA])],
    0x1F0: [meta(0x2FA, WMF_BODIES[0x2FA])],
    0x234: [meta(0xF7, WMF_BODIES[0xF7])],
}


def wmf_sample(number):
    return wmf(*WMF_BEFORE.get(number, []), meta(number, WMF_BODIES[number]))


def wmf_records(data):
    tree = metafile.parse_wmf(data, Budget(Policy(name="any").limits))
    return [(record.number, record.body) for record in tree.records]


PEN, BRUSH = meta(0x2FA, WMF_BODIES[0x2FA]), meta(0x2FC, WMF_BODIES[0x2FC])

# what stays


@pytest.mark.parametrize("number", [n for n, row in allow.EMF.items() if row.kind is not allow.Kind.TEXTS])
def test_every_emf_record_of_the_table_comes_out_as_it_went_in(number):
    untrusted = emf_sample(number)

    copy = clean_emf(untrusted)

    assert (copy.data, copy.findings) == (untrusted, ())


@pytest.mark.parametrize("number", [n for n, row in allow.WMF.items() if row.kind is not allow.Kind.CREATE_OTHER])
def test_every_wmf_record_of_the_table_comes_out_as_it_went_in(number):
    untrusted = wmf_sample(number)

    copy = clean_wmf(untrusted)

    assert (copy.data, copy.findings) == (untrusted, ())


def test_several_texts_become_records_of_one():
    """A record of several texts says nothing that single ones do not, and has more places to get wrong."""
    narrow, wide = emr(96, EMF_BODIES[96]), emr(97, EMF_BODIES[97])

    copy = clean_emf(emf(narrow, wide))

    assert emf_records(copy.data) == [(83, EMF_BODIES[83]), (84, EMF_BODIES[84])]


@pytest.mark.parametrize("path", corpus("emf", "good"), ids=lambda path: path.name)
def test_a_real_emf_file_keeps_what_it_draws(path):
    untrusted = path.read_bytes()

    copy = clean_emf(untrusted)

    drawn = [number for number, _ in emf_records(untrusted) if number in allow.EMF]
    assert [number for number, _ in emf_records(copy.data)] == drawn
    assert metafile.parse_emf(copy.data, Budget(LENIENT.limits)).header.bounds == struct.unpack_from(
        "<4i", untrusted, 8
    )


@pytest.mark.parametrize("path", corpus("wmf", "good"), ids=lambda path: path.name)
def test_a_real_wmf_file_keeps_what_it_draws(path):
    untrusted = path.read_bytes()

    copy = clean_wmf(untrusted)

    drawn = [number for number, _ in wmf_records(untrusted) if number in allow.WMF]
    assert [number for number, _ in wmf_records(copy.data)] == drawn


def test_a_drawing_goes_through_the_pipeline():
    policy = Policy(name="any", admit=frozenset({"image/emf", "image/wmf"}))

    drawing = sanitize(emf_sample(LINE), Order(name="図.emf", policy=policy))
    older = sanitize(wmf_sample(0x213), Order(name="図.wmf", policy=policy))

    assert (drawing.report.verdict, drawing.report.name) == (Verdict.CLEAN, "図.emf")
    assert (older.report.verdict, older.report.name) == (Verdict.CLEAN, "図.wmf")


def test_a_file_without_a_placeable_header_stays_without():
    untrusted = wmf(PEN, placeable=False)

    assert clean_wmf(untrusted).data == untrusted


# what does not come through


@pytest.mark.parametrize("number", [*allow.EMF_OTHERWISE, 69, 107, 117, 0xDEAD])
def test_a_record_that_no_row_names_is_left_behind(number):
    """Escapes, profiles by file name, OpenGL, and what nobody knows (IMG-31 to IMG-33)."""
    line = emr(LINE, EMF_BODIES[LINE])
    name, vector = allow.EMF_OTHERWISE.get(number, (f"record {number}", allow.EMF_ELSE))

    copy = clean_emf(emf(line, emr(number, b"\\\\host\\share\\x.icm\0\0")))

    assert emf_records(copy.data) == [(LINE, EMF_BODIES[LINE])]
    assert (vector.id, name) in told(copy)


def test_an_escape_of_a_wmf_file_is_left_behind():
    """META_ESCAPE with SETABORTPROC, as in CVE-2005-4560 (IMG-31)."""
    copy = clean_wmf(wmf(meta(0x626, u16(9, 4) + b"code"), PEN))

    assert wmf_records(copy.data) == [(0x2FA, WMF_BODIES[0x2FA])]
    assert ("IMG-31", "META_ESCAPE") in told(copy)


def test_a_policy_blocks_an_escape():
    with pytest.raises(BlockedError):
        clean_wmf(wmf(meta(0x626, u16(9, 4) + b"code")), ordering(IMG_31=Action.BLOCK))


def test_a_description_is_left_behind():
    copy = clean_emf(emf(emr(LINE, EMF_BODIES[LINE]), description="author\0title\0"))

    assert "author".encode("utf-16-le") not in copy.data
    assert ("IMG-32", "header") in told(copy)


def test_bytes_behind_the_end_are_left_behind():
    assert [*told(clean_emf(emf(behind=b"PK\3\4")))] == [("IMG-09", "offset 128")]
    assert [*told(clean_wmf(wmf(behind=b"PK\3\4")))] == [("IMG-09", "offset 46")]


def test_what_stands_behind_a_face_name_is_left_behind():
    hiding = FONT[:28] + "A\0hidden".encode("utf-16-le").ljust(64, b"\0")

    copy = clean_emf(emf(emr(82, u32(1) + hiding.ljust(320, b"\0")), emr(LINE, EMF_BODIES[LINE])))

    assert "hidden".encode("utf-16-le") not in copy.data


def test_what_stands_behind_points_is_left_behind():
    copy = clean_emf(emf(emr(3, EMF_BODIES[3] + b"hidden!!")))

    assert emf_records(copy.data) == [(3, EMF_BODIES[3])]
    assert told(copy)[0] == ("IMG-32", "EMR_POLYGON")


# EMF+


def plus(number, flags=0):
    body = b"EMF+" + struct.pack("<HHII", number, flags, 12, 0)
    return emr(70, u32(len(body)) + body)


def test_a_dual_drawing_keeps_its_emf_side():
    copy = clean_emf(emf(plus(0x4001, 1), plus(0x400A), emr(LINE, EMF_BODIES[LINE])))

    assert emf_records(copy.data) == [(LINE, EMF_BODIES[LINE])]


def test_a_drawing_in_emf_plus_alone_is_refused():
    with pytest.raises(UnsupportedError):
        rebuild(EMF, emf(plus(0x4001, 1), plus(0x400A)))


def test_a_drawing_that_is_only_half_in_emf_is_refused():
    with pytest.raises(UnsupportedError):
        rebuild(EMF, emf(plus(0x4001), plus(0x400A), emr(LINE, EMF_BODIES[LINE])))


def test_an_emf_plus_frame_around_an_emf_drawing_is_taken_off():
    copy = clean_emf(emf(plus(0x4001), plus(0x4004), emr(LINE, EMF_BODIES[LINE]), plus(0x4002)))

    assert emf_records(copy.data) == [(LINE, EMF_BODIES[LINE])]


# objects and states


@pytest.mark.parametrize("handle", [0, 1, 7, 0x80000009, 0x80000014, 0x8000000F, 0xFFFFFFFF])
def test_an_object_that_is_not_there_is_not_selected(handle):
    copy = clean_emf(emf(emr(37, u32(handle)), emr(LINE, EMF_BODIES[LINE])))

    assert emf_records(copy.data) == [(LINE, EMF_BODIES[LINE])]


@pytest.mark.parametrize("handle", [0, 0xFFFF, 0x80000000, 0xFFFFFFFF])
def test_an_object_outside_the_table_is_not_made(handle):
    copy = clean_emf(emf(emr(38, u32(handle, 0, 1, 0, 0)), handles=2))

    assert emf_records(copy.data) == []


def test_a_deleted_object_is_not_selected():
    pen, gone = emr(38, EMF_BODIES[38]), emr(40, SELECTED)

    copy = clean_emf(emf(pen, gone, emr(37, SELECTED), gone))

    assert [number for number, _ in emf_records(copy.data)] == [38, 40]


def test_a_state_that_was_not_saved_is_not_restored():
    copy = clean_emf(emf(emr(33), emr(34, u32(-2)), emr(34, u32(1)), emr(34, u32(-1)), emr(34, u32(-1))))

    assert emf_records(copy.data) == [(33, b""), (34, u32(-1))]


def test_objects_of_a_wmf_file_keep_their_places():
    """A brush of a device's bitmap cannot be carried; a gray one takes its place, so that the next stays the next."""
    copy = clean_wmf(wmf(PEN, meta(0x1F9, bytes(42)), BRUSH, meta(0x12D, u16(2)), meta(0x12D, u16(3))))

    assert wmf_records(copy.data) == [
        (0x2FA, WMF_BODIES[0x2FA]),
        (0x2FC, u16(0) + u32(0xC0C0C0) + u16(0)),
        (0x2FC, WMF_BODIES[0x2FC]),
        (0x12D, u16(2)),
    ]


def test_a_free_place_is_taken_again():
    copy = clean_wmf(wmf(PEN, BRUSH, meta(0x1F0, u16(0)), PEN, meta(0x12D, u16(0)), objects=2))

    assert len(wmf_records(copy.data)) == 5


@pytest.mark.parametrize("number", [37, 40])
def test_a_wmf_object_that_is_not_there_is_not_selected(number):
    number = {37: 0x12D, 40: 0x1F0}[number]

    assert wmf_records(clean_wmf(wmf(PEN, meta(number, u16(1)))).data) == [(0x2FA, WMF_BODIES[0x2FA])]


# bounds

MASKED = dib(2, 2, 32, coding=3, masks=(0, 0xFF00, 0xFF))

BEYOND = {
    "points": emr(3, BOX + u32(3, 1, 2, 3, 4)),
    "points whose bytes wrap around": emr(3, BOX + u32(0x20000001, 1, 2)),
    "groups that do not add up": emr(8, BOX + u32(2, 4, 1, 2) + bytes(32)),
    "a kind of point that is none": emr(56, BOX + u32(1, 1, 2) + b"\x07\0\0\0"),
    "a text outside": emr(84, BOX + u32(1, ONE, ONE, 0, 0, 3, 4000, 0) + BOX + u32(0)),
    "a text before": emr(84, BOX + u32(1, ONE, ONE, 0, 0, 3, 4, 0) + BOX + u32(0)),
    "widths outside": emr(84, BOX + u32(1, ONE, ONE, 0, 0, 2, 76, 0) + BOX + u32(76) + b"a\0b\0"),
    "a transform that is no number": emr(35, b"\0\0\xc0\x7f" * 6),
    "a mode that is none": emr(17, u32(9)),
    "a region of another kind": emr(74, BOX + u32(48) + u32(32, 2, 1, 16) + BOX + BOX),
    "rectangles outside": emr(74, BOX + u32(48) + u32(32, 1, 2, 16) + BOX + BOX),
    "a vertex that is none": emr(118, BOX + u32(1, 1, 2) + bytes(16) + u32(0, 0, 1)),
    "a palette cut off": emr(49, u32(1) + u16(0x300, 9) + u32(1)),
    "a layout that is none": emr(115, u32(2)),
    "a limit that is no number": emr(58, u32(0x7FFFFFFF)),
    "a bitmap without red": emr(81, with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (MASKED, bytes(16)))),
    "a bitmap outside": emr(81, u32(*TO_DEVICE[:10], 80, 4000, 80, 8, 0, 0xCC0020, 2, 2)),
    "a bitmap that is none": emr(81, with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (bytes(40), PIXELS))),
    "too few pixels": emr(81, with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (PALETTED, b"\0"))),
    "a JPEG file": emr(81, with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (dib(2, 2, 0, coding=4, colours=0), b"\xff\xd8"))),
    "a PNG file": emr(81, with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (dib(2, 2, 0, coding=5, colours=0), b"\x89PNG"))),
    "colours of another palette": emr(81, with_bitmaps([*TO_DEVICE[:-1], 1, 0, 2, 2], [10], PICTURE)),
}


@pytest.mark.parametrize("why", BEYOND)
def test_a_record_that_breaks_its_bounds_is_left_behind(why):
    copy = clean_emf(emf(BEYOND[why], emr(LINE, EMF_BODIES[LINE])))

    assert emf_records(copy.data) == [(LINE, EMF_BODIES[LINE])]
    assert copy.vectors[0] == "IMG-32"


def test_colours_behind_the_end_of_a_palette_are_left_behind():
    palette = emr(49, EMF_BODIES[49])

    copy = clean_emf(emf(palette, emr(50, u32(1, 2, 1, 0xFF)), emr(51, u32(1, 3)), emr(50, u32(1, 2, 1, 0xFF))))

    assert [number for number, _ in emf_records(copy.data)] == [49, 51, 50]


@pytest.mark.parametrize("size", [0, 4, 7, 9, 10, 4000, 0xFFFFFFFC, 0xFFFFFFFF])
def test_a_record_of_a_wrong_size_is_refused(size):
    with pytest.raises(MalformedError):
        rebuild(EMF, emf(u32(LINE, size, 5, 6)))


@pytest.mark.parametrize("words", [0, 2, 4000, 0x80000003, 0xFFFFFFFF])
def test_a_wmf_record_of_a_wrong_size_is_refused(words):
    with pytest.raises(MalformedError):
        rebuild(WMF, wmf(u32(words) + u16(0x213, 1, 2)))


@pytest.mark.parametrize("cut", [4, 40, 87, 107, 110, 120])
def test_a_file_cut_off_is_refused(cut):
    with pytest.raises(MalformedError):
        rebuild(EMF, emf_sample(LINE)[:cut])


def test_a_file_without_an_end_gets_one():
    line = emr(LINE, EMF_BODIES[LINE])

    assert clean_emf(emf(line, end=b"")).data == emf(line)
    assert clean_wmf(wmf(PEN, end=b"")).data == wmf(PEN)


def test_counts_and_sizes_are_counted_anew():
    right = emf_sample(38)
    wrong = right[:48] + u32(7, 7) + u16(500, 3) + right[60:]

    assert clean_emf(wrong).data == right


def test_texts_that_share_their_characters_are_paid_for():
    """Ten thousand texts in a small file, each of which says all of it, would be written as a large one."""
    count, size = 500, 20_000
    start = 8 + 32 + 40 * count
    blocks = (u32(0, 0, size, start, 0) + BOX + u32(0)) * count
    untrusted = emf(emr(96, BOX + u32(1, ONE, ONE, count) + blocks + bytes(size)))

    with pytest.raises(PurseError):
        rebuild(EMF, untrusted, limited(max_expanded_bytes=10 << 20))


def test_more_objects_than_a_table_holds_are_refused():
    with pytest.raises(LimitError):
        rebuild(WMF, wmf(*[PEN] * 0x10000, objects=0))


def test_a_text_that_a_browser_would_run_is_refused():
    with pytest.raises(MalformedError):
        rebuild(EMF, emf(emr(83, text_out(1, b"<script >"))))
    with pytest.raises(MalformedError):
        rebuild(WMF, wmf(meta(0x521, u16(10) + b"<script > " + u16(1, 2))))


# bitmaps


def drawn(head, pixels, usage=0):
    """The header and the pixels of the bitmap that comes out."""
    body = with_bitmaps([*TO_DEVICE[:-1], usage, 0xCC0020, 2, 2], [10], (head, pixels))
    ((_, made),) = emf_records(clean_emf(emf(emr(81, body))).data)
    at, size, to, length = struct.unpack_from("<4I", made, 40)
    return made[at - 8 : at - 8 + size], made[to - 8 : to - 8 + length]


def test_a_flood_of_pixels_is_refused():
    flood = with_bitmaps([*TO_DEVICE, 0, 2, 2], [10], (dib(100_000, 100_000, 1, size=8), PIXELS))

    with pytest.raises(LimitError):
        rebuild(EMF, emf(emr(81, flood)))


def test_what_stands_behind_the_pixels_of_a_row_is_cleared():
    assert drawn(PALETTED, b"\0\1XY\1\0ZZ") == (PALETTED, PIXELS)
    assert drawn(MONO, b"\xbfabc\x7fdef") == (MONO, MONO_PIXELS)


def test_a_short_palette_becomes_a_whole_one():
    head, _ = drawn(dib(colours=2), PIXELS)

    assert head == dib(colours=2)[:32] + u32(256, 0) + u32(0, 0x10101) + bytes(254 * 4)


def test_runs_are_unpacked():
    runs = b"\2\1" + b"\0\0" + b"\1\0\1\1" + b"\0\1" + b"hidden"

    head, pixels = drawn(dib(coding=1, size=len(runs)), runs)

    assert (head, pixels) == (PALETTED, b"\1\1\0\0\0\1\0\0")


def test_an_older_header_becomes_the_usual_one():
    core = struct.pack("<IHHHH", 12, 2, 2, 1, 1) + b"\0\0\0" + b"\1\1\1"

    assert drawn(core, MONO_PIXELS) == (MONO, MONO_PIXELS)


def test_masks_stay_where_they_are_needed():
    masks = (0xF800, 0x07E0, 0x001F)
    head = dib(2, 2, 16, coding=3, masks=masks)

    assert drawn(head, bytes(8)) == (head, bytes(8))


@pytest.mark.parametrize("height", [2, -2])
def test_pixels_under_unusual_masks_become_bytes(height):
    head = dib(2, height, 32, coding=3, masks=(0xFF, 0xFF00, 0xFF0000))

    made, pixels = drawn(head, b"RGB\0rgb\0" + b"123\0abc\0")

    assert (made, pixels) == (dib(2, height, 24), b"BGRbgr\0\0" + b"321cba\0\0")


def test_usual_masks_are_not_said():
    head = dib(2, 2, 32, coding=3, masks=(0xFF0000, 0xFF00, 0xFF))

    assert drawn(head, bytes(range(16))) == (dib(2, 2, 32), bytes(range(16)))


def test_a_profile_by_name_is_not_carried():
    newest = dib(2, 2, 32, head=124) + bytes(16) + b"KNIL" + bytes(48) + u32(0, 124, 8, 0)

    assert drawn(newest, bytes(16)) == (dib(2, 2, 32), bytes(16))


def test_a_plain_brush_with_an_unset_hatch_stays_plain():
    copy = clean_emf(emf(emr(39, u32(1, 0, 0xFF, 0xCCCCCCCC)), emr(39, u32(2, 2, 0xFF, 99))))

    assert emf_records(copy.data) == [(39, u32(1, 0, 0xFF, 0)), (39, u32(2, 0, 0xC0C0C0, 0))]


def test_a_text_of_no_known_mode_is_still_written():
    body = EMF_BODIES[84]

    copy = clean_emf(emf(emr(84, body[:16] + u32(0, 0x7FC00000, 0xFF800000) + body[28:])))

    assert emf_records(copy.data) == [(84, body)]


def test_a_brush_of_a_jpeg_becomes_gray():
    jpeg = with_bitmaps([1, 0, *ZEROS], [2], (dib(2, 2, 0, coding=4, colours=0), b"\xff\xd8\xff\xd9"))

    copy = clean_emf(emf(emr(94, jpeg), emr(37, SELECTED)))

    assert emf_records(copy.data) == [(39, u32(1, 0, 0xC0C0C0, 0)), (37, SELECTED)]


def test_a_pen_of_a_bitmap_becomes_gray():
    pen = with_bitmaps([1, *ZEROS, 0x10000, 1, 5, 0, 0, 0], [1], PICTURE)

    copy = clean_emf(emf(emr(95, pen)))

    assert emf_records(copy.data) == [(95, u32(1, *ZEROS, 0x10000, 1, 0, 0xC0C0C0, 0, 0))]


def test_a_brush_of_two_colours_of_the_device_gets_black_and_white():
    body = with_bitmaps([1, 2, *ZEROS], [2], (dib(2, 2, 1, colours=0), MONO_PIXELS))

    ((number, made),) = emf_records(clean_emf(emf(emr(93, body))).data)

    assert number == 93
    assert made[4:8] == u32(0)
    assert u32(0, 0xFFFFFF) + MONO_PIXELS in made


def test_a_wmf_picture_without_a_bitmap_stays():
    for number, fields in ((0x940, u32(0xF00021) + u16(0, 0, 0, 2, 2, 0, 0)), (0xB41, u32(66) + u16(*[0] * 9))):
        untrusted = wmf(meta(number, fields))

        assert clean_wmf(untrusted).data == untrusted


def test_a_warm_child_opens_no_file():
    program = """
        import os, resource, sys
        from sanitizers.formats import metafile
        from tests.sanitizers.test_metafile import SEEDS, rebuild

        metafile.warm()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            done = [rebuild(sanitizer, untrusted).data for sanitizer, files in SEEDS.items() for untrusted in files]
            os._exit(0 if len(done) > 100 and all(done) else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    finished = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], check=False, capture_output=True, text=True
    )

    assert finished.returncode == 0, finished.stderr


# any bytes


SEEDS = {
    EMF: [emf_sample(number) for number in allow.EMF] + [path.read_bytes() for path in corpus("emf", "good")],
    WMF: [wmf_sample(n) for n in WMF_BODIES] + [path.read_bytes() for path in corpus("wmf", "good")],
}
TYPES = {EMF: "image/emf", WMF: "image/wmf"}


@st.composite
def damaged(draw):
    """A file with some words changed to what is often a bound."""
    sanitizer = draw(st.sampled_from([EMF, WMF]))
    data = bytearray(draw(st.sampled_from(SEEDS[sanitizer])))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        value = draw(st.sampled_from([0, 1, 2, 5, 8, 70, 255, 0x7FFF, 0x8000000F, 0xFFFFFFFF]) | st.integers(0, 255))
        size = draw(st.sampled_from([1, 2, 4]))
        data[at : at + size] = value.to_bytes(4, "little")[:size]
    return sanitizer, bytes(data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged())
def test_any_damage_ends_in_a_fixed_point_or_a_refusal(case):
    sanitizer, untrusted = case
    try:
        copy = rebuild(sanitizer, untrusted)
    except InputError:
        return
    again = rebuild(sanitizer, copy.data)

    assert (again.data, again.findings) == (copy.data, ())
    assert judge(copy.data, TYPES[sanitizer], LENIENT).accepted


@given(st.sampled_from([EMF, WMF]), st.binary(max_size=200))
def test_any_bytes_end_in_a_copy_or_a_refusal(sanitizer, untrusted):
    try:
        assert rebuild(sanitizer, untrusted).data
    except InputError:
        return

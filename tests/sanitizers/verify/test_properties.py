"""For any bytes: the judge answers, and what it accepts is as plain as another reader can tell."""

import csv
import io
import struct
import unicodedata
import zipfile
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.model import Limits, Policy
from sanitizers.verify.encodings import readings
from sanitizers.verify.judge import CHECKS, judge
from sanitizers.verify.png_chunks import RULES
from tests.sanitizers.verify.damage import hurt
from tests.sanitizers.verify.forge import (
    JFIF,
    ORIENTATION,
    Member,
    actl,
    apng,
    chunk,
    cmyk_jpeg,
    colour_jpeg,
    fctl,
    fdat,
    folder,
    icc,
    idat,
    indexed_png,
    jpeg,
    png,
    rows,
    segment,
    zip_of,
)
from tests.sanitizers.verify.mutants import MUTANTS

POLICY = Policy(name="test", limits=Limits(max_pixels=1 << 20, max_expanded_bytes=1 << 22, max_members=50))
SEEDS = {
    "image/jpeg": [
        jpeg(),
        colour_jpeg(),
        cmyk_jpeg(),
        jpeg(applications=segment(0xE0, JFIF) + segment(0xE1, b"Exif\0\0" + ORIENTATION)),
        colour_jpeg(applications=segment(0xE0, JFIF) + segment(0xE2, b"ICC_PROFILE\0\x01\x01" + icc())),
        jpeg(more=segment(0xDD, b"\0\1"), scan=b"\x3f\xff\xd0\x3f\xff\xd1\x3f\xff\xd2\x3f"),
    ],
    "image/png": [png(), indexed_png(), apng(), png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc())))],
    "application/zip": [
        zip_of(),
        zip_of(Member(b"a.txt", b"hello\n"), folder(b"b/"), Member(b"b/c.png", png(), method=0)),
        zip_of(Member(b"a.zip", zip_of(Member("表.csv".encode(), b"a,b\n", flags=0x800)), method=0)),
    ],
    "text/plain": ["拝啓　①髙\r\n".encode(name) for name in ("utf-8", "utf-16", "cp932")]
    + [b'\x1b$B$"\x1b(B\n', b"hi\n"],
    "text/csv": [b'"a","-5","- x"\r\n', '氏名,－,"＋１"\n'.encode("cp932"), b"sep=;\na;b\n", b"a\tb|c;d\n"],
}
SEEDS["text/tab-separated-values"] = SEEDS["text/csv"]
SCRAPS = sorted({mutant.data for mutant in MUTANTS if len(mutant.data) < 4000})


def accepted(data: bytes, media_type: str) -> bool:
    opinion = judge(data, media_type, POLICY)
    assert opinion == judge(data, media_type, POLICY)
    assert opinion.accepted or (opinion.check and opinion.where.isprintable())
    return opinion.accepted


@given(data=st.binary(max_size=300) | st.sampled_from(SCRAPS), media_type=st.sampled_from(sorted(CHECKS)))
@settings(max_examples=300)
def test_any_bytes_get_an_answer(data, media_type):
    accepted(data, media_type)


@given(hurt(SEEDS["image/jpeg"]))
@settings(max_examples=400)
def test_an_accepted_jpeg_is_nothing_but_known_segments(data):
    if not accepted(data, "image/jpeg"):
        return
    at, markers = 2, []
    while data[at + 1] != 0xDA:
        assert data[at] == 0xFF
        markers.append(data[at + 1])
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    assert set(markers) <= {0xE0, 0xE1, 0xE2, 0xEE, 0xDB, 0xC0, 0xC4, 0xDD}
    assert markers.count(0xC0) == 1
    found = [data[i + 1] for i in range(at, len(data) - 1) if data[i] == 0xFF and data[i + 1]]
    assert found.pop() == 0xD9
    assert data[-2:] == b"\xff\xd9"
    assert all(0xD0 <= marker <= 0xD7 for marker in found)


def walked(data: bytes) -> list[tuple[bytes, bytes]]:
    at, chunks = 8, []
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(name + body)
        chunks.append((name, body))
        at += 12 + size
    assert at == len(data)
    return chunks


PIECES = [
    *(chunk(name, body) for name in (*RULES, b"tEXt", b"acTL", b"fcTL", b"fdAT") for body in (b"", b"\0", bytes(4))),
    *(actl(1), actl(2), fctl(0), fctl(1), fctl(1, 2, 2), fdat(1), fdat(2), fdat(2, rows(2, 2))),
    *(idat(), chunk(b"IDAT", b""), idat(rows(2, 2))),
    *(chunk(b"PLTE", bytes(6)), chunk(b"gAMA", b"\0\0\xb1\x8f"), chunk(b"sRGB", b"\0"), chunk(b"pHYs", bytes(9))),
]


@given(
    hurt(SEEDS["image/png"])
    | st.lists(st.sampled_from(PIECES), max_size=6).map(lambda pieces: png(*pieces, pixels=b""))
)
@settings(max_examples=600)
def test_an_accepted_png_is_nothing_but_known_chunks(data):
    if not accepted(data, "image/png"):
        return
    chunks = walked(data)
    assert chunks[0][0] == b"IHDR"
    assert chunks[-1] == (b"IEND", b"")
    assert {name for name, _ in chunks} <= RULES.keys() | {b"IHDR", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT"}
    stream = zlib.decompressobj()
    stream.decompress(b"".join(body for name, body in chunks if name == b"IDAT"))
    assert stream.eof
    assert not stream.unused_data


@st.composite
def packed(draw):
    """Archives of members that are right but for a field or two."""
    names = st.sampled_from(
        [b"a.txt", b"A.txt", b"b/a.txt", b"b/", b"b", "表.txt".encode(), b"c.csv", b"d.zip", b"../a.txt"]
    )
    fields = st.fixed_dictionaries(
        {},
        optional={
            "method": st.sampled_from([0, 8, 9]),
            "flags": st.sampled_from([0, 1, 8, 0x800]),
            "mode": st.sampled_from([0, 0x10, 0x20, 0o100644 << 16, 0o120777 << 16]),
            "size": st.integers(0, 9),
            "extra": st.sampled_from([b"", b"UT\0\0"]),
            "offset": st.integers(0, 60),
            "behind": st.sampled_from([b"", b"x"]),
        },
    )
    contents = st.sampled_from([b"hello\n", b"", b"a,=b\n", zip_of()])
    members = draw(st.lists(st.builds(lambda n, d, f: Member(n, d, **f), names, contents, fields), max_size=3))
    return zip_of(*members, gap=draw(st.sampled_from([b"", b"", b"x"])))


@given(hurt(SEEDS["application/zip"]) | packed())
@settings(max_examples=500)
def test_an_accepted_zip_is_read_alike_by_another_reader(data):
    if not accepted(data, "application/zip"):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        at = 0
        for info in archive.infolist():
            assert info.header_offset == at
            assert not info.extra
            at += 30 + len(info.filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437")) + info.compress_size
        assert at == archive.start_dir
    assert len({name.casefold() for name in names}) == len(names)
    assert not any(".." in name or name.startswith("/") or "\\" in name for name in names)


LETTERS = st.sampled_from(
    "aé日かﾅ１ \n\t-=+@＝,;|\"'()!\u200d\u200c\ufe0f\u202e\u200b👩💻क्ष葛\U000e0100\x1b\0\x85\u2028\r"
)


@given(
    hurt(SEEDS["text/plain"])
    | st.builds(
        lambda text, encoding: text.encode(encoding, "ignore"),
        st.text(LETTERS | st.characters(), max_size=30),
        st.sampled_from(["utf-8", "utf-16", "cp932", "euc_jp", "iso2022_jp", "cp1252"]),
    )
)
@settings(max_examples=600)
def test_an_accepted_text_shows_every_character(data):
    if not accepted(data, "text/plain"):
        return
    plain = [
        r.text
        for r in readings(data)
        if not any(unicodedata.category(c) == "Cc" for c in r.text if c not in "\t\n\f\r")
    ]
    assert plain
    for text in plain[:1]:
        for character in text:
            assert unicodedata.bidirectional(character) not in (
                "LRE",
                "RLE",
                "LRO",
                "RLO",
                "PDF",
                "LRI",
                "RLI",
                "FSI",
                "PDI",
            )
            assert character not in "\u200b\u2028\u2029\u2060\ufeff\u200e\u200f"
            assert not 0xE0000 <= ord(character) <= 0xE00FF
    assert data.count(b"\r") == data.count(b"\r\n") or data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data


@given(
    hurt(SEEDS["text/csv"])
    | st.lists(
        st.sampled_from(
            ["=", "+", "-", "@", "A1", "cmd|", "!A0", '"', '""', ",", ";", "\t", "|", "\n", " ", "5", "要", "\u3000"]
        ),
        max_size=12,
    ).map(lambda parts: "".join(parts).encode())
)
@settings(max_examples=800)
def test_an_accepted_table_starts_no_cell_as_a_formula(data):
    """Held against the csv module of the standard library, which the judge does not use."""
    if not accepted(data, "text/csv"):
        return
    for reading in list(readings(data))[:1]:
        for delimiter in [d for d in ",;\t|" if d in reading.text] or [","]:
            for row in csv.reader(io.StringIO(reading.text, newline=""), delimiter=delimiter):
                for cell in row:
                    assert not cell.strip().startswith(("=", "@", "＝", "＠")), (cell, delimiter)
        for line in reading.text.splitlines():
            assert not line.strip().startswith(("=", "@", "+cmd|", "-cmd|")), line

"""Sheets too large to be held go by in pieces, and come out the same bytes."""

import random

import pytest

from sanitizers.codecs import deflate
from sanitizers.codecs.deflate import Deflater, deflate_raw, inflate_raw_exact, inflate_raw_pieces
from sanitizers.errors import MalformedError, Reason
from sanitizers.formats.ooxml import assembly
from sanitizers.formats.ooxml.sheet import rows, stream
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from tests.sanitizers.ooxml.sheet.books import POLICY, book, rebuilt, sheet

MANY = "".join(
    f'<row r="{n}"><c r="A{n}"><f>B{n}*2</f><v>{n}</v></c><c r="B{n}" t="str"><v>値{n}</v></c></row>'
    for n in range(1, 99)
)
SHARED = (
    '<row r="100"><c r="A100"><f t="shared" ref="A100:A101" si="0">[1]S!A1</f><v>1</v></c></row>'
    '<row r="101"><c r="A101"><f t="shared" si="0"/><v>2</v></c></row>'
)


@pytest.fixture
def in_pieces(monkeypatch):
    """Every sheet is large, and so few rows are looked at together that they are many pieces."""
    monkeypatch.setattr(assembly, "LARGE", 100)
    monkeypatch.setattr(stream, "CHUNK", 700)
    monkeypatch.setattr(rows, "CHUNK", 300)


@pytest.mark.parametrize(
    "text",
    [
        MANY,
        MANY + SHARED,
        MANY.replace('<row r="7">', '<row foo="1" r="7">') + SHARED,
        MANY + '<row r="99"><c r="A99"><f>WEBSERVICE("https://example.com")</f><v>9</v></c></row>',
    ],
)
def test_a_large_sheet_is_the_same_as_a_small_one(text, request):
    tail = '<hyperlinks><hyperlink ref="A1" location="S1!A1"/></hyperlinks>'
    plain = rebuilt(book(sheet(text, tail=tail)))
    request.getfixturevalue("in_pieces")

    copy = rebuilt(book(sheet(text, tail=tail)))

    assert copy.data == plain.data
    assert copy.report.findings == plain.report.findings


def test_prefixed_rows_go_by_in_pieces_too(in_pieces):
    text = "".join(f'<x:row r="{n}"><x:c r="A{n}"><x:v>1</x:v></x:c></x:row>' for n in range(1, 99))
    assert rebuilt(book(sheet(text, prefix="x"))).rows == text.replace("x:", "")


def test_comments_around_rows_are_left_to_the_other_way(in_pieces):
    assert rebuilt(book(sheet(MANY, head="<!-- a -->"))).rows == MANY


def test_what_is_no_sheet_is_refused_in_pieces_too(in_pieces):
    outcome = sanitize(book(sheet(MANY + "<row></row2>")).data(), Order(name="a.xlsx", policy=POLICY))
    assert outcome.data is None
    assert outcome.report.reason is Reason.MALFORMED


@pytest.mark.parametrize("limit", [0, 5_000, 1 << 30])
def test_pieces_are_packed_like_the_whole(monkeypatch, limit):
    monkeypatch.setattr(deflate, "LARGE", limit)
    monkeypatch.setattr(deflate, "SLICE", 1_000)
    dice = random.Random(1)
    data = bytes(dice.choice(b"abc") for _ in range(20_500))
    packer, at = Deflater(), 0
    while at < len(data):
        step = dice.randrange(1, 3_000)
        packer.add(data[at : at + step])
        at += step
    packed = packer.finish()
    assert packed.data == deflate_raw(data)
    assert (packed.size, packed.crc) == (len(data), deflate.crc32(data))
    assert inflate_raw_exact(packed.data, len(data)) == data


def test_pieces_of_a_stream_end_where_it_ends(monkeypatch):
    monkeypatch.setattr(deflate, "_FEED", 50)
    data = bytes(range(256)) * 99
    packed = deflate_raw(data)
    assert b"".join(inflate_raw_pieces(memoryview(packed), len(data))) == data
    for odd, size in (
        (packed, len(data) - 1),
        (packed, len(data) + 1),
        (packed + b"x", len(data)),
        (packed[:-1], len(data)),
    ):
        with pytest.raises(MalformedError):
            list(inflate_raw_pieces(memoryview(odd), size))

"""Objects read straight from the file are what qpdf reads, or are left to it."""

import io
import re
from decimal import Decimal

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.budget import Budget
from sanitizers.formats.pdf.direct import Direct, NotStraightError, direct
from sanitizers.formats.pdf.parse import Source, parse
from sanitizers.formats.pdf.values import Ref, Stream, Value, read_value
from tests.sanitizers.pdf.papers import paper, stream
from tests.sanitizers.pictures import LENIENT

HERE = Ref(6, 0)
TOKENS = (
    *(b"<<", b">>", b"[", b"]", b"/A", b"/B#20c", b"/", b"5 0 R", b"77 0 R", b"R"),
    *(b"1", b"-0", b"+7", b".5", b"-6.", b".", b"--1", b"1e5", b"true", b"null", b"{", b"}", b"%", b"#"),
    *(b"(a)", b"(a(b)\\)\\053)", b"(", b")", b"\\", b"<4a>", b"<4>", b"<", b">"),
    *(b" ", b"\n", b"\r", b"\0", b"\v", b"\xe9", b"stream\n", b"endobj", b"obj", b"\\\r\n"),
)  # fmt: skip


def opened(body: bytes, more: dict[int, bytes] | None = None) -> tuple[bytes, pikepdf.Pdf]:
    data = paper(catalog=b"/Extra 6 0 R", more={6: body, **(more or {})})
    return data, pikepdf.open(io.BytesIO(data), inherit_page_attributes=False)


def reader(body: bytes, more: dict[int, bytes] | None = None) -> Direct:
    found = direct(*opened(body, more))
    assert found is not None
    return found


def by_qpdf(body: bytes) -> Value:
    """What qpdf reads, a stream's dictionary for a stream; nothing where it has to mend something."""
    pdf = opened(body)[1]
    item = pdf.get_object(HERE)
    if pdf.get_warnings():
        return None
    if not isinstance(item, pikepdf.Object):
        return float(item) if isinstance(item, Decimal) else item
    text = item.stream_dict.unparse(resolved=True) if isinstance(item, pikepdf.Stream) else item.unparse(resolved=True)
    return read_value(text)


@pytest.mark.parametrize(
    "body",
    [
        b"<</B 1/A -2.50/C[true false .5 5. +7 -0 007]>>",
        b"<</Name/With#20space/R 5 0 R/Deep<</A[<</B[[]]>>]>>/N[5 0 R 77 0 R 5 1 R null]>>",
        b"<</Gone 77 0 R/Null null/Old 5 1 R/A 5 0 R>>",
        b"<</S(plain)/T(in (par\\)en) theses)/U(\\101\\7\\n\\q\\\r\nx)/V<4a4B>/W<>/X<</Y<41>>>>>",
        b"[(endob)/j(>>)<3e3e>(%)(\\\\)]",
        b"(a string alone)",
        b"<</A\t1\r\n/B\x0c2>>",
        stream(b"stream endstream endobj", b"/Type/Any"),
    ],
)
def test_what_is_read_straight_is_what_qpdf_reads(body):
    found = reader(body).read(HERE)

    assert (found.entries if isinstance(found, Stream) else found) == by_qpdf(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<</A 1/A 2>>",
        b"<</A 1 % a comment\n>>",
        b"<</A>>",
        b"<<1/A>>",
        b"<<[]/A>>",
        b"[1 2",
        b"[1 2>>",
        b"1 2",
        b"5 0 R",
        b"[0 0 R]",
        b"[/A 0 R]",
        b"[R]",
        b"/Bad#2",
        b"/Bad#00",
        b"/\xe9",
        b"(a\rb)",
        b"(one(two(three)))",
        b"(never closed",
        b"[(a) ( (b)]",
        b"<414>",
        b"<41 42>",
        b"{1}",
        b"[1\v2]",
        b"1_000",
        b"1e5",
        b"--1",
        b"12345678901234567890",
        b"[" * 40 + b"]" * 40,
        b"<<>>stream\rabc\nendstream",
        b"<</Length 2>>\nstream\nabc\nendstream",
        b"<</Length 9 0 R>>\nstream\nabc\nendstream",
        b"<<>>\nstream\nabc\nendstream",
        b"[]\nstream\nabc\nendstream",
        b"<</Length 3>>\nstream\nabc\nendstreamendobj",
    ],
)
def test_what_is_spelled_otherwise_is_left_to_qpdf(body):
    with pytest.raises(NotStraightError):
        reader(body).read(HERE)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map(b"".join), st.booleans())
def test_no_two_readings_of_one_object(tokens, is_inside):
    body = b"<</K[" + tokens + b"]>>" if is_inside else tokens
    data, pdf = opened(body)
    straight = direct(data, pdf) if not pdf.get_warnings() else None
    try:
        found = straight.read(HERE) if straight else None
    except NotStraightError:
        found = None

    if found is not None:
        assert (found.entries if isinstance(found, Stream) else found) == by_qpdf(body)


def test_the_length_of_a_stream_may_stand_elsewhere():
    straight = reader(b"<</Length 7 0 R>>\nstream\r\nabc\nendstream", {7: b"3"})

    assert isinstance(straight.read(HERE), Stream)
    assert straight.raw(HERE) == b"abc"
    assert straight.raw(Ref(4, 0)) is None, "not read yet"


def test_an_object_is_looked_for_where_the_table_says_alone():
    data = opened(b"[1]")[0]

    with pytest.raises(NotStraightError):
        Direct(data, {HERE: data.index(b"6 0 obj") + 1}).read(HERE)
    with pytest.raises(NotStraightError):
        Direct(data, {HERE: data.index(b"5 0 obj")}).read(HERE)
    with pytest.raises(NotStraightError):
        Direct(data, {HERE: None}).read(HERE)
    assert Direct(data, {HERE: data.index(b"6 0 obj")}).read(HERE) == [1]


def test_a_file_that_had_to_be_mended_is_not_read_straight():
    """Nor is one with an object that is null: what leads to it is no entry (7.3.7)."""
    sealed = io.BytesIO()
    opened(b"[1]")[1].save(sealed, encryption=pikepdf.Encryption(owner="o", user=""))

    assert direct(*opened(b"null")) is None
    assert direct(sealed.getvalue(), pikepdf.open(sealed)) is None
    assert source(paper().replace(b"startxref", b"startxxxx"))._direct is None
    assert source(paper())._direct is not None


def test_once_qpdf_has_mended_something_it_reads_all():
    """What it has to mend may move all that follows: here the object 8 that the table knows is not the last one."""
    earlier = b"8 0 obj\n<</B (the last of this number)>>\nendobj\n"
    untrusted = paper(more={6: b"<</A 1>>", 7: b"<<>>", 8: b"<</B (by the table)>>"})
    untrusted = untrusted.replace(b"6 0 obj", b"6 0 xxj").replace(b"xref\n0", earlier + b"xref\n0")
    shift = len(earlier)
    untrusted = re.sub(rb"startxref\n(\d+)", lambda found: b"startxref\n%d" % (int(found[1]) + shift), untrusted)

    assert source(untrusted).get(Ref(8, 0)) == {"/B": b"by the table"}
    mended = source(untrusted)
    assert mended.get(Ref(6, 0)) is None
    assert mended.warnings()
    assert mended.get(Ref(8, 0)) == {"/B": b"the last of this number"}


def source(data: bytes) -> Source:
    return parse(data, Budget(LENIENT.limits)).source(())


def test_a_stream_whose_length_is_itself_is_left_to_qpdf():
    found = reader(stream(b"abc").replace(b"/Length 3", b"/Length 6 0 R"))

    with pytest.raises(NotStraightError):
        found.read(HERE)


def test_a_file_is_not_read_many_times_over():
    """GEN-18: heads without an end, all of which would lead to the one end far behind them."""
    for heads, is_left in ((1, False), (50, True)):
        data, places = b"%PDF-1.4\n", {}
        for number in range(1, heads + 1):
            places[(number, 0)] = len(data)
            data += b"%d 0 obj\n" % number
        data += b"<" * 10_000
        places[(99, 0)] = len(data)
        data += b"99 0 obj\n<</A 1>>\nendobj\n"

        assert ((99, 0) not in Direct(data, places).all()) is is_left

"""Filters are paid for before they are undone, and a blank scan is no bomb (PDF-60, PDF-73, PDF-99)."""

import zlib

import pytest

from policies.model import Limits, Policy
from sanitizers.errors import BlockedError, MalformedError, PurseError
from sanitizers.formats.pdf.filters import require_lzw_fits, run_length
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import HELLO, clean, paper, shown, stream
from tests.sanitizers.pictures import LENIENT

ON_PAGE = b"q 100 0 0 80 10 10 cm /I Do Q"
IMAGE = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode%b"
NARROW = Policy(name="narrow", limits=Limits(max_expanded_bytes=1 << 20))


def lzw(data: bytes) -> bytes:
    """As a writer packs it that starts anew when its table is full."""
    bits = ["100000000"]
    table, width = {bytes([byte]): byte for byte in range(256)}, 9
    word = b""
    for byte in data:
        longer = word + bytes([byte])
        if longer in table:
            word = longer
            continue
        bits.append(f"{table[word]:0{width}b}")
        table[longer] = len(table) + 2
        width = max(9, (len(table) + 2).bit_length())
        if len(table) + 2 > 4094:
            bits.append(f"{256:0{width}b}")
            table, width = {bytes([byte]): byte for byte in range(256)}, 9
        word = bytes([byte])
    bits += [f"{table[word]:0{width}b}", f"{257:0{width}b}"]
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8)


def test_run_lengths_are_undone_up_to_what_may_be_unpacked():
    coded = b"\x02abc" + b"\xfed" + b"\x80 behind"

    assert run_length(coded, 6) == b"abcddd"
    with pytest.raises(PurseError):
        run_length(coded, 5)


@pytest.mark.parametrize("plain", [bytes(3_000_000), bytes(range(256)) * 200 + bytes(2_000_000)], ids=["zeros", "both"])
def test_lzw_is_measured_to_the_byte_before_it_is_undone(plain):
    coded = lzw(plain)

    require_lzw_fits(coded, True, len(plain))
    with pytest.raises(PurseError):
        require_lzw_fits(coded, True, len(plain) - 1)


@pytest.mark.parametrize(
    "packed", [stream(lzw(bytes(2 << 20)), b"/Filter/LZWDecode"), stream(b"\x81a" * 20_000, b"/Filter/RunLengthDecode")]
)
def test_content_that_grows_beyond_the_budget_is_refused(packed):
    with pytest.raises(PurseError):
        clean(paper(more={4: packed}), NARROW)


def test_lzw_content_is_read():
    content = b"\n".join(b"%d %d m" % (number, number * 7 % 999) for number in range(9000)) + b" n " + HELLO
    copy = clean(paper(more={4: stream(lzw(content), b"/Filter/LZWDecode")}))

    assert "Hello (world)" in shown(copy.data).texts[0]
    assert "PDF-100" not in copy.vectors


@pytest.mark.parametrize("predictor", [1, 2, 15])
def test_a_blank_scan_is_packed_as_tightly_as_it_likes(predictor):
    """The size of a picture is in its dictionary: 12 MB of white in 12 kB are no bomb (ZIP-20 is for what has none)."""
    columns, rows = 4000, 3000
    row = b"\xff" + b"\0" * (columns - 1) if predictor == 2 else b"\xff" * columns
    row = b"\1\xff" + b"\0" * (columns - 1) if predictor == 15 else row
    said = b"/DecodeParms<</Predictor %d/Columns %d>>" % (predictor, columns) if predictor > 1 else b""
    image = stream(zlib.compress(row * rows, 9), IMAGE % (columns, rows, said))
    copy = clean(paper(resources=b"/XObject<</I 6 0 R>>", content=ON_PAGE, more={6: image}))

    assert judge(copy.data, "application/pdf", LENIENT).accepted
    assert shown(copy.data).pages[0].getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("predictor", [1, 2, 15])
def test_of_samples_beyond_a_pictures_size_nothing_is_unpacked(predictor):
    said = b"/DecodeParms<</Predictor %d/Columns 20>>" % predictor
    image = stream(zlib.compress(bytes(40 << 20), 9), IMAGE % (20, 20, said))
    copy = clean(paper(resources=b"/XObject<</I 6 0 R>>", content=ON_PAGE, more={6: image}))

    assert "PDF-62" in copy.vectors and len(copy.data) < 2000


def test_a_table_of_objects_with_endless_rows_is_refused_before_it_is_read():
    """qpdf makes room for a row first: 39 kB cost it 30 seconds."""
    entries = (
        b"/Type/XRef/W[1 2 1]/Size 6/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 99999999999>>"
    )
    table = b"\n9 0 obj\n" + stream(zlib.compress(bytes(24)), entries) + b"\nendobj\n"
    plain = paper()
    with pytest.raises(MalformedError):
        clean(plain + table + b"startxref\n%d\n%%%%EOF\n" % (len(plain) + 1))


def test_content_with_endless_rows_cannot_be_read():
    endless = stream(zlib.compress(HELLO), b"/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 7 0 R>>")
    with pytest.raises(BlockedError, match="GEN-15"):
        clean(paper(more={4: endless, 7: b"2147483647"}))

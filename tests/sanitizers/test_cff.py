"""CFF programs written anew from their values."""

import io

import pytest
from fontTools.cffLib import CFFFontSet
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen

from sanitizers.errors import MalformedError
from sanitizers.parsers.cff import read_cff, write_cff
from sanitizers.verify.pdf_cff import check

BLUE_SCALE = 0.037625
AS_REAL = bytes.fromhex("1e 37 62 5c 6f")  # "37625E-6", half a byte for each sign


def program() -> bytes:
    """A font of one square, with a number in its private dictionary."""
    pen = T2CharStringPen(500, None)
    pen.moveTo((0, 0))
    pen.lineTo((0, 400))
    pen.lineTo((400, 400))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCFF(
        "Square", {}, {".notdef": pen.getCharString(), "A": pen.getCharString()}, {"BlueScale": BLUE_SCALE}
    )
    out = io.BytesIO()
    builder.font["CFF "].cff.compile(out, builder.font)
    return out.getvalue()


def private(data: bytes) -> dict[str, object]:
    fonts = CFFFontSet()
    fonts.decompile(io.BytesIO(data), None)
    return dict(fonts[0].Private.rawDict)


def test_values_come_through_and_stay_as_they_are():
    copy = write_cff(read_cff(program()))

    assert private(copy)["BlueScale"] == BLUE_SCALE
    assert write_cff(read_cff(copy)) == copy


@pytest.mark.parametrize("broken", ["1e ff 16 16 16", "1e fc 16 17 ff", "16 16 1f ff 1b"])
def test_an_entry_that_readers_cannot_read_is_left_out_and_the_glyphs_stay(broken):
    """A real without digits, and operators that nobody has heard of: viewers draw the glyphs all the same (PDF-84)."""
    sound = program()
    assert AS_REAL in sound
    copy = write_cff(read_cff(sound.replace(AS_REAL, bytes.fromhex(broken))))

    assert "BlueScale" not in private(copy)
    assert write_cff(read_cff(copy)) == copy
    assert read_cff(copy).charstrings == read_cff(sound).charstrings


def test_a_dictionary_that_ends_in_a_number_is_refused():
    sound = program()
    with pytest.raises(MalformedError):
        read_cff(sound.replace(AS_REAL, bytes.fromhex("1e 11 11 11 11")))


@pytest.mark.parametrize(("kind", "more"), [(1, 6), (2, 300)])
def test_names_that_go_on_behind_the_last_glyph_end_there(kind, more):
    """iText's subsets say so of one glyph too many (PDF-84)."""
    font = read_cff(program())
    font.charset = bytes([kind, 0, 34]) + more.to_bytes(kind)
    copy = read_cff(write_cff(font))

    assert copy.charset == bytes([kind, 0, 34]) + bytes(kind)
    check(write_cff(copy))

"""Type 1 fonts keep every subroutine and glyph, however their makers abbreviate (PDF-82)."""

import pytest

from sanitizers.parsers.type1 import read_type1, write_type1


def enciphered(plain: bytes) -> bytes:
    """Behind the cipher of eexec."""
    state, out = 55665, bytearray()
    for byte in bytes(4) + plain:
        out.append(byte ^ state >> 8)
        state = (out[-1] + state) * 52845 + 22719 & 0xFFFF
    return bytes(out)


def font(read: bytes, put: bytes, end: bytes) -> bytes:
    """Three subroutines and two glyphs; the words that read and put them are the font's own."""
    private = b"dup /Private 9 dict dup begin\n/Subrs 3 array\n"
    private += b"".join(b"dup %d 4 %b ab|%d %b\n" % (number, read, number, put) for number in range(3))
    private += b"%b\n2 index /CharStrings 2 dict dup begin\n" % end
    private += b"".join(b"/%b 5 %b c def %b\n" % (name, read, end) for name in (b".notdef", b"A"))
    clear = b"%!PS-AdobeFont-1.0: A\n/FontName /A def\n/Encoding StandardEncoding def\ncurrentfile eexec\n"
    return clear + enciphered(private + b"end\nend\nmark currentfile closefile\n") + b"0" * 512


@pytest.mark.parametrize(
    "words", [(b"RD", b"NP", b"ND"), (b"-|", b"|", b"|-"), (b"RD", b"noaccess put", b"noaccess def")]
)
def test_every_subroutine_and_glyph_stays(words):
    """Adobe's own fonts end a subroutine with a bar, after which no word boundary stands."""
    found = read_type1(font(*words))

    assert found.subroutines == {number: b"ab|%d" % number for number in range(3)}
    assert found.glyphs == {b".notdef": b"c def", b"A": b"c def"}
    again = read_type1(b"".join(write_type1(found)))
    assert (again.subroutines, again.glyphs) == (found.subroutines, found.glyphs)

"""Type 1 font programs: statements of known words alone, in the clear and behind the cipher (PDF-82, PDF-85).

The second part is deciphered and held to the same: numbers, charstrings of the length that is said, and the fixed
phrases that bring them to a font. No other word of PostScript stands in either.

Source: Adobe Type 1 Font Format, 1990, chapters 2, 5 and 7; ISO 32000-2:2020, 9.9.
"""

import re
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require
from sanitizers.verify.pdf_walk import Document

_MOST_BYTES: Final = 4 << 20
_SEED, _FACTOR, _ADDEND = 55665, 52845, 22719  # 7.1
_RANDOM_BYTES: Final = 4
_NAME: Final = rb"/[!\"$&'*-.0-;=?-Z\\^-z|~#@+,]{0,127}+"
_NUMBER: Final = rb"-?(?:[0-9]{1,10}+(?:\.[0-9]{0,10}+)?|\.[0-9]{1,10}+)(?:[eE][-+]?[0-9]{1,2}+)?"
_NUMBERS: Final = rb"(?:" + _NUMBER + rb"(?: " + _NUMBER + rb")*+)?+"
_CLEAR: Final = re.compile(
    rb"%!PS-AdobeFont-1\.0: [!-~]{1,127}+\n(?:(?:"
    rb"[0-9]{1,3} dict begin|/FontInfo 1 dict dup begin end readonly def|currentdict end|readonly def"
    rb"|/FontName " + _NAME + rb" def|/(?:PaintType|FontType) [0-2] def"
    rb"|/FontMatrix \[" + _NUMBERS + rb"\] readonly def|/FontBBox \{" + _NUMBERS + rb"\} readonly def"
    rb"|/Encoding StandardEncoding def|/Encoding 256 array|0 1 255 \{1 index exch /\.notdef put\} for"
    rb"|dup [0-9]{1,3} " + _NAME + rb" put)\n)*+currentfile eexec\n"
)
_STATEMENT: Final = re.compile(
    rb"(?:dup /Private [0-9]{1,3} dict dup begin"
    rb"|/RD \{string currentfile exch readstring pop\} executeonly def|/ND \{noaccess def\} executeonly def"
    rb"|/NP \{noaccess put\} executeonly def|/MinFeature \{16 16\} ND|/password 5839 def"
    rb"|/(?:BlueValues|OtherBlues|FamilyBlues|FamilyOtherBlues|StdHW|StdVW|StemSnapH|StemSnapV) \["
    + _NUMBERS
    + rb"\] ND"
    rb"|/(?:BlueScale|BlueShift|BlueFuzz|LanguageGroup|ExpansionFactor|lenIV) " + _NUMBER + rb" def"
    rb"|/ForceBold true def|/OtherSubrs \[\{\} \{\} \{\} \{\}\] ND|/Subrs [0-9]{1,5} array|ND"
    rb"|2 index /CharStrings [0-9]{1,5} dict dup begin|end|readonly put|noaccess put"
    rb"|dup /FontName get exch definefont pop|mark currentfile closefile)\n"
)
_CODE: Final = re.compile(rb"(?:dup [0-9]{1,5}|" + _NAME + rb") ([0-9]{1,5}) RD ")
_BEHIND_CODE: Final = (b" NP\n", b" ND\n")
_ZEROS: Final = re.compile(rb"(?:0{64}\n){8}cleartomark\n")


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, f"font program: {where}")


def check(plain: bytes, number: int, document: Document) -> None:
    """Raises Refused unless the three parts are where the dictionary says, and hold known words alone."""
    entries = document.resolved(number)
    clear, hidden, zeros = (entries[key] for key in ("Length1", "Length2", "Length3"))
    assert isinstance(clear, int) and isinstance(hidden, int) and isinstance(zeros, int)
    require(len(plain) <= _MOST_BYTES, Check.LIMITS, f"font program of {len(plain)} bytes")
    _must(clear + hidden + zeros == len(plain) and hidden > _RANDOM_BYTES, "lengths")
    _must(_CLEAR.fullmatch(plain, 0, clear), "a word in its first part")
    _must(_ZEROS.fullmatch(plain, clear + hidden), "its end")
    _private(_deciphered(plain[clear : clear + hidden]))


def _deciphered(hidden: bytes) -> bytes:
    """7.1. The state is the last two bytes of the cipher, so that it cannot be done at once."""
    state, plain = _SEED, bytearray()
    for byte in hidden:
        plain.append(byte ^ (state >> 8))
        state = ((byte + state) * _FACTOR + _ADDEND) & 0xFFFF
    return bytes(plain)


def _private(plain: bytes) -> None:
    _must(not any(plain[:_RANDOM_BYTES]), "bytes before its second part")
    at = _RANDOM_BYTES
    while at < len(plain):
        code = _CODE.match(plain, at)
        if code is not None:
            at = code.end() + int(code[1])
            _must(plain[at : at + 4] in _BEHIND_CODE, "a charstring of another length")
            at += 4
            continue
        statement = _STATEMENT.match(plain, at)
        if statement is None:
            raise Refused(Check.PDF, f"font program: a word in its second part, at {at}")
        at = statement.end()

"""Type 1 programs: numbers, names and charstrings read out of the PostScript, and a program of ours written from them.

No word of the file's PostScript is carried: what is neither a known entry nor a glyph has no place in the new program.
Charstrings are carried as they are, programs of numbers and a closed set of operators.
Source: Adobe Type 1 Font Format 1.1. Trust: every byte is hostile.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import MalformedError, UnsupportedError

_EEXEC: Final = re.compile(rb"\beexec(?:\r\n|[\r\n \t])")
_HEX: Final = re.compile(rb"[0-9A-Fa-f\s]*")
_PFB: Final = 0x80
_KEY: Final = 55665
_RANDOM: Final = bytes(4)
_TAIL: Final = (b"0" * 64 + b"\n") * 8 + b"cleartomark\n"
_REGULAR: Final = rb"[!-$&'*-.0-;=?-Z\\^-z|~]"  # ASCII without space and delimiters
_NUMBER: Final = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")
_SHORT: Final = re.compile(rb"-?(?:\d{1,10}(?:\.\d{0,10})?|\.\d{1,10})")
_LARGEST: Final = 1e10
_NAME: Final = re.compile(rb"/FontName\s*/(" + _REGULAR + rb"{1,127})")
_ENCODED: Final = re.compile(rb"\bdup\s+(?:8#)?(\d{1,3})\s*/(" + _REGULAR + rb"{1,127})\s+put\b")
_STANDARD: Final = re.compile(rb"/Encoding\s+StandardEncoding\b")
_SUBROUTINE: Final = re.compile(rb"\s*dup\s+(\d{1,5})\s+(\d{1,5})\s+(?:RD|-\||" + _REGULAR + rb"{1,16}) ")
_GLYPH: Final = re.compile(rb"\s*/(" + _REGULAR + rb"{0,127})\s+(\d{1,5})\s+(?:RD|-\||" + _REGULAR + rb"{1,16}) ")
_NEXT: Final = re.compile(rb"(?:\s*(?:NP|ND|\|-|\||noaccess|put|def|readonly)(?![A-Za-z0-9]))*")
_MAX_GLYPHS: Final = 65_536
_LOOKED_AHEAD: Final = 256  # bytes that may stand between two charstrings
_MATRIX: Final = ("0.001", "0", "0", "0.001", "0", "0")
_ARRAYS: Final = (
    *("BlueValues", "OtherBlues", "FamilyBlues", "FamilyOtherBlues"),
    *("StdHW", "StdVW", "StemSnapH", "StemSnapV"),
)
_SCALARS: Final = ("BlueScale", "BlueShift", "BlueFuzz", "LanguageGroup", "ExpansionFactor", "lenIV")
_PROCEDURES: Final = (
    b"/RD {string currentfile exch readstring pop} executeonly def\n/ND {noaccess def} executeonly def\n"
    b"/NP {noaccess put} executeonly def\n/MinFeature {16 16} ND\n/password 5839 def\n"
)


@dataclass(slots=True)
class Type1:
    """What a program says, as values."""

    name: bytes
    matrix: tuple[bytes, ...]
    box: tuple[bytes, ...]
    encoding: dict[int, bytes] | None  # None: StandardEncoding
    stroked: bool
    arrays: dict[str, tuple[bytes, ...]]
    scalars: dict[str, bytes]
    is_bold: bool
    subroutines: dict[int, bytes] = field(repr=False)
    glyphs: dict[bytes, bytes] = field(repr=False)


def read_type1(data: bytes) -> Type1:
    """The font. Raises MalformedError, and UnsupportedError for one of several masters."""
    data = _without_segments(data)
    if not data.startswith(b"%!"):
        raise MalformedError("no Type 1 font")
    found = _EEXEC.search(data)
    if found is None:
        raise MalformedError("a Type 1 font without its private part")
    clear, private = data[: found.start()], _deciphered(data[found.end() :])
    if b"/WeightVector" in clear or b"/BlendDesignPositions" in clear:
        raise UnsupportedError("a font of several masters")
    name = _NAME.search(clear)
    start = private.find(b"/CharStrings")
    subroutines_at = private.find(b"/Subrs")
    glyphs = _glyphs(private, start) if start >= 0 else {}
    if not glyphs:
        raise MalformedError("a Type 1 font without glyphs")
    return Type1(
        name=name[1] if name else b"Font",
        matrix=_numbers(clear, "FontMatrix", 6) or tuple(text.encode() for text in _MATRIX),
        box=_numbers(clear, "FontBBox", 4) or (b"0",) * 4,
        encoding=None if _STANDARD.search(clear) else _encoding(clear),
        stroked=bool(re.search(rb"/PaintType\s+2\b", clear)),
        arrays={key: numbers for key in _ARRAYS if (numbers := _numbers(private, key, 0))},
        scalars={key: number for key in _SCALARS if (number := _scalar(private, key))},
        is_bold=bool(re.search(rb"/ForceBold\s+true\b", private)),
        subroutines=_subroutines(private, subroutines_at, start) if subroutines_at >= 0 else {},
        glyphs=glyphs,
    )


def write_type1(font: Type1) -> tuple[bytes, bytes, bytes]:
    """The program: its part in the clear, its enciphered part, its end of zeros."""
    lines = [
        b"%!PS-AdobeFont-1.0: " + font.name,
        b"9 dict begin",
        b"/FontInfo 1 dict dup begin end readonly def",
        b"/FontName /%b def" % font.name,
        b"/PaintType %d def" % (2 if font.stroked else 0),
        b"/FontType 1 def",
        b"/FontMatrix [%b] readonly def" % b" ".join(font.matrix),
    ]
    if font.encoding is None:
        lines.append(b"/Encoding StandardEncoding def")
    else:
        lines.append(b"/Encoding 256 array\n0 1 255 {1 index exch /.notdef put} for")
        lines += (b"dup %d /%b put" % entry for entry in sorted(font.encoding.items()))
        lines.append(b"readonly def")
    lines += [b"/FontBBox {%b} readonly def" % b" ".join(font.box), b"currentdict end", b"currentfile eexec\n"]
    return b"\n".join(lines), _enciphered(_private(font)), _TAIL


def _private(font: Type1) -> bytes:
    parts = [b"dup /Private 24 dict dup begin\n", _PROCEDURES]
    parts += (b"/%b [%b] ND\n" % (key.encode(), b" ".join(font.arrays[key])) for key in _ARRAYS if key in font.arrays)
    parts += (b"/%b %b def\n" % (key.encode(), font.scalars[key]) for key in _SCALARS if key in font.scalars)
    if font.is_bold:
        parts.append(b"/ForceBold true def\n")
    parts.append(b"/OtherSubrs [{} {} {} {}] ND\n")
    if font.subroutines:
        parts.append(b"/Subrs %d array\n" % (max(font.subroutines) + 1))
        for number, code in sorted(font.subroutines.items()):
            parts += (b"dup %d %d RD " % (number, len(code)), code, b" NP\n")
        parts.append(b"ND\n")
    parts.append(b"2 index /CharStrings %d dict dup begin\n" % len(font.glyphs))
    for name, code in font.glyphs.items():
        parts += (b"/%b %d RD " % (name, len(code)), code, b" ND\n")
    parts.append(b"end\nend\nreadonly put\nnoaccess put\ndup /FontName get exch definefont pop\n")
    parts.append(b"mark currentfile closefile\n")
    return b"".join(parts)


def _without_segments(data: bytes) -> bytes:
    """A font without the marks of a PFB file."""
    if data[:1] != bytes([_PFB]):
        return data
    parts, at = [], 0
    while at + 6 <= len(data) and data[at] == _PFB and data[at + 1] in (1, 2):
        size = int.from_bytes(data[at + 2 : at + 6], "little")
        parts.append(data[at + 6 : at + 6 + size])
        at += 6 + size
    return b"".join(parts)


def _deciphered(data: bytes) -> bytes:
    """The private part (7.3), which may stand in hexadecimal."""
    if len(data) >= 8 and _HEX.fullmatch(data[:8]):
        found = _HEX.match(data)
        digits = b"".join(found[0].split()) if found else b""
        data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
    key, plain = _KEY, bytearray(len(data))
    for at, byte in enumerate(data):
        plain[at] = byte ^ key >> 8
        key = (byte + key) * 52845 + 22719 & 0xFFFF
    return bytes(plain[len(_RANDOM) :])


def _enciphered(plain: bytes) -> bytes:
    key, data = _KEY, bytearray(_RANDOM + plain)
    for at, byte in enumerate(data):
        data[at] = byte = byte ^ key >> 8
        key = (byte + key) * 52845 + 22719 & 0xFFFF
    return bytes(data)


def _numbers(text: bytes, key: str, count: int) -> tuple[bytes, ...]:
    """The numbers of an array; none where it holds anything else, or fewer than there have to be (PDF-85)."""
    found = re.search(rb"/" + key.encode() + rb"\s*[\[{]([^\]}]{0,2048})[\]}]", text)
    items = tuple(found[1].split()) if found else ()
    if not all(map(_NUMBER.fullmatch, items)) or (count and len(items) != count):
        return ()
    plain = tuple(map(_plain, items))
    return plain if all(plain) else ()


def _scalar(text: bytes, key: str) -> bytes:
    found = re.search(rb"/" + key.encode() + rb"\s+(" + _NUMBER.pattern + rb")(?=[\s/])", text)
    return _plain(found[1]) if found else b""


def _plain(number: bytes) -> bytes:
    """A number without an exponent or a needless digit; empty for one that no font can mean."""
    if _SHORT.fullmatch(number):
        return number
    value = float(number)
    return f"{value:.10f}".rstrip("0").rstrip(".").encode() if abs(value) < _LARGEST else b""


def _encoding(clear: bytes) -> dict[int, bytes]:
    start = clear.find(b"/Encoding")
    found = {}
    for entry in _ENCODED.finditer(clear, max(start, 0)):
        is_octal = b"8#" in entry[0][:12]
        code = int(entry[1], 8 if is_octal and not set(entry[1]) & set(b"89") else 10)
        if code < 256:
            found[code] = entry[2]
    return found


def _subroutines(text: bytes, start: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = text.find(b"dup", start)
    while at >= 0 and len(found) < _MAX_GLYPHS:
        entry = _SUBROUTINE.match(text, at)
        if entry is None or (end >= 0 and start < end < at):
            break
        stop = entry.end() + int(entry[2])
        if int(entry[1]) < _MAX_GLYPHS:
            found[int(entry[1])] = text[entry.end() : stop]
        behind = _NEXT.match(text, stop)
        at = behind.end() if behind else stop
    return found


def _glyphs(text: bytes, start: int) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = text.find(b"/", start + 1)
    while at >= 0 and len(found) < _MAX_GLYPHS:
        entry = _GLYPH.match(text, at)
        if entry is None:
            break
        stop = entry.end() + int(entry[2])
        if stop > len(text):
            break
        found.setdefault(entry[1], text[entry.end() : stop])
        at = text.find(b"/", stop, stop + _LOOKED_AHEAD)
    return found

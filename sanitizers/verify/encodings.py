"""Bytes to text in the encodings met in Japan, strictly: what a byte string can be read as.

A mark at the start, an escape, a NUL or valid UTF-8 decides the reading. Otherwise several old encodings may fit, and
all of them are given, the likeliest first. (TXT-05, TXT-07, TXT-09)

Source: RFC 3629; RFC 2781; RFC 1468 with the JIS X 0201 katakana and JIS X 0212 sets of CP50221; Microsoft code pages
932, 51932 and 1252; the user-defined rows of eucJP-ms.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_NOT_CP932: Final = "\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3"  # what single bytes that the code page leaves open become
_SEGMENT: Final = re.compile(rb"\x1b(\([BJI]|\$[@B]|\$\(D)([^\x1b]*)", re.DOTALL)
_GRAPHIC: Final = bytes(range(0x21, 0x7F))
_KATAKANA: Final = bytes(range(0x21, 0x60))
_SEVEN_BITS: Final = bytes((*range(0x0E), *range(0x10, 0x80)))  # no shift-out, shift-in
_HIGH: Final = bytes(b | 0x80 for b in range(256))
_EUC_PAIR: Final = re.compile(rb"[\xa1-\xfe]{2}")
_EUC_GAIJI: Final = re.compile(rb"(?:[\xf5-\xfe]|\x8f[\xf3-\xfe])[\xa1-\xfe]")  # rows of eucJP-ms for users and IBM
_GAIJI: Final = "\ue000"

for _name in ("utf-8", "utf-16-le", "utf-16-be", "ascii", "latin-1", "cp932", "euc_jp", "cp1252"):
    codecs.lookup(_name)  # now: a locked process can load no module later


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the bytes."""

    encoding: str
    text: str
    is_unicode: bool = False
    is_japanese: bool = False  # CP932 or EUC-JP


def readings(data: bytes) -> Iterator[Reading]:
    """Every strict reading, without the byte order mark; none at all when no encoding fits."""
    if data.startswith(_UTF8_MARK):
        yield from _strict(data[3:], "utf-8")
    elif data[:2] in _UTF16_MARKS:
        yield from _strict(data[2:], _UTF16_MARKS[data[:2]])
    elif b"\x1b" in data:
        yield from _escaped(data)
    elif b"\0" in data:
        if data.count(0) * 4 > len(data):  # Latin text for the greater part: a few NULs prove nothing
            yield from _strict(data, _utf16_order(data))
    elif utf8 := list(_strict(data, "utf-8")):
        yield from utf8
    else:
        if (text := decode_cp932(data)) is not None:
            yield Reading("cp932", text, is_japanese=True)
        yield from _euc(data)
        yield from _strict(data, "cp1252")


def decode_cp932(data: bytes) -> str | None:
    """The text in Microsoft's Shift_JIS, or None."""
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return None
    return None if any(character in text for character in _NOT_CP932) else text


def _strict(data: bytes, encoding: str) -> Iterator[Reading]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return
    yield Reading(encoding, text, is_unicode=encoding.startswith("utf"))


def _utf16_order(data: bytes) -> str:
    """The order that puts most NULs into high bytes, where Latin text and line ends have them."""
    return "utf-16-le" if data[1::2].count(0) >= data[0::2].count(0) else "utf-16-be"


def _euc(data: bytes) -> Iterator[Reading]:
    """EUC-JP, and the characters of NEC and IBM that CP51932 adds to it."""
    try:
        yield Reading("euc-jp", data.decode("euc_jp", _OF_CP51932_AND_USERS), is_japanese=True)
    except UnicodeDecodeError:
        return


def _extension(error: UnicodeError) -> tuple[str, int]:
    """A character of CP51932 that EUC-JP does not have, through its twin in CP932."""
    assert isinstance(error, UnicodeDecodeError)
    if found := _EUC_PAIR.match(error.object, error.start):
        row, cell = found[0][0] - 0xA1, found[0][1] - 0xA1
        if known := _through_cp932(row, cell):
            return known, found.end()
    raise error


def _extension_or_gaiji(error: UnicodeError) -> tuple[str, int]:
    """As above, or a character that users defined, of which no two are told apart."""
    assert isinstance(error, UnicodeDecodeError)
    try:
        return _extension(error)
    except UnicodeDecodeError:
        if found := _EUC_GAIJI.match(error.object, error.start):
            return _GAIJI, found.end()
        raise


def _through_cp932(row: int, cell: int) -> str:
    lead = row // 2 + (0x81 if row < 62 else 0xC1)
    trail = cell + 0x9F if row % 2 else cell + 0x40 + (cell >= 63)
    try:
        return bytes((lead, trail)).decode("cp932")
    except UnicodeDecodeError:
        return ""


_OF_CP51932: Final = "sekisho-verify-cp51932"  # one pass, however many of them there are
_OF_CP51932_AND_USERS: Final = "sekisho-verify-eucjp-ms"
codecs.register_error(_OF_CP51932, _extension)
codecs.register_error(_OF_CP51932_AND_USERS, _extension_or_gaiji)


def _escaped(data: bytes) -> Iterator[Reading]:
    """ISO-2022-JP and its kin, ending in ASCII. A designation outside the known ones leaves no reading at all."""
    first = data.index(b"\x1b")
    if data[:first].translate(None, _SEVEN_BITS):
        return
    parts, at, last = [data[:first].decode("ascii")], first, b""
    for match in _SEGMENT.finditer(data, first):
        if match.start() != at:
            return
        last, at = match[1], match.end()
        try:
            parts.append(_segment(last, match[2]))
        except UnicodeDecodeError:
            return
    if at == len(data) and last in (b"(B", b"(J"):
        yield Reading("iso-2022-jp", "".join(parts))


def _segment(designation: bytes, body: bytes) -> str:
    is_ascii = designation in (b"(B", b"(J")
    allowed = _SEVEN_BITS if is_ascii else _KATAKANA if designation == b"(I" else _GRAPHIC
    if body.translate(None, allowed) or (allowed is _GRAPHIC and len(body) % 2):
        raise UnicodeDecodeError("iso-2022-jp", body, 0, len(body), "outside the designated set")
    if is_ascii:
        return body.decode("ascii")
    high = body.translate(_HIGH)
    if designation == b"(I":
        return high.decode("cp932")
    if designation == b"$(D":
        return b"".join(b"\x8f" + high[i : i + 2] for i in range(0, len(high), 2)).decode("euc_jp")
    return high.decode("euc_jp", _OF_CP51932)


def warm() -> None:
    """Read a letter in each encoding, so that a locked judge opens nothing."""
    samples = (
        "あ".encode(),
        "あ".encode("utf-16"),
        "ab".encode("utf-16-le"),
        b'\x1b$B$"\x1b(B',
        b"\x82\xa0",
        b"\xa4\xa2",
    )
    for data in samples:
        assert list(readings(data)), data
    codecs.lookup("utf-16-be")

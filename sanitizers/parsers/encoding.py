"""In which encoding bytes are text, decided from the bytes alone, and the way back.

A byte order mark decides; then escapes; then strict UTF-8; then NULs in the pattern of UTF-16; then whichever of UTF-8,
CP932 and EUC-JP leaves the least broken; and Windows-1252 for what has no Japanese in it. What is full of control
characters is no text. Looks at the whole file with native operations only, and weighs doubts on 64 KiB of it.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sanitizers.errors import EmptyError, MalformedError
from sanitizers.parsers import jis
from sanitizers.parsers.jis import Shifts

_SAMPLE_BYTES: Final = 1 << 16
_BROKEN: Final = "\ufffd"


class Encoding(StrEnum):
    """The encodings that text is written in; the values are Python's names."""

    UTF_8 = "utf-8"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    CP932 = "cp932"
    EUC_JP = "euc_jp"
    ISO_2022_JP = "iso2022_jp"
    CP1252 = "cp1252"

    @property
    def is_unicode(self) -> bool:
        """Whether every character can be written in it."""
        return self.startswith("utf")


@dataclass(frozen=True, slots=True)
class Writing:
    """How a text is written in bytes."""

    encoding: Encoding
    has_mark: bool = False  # byte order mark
    newline: str = "\n"  # or CR LF: what most of the lines end in
    shifts: Shifts = field(default_factory=Shifts)

    @property
    def placeholder(self) -> str:
        """What stands for a character that could not be read."""
        return _BROKEN if self.encoding.is_unicode else "?" if self.encoding is Encoding.CP1252 else "〓"


@dataclass(frozen=True, slots=True)
class Text:
    """A file as text. `recast` names an encoding that is not written again: the text goes on in `writing` instead."""

    untrusted: bytes
    text: str  # without the byte order mark; U+FFFD for what could not be read
    writing: Writing
    broken: int = 0  # places that could not be read
    recast: str = ""


def read(untrusted: bytes) -> Text:
    """The text of these bytes. Raises MalformedError for what is none.

    `write` of the result gives the same bytes, unless something is broken or recast, or the escapes of ISO-2022-JP
    are not those of an orderly writer.
    """
    for mark, name, encoding in _MARKS:
        if untrusted.startswith(mark) and (found := _marked(untrusted, mark, name, encoding)):
            return found
    if b"\0" in untrusted and (wide := _unmarked_utf16(untrusted)):
        text = untrusted.decode(wide, "replace")
        return _text(untrusted, text, Writing(wide, has_mark=True), text.count(_BROKEN), "UTF-16 without its mark")
    body = untrusted.rstrip(b"\0")
    if not body:
        raise EmptyError("no text")
    _refuse_binary(len(body), len(body.translate(None, _NOT_CONTROLS)))
    if untrusted.isascii():
        if _SHIFTS_OUT.search(untrusted):
            text, shifts = jis.decode_jis(untrusted)
            return _text(untrusted, text, Writing(Encoding.ISO_2022_JP, shifts=shifts), text.count(_BROKEN))
        return _text(untrusted, untrusted.decode("ascii"), Writing(Encoding.UTF_8))
    try:
        return _text(untrusted, untrusted.decode("utf-8"), Writing(Encoding.UTF_8))
    except UnicodeDecodeError:
        return _in_old_encoding(untrusted, _likeliest(_sample(untrusted)))


def write(text: str, writing: Writing) -> bytes:
    """The bytes of a text. Raises UnicodeEncodeError for a character that its encoding does not have."""
    match writing.encoding:
        case Encoding.CP932:
            return jis.encode_cp932(text)
        case Encoding.EUC_JP:
            return jis.encode_euc(text)
        case Encoding.ISO_2022_JP:
            return jis.encode_jis(text, writing.shifts)
        case Encoding.CP1252:
            return text.encode("cp1252")
    return (("\ufeff" if writing.has_mark else "") + text).encode(writing.encoding)


def other_reading(text: str, parsed: Text) -> Text | None:
    """What has become of a text, in the other Japanese encoding that a program may take its bytes for.

    None where they are not valid in it.
    """
    writing = parsed.writing
    if writing.encoding not in (Encoding.CP932, Encoding.EUC_JP, Encoding.CP1252):
        return None
    is_as_read = text == parsed.text and not parsed.broken and not parsed.recast
    data = parsed.untrusted if is_as_read else write(text, writing)
    if writing.encoding is Encoding.CP932:
        encoding, other = Encoding.EUC_JP, jis.decode_euc(data) if not _HAS_NOT_EUC.search(data) else _BROKEN
    else:
        encoding, other = Encoding.CP932, jis.decode_cp932(data) if _is_strictly_cp932(data) else _BROKEN
    return None if data.isascii() or _BROKEN in other else _text(data, other, Writing(encoding))


def _is_strictly_cp932(data: bytes) -> bool:
    try:
        data.decode("cp932")
    except UnicodeDecodeError:
        return False
    return True


def newline_of(text: str) -> str:
    """What most lines end in. CR LF for old Macintosh files, which the readers of today take for one line."""
    pairs = text.count("\r\n") if "\r" in text else 0
    feeds = text.count("\n")
    return "\r\n" if pairs * 2 > feeds or (not feeds and "\r" in text) else "\n"


def warm() -> None:
    """Every codec once, so that none is looked for later."""
    for sample in ("aあ①髙ｱ".encode("cp932"), b"\xa4\xa2\xad\xa1\xa4", b'\x1b$B$"-!\x1b(I1\x1b$(D0!\x1b(B', b"caf\xe9"):
        found = read(sample)
        write(found.text.replace(_BROKEN, found.writing.placeholder), found.writing)
    for name in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        read("+a\n".encode(name))


# --- marks ------------------------------------------------------------------------------------------------------

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8", Encoding.UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32-le", Encoding.UTF_8),
    (codecs.BOM_UTF32_BE, "utf-32-be", Encoding.UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le", Encoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, "utf-16-be", Encoding.UTF_16_BE),
)
_RECAST: Final = {"utf-32-le": "UTF-32", "utf-32-be": "UTF-32"}  # readers take it for UTF-16, or for nothing


def _marked(untrusted: bytes, mark: bytes, name: str, encoding: Encoding) -> Text | None:
    """Text after a mark; None where only strictly valid text makes the mark one, and this is not."""
    body = untrusted[len(mark) :]
    recast = _RECAST.get(name, "")
    try:
        text, broken = body.decode(name), 0
    except UnicodeDecodeError:
        if recast:
            return None
        text = body.decode(name, "replace")
        broken = max(1, text.count(_BROKEN) - _written_broken(body, encoding))
    body_text = text.rstrip("\0")
    _refuse_binary(len(body_text), len(_CONTROL.findall(body_text)))
    _refuse_broken(broken, len(body_text))
    return _text(untrusted, text, Writing(encoding, has_mark=True), broken, recast)


def _written_broken(body: bytes, encoding: Encoding) -> int:
    """How many U+FFFD are written in the bytes themselves."""
    if encoding is Encoding.UTF_8:
        return body.count(_BROKEN.encode())
    return body.decode(encoding, "ignore").count(_BROKEN)


def _text(untrusted: bytes, text: str, writing: Writing, broken: int = 0, recast: str = "") -> Text:
    return Text(
        untrusted, text, Writing(writing.encoding, writing.has_mark, newline_of(text), writing.shifts), broken, recast
    )


# --- binary or text ---------------------------------------------------------------------------------------------

_NOT_CONTROLS: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\n\f\r\x1b"})
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_SHIFTS_OUT: Final = re.compile(rb"\x1b(?:\$[@B]|\$\([@BD]|\(I)")  # into Japanese; ESC ( B alone is a terminal's


def _refuse_binary(length: int, controls: int) -> None:
    if controls > 2 and controls * 20 > length:
        raise MalformedError(f"{controls} of {length} characters are controls")


def _refuse_broken(broken: int, letters: int) -> None:
    if broken > 8 and broken * 4 > letters:
        raise MalformedError(f"{broken} of {letters} characters are none in any known encoding")


def _unmarked_utf16(untrusted: bytes) -> Encoding | None:
    """The byte order in which nearly all of it is ASCII or Japanese, if there is one."""
    sample = untrusted[: len(untrusted[:_SAMPLE_BYTES].rstrip(b"\0")) + 1 & ~1]
    zeros = sample.count(0)
    is_ascii = sample.translate(None, b"\0").isascii() and b"\r\0\n\0" not in sample and b"\0\r\0\n" not in sample
    if is_ascii and zeros * 5 < len(sample) * 2:
        return None  # a NUL here and there
    best, order = 0, None
    for encoding in (Encoding.UTF_16_LE, Encoding.UTF_16_BE):
        text = sample.decode(encoding, "replace")
        if zeros and "\0" not in text and len(_WIDE.findall(text)) * 100 > len(text) * 97:
            score = len(_WIDE_AND_COMMON.findall(text))
            best, order = (score, encoding) if score > best else (best, order)
    return order


_WIDE: Final = re.compile("[\t\n\r -~\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef\u2010-\u2312\u2460-\u26ff]")
_WIDE_AND_COMMON: Final = re.compile("[\t\n\r -~\u3000-\u30ff]")


# --- old encodings ----------------------------------------------------------------------------------------------

_HIGH: Final = re.compile(rb"[\x80-\xff]")
_NOT_EUC: Final = bytes((*range(0x80, 0x8E), *range(0x90, 0xA1), 0xFF))
_HAS_NOT_EUC: Final = re.compile(b"[" + re.escape(_NOT_EUC) + b"]")
_ASCII: Final = bytes(range(0x80))
_C1: Final = bytes(range(0x80, 0xA0))  # where nearly all kanji of CP932 begin
_KANA: Final = re.compile("[ぁ-ヶ]")
_OF_THREE_BYTES: Final = re.compile("[\u0800-\ufffc]")
_OVERLONG: Final = re.compile(  # UTF-8 that no writer writes: overlong forms and surrogates
    rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]{2}|\xed[\xa0-\xbf][\x80-\xbf]"
)
_ASCII_OR_OVERLONG: Final = bytes((*range(0xC2), 0xE0, 0xED, 0xF0))  # what these and ASCII are made of
_ADJACENT: Final = re.compile(  # as in Japanese: two high bytes, a letter of kana, two letters that end below 80
    rb"[\x80-\xff]{2}|[\x81-\x83][\x40-\x7e]|[\x84-\x9f\xe0-\xfc][\x40-\x7e][\x84-\x9f\xe0-\xfc]"
)
_CP932_LETTER: Final = re.compile(rb"[\x81-\x9f\xe0-\xfc].|[\x80-\xff]", re.DOTALL)
_EUC_LETTER: Final = re.compile(rb"\x8f?[\xa1-\xfe]{2}|\x8e?[\x80-\xff]")


def _sample(untrusted: bytes) -> bytes:
    """Whole lines from the first that is not ASCII, 64 KiB of them."""
    first = _HIGH.search(untrusted)
    start = untrusted.rfind(b"\n", 0, first.start() if first else 0) + 1
    end = start + _SAMPLE_BYTES
    return (
        untrusted[start : untrusted.rfind(b"\n", start, end) + 1 or end] if end < len(untrusted) else untrusted[start:]
    )


def _likeliest(sample: bytes) -> Encoding:
    """The old encoding (or broken UTF-8) that explains most of the sample."""
    if not sample.translate(None, _ASCII_OR_OVERLONG) and _OVERLONG.sub(b"", sample).isascii():
        return Encoding.UTF_8
    if not _ADJACENT.search(sample):
        return Encoding.CP1252
    readings = {Encoding.CP932: jis.decode_cp932(sample)}
    high = sample.translate(None, _ASCII)
    if len(high.translate(None, _NOT_EUC)) * 20 >= len(high) * 19:
        euc = {Encoding.EUC_JP: jis.decode_euc(sample)}
        readings = euc | readings if _reads_as_euc(sample) else readings | euc
    if _is_damaged_utf8(sample, all(_BROKEN in reading for reading in readings.values())):
        return Encoding.UTF_8
    encoding = min(readings, key=lambda encoding: readings[encoding].count(_BROKEN))
    if _BROKEN in readings[encoding] and _is_western(sample, high, readings[encoding]):
        return Encoding.CP1252
    return encoding if _is_mostly_letters(readings[encoding], 5) else Encoding.CP1252


def _is_damaged_utf8(sample: bytes, is_nothing_else: bool) -> bool:
    """Whether it is UTF-8 for the most part. Letters of two bytes are so by chance too: pairs of EUC-JP look like them.

    `is_nothing_else`: no other encoding reads all of it.
    """
    text = sample.decode("utf-8", "replace")
    if not _is_mostly_letters(text, 2):
        return False
    is_wide = len(_OF_THREE_BYTES.findall(text)) > text.count(_BROKEN)
    return is_nothing_else or is_wide or _is_mostly_letters(text, 20)


def _is_western(sample: bytes, high: bytes, as_japanese: str) -> bool:
    """Whether what Japanese does not read without damage has nothing of it: no kana, hardly a lead of its kanji.

    Letters with accents before small ones read as rare kanji, and before a space as damage.
    """
    leads = len(high) - len(high.translate(None, _C1))
    if _KANA.search(as_japanese) or leads * 10 > len(high):
        return False
    try:
        sample.decode(Encoding.CP1252)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_letters(text: str, times: int) -> bool:
    """Whether what is not ASCII is so many times what could not be read."""
    return text.count(_BROKEN) * times <= len(text) - len(text.encode("ascii", "ignore"))


def _reads_as_euc(sample: bytes) -> bool:
    """Whether everyday letters outweigh rare ones in EUC-JP more than in CP932."""
    euc = Counter(letter[0] for letter in _EUC_LETTER.findall(sample))
    cp932 = Counter(letter[0] for letter in _CP932_LETTER.findall(sample))
    if all(0xA0 < lead < 0xE0 for lead in cp932):  # half-width kana or nothing
        kana, common = euc[0xA4] + euc[0xA5], sum(euc[lead] for lead in _EUC_COMMON)
        return common == euc.total() and (common > 3 or kana * 2 > common)
    return _share(euc, _EUC_COMMON) > _share(cp932, _CP932_COMMON)


def _share(leads: Counter[int], common: frozenset[int]) -> float:
    return sum(leads[lead] for lead in common) / max(1, leads.total())


_EUC_COMMON: Final = frozenset((0xA1, 0xA3, 0xA4, 0xA5, *range(0xB0, 0xD0)))  # kana, signs, kanji of level 1
_CP932_COMMON: Final = frozenset((*range(0x81, 0x84), *range(0x88, 0x99)))


def _in_old_encoding(untrusted: bytes, encoding: Encoding) -> Text:
    match encoding:
        case Encoding.CP932:
            text = jis.decode_cp932(untrusted)
        case Encoding.EUC_JP:
            text = jis.decode_euc(untrusted)
        case _:
            text = untrusted.decode(encoding, "replace")
    written = untrusted.count(_BROKEN.encode()) if encoding is Encoding.UTF_8 else 0
    broken = text.count(_BROKEN) - written
    _refuse_broken(broken, len(untrusted.translate(None, _ASCII)))
    if encoding is Encoding.CP1252 and "€" in text:  # a control to whoever takes it for anything else
        return _text(untrusted, text, Writing(Encoding.UTF_8, has_mark=True), broken, "Windows-1252")
    return _text(untrusted, text, Writing(encoding), broken)

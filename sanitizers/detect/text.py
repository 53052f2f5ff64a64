"""Is it text, and of which kind? Bounded, native checks; the text formats decode in earnest.

Text whose name says plain text or a table stays that, whatever is written in it: the reader will see the letters
(TXT-15). Only a table that is a page of the web is called one. Otherwise the content's own marks decide, then the name.
"""

import codecs
import re
from typing import Final

from sanitizers.parsers import characters
from sanitizers.parsers.signatures import (
    ACTIVE_STARTS,
    EXTENSIONS,
    MARKUP_WORDS,
    PAGE_OPENING,
    SIGNATURES,
    TEXT_OPENINGS,
    TEXT_STARTS,
    Family,
    Known,
)

_SAMPLE: Final = 1 << 20
_HEAD: Final = 1 << 16
_MAX_CONTROL_SHARE: Final = 50  # one in so many bytes; programs and pictures have many more
_MAX_BROKEN_SHARE: Final = 50
_OPENING: Final = 1 << 12  # characters
_OPENINGS: Final = tuple((re.compile(pattern, re.DOTALL | re.IGNORECASE), kind) for pattern, kind in TEXT_OPENINGS)
_MAGICS_IN_LETTERS: Final = tuple(
    (row.magic.decode(), row.means)
    for row in SIGNATURES
    if row.magic.isascii() and row.magic.decode().isprintable() and not (row.at or row.also or row.binary)
)
_NOT_CONTROL: Final = bytes({*range(0x20, 0x7F), *range(0x80, 0x100), *b"\b\t\n\v\f\r\x1a\x1b"})
_C1: Final = bytes(range(0x80, 0xA0))
_MULTIBYTE: Final = ("utf-8", "cp932", "euc-jp")
for _encoding in (*_MULTIBYTE, "utf-16-le", "utf-16-be", "latin-1"):
    codecs.lookup(_encoding)  # loads its module now: a locked child opens nothing
_UTF16_BOMS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_JAPANESE_OR_ASCII: Final = re.compile("[\t\n\r -~\u3000-\u30ff\u4e00-\u9fff\uff00-\uffef\u2010-\u2312\u2460-\u26ff]")
_PLAIN_NAMES: Final = frozenset({"text/plain", "text/csv", "text/tab-separated-values", "text/markdown", "text/css"})
_TABLES: Final = frozenset({"text/csv", "text/tab-separated-values"})
_PAGE: Final = ((re.compile(PAGE_OPENING, re.DOTALL | re.IGNORECASE), "text/html"),)
_MAIL_HEADER: Final = re.compile(
    rb"(?:received|return-path|delivered-to|mime-version|message-id|content-type|x-[\w-]+|from|to|subject|date)"
    rb":[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*(?:[\w-]+:|\r?\n)"
)
_MAIL_FIELD: Final = re.compile(
    rb"(?m)^(?:(?:from|received|subject|mime-version|message-id):|content-type: ?multipart/)"
)
_MAILBOX_LINE: Final = re.compile(rb"from \S[^\r\n]{2,80} \d\d:\d\d[^\r\n]*\d{4}\r?\n")
# Marks that fit two types: (what the text looks like, what its name says it is).
_BETTER_BY_NAME: Final = frozenset({("message/rfc822", "multipart/related"), ("BLK-38", "message/rfc822")})
_DXF: Final = re.compile(rb"(?:\s*999\r?\n[^\n]*\n)*\s*0\r?\nsection\r?\n")


def kind_of(untrusted: bytes, extension: str) -> str | None:
    """The media type of a text, or the BLK row that refuses it, or None for what is no text."""
    encoding = encoding_of(untrusted)
    if encoding is None:
        return "message/rfc822" if is_mail(untrusted) else None  # a message may carry bytes as they are
    named = EXTENSIONS.get(extension)
    if named and named.media_type in _PLAIN_NAMES:
        openings = _OPENINGS + (_PAGE if named.media_type in _TABLES else ())
        return _opened_as(untrusted[: 2 * _OPENING].decode(encoding, "replace"), openings) or named.media_type
    start = untrusted[:_HEAD].decode(encoding, "replace")
    head = start.lstrip("\ufeff \t\r\n").lower().encode()
    marked = _marked(head)
    if marked is None or (named and (marked, named.media_type) in _BETTER_BY_NAME):
        return _opened_as(start) or _named(named)
    return marked


def encoding_of(untrusted: bytes) -> str | None:
    """A first guess at the encoding of what is plausibly text; None for what is not. Looks at the first MiB."""
    sample = untrusted[:_SAMPLE]
    if wide := _wide(sample):
        return wide
    controls = len(sample.translate(None, _NOT_CONTROL))
    if controls > max(len(sample) // _MAX_CONTROL_SHARE, min(2, len(sample) // 4)):
        return None
    if sample.isascii():
        return "ascii"
    for encoding in _MULTIBYTE:
        try:
            codecs.getincrementaldecoder(encoding)().decode(sample, final=len(sample) == len(untrusted))
            return encoding
        except UnicodeDecodeError:
            continue
    return _nearly(sample)


def is_mail(untrusted: bytes) -> bool:
    """Whether the first lines are the header of a message."""
    head = untrusted[:_HEAD].lower()
    return _MAIL_HEADER.match(head) is not None and _MAIL_FIELD.search(head) is not None


def _wide(sample: bytes) -> str | None:
    """UTF-16 with its byte order mark; or without, when nearly all of it reads as Japanese or ASCII."""
    even = sample[: len(sample) & ~1]
    encoding = _UTF16_BOMS.get(sample[:2])
    if encoding:
        letters = even[2:].decode(encoding, "replace")
        controls = sum(letters.count(chr(c)) for c in (*range(9), *range(0xE, 0x1A), *range(0x1C, 0x20)))
        broken = _unread(letters, even[2:], encoding) + controls
        return encoding if broken * _MAX_BROKEN_SHARE <= max(len(letters), _MAX_BROKEN_SHARE) else None
    if b"\0" not in sample[:4096] or len(sample) % 2:
        return None
    for encoding in _UTF16_BOMS.values():
        letters = even[:8192].decode(encoding, "replace")
        if "\0" not in letters and len(_JAPANESE_OR_ASCII.findall(letters)) >= len(letters) * 0.97:
            return encoding
    return None


def _nearly(sample: bytes) -> str | None:
    """Text with a few broken places, or in a code page of 8 bits: few C1 bytes, and ASCII letters or blanks between."""
    for encoding in _MULTIBYTE:
        letters = sample.decode(encoding, "replace")
        if _unread(letters, sample, encoding) * _MAX_BROKEN_SHARE <= len(letters):
            return encoding
    high = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
    c1 = len(sample) - len(sample.translate(None, _C1))
    blanks = len(sample) - len(sample.translate(None, b" \t\r\n"))
    is_spaced = blanks * 20 >= len(sample) and c1 * 100 <= len(sample)
    return "latin-1" if c1 * 20 <= len(sample) and (high * 2 <= len(sample) or is_spaced) else None


def _unread(letters: str, sample: bytes, encoding: str) -> int:
    """How many places could not be read; a U+FFFD that is written there, as in our copies, was read well."""
    broken = letters.count("\ufffd")
    return broken - sample.decode(encoding, "ignore").count("\ufffd") if broken else 0


def _opened_as(start: str, openings: tuple[tuple[re.Pattern[str], str], ...] = _OPENINGS) -> str | None:
    """What programs take a text for by its first characters, without those that nobody sees and no copy keeps."""
    start = start[:_OPENING]
    if characters.is_suspect(start):
        start = characters.ANY_SUSPECT.sub("", characters.ESCAPE.sub("", start))
    for magic, kind in _MAGICS_IN_LETTERS:
        if start.startswith(magic):
            return kind
    return next((kind for pattern, kind in openings if pattern.match(start)), None)


def _marked(head: bytes) -> str | None:
    """What the text says about itself."""
    for start, row in ACTIVE_STARTS:
        if head.startswith(start):
            return row
    for start, media_type in TEXT_STARTS:
        if head.startswith(start):
            return media_type
    if head.startswith(b"<"):
        first = next((kind for words, kind in MARKUP_WORDS if words in head), None)
        return first or ("application/xml" if head.startswith((b"<?xml", b"<!doctype")) else None)
    if _MAILBOX_LINE.match(head):
        return "BLK-38"
    if is_mail(head):
        return "message/rfc822"
    return "image/vnd.dxf" if _DXF.match(head) else None


def _named(named: Known | None) -> str:
    """Text that says nothing about itself is what its name says where that is a kind of text; else plain text."""
    if named and named.family in (Family.TEXT, Family.MARKUP, Family.MAIL, Family.DRAWING):
        return named.media_type
    return "text/plain"

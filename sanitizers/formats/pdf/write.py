"""From the safe tree to bytes, in one way only: one revision, one table of objects, no object stream.

Objects are numbered as they are first met from the catalog on, breadth first. Keys are sorted, strings hexadecimal,
numbers as short as they are exact. The identifier is a digest of all that stands before it. Source: ISO 32000-2 7.5
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sanitizers.formats.pdf.values import Link, Safe, SafePdf, SafeStream

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_PLAIN_NAME: Final = re.compile(r"/[!$&'*+,\-.0-9:;=?@A-Z\\^_`a-z|~\"]*")
_MAX_DECIMALS: Final = 10
_ENDS_BY_ITSELF: Final = b")]>"
_STARTS_BY_ITSELF: Final = b"/<[("
_NUMBERS: Final = frozenset({int, float})
_WORDS: Final = frozenset({int, float, bool, type(None), Link})  # values that would run together with what is before


def write_pdf(safe: SafePdf) -> bytes:
    """The file. The same tree gives the same bytes."""
    order = _Order()
    order.number(0)
    parts, offsets, at = [_HEAD], [], len(_HEAD)
    for slot in order.slots:  # grows while it is walked
        offsets.append(at)
        pieces = _object(len(offsets), safe.objects[slot], order)
        parts += pieces
        at += sum(map(len, pieces))
    identifier = _identifier(parts).encode()
    count = len(offsets) + 1
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % count)
    parts += (b"%010d 00000 n \n" % offset for offset in offsets)
    parts.append(
        b"trailer\n<</ID[<%b><%b>]/Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF\n" % (identifier, identifier, count, at)
    )
    return b"".join(parts)


def is_ours(data: bytes) -> bool:
    """Whether a file starts as ours do."""
    return data.startswith(_HEAD + b"1 0 obj\n")


def identifier_of(data: bytes) -> str:
    """The identifier that a file has if it is one of ours: of all that stands before its table of objects."""
    at = data.rfind(b"\nxref\n")
    return _identifier([memoryview(data)[: at + 1]])


def _identifier(parts: Sequence[bytes | memoryview]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]


class _Order:
    """Numbers of objects, given as they are asked for."""

    def __init__(self) -> None:
        self.slots: list[int] = []
        self._numbers: dict[int, int] = {}

    def number(self, slot: int) -> int:
        found = self._numbers.get(slot)
        if found is None:
            self.slots.append(slot)
            found = self._numbers[slot] = len(self.slots)
        return found


def _object(number: int, item: Safe | SafeStream, order: _Order) -> tuple[bytes, ...]:
    """In pieces: the bytes of a scan are not copied before the whole file is joined."""
    if not isinstance(item, SafeStream):
        return (b"%d 0 obj\n%b\nendobj\n" % (number, _said(item, order)),)
    entries = _dictionary(item.entries, order)[:-2]
    head = b"%d 0 obj\n%b/Length %d>>\nstream\n" % (number, entries, len(item.data))
    return head, item.data, b"\nendstream\nendobj\n"


def _said(value: Safe, order: _Order) -> bytes:
    """A value as text. Nesting is bounded where values are read, so that recursion is."""
    kind = type(value)
    if kind is dict:
        return _dictionary(value, order)  # type: ignore[arg-type]
    if kind is list:
        return _array(value, order)  # type: ignore[arg-type]
    if kind is str:
        return write_name(value)  # type: ignore[arg-type]
    if kind is Link:
        return b"%d 0 R" % order.number(value.slot)  # type: ignore[union-attr]
    if kind is bytes:
        return b"<%b>" % value.hex().encode()  # type: ignore[union-attr]
    return write_scalar(value)


def _dictionary(entries: dict[str, Safe], order: _Order) -> bytes:
    parts = [b"<<"]
    for key in sorted(entries):
        value = entries[key]
        kind = type(value)
        parts.append(write_name(key))
        if kind is str:
            parts.append(write_name(value))  # type: ignore[arg-type]
        elif kind is Link:
            parts.append(b" %d 0 R" % order.number(value.slot))  # type: ignore[union-attr]
        else:
            if kind in _WORDS:
                parts.append(b" ")
            parts.append(_said(value, order))
    parts.append(b">>")
    return b"".join(parts)


def _array(items: list[Safe], order: _Order) -> bytes:
    if _NUMBERS.issuperset(map(type, items)):
        return b"[%b]" % b" ".join(map(write_scalar, items))
    parts, is_open = [b"["], False
    for item in items:
        is_word = type(item) in _WORDS
        if is_open and is_word:
            parts.append(b" ")
        parts.append(_said(item, order))
        is_open = is_word or type(item) is str
    parts.append(b"]")
    return b"".join(parts)


def joined(tokens: list[bytes]) -> bytes:
    """Tokens side by side, with a space between two that would run together."""
    parts = []
    is_open = False
    for token in tokens:
        if is_open and token[0] not in _STARTS_BY_ITSELF:
            parts.append(b" ")
        parts.append(token)
        is_open = token[-1] not in _ENDS_BY_ITSELF
    return b"".join(parts)


@lru_cache(4096)
def write_name(name: str) -> bytes:
    """A name with its slash: what is no plain character as `#xx`."""
    if _PLAIN_NAME.fullmatch(name):
        return name.encode()
    return b"/" + b"".join(
        bytes([code]) if _PLAIN_NAME.fullmatch("/" + chr(code)) else b"#%02x" % code
        for code in name[1:].encode("latin-1")
    )


def write_scalar(value: object) -> bytes:
    """A number, a truth, or null."""
    kind = type(value)
    if kind is int:
        return b"%d" % value  # type: ignore[str-format]
    if kind is float:
        return _decimal(value)
    if value is None:
        return b"null"
    assert kind is bool, kind
    return b"true" if value else b"false"


@lru_cache(4096)
def _decimal(value: float) -> bytes:
    text = f"{value:.{_MAX_DECIMALS}f}".rstrip("0").rstrip(".")
    return b"0" if text in ("-0", "") else text.encode()

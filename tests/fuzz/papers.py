"""PDF with one object changed, in a file whose table and lengths fit again."""

import re
import zlib
from collections.abc import Callable
from random import Random
from typing import Final

from tests.sanitizers.pdf.papers import write

_OBJECT: Final = re.compile(rb"(?:^|[\r\n])(\d{1,6}) 0 obj\b\s*(.*?)\s*endobj", re.DOTALL)
_STREAM: Final = re.compile(rb"(.*?>>)\s*stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_LENGTH: Final = re.compile(rb"/Length\s+\d+(?: \d+ R)?")
_ROOT: Final = re.compile(rb"/Root\s+(\d{1,6}) 0 R")
_WORD: Final = re.compile(rb"/[\w.]+|\d+ 0 R|<<|>>|\[|\]|\((?:[^()\\]|\\.)*\)|<[0-9A-Fa-f]*>|[-+.\d]+|[A-Za-z'\"*]+")
_ENTRY: Final = re.compile(rb"/\w+\s*(?:/[\w.]+|\d+ 0 R|-?[\d.]+|true|false|\([^()\\]*\)|\[[^][<>]*\]|<<[^<>]*>>)")
_VALUES: Final = (
    *(b"0", b"-1", b"1", b"65535", b"2147483648", b"1e9", b"0.00000001", b"null", b"true", b"[]", b"<<>>", b"()"),
    *(
        b"/",
        b"/Identity-H",
        b"[0 0 0 0]",
        b"1 0 R",
        b"2 0 R",
        b"3 0 R",
        b"4 0 R",
        b"99 0 R",
        b"/DeviceCMYK",
        b"/JavaScript",
    ),
)
_MOST_KEPT: Final = 80
_MOST_STREAM_BYTES: Final = 1 << 20


def words(data: bytes) -> list[bytes]:
    """Entries and words of its objects, to be put elsewhere."""
    found = [word for body in _objects(data).values() for word in _ENTRY.findall(body.partition(b"stream")[0])]
    return found[:: max(1, len(found) // _MOST_KEPT)]


def changed(data: bytes, chance: Random, inner: Callable[[bytes], bytes], known: list[bytes]) -> bytes | None:
    """Another document; None where no objects are found."""
    objects = _objects(data)
    if not objects:
        return None
    number = chance.choice(sorted(objects))
    stream = _STREAM.fullmatch(objects[number])
    if stream and chance.random() < 0.6:
        objects[number] = _of(stream[1], _content(stream[1], stream[2], chance, inner))
    elif stream:
        objects[number] = _of(_shuffled(stream[1], chance, inner, known), stream[2])
    else:
        objects[number] = _shuffled(objects[number], chance, inner, known)
    if chance.random() < 0.1:
        other = chance.choice(sorted(objects))
        objects[number], objects[other] = objects[other], objects[number]
    return write(objects)


def _objects(data: bytes) -> dict[int, bytes]:
    """By number, the catalog first: a file written by `write` leads there."""
    objects = {int(match[1]): match[2] for match in _OBJECT.finditer(data)}
    root = _ROOT.search(data)
    return objects if 1 in objects and (root is None or int(root[1]) == 1) else {}


def _of(entries: bytes, content: bytes) -> bytes:
    length = b"/Length %d" % len(content)
    entries, count = _LENGTH.subn(length, entries, count=1)
    if not count:
        entries = entries.removesuffix(b">>") + length + b">>"
    return b"%b\nstream\n%b\nendstream" % (entries, content)


def _content(entries: bytes, content: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes:
    if b"FlateDecode" not in entries:
        return _exchanged(content, chance, inner)
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(content, _MOST_STREAM_BYTES)
    except zlib.error:
        return inner(content)
    return zlib.compress(_exchanged(plain, chance, inner), 1)


def _exchanged(content: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes:
    """Words of a content stream moved about, or other bytes."""
    found = list(_WORD.finditer(content)) if chance.random() < 0.6 and b"\0" not in content else []
    if not found:
        return inner(content)
    one, other = chance.choice(found), chance.choice(found)
    word = chance.choice((other[0], other[0], b"", chance.choice(_VALUES), one[0] + b" " + other[0]))
    return content[: one.start()] + word + content[one.end() :]


def _shuffled(body: bytes, chance: Random, inner: Callable[[bytes], bytes], known: list[bytes]) -> bytes:
    found = list(_WORD.finditer(body))
    if not found or chance.random() < 0.1:
        return inner(body)
    one, other = chance.choice(found), chance.choice(found)
    start, end = one.span()
    match chance.randrange(5):
        case 0 if known and b"<<" in body:
            place = chance.choice([match.end() for match in re.finditer(b"<<", body)])
            return body[:place] + chance.choice(known) + body[place:]
        case 1:
            return body[:start] + chance.choice(_VALUES) + body[end:]
        case 2:
            return body[:start] + body[end:]
        case _:
            return body[:start] + other[0] + body[end:]

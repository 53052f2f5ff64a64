"""Files that are a row of pieces, each with a head: one piece changed, dropped, doubled or moved."""

import struct
import zlib
from collections.abc import Callable
from random import Random
from typing import Final, TypeVar

from sanitizers.errors import InputError
from sanitizers.parsers import biff12

_T = TypeVar("_T")
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_MOST_PIXEL_BYTES: Final = 1 << 20
_EMF_HEADER_BYTES: Final = 88


def _moved(pieces: list[_T], chance: Random) -> bool:
    """Whether a piece was dropped, doubled or moved, so that none need be changed."""
    at, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    match chance.randrange(8):
        case 0:
            del pieces[at]
        case 1:
            pieces.insert(other, pieces[at])
        case 2:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        case _:
            return False
    return True


def chunks(data: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes | None:
    """PNG: chunks with their checksums; the pixels are changed as they are before they are packed."""
    pieces, at = [], len(_PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        pieces.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    if not pieces:
        return None
    if not _moved(pieces, chance):
        place = chance.randrange(len(pieces))
        name, body = pieces[place]
        pieces[place] = name, _repacked(name, body, chance, inner)
    return _PNG + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in pieces
    )


def _repacked(name: bytes, body: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes:
    head, packed = b"", body
    if name in (b"zTXt", b"iCCP"):
        word, _, packed = body.partition(b"\0")
        head, packed = word + b"\0" + packed[:1], packed[1:]
    elif name != b"IDAT":
        return inner(body)
    try:
        plain = zlib.decompressobj().decompress(packed, _MOST_PIXEL_BYTES)
    except zlib.error:
        return inner(body)
    return head + zlib.compress(inner(plain), 1)


def emf_records(data: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes | None:
    """EMF: records; the header says how many bytes and records there are. Source: [MS-EMF] 2.3.4.2."""
    pieces, at = [], 0
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if length < 8:
            break
        pieces.append((kind, data[at + 8 : at + length]))
        at += length
    if len(pieces) < 2:
        return None
    header, *rest = pieces
    if not _moved(rest, chance) and rest:
        place = chance.randrange(len(rest))
        kind, body = rest[place]
        rest[place] = (chance.choice(rest)[0], body) if chance.random() < 0.1 else (kind, inner(body))
    out = [_emf_record(*piece) for piece in (header, *rest)]
    whole = bytearray(b"".join(out))
    if len(out[0]) >= _EMF_HEADER_BYTES:
        struct.pack_into("<II", whole, 48, len(whole), len(out))
    return bytes(whole)


def _emf_record(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, 8 + len(body)) + body


def records(data: bytes, chance: Random, inner: Callable[[bytes], bytes]) -> bytes | None:
    """A part of a binary workbook."""
    try:
        pieces = [(record.type, bytes(record.data)) for record in biff12.records(data)]
    except InputError:
        return None
    if not pieces:
        return None
    if not _moved(pieces, chance):
        place = chance.randrange(len(pieces))
        kind, body = pieces[place]
        pieces[place] = (chance.choice(pieces)[0], body) if chance.random() < 0.1 else (kind, inner(body))
    return b"".join(biff12.record(kind, body) for kind, body in pieces)

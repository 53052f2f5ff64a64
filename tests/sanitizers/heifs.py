"""HEIF and AVIF files for the tests: items with properties and references, in a container written in a few lines."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sanitizers.parsers import heif
from tests.sanitizers.pictures import CORPUS

Said = tuple[bytes, bytes, bool]  # name, body, whether it is essential


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *parts)


@dataclass
class Item:
    """One item. `leads_to`: kind of reference to item numbers."""

    kind: bytes
    data: bytes
    said: Sequence[Said] = ()
    leads_to: Mapping[bytes, Sequence[int]] = field(default_factory=dict)
    content_type: bytes = b""
    is_hidden: bool = False
    is_in_idat: bool = False


def heic(
    *items: Item,
    primary: int = 1,
    brand: bytes = b"heic",
    top: bytes = b"",
    inside: bytes = b"",
    between: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A file of these items, numbered from 1. `top`: boxes before the data; `inside`: boxes of the meta box."""
    head = box(b"ftyp", brand, bytes(4), b"mif1", brand)
    meta = _meta(items, primary, inside, 0, between)
    place = len(head) + len(meta) + len(top) + 8
    data = between.join(item.data for item in items if not item.is_in_idat) + between
    return head + _meta(items, primary, inside, place, between) + top + box(b"mdat", data) + behind


def _meta(items: Sequence[Item], primary: int, inside: bytes, place: int, between: bytes) -> bytes:
    said: list[tuple[bytes, bytes]] = []
    places, entries, links, references, idat = b"", b"", b"", b"", b""
    for number, item in enumerate(items, 1):
        if not item.data:
            places += struct.pack(">HHHH", number, 0, 0, 0)
        elif item.is_in_idat:
            places += struct.pack(">HHHHII", number, 1, 0, 1, len(idat), len(item.data))
            idat += item.data
        else:
            places += struct.pack(">HHHHII", number, 0, 0, 1, place, len(item.data))
            place += len(item.data) + len(between)
        name = b"\0" + (item.content_type + b"\0" if item.kind == b"mime" else b"")
        entry = struct.pack(">HH4s", number, 0, item.kind) + name
        entries += full(b"infe", entry, version=2, flags=int(item.is_hidden))
        numbers = []
        for kind, body, essential in item.said:
            if (kind, body) not in said:
                said.append((kind, body))
            numbers.append(said.index((kind, body)) + 1 | essential << 7)
        links += struct.pack(">HB", number, len(numbers)) + bytes(numbers)
        for kind, targets in item.leads_to.items():
            references += box(kind, struct.pack(f">HH{len(targets)}H", number, len(targets), *targets))
    return full(
        b"meta",
        full(b"hdlr", b"\0\0\0\0pict" + bytes(13)),
        full(b"pitm", struct.pack(">H", primary)),
        full(b"iloc", struct.pack(">BBH", 0x44, 0, len(items)), places, version=1),
        full(b"iinf", struct.pack(">H", len(items)), entries),
        full(b"iref", references) if references else b"",
        box(b"iprp", box(b"ipco", *(box(*part) for part in said)), full(b"ipma", struct.pack(">I", len(items)), links)),
        box(b"idat", idat) if idat else b"",
        inside,
    )


def size(width: int, height: int) -> Said:
    return b"ispe", struct.pack(">III", 0, width, height), False


def nclx(primaries: int, transfer: int, matrix: int, full_range: bool = True) -> Said:
    return b"colr", b"nclx" + struct.pack(">HHHB", primaries, transfer, matrix, full_range << 7), False


def profile(data: bytes) -> Said:
    return b"colr", b"prof" + data, False


def turned(quarters: int) -> Said:
    return b"irot", bytes((quarters,)), True


def mirrored(axis: int) -> Said:
    return b"imir", bytes((axis,)), True


def cut(width: int, height: int, right: int, down: int, below: int = 1) -> Said:
    """To a part of this size, its centre moved by so much from the picture's (each divided by `below`)."""
    return b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, right, below, down, below), True


def grid(width: int, height: int, columns: int, rows: int) -> bytes:
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


def auxiliary(urn: bytes) -> Said:
    return b"auxC", bytes(4) + urn + b"\0", True


ALPHA: Final = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"


def taken(path: str, number: int | None = None) -> Item:
    """An item out of a file of the corpus, with what a decoder needs of it and its size."""
    tree = heif.parse((CORPUS / path).read_bytes())
    item = tree.items[number or tree.primary or 0]
    kept = (b"hvcC", b"av1C", b"ispe")
    said = [(part.name, bytes(part.body), part.name != b"ispe") for part in item.properties if part.name in kept]
    return Item(item.kind, item.data, said)

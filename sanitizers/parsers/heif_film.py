"""The first picture of a sequence, for files that have no still picture (brand msf1, avis).

Source: ISO/IEC 14496-12:2022 sections 8.3 to 8.7, ISO/IEC 23008-12:2022 section 7. Trust: every byte is hostile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.parsers.heif import Heif, Item, Property
from sanitizers.parsers.isobmff import Box, Reader, boxes

_ENTRY_BYTES: Final = 78  # of a visual sample entry, before its own boxes
_CODINGS: Final = (b"hvc1", b"hev1", b"av01")
_SAID: Final = (b"hvcC", b"av1C", b"colr", b"pasp")
_MAX_TRACKS: Final = 64


@dataclass(frozen=True, slots=True)
class Film:
    """The first picture as an item, and how many there are."""

    first: Item
    pictures: int


def parse(tree: Heif) -> Film | None:
    """The first picture of the first track that has any; None without a track. Raises MalformedError."""
    movie = tree.first(b"moov")
    if movie is None:
        return None
    tracks = [box for box in boxes(movie.body, 0, len(movie.body)) if box.name == b"trak"][:_MAX_TRACKS]
    for track in tracks:
        handler = _find(track, b"mdia", b"hdlr")
        if handler is not None and bytes(handler.body[8:12]) == b"pict":
            return _first(tree, track)
    return None


def _find(box: Box, *path: bytes) -> Box | None:
    """A box below this one."""
    found: Box | None = box
    for name in path:
        found = next((inner for inner in _inside(found) if inner.name == name), None) if found else None
    return found


def _inside(box: Box) -> Iterator[Box]:
    return boxes(box.body, 0, len(box.body))


def _first(tree: Heif, track: Box) -> Film:
    table = _find(track, b"mdia", b"minf", b"stbl")
    parts = {box.name: box for box in _inside(table)} if table else {}
    if not {b"stsd", b"stsz"} <= parts.keys() or not {b"stco", b"co64"} & parts.keys():
        raise MalformedError("a track without a table of its pictures")
    sizes = Reader(parts[b"stsz"].body, "stsz")
    sizes.version()
    each, count = sizes.number(4), sizes.number(4)
    size = each or sizes.number(4)
    places = parts.get(b"stco") or parts[b"co64"]
    reader = Reader(places.body, "chunks")
    reader.version()
    reader.number(4)
    at = reader.number(4 if places.name == b"stco" else 8)
    if not (count and size) or at + size > len(tree.data):
        raise MalformedError(f"a picture of {size} bytes at {at}")
    kind, properties = _described(parts[b"stsd"])
    sample = memoryview(tree.data)[at : at + size]
    return Film(Item(0, kind, b"", False, (sample,), properties, MappingProxyType({})), count)


def _described(box: Box) -> tuple[bytes, tuple[Property, ...]]:
    """The coding, and what is said of it, in the way that an item would say it."""
    reader = Reader(box.body, box.where)
    reader.version()
    reader.number(4)
    entry = next(boxes(reader.rest(), 0, len(reader.rest())), None)
    if entry is None or len(entry.body) < _ENTRY_BYTES:
        raise MalformedError("pictures of no coding")
    if entry.name not in _CODINGS:
        raise UnsupportedError(f"pictures of kind {entry.name!r}")
    width, height = struct.unpack_from(">HH", entry.body, 24)
    said = boxes(entry.body, _ENTRY_BYTES, len(entry.body))
    size = Property(b"ispe", memoryview(struct.pack(">III", 0, width, height)), False)
    return entry.name, (size, *(Property(part.name, part.body, False) for part in said if part.name in _SAID))

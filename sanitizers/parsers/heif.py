"""The items of a HEIF or AVIF file: what each is, where its bytes are, what is said about it and what it leads to.

Source: ISO/IEC 14496-12:2022 section 8.11 (meta), ISO/IEC 23008-12:2022 sections 6, 7 and 9. No coded picture is read
here. Trust: every byte is hostile; places are checked, and that nothing stands twice.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from sanitizers.errors import EncryptedError, LimitError, MalformedError, UnsupportedError
from sanitizers.parsers.isobmff import Box, Reader, box_at, boxes
from sanitizers.parsers.spans import Span

_MAX_ITEMS: Final = 4096  # a grid of 100 megapixels has some hundred tiles
_MAX_EXTENTS: Final = 65_536
_MAX_REFERENCES: Final = 65_536
_MOST_SHARED: Final = 8  # how often the file's bytes may be claimed by all items together
_SIZES: Final = (0, 4, 8)
_IN_FILE, _IN_IDAT = 0, 1  # construction methods
_HIDDEN: Final = 1
_ONCE: Final = (b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat")


@dataclass(frozen=True, slots=True)
class Property:
    """One statement about an item."""

    name: bytes
    body: memoryview = field(repr=False)
    is_essential: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A picture, part of one, or data about one."""

    id: int
    kind: bytes  # "hvc1", "av01", "grid", "Exif", "mime"
    content_type: bytes  # of "mime"
    is_hidden: bool
    extents: tuple[memoryview, ...] = field(repr=False)
    properties: tuple[Property, ...] = field(repr=False)
    leads_to: Mapping[bytes, tuple[int, ...]]  # by kind of reference: "dimg", "auxl", "thmb", "cdsc"

    @property
    def data(self) -> bytes:
        return b"".join(self.extents)

    @property
    def where(self) -> str:
        """ "item 3"."""
        return f"item {self.id}"

    def said(self, name: bytes) -> Property | None:
        """The first property of this name."""
        return next((found for found in self.properties if found.name == name), None)


@dataclass(frozen=True, slots=True)
class Heif:
    """A file's boxes and items. `behind`: offset of bytes behind the last box."""

    data: bytes = field(repr=False)
    boxes: tuple[Box, ...]
    primary: int | None
    items: Mapping[int, Item]
    spans: tuple[Span, ...]  # claimed by boxes that were read, and by items
    odd: tuple[str, ...]  # boxes of the meta box that are none of ours
    behind: int

    def first(self, name: bytes) -> Box | None:
        """The first box of this name at the top."""
        return next((box for box in self.boxes if box.name == name), None)


def parse(untrusted: bytes) -> Heif:
    """Take a HEIF file apart. Raises MalformedError, EncryptedError, LimitError."""
    view = memoryview(untrusted)
    found, at = [], 0
    while (box := box_at(view, at, len(untrusted))) is not None:
        found.append(box)
        at = box.end
        if len(found) > _MAX_ITEMS:
            raise LimitError(f"more than {_MAX_ITEMS} boxes")
    if not found or found[0].name != b"ftyp":
        raise MalformedError("no file type box")
    metas = [box for box in found if box.name == b"meta"]
    if len(metas) > 1 or sum(box.name == b"ftyp" for box in found) > 1:
        raise MalformedError("a box stands twice")
    read = _Meta(untrusted, metas[0]) if metas else None
    spans = [(box.at, box.end) for box in found if box.name in (b"ftyp", b"meta")]
    return Heif(
        data=untrusted, boxes=tuple(found), primary=read.primary if read else None,
        items=MappingProxyType(read.items if read else {}), spans=(*spans, *(read.spans if read else ())),
        odd=tuple(read.odd if read else ()), behind=at,
    )  # fmt: skip


class _Meta:
    """The meta box, read in one go."""

    def __init__(self, data: bytes, meta: Box) -> None:
        self.view = memoryview(data)
        self.spans: list[Span] = []
        self.odd: list[str] = []
        parts: dict[bytes, Box] = {}
        for box in boxes(self.view, meta.start + 4, meta.end):
            if box.name not in _ONCE:
                self.odd.append(box.where)
            elif box.name in parts:
                raise MalformedError(f"a second {box.where}")
            parts[box.name] = box
        self.idat = parts[b"idat"].body if b"idat" in parts else memoryview(b"")
        self.primary = _primary(parts[b"pitm"]) if b"pitm" in parts else None
        self.places = self._places(parts[b"iloc"]) if b"iloc" in parts else {}
        references = dict(_references(parts[b"iref"])) if b"iref" in parts else {}
        properties = _properties(parts[b"iprp"]) if b"iprp" in parts else {}
        self.items: dict[int, Item] = {}
        for number, kind, content_type, is_hidden in _entries(parts.get(b"iinf")):
            if number in self.items:
                raise MalformedError(f"a second item {number}")
            self.items[number] = Item(
                number, kind, content_type, is_hidden, self.places.get(number, ()), properties.get(number, ()),
                MappingProxyType({name: to for (at, name), to in references.items() if at == number}),
            )  # fmt: skip

    def _places(self, box: Box) -> dict[int, tuple[memoryview, ...]]:
        reader = Reader(box.body, box.where)
        version, _ = reader.version()
        if version > 2:
            raise UnsupportedError(f"{box.where}: version {version}")
        sizes = reader.number(2)
        offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
        index = index if version else 0
        if not {offset, length, base, index} <= set(_SIZES):
            raise MalformedError(f"{box.where}: sizes {sizes:04x}")
        found: dict[int, tuple[memoryview, ...]] = {}
        extents = self.bytes_of_all = 0
        for _ in range(_bounded(reader.number(4 if version == 2 else 2), _MAX_ITEMS)):
            number = reader.number(4 if version == 2 else 2)
            method = reader.number(2) & 15 if version else _IN_FILE
            if reader.number(2) or method > _IN_IDAT or number in found:
                raise UnsupportedError(f"item {number}: in another file, by method {method}, or twice")
            start = reader.number(base)
            parts = []
            count = reader.number(2)
            extents = _bounded(extents + count, _MAX_EXTENTS)
            for _ in range(count):
                reader.number(index)
                at = start + reader.number(offset)
                parts.append(self._extent(at, reader.number(length), method, number))
            found[number] = tuple(parts)
        return found

    def _extent(self, at: int, length: int, method: int, number: int) -> memoryview:
        room = self.idat if method == _IN_IDAT else self.view
        if not length or at + length > len(room):
            raise MalformedError(f"item {number}: {length} bytes at {at}")
        self.bytes_of_all = _bounded(self.bytes_of_all + length, _MOST_SHARED * len(self.view))
        if method == _IN_FILE:
            self.spans.append((at, at + length))
        return room[at : at + length]


def _bounded(count: int, most: int) -> int:
    if count > most:
        raise LimitError(f"{count} in place of at most {most}")
    return count


def _primary(box: Box) -> int:
    reader = Reader(box.body, box.where)
    version, _ = reader.version()
    return reader.number(4 if version else 2)


def _entries(box: Box | None) -> Iterator[tuple[int, bytes, bytes, bool]]:
    """Number, kind, content type and whether it is hidden, of each item (8.11.6)."""
    if box is None:
        return
    reader = Reader(box.body, box.where)
    version, _ = reader.version()
    count = _bounded(reader.number(4 if version else 2), _MAX_ITEMS)
    found = [inner for inner in boxes(reader.rest(), 0, len(reader.rest())) if inner.name == b"infe"]
    if len(found) != count:
        raise MalformedError(f"{box.where}: {len(found)} entries in place of {count}")
    for inner in found:
        entry = Reader(inner.body, box.where)
        version, flags = entry.version()
        if version not in (2, 3):
            raise UnsupportedError(f"{box.where}: an entry of version {version}")
        number = entry.number(4 if version == 3 else 2)
        if entry.number(2):
            raise EncryptedError(f"item {number} is protected")
        kind = entry.take(4)
        entry.text()
        yield number, kind, entry.text() if kind == b"mime" else b"", bool(flags & _HIDDEN)


def _references(box: Box) -> Iterator[tuple[tuple[int, bytes], tuple[int, ...]]]:
    """What each item leads to, by its number and the kind of reference (8.11.12)."""
    reader = Reader(box.body, box.where)
    version, _ = reader.version()
    width, total = 4 if version else 2, 0
    seen: set[tuple[int, bytes]] = set()
    for inner in boxes(reader.rest(), 0, len(reader.rest())):
        entry = Reader(inner.body, box.where)
        key = entry.number(width), inner.name
        if key in seen:
            raise MalformedError(f"item {key[0]} leads twice by {inner.name!r}")
        seen.add(key)
        count = entry.number(2)
        total = _bounded(total + count, _MAX_REFERENCES)
        yield key, tuple(entry.number(width) for _ in range(count))


def _properties(box: Box) -> dict[int, tuple[Property, ...]]:
    """What is said of each item, in the order it counts (8.11.14)."""
    parts = list(boxes(box.body, 0, len(box.body)))
    holders = [part for part in parts if part.name == b"ipco"]
    if len(holders) != 1:
        raise MalformedError(f"{box.where}: {len(holders)} containers")
    said = list(boxes(holders[0].body, 0, len(holders[0].body)))
    found: dict[int, tuple[Property, ...]] = {}
    for part in parts:
        if part.name == b"ipma":
            for number, links in _links(part):
                if number in found:
                    raise MalformedError(f"properties of item {number} stand twice")
                if any(not 0 <= place <= len(said) for place, _ in links):
                    raise MalformedError(f"item {number}: a property that is not there")
                found[number] = tuple(
                    Property(said[place - 1].name, said[place - 1].body, essential)
                    for place, essential in links
                    if place
                )
    return found


def _links(box: Box) -> Iterator[tuple[int, list[tuple[int, bool]]]]:
    reader = Reader(box.body, box.where)
    version, flags = reader.version()
    for _ in range(_bounded(reader.number(4), _MAX_ITEMS)):
        number = reader.number(4 if version else 2)
        links = []
        for _ in range(reader.number(1)):
            word = reader.number(2 if flags & 1 else 1)
            top = 0x8000 if flags & 1 else 0x80
            links.append((word & (top - 1), bool(word & top)))
        yield number, links

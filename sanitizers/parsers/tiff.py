"""The directories of a TIFF file, classic and BigTIFF: their entries, what is nested in them, which bytes they claim.

No pixel is read here, and of values only those that are asked for. Directories that hang below a page (Exif, GPS,
reduced pictures) are walked to tell what is in them, nothing more; damage in them is noted, damage in a page refuses
the file.

Source: TIFF 6.0 sections 2 and 8, TIFF Supplement 1 (SubIFDs), BigTIFF (libtiff 4). Trust: every byte is hostile.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.spans import Span

IMG_25: Final = vector("IMG-25")

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_LETTERS: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}  # types of unsigned numbers
_RATIONAL: Final = 5
_MAX_NUMBERS: Final = 1 << 20  # of one entry: as many as there may be strips or tiles
_MAX_ENTRIES: Final = 4096
_MAX_NESTED: Final = 256
_EXIF, _GPS, _INTEROPERABILITY, _SUB = 34665, 34853, 40965, 330


class Role(Enum):
    """What a directory is about."""

    PAGE = "page"
    SUB = "picture below a page"
    EXIF = "Exif"
    GPS = "GPS"
    INTEROPERABILITY = "interoperability"


_POINTERS: Final = {_SUB: Role.SUB, _EXIF: Role.EXIF, _GPS: Role.GPS, _INTEROPERABILITY: Role.INTEROPERABILITY}


@dataclass(frozen=True, slots=True)
class Entry:
    """A tag and its value."""

    tag: int
    kind: int
    count: int
    value: memoryview = field(repr=False)
    _order: str = "<"

    def numbers(self) -> tuple[int, ...]:
        """Its unsigned whole numbers. Raises MalformedError when it has none, or too many to be any of ours."""
        letter = _LETTERS.get(self.kind)
        if letter is None or not 0 < self.count <= _MAX_NUMBERS:
            raise MalformedError(f"tag {self.tag} of type {self.kind} with {self.count} values")
        return struct.unpack(f"{self._order}{self.count}{letter}", self.value)

    def ratios(self) -> tuple[float, ...]:
        """Its fractions; none when it has no sound ones."""
        if self.kind != _RATIONAL or not 0 < self.count <= _MAX_NUMBERS:
            return ()
        parts = struct.unpack(f"{self._order}{2 * self.count}I", self.value)
        return tuple(above / below for above, below in zip(parts[::2], parts[1::2]) if below)


@dataclass(frozen=True, slots=True)
class Directory:
    """A list of tags, each the first of its number."""

    role: Role
    at: int
    entries: Mapping[int, Entry]
    repeated: frozenset[int] = frozenset()  # tags that stand there more than once
    broken: frozenset[int] = frozenset()  # tags whose value is beyond the end, or of an unknown type

    def number(self, tag: int, default: int) -> int:
        """The first number of a tag. Raises MalformedError when it is no number."""
        entry = self.entries.get(tag)
        return entry.numbers()[0] if entry else default

    def numbers(self, tag: int) -> tuple[int, ...]:
        """All numbers of a tag; none where it is missing. Raises MalformedError when they are none."""
        entry = self.entries.get(tag)
        return entry.numbers() if entry else ()


@dataclass(frozen=True, slots=True)
class Tiff:
    """A TIFF file's directories. `faults`: what its pages' chain has that it should not."""

    data: bytes = field(repr=False)
    is_big: bool
    is_big_endian: bool
    pages: tuple[Directory, ...]
    nested: tuple[Directory, ...]
    spans: tuple[Span, ...]  # claimed by directories and values; pixels are not among them
    faults: tuple[str, ...]


def parse(untrusted: bytes, budget: Budget) -> Tiff:
    """Take a TIFF file apart. Raises MalformedError, or LimitError for too many pages."""
    return _Walk(untrusted, budget).run()


class _Walk:
    """One pass over the chain of pages, then over what hangs below them."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data, self.view, self.budget = data, memoryview(data), budget
        self.order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
        if not self.order or len(data) < 8:
            raise MalformedError("no TIFF header")
        (magic,) = self._unpack("H", 2)
        self.is_big = magic == 43
        if magic not in (42, 43) or (self.is_big and (len(data) < 16 or self._unpack("HH", 4) != (8, 0))):
            raise MalformedError("no TIFF header")
        self.word, self.count_letter = ("Q", "Q") if self.is_big else ("I", "H")
        self.head = struct.Struct(f"{self.order}HH{self.word}")
        self.inline = struct.calcsize("<" + self.word)
        self.seen: set[int] = set()
        self.spans: list[Span] = [(0, 16 if self.is_big else 8)]
        self.faults: list[str] = []

    def run(self) -> Tiff:
        (at,) = self._unpack(self.word, 8 if self.is_big else 4)
        pages: list[Directory] = []
        while at:
            if at in self.seen:
                raise MalformedError(f"a directory at {at} that leads to itself", IMG_25)
            if pages and not self._fits(at, struct.calcsize("<" + self.count_letter)):
                self.faults.append("a page beyond the end")
                break
            page, at = self._read(at, Role.PAGE)
            pages.append(page)
            self.budget.draw(0, 0, len(pages))
        if not pages:
            raise MalformedError("no page")
        nested = tuple(self._below(pages))
        return Tiff(
            data=self.data, is_big=self.is_big, is_big_endian=self.order == ">", pages=tuple(pages),
            nested=nested, spans=tuple(self.spans), faults=tuple(self.faults),
        )  # fmt: skip

    def _below(self, pages: list[Directory]) -> Iterator[Directory]:
        """Every directory that another one points to, once; those below may be chained too."""
        waiting = [pointer for page in pages for pointer in self._pointers(page)]
        while waiting:
            at, role = waiting.pop()
            if at in self.seen:
                continue
            if len(self.seen) - len(pages) >= _MAX_NESTED:
                raise LimitError(f"more than {_MAX_NESTED} nested directories")
            try:
                nested, after = self._read(at, role)
            except MalformedError:
                self.faults.append(f"a damaged directory: {role.value}")
                continue
            waiting += self._pointers(nested)
            if after and role is Role.SUB:
                waiting.append((after, role))
            yield nested

    def _pointers(self, directory: Directory) -> Iterator[tuple[int, Role]]:
        for tag, role in _POINTERS.items():
            entry = directory.entries.get(tag)
            if entry is not None:
                try:
                    yield from ((at, role) for at in entry.numbers()[:_MAX_NESTED])
                except MalformedError:
                    self.faults.append(f"no offset in tag {tag}")

    def _read(self, at: int, role: Role) -> tuple[Directory, int]:
        """A directory and the offset of the next one. Raises MalformedError."""
        self.seen.add(at)
        width = struct.calcsize("<" + self.count_letter)
        if at < 8 or not self._fits(at, width):
            raise MalformedError(f"a directory at {at}")
        (count,) = self._unpack(self.count_letter, at)
        start, step = at + width, self.head.size + self.inline
        end = start + count * step
        if not 0 < count <= _MAX_ENTRIES or end > len(self.data):
            raise MalformedError(f"a directory of {count} tags at {at}")
        after = self._unpack(self.word, end)[0] if self._fits(end, self.inline) else 0
        self.spans.append((at, min(end + self.inline, len(self.data))))
        entries: dict[int, Entry] = {}
        repeated, broken = set(), set()
        for place in range(start, end, step):
            tag, kind, values = self.head.unpack_from(self.data, place)
            entry = self._entry(tag, kind, values, place + self.head.size)
            if tag in entries or tag in broken:
                repeated.add(tag)
            elif entry is None:
                broken.add(tag)
            else:
                entries[tag] = entry
        return Directory(role, at, MappingProxyType(entries), frozenset(repeated), frozenset(broken)), after

    def _entry(self, tag: int, kind: int, count: int, place: int) -> Entry | None:
        """An entry with its value; None when that is not in the file."""
        size = _SIZES.get(kind, 0) * count
        if kind not in _SIZES:
            return None
        at = place
        if size > self.inline:
            (at,) = self._unpack(self.word, place)
            if not self._fits(at, size):
                return None
            self.spans.append((at, at + size))
        return Entry(tag, kind, count, self.view[at : at + size], self.order)

    def _fits(self, at: int, size: int) -> bool:
        return at > 0 and at + size <= len(self.data)

    def _unpack(self, letters: str, at: int) -> tuple[int, ...]:
        return struct.unpack_from(self.order + letters, self.data, at)

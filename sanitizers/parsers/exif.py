"""What an EXIF block says: which way up the picture goes, how dense its dots are, where and when it was taken, and of
what kinds the rest is.

Values of other tags are never read. A block that is damaged beyond some point still tells what stands before it: the
caller keeps values that it writes anew, and drops the rest either way.

Source: Exif 3.0 (CIPA DC-008-2023) sections 4.5 and 4.6, TIFF 6.0 section 2. Trust: every byte is hostile.
"""

from dataclasses import dataclass
from enum import Enum
from struct import Struct
from typing import Final

from sanitizers.parsers import exif_facts
from sanitizers.parsers.exif_facts import NO_FACTS, Facts

_MAX_DIRECTORIES: Final = 16
_MAX_ENTRIES: Final = 1_000
_ENTRY_BYTES: Final = 12
_LITTLE, _BIG = Struct("<H6xI"), Struct(">H6xI")  # an entry's tag, and its value where that is a number of four bytes
_ORIENTATION, _X_DENSITY, _Y_DENSITY, _DENSITY_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
_OF_PICTURE: Final = (_ORIENTATION, _X_DENSITY, _Y_DENSITY, _DENSITY_UNIT)
_EXIF, _GPS, _INTEROPERABILITY, _MAKER_NOTE = 0x8769, 0x8825, 0xA005, 0x927C
_SIZES: Final = {1: 1, 3: 2, 4: 4}  # BYTE, SHORT, LONG: what an orientation or a unit is written as
_LONG: Final = 4
_RATIONAL: Final = 5
_ITEM_BYTES: Final = {1: 1, 2: 1, _RATIONAL: 8}  # BYTE, ASCII, RATIONAL: what facts are written as
_MAX_FACT_BYTES: Final = 64


class Directory(Enum):
    """A list of tags and what it is about."""

    PICTURE = "picture"
    EXIF = "Exif"
    GPS = "GPS"
    INTEROPERABILITY = "interoperability"
    THUMBNAIL = "thumbnail"


_POINTERS: Final = {_EXIF: Directory.EXIF, _GPS: Directory.GPS, _INTEROPERABILITY: Directory.INTEROPERABILITY}


@dataclass(slots=True)
class Exif:
    """What was read. Counts are of tags."""

    orientation: int | None = None  # 1 to 8; the first one that is any of these
    density: tuple[int, int, int] | None = None  # across, down, unit (2: inch, 3: centimetre)
    facts: Facts = NO_FACTS
    gps: int = 0
    maker_notes: int = 0
    thumbnail: int = 0
    others: int = 0
    is_damaged: bool = False


def read(untrusted: bytes, *, reads_facts: bool = True) -> Exif:
    """Read a TIFF structure as EXIF has it, without "Exif" in front. Never raises; bounded in directories and tags."""
    reader = _Reader(untrusted)
    reader.run()
    if reads_facts:
        reader.found.facts = reader.facts()
    return reader.found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.found = data, Exif()
        self.directories: list[tuple[Directory, int, list[int]]] = []  # of each: where its entries begin, their tags
        self.is_little = data.startswith(b"II")

    def run(self) -> None:
        if not self.data.startswith((b"II*\0", b"MM\0*")):
            self.found.is_damaged = True
            return
        waiting, seen = [(self._number(4, 4), Directory.PICTURE)], set[int]()
        while waiting:
            offset, kind = waiting.pop(0)
            if offset in seen or len(seen) >= _MAX_DIRECTORIES:
                self.found.is_damaged = True
                continue
            seen.add(offset)
            waiting += self._read_directory(offset, kind)

    def facts(self) -> Facts:
        """Where and when the picture was taken, by the directories that were read."""
        gps, taking = self._places(Directory.GPS), self._places(Directory.EXIF)
        return Facts(
            exif_facts.place(lambda tag: self._value(gps.get(tag))),
            exif_facts.moment(lambda tag: self._value(taking.get(tag))),
        )

    def _places(self, wanted: Directory) -> dict[int, int]:
        """Of the first entry for each tag."""
        found: dict[int, int] = {}
        for kind, start, tags in self.directories:
            if kind is wanted:
                for place, tag in enumerate(tags):
                    found.setdefault(tag, start + _ENTRY_BYTES * place)
        return found

    def _value(self, entry: int | None) -> bytes:
        """The bytes of a short value of a fact, numbers big-endian; nothing when there is no such value."""
        if entry is None:
            return b""
        item = _ITEM_BYTES.get(self._number(entry + 2, 2), 0)
        size = item * self._number(entry + 4, 4)
        at = entry + 8 if size <= 4 else self._number(entry + 8, 4)
        if not 0 < size <= _MAX_FACT_BYTES or at + size > len(self.data):
            return b""
        if item == 1:
            return self.data[at : at + size]
        return b"".join(self._number(at + place, 4).to_bytes(4) for place in range(0, size, 4))

    def _read_directory(self, at: int, kind: Directory) -> list[tuple[int, Directory]]:
        """Take in one directory; answers with those it points to."""
        count = self._number(at, 2)
        room = max(0, len(self.data) - at - 2) // _ENTRY_BYTES
        if at < 8 or not 0 < count <= min(_MAX_ENTRIES, room):
            self.found.is_damaged = True
        start = at + 2
        entries = self.data[start : start + _ENTRY_BYTES * min(count, _MAX_ENTRIES, room)]
        read = list((_LITTLE if self.is_little else _BIG).iter_unpack(entries))
        tags = [tag for tag, _ in read]
        deeper = [(value, _POINTERS[tag]) for tag, value in read if tag in _POINTERS]
        self.directories.append((kind, start, tags))
        self._count(tags, len(deeper), kind)
        if kind is Directory.PICTURE:
            self._take_picture_tags(tags, start)
        after = self._number(start + _ENTRY_BYTES * count, 4)
        if kind is Directory.PICTURE and after and not self.found.is_damaged:
            deeper.append((after, Directory.THUMBNAIL))
        return deeper

    def _count(self, tags: list[int], pointers: int, kind: Directory) -> None:
        notes = tags.count(_MAKER_NOTE)
        count = len(tags) - pointers - notes
        self.found.maker_notes += notes
        if kind is Directory.GPS:
            self.found.gps += count
        elif kind is Directory.THUMBNAIL:
            self.found.thumbnail += count
        else:
            self.found.others += count - (tags.count(_ORIENTATION) if kind is Directory.PICTURE else 0)

    def _take_picture_tags(self, tags: list[int], start: int) -> None:
        densities: dict[int, int] = {}
        for place, tag in enumerate(tags):
            if tag in _OF_PICTURE:
                self._take_picture_tag(tag, start + _ENTRY_BYTES * place, densities)
        self._take_density(densities)

    def _take_picture_tag(self, tag: int, entry: int, densities: dict[int, int]) -> None:
        kind = self._number(entry + 2, 2)
        if tag in (_ORIENTATION, _DENSITY_UNIT) and kind in _SIZES:
            value = self._number(entry + 8, _SIZES[kind])
            if tag == _DENSITY_UNIT:
                densities[tag] = value
            elif self.found.orientation is None and 1 <= value <= 8:
                self.found.orientation = value
        elif tag in (_X_DENSITY, _Y_DENSITY) and kind == _RATIONAL:
            at = self._number(entry + 8, _LONG)
            below = self._number(at + 4, 4)
            densities[tag] = self._number(at, 4) // below if below else 0

    def _take_density(self, values: dict[int, int]) -> None:
        across, down, unit = values.get(_X_DENSITY, 0), values.get(_Y_DENSITY, 0), values.get(_DENSITY_UNIT, 2)
        if 0 < across < 1 << 16 and 0 < down < 1 << 16 and unit in (2, 3):
            self.found.density = (across, down, unit)

    def _number(self, at: int, size: int) -> int:
        """An unsigned number; 0, and the block counts as damaged, beyond its end."""
        if at + size > len(self.data):
            self.found.is_damaged = True
            return 0
        return int.from_bytes(self.data[at : at + size], "little" if self.is_little else "big")


_ONE_TAG: Final = Struct(">2sHIHHHIHHI")


def write_orientation(orientation: int) -> bytes:
    """An EXIF block, without "Exif" in front, whose one tag is the orientation."""
    return _ONE_TAG.pack(b"MM", 42, 8, 1, _ORIENTATION, 3, 1, orientation, 0, 0)

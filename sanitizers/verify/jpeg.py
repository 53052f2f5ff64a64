"""A rebuilt JPEG: one baseline frame in one scan, and no segment that draws nothing (V-IMG, V-MAGIC, V-RES).

Every segment is read to its last byte and every table must be in use. The entropy-coded data is walked for markers
and its length is held against the geometry, but it is not decoded: that would cost as much as the rebuild (30 ms for
12 megapixels), and whoever could hide something in it could hide it in the pixels as well.

Source: ITU-T T.81 (09/92), annexes A, B and F; JFIF 1.02; ICC.1:2022, annex B.4; Adobe TN 5116 (APP14).
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sanitizers.model import Check
from sanitizers.verify import evidence, icc, magic
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.orientation import ORIENTATIONS
from sanitizers.verify.patterns import leaping

_SOI: Final = b"\xff\xd8"
_SOF0, _DHT, _SOS, _DQT, _DRI, _APP0, _APP1, _APP2, _APP14 = 0xC0, 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE
_RST0, _EOI = 0xD0, 0xD9
_MARK: Final[Any] = leaping(rb"\xff[^\x00]")
_JFIF: Final = struct.Struct(">5sHBHHBB")
_ADOBE: Final = struct.Struct(">5sHHHB")
_ADOBE_TRANSFORMS: Final = {1: (0,), 3: (0, 1), 4: (0, 2)}  # by number of components
_ICC_SINGLE: Final = b"ICC_PROFILE\0\x01\x01"
_MOST_BLOCKS_PER_MCU: Final = 10  # B.2.3
_MOST_DC_CATEGORY: Final = 11  # F.1.2.1.1
_MOST_AC_SIZE: Final = 10  # F.1.2.2.1
_EOB, _ZRL = 0x00, 0xF0
_MOST_BLOCK_BYTES: Final = 2 * 209  # 64 codes of 16 bits and what they announce, each byte stuffed


@dataclass(frozen=True, slots=True)
class _Component:
    identifier: int
    horizontal: int
    vertical: int
    table: int


@dataclass(slots=True)
class _Picture:
    """What the segments before the scan have said."""

    may_keep: frozenset[str] = frozenset()
    applications: set[int] = field(default_factory=set)
    quantization: set[int] = field(default_factory=set)
    huffman: dict[tuple[int, int], int] = field(default_factory=dict)  # (class, id): bits of its shortest code
    width: int = 0
    height: int = 0
    components: tuple[_Component, ...] = ()
    restart: int | None = None
    profile: bytes | None = None
    transform: int | None = None


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a JPEG as it is rebuilt."""
    _read(data, court, _colour)
    magic.require_alone(data)


def check_bare(data: bytes, court: Court) -> tuple[int, int, tuple[tuple[int, int], ...]]:
    """The same for a stream inside a TIFF, which has no application segment: the TIFF tells the colours.

    Gives width, height, and the sampling factors of each component.
    """
    picture = _read(data, court, _no_applications)
    factors = tuple((component.horizontal, component.vertical) for component in picture.components)
    return picture.width, picture.height, factors


def check_embedded(data: bytes, court: Court) -> tuple[int, int, int]:
    """The same for a stream inside a PDF, which tells the colours; Adobe's segment may say how they were transformed.

    Gives width, height and the number of components.
    """
    picture = _read(data, court, _only_a_transform)
    return picture.width, picture.height, len(picture.components)


def _read(data: bytes, court: Court, colour: Callable[[_Picture], None]) -> _Picture:
    require(data.startswith(_SOI), Check.MAGIC, "no SOI")
    picture = _Picture(may_keep=court.may_keep)
    at = len(_SOI)
    while (marker := _marker(data, at)) != _SOS:
        at = _segment(data, at, marker, picture)
        if marker == _SOF0:
            court.draw(picture.width, picture.height)
    body, at = _body(data, at)
    shortest_bits = _scan_header(body, picture)
    colour(picture)
    _entropy(data, at, picture, shortest_bits)
    return picture


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _marker(data: bytes, at: int) -> int:
    _must(data[at : at + 1] == b"\xff" and at + 4 <= len(data), f"no marker at {at}")
    return data[at + 1]


def _body(data: bytes, at: int) -> tuple[bytes, int]:
    """The parameters of the segment at `at`, and where the next one starts."""
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    body = data[at + 4 : at + 2 + length]
    _must(length >= 2 and len(body) == length - 2, f"segment at {at} does not fit")
    return body, at + 2 + length


def _segment(data: bytes, at: int, marker: int, picture: _Picture) -> int:
    """Read one segment; gives the place of the next one."""
    rule = _RULES.get(marker)
    if rule is None:
        raise Refused(Check.IMAGE, f"marker 0x{marker:02X} at {at}")
    if marker in _APPLICATIONS:
        _must(marker not in picture.applications, f"marker 0x{marker:02X} again at {at}")
        picture.applications.add(marker)
    body, following = _body(data, at)
    rule(body, picture)
    return following


def _jfif(body: bytes, picture: _Picture) -> None:
    _must(len(body) == _JFIF.size and picture.applications == {_APP0}, "APP0 is no JFIF header at the start")
    name, version, units, across, down, *thumbnail = _JFIF.unpack(body)
    _must(name == b"JFIF\0" and version in (0x0101, 0x0102), "APP0 is no JFIF header")
    _must(units <= 2 and across and down, "JFIF density")
    _must(thumbnail == [0, 0], "JFIF thumbnail")


def _exif(body: bytes, picture: _Picture) -> None:
    _must(body.startswith(b"Exif\0\0"), "APP1 is no Exif")
    is_allowed = body[6:] in ORIENTATIONS or evidence.is_allowed(body[6:], picture.may_keep)
    _must(is_allowed, "APP1 is more than an orientation and what the policy keeps")


def _icc(body: bytes, picture: _Picture) -> None:
    _must(body.startswith(_ICC_SINGLE), "APP2 is no whole ICC profile")
    picture.profile = body[len(_ICC_SINGLE) :]


def _adobe(body: bytes, picture: _Picture) -> None:
    _must(len(body) == _ADOBE.size, "APP14 of another length")
    name, version, flags0, flags1, transform = _ADOBE.unpack(body)
    _must((name, version, flags0, flags1) == (b"Adobe", 100, 0, 0), "APP14 is no plain Adobe segment")
    picture.transform = transform


def _quantization(body: bytes, picture: _Picture) -> None:
    """B.2.4.1. Baseline has tables of 8 bits only."""
    _must(body and len(body) % 65 == 0, "DQT of another length")
    for start in range(0, len(body), 65):
        table = body[start]
        _must(table <= 3 and table not in picture.quantization, "DQT precision or identifier")
        _must(0 not in body[start + 1 : start + 65], "DQT with a zero")
        picture.quantization.add(table)


def _frame(body: bytes, picture: _Picture) -> None:
    """B.2.2."""
    _must(not picture.components, "second frame")
    _must(len(body) >= 6 and body[0] == 8, "SOF0 precision")
    picture.height, picture.width, count = struct.unpack_from(">HHB", body, 1)
    _must(picture.height and picture.width, "SOF0 without a size")
    _must(count in (1, 3, 4) and len(body) == 6 + 3 * count, "SOF0 components")
    picture.components = components = tuple(
        _Component(identifier, factors >> 4, factors & 15, table)
        for identifier, factors, table in struct.iter_unpack("BBB", body[6:])
    )
    _must(len({component.identifier for component in components}) == count, "SOF0 identifiers")
    most_h, most_v = _most_factors(components)
    for component in components:
        h, v = component.horizontal, component.vertical
        _must(1 <= h <= 4 and 1 <= v <= 4 and most_h % h == 0 and most_v % v == 0, "SOF0 sampling factors")
    if count > 1:
        blocks = sum(component.horizontal * component.vertical for component in components)
        _must(blocks <= _MOST_BLOCKS_PER_MCU, "SOF0 blocks in an MCU")


def _most_factors(components: tuple[_Component, ...]) -> tuple[int, int]:
    return max(c.horizontal for c in components), max(c.vertical for c in components)


def _huffman(body: bytes, picture: _Picture) -> None:
    """B.2.4.2 and C: each table a prefix code without the code of all ones, its symbols those of baseline."""
    _must(body, "empty DHT")
    at = 0
    while at < len(body):
        key = (body[at] >> 4, body[at] & 15)
        counts = body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        _must(key[0] <= 1 and key[1] <= 1 and key not in picture.huffman, "DHT class or identifier")
        _must(len(counts) == 16 and symbols and len(symbols) == sum(counts), "DHT does not fit")
        used = sum(count << (15 - index) for index, count in enumerate(counts))
        _must(used < 1 << 16, "DHT is no prefix code")
        allowed = _AC_SYMBOLS if key[0] else _DC_SYMBOLS
        _must(len(set(symbols)) == len(symbols) and allowed.issuperset(symbols), "DHT symbols")
        picture.huffman[key] = next(index + 1 for index, count in enumerate(counts) if count)
        at += 17 + len(symbols)


_DC_SYMBOLS: Final = frozenset(range(_MOST_DC_CATEGORY + 1))
_AC_SYMBOLS: Final = frozenset(run << 4 | size for run in range(16) for size in range(1, _MOST_AC_SIZE + 1)) | {
    _EOB,
    _ZRL,
}


def _restart(body: bytes, picture: _Picture) -> None:
    _must(len(body) == 2 and picture.restart is None and any(body), "DRI")
    picture.restart = int.from_bytes(body, "big")


_RULES: Final[Mapping[int, Callable[[bytes, _Picture], None]]] = {
    _APP0: _jfif,
    _APP1: _exif,
    _APP2: _icc,
    _APP14: _adobe,
    _DQT: _quantization,
    _SOF0: _frame,
    _DHT: _huffman,
    _DRI: _restart,
}  # every other marker is refused
_APPLICATIONS: Final = frozenset({_APP0, _APP1, _APP2, _APP14})


def _scan_header(body: bytes, picture: _Picture) -> list[int]:
    """B.2.3: one interleaved scan of all components. Gives the fewest bits that a block of each can take."""
    components = picture.components
    _must(components, "SOS before SOF0")
    count = len(components)
    _must(len(body) == 4 + 2 * count and body[0] == count, "SOS components")
    _must(body[-3:] == b"\x00\x3f\x00", "SOS is not of a baseline scan")
    shortest, used = [], set()
    for index, component in enumerate(components):
        identifier, tables = body[1 + 2 * index], body[2 + 2 * index]
        dc, ac = (0, tables >> 4), (1, tables & 15)
        _must(identifier == component.identifier, "SOS order of components")
        _must(dc in picture.huffman and ac in picture.huffman, "SOS names a table that is not there")
        used |= {dc, ac}
        shortest.append(picture.huffman[dc] + picture.huffman[ac])
    _must(used == set(picture.huffman), "DHT that no component uses")
    _must({component.table for component in components} == picture.quantization, "DQT missing, or of no use")
    return shortest


def _colour(picture: _Picture) -> None:
    """A reader must be able to tell the colours: JFIF says so for 1 and 3 components, Adobe for all."""
    count = len(picture.components)
    _must(picture.applications & {_APP0, _APP14}, "neither JFIF nor Adobe")
    _must(count != 4 or _APP14 in picture.applications, "four components without Adobe")
    if picture.transform is not None:
        _must(picture.transform in _ADOBE_TRANSFORMS[count], "Adobe transform")
    if picture.profile is not None:
        icc.check(picture.profile, count)


def _only_a_transform(picture: _Picture) -> None:
    _must(picture.applications <= {_APP0, _APP14}, "application segment inside a PDF")
    if picture.transform is not None:
        _must(picture.transform in _ADOBE_TRANSFORMS[len(picture.components)], "Adobe transform")


def _no_applications(picture: _Picture) -> None:
    _must(not picture.applications, "application segment inside a TIFF")


def _entropy(data: bytes, at: int, picture: _Picture, shortest_bits: list[int]) -> None:
    """From the scan header to the end of the file: restarts in order where they are due, one EOI, nothing more."""
    mcus, blocks = _geometry(picture)
    restarts = (mcus - 1) // picture.restart if picture.restart else 0
    size = len(data) - 2 - at
    bits = sum(count * shortest for count, shortest in zip(blocks, shortest_bits))
    _must(8 * size >= bits + 16 * restarts, "scan too short for its picture")
    _must(size <= sum(blocks) * _MOST_BLOCK_BYTES + 3 * restarts + 2, "scan too long for its picture")
    marks = _MARK.finditer(data, at)
    for number in range(restarts + 1):
        mark = next(marks, None)
        expected = _EOI if number == restarts else _RST0 + number % 8
        if mark is None:
            raise Refused(Check.IMAGE, "no end of the scan")
        _must(data[mark.start() + 1] == expected, f"marker 0x{data[mark.start() + 1]:02X} at {mark.start()}")
        end = mark.end()
    _must(end == len(data), f"bytes after EOI at {end}")


def _geometry(picture: _Picture) -> tuple[int, list[int]]:
    """MCUs in the scan, and blocks of each component (A.2)."""
    components = picture.components
    if len(components) == 1:  # not interleaved: an MCU is one block
        blocks = -(-picture.width // 8) * -(-picture.height // 8)
        return blocks, [blocks]
    most_h, most_v = _most_factors(components)
    mcus = -(-picture.width // (8 * most_h)) * -(-picture.height // (8 * most_v))
    return mcus, [mcus * component.horizontal * component.vertical for component in components]

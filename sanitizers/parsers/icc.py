"""A colour profile's tags: enough to tell which space it describes, and to write it anew without anything else in it.

Source: ICC.1:2022 (profile version 4.4) sections 7 to 10; version 2 profiles have the same shape.
Trust: every byte is hostile; offsets are checked here before a colour library sees the profile.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

from sanitizers.errors import MalformedError

_HEADER_BYTES: Final = 128
_MAX_TAGS: Final = 100
_MAX_TABLES_BYTES: Final = 8 << 20
_ENTRY: Final = struct.Struct(">4sII")
# What turns device colours into the connection space. Text, pictures, makers and private tags are not among them.
_WORKING_TAGS: Final = (
    *(b"A2B0", b"A2B1", b"A2B2", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"),
    *(b"wtpt", b"bkpt", b"chad"),
)
_DEVICES: Final = (b"mntr", b"scnr", b"prtr", b"spac")
# How many numbers each parametric curve has (10.18), and where g a b c d e f stand in them.
_PARAMETERS: Final = {0: "g", 1: "gab", 2: "gabc", 3: "gabcd", 4: "gabcdef"}

Curve = Callable[[float], float]
Triple = tuple[float, float, float]


class Device(Enum):
    """What colours a profile speaks of."""

    RGB = b"RGB "
    GRAY = b"GRAY"
    CMYK = b"CMYK"


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile's header and the tags that do its work."""

    device: Device
    header: bytes = field(repr=False)
    tags: Mapping[bytes, bytes] = field(repr=False)

    @property
    def has_tables(self) -> bool:
        """Whether look-up tables stand above its matrix and curves."""
        return any(name.startswith(b"A2B") for name in self.tags)

    def colorants(self) -> tuple[Triple, Triple, Triple]:
        """Where red, green and blue stand in XYZ under D50. Raises MalformedError."""
        red, green, blue = (_xyz(self.tags.get(name, b"")) for name in (b"rXYZ", b"gXYZ", b"bXYZ"))
        return red, green, blue

    def curves(self) -> tuple[Curve, ...]:
        """From device values to light, 0 to 1: three for RGB, one for gray. Raises MalformedError."""
        names = (b"kTRC",) if self.device is Device.GRAY else (b"rTRC", b"gTRC", b"bTRC")
        return tuple(_curve(self.tags.get(name, b"")) for name in names)

    def working_copy(self) -> bytes:
        """A profile of the same effect, written anew with the tags that have one."""
        offset = _HEADER_BYTES + 4 + _ENTRY.size * len(self.tags)
        entries, bodies = [], []
        for name, body in self.tags.items():
            entries.append(_ENTRY.pack(name, offset, len(body)))
            bodies.append(body + bytes(-len(body) % 4))
            offset += len(bodies[-1])
        head = struct.pack(">I", offset) + bytes(4) + self.header[8:24] + bytes(12) + b"acsp" + bytes(24)
        head += self.header[64:80] + bytes(48)
        return b"".join((head, struct.pack(">I", len(entries)), *entries, *bodies))


def parse(untrusted: bytes) -> Profile:
    """Raises MalformedError for what is no profile of a device with RGB, gray or CMYK colours."""
    if len(untrusted) < _HEADER_BYTES + 4 or untrusted[36:40] != b"acsp":
        raise MalformedError("no profile")
    (size,) = struct.unpack_from(">I", untrusted)
    (count,) = struct.unpack_from(">I", untrusted, _HEADER_BYTES)
    if size > len(untrusted) or count > _MAX_TAGS or _HEADER_BYTES + 4 + count * _ENTRY.size > size:
        raise MalformedError(f"a profile of {size} bytes with {count} tags")
    if untrusted[12:16] not in _DEVICES or untrusted[20:24] not in (b"XYZ ", b"Lab "):
        raise MalformedError("a profile of another class")
    try:
        device = Device(untrusted[16:20])
    except ValueError as error:
        raise MalformedError("a profile of other colours") from error
    return Profile(device, untrusted[:_HEADER_BYTES], MappingProxyType(_read_tags(untrusted[:size], count)))


def _read_tags(data: bytes, count: int) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for index in range(count):
        name, offset, size = _ENTRY.unpack_from(data, _HEADER_BYTES + 4 + index * _ENTRY.size)
        if offset + size > len(data):
            raise MalformedError("a tag beyond the end")
        if name in _WORKING_TAGS and name not in found and size >= 8:
            found[name] = data[offset : offset + size]
    if sum(map(len, found.values())) > _MAX_TABLES_BYTES:
        raise MalformedError("tags that overlap")
    return found


def _xyz(tag: bytes) -> Triple:
    if tag[:4] != b"XYZ " or len(tag) < 20:
        raise MalformedError("no XYZ tag")
    x, y, z = struct.unpack_from(">3i", tag, 8)
    return x / 65536, y / 65536, z / 65536


def _curve(tag: bytes) -> Curve:
    if tag[:4] == b"para" and len(tag) >= 12:
        return _parametric(tag)
    if tag[:4] != b"curv" or len(tag) < 12:
        raise MalformedError("no curve")
    (count,) = struct.unpack_from(">I", tag, 8)
    if len(tag) < 12 + 2 * count:
        raise MalformedError("a curve beyond its tag")
    points = struct.unpack_from(f">{count}H", tag, 12)
    if count == 0:
        return lambda x: x
    if count == 1:
        return lambda x: x ** (points[0] / 256)
    return lambda x: _between(points, x * (count - 1)) / 65535


def _between(points: tuple[int, ...], place: float) -> float:
    low = min(int(place), len(points) - 2)
    return points[low] + (points[low + 1] - points[low]) * (place - low)


def _parametric(tag: bytes) -> Curve:
    names = _PARAMETERS.get(int.from_bytes(tag[8:10]))
    if names is None or len(tag) < 12 + 4 * len(names):
        raise MalformedError("a curve of another kind")
    values = dict(zip(names, (number / 65536 for number in struct.unpack_from(f">{len(names)}i", tag, 12))))
    g, a, b = values["g"], values.get("a", 1.0), values.get("b", 0.0)
    if len(names) < 4:  # kinds 0 to 2: below the knee the curve is flat
        c, d, e, f = 0.0, -b / a if a else 0.0, values.get("c", 0.0), values.get("c", 0.0)
    else:
        c, d, e, f = values["c"], values["d"], values.get("e", 0.0), values.get("f", 0.0)
    return lambda x: max(0.0, a * x + b) ** max(g, 0.01) + e if x >= d else c * x + f

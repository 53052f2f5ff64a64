"""Units of an HEVC picture as HEIF stores them: what a decoder needs of them, and nothing else.

Messages (SEI), fillers and layers beside the first are left out: a decoder of one picture asks for none of them.

Source: ISO/IEC 14496-15:2022 section 8.3 (hvcC), ITU-T H.265 sections 7.3.1.2 and 7.4.2.2.
Trust: every byte is hostile.
"""

from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.isobmff import Reader

_PARAMETER_SETS: Final = range(32, 35)
_SLICES: Final = range(32)
_HEAD_BYTES: Final = 22
_MAX_UNITS: Final = 4096
_MAX_SET_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a decoder is set up with, and how long the lengths of units are."""

    sets: tuple[bytes, ...] = field(repr=False)
    length_bytes: int


def configuration(body: memoryview) -> Configuration:
    """Read a decoder configuration record. Raises MalformedError."""
    reader = Reader(body, "hvcC")
    head = reader.take(_HEAD_BYTES)
    if head[0] != 1 or head[21] & 3 == 2:
        raise MalformedError(f"hvcC: version {head[0]}")
    sets: list[bytes] = []
    for _ in range(reader.number(1)):
        reader.number(1)
        for _ in range(reader.number(2)):
            unit = reader.take(reader.number(2))
            if len(sets) >= _MAX_UNITS or len(unit) > _MAX_SET_BYTES:
                raise LimitError("hvcC: too many parameter sets")
            if _is_of_first_layer(unit) and _kind(unit) in _PARAMETER_SETS:
                sets.append(unit)
    return Configuration(tuple(sets), (head[21] & 3) + 1)


def units(data: bytes, made: Configuration) -> tuple[bytes, ...]:
    """The units of one picture, parameter sets first. Raises MalformedError when there is no slice among them."""
    found, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + made.length_bytes], "big")
        start = at + made.length_bytes
        at = start + length
        if not length or at > len(data):
            raise MalformedError(f"a unit of {length} bytes")
        unit = data[start:at]
        if _is_of_first_layer(unit) and (_kind(unit) in _SLICES or _kind(unit) in _PARAMETER_SETS):
            found.append(unit)
        if len(found) > _MAX_UNITS:
            raise LimitError(f"more than {_MAX_UNITS} units")
    if not any(_kind(unit) in _SLICES for unit in found):
        raise MalformedError("no slice")
    return (*made.sets, *found)


def _kind(unit: bytes) -> int:
    return unit[0] >> 1 & 0x3F


def _is_of_first_layer(unit: bytes) -> bool:
    return len(unit) > 2 and not unit[0] & 1 and not unit[1] >> 3

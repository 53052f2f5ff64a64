"""Fields of a record as a line of data: "4i I<1-8> 6f" is four numbers, one from 1 to 8, and six finite floats."""

import math
import re
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

_TOKEN: Final = re.compile(r"(\d*)([a-zA-Z])(?:<([\d,-]+)>)?\s*")


class UnfitError(Exception):
    """A record that cannot be carried over; its text says why."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands in a row: a struct, and which values may stand where."""

    packed: struct.Struct
    bounds: tuple[tuple[int, tuple[range, ...]], ...]  # place, and what may stand there
    bitmaps: tuple[tuple[int, int], ...]  # places of a bitmap's four numbers, and of what its colours are

    @property
    def size(self) -> int:
        """Bytes."""
        return self.packed.size

    def read(self, data: bytes, at: int = 0) -> tuple[Any, ...]:
        """The values. Raises UnfitError."""
        if len(data) - at < self.packed.size:
            raise UnfitError("too short")
        values = self.packed.unpack_from(data, at)
        for place, ranges in self.bounds:
            if not any(values[place] in some for some in ranges):
                raise UnfitError(f"a value of {values[place]}")
        if any(isinstance(value, float) and not math.isfinite(value) for value in values):
            raise UnfitError("a number that is none")
        return values


@cache
def layout(line: str) -> Layout:
    """A line of fields, read once."""
    codes, bounds, place, at = "<", [], 0, 0
    bitmaps, usages = [], []
    while at < len(line):
        found = _TOKEN.match(line, at)
        assert found, line
        count, code, values = found.groups()
        if code == "D":
            bitmaps.append(place)
            code, count = "I", "4"
        elif code == "U":
            usages.append(place)
            code = "I"
        codes += (count or "") + code
        if values:
            bounds.append((place, tuple(_range(*some.split("-")) for some in values.split(","))))
        place += int(count or 1)
        at = found.end()
    return Layout(struct.Struct(codes), tuple(bounds), tuple(zip(bitmaps, usages)))


def _range(lowest: str, highest: str) -> range:
    return range(int(lowest), int(highest) + 1)


def part(data: bytes, at: int, size: int, what: str) -> bytes:
    """A run of bytes inside a record. Raises UnfitError when it is not all inside."""
    if at < 0 or size < 0 or at + size > len(data):
        raise UnfitError(f"{what} outside the record")
    return data[at : at + size]


def aligned(data: bytes, step: int) -> bytes:
    """With zeros up to a multiple of `step`."""
    return data + bytes(-len(data) % step)

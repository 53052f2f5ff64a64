"""Boxes of ISO base media files: what HEIF, AVIF, JPEG 2000 and MP4 are made of. One walk over one level at a time.

Source: ISO/IEC 14496-12:2022 section 4.2. Trust: every byte is hostile.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import LimitError, MalformedError

HEAD_BYTES: Final = 8
_MAX_BOXES: Final = 20_000  # of one level


@dataclass(frozen=True, slots=True)
class Box:
    """A box: `at` to `end` in the file, its body behind the header."""

    name: bytes
    at: int
    end: int
    body: memoryview = field(repr=False)

    @property
    def start(self) -> int:
        """Where the body starts."""
        return self.end - len(self.body)

    @property
    def where(self) -> str:
        """ "meta at 24"."""
        return f"{self.name.decode('latin-1')} at {self.at}"


def boxes(data: memoryview, start: int, end: int) -> Iterator[Box]:
    """The boxes of one level. Raises MalformedError for one that does not fit, LimitError for too many."""
    at = start
    for _ in range(_MAX_BOXES):
        if at == end:
            return
        box = box_at(data, at, end)
        if box is None:
            raise MalformedError(f"no box at {at}")
        yield box
        at = box.end
    raise LimitError(f"more than {_MAX_BOXES} boxes")


def box_at(data: memoryview, at: int, end: int) -> Box | None:
    """The box that starts here; None when none does, or it does not fit."""
    if at + HEAD_BYTES > end:
        return None
    size, name = struct.unpack_from(">I4s", data, at)
    start = at + HEAD_BYTES
    if size == 1:
        if at + 16 > end:
            return None
        (size,) = struct.unpack_from(">Q", data, start)
        start += 8
    elif size == 0:
        size = end - at  # to the end of what it stands in
    if size < start - at or at + size > end:
        return None
    return Box(name, at, at + size, data[start : at + size])


class Reader:
    """Numbers from a box's body, one behind the other. Raises MalformedError beyond its end."""

    def __init__(self, body: memoryview, where: str) -> None:
        self.body, self.where, self.at = body, where, 0

    def number(self, size: int) -> int:
        """An unsigned number of `size` bytes; 0 for none."""
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        if self.at + size > len(self.body):
            raise MalformedError(f"{self.where}: cut off")
        self.at += size
        return bytes(self.body[self.at - size : self.at])

    def text(self) -> bytes:
        """Bytes up to a zero, or to the end."""
        rest = bytes(self.body[self.at :])
        found, _, _ = rest.partition(b"\0")
        self.at = min(self.at + len(found) + 1, len(self.body))
        return found

    def rest(self) -> memoryview:
        """What has not been read yet."""
        return self.body[self.at :]

    def version(self) -> tuple[int, int]:
        """Version and flags of a full box."""
        word = self.number(4)
        return word >> 24, word & 0xFFFFFF

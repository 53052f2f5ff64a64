"""RIFF chunks. Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft 1991)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from sanitizers.errors import MalformedError

_HEAD: Final = Struct("<4sI")
HEAD_BYTES: Final = _HEAD.size


@dataclass(frozen=True, slots=True)
class Chunk:
    """A name and its bytes."""

    name: bytes
    at: int
    body: memoryview = field(repr=False)

    @property
    def where(self) -> str:
        """ "EXIF at 30"."""
        word = "".join(chr(byte) if 0x20 < byte < 0x7F else "." for byte in self.name).rstrip(".")
        return f"{word} at {self.at}"


def chunks(data: memoryview, start: int, end: int) -> Iterator[Chunk]:
    """The chunks between two offsets. Raises MalformedError for one that goes beyond, a missing last padding aside."""
    at = start
    while at < end:
        if at + HEAD_BYTES > end:
            raise MalformedError(f"cut off at {at}")
        name, size = _HEAD.unpack_from(data, at)
        body = at + HEAD_BYTES
        if body + size > end:
            raise MalformedError(f"a chunk of {size} bytes at {at}")
        yield Chunk(name, at, data[body : body + size])
        at = body + size + size % 2


def write(name: bytes, *bodies: bytes | memoryview) -> bytes:
    """A chunk, padded to an even size."""
    size = sum(map(len, bodies))
    return b"".join((_HEAD.pack(name, size), *bodies, bytes(size % 2)))

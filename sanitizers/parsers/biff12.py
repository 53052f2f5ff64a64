"""Records of binary workbooks: a type, a length and that many bytes, one behind the other to the end of the part.

Source: [MS-XLSB] 2.1.4 (records), 2.5.168 (XLWideString), 2.5.166 (XLNullableWideString).
Trust: every byte is hostile.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from policies.catalogue import vector
from sanitizers.errors import MalformedError

XLSB_10: Final = vector("XLSB-10")
MAX_TYPE: Final = 0x3FFF
_NULL: Final = 0xFFFFFFFF


class Record(NamedTuple):
    """One record. `start` is where its head begins in the part."""

    type: int
    data: bytes
    start: int
    end: int


def records(part: bytes) -> Iterator[Record]:
    """The records of a part. Raises MalformedError (XLSB-10) for a head that is not in its shortest form, or lies."""
    at, size = 0, len(part)
    while at < size:
        start = at
        kind, at = _variable(part, at, 2)
        length, at = _variable(part, at, 4)
        end = at + length
        if end > size:
            raise MalformedError("a record beyond its part", XLSB_10)
        yield Record(kind, part[at:end], start, end)
        at = end


def record(kind: int, data: bytes) -> bytes:
    """A record as it is written."""
    head = bytes((kind,)) if kind < 0x80 else bytes((kind & 0x7F | 0x80, kind >> 7))
    length, written = len(data), b""
    while length >= 0x80:
        written += bytes((length & 0x7F | 0x80,))
        length >>= 7
    return head + written + bytes((length,)) + data


def _variable(part: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    for number in range(most):
        if at >= len(part):
            break
        byte = part[at]
        at += 1
        value |= (byte & 0x7F) << (7 * number)
        if byte < 0x80:
            if number and not byte:
                raise MalformedError("a record's head longer than it must be", XLSB_10)
            return value, at
    raise MalformedError("a record's head without an end", XLSB_10)


class Fields:
    """The fields of one record, from its first byte on. Every read raises MalformedError beyond the end."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        """The next bytes."""
        end = self.at + size
        if end > len(self.data):
            raise MalformedError("a record that is cut off", XLSB_10)
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def u8(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def u16(self) -> int:
        """Two bytes."""
        return int(struct.unpack("<H", self.take(2))[0])

    def u32(self) -> int:
        """Four bytes."""
        return int(struct.unpack("<I", self.take(4))[0])

    def text(self) -> str | None:
        """A string, or None for the null string."""
        count = self.u32()
        return None if count == _NULL else self.take(count * 2).decode("utf-16-le", "surrogatepass")

    def formula(self) -> tuple[bytes, bytes]:
        """A parsed formula: its tokens, and what stands behind them."""
        tokens = self.take(self.u32())
        return tokens, self.take(self.u32())

    @property
    def rest(self) -> bytes:
        """What has not been read yet."""
        return self.data[self.at :]


def text(value: str | None) -> bytes:
    """A string as it is written; None as the null string."""
    if value is None:
        return struct.pack("<I", _NULL)
    encoded = value.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(encoded) // 2) + encoded


def formula(tokens: bytes, behind: bytes) -> bytes:
    """A parsed formula as it is written."""
    return struct.pack("<I", len(tokens)) + tokens + struct.pack("<I", len(behind)) + behind

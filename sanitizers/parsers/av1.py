"""Units of an AV1 picture as AVIF stores them: what a decoder needs of them, and how large it will draw.

Metadata, padding and unknown units are left out. Every unit is written with its length.

Source: AV1 Bitstream and Decoding Process (2019) sections 5.3 to 5.5, AV1-ISOBMFF 2.3. Trust: every byte is hostile.
"""

from dataclasses import dataclass
from typing import Final

from sanitizers.errors import LimitError, MalformedError

SEQUENCE_HEADER: Final = 1
_KEPT: Final = frozenset({SEQUENCE_HEADER, 3, 4, 6, 7})  # frame header, tile group, frame, redundant frame header
_MAX_UNITS: Final = 4096
_MAX_LEB_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence header says: the largest frame, and how its samples are made."""

    width: int
    height: int


def units(data: bytes) -> tuple[bytes, Sequence]:
    """The units that draw a picture, each with its length, and their sequence header. Raises MalformedError."""
    out, at, sequence = [], 0, None
    for _ in range(_MAX_UNITS):
        if at >= len(data):
            break
        head = data[at]
        has_extension, has_size = bool(head & 4), bool(head & 2)
        start = at + 1 + has_extension
        if head & 0x81 or start > len(data):
            raise MalformedError(f"no unit at {at}")
        size, start = _length(data, start) if has_size else (len(data) - start, start)
        end = start + size
        if end > len(data):
            raise MalformedError(f"a unit of {size} bytes at {at}")
        kind = head >> 3 & 15
        if kind == SEQUENCE_HEADER:
            found = _sequence(data[start:end])
            if sequence not in (None, found):
                raise MalformedError("a second sequence header")
            sequence = found
        if kind in _KEPT:
            out.append(bytes((head | 2,)) + data[at + 1 : at + 1 + has_extension] + _leb(size) + data[start:end])
        at = end
    else:
        raise LimitError(f"more than {_MAX_UNITS} units")
    if sequence is None:
        raise MalformedError("no sequence header")
    return b"".join(out), sequence


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of 7 bits, and where it ends (4.10.5)."""
    value = 0
    for place in range(_MAX_LEB_BYTES):
        if at >= len(data):
            break
        value |= (data[at] & 0x7F) << 7 * place
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    raise MalformedError("a length without an end")


def _leb(value: int) -> bytes:
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


class _Bits:
    """Bits from the highest down; zeros cannot be read beyond the end."""

    def __init__(self, data: bytes) -> None:
        self.word, self.left = int.from_bytes(data, "big"), 8 * len(data)

    def take(self, count: int) -> int:
        if count > self.left:
            raise MalformedError("a sequence header that is cut off")
        self.left -= count
        return self.word >> self.left & ((1 << count) - 1)


def _sequence(body: bytes) -> Sequence:
    """The frame's largest size (5.5.1)."""
    bits = _Bits(body)
    bits.take(4)  # profile, still picture
    if bits.take(1):  # reduced_still_picture_header
        bits.take(5)
    else:
        _pass_operating_points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    return Sequence(bits.take(across) + 1, bits.take(down) + 1)


def _pass_operating_points(bits: _Bits) -> None:
    delay_bits = 0
    has_model = False
    if bits.take(1):  # timing_info_present_flag
        bits.take(32)
        bits.take(32)
        if bits.take(1):
            _pass_uvlc(bits)
        has_model = bool(bits.take(1))
        if has_model:
            delay_bits = bits.take(5) + 1
            bits.take(42)
    has_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if has_model and bits.take(1):
            bits.take(2 * delay_bits + 1)
        if has_delay and bits.take(1):
            bits.take(4)


def _pass_uvlc(bits: _Bits) -> None:
    zeros = 0
    while not bits.take(1):
        zeros += 1
    bits.take(min(zeros, 32))

"""The headers of WebP's two codings: VP8, with loss, and VP8L, without. Sizes are told before a decoder sees a byte.

Source: RFC 6386 sections 9 and 19.2; WebP Lossless Bitstream Specification, section 3. Trust: every byte is hostile.
"""

from dataclasses import dataclass
from statistics import fmean
from typing import Final

from sanitizers.errors import MalformedError

_VP8_HEAD: Final = 10
_START: Final = b"\x9d\x01\x2a"
_VP8L_HEAD: Final = 5
_VP8L_SIGNATURE: Final = 0x2F
_MAX_QUANTISER: Final = 127
_MAX_VERSION: Final = 3


@dataclass(frozen=True, slots=True)
class Head:
    """What a coded picture says of itself."""

    width: int
    height: int
    quality: int | None  # as libwebp's encoder counts, 0 to 100; None: without loss


def read_vp8(data: bytes | memoryview) -> Head:
    """Of a key frame that is shown. Raises MalformedError for anything else."""
    if len(data) <= _VP8_HEAD:
        raise MalformedError("VP8: cut off")
    tag = int.from_bytes(data[:3], "little")
    if tag & 1 or tag >> 1 & 7 > _MAX_VERSION or not tag >> 4 & 1 or bytes(data[3:6]) != _START:
        raise MalformedError("VP8: no key frame that is shown")
    partition = tag >> 5
    width, height = (
        int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8)
    )  # above: a scale nobody uses
    if not width or not height or partition > len(data) - _VP8_HEAD:
        raise MalformedError(f"VP8: {width} x {height}")
    return Head(width, height, _quality(_Bools(bytes(data[_VP8_HEAD : _VP8_HEAD + min(partition, 256)]))))


def read_vp8l(data: bytes | memoryview) -> Head:
    """Raises MalformedError for another version, or none."""
    if len(data) < _VP8L_HEAD or data[0] != _VP8L_SIGNATURE:
        raise MalformedError("VP8L: no signature")
    bits = int.from_bytes(data[1:5], "little")
    if bits >> 29:
        raise MalformedError("VP8L: another version")
    return Head((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, None)


class _Bools:
    """The arithmetic decoder of RFC 6386, section 7.3; zeros follow the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 2
        self.value = int.from_bytes(data[:2].ljust(2, b"\0"))
        self.range, self.shifted = 255, 0

    def flag(self, probability: int = 128) -> int:
        split = 1 + (((self.range - 1) * probability) >> 8)
        found = int(self.value >= split << 8)
        if found:
            self.range -= split
            self.value -= split << 8
        else:
            self.range = split
        while self.range < 128:
            self._shift()
        return found

    def _shift(self) -> None:
        self.value <<= 1
        self.range <<= 1
        self.shifted += 1
        if self.shifted == 8:
            self.shifted = 0
            self.value |= self.data[self.at] if self.at < len(self.data) else 0
            self.at += 1

    def number(self, bits: int) -> int:
        found = 0
        for _ in range(bits):
            found = found << 1 | self.flag()
        return found

    def optional(self, bits: int) -> int:
        """A flag, then if it is set a number and its sign."""
        if not self.flag():
            return 0
        found = self.number(bits)
        return -found if self.flag() else found


def _quality(bools: _Bools) -> int:
    """The quality from the quantisers of the frame header (9.2 to 9.6), the mean where segments have their own."""
    bools.number(2)  # colour space, clamping
    segments, are_absolute = [0], False
    if bools.flag():
        has_map, has_values = bools.flag(), bools.flag()
        if has_values:
            are_absolute = bool(bools.flag())
            segments = [bools.optional(7) for _ in range(4)]
            _ = [bools.optional(6) for _ in range(4)]
        if has_map:
            _ = [bools.number(8) for _ in range(3) if bools.flag()]
    bools.number(10)  # filter: kind, level, sharpness
    if bools.flag() and bools.flag():
        _ = [bools.optional(6) for _ in range(8)]
    bools.number(2)  # partitions
    base = bools.number(7)
    quantiser = fmean(value if are_absolute else base + value for value in segments)
    return _quality_of(min(max(quantiser, 0.0), _MAX_QUANTISER))


def _quality_of(quantiser: float) -> int:
    """libwebp's QualityToCompression, backwards."""
    linear = (1 - quantiser / _MAX_QUANTISER) ** 3
    return round(100 * (linear * 1.5 if linear < 0.5 else (linear + 1) / 2))

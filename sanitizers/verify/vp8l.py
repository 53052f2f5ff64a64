"""A lossless WebP picture up to its pixels: every transform, and every prefix code complete (IMG-21).

Incomplete and oversubscribed prefix codes are what CVE-2023-4863 was made of: a reader that is not patched sees none.
The small pictures that steer the transforms are decoded; the pixels themselves are not, but they are held against the
geometry.

Source: RFC 9649, 3 (VP8L): 3.4 (header), 3.5 (transforms), 3.6 and 3.7 (prefix codes), 3.8 (order).
"""

from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require

_HEADER_BITS: Final = 40
_PREDICTOR, _COLOUR, _SUBTRACT_GREEN, _INDEXING = range(4)
_MOST_STEERING_PIXELS: Final = 1 << 18  # of a picture in the picture; encoders stay below 1 << 14
_MOST_GROUPS: Final = 1 << 12  # encoders stay below 2600
_LITERALS, _LENGTHS, _DISTANCES = 256, 24, 40
_CODE_LENGTH_ORDER: Final = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
_REPEATS: Final = {16: (2, 3), 17: (3, 3), 18: (7, 11)}  # 3.7.2.1.2: extra bits, fewest repeats
_MOST_LENGTH: Final = 15
_MOST_PIXEL_BITS: Final = 4 * _MOST_LENGTH
_WORD: Final = 8  # bytes taken at once


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, f"VP8L {where}")


def header(body: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether alpha is used (3.4). Raises Refused."""
    word = int.from_bytes(body[1:5], "little")
    _must(len(body) > 5 and body[0] == 0x2F and not word >> 29, "without its signature")
    return (word & 0x3FFF) + 1, (word >> 14 & 0x3FFF) + 1, bool(word >> 28 & 1)


def check(body: bytes, width: int, height: int) -> None:
    """Raises Refused unless all that stands before the pixels is valid."""
    check_stream(body, _HEADER_BITS, width, height)


def check_stream(body: bytes, start: int, width: int, height: int) -> None:
    """The same for a stream without a header, as alpha has it, which begins at bit `start`."""
    bits = _Bits(body, start)
    columns = width
    seen: set[int] = set()
    while bits.take(1):
        kind = bits.take(2)
        _must(kind not in seen, "transform twice")
        seen.add(kind)
        columns = _transform(bits, kind, columns, height)
    cache = _cache(bits)
    groups = 1
    if bits.take(1):
        size = bits.take(3) + 2
        groups = 1 + _steering(bits, -(-columns >> size), -(-height >> size))
        _must(groups <= _MOST_GROUPS, "groups of codes")
    for _ in range(groups):
        _group(bits, cache)
    left = 8 * len(body) - bits.at
    _must(left >= 0, "ends early")
    _must(left <= columns * height * _MOST_PIXEL_BITS + 64, "too long for its size")


class _Bits:
    """Bits from the lowest upwards (3.3). Behind the end stand zeros; whoever reads there is found out at the end."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def peek(self) -> int:
        """At least 56 bits, the next one lowest."""
        start = self.at >> 3
        return int.from_bytes(self.data[start : start + _WORD], "little") >> (self.at & 7)

    def take(self, count: int) -> int:
        value = self.peek() & (1 << count) - 1
        self.at += count
        return value


def _transform(bits: _Bits, kind: int, columns: int, height: int) -> int:
    """3.5. Gives how many columns the picture has in codes."""
    if kind in (_PREDICTOR, _COLOUR):
        size = bits.take(3) + 2
        _steering(bits, -(-columns >> size), -(-height >> size))
    elif kind == _INDEXING:
        colours = bits.take(8) + 1
        _steering(bits, colours, 1)
        packing = 3 if colours <= 2 else 2 if colours <= 4 else 1 if colours <= 16 else 0
        return -(-columns >> packing)
    return columns


def _cache(bits: _Bits) -> int:
    """3.8.3: colours in the cache."""
    if not bits.take(1):
        return 0
    size = bits.take(4)
    _must(1 <= size <= 11, "colour cache")
    return 1 << size


@dataclass(frozen=True, slots=True)
class _Code:
    """A prefix code as a table over its longest length: (symbol, length) by the next bits."""

    table: list[tuple[int, int]]
    mask: int

    @property
    def only(self) -> int:
        """The symbol of a code that has no other."""
        return self.table[0][0]

    def read(self, bits: _Bits) -> int:
        symbol, length = self.table[bits.peek() & self.mask]
        bits.at += length
        return symbol


def _steering(bits: _Bits, columns: int, rows: int) -> int:
    """Decode a picture in the picture (3.8.2); gives the largest of its values, red above green."""
    pixels = columns * rows
    _must(pixels <= _MOST_STEERING_PIXELS, "picture in the picture")
    end = 8 * len(bits.data)
    green, red, blue, alpha, distance = (_table(lengths) for lengths in _group(bits, _cache(bits)))
    if not (green.mask or red.mask or blue.mask or alpha.mask) and green.only < _LITERALS:
        return red.only << 8 | green.only  # all of one colour, told in no bits at all
    largest = drawn = 0
    while drawn < pixels:
        _must(bits.at <= end, "ends early")
        symbol = green.read(bits)
        if symbol < _LITERALS:
            largest = max(largest, red.read(bits) << 8 | symbol)
            blue.read(bits)
            alpha.read(bits)
            drawn += 1
        elif symbol < _LITERALS + _LENGTHS:  # a copy brings no value that was not there
            drawn += _amount(bits, symbol - _LITERALS)
            _amount(bits, distance.read(bits))
        else:
            drawn += 1
    _must(drawn == pixels, "copies beyond the end of a picture")
    return largest


def _amount(bits: _Bits, prefix: int) -> int:
    """3.6.2.2: a length or distance from its prefix."""
    if prefix < 4:
        return prefix + 1
    extra = prefix - 2 >> 1
    return (2 + (prefix & 1) << extra) + bits.take(extra) + 1


def _group(bits: _Bits, cache: int) -> list[list[int]]:
    """3.7.1: the five codes of a group, as the lengths by symbol of each."""
    _must(bits.at <= 8 * len(bits.data), "ends early")
    alphabets = (_LITERALS + _LENGTHS + cache, _LITERALS, _LITERALS, _LITERALS, _DISTANCES)
    return [_lengths(bits, alphabet) for alphabet in alphabets]


def _lengths(bits: _Bits, alphabet: int) -> list[int]:
    """3.7.2.1: lengths of a code, by symbol."""
    lengths = [0] * alphabet
    if bits.take(1):
        has_second, is_wide = bits.take(1), bits.take(1)
        symbols = [bits.take(8 if is_wide else 1)] + ([bits.take(8)] if has_second else [])
        _must(max(symbols) < alphabet and len(set(symbols)) == len(symbols), "symbols of a simple code")
        for symbol in symbols:
            lengths[symbol] = 1
        return lengths
    of_lengths = [0] * len(_CODE_LENGTH_ORDER)
    for symbol in _CODE_LENGTH_ORDER[: 4 + bits.take(4)]:
        of_lengths[symbol] = bits.take(3)
    _complete(of_lengths)
    code = _table(of_lengths)
    tokens = alphabet
    if bits.take(1):
        tokens = 2 + bits.take(2 + 2 * bits.take(3))
        _must(tokens <= alphabet, "more lengths than symbols")
    _fill(bits, code, lengths, tokens)
    _complete(lengths)
    return lengths


def _fill(bits: _Bits, code: _Code, lengths: list[int], tokens: int) -> None:
    """3.7.2.1.2: lengths, and repeats of lengths."""
    if not code.mask and code.only <= _MOST_LENGTH:  # told in no bits at all
        lengths[:tokens] = [code.only] * tokens
        return
    at, previous = 0, 8
    while tokens and at < len(lengths):
        tokens -= 1
        length = code.read(bits)
        if length <= _MOST_LENGTH:
            lengths[at] = length
            at += 1
            previous = length or previous
            continue
        extra, fewest = _REPEATS[length]
        repeats = fewest + bits.take(extra)
        _must(at + repeats <= len(lengths), "lengths beyond the symbols")
        if length == 16:
            lengths[at : at + repeats] = [previous] * repeats
        at += repeats


def _complete(lengths: list[int]) -> None:
    """Raises Refused unless there is one symbol alone, or every sequence of bits is a code."""
    used = [length for length in lengths if length]
    total = sum(1 << _MOST_LENGTH - length for length in used)
    _must(len(used) == 1 or total == 1 << _MOST_LENGTH, "code that is not complete")


def _table(lengths: list[int]) -> _Code:
    """The canonical code (RFC 1951, 3.2.2), its bits from the first upwards; one symbol alone takes none."""
    used = sorted((length, symbol) for symbol, length in enumerate(lengths) if length)
    if len(used) == 1:
        return _Code([(used[0][1], 0)], 0)
    longest = used[-1][0]
    table = [(0, 0)] * (1 << longest)
    code = last = 0
    for length, symbol in used:
        code <<= length - last
        last = length
        backwards = int(f"{code:0{length}b}"[::-1], 2)
        table[backwards :: 1 << length] = [(symbol, length)] * (1 << longest - length)
        code += 1
    return _Code(table, len(table) - 1)

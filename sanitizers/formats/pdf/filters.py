"""Filters without a size in their data: how much they hold, before room is made for it (PDF-60, PDF-73).

Source: ISO 32000-2 7.4.4 (LZW) and 7.4.5 (run lengths)
"""

from typing import Final

from sanitizers.errors import MalformedError, PurseError
from sanitizers.formats.pdf.vectors import PDF_73

LZW_AT_MOST: Final = 2048  # bytes that one byte can stand for: 3,838 codes that grow by a byte each, of 12 bits at last
_CLEAR, _END, _FIRST = 256, 257, 258
_LAST: Final = 4096
_MAX_SIDE: Final = 1 << 24  # columns of a row, or its colours


def run_length(data: bytes, most: int) -> bytes:
    """What the runs stand for. Raises PurseError once they are more than `most` bytes."""
    parts: list[bytes] = []
    at = size = 0
    while at < len(data) and (length := data[at]) != 128:
        part = data[at + 1 : at + 2 + length] if length < 128 else data[at + 1 : at + 2] * (257 - length)
        at += 2 + length if length < 128 else 2
        size += len(part)
        if size > most:
            raise PurseError("run lengths of more than may be unpacked", PDF_73)
        parts.append(part)
    return b"".join(parts)


def require_lzw_fits(data: bytes, is_early: bool, most: int) -> None:
    """Raises PurseError where the codes stand for more than `most` bytes, without making them."""
    if len(data) * LZW_AT_MOST <= most:
        return
    lengths = [1] * _LAST
    bits = held = total = before = 0
    width, free = 9, _FIRST
    for byte in data:
        held, bits = (held << 8 | byte) & 0xFFFFF, bits + 8
        if bits < width:
            continue
        bits -= width
        code = held >> bits & ((1 << width) - 1)
        if code == _END:
            return
        if code == _CLEAR:
            width, free, before = 9, _FIRST, 0
            continue
        length = lengths[code] if code < free and code not in (_CLEAR, _END) else before + 1
        total += length
        if total > most:
            raise PurseError("more than may be unpacked", PDF_73)
        if before and free < _LAST:
            lengths[free] = before + 1
            free += 1
        before = length
        width = 9 + (free + is_early >= 512) + (free + is_early >= 1024) + (free + is_early >= 2048)


def require_sides(numbers: dict[str, int]) -> None:
    """Raises MalformedError for rows that no picture and no table has: a decoder makes room for one of them first."""
    if any(not 0 < numbers.get(key, 1) <= _MAX_SIDE for key in ("/Columns", "/Colors")):
        raise MalformedError("rows of an impossible length")

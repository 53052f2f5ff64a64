"""The picture that stands where one was withheld: grey, with a cross, in the proportions of its place."""

from struct import Struct
from typing import Final

from sanitizers.codecs.deflate import crc32, deflate_zlib

_LONG_SIDE: Final = 240  # pixels
_WORD: Final = Struct(">I")
_HEADER: Final = Struct(">II5B")
_PALETTE: Final = b"\xe6\xe6\xe6" + b"\x99\x99\x99"  # ground, lines
_EDGE: Final = 2


def grey_png(width: int = 0, height: int = 0) -> bytes:
    """A PNG of these proportions (any unit; 0 for a square)."""
    long = max(width, height, 1)
    across = max(8, _LONG_SIDE * width // long) if width else _LONG_SIDE
    down = max(8, _LONG_SIDE * height // long) if height else _LONG_SIDE
    rows = b"".join(b"\0" + _packed(_row(y, across, down)) for y in range(down))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (
            _chunk(b"IHDR", _HEADER.pack(across, down, 1, 3, 0, 0, 0)),
            _chunk(b"PLTE", _PALETTE),
            _chunk(b"IDAT", deflate_zlib(rows)),
            _chunk(b"IEND", b""),
        )
    )


def _row(y: int, across: int, down: int) -> bytearray:
    if y < _EDGE or y >= down - _EDGE:
        return bytearray(b"\1" * across)
    row = bytearray(across)
    row[:_EDGE] = row[-_EDGE:] = b"\1" * _EDGE
    at = y * (across - 1) // max(1, down - 1)
    row[at] = row[across - 1 - at] = 1
    return row


def _packed(row: bytearray) -> bytes:
    bits = "".join(map(str, row)).ljust((len(row) + 7) // 8 * 8, "0")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return _WORD.pack(len(data)) + kind + data + _WORD.pack(crc32(kind + data))

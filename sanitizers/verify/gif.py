"""A rebuilt GIF: pictures, what steers them, one loop, and no block that draws nothing (V-IMG, V-MAGIC, V-RES).

Every block is read to its last byte. The LZW codes are not decoded: their length is held against the geometry, and
whoever could hide something between them could hide it in the pixels as well.

Source: GIF89a (31 July 1990), sections 17 to 27 and appendix F; the NETSCAPE2.0 extension as browsers read it.
"""

import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import magic
from sanitizers.verify.court import Court, require

_VERSIONS: Final = (b"GIF87a", b"GIF89a")
_SCREEN: Final = struct.Struct("<HHBBB")
_IMAGE: Final = struct.Struct("<HHHHB")
_LOOP: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"  # then the count and the end of the sub-blocks
_EXTENSION, _IMAGE_SEPARATOR, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL: Final = b"\x21\xf9\x04"
_MOST_DISPOSAL: Final = 3
_MOST_CODES: Final = 4096  # appendix F: codes have at most 12 bits
_FULL_BLOCK: Final = 255


@dataclass(slots=True)
class _Screen:
    """The logical screen, and what has stood on it so far."""

    width: int
    height: int
    colours: int  # of the global table, 0 when there is none
    is_controlled: bool = False  # a control block waits for its picture
    frames: int = 0


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a GIF as it is rebuilt."""
    require(data[:6] in _VERSIONS, Check.MAGIC, "no GIF signature")
    screen, at = _screen(data, court)
    has_extensions = data[:6] == b"GIF89a"
    if data.startswith(_LOOP, at):
        _must(has_extensions and data[at + 18 : at + 19] == b"\0", f"loop at {at}")
        at += 19
    while data[at : at + 1] != bytes([_TRAILER]):
        _must(at < len(data), "no trailer")
        if data[at] == _IMAGE_SEPARATOR:
            at = _picture(data, at, screen, court)
        else:
            _must(has_extensions and not screen.is_controlled, f"block 0x{data[at]:02X} at {at}")
            at = _control(data, at, screen)
    _must(screen.frames and not screen.is_controlled, "no picture")
    _must(at + 1 == len(data), f"bytes after the trailer at {at + 1}")
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _screen(data: bytes, court: Court) -> tuple[_Screen, int]:
    """18 and 19."""
    _must(len(data) >= 13, "no logical screen")
    width, height, flags, background, _aspect = _SCREEN.unpack_from(data, 6)
    _must(width and height, "screen without a size")
    court.draw(width, height)
    colours, at = _table(data, 13, flags)
    _must(background < max(colours, 1), "background beyond the colours")
    return _Screen(width, height, colours), at


def _table(data: bytes, at: int, flags: int) -> tuple[int, int]:
    """How many colours stand at `at` (19, 21), and where they end."""
    if not flags & 0x80:
        _must(not flags & 0x07, "size of a colour table that is not there")
        return 0, at
    colours = 2 << (flags & 7)
    _must(at + 3 * colours <= len(data), f"colour table at {at} does not fit")
    return colours, at + 3 * colours


def _control(data: bytes, at: int, screen: _Screen) -> int:
    """23. The one extension beside the loop that may pass; it steers the next picture."""
    name = data[at + 1] if at + 1 < len(data) else 0
    block = data[at : at + 8]
    _must(block.startswith(_CONTROL) and len(block) == 8 and not block[7], f"extension 0x{name:02X} at {at}")
    flags, index = block[3], block[6]
    _must(not flags & 0xE2 and flags >> 2 <= _MOST_DISPOSAL, f"control block at {at}")
    _must(flags & 1 or not index, f"control block at {at}: colour of no use")
    screen.is_controlled = True
    return at + 8


def _picture(data: bytes, at: int, screen: _Screen, court: Court) -> int:
    """20 to 22: one picture inside the screen, with colours of its own or those of the screen."""
    where = f"picture at {at}"
    _must(at + 10 <= len(data), where)
    left, top, width, height, flags = _IMAGE.unpack_from(data, at + 1)
    _must(width and height and left + width <= screen.width and top + height <= screen.height, f"{where}: place")
    _must(not flags & 0x18, f"{where}: flags")
    own, following = _table(data, at + 10, flags)
    colours = own or screen.colours
    _must(colours, f"{where}: no colours")
    screen.frames += 1
    screen.is_controlled = False
    require(screen.frames <= court.limits.max_frames, Check.LIMITS, f"{screen.frames} frames")
    code_bits = data[following] if following < len(data) else 0
    _must(code_bits >= 2 and 1 << code_bits <= max(4, colours), f"{where}: more codes than colours")
    packed, following = _packed(data, following + 1, where)
    _fits(packed, width * height, code_bits, where)
    return following


def _packed(data: bytes, at: int, where: str) -> tuple[int, int]:
    """Bytes in the sub-blocks at `at` (15), each but the last of them full, and where they end."""
    start = at
    while at < len(data) and data[at] == _FULL_BLOCK:
        at += 1 + _FULL_BLOCK
    full = (at - start) // (1 + _FULL_BLOCK)
    _must(at < len(data), f"{where} does not end")
    rest = data[at]
    if rest:
        at += 1 + rest
    _must(data[at : at + 1] == b"\0", f"{where}: sub-blocks of another size, or no end")
    return full * _FULL_BLOCK + rest, at + 1


def _fits(packed: int, pixels: int, code_bits: int, where: str) -> None:
    """As many codes as the pixels can take: a code draws as many as it has forerunners, at most, and at least one."""
    codes = 8 * packed // (code_bits + 1)
    growing = min(codes, _MOST_CODES)
    most = growing * (growing + 1) // 2 + (codes - growing) * _MOST_CODES
    _must(most >= pixels, f"{where}: too short for its size")
    most_codes = pixels + pixels // 2 + 16  # a clear code behind every second one is the most that makes sense
    _must(packed <= most_codes * 12 // 8 + 2, f"{where}: too long for its size")

"""A rebuilt WebP: a RIFF of allow-listed chunks in their order, which agree with each other (V-IMG, V-MAGIC, V-RES).

The headers of both bitstreams are read, in VP8L up to the last prefix code (IMG-21); pixels are not decoded.

Source: RFC 9649, 2 (container); vp8.py and vp8l.py stand beside this.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import icc, magic, vp8, vp8l
from sanitizers.verify.court import Court, require
from sanitizers.verify.orientation import ORIENTATIONS

_ANIMATION, _EXIF, _ALPHA, _ICC = 0x02, 0x08, 0x10, 0x20  # 2.7, flags of VP8X; XMP has none here
_FRAME_BYTES: Final = 16
_STILL: Final = {b"VP8X": 0, b"ICCP": 1, b"ALPH": 2, b"VP8 ": 3, b"VP8L": 3, b"EXIF": 4}
_MOVING: Final = {b"VP8X": 0, b"ICCP": 1, b"ANIM": 2, b"ANMF": 3, b"EXIF": 4}
_ICC_CHANNELS: Final = 3


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    body: bytes
    at: int


@dataclass(frozen=True, slots=True)
class _Picture:
    width: int
    height: int
    has_alpha: bool


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a WebP as it is rebuilt."""
    require(data[:4] == b"RIFF" and data[8:12] == b"WEBP", Check.MAGIC, "no WebP signature")
    _must(int.from_bytes(data[4:8], "little") == len(data) - 8, "size in RIFF")
    chunks = list(_chunks(data, 12, len(data)))
    _must(chunks, "no chunk")
    if chunks[0].name == b"VP8X":
        _extended(chunks, court)
    else:
        _must(len(chunks) == 1, f"{_label(chunks[-1])} without VP8X")
        _picture(chunks, court)
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _label(chunk: _Chunk) -> str:
    return f"chunk {chunk.name.decode('latin-1').strip()} at {chunk.at}"


def _chunks(data: bytes, at: int, end: int) -> Iterator[_Chunk]:
    """2.3: name, size, body, and a zero when the size is odd."""
    while at < end:
        _must(at + 8 <= end, f"no chunk at {at}")
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        following = at + 8 + size + size % 2
        _must(following <= end, f"chunk at {at} does not fit")
        _must(size % 2 == 0 or not data[following - 1], f"padding of the chunk at {at}")
        yield _Chunk(data[at : at + 4], data[at + 8 : at + 8 + size], at)
        at = following


def _ordered(chunks: list[_Chunk], order: Mapping[bytes, int]) -> None:
    """Each chunk known, none behind its place, none twice but the frames."""
    last = -1
    for chunk in chunks:
        place = order.get(chunk.name, -1)
        repeats = chunk.name == b"ANMF" and place == last
        _must(place > last or repeats, _label(chunk))
        last = place


def _extended(chunks: list[_Chunk], court: Court) -> None:
    """2.7: the flags say what is there, and it is."""
    head = chunks[0].body
    _must(len(head) == 10 and not head[0] & ~0x3A and not any(head[1:4]), "VP8X")
    flags, canvas = head[0], (_number(head, 4) + 1, _number(head, 7) + 1)
    court.draw(*canvas)
    _ordered(chunks, _MOVING if flags & _ANIMATION else _STILL)
    named = {chunk.name: chunk for chunk in chunks}
    for name, flag in ((b"ICCP", _ICC), (b"EXIF", _EXIF), (b"ANIM", _ANIMATION)):
        _must((name in named) == bool(flags & flag), f"flags of VP8X and {name.decode()}")
    if b"ICCP" in named:
        icc.check(named[b"ICCP"].body, _ICC_CHANNELS)
    if b"EXIF" in named:
        _must(named[b"EXIF"].body in ORIENTATIONS, "EXIF is more than an orientation")
    if flags & _ANIMATION:
        _must(len(named[b"ANIM"].body) == 6, "ANIM")
        has_alpha = _frames([chunk for chunk in chunks if chunk.name == b"ANMF"], canvas, court)
    else:
        still = _picture([chunk for chunk in chunks if chunk.name in (b"ALPH", b"VP8 ", b"VP8L")], court)
        _must((still.width, still.height) == canvas, "canvas of another size")
        has_alpha = still.has_alpha
    _must(has_alpha == bool(flags & _ALPHA), "flags of VP8X and alpha")


def _number(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 3], "little")


def _frames(chunks: list[_Chunk], canvas: tuple[int, int], court: Court) -> bool:
    """2.7.1.1, ANMF: each frame inside the canvas. Gives whether any is transparent."""
    _must(chunks, "no frame")
    require(len(chunks) <= court.limits.max_frames, Check.LIMITS, f"{len(chunks)} frames")
    has_alpha = False
    for chunk in chunks:
        body, where = chunk.body, _label(chunk)
        _must(len(body) > _FRAME_BYTES and not body[15] & ~0x03, where)
        x, y = 2 * _number(body, 0), 2 * _number(body, 3)
        width, height = _number(body, 6) + 1, _number(body, 9) + 1
        _must(x + width <= canvas[0] and y + height <= canvas[1], f"{where}: outside the canvas")
        picture = _picture(list(_chunks(body, _FRAME_BYTES, len(body))), court)
        _must((picture.width, picture.height) == (width, height), f"{where}: picture of another size")
        has_alpha |= picture.has_alpha
    return has_alpha


def _picture(chunks: list[_Chunk], court: Court) -> _Picture:
    """VP8L; or VP8, with ALPH before it or not."""
    names = [chunk.name for chunk in chunks]
    where = _label(chunks[-1]) if chunks else "no chunk"
    _must(names in ([b"VP8 "], [b"VP8L"], [b"ALPH", b"VP8 "]), f"{where}: no picture")
    last = chunks[-1]
    if last.name == b"VP8L":
        picture = _Picture(*vp8l.header(last.body))
        court.draw(picture.width, picture.height)
        vp8l.check(last.body, picture.width, picture.height)
        return picture
    width, height = vp8.header(last.body)
    court.draw(width, height)
    vp8.check(last.body, width, height)
    if len(chunks) > 1:
        _alpha(chunks[0].body, width, height)
    return _Picture(width, height, len(chunks) > 1)


def _alpha(body: bytes, width: int, height: int) -> None:
    """2.7.1.2, ALPH: raw, or a VP8L stream without its header."""
    _must(len(body) > 1 and body[0] >> 6 == 0 and body[0] >> 4 & 3 <= 1, "ALPH")
    compression = body[0] & 3
    if compression == 0:
        _must(len(body) == 1 + width * height, "ALPH of another size")
    else:
        _must(compression == 1, "ALPH")
        vp8l.check_stream(body, 8, width, height)

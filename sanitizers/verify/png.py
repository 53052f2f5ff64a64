"""A rebuilt PNG or APNG: allow-listed chunks in their order, each understood, every pixel stream whole.

Source: PNG, third edition (W3C 2025): 5 (chunks, CRC, order), 11 (contents), 4.7 and 13.10 (frames). The rules for the
chunks around the pixels stand in png_chunks.py, those for the pixels in pixels.py. (V-IMG, V-MAGIC, V-RES)
"""

import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated, magic
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.pixels import Pixels, passes
from sanitizers.verify.png_chunks import RULES, Header, Stage, header

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_FRAME: Final = struct.Struct(">IIIIIHHBB")
_CRC_BYTES: Final = 4
_MAX_CHUNK_BYTES: Final = 0x7FFFFFFF  # 5.3


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a PNG as it is rebuilt."""
    require(data.startswith(_SIGNATURE), Check.MAGIC, "no PNG signature")
    view = memoryview(data)
    name, body, at = _chunk(data, view, len(_SIGNATURE))
    _must(name == b"IHDR", "IHDR is not the first chunk")
    reading = _Reading(header(bytes(body)), court)
    court.draw(reading.header.width, reading.header.height)
    while reading.stage is not Stage.ENDED:
        start = at
        name, body, at = _chunk(data, view, start)
        _take(reading, name, body, start)
    _must(at == len(data), f"bytes after IEND at {at}")
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _chunk(data: bytes, view: memoryview, at: int) -> tuple[bytes, memoryview, int]:
    """Name and body of the chunk at `at`, and where the next one starts (5.3)."""
    _must(at + 12 <= len(data), f"no chunk at {at}")
    size = int.from_bytes(data[at : at + 4], "big")
    end = at + 8 + size
    _must(size <= _MAX_CHUNK_BYTES and end + _CRC_BYTES <= len(data), f"chunk at {at} does not fit")
    crc = int.from_bytes(data[end : end + _CRC_BYTES], "big")
    _must(deflated.crc32(view[at + 4 : end]) == crc, f"CRC of the chunk at {at}")
    return data[at + 4 : at + 8], view[at + 8 : end], end + _CRC_BYTES


@dataclass(slots=True)
class _Reading:
    """What the chunks so far have said."""

    header: Header
    court: Court
    stage: Stage = Stage.COLOURS
    pixels: Pixels | None = None  # the stream that is being read
    frames_due: int = 0  # acTL
    frames: int = 0
    sequence: int = 0  # of the next fcTL or fdAT


def _take(reading: _Reading, name: bytes, body: memoryview, at: int) -> None:
    """Let one chunk have its say."""
    if name in _PIXEL_CHUNKS:
        _PIXEL_CHUNKS[name](reading, body, at)
        return
    rule = RULES.get(name)
    where = f"chunk {name.decode('latin-1')} at {at}"
    if rule is None or name in reading.header.seen:
        raise Refused(Check.IMAGE, where)
    _must(reading.stage <= rule.latest, f"{where} out of order")
    reading.header.seen.add(name)
    _must(rule.fits(bytes(body), reading.header), where)
    reading.stage = max(reading.stage, rule.stage_after)


def _animation(reading: _Reading, body: memoryview, at: int) -> None:
    """11.3.4.1 acTL."""
    _must(len(body) == 8 and reading.stage < Stage.PIXELS and not reading.frames_due, f"acTL at {at}")
    reading.frames_due = int.from_bytes(body[:4], "big")
    _must(reading.frames_due and int.from_bytes(body[4:], "big") <= _MAX_CHUNK_BYTES, f"acTL at {at}")
    limits = reading.court.limits
    require(reading.frames_due <= limits.max_frames, Check.LIMITS, f"{reading.frames_due} frames")


def _frame(reading: _Reading, body: memoryview, at: int) -> None:
    """11.3.4.2 fcTL: one before the pixels makes the still picture the first frame, each later one opens a frame."""
    where = f"fcTL at {at}"
    _must(len(body) == _FRAME.size and reading.frames_due, where)
    number, width, height, x, y, _, _, disposal, blend = _FRAME.unpack(body)
    head = reading.header
    _must(number == reading.sequence and disposal <= 2 and blend <= 1, where)
    _must(width and height and x + width <= head.width and y + height <= head.height, where)
    reading.sequence += 1
    reading.frames += 1
    if reading.stage < Stage.PIXELS:
        _must(reading.frames == 1 and (width, height) == (head.width, head.height), where)
        return
    _close(reading)
    reading.stage = Stage.FRAMES
    reading.pixels = Pixels(passes(width, height, head.pixel_bits, head.is_interlaced), f"frame {reading.frames}")


def _still(reading: _Reading, body: memoryview, at: int) -> None:
    """11.2.3 IDAT: one run of chunks."""
    head = reading.header
    if reading.stage < Stage.PIXELS:
        _must(head.colour != Header.INDEXED or head.palette, "no PLTE before IDAT")
        reading.stage = Stage.PIXELS
        reading.pixels = Pixels(passes(head.width, head.height, head.pixel_bits, head.is_interlaced), "IDAT")
    _must(reading.stage is Stage.PIXELS and len(body), f"IDAT at {at}")
    assert reading.pixels is not None
    reading.pixels.feed(body)


def _moving(reading: _Reading, body: memoryview, at: int) -> None:
    """11.3.4.3 fdAT."""
    _must(reading.stage is Stage.FRAMES and len(body) > 4, f"fdAT at {at}")
    _must(int.from_bytes(body[:4], "big") == reading.sequence, f"fdAT at {at} out of sequence")
    reading.sequence += 1
    assert reading.pixels is not None
    reading.pixels.feed(body[4:])


def _end(reading: _Reading, body: memoryview, at: int) -> None:
    _must(not len(body) and reading.stage >= Stage.PIXELS, f"IEND at {at}")
    _close(reading)
    _must(reading.frames == reading.frames_due, f"{reading.frames} frames where acTL says {reading.frames_due}")
    reading.stage = Stage.ENDED


def _close(reading: _Reading) -> None:
    assert reading.pixels is not None
    reading.pixels.close()


_PIXEL_CHUNKS: Final = {b"acTL": _animation, b"fcTL": _frame, b"IDAT": _still, b"fdAT": _moving, b"IEND": _end}

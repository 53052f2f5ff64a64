"""Our one way to write a PNG: fixed chunks in a fixed order, one IDAT, rows packed anew.

IHDR, [acTL], [cICP, iCCP or sRGB, gAMA, cHRM], [sBIT], [PLTE], [tRNS], [bKGD], [pHYs], [eXIf], [fcTL], IDAT,
[fcTL, fdAT]..., IEND.
"""

from dataclasses import dataclass, field
from struct import pack
from typing import Final

from sanitizers.codecs.deflate import LEVELS, crc32, deflate_zlib
from sanitizers.errors import MalformedError
from sanitizers.formats.marks import spells_script
from sanitizers.parsers.apng import Control
from sanitizers.parsers.png import SIGNATURE, Header

ORDER: Final = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"PLTE", b"tRNS", b"bKGD", b"pHYs", b"eXIf")

Rows = bytes | bytearray  # filtered rows, filter bytes included


@dataclass(frozen=True, slots=True)
class SafeFrame:
    """One frame of an animation. `rows`: None for the frame that is the still picture."""

    control: Control
    rows: Rows | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SafePng:
    """A picture, the few things that are said beside it, and its frames if it moves."""

    header: Header
    said: dict[bytes, bytes]  # bodies by the names in ORDER
    rows: Rows = field(repr=False)
    plays: int = 0
    frames: tuple[SafeFrame, ...] = ()


def write(safe: SafePng) -> bytes:
    """The file. The same picture gives the same bytes. Raises MalformedError for pixels made to spell a script."""
    assert set(safe.said) <= set(ORDER), safe.said.keys()
    out = [SIGNATURE, chunk(b"IHDR", safe.header.packed())]
    if safe.frames:
        out.append(chunk(b"acTL", pack(">II", len(safe.frames), safe.plays)))
    out += (chunk(name, safe.said[name]) for name in ORDER if name in safe.said)
    number = 0
    if safe.frames and safe.frames[0].rows is None:
        out.append(chunk(b"fcTL", safe.frames[0].control.packed(number)))
        number += 1
    out.append(chunk(b"IDAT", _pack(safe.rows)))
    for frame in safe.frames:
        if frame.rows is not None:
            out.append(chunk(b"fcTL", frame.control.packed(number)))
            out.append(chunk(b"fdAT", pack(">I", number + 1) + _pack(frame.rows)))
            number += 2
    out.append(chunk(b"IEND", b""))
    return b"".join(out)


def _pack(rows: Rows) -> bytes:
    """A zlib stream that spells no script; raises MalformedError when rows are made so that every one of ours does."""
    for level in LEVELS:
        packed = deflate_zlib(rows, level)
        if not spells_script(packed):
            return packed
    raise MalformedError("pixels that spell a script")


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with its length and check sum."""
    return b"".join((pack(">I", len(body)), name, body, pack(">I", crc32(body, crc32(name)))))

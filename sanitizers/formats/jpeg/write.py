"""Our one way to write a JPEG: fixed markers in a fixed order, fixed Huffman tables, one baseline scan.

SOI, JFIF, [EXIF: orientation; place and time where the policy keeps them], [ICC: a profile of ours],
[Adobe: for CMYK and RGB], DQT, SOF0, DHT, SOS, EOI.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from struct import pack
from typing import Final

from policies.model import Limits
from sanitizers.budget import Budget
from sanitizers.formats.exif import UPRIGHT
from sanitizers.formats.jpeg.tables import HUFFMAN, Table
from sanitizers.formats.jpeg.tables import quantisation as tables_of
from sanitizers.parsers import exif_facts
from sanitizers.parsers.exif_facts import NO_FACTS, Facts
from sanitizers.parsers.jpeg import EOI, SOI, Jpeg, parse, write
from sanitizers.parsers.jpeg_tables import DHT, DQT, SOS, Coding, Frame

NO_DENSITY: Final = (0, 1, 1)
_MOST_STEP: Final = 255  # of a table of eight bits
_HEAD_BYTES: Final = 4096  # more than our encoders write before a scan
_OURS: Final = Limits(max_scans=1, max_pixels=1 << 32)  # what our own encoders may hand us


@dataclass(frozen=True, slots=True)
class Said:
    """What a rebuilt file says beside its picture. All of it."""

    density: tuple[int, int, int] = NO_DENSITY  # unit as in JFIF (0: none), across, down
    orientation: int = UPRIGHT
    profile: bytes | None = field(default=None, repr=False)  # one of colour.PROFILES
    adobe: int | None = None  # the colour transform of CMYK, YCCK and RGB
    facts: Facts = NO_FACTS


_PLAIN: Final = Said()
_PLAIN_HEAD: Final = SOI + write(0xE0, b"JFIF\0\1\1" + pack(">BHH", *NO_DENSITY) + b"\0\0")
# How encoders of planes begin the one scan of one or three components.
_SCANS: Final = {1: b"\1\1\0\x00\x3f\x00", 3: b"\3\1\0\2\x11\3\x11\x00\x3f\x00"}


def head(said: Said, frame: Frame, quantisation: Mapping[int, Table], scan: bytes) -> bytes:
    """Everything before the entropy-coded data of a picture of this shape, whose scan has this header."""
    return b"".join((SOI, *_markers(said, frame), _coding(frame, quantisation, scan)))


def wrap(said: Said, coded: bytes, frame: Frame | None = None, quality: int = 0) -> bytes:
    """A JPEG by an encoder of ours, written anew with these markers in place of its own.

    Only its head is looked at: an encoder of ours writes one scan and nothing behind it, and the judge looks. Where
    `frame` and `quality` are known, that head is one that can be foretold; any other is read again.
    """
    assert coded.endswith(EOI)
    if frame is not None:
        before, behind = _around_frame(quality, len(frame.components))
        coding = before + _frame(frame) + behind
        if coded.startswith(_PLAIN_HEAD) and coded.startswith(coding, len(_PLAIN_HEAD)):
            if said == _PLAIN:
                return coded
            start = len(_PLAIN_HEAD) + len(coding)
            return b"".join((SOI, *_markers(said, frame), coding, memoryview(coded)[start:]))
    tree = parse(coded[:_HEAD_BYTES], Budget(_OURS))
    (scan,) = tree.scans
    assert all(HUFFMAN[number] == table for number, table in tree.huffman.items()), "another Huffman table"
    assert tree.frame.coding is Coding.BASELINE, tree.frame.coding
    entropy = memoryview(coded)[scan.start : -len(EOI)]
    return b"".join((head(said, tree.frame, tree.quantisation, scan.header), entropy, EOI))


def is_written_by_us(said: Said, tree: Jpeg) -> bool:
    """Whether a file has exactly the markers that we would write for it, and nothing else."""
    if len(tree.scans) != 1 or not tree.has_end or tree.end != len(tree.data):
        return False
    if tree.frame.coding is not Coding.BASELINE:
        return False
    (scan,) = tree.scans
    markers = _markers(said, tree.frame)
    if len(markers) != len(tree.segments):
        return False
    expected = b"".join((SOI, *markers, _coding(tree.frame, tree.quantisation, scan.header)))
    return scan.start == len(expected) and scan.end + len(EOI) == tree.end and tree.data.startswith(expected)


def _markers(said: Said, frame: Frame) -> list[bytes]:
    """What is said beside the picture."""
    out = []
    if len(frame.components) != 3 or said.adobe is None:  # under JFIF, three components are YCbCr
        out.append(write(0xE0, b"JFIF\0\1\1" + pack(">BHH", *said.density) + b"\0\0"))
    if said.orientation != UPRIGHT or said.facts:
        out.append(write(0xE1, b"Exif\0\0" + exif_facts.write(said.orientation, said.facts)))
    if said.profile is not None:
        out.append(write(0xE2, b"ICC_PROFILE\0\1\1" + said.profile))
    if said.adobe is not None:
        out.append(write(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([said.adobe])))
    return out


def _coding(frame: Frame, quantisation: Mapping[int, Table], scan: bytes) -> bytes:
    """What a decoder needs."""
    return _quantisation(quantisation) + _frame(frame) + _scan(scan)


@cache
def _around_frame(quality: int, components: int) -> tuple[bytes, bytes]:
    """The same before and behind the frame, as encoders of planes write it."""
    return _quantisation(dict(enumerate(tables_of(quality)[:components]))), _scan(_SCANS[components])


def _quantisation(tables: Mapping[int, Table]) -> bytes:
    return b"".join(
        write(DQT, bytes((number, *(min(value, _MOST_STEP) for value in table))))
        for number, table in sorted(tables.items())
    )


def _frame(frame: Frame) -> bytes:
    body = pack(">BHHB", frame.precision, frame.height, frame.width, len(frame.components))
    return write(
        Coding.BASELINE, body + b"".join(bytes((c.id, c.across << 4 | c.down, c.table)) for c in frame.components)
    )


def _scan(header: bytes) -> bytes:
    """A scan's header behind the Huffman tables that it chooses."""
    chosen = header[2 : 2 + 2 * header[0] : 2]
    numbers = [number for number in (0, 1) if number * 17 in chosen]
    tables = (write(DHT, HUFFMAN[kind | number]) for number in numbers for kind in (0x00, 0x10))
    return b"".join(tables) + write(SOS, header)

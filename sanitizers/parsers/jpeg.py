"""The markers of a JPEG file: what is coded, what is said beside it, and where it ends.

Every table and every header that a decoder will read is checked here first; `bare()` writes these and nothing else, so
that no decoder ever sees metadata. Entropy-coded data is only measured: decoding it is a codec's work.

Source: ITU-T T.81 (1992) Annex B; the reading of colour from markers is libjpeg's, which all viewers follow.
Trust: every byte is hostile.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from struct import Struct
from types import MappingProxyType
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.jpeg_tables import (
    CHECKS,
    COM,
    DHT,
    DNL,
    DQT,
    SOS,
    Frame,
    Segment,
    frame,
    huffman_tables,
    quantisation_tables,
    scan_header,
)
from sanitizers.parsers.patterns import finder

SOI: Final = b"\xff\xd8"
EOI: Final = b"\xff\xd9"
_SAID: Final = frozenset((COM, *range(0xE0, 0xF0)))
_KNOWN: Final = frozenset((SOS, DQT, DHT, *CHECKS, *range(0xC0, 0xD0), *_SAID))
_MAX_SEGMENTS: Final = 20_000  # a C2PA manifest of a gigabyte
_NO_MARKER: Final = (b"\0", b"\xff", b"")  # behind 0xFF
_MARKER: Final = re.compile(rb"\xff[^\x00\xff]")
_end_of_scan: Final = finder(rb"\xff[^\x00\xd0-\xd7\xff]")
_LENGTH: Final = Struct(">H")
_BARE_JFIF: Final = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


class Space(Enum):
    """What the components mean."""

    GRAY = "gray"
    YCBCR = "YCbCr"
    RGB = "RGB"
    CMYK = "CMYK"
    YCCK = "YCCK"


@dataclass(frozen=True, slots=True)
class Scan:
    """One pass of entropy-coded data, `start` to `end`, with its header."""

    at: int
    header: bytes
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A JPEG file taken apart. `coded` is what a decoder needs, in order; `segments` is all that is said beside it."""

    data: bytes = field(repr=False)
    frame: Frame
    coded: tuple[Segment | Scan, ...]
    segments: tuple[Segment, ...]
    quantisation: Mapping[int, tuple[int, ...]]  # by table number, in zigzag order, as last defined
    huffman: Mapping[int, bytes]  # by class and number, as last defined, each with its own head
    stray: tuple[int, int]  # offset of the first bytes between segments that belong to nothing, and how many in all
    end: int  # offset behind the end marker, or of the end of data when there is none
    has_end: bool

    @property
    def scans(self) -> tuple[Scan, ...]:
        return tuple(part for part in self.coded if isinstance(part, Scan))

    @property
    def space(self) -> Space:
        """What the components mean, by the rules of libjpeg (jdapimin.c)."""
        components = self.frame.components
        if len(components) == 1:
            return Space.GRAY
        adobe = self.adobe_transform
        if len(components) == 4:
            return Space.CMYK if adobe in (None, 0) else Space.YCCK
        if self.first(0xE0, b"JFIF\0", 14) or adobe:
            return Space.YCBCR
        letters = bytes(component.id for component in components) == b"RGB"
        return Space.RGB if adobe == 0 or letters else Space.YCBCR

    @property
    def adobe_transform(self) -> int | None:
        """The colour transform that an Adobe marker names; None without one."""
        adobe = self.first(0xEE, b"Adobe", 12)
        return adobe.body[11] if adobe else None

    def first(self, marker: int, start: bytes, least: int = 0) -> Segment | None:
        """The first segment of this marker whose body starts so and is at least so long."""
        for segment in self.segments:
            if segment.marker == marker and segment.body.startswith(start) and len(segment.body) >= least:
                return segment
        return None

    def bare(self) -> bytes:
        """A JPEG of this picture alone: tables, frame and scans, and the one marker that says what its colours mean."""
        out: list[bytes | memoryview] = [SOI]
        if self.space is Space.YCBCR:
            out.append(_BARE_JFIF)
        elif self.adobe_transform is not None and self.space is not Space.GRAY:
            out.append(write(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([self.adobe_transform])))
        view = memoryview(self.data)
        for part in self.coded:
            if isinstance(part, Scan):
                out += (write(SOS, part.header), view[part.start : part.end])
            else:
                out.append(write(part.marker, part.body))
        out.append(EOI)
        return b"".join(out)


def write(marker: int, body: bytes) -> bytes:
    """A segment with its marker and length."""
    return bytes((0xFF, marker)) + _LENGTH.pack(len(body) + 2) + body


def parse(untrusted: bytes, budget: Budget) -> Jpeg:
    """Take a JPEG file apart. Raises MalformedError, UnsupportedError or LimitError, before anything is decoded."""
    if not untrusted.startswith(SOI):
        raise MalformedError("no start marker")
    return _Walk(untrusted, budget).run()


class _Walk:
    """One pass over the markers."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data, self.budget, self.at = data, budget, len(SOI)
        self.frame: Frame | None = None
        self.coded: list[Segment | Scan] = []
        self.segments: list[Segment] = []
        self.quantisation: dict[int, tuple[int, ...]] = {}
        self.huffman: dict[int, bytes] = {}
        self.stray: tuple[int, int] = (0, 0)
        self.scans = 0

    def run(self) -> Jpeg:
        has_end = False
        for _ in range(_MAX_SEGMENTS):
            marker = self._next_marker()
            if marker is None or marker == EOI[1]:
                has_end = marker is not None
                break
            self._take(marker)
        else:
            raise LimitError(f"more than {_MAX_SEGMENTS} segments")
        if self.frame is None or not self.scans:
            raise MalformedError("no picture before the end")
        return Jpeg(
            data=self.data, frame=self.frame, coded=tuple(self.coded), segments=tuple(self.segments),
            quantisation=MappingProxyType(self.quantisation), huffman=MappingProxyType(self.huffman),
            stray=self.stray, end=self.at, has_end=has_end,
        )  # fmt: skip

    def _next_marker(self) -> int | None:
        """The next marker's code, `at` behind it; None at the end of data. Bytes on the way are noted and left out."""
        data, at = self.data, self.at
        if data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] not in _NO_MARKER:
            self.at = at + 2
            return data[at + 1]
        found = _MARKER.search(self.data, self.at)
        stop = found.start() if found else len(self.data)
        if stop > self.at and (between := self.data[self.at : stop].strip(b"\xff")):
            self.stray = (self.stray[0] or self.at, self.stray[1] + len(between))
        if found is None:
            self.at = stop
            return None
        self.at = found.end()
        return self.data[found.start() + 1]

    def _take(self, marker: int) -> None:
        at = self.at - 2
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # stand alone and say nothing outside of a scan
            self.stray = (self.stray[0] or at, self.stray[1] + 2)
            return
        if marker not in _KNOWN:
            raise MalformedError(f"marker {marker:#04x} at {at}")
        segment = Segment(marker, at, self._body())
        if marker in _SAID:
            self.segments.append(segment)
        elif marker == DQT:
            self.quantisation |= quantisation_tables(segment.body)
            self.coded.append(segment)
        elif marker == DHT:
            self.huffman |= huffman_tables(segment.body)
            self.coded.append(segment)
        elif marker == SOS:
            self._take_scan(segment)
        elif marker in CHECKS:
            CHECKS[marker](segment.body)
            if marker != DNL:  # the number of lines stands in the frame, or decoders refuse the file
                self.coded.append(segment)
        else:
            self._take_frame(segment)

    def _body(self) -> bytes:
        at, data = self.at, self.data
        if at + 2 > len(data):
            raise MalformedError(f"cut off at {at}")
        self.at = end = at + (data[at] << 8 | data[at + 1])
        if end < at + 2 or end > len(data):
            raise MalformedError(f"a segment of {end - at} bytes at {at}")
        return data[at + 2 : end]

    def _take_frame(self, segment: Segment) -> None:
        if self.frame is not None:
            raise MalformedError(f"a second frame at {segment.at}")
        self.frame = frame(segment)
        self.budget.draw(self.frame.width, self.frame.height)
        self.coded.append(segment)

    def _take_scan(self, segment: Segment) -> None:
        if self.frame is None:
            raise MalformedError(f"a scan before the frame at {segment.at}")
        self.scans += 1
        if self.scans > self.budget.limits.max_scans:
            raise LimitError(f"more than {self.budget.limits.max_scans} scans")
        header = scan_header(segment, self.frame)
        stop = _end_of_scan(self.data, self.at, len(self.data))
        if stop < 0:
            stop = len(self.data)
        self.coded.append(Scan(segment.at, header, self.at, stop))
        self.at = stop

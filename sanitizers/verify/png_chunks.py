"""The chunks around the pixels of a PNG that may pass, and what each may say. Everything else is refused (IMG-13).

Source: PNG, third edition (W3C 2025), 5.6 (order), 11.2 and 11.3 (contents); ITU-T H.273 for cICP.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final

from sanitizers.model import Check
from sanitizers.verify import deflated, icc
from sanitizers.verify.court import require
from sanitizers.verify.orientation import ORIENTATIONS

_MAX_ICC_INFLATED: Final = 64 << 10
_WHOLE: Final = 100_000  # chromaticities and gamma are in hundred-thousandths
_DARKEST_GAMMA, _BRIGHTEST_GAMMA = 10_000, 500_000  # beyond: a second picture for readers that apply it (IMG-17)


class Stage(IntEnum):
    """How far a file has come; it never goes back."""

    COLOURS = 1  # after IHDR
    PALETTE = 2  # PLTE was there, or something that must follow it
    PIXELS = 3  # IDAT
    FRAMES = 4  # fcTL and fdAT after it
    ENDED = 5


@dataclass(slots=True)
class Header:
    """IHDR, and what later chunks add to it."""

    GREY: ClassVar[int] = 0
    TRUE: ClassVar[int] = 2
    INDEXED: ClassVar[int] = 3
    GREY_ALPHA: ClassVar[int] = 4
    TRUE_ALPHA: ClassVar[int] = 6

    width: int
    height: int
    depth: int
    colour: int
    is_interlaced: bool
    palette: int = 0  # entries
    seen: set[bytes] = field(default_factory=set)

    @property
    def samples(self) -> int:
        return {self.GREY: 1, self.TRUE: 3, self.INDEXED: 1, self.GREY_ALPHA: 2, self.TRUE_ALPHA: 4}[self.colour]

    @property
    def pixel_bits(self) -> int:
        return self.samples * self.depth

    @property
    def is_grey(self) -> bool:
        return self.colour in (self.GREY, self.GREY_ALPHA)


_DEPTHS: Final[Mapping[int, tuple[int, ...]]] = {
    Header.GREY: (1, 2, 4, 8, 16),
    Header.TRUE: (8, 16),
    Header.INDEXED: (1, 2, 4, 8),
    Header.GREY_ALPHA: (8, 16),
    Header.TRUE_ALPHA: (8, 16),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of chunk: the last stage where it may stand, the stage it brings about, and its contents."""

    latest: Stage
    stage_after: Stage
    fits: Callable[[bytes, Header], bool]


def header(body: bytes) -> Header:
    """11.2.1 IHDR. Raises Refused."""
    require(len(body) == 13, Check.IMAGE, "IHDR")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    require(0 < width < 1 << 31 and 0 < height < 1 << 31, Check.IMAGE, "IHDR size")
    require(depth in _DEPTHS.get(colour, ()), Check.IMAGE, "IHDR depth or colour type")
    require(not compression and not filtering and interlace <= 1, Check.IMAGE, "IHDR method")
    return Header(width, height, depth, colour, bool(interlace))


def _palette(body: bytes, head: Header) -> bool:
    entries, rest = divmod(len(body), 3)
    head.palette = entries
    most = 1 << min(head.depth, 8)
    return not rest and not head.is_grey and 1 <= entries <= (most if head.colour == Header.INDEXED else 256)


def _transparency(body: bytes, head: Header) -> bool:
    if head.colour == Header.INDEXED:
        return 1 <= len(body) <= head.palette
    return head.colour in (Header.GREY, Header.TRUE) and _are_samples(body, head.samples, head.depth)


def _background(body: bytes, head: Header) -> bool:
    if head.colour == Header.INDEXED:
        return len(body) == 1 and body[0] < head.palette
    return _are_samples(body, 1 if head.is_grey else 3, head.depth)


def _are_samples(body: bytes, count: int, depth: int) -> bool:
    return len(body) == 2 * count and all(value < 1 << depth for value in struct.unpack(f">{count}H", body))


def _histogram(body: bytes, head: Header) -> bool:
    return head.palette > 0 and len(body) == 2 * head.palette


def _chromaticities(body: bytes, _head: Header) -> bool:
    return len(body) == 32 and all(value <= _WHOLE for value in struct.unpack(">8I", body))


def _gamma(body: bytes, _head: Header) -> bool:
    return len(body) == 4 and _DARKEST_GAMMA <= int.from_bytes(body, "big") <= _BRIGHTEST_GAMMA


def _standard(body: bytes, head: Header) -> bool:
    return len(body) == 1 and body[0] <= 3 and b"iCCP" not in head.seen


def _profile(body: bytes, head: Header) -> bool:
    """11.3.2.3: name, method, zlib stream."""
    name, _, rest = body.partition(b"\0")
    text = name.decode("latin-1")
    is_plain = 1 <= len(name) <= 79 and text.isprintable() and text == " ".join(text.split())
    if not is_plain or b"sRGB" in head.seen or rest[:1] != b"\0":
        return False
    try:
        profile = deflated.inflate(rest[1:], _MAX_ICC_INFLATED)
    except deflated.Broken:
        return False
    if not profile.is_whole:
        return False
    icc.check(profile.plain, 1 if head.is_grey else 3)
    return True


def _code_points(body: bytes, _head: Header) -> bool:
    """11.3.2.6 cICP: colours by number; RGB only, full or narrow range."""
    known = len(body) == 4 and body[0] in _PRIMARIES and body[1] in _TRANSFERS
    return known and body[2] == 0 and body[3] <= 1


_PRIMARIES: Final = frozenset({1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
_TRANSFERS: Final = frozenset({1, 2, *range(4, 19)})


def _significant(body: bytes, head: Header) -> bool:
    depth = 8 if head.colour == Header.INDEXED else head.depth
    samples = 3 if head.colour == Header.INDEXED else head.samples
    return len(body) == samples and all(1 <= bits <= depth for bits in body)


def _density(body: bytes, _head: Header) -> bool:
    return len(body) == 9 and body[8] <= 1 and all(v < 1 << 31 for v in struct.unpack(">II", body[:8]))


def _exif(body: bytes, _head: Header) -> bool:
    return body in ORIENTATIONS


RULES: Final[Mapping[bytes, Rule]] = {
    b"cHRM": Rule(Stage.COLOURS, Stage.COLOURS, _chromaticities),
    b"gAMA": Rule(Stage.COLOURS, Stage.COLOURS, _gamma),
    b"sRGB": Rule(Stage.COLOURS, Stage.COLOURS, _standard),
    b"iCCP": Rule(Stage.COLOURS, Stage.COLOURS, _profile),
    b"cICP": Rule(Stage.COLOURS, Stage.COLOURS, _code_points),
    b"sBIT": Rule(Stage.COLOURS, Stage.COLOURS, _significant),
    b"PLTE": Rule(Stage.COLOURS, Stage.PALETTE, _palette),
    b"tRNS": Rule(Stage.PALETTE, Stage.PALETTE, _transparency),
    b"bKGD": Rule(Stage.PALETTE, Stage.PALETTE, _background),
    b"hIST": Rule(Stage.PALETTE, Stage.PALETTE, _histogram),
    b"pHYs": Rule(Stage.PALETTE, Stage.COLOURS, _density),
    b"eXIf": Rule(Stage.PALETTE, Stage.COLOURS, _exif),
}

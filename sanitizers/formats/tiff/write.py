"""Our one way to write a TIFF: classic, little-endian, each page as strips, then its directory and its values.

Tags of a page, in order: 254, 256 to 259, 262, 273, [274], 277 to 279, [282, 283, 296], [297], [317], [320], [338],
[339], [530], [34675]. Nothing stands between the parts but a zero where an offset would be odd.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from struct import pack
from typing import Final

from sanitizers.codecs.deflate import deflate_zlib_steady
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.exif import UPRIGHT
from sanitizers.formats.marks import spells_script
from sanitizers.parsers import tiff_page as tags

FAX, JPEG, DEFLATE = 4, 7, 8  # the compressions that we write
_LEVELS: Final = (1, 3, 6, 9)  # of libdeflate: ISA-L gave one strip another match in two of forty processes
_STRIP_BYTES: Final = 1 << 18  # unpacked, at most where a row is shorter
_MAX_FILE_BYTES: Final = (1 << 32) - 1
_SHORT, _LONG, _RATIONAL, _UNDEFINED = 3, 4, 5, 7
_SIZES: Final = {_SHORT: "H", _LONG: "I"}
_HEADER: Final = pack("<2sHI", b"II", 42, 0)
_WHOLE: Final = 0  # a page that is no smaller copy; where it is not said, ExifTool takes JPEG for a preview
_HUNDREDTHS: Final = 100  # that densities are written in


@dataclass(frozen=True, slots=True)
class Density:
    """Dots an inch (2), a centimetre (3), or no unit but their shape (1); in hundredths."""

    across: int
    down: int
    unit: int


@dataclass(frozen=True, slots=True)
class SafePage:
    """One page: its strips as they are coded, and all that is said about them."""

    width: int
    height: int
    bits: int
    samples: int
    photometric: int
    compression: int
    rows_per_strip: int
    strips: tuple[bytes, ...] = field(repr=False)
    predictor: int = 1
    orientation: int = UPRIGHT
    density: Density | None = None
    colour_map: tuple[int, ...] = field(default=(), repr=False)
    alpha: int | None = None  # 1: colours are multiplied by it, 2: they are not
    sample_format: int = 1
    chroma_sampling: tuple[int, int] | None = None
    profile: bytes | None = field(default=None, repr=False)  # one of colour.PROFILES


@dataclass(frozen=True, slots=True)
class SafeTiff:
    """The pages, in order."""

    pages: tuple[SafePage, ...]


def rows_per_strip(row_bytes: int, height: int) -> int:
    """How many rows a strip of ours has, of a page with such rows."""
    return min(max(1, _STRIP_BYTES // row_bytes), height)


def deflated(rows: bytes) -> bytes:
    """A strip that spells no script. Raises MalformedError when rows are made so that every one of ours does."""
    for level in _LEVELS:
        packed = deflate_zlib_steady(rows, level)
        if not spells_script(packed):
            return packed
    raise MalformedError("pixels that spell a script")


def write(safe: SafeTiff) -> bytes:
    """The file. The same pages give the same bytes. Raises LimitError for more than offsets can reach."""
    out = [_HEADER]
    at = len(_HEADER)
    links: list[tuple[int, int]] = []  # where the offset of a directory goes, by its place in `out`
    for number, page in enumerate(safe.pages):
        starts = []
        for strip in page.strips:
            starts.append(at)
            out.append(strip + bytes(len(strip) % 2))
            at += len(out[-1])
        links.append((len(out), at))
        out.append(_directory(page, starts, at, (number, len(safe.pages))))
        at += len(out[-1])
    if at > _MAX_FILE_BYTES:
        raise LimitError(f"a TIFF of {at} bytes")
    out[0] = _HEADER[:4] + pack("<I", links[0][1])
    for (place, _), (_, after) in pairwise(links):
        out[place] = _linked(out[place], after)
    return b"".join(out)


def _linked(directory: bytes, after: int) -> bytes:
    """A directory with the offset of the next one, which stands behind its entries."""
    end = 2 + 12 * int.from_bytes(directory[:2], "little")
    return directory[:end] + pack("<I", after) + directory[end + 4 :]


def _directory(page: SafePage, starts: list[int], at: int, number: tuple[int, int]) -> bytes:
    entries = _entries(page, starts, number)
    behind = at + 2 + 12 * len(entries) + 4
    heads, values = [], b""
    for tag, (kind, count, value) in sorted(entries.items()):
        if len(value) > 4:
            place = behind + len(values)
            values += value + bytes(len(value) % 2)
            value = pack("<I", place)
        heads.append(pack("<HHI4s", tag, kind, count, value))
    return b"".join((pack("<H", len(entries)), *heads, bytes(4), values))


def _entries(page: SafePage, starts: list[int], number: tuple[int, int]) -> dict[int, tuple[int, int, bytes]]:
    """Type, count and value by tag."""
    found: dict[int, tuple[int, int, bytes]] = {}

    def say(tag: int, kind: int, *values: int) -> None:
        found[tag] = kind, len(values), pack(f"<{len(values)}{_SIZES[kind]}", *values)

    say(tags.SUBFILE, _LONG, _WHOLE)
    say(tags.WIDTH, _LONG, page.width)
    say(tags.HEIGHT, _LONG, page.height)
    say(tags.BITS, _SHORT, *(page.bits,) * page.samples)
    say(tags.COMPRESSION, _SHORT, page.compression)
    say(tags.PHOTOMETRIC, _SHORT, page.photometric)
    say(tags.STRIPS, _LONG, *starts)
    say(tags.SAMPLES, _SHORT, page.samples)
    say(tags.ROWS_PER_STRIP, _LONG, page.rows_per_strip)
    say(tags.STRIP_BYTES, _LONG, *map(len, page.strips))
    if page.orientation != UPRIGHT:
        say(tags.ORIENTATION, _SHORT, page.orientation)
    if page.density is not None:
        for tag, dots in ((tags.X_DENSITY, page.density.across), (tags.Y_DENSITY, page.density.down)):
            found[tag] = _RATIONAL, 1, pack("<II", dots, _HUNDREDTHS)
        say(tags.DENSITY_UNIT, _SHORT, page.density.unit)
    if number[1] > 1:
        say(tags.PAGE_NUMBER, _SHORT, *number)
    if page.predictor != 1:
        say(tags.PREDICTOR, _SHORT, page.predictor)
    if page.colour_map:
        say(tags.COLOUR_MAP, _SHORT, *page.colour_map)
    if page.alpha is not None:
        say(tags.EXTRA, _SHORT, page.alpha)
    if page.sample_format != 1:
        say(tags.SAMPLE_FORMAT, _SHORT, *(page.sample_format,) * page.samples)
    if page.chroma_sampling is not None:
        say(tags.CHROMA_SAMPLING, _SHORT, *page.chroma_sampling)
    if page.profile is not None:
        found[tags.PROFILE] = _UNDEFINED, len(page.profile), page.profile
    return found

"""The directory of an ICO or CUR file, held against its members: PNG files, or bitmaps with a mask behind them.

Source: Windows resource file formats, GRPICONDIR and ICONDIR; [MS-WMF] 2.2.2 for the bitmaps.
Trust: every byte is hostile.
"""

from dataclasses import dataclass, field, replace
from enum import IntEnum
from struct import Struct
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.parsers import bmp, png
from sanitizers.parsers.bmp import Coding, Dib
from sanitizers.parsers.png import Png
from sanitizers.parsers.spans import Span, overlap, unclaimed

_HEAD: Final = Struct("<HHH")
_ENTRY: Final = Struct("<BBBBHHII")
_WHOLE: Final = 256  # what a size of 0 means


class Kind(IntEnum):
    """What the members are for."""

    ICON = 1
    CURSOR = 2


@dataclass(frozen=True, slots=True)
class Bitmap:
    """A member without a file of its own: pixels, and a mask of those that let the ground through."""

    dib: Dib  # of the pixels alone
    palette: bytes = field(repr=False)
    pixels: memoryview = field(repr=False)
    mask: memoryview | None = field(repr=False)
    behind: int  # bytes behind the mask that are not zero, and all between


@dataclass(frozen=True, slots=True)
class Member:
    """One picture. `hotspot` is the pixel that points, of a cursor."""

    number: int
    size: tuple[int, int]  # as the directory says
    hotspot: tuple[int, int]
    picture: Png | Bitmap


@dataclass(frozen=True, slots=True)
class Icon:
    """An ICO or CUR file taken apart."""

    data: bytes = field(repr=False)
    kind: Kind
    members: tuple[Member, ...]
    faults: tuple[tuple[int, str], ...]  # members that are none: number, why
    gaps: tuple[Span, ...]  # bytes that no member claims, in front of the last one
    end: int  # offset behind the last member


def parse(untrusted: bytes, budget: Budget) -> Icon:
    """Take a file apart. Raises MalformedError, or LimitError before a pixel is looked at."""
    if len(untrusted) < _HEAD.size:
        raise MalformedError("cut off")
    reserved, kind, count = _HEAD.unpack_from(untrusted)
    first = _HEAD.size + count * _ENTRY.size
    if reserved or kind not in tuple(Kind) or not count or first > len(untrusted):
        raise MalformedError(f"a directory of {count} members of kind {kind}")
    budget.draw(1, 1, count)
    spans: list[Span] = [(0, first)]
    members: list[Member] = []
    faults: list[tuple[int, str]] = []
    for number in range(1, count + 1):
        width, height, _, _, x, y, size, offset = _ENTRY.unpack_from(untrusted, _HEAD.size + (number - 1) * _ENTRY.size)
        if offset + size > len(untrusted) or not size:
            faults.append((number, "beyond the end"))
            continue
        spans.append((offset, offset + size))
        try:
            picture = _read(memoryview(untrusted)[offset : offset + size], budget)
        except (MalformedError, UnsupportedError) as error:
            faults.append((number, str(error)))
            continue
        hotspot = (x, y) if kind == Kind.CURSOR else (0, 0)
        members.append(Member(number, (width or _WHOLE, height or _WHOLE), hotspot, picture))
    if overlap(spans):
        raise MalformedError("members that share bytes")
    if not members:
        raise MalformedError(f"no member is a picture: {faults[0][1]}")
    end = max(to for _, to in spans)
    return Icon(untrusted, Kind(kind), tuple(members), tuple(faults), tuple(unclaimed(spans, end)), end)


def _read(data: memoryview, budget: Budget) -> Png | Bitmap:
    if bytes(data[:8]) == png.SIGNATURE:
        return png.parse(bytes(data), budget)
    whole = bmp.read_header(data)
    budget.draw(whole.width, whole.height)
    if whole.coding is not Coding.RAW or whole.is_top_down or whole.height % 2:
        raise MalformedError(f"a bitmap of {whole.height} rows as {whole.coding.value}")
    dib = replace(whole, height=whole.height // 2)
    start = dib.header_bytes + dib.masks_behind
    palette = bmp.read_palette(data[start:], dib)
    start += max(len(palette) // 3, dib.declared_colours) * dib.colour_bytes
    end = start + dib.stride * dib.height
    if end > len(data):
        raise MalformedError(f"{len(data)} bytes for pixels up to {end}")
    mask_end = end + mask_stride(dib.width) * dib.height
    mask = data[end:mask_end] if mask_end <= len(data) else None
    if mask is None and dib.depth != 32:
        raise MalformedError("no mask")
    rest = data[mask_end:] if mask is not None else data[end:]
    return Bitmap(dib, palette, data[start:end], mask, len(rest) if any(rest) else 0)


def mask_stride(width: int) -> int:
    """Bytes of a row of the mask."""
    return (width + 31) // 32 * 4


def directory(kind: Kind, entries: list[tuple[tuple[int, int], int, tuple[int, int], int]]) -> bytes:
    """The head of a file whose members follow: the size, colours, hotspot or planes and depth, and bytes of each."""
    offset = _HEAD.size + len(entries) * _ENTRY.size
    out = [_HEAD.pack(0, kind, len(entries))]
    for (width, height), colours, words, size in entries:
        sides = (side if side < _WHOLE else 0 for side in (width, height))
        out.append(_ENTRY.pack(*sides, colours, 0, *words, size, offset))
        offset += size
    return b"".join(out)

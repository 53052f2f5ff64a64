"""The headers of a BMP file, in all their sizes, its palette, and where its pixels and its colour profile are.

A device-independent bitmap without the file header, as icons hold it, is read by the same code. No pixel is read here.

Source: [MS-WMF] 2.2.2, BITMAPV5HEADER, and OS/2 2.0 Presentation Manager, GpiQueryBitmapBits; bmpsuite 2.8 for what
programs write. Trust: every byte is hostile.
"""

import struct
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.parsers.spans import Span, overlap, unclaimed

FILE_HEADER_BYTES: Final = 14
_CORE: Final = 12
_INFO: Final = 40
_V3: Final = (52, 56)
_V4: Final = 108
_V5: Final = 124
_OS2: Final = range(16, 65)  # any header of OS/2 2.x may end early
_INFO_FIELDS: Final = struct.Struct("<iiHHIIiiII")
_MAX_SIDE: Final = (1 << 31) - 1


class Coding(Enum):
    """How the pixels are stored."""

    RAW = "uncompressed"
    RLE8 = "runs of bytes"
    RLE4 = "runs of half bytes"
    RLE24 = "runs of colours"
    HUFFMAN = "fax runs"
    JPEG = "a JPEG file"
    PNG = "a PNG file"


class Space(Enum):
    """What colours mean (bV4CSType)."""

    UNSAID = "not said"
    CALIBRATED = "end points and gammas"
    EMBEDDED = "a profile in the file"
    LINKED = "a profile in another file"


Masks = tuple[int, int, int, int]  # red, green, blue, alpha; 0: not there

_CODINGS: Final = {
    0: Coding.RAW,
    1: Coding.RLE8,
    2: Coding.RLE4,
    3: Coding.RAW,
    4: Coding.JPEG,
    5: Coding.PNG,
    6: Coding.RAW,
}
_OS2_CODINGS: Final = {0: Coding.RAW, 1: Coding.RLE8, 2: Coding.RLE4, 3: Coding.HUFFMAN, 4: Coding.RLE24}
_DEPTHS: Final = {
    Coding.RAW: (1, 2, 4, 8, 16, 24, 32),
    Coding.RLE8: (8,),
    Coding.RLE4: (4,),
    Coding.RLE24: (24,),
    Coding.HUFFMAN: (1,),
    Coding.JPEG: (0, 24),
    Coding.PNG: (0, 24, 32),
}
_BITFIELDS: Final = (3, 6)
_SPACES: Final = {b"KNIL": Space.LINKED, b"DEBM": Space.EMBEDDED, b"\0\0\0\0": Space.CALIBRATED}
_USUAL_MASKS: Final[dict[int, Masks]] = {16: (0x7C00, 0x03E0, 0x001F, 0), 32: (0xFF0000, 0xFF00, 0xFF, 0)}
_NO_MASKS: Final[Masks] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Dib:
    """A bitmap's header."""

    header_bytes: int
    width: int
    height: int
    is_top_down: bool
    depth: int
    coding: Coding
    masks: Masks  # of 16 and 32 bits a pixel
    density: tuple[int, int]  # dots a metre; 0: not said
    image_bytes: int  # as declared; often 0
    declared_colours: int  # as declared; 0: as many as the depth allows
    space: Space
    profile: Span | None  # counted from the header's first byte
    masks_behind: int  # bytes of masks between header and palette

    @property
    def stride(self) -> int:
        """Bytes of one uncompressed row, with its padding."""
        return (self.width * self.depth + 31) // 32 * 4

    @property
    def row_bytes(self) -> int:
        """Bytes of one uncompressed row, without its padding."""
        return (self.width * self.depth + 7) // 8

    @property
    def colour_bytes(self) -> int:
        """Bytes of one palette entry."""
        return 3 if self.header_bytes == _CORE else 4

    @property
    def colours(self) -> int:
        """How many palette entries the pixels can use."""
        if self.depth > 8 or self.coding in (Coding.JPEG, Coding.PNG):
            return 0
        most = 1 << self.depth
        return min(self.declared_colours or most, most)


@dataclass(frozen=True, slots=True)
class Bmp:
    """A BMP file taken apart."""

    data: bytes = field(repr=False)
    dib: Dib
    palette: bytes = field(repr=False)  # RGB, as many colours as there are and pixels can use
    spare_colours: int  # bytes of palette that no pixel can use
    pixels: memoryview = field(repr=False)
    profile: bytes = field(repr=False)
    gaps: tuple[Span, ...]  # between the parts
    behind: int  # bytes behind the last part


def parse(untrusted: bytes, budget: Budget) -> Bmp:
    """Take a BMP file apart. Raises MalformedError, UnsupportedError, or LimitError before any pixel is looked at."""
    if not untrusted.startswith(b"BM") or len(untrusted) < FILE_HEADER_BYTES + _CORE:
        raise MalformedError("no file header")
    dib = read_header(memoryview(untrusted)[FILE_HEADER_BYTES:])
    budget.draw(dib.width, dib.height)
    head = FILE_HEADER_BYTES + dib.header_bytes + dib.masks_behind
    start = int.from_bytes(untrusted[10:14], "little") or head + dib.colours * dib.colour_bytes
    promised = dib.declared_colours if dib.declared_colours <= dib.colours else 0  # 0 and nonsense promise nothing
    if not head + promised * dib.colour_bytes <= start < len(untrusted):
        raise MalformedError(f"pixels at {start}")
    palette = read_palette(memoryview(untrusted)[head:start], dib)
    palette_end = head + len(palette) // 3 * dib.colour_bytes
    declared_end = min(head + dib.declared_colours * dib.colour_bytes, start)
    end = start + _pixel_bytes(dib, len(untrusted) - start)
    parts = [(0, max(palette_end, declared_end)), (start, end)]
    profile = b""
    if dib.profile is not None:
        at, to = (FILE_HEADER_BYTES + place for place in dib.profile)
        parts.append((at, to))
        profile = untrusted[at:to]
        if to > len(untrusted) or overlap(parts):
            raise MalformedError(f"a profile at {at}")
    last = max(to for _, to in parts)
    return Bmp(
        data=untrusted, dib=dib, palette=palette, spare_colours=max(0, declared_end - palette_end),
        pixels=memoryview(untrusted)[start:end], profile=profile,
        gaps=tuple(span for span in unclaimed(parts, last)), behind=len(untrusted) - last,
    )  # fmt: skip


def read_header(data: memoryview) -> Dib:
    """The header that stands at the start of these bytes, of any version. Raises MalformedError, UnsupportedError."""
    size = int.from_bytes(data[:4], "little")
    if size > len(data) or size not in (_CORE, *_OS2, _V4, _V5):
        raise MalformedError(f"a header of {size} bytes")
    if size == _CORE:
        width, height, planes, depth = struct.unpack_from("<HHHH", data, 4)
        return _checked(
            Dib(size, width, height, False, depth, Coding.RAW, _NO_MASKS, (0, 0), 0, 0, Space.UNSAID, None, 0), planes
        )
    fields = bytes(data[4 : min(size, _INFO)]).ljust(_INFO_FIELDS.size, b"\0")
    width, height, planes, depth, compression, image_bytes, across, down, colours, _ = _INFO_FIELDS.unpack(fields)
    is_os2 = size in _OS2 and size not in (_INFO, *_V3)
    coding = (_OS2_CODINGS if is_os2 else _CODINGS).get(compression)
    if coding is None:
        raise UnsupportedError(f"compression {compression}")
    has_masks = not is_os2 and compression in _BITFIELDS
    masks, behind = _read_masks(data, size, compression) if has_masks else (_USUAL_MASKS.get(depth, _NO_MASKS), 0)
    space, profile = _read_space(data, size)
    found = Dib(
        size, width, abs(height), height < 0, depth, coding, masks,
        (max(across, 0), max(down, 0)), image_bytes, colours, space, profile, behind,
    )  # fmt: skip
    return _checked(found, planes)


def _checked(dib: Dib, planes: int) -> Dib:
    if not (0 < dib.width <= _MAX_SIDE and 0 < dib.height <= _MAX_SIDE) or planes != 1:
        raise MalformedError(f"{dib.width} x {dib.height} pixels in {planes} planes")
    if dib.depth == 64:
        raise UnsupportedError("64 bits a pixel")
    if dib.depth not in _DEPTHS[dib.coding] or (dib.is_top_down and dib.coding is not Coding.RAW):
        raise MalformedError(f"{dib.depth} bits a pixel as {dib.coding.value}")
    if dib.depth in (16, 32):
        _check_masks(dib.masks, dib.depth)
    return dib


def _check_masks(masks: Masks, depth: int) -> None:
    """Each one run of bits, none shared, and some colour among them."""
    together = 0
    for mask in masks:
        run = mask // (mask & -mask) + 1 if mask else 1
        if run & (run - 1) or mask & together or mask >> depth:
            raise MalformedError("masks of colours")
        together |= mask
    if not any(masks[:3]):
        raise MalformedError("no colour has a mask")


def _read_masks(data: memoryview, size: int, compression: int) -> tuple[Masks, int]:
    """The masks in the header, or behind one that has no room for them; and how many bytes stand behind it."""
    count = 3 + (size >= 56 or (size == _INFO and compression == 6))
    behind = 4 * count if size == _INFO else 0
    if len(data) < _INFO + 4 * count:
        raise MalformedError("masks of colours")
    masks = struct.unpack_from(f"<{count}I", data, _INFO)
    return (masks[0], masks[1], masks[2], masks[3] if count == 4 else 0), behind


def _read_space(data: memoryview, size: int) -> tuple[Space, Span | None]:
    if size < _V4:
        return Space.UNSAID, None
    space = _SPACES.get(bytes(data[56:60]), Space.UNSAID)
    if size < _V5 or space not in (Space.LINKED, Space.EMBEDDED):
        return space, None
    at, length = struct.unpack_from("<II", data, 112)
    if not length:
        return Space.UNSAID, None
    if at < size:
        raise MalformedError(f"a profile at {at}")
    return space, (at, at + length)


def read_palette(data: memoryview, dib: Dib) -> bytes:
    """The colours at the start of these bytes, as RGB; fewer than the header says where there is no room for more."""
    step = dib.colour_bytes
    count = min(dib.colours, len(data) // step)
    raw = bytes(data[: count * step])
    palette = bytearray(3 * count)
    for place in range(3):
        palette[place::3] = raw[2 - place :: step]
    return bytes(palette)


def _pixel_bytes(dib: Dib, room: int) -> int:
    """How many of the bytes left belong to the pixels. Raises MalformedError when they are too few."""
    if dib.coding is not Coding.RAW:
        return min(dib.image_bytes or room, room)
    needed = dib.stride * (dib.height - 1) + dib.row_bytes  # some programs leave out the last row's padding
    if needed > room:
        raise MalformedError(f"{room} bytes of pixels in place of {needed}")
    return min(dib.stride * dib.height, room)

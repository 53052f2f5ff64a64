"""Strips and tiles of a page unpacked to rows: what any coding but JPEG holds, in the order of a page without planes.

Nothing is drawn: bytes come out as samples stand in them, horizontal differences included. Deflate is unpacked here;
the other codings by libtiff, inside Pillow, which gets a file of ours with no more in it than a strip of gray bytes.

Source: TIFF 6.0 sections 7 to 15.
"""

import io
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from PIL import TiffImagePlugin

from sanitizers.codecs.deflate import inflate_zlib
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.tiff import depths, layouts
from sanitizers.parsers.tiff_page import CHROMA_SAMPLING, COMPRESSION, FILL_ORDER, T4_OPTIONS, Page

NONE: Final = 1
FAX: Final = (2, 3, 4, 32771)  # of pixels of one bit
_DEFLATE: Final = (8, 32946)
_BY_LIBTIFF: Final = (5, 32773, 34925, 50000)  # LZW, PackBits, LZMA, Zstandard
_PILLOW_ERRORS: Final = (OSError, SyntaxError, ValueError, KeyError, IndexError, TypeError, EOFError, struct.error)
_GROUP_BYTES: Final = 4 << 20  # unpacked at once where blocks are small
_REVERSED: Final = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_WORDS: Final = {8: "B", 16: "H", 32: "I", 64: "Q"}  # samples that differences are taken of
_LONG: Final = 4
_GRAYS, _PALETTE, _YCBCR = (0, 1), 3, 6  # photometrics
_FLOATS: Final = 3  # a predictor
_NO_DIFFERENCES: Final = 1
_RARE_BITS: Final = (3, 5, 6, 7, *range(9, 16))
_UNSIGNED: Final = (1, 4)  # 4: said to be nothing, and shown as numbers


class Rows:
    """The rows of a page, a few at a time. `slack` counts the blocks that hold more than their rows."""

    def __init__(self, page: Page, data: bytes, is_big_endian: bool) -> None:
        self.page, self.view = page, memoryview(data)
        self.is_swapped = is_big_endian and page.bits in (16, 32, 64) and page.predictor != _FLOATS
        self.slack = 0
        self.planes = page.samples if page.is_planar else 1
        self.samples = 1 if page.is_planar else page.samples  # of one plane
        if page.compression not in (NONE, *FAX, *_DEFLATE, *_BY_LIBTIFF):
            raise UnsupportedError(f"compression {page.compression}")
        if page.compression in FAX and (page.bits, self.samples) != (1, 1):
            raise MalformedError("a fax of more than black and white")
        if page.predictor not in (1, 2, _FLOATS) or (page.predictor == _FLOATS and page.bits not in (16, 32, 64)):
            raise UnsupportedError(f"predictor {page.predictor}")
        if page.predictor == 2 and page.bits not in _WORDS:
            raise UnsupportedError(f"differences of {page.bits} bits")
        if page.is_tiled and page.block_width * self.samples * page.bits % 8:
            raise UnsupportedError("tiles of no whole bytes")
        self.sampling = _sampling(page)
        self.shown = page  # as its rows come out of here
        if _is_rare(page):
            self.shown = replace(page, bits=8)
        elif page.predictor == _FLOATS and page.is_tiled:
            self.shown = replace(page, predictor=_NO_DIFFERENCES)
        elif page.is_planar and page.bits % 8:
            raise UnsupportedError("planes of no whole bytes")

    @property
    def row_bytes(self) -> int:
        """Of one row, all planes together."""
        return self.shown.row_bytes(self.page.width, self.page.samples)

    def __iter__(self) -> Iterator[bytes]:
        """Runs of whole rows, from the top. Raises MalformedError."""
        page = self.page
        block_bytes = page.row_bytes(page.block_width, self.samples) * page.block_height
        group = max(1, _GROUP_BYTES // (block_bytes * page.across * self.planes))
        for first in range(0, page.down, group):
            lines = range(first, min(first + group, page.down))
            planes = [self._plane(number, lines) for number in range(self.planes)]
            if self.shown.bits != page.bits:
                planes = [depths.in_bytes(plane, page.width * self.samples, page.bits) for plane in planes]
            yield planes[0] if self.planes == 1 else _interleaved(planes, self.shown.bits // 8)

    def _plane(self, number: int, lines: range) -> bytes:
        """The rows of one plane in some lines of blocks."""
        page = self.page
        first = number * page.across * page.down
        places = [first + line * page.across + column for line in lines for column in range(page.across)]
        heights = [self._height(line) for line in lines for _ in range(page.across)]
        parts = self._unpack([self._block(place) for place in places], heights)
        if not page.is_tiled:
            return b"".join(parts)
        row = page.row_bytes(page.block_width, self.samples)
        whole = page.row_bytes(page.width, self.samples)
        out: list[bytes] = []
        for at, line in enumerate(lines):
            tiles = parts[at * page.across : (at + 1) * page.across]
            for start in range(0, self._rows_in(line) * row, row):
                pieces = [tile[start : start + row] for tile in tiles]
                out.append(self._joined(pieces)[:whole])
        return b"".join(out)

    def _rows_in(self, line: int) -> int:
        return min(self.page.block_height, self.page.height - line * self.page.block_height)

    def _height(self, line: int) -> int:
        """Rows that are coded: a tile at the lower edge is as high as the others."""
        return self.page.block_height if self.page.is_tiled else self._rows_in(line)

    def _block(self, place: int) -> memoryview | bytes:
        start, end = self.page.blocks[place]
        block = self.view[start:end]
        return bytes(block).translate(_REVERSED) if self.page.is_reversed else block

    def _unpack(self, blocks: Sequence[memoryview | bytes], heights: Sequence[int]) -> list[bytes]:
        page = self.page
        width, pixel_rows = page.block_width, heights
        row = page.row_bytes(width, self.samples)
        if self.sampling is not None:
            row = layouts.unit_row_bytes(width, self.sampling)
            heights = [-(-height // self.sampling[1]) for height in heights]
        if page.compression in FAX:
            options = page.directory.number(T4_OPTIONS, 0)
            found = _by_libtiff(page.compression, blocks, heights, width, 1, options)
        elif page.compression in _BY_LIBTIFF:
            found = _by_libtiff(page.compression, blocks, heights, row, 8, 0)
        else:
            found = [self._exactly(block, height * row) for block, height in zip(blocks, heights)]
        if self.sampling is not None:
            sampling = self.sampling
            return [layouts.spread_chroma(part, width, rows, sampling) for part, rows in zip(found, pixel_rows)]
        if page.predictor != self.shown.predictor:
            return [layouts.joined_floats(part, width, self.samples, page.bits) for part in found]
        return [_swapped(part, page.bits) for part in found] if self.is_swapped else found

    def _exactly(self, block: memoryview | bytes, size: int) -> bytes:
        if self.page.compression == NONE:
            if len(block) < size:
                raise MalformedError(f"{len(block)} bytes of pixels in place of {size}")
            self.slack += len(block) > size
            return bytes(block[:size])
        found = inflate_zlib(block, size)
        if len(found.data) != size:
            raise MalformedError(f"{len(found.data)} bytes of pixels in place of {size}")
        self.slack += not found.is_whole
        return bytes(found.data)

    def _joined(self, pieces: list[bytes]) -> bytes:
        """A row of tiles as one; differences start anew in each tile, and must not in a row."""
        page = self.page
        if page.predictor != 2:
            return b"".join(pieces)
        words = [array(_WORDS[page.bits], piece) for piece in pieces]
        top = (1 << page.bits) - 1
        lasts = [[sum(tile[channel :: self.samples]) for channel in range(self.samples)] for tile in words]
        for tile, before in zip(words[1:], lasts):
            for channel, last in enumerate(before):
                tile[channel] = (tile[channel] - last) & top
        return b"".join(tile.tobytes() for tile in words)


def _sampling(page: Page) -> tuple[int, int] | None:
    """How many pixels share chroma, where some do. Raises UnsupportedError for what libtiff does not read either."""
    if page.photometric != _YCBCR:
        return None
    across, down = (*page.directory.numbers(CHROMA_SAMPLING), 2, 2)[:2]  # as the specification presumes
    if (across, down) == (1, 1):
        return None
    is_known = across in layouts.SAMPLINGS and down in layouts.SAMPLINGS
    is_sound = page.bits == 8 and page.samples == 3 and page.predictor == _NO_DIFFERENCES and not page.is_planar
    is_whole = page.across == 1 or page.block_width % across == 0
    is_whole &= page.down == 1 or page.block_height % down == 0
    if not (is_known and is_sound and is_whole):
        raise UnsupportedError(f"chroma of {across} x {down} pixels")
    return across, down


def _is_rare(page: Page) -> bool:
    """Whether its samples are whole numbers of a size that few programs show, or no whole bytes beside others."""
    if page.photometric == _PALETTE or page.sample_format not in _UNSIGNED:
        return False
    is_mixed = page.photometric in _GRAYS or page.is_planar
    return page.bits in _RARE_BITS or (is_mixed and page.bits < 8 and page.samples > 1)


def _interleaved(planes: Sequence[bytes], width: int) -> bytes:
    """Planes of samples of `width` bytes as pixels."""
    out = bytearray(len(planes[0]) * len(planes))
    step = width * len(planes)
    for number, plane in enumerate(planes):
        for byte in range(width):
            out[number * width + byte :: step] = plane[byte::width]
    return bytes(out)


def _swapped(rows: bytes, bits: int) -> bytes:
    words = array(_WORDS[bits], rows)
    words.byteswap()
    return words.tobytes()


def _by_libtiff(
    compression: int, blocks: Sequence[memoryview | bytes], heights: Sequence[int], width: int, bits: int, options: int
) -> list[bytes]:
    """What each block holds, as rows of `width` samples of 1 or 8 bits. Only the last may be of another height."""
    whole = list(map(len, (list(run) for _, run in groupby(heights))))
    if len(whole) > 1 and (len(whole) > 2 or whole[1] != 1 or heights[-1] > heights[0]):
        raise MalformedError("blocks of several heights")
    tags = {
        256: width, 257: sum(heights), 258: bits, COMPRESSION: compression, 262: 1, FILL_ORDER: 1,
        277: 1, 278: heights[0], T4_OPTIONS: options & 0b101,
    }  # fmt: skip
    try:
        opened = TiffImagePlugin.TiffImageFile(io.BytesIO(_container(tags, blocks)))
        opened.load()
        pixels = opened.tobytes()
    except _PILLOW_ERRORS as error:
        raise MalformedError(f"{type(error).__name__} while unpacking compression {compression}") from error
    row = (width * bits + 7) // 8
    if opened.size != (width, sum(heights)) or len(pixels) != row * sum(heights):
        raise MalformedError("the decoder reads another shape")
    step = heights[0] * row
    return [pixels[at : at + step] for at in range(0, len(pixels), step)]


def _container(tags: dict[int, int], blocks: Sequence[memoryview | bytes]) -> bytes:
    """A TIFF file of one page with these tags and strips."""
    count = len(blocks)
    tables = 8 + 2 + 12 * (len(tags) + 2) + 4
    start = tables + 8 * count
    starts = []
    for block in blocks:
        starts.append(start)
        start += len(block)
    lists = {273: starts, 279: [len(block) for block in blocks]}
    entries = {tag: struct.pack("<HHII", tag, _LONG, 1, value) for tag, value in tags.items()}
    out = b""
    for tag, values in lists.items():
        packed = struct.pack(f"<{count}I", *values)
        entries[tag] = struct.pack("<HHI", tag, _LONG, count) + (
            packed if count == 1 else struct.pack("<I", tables + len(out))
        )
        out += packed.ljust(4 * count, b"\0")
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return b"".join((head, *(entries[tag] for tag in sorted(entries)), bytes(4), out, *blocks))


def warm() -> None:
    """Unpack one byte, so that the library is loaded."""
    assert _by_libtiff(32773, [b"\0\7"], [1], 1, 8, 0) == [b"\7"]

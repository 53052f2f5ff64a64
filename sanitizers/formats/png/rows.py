"""The rows of a picture: inflated to the exact size, proved, and where colours must change, through pixels and back.

Filtered rows say the same as pixels, so that as a rule nothing is decoded: rows are proved and packed anew. Pillow's
row codec, which never sees a chunk, is asked where colours under zero alpha must be looked for, or colours converted.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from PIL import Image, ImageChops

from sanitizers.codecs.deflate import inflate_zlib, inflate_zlib_exact, inflate_zlib_fast
from sanitizers.errors import MalformedError
from sanitizers.formats.png.write import Rows
from sanitizers.parsers.png import Colour, Header

_MAX_FILTER: Final = 4
_MODES: Final = {
    Colour.GRAY: "L",
    Colour.RGB: "RGB",
    Colour.PALETTE: "P",
    Colour.GRAY_ALPHA: "LA",
    Colour.RGBA: "RGBA",
}


def inflate(packed: bytes | memoryview, header: Header, width: int, height: int) -> tuple[Rows, str]:
    """The rows of a picture of this size, and what hides behind them. Raises MalformedError when they are not whole."""
    size = header.raw_bytes(width, height)
    rows: Rows | None = inflate_zlib_fast(packed, size)
    behind = ""
    if rows is None:
        found = inflate_zlib(packed, size)
        if len(found.data) != size:
            raise MalformedError(f"{len(found.data)} bytes of rows in place of {size}")
        rows = found.data
        behind = "further rows" if found.has_more else f"{found.bytes_behind} bytes" if found.bytes_behind else ""
    for start, end, stride, _ in _spans(header, width, height):
        if max(rows[start:end:stride]) > _MAX_FILTER:
            raise MalformedError("a filter that does not exist")
    return rows, behind


def _spans(header: Header, width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Of each pass: where its rows start and end, bytes a row, pixels a row."""
    at = 0
    for across, down, stride in header.passes(width, height):
        yield at, at + down * stride, stride, across
        at += down * stride


def highest_index(rows: Rows, header: Header, width: int, height: int, colours: int) -> int:
    """The highest palette index in use, or anything below `colours` when none reaches beyond them."""
    if header.depth == 8 and all(not any(rows[a:b:stride]) for a, b, stride, _ in _spans(header, width, height)):
        beyond = rows.translate(None, bytes(range(colours)))  # rows without a filter: bytes are indexes
        return max(beyond, default=0)
    return int(decode(rows, header, width, height).getextrema()[1])  # type: ignore[arg-type]  # one band: a pair


def is_opaque(rows: Rows, header: Header, width: int, height: int) -> bool:
    """Whether every pixel's alpha is full, told from filtered rows: after the first, they hold differences of zero."""
    pixel, sample = header.pixel_bits // 8, header.depth // 8
    for start, end, stride, across in _spans(header, width, height):
        zeros, rest = bytes(across), bytes(across - 1)
        usual = (b"\xff" * across, b"\xff" + rest, zeros, b"\x80" + rest, zeros)
        first = (b"\xff" * across, b"\xff" + rest, b"\xff" * across, b"\xff" + b"\x80" * (across - 1), b"\xff" + rest)
        for at in range(start, end, stride):
            expected = (first if at == start else usual)[rows[at]]
            for byte in range(pixel - sample, pixel):
                if rows[at + 1 + byte : at + stride : pixel] != expected:
                    return False
    return True


def decode(rows: Rows, header: Header, width: int, height: int) -> Image.Image:
    """The pixels in 8 bits a sample: L, RGB, P, LA or RGBA. Raises MalformedError."""
    mode = _MODES[header.colour]
    raw = f"{mode};{header.depth}" if header.depth < 8 else f"{mode};16B" if header.depth == 16 else mode
    if raw == "LA;16B":
        return _unpack(rows, header, width, height, "RGBA", "LA;16B").convert("LA")
    if raw == "L;1":
        return _unpack(rows, header, width, height, "1", "1").convert("L")
    return _unpack(rows, header, width, height, mode, raw)


def encode(image: Image.Image) -> Rows:
    """Filtered rows of an L, RGB, LA or RGBA picture."""
    packed = image.tobytes("zip", image.mode, False, 0, -1, b"")
    return inflate_zlib_exact(packed, image.height * (1 + image.width * len(image.getbands())))


def without_hidden_colours(rows: Rows, header: Header, width: int, height: int) -> Rows | None:
    """The rows, not interlaced, with zeros for samples under zero alpha (IMG-38); None when they are so already."""
    if header.depth == 8:
        image = decode(rows, header, width, height)
        bands = _cleared(image.split(), alpha_bands=1)
        return encode(Image.merge(image.mode, bands)) if bands else None
    if header.colour is Colour.GRAY_ALPHA:  # filters work on bytes: two samples of 16 bits are four of 8
        bands = _cleared(_unpack(rows, header, width, height, "RGBA", "RGBA").split(), alpha_bands=2)
        return encode(Image.merge("RGBA", bands)) if bands else None
    halves = [_unpack(rows, header, width, height, "RGBA", raw).split() for raw in ("RGBA;16B", "RGBA;16L")]
    bands = _cleared([band for pair in zip(*halves) for band in pair], alpha_bands=2)
    return _interleaved(bands, width) if bands else None


def _cleared(bands: Sequence[Image.Image], alpha_bands: int) -> list[Image.Image] | None:
    """The bands, of which the last are alpha, with zero where that is zero; None when they have nothing else there."""
    colours, alpha = bands[:-alpha_bands], bands[-alpha_bands:]
    highest = alpha[0] if alpha_bands == 1 else ImageChops.lighter(alpha[0], alpha[1])
    shown = highest.point([0] + [255] * 255)
    cleared = [ImageChops.darker(band, shown) for band in colours]
    if all(new.tobytes() == old.tobytes() for new, old in zip(cleared, colours)):
        return None
    return [*cleared, *alpha]


def _interleaved(bands: Sequence[Image.Image], width: int) -> Rows:
    """Unfiltered rows of pixels that have a byte of each band."""
    count = len(bands)
    pixels = bytearray(count * width * bands[0].height)
    for number, band in enumerate(bands):
        pixels[number::count] = band.tobytes()
    return b"".join(b"\0" + pixels[at : at + count * width] for at in range(0, len(pixels), count * width))


def _unpack(rows: Rows, header: Header, width: int, height: int, mode: str, raw: str) -> Image.Image:
    packed = zlib.compress(rows, 0)  # stored: the codec takes rows in no other wrapping
    try:
        return Image.frombytes(mode, (width, height), packed, "zip", raw, int(header.is_interlaced))
    except ValueError as error:
        raise MalformedError("rows that no decoder reads") from error

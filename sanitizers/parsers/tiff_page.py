"""What a page of a TIFF file is made of: its shape, what its samples mean, and where its strips or tiles are.

Source: TIFF 6.0 sections 3 to 15, Technical Note 2 (JPEG). Trust: every byte is hostile; all sizes and places that a
decoder will rely on are checked here.
"""

from dataclasses import dataclass, field
from typing import Final

from policies.catalogue import vector
from sanitizers.budget import Budget
from sanitizers.errors import ForbiddenTypeError, MalformedError, UnsupportedError
from sanitizers.parsers.spans import Span
from sanitizers.parsers.tiff import Directory, Tiff

IMG_26: Final = vector("IMG-26")

SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
FILL_ORDER, STRIPS, ORIENTATION, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES = 266, 273, 274, 277, 278, 279
X_DENSITY, Y_DENSITY, PLANAR, T4_OPTIONS, DENSITY_UNIT, PAGE_NUMBER, PREDICTOR = 282, 283, 284, 292, 296, 297, 317
COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, INK_SET, EXTRA, SAMPLE_FORMAT = (
    320,
    322,
    323,
    324,
    325,
    332,
    338,
    339,
)
JPEG_TABLES, JPEG_START, JPEG_LENGTH, CHROMA_SAMPLING, PROFILE = 347, 513, 514, 530, 34675

_REDUCED, _MASK = 1, 4  # bits of NewSubfileType
_MAX_SIDE: Final = 1 << 24
_MAX_SAMPLES: Final = 64
_MAX_BITS: Final = 64
_ALL_ROWS: Final = 0xFFFFFFFF
_UNCOMPRESSED: Final = 1
_PREDICTED: Final = (5, 8, 32946, 34925, 50000)  # compressions that take differences first

# What only cameras write, wherever in the file it stands: tags, photometrics, compressions.
# Source: DNG 1.7, TIFF/EP (ISO 12234-2); the rest as ExifTool lists it.
_RAW_TAGS: Final = frozenset({33421, 33422, 50706, 50707, 50740, 50752})
_RAW_PHOTOMETRICS: Final = frozenset({32803, 34892, 51177, 52527})
_RAW_COMPRESSIONS: Final = frozenset({32767, 32769, 32770, 34316, 34713, 34892, 65000, 65535})


@dataclass(frozen=True, slots=True)
class Page:
    """A page's structure. `blocks` are its strips or tiles, in order, plane by plane where `is_planar`."""

    directory: Directory = field(repr=False)
    width: int
    height: int
    bits: int  # of one sample
    samples: int  # of one pixel
    photometric: int
    compression: int
    predictor: int
    is_planar: bool
    is_reversed: bool  # bits stand in their bytes the other way round
    is_tiled: bool
    block_width: int
    block_height: int
    blocks: tuple[Span, ...] = field(repr=False)
    spare_blocks: int  # more than the page needs
    sample_format: int  # 1: unsigned, 2: signed, 3: floating point
    extra: tuple[int, ...] | None  # what samples behind the colours mean; None when the page does not say

    @property
    def across(self) -> int:
        """Blocks beside each other."""
        return -(-self.width // self.block_width)

    @property
    def down(self) -> int:
        """Blocks above each other."""
        return -(-self.height // self.block_height)

    def row_bytes(self, pixels: int, samples: int) -> int:
        """Bytes of one row of so many pixels of so many samples."""
        return (pixels * samples * self.bits + 7) // 8


def refuse_camera_raw(tree: Tiff) -> None:
    """Raises ForbiddenTypeError for what a camera's sensor wrote (IMG-26)."""
    for directory in (*tree.pages, *tree.nested):
        photometric, compression = (_lenient(directory, tag) for tag in (PHOTOMETRIC, COMPRESSION))
        is_raw = photometric in _RAW_PHOTOMETRICS or compression in _RAW_COMPRESSIONS
        if is_raw or _RAW_TAGS & directory.entries.keys():
            raise ForbiddenTypeError("camera raw", IMG_26)


def is_reduced(directory: Directory) -> bool:
    """Whether a page says that it is a smaller copy of another one."""
    return bool(_lenient(directory, SUBFILE) & _REDUCED)


def is_mask(directory: Directory) -> bool:
    """Whether a page says that it masks another one."""
    return bool(_lenient(directory, SUBFILE) & _MASK)


def _lenient(directory: Directory, tag: int) -> int:
    try:
        return directory.number(tag, 0)
    except MalformedError:
        return 0


def read(tree: Tiff, directory: Directory, budget: Budget) -> Page:
    """A page's structure. Raises MalformedError, UnsupportedError, or LimitError before anything is decoded."""
    if directory.repeated & _STRUCTURE or directory.broken & _STRUCTURE:
        raise MalformedError(f"a tag of the page at {directory.at} stands there twice, or beyond the end")
    width, height = directory.number(WIDTH, 0), directory.number(HEIGHT, 0)
    if not (0 < width <= _MAX_SIDE and 0 < height <= _MAX_SIDE):
        raise MalformedError(f"{width} x {height} pixels")
    budget.draw(width, height)
    samples, planar = directory.number(SAMPLES, 1), directory.number(PLANAR, 1)
    if not 0 < samples <= _MAX_SAMPLES or planar not in (1, 2):
        raise MalformedError(f"{samples} samples, planes {planar}")
    is_tiled = TILES in directory.entries or TILE_WIDTH in directory.entries
    block_width = directory.number(TILE_WIDTH, 0) if is_tiled else width
    block_height = directory.number(TILE_HEIGHT, 0) if is_tiled else directory.number(ROWS_PER_STRIP, _ALL_ROWS)
    block_height = block_height if is_tiled else min(block_height, height)
    if not (0 < block_width <= _MAX_SIDE and 0 < block_height <= _MAX_SIDE):
        raise MalformedError(f"blocks of {block_width} x {block_height} pixels")
    budget.draw(block_width, block_height)
    needed = -(-width // block_width) * -(-height // block_height) * (samples if planar == 2 else 1)
    compression = directory.number(COMPRESSION, _UNCOMPRESSED)
    bits = _equal(directory, BITS, samples, 1)
    if not 0 < bits <= _MAX_BITS:
        raise MalformedError(f"{bits} bits a sample")
    size = (block_width * (1 if planar == 2 else samples) * bits + 7) // 8 * block_height
    blocks, spare = _blocks(tree, directory, is_tiled, needed, size if compression == _UNCOMPRESSED else None)
    return Page(
        directory=directory, width=width, height=height, bits=bits, samples=samples,
        photometric=_photometric(directory), compression=compression,
        predictor=directory.number(PREDICTOR, 1) if compression in _PREDICTED else 1,
        is_planar=planar == 2 and samples > 1, is_reversed=directory.number(FILL_ORDER, 1) == 2, is_tiled=is_tiled,
        block_width=block_width, block_height=block_height, blocks=blocks, spare_blocks=spare,
        sample_format=_equal(directory, SAMPLE_FORMAT, samples, 1),
        extra=directory.numbers(EXTRA) if EXTRA in directory.entries else None,
    )  # fmt: skip


_STRUCTURE: Final = frozenset(
    {WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, FILL_ORDER, STRIPS, SAMPLES, ROWS_PER_STRIP, STRIP_BYTES, PLANAR}
    | {T4_OPTIONS, PREDICTOR, COLOUR_MAP, TILE_WIDTH, TILE_HEIGHT, TILES, TILE_BYTES, EXTRA, SAMPLE_FORMAT}
    | {JPEG_TABLES, JPEG_START, CHROMA_SAMPLING}
)


def _photometric(directory: Directory) -> int:
    if PHOTOMETRIC not in directory.entries:
        raise MalformedError("no photometric interpretation")
    (value, *more) = directory.numbers(PHOTOMETRIC)
    if more:
        raise MalformedError(f"{len(more) + 1} photometric interpretations")
    return value


def _equal(directory: Directory, tag: int, samples: int, default: int) -> int:
    """The one value that all samples have. Raises UnsupportedError when they differ."""
    values = directory.numbers(tag) or (default,)
    if len(set(values[:samples])) != 1:
        raise UnsupportedError(f"samples of several kinds: tag {tag}")
    return values[0]


def _blocks(
    tree: Tiff, directory: Directory, is_tiled: bool, needed: int, raw_bytes: int | None
) -> tuple[tuple[Span, ...], int]:
    """Where the strips or tiles are, and how many there are too many. Raises MalformedError."""
    starts = directory.numbers(TILES if is_tiled else STRIPS) or directory.numbers(STRIPS)
    sizes = directory.numbers(TILE_BYTES if is_tiled else STRIP_BYTES) or directory.numbers(STRIP_BYTES)
    size = len(tree.data)
    if not sizes and (raw_bytes is not None or len(starts) == 1):  # as early programs left it out
        sizes = (raw_bytes or size,) * len(starts)
    if len(starts) < needed or len(sizes) < needed:
        raise MalformedError(f"{len(starts)} blocks in place of {needed}")
    spans = tuple((start, min(start + length, size)) for start, length in zip(starts[:needed], sizes))
    for start, end in spans:
        if not 8 <= start < end:
            raise MalformedError(f"a block of {end - start} bytes at {start}")
    return spans, max(0, len(starts) - needed)

"""One page of a rebuilt TIFF: tags that agree with each other, and strips or tiles that hold their rows and no more.

Source: TIFF 6.0, sections 3 to 8 (kinds of pictures), 11 (Group 4, by ITU-T T.6), 13 (LZW), 14 (differencing),
15 (tiles), 16 (CMYK), 18 (alpha), 21 (YCbCr); Technical Notes 2 (JPEG) and 3 (Deflate, predictor 3).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated, icc, jpeg
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.tiff_tags import Tag, Values

_NONE, _GROUP4, _LZW, _JPEG, _DEFLATE = 1, 4, 5, 7, 8
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _CMYK, _YCBCR, _LAB = 0, 1, 2, 3, 5, 6, 8
_CHANNELS: Final = {_WHITE_IS_ZERO: 1, _BLACK_IS_ZERO: 1, _RGB: 3, _PALETTE: 1, _CMYK: 4, _YCBCR: 3, _LAB: 3}
_DEPTHS: Final[Mapping[int, tuple[int, ...]]] = {
    _WHITE_IS_ZERO: (1, 2, 4, 8, 16, 32),
    _BLACK_IS_ZERO: (1, 2, 4, 8, 16, 32),
    _RGB: (8, 16, 32),
    _PALETTE: (1, 2, 4, 8),
    _CMYK: (8, 16),
    _YCBCR: (8,),
    _LAB: (8, 16),
}
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_FORMAT_DEPTHS: Final = {_UNSIGNED: (1, 2, 4, 8, 16, 32), _SIGNED: (8, 16, 32), _FLOAT: (16, 32)}
_MOST_ROWS: Final = (1 << 32) - 1
_PIECE: Final = 1 << 20
_EOFB: Final = 0x001001  # T.6, 2.2.4: twice the code of eleven zeros and a one
_MOST_CODES: Final = 4096
_BACKWARDS: Final = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


@dataclass(frozen=True, slots=True)
class Block:
    """One strip or tile: where it stands, its bytes there, and what they must give."""

    start: int
    packed: int
    size: int  # bytes, once unpacked
    width: int
    rows: int
    compression: int
    is_backwards: bool  # bits of a byte, FillOrder 2
    factors: tuple[tuple[int, int], ...]  # of JPEG: how often each component is sampled


@dataclass(frozen=True, slots=True)
class _Page:
    """Tags that say how the pixels lie."""

    width: int
    height: int
    bits: int
    samples: int
    is_planar: bool
    compression: int

    @property
    def samples_in_block(self) -> int:
        return 1 if self.is_planar else self.samples

    @property
    def planes(self) -> int:
        return self.samples if self.is_planar else 1


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def blocks(tags: Mapping[int, Values], where: str, court: Court) -> Iterator[Block]:
    """Every strip or tile of a page. Raises Refused when the tags do not agree."""
    page = _page(tags, where)
    court.draw(page.width, page.height)
    _colours(tags, page, where)
    _coding(tags, page, where)
    is_tiled = Tag.TILE_WIDTH in tags
    names = (Tag.TILE_OFFSETS, Tag.TILE_BYTES) if is_tiled else (Tag.STRIP_OFFSETS, Tag.STRIP_BYTES)
    others = (Tag.STRIP_OFFSETS, Tag.STRIP_BYTES, Tag.ROWS_PER_STRIP) if is_tiled else _TILES
    _must(all(name in tags for name in names) and not any(name in tags for name in others), f"{where}: strips")
    count, shapes = _tiles(tags, page, where) if is_tiled else _strips(tags, page)
    starts, packed = tags[names[0]], tags[names[1]]
    _must(len(starts) == len(packed) == count, f"{where}: number of strips")
    is_backwards = tags.get(Tag.FILL_ORDER) == (2,)
    factors = _factors(tags, page)
    for start, size, (width, rows) in zip(starts, packed, shapes):
        row_bytes = (width * page.bits * page.samples_in_block + 7) // 8
        yield Block(start, size, row_bytes * rows, width, rows, page.compression, is_backwards, factors)


_TILES: Final = (Tag.TILE_WIDTH, Tag.TILE_HEIGHT, Tag.TILE_OFFSETS, Tag.TILE_BYTES)


def _page(tags: Mapping[int, Values], where: str) -> _Page:
    for needed in (Tag.WIDTH, Tag.HEIGHT, Tag.PHOTOMETRIC):
        _must(needed in tags, f"{where}: no tag {needed}")
    samples = tags.get(Tag.SAMPLES, (1,))[0]
    bits = tags.get(Tag.BITS, (1,))
    _must(bits == bits[:1] * samples, f"{where}: bits per sample")
    is_planar = tags.get(Tag.PLANAR) == (2,) and samples > 1
    compression = tags.get(Tag.COMPRESSION, (_NONE,))[0]
    return _Page(tags[Tag.WIDTH][0], tags[Tag.HEIGHT][0], bits[0], samples, is_planar, compression)


def _colours(tags: Mapping[int, Values], page: _Page, where: str) -> None:
    """Channels, depth, palette, alpha and profile are of one kind of picture."""
    photometric = tags[Tag.PHOTOMETRIC][0]
    extra = len(tags.get(Tag.EXTRA_SAMPLES, ()))
    channels = _CHANNELS[photometric]
    _must(page.samples == channels + extra, f"{where}: samples per pixel")
    _must(page.bits in _DEPTHS[photometric], f"{where}: bits per sample")
    formats = tags.get(Tag.SAMPLE_FORMAT, (_UNSIGNED,) * page.samples)
    _must(formats == formats[:1] * page.samples, f"{where}: sample format")
    _must(page.bits in _FORMAT_DEPTHS[formats[0]], f"{where}: sample format")
    if photometric == _PALETTE:
        _must(page.samples == 1 and formats[0] == _UNSIGNED, f"{where}: palette")
    colours = len(tags.get(Tag.COLOURS, ()))
    _must(colours == (3 << page.bits if photometric == _PALETTE else 0), f"{where}: palette")
    _must(photometric == _CMYK or Tag.INK_SET not in tags, f"{where}: inks")
    of_ycbcr = {Tag.YCBCR_COEFFICIENTS, Tag.YCBCR_SUBSAMPLING, Tag.YCBCR_POSITIONING}
    if photometric == _YCBCR:  # outside JPEG, fewer samples of colour would need a layout of their own here
        is_full = tags.get(Tag.YCBCR_SUBSAMPLING) == (1, 1)
        _must(is_full or (page.compression == _JPEG and Tag.YCBCR_SUBSAMPLING in tags), f"{where}: subsampling")
    else:
        _must(not of_ycbcr & tags.keys(), f"{where}: YCbCr")
    if Tag.PROFILE in tags:
        icc.check(bytes(tags[Tag.PROFILE]), channels)


def _coding(tags: Mapping[int, Values], page: _Page, where: str) -> None:
    """Compression and what belongs to it."""
    fax = page.compression == _GROUP4
    _must(not fax or (page.bits, page.samples) == (1, 1), f"{where}: fax of more than one bit")
    _must(not fax or tags[Tag.PHOTOMETRIC][0] in (_WHITE_IS_ZERO, _BLACK_IS_ZERO), f"{where}: fax in colours")
    _must(fax or Tag.T6_OPTIONS not in tags, f"{where}: options of a fax")
    _must(page.compression != _JPEG or (page.bits == 8 and not page.is_planar), f"{where}: JPEG of other samples")
    predictor = tags.get(Tag.PREDICTOR, (1,))[0]
    _must(predictor == 1 or page.compression in (_LZW, _DEFLATE), f"{where}: predictor")
    _must(predictor != 2 or page.bits >= 8, f"{where}: predictor")
    _must(predictor != 3 or tags.get(Tag.SAMPLE_FORMAT, (0,))[0] == _FLOAT, f"{where}: predictor")
    may_be_backwards = page.bits == 1 and page.compression in (_NONE, _GROUP4)
    _must(may_be_backwards or tags.get(Tag.FILL_ORDER, (1,)) == (1,), f"{where}: order of bits")


def _factors(tags: Mapping[int, Values], page: _Page) -> tuple[tuple[int, int], ...]:
    """Section 22: JPEG samples as YCbCrSubSampling says, and whole where there is none."""
    across, down = tags.get(Tag.YCBCR_SUBSAMPLING, (1, 1))
    return ((across, down), *[(1, 1)] * (page.samples - 1))


def _strips(tags: Mapping[int, Values], page: _Page) -> tuple[int, Iterator[tuple[int, int]]]:
    """How many strips there are, and width and rows of each."""
    rows = min(tags.get(Tag.ROWS_PER_STRIP, (_MOST_ROWS,))[0], page.height)
    full, rest = divmod(page.height, rows)
    count = full + (rest > 0)

    def shapes() -> Iterator[tuple[int, int]]:
        for _ in range(page.planes):
            yield from repeat((page.width, rows), full)
            if rest:
                yield page.width, rest

    return count * page.planes, shapes()


def _tiles(tags: Mapping[int, Values], page: _Page, where: str) -> tuple[int, Iterator[tuple[int, int]]]:
    """Section 15: tiles are whole, also at the edges."""
    width, height = tags[Tag.TILE_WIDTH][0], tags.get(Tag.TILE_HEIGHT, (0,))[0]
    _must(height and width % 16 == 0 and height % 16 == 0, f"{where}: size of a tile")
    _must(width < page.width + 1024 and height < page.height + 1024, f"{where}: tiles beyond the picture")
    count = -(-page.width // width) * -(-page.height // height) * page.planes
    return count, repeat((width, height), count)


def require_whole(packed: bytes, block: Block, where: str, court: Court) -> None:
    """Raises Refused unless these bytes can be the rows of this block, and nothing more."""
    told = f"{where}: strip at {block.start}"
    if block.compression == _NONE:
        _must(len(packed) == block.size, f"{told}: of another size")
    elif block.compression == _DEFLATE:
        court.expand(block.size, block.size)
        _inflate(packed, block.size, told)
    elif block.compression == _LZW:
        _lzw(packed, block.size, told)
    elif block.compression == _JPEG:
        _jpeg(packed, block, told, court)
    else:
        _group4(packed.translate(_BACKWARDS) if block.is_backwards else packed, block, told)


def _inflate(packed: bytes, size: int, told: str) -> None:
    inflate = deflated.decompressobj()
    given, rest = 0, packed
    try:
        while not inflate.eof:
            piece = inflate.decompress(rest, _PIECE)
            given += len(piece)
            rest = inflate.unconsumed_tail
            _must(given <= size and (piece or rest or inflate.eof), f"{told}: stream and size differ")
    except deflated.Broken as error:
        raise Refused(Check.IMAGE, f"{told}: no zlib stream") from error
    _must(given == size and not inflate.unused_data, f"{told}: stream and size differ")


def _lzw(packed: bytes, size: int, told: str) -> None:
    """Section 13: a clear code first; then as many codes as the bytes can take."""
    _must(len(packed) >= 3 and packed[0] == 0x80 and packed[1] < 0x80, f"{told}: no clear code at the start")
    codes = 8 * len(packed) // 9
    growing = min(codes, _MOST_CODES)
    _must(growing * (growing + 1) // 2 + (codes - growing) * _MOST_CODES >= size, f"{told}: too short for its size")
    most_codes = size + size // 250 + 4
    _must(len(packed) <= most_codes * 12 // 8 + 2, f"{told}: too long for its size")


def _jpeg(packed: bytes, block: Block, told: str, court: Court) -> None:
    """Technical Note 2: a whole stream of its own, with all its tables."""
    try:
        found = jpeg.check_bare(packed, court)
    except Refused as refusal:
        raise Refused(refusal.check, f"{told}: {refusal.where}") from refusal
    _must(found == (block.width, block.rows, block.factors), f"{told}: JPEG of another size or sampling")


def _group4(packed: bytes, block: Block, told: str) -> None:
    """T.6: at least a bit for each row, six bits for a pixel at most, and one end of the block at the end."""
    _must(8 * len(packed) - 24 >= block.rows, f"{told}: too short for its size")
    _must(8 * len(packed) <= block.rows * (6 * block.width + 48) + 64, f"{told}: too long for its size")
    tail = int.from_bytes(packed[-4:], "big")
    _must(tail, f"{told}: does not end")
    padding = (tail & -tail).bit_length() - 1
    _must(padding < 8 and tail >> padding & 0xFFFFFF == _EOFB, f"{told}: does not end")

"""The tags of a TIFF that may pass, and what each may say. Everything else is refused (IMG-24).

Source: TIFF 6.0, sections 2, 8 and 12 to 23; Technical Notes 1 (no SubIFDs here) and 3 (Deflate); ICC.1:2022, B.4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

BYTE, SHORT, LONG, RATIONAL, UNDEFINED = 1, 3, 4, 5, 7
TYPE_BYTES: Final[Mapping[int, int]] = {BYTE: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}
MOST_SAMPLES: Final = 5


class Tag(IntEnum):
    """Tags by their names in the specification."""

    SUBFILE_TYPE = 254
    WIDTH = 256
    HEIGHT = 257
    BITS = 258
    COMPRESSION = 259
    PHOTOMETRIC = 262
    FILL_ORDER = 266
    STRIP_OFFSETS = 273
    ORIENTATION = 274
    SAMPLES = 277
    ROWS_PER_STRIP = 278
    STRIP_BYTES = 279
    X_RESOLUTION = 282
    Y_RESOLUTION = 283
    PLANAR = 284
    T6_OPTIONS = 293
    RESOLUTION_UNIT = 296
    PAGE_NUMBER = 297
    PREDICTOR = 317
    COLOURS = 320
    TILE_WIDTH = 322
    TILE_HEIGHT = 323
    TILE_OFFSETS = 324
    TILE_BYTES = 325
    INK_SET = 332
    EXTRA_SAMPLES = 338
    SAMPLE_FORMAT = 339
    YCBCR_COEFFICIENTS = 529
    YCBCR_SUBSAMPLING = 530
    YCBCR_POSITIONING = 531
    REFERENCE_BLACK_WHITE = 532
    PROFILE = 34675


Values = tuple[int, ...]  # a RATIONAL is two of them, UNDEFINED its bytes


@dataclass(frozen=True, slots=True)
class Rule:
    """Types that a tag may have, how many values at most (`least` of them at least), and whether they may stand."""

    types: tuple[int, ...]
    most: int
    fits: Callable[[Values], bool]
    least: int = 1


_ANY_BLOCKS: Final = 1 << 20
_MOST_COLOURS: Final = 3 << 8
_MOST_PROFILE: Final = 4096


def _one_of(*allowed: int) -> Callable[[Values], bool]:
    return lambda values: all(value in allowed for value in values)


def _positive(values: Values) -> bool:
    return min(values) > 0


def _any(_values: Values) -> bool:
    return True


def _fractions(values: Values) -> bool:
    return min(values[1::2]) > 0


RULES: Final[Mapping[int, Rule]] = {
    Tag.SUBFILE_TYPE: Rule((LONG,), 1, _one_of(0, 2)),  # no thumbnail (IMG-04), no mask
    Tag.WIDTH: Rule((SHORT, LONG), 1, _positive),
    Tag.HEIGHT: Rule((SHORT, LONG), 1, _positive),
    Tag.BITS: Rule((SHORT,), MOST_SAMPLES, _one_of(1, 2, 4, 8, 16, 32)),
    Tag.COMPRESSION: Rule((SHORT,), 1, _one_of(1, 4, 5, 7, 8)),
    Tag.PHOTOMETRIC: Rule((SHORT,), 1, _one_of(0, 1, 2, 3, 5, 6, 8)),
    Tag.FILL_ORDER: Rule((SHORT,), 1, _one_of(1, 2)),
    Tag.STRIP_OFFSETS: Rule((SHORT, LONG), _ANY_BLOCKS, _positive),
    Tag.ORIENTATION: Rule((SHORT,), 1, _one_of(*range(1, 9))),
    Tag.SAMPLES: Rule((SHORT,), 1, _one_of(*range(1, MOST_SAMPLES + 1))),
    Tag.ROWS_PER_STRIP: Rule((SHORT, LONG), 1, _positive),
    Tag.STRIP_BYTES: Rule((SHORT, LONG), _ANY_BLOCKS, _positive),
    Tag.X_RESOLUTION: Rule((RATIONAL,), 1, _fractions),
    Tag.Y_RESOLUTION: Rule((RATIONAL,), 1, _fractions),
    Tag.PLANAR: Rule((SHORT,), 1, _one_of(1, 2)),
    Tag.T6_OPTIONS: Rule((LONG,), 1, _one_of(0)),
    Tag.RESOLUTION_UNIT: Rule((SHORT,), 1, _one_of(1, 2, 3)),
    Tag.PAGE_NUMBER: Rule((SHORT,), 2, _any, 2),
    Tag.PREDICTOR: Rule((SHORT,), 1, _one_of(1, 2, 3)),
    Tag.COLOURS: Rule((SHORT,), _MOST_COLOURS, _any, 6),
    Tag.TILE_WIDTH: Rule((SHORT, LONG), 1, _positive),
    Tag.TILE_HEIGHT: Rule((SHORT, LONG), 1, _positive),
    Tag.TILE_OFFSETS: Rule((LONG,), _ANY_BLOCKS, _positive),
    Tag.TILE_BYTES: Rule((SHORT, LONG), _ANY_BLOCKS, _positive),
    Tag.INK_SET: Rule((SHORT,), 1, _one_of(1)),
    Tag.EXTRA_SAMPLES: Rule((SHORT,), 1, _one_of(1, 2)),  # one for alpha; what shows nowhere is refused
    Tag.SAMPLE_FORMAT: Rule((SHORT,), MOST_SAMPLES, _one_of(1, 2, 3)),
    Tag.YCBCR_COEFFICIENTS: Rule((RATIONAL,), 3, _fractions, 3),
    Tag.YCBCR_SUBSAMPLING: Rule((SHORT,), 2, _one_of(1, 2, 4), 2),
    Tag.YCBCR_POSITIONING: Rule((SHORT,), 1, _one_of(1, 2)),
    Tag.REFERENCE_BLACK_WHITE: Rule((RATIONAL,), 6, _fractions, 6),
    Tag.PROFILE: Rule((UNDEFINED,), _MOST_PROFILE, _any, 132),
}

"""The tables of ITU-T T.81 Annex K, which every encoder of ours uses, and the quality that other tables stand for."""

from collections.abc import Mapping
from functools import cache
from math import exp, log
from types import MappingProxyType
from typing import Final

MAX_QUALITY: Final = 92  # beyond it files grow and nobody sees a difference

Table = tuple[int, ...]

# K.1 and K.2, in zigzag order
_LUMA: Final[Table] = (
    *(16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51),
    *(61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77),
    *(113, 121, 112, 100, 120, 92, 101, 103, 99),
)
_CHROMA: Final[Table] = (17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66) + (99,) * 50
_WEIGHTY: Final = 28  # coefficients in zigzag order that most of a file's size and look comes from

# K.3 to K.6, each as a DHT segment's body
HUFFMAN: Final[Mapping[int, bytes]] = MappingProxyType({
    0x00: bytes.fromhex("00" "00010501010101010100000000000000" "000102030405060708090a0b"),
    0x10: bytes.fromhex(
        "10" "0002010303020403050504040000017d"
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
        "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5"
        "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
    ),
    0x01: bytes.fromhex("01" "00030101010101010101010000000000" "000102030405060708090a0b"),
    0x11: bytes.fromhex(
        "11" "00020102040403040705040400010277"
        "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637"
        "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
        "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
    ),
})  # fmt: skip


@cache
def quantisation(quality: int) -> tuple[Table, Table]:
    """The tables for luma and chroma at a quality of 1 to 100, as libjpeg scales them for baseline files."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (tuple(min(max((value * scale + 50) // 100, 1), 255) for value in base) for base in (_LUMA, _CHROMA))
    return luma, chroma


@cache
def _by_table() -> Mapping[Table, int]:
    """The quality of each table for luma."""
    return MappingProxyType({quantisation(quality)[0]: quality for quality in range(100, 0, -1)})


def exact_quality(tables: Mapping[int, Table]) -> int | None:
    """The quality whose tables these are, 0 for luma and 1, if there, for chroma; None when they are others."""
    quality = _by_table().get(tables.get(0, ()))
    if quality is None or not set(tables) <= {0, 1} or tables.get(1) not in (None, quantisation(quality)[1]):
        return None
    return quality


def nearest_quality(table: Table | None) -> int:
    """The quality at which our encoder makes a picture about as fine and as large as this table for luma does."""
    if not table:
        return MAX_QUALITY
    exact = _by_table().get(table)
    if exact is not None:
        return exact
    ratios = [log(max(ours, 1) / base) for ours, base in zip(table[:_WEIGHTY], _LUMA)]
    percent = 100 * exp(sum(ratios) / len(ratios))
    return min(max(round((200 - percent) / 2 if percent <= 100 else 5000 / percent), 1), 100)

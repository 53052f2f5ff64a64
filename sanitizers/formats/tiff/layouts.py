"""Rows that stand in a layout of their own: luma beside shared chroma, and floating points as planes of bytes.

Source: TIFF 6.0 section 21 (data units), TIFF Technical Note 3 (floating point predictor).
"""

from typing import Final

from sanitizers.formats.tiff.pixels import Raster, undifferenced

SAMPLINGS: Final = (1, 2, 4)  # pixels that share chroma, across and down
_CHROMA: Final = 2  # samples of it in a data unit
_SAMPLES: Final = 3


def unit_row_bytes(width: int, sampling: tuple[int, int]) -> int:
    """Bytes of a row of data units, which is as many rows of pixels as share their chroma."""
    return -(-width // sampling[0]) * (sampling[0] * sampling[1] + _CHROMA)


def spread_chroma(units: bytes, width: int, height: int, sampling: tuple[int, int]) -> bytes:
    """Whole rows of data units as rows of pixels that have chroma each."""
    across, down = sampling
    step, unit = unit_row_bytes(width, sampling), across * down + _CHROMA
    out: list[bytes] = []
    for at in range(0, len(units), step):
        run = units[at : at + step]
        for y in range(min(down, height - len(out))):
            line = bytearray(step // unit * across * _SAMPLES)
            for x in range(across):
                line[x * _SAMPLES :: across * _SAMPLES] = run[y * across + x :: unit]
                line[x * _SAMPLES + 1 :: across * _SAMPLES] = run[unit - 2 :: unit]
                line[x * _SAMPLES + 2 :: across * _SAMPLES] = run[unit - 1 :: unit]
            out.append(bytes(line[: width * _SAMPLES]))
    return b"".join(out)


def joined_floats(planes: bytes, width: int, samples: int, bits: int) -> bytes:
    """Rows of predictor 3 as floating points in little-endian order. Raises UnsupportedError for over four samples."""
    size, count = bits // 8, width * samples
    row = size * count
    bytewise = Raster(row // samples, len(planes) // row, 8, samples, True, planes)
    plain = undifferenced(bytewise).data
    out = bytearray(len(plain))
    for at in range(0, len(plain), row):
        for place in range(size):
            start = at + place * count
            out[at + size - 1 - place : at + row : size] = plain[start : start + count]
    return bytes(out)

"""Samples of so many bits as few programs show, 12 of a scanner among them: each becomes a byte.

They stand one behind the other without a gap, the highest bit first, whatever the order of bytes; eight of them fill
whole bytes. All rows are worked on at once, and no sample is looked at alone.

Source: TIFF 6.0, section 8 (BitsPerSample), and how libtiff reads it.
"""

from typing import Final

_GROUP: Final = 8
_BYTE: Final = 8


def in_bytes(rows: bytes, samples: int, bits: int) -> bytes:
    """Rows of so many samples of 1 to 16 bits, as rows of bytes: the highest bits, spread where there are fewer."""
    row = (samples * bits + 7) // 8
    groups = -(-samples // _GROUP)
    padded = b"".join(rows[at : at + row].ljust(groups * bits, b"\0") for at in range(0, len(rows), row))
    out = bytearray(len(padded) // bits * _GROUP)
    for place in range(_GROUP):
        first, shift = divmod(place * bits, _BYTE)
        high = padded[first::bits].translate(_moved(shift))
        if shift and first + 1 < bits:
            high = _either(high, padded[first + 1 :: bits].translate(_moved(shift - _BYTE)))
        out[place::_GROUP] = high if bits >= _BYTE else high.translate(_spread(bits))
    whole = groups * _GROUP
    return b"".join(out[at : at + samples] for at in range(0, len(out), whole))


def _moved(shift: int) -> bytes:
    """Each byte so many bits up, or down where negative."""
    return bytes((value << shift if shift >= 0 else value >> -shift) & 0xFF for value in range(256))


def _spread(bits: int) -> bytes:
    """The highest bits of each byte over the whole range."""
    top = (1 << bits) - 1
    return bytes((value >> (_BYTE - bits)) * 255 // top for value in range(256))


def _either(first: bytes, second: bytes) -> bytes:
    return (int.from_bytes(first) | int.from_bytes(second)).to_bytes(len(first))

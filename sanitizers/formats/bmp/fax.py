"""Pixels of a BMP stored as a fax (Huffman 1D of OS/2 2.x). libtiff, inside Pillow, has the tables for it.

Source: ITU-T T.4, 4.1; TIFF 6.0, section 11.
"""

import io
import struct

from PIL import TiffImagePlugin

from sanitizers.errors import MalformedError

_SHORT, _LONG = 3, 4
_HEAD = struct.Struct("<2sHI")
_T4 = 3


def unpack(packed: bytes, width: int, height: int) -> bytes:
    """One byte a pixel, 0 or 1, in the order they are stored. Raises MalformedError."""
    try:
        opened = TiffImagePlugin.TiffImageFile(io.BytesIO(_as_tiff(packed, width, height)))
        opened.load()
        plane = opened.convert("L").point([0] * 128 + [1] * 128)
    except (OSError, SyntaxError, ValueError, KeyError, struct.error) as error:
        raise MalformedError("fax runs that no decoder reads") from error
    if plane.size != (width, height):
        raise MalformedError("the decoder reads another shape")
    return plane.tobytes()


def _as_tiff(packed: bytes, width: int, height: int) -> bytes:
    """A TIFF file of one strip, in which zero is black, as the palette's first colour is index zero."""
    tags = {256: width, 257: height, 258: 1, 259: _T4, 262: 1, 273: _HEAD.size, 277: 1, 278: height, 279: len(packed)}
    entries = b"".join(struct.pack("<HHII", tag, _LONG, 1, value) for tag, value in tags.items())
    padding = bytes(len(packed) % 2)
    offset = _HEAD.size + len(packed) + len(padding)
    return _HEAD.pack(b"II", 42, offset) + packed + padding + struct.pack("<H", len(tags)) + entries + bytes(4)


def warm() -> None:
    """Decode one row, so that the library is loaded."""
    assert len(unpack(b"\x00\x1a\x80", 1, 1)) == 1

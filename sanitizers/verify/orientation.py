"""The one Exif block that may pass: a single tag that says which way up the picture is (IMG-03, IMG-43).

Source: TIFF 6.0, section 2; Exif 3.0, 4.6.4. Every allowed block is listed, so there is nothing to parse.
"""

import struct
from typing import Final

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3


def _blocks(order: str, magic: bytes) -> list[bytes]:
    """TIFF header, an IFD of one entry, no next IFD."""
    entry = struct.Struct(order + "IHHHIHHI")
    return [magic + entry.pack(8, 1, _ORIENTATION, _SHORT, 1, value, 0, 0) for value in range(1, 9)]


ORIENTATIONS: Final = frozenset(_blocks("<", b"II*\0") + _blocks(">", b"MM\0*"))

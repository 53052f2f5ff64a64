"""Pages of black and white, coded as fax machines and their programs read them: ITU-T T.6 ("Group 4"), white is zero.

libtiff, inside Pillow, encodes; its strip is taken out of its file, and what stands around is ours.
"""

import io
from typing import Final

from PIL import Image, TiffImagePlugin

from policies.model import Limits
from sanitizers.budget import Budget
from sanitizers.parsers import tiff, tiff_page

_OURS: Final = Limits(max_pixels=1 << 40)  # what our own encoder may hand us
_FAX: Final = "group4"


def encode(rows: bytes, width: int, height: int) -> bytes:
    """One strip of a page's rows, in which a set bit is black. The same rows give the same bytes."""
    out = io.BytesIO()
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[tiff_page.ROWS_PER_STRIP] = height
    Image.frombytes("1", (width, height), rows).save(out, "TIFF", compression=_FAX, tiffinfo=info)
    data, budget = out.getvalue(), Budget(_OURS)
    tree = tiff.parse(data, budget)
    (page,) = (tiff_page.read(tree, directory, budget) for directory in tree.pages)
    ((start, end),) = page.blocks
    assert page.photometric == 1, "the bits were turned"
    return data[start:end]


def turned(rows: bytes) -> bytes:
    """Rows with every bit turned."""
    return rows.translate(bytes(range(255, -1, -1)))

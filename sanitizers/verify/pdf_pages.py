"""What another reader makes of a rebuilt PDF: it opens, and has as many pages as its tree says (V-PDF).

pdfium is asked, which shares no code with the parser that the copy came through. It reads from memory, and is loaded by
warm(), before the locks.

Trust: pdfium reads hostile bytes here; it runs where a parser may be taken over, and only its count is used.
"""

import ctypes
import importlib
from types import ModuleType
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require

_loaded: list[ModuleType] = []
_SAMPLE: Final = (
    b"%PDF-1.7\n1 0 obj\n<</Pages 2 0 R/Type/Catalog>>\nendobj\n2 0 obj\n<</Count 1/Kids[3 0 R]/Type/Pages>>\nendobj\n"
    b"3 0 obj\n<</MediaBox[0 0 9 9]/Parent 2 0 R/Type/Page>>\nendobj\ntrailer\n<</Root 1 0 R/Size 4>>\n"
)


def warm() -> None:
    """Load the library and use it once: a locked process can open nothing."""
    count(_SAMPLE)


def check(data: bytes, pages: int) -> None:
    """Raises Refused unless pdfium finds as many pages. It opens no document without any."""
    try:
        found = count(data)
    except ImportError as error:
        raise Refused(Check.PDF, "no second reader on this machine") from error
    require(found == pages or not (pages or found > 0), Check.PDF, f"another reader finds {found} pages, not {pages}")


def count(data: bytes) -> int:
    """The pages that pdfium finds; -1 when it does not open the file."""
    pdfium = _library()
    buffer = ctypes.c_char_p(data)
    document = pdfium.FPDF_LoadMemDocument64(buffer, len(data), None)
    if not document:
        return -1
    try:
        return int(pdfium.FPDF_GetPageCount(document))
    finally:
        pdfium.FPDF_CloseDocument(document)


def _library() -> ModuleType:
    if not _loaded:
        pdfium = importlib.import_module("pypdfium2_raw")

        pdfium.FPDF_InitLibrary()
        _loaded.append(pdfium)
    return _loaded[0]

"""PDFium: pages of a document as pixels, and the characters on them. No script engine is built in, no form is run.

A document is read from memory. A font that it does not bring along is taken from those of fonts.py, which stand in
memory before the first job; PDFium's own search through the machine's folders is switched off.

Trust: every byte of the document is hostile, and PDFium is the parser that may be taken over by it.
Source: fpdfview.h, fpdf_text.h, fpdf_formfill.h of PDFium
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2.raw as pdfium

from sanitizers.codecs import fonts
from sanitizers.errors import EncryptedError, MalformedError

_NEEDS_A_PASSWORD: Final = 4  # FPDF_ERR_PASSWORD
_WHITE: Final = 0xFFFFFFFF
_FLAGS: Final = pdfium.FPDF_ANNOT | pdfium.FPDF_REVERSE_BYTE_ORDER  # notes as they look; red first
_FORM_VERSION: Final = 2  # of FPDF_FORMFILLINFO: without XFA


@dataclass(frozen=True, slots=True)
class Letter:
    """A character and the box that it fills, in points from the lower left corner of its page."""

    code: int
    left: float
    bottom: float
    right: float
    top: float


@dataclass(slots=True)
class Pages:
    """The pages of one open document."""

    count: int
    _document: Any = field(repr=False)
    _form: Any = field(repr=False)

    @contextmanager
    def page(self, index: int) -> Iterator["Page"]:
        """One page, open as long as it is looked at. Raises MalformedError."""
        handle = pdfium.FPDF_LoadPage(self._document, index)
        if not handle:
            raise MalformedError(f"page {index + 1} cannot be drawn")
        try:
            yield Page(pdfium.FPDF_GetPageWidthF(handle), pdfium.FPDF_GetPageHeightF(handle), handle, self._form)
        finally:
            pdfium.FPDF_ClosePage(handle)


@dataclass(slots=True)
class Page:
    """A page as it is looked at: `width` and `height` in points, turned as the document says."""

    width: float
    height: float
    _handle: Any = field(repr=False)
    _form: Any = field(repr=False)

    def draw(self, columns: int, rows: int) -> bytes:
        """The page on white paper: red, green and blue of each pixel, rows from the top."""
        buffer = ctypes.create_string_buffer(columns * rows * 3)
        bitmap = pdfium.FPDFBitmap_CreateEx(columns, rows, pdfium.FPDFBitmap_BGR, buffer, columns * 3)
        if not bitmap:
            raise MemoryError("no room to draw a page")
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, columns, rows, _WHITE)
            pdfium.FPDF_RenderPageBitmap(bitmap, self._handle, 0, 0, columns, rows, 0, _FLAGS)
            if self._form:
                pdfium.FPDF_FFLDraw(self._form, bitmap, self._handle, 0, 0, columns, rows, 0, _FLAGS)
            return bytes(buffer)[: columns * rows * 3]
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)

    def letters(self, most: int) -> list[Letter]:
        """At most so many characters, in reading order; where a line or a word ends there is a space."""
        text = pdfium.FPDFText_LoadPage(self._handle)
        if not text:
            return []
        try:
            count = min(max(pdfium.FPDFText_CountChars(text), 0), most)
            return [_letter(text, index) for index in range(count)]
        finally:
            pdfium.FPDFText_ClosePage(text)


def _letter(text: Any, index: int) -> Letter:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    pdfium.FPDFText_GetCharBox(text, index, left, right, bottom, top)
    return Letter(pdfium.FPDFText_GetUnicode(text, index), left.value, bottom.value, right.value, top.value)


@contextmanager
def opened(data: bytes, passwords: tuple[str, ...] = ()) -> Iterator[Pages]:
    """The document with the first password that opens it. Raises EncryptedError, MalformedError."""
    _ready()
    document = _load(data, passwords)
    form = None
    try:
        fields = pdfium.FPDF_FORMFILLINFO(version=_FORM_VERSION)
        form = pdfium.FPDFDOC_InitFormFillEnvironment(document, ctypes.byref(fields))
        yield Pages(pdfium.FPDF_GetPageCount(document), document, form)
    finally:
        if form:
            pdfium.FPDFDOC_ExitFormFillEnvironment(form)
        pdfium.FPDF_CloseDocument(document)


def _load(data: bytes, passwords: tuple[str, ...]) -> Any:
    for password in ("", *passwords):
        document = pdfium.FPDF_LoadMemDocument64(data, len(data), password.encode())
        if document:
            return document
        if pdfium.FPDF_GetLastError() != _NEEDS_A_PASSWORD:
            raise MalformedError("no document can be drawn from it")
    raise EncryptedError("a document behind a password")


_JAPANESE: Final = (
    b"<</BaseFont/HeiseiMin-W3/DescendantFonts[<</BaseFont/HeiseiMin-W3"
    b"/CIDSystemInfo<</Ordering(Japan1)/Registry(Adobe)/Supplement 2>>/Subtype/CIDFontType0/Type/Font>>]"
    b"/Encoding/UniJIS-UCS2-H/Subtype/Type0/Type/Font>>"
)
_SAMPLE: Final = (
    b"%PDF-1.7\n1 0 obj\n<</Pages 2 0 R/Type/Catalog>>\nendobj\n2 0 obj\n<</Count 1/Kids[3 0 R]/Type/Pages>>\nendobj\n"
    b"3 0 obj\n<</Contents 4 0 R/MediaBox[0 0 99 99]/Parent 2 0 R/Resources<</Font"
    b"<</A<</BaseFont/Helvetica/Subtype/Type1/Type/Font>>/B" + _JAPANESE + b">>>>/Type/Page>>\nendobj\n"
    b"4 0 obj\n<</Length 51>>\nstream\nBT /A 9 Tf 9 9 Td (a) Tj /B 9 Tf <300067714eac> Tj ET\n"
    b"endstream\nendobj\ntrailer\n<</Root 1 0 R/Size 5>>\n"
)


def warm() -> None:
    """Draw a page and read it, in a letter of its own and in Japanese: all that is loaded late is loaded then."""
    fonts.warm()
    with opened(_SAMPLE) as pages, pages.page(0) as page:
        page.draw(99, 99)
        page.letters(9)
    fonts.missing()


_is_ready: list[bool] = []


def _ready() -> None:
    """Start the library once a process, and give it our fonts before it looks for its own."""
    if not _is_ready:
        pdfium.FPDF_InitLibrary()
        fonts.hand_over()
        _is_ready.append(True)

"""Black and white pictures, coded by JBIG2 or as fax machines do, decoded by PDFium, as most readers do (PDF-75, 77).

PDFium gets a document of ours, with this one picture in it and nothing else of the file.
"""

import ctypes
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from sanitizers.errors import MalformedError
from sanitizers.formats.pdf.values import Link, SafePdf, SafeStream
from sanitizers.formats.pdf.write import write_pdf

_MAX_SIDE: Final = 1 << 16


def bits_of(
    coded: bytes, name: str, parameters: dict[str, Any], width: int, height: int, shared: bytes | None
) -> bytes:
    """Rows of one bit a pixel, as the filter gives them. `shared`: global segments of JBIG2. Raises MalformedError."""
    if not (0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE):
        raise MalformedError("a picture of an impossible size")
    document = write_pdf(_document(coded, name, parameters, width, height, shared))
    try:
        with_document = pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError as error:
        raise MalformedError("a picture that cannot be decoded") from error
    try:
        page = with_document[0]
        images = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))
        bitmap = pdfium.FPDFImageObj_GetBitmap(images[0]) if images else None
        if not bitmap:
            raise MalformedError("a picture that cannot be decoded")
        try:
            return _packed(bitmap, width, height)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
    finally:
        with_document.close()


def _packed(bitmap: Any, width: int, height: int) -> bytes:
    from PIL import Image

    if (pdfium.FPDFBitmap_GetWidth(bitmap), pdfium.FPDFBitmap_GetHeight(bitmap)) != (width, height):
        raise MalformedError("the decoder reads another shape")
    stride, kind = pdfium.FPDFBitmap_GetStride(bitmap), pdfium.FPDFBitmap_GetFormat(bitmap)
    size = {pdfium.FPDFBitmap_Gray: 1, pdfium.FPDFBitmap_BGR: 3, pdfium.FPDFBitmap_BGRx: 4, pdfium.FPDFBitmap_BGRA: 4}
    depth = size.get(kind)
    if depth is None or stride < width * depth:
        raise MalformedError("the decoder gives another kind of pixels")
    buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
    mode = {1: "L", 3: "BGR", 4: "BGRX"}[depth]
    image = Image.frombuffer("L" if depth == 1 else "RGB", (width, height), buffer, "raw", mode, stride, 1)
    return image.convert("L").convert("1", dither=Image.Dither.NONE).tobytes()


def _document(
    coded: bytes, name: str, parameters: dict[str, Any], width: int, height: int, shared: bytes | None
) -> SafePdf:
    wanted = {key: value for key, value in parameters.items() if type(value) in (int, bool)}
    objects: list[Any] = [
        {"/Type": "/Catalog", "/Pages": Link(1)},
        {"/Type": "/Pages", "/Count": 1, "/Kids": [Link(2)]},
        {
            "/Type": "/Page",
            "/Parent": Link(1),
            "/MediaBox": [0, 0, 100, 100],
            "/Contents": Link(3),
            "/Resources": {"/XObject": {"/I": Link(4)}},
        },
        SafeStream({}, b"100 0 0 100 0 0 cm /I Do"),
    ]
    entries: dict[str, Any] = {
        "/Type": "/XObject",
        "/Subtype": "/Image",
        "/Width": width,
        "/Height": height,
        "/ColorSpace": "/DeviceGray",
        "/BitsPerComponent": 1,
        "/Filter": name,
    }
    if shared is not None:
        wanted["/JBIG2Globals"] = Link(5)
    if wanted:
        entries["/DecodeParms"] = wanted
    objects.append(SafeStream(entries, coded))
    if shared is not None:
        objects.append(SafeStream({}, shared))
    return SafePdf(tuple(objects))

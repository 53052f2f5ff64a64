"""Pictures coded by JBIG2, JPEG 2000 or as fax machines do, decoded by PDFium, as most readers do (PDF-75 to 77).

PDFium gets a document of ours, with this one picture in it and nothing else of the file.
"""

import ctypes
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from sanitizers.errors import MalformedError
from sanitizers.formats.pdf.values import Link, Safe, SafePdf, SafeStream
from sanitizers.formats.pdf.write import write_pdf

_MAX_SIDE: Final = 1 << 16
_FORMATS: Final = {  # of a bitmap: Pillow's mode, the order of its bytes, and how many they are
    pdfium.FPDFBitmap_Gray: ("L", "L", 1),
    pdfium.FPDFBitmap_BGR: ("RGB", "BGR", 3),
    pdfium.FPDFBitmap_BGRx: ("RGB", "BGRX", 4),
    pdfium.FPDFBitmap_BGRA: ("RGBA", "BGRA", 4),
}


def bits_of(
    coded: bytes, name: str, parameters: dict[str, Any], width: int, height: int, shared: bytes | None
) -> bytes:
    """Rows of one bit a pixel, as the filter gives them. `shared`: global segments of JBIG2. Raises MalformedError."""
    if not (0 < width < _MAX_SIDE and 0 < height < _MAX_SIDE):
        raise MalformedError("a picture of an impossible size")
    entries: dict[str, Any] = {"/ColorSpace": "/DeviceGray", "/BitsPerComponent": 1}
    wanted = {key: value for key, value in parameters.items() if type(value) in (int, bool)}
    objects = _document(coded, name, wanted, {"/Width": width, "/Height": height, **entries}, shared)
    image = _decoded(write_pdf(objects), (width, height))
    return image.convert("L").convert("1", dither=Image.Dither.NONE).tobytes()


def picture_of(coded: bytes, size: tuple[int, int], space: Safe, bits: int) -> Image.Image:
    """A JPEG 2000 picture as PDFium reads it: L, RGB or RGBA of eight bits. Raises MalformedError.

    `space` is what the document takes its numbers for, without which the picture's own word counts.
    """
    entries: dict[str, Any] = {"/Width": size[0], "/Height": size[1], "/BitsPerComponent": bits}
    if space is not None:
        entries["/ColorSpace"] = space
    return _decoded(write_pdf(_document(coded, "/JPXDecode", {}, entries, None)), size)


def _decoded(document: bytes, size: tuple[int, int]) -> Image.Image:
    try:
        opened = pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError as error:
        raise MalformedError("a picture that cannot be decoded") from error
    try:
        page = opened[0]
        images = list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))
        bitmap = pdfium.FPDFImageObj_GetBitmap(images[0]) if images else None
        if not bitmap:
            raise MalformedError("a picture that cannot be decoded")
        try:
            return _image(bitmap, size)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
    finally:
        opened.close()


def _image(bitmap: Any, size: tuple[int, int]) -> Image.Image:
    columns, rows = pdfium.FPDFBitmap_GetWidth(bitmap), pdfium.FPDFBitmap_GetHeight(bitmap)
    if (columns, rows) != size:
        raise MalformedError("the decoder reads another shape")
    stride, kind = pdfium.FPDFBitmap_GetStride(bitmap), pdfium.FPDFBitmap_GetFormat(bitmap)
    found = _FORMATS.get(kind)
    if found is None or stride < columns * found[2]:
        raise MalformedError("the decoder gives another kind of pixels")
    mode, raw, _ = found
    buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * rows)
    return Image.frombuffer(mode, size, buffer, "raw", raw, stride, 1)


def _document(
    coded: bytes, name: str, parameters: dict[str, Any], picture: dict[str, Any], shared: bytes | None
) -> SafePdf:
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
    entries: dict[str, Any] = {"/Type": "/XObject", "/Subtype": "/Image", "/Filter": name, **picture}
    if shared is not None:
        parameters = {**parameters, "/JBIG2Globals": Link(5)}
    if parameters:
        entries["/DecodeParms"] = parameters
    objects.append(SafeStream(entries, coded))
    if shared is not None:
        objects.append(SafeStream({}, shared))
    return SafePdf(tuple(objects))

"""A small PDF as a sanitizer writes it, object by object, in parts that a test can exchange. Made by hand."""

import hashlib
import struct
import zlib
from collections.abc import Sequence

HEADER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
TEXT = b"BT /F1 12 Tf 20 20 Td (hello) Tj ET"
CATALOG, PAGES, PAGE, CONTENT, FONT, FIRST = 1, 2, 3, 4, 5, 6  # numbers of the objects that every file here has


def stream(entries: str, data: bytes, filter_: str | None = "FlateDecode") -> bytes:
    """A stream object, packed unless it is said otherwise."""
    packed = zlib.compress(data) if filter_ == "FlateDecode" else data
    named = f"/Filter/{filter_}" if filter_ else ""
    return b"<<%s%s/Length %d>>\nstream\n%s\nendstream" % (entries.encode(), named.encode(), len(packed), packed)


def framed(
    objects: Sequence[bytes],
    before: bytes = b"",
    gap: bytes = b"",
    trailer: str = "",
    behind: bytes = b"",
    identifier: str = "",
) -> bytes:
    """Objects 1, 2, ... with the table and the trailer that belong to them."""
    data, offsets = before + HEADER, []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body) + gap
    identifier = identifier or hashlib.sha256(data).hexdigest()[:32]
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, rows)
    ends = f"<</ID[<{identifier}><{identifier}>]/Root 1 0 R/Size {len(objects) + 1}{trailer}>>"
    return data + table + b"trailer\n%s\nstartxref\n%d\n%%%%EOF\n" % (ends.encode(), len(data)) + behind


def pdf(
    *more: bytes,
    catalog: str = "",
    page: str = "",
    resources: str = "",
    font: str = "",
    fonts: str = "",
    content: bytes = stream("", TEXT),
    pages: str = "/Count 1/Kids[3 0 R]/Type/Pages",
    **frame: object,
) -> bytes:
    """One page with a line of text. Further objects have numbers from FIRST on; the texts are added entries."""
    objects = (
        f"<</Pages 2 0 R/Type/Catalog{catalog}>>".encode(),
        f"<<{pages}>>".encode(),
        f"<</Contents 4 0 R/MediaBox[0 0 200 100]/Parent 2 0 R"
        f"/Resources<</Font<</F1 5 0 R{fonts}>>{resources}>>/Type/Page{page}>>".encode(),
        content,
        f"<</BaseFont/Helvetica/Subtype/Type1/Type/Font{font}>>".encode(),
        *more,
    )
    return framed(objects, **frame)  # type: ignore[arg-type]


def image(entries: str = "", data: bytes = b"\x80" * 4, filter_: str = "FlateDecode", size: int = 2) -> bytes:
    """Two by two grey pixels."""
    start = f"/BitsPerComponent 8/ColorSpace/DeviceGray/Height {size}/Subtype/Image/Type/XObject/Width {size}"
    return stream(start + entries, data, filter_)


def with_image(body: bytes, *more: bytes) -> bytes:
    return pdf(body, *more, resources="/XObject<</X 6 0 R>>")


def with_note(entries: str, *more: bytes) -> bytes:
    """A link with further entries."""
    return pdf(f"<</Rect[0 0 9 9]/Subtype/Link/Type/Annot{entries}>>".encode(), *more, page="/Annots[6 0 R]")


def sfnt(*tables: tuple[bytes, bytes], version: bytes = b"\0\1\0\0") -> bytes:
    """A font file of these tables."""
    at = 12 + 16 * len(tables)
    head, body = version + struct.pack(">HHHH", len(tables), 0, 0, 0), b""
    for name, data in tables:
        head += struct.pack(">4sIII", name, 0, at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    return head + body

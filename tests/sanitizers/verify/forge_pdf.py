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


# --- font programs


def with_program(key: str, data: bytes, entries: str = "") -> bytes:
    """A font with a program of its own."""
    descriptor = f"<</Flags 4/FontName/A/{key} 7 0 R/Type/FontDescriptor>>".encode()
    return pdf(descriptor, stream(entries, data), font="/FontDescriptor 6 0 R")


def type1(clear: bytes = b"", private: bytes = b"", zeros: bytes = (b"0" * 64 + b"\n") * 8 + b"cleartomark\n") -> bytes:
    """A Type 1 font of one glyph, with further statements in either part."""
    clear = (
        b"%!PS-AdobeFont-1.0: A\n9 dict begin\n/FontName /A def\n/FontMatrix [0.001 0 0 0.001 0 0] readonly def\n"
        b"/Encoding StandardEncoding def\n" + clear + b"currentdict end\ncurrentfile eexec\n"
    )
    private = (
        b"\0\0\0\0dup /Private 24 dict dup begin\n/BlueValues [-20 0] ND\n" + private + b"2 index /CharStrings 1 dict "
        b"dup begin\n/.notdef 3 RD abc ND\nend\nend\nreadonly put\nnoaccess put\nmark currentfile closefile\n"
    )
    state, hidden = 55665, bytearray()
    for byte in private:
        hidden.append(byte ^ state >> 8)
        state = (hidden[-1] + state) * 52845 + 22719 & 0xFFFF
    lengths = f"/Length1 {len(clear)}/Length2 {len(hidden)}/Length3 {len(zeros)}"
    return with_program("FontFile", clear + bytes(hidden) + zeros, lengths)


def index(*items: bytes) -> bytes:
    """An index of a compact font."""
    if not items:
        return b"\0\0"
    ends, at = b"\1", 1
    for item in items:
        at += len(item)
        ends += bytes([at])
    return struct.pack(">HB", len(items), 1) + ends + b"".join(items)


def cff(top: bytes = b"", gap: bytes = b"", behind: bytes = b"", glyphs: bytes = index(b"\x0e", b"\x0e")) -> bytes:
    """A compact font of two glyphs."""
    named, rest = b"\1\0\4\1" + index(b"A"), index() + index() + gap
    at = len(named) + len(index(bytes(6) + top)) + len(rest)
    return named + index(top + b"\x1d" + struct.pack(">I", at) + b"\x11") + rest + glyphs + behind


def truetype(**tables: bytes) -> bytes:
    """A TrueType font of two glyphs, the second of which is nothing but the first."""
    parts = {
        "glyf": bytes(12) + struct.pack(">h", -1) + bytes(8) + struct.pack(">HHh", 0, 0, 0),
        "head": bytes(12) + b"\x5f\x0f\x3c\xf5" + bytes(38),
        "hhea": bytes(34) + b"\0\1",
        "hmtx": bytes(6),
        "loca": struct.pack(">HHH", 0, 6, 14),
        "maxp": b"\0\1\0\0\0\2" + bytes(26),
    }
    return sfnt(*((name.encode(), data) for name, data in sorted((parts | tables).items())))

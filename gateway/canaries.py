"""Small files with something live in each, made here with harmless words, and what must become of them."""

import base64
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final

_MARK: Final = b"sekisho-canary"  # what is hidden, said or run; it stands in no copy
_PICTURE: Final = base64.b64decode(  # a gray JPEG of 8 x 8
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBk"
    "eFxlZ2P/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AP//Z"
)


@dataclass(frozen=True, slots=True)
class Canary:
    """One file: the vector that must be found, and what its copy must not hold; None when it must be withheld."""

    name: str
    data: bytes
    vector: str
    features: tuple[bytes, ...] | None


def canaries() -> tuple[Canary, ...]:
    """All of them: of every family that has something to take out or to refuse."""
    return (
        Canary("comment.jpg", _jpeg_with_a_comment(), "IMG-08", (_MARK,)),
        Canary("behind.png", _png() + _MARK, "IMG-09", (_MARK,)),
        Canary("said.png", _png(_chunk(b"tEXt", b"Comment\0" + _MARK)), "IMG-13", (_MARK,)),
        Canary("script.svg", _SVG, "SVG-01", (_MARK, b"script")),
        Canary("formula.csv", b"a,b\r\n=1+sekisho(1),2\r\n", "TXT-01", (b"\r\n=", b'"=')),
        Canary("sidefile.zip", _zip({"desktop.ini": _MARK, "note.txt": b"note\r\n"}), "ARC-22", (b"desktop.ini",)),
        Canary("macro.docm", _docm(), "OOXML-01", (b"vbaProject", _MARK)),
        Canary("action.pdf", _pdf(), "PDF-10", (b"JavaScript", _MARK)),
        Canary(
            "program.jpg", b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200) + _MARK, "BLK-01", None
        ),
        Canary("shortcut.txt", b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(60), "BLK-04", None),
    )


_SVG: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    b'<script>"sekisho-canary"</script><rect width="9" height="9"/></svg>'
)


def _jpeg_with_a_comment() -> bytes:
    return _PICTURE[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(_MARK)) + _MARK + _PICTURE[2:]


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _png(*chunks: bytes) -> bytes:
    """Gray, 2 x 2."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0))
    rows = _chunk(b"IDAT", zlib.compress(b"\0\x40\x80\0\x80\x40"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + rows + _chunk(b"IEND", b"")


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return out.getvalue()


def _docm() -> bytes:
    """A document of one word, with a part where macros stand."""
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    words = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    microsoft = "http://schemas.microsoft.com/office/2006/relationships"
    main = "application/vnd.ms-word.document.macroEnabled.main+xml"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    parts = {
        "[Content_Types].xml": f'{head}<Types xmlns="{types}">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{links}">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'{head}<w:document xmlns:w="{words}"><w:body><w:p><w:r><w:t>canary</w:t></w:r></w:p>'
        "</w:body></w:document>",
        "word/_rels/document.xml.rels": f'{head}<Relationships xmlns="{links}">'
        f'<Relationship Id="rId1" Type="{microsoft}/vbaProject" Target="vbaProject.bin"/></Relationships>',
    }
    return _zip({name: text.encode() for name, text in parts.items()} | {"word/vbaProject.bin": _MARK})


def _pdf() -> bytes:
    """An empty page, and an action for when it is opened."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (" + _MARK + b") >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>",
    )
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + rows + end

"""TrueType and OpenType programs: known tables, one behind the other, each long enough for what it says (PDF-83).

Source: ISO/IEC 14496-22:2019, clauses 4 and 5; ISO 32000-2:2020, 9.9.
"""

import struct
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document

_TABLES: Final = frozenset(
    {
        *(b"head", b"hhea", b"hmtx", b"maxp", b"loca", b"glyf", b"cmap", b"post", b"name", b"OS/2"),
        *(b"vhea", b"vmtx", b"VORG", b"CFF ", b"cvt ", b"fpgm", b"prep", b"gasp"),
    }
)
_VERSIONS: Final = (b"\0\1\0\0", b"true", b"OTTO")


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, f"font {where}")


def check(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is a font of known tables."""
    _must(len(plain) >= 12 and plain[:4] in _VERSIONS, "version")
    count = int.from_bytes(plain[4:6], "big")
    _must(1 <= count <= len(_TABLES) and len(plain) >= 12 + 16 * count, "directory")
    rows = list(struct.iter_unpack(">4sIII", plain[12 : 12 + 16 * count]))
    _must({row[0] for row in rows} <= _TABLES and len({row[0] for row in rows}) == count, "table")
    at = 12 + 16 * count
    for _, _, start, size in sorted(rows, key=lambda row: (row[2], row[3])):
        _must(at <= start <= at + 3 and not any(plain[at:start]), "gap or overlap")
        at = start + size
        _must(at <= len(plain), "table does not fit")
    _must(len(plain) - at <= 3 and not any(plain[at:]), "bytes behind the last table")


def check_opentype(plain: bytes, number: int, document: Document) -> None:
    """The same: ISO 32000 has both under one name."""
    check(plain, number, document)

"""TrueType and OpenType programs: known tables, one behind the other, that agree on how many glyphs there are (PDF-83).

Each table is as long as its contents say, every glyph lies inside its table, and one that is put together names glyphs
that there are, and never itself (FNT-01, FNT-03, FNT-05). Outlines and programs of glyphs are not run.

Source: ISO/IEC 14496-22:2019, clauses 4, 5 and 6; ISO 32000-2:2020, 9.9.
"""

import struct
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import pdf_cff
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document

_TABLES: Final = frozenset(
    {
        *(b"head", b"hhea", b"hmtx", b"maxp", b"loca", b"glyf", b"cmap", b"post", b"OS/2"),
        *(b"vhea", b"vmtx", b"VORG", b"CFF ", b"cvt ", b"fpgm", b"prep"),
    }
)
_VERSIONS: Final = (b"\0\1\0\0", b"true", b"OTTO")
_HEAD_BYTES, _METRICS_BYTES = 54, 36  # 5.2.2, 5.2.3
_MAGIC: Final = 0x5F0F3CF5
_MAXP: Final = {0x00005000: 6, 0x00010000: 32}  # version: length
_CMAP_FORMATS: Final = frozenset({0, 2, 4, 6, 8, 10, 12, 13, 14})
_LONG_HEAD: Final = frozenset({8, 10, 12, 13})  # their length is of four bytes, behind two of padding
_MOST_SUBTABLES: Final = 64
_POST_BYTES: Final = 32
_COMPOSED: Final = 0x8000  # a negative number of contours
_ARGUMENTS_ARE_WORDS, _HAS_SCALE, _MORE, _HAS_TWO_SCALES, _HAS_MATRIX, _HAS_PROGRAM = 1, 8, 32, 64, 128, 256
_DEEPEST: Final = 16


def check(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is a font of known tables that agree."""
    _Font(_directory(plain)).check()


check_opentype = check  # ISO 32000 has both under one name


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, f"font: {where}")


def _directory(plain: bytes) -> Mapping[bytes, bytes]:
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
    return {name: plain[start : start + size] for name, _, start, size in rows}


class _Font:
    def __init__(self, tables: Mapping[bytes, bytes]) -> None:
        self.tables = tables
        self.glyphs = 0

    def check(self) -> None:
        self.profile()
        self.head()
        for heads, metrics in ((b"hhea", b"hmtx"), (b"vhea", b"vmtx")):
            self.metrics(heads, metrics)
        if b"cmap" in self.tables:
            self.characters(self.tables[b"cmap"])
        if b"post" in self.tables:
            post = self.tables[b"post"]
            _must(len(post) >= _POST_BYTES and post[:4] in (b"\0\1\0\0", b"\0\2\0\0", b"\0\3\0\0"), "post")
        _must((b"CFF " in self.tables) != (b"glyf" in self.tables), "outlines of two kinds, or of none")
        if b"CFF " in self.tables:
            pdf_cff.check(self.tables[b"CFF "])
        else:
            self.outlines()

    def profile(self) -> None:
        """5.2.6."""
        maxp = self.tables.get(b"maxp", b"")
        _must(len(maxp) >= 6 and _MAXP.get(int.from_bytes(maxp[:4], "big")) == len(maxp), "maxp")
        self.glyphs = int.from_bytes(maxp[4:6], "big")
        _must(self.glyphs, "no glyphs")

    def head(self) -> None:
        """5.2.2."""
        head = self.tables.get(b"head", b"")
        _must(len(head) == _HEAD_BYTES and int.from_bytes(head[12:16], "big") == _MAGIC, "head")
        _must(head[50:52] in (b"\0\0", b"\0\1") and head[52:54] == b"\0\0", "head: places of glyphs")

    def metrics(self, heads: bytes, metrics: bytes) -> None:
        """5.2.3 and 5.2.4: an advance for some glyphs, a bearing for the others."""
        _must((heads in self.tables) == (metrics in self.tables), "metrics without a head")
        if heads in self.tables:
            head, table = self.tables[heads], self.tables[metrics]
            _must(len(head) == _METRICS_BYTES, heads.decode())
            count = int.from_bytes(head[34:36], "big")
            _must(1 <= count <= self.glyphs and len(table) == 4 * count + 2 * (self.glyphs - count), metrics.decode())

    def characters(self, cmap: bytes) -> None:
        """5.2.1: each subtable ends inside its table."""
        count = int.from_bytes(cmap[2:4], "big")
        _must(len(cmap) >= 4 + 8 * count and count <= _MOST_SUBTABLES and cmap[:2] == b"\0\0", "cmap")
        for _, _, start in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * count]):
            _must(start + 8 <= len(cmap), "cmap: place of a subtable")
            kind = int.from_bytes(cmap[start : start + 2], "big")
            _must(kind in _CMAP_FORMATS, f"cmap of format {kind}")
            if kind in _LONG_HEAD:
                size = int.from_bytes(cmap[start + 4 : start + 8], "big")
            else:
                size = int.from_bytes(cmap[start + 2 : start + (6 if kind == 14 else 4)], "big")
            _must(start + size <= len(cmap), "cmap: a subtable does not fit")

    def outlines(self) -> None:
        """5.3.3 and 5.3.4."""
        loca, glyf = self.tables.get(b"loca", b""), self.tables[b"glyf"]
        size = 4 if self.tables[b"head"][51] else 2
        _must(len(loca) == size * (self.glyphs + 1), "loca of another size")
        places = struct.unpack(f">{self.glyphs + 1}{'I' if size == 4 else 'H'}", loca)
        places = places if size == 4 else tuple(2 * place for place in places)
        _must(places[-1] <= len(glyf) and all(start <= end for start, end in pairwise(places)), "loca out of order")
        composed = {}
        for glyph, (start, end) in enumerate(pairwise(places)):
            if start < end:
                _must(end - start >= 10, f"glyph {glyph}")
                contours = glyf[start] << 8 | glyf[start + 1]
                if contours & _COMPOSED:
                    composed[glyph] = self.parts(glyf[start + 10 : end], glyph)
                else:
                    _must(10 + 2 * contours + 2 * (contours > 0) <= end - start, f"contours of glyph {glyph}")
        _require_bottom(composed)

    def parts(self, body: bytes, glyph: int) -> list[int]:
        """The glyphs that one is put together from."""
        at, found = 0, []
        while True:
            _must(at + 4 <= len(body), f"parts of glyph {glyph}")
            flags, part = struct.unpack_from(">HH", body, at)
            _must(part < self.glyphs, f"a part of glyph {glyph} that there is not")
            found.append(part)
            at += 4 + (4 if flags & _ARGUMENTS_ARE_WORDS else 2)
            at += 2 * bool(flags & _HAS_SCALE) + 4 * bool(flags & _HAS_TWO_SCALES) + 8 * bool(flags & _HAS_MATRIX)
            _must(at <= len(body), f"parts of glyph {glyph}")
            if not flags & _MORE:
                return found


def _require_bottom(composed: Mapping[int, list[int]]) -> None:
    """No glyph is put together from itself, nor from parts of parts without end."""
    level = dict(composed)
    for _ in range(_DEEPEST):
        level = {glyph: parts for glyph, parts in level.items() if any(part in level for part in parts)}
        if not level:
            return
    _must(False, "glyphs in one another without end")

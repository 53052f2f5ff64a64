"""The parts that a rebuilt Office package may have: by content type, what may lead to each, and what it must be.

Data: parts.tsv beside this file. What it does not name is refused: macros, macro and dialog sheets, ActiveX, OLE
objects, altChunk, glossaries, custom XML, connections, external links, fonts, printer settings, signatures, add-ins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

_BASES: Final = {
    "d": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/",
    "p": "http://schemas.openxmlformats.org/package/2006/relationships/metadata/",
    "m07": "http://schemas.microsoft.com/office/2007/relationships/",
    "m11": "http://schemas.microsoft.com/office/2011/relationships/",
    "m14": "http://schemas.microsoft.com/office/2014/relationships/",
    "m16": "http://schemas.microsoft.com/office/2016/09/relationships/",
    "m17": "http://schemas.microsoft.com/office/2017/10/relationships/",
    "m17v": "http://schemas.microsoft.com/office/2017/06/relationships/",
    "m18": "http://schemas.microsoft.com/office/2018/10/relationships/",
    "m19": "http://schemas.microsoft.com/office/2019/04/relationships/",
    "m22v": "http://schemas.microsoft.com/office/2022/10/relationships/",
    "m22": "http://schemas.microsoft.com/office/2022/11/relationships/",
}


@dataclass(frozen=True, slots=True)
class Row:
    """What a part of one content type must be."""

    led_to_by: frozenset[str]  # whole relationship types
    roots: tuple[str, ...]  # names of root elements; empty where it is no XML
    heard_as: str  # media type of a picture or an embedded package; "" where it is XML
    records: str = ""  # kind of part of a binary workbook; "" where it is XML


def _full(word: str) -> str:
    base, _, name = word.partition(":")
    return _BASES[base] + name


def _read() -> Mapping[str, Row]:
    text = Path(__file__).with_name("parts.tsv").read_text(encoding="utf-8")
    rows: dict[str, Row] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        content_type, words, what = line.split("\t")
        kind, _, heard_as = what.partition(":")
        is_blob = kind in ("picture", "package", "records")
        assert content_type not in rows
        rows[content_type] = Row(
            frozenset(map(_full, words.split())),
            () if is_blob else tuple(what.split()),
            heard_as if is_blob and kind != "records" else "",
            heard_as if kind == "records" else "",
        )
    return MappingProxyType(rows)


ROWS: Final = _read()
RELATIONSHIPS: Final[Mapping[str, str]] = MappingProxyType(  # whole type: its last word
    {kind: kind.rpartition("/")[2] for row in ROWS.values() for kind in row.led_to_by}
    | {_BASES["d"] + "hyperlink": "hyperlink"}
)

_D: Final = "application/vnd.openxmlformats-officedocument."
EXTENSIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(  # of parts that are files of their own
    {
        "image/png": frozenset({"png"}),
        "image/jpeg": frozenset({"jpeg", "jpg"}),
        "image/gif": frozenset({"gif"}),
        "image/tiff": frozenset({"tiff", "tif"}),
        "image/webp": frozenset({"webp"}),
        "image/svg+xml": frozenset({"svg"}),
        "image/emf": frozenset({"emf"}),
        "image/wmf": frozenset({"wmf"}),
        _D + "wordprocessingml.document": frozenset({"docx"}),
        _D + "spreadsheetml.sheet": frozenset({"xlsx"}),
        _D + "presentationml.presentation": frozenset({"pptx"}),
        "application/vnd.ms-excel.sheet.binary.macroEnabled.12": frozenset({"xlsb"}),
    }
)

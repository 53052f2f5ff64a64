"""The frame of a rebuilt PDF: a header, objects one behind the other, one cross-reference table, one trailer (V-PDF).

Every byte is accounted for: object number n starts where the table says, right behind object n-1, and nothing stands
before the header, between two objects or behind the end mark (PDF-54 to PDF-58, PDF-62 to PDF-65, PDF-98, PDF-99).

Source: ISO 32000-2:2020, 7.3.8, 7.3.10 and 7.5.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import pdf_syntax
from sanitizers.verify.court import Court, require
from sanitizers.verify.pdf_syntax import Ref, Text, Value

_HEADER: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_FREE: Final = b"0000000000 65535 f \n"
_ROW_BYTES: Final = 20  # 7.5.4
_ROWS: Final = re.compile(rb"(?:[0-9]{10} 00000 n \n)*+")
_END: Final = re.compile(rb"trailer\n(<<.*>>)\nstartxref\n([1-9][0-9]{0,9}+)\n%%EOF\n", re.DOTALL)
_MOST_TRAILER_BYTES: Final = 300
_MOST_OBJECTS: Final = 1_000_000
_STREAM: Final = b"\nstream\n"
_STREAM_END: Final = b"\nendstream\nendobj\n"
_OBJECT_END: Final = b"\nendobj\n"
_OBJ: Final = re.compile(rb"obj(?<=[ \t\r\n\f\0]obj)")
_BEFORE_OBJ: Final = re.compile(rb"[0-9][ \t\r\n\f\0]++[0-9]++[ \t\r\n\f\0]++\Z")
_MARKS: Final = ((b"startxref", 1), (b"\ntrailer", 1), (b"\n%%EOF", 1))


@dataclass(frozen=True, slots=True)
class Body:
    """An object: its value, and where its stream's bytes stand, if it is one."""

    value: Value
    start: int = 0
    end: int = -1  # below `start` for an object that is no stream

    @property
    def is_stream(self) -> bool:
        """Whether bytes belong to it."""
        return self.end >= self.start


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, where)


def read(data: bytes, court: Court) -> dict[int, Body]:
    """Every object by its number; the catalog is number 1. Raises Refused unless the file is framed as it must be."""
    require(data.startswith(_HEADER), Check.MAGIC, "no header of a rebuilt PDF")
    table_at, end_at = _table(data)
    rows = data[table_at:end_at]
    head = re.match(rb"xref\n0 ([1-9][0-9]{0,6}+)\n", rows)
    _must(head, "cross-reference table")
    assert head is not None
    count = int(head[1])
    require(count <= _MOST_OBJECTS, Check.LIMITS, f"{count} objects")
    rows = rows[head.end() :]
    _must(rows.startswith(_FREE) and len(rows) == _ROW_BYTES * count, "cross-reference table")
    _must(_ROWS.fullmatch(rows, _ROW_BYTES), "cross-reference row")
    offsets = [int(rows[at : at + 10]) for at in range(_ROW_BYTES, len(rows), _ROW_BYTES)]
    _must(offsets and offsets[0] == len(_HEADER), "gap behind the header")
    bodies = {}
    for number, (start, end) in enumerate(zip(offsets, [*offsets[1:], table_at]), 1):
        _must(start < end, f"object {number}: place")
        bodies[number] = _object(data, number, start, end)
    _trailer(data, end_at, count, hashlib.sha256(memoryview(data)[:table_at]).digest()[:16])
    for mark, most in _MARKS:
        _must(data.count(mark) == most, f"{mark.decode().strip()} again")
    starts = (match.start() for match in _OBJ.finditer(data))
    found = sum(1 for at in starts if _BEFORE_OBJ.search(data[max(at - 40, 0) : at]))
    _must(found == len(bodies), "an object inside a stream")
    return bodies


def _table(data: bytes) -> tuple[int, int]:
    """Where the table starts and where it ends, as the last lines say."""
    end_at = data.rfind(b"trailer\n", len(data) - _MOST_TRAILER_BYTES if len(data) > _MOST_TRAILER_BYTES else 0)
    end = _END.fullmatch(data, end_at) if end_at >= 0 else None
    _must(end, "no end of a rebuilt PDF")
    assert end is not None
    table_at = int(end[2])
    _must(len(_HEADER) < table_at < end_at and data.startswith(b"xref\n", table_at), "startxref")
    return table_at, end_at


def _trailer(data: bytes, end_at: int, count: int, content: bytes) -> None:
    """7.5.5: how many, where to begin, and an identifier that the content alone decides."""
    end = _END.fullmatch(data, end_at)
    assert end is not None
    trailer = pdf_syntax.read(end[1], "trailer")
    assert isinstance(trailer, dict)
    _must(trailer.keys() == {"Size", "Root", "ID"}, "trailer keys")
    size, root = trailer["Size"], trailer["Root"]
    _must(type(size) is int and size == count and type(root) is Ref and root == 1, "trailer")
    match trailer["ID"]:
        case [Text() as first, Text() as second] if first == second == content:
            return
    _must(False, "identifier that its content does not give")  # PDF-53


def _object(data: bytes, number: int, start: int, end: int) -> Body:
    where = f"object {number}"
    head = b"%d 0 obj\n" % number
    _must(data.startswith(head, start), f"{where}: not at its place")
    start += len(head)
    if not data.endswith(_STREAM_END, start, end):
        _must(data.endswith(_OBJECT_END, start, end), f"{where}: no end")
        return Body(pdf_syntax.read(data[start : end - len(_OBJECT_END)], where))
    stream_at = data.find(_STREAM, start, end)
    _must(stream_at > 0, f"{where}: no stream")
    value = pdf_syntax.read(data[start:stream_at], where)
    _must(isinstance(value, dict), f"{where}: stream without a dictionary")
    assert isinstance(value, dict)
    body = Body(value, stream_at + len(_STREAM), end - len(_STREAM_END))
    length = value.pop("Length", None)
    _must(type(length) is int and length == body.end - body.start, f"{where}: length")
    return body

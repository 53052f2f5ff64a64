"""Worksheets too large to be held: unpacked, proved and packed again a piece at a time.

The part goes by twice. First for what stands before and behind its rows, which the engine carries; then for the rows,
which are proved some thousand at a time and packed at once. Neither the part nor its copy is ever whole in memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.codecs.deflate import Deflated, Deflater
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.formats.ooxml.sheet.rows import CHUNK
from sanitizers.formats.ooxml.sheet.worksheet import ROWS, Around, carry_around

_EDGE: Final = 8 << 20  # bytes before and behind the rows
_UTF8: Final = re.compile(rb"(?:<\?xml[^<>]{0,200}?encoding=[\"'](?i:utf-8)[\"'][^<>]{0,100}\?>)?\s*<(?![!?])")
_STRICT: Final = b"purl.oclc.org/ooxml"


@dataclass(frozen=True, slots=True)
class _Edges:
    """A part without its rows, and where in it they stand."""

    skeleton: bytes
    prefix: bytes
    start: int
    end: int


def write_large_worksheet(scene: Scene) -> Deflated | None:
    """The copy of a worksheet; None where it is not of a form that can go by in pieces."""
    edges = _edges(scene)
    if edges is None:
        return None
    around = carry_around(edges.skeleton, scene, is_large=True)
    out = Deflater()
    out.add(around.above)
    for rows in _chunks(_region(scene, edges), around):
        new = around.rows.carry(rows, 0, len(rows), around.namespaces, has_descent=around.has_descent)
        out.add(rows if new is None else new)
    around.tell(scene)
    out.add(around.below)
    return out.finish()


def _edges(scene: Scene) -> _Edges | None:
    pieces = scene.home.package.pieces(scene.key)
    if pieces is None:
        return None
    head, tail, size = b"", b"", 0
    opening: re.Match[bytes] | None = None
    for piece in pieces:
        size += len(piece)
        if opening is None and len(head) < _EDGE:
            head += piece
            opening = ROWS.search(head)
        tail = (tail + piece)[-_EDGE:]
    if opening is None or not _UTF8.match(head):
        return None
    closing = tail.rfind(b"</" + opening[1] + b"sheetData")
    start, end = opening.end(), size - len(tail) + closing
    before, behind = head[: opening.start()], tail[closing:]
    declared = before.find(b"?>") + 2
    if closing < 0 or end < start or _STRICT in before:
        return None
    if any(mark in text for mark in (b"<!", b"<?") for text in (before[declared:], behind)):
        return None
    skeleton = before[declared if declared > 1 else 0 :] + b"<" + opening[1] + b"sheetData>" + behind
    return _Edges(skeleton, opening[1], start, end)


def _region(scene: Scene, edges: _Edges) -> Iterator[bytes]:
    """The rows as they come out of the stream."""
    at = 0
    for piece in scene.home.package.pieces(scene.key) or ():
        first, last = max(edges.start - at, 0), min(edges.end - at, len(piece))
        at += len(piece)
        if first < last:
            yield piece[first:last]


def _chunks(pieces: Iterator[bytes], around: Around) -> Iterator[bytes]:
    """The same bytes, cut behind rows."""
    ending = b"</" + around.prefix + b"row>"
    waiting = b""
    for piece in pieces:
        waiting += piece
        if len(waiting) >= CHUNK:
            cut = waiting.rfind(ending) + len(ending)
            if cut >= len(ending):
                yield waiting[:cut]
                waiting = waiting[cut:]
    if waiting:
        yield waiting

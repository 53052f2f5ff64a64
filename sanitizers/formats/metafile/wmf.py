"""WMF: records that draw, by allow-list, each written anew; escapes stay behind (IMG-31).

Source: [MS-WMF].
"""

import struct
from dataclasses import dataclass, field
from heapq import heappop
from typing import Final

from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.marks import spells_script
from sanitizers.formats.metafile import allow
from sanitizers.formats.metafile.allow import Kind
from sanitizers.formats.metafile.fields import UnfitError
from sanitizers.formats.metafile.told import Tally
from sanitizers.formats.metafile.vectors import IMG_09, IMG_31, VECTORS
from sanitizers.formats.metafile.wmf_shapes import CREATES, GRAY_BRUSH, SHAPES
from sanitizers.parsers import metafile
from sanitizers.parsers.metafile import PLACEABLE, PLACEABLE_KEY, WMF_HEADER, Record, Wmf
from sanitizers.sanitizer import Job

_END: Final = struct.pack("<IH", 3, 0)
_MEMORY: Final = 1
_ESCAPE: Final = 0x0626
_MAX_OBJECTS: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class SafeWmf:
    """What is said of the drawing's size, and records that we wrote: their numbers and bodies."""

    bounds: tuple[int, ...] | None
    version: int
    objects: int
    records: tuple[tuple[int, bytes], ...] = field(repr=False)


class _WmfSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/wmf"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Wmf:
        return metafile.parse_wmf(untrusted, budget)

    def disarm(self, parsed: Wmf, job: Job) -> SafeWmf:
        """Decide about every record. Raises BlockedError, LimitError."""
        safe = _Disarming(job).run(parsed)
        _tell(parsed, safe, job)
        return safe

    def reconstruct(self, safe: SafeWmf) -> bytes:
        data = _head(safe) + b"".join(_record(number, body) for number, body in safe.records) + _END
        if spells_script(data):
            raise MalformedError("a drawing that spells a script")
        return data


WMF: Final = _WmfSanitizer()


class _Disarming:
    """One pass over the records. An object takes the lowest free place of the table, as in 2.3.4."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.tally = Tally(job, IMG_31)
        self.objects: list[Kind | None] = []
        self.free: list[int] = []  # a heap
        self.saved = 0
        self.records: list[tuple[int, bytes]] = []

    def run(self, tree: Wmf) -> SafeWmf:
        for record in tree.records:
            self._take(record)
        self.tally.tell()
        return SafeWmf(tree.bounds, tree.version, len(self.objects), tuple(self.records))

    def _take(self, record: Record) -> None:
        row = allow.WMF.get(record.number)
        if row is None:
            name, found = allow.WMF_OTHERWISE.get(record.number, (f"record {record.number:#x}", allow.WMF_ELSE))
            self.tally.dropped(found, name, _about(record))
            return
        number, kind = record.number, row.kind
        try:
            body = SHAPES[kind](self, row, record.body)
        except UnfitError as reason:
            self.tally.dropped(IMG_31, row.name, str(reason))
            if kind not in CREATES:
                return
            number, kind, body = GRAY_BRUSH  # what it paints is seen, and those behind it keep their places
        else:
            if body != record.body:
                self.tally.rewritten(row.name)
        if kind in CREATES:
            self._claim(kind)
        self.records.append((number, body))

    def _claim(self, kind: Kind) -> None:
        if self.free:
            self.objects[heappop(self.free)] = kind
        elif len(self.objects) < _MAX_OBJECTS:
            self.objects.append(kind)
        else:
            raise LimitError(f"more than {_MAX_OBJECTS} objects")


def _about(record: Record) -> str:
    return f"function {int.from_bytes(record.body[:2], 'little'):#x}" if record.number == _ESCAPE else ""


def _tell(tree: Wmf, safe: SafeWmf, job: Job) -> None:
    """What is left behind around the records."""
    before = _head(safe, tree.records)
    if before[: len(tree.head) - WMF_HEADER.size] != tree.head[: -WMF_HEADER.size]:
        job.found(IMG_31, "placeable header", detail="written anew", at_least=Action.REWRITE)
    if before[-WMF_HEADER.size :] != tree.head[-WMF_HEADER.size :]:
        job.found(IMG_31, "header", detail="sizes and counts", at_least=Action.REWRITE)
    if not tree.has_end:
        job.found(IMG_31, "end record", detail="none", at_least=Action.REWRITE)
    elif tree.data[tree.end - 6 : tree.end] != _END:
        job.found(IMG_31, "end record", detail="with something in it", at_least=Action.REWRITE)
    if any(tree.data[tree.end :]):
        job.found(IMG_09, f"offset {tree.end}", detail=f"{len(tree.data) - tree.end} bytes", at_least=Action.REMOVE)


def _record(number: int, body: bytes) -> bytes:
    return struct.pack("<IH", (6 + len(body)) // 2, number) + body


def _head(safe: SafeWmf, others: tuple[Record, ...] | None = None) -> bytes:
    """Both headers, with the sizes of these records, or of others."""
    sizes = [6 + len(body) for _, body in safe.records] if others is None else [6 + len(r.body) for r in others]
    words = (WMF_HEADER.size + sum(sizes) + len(_END)) // 2
    longest = max([len(_END), *sizes]) // 2
    head = WMF_HEADER.pack(_MEMORY, WMF_HEADER.size // 2, safe.version, words, safe.objects, longest, 0)
    if safe.bounds is None:
        return head
    placeable = PLACEABLE.pack(PLACEABLE_KEY, 0, *safe.bounds, 0, 0)[:-2]
    checksum = 0
    for (word,) in struct.iter_unpack("<H", placeable):
        checksum ^= word
    return placeable + struct.pack("<H", checksum) + head

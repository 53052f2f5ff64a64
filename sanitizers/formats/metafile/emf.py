"""EMF: records that draw, by allow-list, each written anew; comments, EMF+, escapes and profiles stay behind.

Source: [MS-EMF].
"""

import struct
from dataclasses import dataclass, field
from typing import Final

from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.marks import spells_script
from sanitizers.formats.metafile import allow
from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.emf_objects import gray_brush
from sanitizers.formats.metafile.emf_shapes import SHAPES
from sanitizers.formats.metafile.emf_texts import split_texts
from sanitizers.formats.metafile.fields import UnfitError
from sanitizers.formats.metafile.told import Tally
from sanitizers.formats.metafile.vectors import IMG_09, IMG_32, VECTORS
from sanitizers.parsers import metafile
from sanitizers.parsers.metafile import EMR_EOF, EMR_HEADER, Emf, EmfHeader, Record
from sanitizers.sanitizer import Job

_HEADER: Final = struct.Struct("<II8i4sIIIHHIII4iIIIII")
_VERSION: Final = 0x00010000
_END: Final = struct.pack("<5I", EMR_EOF, 20, 0, 16, 20)
_COMMENT: Final = 70
_MARK: Final = b"EMF+"
_PATTERNS: Final = (Kind.CREATE_PATTERN, Kind.CREATE_BRUSH)


@dataclass(frozen=True, slots=True)
class SafeEmf:
    """A header's sizes, and records that we wrote: their numbers and bodies."""

    header: EmfHeader
    handles: int
    records: tuple[tuple[int, bytes], ...] = field(repr=False)


class _EmfSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/emf"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Emf:
        return metafile.parse_emf(untrusted, budget)

    def disarm(self, parsed: Emf, job: Job) -> SafeEmf:
        """Decide about every record. Raises BlockedError, LimitError, UnsupportedError for EMF+ without EMF."""
        safe = _Disarming(job).run(parsed)
        _tell(parsed, safe, job)
        return safe

    def reconstruct(self, safe: SafeEmf) -> bytes:
        data = _header(safe) + b"".join(_record(number, body) for number, body in safe.records) + _END
        if spells_script(data):
            raise MalformedError("a drawing that spells a script")
        return data


EMF: Final = _EmfSanitizer()


class _Disarming:
    """One pass over the records with the objects and states that there are at each of them."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.tally = Tally(job, IMG_32)
        self.objects: dict[int, Kind] = {}
        self.palettes: dict[int, int] = {}
        self.handles = 1
        self.saved = 0
        self.records: list[tuple[int, bytes]] = []

    def run(self, tree: Emf) -> SafeEmf:
        for record in tree.records:
            self._take(record)
        self.tally.tell()
        is_drawn = any(number in allow.EMF_DRAWS for number, _ in self.records)
        _check_plus(tree, is_drawn)
        return SafeEmf(tree.header, self.handles, tuple(self.records))

    def _take(self, record: Record) -> None:
        row = allow.EMF.get(record.number)
        if row is None:
            name, found = allow.EMF_OTHERWISE.get(record.number, (f"record {record.number}", allow.EMF_ELSE))
            self.tally.dropped(found, name, _about(record))
            return
        try:
            if row.kind is Kind.TEXTS:
                self._take_texts(row, record)
                return
            body = SHAPES[row.kind](self, row, record.body)
        except UnfitError as reason:
            self.tally.dropped(IMG_32, row.name, str(reason))
            if row.kind in _PATTERNS and len(record.body) >= 4:
                self._stand_in(record)
            return
        if body != record.body:
            self.tally.rewritten(row.name)
        self.records.append((record.number, body))

    def _take_texts(self, row: Known, record: Record) -> None:
        """Several texts become records of one text each. Raises UnfitError."""
        texts = split_texts(self, row, record.body)
        self.tally.rewritten(row.name)
        self.records += ((allow.EMF_SINGLE[record.number], text) for text in texts)

    def _stand_in(self, record: Record) -> None:
        """A gray brush where one cannot be carried, so that what it paints is seen."""
        try:
            self.records.append(gray_brush(self, record.body))
        except UnfitError:
            return


def _about(record: Record) -> str:
    if record.number == _COMMENT:
        return "EMF+" if record.body[4:8] == _MARK else "comment"
    return ""


def _check_plus(tree: Emf, is_drawn: bool) -> None:
    """Raises UnsupportedError when the drawing is in EMF+ records, and not in EMF records too."""
    comments = [r.body[8:] for r in tree.records if r.number == _COMMENT and r.body[4:8] == _MARK]
    said = [pair for comment in comments for pair in metafile.plus_records(comment)]
    is_dual = any(number == allow.PLUS_HEADER and flags & allow.PLUS_IS_DUAL for number, flags in said)
    if said and not is_drawn:
        raise UnsupportedError("a drawing in EMF+ records alone", IMG_32)
    if not is_dual and any(number in allow.PLUS_DRAWS for number, _ in said):
        raise UnsupportedError("a drawing that EMF records do not have whole", IMG_32)


def _tell(tree: Emf, safe: SafeEmf, job: Job) -> None:
    """What is left behind around the records."""
    if tree.header.has_description:
        job.found(IMG_32, "header", detail="description", at_least=Action.REMOVE)
    size, count = struct.unpack_from("<II", tree.first, 48)
    plain = _header(safe, size, count)
    if plain != tree.first or size != tree.end or count != len(tree.records) + 1 + (tree.last is not None):
        job.found(IMG_32, "header", detail="sizes and counts", at_least=Action.REWRITE)
    if tree.last is None or _record(EMR_EOF, tree.last) != _END:
        job.found(IMG_32, "end record", detail="none" if tree.last is None else "written anew", at_least=Action.REWRITE)
    if any(tree.data[tree.end :]):
        job.found(IMG_09, f"offset {tree.end}", detail=f"{len(tree.data) - tree.end} bytes", at_least=Action.REMOVE)


def _record(number: int, body: bytes) -> bytes:
    return struct.pack("<II", number, 8 + len(body)) + body


def _header(safe: SafeEmf, size: int | None = None, count: int | None = None) -> bytes:
    """The header record, with the sizes that the records make unless others are given."""
    head = safe.header
    own = _HEADER.size + sum(8 + len(body) for _, body in safe.records) + len(_END)
    return _HEADER.pack(
        EMR_HEADER, _HEADER.size, *head.bounds, *head.frame, b" EMF", _VERSION,
        own if size is None else size, len(safe.records) + 2 if count is None else count, safe.handles, 0,
        0, 0, 0, *head.device, *head.millimetres, 0, 0, 0, *head.micrometres,
    )  # fmt: skip

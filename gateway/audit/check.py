"""Checking a log that somebody else kept: every line, every segment, and the tree's root. Writes nothing.

`segments.read` stops at the first line that is wrong; this goes on and names each one, by segment and line. Whoever can
write the folder can also write lines that fit each other: only a head that was noted elsewhere, or a checkpoint that
was exported, shows that (see Head, chain).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.audit.chain import Chain, Kept, ended_days, kept
from gateway.audit.checkpoint import Note, origin_of
from gateway.audit.fields import EventError, check_event
from gateway.audit.head import Head
from gateway.audit.keys import Keys
from gateway.audit.merkle import Edge
from gateway.audit.record import VERSION, canonical, leaf, nanoseconds
from gateway.audit.segments import MAX_LINE_BYTES, LogError, first_seq, removed_leaf
from gateway.audit.times import CLOCK_STEP_NS, SILENCE_NS

MAX_FAULTS: Final = 1000  # that are named; all are counted
_SEGMENT: Final = re.compile(r"(?!0{16})\d{16}\.jsonl")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_STAMPED: Final = frozenset({"v", "seq", "time", "boot", "mono_ns", "event"})
_STAMPS: Final = _STAMPED - {"event"}
_FIRST: Final = frozenset({"started", "torn", "clock", "epoch"})  # what may follow a time without the service
_APART_NS: Final = CLOCK_STEP_NS + 10**6  # times are told to the microsecond
_SIGNED: Final = frozenset({"decided", "stored"})  # events that name the key of a certificate


class Fault(StrEnum):
    """What can be wrong with a log."""

    NAME = "name"
    SEGMENT = "segment"
    UNENDED = "unended"
    LONG = "long"
    CANONICAL = "canonical"
    STAMP = "stamp"
    SEQUENCE = "sequence"
    EVENT = "event"
    CLOCK = "clock"
    KEY = "key"
    HEAD = "head"
    SHORT = "short"
    EPOCH = "epoch"
    NOTE = "note"
    SILENT = "silent"
    STALE = "stale"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Found:
    """One fault: in which segment, on which line of it (0: the segment as a whole), and what was met."""

    segment: str
    line: int
    fault: Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a log holds, and what is wrong with it. The head says something only when nothing is."""

    segments: int
    head: Head
    first_time: str
    last_time: str
    keys: Mapping[str, int]  # certificates by the id of the key that signed them
    faults: tuple[Found, ...]
    fault_count: int
    days: int = 0  # keys of the day
    signed_size: int = 0  # lines under the newest signed head that was met, wherever it was kept
    clock_steps: int = 0  # lines that tell of a clock that was set
    removed: int = 0  # lines of which the hash alone is left, as a line of the log says


def check_log(
    folder: Path,
    keys: Keys | None = None,
    heads: Sequence[Head] = (),
    notes: Sequence[Note] = (),
    *,
    not_before: str = "",
) -> Outcome:
    """Check every line of the log in `folder`, its keys of the day, and that it grew from `heads` and `notes`.

    Without `keys` (None) no key is held to be unknown. A log whose last line is older than `not_before` is stale.
    Raises LogError when there is no log or it cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
        if not found:
            raise LogError(f"{folder}: no segment of a log")
        check = _Check(keys, heads, notes, kept(folder))
        for path in found:
            check.segment(path, is_last=path == found[-1])
        check.end(not_before)
    except OSError as error:
        raise LogError(f"{error.filename or folder}: {error.strerror}") from error
    return check.outcome(len(found))


class _Check:
    """One walk over a log."""

    def __init__(self, keys: Keys | None, heads: Sequence[Head], notes: Sequence[Note], beside: Kept) -> None:
        self._keys, self._notes, self._beside = keys, notes, beside
        self._chain = Chain(keys)
        own = [beside.newest] if beside.newest else []
        signed = [note.head for note in (*notes, *beside.ended, *own)]
        self._heads = sorted({*heads, *signed}, key=lambda head: head.size)
        self._signed_size = max((head.size for head in signed), default=0)
        self._before: tuple[str, int, int] | None = None  # boot, monotonic, wall clock of the line before
        self._clock_steps = 0
        self._edge = Edge()
        self._removed: list[range] = []  # numbers of lines of which the hash alone is left
        self._pruned: list[range] = []  # numbers of which the log says so
        self._expected = 1
        self._segment, self._line = "", 0
        self._times: list[str] = []  # the first and the last
        self._clocks: dict[str, int] = {}  # by boot, the latest
        self._signed: Counter[str] = Counter()
        self._faults: list[Found] = []
        self._fault_count = 0
        self._compare_heads()
        for told in beside.faults:
            self._fault(Fault.NOTE, told)

    def segment(self, path: Path, *, is_last: bool) -> None:
        self._segment, self._line = path.name, 0
        if not _SEGMENT.fullmatch(path.name):
            self._fault(Fault.NAME)
            return
        if first_seq(path) != self._expected:
            self._fault(Fault.SEGMENT, f"{self._expected} → {first_seq(path)}")
            self._expected = first_seq(path)
        for self._line, (raw, size) in enumerate(_lines(path), 1):
            if size > MAX_LINE_BYTES:
                self._fault(Fault.LONG, str(size))
            elif not raw.endswith(b"\n"):
                self._fault(Fault.UNENDED, str(size))
                if is_last:
                    return  # torn off, or being written: no line yet
            self._add(raw.removesuffix(b"\n"), is_long=size > MAX_LINE_BYTES)
        if not self._line and not is_last:
            self._fault(Fault.SEGMENT, "0")

    def end(self, not_before: str) -> None:
        """What can be told once every line was seen."""
        self._segment, self._line = "", 0
        for head in self._heads:
            self._fault(Fault.SHORT, str(head))
        for note in self._notes:
            self._check_note(note)
        newest, days = self._beside.newest, self._chain.days
        for note in (*self._beside.ended, *([newest] if newest else [])):
            self._check_note(note)
        if newest and days and not any(newest.is_signed_by(key) for key in self._chain.in_force(newest.head.size)):
            self._fault(Fault.NOTE, f"{newest.head}: not signed by the key of its day")
        if newest is None and days and self._edge.size > days[0].start:
            self._fault(Fault.NOTE, "checkpoint: is missing")
        for lines in self._removed:
            covered = lines.start
            for one in sorted(self._pruned, key=lambda one: one.start):
                covered = max(covered, one.stop) if one.start <= covered else covered
            if covered < lines.stop:
                self._fault(Fault.REMOVED, f"{covered} … {lines.stop - 1}")
        for told in ended_days(self._chain, self._beside.ended):
            self._fault(Fault.EPOCH, told)
        if not_before and (self._times[-1] if self._times else "") < not_before:
            self._fault(Fault.STALE, self._times[-1] if self._times else "")

    def _check_note(self, note: Note) -> None:
        """Signed by a trusted key, for the log of that key's owner."""
        if self._keys is None:
            return
        if not any(note.origin == origin_of(key) and note.is_signed_by(key) for key in self._keys.values()):
            self._fault(Fault.NOTE, f"{note.head}: {note.origin}")

    def outcome(self, segments: int) -> Outcome:
        return Outcome(
            segments=segments,
            head=Head(self._edge.size, self._edge.root()),
            first_time=self._times[0] if self._times else "",
            last_time=self._times[-1] if self._times else "",
            keys=dict(self._signed),
            faults=tuple(self._faults),
            fault_count=self._fault_count,
            days=len(self._chain.days),
            signed_size=self._signed_size,
            clock_steps=self._clock_steps,
            removed=sum(map(len, self._removed)),
        )

    def _fault(self, fault: Fault, detail: str = "") -> None:
        self._fault_count += 1
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Found(self._segment, self._line, fault, detail))

    def _add_removed(self, removed: bytes) -> None:
        """A line of which the hash alone is left. What stands on either side of it is not compared."""
        seq = self._edge.append(removed) + 1
        self._compare_heads()
        if self._removed and self._removed[-1].stop == seq:
            self._removed[-1] = range(self._removed[-1].start, seq + 1)
        else:
            self._removed.append(range(seq, seq + 1))
        self._expected, self._before = seq + 1, None

    def _add(self, raw: bytes, *, is_long: bool) -> None:
        if (removed := removed_leaf(raw)) is not None:
            self._add_removed(removed)
            return
        self._edge.append(leaf(raw))
        self._compare_heads()
        values = None if is_long else _parsed(raw)
        if values is None:
            self._expected += 1
            if not is_long:
                self._fault(Fault.CANONICAL)
            return
        self._number(values.get("seq"))
        if _is_stamped(values):
            self._time(values)
            self._event(values)
        else:
            self._fault(Fault.STAMP)

    def _compare_heads(self) -> None:
        while self._heads and self._heads[0].size == self._edge.size:
            head = self._heads.pop(0)
            if head.root != self._edge.root():
                self._fault(Fault.HEAD, str(head))

    def _number(self, seq: Any) -> None:
        """After a gap the count goes on from what stands there, so that one missing line is one fault."""
        if type(seq) is not int or seq != self._expected:
            self._fault(Fault.SEQUENCE, f"{self._expected} → {seq!r:.24}")
        self._expected = seq + 1 if type(seq) is int else self._expected + 1

    def _time(self, values: Mapping[str, Any]) -> None:
        self._times[1:] = [values["time"]]
        boot, now = values["boot"], values["mono_ns"]
        if now < self._clocks.get(boot, 0):
            self._fault(Fault.CLOCK, values["time"])
        self._clocks[boot] = now
        self._between(boot, now, values)

    def _between(self, boot: str, mono_ns: int, values: Mapping[str, Any]) -> None:
        """Two neighbouring lines: the clocks part only where a line says so, and nobody is silent for long."""
        try:
            wall_ns = nanoseconds(values["time"])
        except ValueError:
            self._fault(Fault.STAMP)
            return
        before, self._before = self._before, (boot, mono_ns, wall_ns)
        event = values["event"]
        self._clock_steps += event == "clock"
        if before is None or not self._chain.days:  # before the first key of the day, an older version wrote
            return
        is_same_boot = before[0] == boot
        parted_ns = wall_ns - before[2] - (mono_ns - before[1] if is_same_boot else 0)
        if event not in ("clock", "torn") and (parted_ns < -_APART_NS or (is_same_boot and parted_ns > _APART_NS)):
            self._fault(Fault.CLOCK, values["time"])
        if is_same_boot and mono_ns - before[1] > SILENCE_NS and event not in _FIRST:
            self._fault(Fault.SILENT, f"{(mono_ns - before[1]) // 10**9} s")

    def _event(self, values: Mapping[str, Any]) -> None:
        try:
            check_event({field: value for field, value in values.items() if field not in _STAMPS})
        except EventError as error:
            self._fault(Fault.EVENT, str(error))
            return
        if values["event"] == "epoch" and (why := self._chain.add(self._edge.size, values)):
            self._fault(Fault.EPOCH, why)
        if values["event"] == "pruned":
            first, last = values["first"], values["last"]
            if type(first) is int and type(last) is int and last < self._edge.size:  # of lines before it alone
                self._pruned.append(range(first, last + 1))
        if values["event"] in _SIGNED:
            key = values["key"]
            self._signed[str(key)] += 1
            if self._keys is not None and key not in self._keys:
                self._fault(Fault.KEY, str(key))


def _lines(path: Path) -> Iterator[tuple[bytes, int]]:
    """Each line with its newline, cut after MAX_LINE_BYTES + 1 bytes, and how long it really is."""
    with path.open("rb") as file:
        while raw := file.readline(MAX_LINE_BYTES + 1):
            size, rest = len(raw), raw
            while not rest.endswith(b"\n") and (rest := file.readline(MAX_LINE_BYTES + 1)):
                size += len(rest)
            yield raw, size


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        values = orjson.loads(raw)
        return values if isinstance(values, dict) and canonical(values) == raw else None
    except ValueError:  # CanonError and orjson's own
        return None


def _is_stamped(values: Mapping[str, Any]) -> bool:
    return (
        values.keys() >= _STAMPED
        and type(values["v"]) is int
        and values["v"] == VERSION
        and type(values["time"]) is str
        and _TIME.fullmatch(values["time"]) is not None
        and type(values["boot"]) is str
        and type(values["mono_ns"]) is int
    )

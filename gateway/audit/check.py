"""Checking a log that somebody else kept: every line, every segment, and the tree's root. Writes nothing.

`segments.read` stops at the first line that is wrong; this goes on and names each one, by segment and line. Whoever can
write the folder can also write lines that fit each other: only a head that was noted elsewhere shows that (see Head).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.audit.fields import EventError, check_event
from gateway.audit.keys import Keys
from gateway.audit.merkle import HASH_BYTES, Edge
from gateway.audit.record import VERSION, canonical, leaf
from gateway.audit.segments import MAX_LINE_BYTES, LogError, first_seq

MAX_FAULTS: Final = 1000  # that are named; all are counted
_SEGMENT: Final = re.compile(r"(?!0{16})\d{16}\.jsonl")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_STAMPED: Final = frozenset({"v", "seq", "time", "boot", "mono_ns", "event"})
_STAMPS: Final = _STAMPED - {"event"}
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


@dataclass(frozen=True, slots=True)
class Found:
    """One fault: in which segment, on which line of it (0: the segment as a whole), and what was met."""

    segment: str
    line: int
    fault: Fault
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """How many lines the log had at some time, and the root over them: noted where the log's keeper cannot write."""

    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> "Head":
        """Read "100000:5dc9…". Raises ValueError."""
        size, _, root = text.partition(":")
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", size) or not re.fullmatch(r"[0-9a-f]{64}", root):
            raise ValueError(f"expected SIZE:ROOT, a number and {2 * HASH_BYTES} hexadecimal digits: {text!r:.100}")
        return cls(int(size), bytes.fromhex(root))

    def __str__(self) -> str:
        return f"{self.size}:{self.root.hex()}"


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


def check_log(folder: Path, keys: Keys | None = None, heads: Sequence[Head] = ()) -> Outcome:
    """Check every line of the log in `folder`, and that it grew from `heads`.

    Without `keys` (None) no key is held to be unknown. Raises LogError when there is no log or it cannot be read.
    """
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
        if not found:
            raise LogError(f"{folder}: no segment of a log")
        check = _Check(keys, heads)
        for path in found:
            check.segment(path, is_last=path == found[-1])
    except OSError as error:
        raise LogError(f"{error.filename or folder}: {error.strerror}") from error
    return check.outcome(len(found))


class _Check:
    """One walk over a log."""

    def __init__(self, keys: Keys | None, heads: Sequence[Head]) -> None:
        self._keys, self._heads = keys, sorted(heads, key=lambda head: head.size)
        self._edge = Edge()
        self._expected = 1
        self._segment, self._line = "", 0
        self._times: list[str] = []  # the first and the last
        self._clocks: dict[str, int] = {}  # by boot, the latest
        self._signed: Counter[str] = Counter()
        self._faults: list[Found] = []
        self._fault_count = 0
        self._compare_heads()

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

    def outcome(self, segments: int) -> Outcome:
        for head in self._heads:
            self._fault(Fault.SHORT, str(head))
        return Outcome(
            segments=segments,
            head=Head(self._edge.size, self._edge.root()),
            first_time=self._times[0] if self._times else "",
            last_time=self._times[-1] if self._times else "",
            keys=dict(self._signed),
            faults=tuple(self._faults),
            fault_count=self._fault_count,
        )

    def _fault(self, fault: Fault, detail: str = "") -> None:
        self._fault_count += 1
        if len(self._faults) < MAX_FAULTS:
            self._faults.append(Found(self._segment, self._line, fault, detail))

    def _add(self, raw: bytes, *, is_long: bool) -> None:
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

    def _event(self, values: Mapping[str, Any]) -> None:
        try:
            check_event({field: value for field, value in values.items() if field not in _STAMPS})
        except EventError as error:
            self._fault(Fault.EVENT, str(error))
            return
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

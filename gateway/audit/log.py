"""The audit log: append-only files of canonical lines, durable before anybody goes on.

`0000000000000001.jsonl` is a segment, named by the first sequence number in it. A batch is one write and one
fdatasync. What a crash tore off is kept beside the log and told in it; anything else that does not continue the
sequence, or is shorter than the newest checkpoint beside it, stops the service. The tree over the lines grows along.
"""

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Final

import orjson

from gateway.audit.fields import check_event
from gateway.audit.head import Head
from gateway.audit.merkle import Edge
from gateway.audit.pruning import due
from gateway.audit.record import CanonError, canonical, leaf, nanoseconds, timestamp
from gateway.audit.resume import Resumed, keep_edge, resume
from gateway.audit.segments import MAX_LINE_BYTES, Event, LogError, first_seq, last_seq, read_segment, segments
from gateway.audit.times import CLOCK_STEP_NS
from gateway.durable import make_folder

SEGMENT_BYTES: Final = 64 << 20
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class LogFullError(LogError):
    """This batch found no room. Nothing of it stands in the log; a later one may succeed."""


def boot_id() -> str:
    """The kernel's name for the time since it started: its monotonic clock means something within it alone."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class AuditLog:
    """The writing end. One process at a time; not for two threads at once (see Recorder)."""

    def __init__(self, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder, self._segment_bytes = folder, segment_bytes
        self._boot = boot_id()
        self._file = -1
        self._size = 0
        self._clock_ns: int | None = None  # wall clock less monotonic clock, when the last line was written
        self._edge = Edge()
        self._pruned: set[Path] = set()  # segments that need not be looked at again
        self.next_seq = 1
        self.is_failed = False
        self.epoch: Event | None = None  # the newest line of its kind
        make_folder(folder, 0o750)
        self._lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                self._resume()
            except OSError as error:
                raise LogError(f"{folder}: {error.strerror}") from error
            undo.pop_all()

    @classmethod
    def open(cls, folder: Path, segment_bytes: int = SEGMENT_BYTES) -> "AuditLog":
        """Lock the folder and go on after its last line. Raises LogError when what stands there cannot be continued."""
        return cls(folder, segment_bytes)

    def append(self, events: Sequence[Event]) -> list[int]:
        """Make the events durable, all or none. Answers with their sequence numbers.

        Raises EventError or CanonError for an event that may not stand here, LogFullError when there is no room, and
        LogError for good once a sync has failed: the kernel forgets what it could not write, so nobody may try again.
        """
        for event in events:
            check_event(event)
        return self.append_checked(events)

    def append_checked(self, events: Sequence[Event]) -> list[int]:
        """The same for events that went through `check_event` already."""
        if self.is_failed or self._lock < 0:
            raise LogError("the log failed before or is closed")
        if not events:
            return []
        if step := self._clock_step():
            self._append([step])
        return self._append(events)

    def head(self) -> Head:
        """Of all lines that are durable by now."""
        return Head(self._edge.size, self._edge.root())

    def keep_checkpoint(self, text: str, size: int) -> None:
        """Put a signed head of `size` lines, the present number, beside the log, durably. Raises LogError."""
        assert size == self._edge.size, "the head of another moment"
        try:
            keep_edge(self._folder, self._edge, self.epoch, text)
        except OSError as error:
            if error.errno not in _FULL:
                self.is_failed = True  # a sync that failed is never tried again
            raise LogError(f"{self._folder}: {error.strerror}") from error

    def _append(self, events: Sequence[Event]) -> list[int]:
        numbers = list(range(self.next_seq, self.next_seq + len(events)))
        lines = [self._line(seq, event) for seq, event in zip(numbers, events)]
        block = b"".join(lines)
        if self._file < 0 or (self._size and self._size + len(block) > self._segment_bytes):
            self._next_segment()
        self._write(block)
        self.next_seq += len(events)
        for line, event in zip(lines, events):
            self._edge.append(leaf(line[:-1]))
            if event["event"] == "epoch":
                self.epoch = orjson.loads(line)
        return numbers

    def prune(self, before: str) -> int:
        """Remove what older segments say of files; the newest one is left alone. Answers with how many lines.

        Raises as `append`, and LogError when a segment cannot be replaced: then it stands as it was.
        """
        count = 0
        sealed = [path for path in segments(self._folder)[:-1] if path not in self._pruned]
        for one in due(sealed, before):
            if isinstance(one, Path):
                self._pruned.add(one)
                continue
            self.append([one.event])
            try:
                one.carry_out()
            except OSError as error:
                raise LogError(f"{one.path}: {error.strerror}") from error
            self._pruned.add(one.path)
            count += one.event["count"]
        return count

    def close(self) -> None:
        """Let go of the files. May be called twice."""
        for descriptor in (self._file, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._lock = -1

    def __enter__(self) -> "AuditLog":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def sync(self, descriptor: int) -> None:
        """Where durability comes from."""
        os.fdatasync(descriptor)

    def _clock_step(self) -> Event | None:
        """What to say when the wall clock was set since the last line: the times of the lines would not tell it."""
        now_ns = time.time_ns() - time.monotonic_ns()
        step_ns = 0 if self._clock_ns is None else now_ns - self._clock_ns
        self._clock_ns = now_ns
        if abs(step_ns) < CLOCK_STEP_NS:
            return None
        return {"event": "clock", "ahead_ms" if step_ns > 0 else "back_ms": abs(step_ns) // 1_000_000}

    def _line(self, seq: int, event: Event) -> bytes:
        """The wall clock is the one of `_clock_step`, so that nothing but a line that says so parts the two clocks."""
        mono_ns = time.monotonic_ns()
        wall_ns = time.time_ns() if self._clock_ns is None else mono_ns + self._clock_ns
        stamp = {"v": 1, "seq": seq, "time": timestamp(wall_ns), "boot": self._boot, "mono_ns": mono_ns}
        line = canonical({**event, **stamp})
        if len(line) >= MAX_LINE_BYTES:
            raise CanonError(f"a line of {len(line)} bytes")
        return line + b"\n"

    def _write(self, block: bytes) -> None:
        if os.fstat(self._file).st_size != self._size:
            self.is_failed = True
            raise LogError("somebody else wrote to the log")
        try:
            written = os.write(self._file, block)
            if written != len(block):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            self._take_back(error)
        try:
            self.sync(self._file)
        except OSError as error:
            self.is_failed = True
            raise LogError(f"the log could not be made durable: {error.strerror}") from error
        self._size += len(block)

    def _take_back(self, error: OSError) -> None:
        """Cut a batch that did not fit, so that the next one continues a whole line."""
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            self.is_failed = True
        if error.errno in _FULL and not self.is_failed:
            raise LogFullError("no room for the audit log") from error
        self.is_failed = True
        raise LogError(f"the log could not be written: {error.strerror}") from error

    def _next_segment(self) -> None:
        path = self._folder / f"{self.next_seq:016d}.jsonl"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            new = os.open(path, flags, 0o640)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise LogFullError("no room for the audit log") from error
            raise LogError(f"{path}: {error.strerror}") from error
        if self._file >= 0:
            os.fchmod(self._file, 0o440)
            os.close(self._file)
        self._file, self._size = new, 0
        self._sync_folder()

    def _sync_folder(self) -> None:
        try:
            os.fsync(self._lock)
        except OSError as error:
            self.is_failed = True
            raise LogError(f"{self._folder}: {error.strerror}") from error

    def _resume(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LogError(f"{self._folder}: another process writes this log") from error
        found = segments(self._folder)
        for path, following in pairwise(found):
            if last_seq(path) + 1 != first_seq(following):
                raise LogError(f"{path}: does not lead to {following.name}")
        resumed = resume(self._folder, found)
        self._edge, self.epoch = resumed.edge, resumed.epoch
        if found:
            self._resume_segment(found[-1])
        self._tell_torn()
        self._tell_clock(resumed)

    def _resume_segment(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        self.next_seq = first_seq(path)
        for line in read_segment(path, allow_torn=True):
            self.next_seq = line.seq + 1
            self._size += len(line.raw) + 1
        torn = path.read_bytes()[self._size :] if path.stat().st_size > self._size else b""
        if torn:
            self._keep_torn(torn)
            os.ftruncate(self._file, self._size)
        os.fsync(self._file)

    def _tell_clock(self, resumed: Resumed) -> None:
        """Take up the clocks of the last line. One that was set back while nobody wrote is told here."""
        last = resumed.last
        if last is None:
            return
        last_ns = nanoseconds(str(last["time"]))
        if last["boot"] == self._boot:
            self._clock_ns = last_ns - last["mono_ns"]
            if step := self._clock_step():
                self._append([step])
        elif (back_ns := last_ns - time.time_ns()) >= CLOCK_STEP_NS:
            self._append([{"event": "clock", "back_ms": back_ns // 1_000_000}])

    def _keep_torn(self, torn: bytes) -> None:
        """Set the torn bytes aside first: should we die before the line that tells of them, the next start tells it."""
        path = self._torn_path()
        with path.open("ab") as file:
            file.write(torn)
            file.flush()
            os.fsync(file.fileno())
        self._sync_folder()

    def _tell_torn(self) -> None:
        path = self._torn_path()
        if path.exists():
            torn = path.read_bytes()
            mark = hashlib.sha256(torn).hexdigest()
            self._append([{"event": "torn", "torn_bytes": len(torn), "torn_sha256": mark}])

    def _torn_path(self) -> Path:
        """Named by the number that the line about it will have."""
        return self._folder / f"{self.next_seq:016d}.torn"

"""Holding a log to its chain of day keys and to signed checkpoints, as `check` walks over it. Reads, writes nothing.

What it asks for: each key of the day is vouched for by the one before it, the first by a key that is trusted; the
end of each day that is over is signed by that day's key; the newest checkpoint beside the log is signed by the
trusted key and by the key of its day. Other checkpoints, wherever they were exported to, need the trusted key alone.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.audit.checkpoint import Note, NoteError, parse, parse_many
from gateway.audit.epochs import check_epoch
from gateway.audit.keys import Keys, PublicKey
from gateway.audit.resume import CHECKPOINT, KEPT
from gateway.audit.segments import LogError

_KEPT: Final = re.compile(r"\d{16}\.note")
_MAX_FILE_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Day:
    """One key of the day: from which line on, and the line that ends it (0: it is the last)."""

    key: PublicKey
    start: int
    end: int = 0


class Chain:
    """The keys of the day of one log. Each method answers with what is wrong; None where nothing is."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys
        self.days: list[Day] = []

    def add(self, seq: int, event: Mapping[str, Any]) -> str | None:
        """A line that names a key of the day."""
        before = self.days[-1].key if self.days else None
        if before is not None and (key := check_epoch(event, before)):
            self.days[-1] = Day(before, self.days[-1].start, seq)
            self.days.append(Day(key, seq))
            return None if sum(day.key.id == key.id for day in self.days) == 1 else "a key that was used before"
        key = self._first(event)
        if key is None:
            return "vouched for by no key that is known"
        if before is not None:
            self.days[-1] = Day(before, self.days[-1].start, seq)
        self.days.append(Day(key, seq))
        return None if before is None else "the chain of keys begins anew"

    def in_force(self, size: int) -> list[PublicKey]:
        """The key of the last line of so many; and the one before it, which may have signed while it was drawn."""
        started = [day.key for day in self.days if day.start <= size]
        return started[-2:]

    def _first(self, event: Mapping[str, Any]) -> PublicKey | None:
        """The first key is trusted itself, or vouched for by one that is; without any, it vouches for itself alone."""
        if self._keys is None:
            return _unproved(event)
        for trusted in self._keys.values():
            if trusted.id == event["key"]:
                return trusted
            if key := check_epoch(event, trusted):
                return key
        return None


@dataclass(frozen=True, slots=True)
class Kept:
    """The checkpoints that stand beside a log."""

    newest: Note | None
    ended: tuple[Note, ...]
    faults: tuple[str, ...]  # files that are none


def kept(folder: Path) -> Kept:
    """Read what stands beside the log in `folder`."""
    faults: list[str] = []

    def note(path: Path) -> Note | None:
        try:
            return parse(path.read_text(encoding="utf-8"))
        except (NoteError, ValueError) as error:
            faults.append(f"{path.name}: {error}")
            return None

    newest = note(folder / CHECKPOINT) if (folder / CHECKPOINT).exists() else None
    paths = sorted(path for path in (folder / KEPT).glob("*") if _KEPT.fullmatch(path.name))
    found = tuple(one for path in paths if (one := note(path)))
    return Kept(newest, found, tuple(faults))


def ended_days(chain: Chain, notes: Iterable[Note]) -> Iterator[str]:
    """The days that are over, and whose end their own key did not sign."""
    notes = list(notes)
    for day in chain.days:
        if day.end and not any(note.head.size >= day.end and note.is_signed_by(day.key) for note in notes):
            yield f"{day.key.id} {day.start} … {day.end - 1}"


def read_checkpoints(path: Path) -> list[Note]:
    """Exported checkpoints: a file of notes, or a folder with such files. Raises LogError, OSError."""
    if path.is_dir():
        files = [one for one in path.rglob("*") if one.suffix in (".note", ".notes") and one.is_file()]
        return [note for file in sorted(files) for note in read_checkpoints(file)]
    with path.open("rb") as file:
        raw = file.read(_MAX_FILE_BYTES)
    try:
        text = raw.decode()
        found = list(parse_many(text))
    except (NoteError, ValueError) as error:
        raise LogError(f"{path}: no checkpoint [{error}]") from error
    if not found:
        raise LogError(f"{path}: no checkpoint")
    return found


def _unproved(event: Mapping[str, Any]) -> PublicKey | None:
    """The key of an event that nobody proves, for a check without keys."""
    try:
        return PublicKey.from_raw(base64.b64decode(event["public"], validate=True))
    except ValueError:
        return None

"""Finding lines in the audit log: show, search, export, sample, prove. Not read past a fault (exit 2)."""

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from gateway.audit.chain import read_checkpoints
from gateway.audit.checkpoint import Note
from gateway.audit.formats import FORMATS, as_jsonl
from gateway.audit.keys import NameKey
from gateway.audit.proof import ProofError
from gateway.audit.proof import prove as proof_of
from gateway.audit.resume import newest
from gateway.audit.segments import Event, Line, LogError, read
from gateway.cli.copies import Copy
from gateway.cli.words import say

_DIGESTS: Final = ("sha256", "sha256_in", "sha256_out", "certificate_sha256")
_STAMPS: Final = ("v", "seq", "time", "boot", "mono_ns", "event")


def since(text: str) -> str:
    """The first time that is meant, as the log writes it: UTC unless an offset is given."""
    return _stamp(_moment(text))


def until(text: str) -> str:
    """The first time after what is meant: a day or a microsecond later."""
    try:
        date.fromisoformat(text)
        step = timedelta(days=1)
    except ValueError:
        step = timedelta(microseconds=1)
    try:
        return _stamp(_moment(text) + step)
    except OverflowError as error:
        raise argparse.ArgumentTypeError(f"too late: {text!r:.60}") from error


def show(options: argparse.Namespace) -> int:
    """Every line about a file, or the one line of a number, with all that it says."""
    found = [one for one in _whole(options.folder) if options.given in (str(one.seq), one.event.get("id"))]
    for line in found:
        print_event(line.event)
        for field in sorted(line.event.keys() - _STAMPS):
            if line.event[field] is None:
                continue
            print(f"    {field:<18} {plain(str(line.event[field]))}")
    return 0 if found else refuse(_unknown(options.given))


def search(options: argparse.Namespace) -> int:
    """Lines as they stand in the log: JSON lines; or the ids of their files alone, each once."""
    if options.ids:
        ids = dict.fromkeys(str(line.event["id"]) for line in _wanted(options) if "id" in line.event)
        return _print(f"{id}\n".encode() for id in ids)
    return _print(as_jsonl(_wanted(options)))


def export(options: argparse.Namespace) -> int:
    """The same lines in the form that another program reads."""
    return _print(FORMATS[options.form](_wanted(options)))


def sample(options: argparse.Namespace) -> int:
    """Decisions drawn by lot: who knows the word that the auditor chose draws the same ones again."""
    decided = {str(line.event["id"]): line for line in _wanted(options) if line.event["event"] == "decided"}
    lots = sorted(decided, key=lambda id: hashlib.sha256(f"{options.seed}\n{id}".encode()).digest())
    return _print(as_jsonl(decided[id] for id in lots[: options.count]))


def _print(blocks: Iterable[bytes]) -> int:
    for block in blocks:
        sys.stdout.buffer.write(block)
    return 0


def _wanted(options: argparse.Namespace) -> Iterator[Line]:
    mark = None
    if options.name is not None:
        if options.name_key is None:
            raise LogError(say("--name needs --name-key", "--name には --name-key が必要です"))
        mark = NameKey.load(options.name_key).mark(options.name)
    digest = Copy.read(options.file).sha256 if options.file is not None else options.sha256
    ids = _ids_of(options.folder, mark) if mark else None
    for line in _whole(options.folder):
        if _is_wanted(line.event, options, digest) and (ids is None or line.event.get("id") in ids):
            yield line


def _whole(folder: Path) -> Iterator[Line]:
    """The lines that still say something."""
    return (line for line in _read(folder) if line.removed is None)


def _ids_of(folder: Path, mark: str) -> set[str]:
    """The files that came in under a name: only their first lines bear its mark."""
    return {str(line.event.get("id")) for line in _read(folder) if line.event.get("name_mark") == mark}


def _is_wanted(event: Event, options: argparse.Namespace, digest: str | None) -> bool:
    if any(getattr(options, name) not in (None, event.get(name)) for name in ("event", "verdict", "tenant")):
        return False
    if digest is not None and all(event.get(name) != digest.lower() for name in _DIGESTS):
        return False
    return (options.since or "") <= str(event["time"]) and (options.until is None or str(event["time"]) < options.until)


def prove(options: argparse.Namespace) -> int:
    """The proof on the standard output: under the newest checkpoint beside the log that has a line about the file."""
    note = None if options.size is not None else _note_for(options)
    try:
        proof = proof_of(options.given, _read(options.folder), options.size, note)
    except ProofError as error:
        return refuse(say(f"the log is shorter: {error}", f"ログの行数が足りません: {error}"))
    if proof is None:
        return refuse(_unknown(options.given))
    sys.stdout.buffer.write(proof + b"\n")
    return 0


def _note_for(options: argparse.Namespace) -> Note | None:
    """The checkpoint to prove under: the newest that was given, or the one beside the log. None: neither covers it."""
    given = [note for path in options.checkpoint for note in read_checkpoints(path)]
    beside = newest(options.folder)
    note = max(given, key=lambda one: one.head.size) if given else beside
    if note is None:
        return None
    lines = (line for line in _read(options.folder) if line.event.get("id") == options.given)
    first = next(lines, None)
    return note if first is not None and first.seq <= note.head.size else None


def _read(folder: Path) -> Iterator[Line]:
    if not any(folder.glob("*.jsonl")):
        raise LogError(f"{folder}: " + say("no log here", "ログがありません"))
    return read(folder)


def print_event(event: Event) -> None:
    """A line in short."""
    print(f"{event['seq']:>10}  {plain(str(event['time']))}  {plain(str(event['event']))}")


def refuse(message: str) -> int:
    """Say what is wrong with the order itself."""
    print(f"sekisho audit: {plain(message)}", file=sys.stderr)
    return 2


def _unknown(given: str) -> str:
    return say(f"no line about {given}", f"{given} の行はありません")


def plain(text: str) -> str:
    """What came from outside, without what a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\u3000" else "\ufffd" for char in text)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"2027-01-31, 2027-01-31T09:00+09:00: {text!r:.60}") from error


def _stamp(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

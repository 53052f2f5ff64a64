"""Going on with a log after a start: the tree's right edge, and what the newest checkpoint beside the log demands.

    checkpoint                  the newest signed head
    edge.100000                 what the tree needs to grow on from that head: a cache, believed where it has its root
    checkpoints/…100000.note    the last head of each day that is over, signed by a key that is no more

Source: RFC 6962 section 2.1.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.audit.checkpoint import Note, NoteError, parse
from gateway.audit.merkle import Edge
from gateway.audit.record import canonical
from gateway.audit.segments import Event, Line, LogError, first_seq, read_segment
from gateway.durable import sync_folder, write_durably

CHECKPOINT: Final = "checkpoint"
KEPT: Final = "checkpoints"
_EDGE: Final = "edge."


@dataclass(frozen=True, slots=True)
class Resumed:
    """Where a log stands."""

    edge: Edge
    epoch: Event | None
    last: Event | None  # the last line


def resume(folder: Path, found: Sequence[Path]) -> Resumed:
    """Read what the cache does not know; hold the log to its checkpoint. Raises LogError where it does not hold."""
    note = newest(folder)
    edge, epoch = _cached(folder, note) if note else (Edge(), None)
    last: Event | None = None
    for line in _lines(found, edge.size + 1):
        if line.seq > edge.size:
            edge.append(line.leaf)
            if note and edge.size == note.head.size and edge.root() != note.head.root:
                raise LogError(f"{folder}: not the log that its checkpoint was signed for")
            if line.event["event"] == "epoch":
                epoch = line.event
        last = line.event
    size = 0 if last is None else last["seq"]
    if note and size < note.head.size:
        raise LogError(f"{folder}: {size} lines, but its checkpoint was signed for {note.head.size}")
    return Resumed(edge, epoch, last)


def newest(folder: Path) -> Note | None:
    """The checkpoint beside the log; None: there is none yet. Raises LogError for one that cannot be read."""
    try:
        return parse((folder / CHECKPOINT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (NoteError, ValueError) as error:
        raise LogError(f"{folder / CHECKPOINT}: {error}") from error


def keep_edge(folder: Path, edge: Edge, epoch: Event | None, text: str) -> None:
    """Put checkpoint and cache in their places, the cache first."""
    known = {"epoch": dict(epoch) if epoch else None, "nodes": [node.hex() for node in edge.nodes], "size": edge.size}
    name = f"{_EDGE}{edge.size}"
    write_durably(folder / name, canonical(known))
    write_durably(folder / CHECKPOINT, text.encode())
    for old in folder.glob(f"{_EDGE}*"):
        if old.name != name:
            old.unlink()


def keep_note(folder: Path, size: int, text: str) -> None:
    """Keep a head for good."""
    (folder / KEPT).mkdir(mode=0o750, exist_ok=True)
    write_durably(folder / KEPT / f"{size:016d}.note", text.encode())
    sync_folder(folder)


def _cached(folder: Path, note: Note) -> tuple[Edge, Event | None]:
    """What was kept with this checkpoint, if it is there and has its root; else everything is read again."""
    try:
        known: dict[str, Any] = orjson.loads((folder / f"{_EDGE}{note.head.size}").read_bytes())
        edge = Edge.resumed(known["size"], [bytes.fromhex(node) for node in known["nodes"]])
    except (OSError, ValueError, KeyError, TypeError):
        return Edge(), None
    if (edge.size, edge.root()) != (note.head.size, note.head.root):
        return Edge(), None
    return edge, known.get("epoch")


def _lines(found: Sequence[Path], start: int) -> Iterator[Line]:
    """The lines from `start` on, and all of the newest segment."""
    for path, following in zip(found, [*found[1:], None]):
        if following is None or first_seq(following) > start:
            yield from read_segment(path, allow_torn=following is None)

"""What an auditor takes away from a log: the lines of one file, and for each the path to the tree's root.

    {"v":1,"id":"f1","size":100000,"root":"5dc9…","lines":[{"line":"{\\"boot\\":…}","path":["96a2…",…]}]}

canonical JSON; `line` is the line's text, its place in the tree is its own `seq` less one. A proof says that the lines
stand in the log with this root; that the root is the true one, the signed checkpoint under `checkpoint` says, or a head
from elsewhere. No I/O.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import orjson

from gateway.audit.checkpoint import Note, NoteError, parse
from gateway.audit.head import Head
from gateway.audit.merkle import HASH_BYTES, Edge, is_included
from gateway.audit.record import VERSION, canonical, leaf
from gateway.audit.segments import Event, Line

MAX_PROOF_BYTES: Final = 64 << 20
_KEYS: Final = frozenset({"v", "id", "size", "root", "lines"})
_MAX_PATH: Final = 64
_HASH: Final = re.compile(f"[0-9a-f]{{{2 * HASH_BYTES}}}")


class ProofError(ValueError):
    """A proof that does not hold."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Lines that were shown to stand in the log of `head`."""

    id: str
    head: Head
    events: tuple[Event, ...]
    note: Note | None = None  # of this head; its signatures are not checked yet

    def decides(self, certificate_sha256: str) -> bool:
        """Whether one of the lines names this certificate for the file."""
        return any(
            event["event"] in ("decided", "stored") and event.get("certificate_sha256") == certificate_sha256
            for event in self.events
        )


def prove(id: str, lines: Iterable[Line], size: int | None = None, note: Note | None = None) -> bytes | None:
    """The proof for every line about a file, in the tree of the first `size` lines. None: no line is about it.

    With `note` in the tree that it signs. Raises ProofError when there are fewer lines, or it signs another tree.
    """
    size = note.head.size if note else size
    edge, told = Edge(), []
    for line in lines:
        if edge.size == size:
            break
        is_told = line.event.get("id") == id
        index = edge.append(line.leaf, is_watched=is_told)
        if is_told:
            told.append((index, line.raw.decode()))
    if size is not None and edge.size != size:
        raise ProofError(f"{edge.size} < {size}")
    if not told:
        return None
    proved = [{"line": raw, "path": [node.hex() for node in edge.path(index)]} for index, raw in told]
    head = Head(edge.size, edge.root())
    if note and note.head != head:
        raise ProofError(f"{note.head}: not signed for this log")
    told_all = {"v": VERSION, "id": id, "size": head.size, "root": head.root.hex(), "lines": proved}
    return canonical(told_all | ({"checkpoint": note.text()} if note else {}))


def check_proof(untrusted: bytes) -> Proof:
    """The lines of a proof, once each is shown to stand in the tree it names. Raises ProofError."""
    try:
        told = orjson.loads(untrusted)
        is_canonical = canonical(told) == untrusted.removesuffix(b"\n")
    except ValueError as error:
        raise ProofError("not canonical JSON") from error
    if not is_canonical or not isinstance(told, dict) or told.keys() - {"checkpoint"} != _KEYS:
        raise ProofError("not a proof in canonical form")
    if type(told["v"]) is not int or told["v"] != VERSION or type(told["id"]) is not str:
        raise ProofError("a proof of another version")
    try:
        head = Head.parse(f"{told['size']}:{told['root']}")
    except ValueError as error:
        raise ProofError(str(error)) from error
    if not isinstance(told["lines"], list) or not told["lines"]:
        raise ProofError("no lines")
    events = tuple(_proved(one, told["id"], head) for one in told["lines"])
    return Proof(told["id"], head, events, _note(told.get("checkpoint"), head))


def _note(untrusted: Any, head: Head) -> Note | None:
    if untrusted is None:
        return None
    try:
        note = parse(str(untrusted))
    except NoteError as error:
        raise ProofError(str(error)) from error
    if note.head != head:
        raise ProofError("the checkpoint is of another head")
    return note


def _proved(untrusted: Any, id: str, head: Head) -> Event:
    if not isinstance(untrusted, dict) or untrusted.keys() != {"line", "path"} or type(untrusted["line"]) is not str:
        raise ProofError("expected a line and its path")
    raw, path = untrusted["line"].encode(), untrusted["path"]
    try:
        event = orjson.loads(raw)
        is_canonical = isinstance(event, dict) and canonical(event) == raw
    except ValueError as error:
        raise ProofError("a line is not canonical JSON") from error
    if not is_canonical or not {"seq", "time", "event"} <= event.keys() or type(event["seq"]) is not int:
        raise ProofError("a line is not canonical JSON")
    if event.get("id") != id:
        raise ProofError("a line is about another file")
    if not _is_path(path):
        raise ProofError("a path is not a list of digests")
    if not is_included(leaf(raw), event["seq"] - 1, head.size, [bytes.fromhex(node) for node in path], head.root):
        raise ProofError(f"the line of {event['seq']} does not stand in this tree")
    return MappingProxyType(event)


def _is_path(untrusted: Any) -> bool:
    return (
        isinstance(untrusted, list)
        and len(untrusted) <= _MAX_PATH
        and all(type(node) is str and _HASH.fullmatch(node) for node in untrusted)
    )

"""Reading the audit log back: segments in order, each line checked for form and sequence. Writes nothing.

After its retention a line about a file may stand as its leaf hash alone, 64 digits in its place (`pruning`): the tree
over all lines is what it was.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from gateway.audit.record import canonical
from gateway.audit.record import leaf as leaf_of
from sanitizers.errors import SekishoError

MAX_LINE_BYTES: Final = 65_536
_SEGMENT: Final = re.compile(r"(\d{16})\.jsonl")
_STAMPED: Final = frozenset({"v", "seq", "time", "boot", "mono_ns", "event"})

_REMOVED: Final = re.compile(rb"[0-9a-f]{64}")

Event = Mapping[str, Any]
_NO_EVENT: Final[Event] = MappingProxyType({"event": ""})


class LogError(SekishoError):
    """The log cannot be trusted or cannot be written: nothing may be released."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was read back: its number, its values, and its bytes without the newline.

    Of one that was removed there are no values and no bytes, only its leaf.
    """

    seq: int
    event: Event
    raw: bytes
    removed: bytes | None = None  # its leaf

    @property
    def leaf(self) -> bytes:
        """What stands in the tree."""
        return leaf_of(self.raw) if self.removed is None else self.removed


def segments(folder: Path) -> list[Path]:
    """The segments in order. Raises LogError for a file that has no place among them."""
    found = sorted(path for path in folder.iterdir() if path.suffix == ".jsonl")
    for path in found:
        if not _SEGMENT.fullmatch(path.name) or first_seq(path) == 0:
            raise LogError(f"{path}: no name of a segment")
    if found and first_seq(found[0]) != 1:
        raise LogError(f"{found[0]}: the log does not begin with 1")
    return found


def read(folder: Path) -> Iterator[Line]:
    """Every line of the log in order, each checked for form and sequence. Raises LogError at the first that fails.

    A torn tail is left out, lines that were removed are not. May run while another process appends.
    """
    seq, found = 1, segments(folder)
    for path in found:
        if first_seq(path) != seq:
            raise LogError(f"{path}: expected the segment that begins with {seq}")
        for line in read_segment(path, allow_torn=path == found[-1]):
            yield line
            seq = line.seq + 1


def read_segment(path: Path, *, allow_torn: bool) -> Iterator[Line]:
    """The lines of one segment. Raises LogError for a line that does not parse or does not continue the sequence."""
    seq = first_seq(path)
    with path.open("rb") as file:
        while raw := file.readline(MAX_LINE_BYTES + 1):
            if not raw.endswith(b"\n"):
                if allow_torn and b"\n" not in file.read():
                    return
                raise LogError(f"{path}: the line of {seq} has no end")
            yield _parsed(path, seq, raw[:-1])
            seq += 1


def removed_leaf(raw: bytes) -> bytes | None:
    """The leaf of a line that was removed; None for what is a line."""
    return bytes.fromhex(raw.decode()) if _REMOVED.fullmatch(raw) else None


def _parsed(path: Path, seq: int, raw: bytes) -> Line:
    if (leaf := removed_leaf(raw)) is not None:
        return Line(seq, _NO_EVENT, b"", leaf)
    try:
        values = orjson.loads(raw)
        is_canonical = isinstance(values, dict) and canonical(values) == raw
    except ValueError as error:
        raise LogError(f"{path}: the line of {seq} is not canonical JSON") from error
    if not is_canonical:
        raise LogError(f"{path}: the line of {seq} is not canonical JSON")
    if not values.keys() >= _STAMPED or values["seq"] != seq or type(values["seq"]) is not int:
        raise LogError(f"{path}: expected the line of {seq}")
    return Line(seq, MappingProxyType(values), raw)


def first_seq(path: Path) -> int:
    """The number that a segment is named by."""
    return int(path.stem)


def last_seq(path: Path) -> int:
    """The number of the last line, read from the end alone: a start does not read years of log."""
    raw = _last_raw(path)
    if removed_leaf(raw) is not None:
        with path.open("rb") as file:
            return first_seq(path) + sum(1 for _ in file) - 1
    seq = _last_value(path, raw, "seq")
    if type(seq) is not int:
        raise LogError(f"{path}: its last line does not parse")
    return seq


def last_time(path: Path) -> str | None:
    """The time of the last line; None when that line was removed."""
    raw = _last_raw(path)
    return None if removed_leaf(raw) is not None else str(_last_value(path, raw, "time"))


def _last_raw(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_LINE_BYTES - 1))
        tail = file.read()
    if not tail.endswith(b"\n"):
        raise LogError(f"{path}: its last line has no end")
    return tail[:-1].rpartition(b"\n")[2]


def _last_value(path: Path, raw: bytes, name: str) -> Any:
    try:
        return orjson.loads(raw)[name]
    except (ValueError, KeyError, TypeError) as error:
        raise LogError(f"{path}: its last line does not parse") from error

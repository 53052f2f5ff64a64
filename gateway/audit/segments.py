"""Reading the audit log back: segments in order, each line checked for form and sequence. Writes nothing."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from gateway.audit.record import canonical
from sanitizers.errors import SekishoError

MAX_LINE_BYTES: Final = 65_536
_SEGMENT: Final = re.compile(r"(\d{16})\.jsonl")
_STAMPED: Final = frozenset({"v", "seq", "time", "boot", "mono_ns", "event"})

Event = Mapping[str, Any]


class LogError(SekishoError):
    """The log cannot be trusted or cannot be written: nothing may be released."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it was read back: its number, its values, and its bytes without the newline."""

    seq: int
    event: Event
    raw: bytes


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

    A torn tail is left out. May run while another process appends.
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


def _parsed(path: Path, seq: int, raw: bytes) -> Line:
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
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_LINE_BYTES - 1))
        tail = file.read()
    if not tail.endswith(b"\n"):
        raise LogError(f"{path}: its last line has no end")
    raw = tail[:-1].rpartition(b"\n")[2]
    try:
        seq = orjson.loads(raw)["seq"]
    except (ValueError, KeyError, TypeError) as error:
        raise LogError(f"{path}: its last line does not parse") from error
    if type(seq) is not int:
        raise LogError(f"{path}: its last line does not parse")
    return seq

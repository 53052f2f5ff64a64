"""Removing lines about files after their retention, provably: each leaves its leaf hash in its place.

A line `pruned` says first, of which numbers; then the segment is put in its own place, shorter. Lines that are about no
file (starts, keys of the day, clocks, alarms) stay as they are. Every root that was ever signed can still be worked
out, and a proof that was taken before still holds; what a removed line said is gone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.audit.segments import Line, last_time, read_segment
from gateway.durable import write_durably


@dataclass(frozen=True, slots=True)
class Due:
    """A segment in which there is something to remove."""

    path: Path
    event: dict[str, Any]  # what the log says of it
    content: bytes = field(repr=False)  # what stays

    def carry_out(self) -> None:
        """Put what stays in the place of the segment. Raises OSError: then it stands as it was."""
        try:
            write_durably(self.path, self.content)
        finally:
            self.path.with_name(self.path.name + ".new").unlink(missing_ok=True)
        self.path.chmod(0o440)


def due(sealed: Sequence[Path], before: str) -> Iterator[Due | Path]:
    """Of segments that nobody writes to any more, oldest first, those of which every line is older than `before`.

    A path alone: there is nothing to remove in it (any more).
    """
    for path in sealed:
        time = last_time(path)
        if time is not None and time >= before:
            return
        lines = list(read_segment(path, allow_torn=False))
        count = sum(_is_removable(line) for line in lines)
        event = {"event": "pruned", "first": lines[0].seq, "last": lines[-1].seq, "count": count}
        yield Due(path, event, b"".join(_row(line) for line in lines)) if count else path


def _row(line: Line) -> bytes:
    is_whole = line.removed is None and not _is_removable(line)
    return (line.raw if is_whole else line.leaf.hex().encode()) + b"\n"


def _is_removable(line: Line) -> bool:
    """Whether it says something of a file."""
    return line.removed is None and "id" in line.event

"""Whether the wall clock may be believed, before anything is removed for its age.

A clock that leaps ahead, by hand or by a broken time server, must not end every retention at once. While the service
runs, the monotonic clock tells a leap; over a restart, a gap of more than a month does. A doubted clock removes nothing
until it is back, or until an operator, who finds it right, deletes the file.
"""

import time
from pathlib import Path
from typing import Final

import orjson

from gateway.durable import write_durably

RUNNING_NS: Final = 3600 * 10**9  # what the clock may gain on the monotonic one
STOPPED_NS: Final = 31 * 86_400 * 10**9  # for how long the service may have been stopped


class Clock:
    """Remembers in one file where the clock should stand by now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._expected_ns, self._mono_ns = self._read(), time.monotonic_ns()
        self._most_ns = STOPPED_NS  # until it was believed once

    def believed_ns(self) -> int | None:
        """The wall clock; None while it is ahead of anything that may be believed. Raises OSError."""
        wall_ns, mono_ns = time.time_ns(), time.monotonic_ns()
        if self._expected_ns is None:
            self._expected_ns = wall_ns
        expected_ns = self._expected_ns + mono_ns - self._mono_ns
        self._mono_ns, self._expected_ns = mono_ns, expected_ns
        is_believed = wall_ns - expected_ns <= self._most_ns
        if is_believed:
            self._expected_ns, self._most_ns = wall_ns, RUNNING_NS
        write_durably(self._path, orjson.dumps({"expected_ns": self._expected_ns}))
        return wall_ns if is_believed else None

    def _read(self) -> int | None:
        try:
            return int(orjson.loads(self._path.read_bytes())["expected_ns"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

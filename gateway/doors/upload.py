"""Bodies on their way in: streamed into a descriptor with a running digest, within a size and within deadlines.

Trust: every byte is hostile and none is looked at. The HTTP library has no time limit on bodies, so it stands here.
Source: RFC 9530 (Content-Digest).
"""

import asyncio
import base64
import binascii
import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from gateway.problems import Problem
from gateway.spool.base import trouble
from gateway.threads import in_thread

# More is written and hashed in a thread; up to here, waking one costs more. A body comes in smaller pieces than that.
_AT_ONCE_BYTES: Final = 1 << 19
_DIGEST: Final = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):\s*(?=$|,|;)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How slowly a body may come."""

    idle_s: float
    min_bytes_per_s: int
    total_s: float


class Upload:
    """One body: the descriptor it is written to, its size and its digest so far."""

    def __init__(self, fd: int, most_bytes: int) -> None:
        self.fd, self.most_bytes, self.size = fd, most_bytes, 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return self._digest.hexdigest()

    async def take(self, chunk: bytes) -> None:
        """Write the next bytes. Raises Problem when they are too many, SpoolError when they cannot be written."""
        self.size += len(chunk)
        if self.size > self.most_bytes:
            raise Problem("too-large", more={"max_bytes": self.most_bytes})
        if len(chunk) <= _AT_ONCE_BYTES:
            self._write(chunk)
        else:
            await in_thread(None, lambda: self._write(chunk))

    def check_digest(self, header: str | None) -> None:
        """Raises Problem when the client's Content-Digest names another SHA-256, or none that can be read."""
        if header is None:
            return
        claimed = _DIGEST.search(header)
        if claimed is None:
            if "sha-256" in header.lower():
                raise Problem("bad-request", "Content-Digest")
            return  # other algorithms are not checked
        try:
            digest = base64.b64decode(claimed[1], validate=True)
        except binascii.Error:
            raise Problem("bad-request", "Content-Digest") from None
        if digest != self._digest.digest():
            raise Problem("bad-digest")

    def _write(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        view = memoryview(chunk)
        try:
            while view:
                view = view[os.write(self.fd, view) :]
        except OSError as error:
            raise trouble(error) from error


class Deadline:
    """The time a body may take: `async with` it, and say `moved` with each chunk. Raises Problem("too-slow").

    asyncio.timeout, but for its cost: the timer is left alone while the body moves, and looks again when it fires.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace, self._loop = pace, asyncio.get_running_loop()
        self._start = self._loop.time()
        self._due = self._start + min(pace.idle_s, pace.total_s)
        self._is_over = False

    def moved(self, size: int) -> None:
        """So many bytes have come by now."""
        pace = self._pace
        at_least = self._start + pace.idle_s + size / pace.min_bytes_per_s
        self._due = min(self._loop.time() + pace.idle_s, at_least, self._start + pace.total_s)

    async def __aenter__(self) -> "Deadline":
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling = task, task.cancelling()
        self._timer = self._loop.call_at(self._due, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._is_over and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise Problem("too-slow") from None

    def _look(self) -> None:
        if self._loop.time() < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
        else:
            self._is_over = True
            self._task.cancel()


async def pour(read: Callable[[], Awaitable[bytes]], upload: Upload, deadline: Deadline | None = None) -> None:
    """Take chunks until there are no more. A body that is here already needs no deadline."""
    while chunk := await read():
        await upload.take(chunk)
        if deadline is not None:
            deadline.moved(upload.size)


def content_digest(sha256: str) -> str:
    """The value of a Content-Digest or Repr-Digest header."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"

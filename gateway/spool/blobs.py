"""The bytes of the embedded spool: files made durable in a small pool of threads, and the free space they may take."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from gateway.spool.base import Incoming, SpoolBrokenError, SpoolBusyError, SpoolFullError, SpoolGoneError, trouble
from gateway.spool.failure import Failure
from gateway.spool.files import Files
from gateway.threads import in_thread

_T = TypeVar("_T")
_THREADS: Final = 4


class Blobs:
    """Originals, copies and sealed originals, by folder and name."""

    def __init__(self, folder: Path, reserve_bytes: int, failure: Failure) -> None:
        self.files = Files(folder)
        self._reserve_bytes, self._failure = reserve_bytes, failure
        self._promised_bytes = 0
        self._pool = ThreadPoolExecutor(_THREADS, "spool-blobs")

    @property
    def promised_bytes(self) -> int:
        """Of bodies that are coming in."""
        return self._promised_bytes

    def free_bytes(self) -> int:
        """Bytes that may still come in: free space less the reserve and what is promised."""
        return self.files.free_bytes() - self._reserve_bytes - self._promised_bytes

    def incoming(self, expected_bytes: int) -> Incoming:
        """A place for a body. Raises SpoolFullError when it would eat into the reserve."""
        self._failure.refuse()
        if self.free_bytes() < expected_bytes:
            raise SpoolFullError("the reserve of free space is reached")
        body = self.files.create(expected_bytes, secrets.token_hex(16))
        self._promised_bytes += expected_bytes
        return body

    def discard(self, body: Incoming) -> None:
        """Close a body that came to nothing, or one that was kept."""
        self._promised_bytes -= body.reserved_bytes
        self.files.discard(body)

    def opened(self, folder: str, name: str) -> int:
        """A descriptor for reading, which the caller closes. Raises SpoolGoneError, SpoolBusyError."""
        try:
            return self.files.read(folder, name)
        except OSError as error:
            if isinstance(busy := trouble(error), SpoolBusyError):
                raise busy from error
            raise SpoolGoneError(f"{folder}/{name}: {error.strerror}") from error

    async def carry_out(self, work: Callable[[], _T]) -> _T:
        """Do something that may wait for the disk."""
        self._failure.refuse()
        try:
            return await in_thread(self._pool, work)
        except SpoolBrokenError as error:
            raise self._failure.tell(str(error)) from error

    async def remove(self, folder: str, name: str) -> None:
        """Take a file away, if it is there."""
        await self.carry_out(lambda: self.files.remove(folder, name))

    def close(self) -> None:
        """Finish what was begun. May wait."""
        self._pool.shutdown()

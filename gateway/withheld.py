"""Seals the originals of withheld files to the operators, as soon as they are withheld; then the open ones go.

At each step that a crash may end, what is left is an open original that the next start seals (perhaps once more).
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog

from gateway.audit.segments import LogError
from gateway.ledger import Ledger
from gateway.log import place_of
from gateway.quarantine import seal
from gateway.shares import Keeper
from gateway.spool.base import Spool, SpoolBrokenError, SpoolError, SpoolGoneError
from gateway.threads import in_thread

_WAIT_S: Final = 3600.0
_PAUSE_S: Final = 5.0
_BLOCK_BYTES: Final = 1 << 20
_log: Final = structlog.get_logger(__name__)


class Withheld:
    """Seals one after the other. `start`, then `stop`."""

    def __init__(self, keepers: Sequence[Keeper], spool: Spool, ledger: Ledger) -> None:
        self._keepers, self._spool, self._ledger = keepers, spool, ledger
        self._gone: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self.on_failure: Callable[[str], None] = lambda why: None

    async def start(self) -> None:
        """Begin with what an earlier life left."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                waiting = [id for id in await self._spool.unsealed(_WAIT_S) if id not in self._gone]
                if not waiting and self._gone:
                    await asyncio.sleep(_PAUSE_S)  # nothing but what cannot be sealed
                for id in waiting:
                    await self._seal(id)
            except (SpoolBrokenError, LogError) as error:
                self.on_failure(str(error))
                return
            except SpoolError as error:
                _log.error("an original could not be sealed", error=place_of(error))
                await asyncio.sleep(_PAUSE_S)

    async def _seal(self, id: str) -> None:
        try:
            await self._spool.seal(id, partial(seal, id, self._keepers))
        except SpoolGoneError as error:
            _log.error("an original is gone", id=id, error=place_of(error))
            self._gone.add(id)
            return
        fd = self._spool.open_sealed(id)
        try:
            sha256 = await in_thread(None, partial(digest_of, fd))
        finally:
            os.close(fd)
        await self._ledger.quarantined(id, sha256)
        await self._spool.sealed(id)


def digest_of(fd: int) -> str:
    """SHA-256 of all that a descriptor holds."""
    digest, offset = hashlib.sha256(), 0
    while block := os.pread(fd, _BLOCK_BYTES, offset):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()

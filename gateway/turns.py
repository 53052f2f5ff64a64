"""Who goes to the workers next, of the files that wait for them.

A file waits as if it had come a second later for each megabyte that it holds: small ones go before a larger one that
came just before them, and nothing waits for ever. Two small files may stand at one worker, so that it finds the next
one when it is done with the first; behind a larger file nobody is made to wait.
"""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

SMALL_BYTES: Final = 1 << 18
_PLACES_OF_A_WORKER: Final = 2
_SECONDS_A_BYTE: Final = 1e-6


class Turns:
    """Places at so many workers: two each, of which a file that is not small takes both."""

    def __init__(self, workers: int) -> None:
        self._free = workers * _PLACES_OF_A_WORKER
        self._waiting: list[tuple[float, int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    @asynccontextmanager
    async def turn(self, size: int) -> AsyncIterator[None]:
        """Wait for it, and hold it for the length of the block."""
        places = 1 if size <= SMALL_BYTES else _PLACES_OF_A_WORKER
        await self._wait(size, places)
        try:
            yield
        finally:
            self._give_back(places)

    async def _wait(self, size: int, places: int) -> None:
        loop = asyncio.get_running_loop()
        called: asyncio.Future[None] = loop.create_future()
        due = loop.time() + size * _SECONDS_A_BYTE
        heapq.heappush(self._waiting, (due, next(self._numbers), places, called))
        self._call()
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():  # called and gone in the same moment
                self._give_back(places)
            raise

    def _give_back(self, places: int) -> None:
        self._free += places
        self._call()

    def _call(self) -> None:
        """In order: nobody goes past one for whom there is not enough room yet."""
        while self._waiting:
            _, _, places, called = self._waiting[0]
            if called.cancelled():
                heapq.heappop(self._waiting)
            elif places <= self._free:
                heapq.heappop(self._waiting)
                self._free -= places
                called.set_result(None)
            else:
                return

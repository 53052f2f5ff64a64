"""Waiting for one transfer to change, without polling."""

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from gateway.spool.base import JobView


class Watch:
    """Who waits for which transfer."""

    def __init__(self) -> None:
        self._is_let_go = False
        self._waiting: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._waiting)

    async def until(
        self,
        id: str,
        look: Callable[[], Awaitable[JobView | None]],
        is_wanted: Callable[[JobView], bool],
        wait_s: float,
    ) -> JobView | None:
        """What `look` finds, but not before it is wanted or the time is up."""
        until = time.monotonic() + wait_s
        while True:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting[id].add(future)
            try:
                view = await look()
                left_s = until - time.monotonic()
                if view is None or is_wanted(view) or left_s <= 0 or self._is_let_go:
                    return view
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left_s):
                        await future
            finally:
                if id in self._waiting:
                    self._waiting[id].discard(future)
                    if not self._waiting[id]:
                        del self._waiting[id]

    def tell(self, id: str) -> None:
        """Something changed: whoever waits for this transfer looks again."""
        for future in self._waiting.pop(id, ()):
            if not future.done():
                future.set_result(None)

    def let_go(self) -> None:
        """Nobody waits any longer."""
        self._is_let_go = True
        for futures in self._waiting.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)

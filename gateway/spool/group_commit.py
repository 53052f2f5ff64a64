"""Many requests, one fsync: a thread that carries out in one go whatever waits for it."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")
_WINDOW_S: Final = 0.002
_MOST: Final = 100


class GroupCommit(Generic[_Item, _Answer]):
    """Calls `carry_out` with all items that wait, in order, and gives each asker its own answer, or raises it.

    A lone item is carried out at once; while items come in company, a batch is open for `window_s` or until it holds
    `most`. An error of `carry_out` is raised to every asker of that batch.
    """

    def __init__(
        self,
        carry_out: Callable[[Sequence[_Item]], Sequence[_Answer]],
        *,
        name: str,
        window_s: float = _WINDOW_S,
        most: int = _MOST,
    ) -> None:
        self._carry_out, self._window_s, self._most = carry_out, window_s, most
        self._waiting: queue.SimpleQueue[tuple[_Item, asyncio.Future[_Answer]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Start the thread. Answers go to the event loop that is running now."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def ask(self, item: _Item) -> _Answer:
        """The answer to this item, once its batch is durable. A cancelled asker's item is carried out all the same."""
        assert self._loop is not None, "start() comes first"
        future: asyncio.Future[_Answer] = self._loop.create_future()
        self._waiting.put((item, future))
        return await future

    async def close(self) -> None:
        """Carry out what waits, then end the thread."""
        if self._thread.is_alive():
            self._waiting.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        in_company = False
        while (first := self._waiting.get()) is not None:
            batch, is_last = self._collect(first, self._window_s if in_company else 0.0)
            in_company = len(batch) > 1
            self._carry_out_batch(batch)
            if is_last:
                return

    def _collect(
        self, first: tuple[_Item, asyncio.Future[_Answer]], window_s: float
    ) -> tuple[list[tuple[_Item, asyncio.Future[_Answer]]], bool]:
        batch, until = [first], time.monotonic() + window_s
        while len(batch) < self._most:
            left_s = until - time.monotonic()
            try:
                entry = self._waiting.get(timeout=left_s) if left_s > 0 else self._waiting.get_nowait()
            except queue.Empty:
                break
            if entry is None:
                return batch, True
            batch.append(entry)
        return batch, False

    def _carry_out_batch(self, batch: Sequence[tuple[_Item, asyncio.Future[_Answer]]]) -> None:
        futures = [future for _, future in batch]
        try:
            answers = self._carry_out([item for item, _ in batch])
        except Exception as error:  # the askers decide what it means; this thread goes on for the next batch
            self._later(_fail, futures, error)
        else:
            self._later(_give, futures, answers)

    def _later(self, callback: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *arguments)


def _give(futures: Sequence[asyncio.Future[_Answer]], answers: Sequence[_Answer]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if not future.done():
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _fail(futures: Sequence[asyncio.Future[_Answer]], error: Exception) -> None:
    for future in futures:
        if not future.done():
            future.set_exception(error)

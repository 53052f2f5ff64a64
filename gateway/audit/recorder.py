"""The audit log for asyncio: while one batch is written, in a thread of its own, all who come share the next one."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from gateway.audit.fields import check_event
from gateway.audit.head import Head
from gateway.audit.log import AuditLog
from gateway.audit.segments import Event, LogError

MAX_BATCH: Final = 1000
_WINDOW_S: Final = 0.001  # for which a batch stays open while events come in company; a lone one does not wait


class Recorder:
    """The log for asyncio: while one batch is written, in a thread of its own, all who come share the next one."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(1, "audit")
        self._turn = asyncio.Lock()
        self._open: _Batch | None = None
        self._is_in_company = False  # whether the last batch had more than one event: then more are likely to come
        self._is_closed = False
        self.on_grown: Callable[[], None] = lambda: None  # after each batch

    @property
    def size(self) -> int:
        """How many lines are durable."""
        return self._log.next_seq - 1

    @property
    def epoch(self) -> Event | None:
        """The newest line that names a key of the day."""
        return self._log.epoch

    @property
    def is_failed(self) -> bool:
        """Whether nothing can be recorded any more. The service must stop."""
        return self._log.is_failed

    async def record(self, events: Sequence[Event]) -> list[int]:
        """Answers once the events are durable, with their sequence numbers. Raises as `AuditLog.append`.

        A caller that is cancelled while waiting may or may not find its events in the log.
        """
        for event in events:
            check_event(event)  # one caller's mistake must not fail the others' batch
        if self._is_closed:
            raise LogError("the log is closed")
        batch = self._open
        if batch is None or len(batch.events) >= MAX_BATCH:
            batch = self._open = _Batch()
            batch.written = asyncio.create_task(self._write(batch))
            batch.written.add_done_callback(batch.answer)
        start = len(batch.events)
        batch.events.extend(events)
        answer: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        batch.askers.append(answer)
        return (await answer)[start : start + len(events)]

    async def head(self) -> Head:
        """Of all lines that are durable by now."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._log.head)

    async def keep_checkpoint(self, sign: Callable[[Head], str]) -> str:
        """Sign the present head and put it beside the log, durably. Raises LogError."""

        def keep() -> str:
            head = self._log.head()
            text = sign(head)
            self._log.keep_checkpoint(text, head.size)
            return text

        return await asyncio.get_running_loop().run_in_executor(self._thread, keep)

    async def prune(self, before: str) -> int:
        """As `AuditLog.prune`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._log.prune, before)

    async def close(self) -> None:
        """Write what waits, then close the log. May be called twice."""
        self._is_closed = True
        if self._open is not None:
            await asyncio.wait([self._open.written])
        async with self._turn:
            await asyncio.to_thread(self._thread.shutdown)
            self._log.close()

    async def _write(self, batch: "_Batch") -> list[int]:
        async with self._turn:
            await asyncio.sleep(_WINDOW_S if self._is_in_company else 0)
            self._is_in_company = len(batch.events) > 1
            if self._open is batch:
                self._open = None  # who comes from here on waits for the next one
            loop = asyncio.get_running_loop()
            numbers = await loop.run_in_executor(self._thread, self._log.append_checked, batch.events)
            self.on_grown()
            return numbers


@dataclass(slots=True)
class _Batch:
    """Events that are written in one go, and the task that does it."""

    events: list[Event] = field(default_factory=list)
    askers: list[asyncio.Future[list[int]]] = field(default_factory=list)
    written: "asyncio.Task[list[int]]" = field(init=False)

    def answer(self, written: "asyncio.Task[list[int]]") -> None:
        """To every asker who did not go away meanwhile, whatever became of the batch."""
        error = None if written.cancelled() else written.exception()
        for asker in self.askers:
            if asker.done():
                continue
            if written.cancelled():
                asker.cancel()
            elif error is not None:
                asker.set_exception(error)
            else:
                asker.set_result(written.result())

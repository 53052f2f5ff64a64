"""Keeps the log provable while it grows: heartbeats, signed checkpoints, a key for each day, a second place for both.

A checkpoint is signed once a minute where lines came, after every thousand lines, and on demand for each delivery. A
second place that does not take one is told in the log and in the service log; nothing else waits for it.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from gateway.audit.checkpoint import origin_of, sign
from gateway.audit.epochs import EpochKeys, epoch_event
from gateway.audit.export import Place, PlaceError
from gateway.audit.head import Head
from gateway.audit.keys import SigningKey
from gateway.audit.recorder import Recorder
from gateway.audit.resume import keep_note
from gateway.audit.segments import LogError
from gateway.audit.times import EVERY_S, HEARTBEAT_S, MOST_LINES

_log: Final = structlog.get_logger(__name__)


class Keeper:
    """One log's checkpoints. `start` after the log is open, `stop` before it is closed."""

    def __init__(
        self,
        recorder: Recorder,
        folder: Path,
        key: SigningKey,
        epochs: EpochKeys,
        places: Sequence[Place] = (),
        *,
        every_s: float = EVERY_S,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        self._recorder, self._folder, self._key, self._epochs = recorder, folder, key, epochs
        self._places, self._every_s, self._heartbeat_s = places, every_s, heartbeat_s
        self.origin: Final = origin_of(key.public)
        self._kept_size = -1
        self._fresh: tuple[int, str] = (-1, "")
        self._last_line = (0, time.monotonic())  # how many there were, and since when
        self._failing: set[str] = set()
        self._many = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.on_failure: Callable[[str], None] = lambda why: None

    async def start(self) -> None:
        """Have a key of the day and a first checkpoint. Raises LogError, KeyFileError, OSError."""
        found = self._epochs.resume(self._recorder.epoch)
        if found is None:
            if self._recorder.epoch is not None:
                _log.error("the key of the day is lost; the chain of keys begins anew")
            await self._draw(self._key)
        elif self._epochs.is_turning:
            await self._end_day(self._epochs.former(), found)
        self._recorder.on_grown = self._grown
        await self.keep()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """A last checkpoint over all lines."""
        self._recorder.on_grown = lambda: None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        with contextlib.suppress(LogError):  # a log that failed before has no last checkpoint
            await self.keep()

    async def current(self) -> str:
        """A checkpoint over all lines that are durable by now."""
        if self._fresh[0] < self._recorder.size:
            head = await self._recorder.head()
            if head.size > self._fresh[0]:
                self._fresh = head.size, self._signed(head)
        return self._fresh[1]

    async def keep(self) -> None:
        """Sign the present head, put it beside the log and into every other place. Raises LogError."""
        if self._recorder.size == self._kept_size:
            return
        text = await self._recorder.keep_checkpoint(self._signed)
        self._kept_size = int(text.split("\n")[1])
        self._fresh = max(self._fresh, (self._kept_size, text))
        for place in self._places:
            await self._hand_over(place, text)

    async def tick(self) -> None:
        """What is due by now. Raises LogError."""
        size, now = self._recorder.size, time.monotonic()
        if size != self._last_line[0]:
            self._last_line = size, now
        elif now - self._last_line[1] >= self._heartbeat_s:
            await self._recorder.record([{"event": "heartbeat"}])
            self._last_line = self._recorder.size, now
        epoch, today = self._recorder.epoch, time.strftime("%Y-%m-%d", time.gmtime())
        if epoch is not None and today > str(epoch["time"])[:10]:  # a clock that was set back draws no key
            current = self._epochs.current
            assert current is not None
            await self._draw(current)
        await self.keep()

    def _grown(self) -> None:
        if self._recorder.size - self._kept_size >= MOST_LINES:
            self._many.set()

    async def _run(self) -> None:
        while True:
            self._many.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._many.wait()
            try:
                await self.tick()
            except (LogError, OSError) as error:
                _log.error("no checkpoint", error=type(error).__name__)
                if self._recorder.is_failed:
                    self.on_failure(str(error))
                    return

    async def _draw(self, by: SigningKey) -> None:
        """A new key of the day, vouched for by `by`."""
        new = await asyncio.to_thread(self._epochs.draw)
        await self._recorder.record([epoch_event(self.origin, new, by)])
        if by is self._key:
            await asyncio.to_thread(self._epochs.turn, new)
        else:
            await self._end_day(by, new)

    async def _end_day(self, old: SigningKey, new: SigningKey) -> None:
        """The old key signs all that there is, its successor's line included, and is no more."""
        head = await self._recorder.head()
        text = sign(self.origin, head, (self._key, old)).text()
        await asyncio.to_thread(keep_note, self._folder, head.size, text)
        await asyncio.to_thread(self._epochs.turn, new)
        for place in self._places:
            await self._hand_over(place, text)

    def _signed(self, head: Head) -> str:
        keys = [self._key] if self._epochs.current is None else [self._key, self._epochs.current]
        return sign(self.origin, head, keys).text()

    async def _hand_over(self, place: Place, text: str) -> None:
        try:
            await asyncio.to_thread(partial(place.take, self.origin, text))
        except (PlaceError, OSError) as error:
            _log.error("a checkpoint was not taken", place=place.name, error=type(error).__name__)
            if place.name not in self._failing:  # told once, not each minute
                self._failing.add(place.name)
                await self._recorder.record([{"event": "alarm", "reason": "checkpoint-not-exported"}])
        else:
            self._failing.discard(place.name)

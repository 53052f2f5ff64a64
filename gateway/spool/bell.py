"""Waiting for work without polling: look, and if there is nothing, sleep until somebody rings or something is due."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

_T = TypeVar("_T")


class Bell:
    """Wakes all who wait."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._is_silent = False

    def silence(self) -> None:
        """Nobody waits here any longer: who looks and finds nothing goes."""
        self._is_silent = True
        self.ring()

    def ring(self) -> None:
        """There may be something now."""
        self._rung.set()
        self._rung = asyncio.Event()

    async def wait_for(self, look: Callable[[], Awaitable[tuple[list[_T], float | None]]], wait_s: float) -> list[_T]:
        """What `look` finds, as soon as it finds something; nothing when the time is up.

        `look` also says when, on the monotonic clock, something is due by itself.
        """
        until = time.monotonic() + wait_s
        while True:
            rung = self._rung  # before looking, so that no ring in between is missed
            found, due = await look()
            now = time.monotonic()
            if found or now >= until or self._is_silent:
                return found
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(until, until if due is None else due) - now):
                    await rung.wait()

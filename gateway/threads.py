"""Blocking work in a thread, where its descriptors must stay open until it has ended."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

_T = TypeVar("_T")


async def in_thread(executor: Executor | None, work: Callable[[], _T]) -> _T:
    """What `work` answers. A cancelled caller leaves only when the thread is done with what it was given."""
    future = asyncio.get_running_loop().run_in_executor(executor, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({future})
        raise

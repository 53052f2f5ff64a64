"""What every store for pushed copies can do."""

import os
from collections.abc import AsyncIterator
from functools import partial
from typing import Any, Final, Protocol

from gateway.deliver import Refusal
from gateway.spool.base import Delivery
from gateway.threads import in_thread

CONNECT_S: Final = 10.0
ANSWER_S: Final = 60.0
CHUNK_BYTES: Final = 1 << 18


class NotTakenError(Exception):
    """The store did not take a copy: why, as the way back of a pull says it."""

    def __init__(self, reason: Refusal, told: str) -> None:
        self.reason = reason
        super().__init__(told)


class Store(Protocol):
    """Where copies go."""

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """Returns once the store has the copy, by its own word. Raises NotTakenError."""

    async def close(self) -> None:
        """Let go of it."""


async def bytes_of(fd: int) -> AsyncIterator[bytes]:
    """All that a descriptor holds, from its start."""
    offset = 0
    while block := await in_thread(None, partial(os.pread, fd, CHUNK_BYTES, offset)):
        yield block
        offset += len(block)

"""Hands clean copies over to a store that does not come for them: HTTP PUT, a bucket, or a folder.

A copy counts as delivered only once the store answered with its digest; until then it is handed over again, later and
later, never in step. The store tells one copy from another by the idempotency key, which names transfer and digest. One
that was tried too often is given up: it stays, the log and the service log say so, and an operator has it tried again.
"""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from gateway.audit.keys import KeyFileError, SigningKey
from gateway.audit.segments import LogError
from gateway.config import Config, Consumer
from gateway.deliver import Refusal, offer
from gateway.ledger import Ledger
from gateway.log import place_of
from gateway.metrics import Metrics
from gateway.spool.base import Delivery, Settlement, Spool, SpoolBrokenError, SpoolError
from gateway.stores.base import NotTakenError, Store
from gateway.stores.folder import FolderPush
from gateway.stores.http import HttpStore
from gateway.stores.s3 import S3Store
from gateway.stores.s3_address import S3Address
from gateway.stores.sigv4 import Credentials

_AT_ONCE: Final = 4
_LEASE_S: Final = 300.0
_WAIT_S: Final = 3600.0
_log: Final = structlog.get_logger(__name__)


class Pushes:
    """One line for each consumer that is pushed to. `start`, then `stop`."""

    def __init__(self, config: Config, spool: Spool, ledger: Ledger, metrics: Metrics, key: SigningKey) -> None:
        self._config, self._spool, self._ledger, self._metrics, self._key = config, spool, ledger, metrics, key
        self._tasks: list[asyncio.Task[None]] = []
        self._stores: list[Store] = []
        self.on_failure: Callable[[str], None] = lambda why: None

    async def start(self) -> None:
        """Open the stores. Raises StoreError, KeyFileError for what the operator must mend."""
        for consumer in self._config.consumers:
            if consumer.push is not None:
                store = self._opened(consumer)
                self._stores.append(store)
                self._tasks += [asyncio.create_task(self._run(consumer, store)) for _ in range(_AT_ONCE)]

    async def stop(self) -> None:
        """What is under way is handed over again by the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for store in self._stores:
            await store.close()

    def _opened(self, consumer: Consumer) -> Store:
        assert consumer.push is not None
        slowest = self._config.delivery.min_bytes_per_s
        if consumer.push.startswith("folder:"):
            return FolderPush(Path(consumer.push.removeprefix("folder:")), self._config.spool.reserve_bytes)
        if consumer.push.startswith("s3:"):
            return S3Store(address := S3Address.parse(consumer.push), _credentials(consumer, address), slowest)
        return HttpStore(consumer.push, consumer.bearer(), slowest)

    async def _run(self, consumer: Consumer, store: Store) -> None:
        while True:
            try:
                for delivery in await self._spool.pull(consumer.name, limit=1, lease_s=_LEASE_S, wait_s=_WAIT_S):
                    await self._hand_over(delivery, store)
            except (SpoolBrokenError, LogError) as error:
                self.on_failure(str(error))
                return
            except SpoolError as error:
                _log.error("nothing handed over", error=place_of(error))
                await asyncio.sleep(5.0)

    async def _hand_over(self, delivery: Delivery, store: Store) -> None:
        held = delivery.consumer, delivery.id, delivery.lease
        view = await self._spool.get(delivery.id)
        assert view is not None, "what is lent has a row"
        try:
            fd = self._spool.open_copy(view)
            try:
                async with _held(partial(self._spool.prolong, *held, _LEASE_S)):
                    await store.put(delivery, offer(delivery, self._key, time.time_ns()), fd)
            finally:
                os.close(fd)
        except NotTakenError as error:
            await self._refused(delivery, error.reason)
            return
        if await self._spool.check(*held, delivery.sha256) is Settlement.DONE:
            await self._ledger.delivered(delivery.id, delivery.consumer, delivery.sha256)
            await self._spool.ack(*held, delivery.sha256)
            self._metrics.settled(delivery.consumer, "pushed")

    async def _refused(self, delivery: Delivery, reason: Refusal) -> None:
        self._metrics.settled(delivery.consumer, reason)
        _log.warning("not taken", id=delivery.id, consumer=delivery.consumer, reason=reason, tries=delivery.attempt)
        await self._ledger.refused(delivery.id, delivery.consumer, reason.value)
        limits = self._config.delivery
        await self._spool.nack(
            delivery.consumer,
            delivery.id,
            delivery.lease,
            delay_s=backoff_s(delivery.attempt, limits.retry_first_s, limits.retry_most_s),
            reason=None,
        )


def _credentials(consumer: Consumer, address: S3Address) -> Credentials:
    """What the key file of a bucket says. Raises KeyFileError."""
    key_id, _, secret = (consumer.bearer() or "").partition(":")
    if consumer.push_key_file is None or not key_id or not secret:
        raise KeyFileError(
            consumer.push_key_file or Path("push_key_file"), 'expected "ACCESS_KEY_ID:SECRET_ACCESS_KEY"'
        )
    return Credentials(key_id, secret, address.region)


def backoff_s(attempt: int, first_s: float, most_s: float) -> float:
    """Twice as long each time, up to a bound, and somewhere in the upper half of it."""
    return min(most_s, first_s * (1 << min(attempt - 1, 30))) * random.uniform(0.5, 1.0)  # noqa: S311, no secret


async def give_up_exhausted(config: Config, spool: Spool, ledger: Ledger, metrics: Metrics) -> int:
    """Deliver no more what was tried too often, by push or pull; recorded first. Answers with how many."""
    count = 0
    for view in await spool.exhausted(config.delivery.max_tries):
        assert view.consumer is not None
        await ledger.undelivered(view.id, view.consumer)
        if await spool.give_up(view.id):
            metrics.settled(view.consumer, "given-up")
            _log.error("given up: an operator must look", id=view.id, consumer=view.consumer)
            count += 1
    return count


@asynccontextmanager
async def _held(prolong: Callable[[], Awaitable[Settlement]]) -> AsyncIterator[None]:
    """Prolong a loan for as long as the block runs."""

    async def for_ever() -> None:
        while True:
            await asyncio.sleep(_LEASE_S / 3)
            await prolong()

    task = asyncio.create_task(for_ever())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

"""Hands clean copies over to a store that does not come for them: HTTP PUT, or a folder. For sites that want it.

A copy counts as delivered only once the store answered with its digest; until then it is handed over again, later and
later, never in step. The store tells one copy from another by the idempotency key, which names transfer and digest. One
that was tried too often is given up: it stays, the log and the service log say so, and an operator has it tried again.
Source: RFC 9110 (PUT), RFC 9530 (digests), draft-ietf-httpapi-idempotency-key-header-07.
"""

import asyncio
import base64
import hashlib
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import aiohttp
import orjson
import structlog

from gateway.audit.keys import SigningKey
from gateway.audit.record import timestamp
from gateway.audit.segments import LogError
from gateway.config import Config, Consumer
from gateway.deliver import Refusal, offer
from gateway.doors.names import write_disposition
from gateway.doors.upload import content_digest
from gateway.ledger import Ledger
from gateway.log import place_of
from gateway.metrics import Metrics
from gateway.spool.base import Delivery, Settlement, Spool, SpoolBrokenError, SpoolError
from gateway.store import FolderStore, Place, StoredBeforeError, StoreError, StoreFullError
from gateway.threads import in_thread

_AT_ONCE: Final = 4
_LEASE_S: Final = 300.0
_WAIT_S: Final = 3600.0
_CONNECT_S: Final = 10.0
_ANSWER_S: Final = 60.0
_CHUNK_BYTES: Final = 1 << 18
_log: Final = structlog.get_logger(__name__)


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


class HttpStore:
    """PUT {url}/{id}: done only on 2xx with the digest of the copy in Repr-Digest, Content-Digest or ETag."""

    def __init__(self, url: str, bearer: str | None, min_bytes_per_s: int) -> None:
        self._url, self._min_bytes_per_s = url.rstrip("/"), min_bytes_per_s
        self._headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self._session: aiohttp.ClientSession | None = None

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """Send it, believe nothing but the digest that comes back."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        digest = content_digest(delivery.sha256)
        headers = self._headers | {
            "Content-Type": delivery.media_type,
            "Content-Length": str(delivery.size),
            "Content-Disposition": write_disposition(delivery.name),
            "Content-Digest": digest,
            "Idempotency-Key": f'"{delivery.id}:{delivery.sha256}"',
            "Sekisho-Manifest": base64.b64encode(orjson.dumps(proof["manifest"])).decode(),
        }
        total_s = _ANSWER_S + delivery.size / self._min_bytes_per_s
        timeout = aiohttp.ClientTimeout(total=total_s, sock_connect=_CONNECT_S)
        url = f"{self._url}/{delivery.id}"
        try:
            async with self._session.put(
                url, data=_bytes_of(fd), headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status, echoed = answer.status, _echoed(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTakenError(Refusal.UNAVAILABLE, type(error).__name__) from error
        if status == 507:
            raise NotTakenError(Refusal.STORAGE, "507")
        if not 200 <= status < 300:
            raise NotTakenError(Refusal.UNAVAILABLE, str(status))
        if digest not in echoed and f'"{delivery.sha256}"' not in echoed:
            raise NotTakenError(Refusal.DIGEST, "another digest, or none")

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


class FolderPush:
    """The store of a receiver, in a folder that this machine can reach."""

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self._store = FolderStore(folder, reserve_bytes)

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """Once and whole, under the transfer's id."""
        await in_thread(None, partial(self._put, delivery, proof, fd))

    def _put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        known = self._store.exists(delivery.id)
        if known == delivery.sha256:
            return
        if known is not None:
            raise NotTakenError(Refusal.CONFLICT, "this id is used for other bytes")
        place = Place(delivery.id, delivery.tenant, delivery.name)
        try:
            target = self._store.begin(place, delivery.size)
        except (StoreFullError, StoredBeforeError) as error:
            raise NotTakenError(Refusal.STORAGE, str(error)) from error
        try:
            digest, offset = hashlib.sha256(), 0
            while block := os.pread(fd, _CHUNK_BYTES, offset):
                digest.update(block)
                self._store.write(target, block)
                offset += len(block)
            if digest.hexdigest() != delivery.sha256:
                raise NotTakenError(Refusal.DIGEST, "the copy is damaged")
            self._store.commit(place, target, {"v": 1, "stored": timestamp(time.time_ns()), **proof})
        except StoreError as error:
            raise NotTakenError(Refusal.STORAGE, str(error)) from error
        finally:
            os.close(target)
            self._store.abandon(place)

    async def close(self) -> None:
        """Let go of the folder."""
        await in_thread(None, self._store.close)


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
        if consumer.push.startswith("folder:"):
            return FolderPush(Path(consumer.push.removeprefix("folder:")), self._config.spool.reserve_bytes)
        return HttpStore(consumer.push, consumer.bearer(), self._config.delivery.min_bytes_per_s)

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


async def _bytes_of(fd: int) -> AsyncIterator[bytes]:
    offset = 0
    while block := await in_thread(None, partial(os.pread, fd, _CHUNK_BYTES, offset)):
        yield block
        offset += len(block)


def _echoed(answer: aiohttp.ClientResponse) -> str:
    return ", ".join(answer.headers.get(name, "") for name in ("Repr-Digest", "Content-Digest", "ETag"))

"""Tells senders' own servers what became of a file: webhooks, signed, repeated until heard or given up.

What is to be told stands in the spool since the change itself, so that no crash loses it; it may be told twice, under
the same id. The order of two announcements is not kept; each tells the present state of the transfer.
Source: Standard Webhooks 1.0.0 (headers, signature, retries).
"""

import asyncio
import base64
import hashlib
import hmac
import random
import time
from collections.abc import Mapping
from typing import Final

import aiohttp
import orjson
import structlog

from gateway.audit.record import timestamp
from gateway.config import Webhook
from gateway.doors.views import transfer
from gateway.log import place_of
from gateway.metrics import Metrics
from gateway.spool.base import Announcement, Spool, SpoolError

RETRIES_S: Final = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)  # as the standard proposes
_AT_ONCE: Final = 8
_LEASE_S: Final = 120.0
_WAIT_S: Final = 3600.0
_TIMEOUT_S: Final = 20.0
_log: Final = structlog.get_logger(__name__)


class Hooks:
    """Sends what is due, some at a time. `start`, then `stop`."""

    def __init__(
        self, hooks: Mapping[str, Webhook], spool: Spool, metrics: Metrics, *, retries_s: tuple[float, ...] = RETRIES_S
    ) -> None:
        self._hooks, self._spool, self._metrics, self._retries_s = hooks, spool, metrics, retries_s
        self._secrets = {tenant: hook.secret() for tenant, hook in hooks.items()}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin with what an earlier life left."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """What is under way is told again by the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session:
            while True:
                try:
                    due = await self._spool.announcements(limit=_AT_ONCE, lease_s=_LEASE_S, wait_s=_WAIT_S)
                    await asyncio.gather(*(self._tell(session, one) for one in due))
                except SpoolError as error:
                    _log.error("no announcements", error=place_of(error))
                    await asyncio.sleep(5.0)

    async def _tell(self, session: aiohttp.ClientSession, one: Announcement) -> None:
        hook, view = self._hooks.get(one.tenant), await self._spool.get(one.id)
        if hook is None or view is None or (hook.events and one.event not in hook.events):
            await self._spool.heard(one)
            return
        told = {"type": one.event, "timestamp": timestamp(one.at_ns), "data": transfer(view)}
        body, id = orjson.dumps(told), f"msg_{one.id}_{one.event.rpartition('.')[2]}_{one.n}"
        headers = signed(id, int(time.time()), body, self._secrets[one.tenant])
        try:
            async with session.post(hook.url, data=body, headers=headers, allow_redirects=False) as answer:
                is_heard, status = 200 <= answer.status < 300, answer.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            is_heard, status = False, 0
            _log.warning("a webhook was not heard", id=one.id, error=type(error).__name__)
        if is_heard:
            self._metrics.announced("heard")
            await self._spool.heard(one)
            return
        await self._later(one, is_gone=status == 410)

    async def _later(self, one: Announcement, *, is_gone: bool) -> None:
        if is_gone or one.tries > len(self._retries_s):
            self._metrics.announced("given-up")
            _log.error("a webhook is given up", id=one.id, told=one.event, tries=one.tries)
            await self._spool.tell_later(one, None)
            return
        self._metrics.announced("again")
        await self._spool.tell_later(one, self._retries_s[one.tries - 1] * random.uniform(0.8, 1.2))  # noqa: S311


def signed(id: str, seconds: int, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers of a message."""
    mark = hmac.new(secret, f"{id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "sekisho",
        "webhook-id": id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }

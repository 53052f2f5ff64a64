"""How a body becomes an accepted transfer, the same behind every door: durable, recorded, in line; then the answer."""

import contextlib
import os
import time
from dataclasses import dataclass, field
from typing import Final

from gateway.audit.segments import LogError
from gateway.config import Config
from gateway.ledger import Ledger
from gateway.metrics import Metrics
from gateway.spool.base import Acceptance, Accepted, Incoming, NewJob, Spool, SpoolError, is_same_request
from policies.rules import Context

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUV"  # RFC 4648, base32hex: in the order of their values
_TWO_DIGITS: Final = tuple(a + b for a in _DIGITS for b in _DIGITS)


class InProgressError(Exception):
    """Another request with the same idempotency key is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A body that came in whole, and what was said of it."""

    context: Context
    name: str
    claimed_type: str | None
    passwords: tuple[str, ...] = field(repr=False)
    size: int
    sha256: str
    received_ns: int
    idempotency_key: str | None
    door: str


class Intake:
    """Accepts bodies."""

    def __init__(self, config: Config, spool: Spool, ledger: Ledger, metrics: Metrics) -> None:
        self._config, self._spool, self._ledger, self._metrics = config, spool, ledger, metrics
        self._under_way: set[tuple[str, str]] = set()

    async def accept(self, offer: Offer, body: Incoming) -> Accepted:
        """Answers when the transfer is durable. Raises InProgressError, SpoolError and the audit log's errors.

        `body` stays the caller's, who discards it.
        """
        if offer.idempotency_key is None:
            return await self._accept(offer, body)
        known = offer.context.tenant, offer.idempotency_key
        if known in self._under_way:
            raise InProgressError
        self._under_way.add(known)
        try:
            found = await self._spool.find(*known)
            if found is not None:
                is_same = is_same_request(found, sha256=offer.sha256, name=offer.name, context=offer.context)
                return Accepted(Acceptance.KNOWN if is_same else Acceptance.KEY_REUSED, found)
            return await self._accept(offer, body)
        finally:
            self._under_way.discard(known)

    async def _accept(self, offer: Offer, body: Incoming) -> Accepted:
        job = NewJob(
            id=new_id(),
            context=offer.context,
            name=offer.name,
            claimed_type=offer.claimed_type,
            passwords=offer.passwords,
            size=offer.size,
            sha256=offer.sha256,
            received_ns=offer.received_ns,
            queued_ns=time.time_ns(),
            idempotency_key=offer.idempotency_key,
            consumer=self._config.consumer_for(offer.context.tenant, offer.context.direction),
        )
        await self._spool.keep(job.id, body)
        is_accepted = False
        try:
            await self._ledger.received(job, offer.door)
            accepted = await self._spool.submit(job)
            is_accepted = accepted.id == job.id
        finally:
            if not is_accepted:
                await self._take_back(job.id)
        self._metrics.received(job.size)
        return accepted

    async def _take_back(self, id: str) -> None:
        """Remove a body that nobody was promised. Where even that fails, the next start does it.

        A row that was written although nobody waited for it any more stands: its file goes its way.
        """
        with contextlib.suppress(SpoolError, LogError):
            if await self._spool.drop(id):
                await self._ledger.removed(id, "never-accepted")


def new_id() -> str:
    """26 characters in the order of time, not to be guessed: 48 bits of milliseconds, 80 random bits."""
    milliseconds = time.time_ns() // 1_000_000 & (1 << 48) - 1
    bits = (milliseconds << 80 | int.from_bytes(os.urandom(10))) << 2  # 26 digits of five bits
    return "".join([_TWO_DIGITS[bits >> at & 1023] for at in range(120, -1, -10)])

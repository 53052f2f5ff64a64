"""The way out of the embedded spool: copies that are lent, announcements that are due, originals that are sealed."""

import os
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection

from gateway.spool import announcements, outgoing, queue
from gateway.spool.base import Announcement, Delivery, JobView, Settlement
from gateway.spool.bell import Bell
from gateway.spool.blobs import Blobs
from gateway.spool.database import Database
from gateway.spool.watch import Watch
from sanitizers.errors import Reason


class Lending:
    """The half of SqliteSpool that has to do with settled transfers."""

    _db: Database
    _blobs: Blobs

    def __init__(self, hearers: Collection[str], max_tries: int) -> None:
        self._max_tries = max_tries  # of lending one copy
        self._hearers = frozenset(hearers)  # tenants whose own servers want to be told
        self._outgoing: defaultdict[str, Bell] = defaultdict(Bell)
        self._announced, self._withheld = Bell(), Bell()
        self._watch = Watch()

    async def get(self, id: str) -> JobView | None:
        """One transfer."""
        return await self._db.look(lambda db: queue.get(db, id))

    async def pull(self, consumer: str, *, limit: int, lease_s: float, wait_s: float) -> list[Delivery]:
        """Up to `limit` released copies for this consumer, in order; waits for one up to `wait_s`."""
        return await self._outgoing[consumer].wait_for(
            lambda: self._db.ask(lambda db: self._pulled(db, consumer, limit, lease_s)),
            wait_s,
        )

    def _pulled(
        self, db: sqlite3.Connection, consumer: str, limit: int, lease_s: float
    ) -> tuple[list[Delivery], float | None]:
        lent = outgoing.pull(db, consumer, limit, lease_s, self._max_tries)
        return lent, outgoing.next_due(db, consumer, self._max_tries)

    async def check(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """Whether `ack` would do it: asked before the record is written."""
        return await self._db.look(lambda db: outgoing.check(db, consumer, id, lease, sha256))

    async def ack(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """The consumer has stored the copy with this digest."""
        answer = await self._db.ask(
            lambda db: outgoing.ack(db, consumer, id, lease, sha256, time.time_ns(), self._hearers)
        )
        if answer is Settlement.DONE:
            self._tell(id)
            await self._blobs.remove("in", id)
        return answer

    async def nack(self, consumer: str, id: str, lease: str, *, delay_s: float, reason: Reason | None) -> Settlement:
        """The consumer could not store it: lend it again after a while, or, with a reason, withhold it for good."""
        answer = await self._db.ask(
            lambda db: outgoing.nack(db, consumer, id, lease, delay_s, reason, time.time_ns(), self._hearers)
        )
        self._tell(id)
        self._outgoing[consumer].ring()
        return answer

    async def prolong(self, consumer: str, id: str, lease: str, lease_s: float) -> Settlement:
        """Keep a delivery's lease longer."""
        return await self._db.ask(lambda db: outgoing.prolong(db, consumer, id, lease, lease_s))

    async def exhausted(self, most: int) -> list[JobView]:
        """Released copies that were lent `most` times and that nobody holds."""
        return await self._db.look(lambda db: outgoing.exhausted(db, most))

    async def give_up(self, id: str) -> bool:
        """Deliver it no more. False: it is not waiting any longer."""
        is_given_up = await self._db.ask(lambda db: outgoing.give_up(db, id, time.time_ns(), self._hearers))
        self._tell(id)
        return is_given_up

    async def requeue(self, id: str) -> bool:
        """Deliver it once more, under the same number. False: it was not given up."""
        is_requeued = await self._db.ask(lambda db: outgoing.requeue(db, id, time.time_ns()))
        view = await self.get(id)
        if view is not None and view.consumer is not None:
            self._outgoing[view.consumer].ring()
        self._tell(id)
        return is_requeued

    async def announcements(self, *, limit: int, lease_s: float, wait_s: float) -> list[Announcement]:
        """What senders' servers are to be told now; waits for something up to `wait_s`."""
        return await self._announced.wait_for(
            lambda: self._db.ask(lambda db: announcements.due(db, limit, lease_s)), wait_s
        )

    async def heard(self, announcement: Announcement) -> None:
        """It was heard."""
        await self._db.ask(lambda db: announcements.heard(db, announcement.n))

    async def tell_later(self, announcement: Announcement, delay_s: float | None) -> None:
        """It was not: once more after a while, or (None) never."""
        await self._db.ask(lambda db: announcements.later(db, announcement.n, delay_s))
        self._announced.ring()

    async def unsealed(self, wait_s: float) -> list[str]:
        """Withheld transfers whose original is not sealed yet; waits for one up to `wait_s`."""

        async def look() -> tuple[list[str], float | None]:
            return await self._db.look(outgoing.unsealed), None

        return await self._withheld.wait_for(look, wait_s)

    async def seal(self, id: str, write: Callable[[int, int], None]) -> None:
        """Have `write` seal the original from one descriptor into another, durably. Raises SpoolError."""
        original = self._blobs.opened("in", id)
        try:
            await self._blobs.carry_out(lambda: self._blobs.files.derive(original, "quarantine", id, write))
        finally:
            os.close(original)

    async def sealed(self, id: str) -> None:
        """The sealed original is recorded: the other one goes."""
        await self._db.ask(lambda db: outgoing.set_sealed(db, id))
        await self._blobs.remove("in", id)

    def open_sealed(self, id: str) -> int:
        """A descriptor for reading a sealed original, which the caller closes. Raises SpoolError when it is gone."""
        return self._blobs.opened("quarantine", id)

    def _tell(self, id: str) -> None:
        """Something changed: whoever waits for this transfer, or for any, looks again."""
        self._watch.tell(id)
        if self._hearers:
            self._announced.ring()
        self._withheld.ring()

"""The embedded spool: SQLite for rows, files for bytes, one process at a time. No method blocks the event loop.

`database` holds the rows, `blobs` the bytes, `lending` the half that has to do with settled transfers.
Source: docs/adr/0002-spool.md.
"""

import asyncio
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from gateway.config import Retention
from gateway.durable import sync_folder
from gateway.spool import outgoing, queue
from gateway.spool.base import (
    Accepted,
    Decision,
    Incoming,
    JobView,
    Lease,
    Load,
    NewJob,
    SpoolError,
    SpoolTakenError,
    SweepReport,
)
from gateway.spool.bell import Bell
from gateway.spool.blobs import Blobs
from gateway.spool.database import Database
from gateway.spool.failure import Failure
from gateway.spool.lending import Lending
from gateway.transfer import State

_ALWAYS: Final = 1 << 31
_LOAD_S: Final = 1.0  # for which a tenant's load is believed


class SqliteSpool(Lending):
    """Implements Spool in one folder."""

    def __init__(
        self,
        folder: Path,
        *,
        reserve_bytes: int,
        retention: Retention,
        hearers: Collection[str] = (),
        max_tries: int = _ALWAYS,
    ) -> None:
        super().__init__(hearers, max_tries)
        self._loads: dict[str, tuple[float, Load]] = {}
        self._folder, self._retention = folder, retention
        self._failure = Failure()
        self._db, self._blobs = Database(folder, self._failure), Blobs(folder, reserve_bytes, self._failure)
        self._lock_fd = -1
        self._work = Bell()

    @property
    def failure(self) -> str | None:
        """Why the spool is broken; None while it works."""
        return self._failure.why

    def call_on_failure(self, tell: Callable[[str], None]) -> None:
        """Whom to tell, in any thread and once, that nothing is promised any more."""
        self._failure.on_failure = tell

    async def open(self) -> SweepReport:
        """Take the spool for this process alone; put back what was leased; remove what nobody was promised."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take()
        self._blobs.files.open()
        await self._db.open()
        sync_folder(self._folder)
        self._db.start()
        await self._db.ask(queue.recover)
        return SweepReport(orphans=tuple(await self._remove_leftovers()))

    def let_go(self) -> None:
        """Let nobody wait any longer: consumers go without a copy, senders with what is known by now."""
        for bell in (*self._outgoing.values(), self._announced, self._withheld):
            bell.silence()
        self._watch.let_go()

    async def close(self) -> None:
        """Finish what was asked; let go of the spool."""
        if self._lock_fd < 0:
            return
        await self._db.close()
        await asyncio.to_thread(self._blobs.close)
        os.close(self._lock_fd)
        self._lock_fd = -1

    def free_bytes(self) -> int:
        """Bytes that may still come in: free space less the reserve and what is promised."""
        return self._blobs.free_bytes()

    def incoming(self, expected_bytes: int) -> Incoming:
        """A place for a body. Raises SpoolFullError when it would eat into the reserve."""
        return self._blobs.incoming(expected_bytes)

    def discard(self, body: Incoming) -> None:
        """Close a body that came to nothing, or one that `keep` has kept."""
        self._blobs.discard(body)

    async def keep(self, id: str, body: Incoming) -> None:
        """Make the body durable under this id."""
        await self._blobs.carry_out(lambda: self._blobs.files.keep(body, "in", id))

    async def drop(self, id: str) -> bool:
        """Remove a kept body that no row stands for. False: one does, and nothing was removed."""
        if await self._db.ask(lambda db: outgoing.stands(db, id)):
            return False
        await self._blobs.carry_out(lambda: self._blobs.files.remove("in", id))
        return True

    async def find(self, tenant: str, idempotency_key: str) -> JobView | None:
        """The transfer that this tenant began with this key."""
        return await self._db.look(lambda db: queue.find(db, tenant, idempotency_key))

    async def submit(self, job: NewJob) -> Accepted:
        """Accept a kept body. Idempotent on (tenant, idempotency key)."""
        accepted = await self._db.ask(lambda db: queue.submit(db, job))
        self._work.ring()
        return accepted

    async def lease(self, worker: str, *, limit: int, lease_s: float, wait_s: float) -> list[Lease]:
        """Up to `limit` transfers, tenants served in turn; waits for one up to `wait_s`, without polling."""
        leases = await self._work.wait_for(
            lambda: self._db.ask(lambda db: (queue.lease(db, limit, lease_s), queue.next_due(db))), wait_s
        )
        for lease in leases:
            self._tell(lease.id)
        return leases

    async def extend(self, lease: Lease, lease_s: float) -> bool:
        """Keep a lease longer. False: somebody else owns it now."""
        return await self._db.ask(lambda db: queue.set_lease(db, lease, lease_s))

    def open_input(self, lease: Lease) -> int:
        """A descriptor for reading the original, which the caller closes. Raises SpoolError when it is gone."""
        return self._blobs.opened("in", lease.id)

    async def complete(self, lease: Lease, decision: Decision, copy_fd: int | None) -> bool:
        """Decide, fenced by `attempt`: the copy durable, then the row. False: somebody else owns it now."""
        blob, size = None, 0
        if copy_fd is not None:
            name, size = f"{lease.id}.{secrets.token_hex(8)}", os.fstat(copy_fd).st_size
            await self._blobs.carry_out(lambda: self._blobs.files.copy_in(copy_fd, size, name))
            blob = name
        decided = await self._db.ask(lambda db: queue.complete(db, lease, decision, blob, size))
        if not decided and blob is not None:
            await self._blobs.remove("out", blob)
        return decided

    async def put_back(self, lease: Lease, *, delay_s: float, is_counted: bool = True) -> bool:
        """Our side failed: try again after a while. Not counted: an attempt for which the file cannot be to blame."""
        was_in_force = await self._db.ask(lambda db: queue.put_back(db, lease, delay_s, is_counted))
        self._work.ring()
        return was_in_force

    async def unrecorded(self) -> list[JobView]:
        """Decided transfers whose record may not be written yet (after a crash), oldest first."""
        return await self._db.look(queue.unrecorded)

    async def publish(self, id: str) -> JobView:
        """The record is durable: release or withhold. Idempotent."""
        view = await self._db.ask(lambda db: queue.publish(db, id, time.time_ns(), self._hearers))
        self._tell(id)
        if view.state is State.RELEASED and view.consumer is not None:
            self._outgoing[view.consumer].ring()
        elif view.state is State.RELEASED:
            await self._blobs.remove("in", id)
        return view

    async def listed(self, state: State, limit: int) -> list[JobView]:
        """Transfers in a state, the newest first."""
        return await self._db.look(lambda db: queue.listed(db, state, limit))

    async def load(self, tenant: str) -> Load:
        """What a tenant has in the spool. May be some moments old."""
        looked_at, load = self._loads.get(tenant, (-_LOAD_S, Load()))
        if time.monotonic() - looked_at >= _LOAD_S:
            load = await self._db.look(lambda db: queue.load(db, tenant))
            self._loads[tenant] = time.monotonic(), load
        return load

    async def wait(self, id: str, wait_s: float) -> JobView | None:
        """The same, but not before it is settled or the time is up."""
        return await self._watch.until(id, lambda: self.get(id), lambda view: view.state.is_settled, wait_s)

    async def changed(self, id: str, known: State, wait_s: float) -> JobView | None:
        """The same, but not before its state is another than `known` or the time is up."""
        return await self._watch.until(id, lambda: self.get(id), lambda view: view.state is not known, wait_s)

    async def counts(self) -> dict[State, int]:
        """How many transfers are under way, by state."""
        return await self._db.look(queue.counts)

    def open_copy(self, view: JobView) -> int:
        """A descriptor for reading the copy, which the caller closes. Raises SpoolError when it is gone."""
        if view.copy_blob is None:
            raise SpoolError(f"{view.id} has no copy")
        return self._blobs.opened("out", view.copy_blob)

    async def sweep(self, now_ns: int) -> SweepReport:
        """Remove bytes after their retention, and rows after theirs."""
        expired = await self._db.ask(lambda db: outgoing.expire(db, self._retention, now_ns))
        for item in expired:
            await self._blobs.remove("in", item.id)
            await self._blobs.remove("quarantine", item.id)
            if item.copy_blob is not None:
                await self._blobs.remove("out", item.copy_blob)
        forgotten = await self._db.ask(lambda db: outgoing.forget(db, self._retention, now_ns))
        return SweepReport(expired=tuple(item.id for item in expired), forgotten=forgotten)

    def _take(self) -> None:
        self._lock_fd = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock_fd)
            self._lock_fd = -1
            raise SpoolTakenError(f"{self._folder}: another gateway has this spool") from None

    async def _remove_leftovers(self) -> list[str]:
        """What stands in the folders without need. The ids of originals that no row ever stood for."""
        files = self._blobs.files
        originals, copies = await self._db.ask(outgoing.blobs)
        for name in set(files.listed("out")) - copies:
            files.remove("out", name)
        for name in set(files.listed("quarantine")) - await self._db.ask(outgoing.quarantined):
            files.remove("quarantine", name)
        orphans = []
        for name in sorted(set(files.listed("in")) - originals):
            if not await self._db.ask(lambda db, id=name: outgoing.stands(db, id)):  # type: ignore[misc]
                orphans.append(name)
            files.remove("in", name)
        return orphans

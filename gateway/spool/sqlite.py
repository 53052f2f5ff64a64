"""The embedded spool: SQLite (WAL, synchronous=FULL) for rows, files for bytes, one process at a time.

One thread writes, in group commits; one reads. Blobs are made durable in a small pool. No method blocks the event loop.
Source: https://www.sqlite.org/wal.html; docs/adr/0002-spool.md.
"""

import asyncio
import contextlib
import fcntl
import os
import secrets
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

from gateway.config import Retention
from gateway.spool import announcements, outgoing, queue
from gateway.spool.base import (
    Accepted,
    Announcement,
    Decision,
    Delivery,
    Incoming,
    JobView,
    Lease,
    Load,
    NewJob,
    Settlement,
    SpoolBrokenError,
    SpoolBusyError,
    SpoolError,
    SpoolFullError,
    SpoolGoneError,
    SpoolTakenError,
    SweepReport,
    trouble,
)
from gateway.spool.bell import Bell
from gateway.spool.files import Files, sync_folder
from gateway.spool.group_commit import GroupCommit
from gateway.spool.rows import SCHEMA, UPGRADES, VERSION
from gateway.threads import in_thread
from gateway.transfer import State
from sanitizers.errors import Reason

_T = TypeVar("_T")
_Operation = Callable[[sqlite3.Connection], Any]
_BLOB_THREADS: Final = 4
_ALWAYS: Final = 1 << 31
_LOAD_S: Final = 1.0  # for which a tenant's load is believed
_SETTINGS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",  # passwords do not outlive their row's need in free pages
    "PRAGMA temp_store=MEMORY",
    "PRAGMA foreign_keys=ON",
)


class SqliteSpool:
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
        self._max_tries = max_tries  # of lending one copy
        self._hearers = frozenset(hearers)  # tenants whose own servers want to be told
        self._loads: dict[str, tuple[float, Load]] = {}
        self._folder, self._reserve_bytes, self._retention = folder, reserve_bytes, retention
        self._files = Files(folder)
        self._writer: GroupCommit[_Operation, Any] = GroupCommit(self._commit, name="spool-writer")
        self._readers = ThreadPoolExecutor(1, "spool-reader")
        self._blobs = ThreadPoolExecutor(_BLOB_THREADS, "spool-blobs")
        self._lock_fd = -1
        self._is_let_go = False
        self._promised_bytes = 0
        self._work = Bell()
        self._outgoing: defaultdict[str, Bell] = defaultdict(Bell)
        self._settled: defaultdict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._announced, self._withheld = Bell(), Bell()
        self.failure: str | None = None
        self.on_failure: Callable[[str], None] = lambda why: None  # called in any thread, once

    async def open(self) -> SweepReport:
        """Take the spool for this process alone; put back what was leased; remove what nobody was promised."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_fd = os.open(self._folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock_fd)
            self._lock_fd = -1
            raise SpoolTakenError(f"{self._folder}: another gateway has this spool") from None
        self._files.open()
        self._write = self._connect()
        self._read = self._connect()
        await asyncio.to_thread(self._check)
        sync_folder(self._folder)
        self._writer.start()
        await self._writer.ask(queue.recover)
        return SweepReport(orphans=tuple(await self._remove_leftovers()))

    def let_go(self) -> None:
        """Let nobody wait any longer: consumers go without a copy, senders with what is known by now."""
        self._is_let_go = True
        for bell in (*self._outgoing.values(), self._announced, self._withheld):
            bell.silence()
        for futures in self._settled.values():
            for future in futures:
                if not future.done():
                    future.set_result(None)

    async def close(self) -> None:
        """Finish what was asked; let go of the spool."""
        if self._lock_fd < 0:
            return
        await self._writer.close()
        await asyncio.to_thread(self._shut_down)
        os.close(self._lock_fd)
        self._lock_fd = -1

    def free_bytes(self) -> int:
        """Bytes that may still come in: free space less the reserve and what is promised."""
        return self._files.free_bytes() - self._reserve_bytes - self._promised_bytes

    def incoming(self, expected_bytes: int) -> Incoming:
        """A place for a body. Raises SpoolFullError when it would eat into the reserve."""
        self._refuse_when_broken()
        if self.free_bytes() < expected_bytes:
            raise SpoolFullError("the reserve of free space is reached")
        body = self._files.create(expected_bytes, secrets.token_hex(16))
        self._promised_bytes += expected_bytes
        return body

    def discard(self, body: Incoming) -> None:
        """Close a body that came to nothing, or one that `keep` has kept."""
        self._promised_bytes -= body.reserved_bytes
        self._files.discard(body)

    async def keep(self, id: str, body: Incoming) -> None:
        """Make the body durable under this id."""
        await self._in_blobs(lambda: self._files.keep(body, "in", id))

    async def drop(self, id: str) -> bool:
        """Remove a kept body that no row stands for. False: one does, and nothing was removed."""
        if await self._ask(lambda db: outgoing.stands(db, id)):
            return False
        await self._in_blobs(lambda: self._files.remove("in", id))
        return True

    async def find(self, tenant: str, idempotency_key: str) -> JobView | None:
        """The transfer that this tenant began with this key."""
        return await self._look(lambda db: queue.find(db, tenant, idempotency_key))

    async def submit(self, job: NewJob) -> Accepted:
        """Accept a kept body. Idempotent on (tenant, idempotency key)."""
        accepted = await self._ask(lambda db: queue.submit(db, job))
        self._work.ring()
        return accepted

    async def lease(self, worker: str, *, limit: int, lease_s: float, wait_s: float) -> list[Lease]:
        """Up to `limit` transfers, tenants served in turn; waits for one up to `wait_s`, without polling."""
        leases = await self._work.wait_for(
            lambda: self._ask(lambda db: (queue.lease(db, limit, lease_s), queue.next_due(db))), wait_s
        )
        for lease in leases:
            self._tell(lease.id)
        return leases

    async def extend(self, lease: Lease, lease_s: float) -> bool:
        """Keep a lease longer. False: somebody else owns it now."""
        return await self._ask(lambda db: queue.set_lease(db, lease, lease_s))

    def open_input(self, lease: Lease) -> int:
        """A descriptor for reading the original, which the caller closes. Raises SpoolError when it is gone."""
        return self._opened("in", lease.id)

    async def complete(self, lease: Lease, decision: Decision, copy_fd: int | None) -> bool:
        """Decide, fenced by `attempt`: the copy durable, then the row. False: somebody else owns it now."""
        blob, size = None, 0
        if copy_fd is not None:
            name, size = f"{lease.id}.{secrets.token_hex(8)}", os.fstat(copy_fd).st_size
            await self._in_blobs(lambda: self._files.copy_in(copy_fd, size, name))
            blob = name
        decided = await self._ask(lambda db: queue.complete(db, lease, decision, blob, size))
        if not decided and blob is not None:
            await self._remove("out", blob)
        return decided

    async def put_back(self, lease: Lease, *, delay_s: float, is_counted: bool = True) -> bool:
        """Our side failed: try again after a while. Not counted: an attempt for which the file cannot be to blame."""
        was_in_force = await self._ask(lambda db: queue.put_back(db, lease, delay_s, is_counted))
        self._work.ring()
        return was_in_force

    async def unrecorded(self) -> list[JobView]:
        """Decided transfers whose record may not be written yet (after a crash), oldest first."""
        return await self._look(queue.unrecorded)

    async def publish(self, id: str) -> JobView:
        """The record is durable: release or withhold. Idempotent."""
        view = await self._ask(lambda db: queue.publish(db, id, time.time_ns(), self._hearers))
        self._tell(id)
        if view.state is State.RELEASED and view.consumer is not None:
            self._outgoing[view.consumer].ring()
        elif view.state is State.RELEASED:
            await self._remove("in", id)
        return view

    async def get(self, id: str) -> JobView | None:
        """One transfer."""
        return await self._look(lambda db: queue.get(db, id))

    async def listed(self, state: State, limit: int) -> list[JobView]:
        """Transfers in a state, the newest first."""
        return await self._look(lambda db: queue.listed(db, state, limit))

    async def load(self, tenant: str) -> Load:
        """What a tenant has in the spool. May be some moments old."""
        looked_at, load = self._loads.get(tenant, (-_LOAD_S, Load()))
        if time.monotonic() - looked_at >= _LOAD_S:
            load = await self._look(lambda db: queue.load(db, tenant))
            self._loads[tenant] = time.monotonic(), load
        return load

    async def wait(self, id: str, wait_s: float) -> JobView | None:
        """The same, but not before it is settled or the time is up."""
        return await self._until(id, lambda view: view.state.is_settled, wait_s)

    async def changed(self, id: str, known: State, wait_s: float) -> JobView | None:
        """The same, but not before its state is another than `known` or the time is up."""
        return await self._until(id, lambda view: view.state is not known, wait_s)

    async def _until(self, id: str, is_wanted: Callable[[JobView], bool], wait_s: float) -> JobView | None:
        until = time.monotonic() + wait_s
        while True:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._settled[id].add(future)
            try:
                view = await self.get(id)
                left_s = until - time.monotonic()
                if view is None or is_wanted(view) or left_s <= 0 or self._is_let_go:
                    return view
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left_s):
                        await future
            finally:
                if id in self._settled:
                    self._settled[id].discard(future)
                    if not self._settled[id]:
                        del self._settled[id]

    def _tell(self, id: str) -> None:
        """Something changed: whoever waits for this transfer looks again."""
        for future in self._settled.pop(id, ()):
            if not future.done():
                future.set_result(None)
        if self._hearers:
            self._announced.ring()
        self._withheld.ring()

    async def counts(self) -> dict[State, int]:
        """How many transfers are under way, by state."""
        return await self._look(queue.counts)

    def open_copy(self, view: JobView) -> int:
        """A descriptor for reading the copy, which the caller closes. Raises SpoolError when it is gone."""
        if view.copy_blob is None:
            raise SpoolError(f"{view.id} has no copy")
        return self._opened("out", view.copy_blob)

    async def pull(self, consumer: str, *, limit: int, lease_s: float, wait_s: float) -> list[Delivery]:
        """Up to `limit` released copies for this consumer, in order; waits for one up to `wait_s`."""
        return await self._outgoing[consumer].wait_for(
            lambda: self._ask(lambda db: self._pulled(db, consumer, limit, lease_s)),
            wait_s,
        )

    def _pulled(
        self, db: sqlite3.Connection, consumer: str, limit: int, lease_s: float
    ) -> tuple[list[Delivery], float | None]:
        lent = outgoing.pull(db, consumer, limit, lease_s, self._max_tries)
        return lent, outgoing.next_due(db, consumer, self._max_tries)

    async def check(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """Whether `ack` would do it: asked before the record is written."""
        return await self._look(lambda db: outgoing.check(db, consumer, id, lease, sha256))

    async def ack(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """The consumer has stored the copy with this digest."""
        answer = await self._ask(
            lambda db: outgoing.ack(db, consumer, id, lease, sha256, time.time_ns(), self._hearers)
        )
        if answer is Settlement.DONE:
            self._tell(id)
            await self._remove("in", id)
        return answer

    async def nack(self, consumer: str, id: str, lease: str, *, delay_s: float, reason: Reason | None) -> Settlement:
        """The consumer could not store it: lend it again after a while, or, with a reason, withhold it for good."""
        answer = await self._ask(
            lambda db: outgoing.nack(db, consumer, id, lease, delay_s, reason, time.time_ns(), self._hearers)
        )
        self._tell(id)
        self._outgoing[consumer].ring()
        return answer

    async def prolong(self, consumer: str, id: str, lease: str, lease_s: float) -> Settlement:
        """Keep a delivery's lease longer."""
        return await self._ask(lambda db: outgoing.prolong(db, consumer, id, lease, lease_s))

    async def exhausted(self, most: int) -> list[JobView]:
        """Released copies that were lent `most` times and that nobody holds."""
        return await self._look(lambda db: outgoing.exhausted(db, most))

    async def give_up(self, id: str) -> bool:
        """Deliver it no more. False: it is not waiting any longer."""
        is_given_up = await self._ask(lambda db: outgoing.give_up(db, id, time.time_ns(), self._hearers))
        self._tell(id)
        return is_given_up

    async def requeue(self, id: str) -> bool:
        """Deliver it once more, under the same number. False: it was not given up."""
        is_requeued = await self._ask(lambda db: outgoing.requeue(db, id, time.time_ns()))
        view = await self.get(id)
        if view is not None and view.consumer is not None:
            self._outgoing[view.consumer].ring()
        self._tell(id)
        return is_requeued

    async def announcements(self, *, limit: int, lease_s: float, wait_s: float) -> list[Announcement]:
        """What senders' servers are to be told now; waits for something up to `wait_s`."""
        return await self._announced.wait_for(
            lambda: self._ask(lambda db: announcements.due(db, limit, lease_s)), wait_s
        )

    async def heard(self, announcement: Announcement) -> None:
        """It was heard."""
        await self._ask(lambda db: announcements.heard(db, announcement.n))

    async def tell_later(self, announcement: Announcement, delay_s: float | None) -> None:
        """It was not: once more after a while, or (None) never."""
        await self._ask(lambda db: announcements.later(db, announcement.n, delay_s))
        self._announced.ring()

    async def unsealed(self, wait_s: float) -> list[str]:
        """Withheld transfers whose original is not sealed yet; waits for one up to `wait_s`."""

        async def look() -> tuple[list[str], float | None]:
            return await self._look(outgoing.unsealed), None

        return await self._withheld.wait_for(look, wait_s)

    async def seal(self, id: str, write: Callable[[int, int], None]) -> None:
        """Have `write` seal the original from one descriptor into another, durably. Raises SpoolError."""
        original = self._opened("in", id)
        try:
            await self._in_blobs(lambda: self._files.derive(original, "quarantine", id, write))
        finally:
            os.close(original)

    async def sealed(self, id: str) -> None:
        """The sealed original is recorded: the other one goes."""
        await self._ask(lambda db: outgoing.set_sealed(db, id))
        await self._remove("in", id)

    def open_sealed(self, id: str) -> int:
        """A descriptor for reading a sealed original, which the caller closes. Raises SpoolError when it is gone."""
        return self._opened("quarantine", id)

    async def sweep(self, now_ns: int) -> SweepReport:
        """Remove bytes after their retention, and rows after theirs."""
        expired = await self._ask(lambda db: outgoing.expire(db, self._retention, now_ns))
        for item in expired:
            await self._remove("in", item.id)
            await self._remove("quarantine", item.id)
            if item.copy_blob is not None:
                await self._remove("out", item.copy_blob)
        forgotten = await self._ask(lambda db: outgoing.forget(db, self._retention, now_ns))
        return SweepReport(expired=tuple(item.id for item in expired), forgotten=forgotten)

    def _connect(self) -> sqlite3.Connection:
        try:
            db = sqlite3.connect(self._folder / "spool.db", isolation_level=None, check_same_thread=False)
            db.row_factory = sqlite3.Row
            for setting in _SETTINGS:
                db.execute(setting)
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                db.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
                version = VERSION
            while version in UPGRADES:
                db.executescript(f"BEGIN IMMEDIATE; {UPGRADES[version]} PRAGMA user_version = {version + 1}; COMMIT;")
                version += 1
            if version != VERSION:
                raise SpoolBrokenError(f"{self._folder}: of version {version}; this program reads version {VERSION}")
        except sqlite3.Error as error:
            raise SpoolBrokenError(f"{self._folder}: {error}") from error
        return db

    def _check(self) -> None:
        """A database that a disk has changed is not worked with. Raises SpoolBrokenError."""
        try:
            told = self._read.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as error:
            raise SpoolBrokenError(f"{self._folder}: {error}") from error
        if told != "ok":
            raise SpoolBrokenError(f"{self._folder}: the database is damaged: {told}")

    def _commit(self, operations: Sequence[_Operation]) -> list[Any]:
        """All that wait in one transaction. Runs in the writer's thread."""
        self._refuse_when_broken()
        try:
            self._write.execute("BEGIN IMMEDIATE")
            answers = [self._carry_out(operation) for operation in operations]
            self._write.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
                raise SpoolFullError("no space left for a row") from error
            raise self._fail(f"the database: {error}") from error
        return answers

    def _carry_out(self, operation: _Operation) -> Any:
        """One operation of a batch. Where it fails by our own mistake, it alone is undone and told so."""
        self._write.execute("SAVEPOINT operation")
        try:
            answer = operation(self._write)
        except sqlite3.Error:
            raise
        except Exception as error:
            self._write.execute("ROLLBACK TO operation")
            answer = error
        self._write.execute("RELEASE operation")
        return answer

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            if self._write.in_transaction:
                self._write.execute("ROLLBACK")

    async def _ask(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        answer: _T = await self._writer.ask(operation)
        return answer

    async def _look(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        self._refuse_when_broken()
        return await asyncio.get_running_loop().run_in_executor(self._readers, operation, self._read)

    async def _in_blobs(self, work: Callable[[], _T]) -> _T:
        self._refuse_when_broken()
        try:
            return await in_thread(self._blobs, work)
        except SpoolBrokenError as error:
            raise self._fail(str(error)) from error

    async def _remove(self, folder: str, name: str) -> None:
        await self._in_blobs(lambda: self._files.remove(folder, name))

    async def _remove_leftovers(self) -> list[str]:
        """What stands in the folders without need. The ids of originals that no row ever stood for."""
        originals, copies = await self._ask(outgoing.blobs)
        for name in set(self._files.listed("out")) - copies:
            self._files.remove("out", name)
        for name in set(self._files.listed("quarantine")) - await self._ask(outgoing.quarantined):
            self._files.remove("quarantine", name)
        orphans = []
        for name in sorted(set(self._files.listed("in")) - originals):
            if not await self._ask(lambda db, id=name: outgoing.stands(db, id)):  # type: ignore[misc]
                orphans.append(name)
            self._files.remove("in", name)
        return orphans

    def _opened(self, folder: str, name: str) -> int:
        try:
            return self._files.read(folder, name)
        except OSError as error:
            if isinstance(busy := trouble(error), SpoolBusyError):
                raise busy from error
            raise SpoolGoneError(f"{folder}/{name}: {error.strerror}") from error

    def _refuse_when_broken(self) -> None:
        if self.failure is not None:
            raise SpoolBrokenError(self.failure)

    def _fail(self, why: str) -> SpoolBrokenError:
        """Nothing is promised any more: after a failed sync, trying again would only seem to work."""
        if self.failure is None:
            self.failure = why
            self.on_failure(why)
        return SpoolBrokenError(why)

    def _shut_down(self) -> None:
        self._readers.shutdown()
        self._blobs.shutdown()
        self._read.close()
        self._write.close()

"""Takes transfers from the spool to the workers and back: leased, judged, certified, decided, recorded, released.

A crash at any step is made good by the next start: what was leased is put back, what was decided is recorded (perhaps
once more) and published. Nothing here polls.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from gateway.audit.log import LogFullError
from gateway.audit.segments import LogError
from gateway.config import Config
from gateway.ledger import Case, Ledger, sealed_bytes, unsealed
from gateway.log import place_of
from gateway.metrics import Metrics
from gateway.spool.base import (
    Decision,
    JobView,
    Lease,
    Spool,
    SpoolBrokenError,
    SpoolBusyError,
    SpoolError,
    SpoolFullError,
)
from gateway.workers import Judged, Workers
from policies.model import Policy
from policies.names import clean_name
from sanitizers.errors import Reason
from sanitizers.model import Order, Report, Verdict

LEASE_S: Final = 300.0
_WAIT_S: Final = 3600.0
_UNDER_WAY: Final = 4  # files per slot: one at work, the others waiting for a disk
_CRASHES: Final = 2  # attempts for a file whose worker crashed
_UNKNOWN_TYPE: Final = "application/octet-stream"
_NO_POLICY: Final = Policy(name="none")  # admits nothing
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Again:
    """Back into the line: when, and whether it counts towards the most attempts."""

    delay_s: float
    is_counted: bool = True


class Dispatch:
    """Keeps the workers busy with what waits in the spool."""

    def __init__(
        self,
        config: Config,
        spool: Spool,
        workers: Workers,
        ledger: Ledger,
        metrics: Metrics,
        *,
        pause_s: float = 5.0,  # before something is tried again
    ) -> None:
        self._config, self._spool, self._workers = config, spool, workers
        self._ledger, self._metrics, self._pause_s = ledger, metrics, pause_s
        self._running: set[asyncio.Task[None]] = set()
        self._at_work = 0  # of those, how many the workers have
        self._left = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None
        self.on_failure: Callable[[str], None] = lambda why: None

    async def start(self) -> None:
        """First publish what a life before had decided, then take up work."""
        for view in await self._spool.unrecorded():
            self._begin(self._finish_again(view))
        self._loop_task = asyncio.create_task(self._lease_for_ever())

    async def stop(self, timeout_s: float) -> None:
        """Take no more work; let running files finish for a while; put the others back."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            await asyncio.gather(self._loop_task, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _lease_for_ever(self) -> None:
        """No more than the workers can begin with: what is leased ahead would keep a smaller file waiting."""
        while True:
            while not (free := self._free_places()):
                self._left.clear()
                await self._left.wait()
            try:
                leases = await self._spool.lease("dispatch", limit=free, lease_s=LEASE_S, wait_s=_WAIT_S)
            except SpoolBrokenError as error:
                self.on_failure(str(error))
                return
            except SpoolError as error:
                _log.error("no lease", error=place_of(error))
                await asyncio.sleep(self._pause_s)
                continue
            for lease in leases:
                self._at_work += 1
                self._begin(self._carry_through(lease))

    def _free_places(self) -> int:
        slots = self._config.workers.slots
        return max(0, min(slots - self._at_work, slots * _UNDER_WAY - len(self._running)))

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Future[None]") -> None:
        """An error of ours ends one attempt, or, where nothing can be promised any more, the service."""
        self._running.discard(task)
        self._left.set()
        error = None if task.cancelled() else task.exception()
        if isinstance(error, (SpoolBrokenError, LogError)):
            self.on_failure(str(error))
        elif error is not None:
            _log.error("an attempt failed", error=place_of(error))

    async def _carry_through(self, lease: Lease) -> None:
        leased_at = time.monotonic()
        policy = self._config.policy_for(lease.context)
        again: _Again | None = _Again(self._pause_s)  # unless it comes to an end
        try:
            judged = await self._at_the_workers(lease, policy)
            try:
                later = self._again(lease, judged)
                if later is None:
                    await self._decide(lease, judged, policy or _NO_POLICY, leased_at)
                again = later
            finally:
                if judged.copy is not None:
                    os.close(judged.copy.fd)
        except asyncio.CancelledError:
            again = _Again(0, is_counted=False)
            raise
        finally:
            if again is not None and self._spool.failure is None:
                await self._spool.put_back(lease, delay_s=again.delay_s, is_counted=again.is_counted)

    async def _at_the_workers(self, lease: Lease, policy: Policy | None) -> Judged:
        try:
            return self._own_word(lease, policy) or await self._asked(lease, policy or _NO_POLICY)
        finally:
            self._at_work -= 1
            self._left.set()

    def _own_word(self, lease: Lease, policy: Policy | None) -> Judged | None:
        """What we say without asking the workers; None when they are to be asked."""
        if policy is None:  # the rules have changed since it came in
            return _withheld(lease, Reason.NOT_ADMITTED)
        if lease.attempt > self._config.workers.max_attempts:  # it may have taken the gateway down each time
            return _withheld(lease, Reason.CRASHED)
        return None

    async def _asked(self, lease: Lease, policy: Policy) -> Judged:
        """What the workers say."""
        try:
            fd = self._spool.open_input(lease)
        except SpoolBusyError as error:
            _log.error("no descriptor for an original", id=lease.id, error=place_of(error))
            return _withheld(lease, Reason.UNAVAILABLE)
        except SpoolError as error:
            _log.error("an original is gone", id=lease.id, error=place_of(error))
            return _withheld(lease, Reason.NONSENSE)
        try:
            # No digest in the order: it came from a disk, so the worker hashes what it reads, and `believed` compares.
            order = Order(name=lease.name, policy=policy, claimed_type=lease.claimed_type, passwords=lease.passwords)
            judged = await self._keeping(lease, self._workers.sanitize(order, fd))
        finally:
            os.close(fd)
        return believed(judged, lease.sha256)

    async def _keeping(self, lease: Lease, work: Awaitable[Judged]) -> Judged:
        """Extend the lease while the workers have the file."""
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=LEASE_S / 3))[0]:
                await self._spool.extend(lease, LEASE_S)
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    def _again(self, lease: Lease, judged: Judged) -> "_Again | None":
        """A crash may be the file's doing: once more. Without workers no file is to blame: for as long as it takes."""
        match judged.report.reason:
            case Reason.CRASHED if lease.attempt < min(_CRASHES, self._config.workers.max_attempts):
                again = _Again(self._pause_s)
            case Reason.UNAVAILABLE:
                again = _Again(self._pause_s, is_counted=False)
            case _:
                return None
        self._metrics.retried(judged.report.reason)
        _log.warning("tried again", id=lease.id, attempt=lease.attempt, reason=judged.report.reason)
        return again

    async def _decide(self, lease: Lease, judged: Judged, policy: Policy, leased_at: float) -> None:
        sealed, digest = self._ledger.certify(_case(lease), judged, policy)
        decision = Decision(
            report=judged.report,
            certificate=sealed_bytes(sealed),
            name=judged.report.name,
            decided_ns=judged.ended_ns,
        )
        if not await self._complete(lease, decision, None if judged.copy is None else judged.copy.fd):
            _log.warning("came too late", id=lease.id, attempt=lease.attempt)
            return
        self._metrics.decided(judged.report, time.monotonic() - leased_at, judged.cpu_ms)
        await self._record_and_publish(lease.id, sealed, lease.attempt, digest)

    async def _complete(self, lease: Lease, decision: Decision, copy_fd: int | None) -> bool:
        """Without room or a descriptor the work is not thrown away: it waits."""
        while True:
            try:
                return await self._spool.complete(lease, decision, copy_fd)
            except (SpoolFullError, SpoolBusyError):
                _log.error("no room for a copy", id=lease.id)
                await asyncio.sleep(self._pause_s)

    async def _finish_again(self, view: JobView) -> None:
        assert view.certificate is not None, "decided transfers have one"
        await self._record_and_publish(view.id, unsealed(view.certificate), view.attempt)

    async def _record_and_publish(
        self, id: str, sealed: Mapping[str, Any], attempt: int, sha256: str | None = None
    ) -> None:
        while True:
            try:
                await self._ledger.decided(sealed, attempt, sha256)
                break
            except LogFullError:
                _log.error("no room for the audit log", id=id)
                await asyncio.sleep(self._pause_s)
        while True:
            try:
                await self._spool.publish(id)
                return
            except (SpoolFullError, SpoolBusyError):  # recorded, but nobody would be told before the next start
                _log.error("no room for a row", id=id)
                await asyncio.sleep(self._pause_s)


def believed(judged: Judged, sha256: str) -> Judged:
    """The answer, if it speaks of the bytes that came in. Closes the copy of one that does not."""
    if judged.report.sha256_in == sha256:
        return judged
    if judged.copy is not None:
        os.close(judged.copy.fd)
    report = replace(
        judged.report,
        verdict=Verdict.FAILED,
        sha256_in=sha256,
        sha256_out=None,
        rebuild=None,
        copy_type=None,
        findings=(),
        members=(),
        reason=Reason.NONSENSE,
    )
    return replace(judged, report=report, opinion=None, copy=None)


def _withheld(lease: Lease, reason: Reason) -> Judged:
    """Our own word on a file that no worker was given."""
    now_ns = time.time_ns()
    report = Report(
        verdict=Verdict.FAILED if reason.is_ours else Verdict.BLOCKED,
        media_type=_UNKNOWN_TYPE,
        sha256_in=lease.sha256,
        sha256_out=None,
        name=clean_name(lease.name).name,
        reason=reason,
    )
    return Judged(report=report, opinion=None, copy=None, started_ns=now_ns, ended_ns=now_ns, cpu_ms=0.0)


def _case(lease: Lease) -> Case:
    return Case(
        id=lease.id,
        context=lease.context,
        name=lease.name,
        size=lease.size,
        received_ns=lease.received_ns,
        queued_ns=lease.queued_ns,
    )

"""From the spool to the workers and back: judged, recorded, released; or put back; or withheld with a reason."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.audit.keys import NameKey, SigningKey
from gateway.audit.log import AuditLog, LogFullError
from gateway.audit.record import Machine
from gateway.audit.recorder import Recorder
from gateway.audit.segments import LogError
from gateway.config import Config, Retention
from gateway.dispatch import Dispatch, believed
from gateway.ledger import Case, Ledger
from gateway.metrics import Metrics
from gateway.spool.base import Lease, SpoolFullError
from gateway.spool.sqlite import SqliteSpool
from gateway.transfer import State
from policies.model import Policy
from sanitizers.errors import Reason
from sanitizers.model import Order
from tests.gateway.doubles import MARK, CopyingWorkers, failed, judge_copied, new_config
from tests.gateway.transfers import decision, lease_one, memfd, read_fd, released, sha256, submit


class Rig:
    """A spool, a record and a dispatch with doubles for workers."""

    def __init__(self, folder: Path, config: Config | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder, self.config = folder, config or new_config(folder)
        self.workers, self.metrics = CopyingWorkers(), Metrics()
        self.spool = SqliteSpool(folder / "spool", reserve_bytes=1, retention=Retention())
        self.log = AuditLog.open(folder / "audit")
        self.failures: list[str] = []

    async def open(self) -> None:
        await self.spool.open()
        self.recorder = Recorder(self.log)
        machine = Machine(versions={"sekisho": "0"}, tier=1, tier_name="double")
        keys = [(SigningKey, self.folder / "key.pem"), (NameKey, self.folder / "names.key")]
        key, name_key = (kind.load(path) if path.exists() else kind.create(path) for kind, path in keys)
        self.ledger = Ledger(self.recorder, key, name_key, machine)  # type: ignore[arg-type]
        self.dispatch = Dispatch(
            self.config,
            self.spool,
            self.workers,
            self.ledger,
            self.metrics,
            pause_s=0.01,  # type: ignore[arg-type]
        )
        self.dispatch.on_failure = self.failures.append

    async def close(self) -> None:
        await self.dispatch.stop(5)
        await self.recorder.close()
        await self.spool.close()

    def decided(self) -> list[dict[str, Any]]:
        """The lines of the log that tell a verdict."""
        lines = [line for path in (self.folder / "audit").glob("*.jsonl") for line in path.read_bytes().splitlines()]
        return [event for event in map(orjson.loads, lines) if event["event"] == "decided"]

    async def outcome(self, data: bytes = b"body", **values: object) -> Any:
        """Bring a file in and wait for what becomes of it."""
        accepted = await submit(self.spool, data, **values)
        view = await self.spool.wait(accepted.id, 30)
        assert view is not None and view.state.is_settled, view
        return view


@asynccontextmanager
async def opened(folder: Path, config: Config | None = None) -> AsyncIterator[Rig]:
    rig = Rig(folder, config)
    await rig.open()
    try:
        yield rig
    finally:
        await rig.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with opened(tmp_path / "rig") as rig:
        yield rig


async def test_a_file_is_judged_recorded_and_released(rig: Rig):
    """The copy is the judged one; the certificate and the log speak of the same."""
    await rig.dispatch.start()
    view = await rig.outcome(b"body", passwords=("pw",), name="報告.txt")

    assert view.state is State.RELEASED
    assert read_fd(rig.spool.open_copy(view)) == b"body" + MARK
    assert (rig.workers.orders[0].name, rig.workers.orders[0].passwords) == ("報告.txt", ("pw",))
    (line,) = rig.decided()
    told = orjson.loads(view.certificate)["certificate"]
    assert line["sha256_in"] == told["sha256_in"] == sha256(b"body")
    assert line["sha256_out"] == told["sha256_out"] == view.report.sha256_out
    assert told["times"]["received"] <= told["times"]["queued"] <= told["times"]["started"] <= told["times"]["ended"]


async def test_a_refused_file_is_recorded_and_withheld(rig: Rig):
    """No copy, a certificate all the same."""
    await rig.dispatch.start()
    view = await rig.outcome(b"encrypted!")
    assert (view.state, view.report.reason) == (State.WITHHELD, Reason.ENCRYPTED)
    assert [line["reason"] for line in rig.decided()] == ["encrypted"]


async def test_a_crashed_worker_s_file_is_tried_once_more(rig: Rig):
    """The second attempt may succeed; nobody notices but the figures."""
    rig.workers.answers = [failed(Reason.CRASHED)]
    await rig.dispatch.start()
    view = await rig.outcome()
    assert (view.state, view.attempt) == (State.RELEASED, 2)
    assert b'sekisho_retries_total{reason="crashed"} 1.0' in rig.metrics.exposition({}, 0, 1)


async def test_a_file_that_crashes_its_worker_twice_is_withheld(rig: Rig):
    """It is poison: never retried for ever."""
    rig.workers.answers = [failed(Reason.CRASHED), failed(Reason.CRASHED)]
    await rig.dispatch.start()
    view = await rig.outcome()
    assert (view.state, view.report.reason, view.attempt) == (State.WITHHELD, Reason.CRASHED, 2)


async def test_a_timeout_is_the_end_of_it(rig: Rig):
    """A file that took all its time once would take it again."""
    rig.workers.answers = [failed(Reason.TIMEOUT)]
    await rig.dispatch.start()
    view = await rig.outcome()
    assert (view.state, view.report.reason, view.attempt) == (State.WITHHELD, Reason.TIMEOUT, 1)


async def test_workers_that_cannot_be_had_are_waited_for(rig: Rig):
    """No file is to blame: however often, it costs none of its attempts, and it is released in the end."""
    rig.workers.answers = [failed(Reason.UNAVAILABLE)] * 7
    await rig.dispatch.start()
    view = await rig.outcome()
    assert (view.state, view.attempt) == (State.RELEASED, 1)


async def test_a_full_disk_delays_a_copy_and_costs_no_attempt(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The work that was done waits for room."""
    original, refused = rig.spool.complete, 0

    async def full(*arguments: Any) -> bool:
        nonlocal refused
        refused += 1
        if refused < 5:
            raise SpoolFullError("no room")
        return await original(*arguments)

    monkeypatch.setattr(rig.spool, "complete", full)
    await rig.dispatch.start()
    view = await rig.outcome()
    assert (view.state, view.attempt, len(rig.workers.orders)) == (State.RELEASED, 1, 1)


async def test_a_file_that_took_the_gateway_down_each_time_is_withheld_unread(rig: Rig):
    """Attempts are counted before a byte is looked at."""
    accepted = await submit(rig.spool)
    for _ in range(3):
        await lease_one(rig.spool, lease_s=0)
    await rig.dispatch.start()
    view = await rig.spool.wait(accepted.id, 30)

    assert view is not None and view.report is not None
    assert (view.state, view.report.reason) == (State.WITHHELD, Reason.CRASHED)
    assert rig.workers.orders == []


async def test_rules_that_changed_meanwhile_are_the_ones_in_force(tmp_path: Path):
    """A file for which no rule is left is withheld, and says so."""
    config = replace(new_config(tmp_path), rules=())
    async with opened(tmp_path / "rig", config) as rig:
        await rig.dispatch.start()
        view = await rig.outcome()
        assert (view.state, view.report.reason) == (State.WITHHELD, Reason.NOT_ADMITTED)


async def test_an_original_that_is_gone_or_changed_is_withheld(rig: Rig):
    """The disk lost it, or flipped a bit: the digest of what was received decides."""
    lost, changed = (await submit(rig.spool, b"one")).id, (await submit(rig.spool, b"two")).id
    (rig.folder / "spool/in" / lost).unlink()
    (rig.folder / "spool/in" / changed).write_bytes(b"twp")
    await rig.dispatch.start()

    views = [await rig.spool.wait(id, 30) for id in (lost, changed)]
    assert [view.state for view in views if view] == [State.WITHHELD, State.WITHHELD]
    reasons = [view.report.reason for view in views if view and view.report]
    assert reasons == [Reason.NONSENSE, Reason.NONSENSE]
    assert views[1] and views[1].report and views[1].report.sha256_in == sha256(b"two")


async def test_a_file_waits_while_there_is_no_descriptor_for_it(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """Whoever opens many connections may not have the files of others withheld, nor end the service."""
    read, troubles = rig.spool._blobs.files.read, [errno.EMFILE, errno.ENFILE] * 3

    def short(*arguments: Any) -> int:
        if troubles:
            raise OSError(troubles.pop(), "none left")
        return read(*arguments)

    accepted = await submit(rig.spool)
    monkeypatch.setattr(rig.spool._blobs.files, "read", short)
    await rig.dispatch.start()
    view = await rig.spool.wait(accepted.id, 30)

    assert view is not None and (view.state, view.attempt) == (State.RELEASED, 1)
    assert not troubles and rig.failures == []


async def test_what_was_decided_before_a_crash_is_recorded_and_published_at_the_start(rig: Rig):
    """Its worker is not asked again."""
    id = (await submit(rig.spool, b"body", consumer="lgwan")).id
    lease = await lease_one(rig.spool)
    sealed = orjson.dumps(rig.ledger.certify(**certified(lease, b"body"))[0])
    await rig.spool.complete(lease, replace(decision(released(b"body", b"copy")), certificate=sealed), memfd(b"copy"))

    await rig.dispatch.start()
    view = await rig.spool.wait(id, 30)

    assert view is not None and view.state is State.RELEASED
    assert [line["id"] for line in rig.decided()] == [id]
    assert rig.workers.orders == []


def certified(lease: Lease, data: bytes) -> dict[str, Any]:
    """Arguments of Ledger.certify for a copy that was judged."""
    judged = judge_copied(Order(name=lease.name, policy=Policy(name="test")), data)
    case = Case(
        id=lease.id,
        context=lease.context,
        name=lease.name,
        size=lease.size,
        received_ns=lease.received_ns,
        queued_ns=lease.queued_ns,
    )
    return {"case": case, "judged": judged, "policy": Policy(name="test")}


async def test_without_room_for_the_record_nothing_is_released_until_there_is(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    """A full disk delays the release; it does not skip the record."""
    original, refused = rig.ledger.decided, 0

    async def full(*arguments: Any, **names: Any) -> None:
        nonlocal refused
        if refused < 2:
            refused += 1
            (view,) = await rig.spool.unrecorded()
            assert view.state is State.DECIDED
            raise LogFullError("no room")
        await original(*arguments, **names)

    monkeypatch.setattr(rig.ledger, "decided", full)
    await rig.dispatch.start()
    assert (await rig.outcome()).state is State.RELEASED
    assert refused == 2


async def test_a_failed_record_stops_the_service_and_releases_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """The file stays decided; the next start records and releases it."""

    def broken(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(rig.log, "sync", broken)
    await rig.dispatch.start()
    id = (await submit(rig.spool)).id
    while not rig.failures:
        await asyncio.sleep(0.001)
    view = await rig.spool.get(id)
    assert view is not None and view.state is State.DECIDED


async def test_a_stop_puts_back_what_does_not_finish_in_time(rig: Rig):
    """Nothing is lost, nothing half done: the next life takes it up."""
    rig.workers.gate = asyncio.Event()
    await rig.dispatch.start()
    id = (await submit(rig.spool)).id
    while not rig.workers.orders:
        await asyncio.sleep(0.001)
    await rig.dispatch.stop(0.01)

    lease = await lease_one(rig.spool)
    assert (lease.id, lease.attempt) == (id, 1), "the attempt is not counted"
    assert not rig.decided()


async def test_a_stop_lets_what_runs_finish(rig: Rig):
    """A few seconds of patience save an attempt."""
    rig.workers.gate = asyncio.Event()
    await rig.dispatch.start()
    id = (await submit(rig.spool)).id
    while not rig.workers.orders:
        await asyncio.sleep(0.001)
    stopping = asyncio.create_task(rig.dispatch.stop(30))
    rig.workers.gate.set()
    await stopping
    view = await rig.spool.get(id)
    assert view is not None and view.state is State.RELEASED


async def test_more_files_than_seats_are_all_carried_through(rig: Rig):
    """And never more at a time than there are seats."""
    await rig.dispatch.start()
    views = await asyncio.gather(*(rig.outcome(b"body %d" % n, tenant=f"t{n % 3}") for n in range(60)))
    assert {view.state for view in views} == {State.RELEASED}
    assert len(rig.decided()) == 60


async def test_a_small_file_waits_for_what_is_at_work_and_for_no_larger_one(rig: Rig):
    """Nothing is leased ahead: who comes meanwhile, and has sent less, is next."""
    rig.workers.gate = asyncio.Event()
    slots = rig.config.workers.slots
    for number in range(2 * slots + 2):
        await submit(rig.spool, b"large" * 500_000, tenant="a", name=f"large {number}.txt")
    await rig.dispatch.start()
    while len(rig.workers.orders) < slots:
        await asyncio.sleep(0.001)
    small = await submit(rig.spool, tenant="b", name="small.txt")
    rig.workers.gate.set()
    await rig.spool.wait(small.id, 30)

    assert "small.txt" in [order.name for order in rig.workers.orders[: 2 * slots]]


async def test_an_answer_about_other_bytes_is_not_believed():
    """Its copy is closed, whatever it holds."""
    judged = judge_copied(Order(name="a.txt", policy=Policy(name="test")), b"other")
    assert judged.copy is not None
    fd = judged.copy.fd
    doubted = believed(judged, sha256(b"body"))
    assert (doubted.report.reason, doubted.copy, doubted.report.sha256_in) == (Reason.NONSENSE, None, sha256(b"body"))
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


def test_errors_of_the_log_are_two_kinds():
    """Full can be waited for, failed cannot; one is told from the other by its class."""
    assert issubclass(LogFullError, LogError)

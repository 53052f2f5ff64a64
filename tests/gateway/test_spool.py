"""What every spool promises: accepted is never lost, decided once, released only when recorded, delivered in order."""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.config import Retention
from gateway.spool.base import (
    Acceptance,
    Incoming,
    Settlement,
    SpoolBrokenError,
    SpoolError,
    SpoolFullError,
    SpoolTakenError,
)
from gateway.spool.files import Files
from gateway.spool.sqlite import SqliteSpool
from gateway.transfer import State
from sanitizers.errors import Reason
from tests.gateway.transfers import (
    decision,
    lease_one,
    memfd,
    new_job,
    read_fd,
    release,
    released,
    sha256,
    submit,
    withheld,
)

DAY_NS = 86_400 * 10**9


def new_spool(folder: Path, reserve_bytes: int = 1) -> SqliteSpool:
    return SqliteSpool(folder, reserve_bytes=reserve_bytes, retention=Retention())


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[SqliteSpool]:
    spool = new_spool(tmp_path / "spool")
    await spool.open()
    yield spool
    await spool.close()


async def reopened(spool: SqliteSpool, folder: Path) -> SqliteSpool:
    """The same spool in the next life of the gateway."""
    await spool.close()
    again = new_spool(folder)
    await again.open()
    return again


def names(spool_folder: Path, folder: str) -> list[str]:
    return sorted(path.name for path in (spool_folder / folder).iterdir())


async def test_what_is_submitted_can_be_leased_with_all_that_was_said_of_it(spool: SqliteSpool):
    """Body, name, context and passwords come back as they went in."""
    accepted = await submit(spool, b"hello", name="髙橋.txt", passwords=("ひみつ",))

    lease = await lease_one(spool)

    assert (lease.id, lease.attempt, lease.name, lease.passwords) == (accepted.id, 1, "髙橋.txt", ("ひみつ",))
    assert read_fd(spool.open_input(lease)) == b"hello"


async def test_the_same_key_and_body_is_the_same_transfer(spool: SqliteSpool):
    """A client that lost the answer asks again and gets the same id; another body is refused."""
    first = await submit(spool, b"one", idempotency_key="k")
    again = await submit(spool, b"one", idempotency_key="k")
    other = await submit(spool, b"two", idempotency_key="k")
    foreign = await submit(spool, b"two", idempotency_key="k", tenant="city-b")

    assert (again.acceptance, again.id) == (Acceptance.KNOWN, first.id)
    assert other.acceptance is Acceptance.KEY_REUSED
    assert foreign.acceptance is Acceptance.NEW
    assert (found := await spool.find("city-a", "k")) and found.id == first.id


async def test_an_id_cannot_be_taken_twice_and_the_others_of_its_batch_do_not_suffer(spool: SqliteSpool):
    """One operation's mistake is told to its asker alone."""
    job = new_job()
    outcomes = await asyncio.gather(
        spool.submit(job), spool.submit(job), spool.submit(new_job()), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Accepted", "Accepted", "ValueError"]


async def test_a_body_that_comes_to_nothing_leaves_nothing(spool: SqliteSpool, tmp_path: Path):
    """Neither a name nor promised space."""
    before = spool.free_bytes()
    body = spool.incoming(1 << 20)
    os.write(body.fd, b"x" * 1000)
    assert spool.free_bytes() <= before - (1 << 20)
    spool.discard(body)

    assert names(tmp_path / "spool", "tmp") == names(tmp_path / "spool", "in") == []
    assert spool._blobs.promised_bytes == 0


async def test_where_files_without_names_are_unknown_tmp_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """NFS-like file systems: the name is taken away again, and a start empties tmp/."""
    monkeypatch.setattr(os, "O_TMPFILE", os.O_RDWR | os.O_DIRECTORY)  # answers EISDIR, as old kernels do
    files = Files(tmp_path)
    files.open()
    kept, dropped = files.create(0, "a"), files.create(0, "b")
    os.write(kept.fd, b"body")
    assert names(tmp_path, "tmp") == ["a", "b"]

    files.keep(kept, "in", "ID")
    files.discard(kept)
    files.discard(dropped)

    assert (names(tmp_path, "tmp"), names(tmp_path, "in")) == ([], ["ID"])
    assert read_fd(files.read("in", "ID")) == b"body"
    files.create(0, "left")
    files.open()
    assert names(tmp_path, "tmp") == []


async def test_a_flooding_tenant_does_not_keep_the_others_waiting(spool: SqliteSpool):
    """Tenants are served in turn, whoever came first."""
    for _ in range(20):
        await submit(spool, tenant="flood")
    for tenant in ("b", "c", "d"):
        await submit(spool, tenant=tenant)

    served = [lease.context.tenant for lease in await spool.lease("w", limit=6, lease_s=60, wait_s=0)]

    assert set(served[:4]) == {"flood", "b", "c", "d"}
    assert served[4:] == ["flood", "flood"]


async def test_a_small_file_goes_before_a_larger_one_of_another_tenant(spool: SqliteSpool):
    """Turns are paid for in bytes: whoever sends large files comes to the next one later."""
    for _ in range(3):
        await submit(spool, b"large" * 1_000_000, tenant="a")
    first = await lease_one(spool)
    for tenant in ("b", "c"):
        await submit(spool, b"small", tenant=tenant)

    leased = [first, *await spool.lease("w", limit=4, lease_s=60, wait_s=0)]

    assert [lease.context.tenant for lease in leased] == ["a", "b", "c", "a", "a"]


async def test_a_large_file_is_not_overtaken_for_ever(spool: SqliteSpool):
    """Small files of others go first only until they have cost as much."""
    await submit(spool, b"large" * 1_000_000, tenant="a")
    for _ in range(40):
        await submit(spool, b"small", tenant="b")

    tenants = [lease.context.tenant for lease in await spool.lease("w", limit=41, lease_s=60, wait_s=0)]

    assert 0 < tenants.index("a") < 30


async def test_a_tenant_that_was_away_has_saved_nothing_up(spool: SqliteSpool):
    """It begins where the others stand; hundreds of files do not go before theirs because it was idle."""
    for _ in range(30):
        await submit(spool, tenant="busy")
    await spool.lease("w", limit=20, lease_s=60, wait_s=0)
    for _ in range(10):
        await submit(spool, tenant="new")

    tenants = [lease.context.tenant for lease in await spool.lease("w", limit=6, lease_s=60, wait_s=0)]

    assert tenants.count("new") == tenants.count("busy") == 3


async def test_a_senders_small_file_goes_before_what_came_just_before_it(spool: SqliteSpool):
    """Within one tenant too, but only as many seconds as there are megabytes."""
    now = time.time_ns()
    large = await submit(spool, b"large" * 1_000_000, received_ns=now)
    small = await submit(spool, b"small", received_ns=now + 1_000_000_000)
    later = await submit(spool, b"small", received_ns=now + 9_000_000_000)

    leased = [lease.id for lease in await spool.lease("w", limit=3, lease_s=60, wait_s=0)]

    assert leased == [small.id, large.id, later.id]


async def test_a_tenants_files_are_leased_in_the_order_they_came(spool: SqliteSpool):
    """Oldest first, and one that was put back is older than those after it."""
    first, second = (await submit(spool)).id, (await submit(spool)).id
    lease = await lease_one(spool)
    await spool.put_back(lease, delay_s=0)

    assert [(await lease_one(spool)).id, (await lease_one(spool)).id] == [first, second]


async def test_only_the_newest_attempt_may_complete(spool: SqliteSpool, tmp_path: Path):
    """A worker whose lease ran out comes too late: its copy is thrown away, the other one's stands."""
    await submit(spool, b"body")
    late = await lease_one(spool, lease_s=0)
    current = await lease_one(spool)
    assert (current.id, current.attempt) == (late.id, 2)
    fd, other = memfd(b"copy"), memfd(b"late")

    assert not await spool.complete(late, decision(released(b"body", b"late")), other)
    assert await spool.complete(current, decision(released(b"body", b"copy")), fd)
    assert not await spool.complete(current, decision(released(b"body", b"copy")), fd)
    assert not await spool.extend(late, 60)

    view = await spool.publish(current.id)
    assert read_fd(spool.open_copy(view)) == b"copy"
    assert names(tmp_path / "spool", "out") == [view.copy_blob]


async def test_an_extended_lease_does_not_run_out(spool: SqliteSpool):
    """A slow worker keeps its file."""
    await submit(spool)
    lease = await lease_one(spool, lease_s=0.0)
    assert await spool.extend(lease, 60)

    assert await spool.lease("other", limit=1, lease_s=60, wait_s=0) == []


async def test_waiting_for_work_ends_when_work_comes(spool: SqliteSpool):
    """No polling: the one who waits is woken by the submission."""
    waiting = asyncio.create_task(spool.lease("w", limit=1, lease_s=60, wait_s=60))
    await asyncio.sleep(0)
    accepted = await submit(spool)

    (lease,) = await asyncio.wait_for(waiting, 30)
    assert lease.id == accepted.id


async def test_waiting_for_work_ends_when_a_lease_runs_out(spool: SqliteSpool):
    """What was put back for a while comes by itself."""
    await submit(spool)
    lease = await lease_one(spool)
    assert await spool.put_back(lease, delay_s=0.03)

    (again,) = await asyncio.wait_for(spool.lease("w", limit=1, lease_s=60, wait_s=60), 30)
    assert (again.id, again.attempt) == (lease.id, 2)


async def test_a_decided_file_is_not_released_before_it_is_recorded(spool: SqliteSpool, tmp_path: Path):
    """Between decision and record nobody sees a copy; a crash in between is told at the next start."""
    await submit(spool, b"body", consumer="lgwan")
    lease = await lease_one(spool)
    assert await spool.complete(lease, decision(released(b"body", b"copy")), memfd(b"copy"))

    assert (view := await spool.get(lease.id)) and view.state is State.DECIDED
    assert await spool.pull("lgwan", limit=1, lease_s=60, wait_s=0) == []
    spool = await reopened(spool, tmp_path / "spool")
    assert [view.id for view in await spool.unrecorded()] == [lease.id]

    assert (await spool.publish(lease.id)).state is State.RELEASED
    assert await spool.unrecorded() == []
    assert (await spool.publish(lease.id)).state is State.RELEASED, "saying it again changes nothing"
    await spool.close()


async def test_a_withheld_file_has_no_copy_and_keeps_its_original(spool: SqliteSpool, tmp_path: Path):
    """REFUSED, then WITHHELD; the original stays for review."""
    await submit(spool, b"body", passwords=("secret",))
    lease = await lease_one(spool)
    assert await spool.complete(lease, decision(withheld(b"body", Reason.ENCRYPTED)), None)
    view = await spool.publish(lease.id)

    assert (view.state, view.copy_name) == (State.WITHHELD, None)
    assert view.report == withheld(b"body", Reason.ENCRYPTED)
    assert names(tmp_path / "spool", "in") == [lease.id]
    with pytest.raises(SpoolError):
        spool.open_copy(view)


async def test_passwords_go_with_the_decision(spool: SqliteSpool, tmp_path: Path):
    """The row holds them while they are needed, and not longer."""
    await submit(spool, passwords=("secret",))
    lease = await lease_one(spool)
    query = "SELECT passwords FROM jobs"
    with sqlite3.connect(tmp_path / "spool/spool.db") as db:
        assert db.execute(query).fetchone() == ('["secret"]',)
        await spool.complete(lease, decision(withheld(b"body")), None)
        assert db.execute(query).fetchone() == (None,)
    assert "secret" not in repr(lease)


async def test_waiting_for_a_result_ends_with_it(spool: SqliteSpool):
    """Prefer: wait is answered by the release; an unknown id at once."""
    await submit(spool, b"body")
    lease = await lease_one(spool)
    waiting = asyncio.create_task(spool.wait(lease.id, 60))
    await spool.complete(lease, decision(withheld(b"body")), None)
    await spool.publish(lease.id)

    assert (view := await asyncio.wait_for(waiting, 30)) and view.state is State.WITHHELD
    assert await spool.wait("NONE", 60) is None
    assert (still := await spool.wait((await submit(spool)).id, 0)) and still.state is State.RECEIVED
    assert not spool._watch


async def test_when_the_service_stops_nobody_waits_any_longer(spool: SqliteSpool):
    id = (await submit(spool)).id
    consumer = asyncio.create_task(spool.pull("lgwan", limit=1, lease_s=60, wait_s=3600))
    sender = asyncio.create_task(spool.wait(id, 3600))
    while not (spool._watch and spool._outgoing):  # both look before they wait
        await asyncio.sleep(0)
    await spool.get(id)

    spool.let_go()

    assert await consumer == []
    view = await sender
    assert view is not None
    assert view.state is State.RECEIVED


async def test_a_consumer_gets_its_copies_in_order_with_numbers_without_gaps(spool: SqliteSpool):
    """Numbers are per consumer; nobody gets another's."""
    ids = [await release(spool, consumer="a"), await release(spool, consumer="b"), await release(spool, consumer="a")]

    lent = await spool.pull("a", limit=10, lease_s=60, wait_s=0)

    assert [(delivery.id, delivery.seq) for delivery in lent] == [(ids[0], 1), (ids[2], 2)]
    assert await spool.pull("a", limit=10, lease_s=60, wait_s=0) == [], "both are lent"
    assert lent[0].sha256 == sha256(b"copy") and lent[0].lease != lent[1].lease


async def test_an_acknowledged_copy_is_delivered_once(spool: SqliteSpool, tmp_path: Path):
    """The original goes with the acknowledgement; saying it again is heard as the same."""
    id = await release(spool, consumer="a")
    (lent,) = await spool.pull("a", limit=1, lease_s=60, wait_s=0)

    assert await spool.ack("a", id, lent.lease, sha256(b"other")) is Settlement.DIFFERS
    assert await spool.ack("a", id, "0" * 32, lent.sha256) is Settlement.LOST
    assert await spool.ack("b", id, lent.lease, lent.sha256) is Settlement.UNKNOWN
    assert names(tmp_path / "spool", "in") == [id]
    assert await spool.check("a", id, lent.lease, lent.sha256) is Settlement.DONE
    assert await spool.ack("a", id, lent.lease, lent.sha256) is Settlement.DONE
    assert await spool.ack("a", id, lent.lease, lent.sha256) is Settlement.AGAIN
    assert names(tmp_path / "spool", "in") == []
    assert (view := await spool.get(id)) and view.state is State.DELIVERED


async def test_a_loan_that_ran_out_is_lent_again_and_the_old_token_is_void(spool: SqliteSpool):
    """The first holder lost it, even though it may have stored the copy: its ack is refused, the second's stands."""
    id = await release(spool, consumer="a")
    (first,) = await spool.pull("a", limit=1, lease_s=0, wait_s=0)
    (second,) = await spool.pull("a", limit=1, lease_s=60, wait_s=0)
    assert (second.id, second.seq, second.attempt) == (id, first.seq, 2)

    assert await spool.ack("a", id, first.lease, first.sha256) is Settlement.LOST
    assert await spool.prolong("a", id, first.lease, 60) is Settlement.LOST
    assert await spool.prolong("a", id, second.lease, 60) is Settlement.DONE
    assert await spool.ack("a", id, second.lease, second.sha256) is Settlement.DONE


async def test_a_loan_outlives_a_restart_for_its_holder(spool: SqliteSpool, tmp_path: Path):
    """A receiver that stored the copy while we restarted can still say so."""
    id = await release(spool, consumer="a")
    (lent,) = await spool.pull("a", limit=1, lease_s=60, wait_s=0)
    spool = await reopened(spool, tmp_path / "spool")

    assert await spool.ack("a", id, lent.lease, lent.sha256) is Settlement.DONE
    await spool.close()


async def test_a_copy_sent_back_comes_again_after_a_while(spool: SqliteSpool):
    """nack without a reason: later once more."""
    id = await release(spool, consumer="a")
    (lent,) = await spool.pull("a", limit=1, lease_s=60, wait_s=0)
    assert await spool.nack("a", id, lent.lease, delay_s=0.02, reason=None) is Settlement.DONE

    (again,) = await asyncio.wait_for(spool.pull("a", limit=1, lease_s=60, wait_s=60), 30)
    assert (again.id, again.attempt) == (id, 2)


async def test_a_copy_refused_for_good_is_withheld(spool: SqliteSpool):
    """nack with a reason: it is not lent again, and the reason stands with the transfer."""
    id = await release(spool, consumer="a")
    (lent,) = await spool.pull("a", limit=1, lease_s=60, wait_s=0)
    assert await spool.nack("a", id, lent.lease, delay_s=0, reason=Reason.REFUSED_BY_JUDGE) is Settlement.DONE

    assert (view := await spool.get(id)) and (view.state, view.returned) == (State.WITHHELD, Reason.REFUSED_BY_JUDGE)
    assert await spool.pull("a", limit=1, lease_s=60, wait_s=0) == []
    assert await spool.ack("a", id, lent.lease, lent.sha256) is Settlement.LOST


async def test_waiting_for_copies_ends_when_one_is_released(spool: SqliteSpool):
    """The long poll is woken by the release."""
    waiting = asyncio.create_task(spool.pull("a", limit=5, lease_s=60, wait_s=60))
    id = await release(spool, consumer="a")

    (lent,) = await asyncio.wait_for(waiting, 30)
    assert lent.id == id


async def test_a_restart_puts_back_what_was_leased_and_counts_the_attempt(spool: SqliteSpool, tmp_path: Path):
    """Nothing accepted is lost; a file that kills the gateway can be told by its attempts."""
    waiting, leased = (await submit(spool, tenant="b")).id, (await submit(spool, tenant="a")).id
    while (await lease_one(spool)).id != leased:
        pass
    spool = await reopened(spool, tmp_path / "spool")

    leases = await spool.lease("w", limit=5, lease_s=60, wait_s=0)

    assert {lease.id: lease.attempt for lease in leases} == {waiting: 2, leased: 2}
    await spool.close()


async def test_a_start_removes_what_nobody_was_promised_and_names_it(spool: SqliteSpool, tmp_path: Path):
    """A body without a row was never acknowledged; a copy without a row was never decided."""
    folder = tmp_path / "spool"
    kept = (await submit(spool)).id
    (folder / "in/ORPHAN").write_bytes(b"x")
    (folder / "out/ORPHAN.1").write_bytes(b"x")
    (folder / "tmp/left").write_bytes(b"x")
    await spool.close()
    again = new_spool(folder)
    report = await again.open()

    assert report.orphans == ("ORPHAN",)
    assert (names(folder, "in"), names(folder, "out"), names(folder, "tmp")) == ([kept], [], [])
    await again.close()


async def test_a_second_gateway_is_refused(spool: SqliteSpool, tmp_path: Path):
    """Two on one spool would each believe they were alone."""
    with pytest.raises(SpoolTakenError):
        await new_spool(tmp_path / "spool").open()


async def test_a_spool_of_another_version_is_not_touched(spool: SqliteSpool, tmp_path: Path):
    """Neither up nor down without being told how."""
    await spool.close()
    with sqlite3.connect(tmp_path / "spool/spool.db") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(SpoolBrokenError, match="version 99"):
        await new_spool(tmp_path / "spool").open()


async def test_the_reserve_of_free_space_is_not_taken(tmp_path: Path):
    """An upload that would eat into it is refused before a byte is read."""
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    spool = new_spool(tmp_path / "spool", reserve_bytes=free - (1 << 30))
    await spool.open()
    with pytest.raises(SpoolFullError):
        spool.incoming(8 << 30)
    await spool.close()


async def test_a_failed_sync_breaks_the_spool_for_good(spool: SqliteSpool, monkeypatch: pytest.MonkeyPatch):
    """The kernel forgets what it could not write: nobody may try again on this page cache."""
    told: list[str] = []
    spool.call_on_failure(told.append)
    body = spool.incoming(4)

    def fsync(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(SpoolBrokenError, match="EIO"):
        await spool.keep("ID", body)
    monkeypatch.undo()
    spool.discard(body)

    assert told == [spool.failure]
    for attempt in (lambda: spool.keep("ID", body), lambda: spool.submit(new_job()), lambda: spool.get("ID")):
        with pytest.raises(SpoolBrokenError):
            await attempt()
    with pytest.raises(SpoolBrokenError):
        spool.incoming(1)


@pytest.mark.parametrize("step", ["fsync", "link"])
async def test_a_full_disk_keeps_nothing_and_passes(spool: SqliteSpool, step: str, monkeypatch: pytest.MonkeyPatch):
    """No space is no reason to stop: when there is room again, it works again."""

    def full(*arguments: object, **names: object) -> None:
        raise OSError(28, "No space left on device")

    body = spool.incoming(4)
    monkeypatch.setattr(os, step, full)
    with pytest.raises(SpoolFullError):
        await spool.keep("ID", body)
    monkeypatch.undo()
    spool.discard(body)

    assert spool.failure is None
    assert (await submit(spool)).acceptance is Acceptance.NEW


async def test_many_submissions_at_once_share_their_commits(spool: SqliteSpool, monkeypatch: pytest.MonkeyPatch):
    """Group commit: far fewer transactions than rows."""
    commits = 0
    original: Callable[..., list[object]] = spool._db._commit

    def counted(operations: list[object]) -> list[object]:
        nonlocal commits
        commits += 1
        return original(operations)

    monkeypatch.setattr(spool._db._writer, "_carry_out", counted)
    accepted = await asyncio.gather(*(spool.submit(new_job()) for _ in range(300)))

    assert len({one.id for one in accepted}) == 300
    assert commits <= 30


async def test_retention_removes_bytes_then_rows_but_never_what_is_still_to_be_delivered(
    spool: SqliteSpool, tmp_path: Path
):
    """Withheld originals, delivered copies and copies for the sender expire; an undelivered copy never does."""
    folder = tmp_path / "spool"
    undelivered = await release(spool, consumer="a")
    fetched = await release(spool)
    delivered = await release(spool, consumer="b")
    (lent,) = await spool.pull("b", limit=1, lease_s=60, wait_s=0)
    await spool.ack("b", delivered, lent.lease, lent.sha256)
    await submit(spool)
    lease = await lease_one(spool)
    await spool.complete(lease, decision(withheld(b"body")), None)
    await spool.publish(lease.id)

    assert (await spool.sweep(time.time_ns())).expired == ()
    much_later = time.time_ns() + 1000 * DAY_NS
    report = await spool.sweep(much_later)

    assert set(report.expired) == {fetched, delivered, lease.id}
    assert names(folder, "in") == [undelivered] and names(folder, "out")[0].startswith(undelivered)
    assert len(names(folder, "out")) == 1
    assert (await spool.sweep(much_later + 1000 * DAY_NS)).forgotten == 3
    assert await spool.get(delivered) is None
    assert (view := await spool.get(undelivered)) and view.state is State.RELEASED


async def test_a_restart_keeps_what_it_should_and_nothing_else(spool: SqliteSpool, tmp_path: Path):
    """Sweeping at the start agrees with what the life before had kept."""
    folder = tmp_path / "spool"
    released_id = await release(spool, consumer="a")
    fetched = await release(spool)
    waiting = (await submit(spool)).id
    before = names(folder, "in"), names(folder, "out")
    spool = await reopened(spool, folder)

    assert (names(folder, "in"), names(folder, "out")) == before
    assert before[0] == sorted([released_id, waiting])
    assert [name.partition(".")[0] for name in before[1]] == sorted([released_id, fetched])
    await spool.close()


async def test_counts_tell_what_is_under_way(spool: SqliteSpool):
    """For gauges and readiness."""
    await release(spool, consumer="a")
    await submit(spool)
    await submit(spool)
    await lease_one(spool)

    counts = await spool.counts()
    assert (counts[State.RECEIVED], counts[State.SANITIZING], counts[State.RELEASED]) == (1, 1, 1)


async def test_a_copy_shorter_than_its_descriptor_says_is_not_kept(spool: SqliteSpool, monkeypatch: pytest.MonkeyPatch):
    """A torn copy is never made to look whole."""
    await submit(spool, b"body")
    lease = await lease_one(spool)
    monkeypatch.setattr(os, "sendfile", lambda *arguments: 0)
    with pytest.raises(SpoolBrokenError, match="shorter"):
        await spool.complete(lease, decision(released(b"body", b"copy")), memfd(b"copy"))


def test_incoming_is_a_plain_value():
    """Doors may hold it without knowing the adapter."""
    assert Incoming(3, None, 0) == Incoming(3, None, 0)

"""Whatever a worker or a judge does, the answer is a verdict, and nothing unjudged is ever in a Copy."""

import asyncio
import errno
import hashlib
import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import crew
from gateway.workers import Judged, Workers
from policies.model import Policy
from sanitizers.errors import Reason
from sanitizers.model import Check, Order, Verdict
from tests.boundary.workshop import (
    HASTY,
    MIB,
    POLICY,
    ROOMY,
    children_of,
    gone,
    is_alive,
    open_descriptors,
    sealed,
    sent,
    taken,
    until,
    working,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers():
    async with working() as started:
        yield started


async def test_a_file_is_rebuilt_judged_and_sealed(workers):
    judged = await sent(workers, "honest", b"good EVIL news")

    assert judged.report.verdict is Verdict.SANITIZED
    assert judged.opinion.accepted
    assert judged.copy.size == len(b"good  news")
    assert judged.copy.sha256 == hashlib.sha256(b"good  news").hexdigest() == judged.report.sha256_out
    assert judged.started_ns < judged.ended_ns
    assert judged.cpu_ms > 0
    assert os.read(judged.copy.fd, 100) == b"good  news"
    with pytest.raises(OSError) as refused:
        os.pwrite(judged.copy.fd, b"x", 0)
    assert refused.value.errno == errno.EPERM
    os.close(judged.copy.fd)


async def test_a_large_file_from_a_disk_comes_back_whole(workers, tmp_path):
    data = os.urandom(1 << 16) * 100
    (tmp_path / "in").write_bytes(data)
    with (tmp_path / "in").open("rb", buffering=0) as file:
        judged = await workers.sanitize(Order(name="large.txt", policy=ROOMY), file.fileno())

    assert judged.report.sha256_in == hashlib.sha256(data).hexdigest()
    assert taken(judged) == data


async def test_an_input_that_could_be_written_to_is_not_handed_over(workers, tmp_path):
    with (tmp_path / "in").open("w+b") as file, pytest.raises(AssertionError):
        await workers.sanitize(Order(name="a.txt", policy=POLICY), file.fileno())


async def test_what_a_copy_is_called_by_is_what_was_sealed(workers):
    """A sanitizer's word on its own digest counts for nothing, neither for the copy nor for the certificate."""
    judged = await sent(workers, "misquoted", b"good EVIL news")

    digest = hashlib.sha256(b"good  news").hexdigest()
    assert judged.report.sha256_out == judged.copy.sha256 == digest
    assert taken(judged) == b"good  news"


WITHHELD = {
    "echo": Reason.REFUSED_BY_JUDGE,
    "converted": Reason.REFUSED_BY_JUDGE,
    "mapped_output": Reason.REFUSED_BY_JUDGE,
    "other_output": Reason.REFUSED_BY_JUDGE,
    "blocked": Reason.MALFORMED,
    "too_long_report": Reason.CRASHED,
    "garbage": Reason.NONSENSE,
    "half_a_frame": Reason.NONSENSE,
    "two_frames": Reason.NONSENSE,
    "an_opinion": Reason.NONSENSE,
    "silent": Reason.NONSENSE,
    "uncut_sheet": Reason.NONSENSE,
    "no_output": Reason.NONSENSE,
    "huge_output": Reason.NONSENSE,
    "gigantic_output": Reason.CRASHED,
    "other_type": Reason.NONSENSE,
    "other_extension": Reason.NONSENSE,
    "bug": Reason.CRASHED,
    "deep": Reason.CRASHED,
    "hungry": Reason.OUT_OF_MEMORY,
    "greedy": Reason.OUT_OF_MEMORY,
    "segfault": Reason.CRASHED,
    "status": Reason.CRASHED,
    "fork": Reason.CRASHED,
    "call": Reason.CRASHED,
    "read_file": Reason.CRASHED,
    "signal_zygote": Reason.CRASHED,
    "seal_first": Reason.CRASHED,
    "close_everything": Reason.CRASHED,
    "change_input": Reason.CRASHED,
}


@pytest.mark.parametrize(("behaviour", "reason"), WITHHELD.items())
async def test_a_sanitizer_that_does_not_do_its_work_withholds_the_file(workers, behaviour, reason):
    judged = await sent(workers, behaviour, b"some EVIL")

    assert judged.report.reason is reason
    assert judged.report.verdict is (Verdict.FAILED if reason.is_ours else Verdict.BLOCKED)
    assert judged.report.sha256_in == hashlib.sha256(b"some EVIL").hexdigest()
    assert judged.copy is None
    assert taken(await sent(workers, "honest", b"the next one")) == b"the next one"


@pytest.mark.parametrize("behaviour", ["sleep", "spin"])
async def test_a_sanitizer_that_does_not_end_is_ended(workers, behaviour):
    judged = await sent(workers, behaviour, policy=HASTY)

    assert judged.report.reason is Reason.TIMEOUT
    assert judged.copy is None
    assert not any(children_of(pid) for pid in workers.pids.values())


FAILING_JUDGES = {
    "honest": Reason.NONSENSE,  # a report where an opinion belongs
    "garbage": Reason.NONSENSE,
    "silent": Reason.NONSENSE,
    "bug": Reason.CRASHED,
    "greedy": Reason.OUT_OF_MEMORY,
    "segfault": Reason.CRASHED,
    "status": Reason.CRASHED,
    "close_everything": Reason.CRASHED,
    "change_input": Reason.CRASHED,
    "sleep": Reason.TIMEOUT,
}


@pytest.mark.parametrize(("behaviour", "reason"), FAILING_JUDGES.items())
async def test_without_the_judges_word_there_is_no_copy(workers, behaviour, reason):
    policy = HASTY if reason is Reason.TIMEOUT else POLICY
    judged = await sent(workers, "honest", b"judge: " + behaviour.encode(), policy)

    assert judged.report.verdict is Verdict.FAILED
    assert judged.report.reason is reason
    assert judged.opinion is None
    assert judged.copy is None


async def test_a_refusal_is_told_with_the_check_that_refused(workers):
    judged = await sent(workers, "echo", b"EVIL")

    assert judged.opinion.check is Check.TEXT
    assert judged.copy is None


async def test_the_judge_can_be_asked_alone(workers):
    good, evil, sleepy = sealed(b"good"), sealed(b"EVIL"), sealed(b"judge: sleep")

    assert (await workers.judge(good, "text/plain", POLICY)).accepted
    assert not (await workers.judge(evil, "text/plain", POLICY)).accepted
    assert not (await workers.judge(good, "image/png", POLICY)).accepted
    opinion = await workers.judge(sleepy, "text/plain", HASTY)
    assert not opinion.accepted
    assert "timeout" in opinion.where
    for fd in (good, evil, sleepy):
        os.close(fd)


async def test_a_long_report_comes_through(workers):
    judged = await sent(workers, "long_report")

    assert len(judged.report.findings) == 4999
    assert taken(judged) == b"hello"


async def test_a_copy_may_be_of_another_type_than_its_file(workers):
    judged = await sent(workers, "converted")

    assert taken(judged) == b"hello"
    assert (judged.report.media_type, judged.report.released_type) == ("text/plain", "text/csv")


async def test_a_name_from_a_worker_is_cleaned_once_more(workers):
    judged = await sent(workers, "foul_name")
    os.close(judged.copy.fd)

    assert "/" not in judged.report.name
    assert judged.report.name.isprintable()
    assert judged.report.name.endswith(".txt")


async def test_a_copy_is_read_from_its_beginning_wherever_the_worker_left_off(workers):
    judged = await sent(workers, "moved_offset")

    assert os.read(judged.copy.fd, 100) == b"hello"
    os.close(judged.copy.fd)


async def test_a_child_holds_its_three_descriptors_and_no_other(workers):
    assert taken(await sent(workers, "look_around")) == b"[3, 4, 5]"


@pytest.mark.parametrize("passwords", [(), ("x" * 4000,) * 50])
async def test_an_order_too_long_to_be_told_is_blocked(workers, passwords):
    judged = await sent(workers, "honest" if passwords else "x" * 5000, passwords=passwords)

    assert judged.report.verdict is Verdict.BLOCKED
    assert judged.report.reason is Reason.LIMIT


async def test_at_most_one_file_per_slot_is_at_work(workers):
    files = [asyncio.create_task(sent(workers, "sleep")) for _ in range(6)]
    zygote = workers.pids["sanitize"]
    await until(lambda: len(children_of(zygote)) == 2)
    first = children_of(zygote)

    files[0].cancel()
    files[1].cancel()
    await until(lambda: len(children_of(zygote)) == 2 and not set(first) & set(children_of(zygote)))
    for file in files:
        file.cancel()
    await asyncio.wait(files)

    await until(lambda: not children_of(zygote))
    assert taken(await sent(workers, "honest")) == b"hello"


async def test_a_cancelled_file_ends_its_child(workers):
    file = asyncio.create_task(sent(workers, "sleep"))
    zygote = workers.pids["sanitize"]
    await until(lambda: children_of(zygote))
    file.cancel()

    await until(lambda: not children_of(zygote))
    assert file.cancelled()


async def test_a_cancelled_file_ends_its_judge(workers):
    file = asyncio.create_task(sent(workers, "honest", b"judge: sleep"))
    zygote = workers.pids["judge"]
    await until(lambda: children_of(zygote))
    file.cancel()

    await until(lambda: not children_of(zygote))
    assert file.cancelled()


async def test_a_killed_child_fails_its_file_alone(workers):
    killed, other = [asyncio.create_task(sent(workers, "sleep")) for _ in range(2)]
    zygote = workers.pids["sanitize"]
    await until(lambda: len(children_of(zygote)) == 2)
    os.kill(children_of(zygote)[0], signal.SIGKILL)

    judged = await killed
    assert judged.report.reason is Reason.CRASHED
    assert not other.done()
    other.cancel()
    await asyncio.wait([other])


async def test_no_descriptor_is_left_open(workers):
    await sent(workers, "blocked")
    before = open_descriptors()
    for behaviour in ("blocked", "bug", "garbage", "echo", "no_output", "hungry"):
        await sent(workers, behaviour, b"EVIL")
    file = asyncio.create_task(sent(workers, "sleep"))
    await until(lambda: children_of(workers.pids["sanitize"]))
    file.cancel()
    await asyncio.wait([file])

    assert open_descriptors() == before


@pytest.mark.parametrize("role", ["sanitize", "judge"])
async def test_a_crash_brings_a_new_zygote_while_the_old_one_works_on(workers, role):
    slow = asyncio.create_task(sent(workers, *(("sleep",) if role == "sanitize" else ("honest", b"judge: sleep"))))
    old = workers.pids[role]
    await until(lambda: children_of(old))

    await sent(workers, *(("segfault",) if role == "sanitize" else ("honest", b"judge: segfault")))
    await until(lambda: workers.pids[role] != old)

    assert taken(await sent(workers, "honest")) == b"hello"
    assert not slow.done()
    assert len(children_of(old)) == 1
    slow.cancel()
    await until(lambda: not is_alive(old))


async def test_what_is_said_at_the_start_is_known(workers):
    assert {"sekisho", "python"} <= set(workers.versions)
    assert workers.tier in (1, 2, 3)
    assert workers.tier_name


async def killed_at_work(workers: Workers, role: str, file: asyncio.Task) -> None:
    """Kill the zygote of this role while a child of it works on the file, and wait until the child is gone too."""
    zygote = workers.pids[role]
    await until(lambda: children_of(zygote))
    children = children_of(zygote)
    os.kill(zygote, signal.SIGKILL)
    await until(lambda: file.done() or workers.pids[role] != zygote)
    gone([zygote, *children])


async def test_the_file_is_tried_again_once_when_its_zygote_is_killed():
    async with working() as workers:
        file = asyncio.create_task(sent(workers, "sleep"))
        await killed_at_work(workers, "sanitize", file)
        assert not file.done()
        await killed_at_work(workers, "sanitize", file)

        assert (await file).report.reason is Reason.CRASHED
        assert taken(await sent(workers, "honest")) == b"hello"


async def test_a_file_survives_the_death_of_the_zygote():
    async with working() as workers:
        files = [asyncio.create_task(sent(workers, "honest", b"x" * MIB)) for _ in range(8)]
        await until(lambda: any(children_of(pid) for pid in workers.pids.values()))
        for pid in workers.pids.values():
            os.kill(pid, signal.SIGKILL)

        for judged in await asyncio.gather(*files):
            assert taken(judged) == b"x" * MIB


async def test_the_judge_is_asked_again_once_when_its_zygote_is_killed():
    async with working() as workers:
        file = asyncio.create_task(sent(workers, "honest", b"judge: sleep"))
        await killed_at_work(workers, "judge", file)
        assert not file.done()
        await killed_at_work(workers, "judge", file)

        judged = await file
        assert judged.report.reason is Reason.CRASHED
        assert judged.copy is None


async def test_orders_wait_for_a_zygote_that_is_slow_to_read():
    """Orders of a hundred thousand characters fill the socket; whoever is given up meanwhile is not missed."""
    async with working(slots=6) as workers:
        zygote = workers.pids["sanitize"]
        os.kill(zygote, signal.SIGSTOP)
        words = tuple("x" * 4000 for _ in range(25))
        files = [asyncio.create_task(sent(workers, "honest", passwords=words)) for _ in range(12)]
        await asyncio.wait(files, timeout=0)
        for file in files[::3]:
            file.cancel()
        await asyncio.wait(files, timeout=0)
        os.kill(zygote, signal.SIGCONT)

        results = await asyncio.gather(*files, return_exceptions=True)
        assert [isinstance(result, asyncio.CancelledError) for result in results] == [True, False, False] * 4
        assert [taken(result) for result in results if not isinstance(result, BaseException)] == [b"hello"] * 8


async def test_a_zygote_is_renewed_after_so_many_files(monkeypatch):
    monkeypatch.setattr(crew, "_TASKS_OF_ONE_ZYGOTE", 3)
    async with working() as workers:
        old = workers.pids["sanitize"]
        for _ in range(3):
            assert taken(await sent(workers, "honest")) == b"hello"
        await until(lambda: workers.pids["sanitize"] != old)
        assert taken(await sent(workers, "honest")) == b"hello"


async def test_a_storm_of_bad_files_and_killed_zygotes_lets_nothing_through():
    """Good and bad files at once while zygotes are killed: each ends in a verdict, and no copy holds what is evil."""
    dice = random.Random(7)
    behaviours = [dice.choice(["honest", "moved_offset", *dice.sample(sorted(WITHHELD), 2)]) for _ in range(120)]
    async with working(slots=4) as workers:

        async def one(number: int, behaviour: str) -> Judged:
            judged = await sent(workers, behaviour, b"good EVIL" if number % 3 else b"good")
            if number % 20 == 19:
                with suppress(ProcessLookupError):  # it may just have been lost
                    os.kill(workers.pids["sanitize" if number % 40 == 19 else "judge"], signal.SIGKILL)
            return judged

        results = await asyncio.gather(*(one(*item) for item in enumerate(behaviours)))
        assert taken(await sent(workers, "honest")) == b"hello"

    released = 0
    for judged in results:
        if judged.copy is not None:
            assert b"EVIL" not in taken(judged)
            released += 1
        else:
            assert judged.report.reason is not None
    assert released > 20


async def test_a_zygote_that_hangs_is_replaced():
    async with working(grace_s=1) as workers:
        zygote = workers.pids["sanitize"]
        os.kill(zygote, signal.SIGSTOP)

        judged = await sent(workers, "honest", policy=HASTY)
        assert judged.report.reason is Reason.TIMEOUT
        await until(lambda: not is_alive(zygote))
        assert taken(await sent(workers, "honest")) == b"hello"


async def test_a_judge_that_hangs_is_replaced():
    async with working(grace_s=1) as workers:
        os.kill(workers.pids["judge"], signal.SIGSTOP)

        judged = await sent(workers, "honest", policy=HASTY)
        assert judged.report.reason is Reason.TIMEOUT
        assert judged.copy is None
        assert taken(await sent(workers, "honest")) == b"hello"


async def test_stopping_ends_what_is_under_way():
    async with working() as workers:
        file = asyncio.create_task(sent(workers, "sleep"))
        await until(lambda: children_of(workers.pids["sanitize"]))
        child = children_of(workers.pids["sanitize"])[0]
        await workers.stop()

        assert (await file).report.verdict is Verdict.FAILED
        await until(lambda: not is_alive(child))


async def test_the_service_log_holds_the_place_of_a_bug_and_none_of_the_content(capfd):
    async with working() as workers:
        await sent(workers, "bug", b"CONTENT-OF-THE-FILE")

    log = capfd.readouterr().err
    assert '"error": "KeyError' in log
    assert "CONTENT-OF-THE-FILE" not in log
    assert "Traceback" not in log


async def test_a_policy_that_admits_nothing_releases_nothing(workers):
    judged = await sent(workers, "honest", policy=Policy(name="none"))

    assert judged.report.reason is Reason.NONSENSE


async def test_children_die_first_when_memory_is_short(workers):
    file = asyncio.create_task(sent(workers, "sleep"))
    zygote = workers.pids["sanitize"]
    await until(lambda: children_of(zygote))

    assert Path(f"/proc/{children_of(zygote)[0]}/oom_score_adj").read_text().strip() == "1000"
    file.cancel()
    await asyncio.wait([file])
    await until(lambda: not children_of(zygote))

"""D2 to D6, D9, D11, D13 on the real relay. Short here; `make soak` is the long form, `make soak SOAK=0.1` a tenth."""

import asyncio
import errno
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest

import gateway.clock as clock_module
from gateway.audit.check import check_log
from gateway.audit.log import AuditLog
from gateway.clock import Clock
from tests.boundary.test_hostile_client import peak_bytes
from tests.gateway import crash_scenario
from tests.gateway.doubles import MARK, TENANT, connected, new_config
from tests.gateway.histories import faults, faults_by_verifier, in_memory, lived
from tests.soak import crash_states, faulty_lives, kills, large_uploads, power_cuts, throughput
from tests.soak import faults as harms
from tests.soak.relay_life import PLANTS
from tests.soak.scale import IS_LONG, many, one_in, tell

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(7200 if IS_LONG else 200)
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


def told_by(module: ModuleType, *arguments: object) -> dict[str, Any]:
    """What a program of this folder prints at its end."""
    command = [sys.executable, "-m", module.__name__, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def assert_nothing_is_lost(told: dict[str, Any]) -> None:
    assert (told["lost"], told["torn"], told["doubled"], told["log_faults"]) == ([], [], [], [])
    assert told["numbers_without_gap"]


def test_random_kills_lose_nothing():
    """D2."""
    with in_memory() as folder:
        told = told_by(kills, folder, many(1000, 12))
    tell("D2, kills", told)
    assert_nothing_is_lost(told)
    assert told["held"] > 100


@pytest.mark.skipif(os.geteuid() != 0, reason="shuts file systems down")
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_power_cut_loses_nothing(kind):
    """D4: what no sync made durable is gone, on a real file system, again and again."""
    if not power_cuts.is_possible(kind):
        pytest.skip(f"no loop device, or no mkfs.{kind}")
    told = told_by(power_cuts, kind, many(50, 3))
    tell(f"D4, power cuts on {kind}", told)
    assert_nothing_is_lost(told)
    assert told["held"] > 10


@pytest.mark.skipif(os.geteuid() != 0, reason="shuts file systems down")
def test_a_power_cut_shows_a_database_that_is_not_synced():
    """D4, the test of the test: with synchronous=OFF, files that were promised are lost."""
    if not power_cuts.is_possible("ext4"):
        pytest.skip("no loop device")
    assert told_by(power_cuts, "ext4", 6, "no-database-sync")["lost"]


@pytest.mark.skipif(shutil.which("fiu-run") is None, reason="needs fiu-run (Debian: fiu-utils)")
@pytest.mark.parametrize("kind", faulty_lives.FAULTS)
def test_failing_calls_of_the_c_library_lose_nothing(kind):
    """D5, D6: writes without room, syncs with EIO, in Python and in SQLite alike; then a life in which all works."""
    with in_memory() as folder:
        told = told_by(faulty_lives, folder, many(60, 4), kind)
    tell(f"{'D5' if kind == 'full' else 'D6'}, fiu-run, {kind}", told)
    assert_nothing_is_lost(told)
    assert told["stopped"] + told["refused"] > 0, "nothing failed"


@needs_strace
def test_whatever_a_power_cut_leaves_nothing_promised_is_lost():
    """D3: every state that POSIX allows, of one life with three files, and of the first one of all."""
    for is_first_start in (False, True):
        count, found = crash_states.violations(every=one_in(80), is_first_start=is_first_start)
        tell("D3, states" + (" of the first start" if is_first_start else ""), f"{count}, violations: {len(found)}")
        assert count > 10
        assert found == []


@needs_strace
@pytest.mark.parametrize("bug", PLANTS if IS_LONG else PLANTS[2:3])
def test_a_sync_that_is_left_out_is_found(bug):
    """D3, the test of the test."""
    assert crash_states.violations(bug, every=7, stop_at=1)[1]


def test_a_sync_that_fails_stops_the_service_and_promises_nothing():
    """D6: each sync of a life fails in turn; the next life has all that was promised."""
    step, at, reached = min(5, one_in(5)), 1, True
    while reached:
        with in_memory() as folder:
            told = harms.failing_sync(folder, at)
            assert "answer" in told, told
            reached = told["answer"]["reached"]
            if reached:
                assert told["answer"]["stopped"], at
            crash_scenario.lived(folder, die_at=0)
            after = crash_scenario.told(folder)
            assert {after["states"][id] for id in after["promised"]} <= {"delivered", "withheld"}, at
            assert {text for _, _, text in after["stored"]} <= {
                (body + MARK).decode() for body in crash_scenario.BODIES
            }
            assert check_log(folder / "data/audit").fault_count == 0, at
        at += step
    assert at > 20


def test_a_flipped_bit_or_a_cut_is_never_forwarded():
    """D13: originals, copies, database, write-ahead file. Refused at the start, refused by the receiver, or no harm."""
    with in_memory() as folder:
        right = harms.stopped_relay(folder / "relay")
        assert set(harms.damaged(folder / "relay", lambda harmed: None)) == right
        untouched = 0
        for relative, offset, how in harms.flips(folder / "relay", many(2000, 45)):
            taken = harms.damaged(folder / "relay", harms.harm_at(relative, offset, how))
            assert set(taken) <= right | {"stopped"}, (relative, offset, how)
            untouched += set(taken) == right
        tell("D13, flips and cuts", f"{many(2000, 45)}, of which harmless: {untouched}")
        assert untouched > 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small file system")
async def test_a_full_disk_promises_nothing_and_recovers_alone(tmp_path):
    """D5: less and less room, down to none, at every write; then room again."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place]).returncode:
        pytest.skip("may not mount")
    try:
        config = new_config(place)
        config = replace(config, spool=replace(config.spool, reserve_bytes=1))
        async with connected(config) as (app, client):
            held, statuses = [], set()
            for left in range(400_000, -1, -4096 if IS_LONG else -32_768):
                free = os.statvfs(place).f_bavail * 4096
                with (place / "filler").open("ab") as filler:
                    if free > left:
                        try:
                            filler.write(bytes(free - left))
                        except OSError as error:
                            assert error.errno == errno.ENOSPC
                async with client.post("/v1/files?name=a.txt", data=b"x" * 20_000) as answer:
                    statuses.add(answer.status)
                    if answer.status == 202:
                        held.append((await answer.json())["id"])
            assert app.hall is not None and app.hall.spool.failure is None and not app.hall.ledger.is_failed
            assert statuses <= {202, 503, 507} and 507 in statuses
            (place / "filler").unlink()
            async with client.post("/v1/files?name=a.txt", data=b"x", headers={"Prefer": "wait=30"}) as answer:
                assert answer.status == 200
            for id in held:
                view = await app.hall.spool.wait(id, 30)
                assert view is not None and view.state.is_settled
        assert check_log(place / "data/audit").fault_count == 0
    finally:
        subprocess.run(["umount", "-l", place])


def test_a_clock_that_leaps_ahead_ends_no_retention(tmp_path, monkeypatch):
    """D9: a year ahead while it runs or was stopped, a day back: nothing is removed until it is right again."""
    wall, mono = [1_800_000_000 * 10**9], [10**12]
    monkeypatch.setattr(clock_module.time, "time_ns", lambda: wall[0])
    monkeypatch.setattr(clock_module.time, "monotonic_ns", lambda: mono[0])
    day = 86_400 * 10**9

    def passing(ns: int) -> None:
        wall[0] += ns
        mono[0] += ns

    clock = Clock(tmp_path / "clock.json")
    assert clock.believed_ns() == wall[0]
    passing(day)
    assert clock.believed_ns() == wall[0]
    wall[0] += 365 * day
    assert clock.believed_ns() is None
    assert Clock(tmp_path / "clock.json").believed_ns() is None, "over a restart"
    passing(day)
    wall[0] -= 365 * day
    assert clock.believed_ns() == wall[0]
    wall[0] -= day
    assert clock.believed_ns() == wall[0]
    passing(day)
    assert Clock(tmp_path / "clock.json").believed_ns() == wall[0]
    wall[0] += 20 * day
    assert Clock(tmp_path / "clock.json").believed_ns() == wall[0], "three weeks of a stopped service"


@pytest.mark.skipif(not IS_LONG, reason="`make soak`; the short form is in tests/gateway/test_audit_attacks.py")
def test_ten_thousand_good_histories_are_not_suspected():
    count = many(10_000, 40)
    for seed in range(1000, 1000 + count):
        with in_memory() as folder:
            made = lived(folder / "h", seed)
            assert faults(made.audit, made.key, made.exported()) == [], seed
            assert faults_by_verifier(made.audit, made.key, made.exported()) == [], seed
    tell("good histories, false alarms", f"{count}, 0")


async def test_twenty_large_uploads_at_once_stay_within_256_mib(tmp_path):
    """D11: 20 of 200 MiB (short: 6 of 40), all accepted, in bounded memory."""
    count, size = (20, 200 << 20) if IS_LONG else (6, 40 << 20)
    started = subprocess.Popen(
        [sys.executable, "-m", large_uploads.__name__, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert started.stdin is not None and started.stdout is not None
    port = int(started.stdout.readline())

    async def body():
        yield b"encrypted!"
        for _ in range(size >> 20):
            yield bytes(1 << 20)

    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=TENANT) as client:

        async def send(number: int) -> int:
            async with client.post(f"/v1/files?name={number}.txt", data=body()) as answer:
                return answer.status

        statuses = await asyncio.gather(*(send(number) for number in range(count)))
    peak = peak_bytes(started.pid)
    started.stdin.close()
    assert started.wait(120) == 0
    tell("D11", f"{peak >> 20} MiB at most, {count} uploads of {size >> 20} MiB")
    assert statuses == [202] * count and peak < 256 << 20


@pytest.mark.skipif(not IS_LONG, reason="minutes: `make soak`")
def test_two_thousand_files_and_killed_workers(tmp_path):
    """Real workers, both zygotes killed twice: nothing lost, nothing doubled."""
    small, large = many(2000, 100), many(20, 2)
    told = told_by(throughput, tmp_path, small, large)
    tell("files of 200 kB and 20 MB, workers killed", told)
    assert (told["stored"], told["lost"], told["doubled"], told["kills_left"]) == (small + large, 0, 0, 0)


def test_a_day_of_a_hundred_thousand_records_is_checked_in_time():
    """Under ten seconds, and a record costs little. Counted in CPU time, so that a busy machine is no fault."""
    lines = 100_000 if IS_LONG else 20_000
    event = {"event": "received", "id": "F" * 26, "tenant": "city", "size": 1, "sha256": "0" * 64, "door": "http"}
    with in_memory() as folder, AuditLog.open(folder / "audit") as log:
        started = time.process_time()
        for _ in range(lines // 200):
            log.append([event] * 200)
        writing_s = time.process_time() - started
        started = time.process_time()
        outcome = check_log(folder / "audit")
        checking_s = time.process_time() - started
    tell("the log", f"{writing_s / lines * 1e3:.4f} ms CPU a record, {checking_s:.1f} s CPU to check {lines}")
    assert outcome.fault_count == 0 and outcome.head.size == lines
    assert writing_s / lines < 0.0002 and checking_s < 10 * lines / 100_000

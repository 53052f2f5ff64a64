"""The audit log: durable before it answers, one sequence without holes, and closed for good after a failed sync."""

import asyncio
import errno
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gateway.audit.fields import EVENTS, EventError, check_event
from gateway.audit.log import AuditLog, LogFullError
from gateway.audit.recorder import Recorder
from gateway.audit.segments import LogError, read, segments

ROOT = Path(__file__).parents[2]


def released(number: int = 0) -> dict[str, object]:
    return {"event": "released", "id": f"f{number}"}


def told(folder: Path) -> list[str]:
    return [str(line.event.get("id", line.event["event"])) for line in read(folder)]


def first(folder: Path) -> Path:
    return folder / "0000000000000001.jsonl"


def test_lines_are_canonical_numbered_and_stamped(tmp_path):
    with AuditLog.open(tmp_path / "audit") as log:
        assert log.append([released(1), released(2)]) == [1, 2]
        assert log.append([released(3)]) == [3]

    lines = first(tmp_path / "audit").read_bytes().splitlines()
    values = [json.loads(line) for line in lines]
    assert [value["seq"] for value in values] == [1, 2, 3]
    assert set(values[0]) == {"v", "seq", "time", "boot", "mono_ns", "event", "id"}
    assert len(values[0]["time"]) == len("2027-01-15T08:00:00.000001Z")
    assert values[0]["mono_ns"] <= values[2]["mono_ns"]
    assert lines[0] == json.dumps(values[0], sort_keys=True, separators=(",", ":")).encode()


def test_the_sequence_goes_on_after_a_restart(tmp_path):
    for expected in (1, 2, 3):
        with AuditLog.open(tmp_path) as log:
            assert log.append([released(expected)]) == [expected]

    assert told(tmp_path) == ["f1", "f2", "f3"]


def test_a_full_segment_is_sealed_and_the_next_is_named_by_its_first_number(tmp_path):
    with AuditLog.open(tmp_path, segment_bytes=400) as log:
        for number in range(1, 8):
            log.append([released(number)])
    with AuditLog.open(tmp_path, segment_bytes=400) as log:
        log.append([released(8)])

    names = [path.name for path in segments(tmp_path)]
    assert names[:2] == ["0000000000000001.jsonl", "0000000000000003.jsonl"]
    assert first(tmp_path).stat().st_mode & 0o777 == 0o440
    assert told(tmp_path) == [f"f{number}" for number in range(1, 9)]


def test_a_second_writer_is_refused(tmp_path):
    with AuditLog.open(tmp_path), pytest.raises(LogError, match="another process"):
        AuditLog.open(tmp_path)
    AuditLog.open(tmp_path).close()


@pytest.mark.parametrize("torn", [b"{", b'{"boot":"', b"\0" * 200_000, "写".encode()[:2]])
def test_a_torn_tail_is_cut_kept_and_told(tmp_path, torn):
    with AuditLog.open(tmp_path) as log:
        log.append([released(1)])
    with first(tmp_path).open("ab") as file:
        file.write(torn)
    assert told(tmp_path) == ["f1"]

    with AuditLog.open(tmp_path) as log:
        assert log.append([released(3)]) == [3]

    assert told(tmp_path) == ["f1", "torn", "f3"]
    assert (tmp_path / "0000000000000002.torn").read_bytes() == torn
    assert next(line.event["torn_bytes"] for line in read(tmp_path) if line.seq == 2) == len(torn)


def test_a_crash_between_cutting_and_telling_is_told_at_the_next_start(tmp_path):
    class Dying(AuditLog):
        def _append(self, events):
            raise KeyboardInterrupt

    with AuditLog.open(tmp_path) as log:
        log.append([released(1)])
    with first(tmp_path).open("ab") as file:
        file.write(b"{torn")
    with pytest.raises(KeyboardInterrupt):
        Dying(tmp_path)
    assert told(tmp_path) == ["f1"]

    AuditLog.open(tmp_path).close()
    AuditLog.open(tmp_path).close()

    assert told(tmp_path) == ["f1", "torn"]


def edited(lines: list[bytes]) -> dict[str, list[bytes]]:
    """What somebody may do to whole lines."""
    return {
        "a line deleted": [lines[0], lines[2]],
        "the first deleted": lines[1:],
        "two swapped": [lines[1], lines[0], lines[2]],
        "one doubled": [lines[0], lines[0], *lines[1:]],
        "a blank line": [lines[0], b"", *lines[1:]],
        "nonsense": [*lines, b"nonsense"],
        "no object": [*lines, b"[]"],
        "no number": [*lines, b'{"event":"released"}'],
        "a blank in a line": [lines[0].replace(b":", b": ", 1), *lines[1:]],
        "a key twice": [lines[0].replace(b'"event"', b'"event":"","event"'), *lines[1:]],
        "number as text": [lines[0].replace(b'"seq":1', b'"seq":"1"'), *lines[1:]],
        "number as truth": [lines[0].replace(b'"seq":1', b'"seq":true'), *lines[1:]],
        "carriage return": [lines[0] + b"\r", *lines[1:]],
        "a huge line": [*lines, b'"' + b"x" * 100_000 + b'"'],
    }


@pytest.mark.parametrize("how", edited([b""] * 3))
def test_what_does_not_continue_the_sequence_stops_the_service(tmp_path, how):
    with AuditLog.open(tmp_path) as log:
        log.append([released(1), released(2), released(3)])
    path = first(tmp_path)
    path.write_bytes(b"".join(line + b"\n" for line in edited(path.read_bytes().splitlines())[how]))
    before = path.read_bytes()

    with pytest.raises(LogError):
        AuditLog.open(tmp_path)
    with pytest.raises(LogError):
        list(read(tmp_path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("harm", ["missing", "swapped", "renamed", "torn", "emptied"])
def test_a_segment_that_does_not_lead_to_the_next_stops_the_service(tmp_path, harm):
    with AuditLog.open(tmp_path, segment_bytes=400) as log:
        for number in range(1, 9):
            log.append([released(number)])
    one, two, three, *_ = segments(tmp_path)
    for path in (one, two, three):
        path.chmod(0o640)
    match harm:
        case "missing":
            two.unlink()
        case "swapped":
            contents = two.read_bytes(), three.read_bytes()
            three.write_bytes(contents[0])
            two.write_bytes(contents[1])
        case "renamed":
            two.rename(tmp_path / "0000000000000004.jsonl")
        case "torn":
            two.write_bytes(two.read_bytes()[:-5])
        case "emptied":
            two.write_bytes(b"")

    with pytest.raises(LogError):
        AuditLog.open(tmp_path)


@pytest.mark.parametrize("name", ["1.jsonl", "0000000000000000.jsonl", "x.jsonl", "0000000000000002.jsonl"])
def test_a_stray_segment_stops_the_service(tmp_path, name):
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(LogError):
        AuditLog.open(tmp_path)


def test_an_empty_segment_left_by_a_crash_is_used(tmp_path):
    first(tmp_path).write_bytes(b"")

    with AuditLog.open(tmp_path) as log:
        assert log.append([released(1)]) == [1]
    assert told(tmp_path) == ["f1"]


class FailingSync(AuditLog):
    """A disk that fails once, as a real one may, and claims to be well afterwards."""

    failures = 0

    def sync(self, descriptor):
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(descriptor)


def test_a_failed_sync_ends_the_log_for_good(tmp_path):
    log = FailingSync(tmp_path)
    log.append([released(1)])
    log.failures = 1

    with pytest.raises(LogError, match="durable"):
        log.append([released(2)])
    with pytest.raises(LogError):
        log.append([released(3)])
    assert log.is_failed


async def test_a_failed_sync_fails_every_caller_now_and_later(tmp_path):
    log = FailingSync(tmp_path)
    recorder = Recorder(log)
    log.failures = 1

    answers = await asyncio.gather(*(recorder.record([released(n)]) for n in range(20)), return_exceptions=True)
    assert all(isinstance(answer, LogError) for answer in answers)
    with pytest.raises(LogError):
        await recorder.record([released()])
    assert recorder.is_failed
    await recorder.close()


class CountingSync(AuditLog):
    """Counts the syncs, and holds the first one until the test has queued the rest."""

    def __init__(self, folder):
        self.syncs, self.is_open = 0, threading.Event()
        super().__init__(folder)

    def sync(self, descriptor):
        self.syncs += 1
        self.is_open.wait(60)
        super().sync(descriptor)


async def test_all_who_wait_share_one_sync(tmp_path):
    log = CountingSync(tmp_path)
    recorder = Recorder(log)
    waiting = [asyncio.create_task(recorder.record([released(n), released(n)])) for n in range(300)]
    await asyncio.sleep(0)  # each task has queued its events; the writer holds the first of them
    log.is_open.set()

    numbers = await asyncio.gather(*waiting)
    assert sorted(number for pair in numbers for number in pair) == list(range(1, 601))
    assert all(pair == [pair[0], pair[0] + 1] for pair in numbers)
    assert log.syncs <= 3
    await recorder.close()
    assert len(told(tmp_path)) == 600


async def test_nobody_is_answered_before_the_sync(tmp_path):
    log = CountingSync(tmp_path)
    recorder = Recorder(log)
    task = asyncio.create_task(recorder.record([released(1)]))
    while not log.syncs:
        await asyncio.sleep(0)

    assert not task.done()
    log.is_open.set()
    assert await task == [1]
    await recorder.close()


async def test_one_caller_s_mistake_is_his_alone(tmp_path):
    recorder = Recorder(AuditLog.open(tmp_path))
    good, bad = await asyncio.gather(
        recorder.record([released(1)]),
        recorder.record([{"event": "released", "id": "f2", "name": "写真.jpg"}]),
        return_exceptions=True,
    )

    assert good == [1]
    assert isinstance(bad, EventError)
    assert await recorder.record([released(2)]) == [2]
    await recorder.close()


async def test_a_caller_that_goes_away_harms_nobody(tmp_path):
    log = CountingSync(tmp_path)
    recorder = Recorder(log)
    gone, stays = (asyncio.create_task(recorder.record([released(n)])) for n in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    log.is_open.set()

    assert await stays == [2]
    await recorder.close()
    assert told(tmp_path) == ["f1", "f2"]


async def test_what_waits_is_written_before_closing(tmp_path):
    recorder = Recorder(AuditLog.open(tmp_path))
    task = asyncio.create_task(recorder.record([released(1)]))
    await asyncio.sleep(0)
    await recorder.close()

    assert await task == [1]
    with pytest.raises(LogError, match="closed"):
        await recorder.record([released(2)])
    await recorder.close()


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"event": None},
        {"event": []},
        {"event": "made-up"},
        {"event": "released"},
        {"event": "released", "id": "写真"},
        {"event": "released", "id": "../f1"},
        {"event": "released", "id": "f1", "name": "a.jpg"},
        {"event": "released", "id": "f1", "sender_mark": "yamada@city.example"},
        {"event": "released", "id": "f1", "tenant": "a\u202eb"},
        {"event": "released", "id": "f1", "size": -1},
        {"event": "released", "id": "f1", "size": True},
        {"event": "released", "id": "f1", "size": 1.0},
        {"event": "released", "id": "f1", "policy": "a\nb"},
        {"event": "released", "id": "f1", "seq": 7},
        {"event": "released", "id": "f1", "time": "now"},
    ],
    ids=str,
)
def test_what_the_tables_do_not_know_is_not_written(tmp_path, event):
    with AuditLog.open(tmp_path) as log, pytest.raises(EventError):
        log.append([event])
    assert list(tmp_path.iterdir()) == []


def test_every_event_of_the_table_can_be_told():
    values = {"signature": "A" * 86 + "==", "torn_sha256": "0" * 64, "certificate_sha256": "0" * 64}
    values |= {"sha256": "0" * 64, "sha256_in": "0" * 64, "size": 1, "torn_bytes": 1, "delivery_seq": 1}
    values |= {"public": "A" * 43 + "=", "first": 1, "last": 1, "count": 1}
    for event, fields in EVENTS.items():
        check_event({"event": event} | {field: values.get(field, "x") for field in fields})


def child(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


APPEND_FOR_EVER = """
import sys
from pathlib import Path
from gateway.audit.log import AuditLog
log = AuditLog.open(Path(sys.argv[1]), segment_bytes=20_000)
while True:
    for number in log.append([{"event": "released", "id": "f1"}] * 7):
        sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_answered_survives_kill_9(tmp_path):
    """Five lives, each killed while it appends: no acknowledged line is missing, none is torn, no number is twice."""
    for life in range(5):
        process = child(APPEND_FOR_EVER, str(tmp_path))
        assert process.stdout is not None
        answered = b"".join(process.stdout.readline() for _ in range(200 + 37 * life))
        process.send_signal(signal.SIGKILL)
        answered += process.communicate()[0]
        acknowledged = int(answered[: answered.rindex(b"\n")].splitlines()[-1])
        with AuditLog.open(tmp_path, segment_bytes=20_000):
            assert len(list(read(tmp_path))) >= acknowledged >= 200


FILL = """
import resource, sys
from pathlib import Path
from gateway.audit.log import AuditLog, LogFullError
log = AuditLog.open(Path(sys.argv[1]))
log.append([{"event": "released", "id": "f1"}])
size = Path(sys.argv[1], "0000000000000001.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        log.append([{"event": "released", "id": "f2"}])
    except LogFullError:
        print("full", Path(sys.argv[1], "0000000000000001.jsonl").stat().st_size == size)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(log.append([{"event": "released", "id": "f3"}]))
"""


def test_a_batch_that_finds_no_room_is_taken_back_and_the_log_goes_on(tmp_path):
    """The limit of a file's size stands in for a full disk: the write is cut short in the middle of a line."""
    assert resource.RLIMIT_FSIZE  # Linux and other Unixes
    output, errors = child(FILL, str(tmp_path)).communicate()

    assert output.decode().splitlines() == ["full True", "full True", "[2]"], errors.decode()
    assert told(tmp_path) == ["f1", "f3"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_recovers_alone_once_there_is_room(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs here: {mounted.stderr.decode().strip()}")
    try:
        with AuditLog.open(tmp_path / "audit") as log:
            log.append([released(1)])
            (tmp_path / "ballast").write_bytes(b"\0" * 40_000)
            with pytest.raises(LogFullError):
                while True:
                    log.append([released(2)] * 50)
            held = log.next_seq - 1
            assert len(told(tmp_path / "audit")) == held
            (tmp_path / "ballast").unlink()
            assert log.append([released(3)]) == [held + 1]
        AuditLog.open(tmp_path / "audit").close()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

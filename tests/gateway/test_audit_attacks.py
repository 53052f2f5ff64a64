"""Every attack on the log is told by Sekisho's checker and by the auditors' one file; good histories never are."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.audit.checkpoint import Note, sign
from gateway.audit.epochs import epoch_event
from gateway.audit.head import Head
from gateway.audit.keys import SigningKey
from gateway.audit.log import AuditLog
from gateway.audit.merkle import root
from gateway.audit.proof import check_proof, prove
from gateway.audit.record import canonical, leaf
from gateway.audit.segments import LogError, read
from tests.gateway.histories import DAY_S, SECOND, History, faults, faults_by_verifier, in_memory, lived, time_of

AT = 5  # where the line stands that is changed: a file was received
HISTORIES = 40  # `make soak` lives ten thousand


@pytest.fixture(scope="module")
def history(tmp_path_factory) -> History:
    """Three days with a restart, in several segments."""
    made = History(tmp_path_factory.mktemp("history"))

    async def live() -> None:
        await made.start()
        for _ in range(3):
            await made.files(4)
            await made.wait(70)
            made.clock.wall += DAY_S * SECOND
            await made.wait(70)
        await made.stop()
        await made.start()
        await made.files(3)
        await made.stop()

    with time_of(made):
        asyncio.run(live())
    return made


@pytest.fixture
def copy(history, tmp_path) -> Path:
    shutil.copytree(history.audit, tmp_path / "audit")
    return tmp_path / "audit"


def lines_of(folder: Path) -> list[bytes]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def rewrite(folder: Path, lines: list[bytes]) -> None:
    for path in folder.glob("*.jsonl"):
        path.chmod(0o640)
        path.unlink()
    (folder / "0000000000000001.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))


def changed(line: bytes, **values: object) -> bytes:
    return canonical(json.loads(line) | values)


def renumbered(lines: list[bytes]) -> list[bytes]:
    return [changed(line, seq=seq) for seq, line in enumerate(lines, 1)]


def index_of(lines: list[bytes], event: str) -> int:
    return next(at for at, line in enumerate(lines) if json.loads(line)["event"] == event and at > 5)


def test_the_history_holds(history):
    assert faults(history.audit, history.key, history.exported()) == []
    assert faults_by_verifier(history.audit, history.key, history.exported()) == []
    assert len(list(history.audit.glob("*.jsonl"))) > 3 and len(list((history.audit / "checkpoints").iterdir())) == 3


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_no_good_history_is_suspected(seed):
    with in_memory() as folder:
        made = lived(folder / "h", seed)
        assert faults(made.audit, made.key, made.exported()) == []
        assert faults_by_verifier(made.audit, made.key, made.exported()) == []


def back_dated(lines: list[bytes]) -> list[bytes]:
    at = len(lines) - 4
    told = json.loads(lines[at])
    new = changed(lines[at], time="2027-01-01T00:00:00.000000Z", mono_ns=told["mono_ns"])
    return renumbered([*lines[:at], new, *lines[at:]])


LINE_ATTACKS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "one byte": lambda lines: [*lines[:AT], lines[AT].replace(b"city", b"cit\xc3\xbf"), *lines[AT + 1 :]],
    "one digit that fits": lambda lines: [*lines[:AT], changed(lines[AT], size=2), *lines[AT + 1 :]],
    "deleted": lambda lines: lines[:AT] + lines[AT + 1 :],
    "deleted and renumbered": lambda lines: renumbered(lines[:AT] + lines[AT + 1 :]),
    "inserted": lambda lines: renumbered([*lines[:AT], lines[AT], *lines[AT:]]),
    "swapped": lambda lines: renumbered([*lines[:AT], lines[AT + 1], lines[AT], *lines[AT + 2 :]]),
    "back-dated": back_dated,
    "key that stands twice": lambda lines: [*lines[:AT], lines[AT][:-1] + b',"v":1}', *lines[AT + 1 :]],
    "escaped letter": lambda lines: [*lines[:AT], lines[AT].replace(b"city", b"\\u0063ity"), *lines[AT + 1 :]],
    "look-alike key": lambda lines: [
        *lines[:AT],
        lines[AT].replace(b'"tenant"', '"tenаnt"'.encode()),
        *lines[AT + 1 :],
    ],
    "huge line": lambda lines: [*lines[:AT], changed(lines[AT], door="x" * 100_000), *lines[AT + 1 :]],
    "nested without end": lambda lines: [*lines[:AT], b"[" * 60_000, *lines[AT + 1 :]],
    "day key taken out": lambda lines: renumbered(
        [one for one in lines if json.loads(one)["seq"] != _second_day(lines)]
    ),
}


def _second_day(lines: list[bytes]) -> int:
    return json.loads(lines[index_of(lines, "epoch")])["seq"]


@pytest.mark.parametrize("attack", LINE_ATTACKS)
def test_a_changed_line_is_told(history, copy, attack):
    """With nothing but the public key: the head of each day and the newest are signed."""
    rewrite(copy, LINE_ATTACKS[attack](lines_of(copy)))

    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)


@pytest.mark.parametrize("harm", ["missing", "swapped", "first"])
def test_a_missing_or_swapped_segment_is_told(history, copy, harm):
    first, second, third, *_ = sorted(copy.glob("*.jsonl"))
    if harm == "missing":
        second.unlink()
    elif harm == "first":
        first.unlink()
    else:
        a, b = second.read_bytes(), third.read_bytes()
        second.chmod(0o640), third.chmod(0o640)
        second.write_bytes(b), third.write_bytes(a)

    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)


def pruned(copy: Path, history: History) -> int:
    """After its retention, and after the next start."""
    with time_of(history):
        with AuditLog.open(copy) as log:
            count = log.prune("2999-01-01T00:00:00.000000Z")
        with AuditLog.open(copy) as log:
            assert log.prune("2999-01-01T00:00:00.000000Z") == 0
            log.append([{"event": "started", "role": "gateway"}])
    return count


def test_what_was_removed_after_its_retention_leaves_every_root(history, copy):
    """Each checkpoint that was ever exported still fits, and a proof from before; what lines said of files is gone."""
    before = lines_of(copy)
    proof = prove("f1", read(copy), note=history.exported()[-1])
    assert proof is not None
    count = pruned(copy, history)

    assert count > 5
    after = lines_of(copy)
    assert sum(len(line) == 64 for line in after) == count and b'"id":"f1"' not in b"".join(after)
    assert [line for line in before if b'"epoch"' in line] == [line for line in after if b'"epoch"' in line]
    assert faults(copy, history.key, history.exported()) == []
    assert faults_by_verifier(copy, history.key, history.exported()) == []
    assert [event["event"] for event in check_proof(proof).events] == ["received", "decided", "released"]
    assert prove("f1", read(copy)) is None


@pytest.mark.parametrize("harm", ["no record", "another hash", "record of other lines", "record before"])
def test_a_line_that_was_taken_out_without_a_record_is_told(history, copy, harm):
    lines = lines_of(copy)
    removed = leaf(lines[AT]).hex().encode()
    if harm == "another hash":
        pruned(copy, history)
        lines = lines_of(copy)
        lines[AT] = b"0" * 64
    else:
        lines[AT] = removed
    if harm.startswith("record"):
        first, last = (AT + 2, AT + 3) if harm == "record of other lines" else (1, len(lines) + 10)
        told = {"event": "pruned", "first": first, "last": last, "count": 1}
        with time_of(history), AuditLog.open(copy) as log:
            log.append([told])
        lines = [*lines, lines_of(copy)[-1]]
    rewrite(copy, lines)

    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)


def test_a_tail_that_was_cut_is_told(history, copy):
    rewrite(copy, lines_of(copy)[:-3])

    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)


def roll_back(folder: Path, history: History) -> Note:
    """Log and checkpoint as they were some time ago: both are genuine."""
    old = [note for note in history.exported() if note.head.size < len(lines_of(folder)) - 5][-1]
    rewrite(folder, lines_of(folder)[: old.head.size])
    (folder / "checkpoint").write_text(old.text())
    for path in (folder / "checkpoints").iterdir():
        if int(path.stem) > old.head.size:
            path.unlink()
    return old


def test_a_roll_back_is_told_by_its_age_or_by_an_exported_checkpoint(history, copy):
    roll_back(copy, history)

    assert faults(copy, history.key) == []
    assert faults(copy, history.key, not_before="2031-01-01T00:00:00.000000Z")
    assert faults(copy, history.key, history.exported())
    assert faults_by_verifier(copy, history.key) == []
    assert faults_by_verifier(copy, history.key, history.exported())


def forge(folder: Path, history: History, lines: list[bytes]) -> None:
    """Whoever holds the gateway's own key and draws new day keys signs everything anew."""
    days = [line for line in lines if json.loads(line)["event"] == "epoch"]
    made = [SigningKey.create(folder.parent / f"forged-{n}.pem") for n in range(len(days))]
    voucher, fresh = history.key, iter(made)
    for at, line in enumerate(lines):
        if json.loads(line)["event"] == "epoch":
            new = next(fresh)
            lines[at] = changed(line, **epoch_event(f"sekisho/{history.key.id}", new, voucher))
            voucher = new
    rewrite(folder, lines)
    shutil.rmtree(folder / "checkpoints")
    (folder / "checkpoints").mkdir()
    ends = [at + 1 for at, line in enumerate(lines) if json.loads(line)["event"] == "epoch"][1:]
    for day, end in zip(made, ends):
        _sign(folder / "checkpoints" / f"{end:016d}.note", lines[:end], history.key, day)
    _sign(folder / "checkpoint", lines, history.key, made[-1])


def _sign(path: Path, lines: list[bytes], key: SigningKey, day: SigningKey) -> None:
    head = Head(len(lines), root(map(leaf, lines)))
    path.write_text(sign(f"sekisho/{key.id}", head, (key, day)).text())


def test_whoever_holds_the_key_is_told_by_an_exported_checkpoint_alone(history, copy):
    """Why checkpoints must leave the machine."""
    lines = lines_of(copy)
    forge(copy, history, [*lines[:AT], changed(lines[AT], size=2), *lines[AT + 1 :]])

    assert faults(copy, history.key) == []
    assert faults_by_verifier(copy, history.key) == []
    oldest = [note for note in history.exported() if note.head.size > AT][:1]
    assert faults(copy, history.key, oldest)
    assert faults_by_verifier(copy, history.key, oldest)


def test_a_later_intruder_cannot_sign_the_past(history, copy):
    """Today's key and the gateway's own are his; yesterday's is no more."""
    lines = lines_of(copy)
    lines[AT] = changed(lines[AT], size=2)
    rewrite(copy, lines)
    _sign(copy / "checkpoint", lines, history.key, SigningKey.load(history.keys_folder / "epoch.pem"))

    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)
    for path in (copy / "checkpoints").iterdir():  # nor does it help to take away what that key signed
        path.unlink()
    assert faults(copy, history.key)
    assert faults_by_verifier(copy, history.key)


def test_a_chain_of_day_keys_that_begins_anew_is_told(history, copy):
    lines = lines_of(copy)
    at = index_of(lines, "epoch")
    stranger = SigningKey.create(copy.parent / "stranger.pem")
    lines[at] = changed(lines[at], **epoch_event(f"sekisho/{history.key.id}", stranger, history.key))
    rewrite(copy, lines)

    assert any("anew" in told for told in faults(copy, history.key))
    assert any("anew" in told for told in faults_by_verifier(copy, history.key))


def test_another_gateway_s_log_and_a_forged_key_are_told(history, copy, tmp_path):
    stranger = SigningKey.create(tmp_path / "stranger.pem")

    assert faults(copy, stranger)
    assert faults_by_verifier(copy, stranger)


def test_a_log_that_is_not_written_any_more_is_told_by_its_age(history, copy):
    assert faults(copy, history.key, not_before="2031-01-01T00:00:00.000000Z")
    assert faults_by_verifier(copy, history.key, max_age=-1e9)


def test_a_silence_without_a_restart_is_told(tmp_path):
    """The service ran, and nobody wrote for hours: the heartbeats were taken out."""
    made = History(tmp_path / "h")

    async def live() -> None:
        await made.start()
        await made.files(1)
        made.clock.pass_(7200)
        await made.files(1)
        await made.stop()

    with time_of(made):
        asyncio.run(live())
    assert any("silent" in told for told in faults(made.audit, made.key))
    assert any("silence" in told for told in faults_by_verifier(made.audit, made.key))


def test_a_clock_that_was_set_is_told_as_such_and_is_no_fault(tmp_path):
    made = History(tmp_path / "h")

    async def live() -> None:
        await made.start()
        await made.files(1)
        made.clock.wall -= DAY_S * SECOND
        await made.files(1)
        made.clock.wall += 366 * DAY_S * SECOND
        await made.files(1)
        await made.stop()
        made.clock.wall -= DAY_S * SECOND
        await made.start()
        await made.stop()

    with time_of(made):
        asyncio.run(live())
    events = [json.loads(line) for line in lines_of(made.audit)]
    steps = [(one.get("back_ms"), one.get("ahead_ms")) for one in events if one["event"] == "clock"]
    assert steps == [(DAY_S * 1000, None), (None, 366 * DAY_S * 1000), (DAY_S * 1000, None)]
    assert faults(made.audit, made.key, made.exported()) == []


@pytest.mark.parametrize("torn", [b"", b'{"boot":"a piece of a line'])
def test_a_torn_end_planted_over_acknowledged_lines_stops_the_service(history, copy, torn):
    """The checkpoint beside the log knows that there were more."""
    lines = lines_of(copy)
    rewrite(copy, lines[:-3])
    with (copy / "0000000000000001.jsonl").open("ab") as file:
        file.write(torn)

    with pytest.raises(LogError, match="checkpoint was signed for"):
        AuditLog.open(copy)


def test_a_start_does_not_take_up_another_log_than_the_one_that_was_signed(history, copy):
    lines = lines_of(copy)
    rewrite(copy, [*lines[:AT], changed(lines[AT], size=2), *lines[AT + 1 :]])
    for path in copy.glob("edge.*"):
        path.unlink()

    with pytest.raises(LogError, match="not the log"):
        AuditLog.open(copy)


def test_two_auditors_who_were_shown_two_logs_find_out_when_they_compare(history, copy, tmp_path):
    """Both logs hold by themselves; a checkpoint of one does not fit the other."""
    lines = lines_of(copy)
    forge(copy, history, [*lines[:AT], changed(lines[AT], size=2), *lines[AT + 1 :]])
    first = history.exported()[-1]

    assert faults(copy, history.key) == [] and faults(history.audit, history.key) == []
    assert faults(copy, history.key, [first])
    assert faults_by_verifier(copy, history.key, [first])


def test_somebody_else_s_line_stops_the_service(tmp_path):
    with AuditLog.open(tmp_path) as log:
        log.append([{"event": "heartbeat"}])
        with (tmp_path / "0000000000000001.jsonl").open("ab") as file:
            file.write(b"{}\n")
        with pytest.raises(LogError, match="somebody else"):
            log.append([{"event": "heartbeat"}])

"""The receiver against a gateway on a real socket that misbehaves: nothing is stored unless every check holds."""

import asyncio
import copy
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.audit.keys import SigningKey, key_ring
from gateway.audit.log import AuditLog
from gateway.audit.record import canonical, open_seal, seal
from gateway.audit.segments import read
from gateway.receiver import receive
from gateway.receiver_config import ReceiverConfig, ReceiverLimits
from gateway.store import FolderStore, StoreError
from gateway.toml_file import ConfigError
from policies.load import load_policy
from policies.model import Policy
from sanitizers.model import Check, Opinion
from tests.boundary.gateway_double import GatewayDouble, Lent, body, chunked, endless, reset, stalled

ROOT = Path(__file__).parents[2]
LIMITS = ReceiverLimits(
    wait_s=5, answer_s=20, idle_s=0.3, retry_first_s=0.01, retry_most_s=0.02, reserve_bytes=1, stop_s=5
)


class JudgeDouble:
    """Speaks for the confined judge, whose own tests are elsewhere. Remembers what it was shown."""

    def __init__(self, *opinions: Opinion) -> None:
        self.opinions, self.shown = list(opinions), []

    async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
        self.shown.append((os.pread(fd, 1 << 23, 0), media_type, policy.name))
        with pytest.raises(OSError):
            os.write(fd, b"no")
        return self.opinions.pop(0) if self.opinions else Opinion(True)

    shown: list[tuple[bytes, str, str]]


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    made = SigningKey.create(tmp_path / "signing.pem")
    (tmp_path / "public.pem").write_bytes(made.public_pem())
    return made


@pytest.fixture
async def gateway(key: SigningKey, tmp_path: Path) -> AsyncIterator[GatewayDouble]:
    async with GatewayDouble(key) as double:
        double.observe = lambda: visible(tmp_path)
        yield double


def config(folder: Path, url: str, **other: Any) -> ReceiverConfig:
    values: dict[str, Any] = {
        "url": url,
        "consumer": "lgwan",
        "trust": (folder / "public.pem",),
        "store": folder / "store",
        "audit": folder / "audit",
        "audit_key": folder / "receiver-keys/signing.pem",
        "checkpoints": folder / "checkpoints",
        "limits": LIMITS,
    }
    return ReceiverConfig(**(values | other))


@asynccontextmanager
async def receiving(
    folder: Path, gateway: GatewayDouble, judge: JudgeDouble | None = None, **other: Any
) -> AsyncIterator[None]:
    """A receiver that runs while the body does, and must end well."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(receive(config(folder, gateway.url, **other), stop, judge or JudgeDouble()))
        yield
        stop.set()
        await task


def visible(folder: Path) -> dict[str, bytes]:
    files = (path for path in (folder / "store").rglob("*") if path.is_file())
    found = {path.relative_to(folder / "store").as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".")}


_ALWAYS = ("epoch", "started", "stopped")


def told(folder: Path, *fields: str) -> list[tuple[Any, ...]]:
    """The audit log's events, but start and stop."""
    events = [line.event for line in read(folder / "audit")]
    return [tuple(e.get(f) for f in ("event", *fields)) for e in events if e["event"] not in _ALWAYS]


async def test_a_copy_is_stored_then_recorded_then_acknowledged(tmp_path, key, gateway):
    lent, judge = gateway.add(name="第１回　会議.txt"), JudgeDouble()
    async with receiving(tmp_path, gateway, judge):
        await gateway.until(lambda: gateway.acked(lent))

    assert visible(tmp_path) == {"city/f1/第１回　会議.txt": b"a clean copy"}
    assert gateway.observed == [visible(tmp_path)]
    assert judge.shown == [(b"a clean copy", "text/plain", "default")]
    assert told(tmp_path, "id", "delivery_seq", "sha256") == [("stored", "f1", 1, lent.delivery.sha256)]
    (record_path,) = (tmp_path / "store/.records").rglob("*.json")
    record = json.loads(record_path.read_bytes())
    assert canonical(record) == record_path.read_bytes()
    assert open_seal(canonical(record["certificate"]), key_ring([key.public]))["id"] == "f1"
    assert open_seal(canonical(record["manifest"]), key_ring([key.public]), "manifest")["seq"] == 1


async def test_only_words_of_a_closed_list_go_back(tmp_path, gateway):
    gateway.add(b"one").contents = [body(b"another")]
    gateway.add(b"two")
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: all(map(gateway.acked, gateway.copies)))

    for asked in gateway.leases:
        assert set(asked) == {"consumer", "max", "wait_s", "lease_s"}
    assert len(gateway.said) == 3
    for verb, words in gateway.said:
        assert set(words) == {"consumer", "lease", {"ack": "sha256", "nack": "reason"}[verb]}


async def test_many_copies_arrive_each_once(tmp_path, gateway):
    for number in range(40):
        gateway.add(b"copy %d" % number * (1 + 1000 * number))
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: all(map(gateway.acked, gateway.copies)))

    assert sorted(visible(tmp_path)) == sorted(f"city/f{n}/写真.txt" for n in range(1, 41))
    assert [event for (event,) in told(tmp_path)] == ["stored"] * 40
    assert max(asked["max"] for asked in gateway.leases) <= LIMITS.slots


TWO_MIB = bytes(range(256)) * 8192


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(body(TWO_MIB[::-1]), "digest", id="other bytes of the same length"),
        pytest.param(body(b""), "digest", id="nothing"),
        pytest.param(chunked(TWO_MIB[:-1]), "digest", id="cut short, as if that were all"),
        pytest.param(chunked(TWO_MIB + b"x"), "digest", id="one byte more"),
        pytest.param(chunked(TWO_MIB * 3), "digest", id="far more"),
        pytest.param(endless, "digest", id="more without end"),
        pytest.param(reset, "unavailable", id="reset in the middle"),
        pytest.param(stalled, "unavailable", id="stalls in the middle"),
        pytest.param(body(b"", 500), "unavailable", id="500"),
        pytest.param(body(b"", 503), "unavailable", id="503"),
        pytest.param(body(b"", 404), "unavailable", id="404"),
        pytest.param(body(TWO_MIB, 206), "unavailable", id="206"),
        pytest.param(body(TWO_MIB, 302, Location="/v1/deliveries/f1/content"), "unavailable", id="redirect"),
        pytest.param(body(TWO_MIB, Content_Encoding="gzip"), "unavailable", id="packed"),
    ],
)
async def test_a_copy_that_does_not_come_as_signed_is_refused_and_asked_for_again(tmp_path, gateway, fault, reason):
    lent = gateway.add(TWO_MIB)
    lent.contents = [fault]
    judge = JudgeDouble()
    async with receiving(tmp_path, gateway, judge):
        await gateway.until(lambda: gateway.acked(lent))

    assert gateway.nacks == [("f1", reason)]
    assert gateway.observed[0] == {}, "something was stored before every check held"
    assert [content for content, *_ in judge.shown] == [TWO_MIB], "the judge was shown what was not signed for"
    assert visible(tmp_path) == {"city/f1/写真.txt": TWO_MIB}
    kind = "alarm" if reason == "digest" else "refused"
    assert told(tmp_path, "reason") == [(kind, reason), ("stored", None)]
    assert list((tmp_path / "store/.incoming").iterdir()) == []


def resigned(key: SigningKey, **changes: Any) -> Callable[[dict[str, Any]], Any]:
    """An offer whose manifest says something else under a right signature."""
    return lambda made: made | {"manifest": seal(made["manifest"]["manifest"] | changes, key, "manifest")}


def changed(*path: str, to: Any) -> Callable[[dict[str, Any]], Any]:
    """An offer that was changed on the way."""

    def change(made: dict[str, Any]) -> dict[str, Any]:
        made = copy.deepcopy(made)
        holder = made
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = to
        return made

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(changed("manifest", "manifest", "sha256", to="0" * 64), "signature", id="digest"),
        pytest.param(changed("manifest", "manifest", "name", to="b.txt"), "signature", id="name"),
        pytest.param(changed("manifest", "manifest", "seq", to=2), "signature", id="number"),
        pytest.param(changed("manifest", "key", to="0" * 16), "signature", id="key"),
        pytest.param(changed("manifest", "signature", to="AAAA"), "signature", id="signature"),
        pytest.param(changed("certificate", "certificate", "name", to="b.txt"), "signature", id="certificate"),
    ],
)
async def test_an_offer_changed_on_the_way_is_refused_and_never_fetched(tmp_path, gateway, change, reason):
    lent = gateway.add()
    lent.offers = [change]
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(lent))

    assert gateway.nacks == [("f1", reason)]
    assert gateway.observed[0] == {}
    assert told(tmp_path, "reason") == [("alarm", reason), ("stored", None)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"consumer": "lgwan-2"}, "consumer"),
        ({"name": "../../f.txt"}, "name"),
        ({"name": "写真.exe"}, "name"),
        ({"tenant": ".records"}, "name"),
        ({"sha256": "0" * 64}, "certificate"),
        ({"size": 1}, "certificate"),
    ],
)
async def test_an_offer_that_the_right_key_signed_wrongly_is_refused_all_the_same(
    tmp_path, gateway, key, changes, reason
):
    lent = gateway.add()
    lent.offers = [resigned(key, **changes)]
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.nacks)

    assert gateway.nacks == [("f1", reason)]
    assert gateway.observed[0] == {}


async def test_a_stranger_s_key_is_never_believed(tmp_path, key, gateway):
    gateway.key = SigningKey.create(tmp_path / "stranger.pem")
    gateway.add()
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: len(gateway.nacks) > 2)

    assert set(gateway.nacks) == {("f1", "signature")}
    assert visible(tmp_path) == {}
    assert set(told(tmp_path, "reason")) == {("alarm", "signature")}


async def test_a_type_that_this_side_does_not_admit_is_refused_for_good(tmp_path, gateway):
    policy = Policy(name="narrow", admit=frozenset({"image/png"}))
    lent = gateway.add()
    async with receiving(tmp_path, gateway, policy=policy):
        await gateway.until(lambda: gateway.nacks)

    assert (gateway.nacks, lent.state) == ([("f1", "not-admitted")], "withheld")
    assert visible(tmp_path) == {}


async def test_this_side_s_judge_has_the_last_word(tmp_path, gateway):
    bad, good = gateway.add(b"bad"), gateway.add(b"good")
    judge = JudgeDouble(Opinion(False, Check.TEXT, "byte 1"))
    async with receiving(tmp_path, gateway, judge, limits=one_slot()):
        await gateway.until(lambda: gateway.acked(good))

    assert (gateway.nacks, bad.state) == ([("f1", "structure")], "withheld")
    assert visible(tmp_path) == {"city/f2/写真.txt": b"good"}
    assert told(tmp_path, "reason", "id") == [("alarm", "structure", "f1"), ("stored", None, "f2")]


async def test_a_judge_that_does_not_finish_is_asked_again_but_not_for_ever(tmp_path, gateway):
    lent = gateway.add()
    judge = JudgeDouble(*[Opinion(False, Check.LIMITS, "the judge did not finish")] * 9)
    async with receiving(tmp_path, gateway, judge):
        await gateway.until(lambda: lent.state == "withheld")

    assert gateway.nacks == [("f1", "unavailable"), ("f1", "unavailable"), ("f1", "structure")]
    assert visible(tmp_path) == {}


def one_slot() -> ReceiverLimits:
    return ReceiverLimits(
        slots=1, wait_s=5, answer_s=20, idle_s=0.3, retry_first_s=0.01, retry_most_s=0.02, reserve_bytes=1, stop_s=5
    )


async def lost(request: web.Request, lent: Lent) -> web.StreamResponse:
    """The acknowledgement arrives, and is forgotten."""
    lent.state = "free"
    return web.Response(status=409)


async def test_a_copy_that_is_offered_again_is_acknowledged_without_being_written_again(tmp_path, gateway):
    lent, judge = gateway.add(), JudgeDouble()
    lent.acks = [lost, lost]
    async with receiving(tmp_path, gateway, judge):
        await gateway.until(lambda: gateway.acked(lent))

    assert len(judge.shown) == 1
    assert [event for (event,) in told(tmp_path)] == ["stored", "stored-before", "stored-before"]
    assert [verb for verb, _ in gateway.said] == ["ack"] * 3


async def test_an_acknowledgement_is_tried_again_while_the_gateway_fails(tmp_path, gateway):
    lent = gateway.add()
    lent.acks = [body(b"", 503), body(b"", 500)]
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(lent))

    assert told(tmp_path) == [("stored",)]


async def test_an_id_that_comes_again_with_other_bytes_is_refused(tmp_path, gateway):
    first = gateway.add(b"first")
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(first))
        second = gateway.add(b"second", id="f1")
        await gateway.until(lambda: gateway.nacks)

    assert (gateway.nacks, second.state) == ([("f1", "conflict")], "withheld")
    assert visible(tmp_path) == {"city/f1/写真.txt": b"first"}
    assert told(tmp_path, "reason")[-1] == ("alarm", "conflict")


async def test_a_replayed_number_is_refused_and_the_same_copy_is_not(tmp_path, gateway):
    """Also after a restart: the numbers are kept on the disk."""
    first = gateway.add(b"first")
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(first))
    first.state = "free"
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(first))
        gateway.add(b"second", seq=1)
        await gateway.until(lambda: gateway.nacks)

    assert gateway.nacks[0] == ("f2", "replayed")
    assert visible(tmp_path) == {"city/f1/写真.txt": b"first"}
    assert told(tmp_path, "reason")[:3] == [("stored", None), ("stored-before", None), ("alarm", "replayed")]


async def test_a_number_announced_for_two_files_is_refused(tmp_path, gateway):
    failing = gateway.add(b"first")
    failing.contents = [body(b"", 500)] * 100_000
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.nacks)
        gateway.add(b"second", seq=1)
        await gateway.until(lambda: ("f2", "replayed") in gateway.nacks)

    assert visible(tmp_path) == {}


async def test_missing_numbers_raise_an_alarm_and_a_late_one_clears_its_own(tmp_path, gateway):
    gateway.add(b"one"), gateway.add(b"five", seq=5)
    async with receiving(tmp_path, gateway, limits=one_slot()):
        await gateway.until(lambda: all(map(gateway.acked, gateway.copies)))
        gateway.add(b"three", seq=3)
        await gateway.until(lambda: all(map(gateway.acked, gateway.copies)))

    assert told(tmp_path, "reason", "first", "last") == [
        ("stored", None, None, None),
        ("alarm", "gap", 2, 4),
        ("stored", None, None, None),
        ("cleared", "gap", 3, 3),
        ("stored", None, None, None),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=401),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
        lambda: web.Response(body=b"nonsense"),
        lambda: web.Response(body=b"[]"),
        lambda: web.Response(body=b'{"deliveries":{}}'),
        lambda: web.Response(body=b'{"deliveries":[1,2,3,4,5,6,7,8,9]}'),
        lambda: web.Response(body=b'{"deliveries":[]}'),
        lambda: web.Response(body=b'{"deliveries":[null]}'),
        lambda: web.Response(body=b'{"deliveries":[' + b"[" * 5000),
        lambda: web.Response(body=b" " * (49 << 20)),
    ],
    ids=[
        "500",
        "401",
        "redirect",
        "no JSON",
        "no object",
        "no list",
        "too many",
        "none at once",
        "no offer",
        "deep",
        "huge",
    ],
)
async def test_nonsense_in_place_of_offers_is_survived(tmp_path, gateway, answer):
    lent = gateway.add()
    gateway.lease_answers = [answer] * 3
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(lent))

    assert visible(tmp_path) == {"city/f1/写真.txt": b"a clean copy"}


async def test_after_an_answer_that_was_too_long_less_is_asked_for(tmp_path, gateway):
    lent = gateway.add()
    gateway.lease_answers = [lambda: web.Response(body=b" " * (49 << 20))]
    async with receiving(tmp_path, gateway):
        await gateway.until(lambda: gateway.acked(lent))

    assert [asked["max"] for asked in gateway.leases[:2]] == [2, 1]


async def test_no_room_stores_nothing_and_says_so(tmp_path, gateway):
    gateway.add()
    full = ReceiverLimits(wait_s=5, retry_first_s=0.01, retry_most_s=0.02, reserve_bytes=(1 << 60) - 1)
    async with receiving(tmp_path, gateway, limits=full):
        await gateway.until(lambda: len(gateway.nacks) > 1)

    assert set(gateway.nacks) == {("f1", "storage")}
    assert visible(tmp_path) == {}
    assert set(told(tmp_path, "reason")) == {("refused", "storage")}


async def test_a_store_that_breaks_stops_the_receiver_without_an_acknowledgement(tmp_path, gateway, monkeypatch):
    def broken(*arguments: object) -> None:
        raise StoreError("the disk failed")

    gateway.add()
    monkeypatch.setattr(FolderStore, "commit", broken)

    with pytest.raises(StoreError, match="the disk failed"):
        await receive(config(tmp_path, gateway.url), asyncio.Event(), JudgeDouble())
    assert [verb for verb, _ in gateway.said if verb == "ack"] == []


async def test_a_folder_that_another_receiver_has_is_told_as_a_mistake(tmp_path, gateway):
    with FolderStore(tmp_path / "store"), pytest.raises(ConfigError, match="another receiver"):
        await receive(config(tmp_path, gateway.url), asyncio.Event(), JudgeDouble())
    with AuditLog.open(tmp_path / "audit"), pytest.raises(ConfigError, match="another process"):
        await receive(config(tmp_path, gateway.url), asyncio.Event(), JudgeDouble())


async def test_a_lease_is_extended_while_the_judge_thinks(tmp_path, gateway):
    asked = asyncio.Event()

    class Slow(JudgeDouble):
        async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
            await gateway.until(lambda: [verb for verb, _ in gateway.said if verb == "extend"])
            asked.set()
            return Opinion(True)

    lent = gateway.add()
    limits = ReceiverLimits(wait_s=5, lease_s=0.05, retry_first_s=0.01, reserve_bytes=1)
    async with receiving(tmp_path, gateway, Slow(), limits=limits):
        await gateway.until(lambda: gateway.acked(lent))
    assert asked.is_set()


async def test_stopping_ends_a_question_that_hangs(tmp_path, gateway):
    patient = ReceiverLimits(wait_s=30, reserve_bytes=1)
    async with receiving(tmp_path, gateway, limits=patient):
        await gateway.until(lambda: gateway.leases)

    assert [line.event["event"] for line in read(tmp_path / "audit")] == ["epoch", "started", "stopped"]


async def test_a_copy_under_way_is_given_up_when_stopping_takes_too_long(tmp_path, gateway):
    reached = asyncio.Event()

    class Endless(JudgeDouble):
        async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
            reached.set()
            return await asyncio.get_running_loop().create_future()

    gateway.add()
    limits = ReceiverLimits(wait_s=5, reserve_bytes=1, stop_s=0.05)
    async with receiving(tmp_path, gateway, Endless(), limits=limits):
        await reached.wait()

    assert visible(tmp_path) == {}
    assert gateway.said == []
    assert list((tmp_path / "store/.incoming").iterdir()) == []


RECEIVER = """
import asyncio, sys
from pathlib import Path
from gateway.toml_file import ConfigError
from gateway.receiver import receive
from sanitizers.model import Opinion
from tests.boundary.test_receiver import JudgeDouble, config
asyncio.run(receive(config(Path(sys.argv[1]), sys.argv[2]), asyncio.Event(), JudgeDouble()))
"""


def started(folder: Path, gateway: GatewayDouble) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", RECEIVER, str(folder), gateway.url], cwd=ROOT)


async def ended(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(process.wait)


async def test_killed_between_storing_and_acknowledging_it_stores_once(tmp_path, gateway):
    """The acknowledgement is on its way when the receiver dies; the gateway never knows, and offers the copy again."""
    lent, asked = gateway.add(), asyncio.Event()

    async def hang(request: web.Request, lent: Lent) -> None:
        asked.set()
        await asyncio.get_running_loop().create_future()

    lent.acks = [hang]
    first = started(tmp_path, gateway)
    await asked.wait()
    await ended(first)
    (path,) = (path for path in (tmp_path / "store/city").rglob("*") if path.is_file())
    before = path.stat()

    lent.state = "free"
    second = started(tmp_path, gateway)
    await gateway.until(lambda: gateway.acked(lent))
    await ended(second)

    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert visible(tmp_path) == {"city/f1/写真.txt": b"a clean copy"}
    assert told(tmp_path) == [("stored",), ("stored-before",)]


async def test_killed_in_the_middle_of_a_copy_it_starts_anew(tmp_path, gateway):
    lent, asked = gateway.add(TWO_MIB), asyncio.Event()

    async def hang(request: web.Request, lent: Lent) -> None:
        asked.set()
        await stalled(request, lent)

    lent.contents = [hang]
    first = started(tmp_path, gateway)
    await asked.wait()
    await ended(first)
    assert visible(tmp_path) == {}
    numbers = json.loads((tmp_path / "store/.state/sequence.json").read_bytes())
    assert (numbers["highest"], numbers["unfinished"]) == (1, {"1": "f1"})

    lent.state = "free"
    second = started(tmp_path, gateway)
    await gateway.until(lambda: gateway.acked(lent))
    await ended(second)
    assert visible(tmp_path) == {"city/f1/写真.txt": TWO_MIB}


def listening(pid: int) -> list[str]:
    """The sockets of a process that wait for somebody to connect."""
    own = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in own:
                found.append(columns[1])
    for line in Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]:
        columns = line.split()
        if columns[3] == "00010000" and f"socket:[{columns[6]}]" in own:
            found.append(line)
    return found


async def test_nothing_listens_on_the_lgwan_side(tmp_path, gateway):
    lent = gateway.add()
    process = started(tmp_path, gateway)
    await gateway.until(lambda: gateway.acked(lent))

    assert listening(process.pid) == []
    assert listening(os.getpid()) != [], "the gateway's own socket is not seen, so this test shows nothing"
    await ended(process)


async def test_the_key_of_the_consumer_is_said_to_the_gateway_alone(tmp_path, gateway):
    (tmp_path / "consumer.key").write_text("s3cret\n")
    seen: list[str | None] = []
    lent = gateway.add()

    async def look(request: web.Request, lent: Lent) -> None:
        seen.append(request.headers.get("Authorization"))

    lent.contents = [look]
    async with receiving(tmp_path, gateway, key_file=tmp_path / "consumer.key"):
        await gateway.until(lambda: gateway.acked(lent))

    assert seen == ["Bearer s3cret"]


async def test_the_real_judge_lets_text_pass_and_stops_a_program(tmp_path, gateway):
    """With the confined processes of this side: what the gateway's judge is said to have accepted is judged anew."""
    program = gateway.add(b"MZ\x90\x00 this is no text\x00\x00")
    text = gateway.add("議事録\n".encode())
    stop = asyncio.Event()
    task = asyncio.create_task(receive(config(tmp_path, gateway.url, policy=load_policy("default")), stop))
    await gateway.until(lambda: gateway.acked(text) and program.state == "withheld")
    stop.set()
    await task

    assert gateway.nacks == [("f1", "structure")]
    assert visible(tmp_path) == {"city/f2/写真.txt": "議事録\n".encode()}

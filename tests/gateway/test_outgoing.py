"""What goes out by itself: pushed copies, webhooks, events; what nobody takes; what is withheld and opened by two."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import gateway.hooks as hooks_module
import gateway.stores.http as http_store
from gateway.app import App
from gateway.audit.check import check_log
from gateway.cli.main import main
from gateway.config import Config, Consumer, Deliveries, Operator, Webhook
from gateway.doors.upload import content_digest
from gateway.push import backoff_s, give_up_exhausted
from gateway.quarantine import bearer_of
from tests.gateway.doubles import CONSUMER, MARK, OTHER, connected, new_config

SECRET = b"0123456789abcdef01234567"
WAIT = {"Prefer": "wait=30"}
FAST = Deliveries(max_tries=4, retry_first_s=0.01, retry_most_s=0.02)

Answer = Callable[["Peer", web.Request, bytes], web.Response]


class Peer:
    """Somebody else's server: what it was sent, and what it answers, one function a request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[Answer] = []
        self.stored: dict[str, bytes] = {}
        self.silent = 0  # requests that get no answer before the next one came
        self.asked_again = asyncio.Event()
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((request.path, dict(request.headers), body))
        if self.silent:
            self.silent -= 1
            await self.asked_again.wait()
        else:
            self.asked_again.set()
        answer = self.answers.pop(0) if self.answers else stored
        return answer(self, request, body)


def stored(peer: Peer, request: web.Request, body: bytes) -> web.Response:
    """As a good store does: once for a key, and the digest comes back."""
    peer.stored.setdefault(request.headers.get("Idempotency-Key", ""), body)
    return web.Response(status=201, headers={"Repr-Digest": content_digest(hashlib.sha256(body).hexdigest())})


def refused(status: int) -> Answer:
    return lambda peer, request, body: web.Response(status=status)


def wrong(peer: Peer, request: web.Request, body: bytes) -> web.Response:
    return web.Response(status=200, headers={"Repr-Digest": content_digest("0" * 64)})


def reset(peer: Peer, request: web.Request, body: bytes) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@asynccontextmanager
async def peer_running() -> AsyncIterator[Peer]:
    peer = Peer()
    runner = web.ServerRunner(web.Server(peer.handle))  # type: ignore[arg-type]
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield peer
    finally:
        await runner.cleanup()


def pushing(config: Config, push: str, delivery: Deliveries = FAST) -> Config:
    consumer = Consumer(name="lgwan", tenants=("city-a",), push=push)
    return replace(config, consumers=(consumer,), delivery=delivery)


async def sent(
    client: aiohttp.ClientSession, data: bytes = b"x", name: str = "a.txt", **headers: str
) -> dict[str, Any]:
    async with client.post(f"/v1/files?name={name}", data=data, headers={**WAIT, **headers}) as answer:
        told: dict[str, Any] = await answer.json()
        return {"status": answer.status, **told}


async def until(app: App, id: str, *states: str) -> str:
    """The state of a transfer, once it is one of these."""
    assert app.hall is not None
    view = await app.hall.spool.get(id)
    assert view is not None
    while view.state not in states:
        view = await app.hall.spool.changed(id, view.state, 30)
        assert view is not None
    return str(view.state)


def events_of(folder: Path, id: str) -> list[str]:
    lines = [
        line for path in sorted((folder / "data/audit").glob("*.jsonl")) for line in path.read_bytes().splitlines()
    ]
    return [one["event"] for line in lines if (one := orjson.loads(line)).get("id") == id]


# Push


async def test_a_copy_is_pushed_with_its_key_and_digest_and_manifest(tmp_path):
    async with peer_running() as peer, connected(pushing(new_config(tmp_path), peer.url + "/in")) as (app, client):
        told = await sent(client, name="写真.txt")
        assert await until(app, told["id"], "delivered") == "delivered"
    ((path, headers, body),) = peer.requests
    sha256 = hashlib.sha256(b"x" + MARK).hexdigest()
    assert (path, body) == (f"/in/{told['id']}", b"x" + MARK)
    assert headers["Idempotency-Key"] == f'"{told["id"]}:{sha256}"'
    assert headers["Content-Digest"] == content_digest(sha256)
    assert json.loads(base64.b64decode(headers["Sekisho-Manifest"]))["manifest"]["sha256"] == sha256
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "delivered"]


@pytest.mark.parametrize(
    "trouble",
    [refused(500), refused(503), refused(302), refused(404), wrong, reset],
    ids=["500", "503", "302", "404", "wrong digest", "reset"],
)
async def test_a_store_in_trouble_gets_it_later_and_once(tmp_path, trouble):
    """D7: nothing is lost, a wrong digest is no delivery, the key is the same each time."""
    async with peer_running() as peer, connected(pushing(new_config(tmp_path), peer.url)) as (app, client):
        peer.answers = [trouble, trouble]
        told = await sent(client)
        await until(app, told["id"], "delivered", "undelivered")
    assert len(peer.requests) == 3 and list(peer.stored.values()) == [b"x" + MARK]
    assert len({headers["Idempotency-Key"] for _, headers, _ in peer.requests}) == 1
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "refused", "refused", "delivered"]


async def test_a_store_that_does_not_come_to_an_end_is_left_and_gets_it_later(tmp_path, monkeypatch):
    """D7: it takes the copy and says nothing; the bound is the copy's size at the slowest pace that is borne."""
    monkeypatch.setattr(http_store, "ANSWER_S", 0.2)
    async with peer_running() as peer, connected(pushing(new_config(tmp_path), peer.url)) as (app, client):
        peer.silent = 1
        told = await sent(client)
        await until(app, told["id"], "delivered")
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "refused", "delivered"]


async def test_an_answer_that_is_lost_doubles_nothing(tmp_path):
    """The store has it, its answer does not arrive: the second time it knows the key."""

    def lost(peer: Peer, request: web.Request, body: bytes) -> web.Response:
        stored(peer, request, body)
        return reset(peer, request, body)

    async with peer_running() as peer, connected(pushing(new_config(tmp_path), peer.url)) as (app, client):
        peer.answers = [lost]
        told = await sent(client)
        await until(app, told["id"], "delivered")
    assert len(peer.requests) == 2 and len(peer.stored) == 1


async def test_a_store_that_refuses_for_ever_ends_as_a_dead_letter_and_can_be_tried_again(tmp_path, operators, capsys):
    async with peer_running() as peer:
        config = replace(pushing(new_config(tmp_path), peer.url), operators=operators.configured)
        async with connected(config) as (app, client):
            assert app.hall is not None
            peer.answers = [refused(500)] * 4
            told = await sent(client)
            while not await give_up_exhausted(config, app.hall.spool, app.hall.ledger, app.hall.metrics):
                await asyncio.sleep(0)
            assert await until(app, told["id"], "undelivered") == "undelivered"
            assert len(peer.requests) == 4
            asked = ["--key", str(operators.paths[0]), "--url", f"http://127.0.0.1:{app.port}"]
            assert await asyncio.to_thread(main, ["deliveries", "list", *asked]) == 0
            assert told["id"] in capsys.readouterr().out
            assert await asyncio.to_thread(main, ["deliveries", "retry", *asked]) == 0
            assert await until(app, told["id"], "delivered") == "delivered"
    assert events_of(tmp_path, told["id"])[-3:] == ["undelivered", "requeued", "delivered"]


async def test_a_receiver_that_refuses_for_ever_ends_as_a_dead_letter(tmp_path):
    """By pull: refusals that are not final are not repeated without end."""
    config = replace(new_config(tmp_path), delivery=replace(FAST, retry_first_s=0.001, retry_most_s=0.001))
    async with connected(config) as (app, client):
        assert app.hall is not None
        told = await sent(client)
        for _ in range(4):
            asked = {"consumer": "lgwan", "max": 1, "wait_s": 30, "lease_s": 60}
            async with client.post("/v1/deliveries:lease", json=asked, headers=CONSUMER) as answer:
                (lent,) = (await answer.json())["deliveries"]
            manifest = lent["manifest"]["manifest"]
            held = {"consumer": "lgwan", "lease": manifest["lease"], "reason": "signature"}
            await client.post(f"/v1/deliveries/{told['id']}:nack", json=held, headers=CONSUMER)
        while not await give_up_exhausted(config, app.hall.spool, app.hall.ledger, app.hall.metrics):
            await asyncio.sleep(0)
        async with client.get(f"/v1/files/{told['id']}") as answer:
            assert (await answer.json())["state"] == "undelivered"


def test_the_pause_doubles_up_to_its_bound_and_is_never_in_step():
    pauses = [backoff_s(attempt, 10, 3600) for attempt in range(1, 40)]
    assert all(5 <= backoff_s(1, 10, 3600) <= 10 for _ in range(50))
    assert max(pauses) <= 3600 and min(pauses[-10:]) >= 1800
    assert len({backoff_s(3, 10, 3600) for _ in range(20)}) > 10


async def test_a_folder_is_pushed_to_as_a_receiver_would_store(tmp_path):
    config = pushing(new_config(tmp_path), f"folder:{tmp_path / 'share'}")
    async with connected(config) as (app, client):
        told = await sent(client, name="a.txt")
        await until(app, told["id"], "delivered")
    assert (tmp_path / "share/city-a" / told["id"] / "a.txt").read_bytes() == b"x" + MARK


# Webhooks


def hooked(config: Config, folder: Path, url: str, *events: str) -> Config:
    (folder / "hook.secret").write_text(f"whsec_{base64.b64encode(SECRET).decode()}\n")
    return replace(
        config, webhooks=(Webhook(tenant="city-a", url=url, secret_file=folder / "hook.secret", events=events),)
    )


async def heard(peer: Peer, count: int) -> list[dict[str, Any]]:
    while len(peer.requests) < count:
        await asyncio.sleep(0.01)
    return [json.loads(body) for _, _, body in peer.requests]


async def test_a_webhook_is_signed_as_the_standard_says(tmp_path):
    async with peer_running() as peer, connected(hooked(new_config(tmp_path), tmp_path, peer.url)) as (_, client):
        blocked = await sent(client, b"encrypted!x")
        (told,) = await heard(peer, 1)
    _, headers, body = peer.requests[0]
    id, seconds = headers["webhook-id"], headers["webhook-timestamp"]
    expected = hmac.new(SECRET, f"{id}.{seconds}.".encode() + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(expected).decode()}"
    assert (told["type"], told["data"]["id"]) == ("file.withheld", blocked["id"])


async def test_a_webhook_that_is_not_heard_is_told_again_under_the_same_id(tmp_path, monkeypatch):
    monkeypatch.setattr(hooks_module.Hooks.__init__, "__kwdefaults__", {"retries_s": (0.01, 0.01, 0.01)})
    async with peer_running() as peer, connected(hooked(new_config(tmp_path), tmp_path, peer.url)) as (_, client):
        peer.answers = [refused(500), reset]
        await sent(client, b"encrypted!x")
        await heard(peer, 3)
    assert len({headers["webhook-id"] for _, headers, _ in peer.requests}) == 1


async def test_a_webhook_survives_a_restart(tmp_path):
    """What was not heard by the end of one life is told in the next."""
    async with peer_running() as peer:
        config = hooked(new_config(tmp_path), tmp_path, peer.url)
        peer.answers = [refused(500)]
        async with connected(config) as (_, client):
            await sent(client, b"encrypted!x")
            await heard(peer, 1)
        async with connected(config):
            told = await heard(peer, 2)
    assert [one["type"] for one in told] == ["file.withheld"] * 2


async def test_only_the_events_that_are_wanted_are_told(tmp_path):
    async with peer_running() as peer:
        config = hooked(new_config(tmp_path), tmp_path, peer.url, "file.withheld")
        async with connected(config) as (_, client):
            await sent(client, b"x")
            await sent(client, b"encrypted!x")
            told = await heard(peer, 1)
    assert [one["type"] for one in told] == ["file.withheld"]


# Events


async def test_each_state_comes_as_an_event_until_there_is_nothing_more(tmp_path):
    async with peer_running() as peer, connected(pushing(new_config(tmp_path), peer.url)) as (app, client):
        assert app.hall is not None
        async with client.post("/v1/files?name=a.txt", data=b"x") as answer:
            told = await answer.json()
        async with client.get(f"/v1/files/{told['id']}/events") as stream:
            assert stream.content_type == "text/event-stream"
            text = (await stream.read()).decode()
    states = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    data = [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]
    assert states[-1] == "delivered" and len(states) == len(set(states))
    assert [one["state"] for one in data] == states and data[-1]["verdict"] == "sanitized"


async def test_another_tenant_hears_nothing(tmp_path):
    async with connected(new_config(tmp_path)) as (_, client):
        told = await sent(client)
        async with client.get(f"/v1/files/{told['id']}/events", headers=OTHER) as answer:
            assert answer.status == 404


# Keys, quotas


async def test_a_key_with_another_name_or_room_is_another_request(tmp_path):
    """Same key and body under another name is refused (422), and the first transfer stands."""
    async with connected(new_config(tmp_path)) as (_, client):
        key = {"Idempotency-Key": "k1"}
        first = await sent(client, b"x", "a.txt", **key)
        again = await sent(client, b"x", "a.txt", **key)
        renamed = await sent(client, b"x", "b.txt", **key)
        moved = await sent(client, b"x", "a.txt&room=r2", **key)
        other = await sent(client, b"y", "a.txt", **key)
    assert again["id"] == first["id"]
    assert [one["status"] for one in (renamed, moved, other)] == [422, 422, 422]
    assert renamed["code"] == "key-reused"


async def test_a_tenant_that_has_its_share_is_refused_before_its_body_is_read(tmp_path):
    config = new_config(tmp_path)
    tenants = tuple(replace(tenant, max_kept_bytes=5) for tenant in config.tenants)
    async with connected(replace(config, tenants=tenants)) as (app, client):
        assert app.hall is not None
        assert (await sent(client, b"encrypted!x"))["status"] == 200
        app.hall.spool._loads.clear()  # type: ignore[attr-defined]
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        head = (
            "POST /v1/files?name=a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tenant-key\r\nContent-Length: 9\r\n\r\n"
        )
        writer.write(head.encode())  # and not one byte of the body
        answer = (await reader.readuntil(b"\r\n\r\n")).decode()
        writer.close()
    assert answer.startswith("HTTP/1.1 429 ") and "Retry-After: 30" in answer


# Quarantine


class Operators:
    """Two persons with their keys."""

    def __init__(self, folder: Path) -> None:
        keys = [X25519PrivateKey.generate() for _ in range(2)]
        self.paths = [folder / f"operator-{n}.pem" for n in range(2)]
        for path, key in zip(self.paths, keys):
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.configured = tuple(
            Operator(
                name=f"operator-{n}",
                key_sha256=(hashlib.sha256(bearer_of(key).encode()).hexdigest(),),
                public=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
            )
            for n, key in enumerate(keys)
        )


@pytest.fixture
def operators(tmp_path) -> Operators:
    return Operators(tmp_path)


async def until_sealed(app: App, id: str) -> None:
    assert app.hall is not None
    while not (view := await app.hall.spool.get(id)) or not view.is_sealed:
        await asyncio.sleep(0.01)


async def test_a_withheld_original_is_sealed_and_two_operators_open_it(tmp_path, operators, capsys):
    config = replace(new_config(tmp_path), operators=operators.configured)
    original = b"encrypted! and dangerous"
    async with connected(config) as (app, client):
        told = await sent(client, original)
        await until_sealed(app, told["id"])
        spool = config.spool.folder
        while (spool / "in" / told["id"]).exists():
            await asyncio.sleep(0.01)
        assert original not in (spool / "quarantine" / told["id"]).read_bytes()
        url = ["--url", f"http://127.0.0.1:{app.port}"]
        one, two = (["--key", str(path)] for path in operators.paths)
        out = tmp_path / "out.bin"
        assert await asyncio.to_thread(main, ["quarantine", "list", *one, *url]) == 0
        assert told["id"] in capsys.readouterr().out
        assert await asyncio.to_thread(main, ["quarantine", "show", told["id"], *one, *url]) == 0
        release = ["quarantine", "release", told["id"], "-o", str(out), *url]
        assert await asyncio.to_thread(main, [*release, *one]) == 2
        assert await asyncio.to_thread(main, [*release, *one, *one]) == 2
        assert not out.exists()
        assert await asyncio.to_thread(main, [*release, *one, *two]) == 0
        assert out.read_bytes() == original
    assert events_of(tmp_path, told["id"]) == ["received", "decided", "quarantined", "looked", "looked", "opened"]
    assert check_log(tmp_path / "data/audit").fault_count == 0


async def test_an_operator_opens_what_another_approved_without_the_other_s_key(tmp_path, operators, capsys):
    """Each with one key; what goes between them goes through the gateway, which cannot use it."""
    config = replace(new_config(tmp_path), operators=operators.configured)
    original = b"encrypted! and dangerous"
    async with connected(config) as (app, client):
        told = await sent(client, original)
        await until_sealed(app, told["id"])
        url = ["--url", f"http://127.0.0.1:{app.port}"]
        one, two = (["--key", str(path)] for path in operators.paths)
        approve = ["quarantine", "approve", told["id"], *url]
        release = ["quarantine", "release", told["id"], "-o", str(tmp_path / "out.bin"), *url]
        assert await asyncio.to_thread(main, [*release, *two]) == 2, "nobody approved"
        assert await asyncio.to_thread(main, [*approve, "--for", "operator-0", *one]) == 2, "for oneself"
        assert await asyncio.to_thread(main, [*approve, "--for", "nobody", *one]) == 2
        assert await asyncio.to_thread(main, [*approve, "--for", "operator-1", *one]) == 0
        assert await asyncio.to_thread(main, [*release, *one]) == 2, "approved for the other"
        assert await asyncio.to_thread(main, [*release, *two]) == 0
        assert (tmp_path / "out.bin").read_bytes() == original
    events = [event for event in events_of(tmp_path, told["id"]) if event != "looked"]
    assert events == ["received", "decided", "quarantined", "approved", "opened"]
    assert check_log(tmp_path / "data/audit").fault_count == 0


async def test_what_was_withheld_before_there_were_operators_is_sealed_at_the_next_start(tmp_path, operators):
    config = new_config(tmp_path)
    async with connected(config) as (_, client):
        told = await sent(client, b"encrypted!x")
    assert (config.spool.folder / "in" / told["id"]).exists()
    async with connected(replace(config, operators=operators.configured)) as (app, _):
        await until_sealed(app, told["id"])
    async with connected(config):  # what a crash left open goes at the next start
        assert not (config.spool.folder / "in" / told["id"]).exists()
        assert (config.spool.folder / "quarantine" / told["id"]).exists()


async def test_a_tenant_s_key_opens_no_quarantine(tmp_path, operators):
    config = replace(new_config(tmp_path), operators=operators.configured)
    async with connected(config) as (_, client), client.get("/v1/quarantine") as answer:
        assert answer.status == 401


def test_a_key_is_made_with_the_lines_for_the_configuration(tmp_path, capsys):
    assert main(["quarantine", "key", "sato", str(tmp_path / "sato.pem")]) == 0
    told = capsys.readouterr().out
    assert 'name       = "sato"' in told and 'public     = "' in told
    assert (tmp_path / "sato.pem").stat().st_mode & 0o777 == 0o600

"""The HTTP door: what a client may send, and what it is answered."""

import asyncio
import base64
import errno
import gzip
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import orjson
import pytest

from gateway.app import App
from gateway.audit.keys import key_ring
from gateway.audit.record import open_seal
from gateway.deliver import check_offer
from sanitizers.errors import Reason
from tests.gateway.doubles import CONSUMER, MARK, OTHER, CopyingWorkers, connected, converted, new_config

WAIT = {"Prefer": "wait=30"}


class House:
    """A running gateway, its client and its double."""

    def __init__(self, app: App, client: aiohttp.ClientSession, workers: CopyingWorkers, folder: Path) -> None:
        self.app, self.client, self.workers, self.folder = app, client, workers, folder
        assert app.hall is not None
        self.hall = app.hall

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers, and JSON or bytes."""
        async with self.client.request(method, path, **options) as response:
            body = await response.read()
            is_json = response.content_type.endswith("json")
            return response.status, response.headers, orjson.loads(body) if is_json else body

    async def post(self, data: Any = b"hello", query: str = "?name=a.txt", **options: Any) -> tuple[int, Any, Any]:
        return await self.ask("POST", "/v1/files" + query, data=data, **options)

    def is_empty(self) -> bool:
        """Whether nothing at all was accepted or left behind."""
        spool = self.folder / "data/spool"
        return not any(list((spool / name).iterdir()) for name in ("tmp", "in", "out"))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    workers = CopyingWorkers()
    async with connected(new_config(tmp_path), workers) as (app, client):
        yield House(app, client, workers, tmp_path)


async def test_a_file_comes_in_and_its_clean_copy_goes_out(house: House):
    """Post, wait, fetch; the digest and the name are told as the standards say."""
    status, headers, told = await house.post(headers=WAIT)
    assert (status, told["state"], told["verdict"]) == (200, "released", "sanitized")
    assert headers["Location"] == f"/v1/files/{told['id']}"
    assert told["findings"][0]["title_ja"] and told["findings"][0]["action"] == "removed"

    status, headers, copy = await house.ask("GET", told["links"]["content"])
    assert (status, copy) == (200, b"hello" + MARK)
    digest = base64.b64encode(hashlib.sha256(copy).digest()).decode()
    assert headers["Content-Digest"] == headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Disposition"] == 'attachment; filename="a.txt"'


async def test_without_waiting_the_answer_is_the_address(house: House):
    """202 as soon as the file is durable; the result can be waited for there."""
    house.workers.gate = asyncio.Event()
    status, headers, told = await house.post()
    assert (status, told["state"], told["verdict"]) == (202, "received", None)
    assert (await house.ask("GET", headers["Location"] + "/content"))[0] == 409
    assert (await house.ask("GET", headers["Location"] + "/certificate"))[0] == 409

    house.workers.gate.set()
    status, _, told = await house.ask("GET", headers["Location"], headers=WAIT)
    assert (status, told["state"]) == (200, "released")


async def test_a_wait_that_is_too_short_is_answered_202(house: House):
    """The file is accepted all the same."""
    house.workers.gate = asyncio.Event()
    status, _, told = await house.post(headers={"Prefer": "respond-async, wait=0"})
    assert (status, told["state"]) == (202, "received")
    house.workers.gate.set()


async def test_a_withheld_file_says_why_in_both_languages(house: House):
    """No copy; the reason in words; the certificate says the same."""
    _, _, told = await house.post(b"encrypted!", headers=WAIT)
    assert (told["state"], told["reason"], told["copy"]) == ("withheld", "encrypted", None)
    assert "password" in told["reason_text"] and "パスワード" in told["reason_text_ja"]

    status, _, problem = await house.ask("GET", told["links"]["content"], headers={"Accept-Language": "ja"})
    assert (status, problem["code"], problem["reason"]) == (409, "withheld", "encrypted")
    assert problem["title"] == "このファイルは止められており、渡せません。"


async def test_the_certificate_is_given_out_as_it_was_signed(house: House):
    """The auditor's check passes on the bytes of the answer."""
    _, _, told = await house.post(headers=WAIT)
    async with house.client.get(told["links"]["certificate"]) as response:
        sealed = await response.read()

    certificate = open_seal(sealed, key_ring([house.hall.ledger.key.public]))
    assert certificate["id"] == told["id"]
    assert (certificate["sha256_in"], certificate["sha256_out"]) == (told["sha256"], told["copy"]["sha256"])


NAMES = [
    ("attachment; filename*=UTF-8''%E5%A0%B1%E5%91%8A%E2%91%A0.txt", "報告①.txt"),
    ("attachment; filename=\"x.txt\"; filename*=UTF-8''%E9%AB%99.txt", "髙.txt"),
    ("attachment; filename*=Shift_JIS''%95%F1%8D%90.txt", "報告.txt"),
    ("attachment; filename*=UTF-8''%95%F1%8D%90.txt", "報告.txt"),
    ('attachment; filename="a \\"b\\".txt"', "a _b_.txt"),
    ("attachment; filename=plain.txt", "plain.txt"),
    ('attachment; filename="%E5%A0%B1%E5%91%8A.txt"', "報告.txt"),
    ('attachment; filename="100%25.txt"', "100%25.txt"),
    ("attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd.txt", "passwd.txt"),
    ("attachment; filename*=UTF-8''a%00b%0D%0A.txt", "ab.txt"),
    ("attachment; filename*=UTF-8''invoice%E2%80%AEcod.txt", "invoicecod.txt"),
]


@pytest.mark.parametrize(("header", "name"), NAMES, ids=[name for _, name in NAMES])
async def test_names_come_in_as_people_wrote_them_and_safe(house: House, header: str, name: str):
    """RFC 6266 and 8187, CP932 under a wrong label, percent-encoding clients, and what never may stand in a name."""
    _, _, told = await house.post(query="", headers={**WAIT, "Content-Disposition": header})
    assert told["name"] == name == told["copy"]["name"]

    _, headers, _ = await house.ask("GET", told["links"]["content"])
    assert quote(name, safe="") in headers["Content-Disposition"] or f'"{name}"' in headers["Content-Disposition"]
    assert headers["Content-Disposition"].isascii()


@pytest.mark.parametrize("path", ["/v1/files", "/v1/sanitize"])
@pytest.mark.parametrize("query", ["", "?name=", "?name=" + "x" * 2000])
async def test_a_file_without_a_usable_name_is_refused(house: House, path: str, query: str):
    """The extension is part of what is judged, so a name must be given."""
    status, _, problem = await house.ask("POST", path + query, data=b"x")
    assert (status, problem["code"]) == (400, "bad-name")


def form(*parts: tuple[str, str | bytes, str | None], boundary: str = "BOUND") -> dict[str, Any]:
    """A multipart body by hand: (disposition parameters, value, content type)."""
    body = b""
    for parameters, value, media_type in parts:
        body += f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
        body += parameters.encode("utf-8", "surrogateescape")
        body += f"\r\nContent-Type: {media_type}".encode() if media_type else b""
        body += b"\r\n\r\n" + (value if isinstance(value, bytes) else value.encode()) + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return {"data": body, "headers": {**WAIT, "Content-Type": f"multipart/form-data; boundary={boundary}"}}


async def test_a_form_brings_file_password_and_context(house: House):
    """Fields may stand before and after the file; the part's type is the claimed type."""
    request = form(
        ('name="room"', "防災", None),
        ('name="upload"; filename="報告.txt"', b"hello", "text/plain"),
        ('name="password"', "ひみつ", None),
        ('name="sender"', "staff", None),
    )
    _, _, told = await house.post(query="", **request)

    assert (told["name"], told["room"], told["sender"], told["size"]) == ("報告.txt", "防災", "staff", 5)
    order = house.workers.orders[0]
    assert (order.name, order.claimed_type, order.passwords) == ("報告.txt", "text/plain", ("ひみつ",))


async def test_a_name_in_cp932_bytes_is_read(house: House):
    """Old browsers and scripts send Shift_JIS without saying so."""
    raw = "見積①.txt".encode("cp932").decode("utf-8", "surrogateescape")
    _, _, told = await house.post(query="", **form((f'name="f"; filename="{raw}"', b"x", None)))
    assert told["name"] == "見積①.txt"


FORMS = [
    (form(('name="f"; filename="a.txt"', b"1", None), ('name="g"; filename="b.txt"', b"2", None)), "one-file-only"),
    (form(('name="room"', "x", None)), "no-file"),
    (form(('name="pasword"', "x", None), ('name="f"; filename="a.txt"', b"1", None)), "bad-request"),
    (form(('name="room"', "x" * 5000, None), ('name="f"; filename="a.txt"', b"1", None)), "bad-request"),
    (form(*[('name="password"', "x", None)] * 30), "bad-request"),
    (form(('name="f"; filename="a.txt"\r\nContent-Transfer-Encoding: base64', b"eA==", None)), "bad-request"),
    (form(('name="f"; filename="a.txt"', b"1", "multipart/mixed; boundary=x")), "bad-request"),
    (form(('name="direction"', "up", None), ('name="f"; filename="a.txt"', b"1", None)), "bad-context"),
    ({"data": b"no boundary at all", "headers": {"Content-Type": "multipart/form-data"}}, "bad-request"),
    ({**form(), "data": b'--BOUND\r\nContent-Disposition: form-data; filename="a.txt"\r\n\r\nx'}, "bad-request"),
    ({**form(), "data": b"--OTHER--\r\n"}, "bad-request"),
]


@pytest.mark.parametrize(("request_", "code"), FORMS)
async def test_forms_that_could_be_misread_are_refused(house: House, request_: dict[str, Any], code: str):
    """Two files, a misspelt field, a part within a part, a torn end: each is told, and nothing is kept."""
    status, _, problem = await house.post(query="", **request_)
    assert (status, problem["code"]) == (400, code)
    assert house.is_empty() and not house.workers.orders


async def test_context_in_the_query_chooses_the_policy(house: House):
    """Direction outbound has no rule here; a sender is a word of the rules."""
    assert (await house.post(query="?name=a.txt&direction=outbound"))[2]["code"] == "no-policy"
    assert (await house.post(query="?name=a.txt&direction=up"))[2]["code"] == "bad-context"
    assert (await house.post(query="?name=a.txt&sender=no%20word"))[2]["code"] == "bad-context"
    assert (await house.post(query="?name=a.txt&colour=red"))[2]["code"] == "bad-request"
    _, _, told = await house.post(query="?name=a.txt&sender=guest&room=%E9%98%B2%E7%81%BD")
    assert (told["sender"], told["room"]) == ("guest", "防災")


@pytest.mark.parametrize("value", ["UTF-8''%E3%81%B2", "ひ"])
async def test_a_password_comes_in_a_header(house: House, value: str):
    """In no address, and not in the status."""
    _, _, told = await house.post(headers={**WAIT, "Sekisho-Password": value})
    assert house.workers.orders[0].passwords == ("ひ",)
    assert "ひ" not in str(told)


async def test_what_says_nothing_is_no_claimed_type(house: House):
    """curl calls every body a form, browsers call the unknown octet-stream."""
    for header in ("application/x-www-form-urlencoded", "application/octet-stream", "no type", "IMAGE/JPEG; q=1"):
        await house.post(headers={**WAIT, "Content-Type": header})
    assert [order.claimed_type for order in house.workers.orders] == [None, None, None, "image/jpeg"]


async def test_the_same_key_and_body_is_one_transfer(house: House):
    """A repeated request gives the first one's id; another body is refused; other tenants are not concerned."""
    key = {"Idempotency-Key": '"abc"', **WAIT}
    first, again = (await house.post(headers=key))[2], (await house.post(headers={**key, "Idempotency-Key": "abc"}))[2]
    assert first["id"] == again["id"] and len(house.workers.orders) == 1
    status, _, problem = await house.post(b"another", headers=key)
    assert (status, problem["code"]) == (422, "key-reused")
    assert (await house.post(b"another", headers={**key, **OTHER}))[0] == 200
    assert (await house.post(headers={"Idempotency-Key": "a b"}))[2]["code"] == "bad-request"


async def test_two_requests_with_one_key_at_once_are_not_both_run(house: House):
    """The second is told to come again."""
    sent = asyncio.Event()

    async def slow_body() -> AsyncIterator[bytes]:
        yield b"hel"
        await sent.wait()
        yield b"lo"

    key = {"Idempotency-Key": "abc"}
    both = [asyncio.create_task(house.post(slow_body(), headers=key)) for _ in range(2)]
    sent.set()
    answers = [await task for task in both]

    assert {status for status, _, _ in answers} <= {202, 409} and 202 in {status for status, _, _ in answers}
    assert len({told["id"] for status, _, told in answers if status == 202}) == 1


async def test_a_digest_that_does_not_fit_is_refused(house: House):
    """Content-Digest is checked when it names SHA-256; others are let be."""
    right = base64.b64encode(hashlib.sha256(b"hello").digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    answers = {
        f"sha-256=:{right}:": 202,
        f"sha-512=:AAAA:, sha-256=:{right}:": 202,
        "sha-512=:AAAA:": 202,
        f"sha-256=:{wrong}:": 400,
        "sha-256=nonsense": 400,
        "sha-256=:A:": 400,
    }
    for header, expected in answers.items():
        assert (await house.post(headers={"Content-Digest": header}))[0] == expected, header


async def test_an_encoded_body_is_not_unpacked(house: House):
    """gzip on the way in would be a bomb before any limit."""
    bomb = gzip.compress(b"\x00" * (1 << 24))
    status, _, problem = await house.post(bomb, headers={"Content-Encoding": "gzip"})
    assert (status, problem["code"]) == (415, "encoded-body")
    assert house.is_empty()


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize("path", ["/v1/files", "/v1/sanitize"])
async def test_a_body_over_the_limit_is_refused(house: House, path: str, is_chunked: bool):
    """By its announced length at once, by its real one when there is none announced."""
    size = 8_388_609

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 65_536 + 1):
            yield b"x" * 65_536

    data = chunks() if is_chunked else b"x" * size
    status, _, problem = await house.ask("POST", path + "?name=a.txt", data=data)
    assert (status, problem["code"], problem["max_bytes"]) == (413, "too-large", 8_388_608)
    assert house.is_empty()


async def test_a_large_file_arrives_and_leaves_whole(house: House):
    """Through threads, chunks and sendfile."""
    data = bytes(range(256)) * (1 << 15) + b"x"
    data = data[:8_388_608]
    _, _, told = await house.post(data, headers=WAIT)
    _, headers, copy = await house.ask("GET", told["links"]["content"])
    assert copy == data + MARK and int(headers["Content-Length"]) == len(copy)
    assert (await house.ask("POST", "/v1/sanitize?name=a.txt", data=data))[2] == data + MARK


@pytest.mark.parametrize("harm", [b"hexlo" + MARK, b"hello", b"hello" + MARK + b"!", b""])
async def test_a_copy_that_the_disk_has_changed_is_given_to_nobody(house: House, harm: bytes):
    """One bit, a missing end, something more: neither the sender nor the closed side gets a byte."""
    _, _, told = await house.post(headers=WAIT)
    (path,) = (house.folder / "data/spool/out").iterdir()
    path.write_bytes(harm)

    for address, headers in ((told["links"]["content"], {}), (f"/v1/deliveries/{told['id']}/content", CONSUMER)):
        status, _, problem = await house.ask("GET", address, headers=headers)
        assert (status, problem["code"]) == (500, "damaged")
    assert not [line for line in log_lines(house.folder) if b'"fetched"' in line]


async def test_one_range_of_a_copy_can_be_asked_for(house: House):
    """206 with the digest of the whole; outside: 416; what cannot be read is ignored."""
    _, _, told = await house.post(b"0123456789", headers=WAIT)
    content, whole = told["links"]["content"], b"0123456789" + MARK
    size = len(whole)
    for asked, start, stop in (("bytes=2-5", 2, 6), ("bytes=12-", 12, size), ("bytes=-3", size - 3, size)):
        status, headers, part = await house.ask("GET", content, headers={"Range": asked})
        assert (status, part) == (206, whole[start:stop])
        assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert "Content-Digest" not in headers and "Repr-Digest" in headers
    status, _, problem = await house.ask("GET", content, headers={"Range": f"bytes={size}-"})
    assert (status, problem["code"], problem["size"]) == (416, "bad-range", size)
    for ignored in ({"Range": "lines=1-2"}, {"Range": "bytes=0-1", "If-Range": '"another"'}):
        assert (await house.ask("GET", content, headers=ignored))[2] == whole
    status, headers, nothing = await house.ask("HEAD", content)
    assert (status, nothing, headers["Content-Length"]) == (200, b"", str(size))


async def test_a_tenant_sees_its_own_files_only(house: House):
    """Another one's file is not there: 404, as for an id that never was."""
    _, _, told = await house.post(headers=WAIT)
    for path in told["links"].values():
        status, _, problem = await house.ask("GET", path, headers=OTHER)
        assert (status, problem["code"]) == (404, "not-found")
    assert (await house.ask("GET", "/v1/files/" + "0" * 26))[2]["code"] == "not-found"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer wrong", "Basic tenant-key", "Bearer consumer-key", "tenant-key", "Bearer \xff"],
)
async def test_without_the_right_key_nobody_comes_in(house: House, authorization: str):
    """A consumer's key opens no tenant's door."""
    status, headers, problem = await house.post(headers={"Authorization": authorization})
    assert (status, problem["code"]) == (401, "unauthorized")
    assert headers["WWW-Authenticate"].startswith("Bearer") and house.is_empty()


async def test_wrong_addresses_and_methods_are_problems_too(house: House):
    """Never HTML, never a library's own page."""
    for method, path, status in (
        ("GET", "/", 404),
        ("GET", "/v1/files/short", 404),
        ("DELETE", "/v1/sanitize", 405),
        ("POST", "/v1/files/" + "0" * 26, 405),
    ):
        answered, headers, problem = await house.ask(method, path)
        assert (answered, problem["status"]) == (status, status)
        assert headers["Content-Type"] == "application/problem+json" and headers["Server"] == "sekisho"


async def test_problems_are_told_in_the_language_asked_for(house: House):
    """Japanese when it weighs more."""
    for accepted, language in (("ja", "ja"), ("en;q=0.3, ja-JP;q=0.9", "ja"), ("fr, en", "en"), ("ja;q=0", "en")):
        _, headers, problem = await house.ask("GET", "/", headers={"Accept-Language": accepted})
        assert headers["Content-Language"] == language
        assert problem["title"].isascii() == (language == "en")


async def test_sanitize_gives_the_copy_straight_back_and_keeps_nothing(house: House):
    """The record is durable before the answer, and it is all that stays."""
    status, headers, copy = await house.ask(
        "POST", "/v1/sanitize?name=%E5%A0%B1.txt", data=b"hello", headers={"Prefer": "certificate"}
    )
    assert (status, copy) == (200, b"hello" + MARK)
    assert (headers["Sekisho-Verdict"], headers["Sekisho-Findings"]) == ("sanitized", "TXT-01;removed=2")
    certificate = open_seal(base64.b64decode(headers["Sekisho-Certificate"]), key_ring([house.hall.ledger.key.public]))
    lines = [orjson.loads(line) for line in log_lines(house.folder)]
    decided = [line for line in lines if line["event"] == "decided"]
    assert [line["id"] for line in decided] == [headers["Sekisho-Id"]] == [certificate["id"]]
    assert house.is_empty()
    assert (await house.ask("GET", f"/v1/files/{headers['Sekisho-Id']}"))[0] == 404


async def test_a_copy_of_another_type_is_told_as_what_it_is(house: House):
    """The file's type in the report, the copy's with the copy, behind every door."""
    house.workers.answers = [converted, converted]
    _, headers, _ = await house.ask("POST", "/v1/sanitize?name=a.csv", data=b"x")
    assert headers["Content-Type"] == "text/plain"
    _, _, told = await house.post(headers=WAIT)
    assert (told["media_type"], told["copy"]["media_type"]) == ("text/csv", "text/plain")
    assert (await house.ask("GET", told["links"]["content"]))[1]["Content-Type"] == "text/plain"

    asked = {"consumer": "lgwan", "max": 10, "wait_s": 0, "lease_s": 60}
    _, _, lent = await house.ask("POST", "/v1/deliveries:lease", json=asked, headers=CONSUMER)
    offer = check_offer(lent["deliveries"][0], key_ring([house.hall.ledger.key.public]), "lgwan")
    assert offer.manifest.media_type == "text/plain"


async def test_sanitize_says_why_there_is_no_copy(house: House):
    """422 for the file's fault, 500 and 503 for ours; findings and certificate in the answer."""
    for reason, status, code in (
        (Reason.MALFORMED, 422, "blocked"),
        (Reason.TIMEOUT, 500, "failed"),
        (Reason.UNAVAILABLE, 503, "unavailable"),
    ):
        answered, _, problem = await house.ask("POST", "/v1/sanitize?name=a.txt", data=f"{reason}!".encode())
        assert (answered, problem["code"], problem["reason"]) == (status, code, reason)
        assert problem["certificate"]["certificate"]["id"] == problem["id"]


async def test_no_name_stands_in_the_audit_log(house: House):
    """Neither the file's, nor the room's, nor the sender's; what they were can be shown with the key alone."""
    await house.post(query="?name=%E7%A7%98%E5%AF%86.txt&room=hidden-room&sender=hidden-sender", headers=WAIT)
    text = b"".join(log_lines(house.folder)).decode()
    assert "秘密" not in text and "hidden" not in text and '"name_mark":"' in text and '"room_mark":"' in text


async def test_uploads_beyond_the_cap_are_sent_away(tmp_path: Path):
    """503 and Retry-After before the body is read; afterwards there is room again."""
    async with connected(new_config(tmp_path, {"max_uploads": 1})) as (app, client):
        house, more = House(app, client, CopyingWorkers(), tmp_path), asyncio.Event()
        begun = asyncio.Event()

        async def slow_body() -> AsyncIterator[bytes]:
            yield b"hel"
            begun.set()
            await more.wait()
            yield b"lo"

        first = asyncio.create_task(house.post(slow_body()))
        await begun.wait()
        while house.hall.uploads.inside == 0:
            await asyncio.sleep(0)
        status, headers, problem = await house.post()
        assert (status, problem["code"], headers["Retry-After"]) == (503, "busy", "2")
        more.set()
        assert (await first)[0] == 202
        assert (await house.post())[0] == 202


async def test_too_many_at_the_straight_door_are_sent_away(tmp_path: Path):
    """Memory is bounded by how many are inside, not by patience."""
    workers = CopyingWorkers()
    workers.gate = asyncio.Event()
    async with connected(new_config(tmp_path, {"max_sanitize": 1}), workers) as (app, client):
        house = House(app, client, workers, tmp_path)
        first = asyncio.create_task(house.ask("POST", "/v1/sanitize?name=a.txt", data=b"x"))
        while not workers.orders:
            await asyncio.sleep(0)
        assert (await house.ask("POST", "/v1/sanitize?name=a.txt", data=b"x"))[2]["code"] == "busy"
        workers.gate.set()
        assert (await first)[0] == 200


async def test_without_room_nothing_is_taken_in(tmp_path: Path):
    """507 and no reading when the reserve is reached; status and health go on."""
    config = new_config(tmp_path)
    async with connected(config) as (app, client):
        house = House(app, client, CopyingWorkers(), tmp_path)
        house.hall.spool._blobs._reserve_bytes = 1 << 60  # type: ignore[attr-defined]
        status, headers, problem = await house.post()
        assert (status, problem["code"]) == (507, "no-space") and headers["Retry-After"]
        status, _, ready = await house.ask("GET", "/readyz")
        assert status == 503 and ready["checks"]["space"] is False
        assert (await house.ask("GET", "/healthz"))[0] == 200


@pytest.mark.parametrize("path", ["/v1/files", "/v1/sanitize"])
@pytest.mark.parametrize("size", [10, 200_000])
async def test_a_disk_that_fills_up_in_mid_body_is_told_and_nothing_is_kept(
    house: House, path: str, size: int, monkeypatch: pytest.MonkeyPatch
):
    """507, and when there is room again, it works again."""
    write = os.write

    def full(fd: int, data: Any) -> int:
        if len(data) < 5:  # event loops wake themselves with a byte
            return write(fd, data)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        status, _, problem = await house.ask("POST", path + "?name=a.txt", data=b"x" * size)
    assert (status, problem["code"]) == (507, "no-space")
    assert house.is_empty() and house.hall.spool._blobs.promised_bytes == 0  # type: ignore[attr-defined]
    assert (await house.ask("POST", path + "?name=a.txt", data=b"x" * size))[0] in (200, 202)


async def test_metrics_name_no_file(house: House):
    """Verdicts, vectors, refusals and what is under way."""
    await house.post(query="?name=secret.txt", headers=WAIT)
    await house.post(query="?name=")
    text = (await house.ask("GET", "/metrics"))[2].decode()
    for line in (
        'sekisho_files_total{media_type="text/plain",reason="",verdict="sanitized"} 1.0',
        'sekisho_findings_total{action="removed",vector="TXT-01"} 2.0',
        'sekisho_refusals_total{code="bad-name"} 1.0',
        'sekisho_transfers{state="released"} 1.0',
        "sekisho_confinement_tier 1.0",
    ):
        assert line in text
    assert "secret" not in text


async def test_expect_continue_is_answered_only_when_the_body_is_wanted(house: House):
    """A client that asks first sends no byte of a body that would be refused."""
    assert (await house.post(expect100=True))[0] == 202
    assert (await house.post(headers={"Expect": "a miracle"}))[2]["code"] == "bad-expectation"


def log_lines(folder: Path) -> list[bytes]:
    """The audit log so far."""
    return [line for path in sorted((folder / "data/audit").glob("*.jsonl")) for line in path.read_bytes().splitlines()]


async def lend(house: House, **values: Any) -> list[dict[str, Any]]:
    """Manifests, as the LGWAN side sees them before it checks them."""
    asked = {"consumer": "lgwan", "max": 10, "wait_s": 0, "lease_s": 60, **values}
    _, _, told = await house.ask("POST", "/v1/deliveries:lease", json=asked, headers=CONSUMER)
    return [offer["manifest"]["manifest"] for offer in told["deliveries"]]


async def settle(house: House, manifest: dict[str, Any], verb: str, **values: Any) -> tuple[int, Any, Any]:
    """ack, nack or extend, with what must be said."""
    said = {"consumer": "lgwan", "lease": manifest["lease"], **values}
    return await house.ask("POST", f"/v1/deliveries/{manifest['id']}:{verb}", json=said, headers=CONSUMER)


async def test_the_closed_side_leases_fetches_and_acknowledges(house: House):
    """Delivered once, recorded before it is answered."""
    _, _, told = await house.post(headers=WAIT)
    (manifest,) = await lend(house)
    assert (manifest["id"], manifest["seq"], manifest["tenant"]) == (told["id"], 1, "city-a")

    _, _, copy = await house.ask("GET", f"/v1/deliveries/{told['id']}/content", headers=CONSUMER)
    assert hashlib.sha256(copy).hexdigest() == manifest["sha256"]
    assert (await settle(house, manifest, "extend", lease_s=90))[2] == {"id": told["id"], "answer": "done"}
    assert (await settle(house, manifest, "ack", sha256="0" * 64))[2]["code"] == "digest-differs"
    assert (await settle(house, manifest, "ack", sha256=manifest["sha256"]))[2]["answer"] == "done"
    assert (await settle(house, manifest, "ack", sha256=manifest["sha256"]))[2]["answer"] == "again"
    assert (await house.ask("GET", told["links"]["self"]))[2]["state"] == "delivered"
    events = [orjson.loads(line)["event"] for line in log_lines(house.folder)]
    assert events.count("delivered") == 1


async def test_a_copy_that_the_closed_side_refuses_for_good_is_withheld(house: House):
    """Its own judge said no: the sender is told so."""
    _, _, told = await house.post(headers=WAIT)
    (manifest,) = await lend(house)
    assert (await settle(house, manifest, "nack", reason="structure"))[0] == 200
    view = (await house.ask("GET", told["links"]["self"]))[2]
    assert (view["state"], view["reason"]) == ("withheld", "refused-by-judge")
    assert (await house.ask("GET", f"/v1/deliveries/{told['id']}/content", headers=CONSUMER))[2]["code"] == "withheld"


async def test_a_copy_that_could_not_be_stored_now_comes_again(house: House):
    """nack without a final reason leaves it released, and lent to nobody for a while."""
    _, _, told = await house.post(headers=WAIT)
    (manifest,) = await lend(house)
    assert (await settle(house, manifest, "nack", reason="storage"))[0] == 200
    assert (await house.ask("GET", told["links"]["self"]))[2]["state"] == "released"
    assert await lend(house) == []


async def test_the_way_back_carries_a_fixed_vocabulary_only(house: House):
    """No text that somebody could write, in any field."""
    await house.post(headers=WAIT)
    (manifest,) = await lend(house)
    for verb, values in (
        ("nack", {"reason": "a letter from LGWAN"}),
        ("nack", {"note": "a letter"}),
        ("ack", {"sha256": "letter"}),
        ("ack", {}),
        ("ack", {"sha256": manifest["sha256"], "lease": "letter"}),
        ("extend", {"lease_s": 0}),
        ("extend", {"lease_s": 1.5}),
        ("extend", {"lease_s": True}),
    ):
        status, _, problem = await settle(house, manifest, verb, **values)
        assert (status, problem["code"]) == (400, "bad-request"), (verb, values)
    assert (await settle(house, manifest, "ack", sha256="0" * 64, consumer="other"))[2]["code"] == "wrong-consumer"
    raw = {"data": b"x" * 5000, "headers": CONSUMER}
    assert (await house.ask("POST", "/v1/deliveries:lease", **raw))[2]["code"] == "bad-request"


async def test_another_holder_s_lease_is_lost(house: House):
    """The token of a lease is what counts."""
    await house.post(headers=WAIT)
    (manifest,) = await lend(house)
    stolen = {**manifest, "lease": "0" * 32}
    for verb, values in (("ack", {"sha256": manifest["sha256"]}), ("nack", {}), ("extend", {"lease_s": 5})):
        assert (await settle(house, stolen, verb, **values))[2]["code"] == "lease-lost"
    unknown = {**manifest, "id": "0" * 26}
    assert (await settle(house, unknown, "nack"))[2]["code"] == "not-found"


async def test_a_tenant_s_key_opens_no_delivery(house: House):
    """The internet side cannot acknowledge in the receiver's name."""
    assert (await house.ask("POST", "/v1/deliveries:lease", json={}))[2]["code"] == "unauthorized"


async def test_a_consumer_that_hangs_up_while_it_waits_leaves_its_copies_to_the_next(house: House):
    """A lease that nobody took would hold the copy back until it ran out."""
    asked = {"consumer": "lgwan", "max": 10, "wait_s": 30, "lease_s": 600}
    waiting = asyncio.create_task(house.ask("POST", "/v1/deliveries:lease", json=asked, headers=CONSUMER))
    bell = house.hall.spool._outgoing["lgwan"]  # type: ignore[attr-defined]
    while not bell._rung._waiters:
        await asyncio.sleep(0.001)
    waiting.cancel()
    server = house.app._runner.server  # type: ignore[union-attr]
    while not any(connection.transport is None for connection in server.connections):  # it has seen the hang-up
        await asyncio.sleep(0.001)

    _, _, told = await house.post(headers=WAIT)
    (manifest,) = await lend(house, wait_s=30)
    assert manifest["id"] == told["id"]


async def test_connections_never_take_the_descriptors_that_files_need(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """So many are let in; one more is closed at once, and whoever is inside is served."""
    monkeypatch.setattr("gateway.doors.http.most_connections", lambda: 4)
    async with connected(new_config(tmp_path), CopyingWorkers()) as (app, _):
        idle = [await asyncio.open_connection("127.0.0.1", app.port) for _ in range(4)]
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)

        assert await reader.read() == b""
        idle[0][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await idle[0][0].read()).startswith(b"HTTP/1.1 200")
        for _, each in (*idle, (reader, writer)):
            each.close()


async def test_a_consumer_s_request_may_not_take_for_ever(tmp_path: Path):
    """Its few bytes have the deadlines of any body."""

    async def endless() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    config = new_config(tmp_path, {"body_idle_s": 0.05})
    async with (
        connected(config, CopyingWorkers()) as (_, client),
        client.post("/v1/deliveries:lease", data=endless(), headers=CONSUMER) as response,
    ):
        assert (response.status, (await response.json(content_type=None))["code"]) == (408, "too-slow")


async def test_a_body_in_another_transfer_coding_is_refused(house: House):
    """What was packed on the way would be taken for the file."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.app.port)
    head = b"POST /v1/files?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tenant-key\r\n"
    writer.write(head + b"Connection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")

    assert b" 415 " in await reader.readline()
    writer.close()
    assert house.is_empty()

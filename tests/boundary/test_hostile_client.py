"""Clients that do not mean well, over real sockets: each gets its defined answer and leaves nothing behind."""

import asyncio
import json
import socket
import struct
import subprocess
import sys
import unicodedata
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.app import App
from tests.gateway.doubles import TENANT_KEY, CopyingWorkers, new_config, running

HASTY: dict[str, Any] = {
    "header_timeout_s": 0.3,
    "body_idle_s": 0.1,
    "body_min_bytes_per_s": 1 << 24,
    "answer_idle_s": 0.3,
}
PATIENCE_S = 60.0  # of a test for what must come; never asserted as a speed
LIMIT = 8_388_608  # bytes: the policy of the tests' gateway


class Line:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        """As far as the other side takes it."""
        self.writer.write(data)
        await self.writer.drain()

    async def all(self) -> bytes:
        """What comes until the server hangs up."""
        try:
            return await asyncio.wait_for(self._reader.read(), PATIENCE_S)
        except ConnectionError:
            return b""

    async def answer(self) -> tuple[int, dict[str, Any]]:
        """Status and JSON of one answer, however it was framed on the line."""
        head = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), PATIENCE_S)
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await asyncio.wait_for(self._reader.readexactly(length), PATIENCE_S)
        return int(head.split()[1]), json.loads(body)

    def reset(self) -> None:
        """Hang up with RST, as a pulled cable would look later."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.close()


class Target:
    """The gateway under attack."""

    def __init__(self, app: App, folder: Path) -> None:
        assert app.hall is not None
        self.app, self.hall, self.folder = app, app.hall, folder

    async def line(self) -> Line:
        return Line(*await asyncio.open_connection("127.0.0.1", self.app.port, limit=1 << 20))

    async def asks(self, data: bytes) -> tuple[int, dict[str, Any]]:
        """One connection, one request, one answer."""
        line = await self.line()
        await line.send(data)
        try:
            return await line.answer()
        finally:
            line.writer.close()

    async def settled(self) -> None:
        """Until nobody is inside: what a client left behind is gone by then, or stays for ever."""
        connections = self.app._runner.server.connections  # type: ignore[union-attr]
        while any(connection.transport is not None for connection in connections) or self.hall.uploads.inside:
            await asyncio.sleep(0.005)
            connections = self.app._runner.server.connections  # type: ignore[union-attr]

    def left(self) -> list[str]:
        """Names of bodies in the spool, half or whole."""
        spool = self.folder / "data/spool"
        return sorted(path.name for name in ("tmp", "in", "out") for path in (spool / name).iterdir())

    async def assert_untouched(self) -> None:
        """Nothing kept, nothing promised, and honest clients are served."""
        await self.settled()
        assert self.left() == []
        assert self.hall.spool._blobs.promised_bytes == 0  # type: ignore[attr-defined]
        assert (await self.asks(post(b"hello")))[0] == 202


def post(body: bytes, *headers: str, path: str = "/v1/files?name=a.txt", length: int | None = None) -> bytes:
    """A request with a raw body, and a Content-Length that may lie."""
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {TENANT_KEY}"]
    if not any(header.lower().startswith("transfer-encoding") for header in headers):
        head.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*head, *headers, "", ""]).encode("latin-1") + body


@asynccontextmanager
async def targeted(folder: Path, **limits: Any) -> AsyncIterator[Target]:
    async with running(new_config(folder, limits), CopyingWorkers()) as app:
        yield Target(app, folder)


@pytest.fixture
async def target(tmp_path: Path) -> AsyncIterator[Target]:
    async with targeted(tmp_path) as target:
        yield target


@pytest.fixture
async def hasty(tmp_path: Path) -> AsyncIterator[Target]:
    async with targeted(tmp_path, **HASTY) as target:
        yield target


@pytest.mark.parametrize("path", ["/v1/files?name=a.txt", "/v1/sanitize?name=a.txt"])
async def test_two_gibibytes_are_refused_from_their_announcement(target: Target, path: str):
    """413 before the body; the client may go on sending, nobody keeps it."""
    line = await target.line()
    await line.send(post(b"x" * 65_536, path=path, length=2 << 30))
    status, problem = await line.answer()
    assert (status, problem["code"]) == (413, "too-large")
    line.writer.close()
    await target.assert_untouched()


@pytest.mark.parametrize("path", ["/v1/files?name=a.txt", "/v1/sanitize?name=a.txt"])
async def test_a_body_without_an_announced_end_is_cut_at_the_limit(target: Target, path: str):
    """Chunk after chunk until 413."""
    line = await target.line()
    await line.send(post(b"", "Transfer-Encoding: chunked", path=path))
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"

    async def for_ever() -> None:
        while True:
            await line.send(chunk)

    sending = asyncio.create_task(for_ever())
    status, problem = await line.answer()
    assert (status, problem["code"]) == (413, "too-large")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    line.writer.close()
    await target.assert_untouched()


async def test_headers_that_drip_are_hung_up_on(hasty: Target):
    """Slow-loris: all are closed, and an honest client is served meanwhile."""
    lines = [await hasty.line() for _ in range(100)]
    dripping = [asyncio.create_task(drip(line, b"POST /v1/files HTTP/1.1\r\nX: " + b"y" * 10_000)) for line in lines]
    assert (await hasty.asks(post(b"hello")))[0] == 202
    assert {await line.all() for line in lines} == {b""}
    await gone(dripping)


async def test_connections_that_say_nothing_are_hung_up_on(hasty: Target):
    """Neither a byte nor an end."""
    lines = [await hasty.line() for _ in range(50)]
    assert {await line.all() for line in lines} == {b""}


async def test_a_kept_connection_is_not_measured_as_a_dripping_header(hasty: Target):
    """Between two requests there is more time than within a header."""
    line = await hasty.line()
    for _ in range(2):
        await line.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await line.answer())[0] == 200
        await asyncio.sleep(1.5 * HASTY["header_timeout_s"])
    await line.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
    assert await line.all() == b""


async def drip(line: Line, data: bytes) -> None:
    """A byte now and then."""
    for n in range(len(data)):
        await line.send(data[n : n + 1])
        await asyncio.sleep(0.01)


async def gone(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("path", ["/v1/files?name=a.txt", "/v1/sanitize?name=a.txt"])
async def test_a_body_that_stops_coming_is_answered_408(hasty: Target, path: str):
    """Silence between two chunks."""
    line = await hasty.line()
    await line.send(post(b"abc", path=path, length=1000))
    status, problem = await line.answer()
    assert (status, problem["code"]) == (408, "too-slow")
    line.writer.close()
    await hasty.assert_untouched()


async def test_a_body_that_drips_is_answered_408(hasty: Target):
    """Always some bytes, never enough of them."""
    lines = [await hasty.line() for _ in range(50)]
    for line in lines:
        await line.send(post(b"", length=100_000))
    dripping = [asyncio.create_task(drip(line, b"x" * 100_000)) for line in lines]
    answers = [await line.answer() for line in lines]
    await gone(dripping)
    for line in lines:
        line.writer.close()
    assert {(status, problem["code"]) for status, problem in answers} == {(408, "too-slow")}
    await hasty.assert_untouched()


async def test_a_form_that_drips_is_answered_408(hasty: Target):
    """Before its first part as well."""
    line = await hasty.line()
    await line.send(post(b"", "Content-Type: multipart/form-data; boundary=B", path="/v1/files", length=10_000))
    dripping = asyncio.create_task(drip(line, b"preamble\r\n" * 1000))
    assert (await line.answer())[0] == 408
    await gone([dripping])
    line.writer.close()
    await hasty.assert_untouched()


@pytest.mark.parametrize("path", ["/v1/files?name=a.txt", "/v1/sanitize?name=a.txt"])
@pytest.mark.parametrize("size", [10, 200_000])
async def test_a_reset_in_mid_body_leaves_nothing(target: Target, path: str, size: int):
    """Nobody is left to be answered; the half body goes."""
    for _ in range(10):
        line = await target.line()
        await line.send(post(b"x" * size, path=path, length=1_000_000))
        line.reset()
    await target.assert_untouched()


async def test_a_body_shorter_than_announced_leaves_nothing(target: Target):
    """The client ends early, politely."""
    line = await target.line()
    await line.send(post(b"abc", length=1000))
    line.writer.write_eof()
    assert b" 202 " not in await line.all()
    await target.assert_untouched()


@pytest.mark.parametrize("pause", [False, True])
async def test_a_body_longer_than_announced_is_no_second_request(target: Target, pause: bool):
    """What follows the announced length is read as a request, and is none: 400, and the connection ends."""
    line = await target.line()
    whole = post(b"hello and more", length=5)
    await line.send(whole[:-9])
    accepted = [await line.answer()] if pause else []
    await line.send(whole[-9:])
    said = await line.all()
    line.writer.close()

    assert said.rpartition(b"HTTP/")[2].startswith(b"1.0 400 ") and b"bad-request" in said
    assert [(status, told["size"]) for status, told in accepted] == [(202, 5)] * pause
    await target.settled()
    assert len({left.partition(".")[0] for left in target.left()}) == said.count(b" 202 ") + len(accepted)


def named(raw: bytes) -> bytes:
    """A request with these bytes as Content-Disposition."""
    marked = post(b"hello", "Content-Disposition: @", path="/v1/files")
    return marked.replace(b"@", raw)


NAMES = [
    (b'attachment; filename="../../etc/passwd"', 202, "passwd"),
    (b'attachment; filename="..\\..\\a.txt"', 202, "a.txt"),
    (b"attachment; filename*=UTF-8''a%00.txt", 202, "a.txt"),
    (b"attachment; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x.txt", 202, "aSet-Cookie_ x.txt"),
    (b"attachment; filename*=UTF-8''%E2%80%AEtxt.exe", 202, "txt.exe"),
    ('attachment; filename="\u202etxt.exe"'.encode(), 202, "txt.exe"),
    ('attachment; filename="報告.txt"'.encode("cp932"), 202, "報告.txt"),
    (b'attachment; filename="\xff\xfe"', 202, None),
    (b'attachment; filename="con.txt"', 202, "_con.txt"),
    (b'attachment; filename="a\x00.txt"', 400, None),
    (b'attachment; filename="a\r\nX: y', 202, None),
    (b"attachment", 400, None),
    (b"\x80" * 3000, 400, None),
    (b';;;;==="""', 400, None),
    (b"attachment; filename*=UTF-8''" + b"%E3%81%82" * 400, 202, None),
    (b'attachment; filename="' + b"a" * 5000 + b'"', 400, None),
]


@pytest.mark.parametrize(("raw", "status", "name"), NAMES, ids=range(len(NAMES)))
async def test_hostile_names_get_a_safe_name_or_a_refusal(target: Target, raw: bytes, status: int, name: str | None):
    """Never a path, a control, a line of a header, or a crash; the spool's own names are ours alone."""
    answered, told = await target.asks(named(raw))

    assert answered == status, told
    if status == 202:
        assert name is None or told["name"] == name
        assert not {unicodedata.category(char) for char in told["name"]} & {"Cc", "Cf", "Cs"}
        assert not set(told["name"]) & set('/\\"')
        assert all(left.partition(".")[0] == told["id"] for left in target.left())
    outside = {path.name for path in target.folder.rglob("*")} & {"passwd", "a.txt"}
    assert not outside


FRAMINGS = [
    post(b"0\r\n\r\n", "Content-Length: 5", "Transfer-Encoding: chunked"),
    post(b"hello", "Content-Length: 6"),
    post(b"hello").replace(b"Content-Length: 5", b"Content-Length: +5"),
    post(b"hello").replace(b"Content-Length: 5", b"Content-Length: 5, 5"),
    post(b"hello").replace(b"Content-Length: 5", b"Content-Length : 5"),
    post(b"zz\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    post(b"-5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
    post(b"5\r\nhelloXX0\r\n\r\n", "Transfer-Encoding: chunked"),
    post(b"hello", "Transfer-Encoding: chunked, identity"),
    post(b"hello", "Transfer-Encoding: xchunked"),
    post(b"hello", "X: " + "y" * 9000),
    post(b"hello", *[f"X{n}: y" for n in range(200)]),
    post(b"hello", path="/" + "y" * 9000),
    post(b"hello", "X: a\0b"),
    post(b"hello", " folded: x"),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"\x00" * 9000,
]


@pytest.mark.parametrize("data", FRAMINGS, ids=range(len(FRAMINGS)))
async def test_requests_that_two_readers_could_read_differently_are_refused(hasty: Target, data: bytes):
    """400 as a problem, then the connection ends: nothing can hide behind it."""
    line = await hasty.line()
    await line.send(data + b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    said = await line.all()
    line.writer.close()

    assert said.split()[1] == b"400", said[:200]
    assert said.count(b"HTTP/1.") == 1 and b"application/problem+json" in said
    await hasty.assert_untouched()


async def test_a_client_that_takes_no_answer_is_dropped(hasty: Target):
    """The copy's descriptor and the connection do not stay open for it."""
    status, told = await hasty.asks(post(b"x" * LIMIT, "Prefer: wait=30"))
    assert (status, told["state"]) == (200, "released")
    await hasty.settled()
    before = open_files()
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.connect(("127.0.0.1", hasty.app.port))
    path = f"/v1/files/{told['id']}/content"
    raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TENANT_KEY}\r\n\r\n".encode())
    while open_files() < before + 3:  # both ends of the connection, and then the copy beside it
        await asyncio.sleep(0.001)
    await hasty.settled()
    assert open_files() <= before + 1, "ours alone is left"
    raw.close()


def open_files() -> int:
    """Descriptors of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_requests_sent_ahead_are_answered_in_turn(target: Target):
    """A pipeline of a thousand on one connection is neither lost nor mixed up."""
    line = await target.line()
    sending = asyncio.create_task(line.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1000))
    assert {(await line.answer())[0] for _ in range(1000)} == {200}
    await sending
    line.writer.close()


async def test_descriptors_come_back_after_an_attack(hasty: Target):
    """Resets, silence and half bodies by the hundred."""
    await hasty.asks(post(b"hello"))
    await hasty.settled()
    before = open_files()
    for n in range(200):
        line = await hasty.line()
        await line.send(post(b"x" * 1000, length=5000)[: 50 + 10 * n])
        line.reset()
    await hasty.settled()
    assert open_files() <= before + 2


@pytest.fixture
def process(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Port and id of a gateway in a process of its own."""
    started = subprocess.Popen(
        [sys.executable, "-m", "tests.boundary.gateway_process", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert started.stdin is not None and started.stdout is not None
    try:
        yield int(started.stdout.readline()), started.pid
    finally:
        started.stdin.close()
        assert started.wait(60) == 0


async def test_three_hundred_uploads_at_once_stay_within_256_mib(process: tuple[int, int], tmp_path: Path):
    """Those beyond the cap are told 503 before they are read; the others are accepted; memory stays bounded."""
    port, pid = process
    body = post(bytes(4 << 20))

    async def upload() -> int:
        line = Line(*await asyncio.open_connection("127.0.0.1", port))
        sending = asyncio.create_task(line.send(body))
        try:
            return (await line.answer())[0]
        finally:
            await gone([sending])
            line.writer.close()

    statuses = await asyncio.gather(*(upload() for _ in range(300)))

    assert set(statuses) <= {202, 503} and statuses.count(202) >= 64
    assert peak_bytes(pid) < 256 << 20
    kept = len(list((tmp_path / "data/spool/in").iterdir()))
    assert kept == statuses.count(202), "each accepted one is there, and nothing else"
    assert not list((tmp_path / "data/spool/tmp").iterdir())


def peak_bytes(pid: int) -> int:
    """The most memory a process has ever had resident."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) << 10

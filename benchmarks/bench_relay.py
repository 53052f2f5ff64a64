"""What one file costs the relay process: HTTP in, hand-over, record, HTTP out. Clients and workers are not counted.

Beside it, in the same rounds, a bare aiohttp server that only sends the body back.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from benchmarks.bench import Case, Figure, cpu_seconds_of, main, measure

SIZES = (37_000, 100_000, 3_250_000)
_CLIENTS = 8
_BYTES_A_MEASUREMENT = 40_000_000
_MOST_REQUESTS = 200


class Server:
    """One server process, and kept connections to it."""

    def __init__(self, kind: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.relay_server", kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.links = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(_CLIENTS)]

    def close(self) -> None:
        """Let it stop in order."""
        for link in self.links:
            link.close()
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def all_at_once(self, requests: list[bytes]) -> list[bytes]:
        """One request on each connection, all sent before any answer is read."""
        for link, request in zip(self.links, requests):
            link.sendall(request)
        return [_answer(link) for link, _ in zip(self.links, requests)]

    def cpu_of(self, act: Callable[[], int]) -> float:
        """CPU seconds of the server a file, of `act` that answers with the number of files."""
        before = cpu_seconds_of(self.process.pid)
        files = act()
        return (cpu_seconds_of(self.process.pid) - before) / files


def _request(method: str, path: str, body: bytes = b"", key: str = "bench") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _answer(link: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(link)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    parts, have = [body], len(body)
    while have < length:
        parts.append(_some(link))
        have += len(parts[-1])
    assert head.split()[1] in (b"200", b"202"), (head, body)
    return b"".join(parts)


def _some(link: socket.socket) -> bytes:
    data = link.recv(1 << 20)
    assert data, "the server hung up"
    return data


def _rounds(size: int) -> int:
    return max(1, min(_MOST_REQUESTS, _BYTES_A_MEASUREMENT // size) // _CLIENTS)


def _straight(server: Server, path: str, body: bytes) -> int:
    """Files sent and got back."""
    requests = [_request("POST", path, body)] * _CLIENTS
    for _ in range(_rounds(len(body))):
        server.all_at_once(requests)
    return _rounds(len(body)) * _CLIENTS


def _pulled(server: Server, body: bytes) -> int:
    """Files accepted, leased by the receiver, fetched and acknowledged."""
    files = _rounds(len(body)) * _CLIENTS
    for _ in range(_rounds(len(body))):
        server.all_at_once([_request("POST", "/v1/files?name=a.txt", body)] * _CLIENTS)
    left = files
    while left:
        asked = {"consumer": "lgwan", "max": 100, "wait_s": 10, "lease_s": 60}
        lease = _request("POST", "/v1/deliveries:lease", json.dumps(asked).encode(), "lgwan")
        offers = json.loads(server.all_at_once([lease])[0])["deliveries"]
        for manifest in (offer["manifest"]["manifest"] for offer in offers):
            path = f"/v1/deliveries/{manifest['id']}"
            done = {"consumer": "lgwan", "lease": manifest["lease"], "sha256": manifest["sha256"]}
            server.all_at_once([_request("GET", path + "/content", key="lgwan")])
            server.all_at_once([_request("POST", path + ":ack", json.dumps(done).encode(), "lgwan")])
        left -= len(offers)
    return files


def _cases(servers: dict[str, Server]) -> list[Case]:
    cases = []
    for size in SIZES:
        body = (b"0123456789 plain text, nothing to take out\r\n" * (size // 40))[:size]
        floor = f"bare aiohttp echo: {size}"
        acts: list[tuple[str, str, Callable[[], int]]] = [
            (floor, "echo", partial(_straight, servers["echo"], "/", body)),
            (f"sanitize, null workers: {size}", "null", partial(_straight, servers["null"], _SANITIZE, body)),
            (f"sanitize, real workers: {size}", "real", partial(_straight, servers["real"], _SANITIZE, body)),
            (f"accept, pull, ack, null workers: {size}", "null", partial(_pulled, servers["null"], body)),
        ]
        for name, kind, act in acts:
            cost = partial(servers[kind].cpu_of, act)
            cases.append(Case(name, size, cost, None if name == floor else floor))
    return cases


_SANITIZE = "/v1/sanitize?name=a.txt"


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    with ExitStack() as undo:
        servers = {kind: Server(kind) for kind in ("echo", "null", "real")}
        for server in servers.values():
            undo.callback(server.close)
        return measure(_cases(servers), rounds)


if __name__ == "__main__":
    main("What one file costs the relay", take)

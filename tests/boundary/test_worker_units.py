"""Workers that are units of the system's, behind a socket, and no children of the gateway's."""

import asyncio
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.workers import Judged, Workers
from gateway.zygotes import ENVIRONMENT, command
from policies.load import load_policy
from sanitizers.errors import SandboxError
from sanitizers.model import Order, Verdict
from tests.boundary.workshop import is_alive, sealed, taken

POLICY = load_policy("default")


class Listener:
    """Does what a socket unit with Accept=yes does: a process for each connection, which holds that connection."""

    def __init__(self, folder: Path, role: str) -> None:
        self._role, self._listening = role, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listening.bind(str(folder / f"{role}.sock"))
        self._listening.listen()
        self.processes: list[subprocess.Popen[bytes]] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.processes.append(self._start(connection))

    def _start(self, connection: socket.socket) -> subprocess.Popen[bytes]:
        with connection:
            fd = connection.fileno()
            return subprocess.Popen(command(self._role, fd, 2), pass_fds=(fd,), env=dict(ENVIRONMENT), cwd="/")

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def units(tmp_path: Path) -> Iterator[dict[str, Listener]]:
    listeners = {role: Listener(tmp_path, role) for role in ("sanitize", "judge")}
    yield listeners
    for listener in listeners.values():
        listener.close()


async def send(workers: Workers, name: str = "a.csv", data: bytes = b"a,b\r\n=1+1,2\r\n") -> Judged:
    fd = sealed(data)
    try:
        return await workers.sanitize(Order(name=name, policy=POLICY), fd)
    finally:
        os.close(fd)


async def test_files_go_through_units_as_through_children(units, tmp_path: Path):
    """The same copy and report; the gateway knows no process of theirs."""
    apart, children = Workers(2, command=tmp_path), Workers(1)
    await asyncio.gather(apart.start(), children.start())
    try:
        assert (apart.tier, apart.versions) == (children.tier, children.versions)
        assert set(apart.pids.values()) == {0}
        first, second = await send(apart), await send(children)
        assert first.report == second.report
        assert taken(first) == taken(second)
    finally:
        await asyncio.gather(apart.stop(), children.stop())


async def test_a_unit_ends_when_the_gateway_hangs_up(units, tmp_path: Path):
    workers = Workers(1, command=tmp_path)
    await workers.start()
    processes = [process for listener in units.values() for process in listener.processes]
    assert len(processes) == 4  # two roles with two kits
    await workers.stop()
    for process in processes:
        assert await asyncio.to_thread(process.wait, 30) == 0
        assert not is_alive(process.pid)


async def test_a_unit_that_dies_is_asked_for_anew_and_no_file_is_lost(units, tmp_path: Path):
    workers = Workers(1, command=tmp_path)
    await workers.start()
    try:
        for listener in units.values():
            listener.processes[0].kill()
            listener.processes[0].wait()
        assert (await send(workers)).report.verdict is Verdict.SANITIZED
        assert [len(listener.processes) for listener in units.values()] == [2, 2]
    finally:
        await workers.stop()


async def test_without_anybody_listening_the_service_does_not_start(tmp_path: Path):
    with pytest.raises(SandboxError, match="does not answer"):
        await Workers(1, command=tmp_path).start()

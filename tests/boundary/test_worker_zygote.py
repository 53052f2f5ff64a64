"""The zygote as a process: how it is started, what it will not run, with whom it dies."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.workers import Workers
from gateway.zygotes import command
from sanitizers import wire
from sanitizers.errors import Reason, SandboxError
from sanitizers.model import Verdict
from sanitizers.wire import Ended, Hello, How
from tests.boundary.workshop import DOUBLES, children_of, gone, is_alive, sent, until, working

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_command_line_takes_two_roles_and_no_program():
    for words in (["--role", "other", "--socket", "3"], ["--role", "judge", "--socket", "3", "--program", "os:system"]):
        answer = subprocess.run(
            [sys.executable, "-I", "-m", "sanitizers.worker.zygote", *words], capture_output=True, timeout=60
        )
        assert answer.returncode == 2


def test_neither_environment_nor_folder_chooses_what_is_started():
    assert command("judge", 3, 1)[:4] == [sys.executable, "-I", "-m", "sanitizers.worker.zygote"]


async def test_a_zygote_that_does_not_start_stops_the_service_from_starting():
    workers = Workers(1, command=lambda role, fd, seats: [sys.executable, "-I", "-c", "pass"])

    with pytest.raises(SandboxError):
        await workers.start()


async def test_a_zygote_that_does_not_come_back_makes_the_service_unavailable(tmp_path):
    broken = tmp_path / "broken"

    def sometimes(role, fd, seats):
        words = [sys.executable, "-I", str(DOUBLES), "--role", role, "--socket", str(fd), "--seats", str(seats)]
        return [sys.executable, "-I", "-c", "pass"] if broken.exists() else words

    workers = Workers(1, has_light_kit=False, command=sometimes)
    await workers.start()
    try:
        broken.touch()
        os.kill(workers.pids["sanitize"], signal.SIGKILL)
        judged = await sent(workers, "honest")
        assert judged.report.reason is Reason.UNAVAILABLE
        assert judged.copy is None
    finally:
        await workers.stop()


LIAR = """
import socket, sys
line = socket.socket(fileno=int(sys.argv[1]))
line.recv(100)
line.send(bytes.fromhex(sys.argv[2]))
line.recv(1 << 20)
line.send(bytes.fromhex(sys.argv[3]))
line.recv(1 << 20)
"""
HELLO = wire.encode_hello(Hello(1, "liar", {}))


@pytest.mark.parametrize(
    "lie",
    [
        b"nonsense",
        wire.encode_ended(Ended(7777, How.EXITED, 0, 0, 0)),  # of a task that nobody gave
        wire.encode_ended(Ended(1, How.EXITED, 0, 0, 0))[:-1],
        wire.encode_ended(Ended(1, How.EXITED, 0, 0, 0)),  # done, with nothing done
        HELLO,
    ],
)
async def test_a_zygote_that_lies_gets_no_copy_out(lie):
    def liars(role, fd, seats):
        return [sys.executable, "-c", LIAR, str(fd), HELLO.hex(), lie.hex()]

    workers = Workers(1, has_light_kit=False, command=liars)
    await workers.start()
    try:
        judged = await sent(workers, "honest")
        assert judged.report.verdict is Verdict.FAILED
        assert judged.copy is None
    finally:
        await workers.stop()


async def test_a_greeting_that_is_none_stops_the_service_from_starting():
    workers = Workers(1, command=lambda role, fd, seats: [sys.executable, "-c", LIAR, str(fd), b"hi".hex(), "00"])

    with pytest.raises(SandboxError):
        await workers.start()


async def test_children_end_with_their_zygote():
    async with working() as workers:
        file = asyncio.create_task(sent(workers, "sleep"))
        zygote = workers.pids["sanitize"]
        await until(lambda: children_of(zygote))
        children = children_of(zygote)
        os.kill(zygote, signal.SIGKILL)
        gone([zygote, *children])
        file.cancel()
        await asyncio.wait([file])


GATEWAY = """
import asyncio
from tests.boundary.workshop import children_of, sent, until, working

async def main():
    async with working() as workers:
        asyncio.create_task(sent(workers, "sleep"))
        await until(lambda: children_of(workers.pids["sanitize"]))
        print(*workers.pids.values(), *children_of(workers.pids["sanitize"]), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_everything_ends_with_the_gateway(end):
    with subprocess.Popen([sys.executable, "-c", GATEWAY], stdout=subprocess.PIPE, cwd=ROOT) as gateway:
        lines = (line.split() for line in gateway.stdout)
        pids = next([int(word) for word in words] for words in lines if words[0].isdigit() and len(words) == 3)
        gateway.send_signal(end)
    gone(pids)


def test_ctrl_c_is_left_to_the_gateway():
    """The terminal sends it to the whole group; a zygote goes on until the gateway has hung up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    words = [sys.executable, "-I", str(DOUBLES), "--role", "judge", "--socket", str(theirs.fileno()), "--seats", "1"]
    with subprocess.Popen(words, pass_fds=[theirs.fileno()]) as zygote:
        theirs.close()
        ours.send(b"whole")
        wire.decode_hello(ours.recv(1 << 17))
        zygote.send_signal(signal.SIGINT)
        assert is_alive(zygote.pid)
        ours.close()
        assert zygote.wait(60) == 0


def test_a_zygote_keeps_none_of_its_starters_descriptors():
    """The reader of a pipe sees its end as soon as nobody holds the other one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reader, writer = os.pipe()
    words = [sys.executable, "-I", str(DOUBLES), "--role", "judge", "--socket", str(theirs.fileno()), "--seats", "1"]
    with subprocess.Popen(words, pass_fds=[theirs.fileno(), writer]):
        theirs.close()
        os.close(writer)
        ours.send(b"whole")
        wire.decode_hello(ours.recv(1 << 17))
        assert os.read(reader, 1) == b""
        ours.close()
    os.close(reader)

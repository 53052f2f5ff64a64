"""Handing a file to confined processes and back, with empty work: CPU of gateway, zygotes and children together.

Beside it, in the same rounds, what no hand-over to two processes can be without: two bare forks of a process with the
same libraries loaded, one that copies the file and one that reads the copy, and a digest of it.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench import Case, Figure, cpu_seconds_of, main, measure, repeated
from gateway import memory
from gateway.workers import Workers
from policies.model import Policy
from sanitizers.model import Order

SIZES = (20_000, 4_000_000)
_COPYING = str(Path(__file__).with_name("copying.py"))
_POLICY = Policy(name="bench", admit=frozenset({"text/plain"}))
_FILES = 20  # a measurement


def _command(role: str, socket_fd: int, seats: int) -> list[str]:
    return [sys.executable, "-I", _COPYING, "--role", role, "--socket", str(socket_fd), "--seats", str(seats)]


def _sealed(data: bytes) -> int:
    fd = os.memfd_create("bench", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    memory.seal(fd)
    return fd


def _two_forks(size: int) -> float:
    words = [sys.executable, "-I", _COPYING, "--bare", "25", "--size", str(size)]
    return float(subprocess.run(words, capture_output=True, check=True).stdout)


def _digest(fd: int, size: int) -> None:
    hashlib.sha256(os.pread(fd, size, 0)).hexdigest()


async def _through(workers: Workers, order: Order, fd: int) -> float:
    """Some files one after the other; CPU seconds of their children."""
    children = 0.0
    for _ in range(_FILES):
        judged = await workers.sanitize(order, fd)
        assert judged.copy is not None, judged.report
        os.close(judged.copy.fd)
        children += judged.cpu_ms / 1000
    return children


def _whole(workers: Workers, runner: asyncio.Runner, fd: int, size: int) -> float:
    """CPU seconds a file through sanitizer and judge, all processes together."""
    order = Order(name="a.txt", policy=_POLICY)
    before = _cpu_seconds(workers)
    children = runner.run(_through(workers, order, fd))
    return (_cpu_seconds(workers) - before + children) / _FILES


def _cpu_seconds(workers: Workers) -> float:
    return time.process_time() + sum(cpu_seconds_of(pid) for pid in workers.pids.values())


def _floor(digest: Callable[[], float], size: int) -> float:
    return _two_forks(size) + digest()


def _cases(workers: Workers, runner: asyncio.Runner) -> list[Case]:
    cases = [Case("two bare forks with all libraries", 0, partial(_two_forks, 0))]
    for size in SIZES:
        fd = _sealed(os.urandom(size))
        digest = repeated(partial(_digest, fd, size))
        floor = f"two bare forks, copy, read, digest: {size}"
        cases += [
            Case(floor, size, partial(_floor, digest, size)),
            Case(f"handed over, judged and sealed: {size}", size, partial(_whole, workers, runner, fd, size), floor),
        ]
    return cases


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    with asyncio.Runner() as runner:
        workers = Workers(1, command=_command)
        runner.run(workers.start())
        try:
            return measure(_cases(workers, runner), rounds)
        finally:
            runner.run(workers.stop())


if __name__ == "__main__":
    main("Hand-over to workers", take)

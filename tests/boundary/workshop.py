"""What the tests of the workers share: zygotes that behave as told, files in memory, and a look at the processes."""

import asyncio
import fcntl
import os
import select
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.workers import Judged, Workers
from policies.model import Limits, Policy
from sanitizers.model import Order

DOUBLES = Path(__file__).with_name("doubles.py")
MIB = 1 << 20
POLICY = Policy(
    name="test",
    admit=frozenset({"text/plain"}),
    limits=Limits(max_seconds=30, max_memory_bytes=256 * MIB, max_output_bytes=MIB),
)
ROOMY = Policy(name="roomy", admit=POLICY.admit, limits=Limits(max_seconds=30))
HASTY = Policy(name="hasty", admit=POLICY.admit, limits=Limits(max_seconds=1, max_memory_bytes=256 * MIB))


def doubles(role: str, socket_fd: int, seats: int) -> list[str]:
    return [sys.executable, "-I", str(DOUBLES), "--role", role, "--socket", str(socket_fd), "--seats", str(seats)]


@asynccontextmanager
async def working(slots: int = 2, *, grace_s: float = 20.0) -> AsyncIterator[Workers]:
    """Workers with programs of our own, and nothing of theirs left afterwards."""
    workers = Workers(slots, has_light_kit=False, grace_s=grace_s, command=doubles)
    await workers.start()
    pids = list(workers.pids.values())
    try:
        yield workers
    finally:
        pids += workers.pids.values()
        await workers.stop()
        assert not [pid for pid in pids if is_alive(pid)]


def sealed(data: bytes) -> int:
    fd = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd


async def sent(
    workers: Workers,
    behaviour: str,
    data: bytes = b"hello",
    policy: Policy = POLICY,
    passwords: tuple[str, ...] = (),
) -> Judged:
    """What becomes of a file with these bytes whose sanitizer behaves in this way."""
    fd = sealed(data)
    try:
        return await workers.sanitize(Order(name=f"{behaviour}.txt", policy=policy, passwords=passwords), fd)
    finally:
        os.close(fd)


def taken(judged: Judged) -> bytes:
    """The bytes of the copy, which is closed."""
    assert judged.copy is not None
    try:
        return os.pread(judged.copy.fd, judged.copy.size + 1, 0)
    finally:
        os.close(judged.copy.fd)


def children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


async def until(is_so: Callable[[], object]) -> None:
    """Let everything else go on until it is so. The test's own time limit is what ends a vain wait."""
    while not is_so():
        await asyncio.sleep(0)


def gone(pids: list[int]) -> None:
    """Wait until these processes have ended, whoever their parent is."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        select.select([handle], [], [])
        os.close(handle)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())

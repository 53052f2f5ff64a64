"""One zygote process as the gateway sees it: a child of ours, or a unit of its own behind a socket.

Trust: a zygote believes us; we check what it says all the same, and end it when it does not speak as agreed or does
not speak in time. Its children are never spoken to, only read after their death.
"""

import asyncio
import itertools
import signal
import socket
import subprocess
import sys
from array import array
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from policies.kits import Kit
from policies.model import Limits
from sanitizers import wire
from sanitizers.errors import SandboxError, WireError
from sanitizers.wire import Ended, Hello, How, Task

ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "LD_BIND_NOW": "1",  # where calls between libraries lead is found once, not in every child
    # large blocks on huge pages where the kernel has them for the asking: a page fault costs more than what it zeroes.
    # In the heap even those of 30 MiB: a mapping of its own has a megabyte of small pages at either end
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.top_pad=1048576",
    "TZ": "UTC0",  # without it, the C library looks /etc/localtime up for each date that a library prints
}
_START_S: Final = 60.0
_MAX_MESSAGE_BYTES: Final = wire.HEADER.size + wire.MAX_ORDER_BYTES

_log: Final = structlog.get_logger(__name__)

Command = Callable[[str, int, int], Sequence[str]]  # role, descriptor of the socket, seats
Source = Command | Path  # how one is started, or the folder of sockets behind which the system starts one


class _Host(Protocol):
    """The process behind a zygote: our child, or nobody that we may touch."""

    @property
    def pid(self) -> int: ...

    def kill(self) -> None: ...

    def wait(self) -> object: ...


class _Unit:
    """A unit of the system's. It ends when we hang up; its process is not ours to end."""

    pid = 0

    def kill(self) -> None:
        """Nothing: hanging up does it."""

    def wait(self) -> None:
        """Nor is its end ours to see."""


def command(role: str, socket_fd: int, seats: int) -> list[str]:
    """How a zygote is started. -I: neither the environment nor the working folder chooses what is imported."""
    module = "sanitizers.worker.zygote"
    return [sys.executable, "-I", "-m", module, "--role", role, "--socket", str(socket_fd), "--seats", str(seats)]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended. `ended` is None when its zygote was lost before it said so."""

    ended: Ended | None
    is_overdue: bool = False  # lost because this very task was not ended in time

    @property
    def is_crash(self) -> bool:
        """Whether a signal ended it that neither we nor a limit sent."""
        ended = self.ended
        return ended is not None and ended.how is How.KILLED and ended.value != signal.SIGXCPU


@dataclass(slots=True)
class _Given:
    message: bytes
    descriptors: tuple[int, ...]
    seconds: float
    answer: asyncio.Future[Ending]
    deadline: float = float("inf")  # until it has a seat


class Zygote:
    """A running zygote and the tasks it was given. Made by `start`."""

    def __init__(self, process: _Host, line: socket.socket, hello: Hello, seats: int, grace_s: float) -> None:
        self.hello = hello
        self.pid = process.pid
        self.is_lost = False
        self.tasks_given = 0
        self._process = process
        self._line = line
        self._seats = seats
        self._grace_s = grace_s
        self._loop = asyncio.get_running_loop()
        self._numbers = itertools.count(1)
        self._given: dict[int, _Given] = {}
        self._seated: set[int] = set()
        self._unseated: deque[int] = deque()
        self._unsent: deque[tuple[bytes, tuple[int, ...]]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._is_retired = False
        self._burial: asyncio.Task[object] | None = None
        self._loop.add_reader(line, self._read)

    @classmethod
    async def start(cls, role: str, kit: Kit, seats: int, grace_s: float, source: Source) -> "Zygote":
        """Start one, tell it what to load and wait for its greeting. Raises SandboxError when none comes.

        Belongs into the main thread: a zygote dies with the thread that started it.
        """
        with ExitStack() as undo:
            process, ours = _connected(source, role) if isinstance(source, Path) else _started(source, role, seats)
            undo.callback(process.wait)
            undo.callback(process.kill)
            undo.callback(ours.close)
            ours.setblocking(False)
            try:
                ours.send(kit.encode())
                greeting = asyncio.get_running_loop().sock_recv(ours, _MAX_MESSAGE_BYTES)
                hello = wire.decode_hello(await asyncio.wait_for(greeting, _START_S))
            except (WireError, OSError, TimeoutError) as error:
                raise SandboxError(f"the {role} process does not start; the service log has its last words") from error
            undo.pop_all()
            return cls(process, ours, hello, seats, grace_s)

    async def run(self, frame: bytes, limits: Limits, output_bytes: int, descriptors: tuple[int, ...]) -> Ending:
        """Give one task to it and wait for its end. Cancelling takes it back. The descriptors stay the caller's."""
        if self.is_lost:
            return Ending(None)
        number = self.tasks_given = next(self._numbers)
        task = Task(
            number=number,
            seconds=limits.max_seconds,
            memory_bytes=limits.max_memory_bytes,
            output_bytes=output_bytes,
            frame=frame,
        )
        given = _Given(wire.encode_task(task), descriptors, limits.max_seconds, self._loop.create_future())
        self._given[number] = given
        self._unseated.append(number)
        self._seat()
        self._send(given.message, descriptors)
        try:
            return await given.answer
        except asyncio.CancelledError:
            self._take_back(number, given)
            raise

    def retire(self) -> None:
        """Take no more tasks; end once those it has are done."""
        self._is_retired = True
        self._end_if_done()

    def end(self, overdue: Collection[int] = ()) -> None:
        """End it now, and with it its children. What was not done is lost."""
        if self.is_lost:
            return
        self.is_lost = True
        self._loop.remove_reader(self._line)
        self._loop.remove_writer(self._line)
        self._line.close()
        self._process.kill()
        self._burial = self._loop.create_task(asyncio.to_thread(self._process.wait))
        if self._watch is not None:
            self._watch.cancel()
        for number, given in self._given.items():
            if not given.answer.done():
                given.answer.set_result(Ending(None, number in overdue))
        self._given.clear()
        self._unsent.clear()

    async def buried(self) -> None:
        """Wait until a process that was ended is gone."""
        if self._burial is not None:
            await asyncio.shield(self._burial)

    def _seat(self) -> None:
        """Which tasks it works on now: it takes them in the order they were given."""
        while self._unseated and len(self._seated) < self._seats:
            number = self._unseated.popleft()
            given = self._given[number]
            given.deadline = self._loop.time() + given.seconds + self._grace_s
            self._seated.add(number)
            if self._watch is None or given.deadline < self._watch.when():
                self._watch_until(given.deadline)

    def _watch_until(self, deadline: float) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = self._loop.call_at(deadline, self._look_again)

    def _look_again(self) -> None:
        now = self._loop.time()
        overdue = [number for number in self._seated if self._given[number].deadline <= now]
        if overdue:  # it ends a task by itself in time: when it does not, it hangs
            _log.error("zygote hangs", pid=self.pid)
            self.end(overdue)
        else:
            self._watch = None
            if self._seated:
                self._watch_until(min(self._given[number].deadline for number in self._seated))

    def _send(self, message: bytes, descriptors: tuple[int, ...] = ()) -> None:
        if self._unsent or not self._is_sent(message, descriptors):
            self._unsent.append((message, descriptors))
            self._loop.add_writer(self._line, self._send_rest)

    def _send_rest(self) -> None:
        if self._is_sent(*self._unsent[0]) and not self.is_lost:
            self._unsent.popleft()
            if not self._unsent:
                self._loop.remove_writer(self._line)

    def _is_sent(self, message: bytes, descriptors: tuple[int, ...]) -> bool:
        """False while the zygote has too much before it. One that hung up is ended, and nothing is left to send."""
        beside = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", descriptors))] if descriptors else []
        try:
            self._line.sendmsg([message], beside)
        except BlockingIOError:
            return False
        except OSError:
            self.end()
        return True

    def _read(self) -> None:
        try:
            message = self._line.recv(_MAX_MESSAGE_BYTES)
            ended = wire.decode_ended(message)
            given = self._given.pop(ended.number)
        except BlockingIOError:
            return
        except (OSError, WireError, KeyError) as error:  # gone, or it says what nobody asked
            _log.error("zygote lost", pid=self.pid, error=type(error).__name__)
            self.end()
            return
        self._leave_seat(ended.number)
        if not given.answer.done():
            given.answer.set_result(Ending(ended))
        self._end_if_done()

    def _take_back(self, number: int, given: _Given) -> None:
        if (given.message, given.descriptors) in self._unsent:
            self._unsent.remove((given.message, given.descriptors))
            del self._given[number]
            self._leave_seat(number)
            self._end_if_done()
        elif number in self._given:
            self._send(wire.encode_task(Task(number=number)))

    def _end_if_done(self) -> None:
        if self._is_retired and not self._given:
            self.end()

    def _leave_seat(self, number: int) -> None:
        if number in self._seated:
            self._seated.remove(number)
        else:
            self._unseated.remove(number)
        self._seat()


def _started(command: Command, role: str, seats: int) -> tuple[_Host, socket.socket]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        return _spawn(command(role, theirs.fileno(), seats), theirs.fileno()), ours


def _connected(folder: Path, role: str) -> tuple[_Host, socket.socket]:
    """Raises SandboxError when nobody listens there."""
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        ours.connect(str(folder / f"{role}.sock"))
    except OSError as error:
        ours.close()
        raise SandboxError(f"the socket of the {role} unit does not answer ({error.strerror})") from error
    return _Unit(), ours


def _spawn(arguments: Sequence[str], socket_fd: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own interpreter with our own module
        arguments,
        pass_fds=(socket_fd,),
        env=ENVIRONMENT,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )

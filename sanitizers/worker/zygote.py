"""The warm parent of all children of one role: `python -m sanitizers.worker.zygote --role ROLE --socket FD`.

It loads and warms every library once, proves its locks, says hello, then forks one child per task. It never reads a
file's bytes itself.
Trust: believes the gateway at the other end of the socket, and nothing that a child says.
"""

import argparse
import json
import mmap
import os
import re
import resource
import select
import signal
import socket
import sys
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from policies.kits import Kit
from sanitizers import wire
from sanitizers.errors import WireError
from sanitizers.worker import child, heap, kernel, locks, selftest, warmup

_ROOM_BESIDE: Final = socket.CMSG_LEN(3 * array("i").itemsize)  # three descriptors
_AT_ONCE: Final = socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC
_NOTE: Final = re.compile(r"[A-Za-z_]\w{0,80}( [a-z_.]{1,80}:\d{1,6})*")
_LONGEST_KIT: Final = 16
_ORDERLY: Final = (wire.Exit.ANSWERED, wire.Exit.ELSEWHERE)
_OOM_KILLS: Final = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)


@dataclass(slots=True)
class _Child:
    task: wire.Task
    seat: int
    deadline: float
    how: wire.How | None = None  # why we killed it, when we did


class Zygote:
    """At most `seats` children at a time; what comes in meanwhile waits here, so that no seat stays empty."""

    def __init__(
        self, name: str, role: warmup.Role, line: socket.socket, seats: int, confinement: selftest.Confinement
    ) -> None:
        self._name = name
        self._role = role
        self._line = line
        self._confinement = confinement
        self._base_bytes = kernel.address_space_bytes()
        page = mmap.mmap(-1, seats * child.NOTE_BYTES)
        self._notes = [child.Note(page, seat * child.NOTE_BYTES) for seat in range(seats)]
        self._free_seats = list(range(seats))
        self._waiting: deque[tuple[wire.Task, list[int]]] = deque()
        self._children: dict[int, _Child] = {}
        self._oom_kills = _oom_kills()
        self._message = bytearray(wire.MAX_TASK_BYTES + 1)  # once: what a zygote allocates late, its children copy

    def serve(self) -> NoReturn:
        """Until the gateway hangs up; then every child ends, and this process too."""
        alarm, ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        events = select.poll()
        events.register(self._line, select.POLLIN)
        events.register(alarm, select.POLLIN)
        try:
            while True:
                ready = {fd for fd, _ in events.poll(self._until_next_deadline_ms())}
                if alarm in ready:
                    os.read(alarm, 4096)
                self._reap()
                if self._line.fileno() in ready:
                    self._receive()
                self._kill_overdue()
                self._seat()
        except (EOFError, ConnectionError):
            self._end_all()
            sys.exit(0)

    def _receive(self) -> None:
        while True:
            try:
                length, beside, flags, _ = self._line.recvmsg_into([self._message], _ROOM_BESIDE, _AT_ONCE)
            except BlockingIOError:
                return
            if not length:
                raise EOFError
            assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
            task, descriptors = wire.decode_task(bytes(memoryview(self._message)[:length])), _descriptors(beside)
            if task.frame:
                self._waiting.append((task, descriptors))
            else:
                self._take_back(task.number)

    def _take_back(self, number: int) -> None:
        for pid, running in self._children.items():
            if running.task.number == number:
                self._kill(pid, wire.How.CANCELLED)
        for waiting in [item for item in self._waiting if item[0].number == number]:
            self._waiting.remove(waiting)
            _close(waiting[1])
            self._tell(wire.Ended(number, wire.How.CANCELLED, 0, 0, 0))

    def _seat(self) -> None:
        while self._waiting and self._free_seats:
            task, descriptors = self._waiting.popleft()
            seat = self._free_seats.pop()
            self._notes[seat].clear()
            try:
                pid = self._fork(task, descriptors, self._notes[seat])
            except OSError:  # neither memory nor a place in the process table
                self._free_seats.append(seat)
                self._tell(wire.Ended(task.number, wire.How.OUT_OF_MEMORY, 0, 0, 0))
            except WireError:
                self._free_seats.append(seat)
                self._tell(wire.Ended(task.number, wire.How.EXITED, wire.Exit.CRASHED, 0, 0))
            else:
                self._children[pid] = _Child(task, seat, time.monotonic() + task.seconds)
            finally:
                _close(descriptors)

    def _fork(self, task: wire.Task, descriptors: list[int], note: child.Note) -> int:
        bounds = locks.Bounds(
            zygote=os.getpid(),
            descriptors=tuple(descriptors),
            address_space_bytes=self._base_bytes + task.memory_bytes,
            cpu_seconds=task.seconds,
            file_bytes=max(task.output_bytes, wire.REPORT_SHEET_BYTES),
            ruleset=self._confinement.ruleset,
            filter=self._confinement.filter,
        )
        request = self._role.read(task.frame)
        pid = kernel.fork()
        if pid == 0:
            child.run(self._role.program, request, bounds, note)
        return pid

    def _reap(self) -> None:
        while self._children:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            gone = self._children.pop(pid)
            self._free_seats.append(gone.seat)
            self._tell(self._ended(gone, status, usage))

    def _ended(self, gone: _Child, status: int, usage: resource.struct_rusage) -> wire.Ended:
        if os.WIFSIGNALED(status):
            how, value = gone.how or wire.How.KILLED, os.WTERMSIG(status)
            if how is wire.How.KILLED and value == signal.SIGKILL and self._kernel_was_short_of_memory():
                how = wire.How.OUT_OF_MEMORY
        else:
            how, value = wire.How.EXITED, os.WEXITSTATUS(status)
        if how is not wire.How.CANCELLED and value not in _ORDERLY:
            self._log(how, value, self._notes[gone.seat].read())
        cpu_us = round((usage.ru_utime + usage.ru_stime) * 1e6)
        return wire.Ended(gone.task.number, how, value, cpu_us, usage.ru_maxrss << 10)

    def _kernel_was_short_of_memory(self) -> bool:
        before, self._oom_kills = self._oom_kills, _oom_kills()
        return self._oom_kills > before

    def _kill_overdue(self) -> None:
        now = time.monotonic()
        for pid, running in self._children.items():
            if running.deadline <= now:
                self._kill(pid, wire.How.TIMED_OUT)

    def _kill(self, pid: int, how: wire.How) -> None:
        running = self._children[pid]
        if running.how is None:
            running.how = how
            running.deadline = float("inf")
            os.kill(pid, signal.SIGKILL)

    def _until_next_deadline_ms(self) -> float | None:
        nearest = min((running.deadline for running in self._children.values()), default=float("inf"))
        return None if nearest == float("inf") else max(0.0, nearest - time.monotonic()) * 1000 + 1

    def _tell(self, ended: wire.Ended) -> None:
        self._line.send(wire.encode_ended(ended))

    def _log(self, how: wire.How, value: int, untrusted_note: str) -> None:
        note = untrusted_note if _NOTE.fullmatch(untrusted_note) else ""
        log("worker ended", role=self._name, how=how.name.lower(), value=value, error=note)

    def _end_all(self) -> None:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        for _ in self._children:
            os.wait()


def log(event: str, **values: str | int) -> None:
    """One line of JSON to the service log."""
    line = json.dumps({"event": event, "pid": os.getpid(), **values}) + "\n"
    os.write(2, line.encode())


def run(name: str, socket_fd: int, seats: int, weakest_tier: int, load: Callable[[Kit], warmup.Role]) -> NoReturn:
    """Hear which kit is wanted, load, warm, prove, greet, serve. Ends with status 1 when the locks are too weak."""
    line = socket.socket(fileno=locks.secure_zygote(socket_fd))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the gateway is who ends us
    role = load(Kit(line.recv(_LONGEST_KIT).decode()))
    role.warm()
    versions, vectors = warmup.versions(), warmup.vectors()
    locks.leave_root(name)
    confinement = selftest.confinement()
    faults = [*selftest.faults(confinement, role), *(["a library has started a thread"] * selftest.has_threads())]
    if faults or confinement.tier > weakest_tier:
        log("not confined", role=name, tier=confinement.tier, faults=", ".join(faults))
        sys.exit(1)
    zygote = Zygote(name, role, line, seats, confinement)
    heap.settle()
    line.send(wire.encode_hello(wire.Hello(confinement.tier, confinement.name, versions, vectors)))
    zygote.serve()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The command line. What a role runs is fixed in `warmup`: no option and no file can point it elsewhere."""
    parser = argparse.ArgumentParser(prog="sanitizers.worker.zygote")
    parser.add_argument("--role", choices=sorted(warmup.ROLES), required=True)
    parser.add_argument("--socket", type=int, required=True, metavar="FD")
    parser.add_argument("--seats", type=int, default=1, help="children at a time")
    parser.add_argument("--weakest-tier", type=int, default=3, help="of confinement, to start at all")
    given = parser.parse_args(arguments)
    run(given.role, given.socket, given.seats, given.weakest_tier, warmup.ROLES[given.role])


def _descriptors(beside: list[tuple[int, int, bytes]]) -> list[int]:
    found = array("i")
    for _, _, data in beside:
        found.frombytes(data)
    return found.tolist()


def _close(descriptors: list[int]) -> None:
    for fd in descriptors:
        os.close(fd)


def _oom_kills() -> int:
    """Processes that the kernel has killed for memory since it started; 0 where it does not say."""
    try:
        fd = os.open("/proc/vmstat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        found = _OOM_KILLS.search(os.read(fd, 1 << 16))
    finally:
        os.close(fd)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()

"""Tries the locks before the first file comes: never a version number, always the deed.

Each probe is one attack, made by a child of its own behind all locks. One that succeeds keeps the zygote from saying
hello. The role's own samples then have to run behind the same locks: what was not warmed shows here.
"""

import _thread
import ctypes
import errno
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NoReturn

from sanitizers import wire
from sanitizers.worker import child, kernel, landlock, locks, seccomp
from sanitizers.worker.warmup import Role

_PROBE_MEMORY_BYTES: Final = 64 << 20
_SAMPLE_MEMORY_BYTES: Final = 1 << 30
_SECONDS: Final = 20
_ABROAD: Final = ("/etc/passwd", "/home", "/root", "/var/lib")  # what an empty root does not have
_IO_URING_SETUP: Final = 425
_CLONE_NEWUSER: Final = 0x10000000
_libc: Final = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What holds the children of this zygote."""

    tier: int  # 1: seccomp and Landlock; 2: seccomp and an empty root; 3: seccomp; 4: limits alone
    name: str
    ruleset: int | None
    filter: seccomp.Filter | None


def confinement() -> Confinement:
    """The strongest that this machine gives, found by taking it."""
    filter_ = seccomp.build()
    if filter_ is not None and _outcome(partial(_call_what_no_row_names, filter_)) != -signal.SIGSYS:
        filter_ = None
    ruleset = landlock.create()
    if ruleset is not None and _outcome(partial(_list_root_behind, ruleset.fd)) != errno.EACCES:
        ruleset = None
    is_root_empty = not any(Path(path).exists() for path in _ABROAD)
    tier = 4 if filter_ is None else 1 if ruleset else 2 if is_root_empty else 3
    parts = (
        "seccomp" if filter_ else "no seccomp",
        f"Landlock {ruleset.version}" if ruleset else "no Landlock",
        *(("empty root",) if is_root_empty else ()),
    )
    return Confinement(tier, ", ".join(parts), ruleset.fd if ruleset else None, filter_)


def faults(held: Confinement, role: Role) -> list[str]:
    """What an attack can still do behind all locks, and whether the samples run there. Empty when all is well."""
    sheet, note = os.memfd_create("probe", os.MFD_CLOEXEC), child.Note(mmap.mmap(-1, child.NOTE_BYTES), 0)
    try:
        found = [probe.__name__.strip("_") for probe in _expected(held) if _is_possible(probe, held, sheet)]
        bounds = _bounds(held, sheet, _SAMPLE_MEMORY_BYTES)
        outcome = _outcome(partial(_behind_locks, role.warm, bounds, note))
        if outcome != 0:
            found.append(f"samples end with {outcome} {note.read()}".strip())
        return found
    finally:
        os.close(sheet)


def _list_root() -> None:
    os.listdir("/")  # noqa: PTH208


def _open_upwards() -> None:
    os.open("..", os.O_RDONLY)


def _open_tcp() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def _open_udp() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _open_unix_sockets() -> None:
    socket.socketpair()


def _make_a_file_in_memory() -> None:
    os.memfd_create("probe")


def _copy_a_descriptor() -> None:
    os.dup(locks.INPUT_FD)


def _write_beyond_the_cap() -> None:
    os.pwrite(locks.OUTPUT_FD, b"x", wire.REPORT_SHEET_BYTES)


def _take_too_much_memory() -> None:
    mmap.mmap(-1, 2 * _PROBE_MEMORY_BYTES)


def _execute() -> None:
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", ""])  # noqa: S606  # that it fails is the point


def _look_at_a_path() -> None:
    os.stat("/")  # noqa: PTH116


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _start_a_thread() -> None:
    _thread.start_new_thread(os.getpid, ())


def _map_code() -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def _signal_the_zygote() -> None:
    os.kill(os.getppid(), 0)


def _signal_itself() -> None:
    os.kill(os.getpid(), 0)


def _be_traced() -> None:
    _libc_call("ptrace", 0, 0, 0, 0)


def _read_the_zygote() -> None:
    _libc_call("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0)


def _unshare() -> None:
    _libc_call("unshare", _CLONE_NEWUSER)


def _set_up_io_uring() -> None:
    kernel.call(_IO_URING_SETUP, 1, 0)


def _be_dumpable() -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def _move_a_limit() -> None:
    resource.setrlimit(resource.RLIMIT_STACK, (1 << 20, 1 << 20))


Probe = Callable[[], None]

STOPPED_BY_LIMITS: Final[tuple[Probe, ...]] = (
    _list_root,
    _open_upwards,
    _open_tcp,
    _open_udp,
    _open_unix_sockets,
    _make_a_file_in_memory,
    _copy_a_descriptor,
    _write_beyond_the_cap,
    _take_too_much_memory,
)
STOPPED_BY_SECCOMP: Final[tuple[Probe, ...]] = (
    _execute,
    _look_at_a_path,
    _fork,
    _start_a_thread,
    _map_code,
    _signal_the_zygote,
    _signal_itself,
    _be_traced,
    _read_the_zygote,
    _unshare,
    _set_up_io_uring,
    _be_dumpable,
    _move_a_limit,
)


def _expected(held: Confinement) -> Iterator[Probe]:
    yield from STOPPED_BY_LIMITS
    if held.filter is not None:
        yield from STOPPED_BY_SECCOMP


def _is_possible(probe: Probe, held: Confinement, sheet: int) -> bool:
    bounds = _bounds(held, sheet, _PROBE_MEMORY_BYTES)
    return _outcome(partial(_behind_locks, probe, bounds, None)) == 0


def _bounds(held: Confinement, sheet: int, memory_bytes: int) -> locks.Bounds:
    return locks.Bounds(
        zygote=os.getpid(),
        descriptors=(sheet, sheet, sheet),
        address_space_bytes=kernel.address_space_bytes() + memory_bytes,
        cpu_seconds=_SECONDS,
        file_bytes=wire.REPORT_SHEET_BYTES,
        ruleset=held.ruleset,
        filter=held.filter,
    )


def _behind_locks(attempt: Callable[[], None], bounds: locks.Bounds, note: child.Note | None) -> None:
    try:
        locks.close_all(bounds)
        attempt()
    except Exception as error:
        if note is not None:
            note.write(child.told(error))
        raise


def _call_what_no_row_names(filter_: seccomp.Filter) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    filter_.install()
    os.getpgid(0)


def _list_root_behind(ruleset: int) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    landlock.restrict(ruleset)
    os.listdir("/")  # noqa: PTH208


def _outcome(attempt: Callable[[], None]) -> int:
    """How a child ends that makes the attempt: 0 when it succeeds, the errno when refused, -signal when killed."""
    pid = os.fork()
    if pid == 0:
        _make(attempt)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _make(attempt: Callable[[], None]) -> NoReturn:
    signal.alarm(_SECONDS)
    try:
        attempt()
    except OSError as error:
        os._exit(error.errno or 255)
    except BaseException:
        os._exit(255)
    os._exit(0)


def _libc_call(name: str, *arguments: int) -> None:
    if getattr(_libc, name)(*map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), name)

"""Tries the locks before the first file comes: never a version number, always the deed.

Each probe is one attack, made by a child of its own, behind the one layer that has to stop it as far as that can be had
alone. One that succeeds keeps the zygote from saying hello. The role's own samples then have to run behind all locks:
what was not warmed shows here.
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
        trials = list(_trials(held, sheet))
        ends = [_outcome(partial(_behind_locks, trial.probe, trial.bounds, None)) for trial in trials]
        found = [trial.name.strip("_") for trial, end in zip(trials, ends) if not trial.is_stopped(end)]
        bounds = _bounds(sheet, _SAMPLE_MEMORY_BYTES, held.ruleset, held.filter)
        outcome = _outcome(partial(_behind_locks, role.warm, bounds, note))
        if outcome != 0:
            found.append(f"samples end with {outcome} {note.read()}".strip())
        return found
    finally:
        os.close(sheet)


def has_threads() -> bool:
    """Whether a library has started a thread: kernel.fork() is for processes with one alone."""
    try:
        return sum(1 for _ in Path("/proc/self/task").iterdir()) > 1
    except OSError:  # an empty root without /proc
        return False


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


def _find_another_descriptor() -> None:
    for fd in set(range(1024)) - {locks.INPUT_FD, locks.REPORT_FD, locks.OUTPUT_FD}:
        try:
            os.fstat(fd)
        except OSError:
            continue
        return
    raise OSError(errno.EBADF, "none")


def _find_a_loose_end() -> None:
    signal_of_death = ctypes.c_int()
    kernel.prctl(kernel.PR_GET_PDEATHSIG, ctypes.addressof(signal_of_death))
    held = (
        signal_of_death.value == signal.SIGKILL,
        kernel.prctl(kernel.PR_GET_DUMPABLE) == 0,
        kernel.prctl(kernel.PR_GET_NO_NEW_PRIVS) == 1,
    )
    if all(held):
        raise OSError(errno.EPERM, "all tied")


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
    _find_another_descriptor,
    _find_a_loose_end,
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


@dataclass(frozen=True, slots=True)
class _Trial:
    """One probe behind some locks, and the ends that show that it was stopped."""

    name: str
    probe: Probe
    bounds: locks.Bounds
    is_stopped: Callable[[int], bool] = bool  # any end but success


def _trials(held: Confinement, sheet: int) -> Iterator[_Trial]:
    """Limits without the layers above them, Landlock without seccomp, seccomp last."""
    limits = _bounds(sheet, _PROBE_MEMORY_BYTES, None, None)
    for probe in STOPPED_BY_LIMITS:
        yield _Trial(probe.__name__, probe, limits)
    if held.ruleset is not None:  # without it the program starts, and only then finds no descriptor for its library
        behind = _bounds(sheet, _PROBE_MEMORY_BYTES, held.ruleset, None)
        yield _Trial("_execute behind Landlock", _execute, behind, lambda end: end == errno.EACCES)
    if held.filter is not None:
        whole = _bounds(sheet, _PROBE_MEMORY_BYTES, held.ruleset, held.filter)
        for probe in STOPPED_BY_SECCOMP:
            yield _Trial(probe.__name__, probe, whole)


def _bounds(sheet: int, memory_bytes: int, ruleset: int | None, filter_: seccomp.Filter | None) -> locks.Bounds:
    return locks.Bounds(
        zygote=os.getpid(),
        descriptors=(sheet, sheet, sheet),
        address_space_bytes=kernel.address_space_bytes() + memory_bytes,
        cpu_seconds=_SECONDS,
        file_bytes=wire.REPORT_SHEET_BYTES,
        ruleset=ruleset,
        filter=filter_,
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

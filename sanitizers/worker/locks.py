"""What a process gives up before it reads a hostile byte. One small function a lock, one tuple of them in order.

Trust: runs in the child before the input is touched, so nothing here reads anything from outside. Every lock either
holds or raises OSError; then the child ends without an answer.
Source: prctl(2), setrlimit(2), landlock(7), seccomp(2); what each stops is measured in docs/adr/0001-confinement.md.
"""

import fcntl
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sanitizers.worker import kernel, landlock, seccomp

# Where the child finds its descriptors. 0, 1 and 2 are closed; the judge has no output.
INPUT_FD: Final = 3
REPORT_FD: Final = 4
OUTPUT_FD: Final = 5
_CLEAR_OF_PLACES: Final = 10
_NOBODY: Final = {"sanitize": 65534, "judge": 65533}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one child may use."""

    zygote: int  # process that it dies with
    descriptors: tuple[int, ...]  # input, report sheet, and for the sanitizer the output
    address_space_bytes: int
    cpu_seconds: int
    file_bytes: int  # no file of its grows beyond
    ruleset: int | None  # a descriptor; None where there is no Landlock
    filter: seccomp.Filter | None


def _die_with_the_zygote(bounds: Bounds) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != bounds.zygote:  # it died before we asked
        os._exit(1)


def _keep_only_given_descriptors(bounds: Bounds) -> None:
    given = (*bounds.descriptors, *(() if bounds.ruleset is None else (bounds.ruleset,)))
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _CLEAR_OF_PLACES) for fd in given]
    for place, fd in enumerate(moved, INPUT_FD):
        os.dup2(fd, place, inheritable=False)
    os.closerange(0, INPUT_FD)  # what a library has to say about a hostile file is nothing for the service log
    kernel.close_from(INPUT_FD + len(given))


def _not_dumpable(_: Bounds) -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def _limits(bounds: Bounds) -> None:
    for limit, most in (
        (resource.RLIMIT_AS, bounds.address_space_bytes),
        (resource.RLIMIT_FSIZE, bounds.file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_NPROC, 0),  # no fork and no thread, except for root
    ):
        resource.setrlimit(limit, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (bounds.cpu_seconds, bounds.cpu_seconds + 1))


def _no_new_privileges(_: Bounds) -> None:
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)


def _landlock(bounds: Bounds) -> None:
    if bounds.ruleset is not None:
        landlock.restrict(INPUT_FD + len(bounds.descriptors))  # where _keep_only_given_descriptors put it


def _no_more_descriptors(_: Bounds) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _seccomp(bounds: Bounds) -> None:
    if bounds.filter is not None:
        bounds.filter.install()


Lock = Callable[[Bounds], None]

LOCKS: Final[tuple[Lock, ...]] = (
    _die_with_the_zygote,
    _keep_only_given_descriptors,
    _not_dumpable,
    _limits,
    _no_new_privileges,
    _landlock,
    _no_more_descriptors,  # after everything that needs one
    _seccomp,  # last: it would not let the others through
)


def close_all(bounds: Bounds) -> None:
    """Turn every lock, in order. Raises OSError when one does not hold."""
    for lock in LOCKS:
        lock(bounds)


def secure_zygote(socket_fd: int) -> int:
    """The first thing a zygote does: keep the socket alone, die with the gateway, die before it when memory is short.

    Answers the socket's new number. Its children inherit all of this.
    """
    if socket_fd != INPUT_FD:
        os.dup2(socket_fd, INPUT_FD, inheritable=False)
    kernel.close_from(INPUT_FD + 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:  # an empty root without /proc: the unit's MemoryMax is the bound there
        return INPUT_FD
    try:
        os.write(fd, b"1000")
    finally:
        os.close(fd)
    return INPUT_FD


def leave_root(role: str) -> None:
    """Give up root and what comes with it, once nothing has to be opened any more. Does nothing for others."""
    if os.geteuid() == 0:
        nobody = _NOBODY[role]
        try:
            os.setgroups([])
            os.setresgid(nobody, nobody, nobody)
            os.setresuid(nobody, nobody, nobody)
        except OSError:  # a container that maps no other user, or grants no change
            pass
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user forgets it
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)

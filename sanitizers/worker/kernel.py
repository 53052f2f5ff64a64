"""The few calls into Linux that Python has no name for.

Source: linux/prctl.h, asm-generic/unistd.h (these numbers are the same on every architecture).
"""

import ctypes
import errno
import os
import resource
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_GET_PDEATHSIG: Final = 2
PR_GET_DUMPABLE: Final = 3
PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_SET_NO_NEW_PRIVS: Final = 38
PR_GET_NO_NEW_PRIVS: Final = 39
SECCOMP_MODE_FILTER: Final = 2
CLOSE_RANGE: Final = 436
LANDLOCK_CREATE_RULESET: Final = 444
LANDLOCK_RESTRICT_SELF: Final = 446
_LAST_DESCRIPTOR: Final = 0x7FFFFFFF

_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.prctl.argtypes = (ctypes.c_int, *[ctypes.c_ulong] * 4)
_holding_the_interpreter: Final = ctypes.PyDLL(None, use_errno=True)


def call(number: int, *arguments: int) -> int:
    """A system call by its number. Raises OSError."""
    answer: int = _libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if answer < 0:
        raise _last_error()
    return answer


def prctl(option: int, *arguments: int) -> int:
    """prctl(2), missing arguments as zeros. Raises OSError."""
    answer: int = _libc.prctl(option, *(*arguments, 0, 0, 0, 0)[:4])
    if answer < 0:
        raise _last_error()
    return answer


def fork() -> int:
    """fork(2) without the interpreter's own handlers. Raises OSError.

    Those of `threading`, `logging` and `random` touch some two hundred pages in every child: more than all our locks.
    They are for processes with threads and held locks; a zygote has neither. `random` goes on alike in all children
    and must not be used in them; os.urandom() is not affected.
    """
    pid: int = _holding_the_interpreter.fork()
    if pid < 0:
        raise _last_error()
    return pid


def close_from(first: int) -> None:
    """Close every descriptor from `first` on."""
    try:
        call(CLOSE_RANGE, first, _LAST_DESCRIPTOR, 0)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EPERM):  # RHEL 8; old container profiles answer EPERM
            raise
        os.closerange(first, max(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 65536))


def address_space_bytes() -> int:
    """The address space that this process has mapped now."""
    fd = os.open("/proc/self/statm", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return int(os.read(fd, 100).split()[0]) * resource.getpagesize()
    finally:
        os.close(fd)


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))

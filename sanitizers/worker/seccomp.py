"""The system calls that a locked child may make, as a table, and the classic BPF program that says so.

Everything that no row names kills the process: a forgotten warm-up becomes a loud SIGSYS, never a wrong verdict.
Source: linux/filter.h, linux/seccomp.h, linux/audit.h; arch/x86/entry/syscalls/syscall_64.tbl, asm-generic/unistd.h.
"""

import ctypes
import errno
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sanitizers.worker import kernel

_KILL: Final = 0x80000000
_ALLOW: Final = 0x7FFF0000
_ERRNO: Final = 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16
_X32_BIT: Final = 0x40000000

PROT_EXEC: Final = 4
AT_EMPTY_PATH: Final = 0x1000
F_GETFD, F_SETFD, F_GETFL = 1, 2, 3

# Allowed whatever the arguments are. The most frequent first: the program is read from the top.
ALLOWED: Final = (
    *("read", "write", "pread64", "pwrite64", "mremap", "munmap", "brk", "madvise", "futex", "lseek", "fstat"),
    *("ftruncate", "close", "exit_group", "exit", "getrandom"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time", "getcpu"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("sched_yield", "sched_getaffinity", "set_robust_list", "rseq", "membarrier", "poll", "ppoll"),
    *("getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo", "getrusage"),
)
# Not allowed, but asked for by libraries that live well without the answer.
DENIED: Final[Mapping[str, int]] = {"clone3": errno.ENOSYS, "ioctl": errno.ENOTTY, "prctl": errno.EPERM, "fsync": 0}


@dataclass(frozen=True, slots=True)
class Machine:
    """One processor architecture: its audit number, and its numbers of the calls named above."""

    audit_arch: int
    has_x32: bool
    numbers: Mapping[str, int]


# fmt: off
_X86_64: Final = Machine(0xC000003E, True, {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16, "pread64": 17, "pwrite64": 18,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "exit": 60, "uname": 63, "fcntl": 72,
    "fsync": 74, "ftruncate": 77, "gettimeofday": 96, "getrusage": 98, "sysinfo": 99, "getuid": 102, "getgid": 104,
    "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131, "prctl": 157, "gettid": 186, "time": 201,
    "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "newfstatat": 262, "ppoll": 271, "set_robust_list": 273,
    "prlimit64": 302, "getcpu": 309, "getrandom": 318, "membarrier": 324, "rseq": 334, "clone3": 435,
})
_AARCH64: Final = Machine(0xC00000B7, False, {
    "fcntl": 25, "ioctl": 29, "ftruncate": 46, "close": 57, "lseek": 62, "read": 63, "write": 64, "pread64": 67,
    "pwrite64": 68, "ppoll": 73, "newfstatat": 79, "fstat": 80, "fsync": 82, "exit": 93, "exit_group": 94, "futex": 98,
    "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115,
    "sched_getaffinity": 123, "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
    "rt_sigprocmask": 135, "rt_sigreturn": 139, "uname": 160, "getrusage": 165, "prctl": 167, "getcpu": 168,
    "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177,
    "gettid": 178, "sysinfo": 179, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226,
    "madvise": 233, "prlimit64": 261, "getrandom": 278, "membarrier": 283, "rseq": 293, "clone3": 435,
})
# fmt: on
MACHINES: Final[Mapping[str, Machine]] = {"x86_64": _X86_64, "aarch64": _AARCH64}


class Filter:
    """A program in memory, ready to be installed in any number of children."""

    def __init__(self, code: bytes) -> None:
        self._code = ctypes.create_string_buffer(code, len(code))
        head = struct.pack("@HP", len(code) // 8, ctypes.addressof(self._code))  # struct sock_fprog
        self._head = ctypes.create_string_buffer(head, len(head))

    def install(self) -> None:
        """From here on this process makes no other calls. Needs no_new_privs. Raises OSError."""
        kernel.prctl(kernel.PR_SET_SECCOMP, kernel.SECCOMP_MODE_FILTER, ctypes.addressof(self._head))


def build() -> Filter | None:
    """The filter for this machine, or None for one whose table is not written."""
    machine = MACHINES.get(os.uname().machine)
    return None if machine is None else Filter(program(machine))


def program(machine: Machine) -> bytes:
    """The table above as instructions (struct sock_filter)."""
    return b"".join(struct.pack("@HBBI", *instruction) for instruction in _instructions(machine))


_Instruction = tuple[int, int, int, int]


def _instructions(machine: Machine) -> Iterator[_Instruction]:
    yield (_LOAD, 0, 0, _ARCH_AT)
    yield (_JUMP_EQUAL, 1, 0, machine.audit_arch)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    if machine.has_x32:
        yield (_JUMP_AT_LEAST, 0, 1, _X32_BIT)
        yield (_RETURN, 0, 0, _KILL)
    numbers = machine.numbers
    for name in ("mmap", "mprotect"):
        yield from _when(numbers[name], _no_bits(2, PROT_EXEC, _KILL))
    for name in ALLOWED:
        if name in numbers:
            yield from _when(numbers[name], [(_RETURN, 0, 0, _ALLOW)])
    yield from _when(numbers["newfstatat"], _some_bits(3, AT_EMPTY_PATH, _KILL))
    yield from _when(numbers["fcntl"], _one_of(1, (F_GETFL, F_GETFD, F_SETFD), _KILL))
    yield from _when(numbers["prlimit64"], _null(2, _KILL))  # reads a limit, sets none
    for name, number in DENIED.items():
        yield from _when(numbers[name], [(_RETURN, 0, 0, _ERRNO | number)])
    yield (_RETURN, 0, 0, _KILL)


def _when(number: int, body: list[_Instruction]) -> list[_Instruction]:
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def _low(argument: int) -> _Instruction:
    """Load the low half of an argument; both architectures of the table are little-endian."""
    return (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument)


def _no_bits(argument: int, bits: int, otherwise: int) -> list[_Instruction]:
    return [_low(argument), (_JUMP_BITS, 0, 1, bits), (_RETURN, 0, 0, otherwise), (_RETURN, 0, 0, _ALLOW)]


def _some_bits(argument: int, bits: int, otherwise: int) -> list[_Instruction]:
    return [_low(argument), (_JUMP_BITS, 1, 0, bits), (_RETURN, 0, 0, otherwise), (_RETURN, 0, 0, _ALLOW)]


def _one_of(argument: int, values: tuple[int, ...], otherwise: int) -> list[_Instruction]:
    asked = [(_JUMP_EQUAL, len(values) - place, 0, value) for place, value in enumerate(values)]
    return [_low(argument), *asked, (_RETURN, 0, 0, otherwise), (_RETURN, 0, 0, _ALLOW)]


def _null(argument: int, otherwise: int) -> list[_Instruction]:
    high = (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument + 4)
    return [
        _low(argument),
        (_JUMP_EQUAL, 0, 2, 0),
        high,
        (_JUMP_EQUAL, 1, 0, 0),
        (_RETURN, 0, 0, otherwise),
        (_RETURN, 0, 0, _ALLOW),
    ]

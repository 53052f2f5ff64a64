"""What a parser that was taken over would try, each in a few lines; it has succeeded when it returns.

`stopped_by` says which layer must stop it when it stands alone: R limits and closed descriptors, L Landlock, S seccomp.
Where that differs from one kernel to the next, the layer is not named. Behind all of them, and behind all but Landlock,
every attack must fail.
"""

import _thread
import ctypes
import mmap
import os
import platform
import resource
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sanitizers import wire
from sanitizers.worker import kernel, locks

_libc: Final = ctypes.CDLL(None, use_errno=True)
_X86: Final = platform.machine() == "x86_64"
_KEYCTL, _ADD_KEY = (250, 248) if _X86 else (219, 217)
_USERFAULTFD, _BPF, _PERF_EVENT_OPEN, _KCMP = (323, 321, 298, 312) if _X86 else (282, 280, 241, 272)
_IO_URING_SETUP, _PIDFD_OPEN, _PIDFD_GETFD, _CLONE3, _OPENAT2 = 425, 434, 438, 435, 437
_CLONE_NEWUSER, _CLONE_NEWNET, _PTRACE_ATTACH = 0x10000000, 0x40000000, 16
_PRIVATE_IPC, _CREATE = 0, 0o1000
MEMORY_BYTES: Final = 256 << 20  # what a child may add
CAP_BYTES: Final = wire.REPORT_SHEET_BYTES  # no file of its grows beyond


@dataclass(frozen=True, slots=True)
class World:
    """What is around a child that it has no business with."""

    secret: Path  # a file that everybody may read
    folder: Path  # one that everybody may write to
    unix_socket: Path  # on which somebody listens
    sibling: int  # another child of the same zygote
    stray_fd: int  # a descriptor of the zygote's


Attack = Callable[[World], object]


@dataclass(frozen=True, slots=True)
class Row:
    """An attack, and the layers of which each alone must stop it."""

    attack: Attack
    stopped_by: str = ""

    @property
    def name(self) -> str:
        """As it is told."""
        return self.attack.__name__.strip("_")


def _libc_call(name: str, *arguments: object) -> int:
    answer = int(getattr(_libc, name)(*(ctypes.c_long(a) if isinstance(a, int) else a for a in arguments)))
    if answer < 0:
        raise OSError(ctypes.get_errno(), name)
    return answer


# files


def _read_a_file(world: World) -> None:
    world.secret.read_bytes()


def _read_a_file_after_closing_one(world: World) -> None:
    os.close(locks.REPORT_FD)
    world.secret.read_bytes()


def _open_upwards(world: World) -> None:
    os.open("..", os.O_RDONLY)


def _list_a_folder(world: World) -> None:
    os.listdir("/")  # noqa: PTH208


def _open_by_another_call(world: World) -> None:
    how = ctypes.create_string_buffer(24)
    path = ctypes.create_string_buffer(os.fsencode(world.secret))
    os.close(kernel.call(_OPENAT2, -100, ctypes.addressof(path), ctypes.addressof(how), 24))


def _look_at_a_path(world: World) -> None:
    world.secret.stat()


def _follow_a_link(world: World) -> None:
    os.readlink("/proc/self/exe")  # noqa: PTH115


def _write_a_file(world: World) -> None:
    (world.folder / "written").write_bytes(b"x")


def _make_a_link(world: World) -> None:
    (world.folder / "link").symlink_to(world.secret)


def _make_a_folder(world: World) -> None:
    (world.folder / "made").mkdir()


def _make_a_pipe_in_a_folder(world: World) -> None:
    os.mkfifo(world.folder / "pipe")


def _remove_a_file(world: World) -> None:
    (world.folder / "removable").unlink()


def _change_a_mode(world: World) -> None:
    (world.folder / "own").chmod(0o777)


def _cut_a_file(world: World) -> None:
    os.truncate(world.folder / "cuttable", 0)


def _watch_a_folder(world: World) -> None:
    _libc_call("inotify_init1", 0)


def _change_folder(world: World) -> None:
    os.chdir(world.folder)


def _open_a_device(world: World) -> None:
    os.open("/dev/null", os.O_RDWR)


def _write_own_memory(world: World) -> None:
    os.open("/proc/self/mem", os.O_RDWR)


# the network


def _open_tcp(world: World) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(("127.0.0.1", 9))


def _listen_on_tcp(world: World) -> None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen()


def _send_udp(world: World) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", 9))


def _send_udp6(world: World) -> None:
    socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"x", ("::1", 9))


def _connect_to_a_unix_socket(world: World) -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(str(world.unix_socket))


def _connect_to_an_abstract_socket(world: World) -> None:
    socket.socket(socket.AF_UNIX, socket.SOCK_STREAM).connect(f"\0sekisho-attack-{world.unix_socket}")


def _make_a_pair_of_sockets(world: World) -> None:
    socket.socketpair()


def _ask_the_kernel_by_netlink(world: World) -> None:
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)


# processes


def _fork(world: World) -> None:
    if os.fork() == 0:
        os._exit(0)


def _leave_somebody_behind(world: World) -> None:
    """Who writes to the output when everybody thinks that this child is dead."""
    if os.fork() == 0:
        os.setsid()
        os._exit(0)


def _start_a_thread(world: World) -> None:
    _thread.start_new_thread(os.getpid, ())


def _clone_by_another_call(world: World) -> None:
    arguments = ctypes.create_string_buffer(88)
    if kernel.call(_CLONE3, ctypes.addressof(arguments), 88) == 0:
        os._exit(0)


def _execute(world: World) -> None:
    os.execv("/bin/true", ["true"])


def _execute_from_memory(world: World) -> None:
    os.execve(locks.INPUT_FD, ["input"], {})


def _signal_the_zygote(world: World) -> None:
    os.kill(os.getppid(), 0)


def _signal_a_sibling(world: World) -> None:
    os.kill(world.sibling, 0)


def _signal_itself(world: World) -> None:
    os.kill(os.getpid(), 0)


def _be_traced(world: World) -> None:
    _libc_call("ptrace", 0, 0, 0, 0)


def _trace_a_sibling(world: World) -> None:
    _libc_call("ptrace", _PTRACE_ATTACH, world.sibling, 0, 0)


def _read_a_siblings_memory(world: World) -> None:
    _libc_call("process_vm_readv", world.sibling, 0, 0, 0, 0, 0)


def _open_a_siblings_memory(world: World) -> None:
    os.open(f"/proc/{world.sibling}/mem", os.O_RDONLY)


def _hold_a_sibling(world: World) -> None:
    kernel.call(_PIDFD_OPEN, world.sibling, 0)


def _take_a_siblings_descriptor(world: World) -> None:
    kernel.call(_PIDFD_GETFD, kernel.call(_PIDFD_OPEN, world.sibling, 0), locks.INPUT_FD, 0)


def _compare_with_a_sibling(world: World) -> None:
    kernel.call(_KCMP, os.getpid(), world.sibling, 1, 0, 0)


def _leave_the_session(world: World) -> None:
    os.setsid()


# the kernel


def _enter_a_user_namespace(world: World) -> None:
    _libc_call("unshare", _CLONE_NEWUSER)


def _enter_a_network_namespace(world: World) -> None:
    _libc_call("unshare", _CLONE_NEWUSER | _CLONE_NEWNET)


def _mount(world: World) -> None:
    _libc_call("mount", b"none", os.fsencode(world.folder), b"tmpfs", 0, 0)


def _set_up_io_uring(world: World) -> None:
    parameters = ctypes.create_string_buffer(120)
    kernel.call(_IO_URING_SETUP, 1, ctypes.addressof(parameters))


def _use_the_keyring(world: World) -> None:
    kernel.call(_KEYCTL, 0, -3, 1)


def _add_a_key(world: World) -> None:
    kind, name, body = (ctypes.create_string_buffer(text) for text in (b"user", b"sekisho", b"x"))
    kernel.call(_ADD_KEY, *map(ctypes.addressof, (kind, name, body)), 1, -3)


def _handle_page_faults(world: World) -> None:
    kernel.call(_USERFAULTFD, 1)


def _load_bpf(world: World) -> None:
    kernel.call(_BPF, 0, 0, 0)


def _measure_the_kernel(world: World) -> None:
    kernel.call(_PERF_EVENT_OPEN, 0, 0, -1, -1, 0)


def _share_memory(world: World) -> None:
    _libc_call("shmget", _PRIVATE_IPC, 4096, _CREATE | 0o600)


def _queue_messages(world: World) -> None:
    _libc_call("msgget", _PRIVATE_IPC, _CREATE | 0o600)


def _change_personality(world: World) -> None:
    _libc_call("personality", 0x0040000)  # no randomised addresses


def _be_dumpable(world: World) -> None:
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def _map_code(world: World) -> None:
    mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def _turn_data_into_code(world: World) -> None:
    page = mmap.mmap(-1, mmap.PAGESIZE)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    _libc_call("mprotect", ctypes.c_void_p(address), mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC)


# what it was given, and more of it


def _make_a_file_in_memory(world: World) -> None:
    os.memfd_create("attack")


def _copy_a_descriptor(world: World) -> None:
    os.dup(locks.INPUT_FD)


def _use_what_the_zygote_has_open(world: World) -> None:
    os.fstat(world.stray_fd)


def _take_too_much_memory(world: World) -> None:
    mmap.mmap(-1, 2 * MEMORY_BYTES)


def _write_beyond_the_cap(world: World) -> None:
    os.pwrite(locks.OUTPUT_FD, b"x", CAP_BYTES)


def _grow_a_sparse_output(world: World) -> None:
    os.ftruncate(locks.OUTPUT_FD, 1 << 40)


def _change_the_input(world: World) -> None:
    os.pwrite(locks.INPUT_FD, b"x", 0)


def _open_the_input_for_writing(world: World) -> None:
    os.open(f"/proc/self/fd/{locks.INPUT_FD}", os.O_RDWR)


def _raise_a_limit(world: World) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def _outlive_its_time(world: World) -> None:
    until = time.process_time() + 5
    while time.process_time() < until:
        pass


def _ignore_the_end_of_its_time(world: World) -> None:
    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    _outlive_its_time(world)


ATTACKS: Final = (
    Row(_read_a_file, "RLS"),
    Row(_read_a_file_after_closing_one, "RLS"),
    Row(_open_upwards, "RLS"),
    Row(_list_a_folder, "RLS"),
    Row(_open_by_another_call, "RLS"),
    Row(_look_at_a_path, "S"),
    Row(_follow_a_link, "S"),
    Row(_write_a_file, "RLS"),
    Row(_make_a_link, "LS"),
    Row(_make_a_folder, "LS"),
    Row(_make_a_pipe_in_a_folder, "LS"),
    Row(_remove_a_file, "LS"),
    Row(_change_a_mode, "S"),
    Row(_cut_a_file, "S"),
    Row(_watch_a_folder, "RS"),
    Row(_change_folder, "S"),
    Row(_open_a_device, "RLS"),
    Row(_write_own_memory, "RLS"),
    Row(_open_tcp, "RS"),
    Row(_listen_on_tcp, "RS"),
    Row(_send_udp, "RS"),
    Row(_send_udp6, "RS"),
    Row(_connect_to_a_unix_socket, "RS"),
    Row(_connect_to_an_abstract_socket, "RS"),
    Row(_make_a_pair_of_sockets, "RS"),
    Row(_ask_the_kernel_by_netlink, "RS"),
    Row(_fork, "RS"),
    Row(_leave_somebody_behind, "RS"),
    Row(_start_a_thread, "RS"),
    Row(_clone_by_another_call, "RS"),
    Row(_execute, "LS"),
    Row(_execute_from_memory, "S"),
    Row(_signal_the_zygote, "S"),
    Row(_signal_a_sibling, "S"),
    Row(_signal_itself, "S"),
    Row(_be_traced, "S"),
    Row(_trace_a_sibling, "S"),
    Row(_read_a_siblings_memory, "S"),
    Row(_open_a_siblings_memory, "RLS"),
    Row(_hold_a_sibling, "RS"),
    Row(_take_a_siblings_descriptor, "RS"),
    Row(_compare_with_a_sibling, "S"),
    Row(_leave_the_session, "S"),
    Row(_enter_a_user_namespace, "S"),
    Row(_enter_a_network_namespace, "S"),
    Row(_mount, "S"),
    Row(_set_up_io_uring, "RS"),
    Row(_use_the_keyring, "S"),
    Row(_add_a_key, "S"),
    Row(_handle_page_faults, "RS"),
    Row(_load_bpf, "S"),
    Row(_measure_the_kernel, "S"),
    Row(_share_memory, "S"),
    Row(_queue_messages, "S"),
    Row(_change_personality, "S"),
    Row(_be_dumpable, "S"),
    Row(_map_code, "S"),
    Row(_turn_data_into_code, "S"),
    Row(_make_a_file_in_memory, "RS"),
    Row(_copy_a_descriptor, "RS"),
    Row(_use_what_the_zygote_has_open, "R"),
    Row(_take_too_much_memory, "R"),
    Row(_write_beyond_the_cap, "R"),
    Row(_grow_a_sparse_output, "R"),
    Row(_change_the_input, "RLS"),
    Row(_open_the_input_for_writing, "RS"),
    Row(_raise_a_limit, "RS"),
    Row(_outlive_its_time, "R"),
    Row(_ignore_the_end_of_its_time, "R"),
)

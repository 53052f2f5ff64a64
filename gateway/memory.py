"""Memory handed to a child, and taken back when it is dead: what may be done to it meanwhile, and nothing after."""

import asyncio
import ctypes
import errno
import fcntl
import hashlib
import mmap
import os
from typing import Final

from sanitizers import wire

_KIND: Final = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_HASH_AT_ONCE_BYTES: Final = 1 << 18  # more than that is hashed in a thread
_CHUNK_BYTES: Final = 1 << 18

# malloc.h: from which size on a block is a mapping of its own, how much free memory at the end of the heap is kept, and
# by how much more than is asked for the heap grows.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD, _M_TOP_PAD = -3, -1, -2
_LARGEST_IN_HEAP_BYTES: Final = 1 << 20
_KEPT_FREE_BYTES: Final = 4 << 20
_GROWTH_BYTES: Final = 1 << 20


def keep_what_is_freed() -> None:
    """Let this process use the memory of one read for the next, where glibc gave each back and had it cleared again."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_IN_HEAP_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)
        libc.mallopt(_M_TOP_PAD, _GROWTH_BYTES)


def report_sheet() -> int:
    """Memory for one frame that cannot grow; the child cuts it to the frame's length. Read when the child is dead."""
    fd = os.memfd_create("report", _KIND)
    os.ftruncate(fd, wire.REPORT_SHEET_BYTES)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return fd


def output() -> int:
    """Memory for a copy. How much the child may write is a limit of the child's."""
    return os.memfd_create("copy", _KIND)


def seal(fd: int) -> int:
    """Let nobody write to it from here on; answers its size. Raises OSError where seals that are not ours forbid it.

    Where it cannot be sealed yet, the descriptor leads to a sealed copy of it: the kernel says busy while the memory is
    mapped for writing, but also, under load, while it holds on to a page for reasons of its own (mm/memfd.c).
    """
    try:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        _lead_to_sealed_copy(fd)
    os.lseek(fd, 0, os.SEEK_SET)
    return os.fstat(fd).st_size


def _lead_to_sealed_copy(fd: int) -> None:
    copy, left = os.memfd_create("copy", _KIND), os.fstat(fd).st_size
    try:
        os.lseek(fd, 0, os.SEEK_SET)
        while left and (count := os.sendfile(copy, fd, None, left)):
            left -= count
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, _SEALS)
        os.dup2(copy, fd, inheritable=False)
    finally:
        os.close(copy)


def is_read_only(fd: int) -> bool:
    """Whether nothing can be written through it."""
    return fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY or is_sealed(fd)


def is_sealed(fd: int) -> bool:
    """Whether it stays as it is, whoever holds it."""
    try:
        return fcntl.fcntl(fd, fcntl.F_GET_SEALS) & _SEALS == _SEALS
    except OSError:  # a file on a disk knows no seals
        return False


async def sha256(fd: int, size: int) -> str:
    """In hexadecimal; in a thread when it is long. The offset stays where it is."""
    if size <= _HASH_AT_ONCE_BYTES:
        return hashlib.sha256(os.pread(fd, size, 0)).hexdigest()
    hashing = asyncio.get_running_loop().run_in_executor(None, _hash_and_close, os.dup(fd))
    return await asyncio.shield(hashing)  # it closes its own descriptor, whether or not somebody still waits


def _hash_and_close(fd: int) -> str:
    digest, buffer, offset = hashlib.sha256(), bytearray(_CHUNK_BYTES), 0
    try:
        if is_sealed(fd):  # nobody can cut it short under a mapping, which saves a copy of it
            with mmap.mmap(fd, 0, prot=mmap.PROT_READ) as whole:
                return hashlib.sha256(whole).hexdigest()
        while count := os.preadv(fd, [buffer], offset):
            digest.update(memoryview(buffer)[:count])
            offset += count
    finally:
        os.close(fd)
    return digest.hexdigest()

"""A zygote's heap, made ready to be inherited.

A child pays for each page that it writes to. A page of free memory that the zygote has once used is copied before the
child overwrites it; one that nobody has is only cleared, and where the kernel gives huge pages for the asking, two
megabytes of it are one fault. So the zygote gives back what is free, and keeps the used end of its heap for itself:
what a child needs beyond small change lies on pages that were never used.
"""

import ctypes
import gc
import mmap
from typing import Final

_MADV_DONTNEED: Final = 4
_SMALL_CHANGE_BYTES: Final = 1 << 15  # of the used end, for the zygote's own few needs between two forks
_LARGE_BYTES: Final = 1 << 13
_libc: Final = ctypes.CDLL(None)


_FIELDS: Final = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks"),
    "keepcost",  # of the free memory, what lies at the used end
)


class _Mallinfo2(ctypes.Structure):
    """struct mallinfo2 of malloc.h."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _FIELDS)


def settle() -> None:
    """Before the first fork. Frozen objects leave a child's collector nothing to write to."""
    gc.collect()
    gc.freeze()
    if hasattr(_libc, "mallinfo2"):  # glibc, since 2.33; elsewhere children only cost more
        _libc.mallinfo2.restype = _Mallinfo2
        _libc.malloc.restype = _libc.sbrk.restype = ctypes.c_void_p
        _libc.malloc_trim(ctypes.c_size_t(0))
        _take_the_large_holes()
        _set_the_used_end_aside()


def _take_the_large_holes() -> None:
    """They have no pages any more, so that it costs nothing to hold them; what is large then lies at the end."""
    end = _libc.sbrk(0) - _libc.mallinfo2().keepcost
    while (start := _libc.malloc(ctypes.c_size_t(_LARGE_BYTES))) < end:
        pass  # never freed
    _libc.free(ctypes.c_void_p(start))


def _set_the_used_end_aside() -> None:
    size = _libc.mallinfo2().keepcost - _SMALL_CHANGE_BYTES
    if size < mmap.PAGESIZE:
        return
    start = _libc.malloc(ctypes.c_size_t(size))  # nor this
    first, end = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE, (start + size) // mmap.PAGESIZE * mmap.PAGESIZE
    if end > first:
        _libc.madvise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), _MADV_DONTNEED)

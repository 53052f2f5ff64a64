"""Memory between the gateway and a child: what can be done to it before the seals, and that nothing can after."""

import errno
import fcntl
import hashlib
import mmap
import os
import subprocess
import sys

import pytest

from gateway import memory
from sanitizers import wire


@pytest.fixture
def output():
    fd = memory.output()
    os.write(fd, b"copy")
    yield fd
    os.close(fd)


def test_sealed_memory_keeps_its_bytes_and_its_size(output):
    assert memory.seal(output) == 4

    for change in (
        lambda: os.pwrite(output, b"x", 0),
        lambda: os.ftruncate(output, 2),
        lambda: os.ftruncate(output, 9),
    ):
        with pytest.raises(OSError):
            change()
    with pytest.raises(OSError):
        mmap.mmap(output, 4)
    assert os.read(output, 100) == b"copy"


def test_memory_that_somebody_can_still_write_to_is_left_behind_and_its_copy_sealed(output):
    """The kernel calls memory busy too while it holds on to one of its pages: a good file is not lost for that."""
    with mmap.mmap(output, 4) as writable:
        assert memory.seal(output) == 4
        writable[:] = b"EVIL"

    assert memory.is_sealed(output)
    assert not os.get_inheritable(output)
    assert os.read(output, 100) == b"copy"


def test_memory_that_was_sealed_against_sealing_is_refused(output):
    fcntl.fcntl(output, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL)

    with pytest.raises(OSError) as refused:
        memory.seal(output)
    assert refused.value.errno == errno.EPERM


def test_a_report_sheet_has_room_for_the_longest_frame_and_no_more():
    sheet = memory.report_sheet()
    try:
        assert os.pwrite(sheet, b"x", wire.REPORT_SHEET_BYTES - 1) == 1
        with pytest.raises(OSError):
            os.pwrite(sheet, b"x", wire.REPORT_SHEET_BYTES)
        os.ftruncate(sheet, 10)
        with pytest.raises(OSError):
            os.ftruncate(sheet, 11)
    finally:
        os.close(sheet)


def test_what_cannot_be_written_through_a_descriptor_is_read_only(output, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with path.open("rb") as readable, path.open("r+b") as writable:
        assert memory.is_read_only(readable.fileno())
        assert not memory.is_read_only(writable.fileno())
    assert not memory.is_read_only(output)
    memory.seal(output)
    assert memory.is_read_only(output)


@pytest.mark.parametrize("size", [0, 1, 1 << 18, (1 << 18) + 1, 3_000_000])
async def test_a_digest_is_over_all_bytes_and_moves_nothing(size, tmp_path):
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    with (tmp_path / "file").open("rb", buffering=0) as file:
        file.seek(size // 2)
        assert await memory.sha256(file.fileno(), size) == hashlib.sha256(data).hexdigest()
        assert file.tell() == size // 2


def test_a_block_of_one_read_stays_in_the_heap():
    """In a process of its own: with what `serve` asks for, blocks of a read cost no mapping and no fresh pages."""
    script = (
        "import resource; from gateway import memory; memory.keep_what_is_freed()\n"
        "def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(3): [bytes(1 << 19), bytes(1 << 19)]\n"
        "before = faults()\n"
        "for _ in range(20): [bytes(1 << 19), bytes(1 << 19)]\n"
        "print(faults() - before)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(told.stdout) < 50  # 720 without


@pytest.mark.parametrize("size", [1, 1 << 18, (1 << 18) + 1, 3_000_000])
async def test_a_digest_of_sealed_memory_is_the_same(output, size):
    data = os.urandom(size)
    os.ftruncate(output, 0)
    os.pwrite(output, data, 0)
    assert memory.seal(output) == size
    assert memory.is_sealed(output)
    assert await memory.sha256(output, size) == hashlib.sha256(data).hexdigest()
    assert os.lseek(output, 0, os.SEEK_CUR) == 0

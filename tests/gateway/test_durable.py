"""Folders that survive a power cut: what is synced, and what stops it."""

import errno
import os

import pytest

from gateway import durable
from gateway.durable import make_folder, write_durably


@pytest.fixture
def synced(monkeypatch) -> list:
    found: list = []
    monkeypatch.setattr(durable, "sync_folder", found.append)
    return found


def test_every_folder_above_is_synced_whether_it_was_there_or_not(tmp_path, synced):
    """One that an earlier life made may not be durable yet."""
    for _ in range(2):
        make_folder(tmp_path / "a/b/c", 0o700)
        assert synced[:3] == [tmp_path / "a/b", tmp_path / "a", tmp_path]
        synced.clear()
    assert (tmp_path / "a/b/c").is_dir()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_is_not_ours_ends_the_climb(tmp_path, monkeypatch, number):
    def refuse(path):
        if path == tmp_path:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(durable, "sync_folder", refuse)
    make_folder(tmp_path / "a", 0o700)


def test_a_disk_that_fails_is_told(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(durable, "sync_folder", fail)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        make_folder(tmp_path / "a", 0o700)


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path):
    write_durably(tmp_path / "a", b"one")
    write_durably(tmp_path / "a", b"two")

    assert (tmp_path / "a").read_bytes() == b"two" and list(tmp_path.iterdir()) == [tmp_path / "a"]

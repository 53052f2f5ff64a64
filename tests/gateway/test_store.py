"""The folder store: whole or not at all, once, whatever moment the machine dies."""

import errno
import os
import subprocess
from pathlib import Path

import pytest

from gateway import store as module
from gateway.store import FolderStore, Place, StoredBeforeError, StoreError, StoreFullError

PLACE = Place("f1", "city", "第１回　会議.txt")
COPY = b"a clean copy"


def record(sha256: str = "ab" * 32, place: Place = PLACE) -> dict[str, object]:
    told = {"id": place.id, "tenant": place.tenant, "name": place.name, "sha256": sha256}
    return {"v": 1, "manifest": {"manifest": told}, "certificate": {}}


def put(store: FolderStore, place: Place = PLACE, content: bytes = COPY, sha256: str = "ab" * 32) -> None:
    fd = store.begin(place, len(content))
    try:
        store.write(fd, content)
        store.commit(place, fd, record(sha256, place))
    finally:
        os.close(fd)


def visible(root: Path) -> dict[str, bytes]:
    """What a reader of the folder sees."""
    files = (path for path in root.rglob("*") if path.is_file())
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in found.items() if not name.startswith(".")}


def test_a_copy_arrives_under_its_own_name_with_its_record_aside(tmp_path):
    store = FolderStore(tmp_path)
    put(store)

    assert visible(tmp_path) == {"city/f1/第１回　会議.txt": COPY}
    assert store.exists("f1") == "ab" * 32
    assert store.record("f1") == record()
    assert store.exists("f2") is None


def test_modes_let_the_group_read_and_nobody_else(tmp_path):
    before = os.umask(0)
    try:
        store = FolderStore(tmp_path / "store")
        fd = store.begin(PLACE, 1)
        inside = (tmp_path / "store/.incoming").stat().st_mode & 0o777
        store.commit(PLACE, fd, record())
        os.close(fd)
    finally:
        os.umask(before)

    modes = {path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert inside == 0o700
    assert modes["store/city/f1/第１回　会議.txt"] == 0o640
    assert modes["store/city"] == modes["store/city/f1"] == modes["store/.records"] == 0o750
    assert not [mode for mode in modes.values() if mode & 0o007]


def test_nothing_is_visible_before_the_commit_and_nothing_stays_without_it(tmp_path):
    store = FolderStore(tmp_path)
    fd = store.begin(PLACE, len(COPY))
    store.write(fd, COPY)
    assert visible(tmp_path) == {}
    reader = store.reread(PLACE)
    assert os.pread(reader, 100, 0) == COPY
    os.close(reader)
    os.close(fd)
    store.abandon(PLACE)

    assert visible(tmp_path) == {}
    assert store.exists("f1") is None
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_an_id_is_stored_once_even_after_somebody_took_the_copy_away(tmp_path):
    store = FolderStore(tmp_path)
    put(store)
    (tmp_path / "city/f1/第１回　会議.txt").unlink()
    (tmp_path / "city/f1").rmdir()

    assert store.exists("f1") == "ab" * 32
    with pytest.raises(StoredBeforeError):
        put(store, content=b"another")
    store.abandon(PLACE)
    assert visible(tmp_path) == {}


def test_one_id_comes_in_once_at_a_time(tmp_path):
    store = FolderStore(tmp_path)
    os.close(store.begin(PLACE, 1))

    with pytest.raises(StoredBeforeError):
        store.begin(PLACE, 1)


@pytest.mark.parametrize("name", ["f1.json", "f1", "record.json", "sequence.json", "x.new", "lost+found"])
def test_no_name_collides_with_what_is_ours(tmp_path, name):
    store = FolderStore(tmp_path)
    for place in (Place("f1", "city", name), Place("f2", "city", name), Place("f1.json"[:2] + "3", "records", name)):
        put(store, place)
    store.close()

    store = FolderStore(tmp_path)
    assert sorted(visible(tmp_path)) == [f"city/f1/{name}", f"city/f2/{name}", f"records/f13/{name}"]
    assert store.exists("f13") == "ab" * 32


def test_a_second_receiver_is_refused(tmp_path):
    store = FolderStore(tmp_path)

    with pytest.raises(StoreError, match="another receiver"):
        FolderStore(tmp_path)
    store.close()
    FolderStore(tmp_path).close()


def test_a_record_that_cannot_be_read_stops_the_service(tmp_path):
    store = FolderStore(tmp_path)
    put(store)
    (path,) = (tmp_path / ".records").glob("*/*.json")

    for content in (b"", b"{}", b"[]", b'{"manifest":{"manifest":{"id":"f2"}}}'):
        path.write_bytes(content)
        with pytest.raises(StoreError):
            store.exists("f1")


def test_a_tenant_that_is_no_folder_is_refused_before_anything_stands(tmp_path):
    (tmp_path / "city").symlink_to("/tmp")
    store = FolderStore(tmp_path)

    with pytest.raises(StoreError, match="expected a folder"):
        put(store)
    assert store.exists("f1") is None


def test_the_reserve_is_left_alone(tmp_path):
    store = FolderStore(tmp_path, reserve_bytes=1 << 60)

    with pytest.raises(StoreFullError):
        store.begin(PLACE, 1)
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_state_is_replaced_as_a_whole(tmp_path):
    store = FolderStore(tmp_path)
    assert store.read_state("sequence.json") is None
    store.write_state("sequence.json", b"one")
    store.write_state("sequence.json", b"two")

    assert store.read_state("sequence.json") == b"two"
    assert [path.name for path in (tmp_path / ".state").iterdir()] == ["sequence.json"]


def test_all_is_durable_before_the_copy_is_shown(tmp_path, monkeypatch):
    """A power cut keeps what was synced and may keep any part of the rest."""
    store, done, sync, rename = FolderStore(tmp_path), [], os.fsync, Path.rename

    def synced(descriptor):
        done.append(os.fstat(descriptor).st_ino)
        sync(descriptor)

    def renamed(path, target):
        done.append("shown")
        return rename(path, target)

    monkeypatch.setattr(module.os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    put(store)

    folder = tmp_path / "city/f1"
    (path,) = (tmp_path / ".records").glob("*/*.json")
    before, after = done[: done.index("shown")], done[done.index("shown") + 1 :]
    file, incoming = (folder / PLACE.name).stat().st_ino, (tmp_path / ".incoming").stat().st_ino
    needed = [file, folder.stat().st_ino, incoming, tmp_path.stat().st_ino]
    needed += [path.stat().st_ino, path.parent.stat().st_ino, path.parent.parent.stat().st_ino]
    assert set(needed) <= set(before)
    assert before.index(file) < before.index(path.stat().st_ino), "the record stands before what it speaks of"
    assert {folder.parent.stat().st_ino, incoming} <= set(after)


class Died(BaseException):
    """The machine stopped: no handler of ours runs."""


def dies_at(monkeypatch, step: int) -> list[int]:
    """Let the process die before the given system call, counted over all that change the disk."""
    count = [0]

    def counted(function):
        def call(*arguments, **options):
            count[0] += 1
            if count[0] == step:
                raise Died
            return function(*arguments, **options)

        return call

    monkeypatch.setattr(module.os, "fsync", counted(os.fsync))
    for name in ("rename", "replace", "mkdir", "chmod"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    return count


def steps_of_a_commit(tmp_path, monkeypatch) -> int:
    store = FolderStore(tmp_path)
    with monkeypatch.context() as patch:
        count = dies_at(patch, 0)
        put(store)
        store.close()
    return count[0]


def test_death_at_any_step_leaves_all_or_nothing(tmp_path, monkeypatch):
    """At each step: dead, started again, offered again. The copy is there once, whole, and its record with it."""
    steps = steps_of_a_commit(tmp_path / "all", monkeypatch)
    assert steps > 8
    published_early = 0
    for step in range(1, steps + 1):
        root = tmp_path / str(step)
        store = FolderStore(root)
        with monkeypatch.context() as patch, pytest.raises(Died):
            dies_at(patch, step)
            put(store)
        assert set(visible(root).values()) <= {COPY}
        store.close()

        store = FolderStore(root)
        is_stored = store.exists("f1") is not None
        assert visible(root) == ({f"city/f1/{PLACE.name}": COPY} if is_stored else {})
        assert list((root / ".incoming").iterdir()) == []
        published_early += is_stored
        if not is_stored:
            put(store)
        assert visible(root) == {f"city/f1/{PLACE.name}": COPY}
        store.close()
    assert 0 < published_early < steps


def test_death_after_the_record_and_a_reader_that_was_quick(tmp_path, monkeypatch):
    """The copy was shown and taken away before the machine died: it does not come again."""
    store = FolderStore(tmp_path)
    put(store)
    (tmp_path / "city/f1/第１回　会議.txt").unlink()
    store.close()

    assert FolderStore(tmp_path).exists("f1") is not None
    assert visible(tmp_path) == {}


@pytest.mark.parametrize(("code", "expected"), [(errno.EIO, StoreError), (errno.ENOSPC, StoreFullError)])
def test_a_failing_sync_never_shows_a_copy(tmp_path, monkeypatch, code, expected):
    store = FolderStore(tmp_path)

    def fail(descriptor):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch, pytest.raises(expected):
        patch.setattr(module.os, "fsync", fail)
        put(store)
    assert visible(tmp_path) == {}
    assert store.exists("f1") is None


def test_an_error_behind_the_record_is_no_full_disk(tmp_path, monkeypatch):
    """Once the record stands, nobody may throw the copy away: the service stops, and the next start finishes it."""
    store = FolderStore(tmp_path)
    real, sync = Path.replace, os.fsync

    def replace(path, target):
        monkeypatch.setattr(module.os, "fsync", fail)
        return real(path, target)

    def fail(descriptor):
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(StoreError) as error:
        put(store)
    assert not isinstance(error.value, StoreFullError)
    store.abandon(PLACE)
    monkeypatch.setattr(module.os, "fsync", sync)
    store.close()

    FolderStore(tmp_path).close()
    assert visible(tmp_path) == {f"city/f1/{PLACE.name}": COPY}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_leaves_nothing_and_recovers_alone(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(tmp_path)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs here: {mounted.stderr.decode().strip()}")
    try:
        store = FolderStore(tmp_path)
        fd = store.begin(PLACE, 1000)  # it says less than it brings
        with pytest.raises(StoreFullError):
            store.write(fd, b"\0" * 200_000)
        os.close(fd)
        store.abandon(PLACE)
        assert visible(tmp_path) == {}
        put(store)
        assert visible(tmp_path) == {f"city/f1/{PLACE.name}": COPY}
        store.close()
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

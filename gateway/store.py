"""The folder where clean copies arrive on the LGWAN side. A reader sees a copy whole or not at all, and once.

    TENANT/ID/NAME              the copy; whoever picks it up may move or delete it
    .records/ab/ID.json         what proves it (manifest, certificate); stays, so that an id is never stored twice
    .incoming/ID/NAME           a copy that is not proved yet; no other account can look inside
    .state/                     what the receiver must remember

The record is the commit: a copy whose record is durable is put in its place, at the next start if need be; a copy
without a record is thrown away. Names of tenants and files begin with no dot (deliver.py), so nothing collides.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import orjson

from gateway.audit.record import canonical
from gateway.durable import make_folder
from sanitizers.errors import SekishoError

_RECORDS: Final = ".records"
_INCOMING: Final = ".incoming"
_STATE: Final = ".state"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StoreError(SekishoError):
    """The folder cannot be trusted any more: the receiver stops."""


class StoreFullError(StoreError):
    """There is no room for this copy. Nothing of it stays; a later one may succeed."""


class StoredBeforeError(StoreError):
    """This id is stored already, or is being stored."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a copy goes once it is proved."""

    id: str
    tenant: str
    name: str


class FolderStore:
    """One receiver at a time. Every method may block on the disk; none is for two threads at once on one id."""

    def __init__(self, root: Path, reserve_bytes: int = 0) -> None:
        self._root, self._reserve_bytes = root, reserve_bytes
        self._lock = -1
        with ExitStack() as undo, _told():
            undo.callback(self.close)
            self._take()
            self._recover()
            undo.pop_all()

    def close(self) -> None:
        """Let go of the folder. May be called twice."""
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1

    def __enter__(self) -> "FolderStore":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def exists(self, id: str) -> str | None:
        """The SHA-256 of the copy that was stored under this id, wherever it is by now. None: it never was."""
        record = self.record(id)
        return None if record is None else str(record["manifest"]["manifest"]["sha256"])

    def record(self, id: str) -> dict[str, Any] | None:
        """What was kept beside the copy. Raises StoreError when it is there and cannot be read."""
        path = self._record_path(id)
        try:
            found = orjson.loads(path.read_bytes())
            if found["manifest"]["manifest"]["id"] != id:
                raise ValueError("of another id")
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{path}: {error}") from error
        return dict(found)

    def begin(self, place: Place, size: int) -> int:
        """A descriptor to write the copy to, which the caller closes. Raises StoreFullError, StoredBeforeError."""
        if size + self._reserve_bytes > self.free_bytes():
            raise StoreFullError(f"{size} bytes do not leave {self._reserve_bytes} free")
        folder = self._root / _INCOMING / place.id
        with _told():
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError as error:
                raise StoredBeforeError(place.id) from error
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
            return os.open(folder / place.name, flags, 0o640)

    def write(self, fd: int, content: bytes) -> None:
        """Write all of it, at the place where `fd` is."""
        rest = memoryview(content)
        with _told():
            while rest:
                rest = rest[os.write(fd, rest) :]

    def reread(self, place: Place) -> int:
        """A descriptor to read what was written, which the caller closes."""
        path = self._root / _INCOMING / place.id / place.name
        with _told():
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def abandon(self, place: Place) -> None:
        """Throw away what was written and not committed. What was committed stays."""
        if self.exists(place.id) is None:
            shutil.rmtree(self._root / _INCOMING / place.id, ignore_errors=True)

    def commit(self, place: Place, fd: int, record: dict[str, Any]) -> None:
        """Make the copy that was written to `fd` durable and visible.

        Raises StoredBeforeError and StoreFullError before the record stands, StoreError before or after.
        """
        if self.exists(place.id) is not None:
            raise StoredBeforeError(place.id)
        incoming = self._root / _INCOMING / place.id
        with _told():
            os.fchmod(fd, 0o640)
            os.fsync(fd)
            incoming.chmod(0o750)
            _sync(incoming)
            _sync(incoming.parent)
            self._folder(self._root / place.tenant)
            path = self._record_path(place.id)
            self._folder(path.parent)
            self._write(path, canonical(record))
        self._publish(place)

    def read_state(self, name: str) -> bytes | None:
        """What `write_state` wrote last."""
        try:
            return (self._root / _STATE / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{error.filename}: {error.strerror}") from error

    def write_state(self, name: str, content: bytes) -> None:
        """All or nothing, and durable."""
        with _told():
            self._write(self._root / _STATE / name, content)

    def free_bytes(self) -> int:
        """Room on the disk for this account."""
        found = os.fstatvfs(self._lock)
        return found.f_bavail * found.f_frsize

    def _take(self) -> None:
        make_folder(self._root, 0o750)
        self._lock = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"{self._root}: another receiver has this folder") from error
        for name in (_RECORDS, _INCOMING, _STATE):
            self._folder(self._root / name, 0o700 if name == _INCOMING else 0o750)

    def _recover(self) -> None:
        """Finish what was committed, throw away what was not."""
        for folder in (self._root / _INCOMING).iterdir():
            record = self.record(folder.name)
            if record is None:
                shutil.rmtree(folder)
                continue
            told = record["manifest"]["manifest"]
            self._publish(Place(folder.name, told["tenant"], told["name"]))
        for path in (self._root / _STATE).glob("*.new"):
            path.unlink()
        for path in (self._root / _RECORDS).glob("*/*.new"):
            path.unlink()

    def _publish(self, place: Place) -> None:
        """One rename shows the copy. It fails where something stands already, as no folder there is ever empty."""
        target = self._root / place.tenant / place.id
        try:
            (self._root / _INCOMING / place.id).rename(target)
            _sync(target.parent)
            _sync(self._root / _INCOMING)
        except OSError as error:
            raise StoreError(f"{target}: {error.strerror}") from error

    def _record_path(self, id: str) -> Path:
        shard = hashlib.sha256(id.encode()).hexdigest()[:2]
        return self._root / _RECORDS / shard / f"{id}.json"

    def _folder(self, path: Path, mode: int = 0o750) -> None:
        """A folder that survives a power cut."""
        try:
            path.mkdir(mode=mode)
        except FileExistsError as error:
            if not stat.S_ISDIR(path.lstat().st_mode):
                raise StoreError(f"{path}: expected a folder") from error
            return
        path.chmod(mode)  # whatever the umask says
        _sync(path.parent)

    def _write(self, path: Path, content: bytes) -> None:
        """All or nothing: written beside its place, made durable, put into its place."""
        new = path.with_name(path.name + ".new")
        try:
            with new.open("wb") as file:
                os.fchmod(file.fileno(), 0o640)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            new.unlink(missing_ok=True)
            raise
        new.replace(path)
        try:
            _sync(path.parent)
        except OSError as error:  # it stands there, and may be gone after a power cut: nobody may say either
            raise StoreError(f"{path}: {error.strerror}") from error


@contextmanager
def _told() -> Iterator[None]:
    """The system's errors as ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFullError(f"no room: {error.strerror}") from error
        raise StoreError(f"{error.filename or 'the store'}: {error.strerror}") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

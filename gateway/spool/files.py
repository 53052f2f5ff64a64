"""The blobs of the embedded spool: in/ID, out/ID.RANDOM, quarantine/ID, written once, durable before they are named.

A body comes in as a file without a name (O_TMPFILE), so that a crash leaves nothing behind; where the file system has
no such files, under tmp/, which is emptied at the start. Protocol: fsync the file, link or rename it, fsync the folder.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.durable import make_folder, sync_folder
from gateway.spool.base import Incoming, SpoolBrokenError, trouble

_NO_TMPFILE: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL})
_COPY_BYTES: Final = 1 << 30


class Files:
    """Three folders on one file system. Calls may block; none of them awaits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = {name: folder / name for name in ("tmp", "in", "out", "quarantine")}

    def open(self) -> None:
        """Make the folders durable and empty tmp/."""
        for path in self._names.values():
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in self._names["tmp"].iterdir():
            left.unlink()
        sync_folder(self._folder)
        make_folder(self._folder, 0o700)

    def free_bytes(self) -> int:
        """Free space of the file system for one who is not root."""
        state = os.statvfs(self._folder)
        return state.f_bavail * state.f_frsize

    def create(self, reserved_bytes: int, random_name: str) -> Incoming:
        """A new empty file that only the holder of the descriptor can reach. Raises SpoolFullError."""
        try:
            return Incoming(os.open(self._names["tmp"], os.O_TMPFILE | os.O_RDWR, 0o600), None, reserved_bytes)
        except OSError as error:
            if error.errno not in _NO_TMPFILE:
                raise trouble(error) from error
        path = self._names["tmp"] / random_name
        try:
            return Incoming(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), path, reserved_bytes)
        except OSError as error:
            raise trouble(error) from error

    def keep(self, body: Incoming, folder: str, name: str) -> None:
        """Make it durable under `folder`/`name`. The descriptor stays open. Raises SpoolFullError, SpoolBrokenError."""
        try:
            os.fsync(body.fd)
            if body.path is None:
                self._link(body.fd, folder, name)
            else:
                body.path.rename(self._names[folder] / name)
            sync_folder(self._names[folder])
        except OSError as error:
            raise trouble(error) from error

    def discard(self, body: Incoming) -> None:
        """Close it, and take its temporary name away if it still has one."""
        os.close(body.fd)
        if body.path is not None:
            body.path.unlink(missing_ok=True)

    def copy_in(self, source_fd: int, size: int, name: str) -> None:
        """Copy `size` bytes of a sealed descriptor, within the kernel, to out/`name`, and make them durable."""
        body = self.create(size, name)
        try:
            done = 0
            while done < size:
                sent = os.sendfile(body.fd, source_fd, done, min(size - done, _COPY_BYTES))
                if sent == 0:
                    raise SpoolBrokenError("a copy is shorter than its size")
                done += sent
            self.keep(body, "out", name)
        except OSError as error:
            raise trouble(error) from error
        finally:
            self.discard(body)

    def derive(self, source_fd: int, folder: str, name: str, write: Callable[[int, int], None]) -> None:
        """What `write` makes of one descriptor in another, durable under `folder`/`name`, in place of one before."""
        body = self.create(0, name)
        try:
            write(source_fd, body.fd)
            self.remove(folder, name)  # of a try that ended before it was recorded
            self.keep(body, folder, name)
        except OSError as error:
            raise trouble(error) from error
        finally:
            self.discard(body)

    def read(self, folder: str, name: str) -> int:
        """A descriptor for reading. Raises FileNotFoundError."""
        return os.open(self._names[folder] / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def remove(self, folder: str, name: str) -> bool:
        """Whether it was there. Its name may come back after a power cut; the next start sweeps it again."""
        try:
            (self._names[folder] / name).unlink()
        except FileNotFoundError:
            return False
        return True

    def listed(self, folder: str) -> list[str]:
        """The names in a folder."""
        return sorted(path.name for path in self._names[folder].iterdir())

    def _link(self, fd: int, folder: str, name: str) -> None:
        folder_fd = os.open(self._names[folder], os.O_RDONLY | os.O_DIRECTORY)
        try:  # a folder's descriptor makes Python call linkat with AT_SYMLINK_FOLLOW, as a nameless file needs
            os.link(f"/proc/self/fd/{fd}", name, dst_dir_fd=folder_fd, follow_symlinks=True)
        finally:
            os.close(folder_fd)

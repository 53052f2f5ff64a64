"""Folders and files that are still there after a power cut: a name is durable once the folder that holds it was synced.

Source: fsync(2); Pillai et al. 2014 (ALICE), "directory fsync".
"""

import errno
import os
from pathlib import Path
from typing import Final

_NOT_OURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EINVAL)  # then we did not make it either


def make_folder(path: Path, mode: int) -> None:
    """Have this folder, with all above it that are missing, durably.

    The ones above are synced in any case, as far as they are on the same file system and let us: an earlier life may
    have made them and died before it could sync them. A disk that fails raises OSError.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    path = path.resolve()
    device = path.stat().st_dev
    for above in path.parents:
        if above.stat().st_dev != device:
            return
        try:
            sync_folder(above)
        except OSError as error:
            if error.errno not in _NOT_OURS:
                raise
            return


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, content: bytes) -> None:
    """All or nothing, also after a power cut."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)

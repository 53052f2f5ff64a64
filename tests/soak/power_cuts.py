"""D4: the power goes, again and again, under a relay on a real file system: `power_cuts.py ext4|xfs COUNT [PLANT]`.

The file system stands on a loop device. A cut is its shutdown without a flush of the journal (FS_IOC_SHUTDOWN, as
xfstests do it): what no sync has made durable is gone, the next mount replays the journal. The world stands elsewhere
and outlives it. Needs root and loop devices. Prints one JSON object, as `kills` does.
Source: fs/ext4/ioctl.c, fs/xfs/xfs_fsops.c (EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN).
"""

import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.log import configure
from tests.soak import kills
from tests.soak.relay_life import plant

_SHUTDOWN = 0x8004587D
_NO_FLUSH = struct.pack("I", 2)
_IMAGE_BYTES = 400 << 20
_LONGEST_S = 0.4


def is_possible(kind: str) -> bool:
    """Whether this machine lets us: tried, not guessed."""
    try:
        with disk(kind) as mount:
            mount()
            mount.cut()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


@contextmanager
def disk(kind: str) -> "Iterator[Mount]":
    """A new file system in memory."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        image, place = Path(name) / "image", Path(name) / "disk"
        place.mkdir()
        with image.open("wb") as file:
            file.truncate(_IMAGE_BYTES)
        subprocess.run([f"mkfs.{kind}", "-q", str(image)], check=True, capture_output=True)
        mount = Mount(image, place)
        try:
            yield mount
        finally:
            mount.leave()


class Mount:
    """Call it to mount; `cut` takes the power away, and what was not durable with it."""

    def __init__(self, image: Path, place: Path) -> None:
        self._image, self.place = image, place
        self._is_mounted = False

    def __call__(self) -> Path:
        subprocess.run(["mount", "-o", "loop", str(self._image), str(self.place)], check=True, capture_output=True)
        self._is_mounted = True
        return self.place

    def cut(self) -> None:
        """Nothing that is written from now on arrives, and nothing that waited either."""
        fd = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, _NO_FLUSH)
        finally:
            os.close(fd)

    def leave(self) -> None:
        """Unmount, if it is mounted."""
        if self._is_mounted:
            subprocess.run(["umount", str(self.place)], check=True, capture_output=True)
            self._is_mounted = False


def main() -> None:
    """Cut so many lives, let the last one end, tell what there is."""
    kind, count = sys.argv[1], int(sys.argv[2])
    plant(sys.argv[3] if len(sys.argv) > 3 else "none")
    configure(level=50)
    lot, started = random.Random(0), time.monotonic()
    with disk(kind) as mount, tempfile.TemporaryDirectory() as name:
        world = Path(name)
        for life in range(count):
            relay = mount() / "relay"
            relay.mkdir(exist_ok=True)
            _cut_life(world, relay, life, mount, lot.random() * _LONGEST_S)
            mount.leave()
        relay = mount() / "relay"
        relay.mkdir(exist_ok=True)
        pid = os.fork()
        if not pid:
            kills.live(world, relay, count, is_last=True)
        _, status = os.waitpid(pid, 0)
        assert status == 0, f"the last life ended with {status}"
        print(json.dumps(kills.told(world, relay, count, time.monotonic() - started)))


def _cut_life(world: Path, relay: Path, life: int, mount: Mount, after_s: float) -> None:
    pid = os.fork()
    if not pid:
        kills.live(world, relay, life)
    up, deadline = world / f"up-{life}", time.monotonic() + 60
    while not up.exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(after_s)
    mount.cut()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    up.unlink(missing_ok=True)


if __name__ == "__main__":
    main()

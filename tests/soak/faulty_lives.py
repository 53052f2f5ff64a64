"""D5 and D6 from below: lives of the relay under `fiu-run`, which makes calls of the C library fail at random.

`faulty_lives.py FOLDER COUNT KIND` starts COUNT lives under failing writes (`full`: ENOSPC) or failing syncs (`sync`:
EIO), in Python and in SQLite alike, every second one from its very start; then a last one without. Prints one JSON
object, as `kills` does, and how often the service stopped and how often a file was refused.
`faulty_lives.py FOLDER life N KIND` is one such life: it hands in files until the service stops.
Source: https://blitiri.com.ar/p/libfiu/doc/man-fiu-run.html; Debian package fiu-utils.
"""

import asyncio
import ctypes
import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gateway.app import App
from gateway.audit.segments import LogError
from gateway.log import configure
from gateway.spool.base import SpoolError
from tests.gateway import crash_scenario
from tests.gateway.crash_scenario import note, receive
from tests.gateway.doubles import CopyingWorkers, new_config
from tests.soak import kills

ROOT = Path(__file__).parents[2]
_FILES = 60  # that a life hands in
_STOPPED = 3
FAULTS = {  # calls, what they answer, how often
    "full": (("posix/io/rw/write", "posix/io/rw/pwrite"), errno.ENOSPC, 0.04),
    "sync": (("posix/io/sync/fsync", "posix/io/sync/fdatasync"), errno.EIO, 0.01),
}


def main() -> None:
    """All lives of one relay."""
    folder, count, kind = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    started, stopped, refused = time.monotonic(), 0, 0
    for life in range(count):
        command = ["fiu-run", "-x", "-f", "", sys.executable, "-m", "tests.soak.faulty_lives"]
        arguments = [str(folder), "life", str(life), kind]
        done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, _STOPPED), (life, done.returncode, done.stderr[-1500:])
        stopped += done.returncode == _STOPPED
        refused += len(kills.lines_of(folder / f"refused-{life}"))
    pid = os.fork()
    if not pid:
        kills.live(folder, folder, count, is_last=True)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"the last life ended with {status}"
    told = kills.told(folder, folder, count, time.monotonic() - started)
    print(json.dumps({**told, "stopped": stopped, "refused": refused}))


def arm(kind: str) -> None:
    """From here on, calls fail."""
    names, number, probability = FAULTS[kind]
    library = ctypes.CDLL("libfiu.so.0")
    for name in names:
        share = ctypes.c_float(probability)
        assert library.fiu_enable_random(name.encode(), 1, ctypes.c_void_p(number), 0, share) == 0


def disarm(kind: str) -> None:
    """They work again."""
    for name in FAULTS[kind][0]:
        ctypes.CDLL("libfiu.so.0").fiu_disable(name.encode())


def insistent_note(path: Path, line: str) -> None:
    """The world's own notes arrive, whatever fails on the relay's machine."""
    while True:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(fd, f"{line}\n".encode())
            return
        except OSError:
            continue
        finally:
            os.close(fd)


async def live(folder: Path, life: int, kind: str) -> int:
    """Hand files in, and out again, whatever fails. Answers whether the service stopped by itself."""
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    try:
        if life % 2:
            arm(kind)
        await app.start()
        if not life % 2:
            arm(kind)
    except Exception as error:
        note(folder / "not-started", repr(error))
        return _STOPPED
    waiting, working = asyncio.create_task(app.wait()), asyncio.create_task(_work(app, folder, life))
    await asyncio.wait({waiting, working}, return_when=asyncio.FIRST_COMPLETED)
    is_stopped = waiting.done()
    for task in (waiting, working):
        task.cancel()
    if life % 4 > 1:
        disarm(kind)  # the others stop while it still fails
    results: list[Any] = await asyncio.gather(waiting, working, return_exceptions=True)
    if not is_stopped and isinstance(results[1], Exception):
        raise results[1]
    try:
        await app.stop()
    except (SpoolError, LogError, OSError):
        return _STOPPED
    return _STOPPED if is_stopped else 0


async def _work(app: App, folder: Path, life: int) -> None:
    for number in range(life * _FILES, (life + 1) * _FILES):
        note(folder / "asked", str(number))
        try:
            await kills.send(app, folder, number)
            await receive(app, folder)
        except (SpoolError, LogError, OSError) as error:  # OSError: of the body, which the doors write
            note(folder / f"refused-{life}", repr(error))
            await asyncio.sleep(0)  # the news of a failure travels by the event loop


if __name__ == "__main__":
    configure(level=50)
    if sys.argv[2] == "life":
        kills.note = crash_scenario.note = note = insistent_note
        os._exit(asyncio.run(live(Path(sys.argv[1]), int(sys.argv[3]), sys.argv[4])))
    main()

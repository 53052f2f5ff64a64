"""Failing syncs, full disks and flipped bits, each in a forked life of the real relay. Values in, values out."""

import asyncio
import errno
import hashlib
import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from gateway.app import App
from gateway.audit.keys import PublicKey, key_ring
from gateway.deliver import RefusedError, check_offer, offer
from gateway.spool.base import SpoolError
from tests.gateway import crash_scenario
from tests.gateway.doubles import MARK, CopyingWorkers, new_config
from tests.gateway.transfers import read_fd

_SYNCS = ("fsync", "fdatasync")


def in_a_life_of_its_own(work: Callable[[], Any]) -> Any:
    """What `work` answers in a forked child, or the error that it raised, as a text."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            told = {"answer": work()}
        except BaseException as error:
            told = {"error": f"{type(error).__name__}: {error}"[:300]}
        os.write(write, json.dumps(told).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        answer = file.read()
    os.waitpid(pid, 0)
    return json.loads(answer)


def failing_sync(folder: Path, at: int) -> dict[str, Any]:
    """D6: the `at`-th sync answers EIO. What happened in that life: was it reached, did the service stop?"""

    def work() -> dict[str, Any]:
        count = 0

        def failing(act: Callable[[int], None]) -> Callable[[int], None]:
            def before(fd: int) -> None:
                nonlocal count
                count += 1
                if count == at:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                act(fd)

            return before

        for name in _SYNCS:
            setattr(os, name, failing(getattr(os, name)))
        is_stopped = asyncio.run(_life_until_it_stops(folder, lambda: count < at))
        return {"reached": count >= at, "stopped": is_stopped}

    told: dict[str, Any] = in_a_life_of_its_own(work)
    return told


async def _life_until_it_stops(folder: Path, is_whole: Callable[[], bool]) -> bool:
    """Whether the service said that it cannot go on, did not start, or was stopping when it failed."""
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    try:
        await app.start()
    except Exception:
        return True
    waiting = asyncio.create_task(app.wait())
    working = asyncio.create_task(_work(app, folder))
    await asyncio.wait({waiting, working}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
    if working.done() and working.exception() is not None:
        await asyncio.wait({waiting}, timeout=5)  # the news of it travels by the event loop
    is_stopped = waiting.done() or is_whole()
    for task in (waiting, working):
        task.cancel()
    await asyncio.gather(waiting, working, return_exceptions=True)
    try:
        await app.stop()
    except Exception:
        return True
    assert app._failed is not None
    return is_stopped or app._failed.done()


async def _work(app: App, folder: Path) -> None:
    assert app.hall is not None
    for number, body in enumerate(crash_scenario.BODIES):
        place = crash_scenario.filled(app.hall.spool, body)
        accepted = await app.hall.intake.accept(crash_scenario.offer(number, body), place)
        crash_scenario.note(folder / "promised", accepted.id)
    for id in crash_scenario.promised(folder):
        await app.hall.spool.wait(id, 60)
    await crash_scenario.receive(app, folder)


def damaged(folder: Path, harm: Callable[[Path], None]) -> list[str]:
    """D13: what a consumer would take after `harm` to a copy of a stopped relay's folder, or "stopped"."""
    shutil.copytree(folder, folder.with_name("harmed"))
    try:
        harm(folder.with_name("harmed"))
        told = in_a_life_of_its_own(lambda: asyncio.run(_taken(folder.with_name("harmed"))))
    finally:
        shutil.rmtree(folder.with_name("harmed"))
    return list(told.get("answer", ["stopped"]))


async def _taken(folder: Path) -> list[str]:
    """The names and bytes that a receiver would store: manifest and certificate proved, digest right."""
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    assert app.hall is not None
    spool = app.hall.spool
    keys = key_ring([PublicKey.load(folder / "data/keys/signing.pub")])
    for id in crash_scenario.promised(folder):
        await spool.wait(id, 10)
    taken = []
    for delivery in await spool.pull("lgwan", limit=100, lease_s=60, wait_s=0):
        try:
            told = orjson.loads(orjson.dumps(offer(delivery, app.hall.ledger.key, 1)))
            manifest = check_offer(told, keys, "lgwan").manifest
            view = await spool.get(delivery.id)
            assert view is not None
            data = read_fd(spool.open_copy(view))
        except (RefusedError, SpoolError):
            continue
        if hashlib.sha256(data).hexdigest() == manifest.sha256:
            taken.append(data.decode("latin-1"))
    await app.stop()
    return taken


def stopped_relay(folder: Path) -> set[str]:
    """A relay with copies that wait for their receiver and an original that waits for a worker. All right bytes."""
    folder.mkdir()

    async def live() -> None:
        workers = CopyingWorkers()
        app = App(new_config(folder), workers)  # type: ignore[arg-type]
        await app.start()
        assert app.hall is not None
        for number in range(6):
            if number == 4:
                workers.gate = asyncio.Event()  # the rest waits
            body = f"body {number} ".encode() * 50
            place = crash_scenario.filled(app.hall.spool, body)
            accepted = await app.hall.intake.accept(crash_scenario.offer(number, body), place)
            app.hall.spool.discard(place)
            crash_scenario.note(folder / "promised", accepted.id)
            if number < 4:
                await app.hall.spool.wait(accepted.id, 30)
        os._exit(0)  # without a stop: the write-ahead file stays as it is

    pid = os.fork()
    if not pid:
        asyncio.run(live())
    os.waitpid(pid, 0)
    return {(f"body {number} ".encode() * 50 + MARK).decode("latin-1") for number in range(6)}


def flips(folder: Path, count: int, seed: int = 0) -> list[tuple[str, int, str]]:
    """Places to harm: a bit, or a cut, in each kind of file of the spool."""
    lot, found = random.Random(seed), []
    files = [path for path in sorted((folder / "data/spool").rglob("*")) if path.is_file() and path.stat().st_size]
    files = [path for path in files if path.name not in ("lock", "clock.json")]
    for number in range(count):
        path = files[number % len(files)]
        how = "cut" if number // len(files) % 5 == 4 else "bit"
        found.append((str(path.relative_to(folder)), lot.randrange(path.stat().st_size), how))
    return found


def harm_at(relative: str, offset: int, how: str) -> Callable[[Path], None]:
    """Flip a bit, or cut the file there."""

    def harm(folder: Path) -> None:
        path = folder / relative
        data = bytearray(path.read_bytes())
        path.chmod(0o600)
        if how == "cut":
            path.write_bytes(bytes(data[:offset]))
        else:
            data[offset] ^= 1 << offset % 8
            path.write_bytes(bytes(data))

    return harm

"""Kills a gateway at its n-th durable step, for every n, starts it again, and tells what became of each file.

A program of its own: it forks a child for each life, before there is any thread. A step is a write, sync, link, rename,
unlink or commit; the child is killed right before it. Prints one JSON line for each n.
"""

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.app import App
from gateway.intake import Offer
from gateway.spool.base import Settlement
from gateway.spool.database import Database
from gateway.transfer import State
from policies.rules import Context
from tests.gateway.doubles import CopyingWorkers, new_config
from tests.gateway.transfers import read_fd

BODIES = (b"first", b"second", b"encrypted! third")
_STEPS = ("write", "fsync", "fdatasync", "link", "unlink", "sendfile", "ftruncate")


def main() -> None:
    """`crash_scenario.py FOLDER`: every n until a life ends by itself."""
    base, n = Path(sys.argv[1]), 0
    is_over = False
    while not is_over:
        n += 1
        folder = base / str(n)
        folder.mkdir()
        is_over = lived(folder, die_at=n)
        assert lived(folder, die_at=0), "a life without a kill ends by itself"
        print(json.dumps({"n": n, **told(folder)}), flush=True)


def lived(folder: Path, die_at: int) -> bool:
    """One life of the gateway in a forked child; whether it ended by itself."""
    pid = os.fork()
    if pid == 0:
        try:
            arm(die_at)
            asyncio.run(live(folder))
        except BaseException as error:
            print(f"life {die_at}: {error!r}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or status == 0, f"a life ended in an error: {status}"
    return status == 0


def arm(die_at: int) -> None:
    """Count the steps from here on, and die before the given one."""
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepping(act: Callable[..., Any]) -> Callable[..., Any]:
        def before(*arguments: Any, **names: Any) -> Any:
            step()
            return act(*arguments, **names)

        return before

    for name in _STEPS:
        setattr(os, name, stepping(getattr(os, name)))
    original = Database._commit

    def commit(spool: Database, operations: Any) -> Any:
        step()
        answers = original(spool, operations)
        step()
        return answers

    Database._commit = commit  # type: ignore[method-assign]


async def live(folder: Path) -> None:
    """Send the files, have them delivered, stop. What was promised and received is written down at once."""
    app = App(replace(new_config(folder)), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    assert app.hall is not None
    for number, body in enumerate(BODIES):
        accepted = await app.hall.intake.accept(offer(number, body), filled(app.hall.spool, body))
        note(folder / "promised", accepted.id)
    for id in promised(folder):
        await app.hall.spool.wait(id, 60)
    await receive(app, folder)
    await app.stop()


async def receive(app: App, folder: Path) -> None:
    """As the LGWAN side does it: store under the id, then acknowledge."""
    assert app.hall is not None
    spool, ledger = app.hall.spool, app.hall.ledger
    while lent := await spool.pull("lgwan", limit=1, lease_s=60, wait_s=0):
        (delivery,) = lent
        view = await spool.get(delivery.id)
        assert view is not None
        data = read_fd(spool.open_copy(view))
        assert hashlib.sha256(data).hexdigest() == delivery.sha256
        note(folder / "stored", f"{delivery.seq} {delivery.id} {data.decode()}")
        held = "lgwan", delivery.id, delivery.lease, delivery.sha256
        if await spool.check(*held) is Settlement.DONE:
            await ledger.delivered(delivery.id, "lgwan", delivery.sha256)
            await spool.ack(*held)


def offer(number: int, body: bytes) -> Offer:
    """With a key: the sender of a life after asks again for what it got no answer to."""
    return Offer(
        context=Context(tenant="city-a"),
        name=f"{number}.txt",
        claimed_type=None,
        passwords=(),
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        received_ns=1,
        idempotency_key=str(number),
        door="test",
    )


def filled(spool: Any, body: bytes) -> Any:
    """A body that came in whole. Its descriptor goes with the process."""
    place = spool.incoming(len(body))
    os.write(place.fd, body)
    return place


def note(path: Path, line: str) -> None:
    """Outside the counted steps: the world does not die with the gateway."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def promised(folder: Path) -> list[str]:
    """The ids that a sender holds."""
    path = folder / "promised"
    return list(dict.fromkeys(path.read_text().split())) if path.exists() else []


def told(folder: Path) -> dict[str, Any]:
    """All that must be looked at, as plain values."""
    spool = folder / "data/spool"
    log = [json.loads(line) for path in sorted((folder / "data/audit").glob("*.jsonl")) for line in path.open()]
    stored = (folder / "stored").read_text().splitlines()
    return {
        "promised": promised(folder),
        "stored": [line.split(" ", 2) for line in stored],
        "log": [[line["event"], line.get("id"), line.get("sha256_out")] for line in log],
        "seqs": [line["seq"] for line in log],
        "in": sorted(path.name for path in (spool / "in").iterdir()),
        "tmp": sorted(path.name for path in (spool / "tmp").iterdir()),
        "states": states(spool),
    }


def states(spool: Path) -> dict[str, str]:
    """What the rows say."""
    with closing(sqlite3.connect(spool / "spool.db")) as db:
        return {id: State(state) for id, state in db.execute("SELECT id, state FROM jobs")}


if __name__ == "__main__":
    main()

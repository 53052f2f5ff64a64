"""One life of the real relay with a few files, to be traced: `relay_life.py FOLDER PLANT [first]`.

Prints `ACK ID` when a sender holds an id, in one write each. PLANT names a bug to be planted, or is `none`.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import gateway.spool.database as database
import gateway.spool.files as files
from gateway.app import App
from gateway.audit.log import AuditLog
from gateway.log import configure
from tests.gateway.crash_scenario import filled, offer, receive
from tests.gateway.doubles import CopyingWorkers, new_config

BODIES = (b"first", b"second" * 2000, b"encrypted! third")


def nothing(*arguments: Any) -> None:
    """In place of a sync."""


PLANTS = ("no-folder-sync", "no-file-sync", "no-database-sync", "no-log-sync")


def plant(bug: str) -> None:
    """Take away one of the steps that promises stand on."""
    if bug == "no-folder-sync":
        files.sync_folder = nothing  # type: ignore[assignment]
    elif bug == "no-file-sync":
        kept = files.Files.keep

        def keep(self: files.Files, *arguments: Any) -> None:
            fsync, os.fsync = os.fsync, nothing  # type: ignore[assignment]
            try:
                kept(self, *arguments)
            finally:
                os.fsync = fsync

        files.Files.keep = keep  # type: ignore[method-assign]
    elif bug == "no-database-sync":
        database.SETTINGS = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in database.SETTINGS)  # type: ignore[misc]
    elif bug == "no-log-sync":
        AuditLog.sync = nothing  # type: ignore[method-assign]


async def life(folder: Path, bodies: tuple[bytes, ...], start: int) -> None:
    """Send, tell what is promised, deliver, stop."""
    app = App(new_config(folder), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    assert app.hall is not None
    ids = []
    for number, body in enumerate(bodies, start):
        accepted = await app.hall.intake.accept(offer(number, body), filled(app.hall.spool, body))
        os.write(1, f"ACK {accepted.id}\n".encode())
        ids.append(accepted.id)
    for id in ids:
        await app.hall.spool.wait(id, 60)
    await receive(app, folder)
    await app.stop()


if __name__ == "__main__":
    configure(level=50)
    plant(sys.argv[2])
    is_first = sys.argv[3:] == ["first"]
    asyncio.run(life(Path(sys.argv[1]), (b"zeroth",) if is_first else BODIES, 0 if is_first else 1))

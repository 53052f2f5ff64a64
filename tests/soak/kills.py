"""A relay that is killed at random moments, again and again, while files come in and go out: `kills.py FOLDER COUNT`.

The world outlives it: senders who ask again with their key until they hold an id, a store that keeps a ledger. Prints
one JSON object: how many kills there were, and what became of every file.
"""

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from gateway.app import App
from gateway.audit.check import check_log
from gateway.intake import InProgressError, Offer
from gateway.log import configure
from policies.rules import Context
from tests.gateway.crash_scenario import filled, note, promised, receive, states
from tests.gateway.doubles import MARK, CopyingWorkers, new_config

_AT_ONCE = 6
_LONGEST_S = 0.25


def main() -> None:
    """Kill so many lives, let the last one end, tell what there is."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    lot = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    configure(level=50)
    started = time.monotonic()
    for life in range(count):
        pid = os.fork()
        if not pid:
            live(folder, folder, life)
        deadline = time.monotonic() + 60
        while not (folder / f"up-{life}").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        time.sleep(lot.random() * _LONGEST_S)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"life {life} ended by itself: {status}"
        (folder / f"up-{life}").unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        live(folder, folder, count, is_last=True)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"the last life ended with {status}"
    print(json.dumps(told(folder, folder, count, time.monotonic() - started)))


def body_of(number: int) -> bytes:
    """Every seventh is withheld; sizes from nothing to 200 kB."""
    start = b"encrypted!" if number % 7 == 3 else b"file "
    return start + f"{number:08} ".encode() * (number % 23 * (1000 if number % 11 == 0 else 10))


def live(folder: Path, relay: Path, life: int, *, is_last: bool = False) -> None:
    """One life of the relay in `relay`, in a child of its own; what the world knows of it stands in `folder`."""
    try:
        asyncio.run(_serve(folder, relay, life, is_last=is_last))
    except BaseException as error:
        print(f"life {life}: {error!r}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


async def _serve(folder: Path, relay: Path, life: int, *, is_last: bool) -> None:
    app = App(new_config(relay), CopyingWorkers())  # type: ignore[arg-type]
    await app.start()
    (folder / f"up-{life}").touch()
    asked = folder / "asked"
    known = len(asked.read_text().splitlines()) if asked.exists() else 0
    held = {int(line.split()[1]) for line in lines_of(folder / "held")}
    waiting = [number for number in range(known) if number not in held]
    is_over = asyncio.Event()
    taking = asyncio.create_task(_take(app, folder, is_over))
    if is_last:
        await asyncio.gather(*(send(app, folder, number) for number in waiting))
        assert app.hall is not None
        for id in promised(folder):
            await app.hall.spool.wait(id, 60)
        is_over.set()
        await taking  # cancelled, it would keep what it was lent until the lease ends
        await receive(app, folder)
        await app.stop()
        return
    number = known
    while True:
        batch = [waiting.pop() for _ in range(min(len(waiting), _AT_ONCE))]
        while len(batch) < _AT_ONCE:
            note(asked, str(number))
            batch.append(number)
            number += 1
        await asyncio.gather(*(send(app, folder, one) for one in batch))


async def send(app: App, folder: Path, number: int) -> None:
    """Hand one file in, and write down that it is held."""
    body = body_of(number)
    offer = Offer(
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
    assert app.hall is not None
    place = filled(app.hall.spool, body)
    try:
        accepted = await app.hall.intake.accept(offer, place)
    except InProgressError:
        return
    finally:
        app.hall.spool.discard(place)
    note(folder / "held", f"{accepted.id} {number}")
    note(folder / "promised", accepted.id)


async def _take(app: App, folder: Path, is_over: asyncio.Event) -> None:
    while not is_over.is_set():
        await receive(app, folder)
        await asyncio.sleep(0.005)


def lines_of(path: Path) -> list[str]:
    """Of a file that may not be there."""
    return path.read_text().splitlines() if path.exists() else []


def told(folder: Path, relay: Path, kills: int, seconds: float) -> dict[str, Any]:
    """What there is to look at."""
    held: dict[int, set[str]] = {}
    for line in lines_of(folder / "held"):
        id, number = line.split()
        held.setdefault(int(number), set()).add(id)
    stored: dict[str, set[tuple[str, str]]] = {}
    for line in lines_of(folder / "stored"):
        seq, id, text = line.split(" ", 2)
        stored.setdefault(id, set()).add((seq, text))
    lost, torn, doubled, given_up = [], [], [], []
    withheld = {id for id, state in states(relay / "data/spool").items() if state == "withheld"}
    for number, ids in held.items():
        if len(ids) > 1:
            doubled.append(number)
        body = body_of(number)
        for id in ids:
            found = stored.get(id, set())
            if body.startswith(b"encrypted!"):
                if found:
                    torn.append(number)
            elif not found and id in withheld:
                given_up.append(number)  # at work at more kills than a file is given attempts
            elif not found:
                lost.append(number)
            elif found != {(next(iter(found))[0], (body + MARK).decode())}:
                torn.append(number)
    numbers = sorted(int(next(iter(found))[0]) for found in stored.values())
    return {
        "kills": kills,
        "seconds": round(seconds),
        "held": len(held),
        "delivered": len(stored),
        "lines": len(lines_of(folder / "stored")),
        "lost": lost,
        "given_up": len(given_up),
        "torn": torn,
        "doubled": doubled,
        "numbers_without_gap": numbers == list(range(1, len(numbers) + 1)),
        "log_faults": _log_faults(relay),
    }


def _log_faults(relay: Path) -> list[str]:
    return [f"{one.fault} {one.detail}" for one in check_log(relay / "data/audit").faults]


if __name__ == "__main__":
    main()

"""2,000 files of 200 kB and 20 of 20 MB through real workers, whose zygotes are killed twice: `throughput.py FOLDER`.

Prints one JSON object: what was promised, what a store would hold, in which time.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from gateway.app import App
from gateway.config import Config, DoorLimits
from gateway.log import configure
from policies.load import load_policy
from tests.gateway.doubles import TENANT, new_config
from tests.gateway.transfers import read_fd

SMALL, LARGE = (2000, 200_000), (20, 20_000_000)
_AT_ONCE = 16


def body_of(number: int) -> bytes:
    """Plain text, each file another."""
    size = SMALL[1] if number < SMALL[0] else LARGE[1]
    line = f"{number:06} 行ごとに同じ長さの文を並べる。\n".encode()
    return line * (size // len(line))


async def main(folder: Path, small: int, large: int) -> dict[str, Any]:
    """Send all, receive all, kill in between."""
    config: Config = new_config(folder)
    policies = dict.fromkeys(config.policies, load_policy("default"))
    config = replace(config, policies=policies, limits=DoorLimits(max_uploads=64, stop_s=30))
    app = App(config)
    await app.start()
    numbers = [*range(small), *range(SMALL[0], SMALL[0] + large)]
    promised: dict[int, str] = {}
    stored: Counter[str] = Counter()
    started = time.monotonic()
    gate = asyncio.Semaphore(_AT_ONCE)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{app.port}", headers=TENANT) as client:

        async def send(number: int) -> None:
            async with gate:
                while number not in promised:
                    headers = {"Idempotency-Key": str(number)}
                    name = quote(f"{number}.txt")
                    async with client.post(f"/v1/files?name={name}", data=body_of(number), headers=headers) as answer:
                        if answer.status == 202:
                            promised[number] = (await answer.json())["id"]
                        else:
                            await asyncio.sleep(0.2)

        sending = asyncio.gather(*(send(number) for number in numbers))
        kills = [len(numbers) // 4, len(numbers) // 2]
        while len(stored) < len(numbers):
            assert app.hall is not None
            spool = app.hall.spool
            for delivery in await spool.pull("lgwan", limit=8, lease_s=60, wait_s=60):
                view = await spool.get(delivery.id)
                assert view is not None
                data = read_fd(spool.open_copy(view))
                assert hashlib.sha256(data).hexdigest() == delivery.sha256
                stored[delivery.id] += 1
                await app.hall.ledger.delivered(delivery.id, "lgwan", delivery.sha256)
                await spool.ack("lgwan", delivery.id, delivery.lease, delivery.sha256)
            if kills and len(stored) >= kills[0]:
                kills.pop(0)
                for pid in app.hall.workers.pids.values():
                    os.kill(pid, signal.SIGKILL)
            withheld = [v.id for v in await spool.listed("withheld", 10)]  # type: ignore[arg-type]
            assert not withheld, withheld
        await sending
    seconds = time.monotonic() - started
    await app.stop()
    return {
        "sent": len(promised),
        "stored": len(stored),
        "lost": len(set(promised.values()) - set(stored)),
        "doubled": sum(count > 1 for count in stored.values()),
        "kills_left": len(kills),
        "seconds": round(seconds, 1),
        "a_second": round(len(stored) / seconds, 1),
    }


if __name__ == "__main__":
    configure(level=40)
    few = [int(word) for word in sys.argv[2:]] or [SMALL[0], LARGE[0]]
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), *few))))

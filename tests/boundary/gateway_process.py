"""A gateway with doubles for workers in a process of its own: `gateway_process.py FOLDER`.

Prints its port and serves until its input ends.
"""

import asyncio
import sys
from pathlib import Path

from gateway.log import configure
from tests.gateway.doubles import CopyingWorkers, new_config, running


async def main() -> None:
    """Serve."""
    configure(level=50)
    async with running(new_config(Path(sys.argv[1]), {"linger_s": 10.0}), CopyingWorkers()) as app:
        print(app.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

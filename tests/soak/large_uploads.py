"""A gateway that takes large files in, with workers that look at their first bytes only: `large_uploads.py FOLDER`.

Prints its port and serves until its input ends.
"""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

from gateway.log import configure
from gateway.withheld import digest_of
from gateway.workers import Judged
from sanitizers.model import Order
from tests.gateway.doubles import CopyingWorkers, judge_copied, new_config, running


class GlancingWorkers(CopyingWorkers):
    """Withholds whatever begins with a reason's name; reads no more of it than that."""

    async def sanitize(self, order: Order, input_fd: int) -> Judged:
        judged = judge_copied(order, os.pread(input_fd, 64, 0))
        sha256 = await asyncio.to_thread(digest_of, input_fd)
        return replace(judged, report=replace(judged.report, sha256_in=sha256))


async def main() -> None:
    """Serve."""
    configure(level=50)
    config = new_config(Path(sys.argv[1]))
    policies = {
        name: replace(policy, limits=replace(policy.limits, max_input_bytes=1 << 30))
        for name, policy in config.policies.items()
    }
    async with running(replace(config, policies=policies), GlancingWorkers()) as app:
        print(app.port, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())

"""The server side of bench_relay, a process of its own: `echo` (bare aiohttp), `null` (no work), `real` (true workers).

Prints its port and the ids of its helpers' processes, then serves until its input ends.
"""

import asyncio
import fcntl
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web

from gateway.app import App
from gateway.config import DoorLimits, Listen, WorkerSettings
from gateway.config_file import read_config
from gateway.log import configure
from gateway.workers import Copy, Judged
from policies.terms import Rebuild
from sanitizers.model import Opinion, Order, Report, Verdict

KEY: Final = "bench"
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


class NullWorkers:
    """A copy within the kernel, sealed and hashed as Workers does it; no other process."""

    versions: Mapping[str, str] = MappingProxyType({"sekisho": "0"})
    tier, tier_name = 1, "none"
    pids: Mapping[str, int] = MappingProxyType({"none": 0})

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def sanitize(self, order: Order, input_fd: int) -> Judged:
        started_ns, size = time.time_ns(), os.fstat(input_fd).st_size
        copy = os.memfd_create("copy", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.sendfile(copy, input_fd, 0, size)
        fcntl.fcntl(copy, fcntl.F_ADD_SEALS, _SEALS)
        digest = hashlib.sha256(os.pread(copy, size, 0)).hexdigest()
        os.lseek(copy, 0, os.SEEK_SET)
        report = Report(
            verdict=Verdict.CLEAN,
            media_type="text/plain",
            sha256_in=digest,
            sha256_out=digest,
            name=order.name,
            rebuild=Rebuild.FULL,
        )
        return Judged(
            report=report,
            opinion=Opinion(True),
            copy=Copy(copy, size, digest),
            started_ns=started_ns,
            ended_ns=time.time_ns(),
            cpu_ms=0.0,
        )


async def _echo(request: web.BaseRequest) -> web.StreamResponse:
    """What a server that knows nothing of files would do: take the body, send it back."""
    chunks = [chunk async for chunk in request.content.iter_any()]
    return web.Response(body=b"".join(chunks))


async def _serve_echo() -> None:
    runner = web.ServerRunner(web.Server(_echo, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await _until_told(runner.addresses[0][1], {})
    await runner.cleanup()


async def _serve_gateway(workers: Any, folder: Path) -> None:
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    other = hashlib.sha256(b"lgwan").hexdigest()
    text = f"""
        rules = [{{ policy = "default" }}]
        tenants = [{{ name = "bench", key_sha256 = ["{digest}"] }}]
        consumers = [{{ name = "lgwan", key_sha256 = ["{other}"], tenants = ["*"] }}]
    """
    config = replace(
        read_config(text, folder / "gateway.toml"),
        listen=Listen(port=0),
        workers=WorkerSettings(slots=2),
        limits=DoorLimits(keep_alive_s=86_400),
    )
    app = App(config, workers)
    await app.start()
    assert app.hall is not None
    await _until_told(app.port, app.hall.workers.pids)
    await app.stop()


async def _until_told(port: int, pids: Mapping[str, int]) -> None:
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def main() -> None:
    """As bench_relay starts it."""
    configure(level=40)
    if sys.argv[1] == "echo":
        asyncio.run(_serve_echo())
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_serve_gateway(NullWorkers() if sys.argv[1] == "null" else None, Path(folder)))


if __name__ == "__main__":
    main()

"""A gateway on loopback for tests, with workers that copy instead of sanitizing. The real ones have their own tests."""

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp

from gateway.app import App
from gateway.config import Config, DoorLimits, Listen, WorkerSettings
from gateway.config_file import read_config
from gateway.workers import Copy, Judged
from policies.model import Policy
from policies.names import clean_name
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Opinion, Order, Report, Verdict

TENANT_KEY, OTHER_KEY, CONSUMER_KEY = "tenant-key", "other-key", "consumer-key"
TENANT = {"Authorization": f"Bearer {TENANT_KEY}"}
OTHER = {"Authorization": f"Bearer {OTHER_KEY}"}
CONSUMER = {"Authorization": f"Bearer {CONSUMER_KEY}"}
MARK = b" (clean)"
_SEALS = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


class CopyingWorkers:
    """Answers with the same bytes and MARK behind them; files that begin with a Reason's name are withheld for it."""

    versions: Mapping[str, str] = MappingProxyType({"sekisho": "0.0.0"})
    vectors: frozenset[str] = frozenset()
    tier = 1
    tier_name = "double"
    pids: Mapping[str, int] = MappingProxyType({"sanitize": 1, "judge": 2})

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.gate: asyncio.Event | None = None  # set it to make files wait
        self.answers: list[Callable[[Judged], Judged]] = []  # taken from the front, one a file

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def sanitize(self, order: Order, input_fd: int) -> Judged:
        self.orders.append(order)
        if self.gate is not None:
            await self.gate.wait()
        judged = judge_copied(order, os.pread(input_fd, 1 << 26, 0))
        return self.answers.pop(0)(judged) if self.answers else judged

    async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
        return Opinion(True)


def judge_copied(order: Order, data: bytes) -> Judged:
    """What CopyingWorkers answer."""
    started_ns = time.time_ns()
    reason = next((reason for reason in Reason if data.startswith(reason.value.encode() + b"!")), None)
    copy = None if reason is not None else sealed_copy(data + MARK)
    report = Report(
        verdict=Verdict.SANITIZED if reason is None else Verdict.FAILED if reason.is_ours else Verdict.BLOCKED,
        media_type="text/plain",
        sha256_in=order.sha256 or hashlib.sha256(data).hexdigest(),
        sha256_out=None if copy is None else copy.sha256,
        name=clean_name(order.name).name,
        findings=(Finding("TXT-01", "line 1", Action.REMOVE, count=2),),
        reason=reason,
        rebuild=None if reason is not None else Rebuild.FULL,
    )
    opinion = None if copy is None else Opinion(True)
    return Judged(report=report, opinion=opinion, copy=copy, started_ns=started_ns, ended_ns=time.time_ns(), cpu_ms=0.1)


def sealed_copy(data: bytes) -> Copy:
    """A copy as Workers hands it out."""
    fd = os.memfd_create("copy", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALS)
    os.lseek(fd, 0, os.SEEK_SET)
    return Copy(fd, len(data), hashlib.sha256(data).hexdigest())


def converted(judged: Judged) -> Judged:
    """Turns an answer into one whose copy is of another type than its file."""
    return replace(judged, report=replace(judged.report, media_type="text/csv", copy_type="text/plain"))


def failed(reason: Reason) -> Callable[[Judged], Judged]:
    """Turns an answer into that of workers on which something of ours failed."""

    def turn(judged: Judged) -> Judged:
        if judged.copy is not None:
            os.close(judged.copy.fd)
        report = replace(judged.report, verdict=Verdict.FAILED, sha256_out=None, rebuild=None, reason=reason)
        return replace(judged, report=report, opinion=None, copy=None)

    return turn


def new_config(folder: Path, limits: Mapping[str, Any] | None = None, **sections: Any) -> Config:
    """Two tenants, a consumer for the first one's inbound files, small files only."""
    (folder / "test.toml").write_text(
        'name = "test"\nadmit = ["text/plain"]\nlimits = { max_input_bytes = 8_388_608 }\n', encoding="utf-8"
    )
    text = f"""
        [[tenants]]
        name = "city-a"
        key_sha256 = ["{_hash(TENANT_KEY)}"]
        [[tenants]]
        name = "city-b"
        key_sha256 = ["{_hash(OTHER_KEY)}"]
        [[consumers]]
        name = "lgwan"
        key_sha256 = ["{_hash(CONSUMER_KEY)}"]
        tenants = ["city-a"]
        [[rules]]
        sender = "nobody"
        policy = "test.toml"
        tenant = "city-b"
        [[rules]]
        direction = "inbound"
        policy = "test.toml"
    """
    config = read_config(text, folder / "gateway.toml")
    defaults: dict[str, Any] = {"stop_s": 5.0, "linger_s": 1.0}
    return replace(
        config,
        listen=Listen(port=0),
        spool=replace(config.spool, reserve_bytes=1 << 20),
        workers=WorkerSettings(slots=2, max_attempts=3),
        limits=DoorLimits(**(defaults | dict(limits or {}))),
        **sections,
    )


@asynccontextmanager
async def running(config: Config, workers: Any = None) -> AsyncIterator[App]:
    """A gateway that serves on a port of its own."""
    app = App(config, CopyingWorkers() if workers is None else workers)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


@asynccontextmanager
async def connected(
    config: Config, workers: Any = None, headers: Mapping[str, str] = MappingProxyType(TENANT)
) -> AsyncIterator[tuple[App, aiohttp.ClientSession]]:
    """The same, and a client with the first tenant's key."""
    async with (
        running(config, workers) as app,
        aiohttp.ClientSession(f"http://127.0.0.1:{app.port}", headers=headers) as client,
    ):
        yield app, client


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()

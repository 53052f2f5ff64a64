"""sekisho demo: a gateway with its workers and a receiver on this machine, and sample files through them.

Everything is real: two services as an operator would start them, HTTP between them, keys drawn for the occasion. What
they leave stands in one folder, so that it can be looked at afterwards; `sekisho why ID` explains each file.
"""

import argparse
import asyncio
import csv
import hashlib
import secrets
import shutil
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from gateway.cli import why
from gateway.cli.words import JAPANESE, language, say

_MARK: Final = ".made-by-sekisho-demo"
_PATIENCE_S: Final = 60.0
_GATEWAY: Final = """# Written by `sekisho demo`. docs/operations.md explains every key.
[listen]
port = {port}

[spool]
url = "sqlite:gateway-data/spool"
reserve_bytes = 16_777_216

[audit]
folder = "gateway-data/audit"
key = "gateway-data/keys/signing.pem"
name_key = "gateway-data/keys/names.key"

[[tenants]]
name = "demo-town"
key_sha256 = ["{tenant}"]

[[consumers]]
name = "lgwan"
key_sha256 = ["{consumer}"]
tenants = ["demo-town"]

[[rules]]
tenant = "demo-town"
policy = "default"
"""
_RECEIVER: Final = """# Written by `sekisho demo`. docs/operations.md explains every key.
url = "http://127.0.0.1:{port}"
consumer = "lgwan"
key_file = "receiver-data/consumer.key"
trust = ["gateway-data/keys/signing.pub"]
store = "lgwan-store"
audit = "receiver-data/audit"
audit_key = "receiver-data/keys/signing.pem"
checkpoints = "receiver-data/checkpoints"
policy = "default"
limits = {{ reserve_bytes = 16_777_216 }}
"""


class DemoError(Exception):
    """Something did not come to its end; the message says what."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A file to send: its bytes, the name it is sent under, and what it is."""

    data: bytes
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Ground:
    """The folder that the demonstration stands on, and how its parts reach one another."""

    folder: Path
    port: int
    key: str  # of the tenant


def arguments(parser: argparse.ArgumentParser) -> None:
    """--folder DIR."""
    parser.add_argument("--folder", type=Path, default=Path("sekisho-demo"), metavar="DIR")


def run(options: argparse.Namespace) -> int:
    """Exit 0 when every file ended as released and stored, or as withheld with a reason."""
    try:
        ground = _prepare(options.folder)
        return asyncio.run(_demonstrate(ground))
    except (DemoError, OSError, aiohttp.ClientError) as error:
        print(f"sekisho demo: {error}", file=sys.stderr)
        return 2


def _prepare(folder: Path) -> Ground:
    """A fresh folder with keys and the two configuration files."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise DemoError(
                say(
                    f"{folder} is not empty; choose another with --folder",
                    f"{folder} は空ではありません。--folder で別の場所を指定してください",
                )
            )
        shutil.rmtree(folder)
    (folder / "receiver-data").mkdir(parents=True)
    (folder / _MARK).touch()
    tenant, consumer, port = secrets.token_urlsafe(24), secrets.token_urlsafe(24), _free_port()
    digests = {"tenant": _digest(tenant), "consumer": _digest(consumer)}
    (folder / "gateway.toml").write_text(_GATEWAY.format(port=port, **digests), encoding="utf-8")
    (folder / "receiver.toml").write_text(_RECEIVER.format(port=port), encoding="utf-8")
    key_file = folder / "receiver-data" / "consumer.key"
    key_file.touch(mode=0o600)
    key_file.write_text(consumer + "\n", encoding="ascii")
    return Ground(folder, port, tenant)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _samples() -> list[Sample]:
    demo = resources.files("gateway.demo")
    rows = csv.DictReader(demo.joinpath("samples.tsv").read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return [
        Sample(
            demo.joinpath("samples", row["file"]).read_bytes(),
            row["name"],
            row["title_ja" if language() == JAPANESE else "title"],
        )
        for row in rows
    ]


async def _demonstrate(ground: Ground) -> int:
    console = Console(highlight=False)
    started = time.monotonic()
    async with AsyncExitStack() as stack:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as progress:
            task = progress.add_task(say("starting gateway and receiver", "関所と受け手を起動しています"))
            gateway = await stack.enter_async_context(_service(ground, "serve", "gateway.toml"))
            http = await stack.enter_async_context(
                aiohttp.ClientSession(
                    f"http://127.0.0.1:{ground.port}", headers={"Authorization": f"Bearer {ground.key}"}
                )
            )
            await _until_ready(http, gateway)
            await stack.enter_async_context(_service(ground, "receive", "receiver.toml"))
            progress.update(task, description=say("sending files", "ファイルを送っています"))
            samples = _samples()
            told = await asyncio.gather(*(_send(http, sample) for sample in samples))
            progress.update(task, description=say("waiting for the LGWAN side", "LGWAN側を待っています"))
            told = await asyncio.gather(*(_until_delivered(http, one) for one in told))
    console.print(_as_table(samples, told))
    console.print(
        say(
            f"{len(told)} files in {time.monotonic() - started:.1f} s",
            f"{len(told)}件、{time.monotonic() - started:.1f}秒",
        )
    )
    _compare_store(ground, told)
    released = sum(one["copy"] is not None for one in told)
    console.print(
        say(
            f"the LGWAN-side folder holds exactly the {released} released copies: ",
            f"LGWAN側のフォルダーには、渡した{released}件だけがあります: ",
        )
        + str(ground.folder / "lgwan-store")
    )
    _explain_one(ground, samples, told, console)
    return 0


@asynccontextmanager
async def _service(ground: Ground, command: str, config: str) -> AsyncIterator[Process]:
    """One of the two services, ended with SIGTERM as an operator's system would."""
    with (ground.folder / f"{command}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "gateway.cli",
            command,
            "--config",
            str(ground.folder / config),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
    if process.returncode:
        raise DemoError(f"sekisho {command} ended with {process.returncode}; see {ground.folder / command}.log")


async def _until_ready(http: aiohttp.ClientSession, gateway: Process) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and gateway.returncode is None:
        try:
            async with http.get("/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.05)
    raise DemoError("the gateway does not get ready; see serve.log")


async def _send(http: aiohttp.ClientSession, sample: Sample) -> dict[str, Any]:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(sample.name, safe='')}",
        "Content-Type": "application/octet-stream",
        "Prefer": f"wait={_PATIENCE_S:.0f}",
    }
    async with http.post("/v1/files", data=sample.data, headers=headers) as answer:
        told: dict[str, Any] = await answer.json()
        if answer.status != 200:
            raise DemoError(f"{sample.name!r}: {answer.status} {told.get('title')}")
        return told


async def _until_delivered(http: aiohttp.ClientSession, told: dict[str, Any]) -> dict[str, Any]:
    """A released file is done when the receiver has it."""
    until = time.monotonic() + _PATIENCE_S
    while told["state"] == "released" and time.monotonic() < until:
        await asyncio.sleep(0.05)
        async with http.get(told["links"]["self"]) as answer:
            told = await answer.json()
    if told["state"] not in ("delivered", "withheld"):
        raise DemoError(f"{told['name']!r} stays {told['state']}; see receive.log")
    return told


def _compare_store(ground: Ground, told: list[dict[str, Any]]) -> None:
    """The LGWAN-side folder holds what was released, byte for byte, and nothing else."""
    stored = sorted(
        hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (ground.folder / "lgwan-store").rglob("*")
        if file.is_file() and file.suffix != ".json" and not any(p.startswith(".") for p in file.parts)
    )
    released = sorted(one["copy"]["sha256"] for one in told if one["copy"])
    if stored != released:
        raise DemoError(f"the store holds {len(stored)} files, {len(released)} were released")


def _as_table(samples: list[Sample], told: list[dict[str, Any]]) -> Table:
    table = Table(title=say("What became of each file", "それぞれのファイルがどうなったか"), show_lines=True)
    for heading in (
        say("sent", "送ったもの"),
        say("verdict", "結果"),
        say("taken out, or why withheld", "取り除いたもの・止めた理由"),
    ):
        table.add_column(heading, overflow="fold")
    is_japanese = language() == JAPANESE
    colours = {"clean": "green", "sanitized": "cyan", "blocked": "yellow", "failed": "red"}
    for sample, one in zip(samples, told, strict=True):
        reason = one["reason_text_ja" if is_japanese else "reason_text"]
        findings = [reason] if reason else []
        findings += (
            sorted(
                {
                    f"{f['vector']} {f['title_ja' if is_japanese else 'title']}"
                    for f in _all_findings(one)
                    if f["action"] in ("removed", "rewritten")
                }
            )
            if not reason
            else []
        )
        name = one["copy"]["name"] if one["copy"] else "".join(c if c.isprintable() else "�" for c in sample.name)
        table.add_row(
            Text(f"{name}\n{sample.title}\n{one['id']}"),
            Text(one["verdict"], colours[one["verdict"]]),
            Text("\n".join(findings) or "—"),
        )
    return table


def _all_findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [*report["findings"], *(found for member in report["members"] for found in _all_findings(member))]


def _explain_one(ground: Ground, samples: list[Sample], told: list[dict[str, Any]], console: Console) -> None:
    """What `sekisho why` says of the first file that was withheld."""
    chosen = next(one for one in told if one["verdict"] == "blocked")
    config = ground.folder / "gateway.toml"
    console.print(f"\n$ sekisho why {chosen['id']} --config {config}")
    if why.run(argparse.Namespace(id=chosen["id"], config=config)):
        raise DemoError("the certificate cannot be read")

"""sekisho doctor: what this machine offers, what is missing, and what that means."""

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.canary import CanaryError, Watch
from gateway.cli.words import say
from gateway.workers import Workers
from sanitizers.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing looked at. `is_good` None: optional, and not there."""

    what: str
    is_good: bool | None
    told: str


def arguments(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(options: argparse.Namespace) -> int:
    """Exit 0 when everything that is needed is there, 1 otherwise."""
    signs = [*_of_machine(), *asyncio.run(_of_workers())]
    table = Table(box=None, show_header=False)
    for sign in signs:
        mark = Text("✓", "green") if sign.is_good else Text("–", "yellow") if sign.is_good is None else Text("✗", "red")
        table.add_row(mark, sign.what, Text(sign.told))
    Console().print(table)
    return 0 if all(sign.is_good is not False for sign in signs) else 1


def _of_machine() -> Iterator[Sign]:
    yield Sign("Sekisho", True, version("sekisho"))
    yield Sign("Python", sys.version_info >= (3, 11), platform.python_version())
    yield Sign("Linux", sys.platform == "linux", f"{platform.release()} {platform.machine()}")
    yield Sign("SQLite", sqlite3.sqlite_version_info >= (3, 35), sqlite3.sqlite_version)
    cores = len(os.sched_getaffinity(0))
    yield Sign(say("processors", "プロセッサー"), True, str(cores))
    is_root = os.geteuid() == 0
    yield Sign(
        say("user", "利用者"),
        None if is_root else True,
        say("root: run the service as its own user", "root: 専用の利用者で動かしてください")
        if is_root
        else str(os.geteuid()),
    )


async def _of_canaries(workers: Workers) -> Sign:
    """Files with something live in them, sent through as the service does at its start."""
    name = say("canary", "見張り用ファイル")
    try:
        unfinished = await Watch(workers).pass_through()
    except CanaryError as error:
        return Sign(name, False, str(error))
    return Sign(name, not unfinished, "; ".join(unfinished) or say("all came out as they should", "すべて想定どおり"))


async def _of_workers() -> list[Sign]:
    """Started once, as the service would: what they say of themselves is what is in force."""
    workers = Workers(1)
    try:
        await workers.start()
    except SandboxError as error:
        return [Sign(say("workers", "無害化プロセス"), False, str(error))]
    try:
        signs = [Sign(say("confinement", "隔離"), True, f"{workers.tier_name} (tier {workers.tier})")]
        for name, found in sorted(workers.versions.items()):
            is_missing = found == "absent"
            told = say("not there", "ありません") if is_missing else found
            signs.append(Sign(name, None if is_missing else True, told))
        return [*signs, await _of_canaries(workers)]
    finally:
        await workers.stop()

"""The gateway with its true workers: files are rebuilt, and processes that die take no file with them."""

import asyncio
import contextlib
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.config import Config
from gateway.workers import Workers
from policies.load import load_policy
from tests.gateway.doubles import connected, new_config

FILES = 24
WAIT = {"Prefer": "wait=60"}
CSV = '氏名,式\r\n髙橋①,=HYPERLINK("http://x")\r\n'.encode("cp932")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A policy that takes in what is sent here."""
    config = new_config(tmp_path)
    text = 'name = "true"\nadmit = ["text/plain", "text/csv", "application/zip"]\n'
    (tmp_path / "test.toml").write_text(text, encoding="utf-8")
    return replace(config, policies={name: load_policy(str(tmp_path / "test.toml")) for name in config.policies})


async def sent(client: Any, name: str, data: bytes) -> dict[str, Any]:
    """What became of a file."""
    async with client.post("/v1/files", params={"name": name}, data=data, headers=WAIT) as response:
        told: dict[str, Any] = await response.json()
        assert response.status == 200, told
        return told


async def test_a_table_loses_its_formula_and_keeps_its_characters(config: Config):
    """CP932 in, CP932 out; the finding is told; both doors give the same copy."""
    async with connected(config, Workers(2)) as (_, client):
        told = await sent(client, "表.csv", CSV)
        assert (told["state"], told["verdict"], told["copy"]["name"]) == ("released", "sanitized", "表.csv")
        assert any(finding["vector"].startswith("TXT-") for finding in told["findings"])
        async with client.get(told["links"]["content"]) as response:
            copy = await response.read()
        assert "髙橋①" in copy.decode("cp932") and b"\r\n=" not in copy and b",=" not in copy
        async with client.post("/v1/sanitize", params={"name": "表.csv"}, data=CSV) as response:
            assert await response.read() == copy


async def test_what_is_no_file_for_us_is_withheld_with_its_reason(config: Config):
    """A program under a harmless name."""
    async with connected(config, Workers(1)) as (_, client):
        told = await sent(client, "写真.txt", b"MZ\x90\x00" + bytes(200) + b"PE\x00\x00")
        assert told["state"] == "withheld" and told["reason"] in ("forbidden-type", "disguised", "malformed")


async def test_killing_the_processes_loses_no_file_and_releases_no_unjudged_byte(config: Config, tmp_path: Path):
    """Sanitizing and judging zygotes die again and again; each file ends as it would have ended without that."""
    workers = Workers(2)
    async with connected(config, workers) as (_, client):
        undisturbed = await sent(client, "a.csv", CSV)
        files = [asyncio.create_task(sent(client, f"{n}.csv", CSV)) for n in range(FILES)]
        for n in range(6):
            role = ("sanitize", "judge")[n % 2]
            await asyncio.wait(files, timeout=0.1)
            for name, pid in workers.pids.items():
                with contextlib.suppress(ProcessLookupError):  # the next one is not there yet
                    if name.startswith(role):
                        os.kill(pid, signal.SIGKILL)
        ended = await asyncio.gather(*files)

    for told in ended:
        if told["state"] == "released":
            assert told["copy"]["sha256"] == undisturbed["copy"]["sha256"]
        else:
            assert told["reason"] in ("crashed", "unavailable"), told
    assert sum(told["state"] == "released" for told in ended) >= FILES // 2
    lines = [line for path in (tmp_path / "data/audit").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    decided = {line["id"]: line for line in map(orjson.loads, lines) if line["event"] == "decided"}
    assert all(decided[told["id"]]["verdict"] == told["verdict"] for told in ended)

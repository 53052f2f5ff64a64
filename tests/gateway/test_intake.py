"""Accepted or not: nothing in between is left behind."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from gateway.app import App
from gateway.audit.log import LogFullError
from gateway.intake import new_id
from gateway.spool.base import SpoolFullError
from gateway.transfer import State
from tests.gateway.doubles import connected, new_config


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[App, Any]]:
    async with connected(new_config(tmp_path)) as (app, client):
        yield app, client


def test_ids_are_in_the_order_of_time_and_not_to_be_guessed():
    """26 characters that fit in an address, a file name and the record."""
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000 and {len(id) for id in ids} == {26}
    assert [id[:8] for id in ids] == sorted(id[:8] for id in ids)
    assert all(id.isalnum() and id.isascii() and id == id.upper() for id in ids)
    assert len({id[-8:] for id in ids}) == 2000


@pytest.mark.parametrize(("where", "error"), [("submit", SpoolFullError("full")), ("received", LogFullError("full"))])
async def test_a_body_that_finds_no_room_for_its_row_or_record_is_removed(
    house: tuple[App, Any], where: str, error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """507, no id, no body; what the log was told of it is told to its end."""
    app, client = house
    assert app.hall is not None
    room = app.hall.spool if where == "submit" else app.hall.ledger

    async def full(*arguments: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(room, where, full)
        async with client.post("/v1/files?name=a.txt", data=b"hello") as response:
            assert (response.status, (await response.json())["code"]) == (507, "no-space")
    assert not list((tmp_path / "data/spool/in").iterdir())
    async with client.post("/v1/files?name=a.txt", data=b"hello") as response:
        accepted = (await response.json())["id"]

    lines = [line for path in (tmp_path / "data/audit").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    told = [(event["event"], event["id"]) for event in map(orjson.loads, lines) if "id" in event]
    ended = {id for event, id in told if event == "removed"}
    assert {id for event, id in told if event == "received"} - ended == {accepted}


async def test_a_row_that_was_written_for_nobody_is_not_told_as_removed(
    house: tuple[App, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A handler that was cancelled while its row became durable: the file goes its way, and the log says no other."""
    app, client = house
    assert app.hall is not None
    submit, ids = app.hall.spool.submit, []

    async def cancelled(job: Any) -> None:
        await submit(job)
        ids.append(job.id)
        raise asyncio.CancelledError

    monkeypatch.setattr(app.hall.spool, "submit", cancelled)
    with pytest.raises(aiohttp.ClientError):
        await client.post("/v1/files?name=a.txt", data=b"hello")
    view = await app.hall.spool.wait(ids[0], 30)

    assert view is not None and view.state is State.RELEASED
    lines = [line for path in (tmp_path / "data/audit").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    assert {event["event"] for event in map(orjson.loads, lines) if event.get("id") == ids[0]} == {
        "received",
        "decided",
    }

"""D15: a spool of the version before, with a full queue, is taken over and drained; a newer one is left alone."""

import os
import sqlite3
from pathlib import Path

import pytest

from gateway.config import Retention
from gateway.spool.base import SpoolBrokenError
from gateway.spool.rows import UPGRADES, VERSION
from gateway.spool.sqlite import SqliteSpool
from gateway.transfer import State
from tests.gateway.transfers import decision, lease_one, memfd, release, released, submit

# What version 2 added, taken away again: a folder as version 1 left it.
_BACK_TO_1 = """
DROP TABLE announcements; DROP INDEX jobs_kept; DROP INDEX jobs_unsealed; ALTER TABLE jobs DROP COLUMN sealed;
DROP INDEX jobs_turn; CREATE INDEX jobs_ready ON jobs (tenant, n) WHERE state = 'received'; PRAGMA user_version = 1;
"""


def new_spool(folder: Path) -> SqliteSpool:
    return SqliteSpool(folder / "spool", reserve_bytes=0, retention=Retention())


def schema(folder: Path) -> set[tuple[str, str]]:
    with sqlite3.connect(folder / "spool/spool.db") as db:
        return {(row[0], " ".join(str(row[1]).split())) for row in db.execute("SELECT name, sql FROM sqlite_master")}


async def test_a_full_queue_of_the_version_before_is_drained(tmp_path):
    spool = new_spool(tmp_path)
    await spool.open()
    waiting = [(await submit(spool, b"body %d" % n)).id for n in range(3)]
    given = await release(spool, b"x", b"copy", consumer="lgwan", tenant="city-b")
    await spool.close()
    with sqlite3.connect(tmp_path / "spool/spool.db") as db:
        db.executescript(_BACK_TO_1)

    spool = new_spool(tmp_path)
    await spool.open()
    left = {id for id in [*waiting, given] if not (await spool.get(id)).state.is_settled}
    while left:
        lease = await lease_one(spool)
        copy = memfd(b"copy")
        assert await spool.complete(lease, decision(released(b"x", b"copy")), copy)
        os.close(copy)
        assert (await spool.publish(lease.id)).state is State.RELEASED
        left.discard(lease.id)
    (lent,) = await spool.pull("lgwan", limit=9, lease_s=9, wait_s=0)
    assert lent.id == given
    await spool.close()
    assert UPGRADES.keys() == set(range(1, VERSION))


async def test_an_upgraded_folder_is_like_a_new_one(tmp_path):
    spool = new_spool(tmp_path)
    await spool.open()
    await spool.close()
    fresh = {name for name, _ in schema(tmp_path)}
    with sqlite3.connect(tmp_path / "spool/spool.db") as db:
        db.executescript(_BACK_TO_1)
    spool = new_spool(tmp_path)
    await spool.open()
    await spool.close()
    assert {name for name, _ in schema(tmp_path)} == fresh


async def test_a_downgrade_is_refused_and_changes_nothing(tmp_path):
    spool = new_spool(tmp_path)
    await spool.open()
    await spool.close()
    with sqlite3.connect(tmp_path / "spool/spool.db") as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = schema(tmp_path)
    with pytest.raises(SpoolBrokenError, match=f"version {VERSION + 1}"):
        await new_spool(tmp_path).open()
    assert schema(tmp_path) == before

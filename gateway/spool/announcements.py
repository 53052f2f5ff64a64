"""What is to be told to senders' own servers, as SQL: put down with the change itself, taken away once it was heard."""

import sqlite3
import time
from collections.abc import Collection
from typing import Final

from gateway.spool.base import Announcement
from gateway.transfer import State

_TOLD: Final = frozenset({State.RELEASED, State.WITHHELD, State.DELIVERED, State.UNDELIVERED})


def add(db: sqlite3.Connection, id: str, tenants: Collection[str], now_ns: int) -> None:
    """The transfer has a new state: put down what is to be said of it, where somebody wants to hear."""
    row = db.execute("SELECT tenant, state FROM jobs WHERE id = ?", (id,)).fetchone()
    if row["tenant"] in tenants and State(row["state"]) in _TOLD:
        db.execute(
            "INSERT INTO announcements (id, tenant, event, at_ns) VALUES (?, ?, ?, ?)",
            (id, row["tenant"], f"file.{row['state']}", now_ns),
        )


def due(db: sqlite3.Connection, limit: int, lease_s: float) -> tuple[list[Announcement], float | None]:
    """Up to `limit` that are due, not due again for a while; and when the next one is, monotonic."""
    now = time.monotonic()
    query = "SELECT * FROM announcements WHERE is_dead = 0 AND due <= ? ORDER BY due, n LIMIT ?"
    rows = db.execute(query, (now, limit)).fetchall()
    for row in rows:
        db.execute("UPDATE announcements SET due = ?, tries = tries + 1 WHERE n = ?", (now + lease_s, row["n"]))
    following: float | None = db.execute("SELECT min(due) FROM announcements WHERE is_dead = 0").fetchone()[0]
    found = [
        Announcement(
            n=row["n"],
            id=row["id"],
            tenant=row["tenant"],
            event=row["event"],
            at_ns=row["at_ns"],
            tries=row["tries"] + 1,
        )
        for row in rows
    ]
    return found, following


def heard(db: sqlite3.Connection, n: int) -> None:
    """It was heard: nothing is left of it."""
    db.execute("DELETE FROM announcements WHERE n = ?", (n,))


def later(db: sqlite3.Connection, n: int, delay_s: float | None) -> None:
    """Once more after a while; None: given up, and kept for an operator to see."""
    if delay_s is None:
        db.execute("UPDATE announcements SET is_dead = 1 WHERE n = ?", (n,))
    else:
        db.execute("UPDATE announcements SET due = ? WHERE n = ?", (time.monotonic() + delay_s, n))


def recover(db: sqlite3.Connection) -> None:
    """After a start: whatever was not heard is due."""
    db.execute("UPDATE announcements SET due = 0 WHERE is_dead = 0")


def forget(db: sqlite3.Connection, before_ns: int) -> None:
    """Those that were given up long ago."""
    db.execute("DELETE FROM announcements WHERE is_dead = 1 AND at_ns < ?", (before_ns,))

"""What is asked of released copies, as SQL: lend, settle, and remove after the retention. Inside a transaction each."""

import secrets
import sqlite3
import time
from dataclasses import dataclass
from typing import Final

from gateway.config import Retention
from gateway.spool.base import Delivery, Settlement
from gateway.spool.reports import unpack
from gateway.spool.rows import delivery_of
from gateway.transfer import Event, State, after
from sanitizers.errors import Reason

_FREE: Final = "state = 'released' AND consumer = ? AND (loan_until IS NULL OR loan_until <= ?)"
_DAY_NS: Final = 86_400 * 10**9
_SWEEP_ROWS: Final = 1000
# An original is kept until its copy is proved to have arrived; without a consumer, until its copy is released.
_ORIGINAL_GONE: Final = "state = 'delivered' OR (state = 'released' AND consumer IS NULL)"


@dataclass(frozen=True, slots=True)
class Expired:
    """A transfer whose bytes are to go."""

    id: str
    copy_blob: str | None


def pull(db: sqlite3.Connection, consumer: str, limit: int, lease_s: float) -> list[Delivery]:
    """Lend up to `limit` copies that nobody holds, in the order of their numbers."""
    now = time.monotonic()
    query = f"SELECT * FROM jobs WHERE {_FREE} ORDER BY seq LIMIT ?"  # noqa: S608, ours alone
    lent = []
    for row in db.execute(query, (consumer, now, limit)).fetchall():
        loan = secrets.token_hex(16)
        db.execute(
            "UPDATE jobs SET loan = ?, loan_until = ?, loans = loans + 1 WHERE n = ?", (loan, now + lease_s, row["n"])
        )
        lent.append(delivery_of(row, loan))
    return lent


def next_due(db: sqlite3.Connection, consumer: str) -> float | None:
    """When the next loan to this consumer runs out, monotonic."""
    query = "SELECT min(loan_until) FROM jobs WHERE state = 'released' AND consumer = ?"
    due: float | None = db.execute(query, (consumer,)).fetchone()[0]
    return due


def check(db: sqlite3.Connection, consumer: str, id: str, loan: str, sha256: str) -> Settlement:
    """What `ack` would answer."""
    row = db.execute("SELECT state, loan, report FROM jobs WHERE id = ? AND consumer = ?", (id, consumer)).fetchone()
    if row is None or row["loan"] is None:
        return Settlement.UNKNOWN
    if not secrets.compare_digest(row["loan"].encode(), loan.encode()):
        return Settlement.LOST
    if unpack(row["report"]).sha256_out != sha256:
        return Settlement.DIFFERS
    if row["state"] == State.RELEASED:
        return Settlement.DONE
    return Settlement.AGAIN if row["state"] in (State.DELIVERED, State.EXPIRED) else Settlement.LOST


def ack(db: sqlite3.Connection, consumer: str, id: str, loan: str, sha256: str, now_ns: int) -> Settlement:
    """Delivered, unless it was before. A loan that ran out still counts while nobody else holds the copy."""
    answer = check(db, consumer, id, loan, sha256)
    if answer is Settlement.DONE:
        _settle(db, id, Event.ACKNOWLEDGED, now_ns)
    return answer


def nack(
    db: sqlite3.Connection, consumer: str, id: str, loan: str, delay_s: float, reason: Reason | None, now_ns: int
) -> Settlement:
    """Lend it again after a while, or withhold it for good."""
    answer = _held(db, consumer, id, loan)
    if answer is Settlement.DONE and reason is not None:
        db.execute("UPDATE jobs SET returned = ? WHERE id = ?", (reason, id))
        _settle(db, id, Event.RETURNED, now_ns)
    elif answer is Settlement.DONE:
        db.execute("UPDATE jobs SET loan_until = ? WHERE id = ?", (time.monotonic() + delay_s, id))
    return answer


def prolong(db: sqlite3.Connection, consumer: str, id: str, loan: str, lease_s: float) -> Settlement:
    """Let the loan run out later."""
    answer = _held(db, consumer, id, loan)
    if answer is Settlement.DONE:
        db.execute("UPDATE jobs SET loan_until = ? WHERE id = ?", (time.monotonic() + lease_s, id))
    return answer


def expire(db: sqlite3.Connection, retention: Retention, now_ns: int) -> list[Expired]:
    """Take the bytes of what is past its retention off the books; the caller removes them then."""
    ends = (
        ("state = 'withheld'", retention.withheld_days),
        ("state = 'delivered'", retention.delivered_days),
        ("state = 'released' AND consumer IS NULL", retention.released_days),
    )
    found = []
    for condition, days in ends:
        query = f"SELECT id, state, copy_blob FROM jobs WHERE {condition} AND settled_ns <= ? LIMIT ?"  # noqa: S608, ours
        for row in db.execute(query, (now_ns - int(days * _DAY_NS), _SWEEP_ROWS)).fetchall():
            _settle(db, row["id"], Event.RETENTION_ENDED, now_ns)
            found.append(Expired(row["id"], row["copy_blob"]))
    return found


def forget(db: sqlite3.Connection, retention: Retention, now_ns: int) -> int:
    """Remove rows that stand for no bytes any more. Their record stays in the audit log."""
    query = "DELETE FROM jobs WHERE n IN (SELECT n FROM jobs WHERE state = 'expired' AND settled_ns <= ? LIMIT ?)"
    return db.execute(query, (now_ns - int(retention.forget_days * _DAY_NS), _SWEEP_ROWS)).rowcount


def blobs(db: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """The names of all originals and of all copies that a row stands for."""
    gone = f"{_ORIGINAL_GONE} OR state = 'expired'"
    originals = {row[0] for row in db.execute(f"SELECT id FROM jobs WHERE NOT ({gone})")}  # noqa: S608, ours alone
    query = "SELECT copy_blob FROM jobs WHERE copy_blob IS NOT NULL AND state != 'expired'"
    return originals, {row[0] for row in db.execute(query)}


def stands(db: sqlite3.Connection, id: str) -> bool:
    """Whether a row stands for this id."""
    return db.execute("SELECT 1 FROM jobs WHERE id = ?", (id,)).fetchone() is not None


def _held(db: sqlite3.Connection, consumer: str, id: str, loan: str) -> Settlement:
    row = db.execute("SELECT state, loan FROM jobs WHERE id = ? AND consumer = ?", (id, consumer)).fetchone()
    if row is None or row["loan"] is None:
        return Settlement.UNKNOWN
    if row["state"] != State.RELEASED or not secrets.compare_digest(row["loan"].encode(), loan.encode()):
        return Settlement.LOST
    return Settlement.DONE


def _settle(db: sqlite3.Connection, id: str, event: Event, now_ns: int) -> None:
    row = db.execute("SELECT state FROM jobs WHERE id = ?", (id,)).fetchone()
    state = after(State(row["state"]), event)
    db.execute("UPDATE jobs SET state = ?, settled_ns = ? WHERE id = ?", (state, now_ns, id))

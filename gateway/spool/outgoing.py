"""What is asked of released copies, as SQL: lend, settle, and remove after the retention. Inside a transaction each."""

import secrets
import sqlite3
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from gateway.config import Retention
from gateway.spool import announcements
from gateway.spool.base import Delivery, JobView, Settlement
from gateway.spool.reports import unpack
from gateway.spool.rows import delivery_of, view_of
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


def pull(db: sqlite3.Connection, consumer: str, limit: int, lease_s: float, max_tries: int) -> list[Delivery]:
    """Lend up to `limit` copies that nobody holds, in the order of their numbers; none that was lent too often."""
    now = time.monotonic()
    query = f"SELECT * FROM jobs WHERE {_FREE} AND loans < ? ORDER BY seq LIMIT ?"  # noqa: S608, ours alone
    lent = []
    for row in db.execute(query, (consumer, now, max_tries, limit)).fetchall():
        loan = secrets.token_hex(16)
        db.execute(
            "UPDATE jobs SET loan = ?, loan_until = ?, loans = loans + 1 WHERE n = ?", (loan, now + lease_s, row["n"])
        )
        lent.append(delivery_of(row, loan))
    return lent


def next_due(db: sqlite3.Connection, consumer: str, max_tries: int) -> float | None:
    """When the next loan to this consumer runs out, monotonic."""
    query = "SELECT min(loan_until) FROM jobs WHERE state = 'released' AND consumer = ? AND loans < ?"
    due: float | None = db.execute(query, (consumer, max_tries)).fetchone()[0]
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


def ack(
    db: sqlite3.Connection,
    consumer: str,
    id: str,
    loan: str,
    sha256: str,
    now_ns: int,
    hearers: Collection[str] = (),
) -> Settlement:
    """Delivered, unless it was before. A loan that ran out still counts while nobody else holds the copy."""
    answer = check(db, consumer, id, loan, sha256)
    if answer is Settlement.DONE:
        _settle(db, id, Event.ACKNOWLEDGED, now_ns, hearers)
    return answer


def nack(
    db: sqlite3.Connection,
    consumer: str,
    id: str,
    loan: str,
    delay_s: float,
    reason: Reason | None,
    now_ns: int,
    hearers: Collection[str] = (),
) -> Settlement:
    """Lend it again after a while, or withhold it for good."""
    answer = _held(db, consumer, id, loan)
    if answer is Settlement.DONE and reason is not None:
        db.execute("UPDATE jobs SET returned = ? WHERE id = ?", (reason, id))
        _settle(db, id, Event.RETURNED, now_ns, hearers)
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
        ("state = 'undelivered'", retention.undelivered_days),
        ("state = 'released' AND consumer IS NULL", retention.released_days),
    )
    found = []
    for condition, days in ends:
        query = f"SELECT id, state, copy_blob FROM jobs WHERE {condition} AND settled_ns <= ? LIMIT ?"  # noqa: S608, ours
        for row in db.execute(query, (now_ns - int(days * _DAY_NS), _SWEEP_ROWS)).fetchall():
            _settle(db, row["id"], Event.RETENTION_ENDED, now_ns)
            found.append(Expired(row["id"], row["copy_blob"]))
    return found


def exhausted(db: sqlite3.Connection, most: int) -> list[JobView]:
    """Released copies that were lent so often, and that nobody holds."""
    query = "SELECT * FROM jobs WHERE state = 'released' AND consumer IS NOT NULL AND loans >= ?"
    query += " AND (loan_until IS NULL OR loan_until <= ?)"
    return [view_of(row) for row in db.execute(query, (most, time.monotonic())).fetchall()]


def give_up(db: sqlite3.Connection, id: str, now_ns: int, hearers: Collection[str]) -> bool:
    """Lend it no more. False: it is not waiting any longer."""
    row = db.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'released'", (id,)).fetchone()
    if row is not None:
        _settle(db, id, Event.GIVEN_UP, now_ns, hearers)
    return row is not None


def requeue(db: sqlite3.Connection, id: str, now_ns: int) -> bool:
    """Lend it again, as if it had never been lent. False: it was not given up."""
    row = db.execute("SELECT 1 FROM jobs WHERE id = ? AND state = 'undelivered'", (id,)).fetchone()
    if row is not None:
        _settle(db, id, Event.REQUEUED, now_ns)
        db.execute("UPDATE jobs SET loan = NULL, loan_until = NULL, loans = 0 WHERE id = ?", (id,))
    return row is not None


def unsealed(db: sqlite3.Connection) -> list[str]:
    """Withheld transfers whose original is not sealed, the oldest first."""
    query = "SELECT id FROM jobs WHERE state = 'withheld' AND sealed = 0 ORDER BY n LIMIT ?"
    return [row[0] for row in db.execute(query, (_SWEEP_ROWS,))]


def set_sealed(db: sqlite3.Connection, id: str) -> None:
    """Its original is in quarantine, sealed."""
    db.execute("UPDATE jobs SET sealed = 1 WHERE id = ?", (id,))


def forget(db: sqlite3.Connection, retention: Retention, now_ns: int) -> int:
    """Remove rows that stand for no bytes any more. Their record stays in the audit log."""
    announcements.forget(db, now_ns - int(retention.forget_days * _DAY_NS))
    query = "DELETE FROM jobs WHERE n IN (SELECT n FROM jobs WHERE state = 'expired' AND settled_ns <= ? LIMIT ?)"
    return db.execute(query, (now_ns - int(retention.forget_days * _DAY_NS), _SWEEP_ROWS)).rowcount


def blobs(db: sqlite3.Connection) -> tuple[set[str], set[str]]:
    """The names of all originals and of all copies that a row stands for."""
    gone = f"{_ORIGINAL_GONE} OR state = 'expired' OR sealed"
    originals = {row[0] for row in db.execute(f"SELECT id FROM jobs WHERE NOT ({gone})")}  # noqa: S608, ours alone
    query = "SELECT copy_blob FROM jobs WHERE copy_blob IS NOT NULL AND state != 'expired'"
    return originals, {row[0] for row in db.execute(query)}


def quarantined(db: sqlite3.Connection) -> set[str]:
    """The names of all sealed originals that a row stands for."""
    return {row[0] for row in db.execute("SELECT id FROM jobs WHERE state = 'withheld'")}


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


def _settle(db: sqlite3.Connection, id: str, event: Event, now_ns: int, hearers: Collection[str] = ()) -> None:
    row = db.execute("SELECT state FROM jobs WHERE id = ?", (id,)).fetchone()
    state = after(State(row["state"]), event)
    db.execute("UPDATE jobs SET state = ?, settled_ns = ? WHERE id = ?", (state, now_ns, id))
    announcements.add(db, id, hearers, now_ns)

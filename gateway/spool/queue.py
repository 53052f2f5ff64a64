"""What is asked of the queue, as SQL: accept, lease in turn, decide, publish. Each runs inside a transaction."""

import sqlite3
import time
from collections.abc import Collection
from typing import Final

from gateway.spool import announcements, rows
from gateway.spool.base import Acceptance, Accepted, Decision, JobView, Lease, Load, NewJob, is_same_request
from gateway.spool.reports import pack
from gateway.spool.rows import count_up, insert, lease_of, view_of
from gateway.transfer import Event, State, after

_FILE_COST: Final = 1 << 18  # bytes that a file stands for besides its own: what every one costs, however small
# The tenant whose next file is paid for soonest; of its files the one that came first, a larger one a second later for
# each megabyte, so that a small one need not wait for what came just before it.
_PICK: Final = f"""
SELECT jobs.*, tenants.served FROM tenants JOIN jobs ON jobs.n = (
    SELECT n FROM jobs WHERE state = 'received' AND tenant = tenants.name ORDER BY {rows.TURN} LIMIT 1)
WHERE tenants.ready > 0 ORDER BY tenants.served + jobs.size, jobs.n LIMIT 1
"""  # noqa: S608, our own words
_MOVE_ON: Final = """
INSERT INTO counters VALUES ('served', ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)
"""
_WAIT_IN_LINE: Final = """
INSERT INTO tenants (name, ready, served)
VALUES (?, 1, coalesce((SELECT value FROM counters WHERE name = 'served'), 0))
ON CONFLICT (name) DO UPDATE SET ready = ready + 1,
    served = CASE ready WHEN 0 THEN max(served, excluded.served) ELSE served END
"""
_DECIDED: Final = (State.DECIDED, State.REFUSED)


def recover(db: sqlite3.Connection) -> None:
    """After a start: nobody holds a lease of the process before; count again what waits."""
    for row in db.execute("SELECT id, state FROM jobs WHERE state = 'sanitizing'").fetchall():
        state = after(State(row["state"]), Event.PUT_BACK)
        db.execute("UPDATE jobs SET state = ?, lease_until = NULL WHERE id = ?", (state, row["id"]))
    db.execute("UPDATE jobs SET loan_until = NULL WHERE loan_until IS NOT NULL")
    announcements.recover(db)
    db.execute("UPDATE tenants SET ready = 0 WHERE ready > 0")
    db.execute(
        "INSERT INTO tenants (name, ready) SELECT tenant, count(*) FROM jobs WHERE state = 'received' GROUP BY tenant "
        "ON CONFLICT (name) DO UPDATE SET ready = excluded.ready"
    )


def find(db: sqlite3.Connection, tenant: str, idempotency_key: str) -> JobView | None:
    """The transfer that this tenant began with this key."""
    query = "SELECT * FROM jobs WHERE tenant = ? AND idempotency_key = ?"
    row = db.execute(query, (tenant, idempotency_key)).fetchone()
    return None if row is None else view_of(row)


def get(db: sqlite3.Connection, id: str) -> JobView | None:
    """One transfer."""
    row = db.execute("SELECT * FROM jobs WHERE id = ?", (id,)).fetchone()
    return None if row is None else view_of(row)


def listed(db: sqlite3.Connection, state: State, limit: int) -> list[JobView]:
    """Transfers in a state, the newest first."""
    query = "SELECT * FROM jobs WHERE state = ? ORDER BY settled_ns DESC LIMIT ?"
    return [view_of(row) for row in db.execute(query, (state, limit)).fetchall()]


def load(db: sqlite3.Connection, tenant: str) -> Load:
    """What a tenant has in the spool."""
    ready = db.execute("SELECT ready FROM tenants WHERE name = ?", (tenant,)).fetchone()
    kept = db.execute("SELECT sum(size) FROM jobs WHERE tenant = ? AND state != 'expired'", (tenant,)).fetchone()[0]
    return Load(0 if ready is None else ready[0], kept or 0)


def submit(db: sqlite3.Connection, job: NewJob) -> Accepted:
    """A new row, or the one that stands for the same key."""
    if insert(db, job):
        _wait_in_line(db, job.context.tenant)
        view = get(db, job.id)
        assert view is not None
        return Accepted(Acceptance.NEW, view)
    known = find(db, job.context.tenant, job.idempotency_key) if job.idempotency_key else None
    if known is None:
        raise ValueError("this id is taken")
    is_same = is_same_request(known, sha256=job.sha256, name=job.name, context=job.context)
    return Accepted(Acceptance.KNOWN if is_same else Acceptance.KEY_REUSED, known)


def lease(db: sqlite3.Connection, limit: int, lease_s: float) -> list[Lease]:
    """Up to `limit` transfers: start-time fair queuing of tenants by bytes, so that no file waits for a larger one of
    another tenant that had its share already, and none waits for ever.
    """
    now = time.monotonic()
    _put_back_expired(db, now)
    leases: list[Lease] = []
    while len(leases) < limit and (row := db.execute(_PICK).fetchone()) is not None:
        attempt = row["attempt"] + 1
        state = after(State(row["state"]), Event.LEASED)
        db.execute(
            "UPDATE jobs SET state = ?, attempt = ?, lease_until = ? WHERE n = ?",
            (state, attempt, now + lease_s, row["n"]),
        )
        paid = row["served"] + row["size"] + _FILE_COST
        db.execute("UPDATE tenants SET ready = ready - 1, served = ? WHERE name = ?", (paid, row["tenant"]))
        db.execute(_MOVE_ON, (row["served"],))
        leases.append(lease_of(row, attempt))
    return leases


def next_due(db: sqlite3.Connection) -> float | None:
    """When the next lease runs out, monotonic."""
    due: float | None = db.execute("SELECT min(lease_until) FROM jobs WHERE state = 'sanitizing'").fetchone()[0]
    return due


def set_lease(db: sqlite3.Connection, lease: Lease, lease_s: float) -> bool:
    """Let this lease run out after `lease_s` from now, sooner or later than it would. False: it is not in force."""
    cursor = db.execute(
        "UPDATE jobs SET lease_until = ? WHERE id = ? AND attempt = ? AND state = 'sanitizing'",
        (time.monotonic() + lease_s, lease.id, lease.attempt),
    )
    return cursor.rowcount == 1


def put_back(db: sqlite3.Connection, lease: Lease, delay_s: float, is_counted: bool) -> bool:
    """Let the lease run out after a while, for nobody to complete until then. False: it is not in force."""
    cursor = db.execute(
        "UPDATE jobs SET lease_until = ?, attempt = attempt - ? WHERE id = ? AND attempt = ? AND state = 'sanitizing'",
        (time.monotonic() + delay_s, 0 if is_counted else 1, lease.id, lease.attempt),
    )
    return cursor.rowcount == 1


def complete(db: sqlite3.Connection, lease: Lease, decision: Decision, copy_blob: str | None, copy_size: int) -> bool:
    """Decide. False: this attempt does not own the transfer any more. The passwords go."""
    query = "SELECT state FROM jobs WHERE id = ? AND attempt = ? AND state = 'sanitizing'"
    row = db.execute(query, (lease.id, lease.attempt)).fetchone()
    if row is None:
        return False
    has_copy = copy_blob is not None
    state = after(State(row["state"]), Event.COPY_JUDGED if has_copy else Event.NO_COPY)
    db.execute(
        "UPDATE jobs SET state = ?, lease_until = NULL, passwords = NULL, report = ?, certificate = ?, decided_ns = ?, "
        "copy_name = ?, copy_blob = ?, copy_size = ? WHERE id = ?",
        (
            *(state, pack(decision.report), decision.certificate, decision.decided_ns),
            *((decision.name, copy_blob, copy_size) if has_copy else (None, None, None)),
            lease.id,
        ),
    )
    return True


def unrecorded(db: sqlite3.Connection) -> list[JobView]:
    """Decided, but not yet released or withheld."""
    query = "SELECT * FROM jobs WHERE state IN ('decided', 'refused') ORDER BY n"
    return [view_of(row) for row in db.execute(query).fetchall()]


def publish(db: sqlite3.Connection, id: str, now_ns: int, hearers: Collection[str] = ()) -> JobView:
    """The record is written: AUDITED and at once RELEASED, or WITHHELD. What is settled stays as it is."""
    row = db.execute("SELECT state, consumer FROM jobs WHERE id = ?", (id,)).fetchone()
    state = State(row["state"])
    if not state.is_settled:
        state = after(state, Event.AUDIT_WRITTEN)
        seq = None
        if state is State.AUDITED:
            state = after(state, Event.SENT)
            seq = count_up(db, f"seq:{row['consumer']}") if row["consumer"] is not None else None
        db.execute("UPDATE jobs SET state = ?, settled_ns = ?, seq = ? WHERE id = ?", (state, now_ns, seq, id))
        announcements.add(db, id, hearers, now_ns)
    view = get(db, id)
    assert view is not None
    return view


def counts(db: sqlite3.Connection) -> dict[State, int]:
    """How many transfers are under way, by state; of the released ones those that wait for a consumer."""
    found = {state: _count(db, f"state = '{state}'") for state in (State.RECEIVED, State.SANITIZING)}
    found |= {state: _count(db, f"state = '{state}' AND state IN ('decided', 'refused')") for state in _DECIDED}
    return found | {State.RELEASED: _count(db, "state = 'released' AND consumer IS NOT NULL")}


def _count(db: sqlite3.Connection, condition: str) -> int:
    count: int = db.execute(f"SELECT count(*) FROM jobs WHERE {condition}").fetchone()[0]  # noqa: S608, ours alone
    return count


def _put_back_expired(db: sqlite3.Connection, now: float) -> None:
    query = "SELECT n, tenant, state FROM jobs WHERE state = 'sanitizing' AND lease_until <= ?"
    for row in db.execute(query, (now,)).fetchall():
        state = after(State(row["state"]), Event.PUT_BACK)
        db.execute("UPDATE jobs SET state = ?, lease_until = NULL WHERE n = ?", (state, row["n"]))
        _wait_in_line(db, row["tenant"])


def _wait_in_line(db: sqlite3.Connection, tenant: str) -> None:
    """One more of this tenant waits. One that had nothing here begins where the others stand, with nothing saved up."""
    db.execute(_WAIT_IN_LINE, (tenant,))

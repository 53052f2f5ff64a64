"""The tables of the embedded spool, and rows as values. Times of retention are wall clock, leases are monotonic."""

import json
import sqlite3
from typing import Any, Final

from gateway.spool.base import Delivery, JobView, Lease, NewJob
from gateway.spool.reports import unpack
from gateway.transfer import State
from policies.rules import Context
from sanitizers.errors import Reason

VERSION: Final = 2

TURN: Final = "received_ns + size * 1000"  # place in a tenant's line: a second later for each megabyte

SCHEMA: Final = f"""
CREATE TABLE jobs (
    n INTEGER PRIMARY KEY,              -- order of acceptance
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    tenant TEXT NOT NULL, direction TEXT NOT NULL, sender TEXT NOT NULL, room TEXT NOT NULL,
    idempotency_key TEXT,
    name TEXT NOT NULL, claimed_type TEXT,
    passwords TEXT,                     -- a JSON list; emptied once decided
    size INTEGER NOT NULL, sha256 TEXT NOT NULL, received_ns INTEGER NOT NULL, queued_ns INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    lease_until REAL,                   -- of a worker; monotonic, so void after a restart
    report BLOB, certificate BLOB, decided_ns INTEGER,
    copy_name TEXT, copy_blob TEXT, copy_size INTEGER,
    settled_ns INTEGER,
    consumer TEXT, seq INTEGER,         -- seq: per consumer, set at the release
    loan TEXT, loan_until REAL, loans INTEGER NOT NULL DEFAULT 0,
    returned TEXT,
    sealed INTEGER NOT NULL DEFAULT 0   -- the original of a withheld file is sealed in quarantine/
);
CREATE UNIQUE INDEX jobs_idempotent ON jobs (tenant, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_turn ON jobs (tenant, {TURN}) WHERE state = 'received';
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE state = 'sanitizing';
CREATE INDEX jobs_unrecorded ON jobs (n) WHERE state IN ('decided', 'refused');
CREATE INDEX jobs_outgoing ON jobs (consumer, seq) WHERE state = 'released' AND consumer IS NOT NULL;
CREATE INDEX jobs_settled ON jobs (state, settled_ns) WHERE settled_ns IS NOT NULL;
CREATE TABLE tenants (name TEXT PRIMARY KEY, ready INTEGER NOT NULL DEFAULT 0, served INTEGER NOT NULL DEFAULT 0);
CREATE INDEX tenants_ready ON tenants (served) WHERE ready > 0;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
""" + (
    _ADDED_IN_2 := """
CREATE INDEX jobs_kept ON jobs (tenant, size) WHERE state != 'expired';
CREATE INDEX jobs_unsealed ON jobs (n) WHERE state = 'withheld' AND sealed = 0;
CREATE TABLE announcements (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL, tenant TEXT NOT NULL, event TEXT NOT NULL, at_ns INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, due REAL NOT NULL DEFAULT 0, is_dead INTEGER NOT NULL DEFAULT 0
);                                      -- due: monotonic, so void after a restart
CREATE INDEX announcements_due ON announcements (due) WHERE is_dead = 0;
"""
)

# From each version to the next; a folder of a later version than VERSION is refused.
UPGRADES: Final = {
    1: "ALTER TABLE jobs ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0; DROP INDEX IF EXISTS jobs_ready; "
    f"CREATE INDEX IF NOT EXISTS jobs_turn ON jobs (tenant, {TURN}) WHERE state = 'received'; {_ADDED_IN_2}"
}

_INSERT: Final = """
INSERT INTO jobs (id, state, tenant, direction, sender, room, idempotency_key, name, claimed_type, passwords, size,
                  sha256, received_ns, queued_ns, consumer)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
"""


def insert(db: sqlite3.Connection, job: NewJob) -> bool:
    """Whether the row is new: False when the tenant's idempotency key, or the id, stands there already."""
    context = job.context
    cursor = db.execute(
        _INSERT,
        (
            *(job.id, State.RECEIVED, context.tenant, context.direction, context.sender, context.room),
            *(job.idempotency_key, job.name, job.claimed_type, json.dumps(job.passwords) if job.passwords else None),
            *(job.size, job.sha256, job.received_ns, job.queued_ns, job.consumer),
        ),
    )
    return cursor.rowcount == 1


def context_of(row: sqlite3.Row) -> Context:
    """Where a transfer came from."""
    return Context(tenant=row["tenant"], direction=row["direction"], sender=row["sender"], room=row["room"])


def lease_of(row: sqlite3.Row, attempt: int) -> Lease:
    """A row as it is handed to a worker."""
    return Lease(
        id=row["id"],
        attempt=attempt,
        context=context_of(row),
        name=row["name"],
        claimed_type=row["claimed_type"],
        passwords=tuple(json.loads(row["passwords"])) if row["passwords"] else (),
        size=row["size"],
        sha256=row["sha256"],
        received_ns=row["received_ns"],
        queued_ns=row["queued_ns"],
    )


def view_of(row: sqlite3.Row) -> JobView:
    """A row as it is shown."""
    return JobView(
        id=row["id"],
        state=State(row["state"]),
        attempt=row["attempt"],
        context=context_of(row),
        name=row["name"],
        size=row["size"],
        sha256=row["sha256"],
        received_ns=row["received_ns"],
        consumer=row["consumer"],
        report=None if row["report"] is None else unpack(row["report"]),
        certificate=row["certificate"],
        decided_ns=row["decided_ns"],
        copy_name=row["copy_name"],
        copy_blob=row["copy_blob"],
        copy_size=row["copy_size"],
        returned=None if row["returned"] is None else Reason(row["returned"]),
        loans=row["loans"],
        is_sealed=bool(row["sealed"]),
        settled_ns=row["settled_ns"],
    )


def delivery_of(row: sqlite3.Row, loan: str) -> Delivery:
    """A row as it is lent to a consumer."""
    report = unpack(row["report"])
    assert report.sha256_out is not None, "only a judged copy is released"
    return Delivery(
        id=row["id"],
        tenant=row["tenant"],
        consumer=row["consumer"],
        seq=row["seq"],
        name=row["copy_name"],
        media_type=report.released_type,
        size=row["copy_size"],
        sha256=report.sha256_out,
        certificate=row["certificate"],
        lease=loan,
        attempt=row["loans"] + 1,
    )


def count_up(db: sqlite3.Connection, counter: str) -> int:
    """The next value of a counter that never goes back; the first is 1."""
    row = db.execute(
        "INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter,),
    ).fetchone()
    value: Any = row[0]
    return int(value)

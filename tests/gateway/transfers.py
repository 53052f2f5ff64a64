"""Transfers for tests: bodies, reports and decisions in few words."""

import hashlib
import os
import time

from gateway.spool.base import Accepted, Decision, Lease, NewJob
from gateway.spool.sqlite import SqliteSpool
from policies.rules import Context
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Report, Verdict

_NUMBERS = iter(range(1, 1 << 30))


def sha256(data: bytes) -> str:
    """In hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def memfd(data: bytes) -> int:
    """A descriptor that holds these bytes, at their start."""
    fd = os.memfd_create("test", os.MFD_CLOEXEC)
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def read_fd(fd: int) -> bytes:
    """All that a descriptor holds; closes it."""
    with os.fdopen(fd, "rb") as file:
        return file.read()


def released(original: bytes, copy: bytes, name: str = "a.txt") -> Report:
    """What a worker says of a file that it rebuilt."""
    return Report(
        verdict=Verdict.SANITIZED,
        media_type="text/plain",
        sha256_in=sha256(original),
        sha256_out=sha256(copy),
        name=name,
        findings=(Finding("TXT-01", "line 1", Action.REMOVE),),
        rebuild=Rebuild.FULL,
    )


def withheld(original: bytes, reason: Reason = Reason.MALFORMED) -> Report:
    """What a worker says of a file that it refuses."""
    verdict = Verdict.FAILED if reason.is_ours else Verdict.BLOCKED
    return Report(
        verdict=verdict,
        media_type="text/plain",
        sha256_in=sha256(original),
        sha256_out=None,
        name="a.txt",
        reason=reason,
    )


def decision(report: Report) -> Decision:
    """The decision that goes with a report."""
    return Decision(report=report, certificate=b'{"certificate":{}}', name=report.name, decided_ns=time.time_ns())


def new_job(data: bytes = b"body", **values: object) -> NewJob:
    """A job of tenant city-a, unless told otherwise."""
    tenant = str(values.pop("tenant", "city-a"))
    known: dict[str, object] = {
        "id": f"JOB{next(_NUMBERS):05}",
        "context": Context(tenant=tenant),
        "name": "a.txt",
        "claimed_type": "text/plain",
        "size": len(data),
        "sha256": sha256(data),
        "received_ns": time.time_ns(),
        "queued_ns": time.time_ns(),
    }
    return NewJob(**(known | values))  # type: ignore[arg-type]


async def submit(spool: SqliteSpool, data: bytes = b"body", **values: object) -> Accepted:
    """Bring a body in as a door does."""
    job = new_job(data, **values)
    body = spool.incoming(len(data))
    try:
        os.write(body.fd, data)
        await spool.keep(job.id, body)
    finally:
        spool.discard(body)
    return await spool.submit(job)


async def lease_one(spool: SqliteSpool, lease_s: float = 60.0) -> Lease:
    """The next transfer in line."""
    (lease,) = await spool.lease("test", limit=1, lease_s=lease_s, wait_s=0)
    return lease


async def release(spool: SqliteSpool, data: bytes = b"body", copy: bytes = b"copy", **values: object) -> str:
    """Bring a body in and its copy to RELEASED. Answers with the id."""
    await submit(spool, data, **values)
    lease = await lease_one(spool)
    fd = memfd(copy)
    try:
        assert await spool.complete(lease, decision(released(data, copy)), fd)
    finally:
        os.close(fd)
    await spool.publish(lease.id)
    return lease.id

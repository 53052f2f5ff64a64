"""The Spool protocol: what is accepted is never lost. Values and errors that every adapter shares.

Bytes go in and out as descriptors. On submit: blob durable (`keep`), recorded, row durable (`submit`), and only then an
answer to the sender. On the way out: copy and certificate durable (`complete`), recorded, released (`publish`).
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from gateway.transfer import State
from policies.rules import Context
from sanitizers.errors import Reason, SekishoError
from sanitizers.model import Report

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BUSY: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})


class SpoolError(SekishoError):
    """The spool could not do what it was asked."""


class SpoolFullError(SpoolError):
    """There is no room. Nothing was kept; when there is room again, it works again."""


class SpoolBusyError(SpoolError):
    """No descriptor or memory is left for now. Nothing was kept, no disk is to blame; later it works again."""


class SpoolBrokenError(SpoolError):
    """The disk did not keep its word (fsync or commit failed), or what it holds makes no sense. The service stops."""


class SpoolGoneError(SpoolError):
    """Bytes that should be there are not."""


class SpoolTakenError(SpoolError):
    """Another gateway has this spool."""


def trouble(error: OSError) -> SpoolFullError | SpoolBusyError | SpoolBrokenError:
    """Room, a descriptor or memory can be waited for; anything else means that the disk did not keep its word."""
    if error.errno in _FULL:
        return SpoolFullError("no space left")
    told = f"{errno.errorcode.get(error.errno or 0, 'error')} on a file of the spool"
    return SpoolBusyError(told) if error.errno in _BUSY else SpoolBrokenError(told)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A body while it comes in: no name, or one under tmp/. Whoever holds it calls `keep` or `discard`."""

    fd: int
    path: Path | None
    reserved_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is known of a transfer when its body is complete."""

    id: str
    context: Context
    name: str  # as claimed
    claimed_type: str | None
    passwords: tuple[str, ...] = field(default=(), repr=False)
    size: int
    sha256: str
    received_ns: int  # when its request began
    queued_ns: int  # when its body was complete
    idempotency_key: str | None = None
    consumer: str | None = None  # who is to come for the copy; None: the sender fetches it


@dataclass(frozen=True, slots=True)
class Load:
    """What a tenant has in the spool."""

    waiting: int = 0  # files without a decision
    kept_bytes: int = 0  # of originals whose bytes are still there, or whose copy's are


class Acceptance(StrEnum):
    """What became of a submission."""

    NEW = "new"
    KNOWN = "known"  # the same key and the same body: the earlier transfer stands
    KEY_REUSED = "key-reused"  # the same key, another body, name or context: nothing was accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One transfer, handed to one worker for a while. Only the newest `attempt` may complete it."""

    id: str
    attempt: int
    context: Context
    name: str
    claimed_type: str | None
    passwords: tuple[str, ...] = field(repr=False)
    size: int
    sha256: str
    received_ns: int
    queued_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The end of one attempt. `name` and `media_type` are those of the copy; the certificate is sealed JSON."""

    report: Report
    certificate: bytes
    name: str
    decided_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """All that is known of one transfer, but its bytes and passwords."""

    id: str
    state: State
    attempt: int
    context: Context
    name: str
    size: int
    sha256: str
    received_ns: int
    consumer: str | None
    report: Report | None  # set once decided
    certificate: bytes | None
    decided_ns: int | None
    copy_name: str | None  # set exactly when there is, or was, a judged copy
    copy_blob: str | None  # where the adapter keeps it
    copy_size: int | None
    returned: Reason | None  # why the receiver refused it for good
    loans: int  # how often it was lent to its consumer
    is_sealed: bool  # its original is in quarantine
    settled_ns: int | None  # released, withheld, delivered or expired: the newest of these


def is_same_request(known: JobView, *, sha256: str, name: str, context: Context) -> bool:
    """Whether a request under the same idempotency key asks for the same thing."""
    return (known.sha256, known.name, known.context) == (sha256, name, context)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transfer that stands for this body from now on."""

    acceptance: Acceptance
    view: JobView

    @property
    def id(self) -> str:
        """What the sender is given."""
        return self.view.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One released copy, lent to one consumer for a while under a token."""

    id: str
    tenant: str
    consumer: str
    seq: int  # per consumer, without gaps
    name: str
    media_type: str
    size: int
    sha256: str
    certificate: bytes
    lease: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Something that a tenant's own server is to be told."""

    n: int
    id: str
    tenant: str
    event: str  # "file.released", …
    at_ns: int
    tries: int  # this one included


class Settlement(StrEnum):
    """The answer to ack, nack and extend."""

    DONE = "done"
    AGAIN = "again"  # it was acknowledged before: nothing changed
    LOST = "lost"  # the lease is not in force any more
    DIFFERS = "differs"  # the digest is not the copy's
    UNKNOWN = "unknown"  # no such delivery for this consumer


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepReport:
    """What a sweep removed."""

    expired: tuple[str, ...] = ()  # ids whose bytes were removed after their retention
    forgotten: int = 0  # rows
    orphans: tuple[str, ...] = ()  # ids of bodies that were never accepted (only at the start)


class Spool(Protocol):
    """Where transfers rest. Every method that changes something is durable when it returns."""

    async def open(self) -> SweepReport:
        """Take the spool for this process alone; put back what was leased. Raises SpoolTakenError, SpoolBrokenError."""

    def let_go(self) -> None:
        """Let nobody wait any longer, senders and consumers alike: the service stops."""

    async def close(self) -> None:
        """Finish what was asked; let go of the spool."""

    @property
    def failure(self) -> str | None:
        """Why the spool is broken; None while it works."""

    def free_bytes(self) -> int:
        """Bytes that may still come in: free space less the reserve and what is promised."""

    def incoming(self, expected_bytes: int) -> Incoming:
        """A place for a body. Raises SpoolFullError when it would eat into the reserve."""

    def discard(self, body: Incoming) -> None:
        """Close a body that came to nothing, or one that `keep` has kept."""

    async def keep(self, id: str, body: Incoming) -> None:
        """Make the body durable under this id."""

    async def drop(self, id: str) -> bool:
        """Remove a kept body that no row stands for. False: one does, and nothing was removed."""

    async def find(self, tenant: str, idempotency_key: str) -> JobView | None:
        """The transfer that this tenant began with this key."""

    async def submit(self, job: NewJob) -> Accepted:
        """Accept a kept body. Idempotent on (tenant, idempotency key)."""

    async def lease(self, worker: str, *, limit: int, lease_s: float, wait_s: float) -> list[Lease]:
        """Up to `limit` transfers, tenants served in turn; waits for one up to `wait_s`, without polling."""

    async def extend(self, lease: Lease, lease_s: float) -> bool:
        """Keep a lease longer. False: somebody else owns it now."""

    def open_input(self, lease: Lease) -> int:
        """A descriptor for reading the original, which the caller closes. Raises SpoolError when it is gone."""

    async def complete(self, lease: Lease, decision: Decision, copy_fd: int | None) -> bool:
        """Decide, fenced by `attempt`: the copy durable, then the row. False: somebody else owns it now."""

    async def put_back(self, lease: Lease, *, delay_s: float, is_counted: bool = True) -> bool:
        """Our side failed: try again after a while. Not counted: an attempt for which the file cannot be to blame."""

    async def unrecorded(self) -> list[JobView]:
        """Decided transfers whose record may not be written yet (after a crash), oldest first."""

    async def publish(self, id: str) -> JobView:
        """The record is durable: release or withhold. Idempotent."""

    async def get(self, id: str) -> JobView | None:
        """One transfer."""

    async def listed(self, state: State, limit: int) -> list[JobView]:
        """Transfers in a state, the newest first."""

    async def load(self, tenant: str) -> Load:
        """What a tenant has in the spool. May be some moments old."""

    async def wait(self, id: str, wait_s: float) -> JobView | None:
        """The same, but not before it is settled or the time is up."""

    async def changed(self, id: str, known: State, wait_s: float) -> JobView | None:
        """The same, but not before its state is another than `known` or the time is up."""

    async def counts(self) -> dict[State, int]:
        """How many transfers there are in each state."""

    def open_copy(self, view: JobView) -> int:
        """A descriptor for reading the copy, which the caller closes. Raises SpoolError when it is gone."""

    async def pull(self, consumer: str, *, limit: int, lease_s: float, wait_s: float) -> list[Delivery]:
        """Up to `limit` released copies for this consumer, in order; waits for one up to `wait_s`."""

    async def check(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """Whether `ack` would do it: asked before the record is written."""

    async def ack(self, consumer: str, id: str, lease: str, sha256: str) -> Settlement:
        """The consumer has stored the copy with this digest."""

    async def nack(self, consumer: str, id: str, lease: str, *, delay_s: float, reason: Reason | None) -> Settlement:
        """The consumer could not store it: lend it again after a while, or, with a reason, withhold it for good."""

    async def prolong(self, consumer: str, id: str, lease: str, lease_s: float) -> Settlement:
        """Keep a delivery's lease longer."""

    async def exhausted(self, most: int) -> list[JobView]:
        """Released copies that were lent `most` times and that nobody holds."""

    async def give_up(self, id: str) -> bool:
        """Deliver it no more. False: it is not waiting any longer."""

    async def requeue(self, id: str) -> bool:
        """Deliver it once more, under the same number. False: it was not given up."""

    async def announcements(self, *, limit: int, lease_s: float, wait_s: float) -> list[Announcement]:
        """What senders' servers are to be told now; waits for something up to `wait_s`."""

    async def heard(self, announcement: Announcement) -> None:
        """It was heard."""

    async def tell_later(self, announcement: Announcement, delay_s: float | None) -> None:
        """It was not: once more after a while, or (None) never."""

    async def unsealed(self, wait_s: float) -> list[str]:
        """Withheld transfers whose original is not sealed yet; waits for one up to `wait_s`."""

    async def seal(self, id: str, write: Callable[[int, int], None]) -> None:
        """Have `write` seal the original from one descriptor into another, durably."""

    async def sealed(self, id: str) -> None:
        """The sealed original is recorded: the other one goes."""

    def open_sealed(self, id: str) -> int:
        """A descriptor for reading a sealed original, which the caller closes. Raises SpoolError when it is gone."""

    async def sweep(self, now_ns: int) -> SweepReport:
        """Remove bytes after their retention, and rows after theirs."""

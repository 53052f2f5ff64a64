"""What is said in the record about transfers: certificates and lines of the audit log, made from values.

Names of files, senders and rooms stand in the certificate; the log holds keyed marks of them.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.audit.keys import NameKey, SigningKey
from gateway.audit.record import (
    CERTIFICATE,
    Machine,
    Subject,
    Times,
    canonical,
    certificate,
    decided,
    printable,
    seal_and_digest,
    timestamp,
)
from gateway.audit.recorder import Recorder
from gateway.audit.segments import LogError
from gateway.spool.base import NewJob
from gateway.workers import Judged
from policies.model import Policy
from policies.rules import Context

ROLE: Final = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A file as the record speaks of it."""

    id: str
    context: Context
    name: str
    size: int
    received_ns: int
    queued_ns: int


class Ledger:
    """Signs and records. A method returns when its line is durable; AuditLog's errors pass through."""

    def __init__(self, recorder: Recorder, key: SigningKey, name_key: NameKey, machine: Machine) -> None:
        self._recorder, self.key, self._name_key, self._machine = recorder, key, name_key, machine
        self.on_failure: Callable[[str], None] = lambda why: None  # nothing can be recorded any more

    @property
    def is_failed(self) -> bool:
        """Whether nothing can be recorded any more."""
        return self._recorder.is_failed

    def certify(self, case: Case, judged: Judged, policy: Policy) -> tuple[dict[str, Any], str]:
        """The sealed certificate of one decided file, and the SHA-256 that the log and a manifest call it by."""
        told = certificate(
            Subject(id=case.id, context=case.context, name=case.name, size=case.size),
            judged.report,
            judged.opinion,
            policy=policy,
            machine=self._machine,
            times=Times(
                received_ns=case.received_ns,
                queued_ns=case.queued_ns,
                started_ns=judged.started_ns,
                ended_ns=judged.ended_ns,
            ),
            name_out=None if judged.copy is None else judged.report.name,
            size_out=None if judged.copy is None else judged.copy.size,
        )
        return seal_and_digest(told, self.key)

    async def received(self, job: NewJob, door: str) -> None:
        """A body is durable and about to be accepted."""
        await self._say(
            "received",
            id=job.id,
            tenant=job.context.tenant,
            door=door,
            size=job.size,
            sha256=job.sha256,
            **self._marks(job.name, job.context.sender, job.context.room),
        )

    async def decided(
        self, sealed: Mapping[str, Any], attempt: int, sha256: str | None = None, door: str | None = None
    ) -> None:
        """A file has its verdict. All that the line says is taken from the certificate, so it can be said again."""
        told = sealed[CERTIFICATE]
        marks = self._marks(told["name"], told["sender"], told["room"])
        await self._record({**decided(sealed, sha256), "attempt": attempt, "door": door, **marks})

    async def fetched(self, id: str, tenant: str, sha256: str) -> None:
        """The sender is about to be given the clean copy."""
        await self._say("fetched", id=id, tenant=tenant, sha256=sha256)

    async def delivered(self, id: str, consumer: str, sha256: str) -> None:
        """A receiver says that it has stored the copy."""
        await self._say("delivered", id=id, consumer=consumer, sha256=sha256)

    async def refused(self, id: str, consumer: str, reason: str) -> None:
        """A receiver says that it does not store the copy."""
        await self._say("refused", id=id, consumer=consumer, reason=reason)

    async def undelivered(self, id: str, consumer: str) -> None:
        """No receiver took the copy, however often it was offered: it waits for an operator."""
        await self._say("undelivered", id=id, consumer=consumer, reason="tried-too-often")

    async def requeued(self, id: str, consumer: str, operator: str) -> None:
        """An operator has it delivered once more."""
        await self._say("requeued", id=id, consumer=consumer, operator=operator)

    async def quarantined(self, id: str, sha256: str) -> None:
        """The original is sealed; the open one goes. `sha256` is that of the sealed file."""
        await self._say("quarantined", id=id, sha256=sha256)

    async def looked(self, operator: str, id: str | None = None) -> None:
        """An operator looks into the quarantine."""
        await self._say("looked", operator=operator, id=id)

    async def approved(self, id: str, by: str, to: str) -> None:
        """One operator agrees that another opens a sealed original."""
        await self._say("approved", id=id, operator=by, operators=f"{by}, {to}")

    async def opened(self, id: str, operators: tuple[str, str], sha256: str) -> None:
        """A sealed original is about to be given to two operators."""
        await self._say("opened", id=id, operator=operators[0], operators=", ".join(operators), sha256=sha256)

    async def removed(self, id: str, reason: str) -> None:
        """Bytes went after their retention ("retention"), or because nobody was promised them ("never-accepted")."""
        await self._say("removed", id=id, reason=reason)

    async def prune(self, before_ns: int) -> int:
        """Remove what lines that are older say of files. Answers with how many."""
        return await self._recorder.prune(timestamp(before_ns))

    async def started(self) -> None:
        """The gateway serves from here on."""
        versions = self._machine.versions
        await self._say(
            "started",
            role=ROLE,
            version=versions.get("sekisho"),
            tier=self._machine.tier,
            tier_name=self._machine.tier_name,
            key=self.key.id,
        )

    async def stopped(self) -> None:
        """It stopped in order. After a crash this line is missing."""
        await self._say("stopped", role=ROLE)

    async def _say(self, event: str, **fields: Any) -> None:
        await self._record({"event": event, **fields})

    async def _record(self, line: dict[str, Any]) -> None:
        try:
            await self._recorder.record([line])
        except LogError as error:
            if self._recorder.is_failed:
                self.on_failure(str(error))
            raise

    def _marks(self, name: str, sender: str, room: str) -> dict[str, str | None]:
        return {
            "name_mark": self._name_key.mark(printable(name)),
            "sender_mark": self._name_key.mark(printable(sender)) if sender else None,
            "room_mark": self._name_key.mark(printable(room)) if room else None,
        }


def sealed_bytes(sealed: Mapping[str, Any]) -> bytes:
    """A sealed object as it is kept and given out."""
    return canonical(dict(sealed))


def unsealed(kept: bytes) -> dict[str, Any]:
    """What `sealed_bytes` wrote."""
    found: dict[str, Any] = orjson.loads(kept)
    return found


def now_ns() -> int:
    """The wall clock: for what is told, never for what is decided."""
    return time.time_ns()

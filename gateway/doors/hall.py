"""What all HTTP doors share: the rooms behind them, who is asking, and how many are inside."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.approvals import Approvals
from gateway.audit.keeper import Keeper
from gateway.config import Config, Consumer, Operator, Tenant
from gateway.doors.upload import Pace
from gateway.intake import Intake
from gateway.ledger import Ledger
from gateway.metrics import Metrics
from gateway.problems import Problem
from gateway.spool.base import Spool
from gateway.workers import Workers

_SHORT: Final = 8  # bytes of a hash by which it is looked up; all of it is compared


class Turnstile:
    """Lets so many in at a time and sends the others away: whoever waits would only fill memory."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.inside = 0

    def __enter__(self) -> None:
        """Raises Problem("busy") when it is full."""
        if self.inside >= self._most:
            raise Problem("busy")
        self.inside += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.inside -= 1


class KeyRing:
    """Whose key it is. Only SHA-256 hashes of keys are held and compared, so that timing tells nothing of a key."""

    def __init__(self, owners: Iterable[Tenant | Consumer | Operator]) -> None:
        self._owners: dict[bytes, list[tuple[bytes, str]]] = {}
        for owner in owners:
            for digest in map(bytes.fromhex, owner.key_sha256):
                self._owners.setdefault(digest[:_SHORT], []).append((digest, owner.name))

    def owner(self, authorization: str) -> str:
        """The owner of the key in an Authorization header. Raises Problem("unauthorized")."""
        scheme, _, key = authorization.partition(" ")
        if scheme.lower() == "bearer":
            digest = hashlib.sha256(key.strip().encode("utf-8", "surrogateescape")).digest()
            for known, name in self._owners.get(digest[:_SHORT], ()):
                if hmac.compare_digest(digest, known):
                    return name
        raise Problem("unauthorized")


@dataclass(slots=True, kw_only=True)
class Hall:
    """Everything a handler may use."""

    config: Config
    spool: Spool
    workers: Workers
    ledger: Ledger
    intake: Intake
    metrics: Metrics
    keeper: Keeper
    tenants: KeyRing
    consumers: KeyRing
    operators: KeyRing
    uploads: Turnstile
    sanitizing: Turnstile
    streams: Turnstile
    approvals: Approvals = field(default_factory=Approvals)
    is_stopping: bool = field(default=False)
    pace: Pace = field(init=False)  # how slowly bodies may come in
    answer_pace: Pace = field(init=False)  # how slowly answers may be taken

    def __post_init__(self) -> None:
        limits = self.config.limits
        self.pace = Pace(
            idle_s=limits.body_idle_s, min_bytes_per_s=limits.body_min_bytes_per_s, total_s=limits.body_total_s
        )
        self.answer_pace = replace(self.pace, idle_s=limits.answer_idle_s)

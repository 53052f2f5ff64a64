"""What the gateway is told: frozen values, units in the names. `config_file` reads them from gateway.toml.

Keys of tenants and consumers are given as SHA-256 hashes, so that the file holds no secret:
`printf %s KEY | sha256sum`.
"""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.audit.export import Place
from gateway.audit.keys import KeyFileError
from gateway.shares import Keeper
from gateway.toml_file import NO_KEY
from policies.model import Policy
from policies.rules import Context, Rule, select

_MIB: Final = 1 << 20
DIRECTIONS: Final = ("inbound", "outbound")
EVENTS: Final = ("file.released", "file.withheld", "file.delivered", "file.undelivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where the doors open. With `socket`, on a Unix socket in place of host and port."""

    host: str = "127.0.0.1"
    port: int = 8470
    socket: Path | None = None
    certificate: Path | None = None  # PEM; TLS when given
    certificate_key: Path | None = None
    client_ca: Path | None = None  # PEM; then every client must show a certificate of it


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolPlace:
    """What is accepted is kept here. One gateway at a time."""

    url: str = "sqlite:data/spool"
    reserve_bytes: int = 1024 * _MIB  # of free space that no upload may take
    folder: Path = field(default=Path(), metadata=NO_KEY)  # what the url says


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Where the record is kept, and the key that signs it."""

    folder: Path = Path("data/audit")
    key: Path = Path("data/keys/signing.pem")  # Ed25519; drawn at the first start, its public half beside it
    name_key: Path = Path("data/keys/names.key")  # marks names in the log, which stand there in no other form
    export: tuple[str, ...] = ()  # second places for checkpoints: "file:FOLDER", "syslog:/dev/log", "syslog:udp://HOST"
    places: tuple[Place, ...] = field(default=(), metadata=NO_KEY)  # what `export` says


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """How many files are taken apart at a time, and how often one is tried."""

    slots: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_attempts: int = 3  # a file that was tried so often without an end is withheld
    sockets: Path | None = None  # folder where units of their own wait for us; without it, workers are our children


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """What one client, or all of them, may take. The size of a file is the policy's limits.max_input_bytes."""

    max_uploads: int = 64  # bodies read at a time; more are answered 503 before they are read
    max_streams: int = 256  # of GET /v1/files/{id}/events at a time
    max_sanitize: int = 32  # of POST /v1/sanitize at a time
    max_wait_s: float = 60.0  # of Prefer: wait
    header_timeout_s: float = 15.0  # from a connection's start, or a request's first byte, to the end of its header
    keep_alive_s: float = 75.0  # of a connection between two requests; longer than a reverse proxy's
    body_idle_s: float = 20.0  # between two chunks
    body_min_bytes_per_s: int = 1024
    body_total_s: float = 3600.0
    linger_s: float = 10.0  # for a client that was refused in mid-body to read why; its bytes are thrown away
    answer_idle_s: float = 60.0  # a client that takes no byte of an answer for so long is dropped
    stop_s: float = 30.0  # for running files when the service stops


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long bytes are kept once nothing waits for them. The audit log is kept in any case."""

    withheld_days: float = 30.0  # originals that were withheld
    released_days: float = 30.0  # copies for which no consumer is to come
    delivered_days: float = 7.0  # copies that were delivered
    undelivered_days: float = 30.0  # copies that no receiver took, for an operator to look at
    forget_days: float = 400.0  # rows without bytes
    audit_days: float = 36_500.0  # what the audit log says of files; after that, hashes alone are left


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One organisation: it sees its own files only."""

    name: str
    key_sha256: tuple[str, ...]
    max_waiting_files: int = 10_000  # without a decision; more are answered 429 before they are read
    max_kept_bytes: int = 1 << 40  # of all files that are not past their retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One receiver, and the tenants whose copies it comes for ("*": all). With `push`, copies are brought to it."""

    name: str
    key_sha256: tuple[str, ...] = ()
    tenants: tuple[str, ...]
    directions: tuple[str, ...] = ("inbound",)
    push: str | None = None  # "https://HOST/PATH", "s3://…" or "folder:PATH"; then nobody comes
    push_key_file: Path | None = None  # the bearer key that the store at `push` wants; of a bucket, "ID:SECRET"

    def bearer(self) -> str | None:
        """What is said to the store. Raises KeyFileError."""
        return None if self.push_key_file is None else read_word(self.push_key_file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """How often a copy is offered or brought to a receiver that does not take it."""

    max_tries: int = 60  # then it is given up, and an operator told
    retry_first_s: float = 15.0
    retry_most_s: float = 3600.0
    min_bytes_per_s: int = 16_384  # a store that takes a copy more slowly is left


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where a tenant's own server wants to be told what became of its files."""

    tenant: str
    url: str
    secret_file: Path  # one line, "whsec_" and base64
    events: tuple[str, ...] = ()  # of EVENTS; none: all

    def secret(self) -> bytes:
        """The bytes with which messages are signed. Raises KeyFileError."""
        word = read_word(self.secret_file)
        try:
            secret = base64.b64decode(word.removeprefix("whsec_"), validate=True)
        except ValueError:
            secret = b""
        if not word.startswith("whsec_") or len(secret) < 24:
            raise KeyFileError(self.secret_file, 'expected "whsec_" and base64 of 24 bytes or more')
        return secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One person who may look into the quarantine. `sekisho quarantine key` makes these lines."""

    name: str
    key_sha256: tuple[str, ...]
    public: str  # X25519, base64 of 32 bytes

    def keeper(self) -> Keeper:
        """To whom shares are sealed. Raises ValueError."""
        return Keeper(self.name, X25519PublicKey.from_public_bytes(base64.b64decode(self.public, validate=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All that the gateway is told."""

    listen: Listen = field(default_factory=Listen)
    spool: SpoolPlace = field(default_factory=SpoolPlace)
    audit: Audit = field(default_factory=Audit)
    workers: WorkerSettings = field(default_factory=WorkerSettings)
    limits: DoorLimits = field(default_factory=DoorLimits)
    retention: Retention = field(default_factory=Retention)
    delivery: Deliveries = field(default_factory=Deliveries)
    operators: tuple[Operator, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    tenants: tuple[Tenant, ...]
    consumers: tuple[Consumer, ...] = ()
    rules: tuple[Rule, ...]
    policies: Mapping[str, Policy]  # by what the rules call them

    def policy_for(self, context: Context) -> Policy | None:
        """The policy of the first rule that matches, or None: then the file is refused."""
        name = select(self.rules, context)
        return None if name is None else self.policies[name]

    def consumer_for(self, tenant: str, direction: str) -> str | None:
        """Who comes for the copies of this tenant; None: they are fetched by the sender."""
        for consumer in self.consumers:
            if direction in consumer.directions and ({tenant, "*"} & set(consumer.tenants)):
                return consumer.name
        return None

    def tenant(self, name: str) -> Tenant:
        """The tenant of this name. Raises StopIteration: our own mistake."""
        return next(tenant for tenant in self.tenants if tenant.name == name)

    @property
    def max_input_bytes(self) -> int:
        """The largest file that any policy in use takes in."""
        return max(policy.limits.max_input_bytes for policy in self.policies.values())


def read_word(path: Path) -> str:
    """The one word that a key file holds. Raises KeyFileError."""
    try:
        word = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise KeyFileError(path, "cannot be read as one line of ASCII") from error
    if not word or not word.isprintable() or " " in word:
        raise KeyFileError(path, "expected one word of ASCII")
    return word

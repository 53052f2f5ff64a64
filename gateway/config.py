"""gateway.toml to Config: frozen, units in the names, unknown keys refused, mistakes named with file, key and line.

Paths are relative to the folder of the file. Keys of tenants and consumers are given as SHA-256 hashes, so that the
file holds no secret: `printf %s KEY | sha256sum`.
"""

import base64
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn, TypeVar, get_type_hints
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.audit.export import Place, PlaceError, place
from gateway.audit.keys import KeyFileError
from gateway.quarantine import Keeper
from policies.load import PolicyError, load_policy
from policies.model import Policy
from policies.names import clean_name
from policies.rules import Context, Rule, select
from policies.toml_lines import line_of

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")  # stands in the audit log, and as a folder over there
DIRECTIONS: Final = ("inbound", "outbound")
_MIB: Final = 1 << 20
EVENTS: Final = ("file.released", "file.withheld", "file.delivered", "file.undelivered")
_SECTIONS: Final = ("listen", "spool", "audit", "workers", "limits", "retention", "delivery")
_OPTIONAL: Final = ("consumers", "operators", "webhooks")
_KEYS: Final = (*_SECTIONS, *_OPTIONAL, "tenants", "rules")
_HERE: Final = ("127.0.0.1", "::1", "localhost")
_T = TypeVar("_T")


class ConfigError(PolicyError):
    """The operator's mistake in gateway.toml: file, line, key and what was expected. The service does not start."""


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
    folder: Path = Path()  # what the url says; not a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Where the record is kept, and the key that signs it."""

    folder: Path = Path("data/audit")
    key: Path = Path("data/keys/signing.pem")  # Ed25519; drawn at the first start, its public half beside it
    name_key: Path = Path("data/keys/names.key")  # marks names in the log, which stand there in no other form
    export: tuple[str, ...] = ()  # second places for checkpoints: "file:FOLDER", "syslog:/dev/log", "syslog:udp://HOST"
    places: tuple[Place, ...] = ()  # what `export` says; not a key


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
    push: str | None = None  # "https://HOST/PATH" or "folder:PATH"; then nobody comes
    push_key_file: Path | None = None  # the bearer key that the store at `push` wants

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


def load_config(path: str | Path) -> Config:
    """The configuration in this file. Raises ConfigError, or PolicyError for a policy that it names."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(file), None, "", "expected UTF-8 text") from error
    except OSError as error:
        raise ConfigError(str(file), None, "", f"cannot be read ({error.strerror})") from error
    return read_config(text, file)


def read_config(text: str, file: Path) -> Config:
    """The configuration that this TOML text writes down. Raises ConfigError, which names `file`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(file), None, "", f"is not TOML: {error}") from error
    return _Reader(text, file).config(values)


class _Reader:
    """One configuration file while it is read: it knows where each key stands."""

    def __init__(self, text: str, file: Path) -> None:
        self._text, self._file, self._folder = text, file, file.resolve().parent

    def config(self, values: Mapping[str, Any]) -> Config:
        self._known("", values, _KEYS)
        tenants = self._many(Tenant, "tenants", values)
        consumers = self._pushes(self._many(Consumer, "consumers", values))
        rules = self._many(Rule, "rules", values)
        self._keys_differ("tenants", tenants)
        self._keys_differ("consumers", consumers)
        self._check_consumers(consumers, tenants)
        self._check_rules(rules, tenants)
        return Config(
            listen=self._listen(self._one(Listen, "listen", values)),
            spool=self._spool(self._one(SpoolPlace, "spool", values, hidden=("folder",))),
            audit=self._audit(self._one(Audit, "audit", values, hidden=("places",))),
            workers=self._one(WorkerSettings, "workers", values),
            limits=self._one(DoorLimits, "limits", values),
            retention=self._one(Retention, "retention", values),
            delivery=self._one(Deliveries, "delivery", values),
            operators=self._operators(self._many(Operator, "operators", values)),
            webhooks=self._webhooks(self._many(Webhook, "webhooks", values), tenants),
            tenants=tenants,
            consumers=consumers,
            rules=rules,
            policies=self._policies(rules),
        )

    def _one(self, kind: type[_T], section: str, values: Mapping[str, Any], hidden: Sequence[str] = ()) -> _T:
        given = values.get(section, {})
        if not isinstance(given, dict):
            self._wrong(section, f"expected a table [{section}]")
        return self._build(kind, section, given, hidden)

    def _many(self, kind: type[_T], section: str, values: Mapping[str, Any]) -> tuple[_T, ...]:
        given = values.get(section, [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self._wrong(section, f"expected tables [[{section}]]")
        if not given and section not in _OPTIONAL:
            self._wrong(section, f"expected at least one [[{section}]]")
        return tuple(self._build(kind, f"{section}[{n}]", item) for n, item in enumerate(given))

    def _build(self, kind: type[_T], where: str, given: Mapping[str, Any], hidden: Sequence[str] = ()) -> _T:
        """A dataclass whose fields are the keys of the table and whose annotations are their types."""
        items = [item for item in fields(kind) if item.name not in hidden]  # type: ignore[arg-type]
        self._known(where, given, [item.name for item in items])
        hints, found = get_type_hints(kind), {}
        for item in items:
            key = f"{where}.{item.name}"
            if item.name in given:
                found[item.name] = self._value(key, hints[item.name], given[item.name])
            elif item.default is MISSING and item.default_factory is MISSING:
                self._wrong(key, "is missing")
            elif isinstance(item.default, Path):
                found[item.name] = self._folder / item.default
        return kind(**found)

    def _value(self, key: str, kind: Any, value: Any) -> Any:
        if kind is int:
            return self._number(key, value, whole=True)
        if kind is float:
            return float(self._number(key, value, whole=False))
        if kind in (Path, Path | None):
            return self._folder / self._line(key, value)
        if kind == tuple[str, ...]:
            if not isinstance(value, list) or not value:
                self._wrong(key, "expected a list of texts")
            return tuple(self._line(key, item) for item in value)
        return self._line(key, value)

    def _number(self, key: str, value: Any, *, whole: bool) -> int | float:
        kinds, words = ((int,), "a whole number of at least 1") if whole else ((int, float), "a number above 0")
        if type(value) not in kinds or not 0 < value < 1 << 60:
            self._wrong(key, f"expected {words}")
        return value  # type: ignore[no-any-return]

    def _line(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value or not value.isprintable():
            self._wrong(key, "expected a text of one line")
        return value

    def _listen(self, listen: Listen) -> Listen:
        if listen.port > 65_535:
            self._wrong("listen.port", "expected a port, 1 to 65535")
        if (listen.certificate is None) != (listen.certificate_key is None):
            self._wrong("listen.certificate", "expected certificate and certificate_key together")
        if listen.client_ca is not None and listen.certificate is None:
            self._wrong("listen.client_ca", "expected a certificate of this side too")
        return listen

    def _spool(self, spool: SpoolPlace) -> SpoolPlace:
        scheme, colon, path = spool.url.partition(":")
        if scheme in ("postgresql", "postgres"):
            self._wrong("spool.url", 'PostgreSQL is not in this version; expected "sqlite:FOLDER"')
        if scheme != "sqlite" or not colon or not path:
            self._wrong("spool.url", 'expected "sqlite:FOLDER"')
        return SpoolPlace(url=spool.url, reserve_bytes=spool.reserve_bytes, folder=self._folder / path)

    def _audit(self, audit: Audit) -> Audit:
        try:
            return replace(audit, places=tuple(place(told, self._folder) for told in audit.export))
        except PlaceError as error:
            self._wrong("audit.export", str(error))

    def _operators(self, operators: tuple[Operator, ...]) -> tuple[Operator, ...]:
        self._keys_differ("operators", operators)
        if len(operators) == 1:
            self._wrong("operators", "expected two or more: one alone can open nothing")
        for n, operator in enumerate(operators):
            try:
                operator.keeper()
            except ValueError:
                self._wrong(f"operators[{n}].public", "expected base64 of 32 bytes, as `sekisho quarantine key` prints")
        return operators

    def _webhooks(self, hooks: tuple[Webhook, ...], tenants: Sequence[Tenant]) -> tuple[Webhook, ...]:
        names = [tenant.name for tenant in tenants]
        for n, hook in enumerate(hooks):
            if hook.tenant not in names or hook.tenant in [one.tenant for one in hooks[:n]]:
                self._wrong(f"webhooks[{n}].tenant", f"expected one of {', '.join(names)}, each once")
            self._check_url(f"webhooks[{n}].url", hook.url)
            for event in hook.events:
                if event not in EVENTS:
                    self._wrong(f"webhooks[{n}].events", f"expected some of {', '.join(EVENTS)}")
            try:
                hook.secret()
            except KeyFileError as error:
                self._wrong(f"webhooks[{n}].secret_file", error.expected)
        return hooks

    def _pushes(self, consumers: tuple[Consumer, ...]) -> tuple[Consumer, ...]:
        found = []
        for n, consumer in enumerate(consumers):
            push = consumer.push
            if push is None and not consumer.key_sha256:
                self._wrong(f"consumers[{n}].key_sha256", "is missing")
            if push is not None and push.startswith("folder:"):
                push = f"folder:{self._folder / push.removeprefix('folder:')}"
            elif push is not None:
                self._check_url(f"consumers[{n}].push", push)
            found.append(replace(consumer, push=push))
        return tuple(found)

    def _check_url(self, key: str, url: str) -> None:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in _HERE
        if not parts.hostname or not (parts.scheme == "https" or is_here) or parts.username is not None:
            self._wrong(key, 'expected "https://HOST/PATH"; plain http goes to this machine only')

    def _keys_differ(self, section: str, listed: Sequence[Tenant | Consumer | Operator]) -> None:
        names: set[str] = set()
        hashes: set[str] = set()
        for n, item in enumerate(listed):
            if item.name in names or item.name == "*":
                self._wrong(f"{section}[{n}].name", f"{item.name!r} cannot be used again; expected a name of its own")
            names.add(item.name)
            if not _NAME.fullmatch(item.name) or clean_name(item.name).name != item.name:
                self._wrong(f"{section}[{n}].name", "expected up to 63 of A-Z a-z 0-9 . _ - that can name a folder")
            for digest in item.key_sha256:
                if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
                    self._wrong(f"{section}[{n}].key_sha256", "expected SHA-256 hashes, 64 lower-case digits each")
                if digest in hashes:
                    self._wrong(f"{section}[{n}].key_sha256", "this key is given twice; expected one owner for a key")
                hashes.add(digest)

    def _check_consumers(self, consumers: Sequence[Consumer], tenants: Sequence[Tenant]) -> None:
        names = [tenant.name for tenant in tenants]
        taken: set[tuple[str, str]] = set()
        for n, consumer in enumerate(consumers):
            for name in consumer.tenants:
                if name not in (*names, "*"):
                    self._wrong(f"consumers[{n}].tenants", f"{name!r} is no tenant; expected one of {', '.join(names)}")
            for direction in consumer.directions:
                self._check_direction(f"consumers[{n}].directions", direction)
            served = names if "*" in consumer.tenants else consumer.tenants
            claimed = {(name, direction) for name in served for direction in consumer.directions}
            if claimed & taken:
                self._wrong(f"consumers[{n}].tenants", "expected one consumer for a tenant and direction")
            taken |= claimed

    def _check_rules(self, rules: Sequence[Rule], tenants: Sequence[Tenant]) -> None:
        names = [tenant.name for tenant in tenants]
        for n, rule in enumerate(rules):
            if rule.tenant is not None and rule.tenant not in names:
                self._wrong(f"rules[{n}].tenant", f"{rule.tenant!r} is no tenant; expected one of {', '.join(names)}")
            if rule.direction is not None:
                self._check_direction(f"rules[{n}].direction", rule.direction)

    def _check_direction(self, key: str, value: str) -> None:
        if value not in DIRECTIONS:
            self._wrong(key, f"expected one of {', '.join(DIRECTIONS)}")

    def _policies(self, rules: Sequence[Rule]) -> Mapping[str, Policy]:
        found: dict[str, Policy] = {}
        for rule in rules:
            beside = self._folder / rule.policy
            found[rule.policy] = load_policy(str(beside) if beside.is_file() else rule.policy)
        return MappingProxyType(found)

    def _known(self, where: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
        for key in given:
            if key not in names:
                self._wrong(f"{where}.{key}".lstrip("."), f"no such key; expected one of {', '.join(names)}")

    def _wrong(self, key: str, expected: str) -> NoReturn:
        raise ConfigError(str(self._file), line_of(self._text, key), key, expected)

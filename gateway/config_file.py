"""gateway.toml to Config: tables held against each other, unknown keys refused, mistakes named with their line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.audit.keys import KeyFileError
from gateway.config import (
    DIRECTIONS,
    EVENTS,
    Audit,
    Config,
    Consumer,
    Deliveries,
    DoorLimits,
    Listen,
    Operator,
    Retention,
    SpoolPlace,
    Tenant,
    Webhook,
    WorkerSettings,
)
from gateway.stores.s3_address import SHAPE, S3Address
from gateway.toml_file import TomlFile, read_text
from policies.model import Policy
from policies.names import clean_name
from policies.rules import Rule

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")  # stands in the audit log, and as a folder over there
_SHA256: Final = re.compile("[0-9a-f]{64}")
_SECTIONS: Final = ("listen", "spool", "audit", "workers", "limits", "retention", "delivery")
_KEYS: Final = (*_SECTIONS, "consumers", "operators", "webhooks", "tenants", "rules")


def load_config(path: str | Path) -> Config:
    """The configuration in this file. Raises ConfigError, or PolicyError for a policy that it names."""
    return read_config(*read_text(path))


def read_config(text: str, file: Path) -> Config:
    """The configuration that this TOML text writes down. Raises ConfigError, which names `file`."""
    toml = TomlFile(text, file)
    toml.known("", toml.values, _KEYS)
    tenants = toml.many(Tenant, "tenants", is_needed=True)
    consumers = _pushes(toml, toml.many(Consumer, "consumers", is_needed=False))
    rules = toml.many(Rule, "rules", is_needed=True)
    _keys_differ(toml, "tenants", tenants)
    _keys_differ(toml, "consumers", consumers)
    _check_consumers(toml, consumers, tenants)
    _check_rules(toml, rules, tenants)
    return Config(
        listen=_listen(toml, toml.one(Listen, "listen")),
        spool=_spool(toml, toml.one(SpoolPlace, "spool")),
        audit=_audit(toml, toml.one(Audit, "audit")),
        workers=toml.one(WorkerSettings, "workers"),
        limits=toml.one(DoorLimits, "limits"),
        retention=toml.one(Retention, "retention"),
        delivery=toml.one(Deliveries, "delivery"),
        operators=_operators(toml, toml.many(Operator, "operators", is_needed=False)),
        webhooks=_webhooks(toml, toml.many(Webhook, "webhooks", is_needed=False), tenants),
        tenants=tenants,
        consumers=consumers,
        rules=rules,
        policies=_policies(toml, rules),
    )


def _listen(toml: TomlFile, listen: Listen) -> Listen:
    if listen.port > 65_535:
        toml.wrong("listen.port", "expected a port, 1 to 65535")
    if (listen.certificate is None) != (listen.certificate_key is None):
        toml.wrong("listen.certificate", "expected certificate and certificate_key together")
    if listen.client_ca is not None and listen.certificate is None:
        toml.wrong("listen.client_ca", "expected a certificate of this side too")
    return listen


def _spool(toml: TomlFile, spool: SpoolPlace) -> SpoolPlace:
    scheme, colon, path = spool.url.partition(":")
    if scheme in ("postgresql", "postgres"):
        toml.wrong("spool.url", 'PostgreSQL is not in this version; expected "sqlite:FOLDER"')
    if scheme != "sqlite" or not colon or not path:
        toml.wrong("spool.url", 'expected "sqlite:FOLDER"')
    return replace(spool, folder=toml.folder / path)


def _audit(toml: TomlFile, audit: Audit) -> Audit:
    return replace(audit, places=toml.places("audit.export", audit.export))


def _operators(toml: TomlFile, operators: tuple[Operator, ...]) -> tuple[Operator, ...]:
    _keys_differ(toml, "operators", operators)
    if len(operators) == 1:
        toml.wrong("operators", "expected two or more: one alone can open nothing")
    for n, operator in enumerate(operators):
        try:
            operator.keeper()
        except ValueError:
            toml.wrong(f"operators[{n}].public", "expected base64 of 32 bytes, as `sekisho quarantine key` prints")
    return operators


def _webhooks(toml: TomlFile, hooks: tuple[Webhook, ...], tenants: Sequence[Tenant]) -> tuple[Webhook, ...]:
    names = [tenant.name for tenant in tenants]
    for n, hook in enumerate(hooks):
        if hook.tenant not in names or hook.tenant in [one.tenant for one in hooks[:n]]:
            toml.wrong(f"webhooks[{n}].tenant", f"expected one of {', '.join(names)}, each once")
        toml.url(f"webhooks[{n}].url", hook.url, "https://HOST/PATH")
        for event in hook.events:
            if event not in EVENTS:
                toml.wrong(f"webhooks[{n}].events", f"expected some of {', '.join(EVENTS)}")
        try:
            hook.secret()
        except KeyFileError as error:
            toml.wrong(f"webhooks[{n}].secret_file", error.expected)
    return hooks


def _pushes(toml: TomlFile, consumers: tuple[Consumer, ...]) -> tuple[Consumer, ...]:
    found = []
    for n, consumer in enumerate(consumers):
        push = consumer.push
        if push is None and not consumer.key_sha256:
            toml.wrong(f"consumers[{n}].key_sha256", "is missing")
        if push is not None and push.startswith("folder:"):
            push = f"folder:{toml.folder / push.removeprefix('folder:')}"
        elif push is not None and push.startswith("s3:"):
            _check_bucket(toml, n, consumer)
        elif push is not None:
            toml.url(f"consumers[{n}].push", push, "https://HOST/PATH")
        found.append(replace(consumer, push=push))
    return tuple(found)


def _check_bucket(toml: TomlFile, n: int, consumer: Consumer) -> None:
    try:
        address = S3Address.parse(consumer.push or "")
    except ValueError:
        toml.wrong(f"consumers[{n}].push", f'expected "{SHAPE}"')
    toml.url(f"consumers[{n}].push", address.endpoint, SHAPE)
    if consumer.push_key_file is None:
        toml.wrong(f"consumers[{n}].push_key_file", 'is missing: a file with "ACCESS_KEY_ID:SECRET_ACCESS_KEY"')


def _keys_differ(toml: TomlFile, section: str, listed: Sequence[Tenant | Consumer | Operator]) -> None:
    names: set[str] = set()
    hashes: set[str] = set()
    for n, item in enumerate(listed):
        if item.name in names or item.name == "*":
            toml.wrong(f"{section}[{n}].name", f"{item.name!r} cannot be used again; expected a name of its own")
        names.add(item.name)
        if not _NAME.fullmatch(item.name) or clean_name(item.name).name != item.name:
            toml.wrong(f"{section}[{n}].name", "expected up to 63 of A-Z a-z 0-9 . _ - that can name a folder")
        for digest in item.key_sha256:
            if not _SHA256.fullmatch(digest):
                toml.wrong(f"{section}[{n}].key_sha256", "expected SHA-256 hashes, 64 lower-case digits each")
            if digest in hashes:
                toml.wrong(f"{section}[{n}].key_sha256", "this key is given twice; expected one owner for a key")
            hashes.add(digest)


def _check_consumers(toml: TomlFile, consumers: Sequence[Consumer], tenants: Sequence[Tenant]) -> None:
    names = [tenant.name for tenant in tenants]
    taken: set[tuple[str, str]] = set()
    for n, consumer in enumerate(consumers):
        for name in consumer.tenants:
            if name not in (*names, "*"):
                toml.wrong(f"consumers[{n}].tenants", f"{name!r} is no tenant; expected one of {', '.join(names)}")
        for direction in consumer.directions:
            toml.choice(f"consumers[{n}].directions", direction, DIRECTIONS)
        served = names if "*" in consumer.tenants else consumer.tenants
        claimed = {(name, direction) for name in served for direction in consumer.directions}
        if claimed & taken:
            toml.wrong(f"consumers[{n}].tenants", "expected one consumer for a tenant and direction")
        taken |= claimed


def _check_rules(toml: TomlFile, rules: Sequence[Rule], tenants: Sequence[Tenant]) -> None:
    names = [tenant.name for tenant in tenants]
    for n, rule in enumerate(rules):
        if rule.tenant is not None and rule.tenant not in names:
            toml.wrong(f"rules[{n}].tenant", f"{rule.tenant!r} is no tenant; expected one of {', '.join(names)}")
        if rule.direction is not None:
            toml.choice(f"rules[{n}].direction", rule.direction, DIRECTIONS)


def _policies(toml: TomlFile, rules: Sequence[Rule]) -> Mapping[str, Policy]:
    return MappingProxyType({rule.policy: toml.policy(rule.policy) for rule in rules})

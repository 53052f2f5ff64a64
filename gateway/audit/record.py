"""Canonical JSON, the certificate of one file, and its seal. No I/O.

Canonical is what `json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))` gives in UTF-8, for
values of text, whole numbers, true, false, null, lists and objects with ASCII keys. For these it is RFC 8785 too, but
that whole numbers may have 64 bits. docs/audit.md shows each form and how to check one by hand.
Source: RFC 8785 (canonical JSON), RFC 8032 (Ed25519), RFC 6962 section 2.1 (leaf).
"""

import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import orjson

from gateway.audit.keys import SIGNATURE_BYTES, Keys, SigningKey
from policies.model import Policy
from policies.rules import Context
from sanitizers.model import Finding, Opinion, Report

VERSION: Final = 1
CERTIFICATE: Final = "certificate"
MAX_SEALED_BYTES: Final = 24 << 20  # a report frame of 4 MiB, told with every key spelled out, stays below
_LEAST_INTEGER: Final = -(1 << 63)
_MOST_INTEGER: Final = (1 << 64) - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_CONTAINERS: Final = frozenset({dict, list, tuple})
_PLAIN: Final = frozenset({str, bool, type(None)})


class CanonError(ValueError):
    """A value that has no canonical form here: our own mistake, never a file's."""


class SealError(ValueError):
    """Something signed that does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When what happened to a file, in nanoseconds since 1970 (UTC)."""

    received_ns: int
    queued_ns: int
    started_ns: int
    ended_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The file as it came in, and for whom."""

    id: str
    context: Context  # tenant, direction, sender, room
    name: str  # as sent
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What did the work: versions by name, and the confinement that was in force."""

    versions: Mapping[str, str]
    tier: int
    tier_name: str


def canonical(value: Any) -> bytes:
    """The one form of `value`. Raises CanonError for floats, lone surrogates, other keys, other types."""
    _refuse_strange(value)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # lone surrogates, or nested beyond what orjson walks
        raise CanonError(str(error)) from error


def leaf(line: bytes) -> bytes:
    """The Merkle leaf of a line of the log: SHA-256 of a zero byte and the line without its newline."""
    return hashlib.sha256(b"\x00" + line).digest()


def timestamp(ns: int) -> str:
    """RFC 3339, UTC, microseconds: "2026-01-31T09:00:00.000001Z"."""
    seconds, rest = divmod(ns, 1_000_000_000)
    return f"{_to_the_second(seconds)}.{rest // 1000:06d}Z"


@lru_cache(maxsize=64)  # a file has four times, mostly of one second, and the log writes many lines in one
def _to_the_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def nanoseconds(time: str) -> int:
    """What `timestamp` wrote, to the microsecond. Raises ValueError."""
    moment = datetime.fromisoformat(time)
    return (moment - _EPOCH) // _MICROSECOND * 1000


def certificate(
    subject: Subject,
    report: Report,
    opinion: Opinion | None,
    *,
    policy: Policy,
    machine: Machine,
    times: Times,
    name_out: str | None,
    size_out: int | None,
) -> dict[str, Any]:
    """What is certified of one file: design.md, "Certificate and audit".

    `name_out` and `size_out` are those of the copy that is released; None exactly when it is withheld.
    """
    assert (name_out is None) == (size_out is None) == (report.sha256_out is None)
    context = subject.context
    return {
        "v": VERSION,
        "id": subject.id,
        "tenant": printable(context.tenant),
        "direction": context.direction,
        "sender": printable(context.sender),
        "room": printable(context.room),
        "size_in": subject.size,
        "size_out": size_out,
        "policy": {"name": policy.name, "sha256": policy.digest},
        "judge": None if opinion is None else _opinion(opinion),
        "confinement": {"tier": machine.tier, "name": machine.tier_name},
        "versions": dict(machine.versions),
        "times": {
            "received": timestamp(times.received_ns),
            "queued": timestamp(times.queued_ns),
            "started": timestamp(times.started_ns),
            "ended": timestamp(times.ended_ns),
        },
        **_told(report),
        "name": printable(subject.name),
        "name_out": None if name_out is None else printable(name_out),
    }


def digest(payload: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal of the canonical form: how the log and a manifest name a certificate."""
    return hashlib.sha256(canonical(payload)).hexdigest()


def seal(payload: dict[str, Any], key: SigningKey, kind: str = CERTIFICATE) -> dict[str, Any]:
    """`payload` under its kind, with the key's id and the signature."""
    return seal_and_digest(payload, key, kind)[0]


def seal_and_digest(payload: dict[str, Any], key: SigningKey, kind: str = CERTIFICATE) -> tuple[dict[str, Any], str]:
    """The same, with what `digest` answers: both from one canonical form."""
    body = canonical(payload)
    signature = key.sign(_message(kind, body))
    sealed = {kind: payload, "key": key.id, "signature": base64.b64encode(signature).decode()}
    return sealed, hashlib.sha256(body).hexdigest()


def decided(sealed: Mapping[str, Any], certificate_sha256: str | None = None) -> dict[str, Any]:
    """The log's event of a sealed certificate: all that lets an auditor hold the two together, and no name."""
    told = sealed[CERTIFICATE]
    return {
        "event": "decided",
        **{field: told[field] for field in ("id", "tenant", "verdict", "reason", "sha256_in", "sha256_out")},
        "policy": told["policy"]["name"],
        "policy_sha256": told["policy"]["sha256"],
        "tier": told["confinement"]["tier"],
        "tier_name": told["confinement"]["name"],
        "certificate_sha256": certificate_sha256 or digest(told),
        "key": sealed["key"],
        "signature": sealed["signature"],
    }


def open_seal(untrusted: bytes, keys: Keys, kind: str = CERTIFICATE) -> dict[str, Any]:
    """The payload of a sealed object in canonical form, once one of `keys` is shown to have signed it.

    Raises SealError. The canonical form is made again and compared byte for byte, so that a key that stands twice,
    another spelling of a number or a blank is refused.
    """
    if len(untrusted) > MAX_SEALED_BYTES:
        raise SealError(f"{len(untrusted)} bytes")
    try:
        sealed = orjson.loads(untrusted)
        is_canonical = canonical(sealed) == untrusted
    except ValueError as error:  # CanonError and orjson's own
        raise SealError(f"not canonical JSON: {error}") from error
    if not is_canonical:
        raise SealError("not in canonical form")
    return check_seal(sealed, keys, kind)


def check_seal(untrusted: Any, keys: Keys, kind: str = CERTIFICATE) -> dict[str, Any]:
    """As `open_seal`, for an object that was parsed already. Raises SealError."""
    if not isinstance(untrusted, dict) or set(untrusted) != {kind, "key", "signature"}:
        raise SealError(f"expected an object of {kind}, key and signature")
    payload, key_id = untrusted[kind], untrusted["key"]
    if not isinstance(payload, dict) or payload.get("v") != VERSION or type(payload["v"]) is not int:
        raise SealError(f"a {kind} of another version")
    key = keys.get(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise SealError("signed by a key that is not trusted")
    try:
        message = _message(kind, canonical(payload))
    except CanonError as error:
        raise SealError(str(error)) from error
    if not key.verify(_signature(untrusted["signature"]), message):
        raise SealError("the signature does not fit")
    return payload


def printable(text: str) -> str:
    """Lone surrogates, which UTF-8 cannot say, are spelled out; all else stays as it is."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def _message(kind: str, body: bytes) -> bytes:
    """What is signed. The first line keeps a signature over one kind from ever passing for another."""
    return f"sekisho/{kind}/v{VERSION}\n".encode() + body


def _signature(untrusted: Any) -> bytes:
    try:
        signature = base64.b64decode(untrusted, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise SealError("the signature is not base64") from error
    if len(signature) != SIGNATURE_BYTES or base64.b64encode(signature).decode() != untrusted:
        raise SealError("the signature is not base64 of 64 bytes")
    return signature


def _told(report: Report) -> dict[str, Any]:
    """A report and its members. They nest no deeper than wire.py lets them."""
    return {
        "name": printable(report.name),
        "media_type": printable(report.media_type),
        "verdict": report.verdict.value,
        "reason": None if report.reason is None else report.reason.value,
        "rebuild": None if report.rebuild is None else report.rebuild.value,
        "copy_type": None if report.copy_type is None else printable(report.copy_type),
        "sha256_in": report.sha256_in,
        "sha256_out": report.sha256_out,
        "findings": [_finding(finding) for finding in report.findings],
        "members": [_told(member) for member in report.members],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "vector": finding.vector,
        "where": printable(finding.where),
        "action": finding.action.done,
        "detail": printable(finding.detail),
        "count": finding.count,
    }


def _opinion(opinion: Opinion) -> dict[str, Any]:
    check = None if opinion.check is None else opinion.check.value
    return {"accepted": opinion.accepted, "check": check, "where": printable(opinion.where)}


def _refuse_strange(value: Any) -> None:
    """Exact types only: what orjson would write by a rule of its own (floats, dates, enums) is refused."""
    stack: list[Any] = [(value,)]
    while stack:
        item = stack.pop()
        if type(item) is dict:
            for key in item:
                if type(key) is not str or not key.isascii():
                    raise CanonError(f"a key that is no ASCII text: {key!r:.40}")
            item = item.values()
        for inner in item:
            kind = type(inner)
            if kind in _CONTAINERS:
                stack.append(inner)
            elif kind is int:
                if not _LEAST_INTEGER <= inner <= _MOST_INTEGER:
                    raise CanonError("a number beyond 64 bits")
            elif kind not in _PLAIN:
                raise CanonError(f"a value of type {kind.__name__}")

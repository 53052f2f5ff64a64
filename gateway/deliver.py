"""Signed delivery manifests: written on the internet side, checked on the LGWAN side. Sans-I/O.

An offer is `{"manifest": sealed manifest, "certificate": sealed certificate}`. The manifest says what is delivered to
whom under which number; the certificate says how it came to be; both are signed and must agree in every point that
they share. Back goes a fixed vocabulary only: an id, a lease that was given, a digest, a Refusal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import orjson

from gateway.audit.keys import Keys, SigningKey
from gateway.audit.record import VERSION, SealError, canonical, check_seal, digest, seal, timestamp
from gateway.spool.base import Delivery
from policies.media import fits
from policies.names import clean_name
from sanitizers.errors import Reason

MANIFEST: Final = "manifest"
MAX_NUMBER: Final = 1 << 53
_TOKEN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
_MAX_TEXT_CHARS: Final = 1000


class Refusal(StrEnum):
    """Why the LGWAN side does not store a copy. A closed list: it is all that is ever said back."""

    MALFORMED = "malformed"  # the offer is not one
    SIGNATURE = "signature"  # not signed by a key that is trusted here
    CONSUMER = "consumer"  # meant for another receiver
    CERTIFICATE = "certificate"  # the certificate says something else than the manifest
    NAME = "name"  # a name that may not stand here, or that does not fit the type
    NOT_ADMITTED = "not-admitted"  # a type or a size that this side's policy does not take in
    DIGEST = "digest"  # other bytes than those that were signed for
    STRUCTURE = "structure"  # this side's own judge refuses the copy
    CONFLICT = "conflict"  # the id was used for other bytes
    REPLAYED = "replayed"  # the number was used up by another delivery
    STORAGE = "storage"  # no room here, or the disk failed
    UNAVAILABLE = "unavailable"  # could not be finished; try again

    @property
    def final(self) -> Reason | None:
        """Why the copy is withheld for good; None: it may be offered again after a while."""
        return _FINAL.get(self)


_FINAL: Final = {
    Refusal.NAME: Reason.NONSENSE,
    Refusal.NOT_ADMITTED: Reason.NOT_ADMITTED,
    Refusal.STRUCTURE: Reason.REFUSED_BY_JUDGE,
    Refusal.CONFLICT: Reason.NONSENSE,
}


class RefusedError(ValueError):
    """An offer or a copy that is not taken in. `detail` stays on this side, and never quotes a file's name."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is delivered, to whom, under which number. Every field was signed and checked for its shape."""

    v: int
    id: str
    tenant: str
    consumer: str
    seq: int  # per consumer, without gaps
    name: str
    media_type: str
    size: int
    sha256: str
    policy: str
    policy_sha256: str
    certificate_sha256: str
    lease: str
    issued: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked manifest, and all that proves it, as it is kept beside the copy."""

    manifest: Manifest
    key: str  # id of the key that signed the certificate
    proof: Mapping[str, Any]


def offer(delivery: Delivery, key: SigningKey, issued_ns: int) -> dict[str, Any]:
    """What the internet side answers for one lent copy."""
    sealed = orjson.loads(delivery.certificate)
    return {"manifest": manifest(delivery, sealed["certificate"], key, issued_ns), "certificate": sealed}


def manifest(delivery: Delivery, certificate: Mapping[str, Any], key: SigningKey, issued_ns: int) -> dict[str, Any]:
    """The sealed manifest of one lent copy, made anew for each lease."""
    told = {
        "v": VERSION,
        "id": delivery.id,
        "tenant": delivery.tenant,
        "consumer": delivery.consumer,
        "seq": delivery.seq,
        "name": delivery.name,
        "media_type": delivery.media_type,
        "size": delivery.size,
        "sha256": delivery.sha256,
        "policy": certificate["policy"]["name"],
        "policy_sha256": certificate["policy"]["sha256"],
        "certificate_sha256": digest(certificate),
        "lease": delivery.lease,
        "issued": timestamp(issued_ns),
    }
    return seal(told, key, MANIFEST)


def check_offer(untrusted: Any, keys: Keys, consumer: str) -> Offer:
    """The offer, once manifest and certificate are proved and agree. Raises RefusedError."""
    if not isinstance(untrusted, dict) or set(untrusted) != {MANIFEST, "certificate"}:
        raise RefusedError(Refusal.MALFORMED, "expected a manifest and a certificate")
    found = check_manifest(untrusted[MANIFEST], keys, consumer)
    try:
        told = check_seal(untrusted["certificate"], keys)
    except SealError as error:
        raise RefusedError(Refusal.SIGNATURE, f"certificate: {error}") from error
    _agree(found, told)
    return Offer(found, untrusted["certificate"]["key"], untrusted)


def check_manifest(untrusted: Any, keys: Keys, consumer: str) -> Manifest:
    """The manifest, once it is proved, well formed and meant for `consumer`. Raises RefusedError."""
    try:
        told = check_seal(untrusted, keys, MANIFEST)
    except SealError as error:
        raise RefusedError(Refusal.SIGNATURE, f"manifest: {error}") from error
    if told.keys() != _SHAPES.keys():
        raise RefusedError(Refusal.MALFORMED, "other fields")
    for field, is_right in _SHAPES.items():
        if not is_right(told[field]):
            raise RefusedError(Refusal.MALFORMED, field)
    found = Manifest(**told)
    if found.consumer != consumer:
        raise RefusedError(Refusal.CONSUMER, "meant for another receiver")
    _check_names(found)
    return found


def return_address(untrusted: Any) -> tuple[str, str] | None:
    """Id and lease of an offer that was refused before it was proved: only to say so, when both look like it."""
    try:
        told = untrusted[MANIFEST][MANIFEST]
        identifier, lease = told["id"], told["lease"]
    except (KeyError, TypeError, IndexError):
        return None
    return (identifier, lease) if _is_token(identifier) and _is_token(lease) else None


def _check_names(found: Manifest) -> None:
    """Names come from the other side: each must be one that `clean_name` would leave alone, and hide nothing."""
    for what, name in (("name", found.name), ("tenant", found.tenant)):
        if clean_name(name).name != name or name.startswith("."):
            raise RefusedError(Refusal.NAME, f"a {what} that is not clean")
    stem, dot, extension = found.name.rpartition(".")
    if not dot or not stem or not fits(found.media_type, extension):
        raise RefusedError(Refusal.NAME, "the extension does not fit the type")


def _agree(found: Manifest, told: Mapping[str, Any]) -> None:
    """The certificate is of this copy, of a released one, and of one that the judge accepted."""
    expected: dict[str, Any] = {
        "id": found.id,
        "tenant": found.tenant,
        "name_out": found.name,
        "copy_type": found.media_type,
        "size_out": found.size,
        "sha256_out": found.sha256,
        "policy": {"name": found.policy, "sha256": found.policy_sha256},
        "reason": None,
        "judge": {"accepted": True, "check": None, "where": ""},
    }
    if digest(told) != found.certificate_sha256:
        raise RefusedError(Refusal.CERTIFICATE, "another certificate")
    told = {**told, "copy_type": told.get("copy_type") or told.get("media_type")}
    for field, value in expected.items():
        if field not in told or canonical(told[field]) != canonical(value):  # to Python, 1 and true are equal
            raise RefusedError(Refusal.CERTIFICATE, f"another {field}")
    if told.get("verdict") not in ("clean", "sanitized"):
        raise RefusedError(Refusal.CERTIFICATE, "of no released copy")


def _is_token(value: Any) -> bool:
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _TIME.fullmatch(value) is not None


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT_CHARS and value.isprintable()


def _is_name(value: Any) -> bool:
    """Wide blanks and gaiji are no printable text to Python; `clean_name` is the judge of names."""
    return isinstance(value, str) and 0 < len(value) <= _MAX_TEXT_CHARS


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 <= value < MAX_NUMBER


_SHAPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "v": _is_number,
    "id": _is_token,
    "tenant": _is_text,
    "consumer": _is_text,
    "seq": lambda value: _is_number(value) and value > 0,
    "name": _is_name,
    "media_type": _is_text,
    "size": _is_number,
    "sha256": _is_sha256,
    "policy": _is_text,
    "policy_sha256": _is_sha256,
    "certificate_sha256": _is_sha256,
    "lease": _is_token,
    "issued": _is_time,
}

"""Holding a copy to its certificate: what a receiver or an auditor has in hand, with public keys alone."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.audit.keys import Keys
from gateway.audit.record import CERTIFICATE, MAX_SEALED_BYTES, SealError, canonical, open_seal
from gateway.deliver import MANIFEST, RefusedError, check_offer

_CHUNK_BYTES: Final = 1 << 20
_BESIDE: Final = frozenset({"v", "stored"})  # what the store adds to an offer


class Mismatch(StrEnum):
    """In what a copy is not the one that was certified."""

    WITHHELD = "withheld"
    ORIGINAL = "original"
    DIGEST = "digest"
    SIZE = "size"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Copy:
    """A file as it is found."""

    name: str
    size: int
    sha256: str

    @classmethod
    def read(cls, path: Path) -> "Copy":
        """Read a file once, without keeping it. Raises OSError."""
        size, digest = 0, hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                size += len(chunk)
                digest.update(chunk)
        return cls(path.name, size, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate that one of the trusted keys signed."""

    certificate: dict[str, Any]
    key: str


def read_certificate(path: Path) -> bytes:
    """The bytes of a sealed certificate or of a store's record. Raises OSError; more than is ever written is cut."""
    with path.open("rb") as file:
        return file.read(2 * MAX_SEALED_BYTES)


def check_certificate(untrusted: bytes, keys: Keys) -> Certified:
    """The certificate of a sealed certificate, or of a store's record once its manifest holds too. Raises SealError."""
    try:
        record = orjson.loads(untrusted)
        is_record = isinstance(record, dict) and record.keys() - _BESIDE == {MANIFEST, CERTIFICATE}
        is_canonical = canonical(record) == untrusted
    except ValueError as error:  # CanonError and orjson's own
        raise SealError(f"not canonical JSON: {error}") from error
    if not is_canonical:
        raise SealError("not in canonical form")
    if not is_record:
        return Certified(open_seal(untrusted, keys), str(record["key"]))
    try:
        offered = {kind: record[kind] for kind in (MANIFEST, CERTIFICATE)}
        offer = check_offer(offered, keys, record[MANIFEST][MANIFEST]["consumer"])
    except (KeyError, TypeError) as error:
        raise SealError("a manifest without a consumer") from error
    except RefusedError as error:
        raise SealError(str(error)) from error
    return Certified(record[CERTIFICATE][CERTIFICATE], offer.key)


def compare(certificate: dict[str, Any], copy: Copy) -> tuple[Mismatch, ...]:
    """All in which `copy` is not what the certificate says was released."""
    if certificate.get("sha256_out") is None:
        return (Mismatch.WITHHELD,)
    found = []
    if copy.sha256 != certificate["sha256_out"]:
        found.append(Mismatch.ORIGINAL if copy.sha256 == certificate.get("sha256_in") else Mismatch.DIGEST)
    if copy.size != certificate.get("size_out"):
        found.append(Mismatch.SIZE)
    if copy.name != certificate.get("name_out"):
        found.append(Mismatch.NAME)
    return tuple(found)

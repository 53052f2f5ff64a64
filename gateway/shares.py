"""Shares of a key: split so that any two of the operators have it together, each sealed to one of them alone.

An operator may pass their share on to another, sealed anew to that one's key: so two open a file although neither ever
holds the other's private key. Pure, but for random numbers.
Source: RFC 7748 (X25519), RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305), Shamir 1979.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NEEDED: Final = 2
KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)  # each wrapping key seals one share only
_SEALED: Final = "quarantine"  # what a share stands in: the sealed file itself,
_PASSED: Final = "passed-on"  # or a word from one operator to another

Share = tuple[int, bytes]  # a point of the line: x, and y byte by byte


class SealedError(ValueError):
    """A sealed file that cannot be opened: damaged, or not with these keys."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """One operator, to whom a share is sealed."""

    name: str
    public: X25519PublicKey


def split(id: str, key: bytes, keepers: Sequence[Keeper]) -> list[dict[str, Any]]:
    """One sealed share for each keeper."""
    slope = secrets.token_bytes(KEY_BYTES)
    return [_wrapped(_SEALED, id, keeper, (at, _share(key, slope, at))) for at, keeper in enumerate(keepers, 1)]


def own_share(id: str, sealed: Iterable[Mapping[str, Any]], private: X25519PrivateKey) -> Share:
    """The share that is sealed to this key. Raises SealedError."""
    return _unwrapped(_SEALED, id, sealed, private)


def pass_on(id: str, share: Share, keeper: Keeper) -> dict[str, Any]:
    """A share, sealed to another operator."""
    return _wrapped(_PASSED, id, keeper, share)


def passed_share(id: str, sealed: Mapping[str, Any], private: X25519PrivateKey) -> Share:
    """The share that another operator passed on to this key. Raises SealedError."""
    return _unwrapped(_PASSED, id, [sealed], private)


def combined(shares: Iterable[Share]) -> bytes:
    """The line's value at 0, from two of its points. Raises SealedError."""
    known = dict(shares)
    if len(known) < NEEDED:
        raise SealedError(f"opened by {NEEDED} different keys only")
    (x, of_x), (y, of_y) = list(known.items())[:NEEDED]
    scale = _inverse(x ^ y)
    return bytes(_times(_times(a, y) ^ _times(b, x), scale) for a, b in zip(of_x, of_y, strict=True))


def derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """A key for one purpose."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(secret)


def _wrapped(what: str, id: str, keeper: Keeper, share: Share) -> dict[str, Any]:
    ephemeral, (at, value) = X25519PrivateKey.generate(), share
    ours, theirs = ephemeral.public_key().public_bytes_raw(), keeper.public.public_bytes_raw()
    wrapping = _wrapping_key(what, id, at, ephemeral.exchange(keeper.public), ours, theirs)
    return {
        "operator": keeper.name,
        "at": at,
        "public": _text(theirs),
        "ephemeral": _text(ours),
        "share": _text(ChaCha20Poly1305(wrapping).encrypt(_NONCE, value, None)),
    }


def _unwrapped(what: str, id: str, sealed: Iterable[Mapping[str, Any]], private: X25519PrivateKey) -> Share:
    ours = private.public_key().public_bytes_raw()
    for share in sealed:
        try:
            if base64.b64decode(share["public"]) != ours:
                continue
            theirs, at = base64.b64decode(share["ephemeral"]), int(share["at"])
            common = private.exchange(X25519PublicKey.from_public_bytes(theirs))
            wrapping = _wrapping_key(what, id, at, common, theirs, ours)
            return at, ChaCha20Poly1305(wrapping).decrypt(_NONCE, base64.b64decode(share["share"]), None)
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise SealedError("a share that is damaged") from error
    raise SealedError("not sealed to this key")


def _wrapping_key(what: str, id: str, at: int, common: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return derived(common, ephemeral + public, f"sekisho/{what}/v1\n{id}\n{at}".encode())


def _share(key: bytes, slope: bytes, at: int) -> bytes:
    """The line key + slope · x at x = `at`, byte by byte in GF(256)."""
    return bytes(k ^ _times(s, at) for k, s in zip(key, slope, strict=True))


def _times(a: int, b: int) -> int:
    """In GF(256) modulo x⁸ + x⁴ + x³ + x + 1."""
    product = 0
    for _ in range(8):
        product ^= a * (b & 1)
        a = (a << 1) ^ (0x11B * (a >> 7))
        b >>= 1
    return product


def _inverse(a: int) -> int:
    return next(b for b in range(1, 256) if _times(a, b) == 1)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

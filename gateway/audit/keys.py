"""The keys of the record: Ed25519 for what is signed, HMAC for names that must not stand in the log.

A private key stays in its file and in this process. Whoever checks a record needs the public half alone.
Source: RFC 8032 (Ed25519), RFC 8410 (PKCS8 form), RFC 2104 (HMAC).
"""

import errno
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from gateway.durable import sync_folder
from policies.load import PolicyError

SIGNATURE_BYTES: Final = 64
_MAX_KEY_FILE_BYTES: Final = 16_384
_NAME_KEY_BYTES: Final = 32


class KeyFileError(PolicyError):
    """A key file that cannot be used: which one, and what is wrong with it. The service does not start."""

    def __init__(self, path: Path, expected: str) -> None:
        super().__init__(str(path), None, "", expected)


class PublicKey:
    """The half of a signing key that everybody may have."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.raw: Final = key.public_bytes_raw()
        self.id: Final = hashlib.sha256(self.raw).hexdigest()[:16]

    @classmethod
    def from_raw(cls, raw: bytes) -> "PublicKey":
        """The key of these 32 bytes. Raises ValueError."""
        return cls(Ed25519PublicKey.from_public_bytes(raw))

    @classmethod
    def load(cls, path: Path) -> "PublicKey":
        """Read a PEM file (SubjectPublicKeyInfo). Raises KeyFileError."""
        try:
            key = load_pem_public_key(_read(path))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(path, "expected a public key in PEM form") from error
        if not isinstance(key, Ed25519PublicKey):
            raise KeyFileError(path, "expected an Ed25519 key")
        return cls(key)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether this key's owner signed exactly these bytes."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """The form that `load` reads and that openssl understands."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class SigningKey:
    """The key with which this gateway signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: Final = PublicKey(key.public_key())

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """Read a PEM file (PKCS8). Raises KeyFileError, also when every account of the machine can read it."""
        _refuse_shared(path)
        try:
            key = load_pem_private_key(_read(path), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(path, "expected a private key in PEM form, without a password") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(path, "expected an Ed25519 key")
        return cls(key)

    @classmethod
    def create(cls, path: Path) -> "SigningKey":
        """Draw a new key and write it durably, mode 0600. Raises FileExistsError: a key is never overwritten."""
        key = Ed25519PrivateKey.generate()
        _write_new(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(key)

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of the raw public key."""
        return self.public.id

    def public_pem(self) -> bytes:
        """What the receiver and the auditor are given."""
        return self.public.pem()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


class NameKey:
    """Names in the log: equal names give equal marks, and without this key a mark tells nothing."""

    def __init__(self, secret: bytes) -> None:
        self._keyed = hmac.new(secret, digestmod="sha256")  # its own two blocks are hashed once

    @classmethod
    def load(cls, path: Path) -> "NameKey":
        """Read 64 hexadecimal digits. Raises KeyFileError."""
        _refuse_shared(path)
        try:
            secret = bytes.fromhex(_read(path).decode("ascii").strip())
        except ValueError as error:
            raise KeyFileError(path, "expected 64 hexadecimal digits") from error
        if len(secret) != _NAME_KEY_BYTES:
            raise KeyFileError(path, "expected 64 hexadecimal digits")
        return cls(secret)

    @classmethod
    def create(cls, path: Path) -> "NameKey":
        """Draw a new key and write it durably, mode 0600. Raises FileExistsError."""
        secret = secrets.token_bytes(_NAME_KEY_BYTES)
        _write_new(path, secret.hex().encode() + b"\n")
        return cls(secret)

    def mark(self, name: str) -> str:
        """HMAC-SHA256 of the name in UTF-8, in hexadecimal."""
        keyed = self._keyed.copy()
        keyed.update(name.encode("utf-8", "surrogatepass"))
        return keyed.hexdigest()


Keys = Mapping[str, PublicKey]


def key_ring(keys: Iterable[PublicKey]) -> Keys:
    """Public keys by their id: what a checker trusts."""
    return MappingProxyType({key.id: key for key in keys})


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_KEY_FILE_BYTES)
    except OSError as error:
        raise KeyFileError(path, f"cannot be read ({error.strerror})") from error


def _refuse_shared(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise KeyFileError(path, f"cannot be read ({error.strerror})") from error
    if stat.S_IMODE(mode) & 0o007:
        raise KeyFileError(path, f"is open to every account (mode {stat.S_IMODE(mode):04o}); expected 0600")


def _write_new(path: Path, content: bytes) -> None:
    """Whole and durable, or not there: written beside its place, then linked into it, where nothing may stand."""
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    try:
        path.hardlink_to(new)
    finally:
        new.unlink()
    sync_folder(path.parent)

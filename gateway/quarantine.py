"""Withheld originals, sealed so that no single person and no stolen disk can open one: two of the operators' keys can.

A sealed file is one line of JSON, then the original in chunks of ChaCha20-Poly1305 (STREAM: a counter, and a mark on
the last chunk, so that none can be dropped, swapped or cut off). Its key is split by Shamir's scheme over GF(256), and
each share is sealed to one operator by X25519 and HKDF. The gateway keeps neither the key nor a share. Sans-I/O but for
the descriptors that are handed in.
Source: RFC 7748 (X25519), RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305), Hoang et al. 2015 (STREAM), Shamir 1979.
"""

import base64
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.audit.record import canonical

NEEDED: Final = 2
_CHUNK_BYTES: Final = 1 << 16
_TAG_BYTES: Final = 16
_KEY_BYTES: Final = 32
_NONCE: Final = bytes(12)  # each wrapping key seals one share only
_MAX_HEADER_BYTES: Final = 1 << 16


class SealedError(ValueError):
    """A sealed file that cannot be opened: damaged, or not with these keys."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """One operator, to whom a share is sealed."""

    name: str
    public: X25519PublicKey


def seal(id: str, keepers: Sequence[Keeper], source_fd: int, sealed_fd: int) -> None:
    """Seal what `source_fd` holds. Raises OSError."""
    key = secrets.token_bytes(_KEY_BYTES)
    slope = secrets.token_bytes(_KEY_BYTES)
    shares = [_wrapped(id, keeper, at, _share(key, slope, at)) for at, keeper in enumerate(keepers, 1)]
    header = canonical({"v": 1, "id": id, "needed": NEEDED, "shares": shares})
    _write(sealed_fd, header + b"\n")
    for block in _chunks(key, header, _blocks(source_fd)):
        _write(sealed_fd, block)


def open_sealed(
    keys: Sequence[X25519PrivateKey], read: Callable[[int], bytes], write: Callable[[bytes], object]
) -> str:
    """Open what `read` gives, with two keys or more. Answers with the id.

    Raises SealedError; what was written till then must be thrown away.
    """
    header = _header(read)
    key = _combined([_unwrapped(header.told, private) for private in keys])
    cipher, counter, ahead = ChaCha20Poly1305(key), 0, _exactly(read, _CHUNK_BYTES + _TAG_BYTES)
    associated = hashlib.sha256(header.raw).digest()
    while True:
        block, ahead = ahead, _exactly(read, _CHUNK_BYTES + _TAG_BYTES)
        is_last = not ahead
        try:
            write(cipher.decrypt(_nonce(counter, is_last=is_last), block, associated))
        except InvalidTag as error:
            raise SealedError("damaged, or cut off") from error
        if is_last:
            return str(header.told["id"])
        counter += 1


def keepers_of(read: Callable[[int], bytes]) -> list[str]:
    """To whom a sealed file is sealed."""
    return [str(share["operator"]) for share in _header(read).told["shares"]]


def bearer_of(private: X25519PrivateKey) -> str:
    """What an operator says to the gateway: made from their key, which it does not tell."""
    return _derived(private.private_bytes_raw(), b"", b"sekisho/operator/bearer/v1").hex()


@dataclass(frozen=True, slots=True)
class _Header:
    raw: bytes
    told: dict[str, Any]


def _header(read: Callable[[int], bytes]) -> _Header:
    raw = b""
    while not raw.endswith(b"\n"):
        byte = read(1)
        if not byte or len(raw) > _MAX_HEADER_BYTES:
            raise SealedError("not a sealed file")
        raw += byte
    raw = raw[:-1]
    try:
        told = orjson.loads(raw)
        is_ours = told["v"] == 1 and told["needed"] == NEEDED and isinstance(told["shares"], list)
    except (ValueError, KeyError, TypeError) as error:
        raise SealedError("not a sealed file") from error
    if not is_ours:
        raise SealedError("sealed in another version")
    return _Header(raw, told)


def _wrapped(id: str, keeper: Keeper, at: int, share: bytes) -> dict[str, Any]:
    ephemeral = X25519PrivateKey.generate()
    ours, theirs = ephemeral.public_key().public_bytes_raw(), keeper.public.public_bytes_raw()
    wrapping = _wrapping_key(id, at, ephemeral.exchange(keeper.public), ours, theirs)
    return {
        "operator": keeper.name,
        "at": at,
        "public": _text(theirs),
        "ephemeral": _text(ours),
        "share": _text(ChaCha20Poly1305(wrapping).encrypt(_NONCE, share, None)),
    }


def _unwrapped(told: dict[str, Any], private: X25519PrivateKey) -> tuple[int, bytes]:
    ours = private.public_key().public_bytes_raw()
    for share in told["shares"]:
        try:
            if base64.b64decode(share["public"]) != ours:
                continue
            theirs, at = base64.b64decode(share["ephemeral"]), int(share["at"])
            common = private.exchange(X25519PublicKey.from_public_bytes(theirs))
            wrapping = _wrapping_key(str(told["id"]), at, common, theirs, ours)
            return at, ChaCha20Poly1305(wrapping).decrypt(_NONCE, base64.b64decode(share["share"]), None)
        except (InvalidTag, ValueError, KeyError, TypeError) as error:
            raise SealedError("a share that is damaged") from error
    raise SealedError("not sealed to this key")


def _wrapping_key(id: str, at: int, common: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return _derived(common, ephemeral + public, f"sekisho/quarantine/v1\n{id}\n{at}".encode())


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, info=info).derive(secret)


def _share(key: bytes, slope: bytes, at: int) -> bytes:
    """The line key + slope · x at x = `at`, byte by byte in GF(256)."""
    return bytes(k ^ _times(s, at) for k, s in zip(key, slope, strict=True))


def _combined(shares: Iterable[tuple[int, bytes]]) -> bytes:
    """The line's value at 0, from two of its points."""
    known = dict(shares)
    if len(known) < NEEDED:
        raise SealedError(f"opened by {NEEDED} different keys only")
    (x, of_x), (y, of_y) = list(known.items())[:NEEDED]
    scale = _inverse(x ^ y)
    return bytes(_times(_times(a, y) ^ _times(b, x), scale) for a, b in zip(of_x, of_y, strict=True))


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


def _blocks(fd: int) -> Iterator[bytes]:
    """All of a descriptor from its start, in whole chunks but for the last; at least one."""
    offset, block = 0, os.pread(fd, _CHUNK_BYTES, 0)
    while True:
        offset += len(block)
        following = os.pread(fd, _CHUNK_BYTES, offset) if len(block) == _CHUNK_BYTES else b""
        yield block
        if not following:
            return
        block = following


def _chunks(key: bytes, header: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    cipher, associated = ChaCha20Poly1305(key), hashlib.sha256(header).digest()
    block, counter = next(blocks), 0
    for following in blocks:
        yield cipher.encrypt(_nonce(counter, is_last=False), block, associated)
        block, counter = following, counter + 1
    yield cipher.encrypt(_nonce(counter, is_last=True), block, associated)


def _nonce(counter: int, *, is_last: bool) -> bytes:
    return counter.to_bytes(11) + bytes([is_last])


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = b""
    while len(data) < size and (more := read(size - len(data))):
        data += more
    return data


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

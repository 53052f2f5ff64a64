"""Withheld originals, sealed so that no single person and no stolen disk can open one: two of the operators' keys can.

A sealed file is one line of JSON, then the original in chunks of ChaCha20-Poly1305 (STREAM: a counter, and a mark on
the last chunk, so that none can be dropped, swapped or cut off). Its key is split, each share sealed to one operator
(`shares`); the gateway keeps neither the key nor a share. Sans-I/O but for the descriptors that are handed in.
Source: RFC 8439 (ChaCha20-Poly1305), Hoang et al. 2015 (STREAM).
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.audit.record import canonical
from gateway.shares import KEY_BYTES, NEEDED, Keeper, SealedError, combined, derived, own_share, passed_share, split

_CHUNK_BYTES: Final = 1 << 16
_TAG_BYTES: Final = 16
_MAX_HEADER_BYTES: Final = 1 << 16


def seal(id: str, keepers: Sequence[Keeper], source_fd: int, sealed_fd: int) -> None:
    """Seal what `source_fd` holds. Raises OSError."""
    key = secrets.token_bytes(KEY_BYTES)
    header = canonical({"v": 1, "id": id, "needed": NEEDED, "shares": split(id, key, keepers)})
    _write(sealed_fd, header + b"\n")
    for block in _chunks(key, header, _blocks(source_fd)):
        _write(sealed_fd, block)


def open_sealed(
    keys: Sequence[X25519PrivateKey],
    read: Callable[[int], bytes],
    write: Callable[[bytes], object],
    passed: Mapping[str, Any] | None = None,
) -> str:
    """Open what `read` gives, with two keys, or one key and what another operator passed on to it. Answers with the id.

    Raises SealedError; what was written till then must be thrown away.
    """
    header = _header(read)
    id, sealed = str(header.told["id"]), header.told["shares"]
    shares = [own_share(id, sealed, private) for private in keys]
    if passed is not None:
        shares.append(passed_share(id, passed, keys[0]))
    key = combined(shares)
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
            return id
        counter += 1


def header_of(read: Callable[[int], bytes]) -> dict[str, Any]:
    """What stands before a sealed file: its id, and a share for each operator, sealed. Raises SealedError."""
    return _header(read).told


def bearer_of(private: X25519PrivateKey) -> str:
    """What an operator says to the gateway: made from their key, which it does not tell."""
    return derived(private.private_bytes_raw(), b"", b"sekisho/operator/bearer/v1").hex()


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

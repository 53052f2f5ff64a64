"""Opening encrypted ZIP members: PKWARE's traditional cipher ("ZipCrypto") and WinZip's AES.

The traditional cipher's state depends on every byte before, so that nothing here can work on many bytes at once: it
runs at some megabytes a second, and whoever calls it bounds what it is given.

Source: PKWARE APPNOTE.TXT 6.3.10, 6.1 (traditional encryption); WinZip "AES Encryption Information", 2009.
"""

import hashlib
import hmac
import sys
from array import array
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from sanitizers.errors import MalformedError

LEAD_BYTES: Final = 12  # random bytes before the data, the last of them a check
TAG_BYTES: Final = 10
VERIFIER_BYTES: Final = 2
_SALT_BYTES: Final = {1: 8, 2: 12, 3: 16}  # by strength
_ROUNDS: Final = 1000
_BLOCK: Final = 16
_CHUNK: Final = 1 << 20  # bytes of key stream at a time


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC: Final = _crc_table()
_KEYS: Final = (0x12345678, 0x23456789, 0x34567890)
# the key stream's byte for the low 16 bits of the third key
_STREAM: Final = bytes((low | 2) * ((low | 2) ^ 1) >> 8 & 0xFF for low in range(1 << 16))


def open_traditional(packed: bytes, password: bytes, checks: Sequence[int]) -> bytes | None:
    """The data behind the 12 lead bytes, or None when the password shows none of the check bytes.

    A wrong password passes this check once in 256 times: the data's CRC decides.
    """
    keys = _KEYS
    for byte in password:
        keys = _next_keys(keys, byte)
    lead, keys = _decrypt(packed[:LEAD_BYTES], keys)
    if len(lead) < LEAD_BYTES or lead[-1] not in checks:
        return None
    return _decrypt(packed[LEAD_BYTES:], keys)[0]


def _next_keys(keys: tuple[int, int, int], byte: int) -> tuple[int, int, int]:
    first, second, third = keys
    first = _CRC[(first ^ byte) & 0xFF] ^ first >> 8
    second = (second + (first & 0xFF)) * 0x08088405 + 1 & 0xFFFFFFFF
    return first, second, _CRC[(third ^ second >> 24) & 0xFF] ^ third >> 8


def _decrypt(packed: bytes, keys: tuple[int, int, int]) -> tuple[bytes, tuple[int, int, int]]:
    """Written out in one loop, without a call or a tuple in it: it runs once for each byte."""
    first, second, third = keys
    crc, stream = _CRC, _STREAM
    plain = bytearray(packed)
    for at, byte in enumerate(packed):
        byte ^= stream[third & 0xFFFF]
        plain[at] = byte
        first = crc[(first ^ byte) & 0xFF] ^ first >> 8
        second = (second + (first & 0xFF)) * 0x08088405 + 1 & 0xFFFFFFFF
        third = crc[(third ^ second >> 24) & 0xFF] ^ third >> 8
    return bytes(plain), (first, second, third)


def open_aes(packed: bytes, password: bytes, strength: int) -> bytes | None:
    """The data, or None when it is not this password. Raises MalformedError when it was changed since encryption."""
    salt_bytes, key_bytes = _SALT_BYTES[strength], 8 + 8 * strength
    salt, verifier = packed[:salt_bytes], packed[salt_bytes : salt_bytes + VERIFIER_BYTES]
    body, tag = packed[salt_bytes + VERIFIER_BYTES : -TAG_BYTES], packed[-TAG_BYTES:]
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 2 * key_bytes + VERIFIER_BYTES)
    if not hmac.compare_digest(keys[-VERIFIER_BYTES:], verifier):
        return None
    found = hmac.digest(keys[key_bytes : 2 * key_bytes], body, "sha1")[:TAG_BYTES]
    if not hmac.compare_digest(found, tag):
        raise MalformedError("an AES member whose authentication code does not fit")
    return _count_through(body, keys[:key_bytes])


def aes_overhead(strength: int) -> int:
    """How many bytes an encrypted member is longer than its data. Raises MalformedError for no such strength."""
    if strength not in _SALT_BYTES:
        raise MalformedError(f"AES strength {strength}")
    return _SALT_BYTES[strength] + VERIFIER_BYTES + TAG_BYTES


def _count_through(data: bytes, key: bytes) -> bytes:
    """AES in counter mode with a little-endian counter from 1, which no library's counter mode offers."""
    cipher = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  only the counter's blocks go through
    plain = []
    for start in range(0, len(data), _CHUNK):
        part = data[start : start + _CHUNK]
        blocks = -(-len(part) // _BLOCK)
        counters = array("Q", bytes(_BLOCK * blocks))
        first = start // _BLOCK + 1
        counters[::2] = array("Q", range(first, first + blocks))
        if sys.byteorder == "big":
            counters.byteswap()
        stream = cipher.update(counters.tobytes())[: len(part)]
        mixed = int.from_bytes(part, "big") ^ int.from_bytes(stream, "big")
        plain.append(mixed.to_bytes(len(part), "big"))
    return b"".join(plain)

"""Type 1 programs: the part in the clear and the enciphered one, told apart and looked through.

Source: Adobe Type 1 Font Format 1.1. Trust: every byte is hostile.
"""

import re
from typing import Final

from sanitizers.errors import MalformedError

TAIL: Final = (b"0" * 64 + b"\n") * 8 + b"cleartomark\n"
_EEXEC: Final = re.compile(rb"currentfile\s+eexec(?:\r\n|[\r\n ])")
_HEX: Final = re.compile(rb"[0-9A-Fa-f\s]*")
_PFB: Final = 0x80
_KEY: Final = 55665
_RANDOM_BYTES: Final = 4


def read_type1(data: bytes) -> tuple[bytes, bytes]:
    """The part in the clear, up to eexec, and the enciphered part in binary. Raises MalformedError."""
    data = _without_segments(data)
    if not data.startswith(b"%!"):
        raise MalformedError("no Type 1 font")
    found = _EEXEC.search(data)
    if found is None:
        raise MalformedError("a Type 1 font without its private part")
    clear, rest = data[: found.end()], data[found.end() :]
    if _HEX.fullmatch(rest[:8]):
        digits = b"".join(rest.split())
        rest = bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii", "ignore")) if digits.isalnum() else rest
    plain = _decipher(rest)
    end = plain.rfind(b"mark currentfile closefile")
    if b"/CharStrings" not in plain:
        raise MalformedError("a Type 1 font without glyphs")
    return clear, rest if end < 0 else rest[: _RANDOM_BYTES + end + len(b"mark currentfile closefile")]


def _without_segments(data: bytes) -> bytes:
    """A font without the marks of a PFB file."""
    if data[:1] != bytes([_PFB]):
        return data
    parts, at = [], 0
    while at + 6 <= len(data) and data[at] == _PFB and data[at + 1] in (1, 2):
        size = int.from_bytes(data[at + 2 : at + 6], "little")
        parts.append(data[at + 6 : at + 6 + size])
        at += 6 + size
    return b"".join(parts)


def _decipher(data: bytes) -> bytes:
    key, plain = _KEY, bytearray()
    for byte in data:
        plain.append(byte ^ key >> 8)
        key = (byte + key) * 52845 + 22719 & 0xFFFF
    return bytes(plain[_RANDOM_BYTES:])

"""The data of one ZIP member: opened if encrypted, unpacked to exactly the size that both headers say.

Only what the standard library and ISA-L unpack with a bound is unpacked; other methods raise UnsupportedError.

Source: PKWARE APPNOTE.TXT 6.3.10, 4.4.5 (methods), 5.8 (LZMA), 5.10 (XZ); WinZip "AES Encryption Information", 2009.
"""

import bz2
import lzma
from collections.abc import Sequence
from contextlib import suppress
from struct import Struct
from typing import Final, Protocol

from sanitizers.codecs.deflate import crc32, inflate_raw_exact
from sanitizers.errors import EncryptedError, LimitError, MalformedError, UnsupportedError
from sanitizers.parsers.zip import Archive, Member
from sanitizers.parsers.zipcrypto import aes_overhead, open_aes, open_traditional

MAX_TRADITIONAL_BYTES: Final = 64 << 20  # of one archive; at some 2.5 MB/s of pure Python this takes half a minute
MAX_DICTIONARY_BYTES: Final = 256 << 20

STORED: Final = 0
DEFLATED: Final = 8
_BZIP2: Final = 12
_LZMA: Final = 14
_XZ: Final = 95
_AES: Final = 99
_AES_FIELD: Final = Struct("<H2sBH")  # version, vendor, strength, method
_LZMA_HEAD: Final = Struct("<2BHBI")  # SDK version, size of the properties, properties: lc/lp/pb, dictionary
_LZMA_ALONE: Final = Struct("<BIQ")
_ENDS_WITH_MARK: Final = 1 << 1  # general purpose bit 1 of an LZMA member
_UNKNOWN_SIZE: Final = (1 << 64) - 1


class Keys:
    """The passwords that came with the file, the one that fitted last first."""

    def __init__(self, passwords: Sequence[str]) -> None:
        words: dict[bytes, None] = {}
        for password in passwords:
            words[password.encode("utf-8", "surrogatepass")] = None
            with suppress(UnicodeEncodeError):
                words[password.encode("cp932")] = None  # what Windows programs in Japan make of it
        self._words = [word for word in words if word]
        self._bytes_left = MAX_TRADITIONAL_BYTES

    def unpack(self, archive: Archive, member: Member) -> bytes:
        """The data of an encrypted member. Raises EncryptedError when no password opens it."""
        packed = archive.data[member.start : member.start + member.packed]
        field = _aes_field(member) if member.method == _AES else None
        for word in tuple(self._words):
            data = self._traditional(packed, member, word) if field is None else _aes(packed, member, word, *field)
            if data is not None:
                self._words.remove(word)
                self._words.insert(0, word)
                return data
        raise EncryptedError("no password opens it" if self._words else "a password is needed")

    def _traditional(self, packed: bytes, member: Member, word: bytes) -> bytes | None:
        if len(packed) > self._bytes_left:
            raise LimitError(f"{len(packed)} bytes in the traditional cipher")
        plain = open_traditional(packed, word, member.check_bytes)
        if plain is None:
            return None
        self._bytes_left -= len(packed)
        try:
            data = unpack_plain(member.method, plain, member.size, member.flags)
        except MalformedError:
            return None  # a wrong password that passed the check
        return data if crc32(data) == member.crc else None


def _aes_field(member: Member) -> tuple[int, int, int]:
    """Version, strength and method in the AES field."""
    if member.aes is None or len(member.aes) != _AES_FIELD.size:
        raise MalformedError("an AES member without its field")
    version, vendor, strength, method = _AES_FIELD.unpack(member.aes)
    if vendor != b"AE" or version not in (1, 2) or member.packed < aes_overhead(strength):
        raise MalformedError("an AES field that does not fit")
    return version, strength, method


def _aes(packed: bytes, member: Member, word: bytes, version: int, strength: int, method: int) -> bytes | None:
    plain = open_aes(packed, word, strength)
    if plain is None:
        return None
    data = unpack_plain(method, plain, member.size, member.flags)
    if version == 1 and crc32(data) != member.crc:
        raise MalformedError("an AES member whose CRC does not fit")
    return data


def unpack(archive: Archive, member: Member) -> bytes:
    """The data of a member that is not encrypted. Its CRC is left to the caller."""
    packed = memoryview(archive.data)[member.start : member.start + member.packed]
    return unpack_plain(member.method, packed, member.size, member.flags)


def unpack_plain(method: int, packed: bytes | memoryview, size: int, flags: int) -> bytes:
    """Exactly `size` bytes. Raises MalformedError when there are more or less, or bytes behind them."""
    match method:
        case 0:
            data = bytes(packed)
        case 8:
            return inflate_raw_exact(packed, size)
        case 12:
            data = _bounded(bz2.BZ2Decompressor(), packed, size)
        case 14:
            data = _lzma(packed, size, flags)
        case 95:
            data = _bounded(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY_BYTES), packed, size)
        case _:
            raise UnsupportedError(f"compression method {method}")
    if len(data) != size:
        raise MalformedError(f"{len(data)} bytes, not {size}")
    return data


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def _bounded(stream: _Unpacker, packed: bytes | memoryview, size: int) -> bytes:
    """At most one byte more than `size`; the stream must end there."""
    try:
        data = stream.decompress(bytes(packed), size + 1)
        if not stream.eof and len(data) <= size:
            data += stream.decompress(b"", 1)
    except lzma.LZMAError as error:
        if "memory" in str(error).lower():
            raise LimitError("a dictionary beyond all reason") from error
        raise MalformedError("a broken LZMA stream") from error
    except (OSError, EOFError, ValueError) as error:
        raise MalformedError("a broken bzip2 stream") from error
    if not stream.eof or stream.unused_data:
        raise MalformedError("a stream that does not end with its member")
    return data


def _lzma(packed: bytes | memoryview, size: int, flags: int) -> bytes:
    """The stream under a header of the stand-alone format, whose decoder knows where it must end.

    A dictionary larger than the data is of no use; it is never allocated (ARC-24).
    """
    if len(packed) < _LZMA_HEAD.size:
        raise MalformedError("an LZMA member without a header")
    _, _, properties, packing, dictionary = _LZMA_HEAD.unpack_from(packed)
    if properties != 5:
        raise MalformedError(f"LZMA properties of {properties} bytes")
    told = _UNKNOWN_SIZE if flags & _ENDS_WITH_MARK else size
    head = _LZMA_ALONE.pack(packing, min(dictionary, max(size, 4096)), told)
    stream = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MAX_DICTIONARY_BYTES)
    return _bounded(stream, head + bytes(packed[_LZMA_HEAD.size :]), size)

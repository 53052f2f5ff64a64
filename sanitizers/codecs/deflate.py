"""Inflate and deflate at full speed, with the end of every stream checked.

One-shot inflaters (libdeflate, zlib, ISA-L alike) say nothing about bytes behind the end of a stream; what hides
there is found here. ISA-L streams with a bound and an end; libdeflate is faster where a checksum tells the end.

Trust: packed bytes are hostile; the size asked for is the bound of what is ever written to memory.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import deflate
from isal import isal_zlib
from isal.igzip_lib import IsalError

from sanitizers.errors import MalformedError

_RAW: Final = -15  # window bits: deflate without a header
_ZLIB: Final = 15
LARGE: Final = 96 << 20  # bytes; what is larger is packed slice by slice
SLICE: Final = 1 << 20
_FEED: Final = 1 << 18  # packed bytes at a time: what is left of them is copied at every step
_START: Final = 16  # bytes that ISA-L's main loop leaves to that before a flush
LEVELS: Final = (1, 3, 2, 0)  # ISA-L's: the first is the best trade, 4 to 15 times the speed of zlib 6

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Inflated:
    """The start of what a stream holds. `is_whole`: it holds no more, and nothing stands behind it."""

    data: bytes | bytearray
    has_more: bool  # the stream goes on beyond the size asked for
    bytes_behind: int  # packed bytes behind the end of the stream

    @property
    def is_whole(self) -> bool:
        return not self.has_more and not self.bytes_behind


def inflate_raw_exact(packed: Bytes, size: int) -> bytes:
    """The `size` bytes of a bare deflate stream. Raises MalformedError for more, less, or bytes behind its end."""
    return _exact(packed, size, _RAW)


def inflate_zlib_exact(packed: Bytes, size: int) -> bytes:
    """The `size` bytes of a zlib stream, checksum included. Raises MalformedError for anything else."""
    return _exact(packed, size, _ZLIB)


def inflate_zlib(packed: Bytes, most: int) -> Inflated:
    """At most `most` bytes of a zlib stream. Raises MalformedError when it is broken or cut off before that."""
    return _start(packed, most, _ZLIB)


def inflate_zlib_fast(packed: Bytes, size: int) -> bytearray | None:
    """The `size` bytes of a zlib stream whose checksum stands at the very end; None when that is not so.

    None says only that `inflate_zlib` must look. Bytes hidden behind the stream under a second copy of its checksum
    go unnoticed: use it only where packed bytes are never copied on.
    """
    if len(packed) < 6:
        return None
    try:
        data = deflate.zlib_decompress(packed, size)
    except (deflate.DeflateError, ValueError):
        return None
    (last,) = struct.unpack(">I", packed[-4:])
    return data if len(data) == size and deflate.adler32(data) == last else None


def deflate_raw(data: Bytes) -> bytes:
    """A bare deflate stream. The same data gives the same bytes, whole or in pieces (`Deflater`)."""
    return _deflated(data, LEVELS[0], _RAW)


@dataclass(frozen=True, slots=True)
class Deflated:
    """A bare deflate stream, with what a directory says of it."""

    data: bytes
    size: int  # of what it holds
    crc: int


class Deflater:
    """Packs what comes in pieces of any size, without holding more of it than LARGE at a time."""

    def __init__(self) -> None:
        self._stream = isal_zlib.compressobj(LEVELS[0], isal_zlib.DEFLATED, _RAW)
        self._waiting = bytearray()
        self._packed: list[bytes] = []
        self._size, self._crc, self._is_large = 0, 0, False

    def add(self, piece: Bytes) -> None:
        """The next bytes."""
        self._size += len(piece)
        self._crc = crc32(piece, self._crc)
        self._waiting += piece
        self._is_large = self._is_large or len(self._waiting) > LARGE
        if self._is_large and len(self._waiting) >= SLICE:
            whole = len(self._waiting) // SLICE * SLICE
            with memoryview(self._waiting) as view:
                for at in range(0, whole, SLICE):
                    self._pack(view[at : at + SLICE])
            del self._waiting[:whole]

    def finish(self) -> Deflated:
        """The stream: byte for byte that of `deflate_raw`."""
        if self._waiting or not self._is_large:
            self._pack(bytes(self._waiting))
        self._packed.append(self._stream.flush())
        return Deflated(b"".join(self._packed), self._size, self._crc)

    def _pack(self, piece: Bytes) -> None:
        self._packed.append(self._stream.compress(piece) if self._packed else _first(self._stream, piece))


def inflate_raw_pieces(packed: memoryview, size: int) -> Iterator[bytes]:
    """The `size` bytes of a bare deflate stream, a SLICE at most at a time. Raises as `inflate_raw_exact`, late."""
    stream = isal_zlib.decompressobj(_RAW)
    left = size
    try:
        for at in range(0, len(packed), _FEED):
            if stream.eof:
                raise MalformedError("bytes behind a deflate stream")
            rest = bytes(packed[at : at + _FEED])
            while rest and not stream.eof:
                piece = stream.decompress(rest, SLICE)
                rest = stream.unconsumed_tail
                left -= len(piece)
                if left < 0:
                    raise MalformedError(f"a deflate stream of more than {size} bytes")
                yield piece
    except IsalError as error:  # type: ignore[misc]  # its stub gives an instance in place of the class
        raise MalformedError("a deflate stream that breaks its format") from error
    if not stream.eof or stream.unused_data or left:
        raise MalformedError(f"a deflate stream that does not hold exactly {size} bytes")


def deflate_zlib(data: Bytes, level: int = LEVELS[0]) -> bytes:
    """A zlib stream. The same data and level, one of LEVELS, give the same bytes."""
    return _deflated(data, level, _ZLIB)


def deflate_zlib_steady(data: Bytes, level: int) -> bytes:
    """A zlib stream by libdeflate, from level 1 up: half the speed of ISA-L."""
    return bytes(deflate.zlib_compress(data, level))


def _deflated(data: Bytes, level: int, window_bits: int) -> bytes:
    stream = isal_zlib.compressobj(level, isal_zlib.DEFLATED, window_bits)
    if len(data) <= LARGE:
        return _first(stream, data) + stream.flush()
    view = memoryview(data)
    packed = [_first(stream, view[:SLICE])]
    packed += [stream.compress(view[at : at + SLICE]) for at in range(SLICE, len(data), SLICE)]
    return b"".join((*packed, stream.flush()))


def _first(stream: "isal_zlib.Compress", piece: Bytes) -> bytes:
    """What a new stream makes of its first piece, the same in every process.

    ISA-L's loop hashes, in the place of the third byte of a stream, a register that holds the address of its own state:
    one process in some hundreds finds another match. Its loop for the bytes before a flush does not, and is given the
    first ones; that is 9 bytes more.
    """
    if len(piece) <= _START:
        return stream.compress(piece)
    view = memoryview(piece)
    started = stream.compress(view[:_START]) + stream.flush(isal_zlib.Z_SYNC_FLUSH)
    return started + stream.compress(view[_START:])


def crc32(data: Bytes, start: int = 0) -> int:
    """CRC-32 as in ZIP and PNG; `start` is that of the bytes before."""
    return int(deflate.crc32(data, start))


def _exact(packed: Bytes, size: int, window_bits: int) -> bytes:
    found = _start(packed, size, window_bits)
    if not found.is_whole or len(found.data) != size:
        raise MalformedError(f"a deflate stream that does not hold exactly {size} bytes")
    return bytes(found.data)


def _start(packed: Bytes, most: int, window_bits: int) -> Inflated:
    stream = isal_zlib.decompressobj(window_bits)
    try:
        data = stream.decompress(packed, max(most, 1))  # a bound of 0 would mean none
        if not stream.eof:
            data += stream.decompress(stream.unconsumed_tail, 1)
    except IsalError as error:  # type: ignore[misc]  # its stub gives an instance in place of the class
        raise MalformedError("a deflate stream that breaks its format") from error
    if len(data) > most:
        return Inflated(data[:most], True, 0)
    if not stream.eof:
        raise MalformedError("a deflate stream that is cut off")
    return Inflated(data, False, len(stream.unused_data))

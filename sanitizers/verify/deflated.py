"""Deflate streams as the verifiers read them: by zlib-ng, which no sanitizer uses (docs/adr/0003).

Source: RFC 1950 (zlib streams), RFC 1951 (deflate). It takes a quarter of the standard library's time.
"""

from typing import Final, NamedTuple, cast

from zlib_ng import zlib_ng
from zlib_ng.zlib_ng import _Decompress as Inflater
from zlib_ng.zlib_ng import crc32, decompressobj

__all__ = ["RAW", "ZLIB", "Broken", "Inflated", "Inflater", "crc32", "decompressobj", "inflate"]

ZLIB: Final = zlib_ng.MAX_WBITS  # a header and a sum around the stream
RAW: Final = -zlib_ng.MAX_WBITS  # neither
Broken: Final = cast(type[Exception], zlib_ng.error)
"""Raised by `inflate` and by an Inflater for bytes that are no such stream."""


class Inflated(NamedTuple):
    """What a stream held."""

    plain: bytes
    is_ended: bool  # false when more than `most` bytes are in it, or its end is missing
    bytes_behind: int  # how many of `packed` follow the end

    @property
    def is_whole(self) -> bool:
        """Whether the stream ends, and its bytes with it."""
        return self.is_ended and not self.bytes_behind


def inflate(packed: bytes | memoryview, most: int, form: int = ZLIB) -> Inflated:
    """At most `most` bytes of a stream, 1 or more; `form` is ZLIB or RAW. Raises Broken."""
    inflater = decompressobj(form)
    plain = inflater.decompress(packed, most)
    return Inflated(plain, inflater.eof, len(inflater.unused_data))

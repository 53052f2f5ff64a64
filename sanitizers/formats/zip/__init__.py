"""ZIP archives: the container read byte by byte, each member through the whole pipeline, a fresh archive written.

Structure that two readers could read differently is refused; what one reader ignores is left behind. A withheld
member leaves a short text in its place, in Japanese and English.
"""

import bz2
import lzma
from typing import Final

from policies.model import Limits
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.formats.zip.disarm import disarm_zip
from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.formats.zip.vectors import VECTORS
from sanitizers.parsers.zip import Archive, read_zip
from sanitizers.parsers.zipcrypto import open_aes
from sanitizers.parsers.zipmember import unpack_plain
from sanitizers.parsers.zipnames import RawName, decode_names
from sanitizers.sanitizer import Job

__all__ = ["ZIP", "ZipSanitizer", "warm"]


class ZipSanitizer:
    """ZIP to ZIP. The members' order is kept, and the encoding of their names where nobody can misread it."""

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"application/zip"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Archive:
        return read_zip(untrusted, budget)

    def disarm(self, parsed: Archive, job: Job) -> tuple[Entry, ...]:
        return disarm_zip(parsed, job)

    def reconstruct(self, safe: tuple[Entry, ...]) -> bytes:
        return write_zip(safe)


ZIP: Final = ZipSanitizer()

_NAMES: Final = (("utf-8", "名"), ("cp932", "表"), ("euc_jp", "日本語"), ("cp437", "é"))


def warm() -> None:
    """Use each codec, cipher and encoding once, so that a locked child opens nothing."""
    names = [RawName(text.encode(encoding), False, 3) for encoding, text in _NAMES]
    for name in names:
        decode_names([name], [])
    read_zip(write_zip((Entry("名.txt", b"a" * 64), Entry("名/"))), Budget(Limits()))
    for method, packed in ((12, bz2.compress(b"a")), (95, lzma.compress(b"a"))):
        unpack_plain(method, packed, 1, 0)
    open_aes(bytes(64), b"a", 3)

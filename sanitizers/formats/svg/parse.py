"""SVG as it comes: XML, or XML packed by gzip."""

import zlib
from dataclasses import dataclass
from typing import Final

from sanitizers.budget import Budget
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers import xml
from sanitizers.parsers.xml import Xml

_GZIP: Final = b"\x1f\x8b"
_MAX_BYTES: Final = 200 << 20


@dataclass(frozen=True, slots=True)
class Svg:
    """A document, and how it was packed."""

    xml: Xml
    is_packed: bool


def parse(untrusted: bytes, budget: Budget) -> Svg:
    """The document. Raises MalformedError, LimitError, PurseError, BlockedError."""
    is_packed = untrusted.startswith(_GZIP)
    if is_packed:
        untrusted = _unpacked(untrusted, budget)
    else:
        budget.expand(len(untrusted))
    return Svg(xml.parse(untrusted), is_packed)


def _unpacked(untrusted: bytes, budget: Budget) -> bytes:
    most = min(budget.left_to_expand(), _MAX_BYTES, max(10 << 20, len(untrusted) * budget.limits.max_ratio))
    stream = zlib.decompressobj(wbits=31)
    try:
        data = stream.decompress(untrusted, most + 1)
    except zlib.error as error:
        raise MalformedError("gzip") from error
    if len(data) > most:
        raise LimitError(f"more than {most} bytes packed in {len(untrusted)}")
    if not stream.eof or stream.unused_data:
        raise MalformedError("gzip: no end, or bytes behind it")
    budget.expand(len(data), len(untrusted))
    return data

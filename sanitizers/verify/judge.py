"""judge(): does this file hold only what may pass? It has the last word; without it nothing is released.

The judge accepts what it fully understands, where every byte of the file is accounted for, and refuses everything
else. It is written from the formats' specifications and the threat catalogue alone, so that it shares no mistake with
the sanitizers. It decides structure, not admission: which types a policy takes in is decided where files come in.

Trust: the bytes are hostile, as if a sanitizer had been taken over. No input or output, no clock, no state.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from policies.model import Policy
from sanitizers.model import Check, Opinion
from sanitizers.verify import emf, evidence, gif, ico, jpeg, ooxml, pdf, png, svg, table, text, tiff, webp, wmf
from sanitizers.verify import zip as archive
from sanitizers.verify.court import Court, Refused, require

CHECKS: Final[Mapping[str, Callable[[bytes, Court], None]]] = MappingProxyType(
    {
        "image/jpeg": jpeg.check,
        "image/png": png.check,
        "image/gif": gif.check,
        "image/webp": webp.check,
        "image/tiff": tiff.check,
        "image/vnd.microsoft.icon": ico.check,
        "image/svg+xml": svg.check,
        "image/emf": emf.check,
        "image/wmf": wmf.check,
        "text/plain": text.check,
        "text/csv": table.check,
        "text/tab-separated-values": table.check,
        "application/pdf": pdf.check,
        "application/zip": archive.check,
        **{media_type: ooxml.check_as(media_type) for media_type in ooxml.MAIN_TYPES},
    }
)


def judge(untrusted: bytes, media_type: str, policy: Policy) -> Opinion:
    """The opinion on a rebuilt file. Never raises, whatever the bytes; the same bytes get the same opinion."""
    try:
        _hear(untrusted, media_type, Court(policy.limits, _hear, may_keep=evidence.may_keep(policy)))
    except Refused as refusal:
        return Opinion(False, refusal.check, refusal.told())
    return Opinion(True)


def _hear(untrusted: bytes, media_type: str, court: Court) -> None:
    check = CHECKS.get(media_type)
    if check is None:
        raise Refused(Check.TYPE, f"no check for {media_type}")
    require(untrusted, Check.MAGIC, "no bytes at all")
    require(len(untrusted) <= court.limits.max_output_bytes, Check.LIMITS, f"{len(untrusted)} bytes")
    check(untrusted, court)

"""Pictures in data: URLs: unpacked, sent through the whole pipeline, and written back as PNG or JPEG (SVG-03)."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from policies.terms import Action
from sanitizers.formats.svg.vectors import SVG_03
from sanitizers.sanitizer import Job

_URL: Final = re.compile(r"\s*data:([^,]{0,200}),", re.IGNORECASE)
_BLANKS: Final = re.compile(r"\s+")
_STARTS: Final = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpg"), (b"GIF8", "gif"), (b"RIFF", "webp"), (b"BM", "bmp"))
_KEPT: Final = ("image/png", "image/jpeg")


def carry_picture(address: str, where: str, number: int, job: Job) -> str | None:
    """The picture's address with the bytes of its copy in it; None where it may not stay."""
    untrusted = _unpacked(address)
    extension = next((name for start, name in _STARTS if untrusted.startswith(start)), None) if untrusted else None
    if untrusted is None or extension is None:
        job.found(SVG_03, where, detail="no picture of dots", at_least=Action.REMOVE)
        return None
    job.budget.count_members(1)
    job.budget.expand(len(untrusted))
    outcome = job.descend(untrusted, f"picture-{number}.{extension}")
    if outcome.data is None or outcome.report.released_type not in _KEPT:
        job.found(SVG_03, where, detail="a picture that cannot stay", at_least=Action.REMOVE)
        return None
    return f"data:{outcome.report.released_type};base64,{b64encode(outcome.data).decode()}"


def _unpacked(address: str) -> bytes | None:
    found = _URL.match(address)
    if found is None:
        return None
    packed = address[found.end() :]
    if not found[1].lower().rstrip().endswith("base64"):
        return unquote_to_bytes(packed)
    packed = _BLANKS.sub("", unquote(packed) if "%" in packed else packed)
    try:
        return b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (Base64Error, ValueError):
        return None

"""Pictures in data: URLs: unpacked, sent through the whole pipeline, and written back as PNG or JPEG (SVG-03)."""

import io
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from PIL import Image

from policies.terms import Action
from sanitizers.formats.png import rows
from sanitizers.formats.png.write import SafePng
from sanitizers.formats.png.write import write as write_png
from sanitizers.formats.svg.vectors import SVG_03
from sanitizers.parsers.png import Colour, Header
from sanitizers.sanitizer import Job

_URL: Final = re.compile(r"\s*data:([^,]{0,200}),", re.IGNORECASE)
_BLANKS: Final = re.compile(r"\s+")
_STARTS: Final = (
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
    (b"BM", "bmp"),
    (b"II*\0", "tif"),
)
_KEPT: Final = ("image/png", "image/jpeg")
_DRAWN: Final = ("image/gif", "image/webp", "image/bmp")  # opened by Pillow from our own copy, and made a PNG


def carry_picture(address: str, where: str, number: int, job: Job) -> str | None:
    """The picture's address with the bytes of its copy in it; None where it may not stay."""
    untrusted = _unpacked(address)
    extension = next((name for start, name in _STARTS if untrusted.startswith(start)), None) if untrusted else None
    if untrusted is None or extension is None:
        job.found(SVG_03, where, detail="no picture of dots", at_least=Action.REMOVE)
        return None
    data, media_type = _cleaned(untrusted, f"picture-{number}.{extension}", job)
    if data is not None and media_type in _DRAWN:
        job.found(SVG_03, where, detail="a picture of another type, now a PNG", at_least=Action.REWRITE)
        data, media_type = _cleaned(_as_png(data), f"picture-{number}.png", job)
    if data is None or media_type not in _KEPT:
        job.found(SVG_03, where, detail="a picture that cannot stay", at_least=Action.REMOVE)
        return None
    return f"data:{media_type};base64,{b64encode(data).decode()}"


def _cleaned(untrusted: bytes, name: str, job: Job) -> tuple[bytes | None, str]:
    job.budget.count_members(1)
    outcome = job.descend(untrusted, name)
    return outcome.data, outcome.report.released_type


def _as_png(clean: bytes) -> bytes:
    """The first frame of a copy of ours."""
    with Image.open(io.BytesIO(clean)) as image:
        shown = image.convert("RGBA" if image.has_transparency_data else "RGB")
    colour = Colour.RGBA if shown.mode == "RGBA" else Colour.RGB
    return write_png(SafePng(Header(shown.width, shown.height, 8, colour, False), {}, rows.encode(shown)))


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

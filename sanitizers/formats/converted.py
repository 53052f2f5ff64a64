"""Pictures of formats that are not written here, as a JPEG or PNG: the pieces that such formats share."""

from typing import Final

from PIL import Image

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.codecs.deflate import deflate_zlib
from sanitizers.formats import colour
from sanitizers.formats.png import PNG
from sanitizers.formats.png import rows as rows_of
from sanitizers.formats.png.write import Rows, SafePng, write
from sanitizers.parsers.icc import Device
from sanitizers.parsers.png import Colour, Header
from sanitizers.sanitizer import Job

IMG_07: Final = vector("IMG-07")

QUALITY: Final = 90  # of a JPEG: about what phones write themselves when asked for one
MAX_JPEG_SIDE: Final = 65_500
_COLOURS: Final = {"L": Colour.GRAY, "LA": Colour.GRAY_ALPHA, "RGB": Colour.RGB, "RGBA": Colour.RGBA}


def rule_on_colour(profile: bytes | None, device: Device, job: Job) -> tuple[bytes | None, bytes | None]:
    """(profile of ours to write, profile to convert the pixels from), for a copy that is a JPEG."""
    if profile is None:
        return None, None
    ruling = colour.rule(profile, device)
    order = job.found(IMG_07, "picture", detail=ruling.detail, at_least=Action.REWRITE)
    if ruling.profile is not None and order <= Action.REWRITE:
        return ruling.profile, None
    return None, ruling.source


def to_png(image: Image.Image, said: dict[bytes, bytes], profile: bytes | None, job: Job) -> SafePng:
    """An L, LA, RGB or RGBA picture as a PNG of ours; `said` as in SafePng, `profile` as it came."""
    header = Header(*image.size, 8, _COLOURS[image.mode], False)
    return rows_to_png(header, rows_of.encode(image), said, profile, job)


def rows_to_png(header: Header, rows: Rows, said: dict[bytes, bytes], profile: bytes | None, job: Job) -> SafePng:
    """Filtered rows as a PNG of ours, under the rules that PNG files have: hidden colours go, profiles are ruled on."""
    if profile is not None:
        said = said | {b"iCCP": b"profile\0\0" + deflate_zlib(profile)}
    return PNG.disarm(PNG.parse(write(SafePng(header, said, rows)), job.budget), job)

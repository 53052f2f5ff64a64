"""What hides in pixels: pictures are drawn a little smaller and coded anew, where a policy orders it (GEN-29).

At 0.97 of its size every sample is mixed from its neighbours. Where pixels are kept exactly that alone leaves three
quarters of a message in the lowest bits legible (measured), so the lowest bit is set besides; a JPEG is coded anew at
our quality, which does as much. Half of all bits then read wrong: nothing is left. People see no difference.

It is off by default: pixels are content. It is also the one order under which a second pass changes a copy again,
because whatever told a copy from an original could be forged.

Only JPEG and PNG are resampled, and what becomes one of them; other pictures of pixels are refused under this order.
"""

import io
from dataclasses import replace
from typing import Final

from PIL import Image, ImageChops, PngImagePlugin

from policies.catalogue import vector
from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.formats.jpeg import JPEG, pixels
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.png import PNG
from sanitizers.formats.png import rows as rows_of
from sanitizers.formats.png.write import SafePng, write
from sanitizers.parsers.png import Colour, Header
from sanitizers.sanitizer import Job

GEN_29: Final = vector("GEN-29")

PARTS: Final = 97  # of a hundred, of each side
_SIXTEEN_BITS: Final = "I;16"
_DRAWN: Final = frozenset({"image/svg+xml", "image/emf", "image/wmf"})  # no pixels of their own
_MODES: Final = {"L": Colour.GRAY, "LA": Colour.GRAY_ALPHA, "RGB": Colour.RGB, "RGBA": Colour.RGBA}
_LOWEST_BIT_SET: Final = [value | 1 for value in range(256)]  # white stays white
_SHOWS_NOTHING_OR_SET: Final = [0, 0, *_LOWEST_BIT_SET[2:]]
_OF_PIXELS: Final = (b"PLTE", b"tRNS", b"bKGD", b"sBIT")  # said about values that are no longer there


def resampled(data: bytes, media_type: str, job: Job) -> bytes:
    """A copy of ours as the policy wants its pixels: as it is, or resampled. Raises BlockedError."""
    is_picture = media_type.startswith("image/") and media_type not in _DRAWN
    if not is_picture or job.policy.ordered(GEN_29) is Action.KEEP:
        return data
    if media_type == "image/jpeg":
        return _jpeg(data, job)
    if media_type == "image/png":
        return _png(data, job)
    job.found(GEN_29, "picture", detail="of a format that is not resampled", at_least=Action.BLOCK)
    raise AssertionError("blocking raises")


def _jpeg(data: bytes, job: Job) -> bytes:
    tree = JPEG.parse(data, Budget(job.policy.limits))
    safe = JPEG.disarm(tree, Job(job.policy, Budget(job.policy.limits)))
    bitmap = pixels.decode_to_bitmap(tree)
    return JPEG.reconstruct(replace(safe, picture=Bitmap(_smaller(bitmap.image, job), bitmap.sampling)))


def _png(data: bytes, job: Job) -> bytes:
    safe = PNG.disarm(PNG.parse(data, Budget(job.policy.limits)), Job(job.policy, Budget(job.policy.limits)))
    if safe.frames:
        job.found(GEN_29, "picture", detail="a picture that moves is not resampled", at_least=Action.BLOCK)
    image = _levelled(_smaller(_plain(PngImagePlugin.PngImageFile(io.BytesIO(data)), safe), job))
    said = {name: body for name, body in safe.said.items() if name not in _OF_PIXELS}
    return write(SafePng(Header(*image.size, 8, _MODES[image.mode], False), said, rows_of.encode(image)))


def _levelled(image: Image.Image) -> Image.Image:
    """With nothing to say in the lowest bits of colours and of alpha; zeros for colours that do not show (IMG-38)."""
    colours = len(image.mode.rstrip("A"))
    bands = list(image.point(_LOWEST_BIT_SET * colours + _SHOWS_NOTHING_OR_SET * (image.mode[-1] == "A")).split())
    if image.mode[-1] == "A":
        shown = bands[-1].point([0] + [255] * 255)
        bands[:-1] = [ImageChops.darker(band, shown) for band in bands[:-1]]
    return Image.merge(image.mode, bands)


def _plain(image: Image.Image, safe: SafePng) -> Image.Image:
    """In 8 bits a sample, gray or RGB, with alpha where something shows through."""
    if safe.header.depth == 16:
        return rows_of.decode(safe.rows, safe.header, safe.header.width, safe.header.height)
    image.load()
    has_alpha = b"tRNS" in safe.said or image.mode in ("LA", "RGBA")
    is_gray = image.mode in ("1", "L", "LA", _SIXTEEN_BITS)
    return image.convert(("LA" if has_alpha else "L") if is_gray else ("RGBA" if has_alpha else "RGB"))


def _smaller(image: Image.Image, job: Job) -> Image.Image:
    width, height = (max(1, side * PARTS // 100) for side in image.size)
    detail = f"{image.width} x {image.height} resampled to {width} x {height}"
    job.found(GEN_29, "picture", detail=detail, at_least=Action.REWRITE)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def warm() -> None:
    """Take a small picture of each kind through it: a confined child then opens nothing."""
    policy = Policy(name="warm", actions={GEN_29.id: Action.REWRITE})
    for image in (Image.new("RGBA", (9, 9)), Image.new("L", (9, 9))):
        header = Header(9, 9, 8, _MODES[image.mode], False)
        resampled(write(SafePng(header, {}, rows_of.encode(image))), "image/png", Job(policy, Budget(policy.limits)))
    coded = pixels.encode(Bitmap(Image.new("RGB", (9, 9)), Sampling.QUARTER), 90)
    resampled(coded, "image/jpeg", Job(policy, Budget(policy.limits)))

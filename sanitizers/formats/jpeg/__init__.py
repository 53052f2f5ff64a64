"""JPEG: markers written anew from a short allow-list, pixels decoded and encoded anew (IMG-01 to IMG-12, 40, 44)."""

from typing import Final

from PIL import Image

from policies.model import Policy
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import MalformedError
from sanitizers.formats import colour
from sanitizers.formats.jpeg import pixels
from sanitizers.formats.jpeg.allow import VECTORS
from sanitizers.formats.jpeg.disarm import SafeJpeg, disarm
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.tables import MAX_QUALITY
from sanitizers.formats.jpeg.write import Said, wrap
from sanitizers.formats.marks import spells_script
from sanitizers.parsers import jpeg
from sanitizers.parsers.jpeg import Jpeg
from sanitizers.sanitizer import Job

__all__ = ["JPEG", "warm"]


_TRIES: Final = 4  # another quality moves every byte


class _JpegSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/jpeg"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Jpeg:
        return jpeg.parse(untrusted, budget)

    def disarm(self, parsed: Jpeg, job: Job) -> SafeJpeg:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafeJpeg) -> bytes:
        frame = pixels.frame_of(safe.picture)
        for quality in range(safe.quality, max(safe.quality - _TRIES, 0), -1):
            coded = pixels.encode(safe.picture, quality)
            if not spells_script(coded):
                return wrap(safe.said, coded, frame, quality)
        raise MalformedError("pixels that spell a script")


JPEG: Final = _JpegSanitizer()


def warm() -> None:
    """Take small pictures all the way: a confined child then finds every library loaded and every table made."""
    policy = Policy(name="warm")
    colour.warm()
    for mode in ("L", "RGB", "CMYK"):
        picture = Bitmap(Image.new(mode, (17, 9)), Sampling.QUARTER)
        for quality in (MAX_QUALITY, MAX_QUALITY + 1):  # ours already; to be encoded anew
            job = Job(policy, Budget(policy.limits))
            untrusted = wrap(Said(adobe=0 if mode == "CMYK" else None), pixels.encode(picture, quality))
            JPEG.reconstruct(JPEG.disarm(JPEG.parse(untrusted, job.budget), job))

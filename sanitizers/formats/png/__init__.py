"""PNG and APNG: chunks written anew from a short allow-list, rows proved and packed anew (IMG-01 to 17, 38 to 40)."""

from typing import Final

from PIL import Image

from policies.model import Policy
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.formats import colour
from sanitizers.formats.png import rows
from sanitizers.formats.png.allow import VECTORS
from sanitizers.formats.png.disarm import disarm
from sanitizers.formats.png.write import SafePng, write
from sanitizers.parsers import png
from sanitizers.parsers.png import Colour, Header, Png
from sanitizers.sanitizer import Job

__all__ = ["PNG", "warm"]


class _PngSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/png"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Png:
        return png.parse(untrusted, budget)

    def disarm(self, parsed: Png, job: Job) -> SafePng:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafePng) -> bytes:
        return write(safe)


PNG: Final = _PngSanitizer()


def warm() -> None:
    """Take a small picture all the way: a confined child then finds every library loaded and every table made."""
    policy = Policy(name="warm")
    colour.warm()
    hidden = Image.new("RGBA", (17, 9), (1, 2, 3, 0))
    job = Job(policy, Budget(policy.limits))
    untrusted = write(SafePng(Header(17, 9, 8, Colour.RGBA, False), {}, rows.encode(hidden)))
    PNG.reconstruct(PNG.disarm(PNG.parse(untrusted, job.budget), job))

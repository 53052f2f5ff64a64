"""TIFF: pages written anew from a short allow-list of tags, pixels unpacked and packed anew (IMG-24 to 26)."""

from typing import Final

from PIL import Image

from policies.model import Policy
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import InputError, MalformedError
from sanitizers.formats import colour
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.write import Said
from sanitizers.formats.marks import spells_script
from sanitizers.formats.tiff import blocks, fax, jpeg_page
from sanitizers.formats.tiff.allow import VECTORS
from sanitizers.formats.tiff.disarm import Parsed, disarm
from sanitizers.formats.tiff.write import DEFLATE, FAX, JPEG, SafePage, SafeTiff, deflated, write
from sanitizers.parsers import tiff, tiff_page
from sanitizers.parsers.spans import Span
from sanitizers.parsers.tiff import Directory, Role, Tiff
from sanitizers.sanitizer import Job

__all__ = ["TIFF", "warm"]


class _TiffSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/tiff"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Parsed:
        tree = tiff.parse(untrusted, budget)
        tiff_page.refuse_camera_raw(tree)
        pages = tuple(tiff_page.read(tree, directory, budget) for directory in tree.pages)
        below = (directory for directory in tree.nested if directory.role is Role.SUB)
        return Parsed(tree, pages, tuple(span for directory in below for span in _blocks(tree, directory, budget)))

    def disarm(self, parsed: Parsed, job: Job) -> SafeTiff:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafeTiff) -> bytes:
        data = write(safe)
        if spells_script(data):
            raise MalformedError("sizes that spell a script")
        return data


TIFF: Final = _TiffSanitizer()


def _blocks(tree: Tiff, directory: Directory, budget: Budget) -> tuple[Span, ...]:
    """The bytes of a picture that is left out either way; none where it is broken."""
    try:
        return tiff_page.read(tree, directory, budget).blocks
    except InputError:
        return ()


def warm() -> None:
    """Take small pages all the way: a confined child then finds every library loaded and every table made."""
    policy = Policy(name="warm")
    colour.warm()
    blocks.warm()
    coded = jpeg_page.encode(SafeJpeg(Bitmap(Image.new("RGB", (16, 16)), Sampling.QUARTER), 90, Said()))
    pages = (
        SafePage(8, 1, 1, 1, 0, FAX, 1, (fax.encode(b"\0", 8, 1),)),
        SafePage(1, 1, 8, 4, 2, DEFLATE, 1, (deflated(b"\1\2\3\0"),), alpha=2),
        SafePage(16, 16, 8, 3, 6, JPEG, 16, (coded.strip,), chroma_sampling=coded.chroma_sampling),
    )
    job = Job(policy, Budget(policy.limits))
    TIFF.reconstruct(TIFF.disarm(TIFF.parse(write(SafeTiff(pages)), job.budget), job))

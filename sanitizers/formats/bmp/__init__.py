"""BMP: written anew as PNG, whichever of its headers, depths and codings it has (IMG-22, IMG-23)."""

import struct
from dataclasses import dataclass, field
from typing import Final

from policies.catalogue import vector
from policies.model import Policy
from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.codecs.deflate import deflate_zlib
from sanitizers.errors import UnsupportedError
from sanitizers.formats.bmp import fax
from sanitizers.formats.bmp.pixels import draw
from sanitizers.formats.png import PNG
from sanitizers.formats.png.write import SafePng, write
from sanitizers.parsers import bmp
from sanitizers.parsers.bmp import FILE_HEADER_BYTES, Bmp, Coding, Space
from sanitizers.sanitizer import Job

__all__ = ["BMP", "warm"]

IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_22: Final = vector("IMG-22")
IMG_23: Final = vector("IMG-23")
IMG_38: Final = vector("IMG-38")
IMG_39: Final = vector("IMG-39")

_USUAL_HEADERS: Final = (40, 56, 108, 124)
_EMBEDDED: Final = {Coding.JPEG: "picture.jpg", Coding.PNG: "picture.png"}
_MAX_DENSITY: Final = (1 << 31) - 1
_METRE: Final = 1


@dataclass(frozen=True, slots=True)
class SafeCopy:
    """A picture of another format that stood in place of pixels, as the pipeline made it."""

    data: bytes = field(repr=False)


class _BmpSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/bmp"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return (IMG_07, IMG_09, IMG_22, IMG_23, IMG_38, IMG_39)

    def parse(self, untrusted: bytes, budget: Budget) -> Bmp:
        return bmp.parse(untrusted, budget)

    def disarm(self, parsed: Bmp, job: Job) -> SafePng | SafeCopy:
        """Decide about every part. Raises BlockedError where the policy says so, UnsupportedError, MalformedError."""
        _tell(parsed, job)
        if parsed.dib.coding in _EMBEDDED:
            return _embedded(parsed, job)
        job.copy_type = "image/png"
        return PNG.disarm(PNG.parse(_as_png(parsed, job), job.budget), job)

    def reconstruct(self, safe: SafePng | SafeCopy) -> bytes:
        return safe.data if isinstance(safe, SafeCopy) else PNG.reconstruct(safe)


BMP: Final = _BmpSanitizer()


def _tell(tree: Bmp, job: Job) -> None:
    """What is unlike the everyday file, and what is left behind."""
    dib = tree.dib
    odd = [] if dib.header_bytes in _USUAL_HEADERS else [f"a header of {dib.header_bytes} bytes"]
    odd += [dib.coding.value] if dib.coding is not Coding.RAW else []
    odd += ["rows from the top"] if dib.is_top_down else []
    if odd:
        job.found(IMG_23, "header", detail=", ".join(odd), at_least=Action.REWRITE)
    for start, end in tree.gaps:
        if any(tree.data[start:end]):
            job.found(IMG_23, f"offset {start}", detail=f"{end - start} bytes between parts", at_least=Action.REMOVE)
    if tree.spare_colours:
        job.found(IMG_39, "palette", detail=f"{tree.spare_colours} bytes of no use", at_least=Action.REMOVE)
    behind = len(tree.data) - tree.behind
    if any(tree.data[behind:]):
        job.found(IMG_09, f"offset {behind}", detail=f"{tree.behind} bytes", at_least=Action.REMOVE)
    if dib.space is Space.LINKED:
        job.found(IMG_22, "header", detail=f"{len(tree.profile)} bytes of a path", at_least=Action.REMOVE)
    if dib.space is Space.CALIBRATED and any(tree.data[FILE_HEADER_BYTES + 60 : FILE_HEADER_BYTES + 108]):
        job.found(IMG_07, "header", detail=dib.space.value, at_least=Action.REMOVE)


def _embedded(tree: Bmp, job: Job) -> SafeCopy:
    outcome = job.descend(bytes(tree.pixels), _EMBEDDED[tree.dib.coding])
    if outcome.data is None:
        raise UnsupportedError(f"{tree.dib.coding.value} in it was withheld")
    job.copy_type = outcome.report.released_type
    return SafeCopy(outcome.data)


def _as_png(tree: Bmp, job: Job) -> bytes:
    """A PNG of our own with the same pixels and, still as they came, what it says of density and colours."""
    drawn = draw(tree.dib, tree.palette, tree.pixels)
    if drawn.padding:
        job.found(IMG_23, "pixels", detail=f"padding of {drawn.padding} rows", at_least=Action.REMOVE)
    if drawn.unused_colours:
        job.found(IMG_39, "palette", detail=f"{drawn.unused_colours} unused colours", at_least=Action.REWRITE)
    said = {b"PLTE": drawn.palette} if drawn.palette else {}
    across, down = tree.dib.density
    if 0 < across <= _MAX_DENSITY and 0 < down <= _MAX_DENSITY:
        said[b"pHYs"] = struct.pack(">IIB", across, down, _METRE)
    if tree.profile and tree.dib.space is Space.EMBEDDED:
        said[b"iCCP"] = b"BMP\0\0" + deflate_zlib(tree.profile)
    return write(SafePng(drawn.header, said, drawn.rows))


def warm() -> None:
    """Take a small picture all the way: a confined child then finds every library loaded and every table made."""
    policy = Policy(name="warm")
    job = Job(policy, Budget(policy.limits))
    head = struct.pack("<IiiHHIIiiII", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
    untrusted = b"BM" + struct.pack("<IHHI", 58, 0, 0, 54) + head + bytes(4)
    BMP.reconstruct(BMP.disarm(BMP.parse(untrusted, job.budget), job))
    fax.warm()

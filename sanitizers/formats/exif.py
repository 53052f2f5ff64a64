"""What becomes of EXIF and XMP in a picture: the way up is kept, all else goes, told kind by kind (IMG-01 to 05)."""

import re
from typing import Final

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.parsers import exif
from sanitizers.parsers.exif import Exif
from sanitizers.sanitizer import Job

IMG_01: Final = vector("IMG-01")
IMG_02: Final = vector("IMG-02")
IMG_03: Final = vector("IMG-03")
IMG_04: Final = vector("IMG-04")
IMG_05: Final = vector("IMG-05")
UPRIGHT: Final = 1  # an orientation that need not be said

_XMP_ORIENTATION: Final = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])[\"'<]")


def hear(block: bytes, where: str, job: Job) -> Exif:
    """Read an EXIF block, without "Exif" in front, and record what is in it beside what we write ourselves."""
    said = exif.read(block)
    turned = said.orientation or UPRIGHT
    if turned == UPRIGHT or block != exif.write_orientation(turned):
        _tell(said, where, job)
    return said


def xmp_orientation(packet: bytes) -> int | None:
    """The orientation that an XMP packet names: it counts where EXIF names none."""
    found = _XMP_ORIENTATION.search(packet)
    return int(found[1]) if found else None


def _tell(said: Exif, where: str, job: Job) -> None:
    kinds = ((IMG_01, said.gps, "tags"), (IMG_02, said.maker_notes, "maker notes"), (IMG_04, said.thumbnail, "tags"))
    for kind, count, noun in kinds:
        if count:
            job.found(kind, where, detail=f"{count} {noun}", at_least=Action.REMOVE)
    if said.others or said.is_damaged or not any(count for _, count, _ in kinds):
        damage = ", damaged" if said.is_damaged else ""
        job.found(IMG_03, where, detail=f"{said.others} tags{damage}", at_least=Action.REMOVE)

"""What becomes of EXIF and XMP in a picture: the way up is kept, all else goes, told kind by kind (IMG-01 to 05).

Where the policy orders no more than `rewrite` for IMG-01, the place is written anew by value, for IMG-03 the time of
taking: in copies that can say so, which are JPEG.
"""

import re
from typing import Final

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.parsers import exif, exif_facts
from sanitizers.parsers.exif import Exif
from sanitizers.parsers.exif_facts import Facts
from sanitizers.sanitizer import Job

IMG_01: Final = vector("IMG-01")
IMG_02: Final = vector("IMG-02")
IMG_03: Final = vector("IMG-03")
IMG_04: Final = vector("IMG-04")
IMG_05: Final = vector("IMG-05")
UPRIGHT: Final = 1  # an orientation that need not be said

_XMP_ORIENTATION: Final = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])[\"'<]")


def hear(block: bytes, where: str, job: Job, *, keeps_facts: bool = False) -> Exif:
    """Read an EXIF block, without "Exif" in front, and record what is in it beside what we write ourselves.

    `keeps_facts`: the copy will say where and when it was taken, as far as the policy lets it; only these facts are
    left in what is answered.
    """
    keeps_place = keeps_facts and job.policy.ordered(IMG_01) <= Action.REWRITE
    keeps_moment = keeps_facts and job.policy.ordered(IMG_03) <= Action.REWRITE
    said = exif.read(block, reads_facts=keeps_place or keeps_moment)
    said.facts = Facts(said.facts.place if keeps_place else None, said.facts.moment if keeps_moment else None)
    turned = said.orientation or UPRIGHT
    is_ours = not said.maker_notes and block == exif_facts.write(turned, said.facts)
    if not is_ours or (turned == UPRIGHT and not said.facts):
        _tell(said, where, job)
    return said


def xmp_orientation(packet: bytes) -> int | None:
    """The orientation that an XMP packet names: it counts where EXIF names none."""
    found = _XMP_ORIENTATION.search(packet)
    return int(found[1]) if found else None


def _tell(said: Exif, where: str, job: Job) -> None:
    place, moment = said.facts.place, said.facts.moment
    kinds = (
        (IMG_01, said.gps, "tags", ", position written anew" if place else ""),
        (IMG_02, said.maker_notes, "maker notes", ""),
        (IMG_04, said.thumbnail, "tags", ""),
    )
    for kind, count, noun, kept in kinds:
        if count:
            least = Action.REWRITE if kept else Action.REMOVE
            job.found(kind, where, detail=f"{count} {noun}{kept}", at_least=least)
    if said.others or said.is_damaged or not any(count for _, count, *_ in kinds):
        kept = ", time of taking written anew" if moment else ""
        damage = ", damaged" if said.is_damaged else ""
        least = Action.REWRITE if kept else Action.REMOVE
        job.found(IMG_03, where, detail=f"{said.others} tags{damage}{kept}", at_least=least)

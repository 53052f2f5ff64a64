"""Decisions about a HEIF or AVIF file: its primary picture becomes a JPEG or a PNG, all else is told and left behind.

Neither coding can be written so that a second pass gives the same bytes, and many programs in offices open neither:
docs/adr/0009-heif-and-avif.md. PNG is for what lets something through, and for light beyond white (PQ, HLG).
"""

from dataclasses import dataclass
from typing import Final

from PIL import Image

from policies.terms import Action, Rebuild
from sanitizers.codecs import turbojpeg
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.formats import colour
from sanitizers.formats.colour import PROFILES
from sanitizers.formats.converted import MAX_JPEG_SIDE, QUALITY, rule_on_colour, to_png
from sanitizers.formats.heif import decode, tell
from sanitizers.formats.heif.allow import IMG_27
from sanitizers.formats.heif.decode import Shown
from sanitizers.formats.heif.planes import Colours, Planes
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.write import Said
from sanitizers.formats.png.write import SafePng
from sanitizers.parsers.exif_facts import Facts
from sanitizers.parsers.heif import Heif, Item
from sanitizers.parsers.heif_film import Film
from sanitizers.parsers.icc import Device
from sanitizers.sanitizer import Job

_PROFILES: Final = (b"prof", b"rICC")  # kinds of colr
_BT_2020, _DCI_P3, _DISPLAY_P3 = 9, 11, 12  # primaries
_PQ_AND_HLG: Final = (16, 18)  # transfer characteristics


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file's items, the one to show, and its film if it moves."""

    tree: Heif
    main: Item
    film: Film | None


def disarm(parsed: Parsed, job: Job) -> SafeJpeg | SafePng:
    """Decide about every part. Raises BlockedError where the policy says so, MalformedError, UnsupportedError."""
    job.rebuilt = Rebuild.FULL
    tree, main = parsed.tree, parsed.main
    shown = decode.show(tree, main, job)
    opacity, used = _opacity(tree, main, shown, job)
    sources = tuple(decode.in_order(tree, main))
    colours = next(filter(None, map(decode.colours_of, sources)), Colours())
    beyond_white = colours.transfer in _PQ_AND_HLG and colours.primaries in (_BT_2020, _DISPLAY_P3)
    profile = _profile(sources, colours)
    is_jpeg = opacity is None and not (beyond_white and profile is None) and max(shown.picture.size) <= MAX_JPEG_SIDE
    facts = tell.items(tree, used, job, keeps_facts=is_jpeg)
    tell.boxes(tree, parsed.film, job)
    if not is_jpeg:
        points = bytes((colours.primaries, colours.transfer, 0, 1)) if beyond_white and profile is None else None
        return _as_png(shown, opacity, profile, points, job)
    return _as_jpeg(shown, profile, facts, job)


def _opacity(tree: Heif, main: Item, shown: Shown, job: Job) -> tuple[Image.Image | None, frozenset[int]]:
    """How much shows through, None when nothing does; and every item that was used."""
    item = decode.alpha_of(tree, main)
    if item is None:
        return None, shown.items
    found = decode.show_alpha(tree, item, main, job)
    image = decode.to_image(found.picture).convert("L")
    if image.size != shown.picture.size:
        image = image.resize(shown.picture.size)
    return None if image.getextrema() == (255, 255) else image, shown.items | found.items


def _profile(sources: tuple[Item, ...], colours: Colours) -> bytes | None:
    """The profile in the file, or one that means the same as its code points; None for sRGB."""
    for said in (said for source in sources for said in source.properties):
        if said.name == b"colr" and bytes(said.body[:4]) in _PROFILES:
            return bytes(said.body[4:])
    if colours.transfer in _PQ_AND_HLG:
        return None
    if colours.primaries in (_DCI_P3, _DISPLAY_P3):
        return PROFILES["Display P3"]
    return colour.BT_2020 if colours.primaries == _BT_2020 else None


def _as_jpeg(shown: Shown, profile: bytes | None, facts: Facts, job: Job) -> SafeJpeg:
    job.copy_type = "image/jpeg"
    job.found(IMG_27, "picture", detail="written as JPEG", at_least=Action.REWRITE)
    picture = shown.picture
    device = Device.GRAY if shown.sampling is Sampling.GRAY else Device.RGB
    kept, source = rule_on_colour(profile, device, job)
    said = Said(profile=kept, facts=facts)
    if isinstance(picture, Planes) and picture.is_as_in_jpeg and source is None and turbojpeg.is_available():
        samples = [image.tobytes() for image in picture.images]
        return SafeJpeg(turbojpeg.Planes.of(*picture.size, picture.sampling, samples), QUALITY, said)
    image = decode.to_image(picture)
    if source is not None:
        image = colour.to_srgb(image, source) or image
    sampling = picture.sampling if isinstance(picture, Planes) else shown.sampling
    return SafeJpeg(Bitmap(image, sampling), QUALITY, said)


def _as_png(
    shown: Shown, opacity: Image.Image | None, profile: bytes | None, code_points: bytes | None, job: Job
) -> SafePng:
    job.copy_type = "image/png"
    job.found(IMG_27, "picture", detail="written as PNG", at_least=Action.REWRITE)
    image = decode.to_image(shown.picture)
    if opacity is not None:
        image = Image.merge("RGBA", (*image.convert("RGB").split(), opacity))
    elif code_points is not None:
        image = image.convert("RGB")
    return to_png(image, {b"cICP": code_points} if code_points is not None else {}, profile, job)

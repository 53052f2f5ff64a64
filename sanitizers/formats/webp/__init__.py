"""WebP: chunks written anew from a short allow-list, pictures decoded and encoded anew (IMG-21, IMG-38)."""

from struct import pack
from typing import Final

from PIL import Image

from policies.model import Policy
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.errors import MalformedError
from sanitizers.formats import colour
from sanitizers.formats.exif import UPRIGHT
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.marks import spells_script
from sanitizers.formats.webp import pictures
from sanitizers.formats.webp.allow import VECTORS
from sanitizers.formats.webp.disarm import SafeFrame, SafeWebP, disarm
from sanitizers.parsers import exif, riff, webp
from sanitizers.parsers.webp import WebP
from sanitizers.sanitizer import Job

__all__ = ["WEBP", "warm"]

_PROFILE, _ALPHA, _EXIF, _ANIMATION = 0x20, 0x10, 0x08, 0x02


class _WebPSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/webp"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> WebP:
        return webp.parse(untrusted, budget)

    def disarm(self, parsed: WebP, job: Job) -> SafeWebP | SafeJpeg:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafeWebP | SafeJpeg) -> bytes:
        if isinstance(safe, SafeJpeg):
            return JPEG.reconstruct(safe)
        data = _write(safe)
        if spells_script(data):
            raise MalformedError("sizes that spell a script")
        return data


WEBP: Final = _WebPSanitizer()


def _write(safe: SafeWebP) -> bytes:
    """VP8L alone where that says all; else VP8X, [ICCP], ANIM and ANMF or VP8L, [EXIF]."""
    flags = _PROFILE if safe.profile is not None else 0
    flags |= _EXIF if safe.orientation != UPRIGHT else 0
    flags |= _ANIMATION if safe.is_animated else 0
    if not flags:
        (frame,) = safe.frames
        return pictures.wrap(riff.write(b"VP8L", frame.picture.body))
    flags |= _ALPHA if any(frame.picture.has_alpha for frame in safe.frames) else 0
    out = [pictures.canvas(flags, safe.width, safe.height)]
    if safe.profile is not None:
        out.append(riff.write(b"ICCP", safe.profile))
    if safe.is_animated:
        out.append(riff.write(b"ANIM", safe.background + pack("<H", safe.loops)))
        out += map(_write_frame, safe.frames)
    else:
        out.append(riff.write(b"VP8L", safe.frames[0].picture.body))
    if safe.orientation != UPRIGHT:
        out.append(riff.write(b"EXIF", exif.write_orientation(safe.orientation)))
    return pictures.wrap(*out)


def _write_frame(frame: SafeFrame) -> bytes:
    place, picture = frame.place, frame.picture
    numbers = place.x // 2, place.y // 2, picture.width - 1, picture.height - 1, place.duration
    head = b"".join(number.to_bytes(3, "little") for number in numbers)
    flags = (not place.blends) << 1 | place.disposes
    return riff.write(b"ANMF", head + bytes((flags,)), riff.write(b"VP8L", picture.body))


def warm() -> None:
    """Take small pictures all the way: a confined child then finds every library loaded."""
    policy = Policy(name="warm")
    colour.warm()
    picture = pictures.encode(Image.new("RGBA", (17, 9), (1, 2, 3, 0)), 1)
    for body in (riff.write(b"VP8L", picture.body), _LOSSY):
        job = Job(policy, Budget(policy.limits))
        WEBP.reconstruct(WEBP.disarm(WEBP.parse(pictures.wrap(body), job.budget), job))


# One grey pixel, as libwebp codes it.
_LOSSY: Final = riff.write(b"VP8 ", bytes.fromhex("5001009d012a0100010002003425a40004740000e4400000"))

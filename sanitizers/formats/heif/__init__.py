"""HEIC, HEIF and AVIF: the primary picture decoded from our own walk of the items, written as JPEG or PNG (IMG-27)."""

from typing import Final

from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.codecs import hevc
from sanitizers.errors import InputError, MalformedError
from sanitizers.formats.heif import avif, decode, planes
from sanitizers.formats.heif.allow import VECTORS
from sanitizers.formats.heif.disarm import Parsed, disarm
from sanitizers.formats.heif.planes import Colours
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.png import PNG
from sanitizers.formats.png.write import SafePng
from sanitizers.parsers import heif, heif_film
from sanitizers.parsers.heif import Heif
from sanitizers.parsers.heif_film import Film
from sanitizers.sanitizer import Job

__all__ = ["HEIF", "warm"]


class _HeifSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/heic", "image/avif"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Parsed:
        tree = heif.parse(untrusted)
        film = _film(tree)
        main = tree.items.get(tree.primary) if tree.primary is not None else film.first if film else None
        if main is None:
            raise MalformedError("no picture")
        budget.draw(*decode.size_of(main))
        return Parsed(tree, main, film)

    def disarm(self, parsed: Parsed, job: Job) -> SafeJpeg | SafePng:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafeJpeg | SafePng) -> bytes:
        return JPEG.reconstruct(safe) if isinstance(safe, SafeJpeg) else PNG.reconstruct(safe)


HEIF: Final = _HeifSanitizer()


def _film(tree: Heif) -> Film | None:
    """What moves; of a broken one, None where there is a picture that does not."""
    try:
        return heif_film.parse(tree)
    except InputError:
        if tree.primary is None:
            raise
        return None


def warm() -> None:
    """Decode a small picture of each coding, so that a confined child finds every library loaded."""
    image, _ = avif.decode(_AV1, bytes.fromhex("81000c00"), (_SIDE, _SIDE), Colours(1, 13, 6))
    assert image.size == (_SIDE, _SIDE)
    if hevc.is_available():
        frame, warning = hevc.decode(_HEVC, _HEVC_SIDE, _HEVC_SIDE)
        assert not warning, warning
        planes.of(frame, (_HEVC_SIDE, _HEVC_SIDE), Colours()).to_image()


_SIDE, _HEVC_SIDE = 16, 64
# A square of one colour, as libaom codes it.
_AV1: Final = bytes.fromhex("12000a09180cffdb2021a0d08032151c478785ddc0002c000000757d59b394472dc3b5a4")
# A gray one, as x265 codes it: three sets of parameters and a slice.
_HEVC: Final = (
    bytes.fromhex("40010c01ffff0408000003009ff800000300001eba0240"),
    bytes.fromhex("4201010408000003009ff800000300001ec08204165baaba6b9b020000030002000003000210"),
    bytes.fromhex("4401c173c189"),
    bytes.fromhex("2801ae0aa4242a40e3223b1ff4a3b8c86ae682031317a09f3e3ded98d52df640"),
)

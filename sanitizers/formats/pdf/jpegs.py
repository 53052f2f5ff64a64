"""Pictures of a PDF that are coded as JPEG: through the JPEG sanitizer, without anything but the picture (PDF-78).

A reader of PDF takes colours from the dictionary and turns nothing by EXIF: profiles and orientation that stand in
the picture are therefore left behind before the JPEG sanitizer could act on them.
"""

from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from policies.terms import Action, Rebuild
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import BlockedError
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap, Coded
from sanitizers.formats.jpeg.write import Said
from sanitizers.parsers import jpeg
from sanitizers.parsers.jpeg import Jpeg
from sanitizers.parsers.jpeg_tables import Segment
from sanitizers.sanitizer import Job

QUALITY: Final = 90
_CMYK: Final = 4
_JFIF: Final = (0xE0, b"JFIF\0")
_ADOBE: Final = (0xEE, b"Adobe")


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """A baseline JPEG of ours. `changed`: what was unlike ours, in words; empty for one of our own."""

    data: bytes
    width: int
    height: int
    components: int
    changed: str


def rebuild_jpeg(coded: bytes, colour_transform: int | None, job: Job) -> CodedPicture:
    """The picture anew. `colour_transform` is the dictionary's. Raises MalformedError, LimitError, BlockedError."""
    tree = jpeg.parse(coded, job.budget)
    left = [segment for segment in tree.segments if not _is_of_the_picture(segment)]
    tree = replace(tree, segments=_segments(tree, colour_transform))
    aside = Job(_policy(job, tree), job.budget)
    safe = JPEG.disarm(tree, aside)
    if tree.adobe_transform is not None and len(tree.frame.components) == _CMYK:
        transform = tree.adobe_transform if isinstance(safe.picture, Coded) else 0  # decoded, it is CMYK
        safe = replace(safe, said=replace(safe.said, adobe=transform))
    data = JPEG.reconstruct(replace(safe, said=replace(safe.said, density=(0, 1, 1), orientation=1, profile=None)))
    told = [finding.detail for finding in aside.told() if finding.action > Action.KEEP]
    if left:
        told.insert(0, f"{len(left)} segments of metadata")
    frame = tree.frame
    return CodedPicture(data, frame.width, frame.height, len(frame.components), ", ".join(filter(None, told)))


def encode_jpeg(image: Image.Image) -> bytes:
    """Pixels, L or RGB, as a JPEG of ours."""
    sampling = Sampling.FULL if image.mode == "RGB" else Sampling.GRAY
    return JPEG.reconstruct(SafeJpeg(Bitmap(image, sampling), QUALITY, Said()))


def _is_of_the_picture(segment: Segment) -> bool:
    return any(segment.marker == marker and segment.body.startswith(start) for marker, start in (_JFIF, _ADOBE))


def _segments(tree: Jpeg, colour_transform: int | None) -> tuple[Segment, ...]:
    """What says what the components mean: a dictionary's word counts where the picture has none (Table 13)."""
    kept = []
    for segment in filter(_is_of_the_picture, tree.segments):
        is_jfif = segment.body.startswith(_JFIF[1])
        kept.append(replace(segment, body=segment.body[:7] + b"\0\0\1\0\1\0\0" if is_jfif else segment.body[:12]))
    if colour_transform == 0 and tree.adobe_transform is None and len(tree.frame.components) != 1:
        kept = [segment for segment in kept if not segment.body.startswith(_JFIF[1])]
        kept.append(Segment(_ADOBE[0], 2, _ADOBE[1] + b"\0\x64\0\0\0\0\0"))
    return tuple(kept)


def _policy(job: Job, tree: Jpeg):  # type: ignore[no-untyped-def]
    """CMYK stays in the DCT domain: what its numbers mean is settled by the dictionary, not by the picture."""
    return replace(job.policy, rebuild=Rebuild.LOSSLESS) if len(tree.frame.components) == _CMYK else job.policy


__all__ = ["QUALITY", "BlockedError", "CodedPicture", "encode_jpeg", "rebuild_jpeg"]

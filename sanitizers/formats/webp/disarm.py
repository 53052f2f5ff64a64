"""Decisions about a WebP: what it may say, and how its pictures are coded anew.

Pictures without loss stay as they are, pixel for pixel. VP8 cannot be written so that a second pass gives the same
bytes; a still picture of it becomes a JPEG of about its quality, which can. One that moves, lets something through or
is small becomes one without loss (docs/adr/0008-webp.md). The lossless class keeps every pixel of each.
"""

from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from policies.terms import Action, Rebuild
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.formats import alpha, colour, exif
from sanitizers.formats.colour import Fate, Ruling
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.tables import MAX_QUALITY
from sanitizers.formats.jpeg.write import NO_DENSITY, Said
from sanitizers.formats.webp import pictures
from sanitizers.formats.webp.allow import CHUNK_ELSE, CHUNKS, IMG_05, IMG_07, IMG_09, IMG_21, IMG_38, Kind
from sanitizers.formats.webp.pictures import Lossless
from sanitizers.parsers.icc import Device
from sanitizers.parsers.riff import Chunk
from sanitizers.parsers.webp import Frame, Place, WebP
from sanitizers.sanitizer import Job

_LEAST_QUALITY: Final = 86  # of a JPEG: below, coarse VP8 of hard edges falls under SSIM 0.95
_FINER: Final = 5  # as much above the quality of VP8 a JPEG of it looks the same: SSIM 0.95 and more (ADR 8)
_SMALL: Final = 64 * 64  # pixels that take no more bytes without loss
_BYTES: Final = 4  # of a pixel in memory


@dataclass(frozen=True, slots=True)
class SafeFrame:
    """A picture that we coded, and its place."""

    picture: Lossless
    place: Place


@dataclass(frozen=True, slots=True)
class SafeWebP:
    """Pictures without loss, and the few things that are said beside them."""

    width: int
    height: int
    frames: tuple[SafeFrame, ...]
    is_animated: bool
    background: bytes
    loops: int
    orientation: int
    profile: bytes | None = field(repr=False)  # one of colour.PROFILES


@dataclass(slots=True)
class _Heard:
    """What the chunks say, as far as it may be said again."""

    orientation: int | None = None
    xmp_orientation: int | None = None
    density: tuple[int, int, int] = NO_DENSITY
    ruling: Ruling | None = None
    profile: bytes | None = None

    @property
    def turned(self) -> int:
        return self.orientation or self.xmp_orientation or exif.UPRIGHT

    @property
    def source(self) -> bytes | None:
        """The profile to convert the pixels from, if that is what the policy and the profile ask for."""
        if self.ruling is None or self.ruling.fate is Fate.DROP or self.profile is not None:
            return None
        return self.ruling.source


def disarm(tree: WebP, job: Job) -> SafeWebP | SafeJpeg:
    """Decide about every part. Raises BlockedError where the policy says so, MalformedError without whole pictures."""
    heard = _hear(tree, job)
    behind = len(tree.data) - tree.end
    if behind:
        job.found(IMG_09, f"offset {tree.end}", detail=f"{behind} bytes", at_least=Action.REMOVE)
    with_loss = [frame for frame in tree.frames if frame.head.quality is not None]
    if with_loss and job.rebuild is not Rebuild.LOSSLESS:
        job.found(IMG_21, "pictures", detail="of VP8, coded another way", count=len(with_loss), at_least=Action.REWRITE)
    return _Pictures(tree, heard, job).run()


def _hear(tree: WebP, job: Job) -> _Heard:
    heard = _Heard()
    names: set[bytes] = set()
    for chunk in tree.chunks:
        row = CHUNKS.get(chunk.name)
        kind = row.kind if row and chunk.name not in names else Kind.NOTHING
        names.add(chunk.name)
        match kind:
            case Kind.PROFILE:
                _hear_profile(chunk, heard, job)
            case Kind.ORIENTATION:
                said = exif.hear(bytes(chunk.body).removeprefix(b"Exif\0\0"), chunk.where, job)
                heard.orientation = said.orientation
                if said.density is not None:
                    across, down, unit = said.density
                    heard.density = unit - 1, across, down
            case Kind.NOTHING:
                vector = row.otherwise if row else CHUNK_ELSE
                job.found(vector, chunk.where, detail=f"{len(chunk.body)} bytes", at_least=Action.REMOVE)
                if vector is IMG_05:
                    heard.xmp_orientation = exif.xmp_orientation(bytes(chunk.body))
    return heard


def _hear_profile(chunk: Chunk, heard: _Heard, job: Job) -> None:
    heard.ruling = colour.rule(bytes(chunk.body), Device.RGB)
    order = job.policy.ordered(IMG_07)
    if heard.ruling.fate is not Fate.OURS or order > Action.REWRITE:
        order = job.found(IMG_07, chunk.where, detail=heard.ruling.detail, at_least=Action.REWRITE)
    heard.profile = heard.ruling.profile if order <= Action.REWRITE else None


class _Pictures:
    """One pass over the frames, of which one at a time is in memory."""

    def __init__(self, tree: WebP, heard: _Heard, job: Job) -> None:
        self.tree, self.heard, self.job = tree, heard, job
        self.pixels_of_all = sum(frame.head.width * frame.head.height for frame in tree.frames)
        self.cleared = 0

    def run(self) -> SafeWebP | SafeJpeg:
        tree, heard = self.tree, self.heard
        frames: list[SafeFrame] = []
        for frame in tree.frames:
            image, quality = self._decode(frame), frame.head.quality
            if quality is not None and self._may_be_jpeg(image):
                return self._as_jpeg(image, quality)
            frames.append(SafeFrame(self._encode(image), frame.place))
        if self.cleared:
            self.job.found(IMG_38, "pixels", detail=f"{self.cleared} pictures", count=self.cleared)
        return SafeWebP(
            tree.width,
            tree.height,
            tuple(frames),
            tree.is_animated,
            tree.background,
            tree.loops,
            heard.turned,
            heard.profile,
        )

    def _may_be_jpeg(self, image: Image.Image) -> bool:
        is_still = not self.tree.is_animated and image.mode == "RGB" and image.width * image.height > _SMALL
        return is_still and self.job.rebuild is not Rebuild.LOSSLESS

    def _decode(self, frame: Frame) -> Image.Image:
        self.job.budget.expand(frame.head.width * frame.head.height * _BYTES)
        image = pictures.decode(frame)
        return image if self.heard.source is None else pictures.to_srgb(image, self.heard.source)

    def _encode(self, image: Image.Image) -> Lossless:
        cleared = alpha.without_hidden_colours(image) if image.mode == "RGBA" else None
        if cleared is not None:
            self.cleared += 1
            image = image if self.job.policy.ordered(IMG_38) is Action.KEEP else cleared
        return pictures.encode(image, self.pixels_of_all)

    def _as_jpeg(self, image: Image.Image, quality: int) -> SafeJpeg:
        self.job.copy_type = "image/jpeg"
        said = Said(self.heard.density, self.heard.turned, self.heard.profile)
        bounded = min(max(quality + _FINER, _LEAST_QUALITY), MAX_QUALITY)
        return SafeJpeg(Bitmap(image, Sampling.QUARTER), bounded, said)

"""Decisions about a TIFF: which pages are pictures of their own, what each may say, and the way its pixels go.

The full and the lossless class are the same for rows: they are unpacked, proved and packed anew, and say the same
pixels. JPEG pages stay JPEG, coded as JPEG files are (docs/adr/0005-canonical-jpeg.md): unpacked, a coloured scan would
grow tenfold. Pages of black and white become Group 4.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from PIL import Image

from policies.terms import Action, Vector
from sanitizers.errors import MalformedError
from sanitizers.formats import colour, exif
from sanitizers.formats.colour import Fate
from sanitizers.formats.tiff import jpeg_page, pixels, raster_page
from sanitizers.formats.tiff.allow import (
    IMG_01,
    IMG_02,
    IMG_03,
    IMG_04,
    IMG_07,
    IMG_09,
    IMG_24,
    IMG_25,
    MAKER_NOTE,
    TAG_ELSE,
    TAGS,
    Kind,
)
from sanitizers.formats.tiff.blocks import Rows
from sanitizers.formats.tiff.raster_page import CMYK
from sanitizers.formats.tiff.write import DEFLATE, JPEG, Density, SafePage, SafeTiff
from sanitizers.parsers import tiff_page
from sanitizers.parsers.icc import Device
from sanitizers.parsers.spans import Span, unclaimed
from sanitizers.parsers.tiff import Directory, Role, Tiff
from sanitizers.parsers.tiff_page import Page
from sanitizers.sanitizer import Job

_YCBCR: Final = 6
_DEVICES: Final = {0: Device.GRAY, 1: Device.GRAY, 2: Device.RGB, 3: Device.RGB, CMYK: Device.CMYK, _YCBCR: Device.RGB}
_NESTED: Final = {Role.EXIF: IMG_03, Role.GPS: IMG_01, Role.INTEROPERABILITY: IMG_03, Role.SUB: IMG_24}
_PADDING: Final = 16  # so many zeros between parts mean nothing
_INCH: Final = 2
_UNITS: Final = (1, 2, 3)
_ALPHAS: Final = (1, 2)  # kinds of a fourth sample that let something through
_UNASSOCIATED: Final = 2
_OPAQUE: Final = 255
_MAX_HUNDREDTHS: Final = 1 << 24


@dataclass(frozen=True, slots=True)
class Parsed:
    """A TIFF's directories, its pages as they are built, and the bytes of pictures below them."""

    tree: Tiff
    pages: tuple[Page, ...]
    below: tuple[Span, ...] = field(repr=False)


def disarm(parsed: Parsed, job: Job) -> SafeTiff:
    """Decide about every part. Raises BlockedError where the policy says so, MalformedError, UnsupportedError."""
    _tell_structure(parsed, job)
    for nested in parsed.tree.nested:
        _tell_nested(nested, job)
    pages = [_page(parsed.tree, page, f"page {number}", job) for number, page in _pictures(parsed.pages, job)]
    return SafeTiff(tuple(pages))


def _tell_structure(parsed: Parsed, job: Job) -> None:
    tree = parsed.tree
    if tree.is_big:
        job.found(IMG_25, "header", detail="BigTIFF", at_least=Action.REWRITE)
    for fault in tree.faults:
        job.found(IMG_25, "directories", detail=fault, at_least=Action.REMOVE)
    spans = [*tree.spans, *parsed.below, *(block for page in parsed.pages for block in page.blocks)]
    gaps = [
        (start, end)
        for start, end in unclaimed(spans, len(tree.data))
        if end - start >= _PADDING or any(tree.data[start:end])
    ]
    for start, end in gaps:
        behind = end == len(tree.data)
        vector, detail = (IMG_09, f"{end - start} bytes") if behind else (IMG_25, "bytes that no tag claims")
        job.found(vector, f"offset {start}", detail=detail, count=1 if behind else end - start, at_least=Action.REMOVE)


def _tell_nested(directory: Directory, job: Job) -> None:
    where = f"{directory.role.value} at {directory.at}"
    vector = IMG_04 if directory.role is Role.SUB and tiff_page.is_reduced(directory) else _NESTED[directory.role]
    job.found(vector, where, detail=f"{len(directory.entries)} tags", at_least=Action.REMOVE)
    if directory.role is Role.EXIF and MAKER_NOTE in directory.entries:
        job.found(IMG_02, where, detail="1 maker notes", at_least=Action.REMOVE)


def _pictures(pages: tuple[Page, ...], job: Job) -> Iterator[tuple[int, Page]]:
    """The pages that are pictures of their own, with their numbers; the others are told."""
    largest = 0
    for number, page in enumerate(pages, 1):
        reduced = tiff_page.is_reduced(page.directory) and page.width < largest
        mask = tiff_page.is_mask(page.directory) and largest > 0
        largest = max(largest, page.width)
        if reduced or mask:
            vector = IMG_04 if reduced else IMG_24
            detail = f"a {'smaller copy' if reduced else 'mask'} of {page.width} x {page.height} pixels"
            job.found(vector, f"page {number}", detail=detail, at_least=Action.REMOVE)
        else:
            yield number, page


def _page(tree: Tiff, page: Page, where: str, job: Job) -> SafePage:
    _tell_tags(page.directory, where, job)
    if page.spare_blocks:
        job.found(IMG_25, where, detail=f"{page.spare_blocks} strips too many", at_least=Action.REMOVE)
    profile, source = _rule_on_colour(page, where, job)
    if page.compression in (jpeg_page.NEW, jpeg_page.OLD):
        safe = _jpeg(tree, page, where, source, job)
    else:
        rows = Rows(page, tree.data, tree.is_big_endian)
        if rows.shown is not page:
            is_rare = rows.shown.bits != page.bits
            detail = f"samples of {page.bits} bits" if is_rare else f"tiles of predictor {page.predictor}"
            job.found(IMG_25, where, detail=detail, at_least=Action.REWRITE)
        safe = raster_page.disarm(page, rows, where, source, job)
    return replace(
        safe, profile=profile, density=_density(page.directory), orientation=_orientation(page.directory, where, job)
    )


def _tell_tags(directory: Directory, where: str, job: Job) -> None:
    dropped: dict[Vector, list[int]] = {}
    for tag in sorted(directory.entries):
        row = TAGS.get(tag)
        if row is None or row.kind is Kind.NOTHING:
            dropped.setdefault(row.otherwise if row else TAG_ELSE, []).append(tag)
    for vector, tags in dropped.items():
        job.found(vector, where, detail=f"tags {', '.join(map(str, tags))}", count=len(tags), at_least=Action.REMOVE)
    faulty = directory.repeated | directory.broken
    if faulty:
        job.found(IMG_25, where, detail="tags without a sound value", count=len(faulty), at_least=Action.REMOVE)


def _rule_on_colour(page: Page, where: str, job: Job) -> tuple[bytes | None, bytes | None]:
    """(profile of ours to write, profile to convert the pixels from)."""
    entry, device = page.directory.entries.get(tiff_page.PROFILE), _DEVICES.get(page.photometric)
    if entry is None:
        return None, None
    if device is None or page.bits == 1:
        job.found(IMG_07, where, detail="a profile for other colours", at_least=Action.REMOVE)
        return None, None
    ruling = colour.rule(bytes(entry.value), device)
    if ruling.fate is Fate.OURS and job.policy.ordered(IMG_07) <= Action.REWRITE:
        return ruling.profile, None
    order = job.found(IMG_07, where, detail=ruling.detail, at_least=Action.REWRITE)
    if ruling.profile is not None and order <= Action.REWRITE:
        return ruling.profile, None
    return None, ruling.source


def _jpeg(tree: Tiff, page: Page, where: str, source: bytes | None, job: Job) -> SafePage:
    picture = jpeg_page.decode(page, tree.data, where, source, job)
    if isinstance(picture, Image.Image):
        return _cmyk(picture) if picture.mode == "CMYK" else _rgba(picture, page, where, job)
    coded = jpeg_page.encode(picture)
    return SafePage(
        page.width, page.height, 8, coded.components, page.photometric if coded.components == 1 else _YCBCR, JPEG,
        page.height, (coded.strip,), chroma_sampling=coded.chroma_sampling,
    )  # fmt: skip


def _cmyk(picture: Image.Image) -> SafePage:
    each, strips = raster_page.packed(pixels.differenced(pixels.from_image(picture)))
    return SafePage(*picture.size, 8, 4, CMYK, DEFLATE, each, strips, predictor=2)


def _rgba(picture: Image.Image, page: Page, where: str, job: Job) -> SafePage:
    job.found(IMG_25, where, detail="JPEG with a fourth sample", at_least=Action.REWRITE)
    kind = (page.extra or (_UNASSOCIATED,))[0]
    if kind not in _ALPHAS:
        picture.putalpha(_OPAQUE)
        kind = _UNASSOCIATED
    return replace(raster_page.as_rgba(picture, where, job), alpha=kind)


def _density(directory: Directory) -> Density | None:
    across, down = (_hundredths(directory, tag) for tag in (tiff_page.X_DENSITY, tiff_page.Y_DENSITY))
    try:
        unit = directory.number(tiff_page.DENSITY_UNIT, _INCH)
    except MalformedError:
        return None
    return Density(across, down, unit) if across and down and unit in _UNITS else None


def _hundredths(directory: Directory, tag: int) -> int:
    """A density in hundredths; 0 when there is no sound one."""
    entry = directory.entries.get(tag)
    dots = next(iter(entry.ratios()), 0.0) if entry else 0.0
    return round(100 * dots) if 0 < 100 * dots <= _MAX_HUNDREDTHS else 0


def _orientation(directory: Directory, where: str, job: Job) -> int:
    try:
        value = directory.number(tiff_page.ORIENTATION, exif.UPRIGHT)
    except MalformedError:
        value = 0
    if 1 <= value <= 8:
        return value
    job.found(IMG_24, where, detail="an orientation that does not exist", at_least=Action.REMOVE)
    return exif.UPRIGHT

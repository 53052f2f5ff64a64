"""Pages coded as JPEG, the new way (Technical Note 2) and the old (TIFF 6.0 section 22).

Each strip or tile is made a JPEG file of our own, walked by our own parser, decoded, put in its place, and the whole
page is encoded once. Planes of luma and chroma stay planes where every block has the same kind of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageChops

from policies.catalogue import vector
from policies.model import Limits
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.codecs.turbojpeg import Planes, plane_sizes
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats import colour
from sanitizers.formats.jpeg import JPEG, pixels
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.tables import MAX_QUALITY, nearest_quality
from sanitizers.formats.jpeg.write import Said
from sanitizers.parsers import jpeg
from sanitizers.parsers.jpeg import Jpeg
from sanitizers.parsers.tiff_page import JPEG_LENGTH, JPEG_START, JPEG_TABLES, Page
from sanitizers.sanitizer import Job

IMG_25: Final = vector("IMG-25")
GEN_15: Final = vector("GEN-15")

NEW, OLD = 7, 6
_GRAY, _RGB, _CMYK, _YCBCR = (0, 1), 2, 5, 6
_OURS: Final = Limits(max_pixels=1 << 32)  # what our own encoder may hand us
_MAX_SIDE: Final = 65_500  # of a JPEG
_JFIF: Final = jpeg.write(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
_NO_TRANSFORM: Final = jpeg.write(0xEE, b"Adobe\0\x64\0\0\0\0\0")
_OF_COMPONENTS: Final = {(1, _GRAY[0]), (1, _GRAY[1]), (3, _RGB), (3, _YCBCR), (4, _CMYK), (4, _RGB)}


@dataclass(frozen=True, slots=True)
class Coded:
    """A page as one JPEG strip, without the marker that a JPEG file has in front."""

    strip: bytes = field(repr=False)
    components: int
    chroma_sampling: tuple[int, int] | None


def decode(page: Page, data: bytes, where: str, source: bytes | None, job: Job) -> SafeJpeg | Image.Image:
    """The page's picture: ready to be encoded as JPEG, or of four samples, which is not: CMYK, or RGB and alpha.

    `source`: a profile to convert it from.

    Raises MalformedError, UnsupportedError, BlockedError where damage or the policy says so.
    """
    job.budget.expand(page.width * page.height)  # what stays JPEG never stands in memory as three bytes a pixel
    trees = _trees(page, data, where, job)
    frame = trees[0].frame
    if (len(frame.components), page.photometric) not in _OF_COMPONENTS:
        raise UnsupportedError(f"{len(frame.components)} components for photometric {page.photometric}")
    if max(page.width, page.height) > _MAX_SIDE:
        raise UnsupportedError(f"JPEG of {page.width} x {page.height} pixels")
    is_whole = len(trees) == 1 and (frame.width, frame.height) == (page.width, page.height)
    has_four = len(frame.components) == 4
    if is_whole and not has_four and source is None:
        safe = JPEG.disarm(trees[0], job)
        return SafeJpeg(safe.picture, safe.quality, Said())
    quality = min(nearest_quality(trees[0].quantisation.get(frame.components[0].table)), MAX_QUALITY)
    _check(page, trees, where, job)
    if not has_four and source is None:
        return SafeJpeg(_joined(page, trees, where, job), quality, Said())
    bitmap = _joined_pictures(page, trees)
    # Pillow takes four samples for Adobe's CMYK, which is the other way round.
    image = ImageChops.invert(bitmap.image) if has_four else bitmap.image
    if has_four and page.photometric == _RGB:
        *colours, alpha = image.split()
        image = Image.merge("RGB", colours)
        image = (colour.to_srgb(image, source) if source is not None else None) or image
        return Image.merge("RGBA", (*image.split(), alpha))
    shown = colour.to_srgb(image, source) if source is not None else None
    if shown is None and page.photometric == _CMYK:
        return image
    return SafeJpeg(Bitmap(shown or image, bitmap.sampling), quality, Said())


def encode(safe: SafeJpeg) -> Coded:
    """The page as a strip. Raises MalformedError for pixels that spell a script."""
    whole = JPEG.reconstruct(SafeJpeg(safe.picture, safe.quality, Said()))
    assert whole.startswith(jpeg.SOI + _JFIF)
    frame = jpeg.parse(whole, Budget(_OURS)).frame
    first = frame.components[0]
    chroma = (first.across, first.down) if len(frame.components) == 3 else None
    return Coded(jpeg.SOI + whole[len(jpeg.SOI + _JFIF) :], len(frame.components), chroma)


def _trees(page: Page, data: bytes, where: str, job: Job) -> list[Jpeg]:
    """Each block as a JPEG of its own, of which our parser knows every byte."""
    if page.is_planar or page.bits != 8:
        raise UnsupportedError(f"JPEG of {page.bits} bits, planes {page.is_planar}")
    if page.compression == OLD:
        return [jpeg.parse(_old(page, data, where, job), job.budget)]
    marker = _NO_TRANSFORM if page.photometric in (_RGB, _CMYK) else _JFIF
    tables = bytes(page.directory.entries[JPEG_TABLES].value) if JPEG_TABLES in page.directory.entries else b""
    inner = tables.removeprefix(jpeg.SOI).removesuffix(jpeg.EOI)
    head = jpeg.SOI + marker + inner
    return [jpeg.parse(head + data[start:end].removeprefix(jpeg.SOI), job.budget) for start, end in page.blocks]


def _old(page: Page, data: bytes, where: str, job: Job) -> bytes:
    """The one whole JPEG file that most programs of the old way wrote. Raises UnsupportedError for pieces."""
    job.found(IMG_25, where, detail="JPEG of the old way", at_least=Action.REWRITE)
    start = page.directory.number(JPEG_START, page.blocks[0][0] if len(page.blocks) == 1 else 0)
    end = start + page.directory.number(JPEG_LENGTH, len(data))
    whole = data[start : max(end, page.blocks[-1][1])]
    if not whole.startswith(jpeg.SOI + b"\xff"):
        raise UnsupportedError("JPEG of the old way, in pieces")
    return jpeg.SOI + (b"" if page.photometric in (_RGB, _CMYK) else _JFIF) + whole[2:]


def _check(page: Page, trees: Sequence[Jpeg], where: str, job: Job) -> None:
    """Raises MalformedError for a block of another size than the page says."""
    for number, tree in enumerate(trees):
        rows = page.height - number // page.across * page.block_height
        height = page.block_height if page.is_tiled else min(page.block_height, rows)
        if tree.frame.width != page.block_width or tree.frame.height < height:
            raise MalformedError(f"a block of {tree.frame.width} x {tree.frame.height} pixels")
        _tell(tree, where, job)


def _places(page: Page) -> list[tuple[int, int]]:
    """Where each block's upper left corner goes."""
    return [(x * page.block_width, y * page.block_height) for y in range(page.down) for x in range(page.across)]


def _joined(page: Page, trees: Sequence[Jpeg], where: str, job: Job) -> Planes | Bitmap:
    """The blocks as one picture."""
    parts: list[Planes] = []
    for tree in trees:
        part, warning = pixels.decode(tree)
        if warning:
            job.found(GEN_15, where, detail=warning, at_least=Action.BLOCK)
        if not isinstance(part, Planes) or part.sampling is not (parts or [part])[0].sampling:
            return _joined_pictures(page, trees)
        parts.append(part)
    across, down = parts[0].sampling.steps
    if page.block_width % across or page.block_height % down:
        return _joined_pictures(page, trees)
    return _joined_planes(page, parts)


def _tell(tree: Jpeg, where: str, job: Job) -> None:
    for segment in tree.segments:
        if not segment.body.startswith((b"JFIF\0", b"Adobe")):
            detail = f"{segment.where} in a block, {len(segment.body)} bytes"
            job.found(IMG_25, where, detail=detail, at_least=Action.REMOVE)


def _joined_planes(page: Page, parts: Sequence[Planes]) -> Planes:
    sampling = parts[0].sampling
    out = []
    for index, size in enumerate(plane_sizes(page.width, page.height, sampling)):
        across, down = sampling.steps if index else (1, 1)
        whole = Image.new("L", size)
        for part, (x, y) in zip(parts, _places(page)):
            inner = plane_sizes(part.width, part.height, sampling)[index]
            whole.paste(Image.frombytes("L", inner, bytes(part.planes[index])), (x // across, y // down))
        out.append(whole.tobytes())
    return Planes.of(page.width, page.height, sampling, out)


def _joined_pictures(page: Page, trees: Sequence[Jpeg]) -> Bitmap:
    bitmaps = [pixels.decode_to_bitmap(tree) for tree in trees]
    whole = Image.new(bitmaps[0].image.mode, (page.width, page.height))
    for bitmap, place in zip(bitmaps, _places(page)):
        if bitmap.image.mode != whole.mode:
            raise MalformedError("blocks of several kinds")
        whole.paste(bitmap.image, place)
    return Bitmap(whole, bitmaps[0].sampling)

"""Members that are bitmaps: pixels and mask decoded, cleared where nobody sees them, and written anew.

A bitmap's bytes are its pixels as they are, so that pixels could be chosen to be any text or file. One that holds such
marks, or is large, is written as PNG, which packs them.
"""

from dataclasses import dataclass, field
from struct import pack
from typing import Final

from PIL import Image, ImageChops

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.detect.polyglot import second_formats
from sanitizers.formats import alpha
from sanitizers.formats.bmp.pixels import paddings, to_image
from sanitizers.formats.marks import spells_script
from sanitizers.formats.palette import without_unused
from sanitizers.formats.png import rows as rows_of
from sanitizers.formats.png.write import SafePng
from sanitizers.parsers.ico import Bitmap, mask_stride
from sanitizers.parsers.png import Colour, Header
from sanitizers.sanitizer import Job

IMG_09: Final = vector("IMG-09")
IMG_30: Final = vector("IMG-30")
IMG_38: Final = vector("IMG-38")
IMG_39: Final = vector("IMG-39")

_HEADER_BYTES: Final = 40
_LONGEST_SIDE: Final = 256  # that the directory can name
_BLACK, _WHITE = b"\0\0\0", b"\xff\xff\xff"
_RAW: Final = {"RGB": "BGR", "RGBA": "BGRA"}


@dataclass(frozen=True, slots=True)
class SafeBitmap:
    """Pixels, their colours when they are indexes, and the mask, from the lowest row up and padded with zeros."""

    width: int
    height: int
    depth: int
    palette: bytes = field(repr=False)  # RGB, as many as the depth allows; empty above 8 bits
    rows: bytes = field(repr=False)
    mask: bytes = field(repr=False)

    def written(self) -> bytes:
        """The member."""
        head = pack("<IiiHHIIiiII", _HEADER_BYTES, self.width, 2 * self.height, 1, self.depth, 0, 0, 0, 0, 0, 0)
        entries = [self.palette[at : at + 3][::-1] + b"\0" for at in range(0, len(self.palette), 3)]
        return b"".join((head, *entries, self.rows, self.mask))


@dataclass(slots=True)
class _Shown:
    """A member in memory: P, RGB or RGBA, and 255 in the mask where the ground comes through."""

    image: Image.Image
    palette: bytes
    mask: Image.Image
    depth: int


def disarm(picture: Bitmap, where: str, job: Job) -> SafeBitmap | SafePng:
    """Decide about a bitmap. Raises BlockedError where the policy says so."""
    if picture.behind:
        job.found(IMG_09, where, detail=f"{picture.behind} bytes behind the mask", at_least=Action.REMOVE)
    shown = _decode(picture, where, job)
    _clear(shown, where, job)
    if shown.palette:
        shown.palette, cleared = without_unused(shown.palette, shown.image.histogram())
        if cleared:
            job.found(IMG_39, where, detail=f"{cleared} unused colours", at_least=Action.REWRITE)
    safe = _encode(shown)
    data = safe.written()
    if max(safe.width, safe.height) > _LONGEST_SIDE or spells_script(data) or second_formats(data):
        job.found(IMG_30, where, detail="a bitmap, written as PNG", at_least=Action.REWRITE)
        return _as_png(shown)
    return safe


def _decode(picture: Bitmap, where: str, job: Job) -> _Shown:
    dib, size = picture.dib, (picture.dib.width, picture.dib.height)
    job.budget.expand(4 * size[0] * size[1])
    hiding = any(map(any, paddings(dib, picture.pixels)))
    mask = Image.new("L", size)
    if picture.mask is not None:
        bits, is_padded = _unpack(picture.mask, "1", size, "1", mask_stride(size[0]))
        mask, hiding = bits.convert("L"), hiding or is_padded
    if dib.depth > 8:
        shown = _with_alpha(picture, mask, where, job)
    else:
        raw = "P" if dib.depth == 8 else f"P;{dib.depth}"
        plane, is_padded = _unpack(picture.pixels, "P", size, raw, dib.stride)
        hiding = hiding or is_padded
        depth = max(dib.depth, 4) if dib.depth != 1 else 1  # two bits a pixel are none of Windows' depths
        shown = _Shown(plane, picture.palette.ljust(3 << depth, b"\0"), mask, depth)
        if depth != dib.depth:
            job.found(IMG_30, where, detail=f"{dib.depth} bits a pixel, written as {depth}", at_least=Action.REWRITE)
    if hiding:
        job.found(IMG_30, where, detail="something in the padding of rows", at_least=Action.REMOVE)
    return shown


def _unpack(packed: memoryview, mode: str, size: tuple[int, int], raw: str, stride: int) -> tuple[Image.Image, bool]:
    """Bits or indexes, and whether anything else stands in their rows."""
    plane = Image.frombytes(mode, size, bytes(packed), "raw", raw, stride, -1)
    return plane, plane.tobytes("raw", raw, stride, -1) != packed


def _with_alpha(picture: Bitmap, mask: Image.Image, where: str, job: Job) -> _Shown:
    """Of 32 bits a pixel, alpha decides; where it is zero everywhere, as old programs left it, the mask does."""
    dib = picture.dib
    if dib.depth != 32:
        return _Shown(to_image(dib, picture.pixels), b"", mask, 24)
    image = Image.frombytes("RGBA", (dib.width, dib.height), bytes(picture.pixels), "raw", "BGRA", dib.stride, -1)
    if image.getchannel("A").getextrema() == (0, 0) and mask.getextrema() != (255, 255):
        job.found(IMG_30, where, detail="alpha taken from the mask", at_least=Action.REWRITE)
        image.putalpha(ImageChops.invert(mask))
    through = image.getchannel("A").point([255] + [0] * 255)
    if mask.getbbox() is not None and mask.tobytes() != through.tobytes():
        job.found(IMG_30, where, detail="a mask unlike the alpha", at_least=Action.REWRITE)
    return _Shown(image, b"", through, 32)


def _clear(shown: _Shown, where: str, job: Job) -> None:
    """No colours where the ground comes through (IMG-38); white and black mean there that it is inverted, or is not."""
    if shown.image.mode == "RGBA":
        cleared = alpha.without_hidden_colours(shown.image)
    elif shown.image.mode == "P":
        cleared = _without_hidden_indexes(shown)
    else:
        bands = shown.image.split()
        brightest, darkest = (how(how(*bands[:2]), bands[2]) for how in (ImageChops.lighter, ImageChops.darker))
        coloured = ImageChops.multiply(brightest.point([0] + [255] * 255), darkest.point([255] * 255 + [0]))
        hidden = ImageChops.multiply(coloured, shown.mask)
        cleared = shown.image.copy() if hidden.getbbox() is not None else None
        if cleared is not None:
            cleared.paste(0, mask=hidden)
    if cleared is not None and job.found(IMG_38, where, detail="colours behind the mask") is not Action.KEEP:
        shown.image = cleared


def _without_hidden_indexes(shown: _Shown) -> Image.Image | None:
    """Indexes of other colours become that of a black in use, or where there is none all the same one."""
    entries = [shown.palette[at : at + 3] for at in range(0, len(shown.palette), 3)]
    uses, uses_behind = shown.image.histogram(), shown.image.histogram(shown.mask)
    hidden = [index for index, entry in enumerate(entries) if uses_behind[index] and entry not in (_BLACK, _WHITE)]
    blacks = [index for index, entry in enumerate(entries) if uses[index] and entry == _BLACK]
    instead = min(blacks or hidden, default=0)
    if not set(hidden) - {instead}:
        return None
    table = bytearray(range(256))
    for index in hidden:
        table[index] = instead
    cleared = shown.image.copy()
    moved = Image.frombytes("P", cleared.size, cleared.tobytes().translate(bytes(table)))
    cleared.paste(moved, mask=shown.mask)
    return cleared


def _encode(shown: _Shown) -> SafeBitmap:
    width, height = shown.image.size
    raw = _RAW.get(shown.image.mode) or ("P" if shown.depth == 8 else f"P;{shown.depth}")
    stride = (width * shown.depth + 31) // 32 * 4
    rows = shown.image.tobytes("raw", raw, stride, -1)
    mask = shown.mask.convert("1", dither=Image.Dither.NONE).tobytes("raw", "1", mask_stride(width), -1)
    return SafeBitmap(width, height, shown.depth, shown.palette, rows, mask)


def _as_png(shown: _Shown) -> SafePng:
    image = shown.image.copy()
    if image.mode == "P":
        image.putpalette(shown.palette)
    image = image.convert("RGBA")
    if shown.image.mode != "RGBA":
        image.putalpha(ImageChops.invert(shown.mask))
        image = alpha.without_hidden_colours(image) or image
    return SafePng(Header(*image.size, 8, Colour.RGBA, False), {}, rows_of.encode(image))

"""JPEG 2000: the first picture decoded from a bare codestream, written as JPEG, or as PNG where JPEG cannot say it.

PNG is for what lets something through, for indexed colours, for black and white, and for gray of more than 8 bits.
OpenJPEG, inside Pillow, decodes: it gets a file of ours with a header and tile data, no comment, no metadata (IMG-28).
"""

import io
from array import array
from struct import pack
from typing import Final

from PIL import Image, Jpeg2KImagePlugin

from policies.catalogue import vector
from policies.model import Policy
from policies.terms import Action, Rebuild, Vector
from sanitizers.budget import Budget
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import LimitError, MalformedError, UnsupportedError
from sanitizers.formats import colour, exif
from sanitizers.formats.converted import MAX_JPEG_SIDE, QUALITY, rows_to_png, rule_on_colour, to_png
from sanitizers.formats.jpeg import JPEG
from sanitizers.formats.jpeg.disarm import SafeJpeg
from sanitizers.formats.jpeg.pixels import Bitmap
from sanitizers.formats.jpeg.write import NO_DENSITY, Said
from sanitizers.formats.png import PNG
from sanitizers.formats.png.write import SafePng
from sanitizers.parsers import jp2
from sanitizers.parsers.icc import Device
from sanitizers.parsers.isobmff import Box
from sanitizers.parsers.jp2 import SIGNATURE, Jp2, Space
from sanitizers.parsers.png import Colour, Header
from sanitizers.sanitizer import Job

__all__ = ["JP2", "warm"]

IMG_01: Final = vector("IMG-01")
IMG_02: Final = vector("IMG-02")
IMG_03: Final = vector("IMG-03")
IMG_04: Final = vector("IMG-04")
IMG_05: Final = vector("IMG-05")
IMG_06: Final = vector("IMG-06")
IMG_07: Final = vector("IMG-07")
IMG_09: Final = vector("IMG-09")
IMG_28: Final = vector("IMG-28")
IMG_38: Final = vector("IMG-38")
IMG_39: Final = vector("IMG-39")
IMG_40: Final = vector("IMG-40")

# Boxes beside the picture: those of uuid by theirs, the others by name; the vector, and what it is in words.
_UUIDS: Final[dict[bytes, tuple[Vector, str]]] = {
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): (IMG_05, "XMP"),
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): (IMG_06, "IPTC"),
    bytes.fromhex("09a14e97c0b442e0bebf36df6f0ce36f"): (IMG_06, "IPTC"),
    bytes.fromhex("2c4c0100850440b9a03e562148d6dfeb"): (IMG_06, "Photoshop"),
    bytes.fromhex("d8fec3d61b0e483c92975828877ec481"): (IMG_40, "provenance"),
}
_EXIF_UUIDS: Final = (b"JpgTiffExif->JP2", bytes.fromhex("0537cdab9d0c4431a72afa561f2a113e"))
_NAMES: Final = {
    b"xml ": "XML",
    b"uinf": "links",
    b"jp2c": "a further picture",
    b"jp2i": "rights",
    b"uuid": "data of a program",
}
_SPACES: Final = {1: Space.GRAY, 2: Space.GRAY, 3: Space.SRGB, 4: Space.SRGB}  # by components
_DEVICES: Final = {"L": Device.GRAY, "LA": Device.GRAY, "CMYK": Device.CMYK}
_ERRORS: Final = (OSError, SyntaxError, ValueError, EOFError, KeyError)
_UUID_BYTES: Final = 16
_BYTES_OF_PIXEL: Final = 8


class _Jp2Sanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/jp2"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return (
            *(IMG_01, IMG_02, IMG_03, IMG_04, IMG_05, IMG_06, IMG_07),
            *(IMG_09, IMG_28, IMG_38, IMG_39, IMG_40),
        )

    def parse(self, untrusted: bytes, budget: Budget) -> Jp2:
        return jp2.parse(untrusted, budget)

    def disarm(self, parsed: Jp2, job: Job) -> SafeJpeg | SafePng:
        """Decide about every part. Raises BlockedError where the policy says so, MalformedError, UnsupportedError."""
        job.rebuilt = Rebuild.FULL
        _tell(parsed, job)
        job.budget.expand(parsed.stream.width * parsed.stream.height * _BYTES_OF_PIXEL)
        image = decode(parsed)
        is_png = image.mode not in ("L", "RGB", "CMYK") or parsed.palette is not None or max(image.size) > MAX_JPEG_SIDE
        is_png |= parsed.space in (Space.BILEVEL, Space.BILEVEL_2) or parsed.stream.components[0].depth == 1
        job.copy_type = "image/png" if is_png else "image/jpeg"
        job.found(IMG_28, "picture", detail=f"written as {'PNG' if is_png else 'JPEG'}", at_least=Action.REWRITE)
        return _as_png(image, parsed, job) if is_png else _as_jpeg(image, parsed, job)

    def reconstruct(self, safe: SafeJpeg | SafePng) -> bytes:
        return JPEG.reconstruct(safe) if isinstance(safe, SafeJpeg) else PNG.reconstruct(safe)


JP2: Final = _Jp2Sanitizer()


def _tell(tree: Jp2, job: Job) -> None:
    for box in tree.beside:
        _tell_box(box, job)
    if tree.stream.comments:
        job.found(IMG_28, "codestream", detail="comments", count=tree.stream.comments, at_least=Action.REMOVE)
    if not tree.stream.has_end:
        job.found(IMG_28, "codestream", detail="no end marker", at_least=Action.REWRITE)
    if tree.behind:
        job.found(IMG_09, "file", detail=f"{tree.behind} bytes", at_least=Action.REMOVE)


def _tell_box(box: Box, job: Job) -> None:
    if box.name == b"uuid" and bytes(box.body[:_UUID_BYTES]) in _EXIF_UUIDS:
        exif.hear(bytes(box.body[_UUID_BYTES:]).removeprefix(b"Exif\0\0"), box.where, job)
        return
    known = _UUIDS.get(bytes(box.body[:_UUID_BYTES])) if box.name == b"uuid" else None
    vector_, what = known or (IMG_28, _NAMES.get(box.name, "a box of another kind"))
    job.found(vector_, box.where, detail=f"{what}, {len(box.body)} bytes", at_least=Action.REMOVE)


def decode(tree: Jp2) -> Image.Image:
    """L, LA, RGB, RGBA, CMYK, or I;16 for gray of more than 8 bits. Raises MalformedError, UnsupportedError."""
    stream = tree.stream
    if len({component.depth for component in stream.components}) != 1:
        raise UnsupportedError("components of several depths")
    try:
        opened = Jpeg2KImagePlugin.Jpeg2KImageFile(io.BytesIO(_file(tree)))
        opened.load()
        image = opened.copy()
    except Image.DecompressionBombError as error:
        raise LimitError("more pixels than the decoder takes") from error
    except _ERRORS as error:
        raise MalformedError(f"{type(error).__name__} while decoding JPEG 2000") from error
    image.info.clear()
    if image.size != (stream.width, stream.height):
        raise MalformedError("the decoder reads another shape")
    if tree.palette is not None:
        return _with_palette(image, tree)
    return _arranged(image, tree)


def _file(tree: Jp2) -> bytes:
    """A JP2 file of this picture: no palette, no channel definitions, colours by number."""
    stream = tree.stream
    count, depth = len(stream.components), stream.components[0].depth
    space = tree.space or (_SPACES[count] if stream.components[-1].across == 1 else Space.SYCC)
    if tree.profile is not None and tree.space is None and count == 4:
        space = Space.CMYK if colour.rule(tree.profile, Device.CMYK).source is not None else Space.SRGB
    if space in (Space.BILEVEL, Space.BILEVEL_2) or tree.palette is not None:
        space = Space.GRAY
    if (count < 3) != (space is Space.GRAY) or (space is Space.CMYK and count != 4):
        raise UnsupportedError(f"{count} components of {space.name}")
    head = pack(">IIHBBBB", stream.height, stream.width, count, depth - 1, 7, 0, 0)
    parts = _box(b"ihdr", head) + _box(b"colr", pack(">BBBI", 1, 0, 0, space.value))
    return SIGNATURE + _box(b"ftyp", b"jp2 \0\0\0\0jp2 ") + _box(b"jp2h", parts) + _box(b"jp2c", stream.bare)


def _box(name: bytes, body: bytes) -> bytes:
    return pack(">I4s", 8 + len(body), name) + body


def _with_palette(image: Image.Image, tree: Jp2) -> Image.Image:
    palette = tree.palette
    assert palette is not None
    depth = tree.stream.components[0].depth
    if image.mode != "L" or depth > 8:
        raise UnsupportedError(f"a palette for {depth} bits")
    top = (1 << depth) - 1  # the decoder spreads fewer bits over the whole range
    indexes = [round(value * top / 255) for value in range(256)]
    entries = [palette.entries[min(index, len(palette.entries) - 1)] for index in indexes]
    bands = [image.point([entry[channel] for entry in entries]) for channel in range(palette.channels)]
    return Image.merge("RGBA" if palette.channels == 4 else "RGB", bands)


def _arranged(image: Image.Image, tree: Jp2) -> Image.Image:
    """The picture with its channels in the order of their meaning, and without one that means nothing."""
    if image.mode in ("L", "I;16", "CMYK"):
        return image
    bands = list(image.split())
    if tree.opacity is None and len(bands) in (2, 4) and not tree.order:
        return image  # as viewers take what does not say
    colours = tree.order or tuple(number for number in range(len(bands)) if number != tree.opacity)
    wanted = 1 if len(bands) == 2 else 3
    if len(colours) != wanted or max((*colours, tree.opacity or 0)) >= len(bands):
        raise UnsupportedError(f"channels {colours} of {len(bands)}")
    chosen = [bands[number] for number in colours]
    if tree.opacity is None:
        return chosen[0] if wanted == 1 else Image.merge("RGB", chosen)
    chosen.append(bands[tree.opacity])
    if wanted == 1:
        return Image.merge("LA", chosen)
    merged = Image.merge("RGBa" if tree.is_premultiplied else "RGBA", chosen)
    return merged.convert("RGBA")


def _as_jpeg(image: Image.Image, tree: Jp2, job: Job) -> SafeJpeg:
    profile, source = rule_on_colour(tree.profile, _DEVICES.get(image.mode, Device.RGB), job)
    shown = colour.to_srgb(image, source) if source is not None else None
    image = shown or image
    density = (1, *tree.density) if tree.density is not None else NO_DENSITY
    said = Said(density=density, profile=profile, adobe=0 if image.mode == "CMYK" else None)
    is_halved = tree.stream.components[-1].across > 1
    return SafeJpeg(Bitmap(image, Sampling.QUARTER if is_halved else Sampling.FULL), QUALITY, said)


def _as_png(image: Image.Image, tree: Jp2, job: Job) -> SafePng:
    if image.mode == "CMYK":
        raise UnsupportedError("CMYK of more pixels than a JPEG has")
    if image.mode == "I;16":
        words = array("H", image.tobytes())
        words.byteswap()
        return _gray_png(image.size, 16, words.tobytes(), tree.profile, job)
    if image.mode == "L" and tree.palette is None and tree.stream.components[0].depth == 1:
        bits = image.convert("1", dither=Image.Dither.NONE).tobytes()
        return _gray_png(image.size, 1, bits, tree.profile, job)
    return to_png(image, {}, tree.profile, job)


def _gray_png(size: tuple[int, int], depth: int, data: bytes, profile: bytes | None, job: Job) -> SafePng:
    stride = (size[0] * depth + 7) // 8
    rows = b"".join(b"\0" + data[at : at + stride] for at in range(0, len(data), stride))
    return rows_to_png(Header(*size, depth, Colour.GRAY, False), rows, {}, profile, job)


def warm() -> None:
    """Take a small picture all the way, so that a confined child finds the library loaded."""
    policy = Policy(name="warm")
    job = Job(policy, Budget(policy.limits))
    JP2.reconstruct(JP2.disarm(JP2.parse(_SAMPLE, job.budget), job))


# A gray square of 4 x 4, as OpenJPEG codes it.
_SAMPLE: Final = bytes.fromhex(
    "ff4fff510029000000000004000000040000000000000000000000040000000400000000000000000001070101ff52000c00"
    "000001000004040001ff5c00044040ff90000a0000000000180001ff93c3e70e1150548842e11fffd9"
)

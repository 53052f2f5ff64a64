"""Builders of GIF, WebP, BMP and ICO files in a few readable lines each, and what holds for every delivered file."""

import io
import struct
from collections.abc import Iterable
from typing import Any, Final

from hypothesis import strategies as st
from PIL import Image

from policies.model import Policy
from policies.terms import Action
from sanitizers.sanitizer import Sanitizer
from tests.sanitizers.pictures import LENIENT, Rebuilt, rebuild

RED, GREEN, BLUE, WHITE = b"\xff\0\0", b"\0\xff\0", b"\0\0\xff", b"\xff\xff\xff"
COLOURS: Final = RED + GREEN + BLUE + WHITE


def rebuilt_twice(sanitizer: Sanitizer[Any, Any], untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """The copy, after a second pass over it found nothing and gave the same bytes."""
    copy = rebuild(sanitizer, untrusted, policy)
    again = rebuild(sanitizer, copy.data, policy)
    assert again.data == copy.data
    assert all(finding.action is Action.KEEP for finding in again.findings), again.findings
    return copy


def pictures_of(data: bytes) -> list[bytes]:
    """Every frame as it is shown on white."""
    shown = []
    with Image.open(io.BytesIO(data)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            page = Image.new("RGBA", image.size, "white")
            page.alpha_composite(image.convert("RGBA"))
            shown.append(page.convert("RGB").tobytes())
    return shown


def times_of(data: bytes) -> tuple[object, list[object]]:
    """How often an animation plays, and how long each frame stays."""
    with Image.open(io.BytesIO(data)) as image:
        times = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            times.append(image.info.get("duration"))
        return image.info.get("loop"), times


@st.composite
def damaged(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A file with some bytes changed, a part taken out, put in or doubled."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, max(0, min(len(data) - 1, 120 if draw(st.booleans()) else len(data) - 1))))
        length = draw(st.integers(1, 30))
        match draw(st.sampled_from(["change", "cut", "insert", "double"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del data[at : at + length]
            case "insert":
                data[at:at] = draw(st.binary(max_size=20))
            case "double":
                data[at:at] = data[at : at + length]
    return bytes(data)


# GIF


def blocks(body: bytes) -> bytes:
    """Data in blocks of at most 255 bytes, and the empty one that ends them."""
    parts = [body[at : at + 255] for at in range(0, len(body), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def lzw(indexes: Iterable[int], bits: int = 2, after: bytes = b"") -> bytes:
    """Codes of one size: the table is cleared before it would ask for longer ones."""
    clear, width = 1 << bits, bits + 1
    codes: list[int] = []
    for number, index in enumerate(indexes):
        codes += [clear] if number % (clear - 2) == 0 else []
        codes.append(index)
    packed = sum(code << place * width for place, code in enumerate([*codes, clear + 1]))
    return bytes([bits]) + blocks(packed.to_bytes(-(-(len(codes) + 1) * width // 8), "little") + after)


def gif_frame(
    indexes: bytes, size: tuple[int, int], at: tuple[int, int] = (0, 0), *, palette: bytes = b"", after: bytes = b""
) -> bytes:
    flags = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    return struct.pack("<BHHHHB", 0x2C, *at, *size, flags) + palette + lzw(indexes, after=after)


def gif_control(delay: int = 0, disposal: int = 0, transparent: int | None = None, *, waits: bool = False) -> bytes:
    flags = disposal << 2 | waits << 1 | (transparent is not None)
    return struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, delay, transparent or 0, 0)


def gif_extension(label: int, *parts: bytes) -> bytes:
    return bytes([0x21, label]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def gif(*parts: bytes, size: tuple[int, int] = (2, 2), palette: bytes = COLOURS, behind: bytes = b";") -> bytes:
    flags = 0x80 | (len(palette) // 3).bit_length() - 2 if palette else 0
    return b"GIF89a" + struct.pack("<HHBBB", *size, flags, 0, 0) + palette + b"".join(parts) + behind


FOUR_COLOURS: Final = gif_frame(bytes((0, 1, 2, 3)), (2, 2))


# WebP


def riff_chunk(name: bytes, body: bytes = b"") -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def webp(*chunks: bytes, behind: bytes = b"") -> bytes:
    return riff_chunk(b"RIFF", b"WEBP" + b"".join(chunks)) + behind


def vp8x(flags: int, width: int, height: int) -> bytes:
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def webp_of(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", **options)
    return out.getvalue()


def webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """(name, body) of every chunk."""
    found, at = [], 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found


def webp_frame(
    image: Image.Image, at: tuple[int, int] = (0, 0), duration: int = 100, flags: int = 0, **kind: Any
) -> bytes:
    """One frame of an animation, with the chunks that libwebp codes the picture in."""
    coded = [riff_chunk(*chunk) for chunk in webp_chunks(webp_of(image, **kind)) if chunk[0] != b"VP8X"]
    numbers = at[0] // 2, at[1] // 2, image.width - 1, image.height - 1, duration
    head = b"".join(number.to_bytes(3, "little") for number in numbers)
    return riff_chunk(b"ANMF", head + bytes([flags]) + b"".join(coded))


def moving_webp(*frames: bytes, size: tuple[int, int], loops: int = 3, flags: int = 0x12) -> bytes:
    return webp(vp8x(flags, *size), riff_chunk(b"ANIM", b"\1\2\3\4" + struct.pack("<H", loops)), *frames)


# BMP


def dib(
    width: int, height: int, depth: int, *, size: int = 40, compression: int = 0, image_bytes: int = 0,
    density: tuple[int, int] = (0, 0), colours: int = 0, planes: int = 1, more: bytes = b"",
) -> bytes:  # fmt: skip
    """A header of any size but that of OS/2 1.x. `more`: what follows the first 40 bytes, filled up with zeros."""
    fields = struct.pack("<IiiHHII", size, width, height, planes, depth, compression, image_bytes)
    fields += struct.pack("<iiII", *density, colours, 0) + more
    return fields.ljust(size, b"\0")[:size]


def bmp(header: bytes, pixels: bytes, *, palette: bytes = b"", gap: bytes = b"", behind: bytes = b"") -> bytes:
    """A file of a header, with the masks that stand behind it, a palette as stored, and pixels as stored."""
    offset = 14 + len(header) + len(palette) + len(gap)
    body = header + palette + gap + pixels + behind
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, offset) + body


def quads(colours: bytes) -> bytes:
    """Palette entries as a BMP stores them."""
    return b"".join(colours[at : at + 3][::-1] + b"\0" for at in range(0, len(colours), 3))


def shown_pixels(data: bytes) -> list[tuple[int, ...]]:
    """Pixels of a copy, row by row from the top, as RGBA."""
    with Image.open(io.BytesIO(data)) as image:
        raw = image.convert("RGBA").tobytes()
    return [tuple(raw[at : at + 4]) for at in range(0, len(raw), 4)]


# ICO


def icon(
    *members: bytes, kind: int = 1, sizes: tuple[tuple[int, int], ...] = (), words: tuple[int, int] = (1, 32)
) -> bytes:
    """A directory of members that follow it in order, all of them 2 x 2 unless said otherwise."""
    offset = 6 + 16 * len(members)
    entries = b""
    for number, member in enumerate(members):
        width, height = sizes[number] if sizes else (2, 2)
        entries += struct.pack("<BBBBHHII", width, height, 0, 0, *words, len(member), offset)
        offset += len(member)
    return struct.pack("<HHH", 0, kind, len(members)) + entries + b"".join(members)


def icon_bitmap(
    pixels: bytes, mask: bytes, depth: int, *, palette: bytes = b"", size: tuple[int, int] = (2, 2)
) -> bytes:
    """A member: the height of its header counts pixels and mask."""
    return dib(size[0], 2 * size[1], depth) + quads(palette) + pixels + mask

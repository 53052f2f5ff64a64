"""Pictures for the tests: small, readable builders of JPEG and PNG files, and the three verbs on them."""

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from policies.model import Limits, Policy
from policies.terms import Action, Rebuild
from sanitizers.budget import Budget
from sanitizers.model import Finding
from sanitizers.sanitizer import Job, Sanitizer

CORPUS: Final = Path(__file__).parent.parent / "corpus"
LENIENT: Final = Policy(name="lenient", rebuild=Rebuild.FULL)
LOSSLESS: Final = Policy(name="lossless", rebuild=Rebuild.LOSSLESS)
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6


@dataclass(frozen=True)
class Rebuilt:
    """What came out."""

    data: bytes
    findings: tuple[Finding, ...]

    @property
    def vectors(self) -> list[str]:
        """The vectors above KEEP, in the order they were met."""
        return [finding.vector for finding in self.findings if finding.action > Action.KEEP]

    @property
    def image(self) -> Image.Image:
        """The copy, opened."""
        image = Image.open(io.BytesIO(self.data))
        image.load()
        return image


def rebuild(sanitizer: Sanitizer[Any, Any], untrusted: bytes, policy: Policy = LENIENT) -> Rebuilt:
    """The three verbs."""
    job = Job(policy, Budget(policy.limits))
    data = sanitizer.reconstruct(sanitizer.disarm(sanitizer.parse(untrusted, job.budget), job))
    return Rebuilt(data, job.told())


def ordering(**actions: Action) -> Policy:
    """A policy with orders of its own: `ordering(IMG_16=Action.REMOVE)`."""
    return Policy(name="ordering", actions={key.replace("_", "-"): action for key, action in actions.items()})


def limited(**limits: int) -> Policy:
    return Policy(name="limited", limits=Limits(**limits))


def corpus(format_name: str, folder: str = "*") -> list[Path]:
    """The corpus files of a format, of one vector's folder or of all."""
    return sorted(path for path in (CORPUS / format_name).glob(f"{folder}/*") if path.is_file())


def scene(mode: str = "RGB", size: tuple[int, int] = (40, 24)) -> Image.Image:
    """A picture with slopes and an edge in each colour, the same every time."""
    across = Image.linear_gradient("L").rotate(90).resize(size)
    down = Image.linear_gradient("L").resize(size)
    disc = Image.radial_gradient("L").resize(size).point(lambda value: 255 if value > 128 else value)
    return Image.merge("RGB", (across, down, disc)).convert(mode)


# JPEG


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(
    image: Image.Image | None = None, *segments: bytes, behind: bytes = b"", quality: int = 80, **options: Any
) -> bytes:
    """A JPEG by Pillow with further segments right behind its first one, and bytes behind its end."""
    out = io.BytesIO()
    (image or scene()).save(out, "JPEG", quality=quality, **options)
    data = out.getvalue()
    first = 4 + int.from_bytes(data[4:6], "big")
    return data[:first] + b"".join(segments) + data[first:] + behind


def exif(*entries: tuple[int, int, int, bytes], directories: Sequence[tuple[int, bytes]] = ()) -> bytes:
    """An APP1 segment: a little-endian TIFF block of (tag, type, count, four bytes), and (pointer tag, IFD body)."""
    at = 8 + 2 + 12 * (len(entries) + len(directories)) + 4
    rows, bodies = list(entries), b""
    for tag, body in directories:
        rows.append((tag, 4, 1, struct.pack("<I", at + len(bodies))))
        bodies += body
    ifd = struct.pack("<H", len(rows)) + b"".join(struct.pack("<HHI", *row[:3]) + row[3] for row in sorted(rows))
    return segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + ifd + bytes(4) + bodies)


def ifd(*entries: tuple[int, int, int, bytes]) -> bytes:
    """The body of one directory without a next one."""
    return struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHI", *e[:3]) + e[3] for e in entries) + bytes(4)


def orientation(value: int) -> tuple[int, int, int, bytes]:
    return (0x0112, 3, 1, struct.pack("<HH", value, 0))


def segments_of(data: bytes) -> list[tuple[int, bytes]]:
    """(marker, body) of every segment before the scan, and of the scan's header."""
    found, at = [], 2
    while not found or found[-1][0] != 0xDA:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        found.append((data[at + 1], data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


# PNG


def chunk(name: bytes, body: bytes = b"", *, crc_error: int = 0) -> bytes:
    check = zlib.crc32(name + body) ^ crc_error
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", check)


def ihdr(width: int, height: int, depth: int, colour: int, interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def png(*chunks: bytes, behind: bytes = b"", end: bytes = chunk(b"IEND")) -> bytes:
    return PNG_SIGNATURE + b"".join(chunks) + end + behind


def rows(*lines: bytes, filters: Sequence[int] = ()) -> bytes:
    """Rows with their filter bytes, none where not said."""
    kinds = filters or [0] * len(lines)
    return b"".join(bytes([kind]) + line for kind, line in zip(kinds, lines, strict=True))


def idat(raw: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(raw, 9))


def square(*chunks: bytes, behind: bytes = b"", after: Sequence[bytes] = ()) -> bytes:
    """A gray square of 2 x 2 with chunks before and after its pixels."""
    return png(ihdr(2, 2, 8, GRAY), *chunks, idat(rows(b"\x10\x80", b"\xf0\x40")), *after, behind=behind)


def png_of(image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def chunks_of(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def names_of(data: bytes) -> list[bytes]:
    return [name for name, _ in chunks_of(data)]


def ycck_with_coarse_chroma() -> bytes:
    """A JPEG of 16 x 16 pixels and one colour, of four components of which the first and the last are finer."""
    out = io.BytesIO()
    Image.new("CMYK", (16, 16)).save(out, "JPEG", subsampling="4:2:0", quality=90)
    head = out.getvalue().replace(b"Adobe\0\x64\0\0\0\0\0", b"Adobe\0\x64\0\0\0\0\2")
    head = head.replace(b"K\x11\0", b"K\x22\0", 1)
    nothing, bright = "001010", "110" + "11111" + "1010"  # a block that is as the one before, and one that is lighter
    bits = bright + nothing * 4 + bright + nothing + bright + nothing * 2
    coded = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8))
    return head[: head.index(b"\xff\xda") + 16] + coded + b"\xff\xd9"

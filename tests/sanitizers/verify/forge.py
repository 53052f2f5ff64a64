"""Small files as a sanitizer writes them, in parts that a test can exchange. Made by hand, sharing no code with it."""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

# --- JPEG: 16 x 16, grey everywhere: each block is the two codes 0 (no difference) and 0 (end of block)

JFIF = b"JFIF\0\x01\x02\x01\x00\x48\x00\x48\0\0"
ADOBE = b"Adobe\0\x64\0\0\0\0"
ORIENTATION = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
DQT = b"\0" + bytes([16] * 64)
DHT_DC = b"\x00" + bytes([1] + [0] * 15) + b"\x00"
DHT_AC = b"\x10" + bytes([1] + [0] * 15) + b"\x00"
SOF_GREY = bytes([8, 0, 16, 0, 16, 1, 1, 0x11, 0])
SOF_COLOUR = bytes([8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0])
SOF_CMYK = bytes([8, 0, 16, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0])
SOS_GREY = bytes([1, 1, 0, 0, 63, 0])
SOS_COLOUR = bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
SOS_CMYK = bytes([4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0])
SCAN_GREY = b"\x00"  # 4 blocks of 2 bits
SCAN_COLOUR = b"\x00\x0f"  # 6 blocks
SCAN_CMYK = b"\x00\x00\x00\x00"  # 16 blocks


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(
    applications: bytes = segment(0xE0, JFIF),
    tables: bytes = segment(0xDB, DQT),
    frame: bytes = segment(0xC0, SOF_GREY),
    codes: bytes = segment(0xC4, DHT_DC) + segment(0xC4, DHT_AC),
    more: bytes = b"",
    start: bytes = segment(0xDA, SOS_GREY),
    scan: bytes = SCAN_GREY,
    end: bytes = b"\xff\xd9",
    before: bytes = b"",
) -> bytes:
    return before + b"\xff\xd8" + applications + tables + frame + codes + more + start + scan + end


def colour_jpeg(**parts: bytes) -> bytes:
    usual = {"frame": segment(0xC0, SOF_COLOUR), "start": segment(0xDA, SOS_COLOUR), "scan": SCAN_COLOUR}
    return jpeg(**usual | parts)


def cmyk_jpeg(transform: int = 2) -> bytes:
    return jpeg(
        applications=segment(0xEE, ADOBE + bytes([transform])),
        frame=segment(0xC0, SOF_CMYK),
        start=segment(0xDA, SOS_CMYK),
        scan=SCAN_CMYK,
    )


# --- ICC


def tag_xyz() -> bytes:
    return b"XYZ \0\0\0\0" + bytes(12)


def tag_gamma() -> bytes:
    return b"curv\0\0\0\0\0\0\0\x01\x02\x33\0\0"


def tag_text(text: bytes = b"CC0") -> bytes:
    return b"text\0\0\0\0" + text + b"\0"


def tag_mluc(text: str = "sRGB") -> bytes:
    packed = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(packed), 28) + packed


GREY_TAGS = {b"desc": tag_mluc(), b"cprt": tag_text(), b"wtpt": tag_xyz(), b"kTRC": tag_gamma()}
RGB_TAGS = (
    {b"desc": tag_mluc(), b"cprt": tag_text(), b"wtpt": tag_xyz()}
    | {name + b"XYZ": tag_xyz() for name in (b"r", b"g", b"b")}
    | {name + b"TRC": tag_gamma() for name in (b"r", b"g", b"b")}
)


def icc(tags: dict[bytes, bytes] = RGB_TAGS, space: bytes = b"RGB ", gap: bytes = b"", kind: bytes = b"mntr") -> bytes:
    """A version 4 profile; equal elements are stored once, as every writer does."""
    at = 132 + 12 * len(tags)
    table, elements, places = b"", b"", {}
    for name, element in tags.items():
        if element not in places:
            places[element] = at + len(elements)
            elements += element + bytes(-len(element) % 4)
        table += name + struct.pack(">II", places[element], len(element))
    elements += gap
    size = at + len(elements)
    head = struct.pack(">I4s4s4s4s4s", size, b"\0\0\0\0", b"\x04\x30\0\0", kind, space, b"XYZ ")
    head += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + bytes(24)
    head += bytes(4) + struct.pack(">III", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + elements


# --- PNG

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, body: bytes = b"", crc: int | None = None) -> bytes:
    found = zlib.crc32(name + body) if crc is None else crc
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", found)


def ihdr(width: int = 4, height: int = 3, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def rows(width: int = 4, height: int = 3, pixel_bits: int = 24, filter_type: int = 1) -> bytes:
    return (bytes([filter_type]) + bytes((width * pixel_bits + 7) // 8)) * height


def idat(pixels: bytes = rows()) -> bytes:
    return chunk(b"IDAT", zlib.compress(pixels))


IEND = chunk(b"IEND")


def png(*middle: bytes, head: bytes = ihdr(), pixels: bytes = idat(), end: bytes = IEND) -> bytes:
    """`middle` stands between IHDR and the pixels."""
    return SIGNATURE + head + b"".join(middle) + pixels + end


def indexed_png(*middle: bytes, palette: bytes = b"\0\0\0\xff\xff\xff") -> bytes:
    return png(chunk(b"PLTE", palette), *middle, head=ihdr(depth=1, colour=3), pixels=idat(rows(pixel_bits=1)))


def actl(frames: int) -> bytes:
    return chunk(b"acTL", struct.pack(">II", frames, 0))


def fctl(number: int, width: int = 4, height: int = 3, x: int = 0, y: int = 0, disposal: int = 0) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, x, y, 1, 10, disposal, 0))


def fdat(number: int, pixels: bytes = rows()) -> bytes:
    return chunk(b"fdAT", struct.pack(">I", number) + zlib.compress(pixels))


def apng(*after: bytes) -> bytes:
    """Two frames unless `after` says what follows the first."""
    rest = b"".join(after) if after else fctl(1, 2, 2, 1, 1) + fdat(2, rows(2, 2))
    return png(actl(2), fctl(0), pixels=idat() + rest)


# --- ZIP


@dataclass(frozen=True)
class Member:
    """A member with its fields in both headers; `local` and `central` change one of them alone."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    version: int = 20
    made_by: int = 20
    time: int = 0
    date: int = 0x21
    mode: int = 0
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    internal: int = 0
    offset: int | None = None
    before: bytes = b""  # bytes before the local header
    behind: bytes = b""  # bytes behind the data
    local: dict[str, object] = field(default_factory=dict)
    central: dict[str, object] = field(default_factory=dict)

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        if self.method == 0:
            return self.data
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        return deflate.compress(self.data) + deflate.flush()

    def common(self) -> tuple[int, ...]:
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        return (self.version, self.flags, self.method, self.time, self.date, crc, len(self.body()), size)

    def local_header(self) -> bytes:
        own = replace(self, **self.local, local={})
        lengths = (len(own.name), len(own.extra))
        return struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", *own.common(), *lengths) + own.name + own.extra

    def central_header(self, offset: int) -> bytes:
        own = replace(self, **self.central, central={})
        lengths = (len(own.name), len(own.extra), len(own.comment))
        tail = (own.disk, own.internal, own.mode, offset if own.offset is None else own.offset)
        header = struct.pack("<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", own.made_by, *own.common(), *lengths, *tail)
        return header + own.name + own.extra + own.comment


def folder(name: bytes, **changed: object) -> Member:
    return replace(Member(name, method=0, mode=0x10), **changed)


def zip_of(
    *members: Member,
    prefix: bytes = b"",
    gap: bytes = b"",
    comment: bytes = b"",
    tail: bytes = b"",
    count: int | None = None,
    end: Callable[[int, int, int], bytes] | None = None,
) -> bytes:
    data, directory = prefix, b""
    for member in members:
        data += member.before
        directory += member.central_header(len(data))
        data += member.local_header() + member.body() + member.behind
    data += gap
    total = len(members) if count is None else count
    if end is None:
        record = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, total, total, len(directory), len(data), len(comment))
    else:
        record = end(total, len(directory), len(data))
    return data + directory + record + comment + tail


def nested(depth: int, inmost: Iterable[Member] = ()) -> bytes:
    """A ZIP in a ZIP in a ZIP ..., `depth` of them around the inmost."""
    data = zip_of(*(inmost or (Member(b"a.txt", b"text\n"),)))
    for _ in range(depth):
        data = zip_of(Member(b"a.zip", data, method=0))
    return data

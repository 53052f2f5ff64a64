"""Small GIF, WebP, TIFF, ICO, SVG, EMF and WMF files in parts that a test can exchange. Made by hand."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

# --- GIF: 4 x 3, every pixel the first of four colours

LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
FOUR_COLOURS = bytes(range(12))


def lzw(pixels: int, code_bits: int = 2) -> bytes:
    """So many pixels of the first colour, with a clear code before every second: no code ever grows."""
    clear = 1 << code_bits
    codes = [code for at in range(pixels) for code in ([clear, 0] if at % 2 == 0 else [0])] + [clear + 1]
    bits = sum(code << at * (code_bits + 1) for at, code in enumerate(codes))
    return bits.to_bytes(-(-len(codes) * (code_bits + 1) // 8), "little")


def sub_blocks(data: bytes, size: int = 255) -> bytes:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(bytes([len(piece)]) + piece for piece in pieces) + b"\0"


def gif_control(flags: int = 4, delay: int = 10, transparent: int = 0) -> bytes:
    return b"\x21\xf9\x04" + struct.pack("<BHB", flags, delay, transparent) + b"\0"


def gif_picture(
    width: int = 4,
    height: int = 3,
    x: int = 0,
    y: int = 0,
    flags: int = 0,
    table: bytes = b"",
    code_bits: int = 2,
    data: bytes | None = None,
) -> bytes:
    packed = sub_blocks(lzw(width * height, code_bits)) if data is None else data
    return b"\x2c" + struct.pack("<HHHHB", x, y, width, height, flags) + table + bytes([code_bits]) + packed


def gif(
    *blocks: bytes,
    version: bytes = b"GIF89a",
    width: int = 4,
    height: int = 3,
    flags: int = 0x91,
    background: int = 0,
    table: bytes = FOUR_COLOURS,
    end: bytes = b"\x3b",
) -> bytes:
    """One picture, unless `blocks` say what stands behind the colours."""
    screen = struct.pack("<HHBBB", width, height, flags, background, 0)
    return version + screen + table + b"".join(blocks or (gif_picture(),)) + end


# --- WebP: 4 x 3, black


class BitWriter:
    """Bits from the lowest upwards, as VP8L has them."""

    def __init__(self) -> None:
        self.value = self.count = 0

    def put(self, value: int, count: int) -> "BitWriter":
        self.value |= value << self.count
        self.count += count
        return self

    def done(self) -> bytes:
        return self.value.to_bytes(-(-self.count // 8), "little")


ONE_SYMBOL = (1, 4)  # a simple code of one symbol, 0: value and bits


def vp8l(
    *bits: tuple[int, int], width: int = 4, height: int = 3, alpha: int = 0, version: int = 0, signature: int = 0x2F
) -> bytes:
    """`bits` are what stands behind the header; without them, a picture without transforms in one colour."""
    stream = BitWriter().put(signature, 8).put(width - 1, 14).put(height - 1, 14).put(alpha, 1).put(version, 3)
    for value, count in bits or ((0, 3), *[ONE_SYMBOL] * 5, (0, 8)):
        stream.put(value, count)
    return stream.done()


def vp8(width: int = 4, height: int = 3, first: int = 16, tag: int = 0x10, rest: bytes = bytes(16)) -> bytes:
    head = (tag | first << 5).to_bytes(3, "little") + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return head + bytes(first) + rest


def riff_chunk(name: bytes, body: bytes = b"") -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def webp(*chunks: bytes, size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(chunks or (riff_chunk(b"VP8L", vp8l()),))
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def vp8x(flags: int = 0, width: int = 4, height: int = 3) -> bytes:
    return riff_chunk(
        b"VP8X", bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    )


def anmf(*chunks: bytes, width: int = 4, height: int = 3, x: int = 0, y: int = 0, flags: int = 0) -> bytes:
    numbers = (x // 2, y // 2, width - 1, height - 1, 100)
    head = b"".join(number.to_bytes(3, "little") for number in numbers) + bytes([flags])
    return riff_chunk(b"ANMF", head + b"".join(chunks or (riff_chunk(b"VP8L", vp8l(width=width, height=height)),)))


def moving_webp(*frames: bytes, flags: int = 2) -> bytes:
    return webp(vp8x(flags), riff_chunk(b"ANIM", bytes(6)), *(frames or (anmf(), anmf())))


# --- TIFF: 4 x 3 grey pixels in one strip

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
_CODES = {BYTE: "B", ASCII: "B", SHORT: "H", LONG: "I", RATIONAL: "I", UNDEFINED: "B"}
Tags = dict[int, tuple[int, Sequence[int]] | None]
GREY_PAGE: Tags = {
    256: (SHORT, [4]),
    257: (SHORT, [3]),
    258: (SHORT, [8]),
    259: (SHORT, [1]),
    262: (SHORT, [1]),
    273: (LONG, [0]),  # filled in
    277: (SHORT, [1]),
    278: (SHORT, [3]),
    279: (LONG, [0]),  # filled in
}
GREY_ROWS = bytes(12)


def tiff_page(
    strips: Sequence[bytes] = (GREY_ROWS,), **tags: tuple[int, Sequence[int]] | None
) -> tuple[Tags, Sequence[bytes]]:
    """`tag_259=(SHORT, [8])` changes a tag, None leaves it out."""
    return GREY_PAGE | {int(name.removeprefix("tag_")): value for name, value in tags.items()}, strips


def tiff(
    *pages: tuple[Tags, Sequence[bytes]],
    order: str = "<",
    last: int = 0,
    gap: bytes = b"",
    tail: bytes = b"",
    offsets: Mapping[int, int] | None = None,
) -> bytes:
    """Strips, values and directory of each page, in this order. `last` is where the last directory points to."""
    data = bytearray((b"II*\0" if order == "<" else b"MM\0*") + bytes(4))
    link = 4
    for tags, strips in pages or (tiff_page(),):
        starts = []
        for strip in strips:
            starts.append(len(data))
            data += strip + bytes(len(strip) % 2)
        data += gap
        names = (324, 325) if 324 in tags else (273, 279)
        filled = tags | {names[0]: (LONG, starts), names[1]: (LONG, [len(strip) for strip in strips])}
        filled |= {tag: tags[tag] for tag in names if tags.get(tag) != (LONG, [0])}
        link = _directory(data, filled, order, link, offsets or {})
    data[link : link + 4] = struct.pack(order + "I", last)
    return bytes(data) + tail


def _directory(data: bytearray, tags: Tags, order: str, link: int, offsets: Mapping[int, int]) -> int:
    """Write values and directory; give the place of the link to the next one."""
    entries = b""
    for tag, entry in sorted(tags.items()):
        if entry is None:
            continue
        kind, values = entry
        raw = struct.pack(f"{order}{len(values)}{_CODES[kind]}", *values)
        count = len(values) // (2 if kind == RATIONAL else 1)
        if len(raw) > 4:
            place = offsets.get(tag, len(data))
            data += (raw + bytes(len(raw) % 2)) if tag not in offsets else b""
            raw = struct.pack(order + "I", place)
        entries += struct.pack(order + "HHI", tag, kind, count) + raw.ljust(4, b"\0")
    data[link : link + 4] = struct.pack(order + "I", len(data))
    data += struct.pack(order + "H", len(entries) // 12) + entries
    link = len(data)
    data += bytes(4)
    return link


def deflated_page(rows: bytes = GREY_ROWS, behind: bytes = b"") -> tuple[Tags, Sequence[bytes]]:
    return tiff_page([zlib.compress(rows) + behind], tag_259=(SHORT, [8]))


# --- bitmaps, icons


def dib(
    width: int = 4,
    height: int = 3,
    bits: int = 24,
    compression: int = 0,
    colours: int = 0,
    size: int = 40,
    planes: int = 1,
    pixel_bytes: int = 0,
    palette: bytes | None = None,
    pixels: bytes | None = None,
    masks: bytes = b"",
) -> bytes:
    """A bitmap as it stands in a record; `info` and `pixels` apart by info_of()."""
    rows = (width * bits + 31) // 32 * 4 * abs(height)
    table = bytes(4 * (colours or (1 << bits))) if bits <= 8 else b""
    head = struct.pack("<IiiHHIIiiII", size, width, height, planes, bits, compression, pixel_bytes, 0, 0, colours, 0)
    return head + masks + (table if palette is None else palette) + (bytes(rows) if pixels is None else pixels)


def icon_dib(width: int = 4, height: int = 3, bits: int = 24, **changed: int) -> bytes:
    """With its mask below."""
    rows = (width * bits + 31) // 32 * 4 * height + (width + 31) // 32 * 4 * height
    return dib(width, changed.pop("double", 2 * height), bits, pixels=bytes(rows), **changed)


def ico(
    *members: bytes,
    kind: int = 1,
    width: int = 4,
    height: int = 3,
    colours: int = 0,
    reserved: int = 0,
    first: int = 1,
    second: int = 24,
    gap: bytes = b"",
    tail: bytes = b"",
    count: int | None = None,
    shift: int = 0,
) -> bytes:
    members = members or (icon_dib(),)
    at = 6 + 16 * len(members) + len(gap)
    directory = b""
    for member in members:
        directory += struct.pack(
            "<BBBBHHII", width % 256, height % 256, colours, reserved, first, second, len(member), at + shift
        )
        at += len(member)
    head = struct.pack("<HHH", 0, kind, len(members) if count is None else count)
    return head + directory + gap + b"".join(members) + tail


# --- SVG


def svg(body: str = "<rect/>", attributes: str = "", head: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> bytes:
    namespaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{head}<svg {namespaces}{' ' if attributes else ''}{attributes}>{body}</svg>".encode()


# --- EMF


def emf_record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<II", kind, 8 + len(body)) + body


def emf_end(palette: int = 0, last: int | None = None) -> bytes:
    size = 20 + 4 * palette
    place = 16 if palette else 0
    return emf_record(
        14, struct.pack("<II", palette, place) + bytes(4 * palette) + struct.pack("<I", size if last is None else last)
    )


def emf(
    *records: bytes,
    handles: int = 4,
    size: int = 108,
    count: int | None = None,
    length: int | None = None,
    version: int = 0x10000,
    reserved: int = 0,
    description: tuple[int, int] = (0, 0),
    words: bytes = b"",
    open_gl: int = 0,
    end: bytes | None = None,
    tail: bytes = b"",
) -> bytes:
    body = words + b"".join(records) + (emf_end() if end is None else end)
    total = size + len(body) if length is None else length
    records_in_all = 2 + len(records) if count is None else count
    head = struct.pack("<II8i", 1, size + len(words), 0, 0, 99, 99, 0, 0, 999, 999) + b" EMF"
    head += struct.pack("<IIIHHIII", version, total, records_in_all, handles, reserved, *description, 0)
    head += struct.pack("<4i", 1000, 1000, 300, 300) + struct.pack("<III", 0, 0, open_gl) + struct.pack("<II", 3, 3)
    return head[:size] + body + tail


def emf_font(face: str = "Arial", behind: bytes = b"", size: int = 320) -> bytes:
    name = (face.encode("utf-16-le") + b"\0\0" + behind).ljust(64, b"\0")
    return (bytes(28) + name).ljust(size, b"\0")


def emf_text(
    text: str = "abc", dx: int = 12, offset: int = 76, padding: bytes = b"\0\0", letters: int | None = None
) -> bytes:
    raw = text.encode("utf-16-le")
    at = 76 + len(raw) + (-len(raw) % 4)
    fixed = bytes(16) + struct.pack("<Iff", 1, 1.0, 1.0) + struct.pack("<ii", 5, 5)
    fixed += (
        struct.pack("<III", len(text) if letters is None else letters, offset, 0) + bytes(16) + struct.pack("<I", at)
    )
    return emf_record(84, fixed + raw + padding[: -len(raw) % 4] + struct.pack("<I", dx) * len(text))


def emf_bitmap(bitmap: bytes, info: int = 40, usage: int = 0, offset: int = 80) -> bytes:
    """STRETCHDIBITS with this bitmap."""
    fixed = bytes(16 + 8 + 16) + struct.pack("<IIII", offset, info, offset + info, len(bitmap) - info)
    return emf_record(81, fixed + struct.pack("<IIii", usage, 0xCC0020, 4, 3) + bitmap)


# --- WMF


def wmf_record(function: int, *words: int, data: bytes = b"") -> bytes:
    body = struct.pack(f"<{len(words)}H", *words) + data
    return struct.pack("<IH", 3 + len(body) // 2, function) + body


WMF_END = wmf_record(0)


def placeable(handle: int = 0, inch: int = 1440, reserved: int = 0, wrong: int = 0) -> bytes:
    head = struct.pack("<IHhhhhHI", 0x9AC6CDD7, handle, 0, 0, 999, 999, inch, reserved)
    total = 0
    for word in struct.unpack("<10H", head):
        total ^= word
    return head + struct.pack("<H", total ^ wrong)


def wmf(
    *records: bytes,
    before: bytes = b"",
    objects: int = 2,
    size: int | None = None,
    largest: int | None = None,
    version: int = 0x300,
    members: int = 0,
    end: bytes = WMF_END,
    tail: bytes = b"",
) -> bytes:
    body = b"".join(records) + end
    longest = max(len(record) // 2 for record in (*records, end or WMF_END))
    words = 9 + len(body) // 2 if size is None else size
    head = struct.pack("<HHHIHIH", 1, 9, version, words, objects, longest if largest is None else largest, members)
    return before + head + body + tail


def wmf_bitmap(bitmap: bytes, usage: int = 0) -> bytes:
    """STRETCHDIB with this bitmap."""
    return wmf_record(0x0F43, 0x20, 0xCC, usage, 3, 4, 0, 0, 3, 4, 0, 0, data=bitmap)


def words_of(values: Iterable[int]) -> bytes:
    return b"".join(struct.pack("<H", value & 0xFFFF) for value in values)

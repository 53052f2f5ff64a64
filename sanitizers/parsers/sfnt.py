"""TrueType and OpenType programs inside documents: the tables that draw glyphs, each within its bounds.

A font is written anew from a short list of tables. Glyph outlines are walked one by one: one that leaves its table, or
builds on glyphs that are not there, becomes empty. Source: ISO/IEC 14496-22 (Open Font Format)
Trust: every byte is hostile.
"""

import itertools
import re
import struct
from dataclasses import dataclass, field
from typing import Final

from sanitizers.errors import MalformedError

TRUETYPE: Final = (b"\0\1\0\0", b"true")
OPENTYPE: Final = b"OTTO"
COLLECTION: Final = b"ttcf"
KEPT: Final = frozenset(
    (
        b"head",
        b"hhea",
        b"hmtx",
        b"maxp",
        b"loca",
        b"glyf",
        b"cmap",
        b"post",
        b"OS/2",
        b"vhea",
        b"vmtx",
        b"VORG",
        b"CFF ",
    )
)
HINTS: Final = frozenset((b"cvt ", b"fpgm", b"prep"))
_MAX_TABLES: Final = 64
_HEAD_BYTES: Final = 54
_MAGIC: Final = 0x5F0F3CF5
_CHECKSUM_AT: Final = 8
_LEAST: Final = {b"head": _HEAD_BYTES, b"hhea": 36, b"maxp": 6, b"post": 32, b"OS/2": 68, b"vhea": 36, b"VORG": 8}
_MAX_DEPTH: Final = 8  # of glyphs made of glyphs
_MORE_COMPONENTS, _HAS_INSTRUCTIONS = 0x20, 0x100  # flags of a glyph made of glyphs (5.3.3.2)
_METRICS_BYTES: Final = 36  # of hhea and vhea
_PROFILES: Final = {b"\0\0\x50\0": 6, b"\0\1\0\0": 32}  # maxp: its length by its version
_NAMED_GLYPHS: Final = (b"\0\1\0\0", b"\0\2\0\0", b"\0\3\0\0")  # post


@dataclass(slots=True)
class Font:
    """Tables by tag, and what was wrong with the file."""

    kind: bytes
    tables: dict[bytes, bytes] = field(repr=False)
    left_out: list[str]
    broken_glyphs: int = 0


def read_font(data: bytes, with_hints: bool = True) -> Font:
    """The kept tables of a font, its glyphs checked. Raises MalformedError when it draws nothing.

    Without hints the programs that fit outlines to pixels go, those of the font and those of each glyph.
    """
    start = int.from_bytes(data[12:16]) if data[:4] == COLLECTION else 0  # the first font of a collection
    kind = data[start : start + 4]
    if kind not in TRUETYPE and kind != OPENTYPE:
        raise MalformedError("no font of a known kind")
    tables, left_out = _directory(data, start)
    for tag in () if with_hints else HINTS & tables.keys():
        left_out.append(tag.decode().strip())
        del tables[tag]
    for tag, least in _LEAST.items():
        if tag in tables and len(tables[tag]) < least:
            left_out.append(tag.decode())
            del tables[tag]
    head = tables.get(b"head")
    if head is None or int.from_bytes(head[12:16]) != _MAGIC or b"maxp" not in tables:
        raise MalformedError("a font without its head")
    _settle(tables, left_out)
    font = Font(TRUETYPE[0] if kind in TRUETYPE else OPENTYPE, tables, left_out)
    if b"glyf" in tables and b"loca" in tables:
        _check_glyphs(font, with_hints)
    elif b"CFF " not in tables:
        raise MalformedError("a font without glyphs")
    _check_metrics(font, b"hhea", b"hmtx")
    _check_metrics(font, b"vhea", b"vmtx")
    if b"cmap" in tables:
        _check_cmap(font)
    return font


def write_font(font: Font) -> bytes:
    """The file: directory by tag, checksums anew."""
    tags = sorted(font.tables)
    count = len(tags)
    power = 1 << (count.bit_length() - 1)
    head = bytearray(font.tables[b"head"])
    head[_CHECKSUM_AT : _CHECKSUM_AT + 4] = bytes(4)
    bodies = {**font.tables, b"head": bytes(head)}
    offset, rows, parts, whole = 12 + 16 * count, [], [], 0
    for tag in tags:
        body = bodies[tag]
        checksum = _checksum(body)
        rows.append(struct.pack(">4sIII", tag, checksum, offset, len(body)))
        parts.append(body + bytes(-len(body) % 4))
        offset += len(parts[-1])
        whole += checksum
    start = struct.pack(">4sHHHH", font.kind, count, power * 16, power.bit_length() - 1, count * 16 - power * 16)
    start += b"".join(rows)
    adjustment = struct.pack(">I", (0xB1B0AFBA - _checksum(start) - whole) & 0xFFFFFFFF)
    at = tags.index(b"head")
    parts[at] = parts[at][:_CHECKSUM_AT] + adjustment + parts[at][_CHECKSUM_AT + 4 :]
    return start + b"".join(parts)


def _checksum(body: bytes) -> int:
    body += bytes(-len(body) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(body) // 4}I", body)
    return sum(words) & 0xFFFFFFFF


def _directory(data: bytes, start: int) -> tuple[dict[bytes, bytes], list[str]]:
    count = int.from_bytes(data[start + 4 : start + 6])
    if not 0 < count <= _MAX_TABLES or len(data) < start + 12 + 16 * count:
        raise MalformedError("a font without a directory")
    tables: dict[bytes, bytes] = {}
    left_out = []
    for at in range(start + 12, start + 12 + 16 * count, 16):
        tag, _, offset, size = struct.unpack_from(">4sIII", data, at)
        if tag not in KEPT | HINTS or tag in tables or offset > len(data):
            left_out.append("".join(chr(c) if 32 <= c < 127 else "?" for c in tag).strip())
            continue
        tables[tag] = data[offset : offset + size]  # the last table may be cut short by its padding
    return tables, left_out


def _settle(tables: dict[bytes, bytes], left_out: list[str]) -> None:
    """Heads of the length that their version has, and outlines of one kind."""
    length = _PROFILES.get(tables[b"maxp"][:4])
    if length is None:
        raise MalformedError("a font of an unknown profile")
    tables[b"maxp"] = tables[b"maxp"][:length].ljust(length, b"\0")
    head = tables[b"head"]
    is_long = any(head[50:52])  # as readers take it: 256 is a 1 in the wrong order of bytes
    tables[b"head"] = head[:50] + (b"\0\1" if is_long else b"\0\0") + b"\0\0"
    tables |= {tag: tables[tag][:_METRICS_BYTES] for tag in (b"hhea", b"vhea") if tag in tables}
    if b"CFF " in tables and b"glyf" in tables:
        del tables[b"CFF "]
        left_out.append("CFF")
    if tables.get(b"post", b"")[:4] not in _NAMED_GLYPHS:
        tables.pop(b"post", None)


def _check_glyphs(font: Font, with_hints: bool) -> None:
    """Outlines within their bounds; a broken one becomes empty."""
    tables = font.tables
    is_long = int.from_bytes(tables[b"head"][50:52]) == 1
    glyphs = int.from_bytes(tables[b"maxp"][4:6])
    size = 4 if is_long else 2
    count = min(len(tables[b"loca"]) // size, glyphs + 1)
    if count < 2:
        raise MalformedError("a font without glyphs")
    places = struct.unpack_from(f">{count}{'I' if is_long else 'H'}", tables[b"loca"])
    if not is_long:
        places = tuple(place * 2 for place in places)
    glyf = tables[b"glyf"]
    bottomless = _bottomless(glyf, places)
    parts, offsets, at = [], [0], 0
    for glyph, (start, end) in enumerate(itertools.pairwise(places)):
        body = glyf[start:end] if start < end <= len(glyf) else b""
        if not body and start != end and not (start < len(glyf) < end and (body := glyf[start:])):
            font.broken_glyphs += 1
        if len(body) < 10 and not any(body):
            body = b""  # padding, where other writers put nothing
        if body and (glyph in bottomless or not _is_sound(body, glyphs)):
            font.broken_glyphs += 1
            body = b""
        if body and not with_hints:
            body = _unhinted(body)
        body += bytes(-len(body) % 4)
        parts.append(body)
        at += len(body)
        offsets.append(at)
    offsets += [at] * (glyphs + 1 - count)
    is_long = at > 0x1FFFE
    tables[b"glyf"] = b"".join(parts) or bytes(4)
    tables[b"loca"] = struct.pack(
        f">{len(offsets)}{'I' if is_long else 'H'}", *(offsets if is_long else [offset // 2 for offset in offsets])
    )
    head = tables[b"head"][:_HEAD_BYTES]
    tables[b"head"] = head[:50] + (b"\0\1" if is_long else b"\0\0") + head[52:]


def _bottomless(glyf: bytes, places: tuple[int, ...]) -> set[int]:
    """Glyphs that are made of themselves, or of others without end."""
    made = {}
    for glyph, (start, end) in enumerate(itertools.pairwise(places)):
        if start + 10 < end and start < len(glyf) and glyf[start] & 0x80:
            made[glyph] = _parts(glyf[start:end])
    for _ in range(_MAX_DEPTH):
        made = {glyph: parts for glyph, parts in made.items() if any(part in made for part in parts)}
    return set(made)


def _parts(body: bytes) -> list[int]:
    """The glyphs that one is made of, as far as they can be read."""
    at, found = 10, []
    while at + 4 <= len(body):
        flags, glyph = struct.unpack_from(">HH", body, at)
        found.append(glyph)
        at += (8 if flags & 1 else 6) + (2 if flags & 8 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0)
        if not flags & 0x20:
            break
    return found


def _unhinted(body: bytes) -> bytes:
    """A sound glyph without its instructions."""
    (contours,) = struct.unpack_from(">h", body) if len(body) >= 10 else (0,)
    if contours > 0:
        at = 10 + 2 * contours
        return body[:at] + b"\0\0" + body[at + 2 + int.from_bytes(body[at : at + 2]) :]
    if contours == 0:
        return body
    out, at = bytearray(body), 10
    while True:
        (flags,) = struct.unpack_from(">H", body, at)
        out[at : at + 2] = struct.pack(">H", flags & ~_HAS_INSTRUCTIONS)
        at = _behind_component(flags, at)
        if not flags & _MORE_COMPONENTS:
            return bytes(out[:at])


def _behind_component(flags: int, at: int) -> int:
    at += 4 + (4 if flags & 1 else 2)
    return at + (2 if flags & 8 else 4 if flags & 0x40 else 8 if flags & 0x80 else 0)


def _is_sound(body: bytes, glyphs: int) -> bool:
    if len(body) < 10:
        return False
    (contours,) = struct.unpack_from(">h", body)
    return _is_sound_outline(body, contours) if contours >= 0 else _is_sound_composite(body, glyphs)


def _is_sound_outline(body: bytes, contours: int) -> bool:
    if contours == 0:
        return True
    at = 10 + 2 * contours
    if len(body) < at + 2:
        return False
    ends = struct.unpack_from(f">{contours}H", body, 10)
    if contours > 1 and list(ends) != sorted(ends):
        return False
    at += 2 + int.from_bytes(body[at : at + 2])
    left = ends[-1] + 1
    size = 0
    while left > 0:
        flags = body[at : at + left]
        repeated = _REPEATS.search(flags)
        if repeated is None:
            size += sum(flags.translate(_COORDINATE_BYTES))
            at += left
            break
        place = repeated.start()
        size += sum(flags[: place + 1].translate(_COORDINATE_BYTES))
        times = min(body[at + place + 1], left - place - 1) if at + place + 1 < len(body) else left
        size += times * _COORDINATE_BYTES[flags[place]]
        at += place + 2
        left -= place + 1 + times
    return at + size <= len(body)


# How many bytes the coordinates of a point take, by its flag (5.3.3.1), and flags that stand for several points.
_COORDINATE_BYTES: Final = bytes(
    (1 if flag & 2 else 0 if flag & 16 else 2) + (1 if flag & 4 else 0 if flag & 32 else 2) for flag in range(256)
)
_REPEATS: Final = re.compile(b"[" + b"".join(b"\\x%02x" % flag for flag in range(256) if flag & 8) + b"]")


def _is_sound_composite(body: bytes, glyphs: int) -> bool:
    at = 10
    while True:
        if at + 4 > len(body):
            return False
        flags, glyph = struct.unpack_from(">HH", body, at)
        at = _behind_component(flags, at)
        if glyph >= glyphs or at > len(body):
            return False
        if not flags & _MORE_COMPONENTS:
            return True


def _check_metrics(font: Font, head: bytes, metrics: bytes) -> None:
    """As many metrics as the header says; without them the pair goes."""
    if head not in font.tables or metrics not in font.tables:
        font.tables.pop(head, None)
        font.tables.pop(metrics, None)
        return
    body, table = font.tables[head], font.tables[metrics]
    glyphs = int.from_bytes(font.tables[b"maxp"][4:6])
    count = min(int.from_bytes(body[34:36]), len(table) // 4, glyphs)
    if not count:
        del font.tables[head], font.tables[metrics]
        return
    size = 4 * count + 2 * (glyphs - count)
    font.tables[head] = body[:34] + struct.pack(">H", count)
    font.tables[metrics] = table[:size].ljust(size, b"\0")


def _check_cmap(font: Font) -> None:
    """The encodings whose subtables lie within the table; the others go."""
    data = font.tables[b"cmap"]
    kept: list[tuple[int, int, bytes]] = []
    for at in range(4, min(4 + 8 * int.from_bytes(data[2:4]), len(data) - 7), 8):
        platform, encoding, offset = struct.unpack_from(">HHI", data, at)
        subtable = _subtable(data, offset)
        if subtable is not None:
            kept.append((platform, encoding, subtable))
        else:
            font.left_out.append("part of cmap")
    if not kept:
        del font.tables[b"cmap"]
        return
    kept.sort(key=lambda entry: entry[:2])
    offset = 4 + 8 * len(kept)
    placed: dict[bytes, int] = {}
    rows, bodies = [struct.pack(">HH", 0, len(kept))], []
    for platform, encoding, subtable in kept:
        if subtable not in placed:
            placed[subtable] = offset
            bodies.append(subtable)
            offset += len(subtable)
        rows.append(struct.pack(">HHI", platform, encoding, placed[subtable]))
    font.tables[b"cmap"] = b"".join(rows + bodies)


def _subtable(data: bytes, offset: int) -> bytes | None:
    kind = int.from_bytes(data[offset : offset + 2])
    if kind in (0, 2, 4, 6):
        size = int.from_bytes(data[offset + 2 : offset + 4])
    elif kind in (8, 10, 12, 13):
        size = int.from_bytes(data[offset + 4 : offset + 8])
    else:
        return None
    least = {0: 262, 2: 518, 4: 16, 6: 10, 8: 16, 10: 20, 12: 16, 13: 16}[kind]
    if kind == 4 and (size < least or offset + size > len(data)):  # longer than 16 bits say, or cut short
        body = data[offset : offset + max(size, least)]
        if len(body) < least or 16 + 4 * int.from_bytes(body[6:8]) > len(body):
            return None
        body = body[: len(body) & ~1]
        return body[:2] + struct.pack(">H", min(len(body), 0xFFFF)) + body[4:]
    body = data[offset : offset + size]
    return body + bytes(len(body) % 2) if least <= size and len(body) == size else None

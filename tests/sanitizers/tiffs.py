"""TIFF files for the tests: a small builder of every layout that the specification allows, and of some others."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, FLOAT, IFD, LONG8 = 1, 2, 3, 4, 5, 7, 11, 13, 16
_LETTERS: Final = {1: "B", 2: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q"}
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 11: 4, 13: 4, 16: 8}

Value = tuple[int, Sequence[int] | bytes]


@dataclass
class Page:
    """A page: its coded blocks and its tags. `below` are directories that a tag points to."""

    blocks: Sequence[bytes]
    tags: Mapping[int, Value]
    is_tiled: bool = False
    below: Mapping[int, Mapping[int, Value]] = field(default_factory=dict)


def shape(width: int, height: int, bits: Sequence[int], photometric: int, compression: int = 1) -> dict[int, Value]:
    """The tags that every page has."""
    return {
        256: (LONG, (width,)),
        257: (LONG, (height,)),
        258: (SHORT, tuple(bits)),
        259: (SHORT, (compression,)),
        262: (SHORT, (photometric,)),
        277: (SHORT, (len(bits),)),
    }


def tiff(*pages: Page, order: str = "<", is_big: bool = False, after: int = 0, behind: bytes = b"") -> bytes:
    """A file of these pages. `after`: what stands for the offset of a page behind the last one."""
    out = bytearray(16 if is_big else 8)
    word = "Q" if is_big else "I"
    link = 8 if is_big else 4
    out[:2] = b"II" if order == "<" else b"MM"
    out[2:8] = struct.pack(order + ("HHH" if is_big else "HI"), *((43, 8, 0) if is_big else (42, 0)))
    for page in pages:
        starts = []
        for block in page.blocks:
            starts.append(len(out))
            out += block
        out += bytes(len(out) % 2)
        tags = dict(page.tags)
        if page.blocks:
            tags[324 if page.is_tiled else 273] = LONG, starts
            tags.setdefault(325 if page.is_tiled else 279, (LONG, [len(block) for block in page.blocks]))
        for tag, inner in page.below.items():
            tags[tag] = LONG, [len(out)]
            _directory(out, inner, order, word)
        struct.pack_into(order + word, out, link, len(out))
        link = _directory(out, tags, order, word)
    struct.pack_into(order + word, out, link, after)
    return bytes(out) + behind


def _directory(out: bytearray, tags: Mapping[int, Value], order: str, word: str) -> int:
    """Write a directory; where its link to the next one stands."""
    inline = struct.calcsize("<" + word)
    at = len(out) + (8 if word == "Q" else 2) + len(tags) * (12 if inline == 4 else 20) + inline
    head, values = struct.pack(order + ("Q" if word == "Q" else "H"), len(tags)), b""
    for tag, (kind, value) in sorted(tags.items()):
        packed = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}{_LETTERS[kind]}", *value)
        head += struct.pack(f"{order}HH{word}", tag, kind, len(packed) // _SIZES[kind])
        if len(packed) > inline:
            head += struct.pack(order + word, at + len(values))
            values += packed + bytes(len(packed) % 2)
        else:
            head += packed.ljust(inline, b"\0")
    link = len(out) + len(head)
    out += head + bytes(inline) + values
    return link


def rational(above: int, below: int = 1, order: str = "<") -> Value:
    return RATIONAL, struct.pack(order + "II", above, below)


def tiles_of(rows: Sequence[bytes], pixel_bytes: int, width: int, height: int) -> list[bytes]:
    """Rows cut into tiles of so many pixels, those at the edges filled up."""
    step = pixel_bytes * width
    down, across = -(-len(rows) // height), -(-len(rows[0]) // step)
    padded = [row.ljust(across * step, b"\0") for row in rows] + [bytes(across * step)] * (down * height - len(rows))
    return [
        b"".join(row[x * step : (x + 1) * step] for row in padded[y * height : (y + 1) * height])
        for y in range(down)
        for x in range(across)
    ]

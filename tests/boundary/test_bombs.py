"""Pictures that are small on the wire and without end when opened: refused within the budget; the worker lives on."""

import os
import struct
import zlib

import pytest
import pytest_asyncio

from gateway.workers import Workers
from policies.load import load_policy
from sanitizers.model import Order, Verdict
from tests.boundary.workshop import sealed
from tests.sanitizers.pictures import chunk, ihdr, jpeg, png, scene

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = load_policy("default")
FRAMES = 65_535
SIDE = 100_000
_MOST_CPU_MS = 15_000.0


def gif_of_44_bytes() -> bytes:
    """65,535 x 65,535 pixels."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0)
    return (screen + frame + b"\x02\x02\x4c\x01\0;").ljust(44, b"\0")[:44]


def gif_of_frames() -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\0"
    return screen + FRAMES * frame + b";"


def png_of_a_field() -> bytes:
    return png(ihdr(SIDE, SIDE, 8, 6), chunk(b"IDAT", zlib.compress(bytes(1 << 20))))


def png_of_frames() -> bytes:
    rows = zlib.compress(b"\0\0")
    out = [ihdr(1, 1, 8, 0), chunk(b"acTL", struct.pack(">II", FRAMES, 0))]
    control = struct.pack(">IIIIHHBB", 1, 1, 0, 0, 1, 100, 0, 0)
    out += [chunk(b"fcTL", struct.pack(">I", 0) + control), chunk(b"IDAT", rows)]
    for number in range(1, 2 * FRAMES - 1, 2):
        out.append(chunk(b"fcTL", struct.pack(">I", number) + control))
        out.append(chunk(b"fdAT", struct.pack(">I", number + 1) + rows))
    return png(*out)


def png_of_a_packed_profile() -> bytes:
    """A quarter of a gigabyte of it."""
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    return png(ihdr(1, 1, 8, 0), chunk(b"iCCP", b"a\0\0" + packed), chunk(b"IDAT", zlib.compress(b"\0\0")))


def jpeg_of_a_field() -> bytes:
    data = jpeg(scene())
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", 65_500, 65_500) + data[at + 4 :]


def jpeg_of_scans() -> bytes:
    data = jpeg(scene(), progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + 20_000 * data[at:-2] + data[-2:]


def _tiff(entries: list[tuple[int, int, int, int]], after: int) -> bytes:
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return struct.pack("<H", len(entries)) + rows + struct.pack("<I", after)


def tiff_of_a_field() -> bytes:
    entries = [(256, 4, 1, SIDE), (257, 4, 1, SIDE), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, SIDE), (279, 4, 1, 100)]
    return b"II*\0\x08\0\0\0" + _tiff(entries, 0) + bytes(100)


def tiff_in_a_ring() -> bytes:
    """Ten thousand directories, each of which leads to the next, the last to the first; none holds a picture."""
    size = len(_tiff([(254, 4, 1, 0)], 0))
    places = [8 + number * size for number in range(10_000)]
    rings = b"".join(_tiff([(254, 4, 1, 0)], after) for after in (*places[1:], places[0]))
    return b"II*\0\x08\0\0\0" + rings


def svg_of_groups() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg">' + 1_000_000 * b"<g>" + 1_000_000 * b"</g>" + b"</svg>"


def svg_of_uses() -> bytes:
    """Ten shown ten times, and so on twelve times over."""
    uses = b"".join(
        b'<g id="g%d">%s</g>' % (level, 10 * (b'<use href="#g%d"/>' % (level - 1))) for level in range(1, 13)
    )
    head = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect id="g0" width="1" height="1"/>'
    return head + uses + b"</svg>"


def svg_of_entities() -> bytes:
    names = b"".join(b'<!ENTITY e%d "%s">' % (n, 10 * (b"&e%d;" % (n - 1))) for n in range(1, 12))
    return b'<!DOCTYPE svg [<!ENTITY e0 "bomb">' + names + b']><svg xmlns="http://www.w3.org/2000/svg">&e11;</svg>'


BOMBS = {
    "a.gif": gif_of_44_bytes,
    "frames.gif": gif_of_frames,
    "field.png": png_of_a_field,
    "frames.png": png_of_frames,
    "packed.png": png_of_a_packed_profile,
    "field.jpg": jpeg_of_a_field,
    "scans.jpg": jpeg_of_scans,
    "field.tif": tiff_of_a_field,
    "ring.tif": tiff_in_a_ring,
    "groups.svg": svg_of_groups,
    "uses.svg": svg_of_uses,
    "entities.svg": svg_of_entities,
}
HARMLESS_ONCE_OPENED = {"packed.png"}  # what expands is left behind unopened, and the picture goes on


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def workers():
    crew = Workers(1)
    await crew.start()
    yield crew
    await crew.stop()


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_within_the_budget(workers: Workers, name: str):
    before = workers.pids
    fd = sealed(BOMBS[name]())
    try:
        judged = await workers.sanitize(Order(name=name, policy=POLICY), fd)
    finally:
        os.close(fd)

    if name in HARMLESS_ONCE_OPENED and judged.copy is not None:
        assert judged.copy.size < 1000
        os.close(judged.copy.fd)
    else:
        assert judged.report.verdict is Verdict.BLOCKED, judged.report
    assert judged.cpu_ms < _MOST_CPU_MS
    assert workers.pids == before, "the worker did not live through it"

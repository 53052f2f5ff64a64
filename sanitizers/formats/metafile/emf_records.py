"""What the shapes of EMF records share: the state of a drawing, fixed fields, counts and bitmaps.

Offsets count from a record's first byte, 8 before its body. Source: [MS-EMF] 2.2 and 2.3.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from sanitizers.formats.metafile import dib
from sanitizers.formats.metafile.allow import Kind, Known
from sanitizers.formats.metafile.dib import SafeDib
from sanitizers.formats.metafile.fields import Layout, UnfitError, layout, part
from sanitizers.sanitizer import Job

HEAD_BYTES: Final = 8  # bytes of a record before its body
MAX_POINTS: Final = 1 << 24


class State(Protocol):
    """What a shape may ask and tell: the objects there are, and states saved."""

    job: Job
    objects: dict[int, Kind]
    palettes: dict[int, int]  # how many colours each has
    handles: int
    saved: int


Shape = Callable[[State, Known, bytes], bytes]


def fixed(_state: State, row: Known, body: bytes) -> bytes:
    """A body of fixed fields. Raises UnfitError."""
    fields = layout(row.layout)
    return fields.packed.pack(*fields.read(body))


def count_at(body: bytes, at: int) -> int:
    """A count of points, groups or texts. Raises UnfitError."""
    count = int.from_bytes(part(body, at, 4, "a count"), "little")
    if count > MAX_POINTS:
        raise UnfitError(f"{count} points")
    return count


def bitmap(state: State, body: bytes, places: list[Any], usage: int) -> SafeDib:
    """The bitmap that four numbers tell of. Raises UnfitError, LimitError."""
    at, size, at_pixels, pixel_bytes = places
    head = part(body, at - HEAD_BYTES, size, "a bitmap's header")
    pixels = part(body, at_pixels - HEAD_BYTES, pixel_bytes, "a bitmap's pixels")
    return dib.carry(head, pixels, usage, state.job.budget)


def places_of(image: SafeDib | None, at: int) -> tuple[int, int, int, int]:
    """The four numbers of a bitmap that stands at an offset."""
    if image is None:
        return 0, 0, 0, 0
    return at, len(image.head), at + len(image.head), len(image.pixels)


def with_bitmaps(fields: Layout, values: list[Any], images: tuple[SafeDib | None, ...]) -> bytes:
    """The fixed part with its bitmaps behind it, in their order."""
    tail = b""
    for (place, usage), image in zip(fields.bitmaps, images):
        values[usage] = dib.RGB_COLOURS
        values[place : place + 4] = places_of(image, HEAD_BYTES + fields.size + len(tail))
        tail += image.head + image.pixels if image else b""
    return fields.packed.pack(*values) + tail

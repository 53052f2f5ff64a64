"""From an item to its picture: coded pictures decoded one at a time, grids put together, then cut and turned as said.

Source: ISO/IEC 23008-12:2022 sections 6.5 (properties) and 6.6 (derived items); MIAF, ISO/IEC 23000-22 section 7.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from
from typing import Final

from PIL import Image

from policies.catalogue import vector
from policies.terms import Action
from sanitizers.codecs import hevc as codec
from sanitizers.codecs.turbojpeg import Sampling
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.heif import avif, planes
from sanitizers.formats.heif.planes import UNSAID, Colours, Planes, Turn
from sanitizers.parsers import hevc
from sanitizers.parsers.heif import Heif, Item, Property
from sanitizers.parsers.isobmff import Reader
from sanitizers.sanitizer import Job

GEN_15: Final = vector("GEN-15")

HEVC: Final = (b"hvc1", b"hev1")
AV1: Final = b"av01"
GRID, IDENTITY = b"grid", b"iden"
_CUT, _TURN, _MIRROR = b"clap", b"irot", b"imir"
_CHANGES: Final = (_CUT, _TURN, _MIRROR)
_TURNS: Final = {1: Turn.ROTATE_90, 2: Turn.ROTATE_180, 3: Turn.ROTATE_270}
_MIRRORS: Final = {0: Turn.FLIP_TOP_BOTTOM, 1: Turn.FLIP_LEFT_RIGHT}
# What may be said of a picture that a reader must understand; what stands elsewhere changes nothing here.
_UNDERSTOOD: Final = frozenset(
    (*_CHANGES, b"hvcC", b"av1C", b"ispe", b"pixi", b"colr", b"auxC", b"pasp", b"rloc", b"clli", b"mdcv")
)
_BYTES_OF_PIXEL: Final = 3

Picture = Planes | Image.Image


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture, how its chroma was stored, and every item that went into it."""

    picture: Picture
    sampling: Sampling
    items: frozenset[int] = field(repr=False)


def size_of(item: Item) -> tuple[int, int]:
    """Width and height before it is cut or turned (6.5.3). Raises MalformedError."""
    said = item.said(b"ispe")
    if said is None:
        raise MalformedError(f"{item.where}: no size")
    reader = Reader(said.body, item.where)
    reader.version()
    size = reader.number(4), reader.number(4)
    if not (size[0] and size[1]):
        raise MalformedError(f"{item.where}: {size[0]} x {size[1]} pixels")
    return size


def colours_of(item: Item) -> Colours | None:
    """What its samples mean, where code points say so (colr of kind nclx)."""
    for said in item.properties:
        if said.name == b"colr" and bytes(said.body[:4]) == b"nclx" and len(said.body) >= 11:
            primaries, transfer, matrix, full = unpack_from(">HHHB", said.body, 4)
            return Colours(primaries, transfer, matrix, bool(full & 0x80))
    return None


def in_order(tree: Heif, item: Item) -> Iterator[Item]:
    """The item, and the first of those it is derived from: what one does not say of colours, the next may."""
    yield item
    for _ in range(2):  # a copy of a grid
        numbers = item.leads_to.get(b"dimg", ())
        if not numbers or numbers[0] not in tree.items:
            return
        item = tree.items[numbers[0]]
        yield item


def show(tree: Heif, item: Item, job: Job) -> Shown:
    """The item's picture as a viewer shows it. Raises InputError."""
    derived = item.kind == IDENTITY
    inner = show_coded(tree, _only(tree, item), item, job) if derived else show_coded(tree, item, item, job)
    picture = inner.picture
    for source, said in _changes_of(tree, item):
        picture = _changed(picture, said, source)
    return Shown(picture, inner.sampling, inner.items | {item.id})


def show_alpha(tree: Heif, item: Item, main: Item, job: Job) -> Shown:
    """The item's picture, cut and turned as the one it belongs to where it does not say how. Raises InputError."""
    found = show(tree, item, job)
    changes = [] if any(_changes_of(tree, item)) else list(_changes_of(tree, main))
    if not changes:
        return found
    image, size = to_image(found.picture), size_of(changes[0][0])
    picture: Picture = image if image.size == size else image.resize(size)
    for source, said in changes:
        picture = _changed(picture, said, source)
    return Shown(picture, found.sampling, found.items)


def _changes_of(tree: Heif, item: Item) -> Iterator[tuple[Item, Property]]:
    """What cuts and turns an item's picture, in order, each with the item that says it."""
    for source in (_only(tree, item), item) if item.kind == IDENTITY else (item,):
        yield from ((source, said) for said in source.properties if said.name in _CHANGES)


def _only(tree: Heif, item: Item) -> Item:
    inner = [tree.items.get(number) for number in item.leads_to.get(b"dimg", ())]
    if len(inner) != 1 or inner[0] is None or inner[0].kind == IDENTITY:
        raise MalformedError(f"{item.where}: of another item that is not there")
    return inner[0]


def show_coded(tree: Heif, item: Item, outer: Item, job: Job) -> Shown:
    """A coded picture or a grid, neither cut nor turned."""
    _refuse_unknown(item)
    size = size_of(item)
    job.budget.draw(*size)
    colours = colours_of(outer) or colours_of(item)
    if item.kind != GRID:
        return _decode(item, size, colours, job)
    tiles, across, size = _grid(tree, item)
    job.budget.draw(*size)
    step = size_of(tiles[0])
    places = [(step[0] * (number % across), step[1] * (number // across)) for number in range(len(tiles))]
    parts = []
    for tile in tiles:
        if size_of(tile) != step or any(said.name in _CHANGES for said in tile.properties):
            raise MalformedError(f"{tile.where}: a tile unlike the others")
        _refuse_unknown(tile)
        parts.append(_decode(tile, step, colours_of(tile) or colours, job))
    used = frozenset((item.id, *(tile.id for tile in tiles)))
    return Shown(_joined(parts, places, size), parts[0].sampling, used)


def _joined(parts: list[Shown], places: list[tuple[int, int]], size: tuple[int, int]) -> Picture:
    all_planes = [part.picture for part in parts if isinstance(part.picture, Planes)]
    if len(all_planes) == len(parts):
        return planes.joined(all_planes, places, size)
    return planes.joined_images([to_image(part.picture) for part in parts], places, size)


def to_image(picture: Picture) -> Image.Image:
    """L or RGB."""
    return picture.to_image() if isinstance(picture, Planes) else picture


def _refuse_unknown(item: Item) -> None:
    for said in item.properties:
        if said.is_essential and said.name not in _UNDERSTOOD:
            raise UnsupportedError(f"{item.where}: {said.name!r} must be understood")


def _grid(tree: Heif, item: Item) -> tuple[list[Item], int, tuple[int, int]]:
    """The tiles of a grid, how many stand beside each other, and its size (6.6.2.3). Raises MalformedError."""
    reader = Reader(memoryview(item.data), item.where)
    version, flags = reader.number(1), reader.number(1)
    rows, columns = reader.number(1) + 1, reader.number(1) + 1
    width = 4 if flags & 1 else 2
    size = reader.number(width), reader.number(width)
    numbers = item.leads_to.get(b"dimg", ())
    are_sound = len(set(numbers)) == len(numbers) == rows * columns and tree.items.keys() >= set(numbers)
    if version or not are_sound:
        raise MalformedError(f"{item.where}: a grid of {len(numbers)} tiles in place of {rows * columns}")
    tiles = [tree.items[number] for number in numbers]
    across, down = size_of(tiles[0])
    if not (0 < size[0] <= across * columns and 0 < size[1] <= down * rows):
        raise MalformedError(f"{item.where}: tiles do not fill {size[0]} x {size[1]} pixels")
    return tiles, columns, size


def _decode(item: Item, size: tuple[int, int], colours: Colours | None, job: Job) -> Shown:
    job.budget.draw(*size)
    job.budget.expand(size[0] * size[1] * _BYTES_OF_PIXEL)
    used = frozenset({item.id})
    if item.kind == AV1:
        made = item.said(b"av1C")
        image, sampling = avif.decode(item.data, bytes(made.body) if made else b"", size, colours)
        return Shown(image, sampling, used)
    if item.kind not in HEVC:
        raise UnsupportedError(f"{item.where}: pictures of kind {item.kind!r}")
    if not codec.is_available():
        raise UnsupportedError("no decoder for HEVC on this machine")
    made = item.said(b"hvcC")
    if made is None:
        raise MalformedError(f"{item.where}: nothing to set a decoder up with")
    units = hevc.units(item.data, hevc.configuration(made.body))
    frame, warning = codec.decode(units, *size)
    if warning:
        job.found(GEN_15, item.where, detail=warning, at_least=Action.BLOCK)
    decoded = planes.of(frame, size, _meant(frame, colours))
    return Shown(decoded, decoded.sampling, used)


def _meant(frame: codec.Frame, said: Colours | None) -> Colours:
    """What counts: the file before the stream; cameras are known that forget the full range in the file."""
    if said is not None:
        matrix = frame.matrix if said.matrix == UNSAID else said.matrix
        return Colours(said.primaries, said.transfer, matrix, said.is_full_range or frame.is_full_range)
    return Colours(frame.primaries, frame.transfer, frame.matrix, frame.is_full_range)


def _changed(picture: Picture, said: Property, item: Item) -> Picture:
    reader = Reader(said.body, item.where)
    if said.name == _CUT:
        size = picture.size
        box = _clean_aperture([reader.take(4) for _ in range(8)], size, item)
        return picture.cut(box) if isinstance(picture, Planes) else picture.crop(box)
    number = reader.number(1)
    turn = _TURNS.get(number & 3) if said.name == _TURN else _MIRRORS[number & 1]
    if turn is None:
        return picture
    return picture.turned(turn) if isinstance(picture, Planes) else picture.transpose(turn)


def _clean_aperture(words: list[bytes], size: tuple[int, int], item: Item) -> tuple[int, int, int, int]:
    """The part that is shown (ISO/IEC 14496-12, 12.1.4). Raises MalformedError when it is not inside."""
    numbers = [int.from_bytes(word, "big", signed=place in (4, 6)) for place, word in enumerate(words)]
    if not all(numbers[1::2]):
        raise MalformedError(f"{item.where}: a cut without a size")
    width, height, right, down = (above / below for above, below in zip(numbers[::2], numbers[1::2]))
    left, upper = ((whole - part) / 2 + moved for whole, part, moved in zip(size, (width, height), (right, down)))
    box = (round(left), round(upper), round(left) + round(width), round(upper) + round(height))
    if not (0 <= box[0] < box[2] <= size[0] and 0 <= box[1] < box[3] <= size[1]):
        raise MalformedError(f"{item.where}: a cut beyond the edge")
    return box


def alpha_of(tree: Heif, item: Item) -> Item | None:
    """The item that says how much of the picture shows through, if one does (6.6.2.1)."""
    return next((other for other in _auxiliaries(tree, item) if auxiliary_kind(other) in _ALPHA), None)


_ALPHA: Final = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


def auxiliary_kind(item: Item) -> bytes:
    """What an auxiliary picture is for: a URN."""
    said = item.said(b"auxC")
    return bytes(said.body[4:]).split(b"\0")[0] if said else b""


def _auxiliaries(tree: Heif, item: Item) -> Iterator[Item]:
    return (other for other in tree.items.values() if item.id in other.leads_to.get(b"auxl", ()))

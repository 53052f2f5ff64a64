"""Decisions about a PNG: what it may say, and which rows are carried over.

The full and the lossless class are the same here: rows are inflated, proved and packed anew, and say the same pixels.
Pixels change in three places, each told: colours from a space that is not kept are converted (IMG-07), colours under
zero alpha are cleared (IMG-38), and palette indexes without a colour get black, as viewers draw them (IMG-39).
"""

from dataclasses import replace
from typing import Final

from PIL import Image

from policies.terms import Action
from sanitizers.formats import colour
from sanitizers.formats.marks import spells_script, unspelled
from sanitizers.formats.png import rows as rows_of
from sanitizers.formats.png.allow import IMG_09, IMG_15, IMG_16, IMG_17, IMG_38, IMG_39
from sanitizers.formats.png.said import Said
from sanitizers.formats.png.write import Rows, SafeFrame, SafePng
from sanitizers.parsers.apng import Animation
from sanitizers.parsers.png import Colour, Header, Png
from sanitizers.sanitizer import Job

_ALPHA: Final = (Colour.GRAY_ALPHA, Colour.RGBA)
_OF_OLD_PICTURES: Final = (b"IDAT", b"IEND")
_COLOUR_OF: Final = {"L": Colour.GRAY, "RGB": Colour.RGB, "LA": Colour.GRAY_ALPHA, "RGBA": Colour.RGBA}

Sized = tuple[Rows, int, int]  # rows, width, height


def disarm(tree: Png, job: Job) -> SafePng:
    """Decide about every part. Raises BlockedError where the policy says so, MalformedError without whole rows."""
    said = Said(tree, job)
    _look_behind(tree, job)
    animation = _animation(tree, job)
    sized = [(_rows(tree, tree.image, tree.header.width, tree.header.height, "IDAT", job))]
    for number, frame in enumerate(animation.frames if animation else ()):
        if frame.packed:
            place = frame.control.width, frame.control.height
            sized.append(_rows(tree, frame.packed, *place, f"frame {number + 1}", job))
    header, sized = _clean_pixels(tree, sized, said, job)
    return _assemble(header, sized, animation, said.kept)


def _look_behind(tree: Png, job: Job) -> None:
    offset, count = tree.stale
    if count:
        job.found(IMG_15, f"IDAT at {offset}", detail=f"{count} bytes apart from the picture", at_least=Action.REWRITE)
    if not tree.has_end:
        job.found(IMG_17, f"offset {tree.end}", detail="no end chunk", at_least=Action.REWRITE)
    behind = len(tree.data) - tree.end
    if behind:
        is_old = any(tree.data.find(name, tree.end) >= 0 for name in _OF_OLD_PICTURES)
        vector, least = (IMG_15, Action.REWRITE) if is_old else (IMG_09, Action.REMOVE)
        job.found(vector, f"offset {tree.end}", detail=f"{behind} bytes", at_least=least)


def _animation(tree: Png, job: Job) -> Animation | None:
    """The frames to carry over; the policy may want the still picture alone."""
    if tree.animation is None:
        return None  # of one that is broken, each chunk is told as it is dropped
    found = tree.animation
    if found.left_over:
        job.found(IMG_16, "acTL", detail=f"{found.left_over:+d} frames", at_least=Action.REWRITE)
    if any(spells_script(frame.control.packed(0)) for frame in found.frames):
        job.found(IMG_16, "fcTL", detail="spells a script", at_least=Action.REMOVE)
        return None
    order = job.found(IMG_16, "acTL", detail=f"{len(found.frames)} frames")
    return found if order <= Action.REWRITE else None


def _rows(tree: Png, packed: bytes | memoryview, width: int, height: int, where: str, job: Job) -> Sized:
    rows, behind = rows_of.inflate(packed, tree.header, width, height)
    if behind:
        job.found(IMG_15, where, detail=f"{behind} behind the picture", at_least=Action.REWRITE)
    return rows, width, height


def _clean_pixels(tree: Png, sized: list[Sized], said: Said, job: Job) -> tuple[Header, list[Sized]]:
    """Rows as they may pass, and the header that fits them; `said` follows where they change."""
    header = tree.header
    if header.colour is Colour.PALETTE:
        assert tree.palette is not None
        said.kept[b"PLTE"] = _palette(tree.palette.body, header, sized, said, job)
        return header, sized
    if said.source is not None:
        header, sized = _convert(header, sized, said)
    if header.colour in _ALPHA:
        header, sized = _clear_under_zero_alpha(header, sized, job)
    return header, sized


def _palette(body: bytes, header: Header, sized: list[Sized], said: Said, job: Job) -> bytes:
    """The palette with a colour for every index in use, and none that no index can reach."""
    most = 1 << header.depth
    colours = min(len(body) // 3, most)
    highest = max(rows_of.highest_index(*_placed(item, header), colours) for item in sized) if colours < most else 0
    if len(body) // 3 > most or highest >= colours:
        job.found(IMG_39, "PLTE", detail=f"{len(body) // 3} colours of {most}", at_least=Action.REWRITE)
    body = body[: 3 * most] + bytes(3 * max(0, highest + 1 - colours))
    if b"tRNS" in said.kept:
        said.kept[b"tRNS"] = said.kept[b"tRNS"][:most]
        body = _one_clear_colour(body, said.kept[b"tRNS"], job)
    body = _convert_palette(body, said)
    if b"tRNS" in said.kept:
        said.kept[b"tRNS"] = _without_script(said.kept[b"tRNS"], "tRNS", job)
    return _without_script(body, "PLTE", job)


def _without_script(table: bytes, where: str, job: Job) -> bytes:
    """The only bytes of a picture that stand in a file as they are: a value is moved where they spell a script."""
    if not spells_script(table):
        return table
    job.found(IMG_39, where, detail="spells a script", at_least=Action.REWRITE)
    return unspelled(table)


def _placed(item: Sized, header: Header) -> tuple[Rows, Header, int, int]:
    rows, width, height = item
    return rows, header, width, height


def _one_clear_colour(body: bytes, alpha: bytes, job: Job) -> bytes:
    """Fully transparent entries get the colour of the first of them: several could draw a hidden picture."""
    clear = [index for index, value in enumerate(alpha) if value == 0]
    colours = {body[3 * index : 3 * index + 3] for index in clear}
    if len(colours) < 2 or job.found(IMG_38, "PLTE", detail=f"{len(clear)} transparent colours") is Action.KEEP:
        return body
    entries = [body[at : at + 3] for at in range(0, len(body), 3)]
    for index in clear:
        entries[index] = entries[clear[0]]
    return b"".join(entries)


def _convert_palette(body: bytes, said: Said) -> bytes:
    if said.source is None:
        return body
    shown = colour.to_srgb(Image.frombytes("RGB", (len(body) // 3, 1), body), said.source)
    return body if shown is None else shown.tobytes()


def _convert(header: Header, sized: list[Sized], said: Said) -> tuple[Header, list[Sized]]:
    """The picture in sRGB, 8 bits a sample; left as it is where the profile is of no use or a colour is clear."""
    assert said.source is not None
    if b"tRNS" in said.kept or header.depth < 8:
        return header, sized
    converted: list[Image.Image] = []
    for item in sized:
        image = rows_of.decode(*_placed(item, header))
        colours, alpha = (image, None) if header.colour not in _ALPHA else _split(image)
        shown = colour.to_srgb(colours, said.source)
        if shown is None:
            return header, sized
        converted.append(shown if alpha is None else _join(shown, alpha))
    for name in (b"sBIT", b"bKGD"):
        said.kept.pop(name, None)
    header = replace(header, depth=8, colour=_COLOUR_OF[converted[0].mode], is_interlaced=False)
    return header, [(rows_of.encode(image), image.width, image.height) for image in converted]


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    *colours, alpha = image.split()
    return (colours[0] if len(colours) == 1 else Image.merge("RGB", colours)), alpha


def _join(colours: Image.Image, alpha: Image.Image) -> Image.Image:
    return Image.merge("LA" if colours.mode == "L" else "RGBA", (*colours.split(), alpha))


def _clear_under_zero_alpha(header: Header, sized: list[Sized], job: Job) -> tuple[Header, list[Sized]]:
    cleared: list[Rows | None] = [
        None if rows_of.is_opaque(*_placed(item, header)) else rows_of.without_hidden_colours(*_placed(item, header))
        for item in sized
    ]
    count = sum(rows is not None for rows in cleared)
    if not count or job.found(IMG_38, "pixels", detail=f"{count} pictures", count=count) is Action.KEEP:
        return header, sized
    if header.is_interlaced:  # what was cleared no longer is: neither may the others be
        cleared = [rows or rows_of.encode(rows_of.decode(*_placed(item, header))) for rows, item in zip(cleared, sized)]
    both = [(new or old, width, height) for new, (old, width, height) in zip(cleared, sized)]
    return replace(header, is_interlaced=False), both


def _assemble(header: Header, sized: list[Sized], animation: Animation | None, kept: dict[bytes, bytes]) -> SafePng:
    moving = animation.frames if animation else ()
    waiting = iter(sized[1:])
    frames = tuple(SafeFrame(frame.control, next(waiting)[0] if frame.packed else None) for frame in moving)
    return SafePng(header, kept, sized[0][0], animation.plays if animation else 0, frames)

"""Decisions about a JPEG: what it may say, and how its picture is coded anew.

The full class decodes and encodes every sample, at the quality of the source and at most 92. A file that is already
written the way ours are, marker by marker, with tables of such a quality, is coded anew in the DCT domain instead: the
same coefficients through a decoder and an encoder, so that a second pass gives the same bytes. The lossless class does
so with every picture that allows it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from policies.terms import Action, Rebuild
from sanitizers.formats import colour, exif
from sanitizers.formats.colour import Fate
from sanitizers.formats.jpeg import allow, pixels
from sanitizers.formats.jpeg.allow import (
    GEN_15,
    IMG_04,
    IMG_05,
    IMG_07,
    IMG_08,
    IMG_09,
    IMG_10,
    IMG_11,
    IMG_12,
    IMG_44,
    SEGMENT_ELSE,
    SEGMENTS,
    Kind,
)
from sanitizers.formats.jpeg.pixels import Bitmap, Coded, Picture
from sanitizers.formats.jpeg.tables import HUFFMAN, MAX_QUALITY, exact_quality, nearest_quality
from sanitizers.formats.jpeg.write import NO_DENSITY, Said, is_written_by_us
from sanitizers.formats.marks import spells_script
from sanitizers.parsers.exif_facts import NO_FACTS, Facts
from sanitizers.parsers.icc import Device
from sanitizers.parsers.jpeg import Jpeg, Space
from sanitizers.parsers.jpeg_tables import DRI, Coding, Segment
from sanitizers.sanitizer import Job
from sanitizers.table import Row

_PLAIN_ADOBE: Final = {Space.CMYK: 0, Space.YCCK: 0}  # four components as our encoders write them: no transform
_DEVICES: Final = {Space.GRAY: Device.GRAY, Space.CMYK: Device.CMYK, Space.YCCK: Device.CMYK}
# Stuffing at the end of a scan, which every decoder passes over. Before a restart marker it means a lost place.
_STUFFING: Final = re.compile(r"extraneous bytes before marker 0x(?!d[0-7])")
_LOOKED_AT: Final = 4096  # bytes behind the end that tell what they are
_ICC_HEAD: Final = 14  # "ICC_PROFILE", number of this segment, number of all
_OUR_COMPONENTS: Final = {1: ((1, 0),), 3: ((1, 0), (2, 1), (3, 1)), 4: ((67, 0), (77, 0), (89, 0), (75, 0))}


@dataclass(frozen=True, slots=True)
class SafeJpeg:
    """A picture, and the few things that are said beside it."""

    picture: Picture
    quality: int
    said: Said


@dataclass(slots=True)
class _Heard:
    """What the segments say, as far as it may be said again."""

    density: tuple[int, int, int] | None = None
    exif_density: tuple[int, int, int] | None = None
    orientation: int | None = None
    facts: Facts = NO_FACTS
    xmp_orientation: int | None = None
    profile_parts: list[Segment] = field(default_factory=list)


def disarm(tree: Jpeg, job: Job) -> SafeJpeg:
    """Decide about every part. Raises BlockedError where policy or damage says so, MalformedError without pixels."""
    heard = _hear(tree, job)
    _look_behind(tree, job)
    has_our_tables = _has_our_tables(tree)
    _tell_coding(tree, has_our_tables, job)
    profile, source = _rule_on_colour(tree, heard.profile_parts, job)
    said = Said(
        density=_density(heard),
        orientation=heard.orientation or heard.xmp_orientation or exif.UPRIGHT,
        facts=heard.facts,
        profile=profile,
        adobe=_adobe(tree, job),
    )
    quality = min(nearest_quality(tree.quantisation.get(tree.frame.components[0].table)), MAX_QUALITY)
    converted = _convert(tree, source)
    if converted is not None:
        return SafeJpeg(converted, quality, replace(said, adobe=None))
    is_ours = has_our_tables and is_written_by_us(said, tree)
    picture = _picture(tree, is_ours, job)
    adobe = _PLAIN_ADOBE.get(tree.space)
    if not isinstance(picture, Coded) and said.adobe != adobe:  # decoded after all: its components are the encoder's
        said = replace(said, adobe=adobe)
    return SafeJpeg(picture, quality, said)


def _hear(tree: Jpeg, job: Job) -> _Heard:
    heard = _Heard()
    for segment in tree.segments:
        row = _row_of(segment)
        match row.kind if row else Kind.NOTHING:
            case Kind.DENSITY:
                _hear_density(segment, heard, job)
            case Kind.ORIENTATION:
                _hear_exif(segment, heard, job)
            case Kind.PROFILE:
                heard.profile_parts.append(segment)
            case Kind.TRANSFORM:
                if len(segment.body) != 12:
                    job.found(IMG_08, segment.where, detail="bytes behind an Adobe marker", at_least=Action.REMOVE)
            case Kind.NOTHING:
                _drop(segment, row, heard, job)
    return heard


def _row_of(segment: Segment) -> Row[Kind] | None:
    return next((row for start, row in _rows().get(segment.marker, ()) if segment.body.startswith(start)), None)


@cache
def _rows() -> Mapping[int, list[tuple[bytes, Row[Kind]]]]:
    """The allow-list by marker: how a body may start, and its row."""
    rows: dict[int, list[tuple[bytes, Row[Kind]]]] = {}
    for row in SEGMENTS.values():
        match row.entry:
            case (int() as marker, bytes() as start):
                rows.setdefault(marker, []).append((start, row))
    return rows


def _drop(segment: Segment, row: Row[Kind] | None, heard: _Heard, job: Job) -> None:
    vector = row.otherwise if row else SEGMENT_ELSE
    job.found(vector, segment.where, detail=f"{len(segment.body)} bytes", at_least=Action.REMOVE)
    if any(mark in segment.body for mark in allow.THUMBNAIL_RESOURCES) and vector is allow.IMG_06:
        job.found(IMG_04, segment.where, detail="Photoshop thumbnail", at_least=Action.REMOVE)
    if vector is IMG_05:
        heard.xmp_orientation = heard.xmp_orientation or exif.xmp_orientation(segment.body)
        if any(word in segment.body for word in allow.GAIN_MAP_WORDS):
            job.found(IMG_10, segment.where, detail="names a gain map or film", at_least=Action.REMOVE)


def _hear_density(segment: Segment, heard: _Heard, job: Job) -> None:
    body = segment.body
    if len(body) > 14:
        job.found(IMG_04, segment.where, detail=f"{len(body) - 14} bytes behind JFIF", at_least=Action.REMOVE)
    if len(body) >= 14 and heard.density is None:
        unit, across, down = body[7], int.from_bytes(body[8:10]), int.from_bytes(body[10:12])
        heard.density = (unit, across, down) if unit <= 2 and across and down else NO_DENSITY
        if b"<" in body and spells_script(body):
            job.found(IMG_12, segment.where, detail="a density that spells a script", at_least=Action.REMOVE)
            heard.density = NO_DENSITY


def _hear_exif(segment: Segment, heard: _Heard, job: Job) -> None:
    said = exif.hear(segment.body[6:], segment.where, job, keeps_facts=not heard.facts)
    heard.facts = heard.facts or said.facts
    heard.orientation = heard.orientation or said.orientation
    if said.density is not None:
        across, down, unit = said.density
        heard.exif_density = (unit - 1, across, down)


def _density(heard: _Heard) -> tuple[int, int, int]:
    if heard.density is not None and heard.density[0]:
        return heard.density
    return heard.exif_density or heard.density or NO_DENSITY


def _look_behind(tree: Jpeg, job: Job) -> None:
    """What stands between the segments and behind the end."""
    offset, count = tree.stray
    if count:
        job.found(IMG_12, f"offset {offset}", detail=f"{count} bytes between segments", at_least=Action.REWRITE)
    if not tree.has_end:
        job.found(IMG_11, f"offset {tree.end}", detail="no end marker", at_least=Action.REWRITE)
    behind = len(tree.data) - tree.end
    if behind:
        start = tree.data[tree.end : tree.end + _LOOKED_AT]
        is_film = b"ftyp" in start[:16] or tree.data.endswith(b"SEFT")
        is_picture = start.lstrip(b"\0").startswith(b"\xff\xd8\xff")
        vector = IMG_10 if is_film or is_picture else IMG_09
        job.found(vector, f"offset {tree.end}", detail=f"{behind} bytes", at_least=Action.REMOVE)


def _rule_on_colour(tree: Jpeg, parts: list[Segment], job: Job) -> tuple[bytes | None, bytes | None]:
    """(profile of ours to write, profile to convert the pixels from)."""
    if not parts:
        return None, None
    ruling = colour.rule(_joined(parts), _DEVICES.get(tree.space, Device.RGB))
    if ruling.fate is Fate.OURS and job.policy.ordered(IMG_07) <= Action.REWRITE:
        return ruling.profile, None
    order = job.found(IMG_07, parts[0].where, detail=ruling.detail, at_least=Action.REWRITE)
    if ruling.profile is not None and order <= Action.REWRITE:
        return ruling.profile, None
    return None, ruling.source


def _joined(parts: list[Segment]) -> bytes:
    """The profile in its segments; nothing when one is missing, as for viewers."""
    numbered = {part.body[12]: part.body[_ICC_HEAD:] for part in parts if len(part.body) > _ICC_HEAD}
    if len(numbered) != len(parts) or sorted(numbered) != list(range(1, len(parts) + 1)):
        return b""
    return b"".join(numbered[number] for number in sorted(numbered))


def _adobe(tree: Jpeg, job: Job) -> int | None:
    """The colour transform to write, where components mean something else than JFIF says."""
    if job.rebuild is Rebuild.LOSSLESS and pixels.can_transcode(tree):
        return {Space.RGB: 0, Space.CMYK: 0, Space.YCCK: 2}.get(tree.space)
    return _PLAIN_ADOBE.get(tree.space)


def _tell_coding(tree: Jpeg, has_our_tables: bool, job: Job) -> None:
    """What is unlike our own coding: it tells of the encoder, or asks a decoder for its rarest parts."""
    coding = tree.frame.coding
    if coding not in (Coding.BASELINE, Coding.SEQUENTIAL, Coding.PROGRESSIVE):
        job.found(IMG_11, "SOF", detail=coding.name.lower().replace("_", " "), at_least=Action.REWRITE)
    kinds = {part.marker for part in tree.coded if isinstance(part, Segment)}
    told = []
    if coding is Coding.PROGRESSIVE:
        told.append("progressive")
    elif len(tree.scans) > 1:
        told.append(f"{len(tree.scans)} scans")
    if DRI in kinds:
        told.append("restart markers")
    if any(HUFFMAN.get(number) != table for number, table in tree.huffman.items()):
        told.append("Huffman tables")
    if job.rebuild is not Rebuild.LOSSLESS and not has_our_tables:
        told.append("quantisation tables")
    if told:
        job.found(IMG_44, "coding", detail=", ".join(told), at_least=Action.REWRITE)


def _has_our_tables(tree: Jpeg) -> bool:
    quality = exact_quality(tree.quantisation)
    components = tuple((component.id, component.table) for component in tree.frame.components)
    is_ours = components == _OUR_COMPONENTS[len(components)] and set(tree.quantisation) == {t for _, t in components}
    return is_ours and quality is not None and quality <= MAX_QUALITY


def _convert(tree: Jpeg, source: bytes | None) -> Bitmap | None:
    """The picture in sRGB; None when there is no profile to convert from, or none that can be used."""
    if source is None:
        return None
    opened = pixels.decode_to_bitmap(tree)
    image = colour.to_srgb(opened.image, source)
    return None if image is None else Bitmap(image, opened.sampling)


def _picture(tree: Jpeg, is_ours: bool, job: Job) -> Picture:
    if (is_ours or job.rebuild is Rebuild.LOSSLESS) and pixels.can_transcode(tree):
        coded, warning = pixels.transcode(tree)
        _tell_damage(warning, job)
        if spells_script(coded.data):
            job.found(IMG_12, "scan", detail="script text in coded pixels", at_least=Action.REWRITE)
        elif is_ours or pixels.reads_back(coded):
            return coded
    elif job.rebuild is Rebuild.LOSSLESS:
        job.found(IMG_11, "coding", detail="decoded and encoded anew", at_least=Action.REWRITE)
    picture, warning = pixels.decode(tree)
    _tell_damage(warning, job)
    return picture


def _tell_damage(warning: str, job: Job) -> None:
    if _STUFFING.search(warning):
        job.found(IMG_12, "scan", detail=warning, at_least=Action.REWRITE)
    elif warning:
        job.found(GEN_15, "scan", detail=warning, at_least=Action.BLOCK)

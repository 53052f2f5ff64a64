"""What stands in a HEIF or AVIF file beside its primary picture, told kind by kind before it is left behind."""

from collections.abc import Iterator
from typing import Final

from policies.terms import Action, Vector
from sanitizers.formats import exif
from sanitizers.formats.heif import decode
from sanitizers.formats.heif.allow import (
    AUXILIARIES,
    AUXILIARY_ELSE,
    BOXES,
    HIDDEN,
    IMG_03,
    IMG_09,
    IMG_10,
    IMG_27,
    IMG_40,
    ITEM_ELSE,
    ITEMS,
    PROVENANCE,
    SILENT,
    THUMBNAIL,
    TILE,
)
from sanitizers.parsers.exif_facts import NO_FACTS, Facts
from sanitizers.parsers.heif import Heif, Item
from sanitizers.parsers.heif_film import Film
from sanitizers.parsers.spans import unclaimed
from sanitizers.sanitizer import Job

_PADDING: Final = 16  # so many zeros of no item mean nothing
_EXIF: Final = b"Exif"
_EXIF_OFFSET_BYTES: Final = 4
_USUAL: Final = (b"dinf", b"grpl", b"free", b"skip")  # below the meta box


def items(tree: Heif, used: frozenset[int], job: Job, *, keeps_facts: bool) -> Facts:
    """Every item that the picture was not made of. Answers where and when it was taken, if the copy is to say so."""
    facts = NO_FACTS
    tiles = {number for item in tree.items.values() for number in item.leads_to.get(b"dimg", ())}
    found: dict[tuple[Vector, str], list[Item]] = {}
    for item in tree.items.values():
        if item.kind == _EXIF:
            facts = facts or _exif(item, job, keeps_facts)
        elif item.id not in used:
            found.setdefault(_kind_of(item, item.id in tiles), []).append(item)
    for (vector, what), those in found.items():
        job.found(vector, those[0].where, detail=what, count=len(those), at_least=Action.REMOVE)
    return facts


def _kind_of(item: Item, is_tile: bool) -> tuple[Vector, str]:
    if b"thmb" in item.leads_to:
        return THUMBNAIL
    if b"auxl" in item.leads_to:
        kind = decode.auxiliary_kind(item)
        return IMG_10, next((what for end, what in AUXILIARIES if kind.endswith(end)), AUXILIARY_ELSE)
    if is_tile:
        return TILE
    found = ITEMS.get(item.content_type or item.kind, ITEM_ELSE)
    return HIDDEN if item.is_hidden and found[0] is IMG_10 else found


def _exif(item: Item, job: Job, keeps_facts: bool) -> Facts:
    """Its orientation does not count: what a reader turns stands in the properties (6.5.10)."""
    block = item.data
    start = _EXIF_OFFSET_BYTES + int.from_bytes(block[:_EXIF_OFFSET_BYTES], "big")
    before = len(job.findings)
    said = exif.hear(block[start:], item.where, job, keeps_facts=keeps_facts)
    if len(job.findings) == before:  # nothing but what we write ourselves
        least = Action.REWRITE if said.facts else Action.REMOVE
        job.found(IMG_03, item.where, detail=f"{len(block)} bytes", at_least=least)
    return said.facts


def boxes(tree: Heif, film: Film | None, job: Job) -> None:
    """Boxes beside the items, and bytes that belong to nothing."""
    for box in tree.boxes:
        if box.name in SILENT:
            if box.name in (b"free", b"skip") and any(box.body):
                job.found(IMG_27, box.where, detail=f"{len(box.body)} bytes", at_least=Action.REMOVE)
            continue
        vector, what = BOXES.get(box.name, (IMG_27, "a box of another kind"))
        if box.name == b"uuid" and bytes(box.body[:16]) == PROVENANCE:
            vector, what = IMG_40, "provenance"
        if film is not None and box.name == b"moov":
            what = f"{film.pictures} pictures that move"
        job.found(vector, box.where, detail=f"{what}, {len(box.body)} bytes", at_least=Action.REMOVE)
    for where in tree.odd:
        if where[:4].encode("latin-1") not in _USUAL:
            job.found(IMG_27, where, detail="a box of another kind", at_least=Action.REMOVE)
    if not film:
        for start, end in _slack(tree):
            detail = "bytes of no item"
            job.found(IMG_27, f"offset {start}", detail=detail, count=end - start, at_least=Action.REMOVE)
    behind = len(tree.data) - tree.behind
    if behind:
        job.found(IMG_09, f"offset {tree.behind}", detail=f"{behind} bytes", at_least=Action.REMOVE)


def _slack(tree: Heif) -> Iterator[tuple[int, int]]:
    """Runs of bytes in a box of data that no item has."""
    for start, end in unclaimed(tree.spans, tree.behind):
        for box in tree.boxes:
            low, high = max(start, box.start), min(end, box.end)
            if box.name == b"mdat" and low < high and (high - low >= _PADDING or any(tree.data[low:high])):
                yield low, high

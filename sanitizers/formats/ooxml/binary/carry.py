"""The records of one part: what is allowed in long runs as it came, the rest through functions, or not at all."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from policies.terms import Vector
from sanitizers.errors import MalformedError
from sanitizers.formats.ooxml.binary.allow import BLOCKS, CARRIED, SINGLE, SIZES, XLSB_09
from sanitizers.formats.ooxml.scene import Scene
from sanitizers.parsers.biff12 import XLSB_10, Record, records

Hand = Callable[[Record, Scene], bytes]  # one record: what is written in its place
Group = Callable[[Sequence[Record], Scene], bytes]  # the records from a first to a last one


def carry(
    part: bytes,
    scene: Scene,
    hands: Mapping[int, Hand],
    groups: Mapping[int, tuple[int, Group]],
) -> bytes:
    """The new part. Raises MalformedError. What is left out is told by what it is, and counted."""
    carried = CARRIED[scene.kind]
    out: list[bytes] = []
    lost: Counter[Vector] = Counter()
    run = 0  # where the records begin that may stand as they are
    walk = records(part)
    for record in walk:
        if record.type in carried:
            if SIZES.get(record.type, len(record.data)) != len(record.data):
                raise MalformedError("a record of another size", XLSB_10)
            continue
        out.append(part[run : record.start])
        run = record.end
        if record.type in groups:
            last, group = groups[record.type]
            inner = [record, *_until(walk, record.type, last)]
            out.append(group(inner, scene))
            run = inner[-1].end
        elif record.type in hands:
            out.append(hands[record.type](record, scene))
        elif record.type in BLOCKS:
            last, vector = BLOCKS[record.type]
            lost[vector] += 1
            for skipped in _until(walk, record.type, last):
                run = skipped.end
        else:
            lost[SINGLE.get(record.type, XLSB_09)] += 1
    out.append(part[run:])
    for vector, count in lost.items():
        scene.found(vector, count=count)
    return b"".join(out)


def _until(walk: Iterator[Record], first: int, last: int) -> Iterator[Record]:
    """The records up to the last one that belongs to the first. Raises MalformedError where there is none."""
    depth = 1
    for record in walk:
        depth += (record.type == first) - (record.type == last)
        yield record
        if not depth:
            return
    raise MalformedError("records that are not closed", XLSB_10)


NO_GROUPS: Final[Mapping[int, tuple[int, Group]]] = {}

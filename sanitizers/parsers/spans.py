"""Which bytes of a file no part of it has claimed."""

from collections.abc import Iterable
from itertools import pairwise

Span = tuple[int, int]  # from, to


def overlap(spans: Iterable[Span]) -> bool:
    """Whether two parts claim the same byte."""
    ordered = sorted(span for span in spans if span[0] < span[1])
    return any(first[1] > second[0] for first, second in pairwise(ordered))


def unclaimed(spans: Iterable[Span], size: int) -> list[Span]:
    """The runs of bytes between the parts and behind the last one, in order."""
    found, reached = [], 0
    for start, end in sorted(spans):
        if start > reached:
            found.append((reached, start))
        reached = max(reached, end)
    if reached < size:
        found.append((reached, size))
    return found

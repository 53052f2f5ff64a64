"""What an SVG draws, once every reference is followed: no circle, and not more than a reader can draw (SVG-13).

An element costs itself, its children, and all that it names by id: use, pattern, marker, mask, clip path, filter.
Gradients are named for nothing. The sum is taken from the leaves up, so that it costs no more than the file is long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require
from sanitizers.verify.css import Applied
from sanitizers.verify.svg_rules import PAINTS

MOST_DRAWN: Final = 2_000_000


@dataclass(slots=True)
class Node:
    """One element, as far as references go."""

    name: str
    parent: int | None
    identifier: str = ""
    classes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  # ids


def require_bounded(nodes: Sequence[Node], applied: Sequence[Applied]) -> None:
    """Raises Refused when references form a circle or multiply beyond the limit."""
    needs: list[list[int]] = [[] for _ in nodes]
    stands_for: dict[str, int] = {}  # what is named and the keys of a style sheet have places of their own behind

    def place(name: str) -> list[int]:
        if name not in stands_for:
            stands_for[name] = len(needs)
            needs.append([])
        return needs[stands_for[name]]

    for one in applied:
        place(f"#{one.identifier}")
        place(f"key {one.key}").append(stands_for[f"#{one.identifier}"])
    for index, node in enumerate(nodes):
        if node.parent is not None:
            needs[node.parent].append(index)
        if node.identifier and node.name not in PAINTS:
            place(f"#{node.identifier}").append(index)
        for identifier in set(node.references):
            place(f"#{identifier}")
            needs[index].append(stands_for[f"#{identifier}"])
        needs[index] += [stands_for[key] for key in _keys(node) if key in stands_for]
    require(_drawn(needs) <= MOST_DRAWN, Check.LIMITS, "references that draw too much")


def _keys(node: Node) -> list[str]:
    """How a style sheet may mean this element."""
    return ["key *", f"key {node.name}", f"key #{node.identifier}", *(f"key .{name}" for name in set(node.classes))]


def _drawn(needs: Sequence[Sequence[int]]) -> int:
    """Elements drawn below the root, counted each time anew. Raises Refused for a circle."""
    costs: list[int | None] = [None] * len(needs)
    is_open = bytearray(len(needs))
    stack = [0]
    while stack:
        index = stack[-1]
        if costs[index] is not None:
            stack.pop()
            continue
        waiting = [other for other in needs[index] if costs[other] is None]
        if is_open[index] or not waiting:
            if waiting:
                raise Refused(Check.LIMITS, "references in a circle")
            costs[index] = min(1 + sum(costs[other] or 0 for other in needs[index]), MOST_DRAWN + 1)
            stack.pop()
            continue
        is_open[index] = 1
        require(not any(is_open[other] for other in waiting), Check.LIMITS, "references in a circle")
        stack += waiting
    return costs[0] or 0

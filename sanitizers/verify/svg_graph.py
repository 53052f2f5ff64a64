"""What an SVG draws, once every reference is followed: no circle, and not more than a reader can draw (SVG-13).

An element costs itself, its children, and all that it names by id: use, pattern, marker, mask, clip path, filter.
Gradients are named for nothing. The sum is taken from the leaves up, so that it costs no more than the file is long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require
from sanitizers.verify.css import Applied
from sanitizers.verify.svg_rules import PAINTS

MOST_DRAWN: Final = 2_000_000
_MOST_TRIED: Final = 2_000_000  # elements and their ancestors held against rules


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
    stands_for: dict[str, int] = {}  # an id has a place of its own behind the elements

    def place(identifier: str) -> int:
        if identifier not in stands_for:
            stands_for[identifier] = len(needs)
            needs.append([])
        return stands_for[identifier]

    for index, node in enumerate(nodes):
        if node.parent is not None:
            needs[node.parent].append(index)
        if node.identifier and node.name not in PAINTS:
            needs[place(node.identifier)].append(index)
        for identifier in set(node.references):
            needs[index].append(place(identifier))
    for index, identifier in _styled(nodes, applied):
        needs[index].append(place(identifier))
    require(_drawn(needs) <= MOST_DRAWN, Check.LIMITS, "references that draw too much")


def _styled(nodes: Sequence[Node], applied: Sequence[Applied]) -> Iterator[tuple[int, str]]:
    """Elements and what a style sheet may name for them."""
    by_name: dict[str, list[Applied]] = {}
    for one in applied:
        rarest = min(one.own or {"*"}, key=lambda name: (name[0] not in ".#", name == "*", name))
        by_name.setdefault(rarest, []).append(one)
    names = [_names(node) for node in nodes] if applied else []
    depths: list[int] = []
    tried = 0
    for index, own in enumerate(names):
        parent = nodes[index].parent
        depths.append(0 if parent is None else depths[parent] + 1)
        for one in (one for name in own & by_name.keys() for one in by_name[name]):
            tried += 1 + (depths[index] if one.around else 0)
            require(tried <= _MOST_TRIED, Check.LIMITS, "rules for too many elements")
            if one.own <= own and _is_inside(index, one, nodes, names):
                yield index, one.identifier


def _names(node: Node) -> frozenset[str]:
    """How a style sheet may call this element."""
    return frozenset(("*", node.name, f"#{node.identifier}", *(f".{name}" for name in node.classes)))


def _is_inside(index: int, one: Applied, nodes: Sequence[Node], names: Sequence[frozenset[str]]) -> bool:
    """Whether there is an ancestor for each of the sets of names that the rule asks for."""
    wanted = set(one.around)
    parent = nodes[index].parent
    while wanted and parent is not None:
        wanted = {each for each in wanted if not each <= names[parent]}
        parent = nodes[parent].parent
    return not wanted


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

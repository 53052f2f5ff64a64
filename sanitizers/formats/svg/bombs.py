"""How much a drawing draws once every reference is followed (SVG-13): counted, never expanded."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from sanitizers.errors import LimitError
from sanitizers.formats.svg.vectors import SVG_13
from sanitizers.formats.svg.write import SafeElement, walk

MAX_DRAWN: Final = 600_000  # elements; a file has half a million at most
MAX_LEVELS: Final = 1_000  # of elements within one another, references followed

_REFERENCE: Final = re.compile(r"url\(#([^)]*)\)")
_RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
_LAST_COMPOUND: Final = re.compile(r"[^\s>+~]+$")
_KEYS: Final = re.compile(r"[.#]?[\w-]+|\*")
_INHERITED: Final = frozenset(("fill", "stroke", "marker", "marker-start", "marker-mid", "marker-end", "style"))
_UNPAINTED: Final = frozenset(("linearGradient", "radialGradient"))
_VERTEX: Final = re.compile(r"[A-Za-z,\s]+")

Costs = dict[int, int]  # by id() of an element that is alive as long as the tree


def require_bounded(root: SafeElement) -> None:
    """Refuse a drawing whose references make it much larger than it is. Raises LimitError."""
    by_id: dict[str, list[SafeElement]] = defaultdict(list)
    for element in walk(root):
        if element.name not in _UNPAINTED:
            for name, value in element.attributes:
                if name == "id":
                    by_id[value].append(element)
    if by_id and _Counting(by_id, _styled(root)).cost(root) > MAX_DRAWN:
        raise LimitError(f"more than {MAX_DRAWN} elements to draw", SVG_13)


def _references_of(element: SafeElement, styled: Mapping[str, list[str]]) -> list[tuple[str, bool]]:
    """What an element refers to, and whether all that is in it inherits the reference."""
    found = []
    keys = ["*", element.name]
    for name, value in element.attributes:
        if name in ("href", "xlink:href"):
            if value.startswith("#") and element.name != "a":
                found.append((value[1:], False))
        elif name == "id":
            keys.append("#" + value)
        elif name == "class":
            keys += ["." + word for word in value.split()]
        elif "url(#" in value:
            found += [(identifier, name in _INHERITED) for identifier in _REFERENCE.findall(value)]
    if styled:
        found += [(identifier, True) for key in keys for identifier in styled.get(key, ())]
    return found


def _styled(root: SafeElement) -> dict[str, list[str]]:
    """References in style sheets, by the last word of the selectors that they stand under."""
    found: dict[str, list[str]] = defaultdict(list)
    for element in walk(root):
        if element.name != "style":
            continue
        for selectors, block in _RULE.findall("".join(child for child in element.children if isinstance(child, str))):
            identifiers = _REFERENCE.findall(block)
            for selector in selectors.split(",") if identifiers else ():
                last = _LAST_COMPOUND.search(re.sub(r":[\w-]+(?:\([^)]*\))?", "", selector).strip())
                keys = _KEYS.findall(last[0]) if last else []
                found[next((key for key in keys if key[0] in ".#"), keys[0] if keys else "*")] += identifiers
    return found


class _Counting:
    """Counts each element once, children and targets first."""

    def __init__(self, by_id: Mapping[str, list[SafeElement]], styled: Mapping[str, list[str]]) -> None:
        self._by_id = by_id
        self._styled = styled
        self._costs: Costs = {}
        self._sizes: Costs = {}
        self._levels: Costs = {}

    def cost(self, root: SafeElement) -> int:
        """Elements drawn for this one, references followed."""
        waiting = [(root, False)]
        open_now: set[int] = set()
        while waiting:
            element, is_ready = waiting.pop()
            key = id(element)
            if is_ready:
                open_now.discard(key)
                self._settle(element)
            elif key in open_now:
                raise LimitError("references in a circle", SVG_13)
            elif key not in self._costs:
                open_now.add(key)
                waiting.append((element, True))
                waiting += [(part, False) for part in self._parts(element)]
        return self._costs[id(root)]

    def _parts(self, element: SafeElement) -> list[SafeElement]:
        inside = [child for child in element.children if isinstance(child, SafeElement)]
        return inside + [target for target, _ in self._targets(element)]

    def _targets(self, element: SafeElement) -> list[tuple[SafeElement, bool]]:
        found = _references_of(element, self._styled)
        return [(target, inherits) for name, inherits in found for target in self._by_id.get(name, ())]

    def _settle(self, element: SafeElement) -> None:
        inside = [id(child) for child in element.children if isinstance(child, SafeElement)]
        targets = self._targets(element)
        size = 1 + sum(self._sizes[key] for key in inside)
        total = 1 + sum(self._costs[key] for key in inside)
        for target, inherits in targets:
            times = (size if inherits else 1) * (_vertices(element) if target.name == "marker" else 1)
            total += times * self._costs[id(target)]
        behind = inside + [id(target) for target, _ in targets]
        level = 1 + max((self._levels[key] for key in behind), default=0)
        if level > MAX_LEVELS:
            raise LimitError(f"more than {MAX_LEVELS} elements within one another", SVG_13)
        self._sizes[id(element)] = size
        self._costs[id(element)] = min(total, 1 << 62)
        self._levels[id(element)] = level


def _vertices(element: SafeElement) -> int:
    """Places where a path can have a marker, at most."""
    places = [len(_VERTEX.findall(value)) for name, value in element.attributes if name in ("d", "points")]
    return 1 + sum(places)

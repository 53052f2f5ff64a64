"""A document must not contain itself: forms that draw themselves, tags without end (PDF-72).

Readers follow what an object holds, and some of them without a bound. The copy's references are walked once, depth
first and with a stack; ways back and ways across, to a parent or a page, are no containment.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from sanitizers.errors import LimitError
from sanitizers.formats.pdf.values import Link, Safe, SafeStream
from sanitizers.formats.pdf.vectors import PDF_72

_ACROSS: Final = frozenset({"/Parent", "/P", "/Pg", "/Prev", "/Last", "/Obj", "/Stm", "/IRT"})
_SIDEWAYS: Final = "/Next"  # a long row of siblings is not deep
_MAX_DEPTH: Final = 400
_HOLDERS: Final = frozenset({Link, dict, list})


def require_none(objects: Sequence[Safe | SafeStream], cut: Callable[[], None]) -> None:
    """Have loops cut where there are any. Raises LimitError where one is left, or for too deep a document."""
    depth = _depth(objects)
    if depth is None:
        cut()
        depth = _depth(objects)
    if depth is None:
        raise LimitError("an object that contains itself", PDF_72)
    if depth > _MAX_DEPTH:
        raise LimitError("objects in one another, too deep", PDF_72)


def _depth(objects: Sequence[Safe | SafeStream]) -> int | None:
    """How deep objects stand in one another, from the first; None where one contains itself."""
    pages = {index for index, item in enumerate(objects) if type(item) is dict and item.get("/Type") == "/Page"}
    children = [_held(item, pages) for item in objects]
    order = _from_the_leaves_up(children)
    if order is None:
        return None
    depth = [0] * len(children)
    for index in order:
        if children[index]:
            depth[index] = max([depth[child] + (not is_sibling) for child, is_sibling in children[index]])
    return depth[0]


def _from_the_leaves_up(children: list[list[tuple[int, bool]]]) -> list[int] | None:
    state = [0] * len(children)  # 1: open, 2: done
    state[0] = 1
    done: list[int] = []
    stack = [(0, iter(children[0]))]
    while stack:
        index, rest = stack[-1]
        for child, _ in rest:
            if state[child] == 0:
                state[child] = 1
                stack.append((child, iter(children[child])))
                break
            if state[child] == 1:
                return None
        else:
            state[index] = 2
            done.append(index)
            stack.pop()
    return done


def _held(item: Safe | SafeStream, pages: set[int]) -> list[tuple[int, bool]]:
    """Objects that this one contains, each with whether it stands beside it."""
    found: list[tuple[int, bool]] = []
    stack: list[tuple[str, Any]] = [("", item.entries if type(item) is SafeStream else item)]
    while stack:
        above, value = stack.pop()
        if type(value) is Link:
            if above == "/Kids" or value.slot not in pages:
                found.append((value.slot, above == _SIDEWAYS))
        elif type(value) is list:
            if not _HOLDERS.isdisjoint(map(type, value)):
                stack += [(above, inner) for inner in value if type(inner) in _HOLDERS]
        elif type(value) is dict:
            for key, inner in value.items():
                if type(inner) in _HOLDERS and key not in _ACROSS:
                    stack.append((key, inner))
    return found

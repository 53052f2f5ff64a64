"""A document must not contain itself: forms that draw themselves, tags without end (PDF-72).

Readers follow what an object holds, and some of them without a bound. The copy's references are walked once, depth
first and with a stack; ways back and ways across, to a parent or a page, are no containment.
"""

from collections.abc import Iterator
from typing import Any, Final

from sanitizers.errors import LimitError
from sanitizers.formats.pdf.values import Link, Safe, SafePdf, SafeStream
from sanitizers.formats.pdf.vectors import PDF_72

_ACROSS: Final = frozenset({"/Parent", "/P", "/Pg", "/Prev", "/Last", "/Obj", "/Stm", "/IRT"})
_SIDEWAYS: Final = "/Next"  # a long row of siblings is not deep
_MAX_DEPTH: Final = 400


def require_none(safe: SafePdf) -> None:
    """Raises LimitError for a document that contains itself, or is deeper than readers follow."""
    pages = {
        index for index, item in enumerate(safe.objects) if isinstance(item, dict) and item.get("/Type") == "/Page"
    }
    children = [tuple(_held(item, pages)) for item in safe.objects]
    order = _from_the_leaves_up(children)
    depth = [0] * len(children)
    for index in order:
        below = (depth[child] + (not is_sibling) for child, is_sibling in children[index])
        depth[index] = max(below, default=0)
    if depth[0] > _MAX_DEPTH:
        raise LimitError("objects in one another, too deep", PDF_72)


def _from_the_leaves_up(children: list[tuple[tuple[int, bool], ...]]) -> list[int]:
    state = [0] * len(children)  # 1: open, 2: done
    state[0] = 1
    done: list[int] = []
    stack = [(0, iter(children[0]))]
    while stack:
        index, rest = stack[-1]
        child, _ = next(rest, (-1, False))
        if child < 0:
            state[index] = 2
            done.append(index)
            stack.pop()
        elif state[child] == 0:
            state[child] = 1
            stack.append((child, iter(children[child])))
        elif state[child] == 1:
            raise LimitError("an object that contains itself", PDF_72)
    return done


def _held(item: Safe | SafeStream, pages: set[int]) -> Iterator[tuple[int, bool]]:
    """Objects that this one contains, each with whether it stands beside it."""
    stack: list[tuple[str, Any]] = [("", item.entries if isinstance(item, SafeStream) else item)]
    while stack:
        key, value = stack.pop()
        if type(value) is Link:
            if key == "/Kids" or value.slot not in pages:
                yield value.slot, key == _SIDEWAYS
        elif type(value) is dict:
            stack += ((name, inner) for name, inner in value.items() if name not in _ACROSS)
        elif type(value) is list:
            stack += ((key, inner) for inner in value if type(inner) in (Link, dict, list))

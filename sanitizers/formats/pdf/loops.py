"""Objects that hold themselves: a form whose resources are the page's, which hold the form (PDF-72).

Writers share one dictionary of resources between a page and the forms on it. Such a form gets a dictionary of its own
with what its content names. A form that calls itself, which readers draw once, and a tag that a writer put into one of
its own parts are left out there. What then still leads back to itself would draw itself without end, and is refused.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.codecs.deflate import inflate_zlib
from sanitizers.errors import LimitError
from sanitizers.formats.pdf.values import Link, Safe, SafeStream
from sanitizers.formats.pdf.vectors import PDF_49, PDF_72, PDF_91

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

# Keys that lead up or across to what stands elsewhere; they hold nothing.
_ACROSS: Final = frozenset({"/Parent", "/P", "/Pg", "/Prev", "/Last", "/Obj", "/Dest", "/D", "/IRT", "/Dests", "/Next"})
_NAME: Final = re.compile(rb"/([^\x00\t\n\x0c\r ()<>\[\]{}/%]+)")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_RESOURCES: Final = "/Resources"
_TAGS: Final = "/K"  # of a structure element: the only dictionary that holds others by this key
_MAX_DEPTH: Final = 10_000
_OPEN, _DONE = 1, 2


def cut_loops(copier: "Copier", root: Link) -> None:
    """Give forms resources of their own where they share those that hold them, and leave tags out of their own parts.

    Raises BlockedError for a true loop.
    """
    state: dict[int, int] = {root.slot: _OPEN}
    stack: list[tuple[int, Iterator[tuple[dict[str, Any] | list[Any], Any, Link]]]] = [
        (root.slot, _links(copier, root))
    ]
    shorter: list[list[Any]] = []
    while stack:
        slot, links = stack[-1]
        for holder, key, link in links:
            seen = state.get(link.slot)
            if seen == _OPEN and _is_left_out(copier, slot, holder, key):
                if isinstance(holder, list):
                    shorter.append(holder)
                continue
            if seen == _OPEN and slot == link.slot and isinstance(copier.objects[slot], SafeStream):
                copier.found(PDF_49, "resources", "a form that calls itself", Action.REWRITE)
                del holder[key]
                continue
            if seen == _OPEN:
                if key != _RESOURCES or (own := _own_resources(copier, slot, link)) is None:
                    copier.found(PDF_72, "form", "what draws itself", Action.BLOCK)
                    continue
                holder[key] = link = own
                seen = None
            if seen is None:
                state[link.slot] = _OPEN
                stack.append((link.slot, _links(copier, link)))
                break
        else:
            state[slot] = _DONE
            stack.pop()
        if len(stack) > _MAX_DEPTH:
            raise LimitError("objects in objects, too deep", PDF_72)
    for tags in shorter:
        tags[:] = [tag for tag in tags if tag is not None]


def _links(copier: "Copier", link: Link) -> Iterator[tuple[dict[str, Any] | list[Any], Any, Link]]:
    """The links that an object holds, each with where it stands."""
    found = copier.objects[link.slot]
    pending: list[Any] = [found.entries if isinstance(found, SafeStream) else found]
    while pending:
        holder = pending.pop()
        entries = list(holder.items() if isinstance(holder, dict) else enumerate(holder))
        for key, value in entries if isinstance(holder, (dict, list)) else ():
            if key in _ACROSS:
                continue
            if isinstance(value, Link):
                yield holder, key, value
            elif isinstance(value, (dict, list)):
                pending.append(value)


def _is_left_out(copier: "Copier", slot: int, holder: dict[str, Any] | list[Any], key: Any) -> bool:
    """Whether this link was to a tag, in a part of its own, and stands there no more."""
    element = copier.objects[slot]
    if not isinstance(element, dict) or (holder is not element.get(_TAGS) and (holder is not element or key != _TAGS)):
        return False
    copier.found(PDF_91, "structure", "a tag in a part of its own")
    if isinstance(holder, list):
        holder[key] = None  # until the walk is done: it goes through the list by places
    else:
        del holder[key]
    return True


def _own_resources(copier: "Copier", slot: int, shared: Link) -> Link | None:
    """Of these resources those that this form, pattern or font names."""
    names = _named(copier, copier.objects[slot])
    resources = copier.objects[shared.slot]
    if not isinstance(resources, dict):
        return None
    own: dict[str, Any] = {}
    for kind, entries in resources.items():
        target = copier.objects[entries.slot] if isinstance(entries, Link) else entries
        if isinstance(target, dict) and (kept := {name: value for name, value in target.items() if name in names}):
            own[kind] = kept
    copier.found(PDF_49, "resources", "those that hold what they stand in", Action.REWRITE)
    return copier.slot(own)


def _named(copier: "Copier", holder: Safe | SafeStream) -> set[str]:
    """The names in the content of a form or pattern, or of a font's glyphs."""
    streams = [holder] if isinstance(holder, SafeStream) else []
    if isinstance(holder, dict):
        glyphs = holder.get("/CharProcs")
        glyphs = copier.objects[glyphs.slot] if isinstance(glyphs, Link) else glyphs
        links = glyphs.values() if isinstance(glyphs, dict) else ()
        streams = [copier.objects[link.slot] for link in links if isinstance(link, Link)]  # type: ignore[misc]
    found: set[str] = set()
    for stream in streams:
        if isinstance(stream, SafeStream) and stream.data:
            content = inflate_zlib(stream.data, copier.source.budget.limits.max_expanded_bytes).data
            for name in _NAME.findall(content):
                found.add("/" + _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), name).decode("latin-1"))
    return found

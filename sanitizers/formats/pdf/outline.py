"""Bookmarks: their titles and places in this document; and the numbers that pages go by.

Source: ISO 32000-2 12.3.3 and 12.4.2
"""

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.formats.pdf.actions import action, destination, explicit
from sanitizers.formats.pdf.check import OMIT, PLAIN
from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.rows import ELSE
from sanitizers.formats.pdf.trees import leaves
from sanitizers.formats.pdf.values import Link, Ref, Value
from sanitizers.formats.pdf.vectors import PDF_05, PDF_07, PDF_49, PDF_72

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_MAX_ITEMS: Final = 100_000
_STYLES: Final = frozenset({"/D", "/R", "/r", "/A", "/a"})
_HARMLESS: Final = frozenset({"/GoTo", "/URI", "/Named"})
_KNOWN: Final = frozenset(
    {"/Title", "/Dest", "/A", "/C", "/F", "/Count", "/First", "/Last", "/Next", "/Prev", "/Parent", "/Type"}
)


@dataclass(slots=True)
class _Item:
    """A bookmark of the copy. Children are kept in their order."""

    link: Link
    entries: dict[str, Any]
    is_open: bool
    children: "list[_Item]" = field(default_factory=list)


def outlines(copier: "Copier", value: Value) -> Any:
    """The tree of bookmarks, or OMIT where there is none."""
    source = copier.source
    root = _Item(copier.slot(), {"/Type": "/Outlines"}, True)
    every = [root]
    stack = [(root, source.dictionary(value).get("/First"))]
    seen: set[Ref] = set()
    while stack:
        parent, ref = stack.pop()
        entries = source.dictionary(ref)
        if not isinstance(ref, Ref) or not entries:
            continue
        if ref in seen or len(every) > _MAX_ITEMS:
            copier.found(PDF_72, "outline", "a tree that leads back into itself", Action.REMOVE)
            continue
        seen.add(ref)
        count = source.number(entries.get("/Count"))
        item = _Item(copier.slot(), _entries(copier, entries), count is None or count >= 0)
        parent.children.append(item)
        every.append(item)
        stack.append((parent, entries.get("/Next")))
        stack.append((item, entries.get("/First")))
    if not root.children:
        return OMIT
    _join(copier, every)
    return root.link


def _entries(copier: "Copier", entries: dict[str, Any]) -> dict[str, Any]:
    source = copier.source
    title = PLAIN[Kind.TEXT](source.get(entries.get("/Title")), source)
    found: dict[str, Any] = {"/Title": b"" if title is OMIT else title}
    place = destination(copier, entries["/Dest"]) if "/Dest" in entries else OMIT
    if place is not OMIT:
        found["/Dest"] = place
    elif "/A" in entries:
        safe = action(copier, entries["/A"], "outline", PDF_07)
        if safe is not OMIT:
            found["/A"] = safe
        elif source.name(source.dictionary(entries["/A"]).get("/S")) not in _HARMLESS:
            copier.found(PDF_07, "outline")
    for key, kind in (("/C", Kind.NUMBERS), ("/F", Kind.INTEGER)):
        safe = PLAIN[kind](source.get(entries.get(key)), source)
        if safe is not OMIT:
            found[key] = safe
    for key in sorted(entries.keys() - _KNOWN):
        copier.found(PDF_05 if key == "/AA" else ELSE.get(key, PDF_49), f"outline {key[1:33]}")
    return found


def _join(copier: "Copier", every: list[_Item]) -> None:
    """First, last, next and previous; and how many show, counted from the leaves up."""
    shown: dict[int, int] = {}
    for item in reversed(every):
        count = len(item.children) + sum(shown[child.link.slot] for child in item.children if child.is_open)
        shown[item.link.slot] = count
        children = item.children
        if children:
            item.entries |= {"/First": children[0].link, "/Last": children[-1].link}
            item.entries["/Count"] = count if item.is_open else -count
        for before, after in itertools.pairwise(children):
            before.entries["/Next"], after.entries["/Prev"] = after.link, before.link
        for child in children:
            child.entries["/Parent"] = item.link
    for item in every:
        copier.put(item.link, item.entries)


def page_labels(copier: "Copier", value: Value) -> Any:
    """How pages are numbered, flat; OMIT where nothing is said."""
    source, found = copier.source, {}
    for number, item in leaves(source, value, "/Nums"):
        entries = source.dictionary(item)
        if type(number) is not int or not 0 <= number < len(copier.page_list) or number in found:
            continue
        label: dict[str, Any] = {}
        style, first = source.name(entries.get("/S")), source.get(entries.get("/St"))
        prefix = source.get(entries.get("/P"))
        if style in _STYLES:
            label["/S"] = style
        if isinstance(prefix, bytes) and len(prefix) <= 256:
            label["/P"] = prefix
        if type(first) is int and 0 < first < 1 << 31:
            label["/St"] = first
        found[number] = label
    if not found:
        return OMIT
    return {"/Nums": [part for number in sorted(found) for part in (number, found[number])]}


def named_destinations(copier: "Copier", catalog: dict[str, Any]) -> dict[bytes, list[Any]]:
    """Places by name, from both trees that may hold them (12.3.2.4)."""
    source = copier.source
    found: dict[bytes, list[Any]] = {}
    names = source.dictionary(catalog.get("/Names"))
    pairs = list(leaves(source, names.get("/Dests"), "/Names")) if "/Dests" in names else []
    pairs += [(key[1:].encode("latin-1"), value) for key, value in source.dictionary(catalog.get("/Dests")).items()]
    for name, value in pairs:
        target = source.get(value)
        if isinstance(target, dict):
            for key in sorted(target.keys() - {"/D"}):
                copier.found(ELSE.get(key, PDF_49), f"destination {key[1:33]}", at_least=Action.REMOVE)
            target = source.get(target.get("/D"))
        if isinstance(name, bytes) and isinstance(target, list) and name not in found:
            place = explicit(copier, target)
            if place is not OMIT:
                found[name] = place
    return found

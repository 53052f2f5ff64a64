"""Form fields: their values and looks stay; scripts, submission and calculation go (PDF-06, 19, 40, 43, 47).

Source: ISO 32000-2 12.7
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.errors import MalformedError, UnsupportedError
from sanitizers.formats.pdf.check import OMIT, PLAIN
from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.values import Link, Ref, Stream, Value
from sanitizers.formats.pdf.vectors import PDF_06, PDF_40, PDF_41, PDF_42, PDF_43, PDF_47, PDF_72

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_FETCHES: Final = re.compile(rb"<!DOCTYPE|<!ENTITY|<\?xml-stylesheet", re.IGNORECASE)
_MAX_DEPTH: Final = 32
_MAX_FIELDS: Final = 100_000
_TEXT: Final = PLAIN[Kind.TEXT]


def field_type(source: Source, entries: dict[str, Any]) -> str:
    """The /FT of a field, which it may have from those above it."""
    for _ in range(_MAX_DEPTH):
        kind = source.name(entries.get("/FT"))
        if kind or not entries:
            return kind
        entries = source.dictionary(entries.get("/Parent"))
    return ""


def tell_signature(copier: "Copier", entries: dict[str, Any]) -> None:
    """Who signed, as the signature says it."""
    signature = copier.source.dictionary(entries.get("/V"))
    name = copier.source.get(signature.get("/Name"))
    said = text_of(name) if isinstance(name, bytes) else ""
    copier.found(PDF_47, "signature", f"by {said}" if said else "signed" if signature else "not signed")


def text_of(raw: bytes) -> str:
    """A text string (7.9.2.2)."""
    if raw.startswith(b"\xfe\xff"):
        return raw[2:].decode("utf-16-be", "replace")
    return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def form(copier: "Copier", value: Value, catalog: dict[str, Any]) -> Any:
    """The form dictionary with the fields whose widgets stand on pages; OMIT without any."""
    source = copier.source
    entries = source.dictionary(value)
    if source.get(catalog.get("/NeedsRendering")) is True:
        copier.found(PDF_42, "/NeedsRendering", "pages that only a program can draw", Action.BLOCK)
    if not entries:
        return OMIT
    if source.get(entries.get("/XFA")) is not None:
        copier.found(PDF_40, "/AcroForm/XFA")
        if any(_FETCHES.search(part) for part in _packets(source, entries.get("/XFA"))):
            copier.found(PDF_41, "/AcroForm/XFA", "XML that reaches out")
    fields = _Fields(copier)
    links = fields.links(entries.get("/Fields"))
    safe = copier.dictionary(entries, "form dictionary", but=frozenset({"/Fields", "/XFA"}))
    return {**safe, "/Fields": links} if links else OMIT


def _packets(source: Source, value: Value) -> Iterator[bytes]:
    """The XML of a form, in one stream or in several (12.7.8)."""
    for item in (source.get(value), *source.array(value)):
        target = source.get(item)
        if isinstance(target, Stream):
            try:
                yield source.decoded(target)[0]
            except (MalformedError, UnsupportedError):
                continue


class _Fields:
    """The tree of fields, walked with a stack of its own."""

    def __init__(self, copier: "Copier") -> None:
        self._copier, self._source = copier, copier.source
        self._seen: set[Ref] = set()

    def links(self, value: Value) -> list[Link]:
        """The fields that stay, each filled with those below it."""
        top: list[Link] = []
        stack: list[tuple[Value, Link | None, list[Link], int]] = [
            (item, None, top, 0) for item in reversed(self._source.array(value))
        ]
        nodes: list[tuple[Link, dict[str, Any], list[Link], list[Link]]] = []
        while stack:
            item, parent, siblings, depth = stack.pop()
            entries = self._source.dictionary(item)
            if not isinstance(item, Ref) or not entries or item in self._seen or len(self._seen) > _MAX_FIELDS:
                continue
            if depth > _MAX_DEPTH:
                self._copier.found(PDF_72, "form", "fields too deep in one another", Action.REMOVE)
                continue
            self._seen.add(item)
            widget = self._copier.annotations.get(item)
            if widget is not None:
                self._adopt(widget, parent, siblings)
                continue
            kids = self._source.array(entries.get("/Kids"))
            if field_type(self._source, entries) == "/Sig":
                tell_signature(self._copier, entries)
                continue
            if not kids:
                self._tell_actions(entries)
                self._copier.found(PDF_43, "field", "on no page")
                continue
            link, below = self._copier.slot(), []  # type: tuple[Link, list[Link]]
            siblings.append(link)
            nodes.append((link, self._node(entries, parent), below, siblings))
            stack += ((kid, link, below, depth + 1) for kid in reversed(kids))
        for link, node, below, siblings in reversed(nodes):
            if below:
                self._copier.put(link, {**node, "/Kids": below})
            else:
                siblings.remove(link)
        return top

    def _adopt(self, widget: Link, parent: Link | None, siblings: list[Link]) -> None:
        safe = self._copier.objects[widget.slot]
        if not isinstance(safe, dict) or safe.get("/Subtype") != "/Widget":
            return
        if parent is not None:
            safe["/Parent"] = parent
        siblings.append(widget)

    def _node(self, entries: dict[str, Any], parent: Link | None) -> dict[str, Any]:
        self._tell_actions(entries)
        node = self._copier.dictionary(entries, "field", but=frozenset({"/Kids", "/AA", "/A"}))
        return node if parent is None else {**node, "/Parent": parent}

    def _tell_actions(self, entries: dict[str, Any]) -> None:
        for key in sorted(entries.keys() & {"/AA", "/A"}):
            self._copier.found(PDF_06, f"field {key}")

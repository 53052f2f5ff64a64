"""Pages: found by a walk of our own through the page tree, each with what it inherits, under one flat node.

Source: ISO 32000-2 7.7.3
"""

from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.errors import LimitError, MalformedError
from sanitizers.formats.pdf.allow import PAGE_ELSE
from sanitizers.formats.pdf.annotations import annotations
from sanitizers.formats.pdf.operators import is_plain
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.rows import ELSE
from sanitizers.formats.pdf.treat import content_link, content_of, hidden_names, safe_content
from sanitizers.formats.pdf.values import Link, Ref, Stream, Value
from sanitizers.formats.pdf.vectors import PDF_64, PDF_72, PDF_74

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

MAX_PAGES: Final = 10_000
_MAX_DEPTH: Final = 64
_INHERITED: Final = ("/Resources", "/MediaBox", "/CropBox", "/Rotate")
_LETTER: Final = [0, 0, 612, 792]
_APART: Final = frozenset({"/Contents", "/Annots", "/Parent"})
_NO_RESOURCES: Final[dict[str, Any]] = {}
_ELSE: Final = {**ELSE, **PAGE_ELSE}
_MAX_SIDE: Final = 1_000_000
_MAX_UNIT: Final = 1000
_BOXES: Final = ("/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox")


def tell_count(copier: "Copier", root: Value, found: int) -> None:
    """Where the tree says another number of pages than it has, readers may disagree (PDF-64)."""
    stated = copier.source.number(copier.source.dictionary(root).get("/Count"))
    if stated != found:
        copier.found(PDF_64, "/Root/Pages", "another number of pages than it has", Action.REWRITE)


def find_pages(source: Source, root: Value) -> list[tuple[Value, dict[str, Any]]]:
    """Each page with its entries, inherited ones among them. Raises MalformedError, LimitError."""
    found: list[tuple[Value, dict[str, Any]]] = []
    stack: list[tuple[Value, dict[str, Any], int]] = [(root, {}, 0)]
    open_nodes: set[Ref] = set()
    while stack:
        node, inherited, depth = stack.pop()
        entries = source.dictionary(node)
        if not entries:
            continue
        kids = source.get(entries.get("/Kids"))
        if isinstance(kids, list) and source.name(entries.get("/Type")) != "/Page":
            if isinstance(node, Ref):
                if node in open_nodes:
                    continue
                open_nodes.add(node)
            if depth > _MAX_DEPTH:
                raise LimitError("page nodes too deep in one another", PDF_72)
            inherited = {**inherited, **{key: entries[key] for key in _INHERITED if key in entries}}
            stack += ((kid, inherited, depth + 1) for kid in reversed(kids))
        elif depth or source.name(entries.get("/Type")) == "/Page":
            found.append((node, {**inherited, **entries}))
            if len(found) > MAX_PAGES:
                raise LimitError(f"more than {MAX_PAGES} pages", PDF_74)
    if not found and not _is_blank(source, root):
        raise MalformedError("a document without pages", PDF_64)
    return found


def _is_blank(source: Source, root: Value) -> bool:
    """Whether a document says itself that it has no pages, and holds none that its tree does not know."""
    tree = source.dictionary(root)
    if source.name(tree.get("/Type")) != "/Pages" or source.number(tree.get("/Count")) != 0:
        return False
    return not any(source.name(entries.get("/Type")) == "/Page" for entries in source.dictionaries())


def copy_page(copier: "Copier", link: Link, entries: dict[str, Any], parent: Link) -> None:
    """Fill one page of the copy."""
    resources = entries.get("/Resources")
    if type(copier.source.get(resources)) is not dict:
        resources = _NO_RESOURCES
    if type(resources) is dict:
        entries = {**entries, "/Resources": copier.source.adopted(resources)}
    safe = copier.dictionary(entries, "page", _ELSE, _APART)
    safe |= {"/Type": "/Page", "/Parent": parent}
    _check_sizes(safe)
    contents = _contents(copier, entries)
    if contents:
        safe["/Contents"] = contents[0] if len(contents) == 1 else contents
    notes = annotations(copier, entries.get("/Annots"), link)
    if notes:
        safe["/Annots"] = notes
    copier.put(link, safe)


def _check_sizes(safe: dict[str, Any]) -> None:
    safe.setdefault("/MediaBox", list(_LETTER))
    sides = [abs(number) for box in _BOXES if box in safe for number in safe[box]]
    if max(sides) > _MAX_SIDE or safe.get("/UserUnit", 1) > _MAX_UNIT:
        raise LimitError("a page too large to be one", PDF_74)
    if safe.get("/UserUnit", 1) < 1 / _MAX_UNIT:
        safe.pop("/UserUnit")
    rotation = safe.get("/Rotate")
    if rotation is not None:
        safe["/Rotate"] = round(rotation / 90) * 90 % 360


def _contents(copier: "Copier", entries: dict[str, Any]) -> list[Link]:
    """The content streams of a page, each by itself where that can be; else all in one."""
    source = copier.source
    found = source.get(entries.get("/Contents"))
    items = found if isinstance(found, list) else [entries.get("/Contents")]
    streams = [item for item in map(source.get, items) if isinstance(item, Stream)]
    parts = [content_of(copier, stream) for stream in streams]
    resources = entries.get("/Resources")
    if len(streams) > 1:
        hidden = hidden_names(copier, resources)
        if hidden or not all(map(is_plain, parts)):
            data = safe_content(copier, b"\n".join(parts), resources)
            return [copier.slot(copier.packed({}, data))]
    return [content_link(copier, stream, part, resources) for stream, part in zip(streams, parts)]

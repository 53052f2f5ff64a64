"""What is done with streams that are neither pictures nor fonts: content, CMaps, samples (PDF-60, 62, 79, 87, 100)."""

from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.errors import MalformedError, PurseError, UnsupportedError
from sanitizers.formats.pdf.allow_graphics import FONT
from sanitizers.formats.pdf.check import CMAP_NAMES, OMIT
from sanitizers.formats.pdf.cmaps import read_cmap, write_cmap
from sanitizers.formats.pdf.content import rewrite
from sanitizers.formats.pdf.inline import Inline
from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.operators import is_plain
from sanitizers.formats.pdf.values import Link, SafeStream, Stream, Value
from sanitizers.formats.pdf.vectors import GEN_15, PDF_60, PDF_62, PDF_68, PDF_79, PDF_86, PDF_100

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_ONE_FILTER: Final = ("/FlateDecode",)


def content_of(copier: "Copier", stream: Stream) -> bytes:
    """A content stream without its filters; nothing of one that cannot be read."""
    copier.refuse_external(stream, "content")
    return decoded(copier, stream, "content")


def decoded(copier: "Copier", stream: Stream, where: str) -> bytes:
    """A stream without its filters, what was odd about them told."""
    source = copier.source
    try:
        filters = source.filters(stream.entries)
        data, is_whole = source.undone(source.raw(stream), filters)
    except PurseError:
        raise
    except (MalformedError, UnsupportedError) as error:
        copier.found(GEN_15, where, f"cannot be read: {error}", Action.REMOVE)
        return b""
    if not is_whole:
        copier.found(PDF_62, where, "a zlib stream with an end of its own", Action.REWRITE)
    if tuple(filters.names) != _ONE_FILTER and data:
        copier.found(PDF_60, where, " ".join(name[1:] for name in filters.names) or "no filter", Action.REWRITE)
    return data


def hidden_names(copier: "Copier", resources: Value) -> frozenset[str]:
    """Names by which content may call layers that are not shown."""
    if not copier.hides_layers:
        return frozenset()
    properties = copier.source.dictionary(copier.source.dictionary(resources).get("/Properties"))
    return frozenset(name for name, value in properties.items() if copier.hidden(value))


def safe_content(copier: "Copier", data: bytes, resources: Value, where: str = "content") -> bytes:
    """Content that may be shown: as it is where it is plain, else written anew."""
    hidden = hidden_names(copier, resources)
    if not hidden and is_plain(data):
        return data
    inline = Inline(copier, resources)
    found = rewrite(data, inline.written, hidden)
    if found.images:
        copier.found(PDF_79, where, "inline image", Action.REWRITE)
    if found.unknown:
        copier.found(PDF_86 if where == "glyph" else PDF_100, where, "what is no operator", Action.REWRITE)
    elif not found.images and not found.hidden:
        copier.found(PDF_100, where, "comments, or strings deep in one another", Action.REWRITE)
    if found.hidden:
        copier.found(PDF_68, where, "painted in a layer that is not shown")
    return found.data


def content_link(copier: "Copier", stream: Stream, data: bytes, resources: Value) -> Link:
    """A page's content stream in the copy; one that several pages share stands there once."""
    link: Link = copier.once(
        (stream.ref, "content"), lambda: copier.slot(copier.packed({}, safe_content(copier, data, resources)))
    )
    return link


def treat_content(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A form, a pattern, a glyph: the dictionary by its table, the content as any."""
    if table == "form":
        entries = {"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 0, 0], **entries}
        if copier.hidden(stream.entries.get("/OC")):
            copier.found(PDF_68, "form", "a layer that is not shown")
            return SafeStream(entries, b"")
    data = safe_content(copier, decoded(copier, stream, table), stream.entries.get("/Resources"), table)
    return copier.packed(entries, data)


def sized_font(copier: "Copier", value: Value) -> Any:
    """A font and its size, as a graphics state sets them (Table 57)."""
    found = copier.source.array(value)
    if len(found) != 2:
        return OMIT
    font, size = copier.value(found[0], FONT), copier.value(found[1], Kind.NUMBER)
    return OMIT if font is OMIT or size is OMIT else [font, size]


def treat_plain(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """Samples and meshes: unpacked and packed anew."""
    return copier.packed(entries, decoded(copier, stream, table))


def treat_cmap(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A CMap for codes, written anew. Raises MalformedError."""
    cmap = read_cmap(copier.source.decoded(stream)[0])
    name = entries.get("/CMapName", "/Custom")
    if cmap.base and "/UseCMap" not in entries:
        cmap.base = cmap.base if cmap.base in CMAP_NAMES else ""
    entries.setdefault("/WMode", cmap.mode)
    safe_name = "".join(c for c in name[1:] if c.isascii() and (c.isalnum() or c in "-_+"))[:64] or "Custom"
    return copier.packed(
        {"/Type": "/CMap", **entries, "/CMapName": "/" + safe_name}, write_cmap(cmap, safe_name, False)
    )


def treat_to_unicode(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A CMap for text, written anew. Raises MalformedError."""
    cmap = read_cmap(copier.source.decoded(stream)[0])
    return copier.packed({}, write_cmap(cmap, "Adobe-Identity-UCS", True))

"""Font programs: TrueType and OpenType by tables, CFF walked through, Type 1 by its parts (PDF-82, 83, 84).

A program that cannot be vouched for is left out: readers then take a font of their own by the descriptor's word.
Hinting stays, because some Japanese fonts draw their strokes by it; a policy that removes PDF-83 takes it out.
Source: ISO 32000-2 9.9
"""

from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action, Vector
from sanitizers.errors import MalformedError
from sanitizers.formats.pdf.values import SafeStream, Stream
from sanitizers.formats.pdf.vectors import PDF_82, PDF_83, PDF_84, PDF_85
from sanitizers.parsers import cff, sfnt, type1

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

VECTORS_OF: Final[dict[str, Vector]] = {"font program": PDF_82, "font program 2": PDF_83, "font program 3": PDF_84}


def under_its_own_key(copier: "Copier", entries: dict[str, Any]) -> dict[str, Any]:
    """The entries of a descriptor, with what some writers put where a Type 1 font belongs at its own place (9.9)."""
    stream = copier.source.get(entries.get("/FontFile"))
    if not isinstance(stream, Stream) or not entries.keys().isdisjoint(_OTHER_KEYS):
        return entries
    own = next((key for head, key in _KEYS if copier.source.starts_with(stream, head)), None)
    if own is None:
        return entries
    moved = {key: value for key, value in entries.items() if key != "/FontFile"}
    return moved | {own: entries["/FontFile"]}


def of_a_known_kind(copier: "Copier", entries: dict[str, Any]) -> dict[str, Any]:
    """The entries of a simple font; one whose kind is none, or missing, is of Type 1, as readers show it (9.6)."""
    if copier.source.name(entries.get("/Subtype")) in _KINDS:
        return entries
    copier.found(PDF_85, "simple font Subtype", "a kind that is none", Action.REWRITE)
    return {**entries, "/Subtype": "/Type1"}


def treat_font(copier: "Copier", stream: Stream, entries: dict[str, Any], table: str) -> SafeStream:
    """A font program anew. Raises MalformedError where it is none."""
    data = copier.source.decoded(stream)[0]
    if table == "font program 3":
        subtype = copier.source.name(stream.entries.get("/Subtype"))
        if data[:4] in _SFNT:
            return copier.packed({"/Subtype": "/OpenType"}, _sfnt(copier, data, PDF_84))
        font = cff.read_cff(data)
        program = cff.write_cff(font)
        if program != data:
            copier.found(PDF_84, "font program", "written anew", Action.REWRITE)
        return copier.packed({"/Subtype": subtype if subtype in _BARE else _BARE[font.is_cid]}, program)
    if table == "font program 2":
        if data[:4] not in _SFNT:
            raise MalformedError("no TrueType font")
        written = _sfnt(copier, data, PDF_83)
        return copier.packed({"/Length1": len(written)}, written)
    clear, private, tail = type1.write_type1(type1.read_type1(data))
    program = clear + private + tail
    if program != data:
        copier.found(PDF_82, "font program", "written anew", Action.REWRITE)
    return copier.packed({"/Length1": len(clear), "/Length2": len(private), "/Length3": len(tail)}, program)


_KINDS: Final = ("/Type1", "/MMType1", "/TrueType")
_SFNT: Final = (*sfnt.TRUETYPE, sfnt.OPENTYPE, sfnt.COLLECTION)
_OTHER_KEYS: Final = ("/FontFile2", "/FontFile3")
_KEYS: Final = (  # where a program with this head belongs
    *((head, "/FontFile2") for head in (*sfnt.TRUETYPE, sfnt.COLLECTION)),
    (sfnt.OPENTYPE, "/FontFile3"),
    (b"\1\0", "/FontFile3"),  # a bare CFF
)
_BARE: Final = ("/Type1C", "/CIDFontType0C")


def _sfnt(copier: "Copier", data: bytes, vector: Vector) -> bytes:
    font = sfnt.read_font(data, with_hints=copier.job.policy.ordered(vector) < Action.REMOVE)
    if b"CFF " in font.tables:
        font.tables[b"CFF "] = cff.write_cff(cff.read_cff(font.tables[b"CFF "]))
    if font.left_out:
        copier.found(vector, "font program", f"tables left out: {' '.join(sorted(set(font.left_out)))}", Action.REWRITE)
    if font.broken_glyphs:
        copier.found(vector, "font program", "glyphs that break their bounds", Action.REWRITE)
    return sfnt.write_font(font)

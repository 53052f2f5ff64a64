"""Annotations: those that mark, comment and link stay; those that play, run or carry files leave their picture at most.

Source: ISO 32000-2 12.5
"""

from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action
from sanitizers.errors import LimitError
from sanitizers.formats.pdf.allow import ANNOTATION, ANNOTATION_ELSE
from sanitizers.formats.pdf.attachments import text_string
from sanitizers.formats.pdf.check import OMIT, PLAIN
from sanitizers.formats.pdf.forms import field_type, tell_signature, text_of
from sanitizers.formats.pdf.kinds import Is, Kind
from sanitizers.formats.pdf.values import Link, Ref, Value
from sanitizers.formats.pdf.vectors import PDF_44, PDF_45, PDF_46, PDF_49, PDF_72

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_HIDDEN, _NO_VIEW, _TOGGLE_NO_VIEW = 2, 32, 256  # bits of /F (Table 167)
_FLAGS: Final = 0x3FF & ~_TOGGLE_NO_VIEW
_PRINT: Final = 4
_MAX_ANNOTATIONS: Final = 100_000
_MARKUP: Final = "mark-up annotation"
_APPEARANCE: Final = Is("appearance")


def annotations(copier: "Copier", value: Value, page: Link) -> list[Link]:
    """The annotations of a page that stay. Each is known before any is copied: they refer to one another."""
    found: list[tuple[Link, dict[str, Any], bool]] = []
    for item in copier.source.array(value):
        entries = copier.source.dictionary(item)
        if not entries or (isinstance(item, Ref) and item in copier.annotations):
            continue
        if copier.source.array(entries.get("/Kids")):
            continue  # a field above widgets, which comes with the form
        if len(found) >= _MAX_ANNOTATIONS:
            raise LimitError("too many annotations", PDF_72)
        stays = _stays(copier, entries)
        if stays is None:
            continue
        link = copier.slot()
        if isinstance(item, Ref):
            copier.annotations[item] = link
        found.append((link, entries, stays))
    for link, entries, as_it_is in found:
        _fill(copier, link, entries, as_it_is, page)
    return [link for link, _, _ in found]


def _stays(copier: "Copier", entries: dict[str, Any]) -> bool | None:
    """True: as what it is. False: as its picture. None: not at all."""
    source = copier.source
    subtype = source.name(entries.get("/Subtype"))
    flags = source.get(entries.get("/F"))
    has_picture = _picture(copier, entries) is not None
    if copier.hidden(entries.get("/OC")):
        return None  # told with its layer
    if type(flags) is int and flags & (_HIDDEN | _NO_VIEW):
        copier.found(PDF_44, f"annotation {subtype[1:33]}")
        return None
    if subtype == "/Widget" and field_type(source, entries) == "/Sig":
        tell_signature(copier, entries)
        return False if has_picture else None
    if subtype in ANNOTATION.choices:
        return True
    copier.found(
        ANNOTATION_ELSE.get(subtype, PDF_49), f"annotation {subtype[1:33]}", "its picture stays" if has_picture else ""
    )
    return False if has_picture else None


def _picture(copier: "Copier", entries: dict[str, Any]) -> Value:
    """The normal appearance in the current state: a reference to a form, or None."""
    source = copier.source
    normal = source.dictionary(entries.get("/AP")).get("/N")
    target = source.get(normal)
    if type(target) is dict:
        normal = target.get(source.name(entries.get("/AS")))
        target = source.get(normal)
    return normal if target is not None and type(target) is not dict else None


def _fill(copier: "Copier", link: Link, entries: dict[str, Any], as_it_is: bool, page: Link) -> None:
    source = copier.source
    if not as_it_is:
        copier.put(link, _only_picture(copier, entries, page))
        return
    subtype = source.name(entries.get("/Subtype"))
    table = ANNOTATION.choices[subtype].table
    author = _author(copier, entries) if table == _MARKUP else None
    safe = copier.dictionary(entries, table, but=frozenset({"/Kids"} if author is None else {"/Kids", "/T"}))
    if author:
        safe["/T"] = author
    if table != "widget":
        _settle(copier, safe)
    safe["/P"] = page
    if isinstance(flags := safe.get("/F"), int):
        if flags & _TOGGLE_NO_VIEW:
            copier.found(PDF_44, f"annotation {subtype[1:33]}", "hidden while the pointer is on it", Action.REWRITE)
        safe["/F"] = flags & _FLAGS
    if "/Dest" in safe:
        safe.pop("/A", None)
    copier.put(link, safe)


def _author(copier: "Copier", entries: dict[str, Any]) -> bytes | None:
    """What stands in the place of a note's author, by policy (adr/0011); None where the name just goes."""
    said = copier.source.get(entries.get("/T"))
    if not copier.authors.are_named or not isinstance(said, bytes):
        return None
    name = text_of(said)
    stands = copier.authors.name(name)
    if stands != name:
        copier.found(PDF_45, "annotation T", "the author's name", Action.REWRITE)
    return text_string(stands)


def _settle(copier: "Copier", safe: dict[str, Any]) -> None:
    """One appearance, that of the current state (PDF-46)."""
    appearance = safe.get("/AP", {})
    states = appearance.get("/N") if isinstance(appearance, dict) else None
    if isinstance(states, dict):
        current = states.get(safe.get("/AS", ""))
        if len(states) > 1:
            copier.found(PDF_46, "annotation AP", "states that are not shown")
        safe.pop("/AP")
        if current is not None:
            safe["/AP"] = {"/N": current}
    safe.pop("/AS", None)


def _only_picture(copier: "Copier", entries: dict[str, Any], page: Link) -> dict[str, Any]:
    source = copier.source
    safe = {"/Type": "/Annot", "/Subtype": "/Stamp", "/P": page, "/F": _PRINT}
    rectangle = PLAIN[Kind.RECTANGLE](source.get(entries.get("/Rect")), source)
    picture = copier.value({"/N": _picture(copier, entries)}, _APPEARANCE)
    if rectangle is not OMIT and picture is not OMIT:
        safe |= {"/Rect": rectangle, "/AP": picture}
    return safe

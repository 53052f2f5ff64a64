"""From what a document holds to what the new one will: every decision about its parts is made from here."""

from collections.abc import Mapping
from typing import Any, Final

from policies.terms import Action
from sanitizers.formats.pdf import actions, attachments, circles, colours, functions, layers, structure
from sanitizers.formats.pdf.allow import CATALOG, CATALOG_ELSE, CATALOG_REBUILT, NAMES_ELSE
from sanitizers.formats.pdf.check import OMIT
from sanitizers.formats.pdf.copier import Copier, Special, Treat, shown
from sanitizers.formats.pdf.fonts import of_a_known_kind, treat_font, under_its_own_key
from sanitizers.formats.pdf.forms import form
from sanitizers.formats.pdf.images import treat_image
from sanitizers.formats.pdf.kinds import Is, Kind, Treatment
from sanitizers.formats.pdf.layers import Layers
from sanitizers.formats.pdf.loops import cut_loops
from sanitizers.formats.pdf.outline import named_destinations, outlines, page_labels
from sanitizers.formats.pdf.pages import copy_page, find_pages, tell_count
from sanitizers.formats.pdf.parse import OpenedPdf
from sanitizers.formats.pdf.rows import ELSE
from sanitizers.formats.pdf.told import tell_file, tell_profiles, tell_warnings
from sanitizers.formats.pdf.treat import sized_font, treat_cmap, treat_content, treat_plain, treat_to_unicode
from sanitizers.formats.pdf.values import Ref, SafePdf
from sanitizers.formats.pdf.vectors import PDF_01, PDF_35, PDF_49, PDF_63
from sanitizers.sanitizer import Job

_SPECIAL: Final[Mapping[Kind, Special]] = {
    Kind.DESTINATION: actions.destination,
    Kind.ACTION: actions.action,
    Kind.PAGE: actions.page,
    Kind.ANNOTATION: actions.annotation,
    Kind.COLOUR_SPACE: colours.colour_space,
    Kind.FUNCTION: functions.function,
    Kind.LAYER: layers.layer,
    Kind.KID: structure.kid,
    Kind.NUMBER_TREE: structure.number_tree,
    Kind.NAME_TREE: structure.name_tree,
    Kind.PARENTS: structure.parents,
    Kind.SIZED_FONT: sized_font,
}
_TREATMENTS: Final[Mapping[Treatment, Treat]] = {
    Treatment.CONTENT: treat_content,
    Treatment.IMAGE: treat_image,
    Treatment.FONT_FILE: treat_font,
    Treatment.CMAP: treat_cmap,
    Treatment.TO_UNICODE: treat_to_unicode,
    Treatment.CALCULATOR: functions.treat_calculator,
    Treatment.SAMPLES: functions.treat_samples,
    Treatment.PLAIN: treat_plain,
}
_PREPARED: Final = {"font descriptor": under_its_own_key, "simple font": of_a_known_kind}
_STRUCTURE: Final = Is("structure root")


def disarm(parsed: OpenedPdf, job: Job) -> SafePdf:
    """The new document's objects. Raises InputError."""
    copier = Copier(parsed.source(job.passwords), job, _SPECIAL, _TREATMENTS, _PREPARED)
    trailer = copier.source.trailer()
    catalog = copier.source.dictionary(trailer.get("/Root")) or _found_catalog(copier)
    tell_file(copier, trailer)
    tell_profiles(copier, catalog.get("/OutputIntents"))
    root, copier.page_tree = copier.slot(), copier.slot()
    safe = _document(copier, catalog)
    copier.drain()
    copier.put(root, safe)
    circles.require_none(copier.objects, lambda: cut_loops(copier, root))
    tell_warnings(copier)
    return SafePdf(tuple(copier.objects))


def _found_catalog(copier: Copier) -> dict[str, Any]:
    """The last catalog that stands in a file whose trailer names none."""
    copier.found(PDF_63, "trailer", "names no catalog", Action.REWRITE)
    source, found = copier.source, {}
    for entries in source.dictionaries():
        if source.name(entries.get("/Type")) == "/Catalog":
            found = entries
    return found


def _document(copier: Copier, catalog: dict[str, Any]) -> dict[str, Any]:
    """Pages first: all else refers to them."""
    if "/Collection" in catalog:
        copier.found(PDF_35, "/Root/Collection", at_least=Action.REMOVE)
    shows = Layers(copier.source, catalog)
    copier.hidden, copier.hides_layers = shows.hides, bool(shows.off)
    _pages(copier, catalog)
    safe = {"/Type": "/Catalog", "/Pages": copier.page_tree, **_by_table(copier, catalog)}
    copier.drain()
    parts = {
        "/OpenAction": _open_action(copier, catalog),
        "/Outlines": outlines(copier, catalog.get("/Outlines")),
        "/PageLabels": page_labels(copier, catalog.get("/PageLabels")),
        "/Names": _names(copier, catalog),
        "/AcroForm": form(copier, catalog.get("/AcroForm"), catalog),
        "/OCProperties": layers.properties(copier, shows),
    }
    copier.drain()
    parts["/StructTreeRoot"] = copier.value(catalog.get("/StructTreeRoot"), _STRUCTURE)
    return safe | {key: value for key, value in parts.items() if value is not OMIT}


def _pages(copier: Copier, catalog: dict[str, Any]) -> None:
    found = find_pages(copier.source, catalog.get("/Pages"))
    tell_count(copier, catalog.get("/Pages"), len(found))
    for ref, _ in found:
        link = copier.slot()
        copier.page_list.append(link)
        if isinstance(ref, Ref):
            copier.pages.setdefault(ref, link)
    copier.named.update(named_destinations(copier, catalog))
    copier.put(copier.page_tree, {"/Type": "/Pages", "/Count": len(found), "/Kids": list(copier.page_list)})
    for link, (_, entries) in zip(list(copier.page_list), found):
        copy_page(copier, link, entries, copier.page_tree)
        copier.drain()


def _by_table(copier: Copier, catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog's plain entries; what no row names is told."""
    safe = {}
    for key, value in catalog.items():
        row = CATALOG.get(key)
        if row is not None:
            found = copier.value(value, row.kind)
            if found is not OMIT and found is not None:
                safe[key] = found
            else:
                copier.found(CATALOG_ELSE.get(key, row.otherwise), f"/Root/{shown(key)}")
        elif key not in CATALOG_REBUILT and (key != "/NeedsRendering" or copier.source.get(value) is True):
            copier.found(CATALOG_ELSE.get(key) or ELSE.get(key, PDF_49), f"/Root/{shown(key)}")
    return safe


def _open_action(copier: Copier, catalog: dict[str, Any]) -> Any:
    """Where a reader starts: a place in this document and nothing else (PDF-01)."""
    value = copier.source.get(catalog.get("/OpenAction"))
    if value is None:
        return OMIT
    if isinstance(value, dict):
        copier.found(PDF_01, "/Root/OpenAction", at_least=Action.REMOVE)
        safe = actions.action(copier, value, "/Root/OpenAction", PDF_01)
        place = safe.get("/D") if safe is not OMIT else None
        return place if isinstance(place, list) else OMIT
    place = actions.destination(copier, value)
    return place if isinstance(place, list) else OMIT


def _names(copier: Copier, catalog: dict[str, Any]) -> Any:
    names = copier.source.dictionary(catalog.get("/Names"))
    is_silent = attachments.are_kept(copier)  # each file is told by itself
    for key in sorted(names.keys() - ({"/Dests", attachments.TREE} if is_silent else {"/Dests"})):
        copier.found(NAMES_ELSE.get(key, PDF_49), f"/Root/Names/{shown(key)}")
    found = {attachments.TREE: attachments.attachments(copier, names)}
    if copier.named:
        pairs = [part for name in sorted(copier.named) for part in (name, copier.named[name])]
        found["/Dests"] = {"/Names": pairs}
    found = {key: value for key, value in found.items() if value is not OMIT}
    return found or OMIT

"""Destinations and actions: what leads to a page of this document, and web links that say plainly where they lead.

Source: ISO 32000-2 12.3.2 and 12.6; RFC 3986
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from policies.terms import Action, Vector
from sanitizers.formats.pdf import vectors as v
from sanitizers.formats.pdf.check import OMIT, is_number
from sanitizers.formats.pdf.values import Link, Ref, Value
from sanitizers.formats.pdf.vectors import (
    PDF_04,
    PDF_08,
    PDF_10,
    PDF_11,
    PDF_15,
    PDF_16,
    PDF_22,
    PDF_34,
    PDF_49,
)

if TYPE_CHECKING:
    from sanitizers.formats.pdf.copier import Copier

_FITS: Final = {
    "/XYZ": 3, "/Fit": 0, "/FitH": 1, "/FitV": 1, "/FitR": 4, "/FitB": 0, "/FitBH": 1, "/FitBV": 1,
}  # fmt: skip
_TURNS: Final = frozenset({"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"})
ACTIONS: Final[Mapping[str, Vector]] = {
    "/JavaScript": v.PDF_10,
    "/Launch": v.PDF_12,
    "/GoToR": v.PDF_13,
    "/GoToE": v.PDF_14,
    "/SubmitForm": v.PDF_19,
    "/ImportData": v.PDF_20,
    "/Thread": v.PDF_21,
    "/Rendition": v.PDF_23,
    "/Sound": v.PDF_23,
    "/Movie": v.PDF_23,
    "/RichMediaExecute": v.PDF_23,
}
_WEB: Final = re.compile(rb"(?:https?://[^/?#]+|mailto:|tel:)[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*", re.IGNORECASE)
_UNSAFE: Final = re.compile(rb"[^!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]")
_BAD_PERCENT: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST_FIRST: Final = re.compile(rb"www\.[a-z0-9-]+\.", re.IGNORECASE)
_OWN: Final = frozenset({"/Type", "/S", "/D", "/URI", "/Next", "/JS"})
_MAX_ADDRESS: Final = 2048


def destination(copier: "Copier", value: Value) -> Any:
    """A place in this document: explicit, or the name of one that exists."""
    source = copier.source
    found = source.get(value)
    if isinstance(found, dict):
        found = source.get(found.get("/D"))
    if isinstance(found, list):
        return explicit(copier, found)
    name = found[1:].encode("latin-1") if isinstance(found, str) else found
    return name if isinstance(name, bytes) and name in copier.named else OMIT


def explicit(copier: "Copier", found: list[Any]) -> Any:
    """A page and how it is to be shown (Table 149)."""
    page = target_page(copier, found[0]) if found else None
    if page is None:
        return OMIT
    fit = copier.source.name(found[1]) if len(found) > 1 else "/Fit"
    if fit not in _FITS:
        return [page, "/Fit"]
    numbers = [copier.source.get(item) for item in found[2 : 2 + _FITS[fit]]]
    return [page, fit, *(item if is_number(item) else None for item in numbers)]


def target_page(copier: "Copier", value: Value) -> Link | None:
    """The page that a reference, or a number as some writers have it, leads to."""
    if isinstance(value, Ref):
        return copier.pages.get(value)
    if type(value) is int and 0 <= value < len(copier.page_list):
        return copier.page_list[value]
    return None


def page(copier: "Copier", value: Value) -> Any:
    """A page that is already known, or OMIT."""
    return copier.pages.get(value, OMIT) if isinstance(value, Ref) else OMIT


def annotation(copier: "Copier", value: Value) -> Any:
    """An annotation that stands on a page, or OMIT."""
    return copier.annotations.get(value, OMIT) if isinstance(value, Ref) else OMIT


def action(copier: "Copier", value: Value, where: str = "annotation", otherwise: Vector = PDF_04) -> Any:
    """An action that only shows another part of this document, or a web link; OMIT for any other, which is told."""
    source = copier.source
    entries = source.dictionary(value)
    if not entries:
        return OMIT
    if "/Next" in entries:
        copier.found(PDF_08, where)
    kind = source.name(entries.get("/S"))
    if "/JS" in entries:
        copier.found(PDF_11 if kind == "/Rendition" else PDF_10, where)
    if "/EF" in source.dictionary(entries.get("/F")):
        copier.found(PDF_34, where)
    match kind:
        case "/GoTo":
            found = destination(copier, entries.get("/D"))
            _tell_rest(copier, entries, PDF_49, where)
            return OMIT if found is OMIT else {"/S": "/GoTo", "/D": found}
        case "/URI":
            _tell_rest(copier, entries, PDF_15, where)
            return _link(copier, source.get(entries.get("/URI")), where)
        case "/Named":
            name = source.name(entries.get("/N"))
            if name in _TURNS:
                return {"/S": "/Named", "/N": name}
            copier.found(PDF_22, where, "a named action")
        case _:
            copier.found(ACTIONS.get(kind, PDF_22 if kind else otherwise), where, f"action {kind[1:33]}")
    return OMIT


def _tell_rest(copier: "Copier", entries: dict[str, Any], vector: Vector, where: str) -> None:
    """What an action holds beside what it needs."""
    for key in sorted(entries.keys() - _OWN):
        copier.found(vector, where, f"with {key[1:33]}", Action.REWRITE)


def _link(copier: "Copier", address: Value, where: str) -> Any:
    if not isinstance(address, bytes):
        copier.found(PDF_16, where, "no address")
        return OMIT
    safe = web_address(address)
    if safe is None:
        copier.found(PDF_16, where, "an address that is no web address")
        return OMIT
    if safe != address or copier.job.policy.ordered(PDF_15) > Action.REWRITE:
        order = copier.found(PDF_15, where, "web link", Action.REWRITE)
        if order >= Action.REMOVE:
            return OMIT
    return {"/S": "/URI", "/URI": safe}


@lru_cache(1024)  # a link that stands on every page is the same each time
def web_address(address: bytes) -> bytes | None:
    """The address in the characters of RFC 3986; None when it is no web, mail or telephone address."""
    if address.startswith(b"\xfe\xff"):
        address = address[2:].decode("utf-16-be", "replace").encode()
    address = address.strip(b"\0\t\n\f\r ")
    if _HOST_FIRST.match(address):
        address = b"http://" + address
    address = _UNSAFE.sub(lambda found: b"%%%02X" % found[0][0], address)
    address = _BAD_PERCENT.sub(b"%25", address)
    return address if len(address) <= _MAX_ADDRESS and _WEB.fullmatch(address) else None

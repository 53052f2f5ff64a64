"""A rebuilt Office Open XML package: nothing but what everyday documents are made of, held to a list of its own.

The container as it is written anew, a type and a way from the root for each part, relationships that stay inside
(but for ordinary web links), and of each part every element, attribute and value by an allow-list. Pictures and
embedded documents are heard as files of their own; any other blob is refused.
(V-ZIP, V-CT, V-REL, V-XML, V-FLD, V-FML, V-URL, V-RES)

Source: ISO/IEC 29500-1, 29500-2 and 29500-4; [MS-DOCX], [MS-XLSX], [MS-PPTX]; threat catalogue, OOXML and ZIP rows.
"""

from collections.abc import Callable
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import evidence
from sanitizers.verify.court import Court, require
from sanitizers.verify.ooxml import linked, records, rich
from sanitizers.verify.ooxml.formulas import own_functions
from sanitizers.verify.ooxml.opc import Package, Part, read
from sanitizers.verify.ooxml.walk import references

_D: Final = "application/vnd.openxmlformats-officedocument."
_BINARY: Final = "application/vnd.ms-excel.sheet.binary.macroEnabled."

MAIN_TYPES: Final[dict[str, str]] = {  # media type of the package: content type of its main part
    _D + "wordprocessingml.document": _D + "wordprocessingml.document.main+xml",
    _D + "wordprocessingml.template": _D + "wordprocessingml.template.main+xml",
    _D + "spreadsheetml.sheet": _D + "spreadsheetml.sheet.main+xml",
    _D + "spreadsheetml.template": _D + "spreadsheetml.template.main+xml",
    _D + "presentationml.presentation": _D + "presentationml.presentation.main+xml",
    _D + "presentationml.template": _D + "presentationml.template.main+xml",
    _BINARY + "12": _BINARY + "main",
}


def check_as(media_type: str) -> Callable[[bytes, Court], None]:
    """The check of a package of this media type."""
    main_type = MAIN_TYPES[media_type]

    def check(data: bytes, court: Court) -> None:
        package = read(data, court)
        require(package.main.content_type == main_type, Check.MAGIC, f"main part of type {package.main.content_type}")
        own = own_functions(package.main.data)
        newer = records.newer_functions(package.main)
        linking: dict[str, set[str]] = {}
        for part in package.parts.values():
            _hear(part, package, court, own, linking, newer)
        rich.require_pictures(package)
        linked.require_addresses(package, linking, may_lead_out=evidence.LINKS in court.may_keep)

    return check


def _hear(
    part: Part,
    package: Package,
    court: Court,
    own: frozenset[str],
    linking: dict[str, set[str]],
    newer: frozenset[int],
) -> None:
    if part.row.heard_as:
        require(part.packed.size, Check.MAGIC, f"{part.name}: no bytes at all")
        court.hear(part.data, part.row.heard_as, part.name)
    elif part.row.records:
        package.require_used(part, records.references(part, part.row.records, newer))
    else:
        own_linking = linking.setdefault(part.name, set()) if part.row.roots == ("x:worksheet",) else None
        package.require_used(part, references(part, own, own_linking))

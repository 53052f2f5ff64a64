"""docProps: written anew with what a reader sees as the document's own, and nothing that names people or programs.

Source: ISO/IEC 29500-2:2021, 8.3 (core properties); 29500-1:2016, 22.2 (extended properties).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lxml import etree

from policies.terms import Action
from sanitizers.errors import InputError
from sanitizers.formats.ooxml.carry import escaped
from sanitizers.formats.ooxml.parts import DOCUMENT, MICROSOFT, PACKAGE
from sanitizers.formats.ooxml.scene import Home
from sanitizers.formats.ooxml.vectors import OOXML_29
from sanitizers.parsers.opc import parse_xml

CORE: Final = PACKAGE + "metadata/core-properties"
EXTENDED: Final = DOCUMENT + "extended-properties"
RELATIONS: Final[Mapping[str, str]] = MappingProxyType(  # types of relationships, and how they are written
    {
        CORE: CORE,
        DOCUMENT + "metadata/core-properties": CORE,
        MICROSOFT + "2006/relationships/metadata/core-properties": CORE,
        EXTENDED: EXTENDED,
    }
)
OTHER_RELATIONS: Final = frozenset({DOCUMENT + "custom-properties"})

_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_SPACES: Final = (
    ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)

_AP: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/extended-properties}"
_PROGRAM: Final = {  # changes how others draw its documents: charts of Office 2007 have other defaults
    _AP + "Application": re.compile(r"Microsoft (?:Office |Macintosh )?(?:Word|Excel|PowerPoint)"),
    _AP + "AppVersion": re.compile(r"\d\d\.\d{4}", re.ASCII),
}


def extended_properties(home: Home, key: str) -> str | None:
    """The new extended properties: Office's program and version alone; None where another program wrote it."""
    try:
        root = parse_xml(home.package.xml(key))
    except InputError:
        home.job.found(OOXML_29, home.package.name(key), detail="unreadable", at_least=Action.REWRITE)
        return None
    said = {tag: _text(root, tag) for tag in _PROGRAM}
    is_known = all(form.fullmatch(said[tag]) for tag, form in _PROGRAM.items())
    lost = len(root) - (len(said) if is_known else 0)
    if lost:
        home.job.found(OOXML_29, home.package.name(key), count=lost, at_least=Action.REWRITE)
    if not is_known:
        return None
    written = "".join(f"<{tag.removeprefix(_AP)}>{text}</{tag.removeprefix(_AP)}>" for tag, text in said.items())
    return f'<Properties xmlns="{_AP[1:-1]}">{written}</Properties>'


def core_properties(home: Home, key: str) -> str | None:
    """The new core properties: the title alone; None when there is none. What is left out is told."""
    try:
        root = parse_xml(home.package.xml(key))
    except InputError:
        home.job.found(OOXML_29, home.package.name(key), detail="unreadable", at_least=Action.REWRITE)
        return None
    title = _text(root, _DC + "title")
    lost = sum(1 for element in root if element.tag != _DC + "title" and (element.text or "").strip())
    if lost:
        home.job.found(OOXML_29, home.package.name(key), count=lost, at_least=Action.REWRITE)
    if not title:
        return None
    return f"<cp:coreProperties{_SPACES}><dc:title>{escaped(title)}</dc:title></cp:coreProperties>"


@dataclass(frozen=True, slots=True)
class Written:
    """One part of properties: how it is made, and where it goes."""

    write: Callable[[Home, str], str | None]
    path: str
    content_type: str


WRITTEN: Final[Mapping[str, Written]] = MappingProxyType(
    {
        CORE: Written(
            core_properties, "docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"
        ),
        EXTENDED: Written(
            extended_properties,
            "docProps/app.xml",
            "application/vnd.openxmlformats-officedocument.extended-properties+xml",
        ),
    }
)


def _text(root: etree._Element, tag: str) -> str:
    return (root.findtext(tag) or "").strip()

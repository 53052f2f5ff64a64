"""docProps: written anew with what a reader sees as the document's own, and nothing that names people or programs.

Source: ISO/IEC 29500-2:2021, 8.3 (core properties); 29500-1:2016, 22.2 (extended properties).
"""

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
CORE_RELATIONS: Final = frozenset(
    {CORE, DOCUMENT + "metadata/core-properties", MICROSOFT + "2006/relationships/metadata/core-properties"}
)
OTHER_RELATIONS: Final = frozenset({DOCUMENT + "extended-properties", DOCUMENT + "custom-properties"})
PATH: Final = "docProps/core.xml"
CONTENT_TYPE: Final = "application/vnd.openxmlformats-package.core-properties+xml"

_DC: Final = "{http://purl.org/dc/elements/1.1/}"
_SPACES: Final = (
    ' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


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


def _text(root: etree._Element, tag: str) -> str:
    return (root.findtext(tag) or "").strip()

"""Open Packaging Conventions: a package's parts, their content types, and what each part says it is related to.

Parts are unpacked when they are asked for. Names are compared as OPC does: without case, percent-escapes undone.

Source: ISO/IEC 29500-2:2021, 6.2 (parts), 6.5 (relationships), 7.2 and 7.3 (ZIP and content types).
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from lxml import etree

from sanitizers.budget import Budget
from sanitizers.codecs.deflate import crc32, inflate_raw_pieces
from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.xml import as_utf8
from sanitizers.parsers.zip import Archive, Member, read_zip
from sanitizers.parsers.zipmember import DEFLATED, unpack

CONTENT_TYPES: Final = "[content_types].xml"
_ROOT_CHARS: Final = 65_536  # a root with all its namespaces is written in fewer
MAX_RELATIONS: Final = 200_000  # of one part

_STRICT: Final = "http://purl.oclc.org/ooxml/"
_RELATIONS: Final = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}"
# 29500-1 Annex A: the Strict names that are not the Transitional ones under another root
_RENAMED: Final[Mapping[str, str]] = {
    "extendedProperties": "extended-properties",
    "customProperties": "custom-properties",
}
_DECLARED: Final = re.compile(rb"(xmlns(?::[\w.-]+)?\s*=\s*)([\"'])http://purl\.oclc\.org/ooxml/([\w./-]*)\2")
_SPACES: Final[Mapping[bytes, bytes]] = {
    b"wordprocessingml/main": b"wordprocessingml/2006/main",
    b"spreadsheetml/main": b"spreadsheetml/2006/main",
    b"presentationml/main": b"presentationml/2006/main",
    b"drawingml/main": b"drawingml/2006/main",
    b"drawingml/chart": b"drawingml/2006/chart",
    b"drawingml/chartDrawing": b"drawingml/2006/chartDrawing",
    b"drawingml/diagram": b"drawingml/2006/diagram",
    b"drawingml/lockedCanvas": b"drawingml/2006/lockedCanvas",
    b"drawingml/picture": b"drawingml/2006/picture",
    b"drawingml/compatibility": b"drawingml/2006/compatibility",
    b"drawingml/spreadsheetDrawing": b"drawingml/2006/spreadsheetDrawing",
    b"drawingml/wordprocessingDrawing": b"drawingml/2006/wordprocessingDrawing",
    b"officeDocument/relationships": b"officeDocument/2006/relationships",
    b"officeDocument/math": b"officeDocument/2006/math",
    b"officeDocument/sharedTypes": b"officeDocument/2006/sharedTypes",
    b"officeDocument/extendedProperties": b"officeDocument/2006/extended-properties",
    b"officeDocument/customProperties": b"officeDocument/2006/custom-properties",
    b"officeDocument/docPropsVTypes": b"officeDocument/2006/docPropsVTypes",
    b"officeDocument/bibliography": b"officeDocument/2006/bibliography",
    b"officeDocument/customXml": b"officeDocument/2006/customXml",
    b"schemaLibrary/main": b"schemaLibrary/2006/main",
}


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship, as its part says it. `target` of an internal one is a part's key, or empty."""

    id: str
    type: str  # of the Transitional family
    target: str
    is_external: bool


@dataclass(slots=True)
class Package:
    """The parts of a package by key: the name in lower case, without the first slash."""

    archive: Archive
    members: Mapping[str, Member]
    types: Mapping[str, str]  # by part's key
    default_types: Mapping[str, str]  # by extension
    is_strict: bool = False
    parts_with_odd_text: set[str] = field(default_factory=set)  # comments or instructions were in there

    def __contains__(self, key: str) -> bool:
        return key in self.members

    def name(self, key: str) -> str:
        """The part's name as the file has it."""
        return self.members[key].name

    def content_type(self, key: str) -> str:
        """The content type as it is claimed, in lower case; empty when there is none."""
        return self.types.get(key) or self.default_types.get(key.rpartition(".")[2], "")

    def data(self, key: str) -> bytes:
        """A part's bytes. Raises MalformedError when they are not what both headers say."""
        member = self.members[key]
        data = unpack(self.archive, member)
        if crc32(data) != member.crc:
            raise MalformedError("a part whose checksum does not fit")
        return data

    def size(self, key: str) -> int:
        """Bytes of a part, as both headers say."""
        return self.members[key].size

    def pieces(self, key: str) -> Iterator[bytes] | None:
        """A part's bytes, a piece at a time; None where it is not deflated. Raises MalformedError as it goes."""
        member = self.members[key]
        if member.method != DEFLATED or member.is_encrypted:
            return None
        packed = memoryview(self.archive.data)[member.start : member.start + member.packed]
        return _checked(inflate_raw_pieces(packed, member.size), member.crc)

    def xml(self, key: str) -> bytes:
        """A part's XML in UTF-8, Strict namespaces folded, without declaration or document type."""
        return self._folded(as_utf8(self.data(key)))

    def relations(self, key: str) -> dict[str, Relation]:
        """What the part (or "", the package) says it is related to, by id. Raises MalformedError for an id twice."""
        folder, _, base = key.rpartition("/")
        place = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        if place not in self.members:
            return {}
        root = parse_xml(as_utf8(self.data(place)))
        if len(root) > MAX_RELATIONS:
            raise LimitError(f"{len(root)} relationships")
        found: dict[str, Relation] = {}
        for element in root.iterchildren(_RELATIONS + "Relationship"):
            relation = self._relation(folder, element)
            if relation.id in found:
                raise MalformedError("two relationships of one id")
            found[relation.id] = relation
        return found

    def _relation(self, folder: str, element: etree._Element) -> Relation:
        target, kind = element.get("Target", "").strip(), element.get("Type", "").strip()
        if kind.startswith(_STRICT):
            self.is_strict = True
            kind = _transitional(kind)
        is_external = element.get("TargetMode", "").strip().lower() == "external"
        return Relation(element.get("Id", ""), kind, target if is_external else resolve(folder, target), is_external)

    def _folded(self, data: bytes) -> bytes:
        if b"purl.oclc.org/ooxml/" not in data:
            return data
        folded = _DECLARED.sub(_fold, data)
        self.is_strict = self.is_strict or folded != data
        return folded


def _checked(pieces: Iterator[bytes], crc: int) -> Iterator[bytes]:
    """The same pieces. Raises MalformedError at their end when the sum does not fit."""
    found = 0
    for piece in pieces:
        found = crc32(piece, found)
        yield piece
    if found != crc:
        raise MalformedError("a part whose checksum does not fit")


def read_package(untrusted: bytes, budget: Budget) -> Package:
    """The package. Raises MalformedError, LimitError, PurseError."""
    archive = read_zip(untrusted, budget)
    members = {part_key(member.name): member for member in archive.members if not member.is_folder}
    for member in archive.members:
        budget.expand(member.size, member.packed)
    package = Package(archive, members, {}, {})
    if CONTENT_TYPES in members:
        package.types, package.default_types = _content_types(package)
    return package


def part_key(name: str) -> str:
    """What a part's name means, whatever its spelling."""
    return unquote(name.replace("\\", "/")).lstrip("/").lower()


def resolve(folder: str, target: str) -> str:
    """The key of the part that a relationship's target names, seen from a part in `folder`."""
    path = unquote(target.partition("#")[0].replace("\\", "/"))
    steps: list[str] = [] if path.startswith("/") else folder.split("/") if folder else []
    for step in path.split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return "/".join(steps).lower()


def root_of(data: bytes) -> str:
    """The root element's name, in Clark notation, without reading what is in it; empty where there is none."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        for start in range(0, min(len(data), _ROOT_CHARS), 1024):
            parser.feed(data[start : start + 1024])
            for _, element in parser.read_events():
                return str(element.tag)
    except etree.XMLSyntaxError:
        return ""
    return ""


def parse_xml(data: bytes) -> etree._Element:
    """The tree of UTF-8 XML that has no document type. Comments and instructions are left out.

    Raises MalformedError or LimitError.
    """
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise LimitError("larger or deeper than a part may be") from error
        raise MalformedError("no well-formed XML") from error
    except ValueError as error:
        raise MalformedError("no XML") from error


def _content_types(package: Package) -> tuple[dict[str, str], dict[str, str]]:
    root = parse_xml(as_utf8(package.data(CONTENT_TYPES)))
    overrides: dict[str, str] = {}
    defaults: dict[str, str] = {}
    for element in root:
        said = element.get("ContentType", "").strip().lower()
        if element.tag == _TYPES + "Override":
            overrides[part_key(element.get("PartName", ""))] = said
        elif element.tag == _TYPES + "Default":
            defaults[element.get("Extension", "").lower()] = said
    return overrides, defaults


def _transitional(kind: str) -> str:
    last = kind.rpartition("/")[2]
    tail = kind.removeprefix(_STRICT + "officeDocument/relationships/")
    return "http://schemas.openxmlformats.org/officeDocument/2006/relationships/" + _RENAMED.get(last, tail)


def _fold(found: re.Match[bytes]) -> bytes:
    space = _SPACES.get(found[3])
    if space is None:
        return found[0]
    return found[1] + found[2] + b"http://schemas.openxmlformats.org/" + space + found[2]


def warm() -> None:
    """Read a small tree, so that a locked child finds everything loaded."""
    parse_xml(b"<a b='c'/>")
    codecs.lookup("utf-16-le")

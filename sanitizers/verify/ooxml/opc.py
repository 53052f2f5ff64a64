"""The package of a rebuilt Office document: its container, content types and relationships (V-ZIP, V-CT, V-REL).

Source: ISO/IEC 29500-2:2012 (OPC), 9 and 10; threat catalogue, OOXML-50, -51, -54.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import zip as archive
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.ooxml.addresses import is_anchor, is_web
from sanitizers.verify.ooxml.parts import EXTENSIONS, RELATIONSHIPS, ROWS, Row
from sanitizers.verify.ooxml.quiet import quiet_parser

CONTENT_TYPES: Final = "[Content_Types].xml"
_TYPES: Final = "http://schemas.openxmlformats.org/package/2006/content-types "
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships "
_PART_NAME: Final = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/){0,6}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_TARGET: Final = re.compile(
    r"(?:/|(?:\.\./){0,6})(?:[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/){0,6}[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}"
)
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_PLAIN_DEFAULTS: Final = {"rels": "application/vnd.openxmlformats-package.relationships+xml", "xml": "application/xml"}
_NEEDED: Final = {"Id", "Type", "Target"}
_HYPERLINK: Final = "hyperlink"
_MOST_CHARS: Final = 4096  # of an address


@dataclass(frozen=True, slots=True)
class Relation:
    """One relationship. `name` is the last word of its type; `target` a part's name, or an address."""

    name: str
    target: str
    is_external: bool


@dataclass(slots=True)
class Part:
    """One part, its type and where it leads."""

    name: str
    packed: archive.Packed
    content_type: str
    row: Row
    relations: dict[str, Relation] = field(default_factory=dict)

    @property
    def data(self) -> bytes:
        """The part's bytes, unpacked when they are asked for."""
        return self.packed.whole()


@dataclass(frozen=True, slots=True)
class Package:
    """Parts by name, and the one that the root leads to."""

    parts: dict[str, Part]
    main: Part

    def require_used(self, part: Part, used: dict[str, set[str]]) -> None:
        """Each id that the part names is a relationship of the kind that the place asks for."""
        for identifier, names in used.items():
            relation = part.relations.get(identifier)
            if relation is None:
                raise Refused(Check.REL, f"{part.name}: no relationship {identifier}")
            require(relation.name in names, Check.REL, f"{part.name}: {identifier} leads to a {relation.name}")


def read(data: bytes, court: Court) -> Package:
    """The package, every part typed and reached. Raises Refused for any other."""
    require(data.startswith(b"PK\x03\x04"), Check.MAGIC, "no local header at the start")
    members = dict(archive.packed_members(data, court))
    said = members.pop(CONTENT_TYPES, None)
    types = _content_types(b"" if said is None else said.whole())
    rels = {name: members.pop(name).whole() for name in [*members] if name.endswith(".rels")}
    parts = {name: _part(name, content, types) for name, content in members.items()}
    for name in types.overrides:
        require(name in parts, Check.TYPES, f"type of {name}, which is not there")
    roots: dict[str, Relation] = {}
    for name, content in rels.items():
        source = _source(name)
        if source and source not in parts:
            raise Refused(Check.REL, f"{name}: relationships of nothing")
        relations = _relations(name, content, source, parts)
        if source:
            parts[source].relations = relations
        else:
            roots = relations
    return _reached(parts, roots)


def _reached(parts: dict[str, Part], roots: dict[str, Relation]) -> Package:
    mains = [relation.target for relation in roots.values() if relation.name == "officeDocument"]
    require(len(mains) == 1, Check.REL, f"{len(mains)} main parts")
    require(not any(relation.is_external for relation in roots.values()), Check.REL, "the root leads outside")
    waiting = [relation.target for relation in roots.values()]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += (item.target for item in parts[name].relations.values() if not item.is_external)
    lost = next((name for name in parts if name not in seen), None)
    require(lost is None, Check.TYPES, f"{lost}: nothing leads there")
    for part in parts.values():
        inner = [item.name for item in part.relations.values()]
        require("officeDocument" not in inner, Check.REL, f"{part.name}: leads to a main part")
    return Package(parts, parts[mains[0]])


@dataclass(slots=True)
class _Types:
    defaults: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, str] = field(default_factory=dict)


def _content_types(data: bytes) -> _Types:
    require(data, Check.TYPES, "no content types")
    types = _Types()

    def start(name: str, attributes: dict[str, str], depth: int) -> None:
        if depth == 0:
            _typed(name == _TYPES + "Types" and not attributes, "root of the content types")
        elif name == _TYPES + "Default" and set(attributes) == {"Extension", "ContentType"}:
            extension, said = attributes["Extension"], attributes["ContentType"]
            row = ROWS.get(said)
            plain = _PLAIN_DEFAULTS.get(extension) == said
            picture = row is not None and (row.heard_as or extension == "vml")
            _typed(plain or picture, f"default type of {extension[:20]}")
            _typed(extension == extension.lower() and extension not in types.defaults, f"default of {extension} twice")
            types.defaults[extension] = said
        else:
            _typed(
                name == _TYPES + "Override" and set(attributes) == {"PartName", "ContentType"} and depth == 1,
                "element of the content types",
            )
            part, said = attributes["PartName"], attributes["ContentType"]
            _typed(part.startswith("/") and _PART_NAME.fullmatch(part, 1), f"name of a part {part[:60]}")
            _typed(part[1:] not in types.overrides, f"type of {part[1:]} twice")
            types.overrides[part[1:]] = said

    quiet_parser(CONTENT_TYPES, start, data)
    return types


def _typed(true: object, where: str) -> None:
    require(true, Check.TYPES, where)


def _part(name: str, packed: archive.Packed, types: _Types) -> Part:
    _typed(_PART_NAME.fullmatch(name), f"name of a part {name[:60]}")
    _typed("_rels" not in name.lower().split("/"), f"{name}: among relationships")
    said = types.overrides.get(name) or types.defaults.get(name.rpartition(".")[2], "")
    row = ROWS.get(said)
    if row is None:
        raise Refused(Check.TYPES, f"{name}: type {said[:100] or 'unknown'}")
    extension = name.rpartition(".")[2]
    expected = {"bin"} if row.records else {"xml"} if row.roots else EXTENSIONS.get(row.heard_as, frozenset())
    if "vml" in row.roots:
        expected = {"vml"}
    _typed(extension in expected, f"{name}: extension of {said[-60:]}")
    return Part(name, packed, said, row)


def _source(name: str) -> str:
    """The part that relationships speak for; "" for the root's."""
    folder, _, base = name.rpartition("/")
    require(
        folder == "_rels" or folder.endswith("/_rels"), Check.REL, f"{name[:60]}: relationships in an unusual place"
    )
    return folder.removesuffix("_rels") + base.removesuffix(".rels")


def _relations(name: str, data: bytes, source: str, parts: dict[str, Part]) -> dict[str, Relation]:
    found: dict[str, Relation] = {}

    def start(element: str, attributes: dict[str, str], depth: int) -> None:
        if depth == 0:
            _related(element == _RELATIONS + "Relationships" and not attributes, f"{name}: root")
            return
        _related(element == _RELATIONS + "Relationship" and depth == 1, f"{name}: element")
        _related(
            {"Id", "Type", "Target"} <= set(attributes) <= {"Id", "Type", "Target", "TargetMode"}, f"{name}: attributes"
        )
        identifier, kind, target = attributes["Id"], attributes["Type"], attributes["Target"]
        _related(_ID.fullmatch(identifier) and identifier not in found, f"{name}: id {identifier[:60]}")
        word = RELATIONSHIPS.get(kind)
        if word is None:
            raise Refused(Check.REL, f"{name}: relationship {kind[-60:]}")
        mode = attributes.get("TargetMode", "Internal")
        _related(mode in ("Internal", "External"), f"{name}: mode of {identifier}")
        if word == _HYPERLINK:
            _related(mode == "External" and len(target) <= _MOST_CHARS, f"{name}: hyperlink {identifier}")
            require(is_web(target) or is_anchor(target), Check.URL, f"{name}: address of {identifier}")
            found[identifier] = Relation(word, target, True)
            return
        _related(mode == "Internal", f"{name}: {word} outside")
        reached = _resolved(source, target)
        part = parts.get(reached)
        if part is None:
            raise Refused(Check.REL, f"{name}: {identifier} leads to nothing")
        _related(kind in part.row.led_to_by, f"{name}: {word} leads to {part.content_type}")
        found[identifier] = Relation(word, reached, False)

    quiet_parser(name, start, data)
    return found


def _related(true: object, where: str) -> None:
    require(true, Check.REL, where)


def _resolved(source: str, target: str) -> str:
    """The part that a relationship leads to (ISO/IEC 29500-2, annex B). Raises Refused where it leaves the package."""
    _related(_TARGET.fullmatch(target), f"target {target[:60]}")
    if target.startswith("/"):
        return target[1:]
    path = source.split("/")[:-1]
    for piece in target.split("/"):
        if piece == "..":
            _related(path, f"target {target[:60]} leaves the package")
            path.pop()
        else:
            path.append(piece)
    return "/".join(path)

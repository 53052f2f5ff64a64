"""The new package: walked from the root's relationships, each part carried once, written in the order it was met.

Parts get their names from the table of parts, relationships their ids in the order of their first use: a second pass
over the copy meets everything in the same order, and writes the same bytes.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from lxml import etree

from policies.terms import Action
from sanitizers.codecs.deflate import LARGE, Deflated
from sanitizers.errors import BlockedError, EmptyError, MalformedError
from sanitizers.formats.ooxml import plain, properties
from sanitizers.formats.ooxml.authors import Authors
from sanitizers.formats.ooxml.carry import Carrier, quoted
from sanitizers.formats.ooxml.drawing.vml import parse_vml
from sanitizers.formats.ooxml.links import web_link
from sanitizers.formats.ooxml.members import Members
from sanitizers.formats.ooxml.parts import (
    DOCUMENT,
    EMBEDDED,
    FOLDERS,
    HYPERLINK,
    IMAGE,
    LEFT_OUT,
    LINKED,
    NEVER_CARRIED,
    Main,
    Part,
    part_of,
)
from sanitizers.formats.ooxml.rules import Rules
from sanitizers.formats.ooxml.scene import NOT_CARRIED, Scene
from sanitizers.formats.ooxml.schema import ELEMENTS, clark
from sanitizers.formats.ooxml.vectors import (
    OOXML_04,
    OOXML_13,
    OOXML_19,
    OOXML_20,
    OOXML_29,
    OOXML_45,
    OOXML_50,
    OOXML_51,
    OOXML_52,
    OOXML_54,
    OOXML_59,
    OOXML_120,
)
from sanitizers.formats.zip.reconstruct import Entry
from sanitizers.parsers.opc import CONTENT_TYPES, Package, Relation, parse_xml, root_of
from sanitizers.sanitizer import Job

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_RELS_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES_SPACE: Final = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELS_TYPE: Final = "application/vnd.openxmlformats-package.relationships+xml"
_OFFICE_DOCUMENT: Final = DOCUMENT + "officeDocument"
_OF_PEOPLE: Final = frozenset({"sheet.threaded", "sheet.persons"})
_QUIET: Final = frozenset({"xml", "rels", "vml"})
_VML: Final = "drawing.vml"


class Assembly:
    """One package while it is carried over."""

    def __init__(self, package: Package, main: Main, rules: Rules, job: Job) -> None:
        self.package, self.main, self.rules, self.job = package, main, rules, job
        self.room = main.part.room
        self.authors = Authors(job.policy.authors)
        self.state: dict[str, Any] = {}
        self._judged = frozenset(name.rpartition("}")[2] for name in rules.edits)
        self.members = Members(self)
        self._entries: dict[str, tuple[str, Entry]] = {}  # path: content type, what is written
        self._paths: dict[str, str] = {}  # key of a part: its new path
        self._carried_as: dict[str, Part] = {}  # and what it is carried as
        self._numbers: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}  # parts that were looked into before they are carried, by key
        self._waiting: deque[Scene] = deque()
        self._seen: set[str] = set()  # keys that were met, carried or not

    def assemble(self) -> tuple[Entry, ...]:
        """Everything of the new package, ready to be written. Raises InputError."""
        roots = self._root_relations()
        rels: list[tuple[str, str, bool]] = []
        for relation in roots:
            target = self._from_root(relation)
            if target is not None:
                rels.append((properties.RELATIONS.get(relation.type, relation.type), target, False))
        while self._waiting:
            self._carry(self._waiting.popleft())
        self._tell_leftovers()
        return self._written(rels)

    def leads(self, scene: Scene, relation: Relation) -> bool:
        """Whether what a part is related to will be carried; told where it is not."""
        if relation.is_external:
            return self._may_leave(scene, relation)
        self._seen.add(relation.target)
        if relation.target not in self.package:
            if relation.target:
                scene.found(OOXML_51, detail="a relationship without its part", at_least=Action.REMOVE)
            return False
        if relation.type == IMAGE:
            return True
        if relation.type == EMBEDDED:
            return self.members.is_carried(relation)
        part = part_of(relation.type, self.room)
        if relation.type == _OFFICE_DOCUMENT or part is None or self._refusal(relation):
            return self._may_leave(scene, relation)
        if part.kind in self.state.get(NOT_CARRIED, ()):
            return self._may_leave(scene, relation)
        carried = self._carried_as.get(relation.target, part)
        if carried.content_type != part.content_type:
            scene.found(OOXML_50, self.package.name(relation.target), detail="two relationships say two things of it")
            return False
        if part.is_implied and relation.target not in self._paths and not self._has_root(part, relation.target):
            scene.found(OOXML_50, self.package.name(relation.target), detail="another root than its relationship says")
            return False  # the document does without it: a draft of a later kind of part, or no part at all
        return not self._is_nobodys(scene, relation)

    def arrive(self, scene: Scene, relation: Relation) -> str | None:
        """The new id of what a part is related to, which is carried or waits to be."""
        if relation.is_external:
            return scene.add(HYPERLINK, web_link(relation.target) or "", is_external=True)
        if relation.type == IMAGE:
            return self.members.picture(scene, relation)
        if relation.type == EMBEDDED:
            return self.members.document(scene, relation)
        part = part_of(relation.type, self.room)
        assert part is not None
        return scene.add(relation.type, self._queue(part, relation.target, scene))

    def picture(self, scene: Scene, relation: Relation) -> str:
        """The id of a relationship to the picture that `relation`, of whichever part, leads to."""
        self._seen.add(relation.target)
        return self.members.picture(scene, relation)

    def embedded_type(self, relation: Relation) -> str:
        """The media type of an embedded document as it was rebuilt; empty where it does not come along."""
        return self.members.type_of(relation)

    def placeholder(self, scene: Scene, width: int, height: int) -> str:
        """The id of a relationship to a drawn picture of these proportions."""
        return self.members.placeholder(scene, width, height)

    def carried(self, root: etree._Element, scene: Scene) -> str:
        """The text of a part's tree, carried by the schema with the edits of this room."""
        return Carrier(scene, self.rules.edits).carry(root, ELEMENTS[clark(scene.part.root)])

    def place(self, pattern: str) -> str:
        """A path that nothing has yet."""
        if "{}" not in pattern:
            return pattern
        number = self._numbers[pattern] = self._numbers.get(pattern, 0) + 1
        return pattern.replace("{}", str(number))

    def write(self, path: str, content_type: str, data: bytes | Deflated, *, is_packed: bool = False) -> None:
        """Put a finished part into the new package."""
        if path in self._entries:
            raise MalformedError("two parts in one place")
        entry = Entry(path, deflated=data) if isinstance(data, Deflated) else Entry(path, data, is_packed)
        self._entries[path] = (content_type, entry)

    def _root_relations(self) -> Sequence[Relation]:
        relations = list(self.package.relations("").values())
        documents = [relation for relation in relations if relation.type == _OFFICE_DOCUMENT]
        if len(documents) != 1 or documents[0].is_external or documents[0].target not in self.package:
            self.job.found(OOXML_51, "(package)", detail=f"{len(documents)} main parts", at_least=Action.BLOCK)
            raise BlockedError
        self._require_more_than_macros(documents[0].target)
        return [documents[0], *(relation for relation in relations if relation.type != _OFFICE_DOCUMENT)]

    def _require_more_than_macros(self, main: str) -> None:
        """Raise EmptyError for an add-in that is its macros alone: PowerPoint saves it with an empty main part."""
        if "macroenabled" in self.package.content_type(main) and not self.package.size(main):
            self._seen.add(main)
            self._tell_leftovers()
            raise EmptyError("nothing is left without the macros")

    def _from_root(self, relation: Relation) -> str | None:
        if relation.is_external:
            self.job.found(OOXML_51, "(package)", detail="external relationship", at_least=Action.REMOVE)
            return None
        self._seen.add(relation.target)
        if relation.type == _OFFICE_DOCUMENT:
            said = self.package.content_type(relation.target)
            if "macroenabled" in said and self.main.copy_type != self.main.media_type:
                self.job.found(OOXML_04, self.package.name(relation.target), at_least=Action.REWRITE)
            if "slideshow" in said:
                self.job.found(OOXML_120, self.package.name(relation.target), at_least=Action.REWRITE)
            return self._queue(self.main.part, relation.target)
        if relation.target not in self.package:
            return None
        where = self.package.name(relation.target)
        if relation.type in properties.RELATIONS:
            return self._properties(properties.RELATIONS[relation.type], relation.target)
        if relation.type in properties.OTHER_RELATIONS:
            self.job.found(OOXML_29, where, at_least=Action.REWRITE)
        else:
            self.job.found(LEFT_OUT.get(relation.type, OOXML_54), where, at_least=Action.REMOVE)
        return None

    def _has_root(self, part: Part, key: str) -> bool:
        if part.kind in self.rules.blobs:
            return True
        self._texts[key] = self.package.xml(key)
        return root_of(self._texts[key]) == clark(part.root)

    def _properties(self, kind: str, key: str) -> str | None:
        row = properties.WRITTEN[kind]
        text = row.write(self, key)
        if text is None or row.path in self._entries:
            return None
        self.write(row.path, row.content_type, (DECLARATION + text).encode())
        return row.path

    def _queue(self, part: Part, key: str, owner: Scene | None = None) -> str:
        path = self._paths.get(key)
        if path is None:
            path = self._paths[key] = self.place(part.path.replace("{room}", FOLDERS[self.room]))
            self._carried_as[key] = part
            self._waiting.append(Scene(self, part, key, path, owner))
        return path

    def _carry(self, scene: Scene) -> None:
        part = scene.part
        new = self._new(scene)
        for relation in sorted(scene.relations.values(), key=_implied_order):
            row = None if relation.is_external else part_of(relation.type, self.room)
            if row is not None and row.is_implied:
                scene.relate(relation.id)
        self._tell_unused(scene)
        self.write(scene.path, part.content_type, new)
        if scene.new_relations:
            place = PurePosixPath(scene.path)
            rels = _relationships(scene.path, scene.new_relations)
            self.write(f"{place.parent}/_rels/{place.name}.rels", _RELS_TYPE, rels)

    def _new(self, scene: Scene) -> bytes | Deflated:
        """What is written in a part's place."""
        kind = scene.part.kind
        if kind in self.rules.streams and self.package.size(scene.key) > LARGE:
            packed = self.rules.streams[kind](scene)
            if packed is not None:
                return packed
        if kind in self.rules.blobs:
            return self.rules.blobs[kind](self.package.data(scene.key), scene)
        data = self._texts.pop(scene.key, None) or self.package.xml(scene.key)
        if kind in self.rules.writers:
            return self.rules.writers[kind](data, scene)
        return (DECLARATION + self._carried(data, scene)).encode()

    def _carried(self, data: bytes, scene: Scene) -> str:
        root, is_prepared = clark(scene.part.root), scene.kind in self.rules.prepares or scene.kind == _VML
        pieces = None if is_prepared else plain.pieces_of(data, root, self._judged)
        if pieces is None:
            text = self._from_tree(data, root, scene)
        else:
            text = Carrier(scene, self.rules.edits).carry_pieces(pieces, ELEMENTS[root])
        finish = self.rules.finishes.get(scene.kind)
        return text if finish is None else finish(text, scene)

    def _from_tree(self, data: bytes, name: str, scene: Scene) -> str:
        if b"<!--" in data:
            scene.found(OOXML_13, detail="comments in the mark-up")
        root = parse_vml(data) if scene.kind == _VML else parse_xml(data)
        if root.tag != name:
            scene.found(OOXML_50, detail="another root than its relationship says", at_least=Action.BLOCK)
        prepare = self.rules.prepares.get(scene.kind)
        if prepare is not None:
            scene.is_judging = True
            prepare(root, scene)
            scene.is_judging = False
        return self.carried(root, scene)

    def _may_leave(self, scene: Scene, relation: Relation) -> bool:
        """A link to the web may stay; every other address, and a part that is never carried, is told and does not."""
        if relation.type == HYPERLINK and relation.is_external:
            address = web_link(relation.target)
            if address is None:
                scene.found(OOXML_20, at_least=Action.REWRITE)
                return False
            return scene.found(OOXML_19, at_least=Action.KEEP) is Action.KEEP
        where = "" if relation.is_external else self.package.name(relation.target)
        if relation.is_external:
            vector = LINKED.get(relation.type) or LEFT_OUT.get(relation.type, OOXML_20)
        else:
            vector = self._refusal(relation) or LEFT_OUT.get(relation.type, OOXML_59)
        self.job.found(vector, where or scene.where, at_least=Action.REMOVE)
        return False

    def _is_nobodys(self, scene: Scene, relation: Relation) -> bool:
        """Whether a thread of comments would lose the people it consists of; its note has the text."""
        part = part_of(relation.type, self.room)
        if part is None or part.kind not in _OF_PEOPLE or self.authors.are_named:
            return False
        scene.found(OOXML_45, detail="threads are notes now")
        return True

    def _refusal(self, relation: Relation) -> Any:
        if relation.is_external or relation.target not in self.package:
            return None
        said = self.package.content_type(relation.target)
        return next((vector for word, vector in NEVER_CARRIED if word in said), None)

    def _tell_unused(self, scene: Scene) -> None:
        """Relationships that nothing in the part uses go, with what they lead to."""
        for relation in scene.relations.values():
            if scene.was_met(relation.id):
                continue
            if relation.is_external:
                self._leave_told(scene, relation)
            elif relation.target in self.package and relation.target not in self._seen:
                self._seen.add(relation.target)
                vector = self._refusal(relation) or LEFT_OUT.get(relation.type)
                if vector is None or relation.type == IMAGE:
                    vector = OOXML_54
                self.job.found(vector, self.package.name(relation.target), at_least=Action.REMOVE)

    def _leave_told(self, scene: Scene, relation: Relation) -> None:
        if relation.type == HYPERLINK and relation.target.startswith("#"):
            return  # a place in the document: an edit has said so in another way
        if relation.type == HYPERLINK and web_link(relation.target) is not None:
            scene.found(OOXML_54, detail="a link that nothing uses")
        else:
            self._may_leave(scene, relation)

    def _tell_leftovers(self) -> None:
        for key in self.package.members:
            if key == CONTENT_TYPES or key in self._seen or key.endswith(".rels"):
                continue
            said = self.package.content_type(key)
            vector = next((found for word, found in NEVER_CARRIED if word in said), OOXML_54)
            self.job.found(vector, self.package.name(key), at_least=Action.REMOVE)
        if self.package.is_strict:
            self.job.found(OOXML_52, "(package)", at_least=Action.REWRITE)

    def _written(self, rels: Sequence[tuple[str, str, bool]]) -> tuple[Entry, ...]:
        root = {f"rId{number}": rel for number, rel in enumerate(rels, 1)}
        entries = [
            Entry("[Content_Types].xml", _content_types(self._entries)),
            Entry("_rels/.rels", _relationships("", root)),
        ]
        entries += [entry for _, entry in self._entries.values()]
        return tuple(entries)


def _implied_order(relation: Relation) -> tuple[str, int, str]:
    digits = "".join(filter(str.isdigit, relation.target))
    return relation.type, int(digits[-9:] or 0), relation.target


def _relationships(source: str, relations: Mapping[str, tuple[str, str, bool]]) -> bytes:
    rows = []
    for identifier, (kind, target, external) in relations.items():
        seen, mode = (quoted(target), ' TargetMode="External"') if external else (_relative(source, target), "")
        rows.append(f'<Relationship Id="{identifier}" Type="{kind}" Target="{seen}"{mode}/>')
    return f'{DECLARATION}<Relationships xmlns="{_RELS_SPACE}">{"".join(rows)}</Relationships>'.encode()


def _relative(source: str, target: str) -> str:
    """The target as it is seen from the source's folder."""
    here, there = source.split("/")[:-1], target.split("/")
    shared = 0
    while shared < len(here) and shared < len(there) - 1 and here[shared] == there[shared]:
        shared += 1
    return "/".join([".."] * (len(here) - shared) + there[shared:])


def _content_types(entries: Mapping[str, tuple[str, Entry]]) -> bytes:
    defaults = {"rels": _RELS_TYPE, "xml": "application/xml"}
    overrides: list[str] = []
    for path, (content_type, _) in entries.items():
        extension = path.rpartition(".")[2]
        if extension not in ("xml", "rels", "bin") and defaults.setdefault(extension, content_type) == content_type:
            continue
        if extension != "rels":
            overrides.append(f'<Override PartName="/{path}" ContentType="{content_type}"/>')
    written = "".join(f'<Default Extension="{name}" ContentType="{said}"/>' for name, said in sorted(defaults.items()))
    return f'{DECLARATION}<Types xmlns="{_TYPES_SPACE}">{written}{"".join(overrides)}</Types>'.encode()

"""Scene: one part while it is carried, and all that an edit may ask for."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from lxml import etree

from policies.terms import Action, Vector
from sanitizers.formats.ooxml.authors import Authors
from sanitizers.formats.ooxml.parts import Main, Part
from sanitizers.parsers.opc import Package, Relation
from sanitizers.sanitizer import Job

NOT_CARRIED: Final = "not carried"  # in a package's state: kinds of parts that it does without


class Home(Protocol):
    """What a part asks of the package that it belongs to."""

    package: Package
    main: Main
    job: Job
    room: str
    authors: Authors
    state: dict[str, Any]

    def arrive(self, scene: "Scene", relation: Relation) -> str | None:
        """The new id of what a part is related to; None where it may not pass."""
        ...

    def leads(self, scene: "Scene", relation: Relation) -> bool:
        """Whether what a part is related to will be carried; told where it is not. Nothing is carried for it yet."""
        ...

    def picture(self, scene: "Scene", relation: Relation) -> str:
        """The id of a relationship to the picture that `relation`, of whichever part, leads to."""
        ...

    def embedded_type(self, relation: Relation) -> str:
        """The media type of an embedded document as it was rebuilt; empty where it does not come along."""
        ...

    def placeholder(self, scene: "Scene", width: int, height: int) -> str:
        """The id of a relationship to a drawn picture of these proportions."""
        ...

    def carried(self, root: etree._Element, scene: "Scene") -> str:
        """The text of a part's tree, carried by the schema with the edits of its room."""
        ...

    def place(self, pattern: str) -> str:
        """A path in the new package that nothing has yet."""
        ...

    def write(self, path: str, content_type: str, data: bytes, *, is_packed: bool = False) -> None:
        """Put a finished part into the new package."""
        ...


class Scene:
    """One part, its relationships old and new, and the job."""

    def __init__(self, home: Home, part: Part, key: str, path: str, owner: "Scene | None" = None) -> None:
        self.home, self.part, self.key, self.path = home, part, key, path
        self.owner = owner  # the part that led here first; it is finished by now
        self.kind = part.kind
        self.where = home.package.name(key)
        self.relations = home.package.relations(key)
        self.new_relations: dict[str, tuple[str, str, bool]] = {}  # new id: type, target, is external
        self.is_judging = False  # while edits and preparations are made
        self._may_pass: dict[str, bool] = {}
        self._answers: dict[str, str | None] = {}  # old id: new id
        self._made: dict[str, Callable[[], str | None]] = {}
        self._targets: dict[tuple[str, str], str] = {}

    @property
    def job(self) -> Job:
        return self.home.job

    @property
    def main(self) -> str:
        """Kind of the package's main part."""
        return self.home.main.part.kind

    @property
    def authors(self) -> Authors:
        return self.home.authors

    @property
    def state(self) -> dict[str, Any]:
        """Shared by all parts of this package."""
        return self.home.state

    def found(
        self,
        vector: Vector,
        at: str = "",
        *,
        detail: str = "",
        count: int = 1,
        at_least: Action = Action.REMOVE,
    ) -> Action:
        """Record a finding in this part, and answer with what is ordered."""
        where = f"{self.where} <{at}>" if at else self.where
        return self.job.found(vector, where, detail=detail, count=count, at_least=at_least)

    def relation(self, old_id: str) -> Relation | None:
        """The relationship of this id, as it came."""
        return self.relations.get(old_id)

    def relate(self, old_id: str) -> str | None:
        """The new id of a relationship whose target is carried; None where it may not pass, which has been told.

        While edits are made it is only looked whether there will be one, and the answer is the old id: what an edit
        leaves in the tree may still be left out, and then nothing must have been carried for it.
        """
        if old_id not in self._may_pass:
            relation = self.relations.get(old_id)
            is_ours = old_id in self._made
            self._may_pass[old_id] = is_ours or (relation is not None and self.home.leads(self, relation))
        if not self._may_pass[old_id]:
            return None
        if self.is_judging:
            return old_id
        if old_id not in self._answers:
            made, relation = self._made.get(old_id), self.relations.get(old_id)
            if made is not None:
                self._answers[old_id] = made()
            else:
                self._answers[old_id] = None if relation is None else self.home.arrive(self, relation)
        return self._answers[old_id]

    def was_met(self, old_id: str) -> bool:
        """Whether anything asked for this relationship."""
        return old_id in self._may_pass

    def add(self, kind: str, target: str, *, is_external: bool = False) -> str:
        """A new relationship to a path in the new package (or an address); the same again gives the same id."""
        known = self._targets.get((kind, target))
        if known is None:
            known = self._targets[kind, target] = f"rId{len(self._targets) + 1}"
            self.new_relations[known] = (kind, target, is_external)
        return known

    def make(self, old_id: str, answer: Callable[[], str | None]) -> str:
        """Let `old_id`, which an edit puts into the source tree, be answered by `answer` when it is carried."""
        self._made[old_id] = answer
        return old_id

    def placeholder(self, width_emu: int = 0, height_emu: int = 0) -> str:
        """An id for the source tree that leads to a drawn placeholder."""
        old_id = f"sekisho-placeholder-{width_emu}-{height_emu}"
        return self.make(old_id, lambda: self.home.placeholder(self, width_emu, height_emu))

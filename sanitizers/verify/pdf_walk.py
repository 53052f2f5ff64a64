"""One walk from the catalog: every dictionary under the rule of its place, every object reached, nothing in a circle.

A reference contains what it names, except where a rule says Link: a link may go anywhere in the file, to a page or to a
parent, as long as what it names stands elsewhere under the rule that the link expects. What contains must not contain
itself, and not without end, so that a reader who follows it comes to a stop (PDF-56, PDF-72).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.pdf_file import Body
from sanitizers.verify.pdf_kinds import Choice, Each, Either, Head, Kind, Link, Named, Plain, Row, Rule, Thing, Tree
from sanitizers.verify.pdf_paint_rules import PAINT_RULES
from sanitizers.verify.pdf_rules import DOCUMENT_RULES
from sanitizers.verify.pdf_syntax import Name, Ref, Text, Value

RULES: Final[Mapping[str, Rule]] = {**DOCUMENT_RULES, **PAINT_RULES}
_STREAM_ENTRIES: Final = frozenset({"Filter", "DecodeParms"})  # pdf_streams.py reads them
_MOST_DEEP: Final = 500
_SIDEWAYS: Final = "Next"  # a long row of siblings is not deep
_ABOVE: Final = ("Element", "Structure")  # what a tag says stands above it
_TAG: Final = Choice("Type", {None: "Element", "StructElem": "Element", "StructTreeRoot": "Structure"})
_MOST_PLACES: Final = 20_000_000


@dataclass(slots=True)
class Document:
    """The objects of a file, and what each turned out to be."""

    bodies: Mapping[int, Body]
    court: Court
    rules: dict[int, str] = field(default_factory=dict)  # dictionaries and streams by number: the rule each is under
    contained: dict[int, list[int]] = field(default_factory=dict)
    sideways: set[tuple[int, int]] = field(default_factory=set)

    def value(self, value: Value) -> Value:
        """What a reference leads to; anything else as it is."""
        if type(value) is not Ref:
            return value
        if value not in self.bodies:
            raise Refused(Check.PDF, f"object {int(value)} is missing")
        return self.bodies[value].value

    def entries(self, number: int) -> dict[str, Value]:
        """The dictionary of an object that the walk found to be one."""
        value = self.bodies[number].value
        assert isinstance(value, dict)
        return value

    def resolved(self, number: int) -> dict[str, Value]:
        """The same, with what its references lead to in their places."""
        return {key: self.value(value) for key, value in self.entries(number).items()}

    def under(self, *rules: str) -> Iterator[int]:
        """Numbers of the objects under these rules."""
        return (number for number, rule in self.rules.items() if rule in rules)


def walk(bodies: Mapping[int, Body], court: Court) -> Document:
    """The document, once every object is where a rule allows it. Raises Refused."""
    document = Document(bodies, court)
    _Walk(document).run()
    _require_no_circle(document)
    return document


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, where)


_Place = tuple[Value, Kind, int, str]  # a value, what it must be, the object it stands in, under which key


@dataclass(slots=True)
class _Walk:
    document: Document
    stack: list[_Place] = field(default_factory=list)
    links: list[tuple[int, Link, int, str]] = field(default_factory=list)
    places: int = 0
    met: set[tuple[int, int]] = field(default_factory=set)  # objects that are no dictionaries, with the kind each is

    def run(self) -> None:
        bodies, rules = self.document.bodies, self.document.rules
        self.stack.append((Ref(1), Thing("Catalog"), 0, "Root"))
        self.follow()
        while self.climb():
            self.follow()
        reached = rules.keys() | {number for number, _ in self.met}
        for number in bodies:
            _must(number in reached, f"object {number}: nothing leads to it")
        for number, link, owner, key in self.links:
            _must(rules.get(number) in link.rules, f"object {owner}: {key} leads to {rules.get(number)}")

    def follow(self) -> None:
        """Everything that the values on the stack hold, and what that holds."""
        while self.stack:
            self.places += 1
            require(self.places <= _MOST_PLACES, Check.LIMITS, "too many values")
            self.place(*self.stack.pop())

    def climb(self) -> bool:
        """Tags that only those below them lead to: nothing shows them, but a reader who goes up meets them (14.7.2)."""
        rules, bodies = self.document.rules, self.document.bodies
        above = {number for number, link, _, _ in self.links if link.rules == _ABOVE and number not in rules}
        for number in sorted(above & bodies.keys()):
            self.stack.append((Ref(number), _TAG, 1, "P"))
        return bool(self.stack)

    def place(self, value: Value, kind: Kind, owner: int, key: str) -> None:
        """One value against what its place asks for."""
        if isinstance(kind, Link):
            if not isinstance(value, Ref):
                raise _refused(owner, key, "is no reference")
            self.links.append((int(value), kind, owner, key))
            return
        number = 0
        if type(value) is Ref:
            number = int(value)
            body = self.document.bodies.get(number)
            if body is None:
                raise _refused(owner, key, "leads nowhere")
            self.document.contained.setdefault(owner, []).append(number)
            if key == _SIDEWAYS:
                self.document.sideways.add((owner, number))
            value = body.value
        if isinstance(kind, Either):
            kind = self.fitting(value, kind, number, owner, key)
            if isinstance(kind, Link):  # only a reference fits
                self.document.contained[owner].pop()
                self.links.append((number, kind, owner, key))
                return
        self.held(value, kind, number, owner, key)

    def fitting(self, value: Value, either: Either, number: int, owner: int, key: str) -> Kind:
        is_stream = bool(number) and self.document.bodies[number].is_stream
        for kind in either.kinds:
            if _has_shape(value, kind, is_stream, bool(number)):
                return self.fitting(value, kind, number, owner, key) if isinstance(kind, Either) else kind
        raise _refused(owner, key, "is of another kind")

    def held(self, value: Value, kind: Kind, number: int, owner: int, key: str) -> None:
        """What a value is, once references are followed; and what it holds, to be looked at next."""
        if isinstance(kind, Thing | Choice):
            self.thing(value, kind, number, owner, key)
            return
        is_stream = False
        if number:
            if (number, id(kind)) in self.met:
                return
            self.met.add((number, id(kind)))
            is_stream, owner = self.document.bodies[number].is_stream, number
        match kind:
            case Plain():
                if is_stream or not kind.test(value):
                    raise _refused(owner, key, f"is not {kind.told}")
            case Each():
                self.array(value, kind, owner, key)
            case Row():
                self.row(value, kind, owner, key)
            case Head():
                head = value[0] if isinstance(value, list) and value else None
                row = kind.rows.get(head) if isinstance(head, Name) else None
                if row is None:
                    raise _refused(owner, key, "is no such array")
                self.held(value, row, 0, owner, key)
            case Named():
                if is_stream or not isinstance(value, dict):
                    raise _refused(owner, key, "is no dictionary")
                self.stack.extend((item, kind.kind, owner, key) for item in value.values())
            case Tree():
                _must(not is_stream, f"object {owner}: {key} is a stream")
                self.tree(value, kind, owner, key)
            case _:
                raise AssertionError(kind)

    def array(self, value: Value, kind: Each, owner: int, key: str) -> None:
        if not isinstance(value, list):
            raise _refused(owner, key, "is no array")
        if not kind.least <= len(value) <= kind.most:
            raise _refused(owner, key, f"has {len(value)} values")
        if isinstance(kind.kind, Plain) and all(map(kind.kind.test, value)):
            return
        self.stack.extend((item, kind.kind, owner, key) for item in value)

    def row(self, value: Value, kind: Row, owner: int, key: str) -> None:
        places = len(kind.kinds)
        if not isinstance(value, list) or len(value) < places or (len(value) > places and kind.rest is None):
            raise _refused(owner, key, "is no such array")
        self.stack.extend((item, wanted, owner, key) for item, wanted in zip(value, kind.kinds))
        if kind.rest is not None:
            self.stack.extend((item, kind.rest, owner, key) for item in value[places:])

    def tree(self, value: Value, kind: Tree, owner: int, key: str) -> None:
        """7.9.6 and 7.9.7: a node has children or values; values stand in pairs, each behind its key, in order."""
        _must(isinstance(value, dict), f"object {owner}: {key} is no tree")
        assert isinstance(value, dict)
        _must(value.keys() <= {kind.key, "Kids", "Limits"}, f"object {owner}: {key} has other entries")
        kids = self.document.value(value.get("Kids", []))
        pairs = self.document.value(value.get(kind.key, []))
        for name in ("Kids", kind.key, "Limits"):
            if type(ref := value.get(name)) is Ref:
                self.met.add((int(ref), 0))
                self.document.contained.setdefault(owner, []).append(int(ref))
        _must(isinstance(kids, list) and isinstance(pairs, list) and len(pairs) % 2 == 0, f"object {owner}: {key}")
        assert isinstance(kids, list) and isinstance(pairs, list)
        keys = pairs[0::2]
        wanted = Text if kind.key == "Names" else int
        _must(all(type(item) is wanted for item in keys), f"object {owner}: keys of {key}")
        _must(all(x < y for x, y in pairwise(keys)), f"object {owner}: order of {key}")  # type: ignore[operator]
        limits = self.document.value(value.get("Limits", []))
        _must(isinstance(limits, list) and all(type(item) is wanted for item in limits), f"object {owner}: {key}")
        self.stack.extend((item, kind, owner, key) for item in kids)
        self.stack.extend((item, kind.kind, owner, key) for item in pairs[1::2])

    def thing(self, value: Value, kind: Thing | Choice, number: int, owner: int, key: str) -> None:
        name = kind.rule if isinstance(kind, Thing) else _chosen(value, kind)
        if name is None or not isinstance(value, dict):
            raise _refused(owner, key, "is no dictionary that may stand there")
        is_stream = False
        if number:
            known = self.document.rules.setdefault(number, name)
            if known != name:
                raise Refused(Check.PDF, f"object {number}: {known} and {name}")
            if (number, 0) in self.met:
                return
            self.met.add((number, 0))
            owner, is_stream = number, self.document.bodies[number].is_stream
        rule = RULES[name]
        if is_stream != bool(rule.stream):
            raise _refused(owner, name, "without a stream" if rule.stream else "with a stream")
        if not rule.needed <= value.keys():
            raise _refused(owner, name, "lacks an entry")
        for entry, item in value.items():
            wanted = rule.entries.get(entry)
            if wanted is None:
                if not is_stream or entry not in _STREAM_ENTRIES:
                    raise _refused(owner, name, f"with {entry}")
            elif not (isinstance(wanted, Plain) and wanted.test(item)):
                self.stack.append((item, wanted, owner, entry))


def _refused(owner: int, key: str, why: str) -> Refused:
    return Refused(Check.PDF, f"object {owner}: {key} {why}")


def _chosen(value: Value, kind: Choice) -> str | None:
    if not isinstance(value, dict):
        return None
    chosen = value.get(kind.key)
    return kind.rules.get(chosen) if chosen is None or type(chosen) in (Name, int) else None  # type: ignore[arg-type]


def _has_shape(value: Value, kind: Kind, is_stream: bool, is_reference: bool) -> bool:
    match kind:
        case Plain():
            return not is_stream and kind.test(value)
        case Each() | Row():
            return isinstance(value, list)
        case Head():
            return isinstance(value, list) and bool(value) and isinstance(value[0], Name) and value[0] in kind.rows
        case Named() | Tree():
            return isinstance(value, dict) and not is_stream
        case Thing():
            return isinstance(value, dict) and bool(RULES[kind.rule].stream) == is_stream
        case Choice():
            name = _chosen(value, kind)
            return name is not None and bool(RULES[name].stream) == is_stream
        case Link():
            return is_reference
        case Either():
            return any(_has_shape(value, inner, is_stream, is_reference) for inner in kind.kinds)


def _require_no_circle(document: Document) -> None:
    """Depth first from the catalog, with a stack: a child that is still open is a circle. Then how deep it goes."""
    contained, done = document.contained, list[int]()
    state: dict[int, bool] = {}  # open or done
    stack = [(1, iter(contained.get(1, ())))]
    state[1] = True
    while stack:
        number, children = stack[-1]
        child = next(children, None)
        if child is None:
            state[number] = False
            done.append(number)
            stack.pop()
        elif (known := state.get(child)) is None:
            state[child] = True
            stack.append((child, iter(contained.get(child, ()))))
        else:
            _must(not known, f"object {child}: contains itself")
    depth = {1: 0}
    for number in reversed(done):
        here = depth[number]
        require(here <= _MOST_DEEP, Check.LIMITS, f"object {number}: too deep")
        for child in contained.get(number, ()):
            further = here if (number, child) in document.sideways else here + 1
            depth[child] = max(depth.get(child, 0), further)

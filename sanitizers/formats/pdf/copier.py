"""The copier: carries what the tables name from the file into the safe tree, with a queue in the place of recursion.

A dictionary is copied by one table, key by key. What no row names, or is of another kind than its row says, is left
behind and told. An object that two places refer to is copied once for each table it is read by.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from policies.terms import Action, Vector
from sanitizers.codecs import deflate
from sanitizers.errors import LimitError, MalformedError, PurseError, UnsupportedError
from sanitizers.formats.ooxml.authors import Authors
from sanitizers.formats.pdf.allow import TABLES
from sanitizers.formats.pdf.allow_graphics import FORM
from sanitizers.formats.pdf.check import MAX_NAME, OMIT, PLAIN
from sanitizers.formats.pdf.kinds import By, Either, Is, Kind, Many, Named, One, Streamed, Treatment
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.rows import ELSE, REQUIRED, Table
from sanitizers.formats.pdf.values import MAX_NESTING, Link, Ref, Safe, SafeStream, Stream, Value
from sanitizers.formats.pdf.vectors import PDF_36, PDF_49, PDF_72, PDF_82, PDF_83, PDF_84, PDF_87, PDF_88
from sanitizers.sanitizer import Job

_MAX_OBJECTS: Final = 1_000_000
_STREAM_KEYS: Final = frozenset({"/Length", "/Filter", "/DecodeParms", "/DL"})
_AT_ONCE: Final = frozenset(
    {Treatment.FONT_FILE, Treatment.CMAP, Treatment.TO_UNICODE, Treatment.CALCULATOR, Treatment.SAMPLES}
)
_MAY_BE_EMPTY: Final = frozenset({"/Bounds"})  # of one function alone, as some writers join it (Table 41)
UNFIT: Final = {
    "font program": PDF_82,
    "font program 2": PDF_83,
    "font program 3": PDF_84,
    "CMap": PDF_87,
    "ToUnicode": PDF_87,
    "calculator function": PDF_88,
}
_QUIET: Final = frozenset({"/Parent"})  # ways back, which are written anew

Special = Callable[["Copier", Value], Any]
Prepare = Callable[["Copier", dict[str, Any]], dict[str, Any]]
Treat = Callable[["Copier", Stream, dict[str, Any], str], SafeStream]


@dataclass(slots=True)
class Copier:
    """One document's copying: what was read, what stands in the copy so far, and what is still to be copied."""

    source: Source
    job: Job
    special: Mapping[Kind, Special]
    treatments: Mapping[Treatment, Treat]
    prepared: Mapping[str, Prepare] = field(default_factory=dict)  # by table: what is set right before it is copied
    objects: list[Safe | SafeStream] = field(default_factory=list)
    pages: dict[Ref, Link] = field(default_factory=dict)
    page_tree: Link = field(default_factory=lambda: Link(-1))
    page_list: list[Link] = field(default_factory=list)
    annotations: dict[Ref, Link] = field(default_factory=dict)
    hidden: Callable[[Value], bool] = field(default=lambda value: False)
    hides_layers: bool = False
    colours: dict[Ref, Any] = field(default_factory=dict)
    named: dict[bytes, Safe] = field(default_factory=dict)  # destinations by name
    authors: Authors = field(init=False)
    _copied: dict[tuple[Ref, Any], Any] = field(default_factory=dict)
    _fits: dict[Any, bool] = field(default_factory=dict)
    _queue: "deque[Callable[[], None]]" = field(default_factory=deque)
    _depth: int = 0

    def __post_init__(self) -> None:
        self.authors = Authors(self.job.policy.authors)

    def found(self, vector: Vector, where: str, detail: str = "", at_least: Action = Action.REMOVE) -> Action:
        """Tell a finding."""
        return self.job.found(vector, where, detail=detail, at_least=at_least)

    def slot(self, value: Safe | SafeStream = None) -> Link:
        """A new object of the copy."""
        if len(self.objects) >= _MAX_OBJECTS:
            raise LimitError("too many objects", PDF_72)
        self.objects.append(value)
        return Link(len(self.objects) - 1)

    def put(self, link: Link, value: Safe | SafeStream) -> None:
        """Fill an object of the copy."""
        self.objects[link.slot] = value

    def later(self, work: Callable[[], None]) -> None:
        """Do this once what is being copied now is done."""
        self._queue.append(work)

    def drain(self) -> None:
        """Copy all that is waiting."""
        while self._queue:
            self._queue.popleft()()

    def value(self, value: Value, kind: Any) -> Any:
        """The value as it may stand in the copy, or OMIT."""
        if type(kind) is Kind:
            plain = PLAIN.get(kind)
            if plain is not None:
                return plain(self.source.get(value), self.source)
            return self.special[kind](self, value)
        return self._by_class[type(kind)](self, value, kind)

    def _one(self, value: Value, kind: One) -> Any:
        found = self.source.get(value)
        return found if type(found) is str and found in kind.names else OMIT

    def _is(self, value: Value, kind: Is) -> Any:
        target = self.source.get(value)
        if type(target) is not dict or self._lacks(target, kind, value):
            return OMIT
        if kind.table in self.prepared:
            target = self.prepared[kind.table](self, target)
        if type(value) is Ref:
            return self.linked(value, kind, lambda link: self.put(link, self.dictionary(target, kind.table)))
        return self.dictionary(target, kind.table)

    def _lacks(self, entries: dict[str, Any], kind: Is | Streamed, value: Value) -> bool:
        """Whether an entry is missing without which this says nothing."""
        required = REQUIRED.get(kind.table)
        if required is None:
            return False
        key = (value, kind) if type(value) is Ref else None
        if key in self._fits:
            return not self._fits[key]
        if key is not None:
            self._fits[key] = True  # as long as it is being looked at: what leads back to itself is seen to elsewhere
        rows = TABLES[kind.table]
        with self:
            safe = [self.value(entries[name], rows[name].kind) for name in required if name in entries]
        is_whole = len(safe) == len(required) and all(
            one is not OMIT and (one != [] or name in _MAY_BE_EMPTY) for one, name in zip(safe, required)
        )
        if key is not None:
            self._fits[key] = is_whole
        return not is_whole

    def _streamed(self, value: Value, kind: Streamed) -> Any:
        target = self.source.get(value)
        if not isinstance(target, Stream) or self._lacks(target.entries, kind, target.ref):
            return OMIT
        if kind.treatment in _AT_ONCE:
            return self._at_once(target, kind)
        return self.linked(target.ref, kind, lambda link: self.put(link, self.stream(target, kind)))

    def linked(self, ref: Ref, kind: Any, fill: Callable[[Link], None]) -> Link:
        """The object of the copy for this one, to be filled later when it is new."""
        link = self._copied.get((ref, kind))
        if link is None:
            link = self._copied[(ref, kind)] = self.slot()
            self._queue.append(lambda: fill(link))
        return link

    def _at_once(self, target: Stream, kind: Streamed) -> Any:
        """A stream that may turn out to be unfit, so that whoever refers to it does so no more."""
        key = (target.ref, kind)
        if key not in self._copied:
            self._copied[key] = OMIT  # until it is known
            try:
                with self:
                    self._copied[key] = self.slot(self.stream(target, kind))
            except PurseError:
                raise
            except (MalformedError, UnsupportedError) as error:
                self.found(UNFIT.get(kind.table, PDF_49), kind.table, str(error))
        return self._copied[key]

    def is_drawn(self, stream: Value) -> bool:
        """Whether a form is painted by something that was copied; also where none is named."""
        return not isinstance(stream, Ref) or (stream, FORM) in self._copied

    def once(self, key: tuple[Ref, Any], make: Callable[[], Any]) -> Any:
        """What stands for this in the copy, made when it is first asked for."""
        if key not in self._copied:
            self._copied[key] = make()
        return self._copied[key]

    def packed(self, entries: dict[str, Any], data: bytes) -> SafeStream:
        """A stream of these bytes, as Flate packs them."""
        if not data:
            return SafeStream(entries, data)
        return SafeStream({**entries, "/Filter": "/FlateDecode"}, deflate.deflate_zlib(data))

    def _many(self, value: Value, kind: Many) -> Any:
        target = self.source.get(value)
        if not isinstance(target, list):
            return OMIT
        with self:
            found = [safe for item in target if (safe := self.value(item, kind.of)) is not OMIT]
        return found[: kind.most] if len(found) >= kind.least else OMIT

    def _named(self, value: Value, kind: Named) -> Any:
        target = self.source.get(value)
        if type(target) is not dict:
            return OMIT
        if type(value) is Ref:
            return self.linked(value, kind, lambda link: self.put(link, self._names(target, kind)))
        return self._names(target, kind)

    def _names(self, target: dict[str, Any], kind: Named) -> dict[str, Any]:
        found = {}
        with self:
            for key, item in target.items():
                safe = self.value(item, kind.of) if len(key) <= MAX_NAME else OMIT
                if safe is OMIT or safe is None:
                    self._left_behind(self.source.get(item))
                else:
                    found[key] = safe
        return found

    def _left_behind(self, value: Value) -> None:
        entries = value.entries if isinstance(value, Stream) else value
        if isinstance(entries, dict):
            subtype = self.source.name(entries.get("/Subtype"))
            self.found(ELSE.get(subtype, PDF_49), "resource", f"of kind {subtype[1:]}")

    def _by(self, value: Value, kind: By) -> Any:
        entries = self.source.dictionary(value)
        try:
            chosen = kind.choices.get(self.source.get(entries.get(kind.key)), kind.otherwise)
        except TypeError:  # an array or a dictionary in the place of a name
            chosen = None
        return OMIT if chosen is None else self.value(value, chosen)

    def _either(self, value: Value, kind: Either) -> Any:
        for choice in kind.kinds:
            found = self.value(value, choice)
            if found is not OMIT:
                return found
        return OMIT

    _by_class: ClassVar[dict[Any, Any]] = {
        One: _one,
        Is: _is,
        Streamed: _streamed,
        Many: _many,
        Named: _named,
        By: _by,
        Either: _either,
    }

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise LimitError("arrays and dictionaries in one another, too deep", PDF_72)

    def __exit__(self, *_: object) -> None:
        self._depth -= 1

    def dictionary(
        self,
        entries: dict[str, Any],
        table: str,
        special: Mapping[str, Vector] | None = None,
        but: frozenset[str] = frozenset(),
    ) -> dict[str, Any]:
        """A dictionary by a table. `special`: vectors of keys that mean something else here; `but`: seen to apart."""
        rows, source, found = _COMPILED[table], self.source, {}
        with self:
            for key, value in entries.items():
                row = rows.get(key)
                if row is None:
                    if key not in but and key not in _QUIET:
                        vector = (special or ELSE).get(key) or ELSE.get(key) or _of_table(TABLES[table])
                        self.found(vector, f"{table} {shown(key)}")
                    continue
                plain, by_class, kind, otherwise = row
                if plain is not None:
                    safe = plain(value if type(value) is not Ref else source.get(value), source)
                elif by_class is not None:
                    safe = by_class(self, value, kind)
                else:
                    safe = self.special[kind](self, value)
                if safe is OMIT:
                    if source.get(value) is not None:
                        self.found(otherwise, f"{table} {shown(key)}", "not of the kind that belongs there")
                elif safe is not None:
                    found[key] = safe
        return found

    def stream(self, stream: Stream, kind: Streamed) -> SafeStream:
        """A stream by a table and a treatment."""
        self.refuse_external(stream, kind.table)
        entries = self.dictionary(stream.entries, kind.table, but=_STREAM_KEYS | {"/F", *_OWN_KEYS})
        return self.treatments[kind.treatment](self, stream, entries, kind.table)

    def refuse_external(self, stream: Stream, where: str) -> None:
        """A stream whose bytes are somewhere else is not what it seems (PDF-36). Raises BlockedError."""
        entries = stream.entries
        if _EXTERNAL.isdisjoint(entries):
            return
        if any(self.source.get(entries.get(key)) is not None for key in _EXTERNAL):
            self.found(PDF_36, where, "data in another file", Action.BLOCK)


_EXTERNAL: Final = frozenset({"/F", "/FFilter", "/FDecodeParms"})


def _check_of(kind: Any) -> Callable[[Value, Source], Any] | None:
    """What checks a plain value of this kind, which no copier is needed for."""
    if type(kind) is One:
        names = kind.names
        return lambda value, source: value if type(value) is str and value in names else OMIT
    return PLAIN.get(kind) if type(kind) is Kind else None


# Rows as they are asked for, a million times in a large file: the check of a plain value, or what copies one of this
# class; the kind, and the vector.
_COMPILED: Final = {
    name: {
        key: (_check_of(row.kind), Copier._by_class.get(type(row.kind)), row.kind, row.otherwise)
        for key, row in rows.items()
    }
    for name, rows in TABLES.items()
}
_OWN_KEYS: Final = frozenset({"/Length1", "/Length2", "/Length3", "/Subtype", "/Type", "/N", "/Alternate", "/Range"})


def _of_table(rows: Table) -> Vector:
    """What an entry is that no table knows: the vector of the dictionary in which it stands."""
    vector = next((row.otherwise for row in rows.values()), PDF_49)
    return PDF_49 if vector.default is Action.BLOCK else vector  # a stray entry is no reason to withhold a document


def shown(key: str) -> str:
    """A key as it may stand in a report: its first characters, without the slash."""
    key = key[1:33]
    is_plain = key.isascii() and key.isprintable()
    return key if is_plain else "".join(c if c.isascii() and c.isprintable() else "?" for c in key)

"""What becomes of tags, remembered: by the prefixes in force, by what may stand in a place, by the tag's own text.

A tag's fate is a matter of these three alone, unless it names a relationship; so that what one part has taught serves
the next part, and the next file. Memory never decides anything: with or without it the same is written and told.
"""

from collections.abc import Mapping
from enum import IntEnum, auto
from typing import Final, NamedTuple

from policies.terms import Vector
from sanitizers.formats.ooxml.kinds import KINDS
from sanitizers.formats.ooxml.schema import NAMESPACES, Element

MAX_KEPT: Final = 2_000_000  # characters of tags, per family of parts, from one part to the next
SIDES: Final = "sides"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
_OURS: Final = {prefix: namespace for prefix, namespace in NAMESPACES.items() if prefix not in ("-", "xml")}

Children = Mapping[str, Element]
Losses = tuple[tuple[Vector, str], ...]


class Does(IntEnum):
    """What a tag does."""

    LEAF = auto()  # an element without content, written whole
    OPEN = auto()  # an element whose content comes next
    CLOSE = auto()
    NOTHING = auto()  # an element without content, left out


class Sort(IntEnum):
    """What is done when an open element ends."""

    PLAIN = auto()  # written short when nothing was carried into it
    OPTIONAL = auto()  # taken back when nothing was carried into it
    NAMELESS = auto()  # nothing is written: a wrapper, or what is left out
    ALTERNATE = auto()  # mc:AlternateContent: its shell goes where no Choice is left
    CHOICE = auto()
    FALLBACK = auto()


class Memory:
    """What was learned from parts of one family, those whose roots have one prefix: there a piece means one thing."""

    __slots__ = ("by_names", "chars", "prefixes")

    def __init__(self) -> None:
        self.by_names: dict[frozenset[tuple[str, str]], Names] = {}
        self.prefixes: dict[str, tuple[str, ...]] = {}  # in what was written, by the written piece
        self.chars = 0

    def names(self, by_prefix: Mapping[str, str]) -> "Names":
        """The prefixes of a root. Those that mean what they mean to us are one for all: no part uses what it lacks."""
        odd = frozenset((prefix, space) for prefix, space in by_prefix.items() if _OURS.get(prefix) != space)
        known = self.by_names.get(odd)
        if known is None:
            self.chars += sum(len(prefix) + len(space) for prefix, space in odd) + len(_OURS)
            known = self.by_names[odd] = Names({**_OURS, **dict(odd)}, self)
        return known


class Names:
    """Prefixes in force somewhere in the source: what each means, and the places below that declare more."""

    __slots__ = ("attributes", "below", "by_prefix", "memory", "places")

    def __init__(self, by_prefix: Mapping[str, str], memory: Memory) -> None:
        self.by_prefix, self.memory = by_prefix, memory
        self.attributes: dict[str, str] = {}  # names of attributes that were met, in Clark notation
        self.below: dict[tuple[tuple[str, str], ...], Names] = {}
        self.places: dict[tuple[int, str], Place] = {}

    def declaring(self, pairs: tuple[tuple[str, str], ...]) -> "Names":
        if all(self.by_prefix.get(prefix) == namespace for prefix, namespace in pairs):
            return self
        known = self.below.get(pairs)
        if known is None:
            self.memory.chars += sum(len(prefix) + len(space) for prefix, space in pairs) + len(self.by_prefix)
            known = self.below[pairs] = Names({**self.by_prefix, **dict(pairs)}, self.memory)
        return known

    def element(self, name: str) -> str:
        """An element's name in Clark notation."""
        prefix, _, local = name.rpartition(":")
        namespace = self.by_prefix.get(prefix, "")
        return f"{{{namespace}}}{local}" if namespace else local

    def attribute(self, name: str) -> str:
        """An attribute's name in Clark notation: without a prefix it is in no namespace."""
        prefix, colon, local = name.rpartition(":")
        namespace = _XML if prefix == "xml" else self.by_prefix.get(prefix, "") if colon else ""
        self.memory.chars += len(name)
        known = self.attributes[name] = f"{{{namespace}}}{local}" if namespace else local
        return known

    def place(self, children: Children, content: str) -> "Place":
        """What may come here, the same object for the same thing: its tags are remembered with it."""
        known = self.places.get((id(children), content))
        if known is None:
            known = self.places[id(children), content] = Place(self, children, content)
        return known


class Place:
    """The inside of an element: what may stand there, and the tags that were met there already."""

    __slots__ = ("children", "has_text", "is_alternate", "known", "leaves", "names", "says")

    def __init__(self, names: Names, children: Children, content: str) -> None:
        self.names, self.children = names, children
        self.says = KINDS[content] if content in ("plain", "quiet") else None  # where not any text may stand
        self.has_text = content in ("text", "mixed") or self.says is not None
        self.is_alternate = content == SIDES  # only sides may stand here; in them, what may stand around
        self.known: dict[str, Tag] = {}
        self.leaves: dict[str, str] = {}  # of these, the empty ones that lose nothing: what is written


NOWHERE: Final = Place(Names({}, Memory()), {}, "")  # the inside of what is left out


class Tag(NamedTuple):
    """What becomes of a tag."""

    does: Does
    text: str = ""
    inside: Place = NOWHERE  # of an element that opens
    close: str = ""
    sort: Sort = Sort.PLAIN
    losses: Losses = ()


class Passing(dict[str, Tag]):
    """What becomes of tags in what is left out: nothing, whatever they are."""

    def get(self, raw: str, default: object = None) -> Tag:
        if raw.startswith("/"):
            return CLOSING
        return IGNORED if raw.endswith("/") else DEEPER


CLOSING: Final = Tag(Does.CLOSE)
IGNORED: Final = Tag(Does.NOTHING)
DEEPER: Final = Tag(Does.OPEN, sort=Sort.NAMELESS)
NOWHERE.known = Passing()

_MEMORIES: Final[dict[str, Memory]] = {}


def memory_of(family: str) -> Memory:
    """What was learned from parts of this family so far; nothing, once that has grown too large."""
    known = _MEMORIES.get(family)
    if known is None or known.chars > MAX_KEPT:
        known = _MEMORIES[family] = Memory()
    return known

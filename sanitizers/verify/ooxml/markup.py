"""The elements and attributes that may stand in a rebuilt Office package, each in its place. Data: markup.tsv.

What the table does not name is refused: controls, objects other than embedded documents, sub-documents, frames,
alternative chunks, mail merge, document variables, timing commands, sounds, links to data, signatures, identifiers of
revisions and of people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What the value of an attribute, or the text of an element, must look like."""

    PLAIN = "plain"  # numbers, words, measures, identifiers
    QUIET = "quiet"  # anything in which no program finds an address
    TEXT = "text"  # for people to read
    DATE = "date"
    BASE64 = "base64"
    RELATION = "relation"  # an id of a relationship
    ADDRESS = "address"  # a web link
    PLACE = "place"  # in the same document
    ACTION = "action"  # of a presentation
    FIELD = "field"  # (a part of) a field's instruction
    FORMULA = "formula"
    NAME = "name"  # of a defined name
    URI = "uri"  # of an extension, or of what a graphic is
    PROGRAM = "program"  # that shows an embedded document
    EMBED = "embed"  # how an object is there: in this package
    PERSON = "person"  # an identifier that leads to nobody
    EMPTY = "empty"
    NO = "no"  # false


@dataclass(slots=True, eq=False)
class Element:
    """One element: the kind of its text, its attributes, the elements in it. Names are "namespace local"."""

    name: str
    label: str  # with its usual prefix
    text: Kind | None
    attributes: dict[str, Kind] = field(default_factory=dict)
    children: dict[str, "Element"] = field(default_factory=dict)


NAMESPACES: Final[dict[str, str]] = {}  # by usual prefix


def _full(word: str) -> str:
    """The name as the parser tells it; ":div" is in no namespace."""
    prefix, _, local = word.rpartition(":")
    return f"{NAMESPACES[prefix]} {local}" if prefix else local


def _read() -> Mapping[str, Element]:
    lines = Path(__file__).with_name("markup.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    NAMESPACES.update((row[1], row[2]) for row in rows if row[0] == "@")
    rows = [row for row in rows if row[0] != "@"]
    found: dict[str, Element] = {}
    for label, text, attributes, _ in rows:
        pairs = (word.partition("=") for word in attributes.split())
        kinds = {_full(name): Kind(kind or "plain") for name, _, kind in pairs}
        assert label not in found, label
        found[label] = Element(_full(label), label, None if text == "-" else Kind(text), kinds)
    for label, _, _, children in rows:
        own = label.partition(":")[0]
        for word in children.split():
            child = found[word if ":" in word else f"{own}:{word}"]
            found[label].children[child.name] = child
    return MappingProxyType(found)


ELEMENTS: Final = _read()  # by label
KNOWN_NAMESPACES: Final = frozenset(NAMESPACES.values())

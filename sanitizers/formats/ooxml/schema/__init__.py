"""What elements and attributes there are, read from the tables beside this file: the allow-list of the carrying engine.

    namespaces.tsv     prefix, namespace. "-" is no namespace at all
    enumerations.tsv   name, its words
    elements.tsv       element, type: the type that an element has where its parent's row names no other
    extensions.tsv     uri of an `ext` or `graphicData`, the elements that may stand in it
    others             type; content: "text" or what may be said ("plain", "quiet"), "mixed" (text and elements),
                       "any" (an extension list's `ext` and its like) or none;
                       attributes "name kind; name kind"; children "prefix:name" or "prefix:name=type"

A kind is a word of `kinds.py`, or "=NAME" for an enumeration, "*" before it for a list. What no row names cannot pass.

Source: ISO/IEC 29500-1:2016 and 29500-4:2016; ECMA-376 part 4 (VML); [MS-DOCX], [MS-XLSX], [MS-PPTX], [MS-ODRAWXML].
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from sanitizers.formats.ooxml.kinds import KINDS, Check, list_of, one_of

__all__ = [
    "ATTRIBUTES_KNOWN",
    "ELEMENTS",
    "EXTENSIONS",
    "NAMESPACES",
    "PREFIXES",
    "Attribute",
    "Element",
    "Type",
    "clark",
    "extension",
]

_HERE: Final = Path(__file__).parent
_FACTS: Final = (
    *("wml", "sml", "pml", "dml", "chart", "diagram", "math", "vml"),
    *("word-2010", "sheet-2010", "slides-2010", "drawing-2010", "ours"),
)
_BARE: Final = ("-", "x", "xml")  # written without their prefix, or with the one that is built in
ATTRIBUTES_KNOWN: Final = 2048  # values of one attribute that are remembered with their written form


class Attribute:
    """One attribute that may pass: how it is written, and what its value may be."""

    __slots__ = ("accepts", "is_relation", "known", "name", "prefix")

    def __init__(self, name: str, kind: str) -> None:
        self.prefix, _, local = name.rpartition(":")
        self.name = name if self.prefix else local
        self.is_relation = kind == "rel"
        self.accepts = _check(kind)
        self.known: dict[str, str] = {}  # accepted values, as they are written


class Type:
    """What may stand in an element: its attributes and children by their names in Clark notation."""

    __slots__ = ("attributes", "children", "content", "name")

    def __init__(self, name: str, content: str) -> None:
        self.name, self.content = name, content
        self.attributes: dict[str, Attribute] = {}
        self.children: dict[str, Element] = {}


class Element:
    """One element that may pass in some place: how it is written, and its type."""

    __slots__ = ("close", "name", "open", "prefix", "type")

    def __init__(self, name: str, type_: Type) -> None:
        self.prefix, _, local = name.rpartition(":")
        if self.prefix in _BARE:
            self.prefix, name = ("", local) if self.prefix == "x" else ("-", local)
        self.name, self.type = name, type_
        self.open, self.close = f"<{name}", f"</{name}>"


def clark(name: str) -> str:
    """ "prefix:local" as "{namespace}local"."""
    prefix, _, local = name.rpartition(":")
    namespace = NAMESPACES[prefix] if prefix else ""
    return f"{{{namespace}}}{local}" if namespace else local


def _rows(name: str) -> Iterator[list[str]]:
    text = (_HERE / f"{name}.tsv").read_text(encoding="utf-8")
    return (line.split("\t") for line in text.split("\n")[1:] if line)


def _check(kind: str) -> Check:
    word = kind.lstrip("*")
    check = _ENUMERATIONS[word[1:]] if word.startswith("=") else KINDS[word]
    return list_of(check) if kind.startswith("*") else check


NAMESPACES: Final[Mapping[str, str]] = {"-": "", **dict(_rows("namespaces"))}
PREFIXES: Final[Mapping[str, str]] = {namespace: prefix for prefix, namespace in NAMESPACES.items() if namespace}
_ENUMERATIONS: Final = {name: one_of(tuple(values.split("|"))) for name, values in _rows("enumerations")}
_NAMES: Final = dict(_rows("elements"))


def _types() -> dict[str, Type]:
    rows = [row for name in _FACTS for row in _rows(name)]
    types = {name: Type(name, content) for name, content, _, _ in rows}
    for name, _, attributes, children in rows:
        known = types[name]
        for words in attributes.split("; ") if attributes else ():
            written, kind = words.split(" ")
            known.attributes[clark(written)] = Attribute(written, kind)
        for child in children.split():
            written, _, type_name = child.partition("=")
            known.children[clark(written)] = Element(written, types[type_name or _NAMES[written]])
    return types


TYPES: Final = _types()
ELEMENTS: Final[Mapping[str, Element]] = {
    clark(name): Element(name, TYPES[type_name]) for name, type_name in _NAMES.items() if type_name in TYPES
}
EXTENSIONS: Final[Mapping[str, Mapping[str, Element]]] = {
    uri: {clark(name): ELEMENTS[clark(name)] for name in names.split()} for uri, names in _rows("extensions")
}


def _holders() -> dict[str, frozenset[str]]:
    """What any element of this name with the content "any" may hold, whatever its uri says."""
    held: dict[str, frozenset[str]] = {}
    places = (*ELEMENTS.values(), *(child for known in TYPES.values() for child in known.children.values()))
    for place in places:
        if place.type.content == "any":
            held[place.name] = held.get(place.name, frozenset()) | place.type.children.keys()
    return held


_HOLDERS: Final = _holders()


@cache
def extension(holder: str, uri: str) -> Mapping[str, Element]:
    """The elements that may stand in an `ext` or `graphicData` for this uri; none, where it belongs elsewhere."""
    held = _HOLDERS[holder]
    return {name: element for name, element in EXTENSIONS.get(uri, {}).items() if name in held}

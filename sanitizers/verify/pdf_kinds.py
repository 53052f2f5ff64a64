"""What a rule of the judge can ask of a value in a PDF: the words that the tables of pdf_rules.py are written in.

A kind is data. A plain one tests a value that holds nothing else; the others say how to go on to what it holds, which
pdf_walk.py does with a stack.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sanitizers.verify.pdf_syntax import Name, Text, Value


@dataclass(frozen=True, slots=True)
class Plain:
    """A value that holds no other."""

    told: str
    test: Callable[[Value], bool]


@dataclass(frozen=True, slots=True)
class Each:
    """An array of `least` to `most` values of one kind."""

    kind: "Kind"
    least: int = 0
    most: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """An array with a kind for each place, and one for whatever follows them."""

    kinds: tuple["Kind", ...]
    rest: "Kind | None" = None


@dataclass(frozen=True, slots=True)
class Head:
    """An array whose first value, a name, decides the kind of it all."""

    rows: Mapping[str, "Kind"]


@dataclass(frozen=True, slots=True)
class Named:
    """A dictionary of freely chosen names, each for a value of one kind."""

    kind: "Kind"


@dataclass(frozen=True, slots=True)
class Thing:
    """A dictionary or stream with a rule of its own in RULES; one object is one thing."""

    rule: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A dictionary or stream whose entry `key` decides which rule it is under; None: where the entry is missing."""

    key: str
    rules: Mapping[str | int | None, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to an object that must stand elsewhere in the file under one of these rules: a page, a parent."""

    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """The first of some kinds that has the shape of the value."""

    kinds: tuple["Kind", ...]


@dataclass(frozen=True, slots=True)
class Tree:
    """A name tree or number tree (7.9.6, 7.9.7), whose values are of one kind."""

    key: str  # Names or Nums
    kind: "Kind"


Kind = Plain | Each | Row | Head | Named | Thing | Choice | Link | Either | Tree


@dataclass(frozen=True, slots=True)
class Rule:
    """Entries that a dictionary may have; those it must have; and the check of its stream, if it is to have one."""

    entries: Mapping[str, Kind]
    needed: frozenset[str] = frozenset()
    stream: str = ""  # a key of pdf_streams.CHECKS


_MOST_TEXT_BYTES: Final = 1 << 20


def _is_number(value: Value) -> bool:
    return type(value) is int or type(value) is float


def _is_text(value: Value) -> bool:
    return isinstance(value, Text) and len(value) <= _MOST_TEXT_BYTES


NUMBER: Final = Plain("a number", _is_number)
INTEGER: Final = Plain("an integer", lambda value: type(value) is int)
NATURAL: Final = Plain("a natural number", lambda value: type(value) is int and value >= 0)
BOOLEAN: Final = Plain("true or false", lambda value: type(value) is bool)
NAME: Final = Plain("a name", lambda value: type(value) is Name)
TEXT: Final = Plain("a string", _is_text)
NULL: Final = Plain("null", lambda value: value is None)
NUMBERS: Final = Each(NUMBER, 0, 4096)  # how many there should be is for a reader, who has to cope with any number
RECTANGLE: Final = Each(NUMBER, 4, 4)


def a(*names: str) -> Plain:
    """One of these names."""
    return Plain(" or ".join(names), lambda value: type(value) is Name and value in names)


def number_in(least: float, most: float) -> Plain:
    """A number within these bounds."""
    return Plain(
        f"a number from {least} to {most}",
        lambda value: (type(value) is int or type(value) is float) and least <= value <= most,
    )


def integer_in(*values: int) -> Plain:
    """One of these integers."""
    return Plain(f"one of {values}", lambda value: type(value) is int and value in values)


def either(*kinds: Kind) -> Either:
    """The first of these kinds that has the shape of the value."""
    return Either(kinds)

"""What a value has to be to pass: the words that the tables of allow.py are written in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any


class Kind(Enum):
    """Values that are checked by themselves, each in one place: check.py, or the module of that name."""

    __hash__ = object.__hash__  # enum's own is Python code, and kinds are looked up for every entry

    BOOLEAN = auto()
    INTEGER = auto()
    NATURAL = auto()
    NUMBER = auto()
    NAME = auto()
    STRING = auto()
    TEXT = auto()  # a string; a stream's bytes become one
    LANGUAGE = auto()  # a tag of BCP 47
    RECTANGLE = auto()
    NUMBERS = auto()  # an array of numbers, as many as a page needs
    POINTS = auto()  # an array of numbers, as many as a pen's stroke needs
    SCALARS = auto()  # an array of numbers, names, strings and null
    BORDER = auto()  # radii and a width, and an array of dashes behind them
    DASHES = auto()  # an array and a phase, or an array
    NULL = auto()
    DESTINATION = auto()  # to a page of this document
    ACTION = auto()
    COLOUR_SPACE = auto()
    FUNCTION = auto()
    PAGE = auto()  # a page of this document, already known
    ANNOTATION = auto()  # one that stands on a page, already known
    WIDTHS = auto()  # /W and /W2 of a CIDFont
    DIFFERENCES = auto()
    CMAP_NAME = auto()
    LAYER = auto()  # an optional content group or membership that is shown
    ORDER = auto()
    KID = auto()  # of a structure element
    NUMBER_TREE = auto()
    NAME_TREE = auto()
    PARENTS = auto()  # what the parent tree says: elements
    SIZED_FONT = auto()  # a font and a number


class Treatment(Enum):
    """What is done with a stream's bytes."""

    CONTENT = auto()
    IMAGE = auto()
    FONT_FILE = auto()
    CMAP = auto()
    TO_UNICODE = auto()
    CALCULATOR = auto()  # a function of type 4
    SAMPLES = auto()  # a function of type 0
    PLAIN = auto()  # samples, meshes: unpacked and packed anew


@dataclass(frozen=True, slots=True)
class One:
    """One of these names."""

    names: frozenset[str]

    def __init__(self, *names: str) -> None:
        object.__setattr__(self, "names", frozenset(names))


@dataclass(frozen=True, slots=True)
class Is:
    """A dictionary by this table."""

    table: str


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream whose dictionary is by this table."""

    table: str
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class Many:
    """An array whose items are of this kind; what is not is left out, as are more than `most`, or all of too few."""

    of: Any
    most: int = 1_000_000
    least: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """A dictionary of any names whose values are of this kind."""

    of: Any


@dataclass(frozen=True, slots=True, eq=False)
class By:
    """A dictionary or stream whose kind is told by one of its entries; `otherwise` where no choice is named."""

    key: str
    choices: Mapping[Any, Any]
    otherwise: Any = None


@dataclass(frozen=True, slots=True)
class Either:
    """The first of these that fits."""

    kinds: tuple[Any, ...]

    def __init__(self, *kinds: Any) -> None:
        object.__setattr__(self, "kinds", kinds)

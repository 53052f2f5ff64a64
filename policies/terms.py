"""Action and Vector: the words every room uses. No logic."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Action(IntEnum):
    """What a policy orders for a vector. Mildest first, so that max() is the stricter."""

    KEEP = 0
    REWRITE = 1
    REMOVE = 2
    BLOCK = 3

    __hash__ = int.__hash__  # equal to its number; enum's own hashes the name, in Python, for every finding

    @property
    def done(self) -> str:
        """The word for it in reports: kept, rewritten, removed, blocked."""
        return ("kept", "rewritten", "removed", "blocked")[self]


class Rebuild(StrEnum):
    """How deep a file is rebuilt. Source: docs/adr/0004-rebuild-classes.md."""

    FULL = "full"  # nothing compressed is copied; pixels are decoded and encoded anew
    LOSSLESS = "lossless"  # every byte is proved by our parser, content stays bit-exact
    FLAT = "flat"  # pages drawn to pixels


class Authors(StrEnum):
    """What stands where a document names who wrote, commented or changed. Source: docs/adr/0011-authors.md."""

    KEEP = "keep"  # the names as they are
    PSEUDONYM = "pseudonym"  # "Author 1", "Author 2", the same person the same throughout a file
    REMOVE = "remove"  # no name; initials "A1", "A2" tell people apart where the format has a place for them


@dataclass(frozen=True, slots=True)
class Vector:
    """One catalogued way to carry something other than content. Its ID is never reused or renumbered."""

    id: str  # "PDF-07"
    title: str
    source: str  # where it sits in a file, or the section of the format's specification
    default: Action = Action.REMOVE
    least: Action = Action.REMOVE  # no policy goes below this
    title_ja: str = ""

    @property
    def family(self) -> str:
        """The letters of the ID: "PDF"."""
        return self.id.partition("-")[0]

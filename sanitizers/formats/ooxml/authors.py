"""Names of people in a document: what stands in their place, by policy (OOXML-45, OOXML-121; adr/0011)."""

import re
from typing import Final

from policies import terms

_STAND_IN: Final = re.compile(r"Author [1-9]\d{0,5}\Z")
_INITIALS: Final = re.compile(r"A[1-9]\d{0,5}\Z")


class Authors:
    """The people of one file in the order in which they are met. A stand-in of ours stays what it is."""

    def __init__(self, order: terms.Authors) -> None:
        self._order = order
        self._numbers: dict[str, int] = {}
        self._taken: set[int] = set()

    @property
    def are_kept(self) -> bool:
        """Whether names stay as they are."""
        return self._order is terms.Authors.KEEP

    @property
    def are_named(self) -> bool:
        """Whether anything stands where names stood."""
        return self._order is not terms.Authors.REMOVE

    def name(self, text: str) -> str:
        """What stands in this person's place; empty for nobody, and where names are removed."""
        if self.are_kept or not text.strip():
            return text.strip() and text
        return f"Author {self._number(text)}" if self.are_named else ""

    def initials(self, text: str, initials: str) -> str:
        """Initials by which this person can be told from others; those of nobody stay only if they are ours."""
        if self.are_kept:
            return initials
        if not text.strip():
            return initials if _INITIALS.match(initials) else ""
        return f"A{self._number(text)}"

    def _number(self, text: str) -> int:
        if text not in self._numbers:
            self._numbers[text] = int(text.rpartition(" ")[2]) if _STAND_IN.match(text) else self._next()
            self._taken.add(self._numbers[text])
        return self._numbers[text]

    def _next(self) -> int:
        number = len(self._numbers) + 1
        while number in self._taken:
            number += 1
        return number

"""Names of people in a document: the same person gets the same stand-in throughout the file (OOXML-45, OOXML-121)."""

import re
from typing import Final

from policies.model import Policy
from policies.terms import Action, Vector

_STAND_IN: Final = re.compile(r"Author [1-9]\d{0,5}\Z")


class Authors:
    """Stand-ins in the order in which people are met. One that is a stand-in already stays what it is."""

    def __init__(self, policy: Policy, vector: Vector) -> None:
        self._order = policy.ordered(vector)
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()

    @property
    def are_kept(self) -> bool:
        """Whether names stay as they are."""
        return self._order is Action.KEEP

    def name(self, text: str) -> str:
        """What stands in this person's place; empty for nobody, or where names are removed."""
        if self.are_kept or not text.strip():
            return text.strip() and text
        if self._order >= Action.REMOVE:
            return ""
        if text not in self._names:
            self._names[text] = text if _STAND_IN.match(text) else self._next()
            self._taken.add(self._names[text])
        return self._names[text]

    def initials(self, text: str) -> str:
        """Initials that go with the stand-in of this person."""
        if self.are_kept:
            return text
        stand_in = self.name(text)
        return "A" + stand_in.removeprefix("Author ") if stand_in else ""

    def _next(self) -> str:
        number = len(self._names) + 1
        while f"Author {number}" in self._taken:
            number += 1
        return f"Author {number}"

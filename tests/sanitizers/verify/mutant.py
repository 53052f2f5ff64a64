"""Mutant: what a file that the judge must refuse is told as."""

from dataclasses import dataclass

from sanitizers.model import Check


@dataclass(frozen=True)
class Mutant:
    """A file that no sanitizer may have written; `what` says what is wrong with it."""

    vector: str
    what: str
    media_type: str
    data: bytes
    check: Check

    def __str__(self) -> str:
        return f"{self.vector} {self.what}"

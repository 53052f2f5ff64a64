"""Which delivery numbers came, which are missing, which are not finished. Sans-I/O; the receiver keeps it on disk.

The internet side numbers the deliveries of one consumer without gaps. A number that never comes was taken away on the
way, or its manifest was; a number that comes again for another file is a replay or a roll-back over there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

MAX_HELD: Final = 100_000  # of gaps and of unfinished numbers each: more is no accident


class Arrival(StrEnum):
    """What a number tells when it comes."""

    NEXT = "next"  # the one that was expected
    AHEAD = "ahead"  # numbers before it are missing: alarm
    LATE = "late"  # one that was missing
    AGAIN = "again"  # announced before and not finished
    SETTLED = "settled"  # finished before: right only when the same copy is stored here
    TAKEN = "taken"  # announced before for another file: alarm


class OverflowingError(ValueError):
    """More is open than any accident explains."""


@dataclass(slots=True)
class Sequence:
    """The numbers of one consumer."""

    highest: int = 0
    missing: list[tuple[int, int]] = field(default_factory=list)  # ranges, both ends included, rising
    unfinished: dict[int, str] = field(default_factory=dict)  # number: id

    def announce(self, seq: int, id: str) -> Arrival:
        """A proved manifest came with this number. Raises OverflowingError; nothing changed then."""
        if seq > self.highest:
            return self._ahead(seq, id)
        if seq in self.unfinished:
            return Arrival.AGAIN if self.unfinished[seq] == id else Arrival.TAKEN
        for place, (first, last) in enumerate(self.missing):
            if first <= seq <= last:
                self._make_room(len(self.missing) + 1)
                self.missing[place : place + 1] = [
                    (start, end) for start, end in ((first, seq - 1), (seq + 1, last)) if start <= end
                ]
                self.unfinished[seq] = id
                return Arrival.LATE
        return Arrival.SETTLED

    def settle(self, seq: int) -> None:
        """The copy of this number is stored here, or was refused for good. Idempotent."""
        self.unfinished.pop(seq, None)

    def _ahead(self, seq: int, id: str) -> Arrival:
        is_next = seq == self.highest + 1
        self._make_room(len(self.missing) + (not is_next))
        if not is_next:
            self.missing.append((self.highest + 1, seq - 1))
        self.highest = seq
        self.unfinished[seq] = id
        return Arrival.NEXT if is_next else Arrival.AHEAD

    def _make_room(self, gaps: int) -> None:
        if gaps > MAX_HELD or len(self.unfinished) >= MAX_HELD:
            raise OverflowingError(f"more than {MAX_HELD} deliveries are missing or unfinished")

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back."""
        return {
            "v": 1,
            "highest": self.highest,
            "missing": [list(gap) for gap in self.missing],
            "unfinished": {str(seq): id for seq, id in self.unfinished.items()},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Sequence":
        """Raises ValueError, KeyError, TypeError or AttributeError for anything that `as_dict` did not write."""
        if values["v"] != 1:
            raise ValueError("another version")
        return cls(
            highest=int(values["highest"]),
            missing=[(int(first), int(last)) for first, last in values["missing"]],
            unfinished={int(seq): str(id) for seq, id in values["unfinished"].items()},
        )

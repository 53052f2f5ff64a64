"""What one operator has agreed to: that another may open a withheld original. Kept for a day, in memory alone.

An approval holds a share that is sealed to the other operator's key: nothing here can use it.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_VALID_S: Final = 86_400.0
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Approval:
    """Of one transfer, by one operator, for another."""

    id: str
    by: str
    to: str
    share: Mapping[str, Any]  # as `shares.pass_on` made it


class Approvals:
    """The newest ones, by transfer and by whom they are for."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], tuple[float, Approval]] = {}

    def give(self, approval: Approval) -> None:
        """In place of an earlier one for the same operator."""
        self._given.pop((approval.id, approval.to), None)
        if len(self._given) >= _MOST:
            self._given.pop(next(iter(self._given)))
        self._given[approval.id, approval.to] = time.monotonic() + _VALID_S, approval

    def found(self, id: str, to: str) -> Approval | None:
        """The one that holds now."""
        until, approval = self._given.get((id, to), (0.0, None))
        return approval if until > time.monotonic() else None

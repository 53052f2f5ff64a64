"""Row and table(): what an allow-list is made of."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic, TypeVar

from policies.terms import Vector

Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Row(Generic[Kind]):
    """One entry that may pass when its value is of `kind`; otherwise `otherwise` is what was found."""

    entry: Hashable
    kind: Kind
    otherwise: Vector
    source: str  # section of the specification


def table(*rows: Row[Kind]) -> Mapping[Hashable, Row[Kind]]:
    """Rows by entry. Two rows of one name are a mistake of ours."""
    found = {row.entry: row for row in rows}
    if len(found) != len(rows):
        names = [row.entry for row in rows]
        raise ValueError(f"two rows for {next(name for name in names if names.count(name) > 1)!r}")
    return MappingProxyType(found)

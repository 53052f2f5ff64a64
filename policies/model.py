"""Policy and Limits: frozen. They answer "what is ordered for this vector?" and nothing else."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any

from policies.terms import Action, Authors, Rebuild, Vector

_MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one file, with all that is nested in it, may cost. Every field is at least 1."""

    max_input_bytes: int = 200 * _MIB
    max_output_bytes: int = 400 * _MIB
    max_expanded_bytes: int = 1024 * _MIB  # sum of all that is unpacked
    max_ratio: int = 200  # of one member: expanded to packed bytes, asked once it expands beyond 10 MiB (ZIP-20)
    max_members: int = 10_000
    max_depth: int = 3
    max_pixels: int = 120_000_000  # of one picture: width x height
    max_frames: int = 1_000
    max_dots_per_inch: int = 150  # of pages that are drawn to pixels (flat): small print of a form can be read
    max_scans: int = 100  # of one progressive JPEG (IMG-11)
    max_line_chars: int = 4 * _MIB  # of one line of text (TXT-17)
    max_seconds: int = 60  # wall-clock time of one worker for one file
    max_memory_bytes: int = 1536 * _MIB  # address space that a worker may add for one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is admitted, how far it may go, and what is ordered where it differs from the vectors' own defaults."""

    name: str
    admit: frozenset[str] = frozenset()  # media types; every other type is blocked
    limits: Limits = field(default_factory=Limits)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))  # by Vector.id
    rebuild: Rebuild = Rebuild.FULL
    authors: Authors = Authors.REMOVE
    _digest: str = field(default="", init=False, repr=False, compare=False)  # once it was asked for

    def ordered(self, vector: Vector) -> Action:
        """What is to be done where this vector is met: never below the vector's floor."""
        return max(vector.least, self.actions.get(vector.id, vector.default))

    def admits(self, media_type: str) -> bool:
        """Whether files of this type may come in at all."""
        return media_type in self.admit

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in one canonical order; `from_dict` reads them back."""
        return {
            "name": self.name,
            "admit": sorted(self.admit),
            "limits": asdict(self.limits),
            "actions": {key: self.actions[key].name.lower() for key in sorted(self.actions)},
            "rebuild": self.rebuild.value,
            "authors": self.authors.value,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Policy":
        """The policy that `as_dict` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        if set(values) != {"name", "admit", "limits", "actions", "rebuild", "authors"}:
            raise ValueError("a policy has other keys")
        limits = dict(values["limits"])
        if set(limits) != {item.name for item in fields(Limits)} or any(
            type(v) is not int or v < 1 for v in limits.values()
        ):
            raise ValueError("limits have other keys or values")
        return cls(
            name=str(values["name"]),
            admit=frozenset(map(str, values["admit"])),
            limits=Limits(**limits),
            actions=MappingProxyType({str(k): Action[str(v).upper()] for k, v in values["actions"].items()}),
            rebuild=Rebuild(values["rebuild"]),
            authors=Authors(values["authors"]),
        )

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal over the canonical JSON of the whole policy: what a certificate quotes."""
        if not self._digest:
            text = json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            object.__setattr__(self, "_digest", hashlib.sha256(text.encode()).hexdigest())
        return self._digest

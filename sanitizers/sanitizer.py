"""The Sanitizer protocol, and Job, which disarm() talks to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from policies.model import Policy
from policies.terms import Action, Rebuild, Vector
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError
from sanitizers.model import MAX_DETAIL_CHARS, MAX_WHERE_CHARS, Finding, Report

Parsed = TypeVar("Parsed")
Safe = TypeVar("Safe")

MAX_FINDINGS = 500  # of one file; a table of ten thousand formulas is told as some places and a count


class Sanitizer(Protocol[Parsed, Safe]):
    """One file format. Holds no state, does no I/O."""

    @property
    def media_types(self) -> frozenset[str]: ...

    @property
    def vectors(self) -> tuple[Vector, ...]: ...

    def parse(self, untrusted: bytes, budget: Budget) -> Parsed:
        """Bytes to structure, strict and bounded. Knows no policy. Raises InputError."""
        ...

    def disarm(self, parsed: Parsed, job: "Job") -> Safe:
        """Makes every decision: carries what the allow-list names into the safe tree. Raises InputError."""
        ...

    def reconstruct(self, safe: Safe) -> bytes:
        """Writes a new file; sees nothing but the safe tree."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the pipeline made of a file: its report, and the copy's bytes unless it is withheld."""

    report: Report
    data: bytes | None

    def __post_init__(self) -> None:
        assert (self.data is None) == (self.report.sha256_out is None)


@dataclass(slots=True)
class Job:
    """One file's disarming: the policy in force, the purse, and the findings so far."""

    policy: Policy
    budget: Budget
    passwords: tuple[str, ...] = field(default=(), repr=False)
    media_type: str = ""  # as detected: a sanitizer of several types learns here which one it has
    copy_type: str | None = None  # set by disarm() where the copy is of another type than the file
    rebuilt: Rebuild | None = None  # set by disarm() where it went another way than the policy's `rebuild`
    findings: dict[tuple[str, str, Action, str], int] = field(default_factory=dict)
    members: list[Report] = field(default_factory=list)
    sha256: str | None = None  # of the whole file, where the order says it
    measures_copy: bool = True  # members always
    _descend: Callable[[bytes, str, "Job"], Outcome] | None = None

    @property
    def rebuild(self) -> Rebuild:
        """How deep the policy wants files rebuilt."""
        return self.policy.rebuild

    def found(
        self, vector: Vector, where: str, *, detail: str = "", count: int = 1, at_least: Action = Action.KEEP
    ) -> Action:
        """Record that a vector was met and answer with what is ordered: nothing is done that was not written down.

        `at_least` is the mildest action the caller is able to do. Raises BlockedError when the order is to block.
        """
        action = max(self.policy.ordered(vector), at_least)
        key = (vector.id, where[:MAX_WHERE_CHARS], action, _printable(detail))
        if key not in self.findings and len(self.findings) >= MAX_FINDINGS:
            key = (vector.id, "(further places)", action, "")
        self.findings[key] = self.findings.get(key, 0) + count
        if action is Action.BLOCK:
            raise BlockedError(f"{vector.id} at {where}")
        return action

    def descend(self, untrusted: bytes, name: str) -> Outcome:
        """Send a member through the whole pipeline on the same budget; its report becomes part of this file's.

        `name` is the member's path in this container, after cleaning. A withheld member has no data: the caller
        puts a placeholder in its place. Raises PurseError when the whole file's budget ran out.
        """
        assert self._descend is not None, "this job has no pipeline behind it"
        outcome = self._descend(untrusted, name, self)
        self.members.append(outcome.report)
        return outcome

    def told(self) -> tuple[Finding, ...]:
        """The findings so far, in the order they were met."""
        return tuple(
            Finding(vector, where, action, detail, count)
            for (vector, where, action, detail), count in self.findings.items()
        )


def _printable(text: str) -> str:
    """At most 200 characters without controls: a detail is read on terminals and in logs (TXT-21)."""
    text = text[:MAX_DETAIL_CHARS]
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)

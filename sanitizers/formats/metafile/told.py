"""Findings about records, gathered by name: a drawing has thousands of them."""

from collections import Counter

from policies.terms import Action, Vector
from sanitizers.sanitizer import Job


class Tally:
    """What became of records that are not carried over as they stand."""

    def __init__(self, job: Job, vector: Vector) -> None:
        self.job, self.vector = job, vector
        self._rewritten: Counter[str] = Counter()

    def dropped(self, vector: Vector, name: str, detail: str) -> None:
        """A record stays behind."""
        self.job.found(vector, name, detail=detail, at_least=Action.REMOVE)

    def rewritten(self, name: str) -> None:
        """A record was written otherwise than it stood."""
        self._rewritten[name] += 1

    def tell(self) -> None:
        """Record what was rewritten."""
        for name, count in self._rewritten.items():
            self.job.found(self.vector, name, detail="written anew", count=count, at_least=Action.REWRITE)

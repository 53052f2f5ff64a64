"""Texts and tables for the tests: the three verbs on them, and what came out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policies.model import Limits, Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.formats.csv import CSV
from sanitizers.formats.text import TEXT
from sanitizers.model import Finding
from sanitizers.sanitizer import Job

CORPUS: Final = Path(__file__).parent.parent / "corpus"
LENIENT: Final = Policy(name="lenient")
PLAIN: Final = "text/plain"
COMMAS: Final = "text/csv"
TABS: Final = "text/tab-separated-values"


@dataclass(frozen=True)
class Rebuilt:
    """What came out."""

    data: bytes
    findings: tuple[Finding, ...]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Vector and what was done, each once, in the order they were met."""
        return list(dict.fromkeys((finding.vector, finding.action.done) for finding in self.findings))

    @property
    def changes(self) -> list[str]:
        """The vectors above KEEP, each once."""
        return [vector for vector, done in self.told if done != "kept"]


def rebuild(untrusted: bytes, media_type: str = PLAIN, policy: Policy = LENIENT) -> Rebuilt:
    """The three verbs."""
    sanitizer = TEXT if media_type == PLAIN else CSV
    job = Job(policy, Budget(policy.limits), media_type=media_type)
    data = sanitizer.reconstruct(sanitizer.disarm(sanitizer.parse(untrusted, job.budget), job))
    return Rebuilt(data, job.told())


def ordering(**actions: Action) -> Policy:
    """A policy with orders of its own: `ordering(TXT_16=Action.REMOVE)`."""
    return Policy(name="ordering", actions={key.replace("_", "-"): action for key, action in actions.items()})


def limited(**limits: int) -> Policy:
    return Policy(name="limited", limits=Limits(**limits))


def corpus(format_name: str, folder: str) -> list[Path]:
    return sorted((CORPUS / format_name).glob(f"{folder}/*"))


def type_of(path: Path) -> str:
    return {".txt": PLAIN, ".csv": COMMAS, ".tsv": TABS}[path.suffix]

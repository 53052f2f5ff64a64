"""What a report says, in plain values and in words: findings of a file and of all its members in one list."""

from collections.abc import Iterator
from typing import Any

from gateway.cli.words import JAPANESE, language
from gateway.texts import REASONS
from policies.catalogue import CATALOGUE
from sanitizers.errors import Reason
from sanitizers.model import Finding, Report


def findings_of(report: Report) -> list[dict[str, Any]]:
    """Every finding as design.md's report has it; a member's place is written "member!/place"."""
    return [
        {"vector": finding.vector, "action": finding.action.done, "where": where, "count": finding.count}
        for where, finding in walk(report)
    ]


def walk(report: Report, path: str = "") -> Iterator[tuple[str, Finding]]:
    """(place, finding) of a file and of all that is nested in it."""
    for finding in report.findings:
        yield f"{path}{finding.where}", finding
    for member in report.members:
        yield from walk(member, f"{path}{member.name}!/")


def title_of(vector: str) -> str:
    """A vector's title in the language of the locale."""
    found = CATALOGUE[vector]
    return found.title_ja if language() == JAPANESE and found.title_ja else found.title


def reason_in_words(reason: Reason) -> str:
    """Why a file is withheld, for a person to read."""
    return REASONS[reason].within(language())

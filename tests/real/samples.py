"""The files of the outside corpus: $SHARED/corpus, as .ci/exam finds it; tests say so loudly where it is not there."""

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from policies.load import load_policy
from sanitizers.model import Order, Report
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLES: Final = Path(os.environ.get("SHARED", ROOT.parent / "shared")) / "corpus"
POLICY: Final = load_policy("default")


@dataclass(frozen=True, slots=True)
class Copy:
    """A released copy, as a receiver gets it."""

    name: str
    data: bytes
    report: Report


def benign(formats: Iterable[str]) -> list[str]:
    """The paths, below SAMPLES, of the files of these formats that carry nothing."""
    manifest, wanted = SAMPLES / "manifest.tsv", set(formats)
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row["path"] for row in rows if row["class"] == "benign" and row["format"] in wanted]


def parameters(formats: Iterable[str]) -> pytest.MarkDecorator:
    """`path`: each of these files, or one test that skips."""
    paths = benign(formats)
    missing = pytest.param("", marks=pytest.mark.skip(f"no files at {SAMPLES}: set SHARED to the folder with corpus/"))
    return pytest.mark.parametrize("path", paths or [missing])


def original(path: str) -> bytes:
    """The file as it was sent."""
    return (SAMPLES / path).read_bytes()


@cache
def released(path: str) -> Copy:
    """The copy of a file. Skips where none is released, which the examiner's marks are there for."""
    outcome = sanitize(original(path), Order(name=Path(path).name, policy=POLICY))
    if outcome.data is None:
        pytest.skip(f"withheld: {outcome.report.reason}")
    opinion = judge(outcome.data, outcome.report.released_type, POLICY)
    assert opinion.accepted, opinion.where
    return Copy(outcome.report.name, outcome.data, outcome.report)

"""A sanitizer that was taken over and hands back what it got: the judge stops every live Office file (S11)."""

import csv
import os
from pathlib import Path

import pytest

from policies.model import Policy
from sanitizers.verify.judge import judge
from sanitizers.verify.ooxml import MAIN_TYPES
from tests.sanitizers.ooxml.corpus import files
from tests.sanitizers.verify.test_ooxml_mutants import TYPES

POLICY = Policy(name="test")
ROOT = Path(__file__).resolve().parents[3]
SAMPLES = Path(os.environ.get("SHARED", ROOT.parent / "shared")) / "corpus"  # as .ci/exam finds it
KINDS = {"docm": "docx", "dotx": "dotx", "dotm": "dotx", "xlsm": "xlsx", "xltx": "xltx", "xltm": "xltx", "xlam": "xlsx"}
KINDS |= {"pptm": "pptx", "potx": "potx", "potm": "potx", "ppsx": "pptx", "ppsm": "pptx"}
MARKS = {"docx": "wordprocessingml.document", "dotx": "wordprocessingml.template", "xlsx": "spreadsheetml.sheet"}
MARKS |= {"xltx": "spreadsheetml.template", "pptx": "presentationml.presentation", "potx": "presentationml.template"}


@pytest.mark.parametrize(("name", "data"), list(files()), ids=[name for name, _ in files()])
def test_an_echo_of_a_made_file_is_refused(name, data):
    """Whatever Office type is said, and whatever else the vector is told as."""
    assert not judge(data, TYPES[name.rpartition(".")[2]], POLICY).accepted


def live() -> list[tuple[Path, str]]:
    manifest = SAMPLES / "manifest.tsv"
    if not manifest.exists():
        return []
    with manifest.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    known = {**{name: name for name in MARKS}, **KINDS, "xlsb": "xlsb"}
    return [
        (SAMPLES / row["path"], known[row["format"]])
        for row in rows
        if row["class"] == "active" and row["format"] in known
    ]


def test_an_echo_of_a_live_file_is_refused():
    samples = live()
    if not samples:
        pytest.skip(f"no live samples at {SAMPLES}: set SHARED to the folder that has corpus/")
    for path, kind in samples:
        data = path.read_bytes()
        for media_type in MAIN_TYPES:
            assert not judge(data, media_type, POLICY).accepted, (path, kind, media_type)

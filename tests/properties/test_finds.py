"""What fuzzing has found once: each file goes before its target again, and everything that must hold does."""

from pathlib import Path

import pytest

from tests.fuzz.targets import TARGETS
from tests.sanitizers.pictures import CORPUS

FINDS = sorted(path for path in (CORPUS / "found").glob("*/*") if path.is_file())


def test_every_find_belongs_to_a_target():
    assert {path.parent.name for path in FINDS} <= set(TARGETS)


@pytest.mark.parametrize("path", FINDS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_was_found_once_holds_now(path: Path):
    """In each of the ways that the target takes in turn."""
    data = path.read_bytes()
    for way in TARGETS[path.parent.name].ways:
        way(data)

"""Every catalogued vector by its ID, read from catalogue.tsv beside this file.

A format names the ones it treats as constants (`IMG_08 = vector("IMG-08")`); the rest are listed so that an
operator sees what this version does not treat. Columns: id, default, least, title, title_ja, source.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from policies.terms import Action, Vector


def _read() -> Mapping[str, Vector]:
    text = Path(__file__).with_name("catalogue.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()[1:] if line]
    found = {
        identifier: Vector(identifier, title, source, Action[default.upper()], Action[least.upper()], title_ja)
        for identifier, default, least, title, title_ja, source in rows
    }
    assert len(found) == len(rows), "an ID stands twice in catalogue.tsv"
    return MappingProxyType(found)


CATALOGUE: Final[Mapping[str, Vector]] = _read()


def vector(identifier: str) -> Vector:
    """The vector of this ID. Raises KeyError for one that the catalogue does not have."""
    return CATALOGUE[identifier]

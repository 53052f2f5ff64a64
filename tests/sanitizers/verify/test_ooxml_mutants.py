"""Each vector of the catalogue, put back into a good copy of ours: the judge refuses it."""

from functools import cache

import pytest

from policies.model import Policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.forge import Package
from tests.sanitizers.ooxml.vector import BASES
from tests.sanitizers.ooxml.vectors import OFFICE, UNSEEN, VECTORS

_PREFIX = "application/vnd.openxmlformats-officedocument."
TYPES = {
    "docx": _PREFIX + "wordprocessingml.document",
    "xlsx": _PREFIX + "spreadsheetml.sheet",
    "pptx": _PREFIX + "presentationml.presentation",
    "xlsb": "application/vnd.ms-excel.sheet.binary.macroEnabled.12",
}
POLICY = Policy(name="test", admit=frozenset(TYPES.values()) | {"image/png"})


@cache
def copy_of(base: str) -> bytes:
    outcome = sanitize(BASES[base]().build(), Order(name=f"a.{base}", policy=POLICY))
    assert outcome.data is not None
    return outcome.data


@pytest.mark.parametrize("base", BASES)
def test_a_copy_of_ours_is_accepted(base):
    opinion = judge(copy_of(base), TYPES[base], POLICY)

    assert opinion.accepted, opinion.where


@pytest.mark.parametrize("base", BASES)
def test_a_copy_that_was_taken_apart_and_built_again_is_accepted(base):
    """So it is what is put in below that is refused, not the building."""
    opinion = judge(Package.read(copy_of(base)).build(), TYPES[base], POLICY)

    assert opinion.accepted, opinion.where


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_a_vector_put_back_is_refused(vector):
    mutant = vector.put_in(Package.read(copy_of(vector.base)))

    assert not judge(mutant, TYPES[vector.base], POLICY).accepted


def test_every_row_has_a_mutant_or_a_reason():
    shown = {vector.id for vector in VECTORS}

    assert OFFICE - shown == set(UNSEEN)

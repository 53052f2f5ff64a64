"""Each vector of the container in a small document: blocked or gone, and told; put back into a copy, refused."""

import pytest

from policies.catalogue import CATALOGUE
from policies.model import Policy
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.forge import Package, docx
from tests.sanitizers.ooxml.vectors_zip import CONTAINERS, NO_CONTAINER

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
POLICY = Policy(name="test", admit=frozenset({DOCX}))
ORDER = Order(name="a.docx", policy=POLICY)
TOLD_AS = {"ZIP-25": {"OOXML-54"}}  # a part that nothing leads to
NOT_TOLD = {"ZIP-30"}  # times and systems are always written anew


@pytest.mark.parametrize("container", CONTAINERS, ids=str)
def test_a_container_does_not_come_through(container):
    outcome = sanitize(container.put_in(docx()), ORDER)

    if outcome.data is None:
        assert outcome.report.verdict is Verdict.BLOCKED
        return
    assert judge(outcome.data, DOCX, POLICY).accepted
    if container.id not in NOT_TOLD:
        told = {finding.vector for finding in outcome.report.findings}
        assert told & ({container.id} | TOLD_AS.get(container.id, set())), outcome.report


@pytest.mark.parametrize("container", CONTAINERS, ids=str)
def test_a_container_around_a_copy_of_ours_is_refused(container):
    copy = sanitize(docx().build(), ORDER).data
    assert copy is not None

    assert not judge(container.put_in(Package.read(copy)), DOCX, POLICY).accepted


def test_every_row_has_a_file_or_a_reason():
    rows = {identifier for identifier in CATALOGUE if identifier.startswith("ZIP-")}

    assert rows - {container.id for container in CONTAINERS} == set(NO_CONTAINER)

"""Reports in rows: nothing is lost on the way, and an older row can still be read."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.spool.reports import pack, unpack
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Report, Verdict
from tests.gateway.transfers import released, withheld

DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
FINDINGS = st.builds(
    Finding, st.sampled_from(["TXT-01", "IMG-08"]), TEXTS, st.sampled_from(Action), TEXTS, st.integers(1, 1 << 40)
)


def reports(members: st.SearchStrategy[Report] | None) -> st.SearchStrategy[Report]:
    """Released and withheld ones, with members of both kinds."""
    common = {
        "media_type": TEXTS,
        "sha256_in": DIGESTS,
        "name": TEXTS,
        "findings": st.lists(FINDINGS, max_size=3).map(tuple),
        "members": st.just(()) if members is None else st.lists(members, max_size=2).map(tuple),
    }
    kept = st.builds(
        Report,
        verdict=st.sampled_from([Verdict.CLEAN, Verdict.SANITIZED]),
        sha256_out=DIGESTS,
        rebuild=st.sampled_from(Rebuild),
        copy_type=st.none() | TEXTS,
        **common,
    )
    blocked = st.builds(
        lambda reason, **rest: Report(
            verdict=Verdict.FAILED if reason.is_ours else Verdict.BLOCKED, sha256_out=None, reason=reason, **rest
        ),
        reason=st.sampled_from(Reason),
        **common,
    )
    return kept | blocked


@given(st.recursive(reports(None), reports, max_leaves=4))
def test_a_report_comes_back_as_it_was(report: Report):
    """With every member and finding."""
    assert unpack(pack(report)) == report


@pytest.mark.parametrize("report", [released(b"a", b"b"), withheld(b"a")])
def test_a_row_of_another_version_can_be_read(report: Report):
    """A key that came later is missing there; one that went is still there."""
    told = orjson.loads(pack(report))
    del told["copy_type"]
    assert unpack(orjson.dumps({**told, "forgotten": 1})) == report


def test_text_that_utf8_cannot_say_is_spelled_out():
    """A row never fails for what a worker wrote."""
    finding = Finding("TXT-01", "\ud800", Action.REMOVE, "\udcff")
    report = Report(
        verdict=Verdict.BLOCKED,
        media_type="text/plain",
        sha256_in="0" * 64,
        sha256_out=None,
        findings=(finding,),
        reason=Reason.POLICY,
    )
    assert unpack(pack(report)).findings[0].where == "\\ud800"

"""Ways to send a ZIP through: each delivered copy must please the judge, and come out of a second pass as it is."""

from policies.load import load_policy
from policies.model import Policy
from policies.terms import Action
from sanitizers.budget import Budget
from sanitizers.errors import BlockedError
from sanitizers.formats.zip import ZIP
from sanitizers.model import Finding, Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.registry import SANITIZERS
from sanitizers.sanitizer import Job, Outcome
from sanitizers.steps import Pipeline, by_type
from sanitizers.verify.judge import judge

DEFAULT = load_policy("default")
STRICT = load_policy("strict")
TEXT = "今日は晴れです。\r\n".encode()

_PIPELINE = Pipeline(by_type(SANITIZERS), is_whole=True)


def cleaned(data: bytes, policy: Policy = DEFAULT, passwords: tuple[str, ...] = (), name: str = "a.zip") -> Outcome:
    """Through the whole pipeline; what is delivered is judged, and is a fixed point."""
    outcome = sanitize(data, Order(name=name, policy=policy, passwords=passwords))
    if outcome.data is not None:
        opinion = judge(outcome.data, outcome.report.media_type, policy)
        assert opinion.accepted, opinion
        again = sanitize(outcome.data, Order(name=outcome.report.name, policy=policy))
        assert (again.report.verdict, again.report.findings) == (Verdict.CLEAN, ())
        assert again.data == outcome.data
    return outcome


def job_for(policy: Policy = DEFAULT, passwords: tuple[str, ...] = ()) -> Job:
    return Job(policy, Budget(policy.limits), passwords, "application/zip", _descend=_PIPELINE._member)


def blocked_for(data: bytes, policy: Policy = DEFAULT) -> str:
    """The ID of the vector for which the ZIP sanitizer itself, without detection before it, blocks the archive."""
    job = job_for(policy)
    try:
        ZIP.disarm(ZIP.parse(data, job.budget), job)
    except BlockedError:
        return job.told()[-1].vector
    return ""


def found(outcome: Outcome) -> dict[str, Finding]:
    """The report's findings by vector."""
    return {finding.vector: finding for finding in outcome.report.findings}


def members(outcome: Outcome) -> dict[str, bytes]:
    """The delivered members, read by the standard library."""
    import io
    import zipfile

    assert outcome.data is not None, outcome.report
    with zipfile.ZipFile(io.BytesIO(outcome.data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def done(outcome: Outcome, vector: str) -> Action | None:
    finding = found(outcome).get(vector)
    return None if finding is None else finding.action

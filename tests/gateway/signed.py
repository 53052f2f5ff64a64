"""Small signed things for the tests of the record, the delivery and the receiver."""

import hashlib
from typing import Any

from gateway.audit.record import Machine, Subject, Times, certificate
from policies.load import load_policy
from policies.rules import Context
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Opinion, Report, Verdict

POLICY = load_policy("default")
CLEAN = b"a clean copy"
SHA256 = hashlib.sha256(CLEAN).hexdigest()
SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND + 123_456_789
TIMES = Times(received_ns=START, queued_ns=START + 1, started_ns=START + SECOND, ended_ns=START + 2 * SECOND)
MACHINE = Machine(versions={"sekisho": "0.1.0", "libpng": "1.6.50"}, tier=1, tier_name="rlimits")
FINDING = Finding("IMG-08", "APP1 at 20", Action.REMOVE, "Exif, 812 bytes")


def subject(identifier: str = "f1", name: str = "写真.jpg", size: int = 20) -> Subject:
    context = Context(tenant="city", sender="staff", room="水防")
    return Subject(id=identifier, context=context, name=name, size=size)


def report(content: bytes = CLEAN, name: str = "写真.txt", media_type: str = "text/plain", **other: Any) -> Report:
    values = {
        "verdict": Verdict.SANITIZED,
        "media_type": media_type,
        "sha256_in": hashlib.sha256(b"what came in").hexdigest(),
        "sha256_out": hashlib.sha256(content).hexdigest(),
        "name": name,
        "findings": (FINDING,),
        "rebuild": Rebuild.FULL,
    }
    return Report(**(values | other))


def withheld() -> Report:
    return report(verdict=Verdict.BLOCKED, sha256_out=None, rebuild=None, reason=Reason.MALFORMED)


def certified(
    identifier: str = "f1", content: bytes = CLEAN, opinion: Opinion | None = None, **other: Any
) -> dict[str, Any]:
    """The certificate of a released copy."""
    told = report(content, **other)
    return certificate(
        subject(identifier),
        told,
        opinion or Opinion(True),
        policy=POLICY,
        machine=MACHINE,
        times=TIMES,
        name_out=told.name,
        size_out=len(content),
    )

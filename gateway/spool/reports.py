"""Reports as they are kept in rows. Read by later versions too: a key that is missing has its default.

A frame of wire.py would not do: it is of one version on both sides, and knows each key.
"""

from typing import Any

import orjson

from gateway.audit.record import printable
from policies.terms import Action, Rebuild
from sanitizers.errors import Reason
from sanitizers.model import Finding, Report, Verdict


def pack(report: Report) -> bytes:
    """JSON in UTF-8."""
    return orjson.dumps(_told(report))


def unpack(kept: bytes) -> Report:
    """What `pack` wrote, in this version or one before."""
    return _report(orjson.loads(kept))


def _told(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict,
        "media_type": printable(report.media_type),
        "copy_type": report.copy_type,
        "sha256_in": report.sha256_in,
        "sha256_out": report.sha256_out,
        "name": printable(report.name),
        "reason": report.reason,
        "rebuild": report.rebuild,
        "findings": [
            [found.vector, printable(found.where), int(found.action), printable(found.detail), found.count]
            for found in report.findings
        ],
        "members": [_told(member) for member in report.members],
    }


def _report(told: dict[str, Any]) -> Report:
    reason, rebuild = told["reason"], told["rebuild"]
    return Report(
        verdict=Verdict(told["verdict"]),
        media_type=told["media_type"],
        copy_type=told.get("copy_type"),
        sha256_in=told["sha256_in"],
        sha256_out=told["sha256_out"],
        name=told["name"],
        reason=None if reason is None else Reason(reason),
        rebuild=None if rebuild is None else Rebuild(rebuild),
        findings=tuple(
            Finding(vector, where, Action(action), detail, count)
            for vector, where, action, detail, count in told["findings"]
        ),
        members=tuple(_report(member) for member in told["members"]),
    )

"""Transfers and reports as JSON, for programs and for the people behind them: each finding and reason has its words."""

from typing import Any, Final

from gateway.audit.record import printable, timestamp
from gateway.spool.base import JobView
from gateway.texts import REASONS
from gateway.transfer import State
from policies.catalogue import CATALOGUE
from policies.names import clean_name
from sanitizers.errors import Reason
from sanitizers.model import Finding, Report


def transfer(view: JobView) -> dict[str, Any]:
    """The answer to GET /v1/files/{id}. What is not recorded yet is not told: null."""
    path = f"/v1/files/{view.id}"
    is_settled = view.state.is_settled
    told = report_told(view.report) if view.report is not None and is_settled else dict.fromkeys(_REPORT_FIELDS)
    if view.returned is not None:
        told |= reason_told(view.returned)
    return {
        "id": view.id,
        "state": State.SANITIZING if view.state in _NOT_YET_RECORDED else view.state,
        "name": clean_name(view.name).name,
        "size": view.size,
        "sha256": view.sha256,
        "direction": view.context.direction,
        "sender": view.context.sender,
        "room": view.context.room,
        "received": timestamp(view.received_ns),
        "decided": timestamp(view.decided_ns) if view.decided_ns is not None and is_settled else None,
        "settled": timestamp(view.settled_ns) if view.settled_ns is not None else None,
        **told,
        "copy": _copy(view) if is_settled else None,
        "links": {
            "self": path,
            "content": f"{path}/content",
            "certificate": f"{path}/certificate",
            "events": f"{path}/events",
        },
    }


def report_told(report: Report) -> dict[str, Any]:
    """Verdict, reason and findings of a file and of its members."""
    return {
        "verdict": report.verdict,
        "media_type": report.media_type,
        "rebuild": report.rebuild,
        **reason_told(report.reason),
        "findings": [finding_told(finding) for finding in report.findings],
        "members": [{"name": printable(member.name), **report_told(member)} for member in report.members],
    }


def reason_told(reason: Reason | None) -> dict[str, Any]:
    """A reason with its words in both languages."""
    text = None if reason is None else REASONS[reason]
    return {
        "reason": reason,
        "reason_text": None if text is None else text.en,
        "reason_text_ja": None if text is None else text.ja,
    }


def finding_told(finding: Finding) -> dict[str, Any]:
    """A finding with its vector's titles."""
    vector = CATALOGUE.get(finding.vector)  # none: told by another version
    return {
        "vector": finding.vector,
        "title": vector.title if vector else "",
        "title_ja": vector.title_ja if vector else "",
        "action": finding.action.done,
        "where": printable(finding.where),
        "detail": printable(finding.detail),
        "count": finding.count,
    }


def _copy(view: JobView) -> dict[str, Any] | None:
    report = view.report
    if report is None or view.copy_name is None:
        return None
    return {
        "name": view.copy_name,
        "size": view.copy_size,
        "sha256": report.sha256_out,
        "media_type": report.released_type,
        "is_available": view.state in (State.RELEASED, State.DELIVERED, State.UNDELIVERED),
    }


_NOT_YET_RECORDED: Final = (State.DECIDED, State.REFUSED, State.AUDITED)
_REPORT_FIELDS: Final = (
    "verdict",
    "media_type",
    "rebuild",
    "reason",
    "reason_text",
    "reason_text_ja",
    "findings",
    "members",
)

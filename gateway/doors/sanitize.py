"""POST /v1/sanitize: the clean copy straight back. Nothing is kept but the record, durable before the answer."""

import base64
import os
import re
import time
from contextlib import ExitStack
from typing import Any, Final

from aiohttp import web

from gateway import memory
from gateway.dispatch import believed
from gateway.doors.contents import Content, send
from gateway.doors.hall import Hall
from gateway.doors.http import Visit
from gateway.doors.reception import Claims, receive
from gateway.doors.upload import Upload
from gateway.doors.views import report_told
from gateway.intake import new_id
from gateway.ledger import Case, sealed_bytes
from gateway.problems import Problem
from gateway.spool.base import Incoming
from gateway.workers import Judged
from sanitizers.errors import Reason
from sanitizers.model import Order, Report

_IN_MEMORY_BYTES: Final = 64 << 20  # longer bodies, and those of unknown length, go through a file without a name
_MAX_FINDINGS_TOLD: Final = 40  # in a header line
_DOOR: Final = "sanitize"
_WANTS_CERTIFICATE: Final = re.compile(r"(?:^|,)\s*certificate\s*(?=$|,|;)")


async def post_sanitize(visit: Visit) -> web.StreamResponse:
    """Answer with the clean copy, or with a problem that says why there is none."""
    hall, received_ns = visit.hall, time.time_ns()
    with hall.sanitizing, ExitStack() as undo:
        with hall.uploads:
            place = _Place(hall, undo)
            claims, upload = await receive(hall, visit.request, visit.owner, place.open)
        queued_ns = time.time_ns()
        judged = await _sanitized(hall, claims, upload, place.sealed())
        if judged.copy is not None:
            undo.callback(os.close, judged.copy.fd)
        case = Case(
            id=new_id(),
            context=claims.context,
            name=claims.name,
            size=upload.size,
            received_ns=received_ns,
            queued_ns=queued_ns,
        )
        sealed, digest = hall.ledger.certify(case, judged, claims.policy)
        await hall.ledger.decided(sealed, attempt=1, sha256=digest, door=_DOOR)
        hall.metrics.received(upload.size)
        hall.metrics.decided(judged.report, (time.time_ns() - queued_ns) / 1e9, judged.cpu_ms)
        if judged.copy is None:
            raise _refusal(case.id, judged.report, sealed)
        content = Content(
            fd=judged.copy.fd,
            size=judged.copy.size,
            sha256=judged.copy.sha256,
            media_type=judged.report.released_type,
            name=judged.report.name,
        )
        return await send(visit.request, content, hall.answer_pace, _headers(visit, case.id, judged.report, sealed))


async def _sanitized(hall: Hall, claims: Claims, upload: Upload, input_fd: int) -> Judged:
    order = Order(
        name=claims.name,
        policy=claims.policy,
        claimed_type=claims.claimed_type,
        sha256=upload.sha256,
        passwords=claims.passwords,
    )
    return believed(await hall.workers.sanitize(order, input_fd), upload.sha256)


class _Place:
    """Where the body is until it is answered: memory, or a file of the spool without a name."""

    def __init__(self, hall: Hall, undo: ExitStack) -> None:
        self._hall, self._undo = hall, undo
        self._fd, self._is_memory = -1, False

    def open(self, expected_bytes: int) -> int:
        """A descriptor to write to."""
        if expected_bytes <= _IN_MEMORY_BYTES:
            self._fd, self._is_memory = os.memfd_create("body", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING), True
            self._undo.callback(os.close, self._fd)
        else:
            body: Incoming = self._hall.spool.incoming(expected_bytes)
            self._undo.callback(self._hall.spool.discard, body)
            self._fd = body.fd
        return self._fd

    def sealed(self) -> int:
        """The same bytes, which nobody can change through this descriptor."""
        if self._is_memory:
            memory.seal(self._fd)
            return self._fd
        read_only = os.open(f"/proc/self/fd/{self._fd}", os.O_RDONLY | os.O_CLOEXEC)
        self._undo.callback(os.close, read_only)
        return read_only


def _refusal(id: str, report: Report, sealed: dict[str, Any]) -> Problem:
    reason = report.reason
    assert reason is not None, "withheld files have one"
    code = "unavailable" if reason is Reason.UNAVAILABLE else "failed" if reason.is_ours else "blocked"
    return Problem(code, more={"id": id, **report_told(report), "certificate": sealed})


def _headers(visit: Visit, id: str, report: Report, sealed: dict[str, Any]) -> dict[str, str]:
    headers = {"Sekisho-Id": id, "Sekisho-Verdict": report.verdict.value}
    if report.findings or report.members:
        headers["Sekisho-Findings"] = _findings(report)
    if _WANTS_CERTIFICATE.search(visit.request.headers.get("Prefer", "").lower()):
        headers["Sekisho-Certificate"] = base64.b64encode(sealed_bytes(sealed)).decode()
        headers["Preference-Applied"] = "certificate"
    return headers


def _findings(report: Report) -> str:
    """Vectors with what was done, members included, as a list of RFC 8941: `IMG-08;removed=2, GEN-03;rewritten=1`."""
    counts: dict[tuple[str, str], int] = {}
    stack = [report]
    while stack:
        told = stack.pop()
        stack.extend(told.members)
        for finding in told.findings:
            key = finding.vector, finding.action.done
            counts[key] = counts.get(key, 0) + finding.count
    told_items = [f"{vector};{done}={count}" for (vector, done), count in sorted(counts.items())]
    return ", ".join(told_items[:_MAX_FINDINGS_TOLD])

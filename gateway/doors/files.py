"""/v1/files: bring a file in, ask what became of it, fetch the copy and the certificate. A tenant sees its own."""

import os
import time

import orjson
from aiohttp import web

from gateway.doors.contents import Content, check, send
from gateway.doors.http import Visit
from gateway.doors.reception import idempotency_key, receive, wait_s
from gateway.doors.views import reason_told, transfer
from gateway.intake import InProgressError, Offer
from gateway.problems import Problem
from gateway.spool.base import Acceptance, Incoming, JobView
from gateway.transfer import State

_DOOR = "http"


async def post_file(visit: Visit) -> web.StreamResponse:
    """Accept a file: 202 and its address; or, when the client would rather wait, 200 and what became of it."""
    hall, request = visit.hall, visit.request
    with hall.uploads:
        await _check_quota(visit)
        view = await _take_in(visit)
    patience_s = wait_s(request, hall.config.limits.max_wait_s)
    if patience_s > 0:
        view = await hall.spool.wait(view.id, patience_s) or view
    is_done = patience_s > 0 and view.state.is_settled
    return _told(view, 200 if is_done else 202)


async def get_file(visit: Visit) -> web.StreamResponse:
    """What became of a file; with Prefer: wait=N, not before it is known or the time is up."""
    view = await own(visit, wait_s(visit.request, visit.hall.config.limits.max_wait_s))
    return _told(view, 200)


async def get_content(visit: Visit) -> web.StreamResponse:
    """The clean copy. That it is given out is recorded first."""
    view = await own(visit)
    return await send_copy(visit, view, is_recorded=visit.request.method == "GET")


async def get_certificate(visit: Visit) -> web.StreamResponse:
    """The sealed certificate, byte for byte as it was signed."""
    view = await own(visit)
    if not view.state.is_settled:
        raise Problem("not-ready")
    return web.Response(body=view.certificate, content_type="application/json", headers={"Cache-Control": "no-store"})


async def send_copy(visit: Visit, view: JobView, *, is_recorded: bool) -> web.StreamResponse:
    """The copy of a released transfer; a Problem for any other."""
    if view.state is State.EXPIRED:
        raise Problem("expired")
    if view.state is State.WITHHELD:
        reason = view.returned or (view.report.reason if view.report else None)
        raise Problem("withheld", more=reason_told(reason))
    if view.state not in (State.RELEASED, State.DELIVERED, State.UNDELIVERED):
        raise Problem("not-ready")
    report = view.report
    assert report is not None and report.sha256_out is not None and view.copy_name and view.copy_size is not None
    fd = visit.hall.spool.open_copy(view)
    try:
        content = Content(
            fd=fd, size=view.copy_size, sha256=report.sha256_out, media_type=report.released_type, name=view.copy_name
        )
        await check(content)
        if is_recorded:
            await visit.hall.ledger.fetched(view.id, view.context.tenant, report.sha256_out)
        return await send(visit.request, content, visit.hall.answer_pace)
    finally:
        os.close(fd)


async def _check_quota(visit: Visit) -> None:
    """Refuse, before a byte of the body is read, a tenant that has its share in the spool. Raises Problem."""
    tenant = visit.hall.config.tenant(visit.owner)
    load = await visit.hall.spool.load(visit.owner)
    if load.waiting >= tenant.max_waiting_files or load.kept_bytes >= tenant.max_kept_bytes:
        raise Problem("quota")


async def _take_in(visit: Visit) -> JobView:
    hall, request, received_ns = visit.hall, visit.request, time.time_ns()
    key = idempotency_key(request)
    bodies: list[Incoming] = []

    def opener(expected_bytes: int) -> int:
        bodies.append(hall.spool.incoming(expected_bytes))
        return bodies[0].fd

    try:
        claims, upload = await receive(hall, request, visit.owner, opener)
        offer = Offer(
            context=claims.context,
            name=claims.name,
            claimed_type=claims.claimed_type,
            passwords=claims.passwords,
            size=upload.size,
            sha256=upload.sha256,
            received_ns=received_ns,
            idempotency_key=key,
            door=_DOOR,
        )
        accepted = await hall.intake.accept(offer, bodies[0])
    except InProgressError:
        raise Problem("in-progress") from None
    finally:
        for body in bodies:
            hall.spool.discard(body)
    if accepted.acceptance is Acceptance.KEY_REUSED:
        raise Problem("key-reused")
    return accepted.view


async def own(visit: Visit, patience_s: float = 0.0) -> JobView:
    """The transfer, if it is the caller's. Whether another tenant has one of that id is not told."""
    view = await visit.hall.spool.get(visit.id)
    if view is None or view.context.tenant != visit.owner:
        raise Problem("not-found")
    if patience_s > 0 and not view.state.is_settled:
        view = await visit.hall.spool.wait(visit.id, patience_s) or view
    return view


def _told(view: JobView, status: int) -> web.Response:
    headers = {"Cache-Control": "no-store", "Location": f"/v1/files/{view.id}"}
    return web.Response(
        body=orjson.dumps(transfer(view)), status=status, headers=headers, content_type="application/json"
    )

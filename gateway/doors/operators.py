"""/v1/quarantine and /v1/dead-letters: for operators. Whatever one of them looks at is recorded first."""

import os
import re
from functools import partial
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.approvals import Approval
from gateway.doors.contents import Content, send
from gateway.doors.http import Visit
from gateway.doors.json_body import Shapes, is_name, read_json, text, whole
from gateway.doors.views import transfer
from gateway.problems import Problem
from gateway.quarantine import header_of
from gateway.spool.base import JobView
from gateway.threads import in_thread
from gateway.transfer import State
from gateway.withheld import digest_of

SECOND: Final = "Sekisho-Second-Operator"  # "Bearer …" of another operator
_MOST: Final = 1000
_BASE64: Final = re.compile("[A-Za-z0-9+/]{43,100}={0,2}")
_PASSED: Final[Shapes] = {
    "operator": is_name,
    "at": whole(1, 255),
    **dict.fromkeys(("public", "ephemeral", "share"), text(_BASE64)),
}


async def get_quarantine(visit: Visit) -> web.StreamResponse:
    """What is withheld, the newest first."""
    await visit.hall.ledger.looked(visit.owner)
    views = await visit.hall.spool.listed(State.WITHHELD, _MOST)
    return _json({"files": [_told(view) for view in views]})


async def get_quarantined(visit: Visit) -> web.StreamResponse:
    """One withheld file, with its report."""
    view = await _in_state(visit, State.WITHHELD)
    await visit.hall.ledger.looked(visit.owner, view.id)
    return _json(_told(view))


async def get_shares(visit: Visit) -> web.StreamResponse:
    """What an operator needs to pass their share on, or to use one that was passed on to them: all of it sealed."""
    hall, view = visit.hall, await _sealed(visit)
    await hall.ledger.looked(visit.owner, view.id)
    fd = hall.spool.open_sealed(view.id)
    with os.fdopen(fd, "rb") as file:
        header = await in_thread(None, partial(header_of, file.read))
    approval = hall.approvals.found(view.id, visit.owner)
    told = {
        "id": view.id,
        "shares": header["shares"],
        "operators": [{"name": one.name, "public": one.public} for one in hall.config.operators],
        "approved_by": None if approval is None else approval.by,
        "passed": None if approval is None else dict(approval.share),
    }
    return _json(told)


async def post_approve(visit: Visit) -> web.StreamResponse:
    """One operator's share, sealed anew to another: with it, that one may open the original."""
    view = await _sealed(visit)
    share = await read_json(visit, _PASSED)
    to = share["operator"]
    if to == visit.owner or to not in [one.name for one in visit.hall.config.operators]:
        raise Problem("second-operator")
    await visit.hall.ledger.approved(view.id, visit.owner, to)
    visit.hall.approvals.give(Approval(view.id, visit.owner, to, share))
    return _json({"id": view.id, "approved_by": visit.owner, "operator": to})


async def post_open(visit: Visit) -> web.StreamResponse:
    """The sealed original, for an operator whom another one approved, or for two whose keys are at hand.

    Private keys open it, on their side; nothing here can.
    """
    hall, view = visit.hall, await _sealed(visit)
    second = _second(visit, view.id)
    fd = hall.spool.open_sealed(view.id)
    try:
        sha256 = await in_thread(None, partial(digest_of, fd))
        await hall.ledger.opened(view.id, (visit.owner, second), sha256)
        content = Content(
            fd=fd,
            size=os.fstat(fd).st_size,
            sha256=sha256,
            media_type="application/octet-stream",
            name=f"{view.id}.sealed",
        )
        return await send(visit.request, content, hall.answer_pace)
    finally:
        os.close(fd)


async def get_dead_letters(visit: Visit) -> web.StreamResponse:
    """Copies that no receiver took."""
    await visit.hall.ledger.looked(visit.owner)
    views = await visit.hall.spool.listed(State.UNDELIVERED, _MOST)
    return _json({"files": [_told(view) for view in views]})


async def post_requeue(visit: Visit) -> web.StreamResponse:
    """Deliver one of them once more."""
    view = await _in_state(visit, State.UNDELIVERED)
    assert view.consumer is not None, "who else did not take it"
    await visit.hall.ledger.requeued(view.id, view.consumer, visit.owner)
    if not await visit.hall.spool.requeue(view.id):
        raise Problem("not-found")
    return _json({"id": view.id, "state": State.RELEASED})


def _second(visit: Visit, id: str) -> str:
    """The other operator without whom nothing is opened. Raises Problem."""
    if SECOND in visit.request.headers:
        second = visit.hall.operators.owner(visit.request.headers[SECOND])
    else:
        approval = visit.hall.approvals.found(id, visit.owner)
        second = visit.owner if approval is None else approval.by
    if second == visit.owner:
        raise Problem("second-operator")
    return second


async def _sealed(visit: Visit) -> JobView:
    view = await _in_state(visit, State.WITHHELD)
    if not view.is_sealed:
        raise Problem("not-ready")
    return view


async def _in_state(visit: Visit, state: State) -> JobView:
    view = await visit.hall.spool.get(visit.id)
    if view is None or view.state is not state:
        raise Problem("not-found")
    return view


def _told(view: JobView) -> dict[str, Any]:
    return {
        **transfer(view),
        "tenant": view.context.tenant,
        "consumer": view.consumer,
        "tries": view.loans,
        "is_sealed": view.is_sealed,
    }


def _json(told: dict[str, Any]) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(told), content_type="application/json", headers=headers)

"""/v1/quarantine and /v1/dead-letters: for operators. Whatever one of them looks at is recorded first."""

import os
from functools import partial
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.doors.contents import Content, send
from gateway.doors.http import Visit
from gateway.doors.views import transfer
from gateway.problems import Problem
from gateway.spool.base import JobView
from gateway.threads import in_thread
from gateway.transfer import State
from gateway.withheld import digest_of

SECOND: Final = "Sekisho-Second-Operator"  # "Bearer …" of another operator
_MOST: Final = 1000


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


async def post_open(visit: Visit) -> web.StreamResponse:
    """The sealed original, for two operators. Their private keys open it, on their side; nothing here can."""
    hall = visit.hall
    second = hall.operators.owner(visit.request.headers.get(SECOND, ""))
    if second == visit.owner:
        raise Problem("second-operator")
    view = await _in_state(visit, State.WITHHELD)
    if not view.is_sealed:
        raise Problem("not-ready")
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

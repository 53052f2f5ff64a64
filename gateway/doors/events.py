"""/v1/files/{id}/events: each new state of a transfer as a server-sent event, until there is nothing more to come.

Source: WHATWG HTML, "Server-sent events".
"""

from typing import Final

import orjson
from aiohttp import web

from gateway.doors.files import own
from gateway.doors.http import SERVER, Visit
from gateway.doors.views import transfer
from gateway.spool.base import JobView
from gateway.transfer import State

_PING_S: Final = 15.0
_ENDS: Final = frozenset({State.WITHHELD, State.DELIVERED, State.UNDELIVERED, State.EXPIRED})
_QUIET: Final = frozenset({State.DECIDED, State.REFUSED, State.AUDITED})  # not recorded yet, so not told


async def get_events(visit: Visit) -> web.StreamResponse:
    """Stay, and tell. A comment every few seconds keeps proxies awake and finds out who went away."""
    hall = visit.hall
    with hall.streams:
        view: JobView | None = await own(visit)
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "Server": SERVER}
        if visit.request.method == "HEAD":
            return web.Response(headers=headers)
        response = web.StreamResponse(headers=headers)
        await response.prepare(visit.request)
        told: State | None = None
        while view is not None:
            if view.state is not told and view.state not in _QUIET:
                told = view.state
                await response.write(_event(view))
            if _is_over(view) or hall.is_stopping:
                break
            known = view.state
            view = await hall.spool.changed(view.id, known, _PING_S)
            if view is not None and view.state is known:
                await response.write(b":\n\n")
        await response.write_eof()
        return response


def _is_over(view: JobView) -> bool:
    return view.state in _ENDS or (view.state is State.RELEASED and view.consumer is None)


def _event(view: JobView) -> bytes:
    return f"id: {view.id}:{view.state}\nevent: {view.state}\ndata: ".encode() + orjson.dumps(transfer(view)) + b"\n\n"

"""/v1/deliveries: how the LGWAN side comes for its copies. It dials; back goes a fixed vocabulary only.

Every key of a request is known, every value an id, an enum, a digest or a number: no text can leave LGWAN this way.
"""

import re
import time
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.deliver import Refusal, offer
from gateway.doors.files import send_copy
from gateway.doors.http import Visit
from gateway.doors.json_body import Shapes, is_name, read_json, text, whole
from gateway.problems import Problem
from gateway.push import backoff_s
from gateway.spool.base import Settlement

_MAX_AT_ONCE: Final = 100
_MAX_WAIT_S: Final = 30
_MAX_LEASE_S: Final = 3600
_TOKEN: Final = re.compile("[0-9a-f]{32}")
_SHA256: Final = re.compile("[0-9a-f]{64}")

_LEASE: Final[Shapes] = {
    "consumer": is_name,
    "max": whole(1, _MAX_AT_ONCE),
    "wait_s": whole(0, _MAX_WAIT_S),
    "lease_s": whole(1, _MAX_LEASE_S),
}
_HELD: Final[Shapes] = {"consumer": is_name, "lease": text(_TOKEN)}
_ACK: Final[Shapes] = {**_HELD, "sha256": text(_SHA256)}
_NACK: Final[Shapes] = {**_HELD, "reason": lambda value: value in tuple(Refusal)}
_EXTEND: Final[Shapes] = {**_HELD, "lease_s": whole(1, _MAX_LEASE_S)}


async def post_lease(visit: Visit) -> web.StreamResponse:
    """Lend copies; wait for one if there is none."""
    asked = await _read(visit, _LEASE)
    hall = visit.hall
    lent = await hall.spool.pull(
        visit.owner, limit=asked["max"], lease_s=asked["lease_s"], wait_s=0 if hall.is_stopping else asked["wait_s"]
    )
    if lent and visit.request.transport is None:  # it hung up while it waited: nobody took these
        for delivery in lent:
            await hall.spool.nack(visit.owner, delivery.id, delivery.lease, delay_s=0, reason=None)
        raise ConnectionResetError("the consumer is gone")
    told: dict[str, Any] = {"deliveries": [offer(delivery, hall.ledger.key, time.time_ns()) for delivery in lent]}
    if lent:  # how the log stands, out of this side's reach from now on
        told["checkpoint"] = await hall.keeper.current()
    return _json(told)


async def get_content(visit: Visit) -> web.StreamResponse:
    """The bytes of a copy that is this consumer's."""
    view = await visit.hall.spool.get(visit.id)
    if view is None or view.consumer != visit.owner:
        raise Problem("not-found")
    return await send_copy(visit, view, is_recorded=False)


async def post_ack(visit: Visit) -> web.StreamResponse:
    """The copy is stored over there. Recorded first; saying it again is heard as the same."""
    asked = await _read(visit, _ACK)
    spool, held = visit.hall.spool, (visit.owner, visit.id, asked["lease"], asked["sha256"])
    answer = await spool.check(*held)
    if answer is Settlement.DONE:
        await visit.hall.ledger.delivered(visit.id, visit.owner, asked["sha256"])
        answer = await spool.ack(*held)
    return _settled(visit, "ack", answer)


async def post_nack(visit: Visit) -> web.StreamResponse:
    """The copy could not be stored: later once more, or never, as the reason says."""
    asked = await _read(visit, _NACK, optional=("reason",))
    refusal = Refusal(asked.get("reason", Refusal.UNAVAILABLE))
    spool, limits = visit.hall.spool, visit.hall.config.delivery
    answer = await spool.prolong(visit.owner, visit.id, asked["lease"], limits.retry_first_s)  # is it in force?
    if answer is Settlement.DONE:
        view = await spool.get(visit.id)
        delay_s = backoff_s(view.loans if view else 1, limits.retry_first_s, limits.retry_most_s)
        await visit.hall.ledger.refused(visit.id, visit.owner, refusal.value)
        answer = await spool.nack(visit.owner, visit.id, asked["lease"], delay_s=delay_s, reason=refusal.final)
    return _settled(visit, refusal, answer)


async def post_extend(visit: Visit) -> web.StreamResponse:
    """Keep a lease longer."""
    asked = await _read(visit, _EXTEND)
    answer = await visit.hall.spool.prolong(visit.owner, visit.id, asked["lease"], asked["lease_s"])
    return _settled(visit, "extend", answer)


async def _read(visit: Visit, shapes: Shapes, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    asked = await read_json(visit, shapes, optional)
    if asked["consumer"] != visit.owner:
        raise Problem("wrong-consumer")
    return asked


def _settled(visit: Visit, what: str, answer: Settlement) -> web.Response:
    visit.hall.metrics.settled(visit.owner, what if answer is Settlement.DONE else answer)
    match answer:
        case Settlement.DONE | Settlement.AGAIN:
            return _json({"id": visit.id, "answer": answer})
        case Settlement.UNKNOWN:
            raise Problem("not-found")
        case Settlement.LOST:
            raise Problem("lease-lost")
        case Settlement.DIFFERS:
            raise Problem("digest-differs")


def _json(told: dict[str, Any]) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(told), content_type="application/json", headers=headers)

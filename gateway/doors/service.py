"""For operators and their tools: health, readiness, figures, the description of the interface."""

from collections.abc import Mapping
from importlib import resources

import orjson
from aiohttp import web

from gateway import metrics
from gateway.doors.http import Visit


async def get_healthz(visit: Visit) -> web.StreamResponse:
    """The process runs and answers. Says nothing of whether it can work."""
    return _json({"status": "ok"}, 200)


async def get_readyz(visit: Visit) -> web.StreamResponse:
    """Whether files can be taken in and treated now; each condition by its name."""
    hall = visit.hall
    checks = {
        "spool": hall.spool.failure is None,
        "space": hall.spool.failure is None and hall.spool.free_bytes() > 0,
        "audit": not hall.ledger.is_failed,
        "workers": len(hall.workers.pids) > 0,
        "serving": not hall.is_stopping,
    }
    is_ready = all(checks.values())
    told = {
        "status": "ready" if is_ready else "not-ready",
        "checks": checks,
        "confinement": {"tier": hall.workers.tier, "name": hall.workers.tier_name},
        "version": hall.workers.versions.get("sekisho", ""),
    }
    return _json(told, 200 if is_ready else 503)


async def get_metrics(visit: Visit) -> web.StreamResponse:
    """Prometheus text."""
    hall = visit.hall
    text = hall.metrics.exposition(await hall.spool.counts(), hall.spool.free_bytes(), hall.workers.tier)
    return web.Response(body=text, headers={"Content-Type": metrics.CONTENT_TYPE, "Cache-Control": "no-store"})


async def get_openapi(visit: Visit) -> web.StreamResponse:
    """The OpenAPI 3.1 description that ships with this version."""
    text = resources.files("gateway.doors").joinpath("openapi.json").read_bytes()
    return web.Response(body=text, content_type="application/json")


def _json(told: Mapping[str, object], status: int) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    return web.Response(body=orjson.dumps(told), status=status, content_type="application/json", headers=headers)

"""The HTTP door: which address leads to which handler, who may come in, and how every error is told.

Trust: the request is hostile in every byte. The HTTP library parses it; its own answers to what it cannot parse, and
its way of logging them, are replaced here. It must not unpack bodies: gzip would be a bomb before any limit.
"""

import asyncio
import re
import resource
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import structlog
from aiohttp import web

from gateway.audit.log import LogFullError
from gateway.audit.segments import LogError
from gateway.doors.hall import Hall
from gateway.log import place_of
from gateway.problems import Problem, answer
from gateway.spool.base import SpoolError, SpoolFullError

_READ_BUFFER_BYTES: Final = 1 << 17  # the library stops reading at twice as much, which is what one read gives at most
_MAX_HEADERS: Final = 64
_ID: Final = "(?P<id>[0-9A-Z]{26})"
SERVER: Final = "sekisho"  # without a version, and without those of the libraries
_log: Final = structlog.get_logger(__name__)

Who = Literal["tenant", "consumer", "operator", "anyone"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and who makes it."""

    hall: Hall
    request: web.BaseRequest
    owner: str  # tenant, consumer or operator; "" for anyone
    id: str  # from the address; "" where it has none


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table of addresses."""

    method: str
    path: str  # with {id}, as openapi.json has it
    who: Who
    handler: Handler


class Door:
    """Answers requests."""

    def __init__(self, hall: Hall, routes: tuple[Route, ...]) -> None:
        self._hall = hall
        self._plain: dict[str, dict[str, Route]] = {}
        patterns: dict[str, dict[str, Route]] = {}
        for route in routes:
            of_path = (patterns if "{id}" in route.path else self._plain).setdefault(route.path, {})
            of_path[route.method] = route
            if route.method == "GET":
                of_path["HEAD"] = route
        self._patterns = [
            (re.compile(re.escape(path).replace(r"\{id\}", _ID)), found) for path, found in patterns.items()
        ]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """The handler's answer, or a problem. Only what ends the connection is raised."""
        try:
            route, id = self._find(request)
            response = await route.handler(Visit(self._hall, request, self._owner(route, request), id))
            response.headers.setdefault("Server", SERVER)
            return response
        except Problem as problem:
            return self._refuse(request, problem)
        except ConnectionError:
            raise
        except web.RequestPayloadError:
            return self._refuse(request, Problem("incomplete"))
        except (SpoolFullError, LogFullError):
            return self._refuse(request, Problem("no-space"))
        except (SpoolError, LogError) as error:
            _log.error("not served", error=place_of(error))
            return self._refuse(request, Problem("unavailable"))
        except Exception as error:
            _log.error("a request failed", error=place_of(error), path=request.path[:60])
            return self._refuse(request, Problem("internal"))

    def _find(self, request: web.BaseRequest) -> tuple[Route, str]:
        found, id = self._plain.get(request.path), ""
        if found is None:
            for pattern, of_path in self._patterns:
                if match := pattern.fullmatch(request.path):
                    found, id = of_path, match["id"]
                    break
            else:
                raise Problem("no-such-path")
        if request.method not in found:
            raise Problem("method-not-allowed", more={"allow": sorted(found)})
        return found[request.method], id

    def _owner(self, route: Route, request: web.BaseRequest) -> str:
        if route.who == "anyone":
            return ""
        rings = {"tenant": self._hall.tenants, "consumer": self._hall.consumers, "operator": self._hall.operators}
        return rings[route.who].owner(request.headers.get("Authorization", ""))

    def _refuse(self, request: web.BaseRequest, problem: Problem) -> web.Response:
        self._hall.metrics.refused(problem.code)
        response = answer(problem, request.headers.get("Accept-Language", ""))
        response.headers["Server"] = SERVER
        if problem.code == "method-not-allowed":
            response.headers["Allow"] = ", ".join(problem.more["allow"])
        return response


class _Protocol(web.RequestHandler):
    """One connection. Answers what cannot be parsed as a problem, and drops clients that take no answer."""

    __slots__ = ("_answer_due", "_answer_s", "_answer_timer", "_header_s", "_header_timer", "_server")

    def __init__(self, server: "_Server", *, answer_s: float, header_s: float, **options: Any) -> None:
        super().__init__(server, **options)
        self._server, self._answer_s, self._header_s = server, answer_s, header_s
        self._header_timer: asyncio.TimerHandle | None = None
        self._answer_timer: asyncio.TimerHandle | None = None
        self._answer_due: float | None = None  # until when the client may take the answer that is on its way

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._server.is_overcrowded:
            _log.warning("a connection too many")
            self.force_close()
        else:
            self._expect_header()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._waiter is not None and not self._waiter.done():  # it waits for the rest of a header
            self._expect_header()
        elif self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def connection_lost(self, exc: BaseException | None) -> None:
        for timer in (self._header_timer, self._answer_timer):
            if timer is not None:
                timer.cancel()
        self._header_timer = self._answer_timer = None
        super().connection_lost(exc)

    def _expect_header(self) -> None:
        if self._header_timer is None:
            self._header_timer = asyncio.get_running_loop().call_later(self._header_s, self.force_close)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        _log.info("not HTTP", error=type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        response = answer(Problem("bad-request"), "")
        response.headers["Server"] = SERVER
        response.force_close()
        return response

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        self._answer_due = self._loop.time() + self._answer_s
        if self._answer_timer is None:
            self._answer_timer = self._loop.call_at(self._answer_due, self._look_at_answer)
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self._answer_due = None

    def _look_at_answer(self) -> None:
        """One timer a connection, which looks again when it fires: setting one for each answer costs more.

        Whoever waits for a client to take its answer in time gets a ConnectionError.
        """
        due, self._answer_timer = self._answer_due, None
        if due is None or self.transport is None:
            return
        if self._loop.time() < due:
            self._answer_timer = self._loop.call_at(due, self._look_at_answer)
        else:
            self.transport.abort()

    def log_exception(self, *arguments: Any, **options: Any) -> None:
        _log.error("a connection failed", error=type(options.get("exc_info")).__name__)


class _Server(web.Server):
    """Makes one _Protocol for each connection."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], **options: Any) -> None:
        super().__init__(handler)
        self._options = options
        self._most = most_connections()

    def __call__(self) -> web.RequestHandler:
        return _Protocol(self, loop=asyncio.get_running_loop(), **self._options)

    @property
    def is_overcrowded(self) -> bool:
        """Whether more are connected than there are descriptors for."""
        return len(self.connections) > self._most


def most_connections() -> int:
    """Half of the descriptors that this process may have: files and workers need the others."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2


def new_server(hall: Hall, routes: tuple[Route, ...]) -> web.Server:
    """The server behind a listening socket."""
    limits = hall.config.limits
    return _Server(
        Door(hall, routes).answer,
        keepalive_timeout=limits.keep_alive_s,
        lingering_time=limits.linger_s,
        read_bufsize=_READ_BUFFER_BYTES,
        auto_decompress=False,
        access_log=None,
        max_headers=_MAX_HEADERS,
        answer_s=limits.answer_idle_s,
        header_s=limits.header_timeout_s,
    )

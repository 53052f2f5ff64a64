"""A small gateway on a real socket, which speaks the delivery endpoints and can be told to misbehave.

It keeps the contract of docs/audit.md, "Delivery": a copy is lent under a fresh token, acknowledged by its digest, and
lent again when it was refused for a reason that may pass.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from gateway.audit.keys import SigningKey
from gateway.audit.record import canonical, seal
from gateway.deliver import Refusal, offer
from gateway.spool.base import Delivery
from tests.gateway.signed import START, certified

Answer = Callable[[web.Request, "Lent"], Awaitable[web.StreamResponse | None]]


@dataclass
class Lent:
    """One copy that is to be delivered."""

    delivery: Delivery
    content: bytes
    state: str = "free"
    contents: list[Answer] = field(default_factory=list)  # what GET does first, instead of the right thing
    acks: list[Answer] = field(default_factory=list)
    offers: list[Callable[[dict[str, Any]], Any]] = field(default_factory=list)  # what is done to the next offers


class GatewayDouble:
    """Serves one consumer; remembers all that was said to it."""

    def __init__(self, key: SigningKey) -> None:
        self.key, self.copies, self.said = key, [], []
        self.nacks: list[tuple[str, str]] = []
        self.leases: list[dict[str, Any]] = []
        self.lease_answers: list[Callable[[], web.Response]] = []
        self.observe: Callable[[], Any] = lambda: None
        self.observed: list[Any] = []  # what `observe` saw whenever something was said back
        self._tokens, self._changed = 0, asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self.url = ""

    copies: list[Lent]
    said: list[tuple[str, dict[str, Any]]]

    async def __aenter__(self) -> "GatewayDouble":
        app = web.Application()
        app.router.add_post("/v1/deliveries:lease", self._lease)
        app.router.add_get("/v1/deliveries/{id}/content", self._content)
        app.router.add_post("/v1/deliveries/{id}:{verb}", self._settle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *error: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def add(self, content: bytes = b"a clean copy", **other: Any) -> Lent:
        """Put a copy into the queue, with a certificate that fits it."""
        number = len(self.copies) + 1
        values: dict[str, Any] = {
            "id": f"f{number}",
            "tenant": "city",
            "consumer": "lgwan",
            "seq": number,
            "name": "写真.txt",
            "media_type": "text/plain",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "lease": "",
            "attempt": 1,
        }
        values |= other
        told = certified(values["id"], content, name=values["name"], media_type=values["media_type"])
        values["certificate"] = canonical(seal(told | {"tenant": values["tenant"]}, self.key))
        lent = Lent(Delivery(**values), content)
        self.copies.append(lent)
        self._telling = asyncio.create_task(self._tell())
        return lent

    async def until(self, is_reached: Callable[[], object]) -> None:
        """Wait for what the receiver says, not for time."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(is_reached()))

    def acked(self, lent: Lent) -> bool:
        return lent.state == "delivered"

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _lease(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.leases.append(asked)
        await self._tell()
        if self.lease_answers:
            return self.lease_answers.pop(0)()
        async with self._changed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait_for(self._free), asked["wait_s"])
        offers = [self._lend(lent) for lent in self._free()[: asked["max"]]]
        return web.Response(body=json.dumps({"deliveries": offers}).encode(), content_type="application/json")

    def _free(self) -> list[Lent]:
        return [lent for lent in self.copies if lent.state == "free"]

    def _lend(self, lent: Lent) -> Any:
        self._tokens += 1
        values = {name: getattr(lent.delivery, name) for name in Delivery.__dataclass_fields__}
        lent.delivery = Delivery(**(values | {"lease": f"token{self._tokens}"}))
        lent.state = "lent"
        made = json.loads(json.dumps(offer(lent.delivery, self.key, START)))
        return lent.offers.pop(0)(made) if lent.offers else made

    def _found(self, request: web.Request) -> Lent:
        for lent in reversed(self.copies):
            if lent.delivery.id == request.match_info["id"] and lent.state != "free":
                return lent
        raise web.HTTPNotFound

    async def _content(self, request: web.Request) -> web.StreamResponse:
        lent = self._found(request)
        if lent.contents:
            answer = await lent.contents.pop(0)(request, lent)
            if answer is not None:
                return answer
        return web.Response(body=lent.content, content_type="application/octet-stream")

    async def _settle(self, request: web.Request) -> web.StreamResponse:
        verb, told = request.match_info["verb"], await request.json()
        lent = self._found(request)
        self.said.append((verb, told))
        self.observed.append(self.observe())
        if verb == "ack" and lent.acks:
            answer = await lent.acks.pop(0)(request, lent)
            if answer is not None:
                await self._tell()
                return answer
        if told["lease"] != lent.delivery.lease:
            return web.json_response({}, status=409)
        if verb == "ack":
            if told["sha256"] != lent.delivery.sha256:
                return web.json_response({}, status=409)
            lent.state = "delivered"
        elif verb == "nack":
            reason = Refusal(told["reason"])
            self.nacks.append((lent.delivery.id, reason.value))
            lent.state = "withheld" if reason.final else "free"
        await self._tell()
        return web.json_response({})


async def reset(request: web.Request, lent: Lent) -> None:
    """The connection breaks in the middle of the copy."""
    response = web.StreamResponse(headers={"Content-Length": str(len(lent.content))})
    await response.prepare(request)
    await response.write(lent.content[: len(lent.content) // 2])
    assert request.transport is not None
    request.transport.abort()
    raise ConnectionResetError


async def stalled(request: web.Request, lent: Lent) -> None:
    """Half of the copy comes, then nothing."""
    response = web.StreamResponse(headers={"Content-Length": str(len(lent.content))})
    await response.prepare(request)
    await response.write(lent.content[: len(lent.content) // 2])
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(0.01)
    raise ConnectionResetError


async def endless(request: web.Request, lent: Lent) -> None:
    """The copy, and then more of it as long as anybody reads."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await response.write(lent.content)
    raise ConnectionResetError


def body(content: bytes, status: int = 200, **headers: str) -> Answer:
    """Another answer in place of the copy."""

    async def answer(request: web.Request, lent: Lent) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=content, status=status, headers=named)

    return answer


def chunked(content: bytes) -> Answer:
    """Another copy, of which no header tells the length."""

    async def answer(request: web.Request, lent: Lent) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(content)
        await response.write_eof()
        return response

    return answer

"""The gateway as the LGWAN side sees it: five questions over HTTPS, each asked from here.

Trust: whatever comes back is hostile until deliver.py has proved it. Lengths and times are bounded, no redirect is
followed, nothing is unpacked, no cookie is kept. What goes out is an id, a lease that was given to us, a digest, a word
of a closed list.
"""

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final

import aiohttp
import orjson
from yarl import URL

from gateway.audit.record import MAX_SEALED_BYTES
from gateway.deliver import Refusal, RefusedError
from gateway.receiver_config import ReceiverConfig, Tls
from gateway.threads import in_thread
from policies.load import PolicyError

MAX_ANSWER_BYTES: Final = 2 * MAX_SEALED_BYTES
_CHUNK_BYTES: Final = 1 << 18
_MOST_AT_ONCE: Final = 100
_MAX_HEADER_BYTES: Final = 8190
_WORDS_BYTES: Final = 65_536  # of an answer that is not read


class UpstreamError(Exception):
    """The gateway cannot be reached, or does not answer as agreed: try again later. No verdict on any copy."""

    def __init__(self, told: str, *, is_final: bool = False) -> None:
        self.is_final = is_final  # the same question would get the same answer
        super().__init__(told)


class AnswerTooLongError(UpstreamError):
    """More at once than is taken: ask for less."""


class Upstream:
    """One gateway, asked by one consumer."""

    def __init__(self, config: ReceiverConfig) -> None:
        self._config, self._limits = config, config.limits
        self._lease_s = max(1, int(config.limits.lease_s))
        self._base = URL(f"{config.url}/v1/deliveries")
        bearer = config.bearer()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=_tls_context(config.tls), limit=2 * config.limits.slots + 2),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "sekisho-receiver", "Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {bearer}"} if bearer else {}),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=_CHUNK_BYTES,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
        )

    async def __aenter__(self) -> "Upstream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._session.close()

    async def lease(self, most: int) -> tuple[list[Any], Any]:
        """Up to `most` offers, not proved yet; none when the gateway had none within `wait_s`. And its checkpoint."""
        asked = {
            "consumer": self._config.consumer,
            "max": min(most, _MOST_AT_ONCE),
            "wait_s": int(self._limits.wait_s),
            "lease_s": self._lease_s,
        }
        wait_s = self._limits.wait_s + self._limits.answer_s
        async with self._asked("POST", f"{self._base}:lease", wait_s, json=asked) as response:
            _expect(response, HTTPStatus.OK)
            try:
                untrusted = orjson.loads(await _read(response, MAX_ANSWER_BYTES))
                offers, checkpoint = untrusted["deliveries"], untrusted.get("checkpoint")
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise UpstreamError("the answer to lease is not one") from error
        if not isinstance(offers, list) or len(offers) > most:
            raise UpstreamError("the answer to lease is not one")
        return offers, checkpoint

    async def fetch(self, id: str, size: int, write: Callable[[bytes], None]) -> None:
        """Give exactly `size` bytes of this copy to `write`, which is called in a thread.

        Raises RefusedError for more or fewer bytes than were signed for, UpstreamError when the way broke down.
        """
        limits, done = self._limits, 0
        deadline_s = limits.idle_s + size / limits.min_bytes_per_s
        url = f"{self._base}/{id}/content"
        async with self._asked("GET", url, deadline_s, idle_s=limits.idle_s) as response:
            _expect(response, HTTPStatus.OK)
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise UpstreamError("the copy comes packed")
            async for untrusted in _gathered(response.content):
                done += len(untrusted)
                if done > size:
                    raise RefusedError(Refusal.DIGEST, f"more than the {size} bytes that were signed for")
                await in_thread(None, partial(write, untrusted))
        if done != size:
            raise RefusedError(Refusal.DIGEST, f"{done} bytes in place of {size}")

    async def ack(self, id: str, lease: str, sha256: str) -> None:
        """Say that the copy with this digest is stored."""
        await self._tell(id, "ack", lease, {"sha256": sha256})

    async def nack(self, id: str, lease: str, reason: Refusal) -> None:
        """Say that the copy is not stored, in one word."""
        await self._tell(id, "nack", lease, {"reason": reason.value})

    async def extend(self, id: str, lease: str) -> None:
        """Ask to keep the lease longer."""
        await self._tell(id, "extend", lease, {"lease_s": self._lease_s})

    async def _tell(self, id: str, verb: str, lease: str, more: Mapping[str, Any]) -> None:
        told = {"consumer": self._config.consumer, "lease": lease, **more}
        async with self._asked("POST", f"{self._base}/{id}:{verb}", self._limits.answer_s, json=told) as response:
            await _read(response, _WORDS_BYTES)
            _expect(response, HTTPStatus.OK, HTTPStatus.NO_CONTENT)

    @asynccontextmanager
    async def _asked(
        self, method: str, url: str, total_s: float, *, idle_s: float | None = None, json: Any = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        timeout = aiohttp.ClientTimeout(total=total_s, sock_connect=self._limits.answer_s, sock_read=idle_s)
        try:
            async with self._session.request(
                method, URL(url, encoded=True), json=json, timeout=timeout, allow_redirects=False
            ) as response:
                yield response
        except TimeoutError as error:
            raise UpstreamError("no answer in time") from error
        except aiohttp.ClientError as error:
            raise UpstreamError(type(error).__name__) from error  # its text may quote what came


def _expect(response: aiohttp.ClientResponse, *wanted: HTTPStatus) -> None:
    if response.status not in wanted:
        is_final = 400 <= response.status < 500 and response.status != HTTPStatus.TOO_MANY_REQUESTS
        raise UpstreamError(f"status {response.status}", is_final=is_final)


async def _gathered(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """The bytes as they come, small pieces put together."""
    held = bytearray()
    async for untrusted in content.iter_chunked(_CHUNK_BYTES):
        held += untrusted
        if len(held) >= _CHUNK_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body, when it is no longer than `most`."""
    found = bytearray()
    async for untrusted in response.content.iter_chunked(_CHUNK_BYTES):
        found += untrusted
        if len(found) > most:
            raise AnswerTooLongError(f"more than {most} bytes")
    return bytes(found)


def _tls_context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if tls.certificate and tls.certificate_key:
            context.load_cert_chain(tls.certificate, tls.certificate_key, password=lambda: b"")
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(str(path) for path in (tls.ca, tls.certificate, tls.certificate_key) if path)
        raise PolicyError(files or "tls", None, "tls", f"cannot be used: {error}") from error
    return context

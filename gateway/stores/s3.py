"""An S3-compatible bucket as a store: one object for a copy, one for its proof, written once.

    PREFIX/TENANT/ID/NAME       the copy
    PREFIX/.records/ID.json     manifest and certificate, written last: a copy without one is not complete

A copy counts as taken only once the store says its digest: the SHA-256 checksum, or, from stores that keep none, the
MD5 of an object that was put whole. What stands there already is looked at, never overwritten.
Source: Amazon S3 API Reference, PutObject, HeadObject, "Checking object integrity"; conditional writes (If-None-Match).
"""

import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
import orjson
from yarl import URL

from gateway.audit.record import canonical
from gateway.deliver import Refusal
from gateway.spool.base import Delivery
from gateway.stores.base import ANSWER_S, CHUNK_BYTES, CONNECT_S, NotTakenError, bytes_of
from gateway.stores.s3_address import S3Address
from gateway.stores.sigv4 import EMPTY_SHA256, Credentials, authorization
from gateway.threads import in_thread

_CHECKSUM: Final = "x-amz-checksum-sha256"
_EXISTS: Final = (409, 412)  # 409: somebody else is writing it at this moment


class S3Store:
    """Objects below one prefix of one bucket."""

    def __init__(
        self,
        address: S3Address,
        credentials: Credentials,
        min_bytes_per_s: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._address, self._credentials = address, credentials
        self._min_bytes_per_s, self._now = min_bytes_per_s, now
        self._session: aiohttp.ClientSession | None = None

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """The copy, then its proof."""
        copy = f"{delivery.tenant}/{delivery.id}/{delivery.name}"
        await self._put_once(copy, delivery.media_type, delivery.size, delivery.sha256, lambda: bytes_of(fd), fd)
        record = canonical({"v": 1, **orjson.loads(orjson.dumps(proof))})
        sha256 = hashlib.sha256(record).hexdigest()
        name = f".records/{delivery.id}.json"
        await self._put_once(name, "application/json", len(record), sha256, lambda: record, None)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()

    async def _put_once(
        self,
        name: str,
        media_type: str,
        size: int,
        sha256: str,
        data: Callable[[], bytes | AsyncIterator[bytes]],
        fd: int | None,
    ) -> None:
        headers = {
            "content-type": media_type,
            "content-length": str(size),
            "if-none-match": "*",
            _CHECKSUM: base64.b64encode(bytes.fromhex(sha256)).decode(),
        }
        status, told = await self._ask("PUT", name, headers, sha256, size, data())
        if status == 507:
            raise NotTakenError(Refusal.STORAGE, "507")
        if status not in (200, *_EXISTS):
            raise NotTakenError(Refusal.UNAVAILABLE, str(status))
        if fd is None:  # a proof: made anew for each lease, so that the first one stands
            return
        if status == 200 and await self._says(told, sha256, fd):
            return
        found, told = await self._ask("HEAD", name, {"x-amz-checksum-mode": "ENABLED"}, EMPTY_SHA256, 0, None)
        if found != 200:
            raise NotTakenError(Refusal.UNAVAILABLE, str(found))
        if not await self._says(told, sha256, fd):
            is_other = status in _EXISTS
            raise NotTakenError(Refusal.CONFLICT if is_other else Refusal.DIGEST, "another digest, or none")

    async def _says(self, told: "dict[str, str]", sha256: str, fd: int) -> bool:
        """Whether the store names the digest of these bytes."""
        if _CHECKSUM in told:
            return told[_CHECKSUM] == base64.b64encode(bytes.fromhex(sha256)).decode()
        return told.get("etag", "").strip('"') == await in_thread(None, partial(_md5, fd))

    async def _ask(
        self, method: str, name: str, more: dict[str, str], sha256: str, size: int, data: Any
    ) -> tuple[int, dict[str, str]]:
        address = self._address
        path = quote(f"/{address.bucket}/{address.prefix}{name}", safe="/-_.~")
        headers = {
            "host": urlsplit(address.endpoint).netloc,
            "x-amz-date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._now())),
            "x-amz-content-sha256": sha256,
            **more,
        }
        headers["Authorization"] = authorization(method, path, "", headers, sha256, self._credentials)
        if self._session is None:
            skipped = ("Accept-Encoding", "User-Agent", "Content-Type")
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=skipped)
        timeout = aiohttp.ClientTimeout(total=ANSWER_S + size / self._min_bytes_per_s, sock_connect=CONNECT_S)
        url = URL(address.endpoint + path, encoded=True)
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTakenError(Refusal.UNAVAILABLE, type(error).__name__) from error


def _md5(fd: int) -> str:
    """As ETag of an object that was put whole. No proof against an attacker: the payload's SHA-256 was signed for."""
    digest, offset = hashlib.md5(usedforsecurity=False), 0
    while block := os.pread(fd, CHUNK_BYTES, offset):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()

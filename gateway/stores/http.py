"""Another machine as a store: HTTP PUT.

Source: RFC 9110 (PUT), RFC 9530 (digests), draft-ietf-httpapi-idempotency-key-header-07.
"""

import base64
from typing import Any

import aiohttp
import orjson

from gateway.deliver import Refusal
from gateway.doors.names import write_disposition
from gateway.doors.upload import content_digest
from gateway.spool.base import Delivery
from gateway.stores.base import ANSWER_S, CONNECT_S, NotTakenError, bytes_of


class HttpStore:
    """PUT {url}/{id}: done only on 2xx with the digest of the copy in Repr-Digest, Content-Digest or ETag."""

    def __init__(self, url: str, bearer: str | None, min_bytes_per_s: int) -> None:
        self._url, self._min_bytes_per_s = url.rstrip("/"), min_bytes_per_s
        self._headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        self._session: aiohttp.ClientSession | None = None

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """Send it, believe nothing but the digest that comes back."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        digest = content_digest(delivery.sha256)
        headers = self._headers | {
            "Content-Type": delivery.media_type,
            "Content-Length": str(delivery.size),
            "Content-Disposition": write_disposition(delivery.name),
            "Content-Digest": digest,
            "Idempotency-Key": f'"{delivery.id}:{delivery.sha256}"',
            "Sekisho-Manifest": base64.b64encode(orjson.dumps(proof["manifest"])).decode(),
        }
        total_s = ANSWER_S + delivery.size / self._min_bytes_per_s
        timeout = aiohttp.ClientTimeout(total=total_s, sock_connect=CONNECT_S)
        url = f"{self._url}/{delivery.id}"
        try:
            async with self._session.put(
                url, data=bytes_of(fd), headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status, echoed = answer.status, _echoed(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise NotTakenError(Refusal.UNAVAILABLE, type(error).__name__) from error
        if status == 507:
            raise NotTakenError(Refusal.STORAGE, "507")
        if not 200 <= status < 300:
            raise NotTakenError(Refusal.UNAVAILABLE, str(status))
        if digest not in echoed and f'"{delivery.sha256}"' not in echoed:
            raise NotTakenError(Refusal.DIGEST, "another digest, or none")

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()


def _echoed(answer: aiohttp.ClientResponse) -> str:
    return ", ".join(answer.headers.get(name, "") for name in ("Repr-Digest", "Content-Digest", "ETag"))

"""Clean copies on their way out: from a descriptor, whole or in one range, with digest and a name that no shell opens.

Source: RFC 9110 section 14 (ranges), RFC 9530 (digests), RFC 6266 (names).
"""

import asyncio
import hashlib
import os
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.doors.names import write_disposition
from gateway.doors.upload import Pace, content_digest
from gateway.problems import Problem
from gateway.threads import in_thread

_AT_ONCE_BYTES: Final = 1 << 18  # what is no longer goes out with its header in one write


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A copy as it is answered. The descriptor stays the caller's."""

    fd: int
    size: int
    sha256: str
    media_type: str
    name: str


async def send(
    request: web.BaseRequest, content: Content, pace: Pace, more: dict[str, str] | None = None
) -> web.StreamResponse:
    """The whole copy, or the one range that was asked for. Raises ConnectionError when the client does not take it."""
    headers = _headers(content) | (more or {})
    start, count = _range(request, content, headers)
    status = 200 if "Content-Range" not in headers else 206
    if count <= _AT_ONCE_BYTES:
        return web.Response(body=os.pread(content.fd, count, start), status=status, headers=headers)
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = count
    await response.prepare(request)
    if request.method != "HEAD":
        await _stream(request, content.fd, start, count, pace)
    await response.write_eof()
    return response


async def check(content: Content) -> None:
    """Raises Problem("damaged") unless the bytes are still those that were judged: they have been on a disk since."""
    if await in_thread(None, lambda: _sha256(content.fd)) != content.sha256:
        raise Problem("damaged")


def _sha256(fd: int) -> str:
    digest, buffer, offset = hashlib.sha256(), bytearray(_AT_ONCE_BYTES), 0
    while count := os.preadv(fd, [buffer], offset):
        digest.update(memoryview(buffer)[:count])
        offset += count
    return digest.hexdigest()


async def _stream(request: web.BaseRequest, fd: int, start: int, count: int, pace: Pace) -> None:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client is gone")
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(pace.idle_s + count / pace.min_bytes_per_s):
            with os.fdopen(os.dup(fd), "rb", buffering=0) as file:
                await loop.sendfile(transport, file, start, count)
    except TimeoutError as error:
        transport.abort()
        raise ConnectionResetError("the client took too long") from error


def _headers(content: Content) -> dict[str, str]:
    digest = content_digest(content.sha256)
    return {
        "Content-Type": content.media_type,
        "Content-Disposition": write_disposition(content.name),
        "Content-Digest": digest,
        "Repr-Digest": digest,
        "ETag": f'"{content.sha256}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
        "Server": "sekisho",
    }


def _range(request: web.BaseRequest, content: Content, headers: dict[str, str]) -> tuple[int, int]:
    """Start and length. A range that cannot be read is ignored, as the standard wants; one outside is a Problem."""
    if "Range" not in request.headers or request.headers.get("If-Range", headers["ETag"]) != headers["ETag"]:
        return 0, content.size
    try:
        asked = request.http_range
    except ValueError:
        return 0, content.size
    start, stop, _ = asked.indices(content.size)
    if asked.start is not None and asked.start >= content.size:
        raise Problem("bad-range", more={"size": content.size})
    del headers["Content-Digest"]  # that of the part is not known; Repr-Digest is that of the whole
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size}"
    return start, stop - start

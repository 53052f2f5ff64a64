"""A strict S3: it works every signature out anew, hashes every payload, and keeps objects in memory.

Written from the specification and not from `gateway.stores.sigv4`, so that the two hold each other to it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import web
from aiohttp.test_utils import TestServer

KEY_ID, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "ap-northeast-1"
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*"
    r"Signature=([0-9a-f]{64})"
)
_MUST_SIGN = {"host", "x-amz-date", "x-amz-content-sha256"}


class S3Double:
    """One bucket, `copies`. `keeps_checksums` False: an older store, which tells the ETag alone."""

    def __init__(self, *, keeps_checksums: bool = True) -> None:
        self.objects: dict[str, bytes] = {}
        self.refused: list[str] = []
        self.keeps_checksums = keeps_checksums
        self.answers: list[int] = []  # to give in place of what is asked, one each
        self.harm: bytes | None = None  # stored in place of the next object

    async def handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if (why := self._mistake(request, body)) is not None:
            self.refused.append(why)
            return web.Response(status=403, text=why)
        if self.answers:
            return web.Response(status=self.answers.pop(0))
        bucket, _, key = request.path.removeprefix("/").partition("/")
        assert bucket == "copies"
        if request.method == "HEAD":
            found = self.objects.get(key)
            return web.Response(status=404) if found is None else web.Response(headers=self._told(found))
        if request.headers.get("If-None-Match") == "*" and key in self.objects:
            return web.Response(status=412)
        self.objects[key] = body if self.harm is None else self.harm
        self.harm = None
        return web.Response(headers=self._told(self.objects[key]))

    def _told(self, data: bytes) -> dict[str, str]:
        told = {"ETag": f'"{hashlib.md5(data).hexdigest()}"'}
        if self.keeps_checksums:
            told["x-amz-checksum-sha256"] = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return told

    def _mistake(self, request: web.Request, body: bytes) -> str | None:
        match = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            return "Authorization"
        key_id, day, region, names, signature = match.groups()
        moment = request.headers["x-amz-date"]
        if (key_id, region) != (KEY_ID, REGION) or moment[:8] != day:
            return "credential"
        then = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - then) > timedelta(minutes=15):
            return "RequestTimeTooSkewed"
        signed = names.split(";")
        amazon = {name.lower() for name in request.headers if name.lower().startswith("x-amz-")}
        if signed != sorted(signed) or not set(signed) >= _MUST_SIGN | amazon:
            return "SignedHeaders"
        if request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
            return "XAmzContentSHA256Mismatch"
        told = request.headers.get("x-amz-checksum-sha256")
        if told is not None and told != base64.b64encode(hashlib.sha256(body).digest()).decode():
            return "BadDigest"
        lines = [f"{name}:{request.headers[name].strip()}" for name in signed]
        path, _, query = request.raw_path.partition("?")
        asked = "\n".join(
            [request.method, path, query, *lines, "", names, request.headers["x-amz-content-sha256"]]
        ).encode()
        scope = f"{day}/{region}/s3/aws4_request"
        key = b"AWS4" + SECRET.encode()
        for word in scope.split("/"):
            key = hmac.digest(key, word.encode(), "sha256")
        text = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(asked).hexdigest()}"
        right = hmac.digest(key, text.encode(), "sha256").hex()
        return None if hmac.compare_digest(right, signature) else "SignatureDoesNotMatch"


@asynccontextmanager
async def serving(double: S3Double) -> AsyncIterator[str]:
    """Its endpoint."""
    app = web.Application(client_max_size=1 << 24)
    app.router.add_route("*", "/{tail:.*}", double.handle)
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}"

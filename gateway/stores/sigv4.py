"""AWS Signature Version 4 for one request whose payload is signed. Pure: the caller says what time it is.

Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_SERVICE: Final = "s3"
EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key, and the region that its requests are signed for."""

    key_id: str
    secret: str = field(repr=False)
    region: str


def authorization(
    method: str, path: str, query: str, headers: Mapping[str, str], payload_sha256: str, credentials: Credentials
) -> str:
    """The header Authorization.

    `path` and `query` are as they are sent, the query sorted; every header given is signed, `x-amz-date` among them.
    """
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join((method, path, query, lines, names, payload_sha256))
    moment = signed["x-amz-date"]
    scope = f"{moment[:8]}/{credentials.region}/{_SERVICE}/aws4_request"
    told = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    signature = _hmac(_signing_key(credentials, moment[:8]), told).hex()
    return f"{_ALGORITHM} Credential={credentials.key_id}/{scope},SignedHeaders={names},Signature={signature}"


def _signing_key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for word in (day, credentials.region, _SERVICE, "aws4_request"):
        key = _hmac(key, word)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()

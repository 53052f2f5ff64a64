"""s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION, as gateway.toml writes where copies are brought."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

SHAPE: Final = "s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION"
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?")
_REGION: Final = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket of an S3-compatible store, addressed by path."""

    endpoint: str  # "https://HOST[:PORT]"
    bucket: str
    prefix: str  # "" or "a/b/"
    region: str

    @classmethod
    def parse(cls, url: str) -> "S3Address":
        """Raises ValueError for anything else than SHAPE."""
        parts = urlsplit(url)
        told = dict(parse_qsl(parts.query, strict_parsing=True))
        region = told.pop("region", "us-east-1")
        endpoint = told.pop("endpoint", f"https://s3.{region}.amazonaws.com").rstrip("/")
        is_right = (
            parts.scheme == "s3"
            and _BUCKET.fullmatch(parts.netloc)
            and _PREFIX.fullmatch(parts.path)
            and _REGION.fullmatch(region)
            and urlsplit(endpoint)[2:] == ("", "", "")
        )
        if told or parts.fragment or not is_right:
            raise ValueError(f"expected {SHAPE}")
        prefix = parts.path.strip("/")
        return cls(endpoint, parts.netloc, f"{prefix}/" if prefix else "", region)

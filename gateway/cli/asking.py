"""Asking the gateway as an operator: one key file a person, the address from gateway.toml."""

import argparse
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.audit.keys import KeyFileError
from gateway.cli.words import say
from gateway.config_file import load_config
from gateway.doors.operators import SECOND
from gateway.quarantine import bearer_of
from sanitizers.errors import SekishoError


class AskingError(SekishoError):
    """The gateway does not answer, or does not do it."""


_TIMEOUT_S: Final = 60.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Where the gateway is, and who asks."""
    parser.add_argument("--config", type=Path, default=Path("gateway.toml"), metavar="FILE")
    parser.add_argument("--url", metavar="URL", help=say("in place of the address in gateway.toml", "関所のURL"))
    parser.add_argument("--ca", type=Path, metavar="FILE", help=say("authority of its certificate", "認証局の証明書"))
    parser.add_argument(
        "--key",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help=say("an operator's private key", "管理者の秘密鍵"),
    )


def read_key(path: Path) -> X25519PrivateKey:
    """An operator's private key. Raises KeyFileError."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise KeyFileError(path, "expected a private key, as `sekisho quarantine key` makes it") from error
    if not isinstance(key, X25519PrivateKey):
        raise KeyFileError(path, "expected an X25519 key")
    return key


@asynccontextmanager
async def asked(
    options: argparse.Namespace, method: str, path: str, *more: X25519PrivateKey, json: Any = None
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer to one question, once it is a good one. Raises AskingError with the gateway's own words."""
    headers = {"Authorization": f"Bearer {bearer_of(read_key(options.key[0]))}"}
    for key in more:
        headers[SECOND] = f"Bearer {bearer_of(key)}"
    connector, url = _way(options)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(sock_read=_TIMEOUT_S)) as http:
        try:
            async with http.request(method, url + path, headers=headers, json=json) as answer:
                if answer.status >= 400:
                    told: dict[str, Any] = await answer.json(content_type=None)
                    raise AskingError(f"{answer.status} {told.get('title', '')}")
                yield answer
        except aiohttp.ClientError as error:
            raise AskingError(f"{url}: {error}") from error


def _way(options: argparse.Namespace) -> tuple[aiohttp.BaseConnector, str]:
    context = ssl.create_default_context(cafile=options.ca) if options.ca else True
    if options.url:
        return aiohttp.TCPConnector(ssl=context), options.url.rstrip("/")
    listen = load_config(options.config).listen
    if listen.socket is not None:
        return aiohttp.UnixConnector(str(listen.socket)), "http://gateway"
    scheme = "http" if listen.certificate is None else "https"
    host = "127.0.0.1" if listen.host in ("0.0.0.0", "::") else listen.host  # noqa: S104, where it listens
    return aiohttp.TCPConnector(ssl=context), f"{scheme}://{host}:{listen.port}"

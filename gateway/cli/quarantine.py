"""sekisho quarantine key|list|show|release: withheld originals, which two operators open together. Exit 2: they cannot.

`release` gives the original to the two who ask, for their eyes; it delivers nothing.
"""

import argparse
import asyncio
import base64
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.asking import arguments as asking
from gateway.cli.asking import asked, read_key
from gateway.cli.audit_lines import plain
from gateway.cli.words import say
from gateway.quarantine import SealedError, bearer_of, open_sealed
from sanitizers.errors import SekishoError

_CHUNK_BYTES = 1 << 18


class NotOpenedError(SekishoError):
    """The original is not given out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """One parser for each of the four."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    making = actions.add_parser("key", help=say("make an operator's key", "管理者の鍵を作る"))
    making.add_argument("name", metavar="NAME")
    making.add_argument("file", type=Path, metavar="FILE")
    making.set_defaults(act=_key)
    listing = actions.add_parser("list", help=say("what is withheld", "止めたファイルの一覧"))
    listing.set_defaults(act=_list)
    showing = actions.add_parser("show", help=say("one of them", "1件の詳細"))
    showing.add_argument("id", metavar="ID")
    showing.set_defaults(act=_show)
    releasing = actions.add_parser(
        "release", help=say("open one, with the keys of two operators", "管理者2人の鍵で原本を取り出す")
    )
    releasing.add_argument("id", metavar="ID")
    releasing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    releasing.set_defaults(act=_release)
    for one in (listing, showing, releasing):
        asking(one)


def run(options: argparse.Namespace) -> int:
    """Whatever the gateway refuses, or cannot be opened, is exit 2."""
    code: int = options.act(options)
    return code


def _key(options: argparse.Namespace) -> int:
    """Draw a key; print what gateway.toml is to say of it."""
    key = X25519PrivateKey.generate()
    descriptor = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    print("[[operators]]")
    print(f'name       = "{options.name}"')
    print(f'key_sha256 = ["{hashlib.sha256(bearer_of(key).encode()).hexdigest()}"]')
    print(f'public     = "{public}"')
    return 0


def _list(options: argparse.Namespace) -> int:
    for one in asyncio.run(_json(options, "/v1/quarantine"))["files"]:
        state = say("sealed", "封印済み") if one["is_sealed"] else say("not sealed yet", "未封印")
        print(plain(f"{one['id']}  {one['received'][:19]}  {one['tenant']}  {one['reason']}  {state}  {one['name']}"))
    return 0


def _show(options: argparse.Namespace) -> int:
    one = asyncio.run(_json(options, f"/v1/quarantine/{options.id}"))
    for field in ("id", "tenant", "name", "size", "sha256", "received", "settled", "verdict", "is_sealed"):
        print(plain(f"{field:<10} {one[field]}"))
    print(plain(f"{'reason':<10} {one['reason']}: {say(str(one['reason_text']), str(one['reason_text_ja']))}"))
    for found in one["findings"] or ():
        print(plain(f"  {found['vector']:<8} {found['action']:<9} {found['where']}"))
    return 0


def _release(options: argparse.Namespace) -> int:
    if len(options.key) != 2:
        raise NotOpenedError(say("two different operators must give --key", "--key を2人分指定してください"))
    keys = [read_key(path) for path in options.key]
    if options.output.exists():
        raise NotOpenedError(f"{options.output}: " + say("is there already", "すでにあります"))
    with tempfile.TemporaryFile() as sealed:
        asyncio.run(_fetch(options, keys[1], sealed))
        sealed.seek(0)
        _open(options, keys, sealed)
    print(
        say("opened; it is as dangerous as it came in:", "取り出しました。受け取ったときの危険なままです:"),
        options.output,
    )
    return 0


def _open(options: argparse.Namespace, keys: list[X25519PrivateKey], sealed: Any) -> None:
    new = options.output.with_name(options.output.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            id = open_sealed(keys, sealed.read, file.write)
        if id != options.id:
            raise SealedError(f"of another file: {id}")
        new.rename(options.output)
    except SealedError as error:
        raise NotOpenedError(str(error)) from error
    finally:
        new.unlink(missing_ok=True)


async def _json(options: argparse.Namespace, path: str) -> dict[str, Any]:
    async with asked(options, "GET", path) as answer:
        told: dict[str, Any] = await answer.json()
        return told


async def _fetch(options: argparse.Namespace, second: X25519PrivateKey, sealed: Any) -> None:
    async with asked(options, "POST", f"/v1/quarantine/{options.id}:open", second) as answer:
        async for block in answer.content.iter_chunked(_CHUNK_BYTES):
            sealed.write(block)

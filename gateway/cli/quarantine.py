"""sekisho quarantine key|list|show|approve|release: withheld originals, which take two operators. Exit 2: not opened.

Each works on a machine of their own: one approves, which seals their share of the key to the other; the other releases.
The original is for their eyes; nothing is delivered.
"""

import argparse
import asyncio
import base64
import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.asking import arguments as asking
from gateway.cli.asking import asked, read_key
from gateway.cli.audit_lines import plain
from gateway.cli.words import say
from gateway.quarantine import bearer_of, open_sealed
from gateway.shares import Keeper, SealedError, own_share, pass_on
from sanitizers.errors import SekishoError

_CHUNK_BYTES = 1 << 18


class NotOpenedError(SekishoError):
    """The original is not given out."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """One parser for each of the five."""
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
    approving = actions.add_parser(
        "approve", help=say("agree that another operator opens one", "ほかの管理者が原本を取り出すことを承認する")
    )
    approving.add_argument("id", metavar="ID")
    approving.add_argument("--for", dest="to", required=True, metavar="NAME", help=say("who opens it", "取り出す人"))
    approving.set_defaults(act=_approve)
    releasing = actions.add_parser(
        "release",
        help=say("open one that another operator approved", "ほかの管理者が承認した原本を取り出す"),
        description=say(
            "With --key twice, two operators at one machine open it without an approval.",
            "--key を2回指定すると、2人が同じ端末にいる場合に、承認なしで取り出せます。",
        ),
    )
    releasing.add_argument("id", metavar="ID")
    releasing.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    releasing.set_defaults(act=_release)
    for one in (listing, showing, approving, releasing):
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


def _approve(options: argparse.Namespace) -> int:
    """Unwrap the own share here, and seal it to the other one. The private key stays where it is."""
    if len(options.key) != 1:
        raise NotOpenedError(say("one operator approves", "承認は1人で行います"))
    told = asyncio.run(_json(options, f"/v1/quarantine/{options.id}/shares"))
    public = next((one["public"] for one in told["operators"] if one["name"] == options.to), None)
    if public is None:
        raise NotOpenedError(f"{options.to}: " + say("no such operator", "そのような管理者はいません"))
    try:
        share = own_share(options.id, told["shares"], read_key(options.key[0]))
        keeper = Keeper(options.to, X25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True)))
    except ValueError as error:  # SealedError is one
        raise NotOpenedError(str(error)) from error
    passed = pass_on(options.id, share, keeper)
    asyncio.run(_json(options, f"/v1/quarantine/{options.id}:approve", passed))
    print(say("approved for", "承認しました。取り出す人:"), plain(options.to))
    print(say("whose public key is (compare it with theirs)", "その公開鍵（本人のものと照合してください）"), public)
    return 0


def _release(options: argparse.Namespace) -> int:
    if len(options.key) > 2:
        raise NotOpenedError(say("--key once, or twice", "--key は1人分か2人分です"))
    keys = [read_key(path) for path in options.key]
    if options.output.exists():
        raise NotOpenedError(f"{options.output}: " + say("is there already", "すでにあります"))
    passed = None
    if len(keys) == 1:
        told = asyncio.run(_json(options, f"/v1/quarantine/{options.id}/shares"))
        passed = told["passed"]
        print(say("approved by", "承認した人:"), plain(str(told["approved_by"] or "—")))
    with tempfile.TemporaryFile() as sealed:
        asyncio.run(_fetch(options, keys[1:], sealed))
        sealed.seek(0)
        _open(options, keys, sealed, passed)
    print(
        say("opened; it is as dangerous as it came in:", "取り出しました。受け取ったときの危険なままです:"),
        options.output,
    )
    return 0


def _open(
    options: argparse.Namespace, keys: list[X25519PrivateKey], sealed: Any, passed: Mapping[str, Any] | None
) -> None:
    new = options.output.with_name(options.output.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            id = open_sealed(keys, sealed.read, file.write, passed)
        if id != options.id:
            raise SealedError(f"of another file: {id}")
        new.rename(options.output)
    except SealedError as error:
        raise NotOpenedError(str(error)) from error
    finally:
        new.unlink(missing_ok=True)


async def _json(options: argparse.Namespace, path: str, told: Mapping[str, Any] | None = None) -> dict[str, Any]:
    async with asked(options, "GET" if told is None else "POST", path, json=told) as answer:
        answered: dict[str, Any] = await answer.json()
        return answered


async def _fetch(options: argparse.Namespace, second: Sequence[X25519PrivateKey], sealed: Any) -> None:
    async with asked(options, "POST", f"/v1/quarantine/{options.id}:open", *second) as answer:
        async for block in answer.content.iter_chunked(_CHUNK_BYTES):
            sealed.write(block)

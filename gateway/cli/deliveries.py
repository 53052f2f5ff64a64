"""sekisho deliveries list|retry: copies that no receiver took, however often they were offered or brought."""

import argparse
import asyncio
from typing import Any

from gateway.cli.asking import arguments as asking
from gateway.cli.asking import asked
from gateway.cli.audit_lines import plain
from gateway.cli.words import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """One parser for each of the two."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help=say("what was given up", "配送を断念したものの一覧"))
    listing.set_defaults(act=_list)
    retrying = actions.add_parser("retry", help=say("deliver it once more", "もう一度配送する"))
    retrying.add_argument("ids", nargs="*", metavar="ID", help=say("none: all", "省略時は全件"))
    retrying.set_defaults(act=_retry)
    for one in (listing, retrying):
        asking(one)


def run(options: argparse.Namespace) -> int:
    """Whatever the gateway refuses is exit 2."""
    code: int = options.act(options)
    return code


def _list(options: argparse.Namespace) -> int:
    for one in asyncio.run(_dead(options)):
        print(plain(f"{one['id']}  {one['settled'][:19]}  {one['consumer']}  ×{one['tries']}  {one['copy']['name']}"))
    return 0


def _retry(options: argparse.Namespace) -> int:
    async def retry() -> None:
        for id in options.ids or [one["id"] for one in await _dead(options)]:
            async with asked(options, "POST", f"/v1/dead-letters/{id}:requeue"):
                print(id)

    asyncio.run(retry())
    return 0


async def _dead(options: argparse.Namespace) -> list[dict[str, Any]]:
    async with asked(options, "GET", "/v1/dead-letters") as answer:
        told: list[dict[str, Any]] = (await answer.json())["files"]
        return told

"""The command `sekisho`: one module per subcommand. Exit 0: done. 1: some files withheld. 2: usage or error."""

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final, Protocol

from gateway.cli.words import say
from gateway.log import configure
from policies.load import PolicyError
from sanitizers.errors import SekishoError


class Command(Protocol):
    """What each module of this folder offers."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


COMMANDS: Final = {
    "demo": ("send sample files through a gateway on this machine", "この端末で見本ファイルを通してみる"),
    "clean": ("sanitize files and folders without a server", "サーバーなしでファイルやフォルダーを無害化する"),
    "serve": ("run the internet side", "インターネット側を動かす"),
    "receive": ("run the LGWAN side", "LGWAN側を動かす"),
    "policy": ("check and show policies", "ポリシーを点検・表示する"),
    "audit": ("check certificates, copies and the audit log", "証明書・ファイル・監査ログを検証する"),
    "quarantine": ("look into the quarantine, with two keys open a file of it", "止めたファイルの隔離庫を扱う"),
    "deliveries": ("list and retry what no receiver took", "届けられなかったファイルを一覧・再送する"),
    "why": ("explain what became of a file", "あるファイルがどうなったかを説明する"),
    "vectors": ("list the vectors and what is done about them", "脅威一覧と既定の処置を示す"),
    "doctor": ("say what this machine offers and what is missing", "この端末で使えるもの・足りないものを示す"),
}


_SERVICES: Final = ("serve", "receive")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Answers with the exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    chosen = next((word for word in given if word in COMMANDS), None)
    parser = _parser(chosen)
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help()
        return 2
    command: Command = importlib.import_module(f"gateway.cli.{options.command}")
    configure(logging.INFO if options.command in _SERVICES else logging.WARNING)
    try:
        return command.run(options)
    except (PolicyError, SekishoError) as error:
        print(f"sekisho {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 141


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """A parser that imports the chosen command's module alone: `sekisho --version` starts nothing."""
    parser = argparse.ArgumentParser(
        prog="sekisho",
        description=say(
            "Takes files apart, writes new ones from what is known to be harmless, and records what was done.",
            "ファイルを分解し、安全と分かっている要素だけで新しく書き直し、その内容を記録します。",
        ),
    )
    parser.add_argument("--version", action="version", version=f"sekisho {version('sekisho')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, titles in COMMANDS.items():
        one = commands.add_parser(name, help=say(*titles), description=say(*titles))
        if name == chosen:
            module: Command = importlib.import_module(f"gateway.cli.{name}")
            module.arguments(one)
    return parser

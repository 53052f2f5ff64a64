"""sekisho why ID|FILE: what became of a file, and why, in plain words. Reads the certificate; starts nothing."""

import argparse
import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from gateway.cli.told import reason_in_words, title_of
from gateway.cli.words import say
from gateway.config_file import load_config
from policies.catalogue import CATALOGUE
from sanitizers.errors import Reason
from sanitizers.model import Verdict

_PLACES: Final = ("gateway.toml", "sekisho-demo/gateway.toml")
_DONE: Final = {
    "kept": ("kept", "残した"),
    "rewritten": ("rewritten", "書き換えた"),
    "removed": ("removed", "取り除いた"),
    "blocked": ("blocked", "止めた"),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """An id, looked up in the gateway's spool, or a certificate's file."""
    parser.add_argument(
        "id",
        metavar="ID|FILE",
        help=say("a transfer's id, or a certificate's file", "受付番号、または証明書のファイル"),
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=say("gateway.toml of the gateway that had it", "受け付けた関所の gateway.toml"),
    )


def run(options: argparse.Namespace) -> int:
    """Exit 2 when there is no such certificate."""
    try:
        sealed = json.loads(_certificate(options.id, options.config))
        certificate = sealed["certificate"]
    except (OSError, LookupError, ValueError, sqlite3.Error) as error:
        print(f"sekisho why: {error}", file=sys.stderr)
        return 2
    console = Console(highlight=False)
    for line in _told(certificate):
        console.print(line, soft_wrap=True)
    return 0


def _certificate(given: str, config: Path | None) -> str:
    """The sealed certificate's text. Raises LookupError when nobody knows it."""
    if os.sep in given or given.endswith(".json"):
        record = json.loads(Path(given).read_text(encoding="utf-8"))
        return json.dumps(record if "certificate" in record and "signature" in record else record["certificate"])
    file = config or next((Path(place) for place in _PLACES if Path(place).is_file()), None)
    if file is None:
        raise LookupError(
            say("no gateway.toml here; name it with --config", "gateway.toml がありません。--config で指定してください")
        )
    database = load_config(file).spool.folder / "spool.db"
    with sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True) as rows:
        row = rows.execute("SELECT certificate FROM jobs WHERE id = ?", (given,)).fetchone()
    if row is None:
        raise LookupError(say(f"no transfer has the id {given}", f"受付番号 {given} はありません"))
    if row[0] is None:
        raise LookupError(say("it is not decided yet", "まだ判定が終わっていません"))
    return bytes(row[0]).decode("utf-8")


def _told(certificate: dict[str, Any]) -> Iterator[Text]:
    verdict = Verdict(certificate["verdict"])
    words = {
        Verdict.CLEAN: say("released; nothing had to be taken out", "渡しました（取り除くものはありませんでした）"),
        Verdict.SANITIZED: say("released; what is listed below was taken out", "渡しました（下記を取り除きました）"),
        Verdict.BLOCKED: say("withheld: the file itself is the reason", "止めました（理由はファイルにあります）"),
        Verdict.FAILED: say("withheld: this side could not finish", "止めました（処理側の都合です）"),
    }
    yield Text(certificate["name"], "bold")
    yield Text(f"  {verdict}: {words[verdict]}")
    if certificate["reason"]:
        yield Text(f"  {reason_in_words(Reason(certificate['reason']))}")
    if certificate["name_out"]:
        size = say(
            f"{certificate['size_in']:,} → {certificate['size_out']:,} bytes",
            f"{certificate['size_in']:,} → {certificate['size_out']:,} バイト",
        )
        yield Text(say("  given out as ", "  渡した名前: ") + f"{certificate['name_out']} ({size})")
    yield from _findings(certificate, "")
    policy = certificate["policy"]
    yield Text(say("policy", "ポリシー") + f": {policy['name']} ({policy['sha256'][:16]})", "dim")
    if certificate["judge"]:
        accepted = certificate["judge"]["accepted"]
        yield Text(
            say("judge", "検査役") + ": " + (say("accepted", "承認") if accepted else certificate["judge"]["where"]),
            "dim",
        )
    yield Text(say("confinement", "隔離") + f": {certificate['confinement']['name']}", "dim")
    yield Text(f"SHA-256 {certificate['sha256_in']} → {certificate['sha256_out'] or '—'}", "dim")


def _findings(report: dict[str, Any], path: str) -> Iterator[Text]:
    for finding in report["findings"]:
        vector = CATALOGUE[finding["vector"]]
        times = f" ×{finding['count']}" if finding["count"] > 1 else ""
        done = say(*_DONE[finding["action"]])
        yield Text(f"  {vector.id:<8} {done:<6} {title_of(vector.id)}{times}  [{path}{finding['where']}]")
    for member in report["members"]:
        yield from _findings(member, f"{path}{member['name']}!/")

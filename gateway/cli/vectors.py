"""sekisho vectors [ID...]: the catalogue, and which of it this version treats."""

import argparse
import asyncio
import sys
from collections import Counter
from typing import Final

from rich.console import Console
from rich.table import Table

from gateway.cli.told import title_of
from gateway.cli.words import say
from gateway.workers import Workers
from policies.catalogue import CATALOGUE
from policies.terms import Vector

_HEAD: Final = """# Vectors

The catalogued ways to carry something other than content: what is done about each by default, the floor below which no
policy goes, and whether this version treats it. Written by `sekisho vectors --markdown`; a test holds it true.

"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """IDs or families; all when none is given."""
    parser.add_argument(
        "ids", nargs="*", metavar="ID", help=say("IDs or families, such as IMG-01 or ZIP", "IMG-01 や ZIP など")
    )
    parser.add_argument(
        "--markdown", action="store_true", help=say("as docs/vectors.md has it", "docs/vectors.md の形で")
    )


def run(options: argparse.Namespace) -> int:
    """Exit 2 for an ID that the catalogue does not have."""
    wanted = {identifier.upper() for identifier in options.ids}
    chosen = [v for v in CATALOGUE.values() if not wanted or v.id in wanted or v.family in wanted]
    unknown = wanted - {v.id for v in chosen} - {v.family for v in chosen}
    if unknown:
        print(say("no such vector: ", "該当する番号がありません: ") + ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    treated = asyncio.run(_treated())
    if options.markdown:
        print(as_markdown(chosen, treated), end="")
    else:
        _show(chosen, treated)
    return 0


async def _treated() -> frozenset[str]:
    """Asked of a worker: this tower knows no format."""
    workers = Workers(1)
    await workers.start()
    try:
        return workers.vectors
    finally:
        await workers.stop()


def as_markdown(chosen: list[Vector], treated: frozenset[str]) -> str:
    """docs/vectors.md: a count for each family, then every row."""
    families = Counter(v.family for v in chosen)
    done = Counter(v.family for v in chosen if v.id in treated)
    lines = ["| family | vectors | treated |", "|---|---:|---:|"]
    lines += [f"| {family} | {count} | {done[family]} |" for family, count in families.items()]
    lines += [
        f"| **all** | {families.total()} | {done.total()} |",
        "",
        "| ID | vector | 脅威 | default | floor | treated |",
        "|---|---|---|---|---|---|",
    ]
    for v in chosen:
        cells = (
            v.id,
            v.title,
            v.title_ja,
            v.default.name.lower(),
            v.least.name.lower(),
            "yes" if v.id in treated else "",
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return _HEAD + "\n".join(lines) + "\n"


def _show(chosen: list[Vector], treated: frozenset[str]) -> None:
    table = Table(box=None)
    for heading in (
        "ID",
        say("default", "既定"),
        say("floor", "下限"),
        say("treated", "対応"),
        say("vector", "脅威"),
        say("where", "場所"),
    ):
        table.add_column(heading, overflow="fold")
    for v in chosen:
        table.add_row(
            v.id, v.default.name.lower(), v.least.name.lower(), "✓" if v.id in treated else "", title_of(v.id), v.source
        )
    Console().print(table)

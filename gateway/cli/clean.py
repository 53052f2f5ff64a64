"""sekisho clean PATH... -o OUT: files and folders, without any server, through the same confined workers and judge."""

import argparse
import asyncio
import hashlib
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from gateway.audit.record import printable
from gateway.cli.told import findings_of, reason_in_words
from gateway.cli.words import say
from gateway.workers import Judged, Workers
from policies.load import load_policy
from policies.media import MEDIA_TYPES
from policies.model import Policy
from sanitizers.errors import Reason
from sanitizers.model import Order, Verdict

_AHEAD: Final = 2  # files under way for each worker slot: one running, one waiting in its socket


@dataclass(frozen=True, slots=True)
class Source:
    """A file to clean: where it is, and its name relative to the folder that was given."""

    path: Path
    name: str  # with forward slashes
    is_link: bool = False  # found in a folder, leading who knows where


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one source. `judged` is None when it could not even be read."""

    source: Source
    sha256: str | None
    judged: Judged | None


def arguments(parser: argparse.ArgumentParser) -> None:
    """As design.md has them."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "-o", "--out", required=True, type=Path, metavar="OUT", help=say("folder for the copies", "出力先")
    )
    parser.add_argument("--policy", default="default", metavar="NAME|FILE", help=say("policy", "適用するポリシー"))
    parser.add_argument(
        "--report", type=Path, metavar="FILE.jsonl", help=say("one JSON object a line", "結果（1行1件のJSON）")
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help=say("files at a time", "同時に処理する数")
    )
    parser.add_argument(
        "--password-file", type=Path, metavar="N", help=say("passwords to try, one a line", "試すパスワード（1行1件）")
    )


def run(options: argparse.Namespace) -> int:
    """Exit 0: all delivered. 1: some withheld. 2: usage or internal error."""
    policy = load_policy(options.policy)
    try:
        passwords = _passwords(options.password_file)
        sources = list(_sources(options.paths))
        _refuse_overlap(sources, options.out, options.report)
        options.out.mkdir(parents=True, exist_ok=True)
        report = options.report.open("w", encoding="utf-8") if options.report else None
    except (OSError, ValueError) as error:
        print(f"sekisho clean: {error}", file=sys.stderr)
        return 2
    with report or nullcontext():
        return asyncio.run(_clean(sources, policy, passwords, max(1, options.jobs), options.out, report))


def _passwords(file: Path | None) -> tuple[str, ...]:
    return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line) if file else ()


def _sources(paths: list[Path]) -> Iterator[Source]:
    """Every regular file below the given paths, in one order for ever; several folders keep their own names apart.

    A link in a folder may lead anywhere: it is not followed, and told as a file that cannot be had.
    """
    folders = [path for path in paths if path.is_dir()]
    for path in paths:
        if path.is_dir():
            prefix = f"{path.resolve().name}/" if len(folders) > 1 else ""
            for found in sorted(_below(path)):
                yield Source(found, prefix + found.relative_to(path).as_posix(), found.is_symlink())
        elif path.is_file():
            yield Source(path, path.name)
        else:
            raise ValueError(say(f"no such file or folder: {path}", f"ファイルまたはフォルダーがありません: {path}"))


def _below(folder: Path) -> Iterator[Path]:
    """Regular files, and folders that cannot be looked into: these fail when they are opened, and are told so."""
    closed: list[OSError] = []
    for parent, _, names in os.walk(folder, onerror=closed.append):
        yield from (found for name in names if (found := Path(parent, name)).is_file())
    yield from (Path(error.filename) for error in closed)


def _refuse_overlap(sources: list[Source], out: Path, report: Path | None) -> None:
    """Neither a copy nor the report may ever take the place of an original."""
    target = out.resolve()
    for source in sources:
        if report is not None and report.exists() and report.samefile(source.path):
            raise ValueError(
                say(
                    f"{report} is an original; choose another file for the report",
                    f"{report} は原本です。結果には別のファイルを指定してください",
                )
            )
        if source.path.resolve().is_relative_to(target):
            raise ValueError(
                say(
                    f"{out} holds originals; choose another folder",
                    f"{out} に原本があります。別のフォルダーを指定してください",
                )
            )


async def _clean(
    sources: list[Source], policy: Policy, passwords: tuple[str, ...], jobs: int, out: Path, report: TextIO | None
) -> int:
    workers = Workers(jobs)
    await workers.start()
    counts: Counter[Verdict] = Counter()
    taken: set[str] = set()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
            task = progress.add_task(say("sanitizing", "無害化中"), total=len(sources))
            async for result in _in_order(sources, workers, policy, passwords, jobs * _AHEAD):
                line = _deliver(result, out, taken)
                counts[Verdict(line["verdict"])] += 1
                if report:
                    report.write(json.dumps(line, ensure_ascii=False) + "\n")
                    report.flush()
                else:
                    _print(line, progress.console)
                progress.advance(task)
    finally:
        await workers.stop()
    console.print(", ".join(f"{verdict} {counts[verdict]}" for verdict in Verdict if counts[verdict]) or "0")
    return 1 if counts[Verdict.BLOCKED] + counts[Verdict.FAILED] else 0


async def _in_order(
    sources: list[Source], workers: Workers, policy: Policy, passwords: tuple[str, ...], window: int
) -> AsyncIterator[Result]:
    """Results in the order of the sources, with at most `window` files under way."""
    running: list[asyncio.Task[Result]] = []
    try:
        for source in sources:
            running.append(asyncio.create_task(_one(source, workers, policy, passwords)))
            if len(running) >= window:
                yield await running.pop(0)
        while running:
            yield await running.pop(0)
    finally:
        for task in running:
            task.cancel()


async def _one(source: Source, workers: Workers, policy: Policy, passwords: tuple[str, ...]) -> Result:
    # No digest in the order: somebody may write to it meanwhile, so the worker hashes what it reads.
    order = Order(name=source.path.name, policy=policy, passwords=passwords)
    if source.is_link:
        return Result(source, None, None)
    try:
        with source.path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size > policy.limits.max_input_bytes:
                return Result(source, None, None)
            digest = (await asyncio.to_thread(hashlib.file_digest, file, "sha256")).hexdigest()
            file.seek(0)
            return Result(source, digest, await workers.sanitize(order, file.fileno()))
    except OSError:
        return Result(source, None, None)


def _deliver(result: Result, out: Path, taken: set[str]) -> dict[str, Any]:
    """Write the copy below `out` and answer with the report's line."""
    judged = result.judged
    if judged is None:
        source = result.source
        too_large = not source.is_link and source.path.is_file() and os.access(source.path, os.R_OK)
        reason = Reason.LIMIT if too_large else Reason.UNAVAILABLE
        verdict = Verdict.FAILED if reason.is_ours else Verdict.BLOCKED
        return _line(result, verdict, None, None, reason)
    report = judged.report
    if judged.copy is None:
        return _line(result, report.verdict, None, None, report.reason)
    if report.sha256_in != result.sha256:  # the worker spoke of other bytes than those it was given
        os.close(judged.copy.fd)
        return _line(result, Verdict.FAILED, None, None, Reason.NONSENSE)
    folder = result.source.name.rpartition("/")[0]
    name = _free_name(f"{folder}/{report.name}" if folder else report.name, taken)
    try:
        _write(judged.copy.fd, judged.copy.size, out / name)
    except OSError:  # no room, or something else stands there; the other files may do better
        return _line(result, Verdict.FAILED, None, None, Reason.UNAVAILABLE)
    finally:
        os.close(judged.copy.fd)
    return _line(result, report.verdict, name, judged.copy.sha256, None)


def _free_name(name: str, taken: set[str]) -> str:
    """`name`, or with " (2)" and so on before its extension where another source's copy has it already."""
    stem, dot, extension = name.rpartition(".")
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{stem} ({number}).{extension}" if dot else f"{name} ({number})"
    taken.add(free.casefold())
    return free


def _write(copy: int, size: int, target: Path) -> None:
    """A reader of `target` sees the whole copy or none of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f".sekisho-{os.getpid()}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        done = 0
        while done < size:
            done += os.sendfile(descriptor, copy, done, size - done)
        part.replace(target)
    finally:
        os.close(descriptor)
        part.unlink(missing_ok=True)


def _line(
    result: Result, verdict: Verdict, output: str | None, digest: str | None, reason: Reason | None
) -> dict[str, Any]:
    judged = result.judged
    media_type = judged.report.media_type if judged else ""
    kind = MEDIA_TYPES.get(media_type)
    return {
        "source": printable(result.source.name),
        "sha256": result.sha256,
        "format": kind.extensions[0] if kind else media_type.rpartition("/")[2] or None,
        "verdict": verdict,
        "output": None if output is None else printable(output),
        "output_sha256": digest,
        "findings": findings_of(judged.report) if judged else [],
        "reason": reason,
        "elapsed_ms": round((judged.ended_ns - judged.started_ns) / 1e6, 1) if judged else 0,
    }


def _print(line: dict[str, Any], console: Console) -> None:
    reason = f"  {reason_in_words(Reason(line['reason']))}" if line["reason"] else ""
    vectors = " ".join(sorted({finding["vector"] for finding in line["findings"] if finding["action"] != "kept"}))
    name = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line["source"])
    console.print(Text(f"{line['verdict']:<9} {name}{reason}  {vectors}".rstrip()), soft_wrap=True)

"""The command line: each target in a child of its own, two at a time, guided by coverage (atheris).

Instrumented and warm is the parent, once for all of them, as in the zygote: that takes longer than a short run.
"""

import argparse
import contextlib
import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[2]
_SLOWEST_S = 25  # one input; beyond it counts as a hang
_MEMORY_MB = 3072
_MOST_BYTES = 131_072
_TOLD_LINES = 40


def main() -> int:
    """Fuzz, tell, and exit 1 when something was found. What was found is kept where the message says."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--seconds", type=int, default=600, help="for each target")
    parser.add_argument("--finds", type=Path, default=ROOT / "tests/corpus/found", help="where finds are kept")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the mutations; 0: another each time")
    given = parser.parse_args()
    quiet = contextlib.redirect_stderr(io.StringIO())  # a line for each module
    with quiet, atheris.instrument_imports(include=["sanitizers", "policies"]):
        from tests.fuzz.targets import TARGETS
    from sanitizers.worker import warmup

    names = given.targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        parser.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    warmup.sanitizing().warm()
    folder, parent = Path(tempfile.mkdtemp(prefix="sekisho-fuzz-")), os.getpid()
    try:
        return max(_all(names, given, folder))
    finally:  # a child comes by here too
        if os.getpid() == parent:
            shutil.rmtree(folder)


def _all(names: list[str], given: argparse.Namespace, folder: Path) -> Iterator[int]:
    """Each target's answer as it ends: 1 when something was found."""
    waiting, running = names[::-1], dict[int, str]()
    while waiting or running:
        while waiting and len(running) < given.jobs:
            name = waiting.pop()
            pid = os.fork()
            if pid == 0:
                _fuzz(name, given, folder)
            running[pid] = name
        pid, status = os.wait()
        name = running.pop(pid)
        _tell(name, status, (folder / f"{name}.log").read_text(errors="replace").splitlines())
        yield int(status != 0)


def _tell(name: str, status: int, told: list[str]) -> None:
    told = [line for line in told if not line.startswith("INFO: Instrumenting")]
    last = next((line for line in reversed(told) if "exec/s" in line or line.startswith("Done")), "no run")
    print(f"{name:<10} {'FOUND' if status else 'ok   '} {last}", flush=True)
    if status:
        print("\n".join(f"    {line}" for line in told[-_TOLD_LINES:]), flush=True)


def _fuzz(name: str, given: argparse.Namespace, folder: Path) -> None:
    """What a child does. libFuzzer ends the process, and keeps what was found when Python exits."""
    from tests.fuzz.mutators import Mutator
    from tests.fuzz.targets import TARGETS

    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    target, seeds, place = TARGETS[name], folder / name, given.finds / name
    mutator, files = Mutator(lambda piece, most: atheris.Mutate(piece, most)), list(target.seeds())
    mutator.learn(files)
    for needed in (seeds, place):
        needed.mkdir(parents=True, exist_ok=True)
    for data in files:
        (seeds / hashlib.sha256(data).hexdigest()).write_bytes(data)
    options = (
        f"-max_total_time={given.seconds}",
        f"-seed={given.seed}",
        f"-timeout={_SLOWEST_S}",
        f"-rss_limit_mb={_MEMORY_MB}",
        f"-max_len={_MOST_BYTES}",
        f"-artifact_prefix={place}/",
    )
    atheris.Setup([sys.argv[0], *options, str(seeds)], target.act, custom_mutator=mutator)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())

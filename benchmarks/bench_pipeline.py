"""Rebuilding in this process: the whole pipeline beside the bare codecs of `floors`, and what the judge adds.

Where peers are installed, they stand in the same rounds: libmat2 in process, exiftool as one process a file. So does,
for pictures, the prototype of a least rebuild where SEKISHO_PEERS names its folder (`prototype.py`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

from benchmarks import floors, prototype
from benchmarks.bench import Case, Figure, main, measure, repeated
from benchmarks.load import NAMES, load
from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

_POLICY = load_policy("default")
_MAT2 = ("photo12.jpg", "photo_small.jpg", "screen.png")
_PICTURES = (".jpg", ".png")


@cache
def _order(name: str, *, measures: bool) -> Order:
    """As the gateway asks a worker, which leaves both digests to it, or as whoever has no gateway asks."""
    digest = None if measures else hashlib.sha256(load(name)).hexdigest()
    return Order(name=name, policy=_POLICY, sha256=digest, measures_copy=measures)


def _pipeline(name: str, *, measures: bool = False) -> None:
    outcome = sanitize(load(name), _order(name, measures=measures))
    assert outcome.data is not None, outcome.report


def _cases() -> Iterator[Case]:
    least = prototype.full([])
    for name in NAMES:
        size, floor = len(load(name)), f"floor: {name}"
        outcome = sanitize(load(name), _order(name, measures=True))
        assert outcome.data is not None, outcome.report
        yield Case(floor, size, repeated(floors.OF[name]()))
        yield Case(f"pipeline: {name}", size, repeated(partial(_pipeline, name)), floor)
        yield Case(f"pipeline with digests: {name}", size, repeated(partial(_pipeline, name, measures=True)), floor)
        if least is not None and name.endswith(_PICTURES):
            yield Case(f"prototype, full: {name}", size, repeated(partial(least, name, load(name))), floor)
        word = partial(judge, outcome.data, outcome.report.released_type, _POLICY)
        assert word().accepted, word()
        yield Case(f"judge: {name}", len(outcome.data), repeated(word), floor)
    yield from _peers()


def _peers() -> Iterator[Case]:
    """Whole processes: their figure holds the start of an interpreter, as whoever uses them pays it."""
    commands = {"mat2": ["mat2", "--inplace"], "exiftool": ["exiftool", "-q", "-overwrite_original", "-all="]}
    for peer, command in commands.items():
        if shutil.which(command[0]) is None:
            print(f"not installed, left out: {peer}", file=sys.stderr)
            continue
        for name in _MAT2:
            yield Case(f"{peer} (process): {name}", len(load(name)), partial(_run, command, name), f"floor: {name}")
    if shutil.which("mat2") is not None:
        for name in _MAT2:
            yield Case(f"mat2 (in process): {name}", len(load(name)), partial(_in_process, name), f"floor: {name}")


def _in_process(name: str) -> float:
    """By the interpreter that mat2 itself is run by: it takes libraries of the system."""
    interpreter = (
        Path(shutil.which("mat2") or "").read_text(encoding="utf-8").splitlines()[0].removeprefix("#!").split()
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(load(name))
        words = [*interpreter, str(Path(__file__).with_name("mat2ing.py")), str(file), "3"]
        return float(subprocess.run(words, capture_output=True, check=True).stdout)


def _run(command: list[str], name: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(load(name))
        before = os.times()
        subprocess.run([*command, str(file)], capture_output=True, check=False)
        after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    return measure(list(_cases()), rounds)


if __name__ == "__main__":
    main("Pipeline in process", take)

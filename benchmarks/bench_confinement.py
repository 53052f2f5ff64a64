"""What confinement costs a file: sanitizer and judge in one process, in two forks, in two forks behind all locks.

The first is what an unconfined service would pay, the second the price of a process for each file and role, the
difference of the last two that of the locks themselves.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.bench import Case, Figure, main, measure
from benchmarks.load import load
from gateway.zygotes import ENVIRONMENT
from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize

FILES = ("text37k.txt", "photo_small.jpg", "screen.png", "photo12.jpg")
_CONFINING = str(Path(__file__).with_name("confining.py"))
_WAYS = {"here": "unconfined", "fork": "a fork each", "locks": "confined"}


def _cost(steps: tuple[tuple[str, ...], ...], way: str, times: int) -> float:
    total = 0.0
    for step in steps:
        words = [sys.executable, "-I", _CONFINING, *step, "--times", str(times), "--way", way]
        total += float(subprocess.run(words, capture_output=True, check=True, env=dict(ENVIRONMENT)).stdout)
    return total


def _cases(folder: Path) -> Iterator[Case]:
    for name in FILES:
        data = load(name)
        outcome = sanitize(data, Order(name=name, policy=load_policy("default")))
        assert outcome.data is not None, outcome.report
        (folder / name).write_bytes(data)
        (folder / f"copy-{name}").write_bytes(outcome.data)
        steps = (
            ("--role", "sanitize", "--file", str(folder / name)),
            ("--role", "judge", "--file", str(folder / f"copy-{name}"), "--type", outcome.report.released_type),
        )
        times = 10 if len(data) > 1_000_000 else 40
        floor = f"unconfined: {name}"
        for way, title in _WAYS.items():
            case = f"{title}: {name}"
            yield Case(case, len(data), partial(_cost, steps, way, times), None if case == floor else floor)


def take(rounds: int) -> list[Figure]:
    """The figures of this benchmark."""
    with tempfile.TemporaryDirectory() as folder:
        return measure(list(_cases(Path(folder))), rounds)


if __name__ == "__main__":
    main("Confinement", take)

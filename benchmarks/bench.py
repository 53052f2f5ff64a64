"""Measuring: CPU time, every case once a round in a new random order, each beside its floor of the same round.

Wall-clock time on a shared machine says little; CPU time says what a file costs. The best round is the figure to
compare, the median tells how quiet the machine was. A ratio is taken between best rounds.
"""

import argparse
import json
import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_LEAST_S = 0.02  # a shorter case is repeated until it has filled this


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to measure. `cost` does it once or several times and answers CPU seconds a time."""

    name: str
    size: int  # bytes of input
    cost: Callable[[], float]
    floor: str | None = None  # name of the case that it stands beside


@dataclass(frozen=True, slots=True)
class Figure:
    """What came out for one case."""

    name: str
    size: int
    best_ms: float
    median_ms: float
    floor: str | None
    ratio: float | None  # best to the floor's best
    above_ms: float | None  # best less the floor's best


def measure(cases: Sequence[Case], rounds: int) -> list[Figure]:
    """Every case `rounds` times, in an order that is another one each round."""
    costs: dict[str, list[float]] = {case.name: [] for case in cases}
    assert len(costs) == len(cases), "two cases of one name"
    order, dice = list(cases), random.Random(1)
    for _ in range(rounds):
        dice.shuffle(order)
        for case in order:
            costs[case.name].append(case.cost() * 1000)
    return [_figure(case, costs) for case in cases]


def _figure(case: Case, costs: dict[str, list[float]]) -> Figure:
    own = costs[case.name]
    floor = min(costs[case.floor]) if case.floor else None
    return Figure(
        name=case.name,
        size=case.size,
        best_ms=round(min(own), 4),
        median_ms=round(statistics.median(own), 4),
        floor=case.floor,
        ratio=round(min(own) / floor, 2) if floor else None,
        above_ms=round(min(own) - floor, 4) if floor is not None else None,
    )


def repeated(act: Callable[[], object]) -> Callable[[], float]:
    """The cost of an act in this process, repeated while it is short."""

    def cost() -> float:
        times, begin, started = 0, time.process_time(), time.perf_counter()
        while not times or time.perf_counter() - started < _LEAST_S:
            act()
            times += 1
        return (time.process_time() - begin) / times

    return cost


def cpu_seconds_of(pid: int) -> float:
    """CPU time that a living process has taken so far, to the nanosecond; its dead children are not in it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def table(title: str, figures: Sequence[Figure]) -> str:
    """For reading."""
    lines = [f"{title:<52}{'bytes':>10}{'best ms':>10}{'median':>10}{'ratio':>8}{'above ms':>10}"]
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        above = "" if figure.above_ms is None else f"{figure.above_ms:.3f}"
        lines.append(
            f"{figure.name:<52}{figure.size:>10}{figure.best_ms:>10.3f}{figure.median_ms:>10.3f}{ratio:>8}{above:>10}"
        )
    return "\n".join(lines)


def as_values(figures: Sequence[Figure]) -> dict[str, Any]:
    """For a file."""
    return {"machine": machine(), "figures": [asdict(figure) for figure in figures]}


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    words = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("model name")[2]
    return {
        "processor": words.partition("\n")[0].strip("\t :") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def main(title: str, take: Callable[[int], list[Figure]]) -> None:
    """The command line of one benchmark."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    given = parser.parse_args()
    figures = take(given.rounds)
    print(table(title, figures))
    if given.out:
        given.out.write_text(json.dumps(as_values(figures), indent=1) + "\n", encoding="utf-8")

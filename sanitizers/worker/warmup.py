"""What each role runs, loaded and used once before the first fork: a locked child can open nothing.

A module whose library needs a file at its first use (a plugin, a codec, a table) has a `warm()`, which takes a sample
of its own through its whole length. The judge's process loads none of the sanitizers.
"""

import json
import os
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from policies.kits import LIGHT_TYPES, Kit
from policies.model import Policy
from policies.terms import Vector
from sanitizers import wire
from sanitizers.errors import LimitError, Reason
from sanitizers.model import Order, Report, Verdict
from sanitizers.worker import samples
from sanitizers.worker.child import Answer, Program

_ROOMS: Final = ("sanitizers.", "policies.")
_KNOWN_CASES: Final = 64  # there are as many as policies and types
_TIMES: Final = 12  # from the eighth on, CPython 3.11 specialises what it runs
_SAMPLE: Final = Policy(name="sample", admit=LIGHT_TYPES)


@dataclass(frozen=True, slots=True)
class Role:
    """One of the two things that a zygote's children do."""

    read: Callable[[bytes], object]  # from a task's frame to what the program is asked for; in the zygote
    program: Program
    sample: bytes  # a frame to try both with
    usual: tuple[tuple[bytes, bytes], ...] = ()  # frames and files as they come

    def warm(self) -> None:
        """Every loaded room that has something to warm, then the way from frame to frame."""
        for name in sorted(sys.modules):
            if name.startswith(_ROOMS) and (warm := getattr(sys.modules[name], "warm", None)):
                warm()
        self.program(b"sample", self.read(self.sample))
        for _ in range(_TIMES):
            for frame, file in self.usual:
                self.program(file, self.read(frame))


def sanitizing(kit: Kit = Kit.WHOLE) -> Role:
    """Order and file in, report and copy out."""
    if kit is Kit.LIGHT:
        from sanitizers.light import sanitize
    else:
        from sanitizers.pipeline import sanitize

    def program(untrusted: bytes, order: Order) -> Answer:
        # The gateway digests the sealed bytes: those count, and it would not believe ours.
        outcome = sanitize(untrusted, replace(order, measures_copy=False))
        try:
            return Answer(wire.encode_report(outcome.report), outcome.data)
        except LimitError:
            return Answer(wire.encode_report(_too_much_to_tell(outcome.report)))

    return Role(
        wire.decode_order,
        program,
        wire.encode_order(Order(name="sample.txt", policy=_SAMPLE)),
        tuple((wire.encode_order(Order(name=name, policy=_SAMPLE)), data) for name, data in samples.SENT),
    )


def judging(kit: Kit = Kit.WHOLE) -> Role:
    """Media type, policy and copy in, opinion out."""
    if kit is Kit.LIGHT:
        from sanitizers.verify.light import judge
    else:
        from sanitizers.verify.judge import judge

    def program(untrusted: bytes, case: tuple[str, Policy]) -> Answer:
        return Answer(wire.encode_opinion(judge(untrusted, *case)))

    return Role(
        lru_cache(_KNOWN_CASES)(wire.decode_case),
        program,
        wire.encode_case("text/plain", _SAMPLE),
        tuple((wire.encode_case(media_type, _SAMPLE), data) for media_type, data in samples.COPIES),
    )


ROLES: Final[Mapping[str, Callable[[Kit], Role]]] = MappingProxyType({"sanitize": sanitizing, "judge": judging})


def versions() -> dict[str, str]:
    """Of Sekisho, of Python, and of every installed library that is loaded now.

    Found by a child of its own: what it takes to find them would weigh on every later fork.
    """
    ours, childs = os.pipe()
    if os.fork() == 0:
        try:
            os.write(childs, json.dumps(_versions()).encode())
        finally:
            os._exit(0)
    os.close(childs)
    with os.fdopen(ours, "rb") as told:
        found: dict[str, str] = json.load(told)
    os.wait()
    return found


def _versions() -> dict[str, str]:
    from importlib import metadata

    rooms = {name.partition(".")[0] for name in sys.modules if not name.startswith("_")}
    packages = metadata.packages_distributions()
    loaded = {distribution for room in rooms for distribution in packages.get(room, ())}
    found = {name.lower(): metadata.version(name) for name in sorted(loaded | {"sekisho"})}
    version = sys.version_info
    return found | {"python": f"{version.major}.{version.minor}.{version.micro}", "zlib": zlib.ZLIB_RUNTIME_VERSION}


def vectors() -> frozenset[str]:
    """IDs of the vectors that a loaded module names as constants: those are treated."""
    rooms = [module for name, module in sys.modules.items() if name.startswith(_ROOMS)]
    return frozenset(value.id for module in rooms for value in vars(module).values() if isinstance(value, Vector))


def _too_much_to_tell(report: Report) -> Report:
    return replace(
        report,
        verdict=Verdict.BLOCKED,
        reason=Reason.LIMIT,
        sha256_out=None,
        rebuild=None,
        copy_type=None,
        name="",
        findings=(),
        members=(),
    )

"""What each role runs, loaded and used once before the first fork: a locked child can open nothing.

A module whose library needs a file at its first use (a plugin, a codec, a table) has a `warm()`, which takes a sample
of its own through its whole length. The judge's process loads none of the sanitizers.
"""

import platform
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from types import MappingProxyType
from typing import Final

from policies.model import Policy
from policies.terms import Vector
from sanitizers import wire
from sanitizers.errors import LimitError, Reason
from sanitizers.model import Order, Report, Verdict
from sanitizers.worker.child import Answer, Program

_ROOMS: Final = ("sanitizers.", "policies.")
_SAMPLE: Final = Policy(name="sample")


@dataclass(frozen=True, slots=True)
class Role:
    """One of the two things that a zygote's children do, and a frame to try it with."""

    program: Program
    sample: bytes

    def warm(self) -> None:
        """Every loaded room that has something to warm, then the way from frame to frame."""
        for name in sorted(sys.modules):
            if name.startswith(_ROOMS) and (warm := getattr(sys.modules[name], "warm", None)):
                warm()
        self.program(b"sample", self.sample)


def sanitizing() -> Role:
    """Order and file in, report and copy out."""
    from sanitizers.pipeline import sanitize

    def program(untrusted: bytes, frame: bytes) -> Answer:
        outcome = sanitize(untrusted, wire.decode_order(frame))
        try:
            return Answer(wire.encode_report(outcome.report), outcome.data)
        except LimitError:
            return Answer(wire.encode_report(_too_much_to_tell(outcome.report)))

    return Role(program, wire.encode_order(Order(name="sample.txt", policy=_SAMPLE)))


def judging() -> Role:
    """Media type, policy and copy in, opinion out."""
    from sanitizers.verify.judge import judge

    def program(untrusted: bytes, frame: bytes) -> Answer:
        media_type, policy = wire.decode_case(frame)
        return Answer(wire.encode_opinion(judge(untrusted, media_type, policy)))

    return Role(program, wire.encode_case("text/plain", _SAMPLE))


ROLES: Final[Mapping[str, Callable[[], Role]]] = MappingProxyType({"sanitize": sanitizing, "judge": judging})


def versions() -> dict[str, str]:
    """Of Sekisho, of Python, and of every installed library that is loaded now."""
    rooms = {name.partition(".")[0] for name in sys.modules if not name.startswith("_")}
    packages = metadata.packages_distributions()
    loaded = {distribution for room in rooms for distribution in packages.get(room, ())}
    found = {name.lower(): metadata.version(name) for name in sorted(loaded | {"sekisho"})}
    return found | {"python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION}


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
        name="",
        findings=(),
        members=(),
    )

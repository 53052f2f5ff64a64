"""Hands files to the confined processes and believes nothing that comes back.

Trust: the report, the copy and the opinion were made by processes that read hostile bytes. Lengths are looked at before
reading, the digest of a copy is ours, over sealed memory, names are cleaned once more, and only what the judge accepts
becomes a Copy.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import structlog

from gateway import memory
from gateway.crew import Crew
from gateway.turns import Turns
from gateway.zygotes import Ending, Source, command
from policies.kits import Kit, kit_for_name, kit_for_type
from policies.media import fits
from policies.model import Policy
from policies.names import clean_name
from sanitizers import wire
from sanitizers.errors import LimitError, Reason, SandboxError, WireError
from sanitizers.model import Check, Opinion, Order, Report, Verdict
from sanitizers.wire import Exit, How

_GRACE_S: Final = 10.0  # what a zygote may be late before it counts as hung
_UNKNOWN_TYPE: Final = "application/octet-stream"

_REASONS: Final[Mapping[How, Reason]] = {How.TIMED_OUT: Reason.TIMEOUT, How.OUT_OF_MEMORY: Reason.OUT_OF_MEMORY}

_T = TypeVar("_T")
_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copy:
    """A judged, sealed copy."""

    fd: int  # sealed memfd, read-only use, offset 0; the owner closes it
    size: int
    sha256: str  # computed on this side


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of one file."""

    report: Report  # as checked; FAILED with a Reason when the worker or the judge did not finish or refused
    opinion: Opinion | None
    copy: Copy | None  # None exactly when withheld
    started_ns: int
    ended_ns: int
    cpu_ms: float

    def __post_init__(self) -> None:
        assert (self.copy is not None) == self.report.verdict.is_released
        assert self.copy is None or (self.opinion is not None and self.opinion.accepted)


class _WithheldError(Exception):
    """There is no answer that could be used; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class _ElsewhereError(Exception):
    """A zygote has not loaded what this file needs."""


class _LostError(Exception):
    """The zygote went away: the task may be given again."""


@dataclass(frozen=True, slots=True)
class _Unjudged:
    """What a sanitizer wrote, sealed and measured. Not a Copy yet."""

    fd: int
    size: int
    sha256: str


@dataclass(slots=True)
class _Cost:
    """CPU time that one file's processes have taken."""

    us: int = 0


class Workers:
    """The sanitizing and the judging processes. Several files at a time, each in processes of its own."""

    def __init__(
        self,
        slots: int,
        *,
        is_judge_only: bool = False,
        has_light_kit: bool = True,
        grace_s: float = _GRACE_S,
        command: Source = command,
    ) -> None:
        roles = ("judge",) if is_judge_only else ("sanitize", "judge")
        self._kits = tuple(Kit) if has_light_kit and not is_judge_only else (Kit.WHOLE,)
        self._crews = {
            (role, kit): Crew(role, kit, slots, grace_s, command) for role in roles for kit in reversed(self._kits)
        }
        self._turns = Turns(slots)
        self.versions: Mapping[str, str] = {}
        self.vectors: frozenset[str] = frozenset()  # IDs of those that this version treats
        self.tier = 4
        self.tier_name = ""

    async def start(self) -> None:
        """Have all ready. Raises SandboxError when a process does not start or its locks do not hold."""
        starting = [asyncio.create_task(crew.start()) for crew in self._crews.values()]
        await asyncio.wait(starting)
        failed = [error for error in map(asyncio.Task.exception, starting) if error is not None]
        if failed:
            await self.stop()
            raise failed[0]
        hellos = [task.result() for task in starting]
        self.versions = {name: version for hello in hellos for name, version in hello.versions.items()}
        self.vectors = hellos[0].vectors  # of the whole kit
        weakest = max(hellos, key=lambda hello: hello.tier)
        self.tier, self.tier_name = weakest.tier, weakest.tier_name

    async def stop(self) -> None:
        """End every process; files under way fail."""
        await asyncio.gather(*(crew.stop() for crew in self._crews.values()))

    @property
    def pids(self) -> dict[str, int]:
        """The zygotes in service: "judge" is the judge's with the whole kit, "judge-light" that with the light one."""
        return {
            role if kit is Kit.WHOLE else f"{role}-{kit}": crew.zygote.pid
            for (role, kit), crew in self._crews.items()
            if crew.zygote is not None
        }

    async def sanitize(self, order: Order, input_fd: int) -> Judged:
        """Rebuild one file and have the copy judged. Never raises for the file's fault; cancelling ends its processes.

        `input_fd` is a regular file or memfd that cannot be written through it; it stays the caller's.
        """
        assert memory.is_read_only(input_fd)
        async with self._turns.turn(os.fstat(input_fd).st_size):
            started_ns, cost = time.time_ns(), _Cost()
            try:
                report, opinion, copy = await self._sanitize(order, input_fd, cost)
            except _WithheldError as error:
                report, opinion, copy = await _report_of_ours(order, input_fd, error.reason), None, None
            return Judged(
                report=report,
                opinion=opinion,
                copy=copy,
                started_ns=started_ns,
                ended_ns=time.time_ns(),
                cpu_ms=cost.us / 1000,
            )

    async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
        """The judge's word on a copy from elsewhere. A judge that does not finish refuses."""
        assert memory.is_read_only(fd)
        async with self._turns.turn(os.fstat(fd).st_size):
            try:
                return await _twice(lambda: self._ask_judge(fd, media_type, policy, _Cost()))
            except _WithheldError as error:
                return Opinion(False, Check.LIMITS, f"the judge did not finish: {error.reason}")

    async def _sanitize(self, order: Order, input_fd: int, cost: _Cost) -> tuple[Report, Opinion | None, Copy | None]:
        report, rebuilt = await _twice(lambda: self._rebuild(order, input_fd, cost))
        if rebuilt is None:
            return report, None, None
        with ExitStack() as undo:
            undo.callback(os.close, rebuilt.fd)
            try:
                opinion = await _twice(
                    lambda: self._ask_judge(rebuilt.fd, report.released_type, order.policy, cost),
                )
            except _WithheldError as error:
                return _withhold(report, error.reason), None, None
            if not opinion.accepted:
                return _withhold(report, Reason.REFUSED_BY_JUDGE), opinion, None
            undo.pop_all()
            return report, opinion, Copy(rebuilt.fd, rebuilt.size, rebuilt.sha256)

    async def _rebuild(self, order: Order, input_fd: int, cost: _Cost) -> tuple[Report, _Unjudged | None]:
        try:
            frame = wire.encode_order(order)
        except LimitError as error:  # a name or a password of many thousand characters
            raise _WithheldError(Reason.LIMIT) from error
        try:
            return await self._rebuild_by(self._least(kit_for_name(order.name)), frame, order, input_fd, cost)
        except _ElsewhereError:
            return await self._rebuild_by(Kit.WHOLE, frame, order, input_fd, cost)

    async def _rebuild_by(
        self, kit: Kit, frame: bytes, order: Order, input_fd: int, cost: _Cost
    ) -> tuple[Report, _Unjudged | None]:
        with ExitStack() as undo:
            output = memory.output()
            undo.callback(os.close, output)
            report = _checked(
                await self._run("sanitize", kit, frame, order.policy, (input_fd,), (output,), cost), order
            )
            if not report.verdict.is_released:
                return report, None
            rebuilt = await _sealed(output, order.policy)
            undo.pop_all()
            return replace(report, sha256_out=rebuilt.sha256), rebuilt

    async def _ask_judge(self, fd: int, media_type: str, policy: Policy, cost: _Cost) -> Opinion:
        frame, kit = wire.encode_case(media_type, policy), self._least(kit_for_type(media_type))
        untrusted = await self._run("judge", kit, frame, policy, (fd,), (), cost)
        try:
            return wire.decode_opinion(untrusted)
        except WireError as error:
            raise _nonsense("opinion", error) from error

    def _least(self, kit: Kit) -> Kit:
        return kit if kit in self._kits else Kit.WHOLE

    async def _run(
        self,
        role: str,
        kit: Kit,
        frame: bytes,
        policy: Policy,
        inputs: tuple[int],
        outputs: tuple[int, ...],
        cost: _Cost,
    ) -> bytes:
        """What one child left on its report sheet, once it is dead."""
        limits, sheet = policy.limits, memory.report_sheet()
        try:
            crew = self._crews[role, kit]
            ending = await crew.run(frame, limits, limits.max_output_bytes, (*inputs, sheet, *outputs))
            cost.us += ending.ended.cpu_us if ending.ended else 0
            _raise_unless_answered(ending, may_be_elsewhere=kit is Kit.LIGHT and role == "sanitize")
            return os.pread(sheet, wire.REPORT_SHEET_BYTES, 0)
        except SandboxError as error:  # no zygote can be had
            raise _WithheldError(Reason.UNAVAILABLE) from error
        finally:
            os.close(sheet)


async def _twice(attempt: Callable[[], Awaitable[_T]]) -> _T:
    """Make an attempt, and once more when its zygote was lost. Nothing of the first is used."""
    try:
        return await attempt()
    except _LostError:
        pass
    try:
        return await attempt()
    except _LostError as error:
        raise _WithheldError(Reason.CRASHED) from error


def _raise_unless_answered(ending: Ending, *, may_be_elsewhere: bool) -> None:
    ended = ending.ended
    if ended is None:
        raise _WithheldError(Reason.TIMEOUT) if ending.is_overdue else _LostError
    reason = _REASONS.get(ended.how, Reason.CRASHED)
    if ended.how is How.EXITED:
        if ended.value == Exit.ANSWERED:
            return
        if ended.value == Exit.ELSEWHERE and may_be_elsewhere:
            raise _ElsewhereError
        reason = Reason.OUT_OF_MEMORY if ended.value == Exit.OUT_OF_MEMORY else Reason.CRASHED
    elif ended.how is How.KILLED and ended.value == signal.SIGXCPU:
        reason = Reason.TIMEOUT
    raise _WithheldError(reason)


def _checked(untrusted: bytes, order: Order) -> Report:
    """The report as far as it can be believed: well-formed, and it says nothing that the policy rules out."""
    try:
        report = wire.decode_report(untrusted)
    except WireError as error:
        raise _nonsense("report", error) from error
    name = clean_name(report.name).name
    if report.verdict.is_released and not (
        order.policy.admits(report.media_type) and fits(report.released_type, name.rpartition(".")[2])
    ):
        raise _nonsense("report")
    return replace(report, name=name)


async def _sealed(output: int, policy: Policy) -> _Unjudged:
    """Nobody writes to it from here on; what it is, we say, whatever the report calls it."""
    try:
        size = memory.seal(output)
    except OSError as error:  # seals that were not ours
        raise _nonsense("output", error) from error
    if not 0 < size <= policy.limits.max_output_bytes:
        raise _nonsense("output")
    return _Unjudged(output, size, await memory.sha256(output, size))


async def _report_of_ours(order: Order, input_fd: int, reason: Reason) -> Report:
    """For a file of which no worker has said anything that counts."""
    return Report(
        verdict=Verdict.FAILED if reason.is_ours else Verdict.BLOCKED,
        media_type=_UNKNOWN_TYPE,
        sha256_in=await memory.sha256(input_fd, os.fstat(input_fd).st_size),
        sha256_out=None,
        name=clean_name(order.name).name,
        reason=reason,
    )


def _withhold(report: Report, reason: Reason) -> Report:
    return replace(report, verdict=Verdict.FAILED, sha256_out=None, rebuild=None, copy_type=None, reason=reason)


def _nonsense(what: str, error: Exception | None = None) -> _WithheldError:
    _log.error("worker answered nonsense", what=what, error=type(error).__name__ if error else "")
    return _WithheldError(Reason.NONSENSE)

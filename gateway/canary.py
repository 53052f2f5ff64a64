"""The canary: files of ours with something live in them go through the workers at the start and every hour.

One that comes out with its feature, or comes out at all when it should not, ends the service: then nothing more is
released until somebody has looked. One that does not come back, for want of memory or time, is told and tried again.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from gateway import memory
from gateway.canaries import Canary, canaries
from gateway.workers import Judged, Workers
from policies.load import load_policy
from policies.model import Policy
from sanitizers.errors import SekishoError
from sanitizers.model import Order, Report

EVERY_S: Final = 3600.0
_log: Final = structlog.get_logger(__name__)


class CanaryError(SekishoError):
    """Something that must not come through came through: nothing may be released any more."""


class Watch:
    """Sends the canaries through, again and again."""

    def __init__(self, workers: Workers, files: Sequence[Canary] | None = None, *, every_s: float = EVERY_S) -> None:
        self._workers, self._files = workers, canaries() if files is None else files
        self._policy: Policy = load_policy("default")
        self._every_s = every_s
        self.last_ns: int | None = None  # when all of them came out as they should

    async def pass_through(self) -> list[str]:
        """All of them, once. Answers those that did not come back as they should. Raises CanaryError."""
        unfinished = []
        for canary in self._files:
            judged = await self._send(canary)
            try:
                wrong = _wrong(canary, judged)
            finally:
                if judged.copy is not None:
                    os.close(judged.copy.fd)
            if wrong is not None:
                raise CanaryError(f"{canary.name}: {wrong}")
            if not _is_as_expected(canary, judged.report):
                unfinished.append(f"{canary.name}: {judged.report.verdict}, {judged.report.reason or 'nothing found'}")
        if not unfinished:
            self.last_ns = time.time_ns()
        return unfinished

    async def keep_watch(self, on_failure: Callable[[str], None]) -> None:
        """For ever, until one comes out wrong."""
        while True:
            await asyncio.sleep(self._every_s)
            try:
                for told in await self.pass_through():
                    _log.error("canary did not come back", canary=told)
            except CanaryError as error:
                _log.critical("canary came out wrong", canary=str(error))
                on_failure(f"the canary came out wrong: {error}")
                return

    async def _send(self, canary: Canary) -> Judged:
        fd = os.memfd_create("canary", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(fd, canary.data)
            memory.seal(fd)
            return await self._workers.sanitize(Order(name=canary.name, policy=self._policy), fd)
        finally:
            os.close(fd)


def _wrong(canary: Canary, judged: Judged) -> str | None:
    """What must never be, in words."""
    if judged.copy is None:
        return None
    if canary.features is None:
        return "released"
    data = os.pread(judged.copy.fd, judged.copy.size, 0)
    left = [feature.decode("ascii") for feature in canary.features if feature in data]
    return f"still holds {', '.join(left)!r}" if left else None


def _is_as_expected(canary: Canary, report: Report) -> bool:
    is_told = any(finding.vector == canary.vector for told in (report, *report.members) for finding in told.findings)
    return is_told and report.verdict.is_released is (canary.features is not None)

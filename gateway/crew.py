"""The zygotes of one role with one kit: one in service, at most one in the making, old ones at their last tasks.

A lost one is replaced when it is next needed. After a crash, and after some thousand tasks, the next one is made ready
while the old one works on: what is forked from one process shares its memory layout and hash seed.
"""

import asyncio
from typing import Final

import structlog

from gateway.zygotes import Ending, Source, Zygote
from policies.kits import Kit
from policies.model import Limits
from sanitizers.errors import SandboxError
from sanitizers.wire import Hello

_TASKS_OF_ONE_ZYGOTE: Final = 5000

_log: Final = structlog.get_logger(__name__)


class Crew:
    """The zygotes of one role and kit."""

    def __init__(self, role: str, kit: Kit, seats: int, grace_s: float, source: Source) -> None:
        self._role = role
        self._kit = kit
        self._seats = seats
        self._grace_s = grace_s
        self._source = source
        self._serving: Zygote | None = None
        self._starting: asyncio.Task[Zygote] | None = None
        self._former: list[Zygote] = []
        self._is_stopped = False

    @property
    def zygote(self) -> Zygote | None:
        """The one in service."""
        return self._serving

    async def start(self) -> Hello:
        """Have one ready. Raises SandboxError."""
        return (await self._in_service()).hello

    async def stop(self) -> None:
        """End all of them, and wait until they are gone."""
        self._is_stopped = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        for zygote in [*self._former, *filter(None, [self._serving])]:
            zygote.end()
            await zygote.buried()

    async def run(self, frame: bytes, limits: Limits, output_bytes: int, descriptors: tuple[int, ...]) -> Ending:
        """One task by the zygote in service. Raises SandboxError when none can be had."""
        zygote = await self._in_service()
        ending = await zygote.run(frame, limits, output_bytes, descriptors)
        if zygote is self._serving and (ending.is_crash or zygote.tasks_given >= _TASKS_OF_ONE_ZYGOTE):
            self._start()
        return ending

    async def _in_service(self) -> Zygote:
        if self._serving is not None and not self._serving.is_lost:
            return self._serving
        starting = self._start()
        await asyncio.wait([starting])  # others wait for it too: one of them being cancelled is not its end
        if starting.cancelled():
            raise SandboxError("stopped")
        return starting.result()

    def _start(self) -> asyncio.Task[Zygote]:
        if self._starting is None:
            self._starting = asyncio.get_running_loop().create_task(self._replace())
            self._starting.add_done_callback(self._started)
        return self._starting

    async def _replace(self) -> Zygote:
        if self._is_stopped:
            raise SandboxError("stopped")
        new = await Zygote.start(self._role, self._kit, self._seats, self._grace_s, self._source)
        old = self._serving
        self._serving = new
        self._former = [zygote for zygote in self._former if not zygote.is_lost]
        if old is not None:
            self._former.append(old)
            old.retire()
        _log.info("zygote ready", role=self._role, kit=self._kit, pid=new.pid, tier=new.hello.tier)
        return new

    def _started(self, task: asyncio.Task[Zygote]) -> None:
        self._starting = None
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("zygote does not start", role=self._role, kit=self._kit, error=str(error))

"""The LGWAN side's service: asks the gateway for copies, proves them, stores them, says so.

Trust: nothing listens here. What comes from the gateway is hostile until signature, digest and this side's own judge
have spoken; what goes back is an id, a lease, a digest, a word of a closed list. Whatever cannot be proved is refused,
told in the audit log as an alarm, and leaves nothing behind.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

import structlog

from gateway.audit.epochs import EpochKeys
from gateway.audit.keeper import Keeper
from gateway.audit.keys import KeyFileError, Keys, SigningKey
from gateway.audit.log import AuditLog
from gateway.audit.recorder import Recorder
from gateway.audit.segments import LogError
from gateway.deliver import Manifest, Offer, Refusal, RefusedError, check_offer, return_address
from gateway.durable import make_folder
from gateway.receive.intake import Intake, Judge
from gateway.receive.numbers import Numbers
from gateway.receive.sequence import Arrival, OverflowingError
from gateway.receive.upstream import AnswerTooLongError, Upstream, UpstreamError
from gateway.receive.witness import Witness
from gateway.receiver_config import ReceiverConfig
from gateway.store import FolderStore, StoreError
from gateway.threads import in_thread
from gateway.toml_file import ConfigError
from gateway.workers import Workers
from sanitizers.errors import SandboxError

_SOON_S: Final = 1.0  # an empty answer that comes sooner was not waited for
_EXTEND_EVERY: Final = 1 / 3  # of a lease
_ACK_TRIES: Final = 3
_OURS: Final = frozenset({Refusal.STORAGE, Refusal.UNAVAILABLE})  # no alarm: nobody did anything wrong
_T = TypeVar("_T")
_log: Final = structlog.get_logger(__name__)


async def receive(config: ReceiverConfig, stop: asyncio.Event, judge: Judge | None = None) -> None:
    """Take copies in until `stop` is set.

    Raises PolicyError for what the operator must mend, and StoreError or LogError when this side can no longer be
    trusted: then nothing more is taken in.
    """
    keys = config.keys()
    async with AsyncExitStack() as stack:
        store, numbers, recorder = _opened(config, stack)
        stack.push_async_callback(recorder.close)
        await _keep_checkpoints(config, recorder, stack)
        judge = judge or await _own_judge(config, stack)
        upstream = await stack.enter_async_context(Upstream(config))
        intake = Intake(config, store, recorder, upstream, judge)
        role = {"role": "receiver", "consumer": config.consumer}
        await recorder.record([{"event": "started", **role}])
        witness = Witness(config.witnessed, config.consumer, keys, recorder)
        await _Receiver(config, keys, recorder, upstream, numbers, intake, witness).run(stop)
        await recorder.record([{"event": "stopped", **role}])


def _opened(config: ReceiverConfig, stack: AsyncExitStack) -> tuple[FolderStore, Numbers, Recorder]:
    try:
        store = FolderStore(config.store, config.limits.reserve_bytes)
        stack.callback(store.close)
        numbers = Numbers.load(store, config.consumer)
    except StoreError as error:
        raise ConfigError(str(config.store), None, "store", str(error)) from error
    try:
        return store, numbers, Recorder(AuditLog.open(config.audit))
    except (LogError, OSError) as error:
        raise ConfigError(str(config.audit), None, "audit", str(error)) from error


async def _keep_checkpoints(config: ReceiverConfig, recorder: Recorder, stack: AsyncExitStack) -> None:
    """This side's log has a key of its own, drawn at the first start."""
    path = config.log_key
    try:
        make_folder(path.parent, 0o700)
        key = SigningKey.load(path) if path.exists() else SigningKey.create(path)
        path.with_suffix(".pub").write_bytes(key.public_pem())
        keeper = Keeper(recorder, config.audit, key, EpochKeys(path.parent), config.places)
        await keeper.start()
    except (KeyFileError, LogError, OSError) as error:
        raise ConfigError(str(config.audit), None, "audit", str(error)) from error
    stack.push_async_callback(keeper.stop)


async def _own_judge(config: ReceiverConfig, stack: AsyncExitStack) -> Judge:
    workers = Workers(config.limits.slots, is_judge_only=True)
    stack.push_async_callback(workers.stop)
    try:
        await workers.start()
    except SandboxError as error:
        raise ConfigError("judge", None, "", f"does not start: {error}") from error
    return workers


@dataclass(slots=True)
class _Receiver:
    """Asks for as many copies as there are free slots, and takes each in beside the others."""

    config: ReceiverConfig
    keys: Keys
    recorder: Recorder
    upstream: Upstream
    numbers: Numbers
    intake: Intake
    witness: Witness
    troubles: int = 0  # in a row; they make the pauses longer
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then what is under way has `stop_s` to end. An error that is no copy's ends everything."""
        try:
            async with asyncio.TaskGroup() as group:
                stopping = group.create_task(stop.wait())
                most = self.config.limits.slots
                while not stopping.done():
                    most = await self._round(group, stopping, most)
                    await _first(stopping, asyncio.sleep(self._pause_s()))
                if self.running:
                    await asyncio.wait(self.running, timeout=self.config.limits.stop_s)
                for task in self.running:
                    task.cancel()
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        finally:
            await self._save_numbers()

    async def _round(self, group: asyncio.TaskGroup, stopping: "asyncio.Task[Any]", most: int) -> int:
        """One question, and a task for each copy that was offered. Answers with how many may be asked for next."""
        slots = self.config.limits.slots
        while len(self.running) >= slots and not stopping.done():
            await asyncio.wait({*self.running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        asked_at = time.monotonic()
        try:
            answer = await _first(stopping, self.upstream.lease(min(most, slots - len(self.running))))
            offers, checkpoint = answer or ([], None)
        except AnswerTooLongError:
            self.troubles += 1
            return 1
        except UpstreamError as error:
            self.troubles += 1
            _log.warning("the gateway does not answer", error=str(error))
            return most
        if offers:
            await self.witness.see(checkpoint)
            for offer, arrival in await self._announced(await self._proved(offers)):
                task = group.create_task(self._one(offer, arrival))
                self.running.add(task)
                task.add_done_callback(self.running.discard)
        else:
            self.troubles = self.troubles + 1 if time.monotonic() - asked_at < _SOON_S else 0
        return slots

    async def _proved(self, untrusted_offers: list[Any]) -> list[Offer]:
        """Those that hold, in the order of their numbers."""
        found = []
        for untrusted in untrusted_offers:
            try:
                found.append(await in_thread(None, partial(check_offer, untrusted, self.keys, self.config.consumer)))
            except RefusedError as error:
                await self._refuse(error, return_address(untrusted))
        return sorted(found, key=lambda offer: offer.manifest.seq)

    async def _announced(self, offers: list[Offer]) -> list[tuple[Offer, Arrival]]:
        """Each with what its number tells. Alarms are recorded, then the numbers kept, before anything is fetched."""
        found: list[tuple[Offer, Arrival]] = []
        for offer in offers:
            manifest, expected = offer.manifest, self.numbers.sequence.highest + 1
            try:
                arrival = self.numbers.sequence.announce(manifest.seq, manifest.id)
            except OverflowingError as error:
                await self._refuse(RefusedError(Refusal.REPLAYED, str(error)), (manifest.id, manifest.lease), manifest)
                continue
            if arrival is Arrival.AHEAD:
                await self._tell_gap("alarm", expected, manifest.seq - 1)
            elif arrival is Arrival.LATE:
                await self._tell_gap("cleared", manifest.seq, manifest.seq)
            found.append((offer, arrival))
        await self._save_numbers()
        return found

    async def _one(self, offer: Offer, arrival: Arrival) -> None:
        manifest = offer.manifest
        try:
            async with self._extending(manifest):
                await self.intake.take(offer, arrival)
        except RefusedError as error:
            await self._refuse(error, (manifest.id, manifest.lease), manifest)
            if error.reason.final is not None:
                self.numbers.sequence.settle(manifest.seq)
        except UpstreamError as error:
            await self._refuse(RefusedError(Refusal.UNAVAILABLE, str(error)), (manifest.id, manifest.lease), manifest)
        else:
            self.troubles = 0
            self.numbers.sequence.settle(manifest.seq)
            await self._acknowledge(manifest)

    async def _acknowledge(self, manifest: Manifest) -> None:
        """Without success the copy is offered again, and acknowledged then: it is stored in any case."""
        for _ in range(_ACK_TRIES):
            try:
                await self.upstream.ack(manifest.id, manifest.lease, manifest.sha256)
                _log.info("stored", id=manifest.id, seq=manifest.seq, size=manifest.size)
                return
            except UpstreamError as error:
                self.troubles += 1
                _log.warning("not acknowledged", id=manifest.id, error=str(error))
                if error.is_final:
                    return
                await asyncio.sleep(self._pause_s())

    async def _refuse(
        self, error: RefusedError, address: tuple[str, str] | None, manifest: Manifest | None = None
    ) -> None:
        """Record it, and say back the one word. What the other side then does is its own affair."""
        self.troubles += 1
        event: dict[str, Any] = {"consumer": self.config.consumer, "reason": error.reason.value}
        if address:
            event["id"] = address[0]
        if manifest:
            event |= {"delivery_seq": manifest.seq, "sha256": manifest.sha256}
        _log.error("not taken in", **event, detail=error.detail)
        await self.recorder.record([{"event": "refused" if error.reason in _OURS else "alarm", **event}])
        if address:
            try:
                await self.upstream.nack(*address, error.reason)
            except UpstreamError as failure:
                _log.warning("not said back", id=address[0], error=str(failure))

    async def _tell_gap(self, event: str, first: int, last: int) -> None:
        _log.error(
            "delivery numbers are missing" if event == "alarm" else "a missing number came", first=first, last=last
        )
        told = {"event": event, "consumer": self.config.consumer, "reason": "gap", "first": first, "last": last}
        await self.recorder.record([told])

    @asynccontextmanager
    async def _extending(self, manifest: Manifest) -> AsyncIterator[None]:
        """Keep the lease while the body runs. A lost one is no harm: the copy is offered again and known then."""

        async def extend() -> None:
            while True:
                await asyncio.sleep(self.config.limits.lease_s * _EXTEND_EVERY)
                try:
                    await self.upstream.extend(manifest.id, manifest.lease)
                except UpstreamError as error:
                    _log.warning("lease not extended", id=manifest.id, error=str(error))

        task = asyncio.create_task(extend())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _save_numbers(self) -> None:
        await in_thread(None, partial(self.numbers.save, self.numbers.told()))

    def _pause_s(self) -> float:
        """Longer with each trouble in a row, and never in step with other receivers."""
        if not self.troubles:
            return 0.0
        limits = self.config.limits
        most_s = min(limits.retry_most_s, limits.retry_first_s * (1 << min(self.troubles - 1, 30)))
        return most_s * random.uniform(0.5, 1.0)  # noqa: S311, no secret


async def _first(stopping: "asyncio.Task[Any]", work: Coroutine[Any, Any, _T]) -> _T | None:
    """The result of `work`, or None when `stopping` came first; then the work is cancelled."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])

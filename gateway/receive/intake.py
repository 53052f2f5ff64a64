"""One offered copy, from the signed manifest to its place in the store. Any doubt, and nothing of it stays."""

import hashlib
import os
import time
from collections import Counter
from typing import Protocol

from gateway.audit.record import timestamp
from gateway.audit.recorder import Recorder
from gateway.deliver import Manifest, Offer, Refusal, RefusedError
from gateway.receive.sequence import Arrival
from gateway.receive.upstream import Upstream
from gateway.receiver_config import ReceiverConfig
from gateway.store import FolderStore, Place, StoredBeforeError, StoreFullError
from gateway.threads import in_thread
from policies.model import Policy
from sanitizers.model import Check, Opinion


class Judge(Protocol):
    """This side's own verifier: gateway.workers.Workers is one."""

    async def judge(self, fd: int, media_type: str, policy: Policy) -> Opinion:
        """The word on a copy that can only be read through `fd`."""


class Intake:
    """Takes offers in, several at a time. Raises StoreError and LogError when this side can no longer be trusted."""

    def __init__(
        self, config: ReceiverConfig, store: FolderStore, recorder: Recorder, upstream: Upstream, judge: Judge
    ) -> None:
        self._config, self._store, self._recorder = config, store, recorder
        self._upstream, self._judge = upstream, judge
        self._unjudged: Counter[str] = Counter()  # by id: how often our judge did not finish

    async def take(self, offer: Offer, arrival: Arrival) -> None:
        """When it returns, the copy is stored and recorded, now or before. Raises RefusedError, UpstreamError."""
        manifest = offer.manifest
        if arrival is Arrival.TAKEN:
            raise RefusedError(Refusal.REPLAYED, f"number {manifest.seq} was announced for another file")
        known = await in_thread(None, lambda: self._store.exists(manifest.id))
        if known is not None:
            if known != manifest.sha256:
                raise RefusedError(Refusal.CONFLICT, f"{known} is stored under this id")
            await self._record("stored-before", offer)
            return
        if arrival is Arrival.SETTLED:
            raise RefusedError(Refusal.REPLAYED, f"number {manifest.seq} was finished before")
        self._check_policy(manifest)
        await self._bring(offer)
        await self._record("stored", offer)

    def _check_policy(self, manifest: Manifest) -> None:
        policy = self._config.policy
        if not policy.admits(manifest.media_type):
            raise RefusedError(Refusal.NOT_ADMITTED, "a type that is not admitted here")
        if manifest.size > policy.limits.max_output_bytes:
            raise RefusedError(Refusal.NOT_ADMITTED, f"{manifest.size} bytes")

    async def _bring(self, offer: Offer) -> None:
        manifest = offer.manifest
        place = Place(manifest.id, manifest.tenant, manifest.name)
        try:
            fd = self._store.begin(place, manifest.size)
        except StoreFullError as error:
            raise RefusedError(Refusal.STORAGE, str(error)) from error
        except StoredBeforeError as error:
            raise RefusedError(Refusal.UNAVAILABLE, "it is coming in already") from error
        try:
            await self._fetch(manifest, fd)
            await self._ask_judge(manifest, place)
            record = {"v": 1, "stored": timestamp(time.time_ns()), **offer.proof}
            await in_thread(None, lambda: self._store.commit(place, fd, record))
        except StoreFullError as error:
            raise RefusedError(Refusal.STORAGE, str(error)) from error
        finally:
            os.close(fd)
            await in_thread(None, lambda: self._store.abandon(place))

    async def _fetch(self, manifest: Manifest, fd: int) -> None:
        digest = hashlib.sha256()

        def write(untrusted: bytes) -> None:
            digest.update(untrusted)
            self._store.write(fd, untrusted)

        await self._upstream.fetch(manifest.id, manifest.size, write)
        if digest.hexdigest() != manifest.sha256:
            raise RefusedError(Refusal.DIGEST, f"{digest.hexdigest()} in place of {manifest.sha256}")

    async def _ask_judge(self, manifest: Manifest, place: Place) -> None:
        fd = self._store.reread(place)
        try:
            opinion = await self._judge.judge(fd, manifest.media_type, self._config.policy)
        finally:
            os.close(fd)
        if opinion.accepted:
            self._unjudged.pop(manifest.id, None)
            return
        if opinion.check is Check.LIMITS:  # it may not have finished: a busy machine is no verdict on a file
            self._unjudged[manifest.id] += 1
            if self._unjudged[manifest.id] < self._config.limits.judge_tries:
                raise RefusedError(Refusal.UNAVAILABLE, "the judge may not have finished")
        self._unjudged.pop(manifest.id, None)
        raise RefusedError(Refusal.STRUCTURE, str(opinion.check))

    async def _record(self, event: str, offer: Offer) -> None:
        manifest = offer.manifest
        told = {
            "event": event,
            "id": manifest.id,
            "tenant": manifest.tenant,
            "consumer": manifest.consumer,
            "delivery_seq": manifest.seq,
            "size": manifest.size,
            "sha256": manifest.sha256,
            "certificate_sha256": manifest.certificate_sha256,
            "key": offer.key,
        }
        await self._recorder.record([told])

"""A folder that this machine can reach as a store, laid out as a receiver's."""

import hashlib
import os
import time
from functools import partial
from pathlib import Path
from typing import Any

from gateway.audit.record import timestamp
from gateway.deliver import Refusal
from gateway.spool.base import Delivery
from gateway.store import FolderStore, Place, StoredBeforeError, StoreError, StoreFullError
from gateway.stores.base import CHUNK_BYTES, NotTakenError
from gateway.threads import in_thread


class FolderPush:
    """The store of a receiver, in a folder that this machine can reach."""

    def __init__(self, folder: Path, reserve_bytes: int) -> None:
        self._store = FolderStore(folder, reserve_bytes)

    async def put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        """Once and whole, under the transfer's id."""
        await in_thread(None, partial(self._put, delivery, proof, fd))

    def _put(self, delivery: Delivery, proof: dict[str, Any], fd: int) -> None:
        known = self._store.exists(delivery.id)
        if known == delivery.sha256:
            return
        if known is not None:
            raise NotTakenError(Refusal.CONFLICT, "this id is used for other bytes")
        place = Place(delivery.id, delivery.tenant, delivery.name)
        try:
            target = self._store.begin(place, delivery.size)
        except (StoreFullError, StoredBeforeError) as error:
            raise NotTakenError(Refusal.STORAGE, str(error)) from error
        try:
            digest, offset = hashlib.sha256(), 0
            while block := os.pread(fd, CHUNK_BYTES, offset):
                digest.update(block)
                self._store.write(target, block)
                offset += len(block)
            if digest.hexdigest() != delivery.sha256:
                raise NotTakenError(Refusal.DIGEST, "the copy is damaged")
            self._store.commit(place, target, {"v": 1, "stored": timestamp(time.time_ns()), **proof})
        except StoreError as error:
            raise NotTakenError(Refusal.STORAGE, str(error)) from error
        finally:
            os.close(target)
            self._store.abandon(place)

    async def close(self) -> None:
        """Let go of the folder."""
        await in_thread(None, self._store.close)

"""The delivery numbers of this receiver's consumer, kept in the store so that no restart forgets one."""

from dataclasses import dataclass
from typing import Final

import orjson

from gateway.audit.record import canonical
from gateway.receive.sequence import Sequence
from gateway.store import FolderStore, StoreError

_FILE: Final = "sequence.json"


@dataclass(frozen=True, slots=True)
class Numbers:
    """A Sequence with its place on the disk."""

    store: FolderStore
    consumer: str
    sequence: Sequence

    @classmethod
    def load(cls, store: FolderStore, consumer: str) -> "Numbers":
        """What was saved last, less what was stored since. Raises StoreError, also for another consumer's folder."""
        raw = store.read_state(_FILE)
        if raw is None:
            return cls(store, consumer, Sequence())
        try:
            values = orjson.loads(raw)
            owner, sequence = values["consumer"], Sequence.from_dict(values)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(f"{_FILE} does not parse: {error}") from error
        if owner != consumer:
            raise StoreError(f"this folder belongs to the consumer {owner!r}, not to {consumer!r}")
        for seq, id in list(sequence.unfinished.items()):
            if store.exists(id) is not None:
                sequence.settle(seq)
        return cls(store, consumer, sequence)

    def told(self) -> bytes:
        """What there is to save."""
        return canonical({"consumer": self.consumer, **self.sequence.as_dict()})

    def save(self, told: bytes) -> None:
        """Durable when it returns."""
        self.store.write_state(_FILE, told)

"""What the LGWAN side remembers of the gateway's log: each checkpoint that came with a delivery, for auditors.

Trust: a checkpoint is believed only with the signature of a trusted key. One that is shorter than one before, or has
another root for the same number of lines, means that over there a log was rolled back or exists twice: alarm.
"""

import asyncio
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.audit.chain import read_checkpoints
from gateway.audit.checkpoint import MAX_NOTE_BYTES, Note, NoteError, origin_of, parse
from gateway.audit.export import FilePlace, mend
from gateway.audit.keys import Keys
from gateway.audit.recorder import Recorder

_log: Final = structlog.get_logger(__name__)


class Witness:
    """Keeps what it saw in one file a log, beside the store."""

    def __init__(self, folder: Path, consumer: str, keys: Keys, recorder: Recorder) -> None:
        self._place = FilePlace("checkpoints", folder)
        self._consumer, self._keys, self._recorder = consumer, keys, recorder
        self._seen: dict[str, Note] = {}
        if folder.is_dir():
            for path in sorted(folder.glob("*.notes")):
                mend(path)
                for note in read_checkpoints(path):
                    self._seen[note.origin] = note

    async def see(self, untrusted: Any) -> None:
        """Take a checkpoint in. Says what is wrong with it in the log; nothing else depends on it."""
        if untrusted is None:  # a gateway of an older version
            return
        note = self._proved(untrusted)
        if note is None:
            await self._alarm("checkpoint-not-signed")
            return
        before = self._seen.get(note.origin)
        if before is not None and note.head == before.head:
            return
        if before is not None and note.head.size <= before.head.size:
            await self._alarm("log-forked", note)
            return
        try:
            await asyncio.to_thread(self._place.take, note.origin, note.text())
        except OSError as error:
            _log.error("a checkpoint was not kept", error=type(error).__name__)
            return
        self._seen[note.origin] = note

    def _proved(self, untrusted: Any) -> Note | None:
        if not isinstance(untrusted, str) or len(untrusted) > MAX_NOTE_BYTES:
            return None
        try:
            note = parse(untrusted)
        except NoteError:
            return None
        is_known = any(note.origin == origin_of(key) and note.is_signed_by(key) for key in self._keys.values())
        return note if is_known else None

    async def _alarm(self, reason: str, note: Note | None = None) -> None:
        told: dict[str, Any] = {"event": "alarm", "consumer": self._consumer, "reason": reason}
        if note is not None:
            told |= {"tree_size": note.head.size, "tree_root": note.head.root.hex()}
        _log.error("the gateway's log does not hold", reason=reason)
        await self._recorder.record([told])

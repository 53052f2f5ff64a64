"""The key of the day: drawn, vouched for by the key before it in a line of the log, and erased when its day is over.

    epoch.pem        signs the checkpoints of this day, beside the gateway's own key
    epoch-next.pem   while one day becomes the next, for some milliseconds

Whoever takes the machine over later finds today's key alone, and cannot sign yesterday's lines anew. The first key is
vouched for by the gateway's own, and so is one after a loss of `epoch.pem`, which a checker then tells.
"""

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gateway.audit.keys import KeyFileError, PublicKey, SigningKey
from gateway.audit.record import VERSION, canonical
from gateway.audit.segments import Event
from gateway.durable import sync_folder

_CURRENT: Final = "epoch.pem"
_NEXT: Final = "epoch-next.pem"
_MESSAGE: Final = f"sekisho/epoch/v{VERSION}\n".encode()


class EpochKeys:
    """The key files of one log. Raises KeyFileError and OSError for what the operator must mend."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.current: SigningKey | None = None

    def resume(self, epoch: Event | None) -> SigningKey | None:
        """The key that the newest line of the log names, whichever file holds it. None: there is none."""
        if epoch is None:
            return None
        current, following = _loaded(self._folder / _CURRENT), _loaded(self._folder / _NEXT)
        if following is not None and following.id == epoch["key"]:
            self.current = following
            if current is None:  # it was being erased, or the first of all
                self.turn(following)
        elif current is not None and current.id == epoch["key"]:
            self.current = current
        return self.current

    @property
    def is_turning(self) -> bool:
        """Whether the log names the next key already, and the one before it is still there."""
        following = _loaded(self._folder / _NEXT)
        return self.current is not None and following is not None and following.id == self.current.id

    def former(self) -> SigningKey:
        """While it is turning: the key whose day is over."""
        return SigningKey.load(self._folder / _CURRENT)

    def draw(self) -> SigningKey:
        """A new key, durable, not in force yet. What an earlier try left is thrown away."""
        path = self._folder / _NEXT
        path.unlink(missing_ok=True)
        return SigningKey.create(path)

    def turn(self, key: SigningKey) -> None:
        """The new key is in force; the one before is no more."""
        current, following = self._folder / _CURRENT, self._folder / _NEXT
        if current.exists() and following.exists():
            _overwrite(current)
        if following.exists():
            following.replace(current)
        sync_folder(self._folder)
        self.current = key


def epoch_event(origin: str, new: SigningKey, by: SigningKey) -> dict[str, Any]:
    """The line with which `by` vouches for `new`."""
    told = {
        "key": new.id,
        "public": base64.b64encode(new.public.raw).decode(),
        "signed_by": by.id,
        "origin": origin,
    }
    signature = by.sign(_message(told))
    return {"event": "epoch", **told, "signature": base64.b64encode(signature).decode()}


def check_epoch(event: Mapping[str, Any], by: PublicKey) -> PublicKey | None:
    """The key that the line names, once `by` is shown to have vouched for it."""
    try:
        key = PublicKey.from_raw(base64.b64decode(event["public"], validate=True))
        signature = base64.b64decode(event["signature"], validate=True)
    except ValueError:
        return None
    is_signed = event["signed_by"] == by.id and event["key"] == key.id and by.verify(signature, _message(event))
    return key if is_signed else None


def _message(event: Mapping[str, Any]) -> bytes:
    return _MESSAGE + canonical({name: event[name] for name in ("key", "public", "signed_by", "origin")})


def _loaded(path: Path) -> SigningKey | None:
    try:
        return SigningKey.load(path) if path.exists() else None
    except KeyFileError:
        return None


def _overwrite(path: Path) -> None:
    """Best effort: a file system that copies on write, or a disk that moves blocks, may keep the old bytes."""
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())

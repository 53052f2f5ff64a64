"""What a line of the audit log may say: data only. No field holds a file's name or a person's in clear.

Each event is a row of the field names it needs; any field of FIELDS may be added to any event.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_SHA256: Final = re.compile("[0-9a-f]{64}")
_TOKEN: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}")
_BASE64: Final = re.compile("[A-Za-z0-9+/]{86}==")
_PUBLIC: Final = re.compile("[A-Za-z0-9+/]{43}=")
_MAX_TEXT_CHARS: Final = 1000

FIELDS: Final[Mapping[str, re.Pattern[str] | type]] = {
    "id": _TOKEN,  # of the file
    "tenant": str,
    "door": _TOKEN,
    "consumer": str,
    "operator": str,
    "role": _TOKEN,  # gateway, receiver
    "name_mark": _SHA256,  # NameKey.mark of the name as sent
    "sender_mark": _SHA256,
    "room_mark": _SHA256,
    "size": int,
    "sha256": _SHA256,
    "sha256_in": _SHA256,
    "sha256_out": _SHA256,
    "media_type": _TOKEN,
    "verdict": _TOKEN,
    "reason": _TOKEN,  # of a closed vocabulary, always
    "policy": str,  # its name
    "policy_sha256": _SHA256,
    "tier": int,
    "tier_name": str,
    "version": str,  # of Sekisho
    "certificate_sha256": _SHA256,
    "key": _TOKEN,  # id of the key
    "signature": _BASE64,
    "attempt": int,
    "count": int,
    "delivery_seq": int,
    "first": int,  # a range of delivery_seq, or of lines
    "last": int,
    "back_ms": int,  # by how much the wall clock was moved, against the monotonic one
    "ahead_ms": int,
    "public": _PUBLIC,  # an Ed25519 public key, 32 bytes
    "signed_by": _TOKEN,  # id of the key that vouches for it
    "origin": _TOKEN,  # of the log, as its checkpoints name it
    "tree_size": int,  # of a checkpoint of the other side
    "tree_root": _SHA256,
    "operators": str,  # whose keys opened something, or are to
    "torn_bytes": int,
    "torn_sha256": _SHA256,
}

EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "started": frozenset({"role"}),
    "stopped": frozenset({"role"}),
    "torn": frozenset({"torn_bytes", "torn_sha256"}),  # the log's end was cut at open
    # internet side
    "received": frozenset({"id", "tenant", "size", "sha256"}),
    "decided": frozenset({"id", "tenant", "verdict", "sha256_in", "certificate_sha256", "key", "signature"}),
    "released": frozenset({"id"}),
    "fetched": frozenset({"id"}),  # the clean copy was given to whoever may have it
    "delivered": frozenset({"id", "consumer", "sha256"}),
    "refused": frozenset({"id", "consumer", "reason"}),  # by the receiver
    "undelivered": frozenset({"id", "consumer", "reason"}),  # given up: kept for an operator to look at
    "requeued": frozenset({"id", "consumer", "operator"}),  # by hand, to be delivered once more
    "removed": frozenset({"id"}),  # by retention
    "quarantined": frozenset({"id", "sha256"}),  # the original is sealed to the operators' keys, and nowhere else
    "looked": frozenset({"operator"}),  # at the list of the quarantine, or at one file of it
    "approved": frozenset({"id", "operator", "operators"}),  # one passed their share on to another, who may open it
    "opened": frozenset({"id", "operator", "operators", "sha256"}),  # given out, sealed, to be opened by two
    # LGWAN side
    "stored": frozenset({"id", "tenant", "consumer", "delivery_seq", "sha256", "certificate_sha256", "key"}),
    "stored-before": frozenset({"id", "consumer", "delivery_seq", "sha256"}),
    "alarm": frozenset({"reason"}),
    "cleared": frozenset({"consumer", "reason"}),
    "pruned": frozenset({"first", "last", "count"}),  # of these lines, those about files are hashes alone
    # either side: what shows that the log goes on, and under which key
    "heartbeat": frozenset(),  # nothing else happened for a while
    "clock": frozenset(),  # the wall clock was set: back_ms or ahead_ms
    "epoch": frozenset({"key", "public", "signed_by", "signature", "origin"}),  # the key of the day from here on
}


class EventError(ValueError):
    """An event that has no place in the log: our own mistake."""


def check_event(event: Mapping[str, Any]) -> None:
    """Raises EventError for an event, field or value that the tables do not know. None stands for "not known"."""
    name = event.get("event")
    if not isinstance(name, str) or name not in EVENTS:
        raise EventError(f"no such event: {name!r:.40}")
    if missing := EVENTS[name] - event.keys():
        raise EventError(f"{name} without {', '.join(sorted(missing))}")
    for field, value in event.items():
        if field != "event" and not (field in FIELDS if value is None else _FITS.get(field, _never)(value)):
            raise EventError(f"{name}: {field} does not fit: {value!r:.40}")


def _never(value: Any) -> bool:
    return False


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 53


def _is_text(value: Any) -> bool:
    return type(value) is str and len(value) <= _MAX_TEXT_CHARS and value.isprintable()


def _is_like(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    matches = pattern.fullmatch
    return lambda value: type(value) is str and matches(value) is not None


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    field: _is_like(shape) if isinstance(shape, re.Pattern) else _is_count if shape is int else _is_text
    for field, shape in FIELDS.items()
}

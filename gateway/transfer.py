"""The life of one transfer as one table of states. Sans-I/O: no socket, no await, no bytes."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a transfer is. All but AUDITED rest on disk; AUDITED is passed through in one commit."""

    RECEIVED = "received"  # durable; the sender holds its id
    SANITIZING = "sanitizing"  # leased to a worker
    DECIDED = "decided"  # a judged copy and its certificate are durable
    REFUSED = "refused"  # there is no copy; the certificate that says so is durable
    AUDITED = "audited"  # the record of a judged copy is durable
    RELEASED = "released"  # the copy may be fetched
    DELIVERED = "delivered"  # the receiver has stored it and said so
    UNDELIVERED = "undelivered"  # the receiver never took it: kept, and told, until an operator looks
    WITHHELD = "withheld"  # recorded; no byte goes on
    EXPIRED = "expired"  # its bytes were removed after their retention

    @property
    def is_settled(self) -> bool:
        """Whether a sender who waits has their answer."""
        return self in _SETTLED


_SETTLED: Final = frozenset({State.RELEASED, State.DELIVERED, State.UNDELIVERED, State.WITHHELD, State.EXPIRED})


class Event(StrEnum):
    """What can happen to a transfer."""

    LEASED = "leased"
    PUT_BACK = "put-back"  # the lease ran out, or our side failed and will try again
    COPY_JUDGED = "copy-judged"  # the judge accepted the copy
    NO_COPY = "no-copy"  # refused, failed, or given up after too many attempts
    AUDIT_WRITTEN = "audit-written"
    SENT = "sent"  # handed to delivery
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"  # the receiver refused it for good
    GIVEN_UP = "given-up"  # refused or not answered too often
    REQUEUED = "requeued"  # an operator had it delivered once more
    RETENTION_ENDED = "retention-ended"


TABLE: Final[dict[tuple[State, Event], State]] = {
    (State.RECEIVED, Event.LEASED): State.SANITIZING,
    (State.SANITIZING, Event.PUT_BACK): State.RECEIVED,
    (State.SANITIZING, Event.COPY_JUDGED): State.DECIDED,
    (State.SANITIZING, Event.NO_COPY): State.REFUSED,
    (State.DECIDED, Event.AUDIT_WRITTEN): State.AUDITED,
    (State.REFUSED, Event.AUDIT_WRITTEN): State.WITHHELD,
    (State.AUDITED, Event.SENT): State.RELEASED,  # the one way out
    (State.RELEASED, Event.ACKNOWLEDGED): State.DELIVERED,
    (State.RELEASED, Event.RETURNED): State.WITHHELD,
    (State.RELEASED, Event.GIVEN_UP): State.UNDELIVERED,
    (State.UNDELIVERED, Event.REQUEUED): State.RELEASED,
    (State.UNDELIVERED, Event.RETENTION_ENDED): State.EXPIRED,
    (State.RELEASED, Event.RETENTION_ENDED): State.EXPIRED,  # only where no receiver is to come for it
    (State.DELIVERED, Event.RETENTION_ENDED): State.EXPIRED,
    (State.WITHHELD, Event.RETENTION_ENDED): State.EXPIRED,
}


class TransferError(RuntimeError):
    """Our own mistake: an event that cannot happen in this state. Nothing was changed."""


def after(state: State, event: Event) -> State:
    """The state that follows. Raises TransferError for what the table does not name."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise TransferError(f"{event} while {state}") from None

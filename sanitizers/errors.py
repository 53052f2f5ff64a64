"""What can be wrong with a file, and with us. Errors say who must act; only a Reason ever crosses the wire."""

from enum import StrEnum
from typing import Final

from policies.terms import Vector


class Reason(StrEnum):
    """Why a file is withheld. A closed list: it is all that a worker may say about a failure."""

    EMPTY = "empty"  # no bytes at all, or none once what is unsafe is out
    MALFORMED = "malformed"  # it breaks its specification
    UNSUPPORTED = "unsupported"  # no sanitizer for the type, or for a feature in it
    ENCRYPTED = "encrypted"  # needs a password, or a right one
    LIMIT = "limit"  # a budget ran out
    FORBIDDEN_TYPE = "forbidden-type"  # a type refused on sight (BLK rows)
    NOT_ADMITTED = "not-admitted"  # a type that this policy does not take in
    DISGUISED = "disguised"  # content, extension and structure contradict one another (GEN-01)
    POLICY = "policy"  # the policy blocks a vector that was met
    TIMEOUT = "timeout"  # from here on our side: the file is withheld too
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out-of-memory"
    NONSENSE = "nonsense"  # the worker answered what nobody may answer
    REFUSED_BY_JUDGE = "refused-by-judge"
    UNAVAILABLE = "unavailable"

    @property
    def is_ours(self) -> bool:
        """Whether our side could not finish (verdict failed), rather than the file being refused (verdict blocked)."""
        return self in _OURS


_OURS: Final = frozenset(
    {Reason.TIMEOUT, Reason.CRASHED, Reason.OUT_OF_MEMORY, Reason.NONSENSE, Reason.REFUSED_BY_JUDGE, Reason.UNAVAILABLE}
)


class SekishoError(Exception):
    """Anything this project raises on purpose."""


class InputError(SekishoError):
    """The file: blocked, trying again changes nothing. `vector` is the catalogue's row that says why, if one does."""

    def __init__(self, message: str = "", vector: Vector | None = None) -> None:
        super().__init__(message)
        self.vector = vector


class MalformedError(InputError):
    """It breaks its specification (what, at which offset)."""


class UnsupportedError(InputError):
    """No sanitizer for the type, or for a feature of it."""


class EncryptedError(UnsupportedError):
    """A password is needed, or the given one is wrong."""


class EmptyError(MalformedError):
    """There are no bytes, or nothing is left that could be handed on."""


class ForbiddenTypeError(UnsupportedError):
    """A type that is refused on sight (BLK rows)."""


class NotAdmittedError(UnsupportedError):
    """A type that the policy does not take in."""


class DisguisedError(MalformedError):
    """Content, extension and structure contradict one another."""


class LimitError(InputError):
    """A budget ran out (which)."""


class PurseError(LimitError):
    """The budget of the whole file ran out, so that no member of it can be finished either."""


class BlockedError(InputError):
    """The policy blocks a vector that was met."""


class ElsewhereError(SekishoError):
    """Nobody's fault: a process with other sanitizers loaded has to do it."""


class SandboxError(SekishoError):
    """Our machine: the worker timed out, crashed or answered nonsense."""


class WireError(SandboxError):
    """A frame that breaks the protocol between the towers."""


REASONS: Final[dict[type[InputError], Reason]] = {
    EmptyError: Reason.EMPTY,
    DisguisedError: Reason.DISGUISED,
    MalformedError: Reason.MALFORMED,
    EncryptedError: Reason.ENCRYPTED,
    ForbiddenTypeError: Reason.FORBIDDEN_TYPE,
    NotAdmittedError: Reason.NOT_ADMITTED,
    UnsupportedError: Reason.UNSUPPORTED,
    PurseError: Reason.LIMIT,
    LimitError: Reason.LIMIT,
    BlockedError: Reason.POLICY,
}


def reason_of(error: InputError) -> Reason:
    """The one Reason that this error is told as."""
    return next(REASONS[kind] for kind in type(error).__mro__ if kind in REASONS)

"""Office packages behind a password: opened in the worker, rebuilt without it (OOXML-55, OOXML-56, GEN-13)."""

from contextlib import suppress
from typing import Final

from policies.terms import Action, Vector
from sanitizers.budget import Budget
from sanitizers.errors import REASONS, BlockedError, DisguisedError, EncryptedError, InputError, MalformedError, Reason
from sanitizers.formats.ooxml.parts import MAINS
from sanitizers.formats.ooxml.vectors import GEN_13, OOXML_55, OOXML_56
from sanitizers.parsers.officecrypt import DEFAULT_PASSWORD, Sealed, read_sealed
from sanitizers.sanitizer import Job

__all__ = ["SEALED", "SealedSanitizer"]

_PACKAGE: Final = "(encrypted package)"


class SealedSanitizer:
    """An encrypted package becomes the plain package that it holds, rebuilt."""

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"application/vnd.ms-office.encrypted-package"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return (OOXML_55, OOXML_56, GEN_13)

    def parse(self, untrusted: bytes, budget: Budget) -> Sealed:
        sealed = read_sealed(untrusted)
        budget.expand(sealed.size, len(untrusted))
        return sealed

    def disarm(self, parsed: Sealed, job: Job) -> bytes:
        plain = _opened(parsed, job)
        outcome = job.descend(plain, "EncryptedPackage")
        report = outcome.report
        if outcome.data is None:
            raise _as_refused(report.reason)
        if report.media_type not in MAINS:
            raise DisguisedError("no Office package behind the password")
        job.copy_type = report.released_type
        job.rebuilt = report.rebuild
        return outcome.data

    def reconstruct(self, safe: bytes) -> bytes:
        return safe


SEALED: Final = SealedSanitizer()


def _opened(sealed: Sealed, job: Job) -> bytes:
    for password in dict.fromkeys((*job.passwords, DEFAULT_PASSWORD)):
        plain = sealed.open(password) if password else None
        if plain is not None:
            found = OOXML_55 if password == DEFAULT_PASSWORD else OOXML_56
            job.found(found, _PACKAGE, detail="opened", at_least=Action.REWRITE)
            return plain
    for found in (OOXML_56, GEN_13):
        with suppress(BlockedError):
            job.found(found, _PACKAGE, at_least=Action.BLOCK)
    raise EncryptedError("no password opens it" if job.passwords else "a password is needed")


def _as_refused(reason: Reason | None) -> InputError:
    """What is inside is withheld, and the whole with it, for the same reason."""
    kind = next((kind for kind, told in REASONS.items() if told is reason), MalformedError)
    return kind("what is inside is withheld")

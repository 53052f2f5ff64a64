"""Hearing: does this file hold only what may pass? It has the last word; without it nothing is released.

The judge accepts what it fully understands, where every byte of the file is accounted for, and refuses everything
else. It is written from the formats' specifications and the threat catalogue alone, so that it shares no mistake with
the sanitizers. It decides structure, not admission: which types a policy takes in is decided where files come in.

Trust: the bytes are hostile, as if a sanitizer had been taken over. No input or output, no clock, no state.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policies.model import Policy
from sanitizers.model import Check, Opinion
from sanitizers.verify import evidence
from sanitizers.verify.court import Court, Refused, require


@dataclass(frozen=True, slots=True)
class Hearing:
    """A judge with some checks or all. What there is no check for is refused."""

    checks: Mapping[str, Callable[[bytes, Court], None]]  # by media type

    def judge(self, untrusted: bytes, media_type: str, policy: Policy) -> Opinion:
        """The opinion on a rebuilt file. Never raises, whatever the bytes; the same bytes get the same opinion."""
        try:
            self._hear(untrusted, media_type, Court(policy.limits, self._hear, may_keep=evidence.may_keep(policy)))
        except Refused as refusal:
            return Opinion(False, refusal.check, refusal.told())
        return Opinion(True)

    def _hear(self, untrusted: bytes, media_type: str, court: Court) -> None:
        check = self.checks.get(media_type)
        if check is None:
            raise Refused(Check.TYPE, f"no check for {media_type}")
        require(untrusted, Check.MAGIC, "no bytes at all")
        require(len(untrusted) <= court.limits.max_output_bytes, Check.LIMITS, f"{len(untrusted)} bytes")
        check(untrusted, court)

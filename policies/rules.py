"""Which policy a transfer gets: by tenant, direction, sender class and room. First match wins, no match is refused."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line of the rule table. None matches anything; a text matches only itself."""

    policy: str  # preset or file
    tenant: str | None = None
    direction: str | None = None  # "inbound" or "outbound"
    sender: str | None = None  # class of sender: "staff", "guest", ...
    room: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of a transfer before its bytes are looked at."""

    tenant: str
    direction: str = "inbound"
    sender: str = ""
    room: str = ""


def select(rules: Sequence[Rule], context: Context) -> str | None:
    """The policy named by the first rule that matches, or None: then the transfer is refused."""
    for rule in rules:
        asked = (
            (rule.tenant, context.tenant),
            (rule.direction, context.direction),
            (rule.sender, context.sender),
            (rule.room, context.room),
        )
        if all(wanted is None or wanted == given for wanted, given in asked):
            return rule.policy
    return None

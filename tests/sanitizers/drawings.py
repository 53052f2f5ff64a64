"""SVG files for the tests: a small builder, and what the pipeline makes of them."""

from typing import Final

from policies.model import Limits, Policy
from policies.terms import Action
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.registry import SANITIZERS
from sanitizers.sanitizer import Outcome

SPACES: Final = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg">'
TAIL: Final = "</svg>\n"
TYPES: Final = frozenset(media_type for sanitizer in SANITIZERS for media_type in sanitizer.media_types)


def drawing(inside: str, attributes: str = "", before: str = "") -> bytes:
    """An SVG file with this inside its root."""
    return f"{before}<svg {SPACES} {attributes}>{inside}</svg>".encode()


def clean(untrusted: bytes | str, name: str = "a.svg", **actions: Action) -> Outcome:
    """What becomes of a file, or of an SVG file with this inside."""
    data = drawing(untrusted) if isinstance(untrusted, str) else untrusted
    orders = {key.replace("_", "-"): action for key, action in actions.items()}
    return sanitize(data, Order(name=name, policy=Policy(name="test", admit=TYPES, actions=orders, limits=Limits())))


def inside(outcome: Outcome) -> str:
    """What stands in the root of the copy."""
    assert outcome.data is not None, outcome.report
    text = outcome.data.decode()
    if text == HEAD[:-1] + "/>\n":
        return ""
    assert text.startswith(HEAD), text
    assert text.endswith(TAIL), text
    return text.removeprefix(HEAD).removesuffix(TAIL)


def vectors(outcome: Outcome) -> set[str]:
    """The vectors above KEEP."""
    return {finding.vector for finding in outcome.report.findings if finding.action > Action.KEEP}

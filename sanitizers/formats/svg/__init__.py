"""SVG, also packed by gzip: carried by allow-list and written anew (SVG-01 to 16, XML-01 to 12, GEN-22 to 26)."""

from typing import Final

from policies.model import Policy
from policies.terms import Vector
from sanitizers.budget import Budget
from sanitizers.formats.svg.disarm import disarm
from sanitizers.formats.svg.parse import Svg, parse
from sanitizers.formats.svg.vectors import VECTORS
from sanitizers.formats.svg.write import SafeElement, write
from sanitizers.sanitizer import Job

__all__ = ["SVG", "warm"]


class _SvgSanitizer:
    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"image/svg+xml"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> Svg:
        return parse(untrusted, budget)

    def disarm(self, parsed: Svg, job: Job) -> SafeElement:
        return disarm(parsed, job)

    def reconstruct(self, safe: SafeElement) -> bytes:
        return write(safe)


SVG: Final = _SvgSanitizer()

_SAMPLE: Final = """<!DOCTYPE svg [<!ENTITY b "c">]>
<svg xmlns="http://www.w3.org/2000/svg"><style>.a > b { fill: url(#c) /* d */ }</style><path d="M0 0"/>&b;</svg>
"""


def warm() -> None:
    """Take a small drawing all the way: a confined child then finds every library loaded and every table made."""
    job = Job(Policy(name="warm"), Budget(Policy(name="warm").limits))
    SVG.reconstruct(SVG.disarm(SVG.parse(_SAMPLE.encode(), job.budget), job))

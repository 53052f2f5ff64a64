"""How large a drawing says that it is (SVG-13): viewers make a picture of that size."""

import re
from typing import Final

from sanitizers.errors import LimitError
from sanitizers.formats.svg.vectors import SVG_13
from sanitizers.formats.svg.write import SafeElement
from sanitizers.sanitizer import Job

MAX_DOTS: Final = 1_000_000  # of one side
# CSS Values 4, 6.2: in dots of 1/96 inch
_UNITS: Final = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "em": 16.0}
_LENGTH: Final = re.compile(
    r"\s*([+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,3})?)(px|pt|pc|mm|cm|in|em|)\s*"
)


def require_size(root: SafeElement, job: Job) -> None:
    """Refuse a drawing that is larger than a picture of dots may be. Raises LimitError."""
    said = dict(root.attributes)
    box = re.split(r"[\s,]+", said.get("viewBox", "").strip())
    sides = box[2:] if len(box) == 4 else ["100", "100"]
    width = _dots(said.get("width", "")) or _dots(sides[0]) or 1
    height = _dots(said.get("height", "")) or _dots(sides[1]) or 1
    try:
        if max(width, height) > MAX_DOTS:
            raise LimitError(f"{width} x {height} dots")
        job.budget.draw(width, height)
    except LimitError as error:
        raise LimitError("a drawing of that size", SVG_13) from error


def _dots(length: str) -> int:
    """0 for what is no absolute length."""
    found = _LENGTH.fullmatch(length)
    return int(min(abs(float(found[1])) * _UNITS[found[2]], 1e12)) if found else 0

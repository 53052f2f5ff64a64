"""Type 1 font programs: the three parts that the dictionary announces, the first of them plain words (PDF-82).

Source: Adobe Type 1 Font Format, 1990; ISO 32000-2:2020, 9.9.
"""

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document


def check(plain: bytes, number: int, document: Document) -> None:
    """Raises Refused unless the parts are where the dictionary says."""
    entries = document.resolved(number)
    clear, hidden, zeros = (entries[key] for key in ("Length1", "Length2", "Length3"))
    assert isinstance(clear, int) and isinstance(hidden, int) and isinstance(zeros, int)
    require(clear + hidden + zeros == len(plain), Check.PDF, "lengths of a font program")
    require(plain.startswith(b"%!") and plain[:clear].rstrip().endswith(b"eexec"), Check.PDF, "font program")

"""Compact font programs: an index of one name, one dictionary of known operators, and what it points to (PDF-84).

Source: Adobe technical note 5176, sections 2 to 19.
"""

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_walk import Document


def check_program(plain: bytes, _number: int, _document: Document) -> None:
    """Raises Refused unless this is one compact font."""
    require(len(plain) > 4 and plain[0] == 1 and 1 <= plain[3] <= 4, Check.PDF, "compact font")

"""A rebuilt PDF: every byte of it accounted for, every object under the rule of its place, every stream understood.

The file is read by scanners of its own here (V-PDF, V-QJ, V-URL, V-RES, V-IMG on each picture), and another reader has
to open it and find the same pages.

Source: ISO 32000-2:2020; threat catalogue, section 7.
"""

from typing import Final

from sanitizers.model import Check
from sanitizers.verify import magic, pdf_beside, pdf_file, pdf_pages, pdf_streams, pdf_trees, pdf_walk
from sanitizers.verify.court import Court, require

_MOST_PAGES: Final = 10_000  # PDF-74


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a PDF as it is rebuilt."""
    document = pdf_walk.walk(pdf_file.read(data, court), court)
    pages = pdf_trees.check(document)
    require(pages <= _MOST_PAGES, Check.LIMITS, f"{pages} pages")
    pdf_beside.check(document)
    pdf_streams.check(data, document)
    magic.require_alone(data)
    pdf_pages.check(data, pages)

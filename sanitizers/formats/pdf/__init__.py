"""PDF: a new document that holds only what tables name, object by object (PDF-01 to PDF-100, FNT)."""

from io import BytesIO
from typing import Final

import pikepdf

from policies.model import Policy
from policies.terms import Rebuild, Vector
from sanitizers.budget import Budget
from sanitizers.formats.pdf import drawn
from sanitizers.formats.pdf.disarm import disarm
from sanitizers.formats.pdf.flat import flatten
from sanitizers.formats.pdf.parse import OpenedPdf, parse
from sanitizers.formats.pdf.values import Link, SafePdf, SafeStream
from sanitizers.formats.pdf.vectors import VECTORS
from sanitizers.formats.pdf.write import write_pdf
from sanitizers.sanitizer import Job

__all__ = ["PDF", "warm"]


class _PdfSanitizer:
    """PDF to PDF 1.7: one revision, no object streams, no metadata."""

    @property
    def media_types(self) -> frozenset[str]:
        return frozenset({"application/pdf"})

    @property
    def vectors(self) -> tuple[Vector, ...]:
        return VECTORS

    def parse(self, untrusted: bytes, budget: Budget) -> OpenedPdf:
        return parse(untrusted, budget)

    def disarm(self, parsed: OpenedPdf, job: Job) -> SafePdf:
        return flatten(parsed, job) if job.rebuild is Rebuild.FLAT else disarm(parsed, job)

    def reconstruct(self, safe: SafePdf) -> bytes:
        return write_pdf(safe)


PDF: Final = _PdfSanitizer()


def warm() -> None:
    """Take a small document all the way, so that a confined child finds every library loaded."""
    drawn.bits_of(b"\x00\x10\x01", "/CCITTFaxDecode", {"/K": -1, "/Columns": 8}, 8, 1, None)
    page = {"/Type": "/Page", "/Parent": Link(1), "/MediaBox": [0, 0, 9, 9], "/Contents": Link(3), "/Resources": {}}
    tree: SafePdf = SafePdf(
        (
            {"/Type": "/Catalog", "/Pages": Link(1)},
            {"/Type": "/Pages", "/Kids": [Link(2)], "/Count": 1},
            page,
            SafeStream({}, b"q BI /W 1 /H 1 /IM true ID \x00 EI Q % a comment"),
        )
    )
    sealed = BytesIO()  # AES draws from a file of random numbers when it is first asked, and keeps enough of them
    blank = pikepdf.new()
    blank.save(sealed, encryption=pikepdf.Encryption(owner="o", user="", R=6))
    PDF.parse(sealed.getvalue(), Budget(Policy(name="warm").limits)).source(())
    policy = Policy(name="warm")
    job = Job(policy, Budget(policy.limits))
    PDF.reconstruct(PDF.disarm(PDF.parse(write_pdf(tree), job.budget), job))

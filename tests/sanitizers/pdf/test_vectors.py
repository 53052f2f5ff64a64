"""Each row of the catalogue: a file that has it, a copy that does not, and a finding that names it.

The files are the judge's mutants, good copies into which one thing was put back, and some that no copy could be.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from policies.catalogue import CATALOGUE
from policies.load import load_policy
from policies.terms import Action
from sanitizers.model import Order, Reason
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import FONT, HELLO, paper, stream, write
from tests.sanitizers.pdf.poc_draft import Draft
from tests.sanitizers.pdf.poc_forms import encrypted, escaped
from tests.sanitizers.verify.mutant import Mutant
from tests.sanitizers.verify.mutants_pdf import PDFS

POLICY = load_policy("default")
CORPUS = Path(__file__).parents[2] / "corpus"
IMAGE = b"/Type/XObject/Subtype/Image/Width 4/Height 4"
FOUR_THOUSAND_MILLION = b"/FunctionType 0/Domain[0 1 0 1]/Range[0 1]/Size[65535 65535]/BitsPerSample 8"


def jpeg_2000() -> bytes:
    picture = stream((CORPUS / "jp2" / "IMG-28" / "testJPEG.jp2").read_bytes(), IMAGE + b"/Filter/JPXDecode")
    return paper(resources=b"/XObject<</X 6 0 R>>", content=b"/X Do", more={6: picture})


FILES = {
    "PDF-59": lambda: escaped(Draft().objects(), {}),
    "PDF-60": lambda: paper(more={4: stream(HELLO.hex().encode() + b">", b"/Filter/ASCIIHexDecode")}),
    "PDF-62": lambda: paper().replace(b"/Length 45>>", b"/Length 44>>"),
    "PDF-63": lambda: paper().replace(b"0000000009 00000 n", b"0000000123 00000 n"),
    "PDF-66": lambda: encrypted(Draft().objects(), {}),
    "PDF-76": jpeg_2000,
    "PDF-86": lambda: write(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
            4: stream(b"BT /F2 9 Tf (a) Tj ET"),
            5: FONT,
            6: b"<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[1 0 0 1 0 0]/CharProcs<</a 7 0 R>>"
            b"/Encoding<</Type/Encoding/Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[9]>>",
            7: stream(b"9 0 d0 hello"),
        }
    ),
}
UNTOLD = {
    "PDF-56": "what nothing leads to is never read, and telling it would take a walk of its own over every object",
    "PDF-97": "form data is no document: it is refused as another type before it is opened",
    "PDF-99": "a table as a stream that makes no sense is one that qpdf cannot read: it is mended and told as PDF-63",
}


def samples(vector: str) -> Iterator[bytes]:
    yield from (mutant.data for mutant in PDFS if mutant.vector == vector)
    if vector in FILES:
        yield FILES[vector]()


TREATED = [name for name, row in CATALOGUE.items() if row.family == "PDF" and row.default is not Action.KEEP]


@pytest.mark.parametrize("vector", [name for name in TREATED if name not in UNTOLD])
def test_a_vector_is_told_by_its_name(vector):
    """In the report of the copy, or of the refusal."""
    reports = [sanitize(data, Order(name="a.pdf", policy=POLICY)).report for data in samples(vector)]

    assert any(finding.vector == vector for report in reports for finding in report.findings)


@pytest.mark.parametrize("mutant", PDFS, ids=str)
def test_a_copy_never_has_what_was_put_back(mutant: Mutant):
    """What the judge refuses as it stands, it accepts once it has been rebuilt; or nothing comes out, with a reason."""
    outcome = sanitize(mutant.data, Order(name="a.pdf", policy=POLICY))
    if outcome.data is None:
        assert outcome.report.reason not in (None, Reason.CRASHED)
        return

    assert outcome.data != mutant.data
    assert judge(outcome.data, "application/pdf", POLICY).accepted


@pytest.mark.parametrize("vector", sorted(FILES))
def test_a_file_that_no_copy_could_be_is_rebuilt(vector):
    outcome = sanitize(FILES[vector](), Order(name="a.pdf", policy=POLICY))

    assert outcome.data is not None, outcome.report
    assert judge(outcome.data, "application/pdf", POLICY).accepted


def test_nothing_is_left_out_without_a_reason():
    assert UNTOLD.keys() <= set(TREATED)
    for vector in UNTOLD:
        for data in samples(vector):
            outcome = sanitize(data, Order(name="a.pdf", policy=POLICY))
            assert outcome.data is None or judge(outcome.data, "application/pdf", POLICY).accepted

"""Real files, where there are any: SEKISHO_CORPUS names a folder with active/pdf and benign/pdf in it.

Without it these tests say so and do nothing; the generated files of test_poc.py and test_vectors.py always run.
"""

import os
from pathlib import Path

import pypdfium2
import pytest

from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

POLICY = load_policy("default")
FOLDER = os.environ.get("SEKISHO_CORPUS", "")


def files(kind: str) -> list[Path]:
    return sorted(path for path in Path(FOLDER, kind, "pdf").glob("*") if path.is_file()) if FOLDER else []


def parameters(kind: str) -> list[object]:
    reason = f"SEKISHO_CORPUS names no folder with {kind}/pdf: real files are not tried"
    return [pytest.param(path, id=path.name) for path in files(kind)] or [
        pytest.param(None, id="no corpus", marks=pytest.mark.skip(reason=reason))
    ]


@pytest.mark.parametrize("path", parameters("active"))
def test_a_sanitizer_that_was_taken_over_gets_nothing_past_the_judge(path):
    """S11: in place of a copy it hands on the file as it came."""
    assert not judge(path.read_bytes(), "application/pdf", POLICY).accepted


def told(data: bytes) -> tuple[list[str], list[tuple[int, str]]] | None:
    """Texts of the pages, and the bookmarks; None where PDFium opens nothing."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        return None
    try:
        texts = [page.get_textpage().get_text_range() for page in document]
        return texts, [(mark.level, mark.get_title()) for mark in document.get_toc()]
    finally:
        document.close()


@pytest.mark.parametrize("path", parameters("benign"))
def test_a_harmless_document_reads_as_before(path):
    before = told(path.read_bytes())
    outcome = sanitize(path.read_bytes(), Order(name=path.name, policy=POLICY))
    if outcome.data is None:
        assert not before or not before[0], outcome.report.reason  # without a page there is no document
        return

    assert judge(outcome.data, "application/pdf", POLICY).accepted
    assert told(outcome.data) == before
    again = sanitize(outcome.data, Order(name=path.name, policy=POLICY))
    assert again.data == outcome.data
    assert [finding for finding in again.report.findings if finding.action] == []

"""Every benign PDF of the corpus keeps its text, its outline, its labels, its tags and the links inside it."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pypdfium2
import pytest

from tests.real.samples import original, parameters, released

OBJECTS = 200_000  # no tree in these files has more


def texts(data: bytes) -> list[str]:
    """What PDFium reads on each page."""
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def outline(data: bytes) -> list[tuple[int, str, int | None]]:
    """Depth, title and page of each entry, as PDFium reads them."""
    document = pypdfium2.PdfDocument(data)
    try:
        entries = []
        for mark in document.get_toc():
            place = mark.get_dest()
            entries.append((mark.level, mark.get_title(), place.get_index() if place else None))
        return entries
    finally:
        document.close()


def labels(data: bytes) -> list[str]:
    """The label of each page."""
    document = pypdfium2.PdfDocument(data)
    try:
        return [document.get_page_label(number) for number in range(len(document))]
    finally:
        document.close()


def tags(document: pikepdf.Pdf) -> Counter[str]:
    """How often each structure type stands in the tree."""
    found: Counter[str] = Counter()
    waiting = [document.Root.get("/StructTreeRoot")]
    for _ in range(OBJECTS):
        if not waiting:
            break
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found[str(node.S)] += 1
            waiting.append(node.get("/K"))
    return found


def links_inside(document: pikepdf.Pdf) -> int:
    """How many link annotations lead to a place in the document."""
    return sum(_leads_inside(link) for page in document.pages for link in _links(page))


def _links(page: Any) -> Iterator[Any]:
    annotations = page.obj.get("/Annots", [])
    yield from (
        each for each in annotations if isinstance(each, pikepdf.Dictionary) and each.get("/Subtype") == "/Link"
    )


def _leads_inside(link: Any) -> bool:
    action = link.get("/A")
    return "/Dest" in link or (isinstance(action, pikepdf.Dictionary) and action.get("/S") == "/GoTo")


def before_and_after(read: Callable[[bytes], Any], path: str) -> tuple[Any, Any]:
    """What `read` finds. Skips where it can read nothing in the original, as with a password."""
    copy = released(path)
    try:
        before = read(original(path))
    except (pypdfium2.PdfiumError, pikepdf.PdfError) as error:
        pytest.skip(f"unreadable before: {error}")
    return before, read(copy.data)


def through_pikepdf(count: Callable[[pikepdf.Pdf], Any]) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        with pikepdf.open(io.BytesIO(data)) as document:
            return count(document)

    return read


@parameters(["pdf"])
def test_the_text_of_each_page_is_the_same(path):
    before, after = before_and_after(texts, path)
    assert after == before


@parameters(["pdf"])
def test_the_outline_leads_to_the_same_pages(path):
    before, after = before_and_after(outline, path)
    assert after == before


@parameters(["pdf"])
def test_each_page_has_its_label(path):
    before, after = before_and_after(labels, path)
    assert after == before


@parameters(["pdf"])
def test_the_tags_are_the_same(path):
    before, after = before_and_after(through_pikepdf(tags), path)
    assert after == before


@parameters(["pdf"])
def test_links_inside_the_document_stay(path):
    before, after = before_and_after(through_pikepdf(links_inside), path)
    assert after == before

"""The trees of a PDF whose nodes name each other in several directions: they have to agree (PDF-64, PDF-72).

Source: ISO 32000-2:2020, 7.7.3 and 12.3.3.
"""

from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.pdf_syntax import Ref, Value
from sanitizers.verify.pdf_walk import Document

_BACK: Final = "Prev"


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, where)


def check(document: Document) -> int:
    """How many pages there are. Raises Refused where a page or a bookmark is told about in two ways."""
    roots = list(document.under("Pages"))
    _must(len(roots) == 1, "page trees")
    tree = document.entries(roots[0])
    kids = document.value(tree["Kids"])
    assert isinstance(kids, list)
    numbers = [int(kid) for kid in kids if type(kid) is Ref]
    _must(
        len(numbers) == len(kids) == len(set(numbers)) == document.value(tree["Count"]),
        "pages are not as many as they should be",
    )
    _must(set(document.under("Page")) == set(numbers), "a page outside the tree")
    for number in numbers:
        parent = document.entries(number)["Parent"]
        _must(type(parent) is Ref and parent == roots[0], f"object {number}: page of another tree")
    _require_bookmarks(document)
    return len(numbers)


def _require_bookmarks(document: Document) -> None:
    """Siblings form one row, and each knows its neighbours and its parent."""
    for number in document.under("Outlines", "Outline"):
        entries = document.entries(number)
        _must(("First" in entries) == ("Last" in entries), f"object {number}: row of bookmarks")
        before: Value = None
        at = entries.get("First")
        while isinstance(at, Ref):
            item = document.entries(at)
            _must(item.get(_BACK) == before and item["Parent"] == number, f"object {int(at)}: bookmark out of its row")
            before, at = at, item.get("Next")
        _must(entries.get("Last") == before, f"object {number}: row of bookmarks")

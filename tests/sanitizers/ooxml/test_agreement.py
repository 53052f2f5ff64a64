"""Sanitizer and judge know the same mark-up, each by a table of its own: what one may write, the other lets pass.

A difference is a file that is withheld without need. Those named here are judged by code before the schema is asked.
"""

from collections.abc import Iterator

import pytest

from sanitizers.formats.ooxml import refused
from sanitizers.formats.ooxml.parts import PARTS, RICH_KINDS
from sanitizers.formats.ooxml.schema import ELEMENTS, EXTENSIONS, Element, clark
from sanitizers.verify.ooxml.markup import ELEMENTS as JUDGED
from sanitizers.verify.ooxml.markup import Kind
from sanitizers.verify.ooxml.places import LEADS_TO

WRITTEN_BY_CODE = RICH_KINDS  # anew from what is understood of them, not carried
ROOTS = [clark(part.root) for part in PARTS if part.root not in ("", "-:xml") and part.kind not in WRITTEN_BY_CODE]
BY_CODE = {
    "customXml",  # unwrapped in every story
    "audio video cmd",  # timing
    "mdxMetadata",  # metadata
    "DDE MapOCX",  # objects of VML
    "drawing object",  # objects of Word
}
ATTRIBUTES_BY_CODE = {"id", "embed", "connectionId", "queryTableFieldId"}
LEADS_NOWHERE = {"w:printerSettings", "xprd:richInfo"}  # never with a relationship
_WORDS = {word for words in BY_CODE for word in words.split()}


def judged(name: str) -> str:
    """A name in Clark notation as the judge's tables have it."""
    return name[1:].replace("}", " ") if name.startswith("{") else name


def local(name: str) -> str:
    return name.rpartition("}")[2]


def carried() -> Iterator[tuple[str, Element]]:
    """Every element that may be written, once for each of its types, but for what is known and refused."""
    seen: set[tuple[str, int]] = set()
    waiting = [(root, ELEMENTS[root]) for root in ROOTS]
    while waiting:
        name, element = waiting.pop()
        if (name, id(element.type)) in seen or name in refused.ELEMENTS or local(name) in _WORDS:
            continue
        seen.add((name, id(element.type)))
        yield name, element
        if element.type.content != "any":
            waiting += element.type.children.items()


def known(name: str) -> list:
    return [element for element in JUDGED.values() if element.name == judged(name)]


def test_what_may_be_written_may_pass():
    lost = []
    for name, element in carried():
        rows = known(name)
        children = {} if element.type.content == "any" else element.type.children
        for child in children:
            is_refused = child in refused.ELEMENTS or local(child) in _WORDS
            if not is_refused and not any(judged(child) in row.children for row in rows):
                lost.append((local(name), local(child)))
        for attribute in element.type.attributes:
            is_refused = attribute in refused.ATTRIBUTES or local(attribute) in ATTRIBUTES_BY_CODE
            if not is_refused and not any(judged(attribute) in row.attributes for row in rows):
                lost.append((local(name), "@" + local(attribute)))
    assert not lost


@pytest.mark.parametrize("uri", sorted(set(EXTENSIONS) - set(refused.EXTENSIONS)))
def test_an_extension_that_may_be_written_may_pass(uri):
    places = [row for label, row in JUDGED.items() if label.endswith(":ext") or label == "a:graphicData"]
    for name in EXTENSIONS[uri]:
        if name not in refused.ELEMENTS and local(name) not in _WORDS:
            assert any(judged(name) in place.children for place in places), name


def test_every_relationship_in_the_mark_up_has_its_kind():
    names = {label for label, row in JUDGED.items() if Kind.RELATION in row.attributes.values()}

    assert names - set(LEADS_TO) == LEADS_NOWHERE

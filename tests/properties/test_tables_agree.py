"""Office packages: what the sanitizer's tables let through, the judge's tables know, by element and by kind of value.

The two share nothing, so that neither repeats the other's mistake. Where the sanitizer says more than the judge hears,
a whole file is withheld for one odd value in it; that cannot show in documents which hold no odd values.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from sanitizers.formats.ooxml import drawing, refused, schema, sheet, slides, word
from sanitizers.formats.ooxml.kinds import KINDS
from sanitizers.formats.ooxml.leads import LEADS
from sanitizers.formats.ooxml.rules import Rules
from sanitizers.formats.ooxml.schema import Element
from sanitizers.verify.ooxml.markup import ELEMENTS, Kind
from sanitizers.verify.ooxml.places import LEADS_TO
from sanitizers.verify.ooxml.values import holds

JUDGED: Final = {element.name: element for element in ELEMENTS.values()}
READ: Final = (Kind.FORMULA, Kind.FIELD)  # by parsers of their own, on both sides
REBUILT: Final = {
    element
    for room in (word, sheet, slides, drawing)
    for rules in vars(room).values()
    if isinstance(rules, Rules)
    for element in rules.edits
}
# What code takes out or writes anew, and not a table: names of a workbook, tables of queries, animations, wrappers
BY_CODE: Final = {"definedName", "cacheSource", "table", "tableColumn", "pivotCacheDefinition", "oleObject"}
CHILDREN_BY_CODE: Final = {"p:audio", "p:video", "p:cmd", "w:customXml", "externalReferences", "functionGroups"}
WRITERS: Final = ("xlrd:", "xlrd2:")  # parts that no schema carries: rich values are written anew
ODD: Final = (
    *(
        "",
        " ",
        "\t",
        "0",
        "-1",
        "true",
        "99999999999999999999",
        "1e999",
        "NaN",
        "rId1",
        "a:b",
        "A1:XFD1048576",
        "高",
        "é",
    ),
    *("http://attacker.example/", "//attacker.example", "file:///a", r"\\attacker.example\a", r"c:\a", "javascript:a"),
    *("shell:a", "ms-word:a", "vnd.sun.star.expand:a", ".uno:a", "slot:a", "DDE a b", "=1+1", "#a", "../a", "url(#a)"),
    *("a/b", "a|b", "a&b", "a'b", 'a"b', "a<b", "a!b", "a?b", "[a]", "~a", "a\nb", "{a}", "@a", "$a", "*a", "^a", "`a"),
    *(
        "&#x41;",
        "\u202ea",
        "\u200b",
        "①",
        "\U0001f600",
        "x" * 100,
        "2026-01-31T09:00:00Z",
        "about: a",
        "position:absolute",
    ),
)


def judged_name(name: str) -> str:
    namespace, brace, local = name.rpartition("}")
    return f"{namespace[1:]} {local}" if brace else local


def inside(element: Element) -> Mapping[str, Element]:
    if element.type.content != "any":
        return element.type.children
    return {name: one for uri in schema.EXTENSIONS for name, one in schema.extension(element.name, uri).items()}


def reached() -> Iterator[tuple[str, Element]]:
    """Every element in every place, from the roots that the judge knows."""
    waiting = [
        (name, element)
        for name, element in schema.ELEMENTS.items()
        if judged_name(name) in JUDGED and not element.name.startswith(WRITERS)
    ]
    seen = set()
    while waiting:
        name, element = waiting.pop()
        if (name, element.type.name) in seen or name in refused.ELEMENTS or judged_name(name) not in JUDGED:
            continue
        seen.add((name, element.type.name))
        yield name, element
        waiting += inside(element).items()


REACHED: Final = list(reached())


def test_most_of_the_tables_are_reached():
    assert len(REACHED) > 2500


def test_every_child_is_known_to_the_judge():
    unknown = {
        f"{child.name} in {element.name}"
        for name, element in REACHED
        for inner, child in inside(element).items()
        if inner not in refused.ELEMENTS and child.name not in CHILDREN_BY_CODE
        if judged_name(inner) not in JUDGED[judged_name(name)].children
    }
    assert not unknown


@pytest.mark.parametrize("value", ODD)
def test_a_value_that_passes_is_one_that_the_judge_takes(value: str):
    """In every attribute that is copied as it came."""
    wrong = {
        f"{element.name}/@{attribute.name}"
        for name, element in REACHED
        if element.type.content != "any" and name not in REBUILT and element.name not in BY_CODE
        for inner, attribute in element.type.attributes.items()
        if not attribute.is_relation and inner not in refused.ATTRIBUTES and attribute.accepts(value)
        if not _takes(JUDGED[judged_name(name)].attributes.get(judged_name(inner)), value)
    }
    assert not wrong


@pytest.mark.parametrize("value", ODD)
def test_a_text_that_passes_is_one_that_the_judge_takes(value: str):
    wrong = {
        element.name
        for name, element in REACHED
        if (content := element.type.content) in ("text", "plain", "quiet") and KINDS[content](value)
        if not _takes(JUDGED[judged_name(name)].text, value)
    }
    assert not wrong


def test_where_an_id_leads_the_judge_lets_it_lead():
    """By its own words for it: what is carried elsewhere before has a type of its own."""
    retold = {"hdphoto", "oleObject", "dialogsheet"}
    for name, element in REACHED:
        for inner, attribute in element.type.attributes.items():
            if attribute.is_relation and inner not in refused.ATTRIBUTES and element.name in LEADS:
                label = JUDGED[judged_name(name)].label
                assert LEADS[element.name] - retold <= LEADS_TO[label], label


def _takes(kind: Kind | None, value: str) -> bool:
    return kind is not None and (kind in READ or holds(kind, value))

"""The document type of an XML file: read, judged by what it would do, and taken out of the text.

Literal entities, as drawing programs write for their namespaces, are put where they are referred to. Nothing else that
a document type can do is done: it is refused.

Source: Extensible Markup Language 1.0 (fifth edition), 2.8 and 4.
"""

import re
from dataclasses import dataclass
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.errors import BlockedError, LimitError, MalformedError

XML_01: Final = vector("XML-01")
XML_02: Final = vector("XML-02")
XML_03: Final = vector("XML-03")
SVG_08: Final = vector("SVG-08")

MAX_ENTITIES: Final = 200
MAX_ENTITY_CHARS: Final = 1024
MAX_EXPANDED_CHARS: Final = 1 << 20

_LITERAL: Final = r"(?:\"[^\"]*\"|'[^']*')"
_SPACE: Final = r"[ \t\r\n]"
_PROLOG: Final = re.compile(rf"(?:{_SPACE}++|<!--(?:(?!--).)*+-->|<\?(?:(?!\?>).)*+\?>)*+", re.DOTALL)
_START: Final = re.compile(
    rf"<!DOCTYPE{_SPACE}+([^\s\[>\"']+)"
    rf"(?:{_SPACE}+(?:PUBLIC{_SPACE}+({_LITERAL})|SYSTEM)(?:{_SPACE}+({_LITERAL}))?)?{_SPACE}*(\[|>)"
)
_END: Final = re.compile(rf"\]{_SPACE}*>")
_SKIPPED: Final = re.compile(
    # Blanks, comments, and what says which elements and attributes there may be, without values of its own.
    rf"{_SPACE}++|<!--(?:(?!--).)*+-->|<!(?:ELEMENT|ATTLIST){_SPACE}[^<>\"'%]*+>",
    re.DOTALL,
)
_ENTITY: Final = re.compile(rf"<!ENTITY{_SPACE}+([A-Za-z_][\w.-]{{0,63}}){_SPACE}+({_LITERAL}){_SPACE}*>")
_OUTER_ENTITY: Final = re.compile(rf"<!ENTITY{_SPACE}+[^\s%>]+{_SPACE}+(?:SYSTEM|PUBLIC)\b")
_CHARACTER: Final = re.compile(r"&#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));")
_REFERENCE: Final = re.compile(
    r"<!--(?:(?!-->).)*+-->|<!\[CDATA\[(?:(?!\]\]>).)*+\]\]>|<\?(?:(?!\?>).)*+\?>|&([A-Za-z_][\w.-]{0,63});", re.DOTALL
)
_ESCAPED: Final = str.maketrans({"<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_BUILT_IN: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})


@dataclass(frozen=True, slots=True)
class Doctype:
    """What a document type said."""

    is_there: bool = False
    public: str = ""
    system: str = ""
    expanded: int = 0  # references that were put in their place


NO_DOCTYPE: Final = Doctype()


def take_out(text: str) -> tuple[Doctype, str]:
    """The document type, and the text without it and its entities.

    Raises BlockedError for external entities (XML-01), parameter entities (XML-02), entities made of entities (XML-03)
    and any other declaration (SVG-08); LimitError where the text would grow; MalformedError.
    """
    start = _PROLOG.match(text)
    assert start is not None
    found = _START.match(text, start.end())
    if found is None:
        if text.startswith("<!DOCTYPE", start.end()):
            raise MalformedError("DOCTYPE")
        return NO_DOCTYPE, text  # the word stands somewhere in the document; no element can have it
    entities: dict[str, str] = {}
    end = found.end()
    if found[4] == "[":
        entities, end = _internal_subset(text, end)
    before, behind = text[: found.start()], text[end:]
    again = _PROLOG.match(behind)
    if again and behind.startswith("<!DOCTYPE", again.end()):
        raise MalformedError("two document types")
    count = 0
    if entities and "&" in behind:
        behind, count = _expanded(behind, entities)
    return Doctype(True, (found[2] or "")[1:-1], (found[3] or "")[1:-1], count), before + behind


def _internal_subset(text: str, at: int) -> tuple[dict[str, str], int]:
    entities: dict[str, str] = {}
    while True:
        if found := _SKIPPED.match(text, at):
            at = found.end()
        elif found := _ENTITY.match(text, at):
            at = found.end()
            entities.setdefault(found[1], _plain(found[2][1:-1]))  # the first declaration binds (4.2)
            if len(entities) > MAX_ENTITIES:
                raise LimitError(f"more than {MAX_ENTITIES} entities", XML_03)
        elif found := _END.match(text, at):
            return entities, found.end()
        else:
            raise BlockedError("a declaration in the document type", _refusal(text, at))


def _refusal(text: str, at: int) -> Vector:
    if text.startswith("%", at) or re.compile(rf"<!ENTITY{_SPACE}+%").match(text, at):
        return XML_02
    return XML_01 if _OUTER_ENTITY.match(text, at) else SVG_08


def _plain(literal: str) -> str:
    """The replacement text of a literal entity that holds text alone, ready to be put anywhere in a document."""
    if len(literal) > MAX_ENTITY_CHARS:
        raise BlockedError("a large entity", XML_03)
    value = _CHARACTER.sub(_character, literal)
    if "&" in value or "%" in value or "<" in value:
        raise BlockedError("an entity made of markup or of entities", XML_03)
    return value.translate(_ESCAPED)


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    if not 0x20 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise MalformedError("a character that is none")
    return chr(code)


def _expanded(text: str, entities: dict[str, str]) -> tuple[str, int]:
    count = grown = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal count, grown
        name = found[1]
        if name is None or name in _BUILT_IN or name not in entities:
            return found[0]
        count += 1
        grown += len(entities[name])
        if grown > MAX_EXPANDED_CHARS:
            raise LimitError(f"entities of more than {MAX_EXPANDED_CHARS} characters", XML_03)
        return entities[name]

    return _REFERENCE.sub(replaced, text), count

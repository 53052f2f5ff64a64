"""Style as it is rebuilt inside an SVG: known properties, known functions, and addresses of the same file (SVG-06).

The whole text is tokenised; what no token fits is refused, so that a backslash, a comment, an at-rule or an angle
bracket never is a question. Nothing recurses, and no pattern looks twice at a character.

Source: CSS Syntax Level 3, 4 and 5; Selectors Level 4; SVG 2, 6; the properties stand in svg_rules.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Refused, require
from sanitizers.verify.svg_rules import FUNCTIONS, PROPERTIES

_MOST_NESTED: Final = 8
_TOKEN: Final = re.compile(
    r"""(?P<blank>\s++)
    |(?P<address>[uU][rR][lL]\(\s*+(?P<quote>["']?)\#(?P<id>[^\s"'()\\<>]++)(?P=quote)\s*+\))
    |(?P<function>-?[A-Za-z][-\w]*+)\(
    |(?P<word>-{0,2}[^\W\d][-\w]*+)
    |(?P<number>[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?(?:%|[A-Za-z]{1,4}+)?)
    |(?P<hash>\#[-\w]++)
    |(?P<string>"[^"\\\n\r\f<>]*+"|'[^'\\\n\r\f<>]*+')
    |(?P<open>\()|(?P<close>\))
    |(?P<mark>[-,/!+*])""",
    re.VERBOSE,
)
_PROPERTY: Final = re.compile(r"[\s;]*+(?P<name>-?[A-Za-z][-A-Za-z]*+|--[A-Za-z_][-\w]*+)\s*+:", re.ASCII)
_MOST_IN_VARIABLE: Final = 200 + len("!important")
_BLANKS: Final = re.compile(r"[\s;]*+")
_SELECTOR: Final = re.compile(
    r"""(?:\s*+(?:[>+~,]|\*|[.#]?-?[^\W\d][-\w]*+
    |:(?:root|hover|active|focus|first-child|last-child|first-of-type|last-of-type
        |nth-(?:child|of-type)\(\s*+(?:odd|even|[-+n\d\s]++)\s*+\))))++\s*+""",
    re.VERBOSE,
)
_NAME: Final = re.compile(r"[.#]?-?[^\W\d][-\w]*+|\*")
_BRACKETS: Final = re.compile(r":[-a-z]++(?:\([^)]*+\))?")


@dataclass(frozen=True, slots=True)
class Applied:
    """An address in a style sheet, and the elements that it may apply to.

    Names are ".class", "#id", an element's name, or "*". An element has all its `own` names, and for each of the sets
    `around` it an ancestor that has those. What else a selector asks for is not looked at.
    """

    identifier: str
    own: frozenset[str]
    around: tuple[frozenset[str], ...] = ()


def _must(true: object, where: str) -> None:
    require(true, Check.XML, f"style: {where}")


def value(text: str, where: str) -> tuple[str, ...]:
    """Ids that the value of one property names. Raises Refused for anything that is not a plain value."""
    identifiers, end = _value(text, 0, "")
    _must(end == len(text), f"{where}: {text[end : end + 20]!r}")
    return identifiers


def declarations(text: str) -> tuple[str, ...]:
    """Ids that a style attribute names."""
    identifiers, end = _declarations(text, 0, "")
    _must(end == len(text), repr(text[end : end + 20]))
    return identifiers


def sheet(text: str) -> Iterator[Applied]:
    """What a style element names: rules of plain selectors, one behind the other."""
    at = _skip(text, 0)
    while at < len(text):
        opening = text.find("{", at)
        selector = text[at:] if opening < 0 else text[at:opening]
        _must(opening >= 0 and _SELECTOR.fullmatch(selector), repr(selector[:20]))
        identifiers, at = _declarations(text, opening + 1, "}")
        _must(text[at : at + 1] == "}", "a rule that does not end")
        at = _skip(text, at + 1)
        for one in selector.split(",") if identifiers else ():
            *around, own = _compounds(one)
            for identifier in identifiers:
                yield Applied(identifier, own, tuple(around))


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at


def _compounds(selector: str) -> list[frozenset[str]]:
    """Names of each compound but those of siblings, the last of them at the end."""
    plain = re.sub(r"\s*+([+~])\s*+", r"\1", _BRACKETS.sub("", selector)).strip()
    parts = (re.split(r"[+~]", part)[-1] for part in re.split(r"[\s>]++", plain))
    return [frozenset(_NAME.findall(part)) for part in parts]


def _declarations(text: str, at: int, end: str) -> tuple[tuple[str, ...], int]:
    """Declarations up to the end mark; gives the ids they name and where they end."""
    identifiers: dict[str, None] = {}
    while name := _PROPERTY.match(text, at):
        is_variable = name["name"].startswith("--")
        _must(is_variable or name["name"].lower() in PROPERTIES, f"property {name['name'][:40]}")
        named, at = _value(text, name.end(), ";" + end)
        if is_variable:  # it is written out wherever it is named: nothing in it may be written out once more
            said = text[name.end() : at]
            _must(not named and len(said) <= _MOST_IN_VARIABLE and "var(" not in said.lower(), "a variable")
        identifiers.update(dict.fromkeys(named))
    return tuple(identifiers), _skip(text, at)


def _value(text: str, at: int, ends: str) -> tuple[tuple[str, ...], int]:
    identifiers = []
    depth = 0
    while at < len(text) and text[at] not in ends:
        token = _TOKEN.match(text, at)
        if token is None:
            raise Refused(Check.XML, f"style: {text[at : at + 20]!r}")
        kind = token.lastgroup
        if kind == "address":
            identifiers.append(token["id"])
        elif kind in ("function", "open"):
            _must(kind == "open" or token["function"].lower() in FUNCTIONS, f"function {token['function']}")
            depth += 1
            _must(depth <= _MOST_NESTED, "brackets in brackets")
        elif kind == "close":
            depth -= 1
            _must(depth >= 0, "a bracket that was not open")
        at = token.end()
    _must(depth == 0, "a bracket that stays open")
    return tuple(identifiers), at

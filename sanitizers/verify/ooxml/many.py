"""The many rows of a sheet and the many strings of a workbook, heard as a regular language in one pass (V-XML, V-FML).

A call for each of a million cells would take longer than the rebuild. What stands between the first and the last row is
nested to a fixed depth, so one automaton can hear it all; formulas that are more than cells, numbers and the list's
functions are then read one by one, each text once. What is not of this form is walked like any other part.

Source: ISO/IEC 29500-1:2016, 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.73 (row), 18.4.8 (si); XML 1.0, 2.2, 2.4.
"""

import re
from functools import lru_cache
from html import unescape
from typing import Any, Final, NamedTuple

import re2

from sanitizers.verify.ooxml.formulas import is_harmless
from sanitizers.verify.ooxml.functions import FUNCTIONS

_MEMORY: Final = 1 << 26  # of an automaton, in bytes
_LEAST: Final = 1 << 16  # shorter parts are walked

_GAP: Final = r"[ \t\r\n]*"
_TEXT: Final = r"(?:[^<&\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]|&(?:lt|gt|amp|apos|quot|#9|#10|#13);)*"
_FLAG: Final = "(?:true|false|[01])"
_DIGITS: Final = "[0-9]{1,10}"
_DECIMAL: Final = r"-?[0-9]{0,20}(?:\.[0-9]{0,40})?(?:E[+-]?[0-9]{1,3})?"
_PLACE: Final = "[A-Z]{1,3}[0-9]{1,7}"


def _maybe(**kinds: str) -> str:
    """Attributes in this order, each there or not."""
    return "".join(f'(?: {name.replace("__", ":")}="{kind}")?' for name, kind in kinds.items())


def _tag(name: str, attributes: str, content: str) -> str:
    return f"<{name}{attributes}(?:/>|>{content}</{name}>)"


_KEPT: Final = _maybe(xml__space="preserve")
_KIND: Final = "(?:s|n|b|e|d|str|inlineStr)"
_ROW: Final = _maybe(
    r=_DIGITS,
    spans="[0-9: ]{0,60}",
    s=_DIGITS,
    customFormat=_FLAG,
    ht=_DECIMAL,
    hidden=_FLAG,
    customHeight=_FLAG,
    outlineLevel="[0-7]",
    collapsed=_FLAG,
    thickTop=_FLAG,
    thickBot=_FLAG,
    ph=_FLAG,
    x14ac__dyDescent=_DECIMAL,
)
_CELL: Final = _maybe(r=_PLACE) + f"(?:{_maybe(s=_DIGITS, t=_KIND)}|{_maybe(t=_KIND, s=_DIGITS)})" + _maybe(cm=_DIGITS)
_FORMULA: Final = (
    f"(?:{_maybe(t='(?:shared|array|normal|dataTable)', aca=_FLAG)}|{_maybe(aca=_FLAG, t='(?:shared|array)')})"
) + _maybe(
    ref=f"{_PLACE}(?::{_PLACE})?",
    dt2D=_FLAG,
    dtr=_FLAG,
    del1=_FLAG,
    del2=_FLAG,
    r1=_PLACE,
    r2=_PLACE,
    ca=_FLAG,
    si=_DIGITS,
    bx=_FLAG,
    xml__space="preserve",
)
_READ: Final = frozenset(
    {"EXPAND", "MAKEARRAY", "MUNIT", "RANDARRAY", "REPT", "SEQUENCE"}
)  # by their numbers (OOXML-91)
_WORDS: Final = "|".join(map(re.escape, sorted(FUNCTIONS - _READ)))
_PLAIN: Final = (
    rf"(?:\$?[A-Z]{{1,3}}\$?[0-9]{{1,7}}|[0-9]+(?:\.[0-9]+)?|(?:{_WORDS})\(|[-+*/^%=(),: ]|&(?:lt|gt|amp);)*"
)


def _rows(formula: str) -> str:
    told = f"<is>{_GAP}{_tag('t', _KEPT, _TEXT)}{_GAP}</is>{_GAP}"
    inside = f"{_GAP}(?:{_tag('f', _FORMULA, formula)}{_GAP})?(?:{_tag('v', _KEPT, _TEXT)}{_GAP})?(?:{told})?"
    cells = f"{_GAP}(?:{_tag('c', _CELL, inside)}{_GAP})*"
    return f"{_GAP}(?:{_tag('row', _ROW, cells)}{_GAP})*"


_STRINGS: Final = f"{_GAP}(?:<si>{_GAP}{_tag('t', _KEPT, _TEXT)}{_GAP}</si>{_GAP})*"


class Many(NamedTuple):
    """What is heard so: the tags around it, and its languages, the stricter first."""

    opening: bytes
    closing: bytes
    languages: tuple[str, ...]


_PARTS: Final = {
    "x:worksheet": Many(b"<sheetData>", b"</sheetData>", (_rows(_PLAIN), _rows(_TEXT))),
    "x:sst": Many(b">", b"</sst>", (_STRINGS,)),
}
_DESCENT: Final = b' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
_FORMULAS: Final = re.compile(rb"<f(?: [^<>]*)?>([^<]+)</f>")


@lru_cache
def _automaton(language: str) -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = _MEMORY
    return re2.compile(language.encode(), options)


def without_the_many(data: bytes, root: str) -> bytes:
    """The part without its rows or strings where all of them may stand there; otherwise the part as it is."""
    many = _PARTS.get(root)
    if many is None or len(data) < _LEAST:
        return data
    start = data.find(many.opening, data.find(b"<", data.find(b"?>") + 1)) + len(many.opening)
    end = data.rfind(many.closing)
    if start < len(many.opening) or end < start or data.find(b"]]>", start, end) >= 0:
        return data
    if data.find(b" x14ac:", start, end) >= 0 and data.find(_DESCENT, 0, start) < 0:
        return data
    for number, language in enumerate(many.languages):
        if _automaton(language).fullmatch(data, start, end):
            if number and not all(map(_is_harmless, set(_FORMULAS.findall(data, start, end)))):
                return data
            return data[:start] + data[end:]
    return data


def _is_harmless(text: bytes) -> bool:
    return is_harmless(unescape(text.decode()))


def warm() -> None:
    """Make the automata before anything is locked."""
    for many in _PARTS.values():
        for language in many.languages:
            _automaton(language).fullmatch(b" ", 0, 1)

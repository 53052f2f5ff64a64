"""The many rows of a sheet and the many strings of a workbook, heard as a regular language in one pass (V-XML, V-FML).

A call for each of a million cells would take longer than the rebuild. What stands between the first and the last row is
nested to a fixed depth, so one automaton can hear it all; formulas that are more than cells, numbers and the list's
functions are then read one by one, each text once. What is not of this form is walked like any other part.

Source: ISO/IEC 29500-1:2016, 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.73 (row), 18.4.8 (si); XML 1.0, 2.2, 2.4.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html import unescape
from itertools import chain
from typing import Any, Final, NamedTuple

import re2

from sanitizers.model import Check
from sanitizers.verify.court import require
from sanitizers.verify.ooxml.formulas import is_harmless
from sanitizers.verify.ooxml.functions import FUNCTIONS

_MEMORY: Final = 1 << 26  # of an automaton, in bytes
_LEAST: Final = 1 << 16  # shorter parts are walked
_LONGEST: Final = 1 << 24  # bytes of a row or a text

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
    last: bytes  # how each of them ends
    closing: bytes
    languages: tuple[str, ...]


PARTS: Final = {
    "x:worksheet": Many(b"<sheetData>", b"</row>", b"</sheetData>", (_rows(_PLAIN), _rows(_TEXT))),
    "x:sst": Many(b">", b"</si>", b"</sst>", (_STRINGS,)),
}
_DESCENT: Final = b' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
_FORMULAS: Final = re.compile(rb"<f(?: [^<>]*)?>([^<]+)</f>")


@lru_cache
def _automaton(language: str) -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = _MEMORY
    return re2.compile(language.encode(), options)


def without_the_many(data: bytes, root: str, linking: set[str] | None = None) -> bytes:
    """The part without its rows or strings where all of them may stand there; otherwise the part as it is.

    `linking` collects formulas with a link whose address stands in a cell.
    """
    many = PARTS.get(root)
    if many is None or len(data) < _LEAST:
        return data
    start = _start(data, many)
    end = data.rfind(many.closing)
    if (
        not start
        or end < start
        or not _may_stand(data, start, end, many, linking, declares_descent=_DESCENT in data[:start])
    ):
        return data
    return data[:start] + data[end:]


def left_of_the_many(
    pieces: Iterator[bytes], root: str, is_among: Callable[[], bool], linking: set[str] | None = None
) -> Iterator[bytes]:
    """The same of a large part that comes in pieces: what is left to be walked, in pieces.

    `is_among` tells whether what was walked so far ends among the many: nothing else is left out.
    """
    many = PARTS[root]
    data = next(pieces, b"")
    start = _start(data, many)
    declares_descent = _DESCENT in data[:start]
    yield data[:start] or data
    data = data[start:] if start else b""
    for piece in chain((b"",), pieces):
        data += piece
        end = data.rfind(many.last) + len(many.last)
        if not start or not is_among():
            start, end = 0, len(data)
        elif end < len(many.last):
            require(len(data) < _LONGEST, Check.LIMITS, "a row or text longer than a reader reads")
            continue
        elif _may_stand(data, 0, end, many, linking, declares_descent=declares_descent):
            data = data[end:]
            continue
        if data.find(many.closing[:-1], 0, end) >= 0:
            start = 0  # what stands behind has another place
        yield data[:end]
        data = data[end:]
    yield data


def _start(data: bytes, many: Many) -> int:
    """Where the many begin; 0 where they do not."""
    at = data.find(many.opening, data.find(b"<", data.find(b"?>") + 1))
    return at + len(many.opening) if at >= 0 else 0


def _may_stand(
    data: bytes, start: int, end: int, many: Many, linking: set[str] | None, *, declares_descent: bool
) -> bool:
    if data.find(b"]]>", start, end) >= 0 or (data.find(b" x14ac:", start, end) >= 0 and not declares_descent):
        return False
    for number, language in enumerate(many.languages):
        if _automaton(language).fullmatch(data, start, end):
            texts = set(_FORMULAS.findall(data, start, end)) if number else ()
            return all(is_harmless(unescape(text.decode()), linking=linking) for text in texts)
    return False


def warm() -> None:
    """Make the automata before anything is locked."""
    for many in PARTS.values():
        for language in many.languages:
            _automaton(language).fullmatch(b" ", 0, 1)

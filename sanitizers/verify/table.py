"""A rebuilt table (CSV, TSV): a text without a cell that a spreadsheet would compute (V-CSV; TXT-01 to TXT-04).

A spreadsheet chooses the delimiter itself, so each one that stands in the text is tried. A cell computes when its first
character that shows is one of = + - @ or their full-width twins, unless it is a number, a telephone number, a date,
dashes alone, or a sign before words in which nothing refers, calls or calculates.

Source: RFC 4180; OWASP, CSV Injection; threat catalogue, section 18.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import Court, require
from sanitizers.verify.encodings import Reading
from sanitizers.verify.text import accepted_readings

_DELIMITERS: Final = ",;\t|"
_SIGNS: Final = "-+＋－\u2212"  # the full-width minus of JIS X 0208 is U+FF0D for Microsoft, U+2212 for others
_SIGN: Final = f"[{_SIGNS}]"
_MINUS: Final = "－\u2212-"  # at the end of a class
_STARTS: Final = frozenset("=@＝＠" + _SIGNS)
_BLANK: Final = "\u00ad\u3000\ufeff\u00a0 \t\r\n\x0b\x0c"  # what stands before a formula without stopping it
_LEADING: Final = _STARTS | frozenset(_BLANK)
_NUMBER: Final = r"[¥￥$€£]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s?%?"

# A trigger where a cell can start under any delimiter, unless it is the sign of a number or a dash on its own, in a
# line without what a call or a reference needs. The trigger stands first, where the engine looks for it fast.
_PREFILTER: Final = re.compile(
    rf'[{_SIGNS}=@＝＠](?:(?<=[\s"{_DELIMITERS}\u00ad].)|(?<=\A.))'
    rf'(?!(?<={_SIGN})(?:(?<=".)(?: ?{_NUMBER})?"|(?<!".)(?: ?{_NUMBER})?)(?=[,;\t\r\n]|\Z)[^\r\n(|!]*+(?![(|!]))'
)
_CELLS: Final = '"((?:[^"]++|"")*+)("?+)([^{d}\r\n]*+)|([^{d}\r\n]++)'
_NAIVE_CELLS: Final = "([^{d}\r\n]++)"

_HARMLESS: Final = re.compile(  # behind a sign
    rf"\s?{_NUMBER}"
    rf"|{_SIGN}*"  # dashes alone
    rf"|[\d\s().{_MINUS}]{{1,30}}"  # telephone
    r"|\d{1,4}/\d{1,2}(?:/\d{1,4})?"  # date
)
_COMPUTES: Final = re.compile(
    r"[(|!=@\[{]"  # call, DDE, other sheet, comparison, table, array
    r"|(?<![\w$])\$?[A-Za-z]{1,3}\$?\d{1,7}(?![\w.])"  # reference
)
_ARITHMETIC: Final = re.compile(rf"[\d\s.,%+＋*/^&<>(){_MINUS}]+")
_FULL_WIDTH_CALL: Final = re.compile(r"[Ａ-Ｚａ-ｚ][０-９．]*\s*[（(]")
_OPERATOR: Final = r"(?:\A|[-+*/^&<>=(%])\s*"
_LINE_CALLS: Final = re.compile(rf"{_OPERATOR}[A-Za-z_][\w.]* *[(|]")
_LINE_REFERS: Final = re.compile(rf"{_OPERATOR}['\[]")
_SEPARATOR_LINE: Final = re.compile(r'\s*"?sep=', re.IGNORECASE)
_KNOWN_SEPARATOR: Final = re.compile(rf'"?sep=[{_DELIMITERS}]?"?[{_DELIMITERS}]*(?:\r?\n|\Z)', re.IGNORECASE)
_SYLK: Final = re.compile(r'\s*"?ID;')


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a text, and none of its cells computes however a spreadsheet reads it."""
    passed = accepted_readings(data, court)
    japanese = [reading for reading in passed if reading.is_japanese]
    for reading in japanese or passed:
        _require_inert(reading)


def _require_inert(reading: Reading) -> None:
    text = reading.text
    require(not _SYLK.match(text), Check.MAGIC, "SYLK")
    harmless = not _SEPARATOR_LINE.match(text) or _KNOWN_SEPARATOR.match(text)
    require(harmless, Check.TABLE, "sep= names an unknown delimiter")
    if not _PREFILTER.search(text):
        return
    for delimiter, is_formula in _questions(text):
        for cell, at in _cells(text, delimiter):
            require(not is_formula(cell), Check.TABLE, f"cell at character {at}, delimiter {delimiter!r}")


def _questions(text: str) -> Iterator[tuple[str, Callable[[str], bool]]]:
    """What is asked of the cells under each delimiter that stands in the text, and under one that does not."""
    present = [delimiter for delimiter in _DELIMITERS if delimiter in text]
    absent = [delimiter for delimiter in _DELIMITERS if delimiter not in text]
    for delimiter in present:
        yield delimiter, computes
    if absent:  # a spreadsheet set to it takes the whole line for one cell
        yield absent[0], computes_as_line if present else computes


def _cells(text: str, delimiter: str) -> Iterator[tuple[str, int]]:
    """Cells that start as a formula could, with their places. After a quote that never closes, lines are rows too."""
    for match in re.finditer(_CELLS.format(d=delimiter), text):
        quoted, closing, rest, plain = match.groups()
        cell = plain if quoted is None else quoted.replace('""', '"') + rest
        if cell[:1] in _LEADING:
            yield cell, match.start()
        if quoted and not closing:
            for inner in re.finditer(_NAIVE_CELLS.format(d=delimiter), quoted):
                yield inner[1], match.start() + inner.start()


def computes(cell: str) -> bool:
    """Whether a spreadsheet would compute this cell rather than show it."""
    start, rest = _start(cell)
    if not start or (start in _SIGNS and _HARMLESS.fullmatch(rest)):
        return False
    if start not in _SIGNS:
        return True
    if _COMPUTES.search(rest) or _ARITHMETIC.fullmatch(rest) or _FULL_WIDTH_CALL.search(rest):
        return True
    return "｜" in rest and "！" in rest


def computes_as_line(line: str) -> bool:
    """Whether a line with the delimiters of another country in it could still be a formula that reaches out.

    Where the comma is the decimal sign, `-1,5+cmd|' /C calc'!A0` is one cell. Cells that merely stand side by side
    are no formula: something must call or refer, at the start or behind an operator.
    """
    start, rest = _start(line)
    if not start or start not in _SIGNS:
        return bool(start)
    return bool(_LINE_CALLS.search(rest) or ("!" in rest and _LINE_REFERS.search(rest)))


def _start(cell: str) -> tuple[str, str]:
    """The first character that shows, if it is one that starts a formula, and what follows it."""
    shown = cell.lstrip(_BLANK)
    if len(shown) < len(cell):
        shown = shown.lstrip(_BLANK + '"')  # a quote after a blank does not quote
    return (shown[0], shown[1:].rstrip(_BLANK)) if shown[:1] in _STARTS else ("", "")

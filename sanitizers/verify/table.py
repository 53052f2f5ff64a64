"""A rebuilt table (CSV, TSV): a text without a cell that a spreadsheet would compute (V-CSV; TXT-01 to TXT-04).

A spreadsheet chooses the delimiter itself, so each one that stands in the text is tried. A cell computes when its first
character that shows is one of = + - @ or their full-width twins, unless it is a number, a telephone number, a date,
dashes alone, or a sign before words in which nothing refers, calls or calculates.

Source: RFC 4180; OWASP, CSV Injection; threat catalogue, section 18.
"""

import re
from collections.abc import Iterator
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
_NUMBER: Final = r"[¥￥$€£]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?\s?%?"

# A trigger where a cell can start under any delimiter, that is not the sign of a number or a dash on its own.
_PREFILTER: Final = re.compile(
    rf'(?:\A|(?<=[\s"{_DELIMITERS}\u00ad]))(?=[{_SIGNS}=@＝＠])'
    rf'(?!{_SIGN}(?:\s?{_NUMBER})?"?(?:[,;\t\r\n]|\Z))'
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
    for delimiter in [d for d in _DELIMITERS if d in text] or _DELIMITERS[0]:
        for cell, at in _cells(text, delimiter):
            require(not computes(cell), Check.TABLE, f"cell at character {at}, delimiter {delimiter!r}")


def _cells(text: str, delimiter: str) -> Iterator[tuple[str, int]]:
    """Cells that are not empty, with where they start. After a quote that never closes, lines count as rows too."""
    for match in re.finditer(_CELLS.format(d=delimiter), text):
        quoted, closing, rest, plain = match.groups()
        if quoted is None:
            yield plain, match.start()
            continue
        yield quoted.replace('""', '"') + rest, match.start()
        if not closing:
            for inner in re.finditer(_NAIVE_CELLS.format(d=delimiter), quoted):
                yield inner[1], match.start() + inner.start()


def computes(cell: str) -> bool:
    """Whether a spreadsheet would compute this cell rather than show it."""
    shown = cell.lstrip(_BLANK)
    if len(shown) < len(cell):
        shown = shown.lstrip(_BLANK + '"')  # a quote after a blank does not quote
    if shown[:1] not in _STARTS:
        return False
    if shown[0] not in _SIGNS:
        return True
    rest = shown[1:].rstrip(_BLANK)
    if _HARMLESS.fullmatch(rest):
        return False
    if _COMPUTES.search(rest) or _ARITHMETIC.fullmatch(rest) or _FULL_WIDTH_CALL.search(rest):
        return True
    return "｜" in rest and "！" in rest

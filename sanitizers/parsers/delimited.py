"""Cells of delimited text, with their places in it, as spreadsheets and Python's csv module read them.

A cell that begins with a quote ends with the next single quote; what follows that one up to the delimiter belongs to it
too, and a quote anywhere else is a letter. Rows end at line ends outside quotes. Nothing is unbalanced: a quote that is
never closed lasts to the end. Only cells that may begin a formula are given; the others are passed over in bulk.

Source: RFC 4180; Lib/csv, dialect excel.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sanitizers.parsers.patterns import Find, finder

DELIMITERS: Final = ",;\t|"
NO_DELIMITER: Final = "\x1f"  # each row is one cell, as for a program that is set to a delimiter which is not there
_SAMPLE_CHARS: Final = 20_000

TRIGGERS: Final = "=+\\-@＝＋－＠﹦﹢﹣﹫−"  # and what Japanese input and converters write for them
_LEAD: Final = r'[\s"\x00\ufeff]'  # what programs drop before they look
_ROW_ENDS: Final = "\r\n"
_QUIET: Final = (
    r"(?:[+\-](?:\d++(?:\.\d*+)?+[^\W\d_]{0,4}%?|\d[\d.]*+[^\W\d_]{0,4}|[ (]?\d[\d .()\-]{0,26}\d)?|-++|－++)"
    # a number, with points between more than two a version but no percentage; a telephone; dashes
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell whose first character that counts is a trigger."""

    start: int
    end: int
    trigger: int  # where that character stands
    value: str  # as a program shows it, from the trigger on


_TRIGGER: Final = re.compile(f"{_LEAD}*+(?=[{TRIGGERS}])")
_QUOTED: Final = re.compile('"((?:[^"]++|"")*+)("?)')
_SIGNED_LINE: Final = re.compile(rf"\n(?:(?!\n){_LEAD})*+[+\-＋－﹢﹣−]")


def present(text: str) -> str:
    """The delimiters that stand in the text."""
    return "".join(delimiter for delimiter in DELIMITERS if delimiter in text)


def likely_delimiter(text: str) -> str:
    """The delimiter that stands most often at the beginning of the text; a comma where none does."""
    head = text[:_SAMPLE_CHARS]
    return max(DELIMITERS, key=head.count)


def may_compute(text: str) -> bool:
    """Whether any reading of the text can have a cell that begins with a trigger and is no number or dash. Fast."""
    if _TRIGGER.match(text):
        return True
    found = present(text)
    ends = found if len(found) == 1 else ""
    coded = text.encode("utf-8", "replace")
    if _quick_look(ends)(coded, 0, len(coded)) < 0:
        return False
    return bool(_first_look(ends).search(text) or _SIGNED_LINE.search(text))


def triggered(text: str, delimiter: str, *, quotes: bool = True, row_ends: str = _ROW_ENDS) -> Iterator[Cell]:
    """Cells that begin with a trigger and are no plain number or dash, in order. Without quotes a quote is a letter."""
    for found in _reading(delimiter, quotes, row_ends).finditer(text):
        start, end = found.span(1)
        trigger = _TRIGGER.match(text, start, end)
        if trigger:
            yield Cell(start, end, trigger.end(), _shown(text, start, trigger.end(), end, quotes))


def is_unbalanced(text: str, delimiter: str) -> bool:
    """Whether a quote is never closed, or a cell is longer than csv reads: then a program may forget about quotes."""
    if '"' not in text and "\f" not in text:
        return False
    try:
        deque(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), maxlen=0)
    except csv.Error:
        return True
    return bool(_unclosed(delimiter).match(text))


def _shown(text: str, start: int, trigger: int, end: int, quotes: bool) -> str:
    quoted = _QUOTED.match(text, start, end) if quotes else None
    if quoted is None or trigger > quoted.end(1):
        return text[trigger:end]
    return text[trigger : quoted.end(1)].replace('""', '"') + text[quoted.end() : end]


# --- patterns, for a delimiter each -----------------------------------------------------------------------------


def _harmless(ends: str) -> str:
    """At the start of a cell: a plain number or a dash alone, in quotes or not."""
    return rf'(?: ?{_QUIET}(?:[{ends}]|\Z)|"{_QUIET}"(?:[{ends}]|\Z))'


_BLANKS: Final = '\x00\x0b\x1c-\x1f "\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'  # of _LEAD
_STARTS: Final = rf"\n\r\f{DELIMITERS}"


@lru_cache(maxsize=16)
def _quick_look(ends: str) -> Find:
    """What `_first_look` or `_SIGNED_LINE` finds, and little else, by RE2 over UTF-8: plain numbers are passed by."""
    ends += _ROW_ENDS
    others = TRIGGERS.replace(r"+\-", "")
    starts = (
        rf"[{_BLANKS}]*[{others}]",
        rf"(?:[{_BLANKS}]{{2,}}|[{_BLANKS.replace(' ', '')}])[+\-]",
        rf" ?[+\-](?:[0-9][0-9.]*)?[^0-9.{ends}]",
        rf" ?(?:[+\-]\.|\+(?:[{ends}]|\z))",
    )
    return finder(
        rf"[{_STARTS}](?:{'|'.join(starts)})"
        rf"|\n[{_BLANKS}\r\f\t]*[+\-＋－﹢﹣−]"  # a signed line
        rf"|[{_BLANKS}\n\r\f\t][\t\f][{_BLANKS}]*[{TRIGGERS}]"  # a delimiter that does not count
    )


@lru_cache(maxsize=16)
def _first_look(ends: str) -> re.Pattern[str]:
    """A place where some reading may start a cell with a trigger. Each place is looked at from one side only."""
    starts = f"[{_STARTS}]"
    triggered = rf"(?=(?:(?!{starts}){_LEAD})*+[{TRIGGERS}])"
    is_lead = r'(?<=[\s"][\t\f])'  # a delimiter that may stand in quotes, before the cell begins to count
    return re.compile(rf"{starts}{triggered}(?:{is_lead}|(?!{_harmless(ends + _ROW_ENDS)}))")


@lru_cache(maxsize=16)
def _reading(delimiter: str, quotes: bool, row_ends: str) -> re.Pattern[str]:
    """Passes over what is harmless, up to the next cell that may not be, or the last one."""
    ends = delimiter + row_ends
    plain = f"[^{ends}]*+"
    body = rf'(?:"(?:[^"]++|"")*+(?:"{plain})?|[^"{ends}]{plain}|)' if quotes else plain
    quoted = rf'(?:"(?:{_LEAD}(?<!")|"")*+"?)?' if quotes else ""
    passed = rf"(?:(?!{quoted}(?:(?![{ends}]){_LEAD})*+[{TRIGGERS}])|(?={_harmless(ends)}))"
    return re.compile(rf"(?:{passed}{body}(?:\r\n|[{ends}]))*+({body})")


@lru_cache(maxsize=16)
def _unclosed(delimiter: str) -> re.Pattern[str]:
    plain = rf"[^{delimiter}\r\n]"
    closed = rf'(?:"(?:[^"]++|"")*+"{plain}*+|(?!"){plain}++|)'
    return re.compile(rf'\A(?:{closed}(?:\r\n|[{delimiter}\r\n]))*+"(?:[^"]++|"")*+\Z')

"""Tables in text, CSV and TSV: TXT-01 to TXT-04, and everything that holds for plain text.

A cell that a spreadsheet would compute gets an apostrophe before the character that makes it do so; not one byte of any
other cell changes. A spreadsheet chooses the delimiter itself, so that no cell may compute under any delimiter that
stands in the text, nor reach out of the sheet where a whole line is taken for one cell.

Source: RFC 4180; OWASP, CSV Injection; Microsoft Excel, `sep=` and SYLK.
"""

import re
from collections.abc import Iterator
from typing import Final

from policies.catalogue import vector
from policies.terms import Action, Vector
from sanitizers.formats.text import TEXT_VECTORS, TXT_04, Characters, SafeText, carry_characters, carry_sheet_start
from sanitizers.parsers import delimited, encoding
from sanitizers.parsers.delimited import DELIMITERS, NO_DELIMITER, Cell
from sanitizers.parsers.encoding import Text
from sanitizers.sanitizer import Job

TXT_01: Final = vector("TXT-01")
TXT_02: Final = vector("TXT-02")
TXT_03: Final = vector("TXT-03")

_TSV: Final = "text/tab-separated-values"
_MAX_PLACES: Final = 100  # told one by one; the others are told as a number
_MAX_DDE_CHARS: Final = 2000

# --- what computes ----------------------------------------------------------------------------------------------

_QUIET: Final = re.compile(  # signs that begin no formula
    r"[+\-−](?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+\-]?\d{1,3})?\s?%?"  # a number
    r"|[+\-−]?[\d\s().-]{3,30}"  # a telephone number
    r"|[+\-−]+|－+"  # dashes alone
)
_UNIT: Final = re.compile(r"[+\-−](?:\d[\d,.]*|\.\d+)(?:[eE][+\-]?\d+)?\s*[^\W\d_]{0,8}[%/°¥$€]?[^\W\d_]{0,4}")
_ARITHMETIC: Final = re.compile(r"[\d\s.,%+*/^&<>()－＋−-]+")
_COMPUTES: Final = re.compile(
    r"[(|!=@\[{｜！]"  # a call, DDE, another sheet, a table, an array
    r"|(?:^|[^A-Za-z])\$?[A-Za-z]{1,3}\$?\d"  # a reference
    r"|\d\s*[+*/^&]\s*\S|\d\s?-\s?\d"  # arithmetic
    r"|[Ａ-Ｚａ-ｚ][０-９．]*\s*[（(]"
)
_OPERATOR: Final = r"(?:\A|[+\-−*/^&(<>=%])\s*"
_CALLS: Final = re.compile(rf"{_OPERATOR}[A-Za-z_\\][\w.:\\$]*\s*[(|!]")
_REFERS: Final = re.compile(rf"{_OPERATOR}['\[]")


def computes(cell: Cell) -> bool:
    """Whether a spreadsheet would compute the cell rather than show it."""
    value = cell.value.rstrip()
    if _QUIET.fullmatch(value):
        return False
    if value[0] not in "+-−":
        return True
    rest = value[1:]
    return bool(_ARITHMETIC.fullmatch(rest) or (_COMPUTES.search(rest) and not _UNIT.fullmatch(value)))


def reaches(line: Cell) -> bool:
    """Whether a row with delimiters of another country in it could be a formula: something calls or refers."""
    if line.value[0] not in "+-−":
        return not _QUIET.fullmatch(line.value.rstrip())
    rest = line.value[1:]
    return bool(_CALLS.search(rest) or ("!" in rest and _REFERS.search(rest)))


# --- the readings -----------------------------------------------------------------------------------------------


def _formulas(text: str, delimiter: str) -> Iterator[tuple[Vector, Cell]]:
    """Cells to be changed, under the file's own delimiter, then as other programs may read it."""
    others = sorted(delimited.present(text) or delimiter, key=lambda other: other != delimiter)
    for other, is_formula in (*((other, computes) for other in others), (NO_DELIMITER, reaches)):
        about = TXT_01 if other == delimiter else TXT_03
        yield from ((about, cell) for cell in delimited.triggered(text, other) if is_formula(cell))
        for row_ends in ("\r\n", "\r\n\f") if delimited.is_unbalanced(text, other) else ():
            cells = delimited.triggered(text, other, quotes=False, row_ends=row_ends)
            yield from ((TXT_03, cell) for cell in cells if is_formula(cell))


def _starts_a_program(text: str, cell: Cell) -> bool:
    """Whether it is DDE, service|topic!item, also where the bar was taken for a delimiter (TXT-02)."""
    line, _, _ = text[cell.trigger : cell.trigger + _MAX_DDE_CHARS].partition("\n")
    service, bar, item = line.partition("|")
    return bool(bar) and "!" in item and not set(service) & set(",;\t")


def _without_formulas(text: str, delimiter: str, job: Job) -> str:
    if not delimited.may_compute(text):
        return text
    cells: dict[int, tuple[Vector, Cell]] = {}
    for about, cell in _formulas(text, delimiter):
        cells.setdefault(cell.trigger, (about, cell))
    pieces, done, line, counted = [], 0, 1, 0
    for number, (about, cell) in enumerate(cells[place] for place in sorted(cells)):
        if cell.trigger < done:
            continue  # in a cell that was emptied
        line += text.count("\n", counted, cell.trigger)
        counted = cell.trigger
        where = f"line {line}" if number < _MAX_PLACES else "(further places)"
        about = TXT_02 if _starts_a_program(text, cell) else about
        if job.found(about, where, at_least=Action.REWRITE) is Action.REMOVE:
            pieces.append(text[done : cell.start])
            done = max(done, cell.end)
        else:
            pieces += [text[done : cell.trigger], "'"]
            done = cell.trigger
            if about is TXT_02:  # a program that takes the apostrophe for a quote must not find a service either
                bar = text.index("|", done)
                pieces += [text[done:bar], " "]
                done = bar + 1
    return "".join([*pieces, text[done:]])


# --- the sanitizer ----------------------------------------------------------------------------------------------

_SEPARATOR: Final = re.compile(r'\A(?P<blank>\s*"?)sep=', re.IGNORECASE)
_KNOWN_SEPARATOR: Final = re.compile(rf'\A"?sep=([{DELIMITERS}])"?[{DELIMITERS}]*(?:\r?\n|\Z)', re.IGNORECASE)
_SHEET: Final = re.compile(r'\A\s*"?(?=ID;)')


def _carry(parsed: Text, job: Job) -> SafeText:
    text = _inert(carry_characters(parsed, job, breaks_lines=False), job)
    if other := encoding.other_reading(text, parsed):  # a program may read it so (TXT-05)
        inert = _inert(other.text, job)
        if inert != other.text:
            return SafeText(inert, other.writing)
    return SafeText(text, parsed.writing)


def _inert(text: str, job: Job) -> str:
    known = _KNOWN_SEPARATOR.match(text)
    if known is None and (unknown := _SEPARATOR.match(text)):
        text = _without_separator(text, unknown.end("blank"), job)
    delimiter = known[1] if known else "\t" if job.media_type == _TSV else delimited.likely_delimiter(text)
    if sheet := _SHEET.match(text):
        text = _without_sheet_start(text, sheet.end(), delimiter, job)
    return _without_formulas(text, delimiter, job)


def _without_separator(text: str, at: int, job: Job) -> str:
    """An apostrophe before a line that would make any other character a delimiter (TXT-03)."""
    action = job.found(TXT_03, "line 1", detail="sep=", at_least=Action.REWRITE)
    return text[:at] + ("" if action is Action.REMOVE else "'") + text[at + (4 if action is Action.REMOVE else 0) :]


def _without_sheet_start(text: str, at: int, delimiter: str, job: Job) -> str:
    """Where ID is a cell of its own, quotes around it change nothing that is seen."""
    if at == 0 and delimiter == ";" and job.policy.ordered(TXT_04) is Action.REWRITE:
        job.found(TXT_04, "line 1")
        return '"ID"' + text[2:]
    return carry_sheet_start(text, at, job)


CSV: Final = Characters(frozenset({"text/csv", _TSV}), (TXT_01, TXT_02, TXT_03, *TEXT_VECTORS), _carry)


def warm() -> None:
    """A sample through every codec, and every pattern compiled."""
    encoding.warm()
    for delimiter in DELIMITERS:
        list(_formulas(f"a{delimiter}=b{delimiter}", delimiter))
        delimited.may_compute(f"a{delimiter}=b")
    delimited.may_compute(DELIMITERS + "=b")

"""Formulas of a spreadsheet, read as tokens: only functions of the list, no reference out, no DDE (V-FML).

A formula is harmless when it is made of constants, names, references inside the workbook, operators, and calls of the
functions named here. A pipe (DDE), a book in square brackets or a path finds no token that it could be. The tokens
form a regular language: brackets need not pair, and what calls a function is told by the bracket behind its name.

Source: ISO/IEC 29500-1:2016, 18.17; [MS-XLSX] 2.2.2; threat catalogue, OOXML-80, -83, -89, -90, -93.
"""

import re
from html import unescape
from typing import Final

from sanitizers.verify.ooxml.functions import FUNCTIONS, NEVER_A_NAME

_LONGEST: Final = 1 << 16  # a program's own limit is 8192 characters
_BLANK: Final = r"[\x20\t\r\n]*+"
_WORD: Final = r"""[^\x00-\x20"'\[\](){}<>=+\-*/^&%,;:!@#|\\~\x7f]++"""
_SHEET: Final = r"""'(?:[^'\[\]|\\/*?\x00-\x1f]|'')++'"""
_INNER: Final = r"""(?:[^\[\]'\\|]|'[\[\]'#@])*+"""
_COLUMNS: Final = rf"\[{_INNER}(?:\[{_INNER}\]{_INNER})*+\]"  # of a table: nothing but an operator may follow
_ERROR: Final = (
    r"(?i:#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!"
    r"|BUSY!|EXTERNAL!|PYTHON!|TIMEOUT!))"
)
_FORMULA: Final = re.compile(
    rf"(?:{_ERROR}|[-+*/^&=<>,;:%{{}}()@#\x20\t\r\n]|\"[^\"]*+\""
    rf"|(?:{_SHEET}|{_WORD}(?::{_WORD})?+)!(?:{_WORD}(?!{_BLANK}[(\[!])|#REF!)"  # a cell or name of a sheet
    rf"|{_WORD}\("  # a call
    rf"|{_WORD}(?!{_BLANK}[(!]|')(?:{_COLUMNS}(?={_BLANK}(?:[-+*/^&=<>,;:%}}#)]|\Z)))?+"
    rf"|{_COLUMNS}(?={_BLANK}(?:[-+*/^&=<>,;:%}}#)]|\Z)))*+"
)
_SHEET_ALONE: Final = re.compile(_SHEET)  # as some programs refer to a chart's whole sheet
_NAMED: Final = re.compile(rf"\"[^\"]*+\"|{_SHEET}|{_COLUMNS}")  # what may have a bracket in it and calls nothing
_CALL: Final = re.compile(rf"({_WORD})\(")
_LINK: Final = re.compile(  # a whole address; or its start as far as its host, behind which anything may be put
    r'(?i)HYPERLINK\(\s*+(?:"(?:https?://[^"\\]|mailto:|#)(?:[^"\\]|"")*+"(?=\s*+[,)])'
    r'|"(?:https?://[^\x00-\x20"\\/?#]++[/?#]|#)(?:[^"\\]|"")*+"(?=\s*+&))'
)
_BY_CELL: Final = re.compile(  # texts and names of sheets first, so that no call is found in them
    rf"(?i)\"[^\"]*+\"|{_SHEET}|(?P<call>(?<![\w.\\?])HYPERLINK\(){_BLANK}"
    rf"(?:(?P<sheet>{_SHEET}|{_WORD})!)?(?P<cell>\$?[A-Z]{{1,3}}\$?[0-9]{{1,7}}){_BLANK}(?=[,)])"
)
_GROWING: Final = re.compile(  # OOXML-91: much out of little, by the numbers that are written out
    r"(?i)(?:SEQUENCE|RANDARRAY|MAKEARRAY)\(\s*+(\d+)?(?:\s*+,\s*+(\d+))?|REPT\(\s*+(?:\"[^\"]*+\"|[^,()\"]*+),\s*+(\d+)"
    r"|(?<![A-Z])MUNIT\(\s*+(\d+)"
)
_MOST_GROWN: Final = 20_000_000  # cells or characters
_OWN: Final = re.compile(rb'<definedName(?: [^<>]*)? name="([^"<>]+)"[^<>]*>(?:_xlfn\.)?LAMBDA\(')
_FUTURE: Final = ("_XLFN.ONEDARRAY.", "_XLFN._XLWS.", "_XLFN.", "_XLWS.")
_LOCAL: Final = "_XLPM."  # a function that the formula names itself


def own_functions(workbook: bytes) -> frozenset[str]:
    """Names of this workbook that hold a LAMBDA, which is heard like any formula where it stands."""
    said = {unescape(name.decode("utf-8", "replace")).upper() for name in _OWN.findall(workbook)}
    return frozenset(name for name in said - NEVER_A_NAME if not name.startswith("_XL"))


def is_harmless(text: str, own: frozenset[str] = frozenset(), linking: set[str] | None = None) -> bool:
    """Whether the formula calls, fetches and asks nothing outside its workbook, whose `own` functions are names.

    A formula with a link whose address stands in a cell is put into `linking`, for linked.py to look the cell up.
    """
    if len(text) > _LONGEST:
        return False
    whole = text
    if linking is not None and addresses(text):
        text = _BY_CELL.sub(lambda found: '("-"' if found["call"] else found[0], text)
    text = _LINK.sub('("-"', text)  # an address that is written out, where people follow it
    if not _FORMULA.fullmatch(text):
        return _SHEET_ALONE.fullmatch(text) is not None
    if "(" not in text:
        return True
    calls = _CALL.findall(_NAMED.sub("", text))
    if not all(_is_known(name) or name.upper() in own for name in calls):
        return False
    if not all(_grows_little(*found.groups()) for found in _GROWING.finditer(text)):
        return False
    if linking is not None and addresses(whole):
        linking.add(whole)
    return True


def addresses(text: str) -> list[tuple[str, str]]:
    """Sheet and cell of each link whose address stands in a cell, as written; no sheet where it is the formula's."""
    if "HYPERLINK(" not in text.upper():
        return []
    return [(found["sheet"] or "", found["cell"]) for found in _BY_CELL.finditer(text) if found["call"]]


def _is_known(name: str) -> bool:
    name = name.upper()
    if name in FUNCTIONS:
        return True
    for prefix in _FUTURE:
        if name.startswith(prefix):
            name = name.removeprefix(prefix)
            break
    return name in FUNCTIONS or name.startswith(_LOCAL)


def _grows_little(rows: str | None, columns: str | None, times: str | None, side: str | None) -> bool:
    if times or side:
        return int((times or "0")[:12]) <= _MOST_GROWN and int((side or "0")[:12]) ** 2 <= _MOST_GROWN
    return int((rows or "1")[:12]) * int((columns or "1")[:12]) <= _MOST_GROWN

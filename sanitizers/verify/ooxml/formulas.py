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
_TEXT: Final = re.compile(r'"[^"]*+"')
_COLUMNS_ALONE: Final = re.compile(_COLUMNS)
_CALL: Final = re.compile(rf"({_WORD})\(")
_LINK: Final = re.compile(r'(?i)HYPERLINK\(\s*+"(?:https?://[^"\\]|mailto:|#)[^"\\]*+"')
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


def is_harmless(text: str, own: frozenset[str] = frozenset()) -> bool:
    """Whether the formula calls, fetches and asks nothing outside its workbook, whose `own` functions are names."""
    if len(text) > _LONGEST:
        return False
    text = _LINK.sub('("-"', text)  # an address that is written out, where people follow it
    if not _FORMULA.fullmatch(text):
        return False
    if "(" not in text:
        return True
    calls = _CALL.findall(_COLUMNS_ALONE.sub("", _TEXT.sub("", text)))
    if not all(_is_known(name) or name.upper() in own for name in calls):
        return False
    return all(_grows_little(*found.groups()) for found in _GROWING.finditer(text))


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

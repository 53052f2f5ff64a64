"""Formulas of a spreadsheet, read as tokens: only functions of the list, no reference out, no DDE (V-FML).

A formula is harmless when it is made of constants, names, references inside the workbook, operators, and calls of the
functions named here. A pipe (DDE), a book in square brackets or a path finds no token that it could be.

Source: ISO/IEC 29500-1:2016, 18.17; [MS-XLSX] 2.2.2; threat catalogue, OOXML-80, -83, -89, -90, -93.
"""

import re2

from sanitizers.verify.ooxml.functions import FUNCTIONS

_WORD = r"""[^\x00-\x20"'\[\](){}<>=+\-*/^&%,;:!@#|\\~\x7f]+"""
_SHEET = r"""'(?:[^'\[\]|\\/*?\x00-\x1f]|'')+'"""
_TEXT = r'"[^"]*"'
_ERROR = (
    r"(?i:#(?:REF!|DIV/0!|N/A|NAME\?|NULL!|NUM!|VALUE!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!"
    r"|BUSY!))"
)
_INNER = r"""(?:[^\[\]'\\|]|'[\[\]'#@])*"""
_COLUMNS = rf"\[(?:{_INNER}|{_INNER}(?:\[{_INNER}\]{_INNER})+)\]"
_MARK = r"[-+*/^&=<>,;:%{}@\x20\t\r\n]"
_CALL = r"(?i:" + r"(?:_xlfn\.)?(?:_xlws\.|ONEDARRAY\.)?(?:" + "|".join(map(re2.escape, sorted(FUNCTIONS))) + r")\()"
_LINK = r'(?i:HYPERLINK\(\s*"(?:https?://[^"\\]|mailto:|#)[^"\\]*")'
_LOCAL = rf"(?i:_xlpm\.){_WORD}\("
# Behind a word: no bracket opens, so that no unknown function is called; a word behind "!" is a name or a cell
_NAME = rf"(?:(?:{_WORD}|{_SHEET}|{_WORD}:{_WORD})!)?(?:{_WORD}|#REF!)"
_AFTER = rf"[\x20\t\r\n]*(?:[-+*/^&=<>,;:%{{}}@#)]|{_COLUMNS}[\x20\t\r\n]*(?:[-+*/^&=<>,;:%}}#)]|$)|$)"
_REST = rf"(?:{_NAME}[\x20\t\r\n]+)*{_NAME}{_AFTER}"
_ALONE = rf"{_COLUMNS}[\x20\t\r\n]*(?:[-+*/^&=<>,;:%}}#)]|$)"
_FORMULA = re2.compile(rf"(?:{_MARK}|[()]|{_TEXT}|{_ERROR}|{_CALL}|{_LINK}|{_LOCAL}|{_REST}|{_ALONE})*")


def is_harmless(text: str) -> bool:
    """Whether the formula calls, fetches and asks nothing outside its workbook."""
    return _FORMULA.fullmatch(text) is not None

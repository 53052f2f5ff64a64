"""Formulas of spreadsheets as tokens: strict, bounded, one pass.

The grammar of a file is read, not that of a screen: function names in English, `,` between arguments. What does not
belong to it comes out as Kind.UNKNOWN, and a reader stops there; the end of a formula is never guessed.

Source: ISO/IEC 29500-1:2016, 18.17.2; [MS-XLSX] 2.2.2 (structured references, names of newer functions).
Trust: every character is hostile.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

MAX_CHARS: Final = 8192  # of one formula; Excel's own limit
_MAX_BRACKETS: Final = 3  # Table[[#This Row],[a]:[b]] has two


class Kind(Enum):
    """What a piece of a formula is."""

    SPACE = auto()
    STRING = auto()  # value: without quotes
    NUMBER = auto()
    ERROR = auto()  # #N/A
    CELL = auto()  # A1, $A$1, $A, $1; what stands between two of them is an operator
    NAME = auto()  # a defined name, a parameter, TRUE
    CALL = auto()  # value: the function's name; its "(" is part of the token
    SHEET = auto()  # value: "Sheet1" or "First:Last"; its "!" is part of the token
    COLUMN = auto()  # a structured reference, brackets included; the table's name stands before it
    OPERATOR = auto()  # value: also brackets, commas, braces
    EXTERNAL = auto()  # [1]Sheet!, '[1]Sheet'!, [1]!Name, 'C:\book.xlsx'!: another workbook
    DDE = auto()  # service|topic!item
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """One piece. `value` is the piece as it stands, or what Kind says."""

    kind: Kind
    value: str


_ERRORS: Final = (
    "NULL!|DIV/0!|VALUE!|REF!|NAME\\?|NUM!|N/A|GETTING_DATA|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!"
    "|EXTERNAL!|PYTHON!|TIMEOUT!"
)
_JAPANESE: Final = "\u30fb\uff65\u309b\u309c"  # of names, and no letters: the middle dot, marks of voice
_WORD: Final = rf"[\w\\{_JAPANESE}][\w.\\?{_JAPANESE}]*+"  # ISO/IEC 29500-1, 18.17.2.5
_TOKEN: Final = re.compile(
    rf"""
      (?P<space>[ \t\r\n]++)
    | "(?P<string>(?:[^"]++|"")*+)"
    | (?P<error>\#(?:{_ERRORS}))
    | '(?P<quoted>(?:[^']++|'')*+)'(?P<after>[!|])
    | (?P<cell>(?:\$?[A-Za-z]{{1,3}}\$?[0-9]{{1,7}}|\$[A-Za-z]{{1,3}}|\$[0-9]{{1,7}})(?![\w.\\?(!|\[]))
    | (?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?(?![\w.\\?(!|\[]))
    | (?P<sheet>{_WORD}(?::{_WORD})?)!
    | (?P<word>{_WORD})(?P<call>\(|\||(?=\[)|)
    | (?P<operator><>|<=|>=|[-+*/^&=<>%,;(){{}}:@\#])
    """,
    re.VERBOSE,
)
_NOT_IN_SHEET_NAMES: Final = re.compile(r"[\\/?*\[\]|\x00-\x1f]")  # a path, a workbook, a conversation
_INNER: Final = r"(?:[^\[\]'\\|]|'[\[\]'#@])*+"
_COLUMNS: Final = re.compile(rf"\[{_INNER}(?:\[{_INNER}\]{_INNER})*+\]")  # [MS-XLSX] 2.2.2
_WORDS: Final = frozenset({Kind.CELL, Kind.NAME, Kind.NUMBER})
_OPERANDS: Final = _WORDS | {Kind.STRING, Kind.ERROR, Kind.CALL, Kind.SHEET}
_BEHIND_COLUMNS: Final = frozenset("-+*/^&=<>,;:%})#") | {"<>", "<=", ">="}
_BOOK_BEFORE: Final = re.compile(r"[\w']|!")  # what follows [1] where that is a workbook
_PLAIN: Final = {"space": Kind.SPACE, "error": Kind.ERROR, "cell": Kind.CELL, "number": Kind.NUMBER}


def tokens(formula: str) -> Iterator[Token]:
    """The pieces of a formula, without a sign before it. Ends after the first UNKNOWN, EXTERNAL or DDE."""
    return (token for token, _, _ in placed(formula))


def placed(formula: str) -> Iterator[tuple[Token, int, int]]:
    """The same pieces, each with where in the formula it begins and ends."""
    if len(formula) > MAX_CHARS:
        yield Token(Kind.UNKNOWN, ""), 0, len(formula)
        return
    at = 0
    while at < len(formula):
        start = at
        token, at = _bracket(formula, at) if formula[at] == "[" else _token(formula, at)
        yield token, start, at
        if token.kind in (Kind.UNKNOWN, Kind.EXTERNAL, Kind.DDE):
            return


def _token(formula: str, at: int) -> tuple[Token, int]:
    found = _TOKEN.match(formula, at)
    if found is None or found.lastgroup is None:
        behind = formula[at : at + 1]
        return Token(Kind.DDE if behind == "|" else Kind.UNKNOWN, behind), at + 1
    return _meant(found), found.end()


def _meant(found: re.Match[str]) -> Token:
    match found.lastgroup:
        case "space" | "error" | "cell" | "number":
            return Token(_PLAIN[found.lastgroup], found[0])
        case "string":
            return Token(Kind.STRING, found["string"].replace('""', '"'))
        case "after":
            return _quoted(found["quoted"].replace("''", "'"), found["after"])
        case "sheet":
            return _quoted(found["sheet"], "!")
        case "call":
            kind = {"(": Kind.CALL, "|": Kind.DDE}.get(found["call"], Kind.NAME)
            return Token(kind, found["word"])
        case _:
            return Token(Kind.OPERATOR, found[0])


def _quoted(name: str, after: str) -> Token:
    """A sheet's name, or what only looks like one."""
    if after == "|":
        return Token(Kind.DDE, name)
    if _NOT_IN_SHEET_NAMES.search(name) or name.count(":") > 1 or not name:
        return Token(Kind.DDE if "|" in name else Kind.EXTERNAL, name)
    return Token(Kind.SHEET, name)


def _bracket(formula: str, at: int) -> tuple[Token, int]:
    """A structured reference up to its last bracket, or the number of a workbook."""
    depth, end = 0, at
    while end < len(formula):
        char = formula[end]
        end += 1
        if char == "'":  # ISO/IEC 29500-1 has no word for it: an apostrophe takes the meaning of the next character
            end += 1
        elif char == "[":
            depth += 1
            if depth > _MAX_BRACKETS:
                break
        elif char == "]":
            depth -= 1
            if not depth:
                behind = _BOOK_BEFORE.match(formula, end)
                return Token(Kind.EXTERNAL if behind else Kind.COLUMN, formula[at:end]), end
    is_book = formula[at + 1 : at + 2] == "'"  # ['file:///…']'Sheet'!A1
    return Token(Kind.EXTERNAL if is_book else Kind.UNKNOWN, ""), len(formula)


def is_ordered(pieces: Sequence[Token]) -> bool:
    """Whether each piece may stand before the next, blanks among them. Brackets need not pair."""
    for number, token in enumerate(pieces):
        direct = pieces[number + 1] if number + 1 < len(pieces) else None
        behind = next((piece for piece in pieces[number + 1 :] if piece.kind is not Kind.SPACE), None)
        if not _may_precede(token, direct, behind, after_sheet=number > 0 and pieces[number - 1].kind is Kind.SHEET):
            return False
    return True


def _may_precede(token: Token, direct: Token | None, behind: Token | None, *, after_sheet: bool) -> bool:
    """`direct` comes right behind the token, `behind` after any blanks."""
    match token.kind:
        case Kind.CALL:
            return "\\" not in token.value
        case Kind.SHEET:
            return direct is not None and (direct.kind in _WORDS or direct == _NO_REFERENCE)
        case Kind.CELL | Kind.NAME | Kind.NUMBER:
            if "\\" in token.value or behind == _BRACKET or (direct is not None and direct.kind in _OPERANDS):
                return False
            if behind is not None and behind.kind is Kind.CALL and behind.value.upper() == "HYPERLINK":
                return False  # which makes no range that could be cut with another
            return not (after_sheet and behind is not None and behind.kind is Kind.COLUMN)
        case Kind.COLUMN:
            if behind is not None and behind.kind is not Kind.ERROR and behind.value not in _BEHIND_COLUMNS:
                return False
            return _COLUMNS.fullmatch(token.value) is not None
        case Kind.STRING | Kind.ERROR:
            is_called = token.kind is Kind.ERROR and direct == _BRACKET
            return direct is None or (direct.kind not in _OPERANDS and not is_called)
    return True


_NO_REFERENCE: Final = Token(Kind.ERROR, "#REF!")
_BRACKET: Final = Token(Kind.OPERATOR, "(")

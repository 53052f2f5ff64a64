"""The language of rows and of shared strings, as regular expressions for RE2.

What stands between <sheetData> and </sheetData> is nested to a fixed depth, so its allow-list is a regular language:
one pass of an automaton proves a region of any size, without a tree, in time linear in its length. The order of
attributes is that of the schema, each at most once; text is any character of XML except markup.

Source: ISO/IEC 29500-1:2016, 18.3.1.73 (row), 18.3.1.4 (c), 18.3.1.40 (f), 18.4.8 (si), 18.4.12 (t).
"""

import re
from functools import lru_cache
from typing import Any, Final

import re2

from sanitizers.formats.ooxml.sheet.functions import FUNCTIONS, GROWING

BOOL: Final = "(?:0|1|true|false)"
NUMBER: Final = "[+-]?[0-9]{0,20}(?:[.][0-9]{0,40})?(?:[eE][+-]?[0-9]{1,3})?"
COUNT: Final = "[0-9]{1,10}"
CELL: Final = "[A-Z]{1,3}[0-9]{1,7}"
AREA: Final = f"{CELL}(?::{CELL})?"
AREAS: Final = f"{AREA}(?: {AREA})*"
SPANS: Final = "(?:[0-9]{1,5}:[0-9]{1,5}(?: [0-9]{1,5}:[0-9]{1,5})*)?"

Attributes = tuple[tuple[str, str], ...]

ROW: Final[Attributes] = (
    *(("r", COUNT), ("spans", SPANS), ("s", COUNT), ("customFormat", BOOL), ("ht", NUMBER), ("hidden", BOOL)),
    *(("customHeight", BOOL), ("outlineLevel", "[0-7]"), ("collapsed", BOOL), ("thickTop", BOOL)),
    *(("thickBot", BOOL), ("ph", BOOL), ("x14ac:dyDescent", NUMBER)),
)
CELL_TYPE: Final = "(?:b|d|e|inlineStr|n|s|str)"
CELL_PLACE: Final[Attributes] = (("r", CELL), ("s", COUNT), ("t", CELL_TYPE))
CELL_MORE: Final[Attributes] = (("cm", COUNT), ("ph", BOOL))
CELL_POINTED: Final[Attributes] = (("vm", COUNT),)  # to a picture in a cell; the schema does not order attributes
FORMULA_TYPE: Final[Attributes] = (("t", "(?:array|dataTable|normal|shared)"), ("aca", BOOL))
FORMULA_MORE: Final[Attributes] = (
    *(("ref", AREA), ("dt2D", BOOL), ("dtr", BOOL), ("del1", BOOL), ("del2", BOOL)),
    *(("r1", CELL), ("r2", CELL), ("ca", BOOL), ("si", COUNT), ("bx", BOOL)),
)
SPACE: Final[Attributes] = (("xml:space", "preserve"),)

# Character references that name a character which XML has; all others are written anew by the slow way
_REFERENCE: Final = (
    "&(?:amp|lt|gt|quot|apos|#(?:9|1[03]|3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3})"
    "|#x(?:[9aAdD]|[2-9a-fA-F][0-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F]{2}|[1-9a-cA-C][0-9a-fA-F]{3}));"
)
_OTHERS: Final = r"\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}"
_CHAR: Final = rf"(?:[\t\n\r -%'-;=-\\^-{_OTHERS}]|{_REFERENCE})"  # neither & nor < nor ]
_NO_END: Final = rf"(?:[\t\n\r -%'-;=?-\\^-{_OTHERS}]|{_REFERENCE})"  # nor >: XML 1.0, 2.4 has no ]]> in text
TEXT: Final = rf"(?:{_CHAR}|\]{_CHAR}|\]\]+{_NO_END})*\]*"
BLANK: Final = "[ \\t\\r\\n]*"


def _attributes(rows: Attributes) -> str:
    return "".join(f'(?: {name}="{value}")?' for name, value in rows)


def _any_order(rows: Attributes) -> str:
    """Two or three attributes in any order, each once: programs do not agree about r, s and t."""
    choices = []
    for number, (name, value) in enumerate(rows):
        others = rows[:number] + rows[number + 1 :]
        choices.append(f' {name}="{value}"' + (_any_order(others) if others else ""))
    return f"(?:{'|'.join(choices)})?"


def _element(name: str, attributes: str, inside: str) -> str:
    return f"<{name}{attributes}(?:/>|>{inside}</{name}>)"


def _plain_formula() -> str:
    """A formula of cells, numbers and Excel's own functions. It has no name, no sheet, no text: nothing to look up."""
    functions = "|".join(re.escape(name) for name in sorted(FUNCTIONS - GROWING))
    pieces = rf"[$]?[A-Z]{{1,3}}[$]?[0-9]{{1,7}}|[0-9]+(?:[.][0-9]*)?|[-+*/^(),:=% ]|&(?:amp|lt|gt);|(?:{functions})[(]"
    return f"(?:{pieces})*"


def rows(formula: str, more: Attributes = ()) -> str:
    """Any number of rows whose formulas have the given text, and whose cells may have more attributes."""
    told = _element("t", _attributes(SPACE), TEXT)
    formula_attributes = _any_order(FORMULA_TYPE) + _attributes(FORMULA_MORE + SPACE)
    parts = (
        BLANK,
        f"(?:{_element('f', formula_attributes, formula)}{BLANK})?",
        f"(?:{_element('v', _attributes(SPACE), TEXT)}{BLANK})?",
        f"(?:<is>{BLANK}{told}{BLANK}</is>{BLANK})?",
    )
    cell = _element("c", _any_order(CELL_PLACE) + _attributes(CELL_MORE + more), "".join(parts))
    row = _element("row", _attributes(ROW), f"{BLANK}(?:{cell}{BLANK})*")
    return f"{BLANK}(?:{row}{BLANK})*"


ROWS_PLAIN: Final = rows(_plain_formula())
ROWS: Final = rows(TEXT, CELL_POINTED)

_VAL: Final = '(?: val="[A-Za-z0-9.+-]{0,40}")?'
_FONT: Final = (
    f"<(?:b|i|strike|condense|extend|outline|shadow|u|vertAlign|sz|family|charset|scheme){_VAL}/>"
    f'|<color(?: auto="{BOOL}")?(?: (?:indexed|theme)="{COUNT}"| rgb="[0-9A-Fa-f]{{6,8}}")?(?: tint="{NUMBER}")?/>'
    '|<rFont val="[^\\x00-\\x1f\\x{FFFE}\\x{FFFF}<&\\"]{0,120}"/>'
)


def strings() -> str:
    """Any number of shared strings with runs and phonetic text."""
    told = _element("t", _attributes(SPACE), TEXT)
    font = f"(?:<rPr/>|<rPr>{BLANK}(?:(?:{_FONT}){BLANK})*</rPr>){BLANK}"
    run = f"<r>{BLANK}(?:{font})?{told}{BLANK}</r>{BLANK}"
    phonetic = f'<rPh sb="{COUNT}" eb="{COUNT}">{BLANK}{told}{BLANK}</rPh>{BLANK}'
    more = (
        f'<phoneticPr fontId="{COUNT}"(?: type="(?:fullwidthKatakana|halfwidthKatakana|Hiragana|noConversion)")?'
        f'(?: alignment="(?:center|distributed|left|noControl)")?/>{BLANK}'
    )
    return f"{BLANK}(?:{_element('si', '', f'{BLANK}(?:{told}{BLANK})?(?:{run})*(?:{phonetic})*(?:{more})?')}{BLANK})*"


STRINGS: Final = strings()

_AUTOMATON_BYTES: Final = 64 << 20  # bounds the states that RE2 keeps


@lru_cache
def _automaton(pattern: str) -> Any:
    options = re2.Options()
    options.never_capture = True
    options.max_mem = _AUTOMATON_BYTES
    return re2.compile(pattern.encode(), options)


def is_proved(pattern: str, data: bytes, start: int, end: int) -> bool:
    """Whether data[start:end] is of this language. Linear in its length."""
    return _automaton(pattern).fullmatch(data, start, end) is not None


def warm() -> None:
    """Compile the patterns, so that a child finds them made."""
    for pattern in (ROWS_PLAIN, ROWS, STRINGS):
        is_proved(pattern, b" ", 0, 1)

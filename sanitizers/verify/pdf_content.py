"""Content streams: operators of ISO 32000-2 alone, each behind the operands that it takes (PDF-79, PDF-100).

The grammar is regular, once arrays and dictionaries nest no deeper than a bound; so it is one pattern, matched at the
speed of the engine, and no token is ever looked at one by one.

Source: ISO 32000-2:2020, annex A, 7.8.2, 8.9.7 and 9.4.
"""

import re
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import pdf_inline, pdf_statements
from sanitizers.verify.court import Court, Refused

_W: Final = rb"[\0\t\n\f\r ]"
_NUMBER: Final = rb"[+-]?(?:[0-9]++\.?+[0-9]*+|\.[0-9]++)"
_NAME: Final = rb"/[^\0\t\n\f\r ()<>\[\]{}/%]*+"
_HEX: Final = rb"<(?:[0-9A-Fa-f]|" + _W + rb")*+>"
_DEEPEST: Final = 4


def _nested(open_: bytes, plain: bytes, close: bytes) -> bytes:
    """`plain` between the two, with the same inside it up to a depth."""
    pattern = open_ + rb"(?:" + plain + rb")*+" + close
    for _ in range(_DEEPEST):
        pattern = open_ + rb"(?:" + plain + rb"|" + pattern + rb")*+" + close
    return pattern


_STRING: Final = rb"(?:" + _nested(rb"\(", rb"[^()\\]++|\\[\0-\xff]", rb"\)") + rb"|" + _HEX + rb")"
_WORDS: Final = _NUMBER + rb"|" + _NAME + rb"|" + _STRING + rb"|true|false|null|" + _W + rb"++"
_ARRAY: Final = rb"\[(?:" + _W + rb"++|" + _NUMBER + rb"|" + _STRING + rb")*+\]"
_LIST: Final = _nested(rb"\[", _WORDS, rb"\]")
_DICTIONARY: Final = _nested(rb"<<", _WORDS + rb"|" + _LIST, rb">>")
_END: Final = rb"(?=[\0\t\n\f\r /(<\[]|\Z)"  # behind an operator


def _operators(*words: str) -> bytes:
    return rb"(?:" + b"|".join(re.escape(word.encode()) for word in words) + rb")" + _END


_NONE: Final = _operators(
    *("q", "Q", "h", "S", "s", "f*", "f", "F", "B*", "B", "b*", "b", "n", "W*", "W", "T*", "BT", "ET", "EMC")
)
_AFTER: Final = {  # Table A.1, by the number of numbers that stand before the operator
    1: _operators("w", "M", "i", "g", "G", "J", "j", "Tc", "Tw", "Tz", "TL", "Tr", "Ts"),
    2: _operators("m", "l", "Td", "TD", "d0"),
    3: _operators("rg", "RG"),
    4: _operators("re", "k", "K", "v", "y"),
    6: _operators("cm", "c", "Tm", "d1"),
}
_QUOTED: Final = _STRING + _W + rb'*+"' + _END
_COLOUR: Final = _operators("scn", "SCN", "sc", "SC")
_NAMED: Final = (
    _NAME
    + rb"(?:"
    + _W
    + rb"++(?:"
    + _operators("gs", "Do", "sh", "ri", "cs", "CS", "MP", "BMC", "scn", "SCN")
    + rb"|"
    + _NUMBER
    + _W
    + rb"++"
    + _operators("Tf")
    + rb"|"
    + _NAME
    + _W
    + rb"++"
    + _operators("DP", "BDC")
    + rb")|"
    + _W
    + rb"*+(?:"
    + _NAME
    + _W
    + rb"++|"
    + _DICTIONARY
    + _W
    + rb"*+)"
    + _operators("DP", "BDC")
    + rb"|"
    + _W
    + rb"*+"
    + _NUMBER
    + _W
    + rb"++"
    + _operators("Tf")
    + rb")"
)


def _numbers() -> bytes:
    """Numbers, and the operators that go with as many of them."""
    tail = rb"(?:" + _NUMBER + _W + rb"++){0,26}+(?:" + _NAME + _W + rb"++)?" + _COLOUR
    for count in range(6, 0, -1):
        choices = [_AFTER[count]] if count in _AFTER else []
        spaced = rb"|".join([*choices, _COLOUR, tail])
        close = [_NAME + _W + rb"++" + _COLOUR] + ([_QUOTED] if count == 2 else [])  # needs no space before it
        tail = _NUMBER + rb"(?:" + _W + rb"++(?:" + spaced + rb")|" + _W + rb"*+(?:" + rb"|".join(close) + rb"))"
    return tail


_STATEMENT: Final = (
    _NONE
    + rb"|"
    + _numbers()
    + rb"|"
    + _STRING
    + _W
    + rb"*+(?:Tj|')"
    + _END
    + rb"|"
    + _ARRAY
    + _W
    + rb"*+(?:TJ"
    + _END
    + rb"|"
    + _NUMBER
    + _W
    + rb"++d"
    + _END
    + rb")"
    + rb"|"
    + _NAMED
)
_CONTENT: Final = re.compile(rb"(?:" + _W + rb"++|" + _STATEMENT + rb")*+", re.DOTALL)


_INLINE: Final = re.compile(  # 8.9.7
    rb"BI((?:"
    + _W
    + rb"++|"
    + _NAME
    + rb"(?:"
    + _W
    + rb"++(?:true|false|"
    + _NUMBER
    + rb")|"
    + _W
    + rb"*+(?:"
    + _NAME
    + rb"|"
    + _STRING
    + rb"|"
    + _LIST
    + rb"))(?=[\0\t\n\f\r /]))*+)(?<=[\0\t\n\f\r \]>)])ID"
    + _W,
    re.DOTALL,
)
_INLINE_END: Final = re.compile(_W + rb"?+EI(?=" + _W + rb"|\Z)")


def check(plain: bytes, court: Court) -> None:
    """Raises Refused unless these are statements of known operators, from the first byte to the last."""
    if pdf_statements.are_plain(plain):
        return
    at = 0
    while (at := _end_of_statements(plain, at)) < len(plain):
        start = _INLINE.match(plain, at)
        if start is None:
            raise Refused(Check.PDF, f"content at {at} of {len(plain)}")
        at = pdf_inline.end(start[1], plain, start.end(), court)
        end = _INLINE_END.match(plain, at)
        if end is None:
            raise Refused(Check.PDF, f"inline image before {at} of {len(plain)}")
        at = end.end()


def _end_of_statements(plain: bytes, at: int) -> int:
    found = _CONTENT.match(plain, at)
    assert found is not None
    return found.end()

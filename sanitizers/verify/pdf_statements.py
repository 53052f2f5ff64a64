"""Content of plain statements, told by RE2 at one look: what it does not take is looked at by pdf_content.py.

The language is a part of the one there: strings nest less deep, tokens that start with a regular character stand apart,
and there is no inline image. So nothing passes here that would not pass there, only sooner: the standard library's
engine takes ten times as long over a page of text.

Source: ISO 32000-2:2020, annex A, 7.8.2 and 9.4.
"""

from typing import Final

from sanitizers.verify.patterns import whole

_W: Final = rb"[\x00\t\n\x0c\r ]"
_NUMBER: Final = rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_NAME: Final = rb"/[^\x00\t\n\x0c\r ()<>\[\]{}/%]*"
_MOST_COLOURS: Final = 8

_NONE: Final = rb"(?:q|Q|h|S|s|f\*?|F|B\*?|b\*?|n|W\*?|T\*|BT|ET|EMC)"
_AFTER: Final = {  # Table A.1, by the number of numbers that stand before the operator
    1: rb"(?:w|M|i|g|G|J|j|Tc|Tw|Tz|TL|Tr|Ts)",
    2: rb"(?:m|l|Td|TD|d0)",
    3: rb"(?:rg|RG)",
    4: rb"(?:re|k|K|v|y)",
    6: rb"(?:cm|c|Tm|d1)",
}
_COLOUR: Final = rb"(?:scn|SCN|sc|SC)"
_OF_A_NAME: Final = rb"(?:gs|Do|sh|ri|cs|CS|MP|BMC|scn|SCN)"
_MARKED: Final = rb"(?:DP|BDC)"


def _either(*patterns: bytes) -> bytes:
    return rb"(?:" + rb"|".join(patterns) + rb")"


def _inside(open_: bytes, close: bytes, apart: bytes, atom: bytes) -> bytes:
    """What keeps itself apart, and atoms with something of it between them."""
    return open_ + apart + rb"*(?:" + atom + apart + rb"+)*(?:" + atom + rb")?" + close


def _language() -> bytes:
    in_string = rb"[^()\\]|\\[\x00-\xff]"
    string = rb"\((?:" + in_string + rb"|\((?:" + in_string + rb")*\))*\)"
    string = _either(string, rb"<(?:[0-9A-Fa-f]|" + _W + rb")*>")
    atom = _either(_NUMBER, rb"true", rb"false", rb"null")
    array = _inside(rb"\[", rb"\]", _either(_W, string), _NUMBER)
    list_ = _inside(rb"\[", rb"\]", _either(_W, string, _NAME), atom)
    flat = _inside(rb"<<", rb">>", _either(_W, string, _NAME, list_), atom)
    dictionary = _inside(rb"<<", rb">>", _either(_W, string, _NAME, list_, flat), atom)
    spaced = _NUMBER + _W + rb"+"
    words = _either(
        _NONE,
        *(spaced * count + operators for count, operators in _AFTER.items()),
        rb"(?:" + spaced + rb"){1,%d}(?:" % _MOST_COLOURS + _NAME + _W + rb"+)?" + _COLOUR,
        spaced + _NUMBER + _W + rb"*" + string + _W + rb'*"',
    )
    apart = _either(
        string + _W + rb"*(?:Tj|')",
        array + _W + rb"*(?:TJ|" + spaced + rb"d)",
        _NAME + _W + rb"+" + _either(_OF_A_NAME, spaced + rb"Tf"),
        _NAME + _W + rb"*" + _either(_NAME + _W + rb"+", dictionary + _W + rb"*") + _MARKED,
    )
    either = _either(words, apart)  # behind an operator stands space, what starts by itself, or nothing
    return _W + rb"*(?:" + either + apart + rb"*" + _W + rb"+)*(?:" + either + apart + rb"*)?"


are_plain: Final = whole(_language())

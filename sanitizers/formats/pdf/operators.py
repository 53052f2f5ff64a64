"""The operators of content streams with their operands, and the regular language of a stream that needs no rewriting.

The language is matched by RE2, in linear time: statements of known operators with operands of the right number and
kind, strings nested at most three deep, inline images as this project writes them. What falls outside is written anew
by content.py, which holds statements to the same table. Data only. Source: ISO 32000-2 Annex A
"""

from collections.abc import Mapping
from typing import Any, Final

import re2

# n: a number, /: a name, s: a string, [: an array of strings and numbers, d: an array of numbers, p: a property list
OPERANDS: Final[Mapping[bytes, str]] = {
    operator: operands
    for operands, operators in (
        ("", b"b B b* B* BT EMC ET f F f* h n q Q s S T* W W*"),
        ("n", b"g G i j J M Tc TL Tr Ts Tw Tz w"),
        ("nn", b"d0 l m Td TD"),
        ("nnn", b"rg RG"),
        ("nnnn", b"k K re v y"),
        ("nnnnnn", b"c cm d1 Tm"),
        ("/", b"BMC cs CS Do gs MP ri sh"),
        ("/n", b"Tf"),
        ("/p", b"BDC DP"),
        ("s", b"Tj '"),
        ("nns", b'"'),
        ("[", b"TJ"),
        ("dn", b"d"),
        ("*", b"sc SC scn SCN"),  # numbers, and a name behind them
    )
    for operator in operators.split()
}
MAX_COMPONENTS: Final = 32
PAINTERS: Final = frozenset(b"b B b* B* f F f* s S".split())
SHOWERS: Final = frozenset((b"Tj", b"TJ", b"Do", b"sh"))
NEXT_LINE_SHOWERS: Final = frozenset((b"'", b'"'))
WORDS: Final = frozenset((b"true", b"false", b"null"))

SPACE: Final = rb"\x00\t\n\x0c\r "
REGULAR: Final = rb"[^" + SPACE + rb"()<>\[\]{}/%]"
NUMBER: Final = rb"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
NAME: Final = rb"/" + REGULAR + rb"*"
HEX: Final = rb"<[0-9A-Fa-f" + SPACE + rb"]*>"


def _string(depth: int) -> bytes:
    inner = rb"|" + _string(depth - 1) if depth else b""
    return rb"\((?:[^()\\]|\\[\x00-\xff]" + inner + rb")*\)"


STRING: Final = _string(2)
# Keys in a fixed order of writing, samples in hexadecimal: no doubt about where it ends.
INLINE: Final = (
    rb"BI(?:/(?:BPC|CS|D|H|I|IM|W)(?: [0-9]+| true|" + NAME + rb"|\[[0-9. -]*\]|\[/Indexed" + NAME + rb" [0-9]+"
    rb"<[0-9a-f]*>\]))*/F/AHx ID [0-9a-f]*>\nEI"
)

_MAY: Final = b"[" + SPACE + b"]*"  # space where there may be some
_MUST: Final = b"[" + SPACE + b"]+"
_TEXT: Final = b"(?:" + STRING + b"|" + HEX + b")"
_ATOM: Final = b"(?:" + NUMBER + b"|true|false|null)"


def _array(apart: bytes, atom: bytes) -> bytes:
    """An array of what ends by itself, and of atoms with something between them."""
    apart = b"(?:[" + SPACE + b"]|" + apart + b")" if apart else b"[" + SPACE + b"]"
    return rb"\[" + apart + b"*(?:" + atom + apart + b"+)*(?:" + atom + rb")?\]"


def _properties(inner: bytes) -> bytes:
    """A dictionary; what ends by itself among its values is `inner`."""
    value = b"(?:" + _MUST + _ATOM + b"|" + _MAY + b"(?:" + _TEXT + b"|" + NAME + inner + b"))"
    return b"<<" + _MAY + b"(?:" + NAME + value + _MAY + b")*>>"


_LIST: Final = _array(_TEXT + b"|" + NAME, _ATOM)
_INNER: Final = _properties(b"|" + _LIST)
_PROPERTIES: Final = _properties(b"|" + _LIST + b"|" + _INNER)
_NUMBERS: Final = _array(b"", NUMBER)


def _statements() -> tuple[bytes, bytes]:
    """Statements that start like a word, and those that start with a delimiter."""
    words, apart = [INLINE], []
    for operands in dict.fromkeys(OPERANDS.values()):
        operators = b"(?:%b)" % b"|".join(_escaped(name) for name, kind in OPERANDS.items() if kind == operands)
        match operands:
            case "/":
                apart.append(NAME + _MUST + operators)
            case "/n":
                apart.append(NAME + _MUST + NUMBER + _MUST + operators)
            case "/p":
                apart.append(NAME + b"(?:" + _MAY + NAME + _MUST + b"|" + _MAY + _PROPERTIES + _MAY + b")" + operators)
            case "s":
                apart.append(_TEXT + _MAY + operators)
            case "nns":
                words.append(NUMBER + _MUST + NUMBER + _MAY + _TEXT + _MAY + operators)
            case "[":
                apart.append(_array(_TEXT, NUMBER) + _MAY + operators)
            case "dn":
                apart.append(_NUMBERS + _MAY + NUMBER + _MUST + operators)
            case "*":
                words.append(b"(?:" + NUMBER + _MUST + b")+" + operators)
                words.append(NUMBER + b"(?:" + _MUST + NUMBER + b")*" + _MAY + NAME + _MUST + operators)
                apart.append(NAME + _MUST + operators)
            case numbers:
                words.append((NUMBER + _MUST) * len(numbers) + operators)
    return b"(?:" + b"|".join(words) + b")", b"(?:" + b"|".join(apart) + b")"


def _escaped(operator: bytes) -> bytes:
    return operator.replace(b"*", rb"\*")


def _compiled() -> Any:
    words, apart = _statements()
    either = b"(?:" + words + b"|" + apart + b")"
    language = _MAY + b"(?:" + either + apart + b"*" + _MUST + b")*(?:" + either + apart + b"*)?"
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = 128 << 20
    alone = re2.Set.FullMatchSet(options)  # a set of one only says whether it matches, and says it with less ado
    alone.Add(language)
    alone.Compile()
    return alone


_PLAIN: Final = _compiled()


def is_plain(content: bytes) -> bool:
    """Whether a content stream holds nothing but what may stay as it is."""
    return _PLAIN.Match(content) is not None

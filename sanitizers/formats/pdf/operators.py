"""The operators of content streams, and the regular language of a stream that needs no rewriting. Data only.

The language is matched by RE2, in linear time at some 500 MB/s: known operators, numbers, names, strings nested at most
three deep, and inline images as this project writes them. Source: ISO 32000-2 Annex A
"""

from typing import Any, Final

import re2

OPERATORS: Final = frozenset(
    b"b B b* B* BDC BMC BT c cm CS cs d d0 d1 Do DP EMC ET f F f* G g gs h i j J K k l m M MP n q Q re RG rg ri s S sc "
    b"SC scn SCN sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \"".split()
)
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


def _escaped(operator: bytes) -> bytes:
    return operator.replace(b"*", rb"\*")


_REGULAR: Final = b"(?:" + b"|".join([NUMBER, *map(_escaped, sorted(OPERATORS)), *sorted(WORDS), INLINE]) + b")"
_APART: Final = rb"(?:[" + SPACE + rb"\[\]]|" + STRING + b"|" + HEX + rb"|<<|>>)"
_LANGUAGE: Final = rb"(?:%b|(?:%b|%b)(?:%b)*%b)*(?:(?:%b|%b)(?:%b)*)?" % (
    *(_APART, _REGULAR, NAME, NAME, _APART),
    *(_REGULAR, NAME, NAME),
)


def _compiled() -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = 64 << 20
    return re2.compile(_LANGUAGE, options)


_PLAIN: Final = _compiled()


def is_plain(content: bytes) -> bool:
    """Whether a content stream holds nothing but what may stay as it is."""
    return _PLAIN.fullmatch(content) is not None

"""Values in a PDF that reach somewhere or hide something: addresses, the flags of annotations, languages (V-URL).

Source: RFC 3986; RFC 6068; RFC 3966; ISO 32000-2:2020, 12.5.3 and 14.9.2; GEN-23 to GEN-26.
"""

import re
from typing import Final

from sanitizers.verify.pdf_kinds import Plain
from sanitizers.verify.pdf_syntax import Text, Value

_MOST_ADDRESS_BYTES: Final = 4096
_MARKS: Final = rb"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?#\[\]]|%[0-9A-Fa-f]{2})"
_ADDRESS: Final = re.compile(rb"(?:https?://(?![/?#])" + _MARKS + rb"|mailto:|tel:)" + _MARKS + rb"*+", re.IGNORECASE)
_LANGUAGE: Final = re.compile(rb"(?:[A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,8})?")
_HIDDEN, _NO_VIEW, _TOGGLE_NO_VIEW = 1 << 1, 1 << 5, 1 << 8
_MOST_FLAGS: Final = 1 << 10


def _is_address(value: Value) -> bool:
    return isinstance(value, Text) and len(value) <= _MOST_ADDRESS_BYTES and bool(_ADDRESS.fullmatch(value))


def _shows(value: Value) -> bool:
    """PDF-44: what is on paper is on screen."""
    return type(value) is int and 0 <= value < _MOST_FLAGS and not value & (_HIDDEN | _NO_VIEW | _TOGGLE_NO_VIEW)


def _is_language(value: Value) -> bool:
    if not isinstance(value, Text) or len(value) > 200:
        return False
    plain = value[2:].replace(b"\0", b"") if value.startswith(b"\xfe\xff") else value
    return bool(_LANGUAGE.fullmatch(plain))


ADDRESS: Final = Plain("a web, mail or telephone address", _is_address)
ANNOTATION_FLAGS: Final = Plain("flags that hide nothing", _shows)
LANGUAGE: Final = Plain("a language", _is_language)

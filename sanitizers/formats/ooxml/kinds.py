"""Kinds of values: what an attribute or a text may hold, each checked in one place.

A kind is a set of characters and a form, so that no address, field code or formula fits where a number belongs.

Source: ISO/IEC 29500-1:2016, 22.9 (shared simple types); W3C XML Schema 1.0 part 2.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Check = Callable[[str], bool]

_NUMBER: Final = (
    r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?(?:%|mm|cm|in|pt|pc|pi|px|em|ex|emu)?"
)


def _form(pattern: str) -> Check:
    matches = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: matches(value) is not None


def _anything(value: str) -> bool:
    return True


KINDS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "text": _anything,  # free text: read by people, dereferenced by nobody
        "rel": _anything,  # id of a relationship: resolved by the engine, never copied
        "bool": _form(r"\s*(?:0|1|true|false|on|off|t|f|True|False|TRUE|FALSE|)\s*"),
        "num": _form(rf"\s*(?:{_NUMBER}|INF|-INF|NaN|)\s*"),
        "nums": _form(rf"\s*(?:{_NUMBER})?(?:[\s,]+{_NUMBER})*\s*"),
        "hex": _form(r"\s*(?:[0-9A-Fa-f]{0,64}|auto)\s*"),
        "guid": _form(r"\s*\{?[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}\}?\s*"),
        "date": _form(r"\s*[0-9:TZ.+-]{1,40}\s*"),
        "base64": _form(r"[A-Za-z0-9+/=\s]*"),
        "id": _form(r"\{?[A-Za-z0-9_.-]{0,64}\}?"),
        "token": _form(r"[A-Za-z0-9_.:-]{0,64}"),
    }
)


def one_of(values: tuple[str, ...]) -> Check:
    """One of the words of an enumeration."""
    words = frozenset(values)
    return lambda value: value in words or value.strip() in words


def list_of(check: Check) -> Check:
    """Values of one kind with blanks between."""
    return lambda value: all(map(check, value.split()))

"""Kinds of values: what an attribute or a text may hold, each checked in one place.

A kind is a set of characters and a form, so that no address, field code or formula fits where a number belongs.

Source: ISO/IEC 29500-1:2016, 22.9 (shared simple types); W3C XML Schema 1.0 part 2.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

Check = Callable[[str], object]

_SCHEMES: Final = (
    *("file", "javascript", "vbscript", "data", "mhtml", "mk", "its", "res", "ldap", "smb", "ftp", "jar", "search"),
    *("shell", "view-source", "onenote", "macro", "service", "about", "script", "ppaction", "ms-[a-z-]+"),
    r"vnd\.[a-z.]+",
)
_ADDRESS: Final = re.compile(  # what a program could take for one: a share, a path, a scheme, a command
    r"(?i)^\s*(?:[/\\]{2}|[a-z]:[/\\])|:[/\\]{2}|\\\\[^\\\s]|\.uno:|slot:"
    rf"|\b(?:{'|'.join(_SCHEMES)})\s*:(?!\s|$)"
)

_NUMBER: Final = (
    r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?(?:%|mm|cm|in|pt|pc|pi|px|em|ex|emu)?"
)


_TOKEN: Final = re.compile(r"[A-Za-z0-9_.:-]{0,64}")


def _form(pattern: str) -> Check:
    matches = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: matches(value) is not None


def _anything(value: str) -> bool:
    return True


def _quiet(value: str) -> bool:
    return _ADDRESS.search(value) is None


KINDS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "text": _anything,  # free text: read by people, dereferenced by nobody
        "quiet": _quiet,  # a name or an expression, in which no program finds an address
        "plain": re.compile(r"[\w.,+%#*()@={}$\s;-]*").fullmatch,  # a number or a word of any script
        "person": re.compile(r"[\w .{}-]*").fullmatch,
        "uri": _form(r"http://schemas\.(?:openxmlformats\.org|microsoft\.com)/[A-Za-z0-9/]{1,100}"),
        "rel": _anything,  # id of a relationship: resolved by the engine, never copied
        "bool": _form(r"\s*(?:0|1|true|false|on|off|t|f|True|False|TRUE|FALSE|)\s*"),
        "num": _form(rf" *(?:{_NUMBER}|INF|-INF|NaN|) *"),
        "nums": _form(rf"\s*(?:{_NUMBER})?(?:[\s,]+{_NUMBER})*\s*"),
        "hex": _form(r"\s*(?:[0-9A-Fa-f]{0,64}|auto)\s*"),
        "guid": _form(r" *\{?[0-9A-Fa-f]{8}-?(?:[0-9A-Fa-f]{4}-?){3}[0-9A-Fa-f]{12}\}? *"),
        "date": _form(r"[0-9:TZ.+ -]{1,40}"),
        "base64": _form(r"[A-Za-z0-9+/=\s]*"),
        "id": _form(r"\{?[A-Za-z0-9_.-]{0,64}\}?"),
        "token": lambda value: _TOKEN.fullmatch(value) is not None and _quiet(value),
    }
)


def one_of(values: tuple[str, ...]) -> Check:
    """One of the words of an enumeration."""
    words = frozenset(values)
    return lambda value: value in words or value.strip() in words


def list_of(check: Check) -> Check:
    """Values of one kind with blanks between."""
    return lambda value: all(map(check, value.split()))

"""What the values of a rebuilt Office package may be, by kind (V-XML, V-URL)."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sanitizers.verify.ooxml.addresses import is_anchor, is_quiet, is_web
from sanitizers.verify.ooxml.markup import Kind

MAY_LEAD_NOWHERE: Final = frozenset({"a:hlinkClick", "dgm:shape"})  # a link that was cut; a shape without picture
ABOUT_ADDRESSES: Final = frozenset({Kind.ADDRESS, Kind.PLACE, Kind.QUIET, Kind.ACTION})
PROGRAMS: Final = frozenset(
    {
        "Word.Document.12",
        "Excel.Sheet.12",
        "Excel.SheetBinaryMacroEnabled.12",
        "PowerPoint.Show.12",
        "PowerPoint.Slide.12",
    }
)
_PLAIN: Final = re.compile(r"[\w.,+\-%#*()@={}$\s;:]*+")
_DATE: Final = re.compile(r"[0-9T:.Z+\- ]{0,40}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*+")
_PERSON: Final = re.compile(r"[\w .{}-]*+")
_PLACE: Final = re.compile(r"[^\x00-\x1f\x7f\\|\[\]]*+")
_URI: Final = re.compile(
    r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"
    r"|http://schemas\.(?:openxmlformats\.org|microsoft\.com)/[A-Za-z0-9/]{1,100}"
)
_AUTOMATIC: Final = re.compile(r"(?i)\s*(?:_xlnm\.)?_?auto_?(?:open|close|activate|deactivate)")
_ACTION: Final = re.compile(
    r"(?:ppaction://(?:noaction|hlinksldjump"
    r"|hlinkshowjump\?jump=(?:nextslide|previousslide|firstslide|lastslide|lastslideviewed|endshow)))?"
)


def _is_plain(value: str) -> bool:
    return bool(_PLAIN.fullmatch(value)) and (":" not in value or is_quiet(value))


def _is_address(value: str) -> bool:
    return not value or is_web(value) or is_anchor(value)


def _is_place(value: str) -> bool:
    return bool(_PLACE.fullmatch(value)) and is_quiet(value)


HOLDS: Final[Mapping[Kind, Callable[[str], object]]] = MappingProxyType(
    {
        Kind.PLAIN: _is_plain,
        Kind.QUIET: is_quiet,
        Kind.TEXT: lambda value: True,
        Kind.DATE: _DATE.fullmatch,
        Kind.BASE64: _BASE64.fullmatch,
        Kind.ADDRESS: _is_address,
        Kind.PLACE: _is_place,
        Kind.ACTION: _ACTION.fullmatch,
        Kind.NAME: lambda value: not _AUTOMATIC.match(value) and is_quiet(value),
        Kind.URI: _URI.fullmatch,
        Kind.PERSON: _PERSON.fullmatch,
        Kind.PROGRAM: PROGRAMS.__contains__,
        Kind.EMBED: "Embed".__eq__,
        Kind.EMPTY: lambda value: not value,
        Kind.NO: lambda value: value in ("0", "false", "off"),
    }
)


def holds(kind: Kind, value: str) -> bool:
    """Whether the value is of its kind."""
    return bool(HOLDS[kind](value))

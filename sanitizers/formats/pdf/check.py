"""Each kind of plain value, checked in one place: the value as it may be written, or OMIT."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sanitizers.formats.pdf.kinds import Kind
from sanitizers.formats.pdf.parse import Source
from sanitizers.formats.pdf.values import Stream, Value


class _Omit:
    """No value may stand here."""


OMIT: Final = _Omit()

_MOST: Final = float(1 << 31)
_MAX_TEXT_BYTES: Final = 1 << 20
MAX_NAME: Final = 256
_TAG: Final = re.compile(rb"(?:[A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8})*)?")

# All that ISO 32000-2 Table 116 names, and what other documents in use name beside it.
_BOTH_WAYS: Final = (
    "GB-EUC GBpc-EUC GBK-EUC GBKp-EUC GBK2K UniGB-UCS2 UniGB-UTF16 UniGB-UTF8 UniGB-UTF32 GBT-EUC GBTpc-EUC "
    "GBT GB B5pc HKscs-B5 ETen-B5 ETenms-B5 CNS-EUC UniCNS-UCS2 UniCNS-UTF16 UniCNS-UTF8 UniCNS-UTF32 CNS1 "
    "CNS2 ETHK-B5 83pv-RKSJ 90ms-RKSJ 90msp-RKSJ 90pv-RKSJ Add-RKSJ EUC Ext-RKSJ UniJIS-UCS2 UniJIS-UCS2-HW "
    "UniJIS-UTF16 UniJIS-UTF8 UniJIS-UTF32 UniJIS2004-UTF16 UniJIS2004-UTF8 UniJIS2004-UTF32 "
    "UniJISX0213-UTF32 UniJISX02132004-UTF32 78-RKSJ 78 78-EUC 78ms-RKSJ Add Ext NWP RKSJ KSC-EUC KSCms-UHC "
    "KSCms-UHC-HW KSCpc-EUC KSC KSC-Johab UniKS-UCS2 UniKS-UTF16 UniKS-UTF8 UniKS-UTF32 Identity UniAKR-UTF8 "
    "UniAKR-UTF16 UniAKR-UTF32 "
)
CMAP_NAMES: Final = (
    frozenset("/" + name for name in _BOTH_WAYS.split() for name in (name + "-H", name + "-V"))
    | {"/H", "/V", "/Hiragana", "/Katakana", "/Roman", "/WP-Symbol", "/Hankaku"}
    | {f"/Adobe-{ordering}-UCS2" for ordering in ("GB1", "CNS1", "Japan1", "Korea1", "KR")}
)


_MOST_NUMBERS: Final = 4096
_MOST_POINTS: Final = 100_000  # of one stroke of a pen, or the corners of what is highlighted
_NUMBERS: Final = frozenset({int, float})


def is_number(value: Value) -> bool:
    """Whether this is a number of a size that readers can hold."""
    return type(value) in _NUMBERS and -_MOST < value < _MOST  # type: ignore[operator]


def _number(value: Value, source: Source) -> Any:
    return value if is_number(value) else OMIT


def _integer(value: Value, source: Source) -> Any:
    if type(value) is float and is_number(value) and value == int(value):
        return int(value)
    return value if type(value) is int and is_number(value) else OMIT


def _natural(value: Value, source: Source) -> Any:
    number = _integer(value, source)
    return number if number is not OMIT and number >= 0 else OMIT


def _boolean(value: Value, source: Source) -> Any:
    return value if type(value) is bool else OMIT


def _name(value: Value, source: Source) -> Any:
    return value if type(value) is str and len(value) <= MAX_NAME else OMIT


def _string(value: Value, source: Source) -> Any:
    return value if type(value) is bytes and len(value) <= _MAX_TEXT_BYTES else OMIT


def _text(value: Value, source: Source) -> Any:
    if isinstance(value, Stream):
        value = source.decoded(value)[0]
    return _string(value, source)


def _language(value: Value, source: Source) -> Any:
    """A language tag (14.9.2), in ASCII whatever the file has it in."""
    if type(value) is not bytes:
        return OMIT
    if value.startswith(b"\xfe\xff"):
        value = value[3::2]
    value = value.removeprefix(b"\xef\xbb\xbf").strip(b"\0 ")
    return value if _TAG.fullmatch(value) else OMIT


def _points(value: Value, source: Source) -> Any:
    if not isinstance(value, list) or len(value) > _MOST_POINTS:
        return OMIT
    found = value if _NUMBERS.issuperset(map(type, value)) else [source.get(item) for item in value]
    return list(found) if all(map(is_number, found)) else OMIT


def _numbers(value: Value, source: Source) -> Any:
    return _points(value, source) if not isinstance(value, list) or len(value) <= _MOST_NUMBERS else OMIT


def _rectangle(value: Value, source: Source) -> Any:
    found = _numbers(value, source)
    return found[:4] if found is not OMIT and len(found) >= 4 else OMIT


def _scalars(value: Value, source: Source) -> Any:
    if not isinstance(value, list):
        return OMIT
    found = []
    for item in map(source.get, value):
        if isinstance(item, list):
            item = [part for part in map(source.get, item) if part is not None and _is_scalar(part)][
                :4
            ]  # for four sides
        elif not _is_scalar(item):
            return OMIT
        found.append(item)
    return found[:1000]


def _border(value: Value, source: Source) -> Any:
    """Of an annotation (Table 166)."""
    if not isinstance(value, list):
        return OMIT
    found = [source.get(item) for item in value[:4]]
    if len(found) < 3 or not all(map(is_number, found[:3])):
        return OMIT
    dashes = _numbers(found[3], source) if len(found) == 4 else OMIT
    return found[:3] if dashes is OMIT else [*found[:3], dashes]


def _is_scalar(value: Value) -> bool:
    return value is None or type(value) in (bool, str, bytes) or is_number(value)


def _dashes(value: Value, source: Source) -> Any:
    if not isinstance(value, list):
        return OMIT
    found = [source.get(item) for item in value]
    found = [_numbers(item, source) if isinstance(item, list) else item for item in found]
    if len(found) == 2 and isinstance(found[0], list) and is_number(found[1]):
        return found
    return OMIT


def _differences(value: Value, source: Source) -> Any:
    """Codes and names of glyphs (Table 112)."""
    if not isinstance(value, list):
        return OMIT
    found = [source.get(item) for item in value]
    return [item for item in found if (type(item) is int and 0 <= item < 256) or _name(item, source) is not OMIT][:4096]


def _widths(value: Value, source: Source) -> Any:
    """Of a CIDFont: numbers, and arrays of numbers (9.7.4.3)."""
    if not isinstance(value, list):
        return OMIT
    found = []
    for item in map(source.get, value):
        item = _points(item, source) if isinstance(item, list) else _number(item, source)
        if item is OMIT:
            return OMIT
        found.append(item)
    return found


def _cmap_name(value: Value, source: Source) -> Any:
    return value if type(value) is str and value in CMAP_NAMES else OMIT


def _null(value: Value, source: Source) -> Any:
    return None if value is None else OMIT


PLAIN: Final[Mapping[Kind, Callable[[Value, Source], Any]]] = {
    Kind.NUMBER: _number,
    Kind.INTEGER: _integer,
    Kind.NATURAL: _natural,
    Kind.BOOLEAN: _boolean,
    Kind.NAME: _name,
    Kind.STRING: _string,
    Kind.TEXT: _text,
    Kind.LANGUAGE: _language,
    Kind.NUMBERS: _numbers,
    Kind.POINTS: _points,
    Kind.RECTANGLE: _rectangle,
    Kind.SCALARS: _scalars,
    Kind.BORDER: _border,
    Kind.DASHES: _dashes,
    Kind.DIFFERENCES: _differences,
    Kind.WIDTHS: _widths,
    Kind.CMAP_NAME: _cmap_name,
    Kind.NULL: _null,
}

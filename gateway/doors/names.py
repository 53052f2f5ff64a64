"""File names in headers: what a client claims, and how a name is told back. Nothing here makes a name safe.

Source: RFC 6266 (Content-Disposition), RFC 8187 (filename*), WHATWG HTML "multipart/form-data" (%22 in names).
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from policies.names import decode_name

MAX_NAME_CHARS: Final = 1024
_PARAMETER: Final = re.compile(r';\s*([A-Za-z0-9!#$&+.^_`|~*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r'\\(["\\])')
_FORM_ESCAPE: Final = re.compile(r"%(22|0[dD]|0[aA])")
_PERCENT_BEYOND_ASCII: Final = re.compile("%[89a-fA-F][0-9a-fA-F]")
_CHARSETS: Final = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "shift_jis": "cp932", "windows-31j": "cp932"}
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
_SAYS_NOTHING: Final = ("application/octet-stream", "application/x-www-form-urlencoded", "binary/octet-stream")
_FALLBACK_UNSAFE: Final = re.compile(r'[^ -~]|["\\%]')


@dataclass(frozen=True, slots=True)
class Disposition:
    """A Content-Disposition header, as far as forms and uploads use it."""

    kind: str  # "attachment", "form-data"
    field: str  # the form field's name; "" when there is none
    file_name: str | None


def read_disposition(header: str) -> Disposition:
    """What the header claims. Never raises: what cannot be read is not there. `filename*` wins over `filename`."""
    kind, semicolon, rest = header.partition(";")
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(semicolon + rest):
        found.setdefault(name.lower(), _QUOTED_PAIR.sub(r"\1", quoted) if quoted else plain.strip())
    name = extended(found["filename*"]) if "filename*" in found else None
    if name is None and "filename" in found:
        name = _plain_name(found["filename"])
    return Disposition(kind.strip().lower(), as_text(found.get("name", "")), name)


def extended(value: str) -> str | None:
    """The text of an ext-value such as UTF-8''%E4%BB%AE.txt; None when it is none."""
    parts = value.split("'", 2)
    if len(parts) != 3:
        return None
    raw = unquote_to_bytes(parts[2].encode("utf-8", "surrogateescape"))
    charset = _CHARSETS.get(parts[0].lower())
    if charset is not None:
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            pass
    return decode_name(raw)


def as_text(untrusted: str) -> str:
    """Header text whose bytes were no UTF-8 arrives as lone surrogates (PEP 383): read as the name it was."""
    try:
        untrusted.encode()
    except UnicodeEncodeError:
        return decode_name(untrusted.encode("utf-8", "surrogateescape" if _is_escaped(untrusted) else "replace"))
    return untrusted


def claimed_type(header: str) -> str | None:
    """The media type of a Content-Type header; None when it says nothing."""
    name = header.partition(";")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) and name not in _SAYS_NOTHING else None


def write_disposition(name: str) -> str:
    """An attachment with this name: an ASCII fallback, and the name itself."""
    fallback = _FALLBACK_UNSAFE.sub("_", name)
    if fallback == name:
        return f'attachment; filename="{name}"'
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(name, safe='')}"


def _plain_name(value: str) -> str:
    """A plain `filename`. Some clients percent-encode Japanese names in it, which no browser does: read as meant."""
    if _PERCENT_BEYOND_ASCII.search(value):
        try:
            return unquote_to_bytes(value.encode("utf-8", "surrogateescape")).decode()
        except UnicodeDecodeError:
            pass
    return as_text(_FORM_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), value))


def _is_escaped(text: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in text)

"""A rebuilt text: one strict reading, in which every character is one to be seen (V-TXT, V-MAGIC, V-RES).

Source: threat catalogue, TXT rows; RFC 2152 (UTF-7). Scripts, addresses and mark-up in a text are its contents: a text
stays a text by its name, and is not judged for what it says (TXT-15, TXT-16).
"""

import base64
import binascii
import re
from typing import Any, Final

from sanitizers.model import Check
from sanitizers.verify import characters
from sanitizers.verify.court import Court, Refused, require
from sanitizers.verify.encodings import Reading, readings
from sanitizers.verify.patterns import leaping

_FOREIGN: Final = (  # texts that programs open by their first characters, whatever the name says
    ("PDF", re.compile(r"(?s).{0,1024}%PDF-\d")),
    ("RTF", re.compile(r"\s*\{\\rtf")),
    ("PostScript", re.compile(r"\s*%!PS")),
    ("SYLK", re.compile(r"ID;P")),
)
_UTF7_RUN: Final = re.compile(r"\+([A-Za-z0-9+/]*+)(-?)")
_UTF7_MARK: Final = re.compile(r"\+/v[89+/]")
# In a text that is not Unicode: bidi controls, line separators and tags for a reader that takes it for UTF-8 (TXT-05)
_HIDDEN_UTF8: Final[tuple[Any, ...]] = (
    leaping(rb"\xe2(?:\x80[\xa8-\xae]|\x81[\xa6-\xa9])"),
    leaping(rb"\xf3(?:\xa0[\x80\x81][\x80-\xbf])"),
)


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is a text as it is rebuilt."""
    accepted_readings(data, court)


def accepted_readings(data: bytes, court: Court) -> list[Reading]:
    """The readings that pass, at least one. Raises Refused with what is wrong with the likeliest."""
    passed: list[Reading] = []
    refusals: list[Refused] = []
    for reading in readings(data):
        if passed and not reading.is_japanese:
            break  # what reads as Japanese is not taken for Latin
        try:
            _require_plain(reading, data, court)
            passed.append(reading)
        except Refused as refusal:
            refusals.append(refusal)
    if passed:
        return passed
    raise refusals[0] if refusals else Refused(Check.TEXT, "no known encoding")


def _require_plain(reading: Reading, data: bytes, court: Court) -> None:
    text, encoding = reading.text, reading.encoding
    complaint = characters.complaint(text)
    require(not complaint, Check.TEXT, f"{complaint} ({encoding})")
    require(text.count("\r") == text.count("\r\n"), Check.TEXT, f"CR without LF ({encoding})")
    for name, pattern in _FOREIGN:
        require(not pattern.match(text), Check.MAGIC, f"{name} at the start")
    if not reading.is_unicode:
        require(not any(hidden.search(data) for hidden in _HIDDEN_UTF8), Check.TEXT, "hidden UTF-8 controls")
    if text.isascii():
        require(not _is_utf7(text), Check.TEXT, "UTF-7")
    most = court.limits.max_line_chars
    require(_lines_fit(text, most), Check.LIMITS, f"a line of more than {most} characters")


def _lines_fit(text: str, most: int) -> bool:
    """Hops from line end to line end, as far as they may be apart: no more hops than 2 * len / most."""
    at = 0
    while len(text) - at > most:
        end = text.rfind("\n", at, at + most + 1)
        if end < 0:
            return False
        at = end + 1
    return True


def _is_utf7(text: str) -> bool:
    """Whether a reader that takes it for UTF-7 would see an angle bracket that nobody else sees (TXT-08)."""
    if "+" not in text:
        return False
    return bool(_UTF7_MARK.match(text)) or any(run[2] and "<" in _utf7(run[1]) for run in _UTF7_RUN.finditer(text))


def _utf7(run: str) -> str:
    try:
        packed = base64.b64decode(run + "=" * (-len(run) % 4))
        return packed[: len(packed) // 2 * 2].decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        return ""

"""Characters that steer, hide or fake what a reader sees: which may stand in a text, and where (TXT-09 to TXT-14).

Source: The Unicode Standard 15.0, 5.21 (ignorable characters), 23.2 to 23.9 (special areas); UAX #9 (bidi controls);
UTS #51, 1.4 (emoji sequences); UTS #37 (ideographic variation sequences).
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_IDEOGRAPHS: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_NEVER: Final = (
    "\x00-\x08\x0b\x0e-\x1f\x7f-\x9f"  # controls but TAB LF FF CR
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls
    "\u2028\u2029"  # line separators
    "\u200b\u2060-\u2065\u206a-\u206f\ufeff\u180e\ufff0-\ufffb"  # invisible
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # no characters
)
_NEVER_BEYOND: Final = (  # the same beyond the basic plane
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"  # tags, and what is kept for their like
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
)
_PLACED: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0"
_FORBIDDEN: Final = re.compile(f"[{_NEVER}{_NEVER_BEYOND}]")
_SUSPECT: Final = re.compile(f"[{_NEVER}{_NEVER_BEYOND}{_PLACED}\U000e0100-\U000e01ef]")
_PERHAPS: Final = re.compile(f"[{_NEVER}{_PLACED}\U00010000-\U0010ffff]")  # five times as fast, and mostly enough
_PLAIN_ASCII: Final = bytes((9, 10, 12, 13, *range(32, 127)))
_EMOJI: Final = re.compile("[#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]")
_SHAPED: Final = re.compile(
    f"[0{_IDEOGRAPHS}\u1000-\u109f\u2190-\u2bff\u3000-\u303f\ua840-\ua877\uaa60-\uaa7f\uff01-\uffee]"
)
_IDEOGRAPH: Final = re.compile(f"[{_IDEOGRAPHS}]")
_JOINING: Final = re.compile(
    "[\u0590-\u109f\u1100-\u11ff\u1780-\u1cff\ua800-\uabff\U00010a00-\U00011fff\U0001e900-\U0001e95f]"
)
_JAMO: Final = re.compile("[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb\uffa1-\uffdc]")
_MONGOLIAN: Final = re.compile("[\u1820-\u18aa\ua840-\ua877]")
_KHMER: Final = re.compile("[\u1780-\u17b3]")


def complaint(text: str) -> str:
    """The first character that may not stand where it stands, in words; "" when all may."""
    if text.isascii():
        if not text.encode("ascii").translate(None, _PLAIN_ASCII):
            return ""
    elif not _PERHAPS.search(text):
        return ""
    if match := _FORBIDDEN.search(text):
        return _told(text, match.start())
    for match in _SUSPECT.finditer(text):
        if not _is_in_place(text, match.start()):
            return _told(text, match.start())
    return ""


def _told(text: str, at: int) -> str:
    return f"U+{ord(text[at]):04X} at character {at}"


def _is_in_place(text: str, at: int) -> bool:
    """Whether an invisible character stands where a script or an emoji needs it."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    rule = next(rule for pattern, rule in _PLACES if pattern.match(text[at]))
    return bool(before) and rule(before, after)


def _joined(before: str, after: str) -> bool:
    """ZWJ and ZWNJ: beside a letter of a script that joins them, after a mark, or between two emoji; never two."""
    if _is_pictograph(before):
        return bool(after) and _is_pictograph(after)
    if _SUSPECT.match(after):
        return False
    is_marked = unicodedata.category(before)[0] == "M"  # a virama, a selector; old chillu letters end a word with it
    return is_marked or bool(_JOINING.match(before) or _JOINING.match(after))


def _is_pictograph(character: str) -> bool:
    return character == "\u2194" or unicodedata.category(character) in ("So", "Sk")


def _after(pattern: re.Pattern[str]) -> Callable[[str, str], bool]:
    return lambda before, _after: bool(pattern.match(before))


def _beside_jamo(before: str, after: str) -> bool:
    return bool(_JAMO.match(before) or _JAMO.match(after))


def _before_mark(_before: str, after: str) -> bool:
    return bool(after) and unicodedata.category(after)[0] == "M"


_PLACES: Final[tuple[tuple[re.Pattern[str], Callable[[str, str], bool]], ...]] = tuple(
    (re.compile(f"[{characters}]"), rule)
    for characters, rule in (
        ("\u200c\u200d", _joined),
        ("\ufe0e\ufe0f", _after(_EMOJI)),
        ("\ufe00-\ufe0d", _after(_SHAPED)),
        ("\U000e0100-\U000e01ef", _after(_IDEOGRAPH)),
        ("\u115f\u1160\u3164\uffa0", _beside_jamo),
        ("\u180b-\u180f", _after(_MONGOLIAN)),
        ("\u17b4\u17b5", _after(_KHMER)),
        ("\u034f", _before_mark),
    )
)

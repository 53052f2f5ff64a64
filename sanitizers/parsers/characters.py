"""Characters that nobody sees and programs obey, and where some of them belong to what is written.

Source: The Unicode Standard 15.0, 5.21 and 23; UAX #9; UTS #37 (ideographic variation); UTS #51 (emoji);
ECMA-48 (escape sequences).
"""

import re
import unicodedata
from typing import Final

# --- terminals --------------------------------------------------------------------------------------------------

ESCAPE: Final = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*+[ -/]*+[@-~]?"  # CSI: colours, the cursor
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f\n]{0,4096}+(?:\x07|\x1b\\\\|\x9c)"  # OSC, DCS
    "|\x1b(?:[ -/]++[0-~]|[0-~])?"
)
CONTROL: Final = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
NUL: Final = re.compile("\0+")

# --- lines ------------------------------------------------------------------------------------------------------

LINE_SEPARATOR: Final = re.compile("\r(?!\n)|[\x0b\x85\u2028\u2029]")

# --- direction and sight ----------------------------------------------------------------------------------------

BIDI: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")

_JOINERS: Final = "\u200c\u200d"
_INVISIBLE: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
_INVISIBLE_BEYOND: Final = "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
_NONCHARACTER: Final = "\ufdd0-\ufdef\ufffe\uffff"
_NONCHARACTER_BEYOND: Final = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000)
)
NONCHARACTER: Final = re.compile(f"[{_NONCHARACTER}{_NONCHARACTER_BEYOND}]")

_IDEOGRAPH: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"


def _of(*blocks: tuple[int, int], kinds: str) -> str:
    """The characters of these blocks that are of these general categories, as ranges for a set."""
    codes = [code for first, end in blocks for code in range(first, end) if unicodedata.category(chr(code)) in kinds]
    starts = [code for before, code in zip([-1, *codes[:-1]], codes, strict=True) if code != before + 1]
    ends = [code for code, after in zip(codes, [*codes[1:], -1], strict=True) if after != code + 1]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


_PICTURE: Final = "\u2194" + _of((0x2190, 0x2C00), (0x1F000, 0x1FB00), kinds="So Sk")
_JOINED: Final = _of((0x590, 0x10A0), (0x1780, 0x1D00), (0xA800, 0xAC00), kinds="Lo Lm Mn Mc")  # from Hebrew to Khmer
_SHOWN_TWO_WAYS: Final = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
_JAMO: Final = "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb\uffa1-\uffdc"

INVISIBLE: Final = re.compile(
    f"[{_JOINERS}{_INVISIBLE}{_INVISIBLE_BEYOND}]"
    # but for these, each seen together with the character before it:
    f"(?<![{_IDEOGRAPH}][\U000e0100-\U000e01ef])"  # a variant of a kanji, as names need it
    f"(?<![{_IDEOGRAPH}][\ufe00-\ufe02])"
    f"(?<![{_SHOWN_TWO_WAYS}][\ufe0e\ufe0f])"
    "(?!(?<=[#*0-9]\ufe0f)\u20e3)"  # a key
    f"(?<![{_JAMO}][\u115f\u1160\u3164\uffa0])"
    f"(?!(?<=[{_PICTURE}\ufe0f\u20e3]\u200d)[{_PICTURE}])"  # one picture of several
    f"(?!(?<=[{_JOINED}][{_JOINERS}])(?![{_JOINERS}]))"  # how two letters join
)

# --- the first look ---------------------------------------------------------------------------------------------

_PLAIN_ASCII: Final = bytes((9, 10, 12, 13, *range(0x20, 0x7F)))
_SUSPECT: Final = f"\\x00-\\x08\x0b\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069{_JOINERS}{_INVISIBLE}{_NONCHARACTER}"
ANY_SUSPECT: Final = re.compile(  # every character beyond the first plane is looked at twice: large sets are slow
    f"[{_SUSPECT}\U00010000-\U0010ffff](?<=[{_SUSPECT}{_INVISIBLE_BEYOND}{_NONCHARACTER_BEYOND}])"
)


def is_suspect(text: str) -> bool:
    """Whether anything stands in it that one of these patterns may find, a lone CR aside. Fast."""
    if text.isascii():
        return bool(text.encode("ascii").translate(None, _PLAIN_ASCII))
    return ANY_SUSPECT.search(text) is not None

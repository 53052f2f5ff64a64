"""Values of attributes: what each kind may look like, and what an address points to."""

import re
from enum import Enum
from typing import Final
from urllib.parse import unquote

from sanitizers.formats.svg.allow import MOST, Kind

MAX_TEXT_CHARS: Final = 1000
_NUMBER: Final = r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?"
_NUMBERS: Final = rf"\s*+(?>{_NUMBER}(?:%|[A-Za-z]{{1,4}}+)?[\s,]*+)*+"
_WORDS: Final = r"(?!.*//)[-\w.,#/ ]*+"
_TURN: Final = r"(?:matrix|translate[XY]?|scale[XY]?|rotate|skew[XY]?)"
_PATTERNS: Final = {
    Kind.NUMBERS: re.compile(_NUMBERS, re.ASCII),
    Kind.WORDS: re.compile(_WORDS),
    Kind.EITHER: re.compile(rf"{_NUMBERS}|{_WORDS}"),
    Kind.PATH: re.compile(r"[MmZzLlHhVvCcSsQqTtAa0-9eE+\-.,\s]*+", re.ASCII),
    Kind.TRANSFORM: re.compile(rf"\s*+(?>{_TURN}\s*+\({_NUMBERS}\)[\s,]*+)*+|\s*none\s*", re.ASCII),
    Kind.NAME: re.compile(r"[^\s<>&\"'()\\]{1,1000}+"),
    Kind.NAMES: re.compile(r"[^<>&\"'()\\]{0,10000}+"),
    Kind.TEXT: re.compile(rf"[^<>\"\\\x00-\x1f\x7f]{{0,{MAX_TEXT_CHARS}}}+"),
}
_ADDRESS_IN_TEXT: Final = re.compile(
    r"(?i:(?:java|vb|live)script\s*:|data\s*:\s*[a-z]+/|(?:https?|file|ftp)\s*:|url\s*\()"
)


def carried(kind: Kind, name: str, value: str) -> str | None:
    """A value of this kind as it may stand; of the kinds that are told from the value alone."""
    pattern = _PATTERNS[kind]
    found = pattern.match(value) if kind is Kind.PATH else pattern.fullmatch(value)
    if found is None:
        return None
    if kind is Kind.TEXT and _ADDRESS_IN_TEXT.search(value):
        return None
    if name in MOST and any(abs(float(number)) > MOST[name] for number in re.findall(_NUMBER, value)):
        return None
    return found[0]  # of a path, what is drawn of it: up to the first mistake (SVG 2, 9.5.4)


class Target(Enum):
    """What an address points to."""

    NOTHING = "nothing"
    LOCAL = "an element of the same file"
    WEB = "a page on the web, or a mailbox"
    DATA = "bytes in the address itself"
    SCRIPT = "a script"
    SHARE = "a file, or a share of another machine"
    SCHEME = "a program"
    RELATIVE = "a place beside the file"


_BLANKS: Final = re.compile(r"[\x00-\x20\x7f-\xa0\u200b\u2028\u2029\ufeff]+")
_LOCAL: Final = re.compile(r"#([^\s\"'()<>\\&#%;{}\x00-\x1f\x7f-\x9f]{1,256})")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_WEB: Final = re.compile(
    r"https?://[\w.-]++(?::\d++)?(?:[/?#][^\s<>\"'\\^`{|}\x00-\x20\x7f-\x9f]{0,2000}+)?"
    r"|mailto:[^\s<>\"'\\^`{|}\x00-\x20\x7f-\x9f]{1,2000}+"
)
_SCRIPTS: Final = frozenset({"javascript", "vbscript", "livescript", "mocha", "jscript"})
_SHARES: Final = frozenset({"file", "smb", "unc"})


def target_of(address: str) -> tuple[Target, str]:
    """What an address points to, blanks and escapes in it aside; with the name of an element of the same file."""
    plain = address.strip()
    if not plain:
        return Target.NOTHING, ""
    if found := _LOCAL.fullmatch(plain):
        return Target.LOCAL, found[1]
    bare = unescaped(plain[:4096])
    if found := _SCHEME.match(bare):
        scheme = found[1].lower()
        if scheme == "data":
            return Target.DATA, ""
        if scheme in _SCRIPTS:
            return Target.SCRIPT, ""
        if scheme in _SHARES or len(scheme) == 1:
            return Target.SHARE, ""
        return (Target.WEB if _WEB.fullmatch(plain) else Target.SCHEME), ""
    return (Target.SHARE if bare.replace("\\", "/").startswith("//") else Target.RELATIVE), ""


def is_disguised(address: str) -> bool:
    """Whether the scheme is written so that a reader of the letters misses it (GEN-26)."""
    bare = unescaped(address.strip()[:4096])
    found = _SCHEME.match(bare)
    return found is not None and not address.strip().startswith(found[0].lower())


def unescaped(address: str) -> str:
    """Without blanks and controls anywhere, and without percent-encoding, which some programs undo once more."""
    bare = _BLANKS.sub("", address)
    for _ in range(2):
        bare = _BLANKS.sub("", unquote(bare))
    return bare

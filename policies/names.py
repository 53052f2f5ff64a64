"""File names from outside, made safe without harming ordinary Japanese ones. Pure text; touches no file system.

Names are put in NFC, except that CJK compatibility ideographs stay as they are: NFC would turn the 神 of a family
name (U+FA19) into another character. Deny rules look at the NFKC form too (GEN-08).
"""

import codecs
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from policies.catalogue import vector
from policies.terms import Vector

_ENCODINGS: Final = ("utf-8", "cp932", "euc-jp")
for _encoding in _ENCODINGS:
    codecs.lookup(_encoding)  # loads its module now: where names are cleaned, nothing may be opened later

GEN_02: Final = vector("GEN-02")
GEN_03: Final = vector("GEN-03")
GEN_04: Final = vector("GEN-04")
GEN_05: Final = vector("GEN-05")
GEN_06: Final = vector("GEN-06")
GEN_07: Final = vector("GEN-07")
GEN_08: Final = vector("GEN-08")
GEN_09: Final = vector("GEN-09")
ARC_01: Final = vector("ARC-01")
ARC_02: Final = vector("ARC-02")

MAX_NAME_BYTES: Final = 200  # of UTF-8
MAX_PATH_BYTES: Final = 1024
MAX_COMPONENTS: Final = 32
MAX_EXTENSION_CHARS: Final = 20  # what is longer is no extension and may be cut
EMPTY_NAME: Final = "file"
_MAX_RAW_CHARS: Final = 65_536  # a longer name is cut before anything looks at it
_MAX_ROUNDS: Final = 16

_BIDI: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Variation selectors are kept after an ideograph: they choose the shape of a name's character (IVS, SVS).
_IDEOGRAPH: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f\u2800\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]"
    f"|(?<![{_IDEOGRAPH}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_COMPATIBILITY_IDEOGRAPHS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f])")
_SMUGGLED: Final = re.compile("[\udc80-\udcff]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SEPARATORS: Final = re.compile(r"[/\\]")
_WINDOWS_REFUSES: Final = re.compile('[<>:"|?*]')  # the colon also opens an alternate data stream
_RESERVED: Final = re.compile(
    r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9])\s*(?:\.|\Z)", re.IGNORECASE
)
_SHELL_ACTIVE: Final = re.compile(r"(?:desktop|folder|autorun)\.in[if]", re.IGNORECASE)
_SHELL_FOLDER: Final = re.compile(
    r"\.(?=\{[0-9a-f-]{36}\}\Z)", re.IGNORECASE
)  # a folder's name with a class identifier
_LEADING: Final = re.compile(r"(?:~\$|\s)+")
_BLANKS: Final = r"[\s\u00a0]"
_BLANK_RUN: Final = re.compile(f"{_BLANKS}{{5,}}")
_BLANK_BEFORE_DOT: Final = re.compile(rf"{_BLANKS}{{3,}}(?=\.)")
# Characters that fold into a separator or colon: under NFKC, or under the best-fit tables of Windows code pages.
# U+00A5 becomes a backslash in code page 932, its full-width twin does not.
_FOLDS: Final = {ord(c): "_" for c in "／＼﹨⁄∕⧵∖⧸℀℁℅℆⅍：﹕︓∶꞉⩴"} | {0xA5: "￥", 0x20A9: "￦"}
_DOT_LOOKALIKES: Final = re.compile("[．﹒․]")
_EXTENSION: Final = re.compile(r"(?=.*[a-z])[a-z0-9]{1,8}")

Findings = dict[tuple[Vector, str], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CleanName:
    """A name that any of our systems can hold, and what had to be changed for it."""

    name: str
    findings: tuple[tuple[Vector, str], ...] = ()  # vector, detail


def clean_name(raw: str) -> CleanName:
    """The safe base name for `raw`, at most 200 bytes. Never raises, never empty; idempotent."""
    name, found = raw, Findings()
    name = _recovered(name)
    if len(name) > _MAX_RAW_CHARS:
        name = _note(found, GEN_09, f"{len(name)} characters", name[-_MAX_RAW_CHARS:])
    if _SEPARATORS.search(name):
        parts = [part for part in _SEPARATORS.split(name) if part.strip(". ")]
        name = _note(found, GEN_06, "path", parts[-1] if parts else "")
    return CleanName(_settled(name, found) or _note(found, GEN_07, "nothing left", EMPTY_NAME), tuple(found))


def clean_path(raw: str) -> CleanName:
    """The safe relative path for an archive member, cleaned name by name; a folder's ends in "/". Idempotent."""
    found = Findings()
    raw = _recovered(raw)[-_MAX_RAW_CHARS:]
    is_folder = raw[-1:] in ("/", "\\")
    parts = [part for part in _SEPARATORS.split(_relative(raw, found)) if part not in ("", ".")]
    if any(part.strip() == ".." for part in parts):
        parts = _note(found, ARC_01, "..", [part for part in parts if part.strip() != ".."])
    cleaned = [name for part in parts if (name := _settled(part, found))]
    if len(cleaned) > MAX_COMPONENTS:
        cleaned = _note(found, GEN_09, f"{len(cleaned)} folders deep", cleaned[-MAX_COMPONENTS:])
    while len("/".join(cleaned).encode()) > MAX_PATH_BYTES:
        cleaned = _note(found, GEN_09, "long path", cleaned[1:])
    if not cleaned:
        cleaned = _note(found, GEN_07, "nothing left", [EMPTY_NAME])
    return CleanName("/".join(cleaned) + "/" * is_folder, tuple(found))


def decode_name(raw: bytes) -> str:
    """The text of a name of unknown encoding: UTF-8 when it is that, else CP932, EUC-JP, Latin-1. Never raises."""
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def renamed(name: str, extension: str) -> str:
    """A clean name with this extension: in place of its own, or behind what is none (the 31 of 議事録 2024.12.31)."""
    stem, _, old = name.rpartition(".")
    stem = stem if stem and _EXTENSION.fullmatch(old.lower()) else name
    return clean_name(f"{stem}.{extension}").name


def extensions(name: str) -> tuple[str, ...]:
    """The dotted endings of a name, last first, lower case, folded as a careless program folds them (NFKC)."""
    folded = unicodedata.normalize("NFKC", name).lower().rstrip(". ")
    return tuple(part.strip() for part in reversed(folded.split(".")[1:]))


def _recovered(name: str) -> str:
    """Bytes that were smuggled into text as lone surrogates (PEP 383) are read as the name they were."""
    if name.isascii() or not _SMUGGLED.search(name):
        return name
    try:
        return decode_name(name.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:  # other surrogates among them; these are removed below
        return name


def _relative(path: str, found: Findings) -> str:
    """Drive, UNC and leading separators off (ARC-02)."""
    before = path
    while path and (path[0] in "/\\" or _DRIVE.match(path)):
        path = path[1:] if path[0] in "/\\" else path[2:]
    return _note(found, ARC_02, "absolute path", path) if path != before else path


def _settled(name: str, found: Findings) -> str:
    """One component through all rules, again and again until nothing changes: one rule's work may be the next one's."""
    if name.isascii() and _PLAIN.fullmatch(name) and not _RESERVED.match(name) and not _SHELL_ACTIVE.fullmatch(name):
        return name
    for _ in range(_MAX_ROUNDS):
        before = name
        for rule in _RULES:
            name = rule(name, found)
        if name == before:
            return name
    return ""


_PLAIN: Final = re.compile(r"[A-Za-z0-9_(][A-Za-z0-9_()+-]{0,60}(\.[A-Za-z0-9]{1,5})?")


def _shown_only(name: str, found: Findings) -> str:
    """Characters that steer or hide the display, and controls, go (GEN-03, 04, 05)."""
    for what, pattern, detail in (
        (GEN_03, _BIDI, "bidirectional control"),
        (GEN_04, _INVISIBLE, "invisible character"),
        (GEN_05, _CONTROL, "control character"),
    ):
        if match := pattern.search(name):
            name = _note(found, what, f"{detail} U+{ord(match[0]):04X}", pattern.sub("", name))
    return name


def _composed(name: str, found: Findings) -> str:
    """NFC, as Windows writes names; macOS decomposes them (GEN-08)."""
    if name.isascii():
        return name
    parts = _COMPATIBILITY_IDEOGRAPHS.split(name)  # the odd ones are those ideographs
    composed = "".join(part if i % 2 else unicodedata.normalize("NFC", part) for i, part in enumerate(parts))
    return _note(found, GEN_08, "decomposed characters", composed) if composed != name else name


def _unfolded(name: str, found: Findings) -> str:
    """Look-alikes that fold into separators, colons, or the dot and letters of an extension (GEN-08)."""
    if name.isascii():
        return name
    plain = name.translate(_FOLDS)
    dots = [match.end() for match in _DOT_LOOKALIKES.finditer(plain)] + [plain.rfind(".") + 1]
    start = max(dots)
    tail = unicodedata.normalize("NFKC", plain[start:])
    if start > 1 and _EXTENSION.fullmatch(tail.lower()):
        plain = f"{plain[: start - 1]}.{tail}"
    return _note(found, GEN_08, "look-alike of a separator or extension", plain) if plain != name else name


def _without_drive(name: str, found: Findings) -> str:
    return _note(found, GEN_06, "drive", name[2:]) if _DRIVE.match(name) else name


def _writable(name: str, found: Findings) -> str:
    """What Windows cannot hold or reads as something else (GEN-07)."""
    if _WINDOWS_REFUSES.search(name):
        name = _note(found, GEN_07, "character that Windows refuses", _WINDOWS_REFUSES.sub("_", name))
    if match := _LEADING.match(name):
        name = _note(found, GEN_07, "leading blank or ~$", name[match.end() :])
    if name != (trimmed := _trimmed(name)):
        name = _note(found, GEN_07, "trailing dot or blank", trimmed)
    folded = unicodedata.normalize("NFKC", name)
    if _RESERVED.match(folded):
        name = _note(found, GEN_07, "reserved name", "_" + name)
    elif _SHELL_ACTIVE.fullmatch(folded):
        name = _note(found, GEN_07, "name that Explorer acts on", "_" + name)
    elif _SHELL_FOLDER.search(name):
        name = _note(found, GEN_07, "name that Explorer acts on", _SHELL_FOLDER.sub("_", name))
    return name


def _unspaced(name: str, found: Findings) -> str:
    """Blanks that push the real extension out of sight (GEN-02)."""
    short = _BLANK_RUN.sub(" ", _BLANK_BEFORE_DOT.sub("", name))
    return _note(found, GEN_02, "run of blanks", short) if short != name else name


def _shortened(name: str, found: Findings) -> str:
    """At most 200 bytes: the stem is cut at a character, the extension stays (GEN-09)."""
    size = len(name.encode())
    if size <= MAX_NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > MAX_EXTENSION_CHARS:
        stem, dot, extension = name, "", ""
    room = MAX_NAME_BYTES - len((dot + extension).encode())
    stem = _trimmed(stem.encode()[:room].decode("utf-8", "ignore"))
    return _note(found, GEN_09, f"{size} bytes", stem + dot + extension)


def _trimmed(name: str) -> str:
    return re.sub(r"[\s.]+\Z", "", name)


def _note(found: Findings, what: Vector, detail: str, result: T) -> T:
    found[what, detail] = None
    return result


_RULES: Final[tuple[Callable[[str, Findings], str], ...]] = (
    _shown_only,
    _composed,
    _unfolded,
    _without_drive,
    _writable,
    _unspaced,
    _shortened,
)

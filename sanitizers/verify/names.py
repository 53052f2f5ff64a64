"""Names of archive members, as every system that unpacks them will read them (V-NAME; GEN-02 to GEN-09, ARC-01, 02).

Source: threat catalogue, section 4; Microsoft, Naming Files, Paths, and Namespaces; UAX #15.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_MAX_PATH_BYTES: Final = 1280
_MAX_COMPONENT_BYTES: Final = 255
_MAX_COMPONENTS: Final = 32
_IDEOGRAPHS: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_HIDDEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff\U000e0000-\U000e00ff]"
    f"|(?<![{_IDEOGRAPHS}])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_REFUSED_BY_WINDOWS: Final = frozenset('<>:"\\|?*')
_SEPARATORS: Final = frozenset("/\\")
_FOLDING_SEPARATORS: Final = frozenset("／＼：﹨﹕")  # NFKC makes them separators and colons
_COMPATIBILITY_IDEOGRAPH: Final = re.compile("[\uf900-\ufaff\U0002f800-\U0002fa1f]")
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "clock$", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)}
)
_ACTIVE: Final = frozenset({"desktop.ini", "autorun.inf"})
_SHELL_FOLDER: Final = re.compile(r"[.．]\{[0-9A-Fa-f-]{36}\}\Z")
_FAR_EXTENSION: Final = re.compile(r"\s{3,}\.")


def complaint(path: str) -> str:
    """Why some system would read this path as another one, in words; "" when none would."""
    for what, holds in _PATH_RULES:
        if not holds(path):
            return what
    for component in path.removesuffix("/").split("/"):
        for what, holds in _COMPONENT_RULES:
            if not holds(component):
                return what
    return ""


def extension(path: str) -> str:
    """What a system chooses the program by, lower case; "" when there is none."""
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def key(path: str) -> str:
    """Equal for paths that some system takes for one another (ZIP-02, ZIP-03)."""
    return unicodedata.normalize("NFC", path).casefold().removesuffix("/")


def _is_composed(path: str) -> bool:
    """NFC, but for compatibility ideographs: NFC would put another character into a person's name (TXT-18)."""
    return path.isascii() or unicodedata.is_normalized("NFC", _COMPATIBILITY_IDEOGRAPH.sub("\u4e00", path))


def _is_short(path: str) -> bool:
    return len(path.encode()) <= _MAX_PATH_BYTES and path.count("/") <= _MAX_COMPONENTS


def _keeps_extension(path: str) -> bool:
    """A program that folds look-alikes must see the same extension."""
    return path.endswith("/") or extension(unicodedata.normalize("NFKC", path)) == extension(path)


def _folded(component: str) -> str:
    return unicodedata.normalize("NFKC", component).casefold()


_PATH_RULES: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("character that does not show", lambda path: not _HIDDEN.search(path)),  # first: no surrogate gets further
    ("not in NFC", _is_composed),
    ("character that Windows refuses", _REFUSED_BY_WINDOWS.isdisjoint),
    ("look-alike of a separator", _FOLDING_SEPARATORS.isdisjoint),
    ("path too long", _is_short),
    ("look-alike of another extension", _keeps_extension),
)
_COMPONENT_RULES: Final[tuple[tuple[str, Callable[[str], bool]], ...]] = (
    ("empty or dotted part", lambda part: _folded(part).strip() not in ("", ".", "..")),
    ("blank or dot at an end", lambda part: part == part.strip() and not part.endswith(".")),
    ("part too long", lambda part: len(part.encode()) <= _MAX_COMPONENT_BYTES),
    ("hidden start", lambda part: not part.startswith("~$")),
    ("extension out of sight", lambda part: not _FAR_EXTENSION.search(part)),
    ("reserved name", lambda part: _folded(part).partition(".")[0].rstrip() not in _DEVICES),
    (
        "name that Explorer acts on",
        lambda part: _folded(part) not in _ACTIVE and not _SHELL_FOLDER.search(part),
    ),
    ("look-alike of a path", lambda part: _SEPARATORS.isdisjoint(_folded(part))),
)

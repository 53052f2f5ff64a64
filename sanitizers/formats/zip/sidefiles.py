"""Members known by their names: litter, files that a desktop acts on, and packages that pose as archives. Data mostly.

Source: threat catalogue ARC-22, ARC-23, ARC-25; the names that macOS and Windows Explorer write into folders.
"""

import re
from collections.abc import Iterable
from typing import Final

from policies.names import extensions
from sanitizers.parsers.signatures import ZIP_MARKS

_SEPARATORS: Final = re.compile(r"[/\\]")

_LITTER_FOLDERS: Final = frozenset({"__macosx"})
_LITTER_NAMES: Final = frozenset({".ds_store", "thumbs.db", "ehthumbs.db"})
_LITTER_START: Final = "._"  # AppleDouble

# Explorer reads these by itself; nobody put them there on purpose, so that nothing takes their place.
_SILENT_NAMES: Final = frozenset({"desktop.ini", "autorun.inf"})
_SHELL_ACTIVE: Final = frozenset(
    {"lnk", "url", "scf", "theme", "themepack", "deskthemepack", "library-ms", "searchconnector-ms", "search-ms"}
)

_PACKAGES: Final = tuple(re.compile(pattern, re.IGNORECASE) for pattern, kind in ZIP_MARKS if kind.startswith("BLK-"))
_JAVA_MANIFEST: Final = "meta-inf/manifest.mf"
BROWSER_MANIFEST: Final = "manifest.json"
_BROWSER_KEY: Final = b'"manifest_version"'


def is_litter(name: str) -> bool:
    """Whether a system wrote this member for itself (ARC-23)."""
    *folders, base = _SEPARATORS.split(name.lower())
    return base in _LITTER_NAMES or base.startswith(_LITTER_START) or not _LITTER_FOLDERS.isdisjoint((*folders, base))


def is_silent(name: str) -> bool:
    """Whether Explorer reads this file without showing it (ARC-22)."""
    return _base(name) in _SILENT_NAMES


def is_shell_active(name: str) -> bool:
    """Whether a desktop follows or applies this file on sight or on a click (ARC-22)."""
    return bool(_SHELL_ACTIVE.intersection(extensions(_base(name))[:1]))


def is_package(paths: Iterable[str]) -> bool:
    """Whether these canonical paths are those of a program or an extension (ARC-25)."""
    has_manifest = has_class = False
    for path in paths:
        has_manifest = has_manifest or path == _JAVA_MANIFEST
        has_class = has_class or path.endswith(".class")
        if any(pattern.fullmatch(path) for pattern in _PACKAGES):
            return True
    return has_manifest and has_class


def is_browser_manifest(path: str, data: bytes) -> bool:
    """Whether this member makes the archive a browser extension (ARC-25)."""
    return path == BROWSER_MANIFEST and _BROWSER_KEY in data


def _base(name: str) -> str:
    return _SEPARATORS.split(name.lower())[-1].rstrip(". ")

"""Places in the new archive: no two files share one, in any letter case, and none is a folder as well."""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from policies.forbidden import forbidden_by_name
from policies.names import MAX_NAME_BYTES, MAX_PATH_BYTES, clean_name, clean_path, extensions
from sanitizers.parsers.signatures import KNOWN_EXTENSIONS
from sanitizers.parsers.zipnames import canonical

_BELOW: Final = "\0"  # sorts before all that a clean path holds


class Shelf:
    """Gives each file its place. `paths` are all that will be asked for, so that folders are known from the start."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}
        self._sorted = sorted(_key(path) + _BELOW * path.endswith("/") for path in paths)

    def place(self, path: str) -> str:
        """This path, or the nearest free one: "name (2).txt" (ARC-21)."""
        found = _numbered(path, 0)
        first = key = _key(found)
        while self._is_taken(key):
            self._next[first] = number = self._next.get(first, 1) + 1
            found = _numbered(path, number)
            key = _key(found)
        self._taken.add(key)
        return found

    def place_folder(self, path: str) -> bool:
        """Whether this folder is new."""
        key = _key(path)
        is_new = key not in self._taken
        self._taken.add(key)
        return is_new

    def _is_taken(self, key: str) -> bool:
        if key in self._taken:
            return True
        at = bisect_left(self._sorted, key + _BELOW)
        return at < len(self._sorted) and self._sorted[at].startswith(key + _BELOW)


def placeholder_path(path: str) -> str:
    """The path of the text that stands for this file. An ending that is refused inside a name becomes a word of it."""
    folder, slash, base = path.rpartition("/")
    stem = base.rpartition(".")[0] or base
    while forbidden_by_name(extensions(f"{stem}.txt"), f"{stem}.txt", KNOWN_EXTENSIONS):
        stem = "_".join(stem.rsplit(".", 1))
    return f"{folder}{slash}{clean_name(f'{stem}.txt').name}"


def _key(path: str) -> str:
    return canonical(path).replace("/", _BELOW)


def _numbered(path: str, number: int) -> str:
    """The path with a number behind the stem, cut where the whole would be too long for a clean name."""
    folder, slash, base = path.rpartition("/")
    stem, dot, extension = base.rpartition(".")
    if not stem:
        stem, dot, extension = base, "", ""
    tail = (f" ({number})" if number else "") + dot + extension
    room = MAX_NAME_BYTES - len(tail.encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ")
    numbered = f"{folder}{slash}{stem}{tail}"
    return clean_path(numbered).name if len(numbered.encode()) > MAX_PATH_BYTES else numbered

"""Names of ZIP members: which encoding they are in, and which of them mean one place.

Without bit 11 nothing says how a name is encoded. One archive is written by one program, so all its names are
looked at together: UTF-8 can hardly be anything else, CP932 comes next, then EUC-JP; CP437 is what is left.
A Shift_JIS trail byte may be 0x5C: names are decoded first, separators are looked for afterwards (TB-15).

Source: PKWARE APPNOTE.TXT 6.3.10, 4.4.4 (bit 11), appendix D; Info-ZIP Unicode Path field 4.6.9.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sanitizers.parsers.zipwords import Oddity, Strange

_WRITTEN_ON_UNIX: Final = frozenset({3, 19})  # hosts of "version made by": Unix and macOS
_ENCODINGS: Final = ("utf-8", "cp932", "euc_jp", "cp437")
_NOT_CP932: Final = re.compile("[\x80-\xa0\uf8f0-\uf8f3]")  # the codec's answer to bytes that the code page leaves free
_HALF_WIDTH: Final = re.compile("[\uff61-\uff9f]")
_KANA: Final = re.compile("[ぁ-ヶ]")
_WIDE_SEQUENCE: Final = re.compile(rb"[\xe0-\xff]")
_NUL: Final = re.compile("\0|%00")
_SPECIAL: Final = re.compile("[\x01-\x1f\x7f\\\\]")
_SEPARATORS: Final = re.compile(r"[/\\]")
_MISREAD: Final = re.compile(rb"[\\\\|]")  # trail bytes that another code page reads as a separator or a pipe
_INDIRECT: Final = re.compile(r"\\|(?:\A|/)\.{0,2}(?:/|\Z)")


@dataclass(frozen=True, slots=True)
class RawName:
    """All that a header says about a name."""

    data: bytes
    is_utf8: bool  # bit 11
    host: int
    unicode_path: str | None = None  # of a Unicode Path field whose checksum fits


def decode_names(raw: Sequence[RawName], odd: list[Strange]) -> list[str]:
    """The text of each name, in the same order."""
    unmarked = [name for name in raw if _is_unmarked(name)]
    shared = _shared_encoding(unmarked)
    guessed: dict[str, int] = {}
    names = []
    for index, name in enumerate(raw):
        if name.data.isascii() and name.unicode_path is None:
            text = name.data.decode("ascii")
        else:
            text = _decoded(name, shared, index, odd, guessed)
        if _NUL.search(text):
            odd.append(Strange(Oddity.NUL, index))
        if _SPECIAL.search(text):
            odd.append(Strange(Oddity.SPECIAL_BYTE, index, "backslash" if "\\" in text else "control character"))
        names.append(text)
    odd.extend(
        Strange(Oddity.UTF8_FLAG if encoding == "utf-8" else Oddity.ENCODING, None, f"names in {encoding}", count)
        for encoding, count in guessed.items()
    )
    return names


def stay_in_cp932(raw: Sequence[RawName]) -> bool:
    """Whether names may stay in CP932, unmarked as they came.

    Whoever could read them goes on to: programs that take unmarked names for Shift_JIS often do not know bit 11.
    """
    letters = [name for name in raw if not name.data.isascii()]
    if not letters or not all(map(_is_unmarked, letters)):
        return False
    return _shared_encoding(letters) == "cp932" and all(fits_cp932(name.data.decode("cp932")) for name in letters)


def fits_cp932(name: str) -> bool:
    """Whether this goes into CP932 and back, is no UTF-8, and has no byte that somebody reads as a separator."""
    try:
        data = name.encode("cp932")
    except UnicodeEncodeError:
        return False
    if data.isascii():
        return True
    return (
        data.decode("cp932") == name
        and not _MISREAD.search(data)
        and _texts([RawName(data, False, 0)], "utf-8") is None
    )


def _decoded(name: RawName, shared: str, index: int, odd: list[Strange], guessed: dict[str, int]) -> str:
    if name.unicode_path is not None:
        if not _says_the_same(name):
            told = "contradicts the name" if _is_readable(name) else "takes the place of the name"
            odd.append(Strange(Oddity.UNICODE_PATH, index, told))
        if not _is_unmarked(name):
            return name.unicode_path
    if name.is_utf8:
        try:
            return name.data.decode("utf-8")
        except UnicodeDecodeError:
            odd.append(Strange(Oddity.UTF8_FLAG, index, "marked as UTF-8, and is not"))
            return name.data.decode(_encoding_of([name]))
    encoding = shared or _encoding_of([name])
    guessed[encoding] = guessed.get(encoding, 0) + 1
    return name.data.decode(encoding)


def _is_unmarked(name: RawName) -> bool:
    """Whether letters beyond ASCII stand in the header alone, or in words of their own: what every reader shows.

    A Unicode Path field that says something else is for a name that its header could not hold.
    """
    if name.is_utf8 or name.data.isascii():
        return False
    return name.unicode_path is None or (_is_readable(name) and not _says_the_same(name))


def _is_readable(name: RawName) -> bool:
    return not name.data.isascii() and _encoding_of([name]) != "cp437"


def _says_the_same(name: RawName) -> bool:
    return any(_texts([name], encoding) == [name.unicode_path] for encoding in _ENCODINGS)


def _shared_encoding(names: Sequence[RawName]) -> str:
    """The encoding of all these names, or "" when no single one fits."""
    encoding = _encoding_of(names)
    return "" if encoding == "cp437" else encoding


def _encoding_of(names: Sequence[RawName]) -> str:
    on_unix = any(name.host in _WRITTEN_ON_UNIX for name in names)
    cp932 = _texts(names, "cp932")
    if cp932 is not None and any(_NOT_CP932.search(text) for text in cp932):
        cp932 = None
    is_wide = any(_WIDE_SEQUENCE.search(name.data) for name in names)
    # two bytes a letter may as well be half-width katakana: then the system that wrote it decides
    if _texts(names, "utf-8") is not None and (is_wide or on_unix or cp932 is None):
        return "utf-8"
    if _is_euc(names, cp932, on_unix):
        return "euc_jp"
    return "cp932" if cp932 is not None else "cp437"


def _is_euc(names: Sequence[RawName], cp932: Sequence[str] | None, on_unix: bool) -> bool:
    """Kana in EUC-JP read as CP932 are half-width letters in odd company; kanji alone could be meant so on Windows."""
    euc = _texts(names, "euc_jp")
    if euc is None or cp932 is None:
        return euc is not None
    is_half_width = any(_HALF_WIDTH.search(text) for text in cp932)
    return is_half_width and (on_unix or any(_KANA.search(text) for text in euc))


def _texts(names: Sequence[RawName], encoding: str) -> list[str] | None:
    try:
        return [name.data.decode(encoding) for name in names]
    except UnicodeDecodeError:
        return None


def collisions(members: Sequence[tuple[str, str, bool]]) -> Iterator[Strange]:
    """The first of each kind of names that mean one place, and the first file that is a folder as well.

    A member is its name, its place (`canonical`), and whether it is a folder.
    """
    first: dict[str, int] = {}
    told = set()
    for index, (name, place, _) in enumerate(members):
        other = first.setdefault(place, index)
        if other != index:
            kind = _likeness(name, members[other][0])
            if kind not in told:
                told.add(kind)
                yield Strange(kind, index, f"members {other + 1} and {index + 1}")
    ordered = sorted((place.replace("/", "\0"), index) for place, index in first.items())
    for (key, index), (after, _) in pairwise(ordered):
        if after.startswith(key + "\0") and not members[index][2]:
            yield Strange(Oddity.FOLDER_WITH_DATA, index, "a file with members below it")
            return


def canonical(name: str) -> str:
    """The place that a name means, whatever the spelling: letter case, separators, "." and "..", composition."""
    if not name.isascii():
        name = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    else:
        name = name.lower()
    if not _INDIRECT.search(name):
        return name
    parts: list[str] = []
    for part in _SEPARATORS.split(name):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _likeness(name: str, other: str) -> Oddity:
    if name == other:
        return Oddity.SAME_NAME
    return Oddity.SAME_BUT_FOR_CASE if name.casefold() == other.casefold() else Oddity.SAME_PATH

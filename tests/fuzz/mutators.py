"""Mutations that know the format: a byte turned inside a packed stream breaks the stream, and nothing behind it is met.

A file is taken apart, one piece is changed (which may be such a file again), and it is put together with the lengths,
checksums and tables that belong to it. What cannot be taken apart is changed byte by byte, as libFuzzer does it.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable
from random import Random
from typing import Final

from tests.fuzz import markup, papers
from tests.fuzz.pieces import chunks, emf_records, records

Bytewise = Callable[[bytes, int], bytes]
_MOST_MEMBERS: Final = 200
_MOST_MEMBER_BYTES: Final = 1 << 20
_MOST_DEPTH: Final = 3
_PLAIN: Final = 0.1  # how often a file that could be taken apart is changed byte by byte all the same
_MARKUP: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[?!A-Za-z]")
_ONCE_MORE: Final = 0.4


class Mutator:
    """Changes files, with pieces of those it was shown."""

    def __init__(self, bytewise: Bytewise) -> None:
        self._bytewise = bytewise
        self._elements: list[bytes] = []
        self._words: list[bytes] = []
        self._members: list[tuple[str, bytes]] = []

    def learn(self, seeds: Iterable[bytes]) -> None:
        """Keep elements, words and members of these files, to put them elsewhere."""
        for data in seeds:
            members = _members(data) if data.startswith(b"PK") else None
            for _, content in members or [("", data)]:
                if _MARKUP.match(content):
                    self._elements += markup.elements(content)
                elif content.startswith(b"%PDF"):
                    self._words += papers.words(content)
            self._members += members or []
        self._elements = sorted(set(self._elements))
        self._words = sorted(set(self._words))

    def __call__(self, data: bytes, most: int, seed: int) -> bytes:
        """What libFuzzer calls: another file of at most `most` bytes."""
        chance = Random(seed)
        out = self._changed(data, most, chance, 0)
        while chance.random() < _ONCE_MORE:
            out = self._changed(out, most, chance, 0)
        return out if len(out) <= most else self._bytewise(data, most)

    def _changed(self, data: bytes, most: int, chance: Random, depth: int, name: str = "") -> bytes:
        changed = None
        if depth < _MOST_DEPTH and chance.random() > _PLAIN:
            changed = self._apart(data, most, chance, depth, name)
        return self._bytewise(data, most) if changed is None else changed

    def _apart(self, data: bytes, most: int, chance: Random, depth: int, name: str) -> bytes | None:
        def inner(piece: bytes) -> bytes:
            return self._changed(piece, max(len(piece) + 256, 64), chance, depth + 1)

        if data.startswith(b"PK"):
            return self._package(data, chance, depth)
        if data.startswith(b"%PDF"):
            return papers.changed(data, chance, inner, self._words)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return chunks(data, chance, inner)
        if data[40:44] == b" EMF":
            return emf_records(data, chance, inner)
        if name.endswith(".bin") and name.startswith("xl/"):
            return records(data, chance, inner)
        if _MARKUP.match(data):
            return markup.changed(data, chance, inner, self._elements)
        return None

    def _package(self, data: bytes, chance: Random, depth: int) -> bytes | None:
        members = _members(data)
        if not members:
            return None
        at = chance.randrange(len(members))
        name, content = members[at]
        match chance.randrange(12):
            case 0:
                del members[at]
            case 1:
                members.insert(at, (name + chance.choice(("", "x", "/a", ".bin", "\\b")), content))
            case 2:
                other = chance.randrange(len(members))
                members[at], members[other] = (name, members[other][1]), (members[other][0], content)
            case 3 if self._members:
                members[at] = (name, chance.choice(self._members)[1])
            case 4 if self._members:
                members.append(chance.choice(self._members))
            case _:
                most = len(content) + 1024
                members[at] = (name, self._changed(content, most, chance, depth + 1, name))
        return _zipped(members, chance)


def _members(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            if len(listed) > _MOST_MEMBERS or any(item.file_size > _MOST_MEMBER_BYTES for item in listed):
                return []
            return [(item.filename, archive.read(item)) for item in listed]
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, RuntimeError, NotImplementedError):
        return []


def _zipped(members: list[tuple[str, bytes]], chance: Random) -> bytes:
    out = io.BytesIO()
    method = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as archive:
        for name, content in members:
            item = zipfile.ZipInfo(name or "a")
            item.compress_type = method
            archive.writestr(item, content)
    return out.getvalue()

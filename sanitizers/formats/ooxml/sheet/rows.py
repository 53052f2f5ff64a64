"""The rows of a sheet, of any number: proved to be of the allow-list's language, or written anew cell by cell.

Almost every program writes rows in one canonical form. Those are proved by one pass of RE2 and stand as they are;
what is not of that form goes chunk by chunk through a tree and comes out in it. Both ways judge formulas alike.

Source: docs/adr/0010-rows-as-a-language.md; ISO/IEC 29500-1:2016, 18.3.1.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from lxml import etree

from sanitizers.errors import LimitError
from sanitizers.formats.ooxml.sheet import language
from sanitizers.formats.ooxml.sheet.freeze import Freezer
from sanitizers.formats.ooxml.sheet.language import is_proved
from sanitizers.formats.ooxml.sheet.rewrite import MAIN, Namespaces, Note, Rewriter
from sanitizers.formats.ooxml.vectors import OOXML_98

CHUNK: Final = 1 << 20  # bytes of rows that stand as a tree at one time
MAX_TREE: Final = 64 << 20  # of a region that cannot be cut at rows

_VALUE_METADATA: Final = re.compile(rb'(<c(?: [a-z]+="[^"<>]*")*?) vm="([0-9]+)"')
_DESCENT: Final = re.compile(rb'(<row(?: [A-Za-z]+="[^"<>]*")*?) x14ac:dyDescent="[^"<>]*"')


class Rows:
    """Carries the rows of one sheet."""

    def __init__(
        self,
        freezer: Freezer,
        note: Note,
        carry_text: Callable[[etree._Element], str],
        pictures: Mapping[bytes, bytes],
    ) -> None:
        """`note` is told of what does not come along; `carry_text` writes an `is` element by the schema.

        `pictures` are the numbers by which cells point to one, and what they are to be.
        """
        self._freezer, self._note, self._pictures = freezer, note, pictures
        self._rewriter = Rewriter(note, carry_text)

    def carry(self, data: bytes, start: int, end: int, namespaces: Namespaces, *, has_descent: bool) -> bytes | None:
        """The rows in data[start:end] as they are to be written; None where they may stand as they are.

        `namespaces` are the prefixes in force there; `has_descent` says whether x14ac is one of them in the copy.
        The region holds no comment, no CDATA and no instruction. Raises MalformedError, LimitError.
        """
        is_bare = has_descent or data.find(b" x14ac:", start, end) < 0
        if is_bare and not self._freezer.is_waiting and is_proved(language.ROWS_PLAIN, data, start, end):
            return None
        region, namespaces = without_prefix(data[start:end], namespaces)
        region = region if has_descent else _DESCENT.sub(rb"\1", region)
        if not is_proved(language.ROWS, region, 0, len(region)):
            region = b"".join(self._rewriter.rewritten(chunk, namespaces) for chunk in chunks(region, b"</row>"))
            region = region if has_descent else _DESCENT.sub(rb"\1", region)
        return self._freezer.frozen(self._pointed(region))

    def _pointed(self, region: bytes) -> bytes:
        """Without pointers to values of linked data types, which do not come along (OOXML-98)."""
        if b' vm="' not in region:
            return region
        lost = 0

        def pointed(cell: re.Match[bytes]) -> bytes:
            nonlocal lost
            new = self._pictures.get(cell[2])
            lost += new is None
            return cell[1] if new is None else b'%b vm="%b"' % (cell[1], new)

        region = _VALUE_METADATA.sub(pointed, region)
        if lost:
            self._note(OOXML_98, "values of linked data types", lost)
        return region


def without_prefix(region: bytes, namespaces: Namespaces) -> tuple[bytes, Namespaces]:
    """The region with its elements unprefixed, and the prefixes in force: some programs write <x:row>.

    Neither text nor values have a "<" there.
    """
    prefix = next((name for name, uri in namespaces.items() if uri == MAIN), None)
    if prefix is None or None in namespaces:
        return region, namespaces
    mark = prefix.encode() + b":"
    return region.replace(b"<" + mark, b"<").replace(b"</" + mark, b"</"), {**namespaces, None: MAIN}


def chunks(region: bytes, ending: bytes) -> Iterator[bytes]:
    """The region cut behind elements, about CHUNK bytes each. Raises LimitError where that cannot be."""
    at = 0
    while at < len(region):
        found = region.find(ending, at + CHUNK)
        end = len(region) if found < 0 else found + len(ending)
        if end - at > MAX_TREE:
            raise LimitError("rows that cannot be cut")
        yield region[at:end]
        at = end

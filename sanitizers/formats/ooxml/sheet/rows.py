"""The rows of a sheet, of any number: proved to be of the allow-list's language, or written anew cell by cell.

Almost every program writes rows in one canonical form. Those are proved by one pass of RE2 and stand as they are;
what is not of that form goes chunk by chunk through a tree and comes out in it. Both ways judge formulas alike.

Source: docs/adr/0010-rows-as-a-language.md; ISO/IEC 29500-1:2016, 18.3.1.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from typing import Final

from lxml import etree

from sanitizers.errors import LimitError
from sanitizers.formats.ooxml.carry import escaped
from sanitizers.formats.ooxml.sheet import language
from sanitizers.formats.ooxml.sheet.formulas import Formulas, Refusal, shown_by
from sanitizers.formats.ooxml.sheet.language import is_proved
from sanitizers.formats.ooxml.sheet.rewrite import MAIN, Namespaces, Note, Rewriter
from sanitizers.formats.ooxml.vectors import OOXML_98

CHUNK: Final = 1 << 20  # bytes of rows that stand as a tree at one time
MAX_TREE: Final = 64 << 20  # of a region that cannot be cut at rows

_TEXTS: Final = re.compile(rb"<f(?: [^<>]*)?>([^<]+)</f>")
_MASTERS: Final = re.compile(rb'<f(?= [^<>]*t="shared")[^<>]* si="([0-9]+)"[^<>]*>([^<]+)</f>')
_CELLS: Final = re.compile(rb"(<c[^<>]*>[ \t\r\n]*)<f([^<>]*?)(?:/>|>([^<]*)</f>)")
_SHARED: Final = re.compile(rb' si="([0-9]+)"')
_NO_VALUE: Final = re.compile(rb"[ \t\r\n]*</c>")
_TYPE: Final = re.compile(rb' t="[A-Za-z]+"')
_METADATA: Final = re.compile(rb' cm="[0-9]+"')
_VALUE_METADATA: Final = re.compile(rb'(<c(?: [a-z]+="[^"<>]*")*?) vm="[0-9]+"')
_DESCENT: Final = re.compile(rb'(<row(?: [A-Za-z]+="[^"<>]*")*?) x14ac:dyDescent="[^"<>]*"')


class Rows:
    """Carries the rows of one sheet."""

    def __init__(self, formulas: Formulas, note: Note, carry_text: Callable[[etree._Element], str]) -> None:
        """`note` is told of what does not come along; `carry_text` writes an `is` element by the schema."""
        self._formulas, self._note = formulas, note
        self._dead_shares: set[bytes] = set()  # numbers of shared formulas that were refused
        self._rewriter = Rewriter(note, carry_text)

    def carry(self, data: bytes, start: int, end: int, namespaces: Namespaces, *, has_descent: bool) -> bytes | None:
        """The rows in data[start:end] as they are to be written; None where they may stand as they are.

        `namespaces` are the prefixes in force there; `has_descent` says whether x14ac is one of them in the copy.
        The region holds no comment, no CDATA and no instruction. Raises MalformedError, LimitError.
        """
        is_bare = has_descent or data.find(b" x14ac:", start, end) < 0
        if is_bare and not self._dead_shares and is_proved(language.ROWS_PLAIN, data, start, end):
            return None
        region, namespaces = without_prefix(data[start:end], namespaces)
        region = self._pointed(region if has_descent else _DESCENT.sub(rb"\1", region))
        if not is_proved(language.ROWS, region, 0, len(region)):
            region = b"".join(self._rewriter.rewritten(chunk, namespaces) for chunk in chunks(region, b"</row>"))
            region = region if has_descent else _DESCENT.sub(rb"\1", region)
        return self._frozen(region)

    def _pointed(self, region: bytes) -> bytes:
        """Without pointers to values of linked data types, which do not come along (OOXML-98)."""
        if b' vm="' not in region:
            return region
        region, count = _VALUE_METADATA.subn(rb"\1", region)
        self._note(OOXML_98, "values of linked data types", count)
        return region

    def _frozen(self, region: bytes) -> bytes:
        """The rows without the formulas that may not stay; their values remain."""
        refused = {text: found for text in set(_TEXTS.findall(region)) if (found := self._refusal(text))}
        if not refused and not self._dead_shares:
            return region
        shared = self._dead_shares
        shared.update(number for number, text in _MASTERS.findall(region) if text in refused)
        counts: Counter[Refusal] = Counter()

        def without(cell: re.Match[bytes]) -> bytes:
            opening, attributes, text = cell.groups()
            found = refused.get(text)
            number = _SHARED.search(attributes)
            if found is not None:
                counts[found] += 1
            elif text or number is None or number[1] not in shared:
                return cell[0]
            opening = _METADATA.sub(b"", opening)
            return opening if text is None or not _NO_VALUE.match(region, cell.end()) else _with_shown(opening, text)

        region = _CELLS.sub(without, region)
        for found, count in counts.items():
            self._note(found.vector, found.detail, count)
        return region

    def _refusal(self, text: bytes) -> Refusal | None:
        return self._formulas.refusal(unescape(text.decode()))


def _with_shown(opening: bytes, formula: bytes) -> bytes:
    """A cell without a value, with what its link showed: some programs leave that to whoever opens the file."""
    shown = shown_by(unescape(formula.decode()))
    if not shown:
        return opening
    return _TYPE.sub(b"", opening.rstrip())[:-1] + f' t="str"><v>{escaped(shown)}</v>'.encode()


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

"""Formulas of cells that may not stay: cut down to what may be computed, or frozen to the value that they had.

A shared formula is one text in its first cell, and a number in the others: they are cut or frozen together.

Source: ISO/IEC 29500-1:2016, 18.3.1.40 (f).
"""

import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from typing import Final

from sanitizers.formats.ooxml.carry import escaped
from sanitizers.formats.ooxml.sheet.formulas import Formulas, Refusal, shown_by
from sanitizers.formats.ooxml.sheet.links import Parted, Parter, Place, Target, place_of
from sanitizers.formats.ooxml.sheet.rewrite import Note

_TEXTS: Final = re.compile(rb"<f(?: [^<>]*)?>([^<]+)</f>")
_MASTERS: Final = re.compile(rb'<f(?= [^<>]*t="shared")[^<>]* si="([0-9]+)"[^<>]*>([^<]+)</f>')
_CELLS: Final = re.compile(rb"(<c[^<>]*>[ \t\r\n]*)<f([^<>]*?)(?:/>|>([^<]*)</f>)")
_SHARED: Final = re.compile(rb' si="([0-9]+)"')
_OF_AREAS: Final = re.compile(rb' t="(?:array|dataTable)"')
_NO_VALUE: Final = re.compile(rb"[ \t\r\n]*</c>")
_TYPE: Final = re.compile(rb' t="[A-Za-z]+"')
_METADATA: Final = re.compile(rb' cm="[0-9]+"')
_PLACE: Final = re.compile(rb' r="([A-Z]{1,3}[0-9]{1,7})"')
_LINK: Final = re.compile(rb"HYPERLINK\(", re.IGNORECASE)
_NOTHING: Final = Parted(None, (), None)


class Freezer:
    """Cuts and freezes the formulas of one sheet."""

    def __init__(self, formulas: Formulas, note: Note, holds: Callable[[Target | None], bool]) -> None:
        """`holds` tells whether a cell is certain to hold an address that may be a link."""
        self._formulas, self._note, self._holds = formulas, note, holds
        self._parter = Parter(formulas)
        self._dead_shares: dict[bytes, Refusal] = {}  # by number: shared formulas that were frozen
        self._linked_shares: dict[bytes, tuple[Place, Parted, Refusal]] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether what was frozen before goes on in the rows that follow."""
        return bool(self._dead_shares)

    def frozen(self, region: bytes) -> bytes:
        """The rows without the formulas that may not stay; their values remain."""
        refused = {text: found for text in set(_TEXTS.findall(region)) if (found := self._refusal(text))}
        if not refused and not self._dead_shares:
            return region
        parts = {text: self._parter.parted(_said(text)) for text in sorted(refused) if _LINK.search(text)}
        self._decide_shares(region, refused, parts)
        counts: Counter[Refusal] = Counter()

        def without(cell: re.Match[bytes]) -> bytes:
            opening, attributes, text = cell.groups()
            found = refused.get(text) or self._of_share(opening, attributes, text)
            if found is None:
                return cell[0]
            new = self._mended(opening, attributes, parts.get(text, _NOTHING)) if text else None
            if new == _said(text or b""):
                return cell[0]
            counts[found] += 1
            if new is not None:
                return b"%b<f%b>%b</f>" % (opening, attributes, escaped(new).encode())
            opening = _METADATA.sub(b"", opening)
            return opening if text is None or not _NO_VALUE.match(region, cell.end()) else _with_shown(opening, text)

        region = _CELLS.sub(without, region)
        for found, count in counts.items():
            self._note(found.vector, found.detail, count)
        return region

    def _refusal(self, text: bytes) -> Refusal | None:
        return self._formulas.refusal(_said(text))

    def _decide_shares(self, region: bytes, refused: dict[bytes, Refusal], parts: dict[bytes, Parted]) -> None:
        """What becomes of each refused formula that other cells share, before any of them is met."""
        masters = [(number, text) for number, text in _MASTERS.findall(region) if text in refused]
        if not masters:
            return
        times = Counter(number for number, _ in masters)
        for cell in _CELLS.finditer(region):
            opening, attributes, text = cell.groups()
            number = _SHARED.search(attributes) if text in refused else None
            if number is None or number[1] not in times:
                continue
            found = parts.get(text, _NOTHING)
            place = _place(opening)
            if times[number[1]] > 1:  # which of them the others share is not said
                parts[text] = found = Parted(None, (), found.cut)
            if place is not None and self._leads(found, attributes, place):
                self._linked_shares[number[1]] = (place, found, refused[text])
            elif found.cut is None:
                self._dead_shares[number[1]] = refused[text]

    def _of_share(self, opening: bytes, attributes: bytes, text: bytes | None) -> Refusal | None:
        """Why a cell cannot stay whose formula stands elsewhere."""
        number = None if text else _SHARED.search(attributes)
        if number is None:
            return None
        if number[1] not in self._linked_shares:
            return self._dead_shares.get(number[1])
        first, found, refusal = self._linked_shares[number[1]]
        place = _place(opening)
        if place is None:
            return refusal
        step = place[0] - first[0], place[1] - first[1]
        return None if all(self._holds(target.seen_from(*step)) for target in found.targets) else refusal

    def _mended(self, opening: bytes, attributes: bytes, found: Parted) -> str | None:
        """The formula that may stand in place of a refused one; None where there is none."""
        place = _place(opening)
        is_linked = place is not None and self._leads(found, attributes, place)
        return found.linked if is_linked else found.cut

    def _leads(self, found: Parted, attributes: bytes, place: Place) -> bool:
        return (
            found.linked is not None and not _OF_AREAS.search(attributes) and all(self._holds(t) for t in found.targets)
        )


def _said(text: bytes) -> str:
    return unescape(text.decode())


def _place(opening: bytes) -> Place | None:
    found = _PLACE.search(opening)
    return None if found is None else place_of(found[1].decode())


def _with_shown(opening: bytes, formula: bytes) -> bytes:
    """A cell without a value, with what its link showed: some programs leave that to whoever opens the file."""
    shown = shown_by(unescape(formula.decode()))
    if not shown:
        return opening
    return _TYPE.sub(b"", opening.rstrip())[:-1] + f' t="str"><v>{escaped(shown)}</v>'.encode()

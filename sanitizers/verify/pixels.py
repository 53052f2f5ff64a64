"""The compressed pixels of a PNG: inflated piece by piece and held against the geometry (IMG-14, IMG-15).

Source: PNG, third edition, 7 (scanlines, Adam7 passes), 9.2 (filter types), 10.1 (one zlib stream). The stream must
give exactly the rows of the picture, each with a known filter, then end, and nothing may follow. What the filtered
bytes mean is not computed: an index beyond the palette is drawn black by every reader.
"""

from dataclasses import dataclass, field
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated
from sanitizers.verify.court import Refused, require

_IN: Final = 1 << 18  # bytes handed to it at once
_OUT: Final = 1 << 20  # bytes taken from it at once
_FILTERS: Final = bytes(range(5))
_ADAM7: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def passes(width: int, height: int, bits: int, is_interlaced: bool) -> tuple[tuple[int, int], ...]:
    """(bytes in a row with its filter, rows) of each pass that is not empty; `bits` are of one pixel."""
    if not is_interlaced:
        return ((1 + (width * bits + 7) // 8, height),)
    sizes = (((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in _ADAM7)
    return tuple((1 + (columns * bits + 7) // 8, rows) for columns, rows in sizes if columns and rows)


@dataclass(slots=True)
class Pixels:
    """One picture's stream, fed chunk by chunk."""

    rows: tuple[tuple[int, int], ...]  # as from passes()
    where: str
    _at: int = 0  # bytes inflated so far
    _inflate: deflated.Inflater = field(default_factory=deflated.decompressobj)
    _ends: tuple[int, ...] = ()  # where each pass ends
    _pass: int = 0

    def __post_init__(self) -> None:
        end, ends = 0, []
        for stride, count in self.rows:
            end += stride * count
            ends.append(end)
        self._ends = tuple(ends)

    def feed(self, packed: memoryview) -> None:
        """Raises Refused as soon as there is too much, or a filter that nobody knows."""
        for start in range(0, len(packed), _IN):
            rest: bytes | memoryview = packed[start : start + _IN]
            while rest:
                require(not self._inflate.eof, Check.IMAGE, f"{self.where}: bytes after the pixels")
                piece = self._piece(rest)
                rest = self._inflate.unconsumed_tail
                self._take(piece)
        require(not self._inflate.unused_data, Check.IMAGE, f"{self.where}: bytes after the pixels")

    def close(self) -> None:
        """Raises Refused unless the stream has come to its end, and the picture with it."""
        while piece := self._piece(b""):  # what it has read, but had no room to write
            self._take(piece)
        whole = self._inflate.eof and self._at == self._ends[-1]
        require(whole, Check.IMAGE, f"{self.where}: pixels end early")

    def _piece(self, packed: bytes | memoryview) -> bytes:
        try:
            return self._inflate.decompress(packed, _OUT)
        except deflated.Broken as error:
            raise Refused(Check.IMAGE, f"{self.where}: no zlib stream") from error

    def _take(self, piece: bytes) -> None:
        require(self._at + len(piece) <= self._ends[-1], Check.IMAGE, f"{self.where}: more pixels than declared")
        at = 0
        while at < len(piece):
            stride, end = self.rows[self._pass][0], self._ends[self._pass]
            upto = min(len(piece), at + end - self._at)
            first = at + (end - self._at) % stride
            filters = piece[first:upto:stride]
            require(not filters.translate(None, _FILTERS), Check.IMAGE, f"{self.where}: unknown filter")
            self._at += upto - at
            at = upto
            self._pass += self._at == end

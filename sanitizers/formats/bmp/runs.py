"""Run-length coded pixels of a BMP: RLE8, RLE4, and the RLE24 of OS/2. Source: [MS-WMF] 3.1.6."""

from sanitizers.errors import MalformedError
from sanitizers.parsers.bmp import Coding

_END_OF_ROW, _END, _MOVE = 0, 1, 2


class Unpacker:
    """One pass over the runs. Pixels that no run names stay zero; what runs over the edge of a row is left out."""

    def __init__(self, coding: Coding, width: int, height: int) -> None:
        self.coding, self.width, self.height = coding, width, height
        self.unit = 3 if coding is Coding.RLE24 else 1
        self.pixels = bytearray(width * height * self.unit)  # the lowest row first
        self.x = self.y = 0

    def run(self, packed: bytes) -> bytearray:
        """All pixels, a byte each, or blue, green and red. Raises MalformedError for a run that is cut off."""
        at = 0
        while at + 1 < len(packed) and self.y < self.height:
            count, what = packed[at], packed[at + 1]
            if count:
                at += 1 + self._repeat(count, packed[at + 1 : at + 1 + self.unit])
            elif what == _END_OF_ROW:
                self.x, self.y, at = 0, self.y + 1, at + 2
            elif what == _END:
                break
            elif what == _MOVE:
                across, up = packed[at + 2 : at + 4].ljust(2, b"\0")
                self.x, self.y, at = self.x + across, self.y + up, at + 4
            else:
                at += 2 + self._copy(what, packed[at + 2 : at + 2 + 3 * what])
        return self.pixels

    def _repeat(self, count: int, value: bytes) -> int:
        if len(value) < self.unit:
            raise MalformedError("a run that is cut off")
        if self.coding is Coding.RLE4:
            value = bytes((value[0] >> 4, value[0] & 15))
            self._put((value * ((count + 1) // 2))[:count])
            return 1
        self._put(value * count)
        return self.unit

    def _copy(self, count: int, literal: bytes) -> int:
        """Pixels as they stand; answers with their bytes, which end on a word."""
        size = (count + 1) // 2 if self.coding is Coding.RLE4 else count * self.unit
        if len(literal) < size:
            raise MalformedError("pixels that are cut off")
        if self.coding is Coding.RLE4:
            halves = bytearray(2 * size)
            halves[0::2] = bytes(byte >> 4 for byte in literal[:size])
            halves[1::2] = bytes(byte & 15 for byte in literal[:size])
            self._put(halves[:count])
        else:
            self._put(literal[:size])
        return size + size % 2

    def _put(self, pixels: bytes | bytearray) -> None:
        room = max(0, self.width - self.x)
        fitting = pixels[: room * self.unit]
        at = (self.y * self.width + self.x) * self.unit
        self.pixels[at : at + len(fitting)] = fitting
        self.x += len(pixels) // self.unit

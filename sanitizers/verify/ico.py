"""A rebuilt icon or cursor: a directory, and pictures one behind the other that are what it says (IMG-30).

Source: Microsoft, Icons (1995), and the later use of PNG in them; CURSORDIR for the hot spot.
"""

import struct
from dataclasses import dataclass
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import dib, magic, png
from sanitizers.verify.court import Court, Refused, require

_HEADER: Final = struct.Struct("<HHH")
_ENTRY: Final = struct.Struct("<BBBBHHII")
_ICON, _CURSOR = 1, 2
_LARGEST: Final = 256
_PNG: Final = b"\x89PNG"
_PNG_BITS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples by colour type
_ANIMATED: Final = b"\0\0\0\x08acTL"


@dataclass(frozen=True, slots=True)
class _Picture:
    width: int
    height: int
    bits: int
    colours: int


def check(data: bytes, court: Court) -> None:
    """Raises Refused unless this is an icon or a cursor as it is rebuilt."""
    require(data[:4] in (b"\0\0\1\0", b"\0\0\2\0"), Check.MAGIC, "no signature of an icon")
    _must(len(data) >= _HEADER.size, "no directory")
    _, kind, count = _HEADER.unpack_from(data)
    require(count <= court.limits.max_frames, Check.LIMITS, f"{count} pictures")
    at = _HEADER.size + count * _ENTRY.size
    _must(count and at <= len(data), "directory does not fit")
    for number, entry in enumerate(_ENTRY.iter_unpack(data[_HEADER.size : at])):
        where = f"picture {number + 1}"
        *_, size, start = entry
        _must(start == at and size <= len(data) - at, f"{where}: gap, overlap, or no room")
        picture = _picture(data[at : at + size], court, where)
        _require_agreed(kind, entry, picture, where)
        at += size
    _must(at == len(data), f"bytes after the last picture at {at}")
    magic.require_alone(data)


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, where)


def _picture(member: bytes, court: Court, where: str) -> _Picture:
    """A still PNG as the check of PNG accepts it, or a bitmap with its mask."""
    if member.startswith(_PNG):
        try:
            png.check(member, court)
        except Refused as refusal:
            raise Refused(refusal.check, f"{where}: {refusal.where}") from refusal
        _must(_ANIMATED not in member, f"{where}: animation")
        width, height, depth, colour = struct.unpack_from(">IIBB", member, 16)
        return _Picture(width, height, depth * _PNG_BITS[colour], 0)
    bitmap = dib.read(member, court, where, masks_below=True)
    _must(max(bitmap.width, bitmap.height) <= _LARGEST, f"{where}: size")
    _must(bitmap.info_bytes + bitmap.pixel_bytes == len(member), f"{where}: of another size")
    return _Picture(bitmap.width, bitmap.height, bitmap.bits, bitmap.colours)


def _require_agreed(kind: int, entry: tuple[int, ...], picture: _Picture, where: str) -> None:
    """The directory says the same as the picture; 0 stands for 256 pixels and more, or for nothing said."""
    width, height, colours, reserved, first, second, *_ = entry
    listed = tuple(side if side < _LARGEST else 0 for side in (picture.width, picture.height))
    _must((width, height) == listed, f"{where}: size in the directory")
    _must(not reserved and colours in (0, picture.colours), f"{where}: colours in the directory")
    if kind == _ICON:
        _must(first <= 1 and second in (0, picture.bits, 32 if not picture.colours else 0), f"{where}: depth")
    else:
        _must(first < picture.width and second < picture.height, f"{where}: hot spot")

"""An inline image ends where its samples end: by its size, or with its deflate stream, by no search for EI (PDF-79).

Source: ISO 32000-2:2020, 8.9.7 and tables 91 and 92.
"""

import re
from typing import Final

from sanitizers.model import Check
from sanitizers.verify import deflated
from sanitizers.verify.court import Court, Refused, require

_ENTRIES: Final = {  # both spellings of an entry; what it may be
    **dict.fromkeys((b"W", b"Width", b"H", b"Height"), rb"[1-9][0-9]{0,4}"),
    **dict.fromkeys((b"BPC", b"BitsPerComponent"), rb"1|2|4|8|16"),
    **dict.fromkeys(
        (b"CS", b"ColorSpace"), rb"/[^/\[\]<>()]+|\[\s*/(?:I|Indexed)\s*/[A-Za-z]+\s+[0-9]{1,3}\s*<[0-9A-Fa-f\s]*>\s*\]"
    ),
    **dict.fromkeys((b"F", b"Filter"), rb"/(?:Fl|FlateDecode|AHx|ASCIIHexDecode)"),
    **dict.fromkeys((b"IM", b"ImageMask", b"I", b"Interpolate"), rb"true|false"),
    **dict.fromkeys((b"D", b"Decode"), rb"\[[-+0-9.\s]*\]"),
    **dict.fromkeys((b"Intent",), rb"/[A-Za-z]+"),
    **dict.fromkeys((b"L", b"Length"), rb"[0-9]{1,9}"),
}
_LONG: Final = {
    b"Width": b"W",
    b"Height": b"H",
    b"BitsPerComponent": b"BPC",
    b"ColorSpace": b"CS",
    b"Filter": b"F",
    b"ImageMask": b"IM",
}
_PAIR: Final = re.compile(rb"\s*/([A-Za-z]+)\s*(\[[^\]]*\]|/?[^\s/\[\]<>()]+)\s*")
_HEXADECIMAL: Final = (b"/AHx", b"/ASCIIHexDecode")
_DIGITS: Final = re.compile(rb"(?:[0-9a-f]{2})*+>")
_CHANNELS: Final = {b"/G": 1, b"/DeviceGray": 1, b"/RGB": 3, b"/DeviceRGB": 3, b"/CMYK": 4, b"/DeviceCMYK": 4}


def _must(true: object, where: str) -> None:
    require(true, Check.PDF, f"inline image: {where}")


def end(entries: bytes, content: bytes, at: int, court: Court) -> int:
    """Where the samples end that start at `at`. Raises Refused for what has no certain end."""
    found = _read(entries)
    width, height = int(found.get(b"W", b"0")), int(found.get(b"H", b"0"))
    _must(width and height, "no size")
    court.draw(width, height)
    size = _size(found, width, height)
    if b"F" not in found:
        _must(size, "colours of an unknown number")
        return at + size
    if found[b"F"] in _HEXADECIMAL:
        return _hexadecimal(content, at, size)
    most = size or court.limits.max_pixels
    try:
        plain, is_ended, bytes_behind = deflated.inflate(content[at:], most + 1)
    except deflated.Broken as error:
        raise Refused(Check.PDF, "inline image: no deflate stream") from error
    court.expand(len(plain), len(plain))
    _must(is_ended and (not size or len(plain) == size), "samples and size differ")
    return len(content) - bytes_behind


def _hexadecimal(content: bytes, at: int, size: int) -> int:
    """7.4.2: two digits a byte, and a mark behind the last."""
    digits = _DIGITS.match(content, at)
    _must(digits and (not size or digits.end() - at == 2 * size + 1), "samples and size differ")
    assert digits is not None
    return digits.end()


def _read(entries: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(entries.rstrip()):
        pair = _PAIR.match(entries, at)
        if pair is None:
            raise Refused(Check.PDF, "inline image: entries")
        allowed = _ENTRIES.get(pair[1])
        key = _LONG.get(pair[1], pair[1])
        _must(allowed and re.fullmatch(allowed, pair[2]), "entry")
        _must(key not in found, "entry twice")
        found[key] = pair[2]
        at = pair.end()
    return found


def _size(found: dict[bytes, bytes], width: int, height: int) -> int:
    """Bytes of its samples; 0 where the colours are named elsewhere."""
    bits = int(found.get(b"BPC", b"1"))
    if found.get(b"IM") == b"true":
        _must(bits == 1 and b"CS" not in found, "stencil with colours")
        channels = 1
    else:
        space = found.get(b"CS", b"")
        _must(space and b"BPC" in found, "no colours")
        channels = 1 if space.startswith(b"[") else _CHANNELS.get(space, 0)
    return -(-width * channels * bits // 8) * height

"""A small ICC profile that is understood to its last byte: grey, or three primaries with their curves (IMG-07).

Source: ICC.1:2001-04 (version 2) and ICC.1:2022 (version 4), sections 7 to 10. Look-up tables, CMYK, named colours and
private tags are refused: a profile is there to place the colours, and 4 KiB are enough for that.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Final

from sanitizers.model import Check
from sanitizers.verify.court import require

MAX_PROFILE_BYTES: Final = 4096
_MAX_TEXT_CHARS: Final = 200
_HEADER: Final = struct.Struct(">I4sBBH4s4s4s6H4s4sI4s4s8sI3I4s16s28s")
_D50: Final = (0xF6D6, 0x10000, 0xD32D)
_ZERO: Final = b"\0\0\0\0"
_SPACES: Final = {1: b"GRAY", 3: b"RGB "}  # by number of channels
_NEEDED: Final = {
    1: frozenset({b"wtpt", b"kTRC"}),
    3: frozenset({b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"}),
}
_PLATFORMS: Final = frozenset({_ZERO, b"APPL", b"MSFT", b"SGI ", b"SUNW"})


def _must(true: object, where: str) -> None:
    require(true, Check.IMAGE, f"ICC {where}")


def check(profile: bytes, channels: int) -> None:
    """Raises Refused unless this is a small profile for pictures of 1 or 3 channels."""
    _must(_HEADER.size + 4 <= len(profile) <= MAX_PROFILE_BYTES, "profile of another size")
    _must(channels in _SPACES, f"profile for {channels} channels")
    _header(profile, channels)
    tags = _tags(profile)
    _must(tags.keys() <= _KINDS.keys(), "tag")
    _must(tags.keys() >= _NEEDED[channels], "tag missing")
    _layout(profile, tags)
    for name, (start, size) in tags.items():
        element = profile[start : start + size]
        rule = _KINDS[name].get(element[:4])
        _must(rule is not None and element[4:8] == _ZERO and rule(element[8:]), f"value of {name.decode()}")


def _header(profile: bytes, channels: int) -> None:
    """7.2."""
    (size, cmm, major, minor, zero, kind, space, connection, *rest) = _HEADER.unpack_from(profile)
    date, (signature, platform, flags, maker, model, attributes, intent, *white) = rest[:6], rest[6:16]
    creator, identity, reserved = rest[16:]
    _must(size == len(profile) and major in (2, 4) and not zero and minor <= 0x50, "size or version")
    _must(kind in (b"mntr", b"scnr", b"spac") and space == _SPACES[channels] and connection == b"XYZ ", "class")
    _must(all(value <= most for value, most in zip(date, (2100, 12, 31, 23, 59, 60))), "date")
    _must(signature == b"acsp" and platform in _PLATFORMS and flags <= 3, "signature")
    _must(all(_is_word(word) for word in (cmm, maker, model, creator)), "signature")
    _must(not any(attributes[:7]) and attributes[7] <= 15 and intent <= 3 and tuple(white) == _D50, "intent")
    _must(not any(reserved), "reserved bytes")
    if any(identity):
        hidden = profile[:44] + bytes(4) + profile[48:64] + bytes(4) + profile[68:84] + bytes(16) + profile[100:]
        _must(hashlib.md5(hidden, usedforsecurity=False).digest() == identity, "identity")  # 7.2.18


def _is_word(word: bytes) -> bool:
    return word == _ZERO or (word.isascii() and word.decode("ascii").isprintable())


def _tags(profile: bytes) -> dict[bytes, tuple[int, int]]:
    """Offset and size by tag (7.3)."""
    count = int.from_bytes(profile[128:132], "big")
    _must(1 <= count <= len(_KINDS) and 132 + 12 * count <= len(profile), "tag table")
    rows = list(struct.iter_unpack(">4sII", profile[132 : 132 + 12 * count]))
    tags = {name: (start, size) for name, start, size in rows}
    _must(len(tags) == count, "tag twice")
    return tags


def _layout(profile: bytes, tags: Mapping[bytes, tuple[int, int]]) -> None:
    """Tags may share an element. Elements follow each other; between them stand at most three zeros of padding."""
    at = 132 + 12 * len(tags)
    for start, size in sorted(set(tags.values())):
        _must(start % 4 == 0 and at <= start <= at + 3 and not any(profile[at:start]), "gap or overlap")
        _must(8 < size <= len(profile) - start, "element does not fit")
        at = start + size
    _must(len(profile) - at <= 3 and not any(profile[at:]), "bytes after the last element")


def _text(value: bytes) -> bool:
    """10.24: ASCII with a final NUL."""
    return value[-1:] == b"\0" and _is_short(value[:-1], "ascii")


def _is_short(value: bytes, encoding: str) -> bool:
    try:
        text = value.decode(encoding)
    except UnicodeDecodeError:
        return False
    return len(text) <= _MAX_TEXT_CHARS and text.isprintable()


def _description(value: bytes) -> bool:
    """ICC.1:2001-04, 6.5.17: the text three times, in ASCII, Unicode and for a Macintosh."""
    ascii_end = 4 + int.from_bytes(value[:4], "big")
    unicode_end = ascii_end + 8 + 2 * int.from_bytes(value[ascii_end + 4 : ascii_end + 8], "big")
    unicode = value[ascii_end + 8 : unicode_end]
    script = value[unicode_end:]
    return (
        _text(value[4:ascii_end])
        and (not unicode or (unicode[-2:] == b"\0\0" and _is_short(unicode[:-2], "utf-16-be")))
        and 70 <= len(script) <= 73
        and _is_script(script[2], script[3:])
    )


def _is_script(length: int, text: bytes) -> bool:
    return length <= 67 and _is_short(text[:length].removesuffix(b"\0"), "ascii") and not any(text[length:])


def _localized(value: bytes) -> bool:
    """10.15: records of language, country, length and offset, then the strings without a gap."""
    count, record_size = struct.unpack_from(">II", value) if len(value) >= 8 else (0, 0)
    table_end = 8 + 12 * count
    if not 1 <= count <= 8 or record_size != 12 or table_end > len(value):
        return False
    at = table_end
    spans = set()
    for language, length, offset in struct.iter_unpack(">4sII", value[8:table_end]):
        spans.add((offset - 8, length))
        if not language.replace(b"\0", b"a").isalpha():
            return False
    for start, length in sorted(spans):
        if start != at or length % 2 or not _is_short(value[start : start + length], "utf-16-be"):
            return False
        at += length
    return at <= len(value) <= at + 3 and not any(value[at:])


def _point(value: bytes) -> bool:
    return len(value) == 12


def _matrix(value: bytes) -> bool:
    return len(value) == 36


def _curve(value: bytes) -> bool:
    """10.6: nothing, a gamma, or samples that never fall."""
    count = int.from_bytes(value[:4], "big")
    if len(value) - 4 - 2 * count not in (0, 2) or (len(value) - 4 - 2 * count and any(value[-2:])):
        return False
    samples = struct.unpack_from(f">{count}H", value, 4)
    return list(samples) == sorted(samples)


def _parametric(value: bytes) -> bool:
    """10.18."""
    kind = int.from_bytes(value[:2], "big")
    return kind <= 4 and len(value) == 4 + 4 * (1, 3, 4, 5, 7)[kind] and value[2:4] == b"\0\0"


_Rule = Callable[[bytes], bool]
_NAME: Final[Mapping[bytes, _Rule]] = {b"desc": _description, b"mluc": _localized, b"text": _text}
_XYZ: Final[Mapping[bytes, _Rule]] = {b"XYZ ": _point}
_TRC: Final[Mapping[bytes, _Rule]] = {b"curv": _curve, b"para": _parametric}
_KINDS: Final[Mapping[bytes, Mapping[bytes, _Rule]]] = {
    # tag: rules for its element, by type
    b"desc": _NAME,
    b"cprt": _NAME,
    b"wtpt": _XYZ,
    b"rXYZ": _XYZ,
    b"gXYZ": _XYZ,
    b"bXYZ": _XYZ,
    b"rTRC": _TRC,
    b"gTRC": _TRC,
    b"bTRC": _TRC,
    b"kTRC": _TRC,
    b"chad": {b"sf32": _matrix},
}

"""An Exif block with more than an orientation: where and when a picture was taken, if the policy keeps that.

Read by value and byte by byte: every tag is one of the list below in its one type and length, values that have no room
in their entry stand in order and without a gap, and nothing else is in the block. (IMG-01, IMG-03)

Source: TIFF 6.0, section 2; Exif 3.0, 4.6.3 (pointers), 4.6.5 (times), 4.6.6 (GPS).
"""

import re
import struct
from collections.abc import Callable, Collection, Mapping
from typing import Final

from policies.model import Policy
from policies.terms import Action, Authors

PLACE: Final = "IMG-01"
TIME: Final = "IMG-03"
FILES: Final = "PDF-31"  # pdf_beside.py hears of these three
LINKS: Final = "OOXML-19"  # ooxml/linked.py hears of this one
NAMES: Final = "PDF-45"
STAND_INS: Final = "PDF-45: stand-ins"
_AUTHORS: Final[Mapping[Authors, frozenset[str]]] = {
    Authors.KEEP: frozenset({NAMES, STAND_INS}),
    Authors.PSEUDONYM: frozenset({STAND_INS}),
    Authors.REMOVE: frozenset(),
}

_HEAD: Final = b"MM\0*\0\0\0\x08"
_ENTRY: Final = struct.Struct(">HHI4s")
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1}  # BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED
_TIME: Final = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)\0")
_OFFSET: Final = re.compile(rb"[+-](?:0\d|1[0-4]):[0-5]\d\0")


class _Odd(Exception):  # noqa: N818 - a reason inside this module
    """Not of the form that may pass."""


_Fits = Callable[[bytes], object]
_Rules = Mapping[int, tuple[int, int, _Fits]]  # by tag: type, count, what the value must be


def _is_time(value: bytes) -> bool:
    found = _TIME.fullmatch(value)
    if found is None:
        return False
    year, month, day, hour, minute, second = map(int, found.groups())
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 29 if month == 2 and is_leap else 28 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    return year >= 1 and 1 <= month <= 12 and 1 <= day <= longest and hour < 24 and minute < 60 and second < 60


def _is_angle(most: int) -> _Fits:
    def fits(value: bytes) -> bool:
        degrees, one, minutes, one_more, seconds, parts = struct.unpack(">6I", value)
        if (one, one_more, parts) != (1, 1, 10_000) or minutes >= 60 or seconds >= 60 * 10_000:
            return False
        return bool(degrees < most or (degrees == most and not minutes and not seconds))

    return fits


def _is_height(value: bytes) -> object:
    above, below = struct.unpack(">II", value)
    return below == 100 and above <= 10_000_000


_TIMES: Final[_Rules] = {
    0x9000: (7, 4, b"0232".__eq__),
    0x9003: (2, 20, _is_time),
    0x9011: (2, 7, _OFFSET.fullmatch),
}
_PLACES: Final[_Rules] = {
    0: (1, 4, b"\2\3\0\0".__eq__),
    1: (2, 2, (b"N\0", b"S\0").__contains__),
    2: (5, 3, _is_angle(90)),
    3: (2, 2, (b"E\0", b"W\0").__contains__),
    4: (5, 3, _is_angle(180)),
    5: (1, 1, (b"\0", b"\1").__contains__),
    6: (5, 1, _is_height),
}
_NEGATIVE: Final = ((1, b"S\0"), (3, b"W\0"), (5, b"\1"))  # nothing has no sign, or it would have two forms
_NEEDED: Final = {0x8769: {0x9000, 0x9003}, 0x8825: {0, 1, 2, 3, 4}}
_DEEPER: Final[Mapping[int, tuple[str, _Rules]]] = {0x8769: (TIME, _TIMES), 0x8825: (PLACE, _PLACES)}
_FIRST: Final[_Rules] = {
    0x0112: (3, 1, tuple(struct.pack(">H", value) for value in range(2, 9)).__contains__),
    0x8769: (4, 1, lambda value: True),
    0x8825: (4, 1, lambda value: True),
}


def may_keep(policy: Policy) -> frozenset[str]:
    """What a policy lets through: these two, files in a PDF, names of a note's authors, links of cells to the web."""
    kept = {id for id in (PLACE, TIME, FILES) if policy.actions.get(id, Action.REMOVE) <= Action.REWRITE}
    if policy.actions.get(LINKS, Action.KEEP) is Action.KEEP:
        kept.add(LINKS)
    return frozenset(kept | _AUTHORS[policy.authors])


def is_allowed(block: bytes, may_keep: Collection[str]) -> bool:
    """Whether the block holds facts, in their one form, and only those whose vectors are in `may_keep`."""
    try:
        return _read(block, may_keep)
    except (_Odd, struct.error, IndexError):
        return False


def _read(block: bytes, may_keep: Collection[str]) -> bool:
    _must(block.startswith(_HEAD))
    found, at = _directory(block, len(_HEAD), _FIRST)
    pointers = [tag for tag in _DEEPER if tag in found]
    for tag in pointers:
        vector, rules = _DEEPER[tag]
        _must(vector in may_keep and int.from_bytes(found[tag], "big") == at)
        values, at = _directory(block, at, rules)
        _must(values.keys() >= _NEEDED[tag] and (5 in values) == (6 in values))
        _must(not any(_is_nothing(values[sign + 1]) for sign, letter in _NEGATIVE if values.get(sign) == letter))
    return bool(pointers) and at == len(block)


def _directory(block: bytes, at: int, rules: _Rules) -> tuple[dict[int, bytes], int]:
    """The values of one directory by tag, and where what follows its last value stands."""
    (count,) = struct.unpack_from(">H", block, at)
    _must(0 < count <= len(rules))
    behind = at + 2 + count * _ENTRY.size + 4
    _must(block[behind - 4 : behind] == bytes(4))  # no further directory
    found: dict[int, bytes] = {}
    for place in range(at + 2, behind - 4, _ENTRY.size):
        tag, kind, number, inside = _ENTRY.unpack_from(block, place)
        _must(tag in rules and (kind, number) == rules[tag][:2] and tag > max(found, default=-1))
        size = _SIZES[kind] * number
        value = inside[:size]
        if size > len(inside):
            _must(int.from_bytes(inside, "big") == behind)
            value = block[behind : behind + size]
            _must(len(value) == size and not block[behind + size : behind + size + size % 2].strip(b"\0"))
            behind += size + size % 2
        else:
            _must(not inside[size:].strip(b"\0"))
        _must(rules[tag][2](value))
        found[tag] = value
    return found, behind


def _is_nothing(rationals: bytes) -> bool:
    return not any(above for above, _ in struct.iter_unpack(">II", rationals))


def _must(true: object) -> None:
    if not true:
        raise _Odd

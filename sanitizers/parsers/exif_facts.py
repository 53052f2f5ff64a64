"""Where and when a picture was taken: the two things of an EXIF block that may be written again, by value alone.

A place is kept to a ten-thousandth of a second of arc (3 mm) and to the centimetre in height, a time to the second,
with its distance from UTC where the camera knows it. What is no place on Earth and no day of the calendar is nothing.
Source: Exif 3.0 (CIPA DC-008-2023) sections 4.6.5 (times) and 4.6.6 (GPS), TIFF 6.0 section 2.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from struct import pack
from typing import Final

_SECOND: Final = 10_000  # parts of a second of arc
_DEGREE: Final = 3600 * _SECOND
_MOST_CM: Final = 10_000_000  # 100 km up or down
_TIME: Final = re.compile(rb"(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)\0?")
_OFFSET: Final = re.compile(rb"[+-](?:0\d|1[0-4]):[0-5]\d\0?")

GPS_LATITUDE_REF, GPS_LATITUDE, GPS_LONGITUDE_REF, GPS_LONGITUDE, GPS_ALTITUDE_REF, GPS_ALTITUDE = range(1, 7)
TIME_ORIGINAL, TIME_DIGITISED, OFFSET_ORIGINAL, OFFSET_DIGITISED = 0x9003, 0x9004, 0x9011, 0x9012

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED = 1, 2, 3, 4, 5, 7
_ORIENTATION, _EXIF, _GPS, _EXIF_VERSION, _GPS_VERSION = 0x0112, 0x8769, 0x8825, 0x9000, 0
_UPRIGHT: Final = 1

Value = Callable[[int], bytes]  # of a tag: its bytes, big-endian; none when it is not there or of another type


@dataclass(frozen=True, slots=True)
class Place:
    """Parts of a second of arc, north and east positive; centimetres above the sea, None when it is not said."""

    latitude: int
    longitude: int
    altitude: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """As EXIF writes it: "2026:01:31 09:00:00", and "+09:00" or nothing."""

    time: bytes
    offset: bytes = b""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be written beside the orientation."""

    place: Place | None = None
    moment: Moment | None = None

    def __bool__(self) -> bool:
        return self.place is not None or self.moment is not None


NO_FACTS: Final = Facts()


def place(value: Value) -> Place | None:
    """The place that these GPS tags name."""
    latitude = _angle(value(GPS_LATITUDE), value(GPS_LATITUDE_REF), b"NS", 90)
    longitude = _angle(value(GPS_LONGITUDE), value(GPS_LONGITUDE_REF), b"EW", 180)
    if latitude is None or longitude is None:
        return None
    return Place(latitude, longitude, _height(value(GPS_ALTITUDE), value(GPS_ALTITUDE_REF)))


def moment(value: Value) -> Moment | None:
    """The time that these tags name: of the taking, else of becoming a file, which for a camera is the same."""
    for time_tag, offset_tag in ((TIME_ORIGINAL, OFFSET_ORIGINAL), (TIME_DIGITISED, OFFSET_DIGITISED)):
        time, offset = value(time_tag), value(offset_tag)
        if _is_time(time):
            return Moment(time[:19], offset[:6] if _OFFSET.fullmatch(offset) else b"")
    return None


def _is_time(text: bytes) -> bool:
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    year, month, day, hour, minute, second = map(int, found.groups())
    is_day = year >= 1 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
    return is_day and hour < 24 and minute < 60 and second < 60


def _angle(rationals: bytes, reference: bytes, signs: bytes, most: int) -> int | None:
    if len(rationals) != 24 or reference[:1] not in (signs[:1], signs[1:]):
        return None
    total = 0
    for index, unit in enumerate((_DEGREE, _DEGREE // 60, _SECOND)):
        above, below = _pair(rationals, 8 * index)
        if not below:
            if above or not index:
                return None
            continue  # 0/0 for what is not said
        total += round(above * unit / below)
    if total > most * _DEGREE:
        return None
    return -total if reference[:1] == signs[1:] else total


def _height(rational: bytes, reference: bytes) -> int | None:
    if len(rational) != 8 or reference[:1] not in (b"", b"\0", b"\1"):
        return None
    above, below = _pair(rational, 0)
    height = round(above * 100 / below) if below else _MOST_CM + 1
    if height > _MOST_CM:
        return None
    return -height if reference[:1] == b"\1" else height


def _pair(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 4]), int.from_bytes(data[at + 4 : at + 8])


_Tag = tuple[int, int, int, bytes]  # number, type, count, value


def write(orientation: int, facts: Facts) -> bytes:
    """An EXIF block, without "Exif" in front, of these values and no others. One form for each of them."""
    first: list[_Tag] = []
    if orientation != _UPRIGHT:
        first.append((_ORIENTATION, _SHORT, 1, pack(">H", orientation)))
    parts = [
        (_EXIF, _exif_tags(facts.moment) if facts.moment else []),
        (_GPS, _gps_tags(facts.place) if facts.place else []),
    ]
    deeper = [(pointer, tags) for pointer, tags in parts if tags]
    at = 8 + _directory_bytes(len(first) + len(deeper))
    written = []
    for pointer, tags in deeper:
        first.append((pointer, _LONG, 1, pack(">I", at)))
        written.append(_directory(tags, at))
        at += len(written[-1])
    return b"MM\0*" + pack(">I", 8) + _directory(first, 8) + b"".join(written)


def _exif_tags(when: Moment) -> list[_Tag]:
    tags = [(_EXIF_VERSION, _UNDEFINED, 4, b"0232"), (TIME_ORIGINAL, _ASCII, 20, when.time + b"\0")]
    return [*tags, (OFFSET_ORIGINAL, _ASCII, 7, when.offset + b"\0")] if when.offset else tags


def _gps_tags(where: Place) -> list[_Tag]:
    tags = [
        (_GPS_VERSION, _BYTE, 4, b"\2\3\0\0"),
        (GPS_LATITUDE_REF, _ASCII, 2, b"S\0" if where.latitude < 0 else b"N\0"),
        (GPS_LATITUDE, _RATIONAL, 3, _degrees(abs(where.latitude))),
        (GPS_LONGITUDE_REF, _ASCII, 2, b"W\0" if where.longitude < 0 else b"E\0"),
        (GPS_LONGITUDE, _RATIONAL, 3, _degrees(abs(where.longitude))),
    ]
    if where.altitude is not None:
        tags.append((GPS_ALTITUDE_REF, _BYTE, 1, b"\1" if where.altitude < 0 else b"\0"))
        tags.append((GPS_ALTITUDE, _RATIONAL, 1, pack(">II", abs(where.altitude), 100)))
    return tags


def _degrees(parts: int) -> bytes:
    degrees, rest = divmod(parts, _DEGREE)
    minutes, seconds = divmod(rest, _DEGREE // 60)
    return pack(">6I", degrees, 1, minutes, 1, seconds, _SECOND)


def _directory_bytes(tags: int) -> int:
    return 2 + 12 * tags + 4


def _directory(tags: list[_Tag], at: int) -> bytes:
    """The tags, no directory after this one, and behind it the values that have no room inside."""
    entries, behind = b"", b""
    for number, kind, count, value in tags:
        inside = value.ljust(4, b"\0")
        if len(inside) > 4:
            inside = pack(">I", at + _directory_bytes(len(tags)) + len(behind))
            behind += value + b"\0" * (len(value) % 2)
        entries += pack(">HHI", number, kind, count) + inside
    return pack(">H", len(tags)) + entries + bytes(4) + behind

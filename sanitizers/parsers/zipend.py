"""The end of a ZIP: exactly one end record, with the ZIP64 records before it, and the directory that they point to.

Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.14 to 4.3.16.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

from sanitizers.errors import MalformedError
from sanitizers.parsers.zipwords import CENTRAL, END, END_64, LOCAL, LOCATOR_64, WIDE, AmbiguousError, Oddity, Strange

_END: Final = Struct("<4s4H2IH")  # disk, disk of the directory, entries here, entries, size, offset, comment
_LOCATOR: Final = Struct("<4sIQI")  # disk, offset of the ZIP64 end record, disks
_END_64: Final = Struct("<4sQ2H2I4Q")  # record size, made by, needed, disk, directory's disk, here, all, size, offset
_MAX_COMMENT: Final = 0xFFFF
_NARROW: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class End:
    """Where the directory is, as all records agree."""

    count: int
    start: int
    end: int
    shift: int  # to be added to each offset in the file: bytes were put before the archive


def read_end(data: bytes, odd: list[Strange]) -> End:
    """The one directory of this file. Raises MalformedError, and AmbiguousError when there may be two."""
    at = _last_end(data, odd)
    values: tuple[int, ...] = _END.unpack_from(data, at)[1:-1]
    directory_end = at
    if at >= _LOCATOR.size and data.startswith(LOCATOR_64, at - _LOCATOR.size):
        values, directory_end = _wide(data, at, values)
    disk, directory_disk, here, count, size, offset = values
    if disk or directory_disk or here != count:
        raise AmbiguousError(Oddity.MANY_DISKS, f"disk {disk}, {here} of {count} members")
    return _located(data, odd, count, size, offset, directory_end)


def _last_end(data: bytes, odd: list[Strange]) -> int:
    last = data.rfind(END)
    if last < 0:
        raise MalformedError("no end record")
    at = data.find(END, max(0, len(data) - _END.size - _MAX_COMMENT))
    while 0 <= at < last:
        if _stop(data, at) == len(data):
            raise AmbiguousError(Oddity.SEVERAL_ENDS, f"at {at} and {last}")
        at = data.find(END, at + 1)
    stop = _stop(data, last)
    if stop > len(data):
        raise MalformedError(f"the end record at {last} is cut off")
    if stop < len(data):
        if data.find(LOCAL, stop) >= 0 or data.find(CENTRAL, stop) >= 0:
            raise AmbiguousError(Oddity.CONCATENATED, f"another archive from {stop} on")
        odd.append(Strange(Oddity.TRAILING, detail=f"{len(data) - stop} bytes"))
    if stop > last + _END.size:
        odd.append(Strange(Oddity.COMMENT, detail=f"of the archive, {stop - last - _END.size} bytes"))
    return last


def _stop(data: bytes, at: int) -> int:
    """Where the end record at `at` says that the file ends."""
    if at + _END.size > len(data):
        return len(data) + 1
    return at + _END.size + int.from_bytes(data[at + 20 : at + 22], "little")


def _wide(data: bytes, end_at: int, classic: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The values of the ZIP64 end record, which must stand where the locator says (CVE-2025-8291)."""
    locator_at = end_at - _LOCATOR.size
    _, disk, offset, disks = _LOCATOR.unpack_from(data, locator_at)
    if disk or disks > 1:
        raise AmbiguousError(Oddity.MANY_DISKS, f"disk {disk} of {disks}")
    at = locator_at - _END_64.size
    if at < 0 or not data.startswith(END_64, at):
        raise AmbiguousError(Oddity.WIDE_END_DIFFERS, "no ZIP64 record before its locator")
    _, length, _, _, *values = _END_64.unpack_from(data, at)
    if length != _END_64.size - 12:
        raise AmbiguousError(Oddity.WIDE_END_DIFFERS, f"a ZIP64 record of {length} bytes")
    shift = at - values[4] - values[5]
    if offset not in (at, at - shift):
        raise AmbiguousError(Oddity.WIDE_END_DIFFERS, f"the locator says {offset}, the record is at {at}")
    blanks = (_NARROW, _NARROW, _NARROW, _NARROW, WIDE, WIDE)
    if any(narrow not in (wide, blank) for narrow, wide, blank in zip(classic, values, blanks)):
        raise AmbiguousError(Oddity.WIDE_END_DIFFERS, "the two end records disagree")
    return tuple(values), at


def _located(data: bytes, odd: list[Strange], count: int, size: int, offset: int, end: int) -> End:
    start = end - size
    shift = start - offset
    if start < 0 or shift < 0:
        raise MalformedError(f"a directory of {size} bytes at {offset} does not end at {end}")
    if count and not data.startswith(CENTRAL, start):
        raise MalformedError(f"no directory at {start}")
    if shift:
        if data.startswith(CENTRAL, offset):
            raise AmbiguousError(Oddity.CONCATENATED, f"directories at {offset} and {start}")
        odd.append(Strange(Oddity.OFFSETS_SHIFTED, detail=f"by {shift}"))
    if count * 46 > size:
        raise AmbiguousError(Oddity.COUNT_DIFFERS, f"{count} members in {size} bytes")
    return End(count, start, end, shift)

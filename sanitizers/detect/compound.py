"""What a compound file (OLE) is, told by the names in its root storage. Bounded; nothing is unpacked.

Source: [MS-CFB] 2.2 header, 2.3 FAT, 2.6 directory.
"""

from collections.abc import Iterator
from typing import Final

from sanitizers.errors import MalformedError
from sanitizers.parsers.signatures import OLE_CLASSES, OLE_STREAMS

MAGIC: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_MAX_DIRECTORY_SECTORS: Final = 512
_MAX_DIFAT_SECTORS: Final = 64
_ENTRY_BYTES: Final = 128
_NO_STREAM: Final = 0xFFFFFFFF
_LAST_SECTOR: Final = 0xFFFFFFFA  # this and above are marks, not sectors


def kind_of(untrusted: bytes) -> str:
    """The media type, or the BLK row. Raises MalformedError when there is no directory to read."""
    shift = int.from_bytes(untrusted[30:32], "little")
    if shift not in (9, 12):
        raise MalformedError(f"compound file with sectors of 2^{shift} bytes")
    directory = b"".join(_directory(untrusted, 1 << shift))
    if len(directory) < _ENTRY_BYTES:
        raise MalformedError("compound file without a directory")
    names = set(_root_names(directory))
    found = next((kind for name, kind in OLE_STREAMS if name in names), None)
    return OLE_CLASSES.get(directory[80:96]) or found or "application/x-ole-storage"


def _directory(untrusted: bytes, size: int) -> Iterator[bytes]:
    """The sectors of the directory, by the FAT's chain."""
    fat = _fat_sectors(untrusted, size)
    per_sector = size // 4
    sector = int.from_bytes(untrusted[48:52], "little")
    for _ in range(_MAX_DIRECTORY_SECTORS):
        if sector >= _LAST_SECTOR:
            return
        yield _sector(untrusted, sector, size)
        index, place = divmod(sector, per_sector)
        if index >= len(fat):
            return
        table = _sector(untrusted, fat[index], size)
        sector = int.from_bytes(table[place * 4 : place * 4 + 4] or b"\xff" * 4, "little")


def _fat_sectors(untrusted: bytes, size: int) -> list[int]:
    """Where the FAT's own sectors are: 109 in the header, further ones in a chain."""
    found = _numbers(untrusted[76:512])
    following = int.from_bytes(untrusted[68:72], "little")
    for _ in range(_MAX_DIFAT_SECTORS):
        if following >= _LAST_SECTOR:
            break
        numbers = _numbers(_sector(untrusted, following, size))
        if not numbers:
            break
        found += numbers[:-1]
        following = numbers[-1]
    return found


def _root_names(directory: bytes) -> Iterator[str]:
    """Names of the entries right below the root: a tree of siblings, walked with a stack."""
    count = len(directory) // _ENTRY_BYTES
    waiting, seen = [int.from_bytes(directory[76:80], "little")], {_NO_STREAM}
    while waiting:
        entry = waiting.pop()
        if entry in seen or entry >= count:
            continue
        seen.add(entry)
        start = entry * _ENTRY_BYTES
        length = int.from_bytes(directory[start + 64 : start + 66], "little")
        yield directory[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        waiting += _numbers(directory[start + 68 : start + 76])


def _sector(untrusted: bytes, number: int, size: int) -> bytes:
    start = (number + 1) * size
    return untrusted[start : start + size]


def _numbers(data: bytes) -> list[int]:
    return [int.from_bytes(data[i : i + 4], "little") for i in range(0, len(data) - 3, 4)]

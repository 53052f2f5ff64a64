"""A fresh ZIP: sizes in the local headers, fixed times, no extra fields, comments or descriptors.

Source: PKWARE APPNOTE.TXT 6.3.10; a subset of ISO/IEC 21320-1, and without ZIP64: no copy is that large.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import Struct
from typing import Final

from sanitizers.codecs.deflate import Deflated, crc32, deflate_raw
from sanitizers.errors import LimitError
from sanitizers.parsers.zipwords import CENTRAL, END, LOCAL

_LOCAL: Final = Struct("<4s5H3I2H")
_CENTRAL: Final = Struct("<4s6H3I5H2I")
_END: Final = Struct("<4s4H2IH")

_VERSION: Final = 20  # 2.0, on FAT: says nothing of who wrote it
_TIME: Final = 0
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first there is
_UTF8: Final = 1 << 11
_STORED: Final = 0
_DEFLATED: Final = 8
_FOLDER: Final = 0x10
_MAX_COUNT: Final = 0xFFFE
_MAX_BYTES: Final = 0xFFFFFFFE

FILE_STAMP: Final = (_VERSION, _VERSION, 0, _TIME, _DATE, 0, 0, _VERSION, 0, _TIME, _DATE)  # zip.Member.stamp of ours
FOLDER_STAMP: Final = (_VERSION, _VERSION, 0, _TIME, _DATE, 0, _FOLDER, _VERSION, 0, _TIME, _DATE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of the new archive. A folder's path ends in "/" and it has no data."""

    path: str
    data: bytes = field(default=b"", repr=False)
    is_packed: bool = False  # its own format is compressed already: it is stored
    encoding: str = ""  # of the name, unmarked; "": UTF-8, marked by bit 11
    deflated: Deflated | None = field(default=None, repr=False)  # what is too large to be held as `data`

    @property
    def is_folder(self) -> bool:
        return self.path.endswith("/")


def write_zip(entries: Sequence[Entry]) -> bytes:
    """The archive, members in the order given. Raises LimitError where only ZIP64 could hold it."""
    if len(entries) > _MAX_COUNT:
        raise LimitError(f"{len(entries)} members to write")
    parts: list[bytes] = []
    directory: list[bytes] = []
    offset = 0
    for entry in entries:
        name = entry.path.encode(entry.encoding or "utf-8")
        flags = 0 if entry.encoding or entry.path.isascii() else _UTF8
        method, packed = _packed(entry)
        crc, size = (crc32(entry.data), len(entry.data)) if entry.deflated is None else _told(entry.deflated)
        sizes = (crc, len(packed), size)
        shared = (_VERSION, flags, method, _TIME, _DATE, *sizes, len(name), 0)
        attributes = _FOLDER if entry.is_folder else 0
        directory.append(_CENTRAL.pack(CENTRAL, _VERSION, *shared, 0, 0, 0, attributes, offset) + name)
        parts += (_LOCAL.pack(LOCAL, *shared) + name, packed)
        offset += _LOCAL.size + len(name) + len(packed)
        if offset > _MAX_BYTES:
            raise LimitError("an archive beyond 4 GiB")
    size = sum(map(len, directory))
    end = _END.pack(END, 0, 0, len(entries), len(entries), size, offset, 0)
    return b"".join((*parts, *directory, end))


def _told(deflated: Deflated) -> tuple[int, int]:
    return deflated.crc, deflated.size


def _packed(entry: Entry) -> tuple[int, bytes]:
    if entry.deflated is not None:
        return _DEFLATED, entry.deflated.data
    if entry.is_packed or not entry.data:
        return _STORED, entry.data
    packed = deflate_raw(entry.data)
    return (_DEFLATED, packed) if len(packed) < len(entry.data) else (_STORED, entry.data)

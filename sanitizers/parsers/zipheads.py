"""The headers of one ZIP member, as they stand in the file.

Source: PKWARE APPNOTE.TXT 6.3.10, 4.3.7 (local header), 4.3.9 (data descriptor), 4.3.12 (directory), 4.4 (fields).
"""

from enum import Enum, auto
from struct import Struct
from typing import Final, NamedTuple

from sanitizers.errors import LimitError, MalformedError
from sanitizers.parsers.zipextra import WIDE_SIZES, Extras, read_extras, widened
from sanitizers.parsers.zipwords import CENTRAL, DESCRIPTOR, LOCAL, AmbiguousError, Oddity

MAX_NAME_BYTES: Final = 4096  # of one path as it stands in the file
MAX_FOLDERS: Final = 100  # of one path; beyond, cleaning the names would cost more than reading the members

ENCRYPTED: Final = 1
STREAMED: Final = 1 << 3
UTF8: Final = 1 << 11
FOREIGN: Final = 1 << 5 | 1 << 6 | 1 << 13  # patch data, strong encryption, masked headers
SHOWN: Final = ~(ENCRYPTED | STREAMED | UTF8) & 0xFFFF  # flags that only tell of the program

_CENTRAL: Final = Struct("<4s6H3I5H2I")
_LOCAL: Final = Struct("<4s5H3I2H")
_DESCRIPTORS: Final = (Struct("<IQQ"), Struct("<III"))  # sizes of 8 or of 4 bytes, behind the signature if there is one
MIN_DESCRIPTOR: Final = 12

_UNIX_HOSTS: Final = frozenset({3, 19})
_WINDOWS_HOSTS: Final = frozenset({0, 10, 11, 14})
_TYPE_BITS: Final = 0xF000  # of a Unix mode
_FILE_TYPE: Final = 0x8000
_FOLDER_TYPE: Final = 0x4000
_LINK_TYPE: Final = 0xA000
_SPECIAL_TYPES: Final = frozenset({0x1000, 0x2000, 0x6000, 0xC000})  # FIFO, devices, socket
_FOLDER_ATTRIBUTE: Final = 0x10
_REPARSE_ATTRIBUTE: Final = 0x400


class MemberKind(Enum):
    """What a member says it is."""

    FILE = auto()
    FOLDER = auto()
    LINK = auto()
    REPARSE_POINT = auto()
    SPECIAL = auto()


class Central(NamedTuple):
    """One header of the directory."""

    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    internal: int
    external: int
    offset: int  # of the local header, in the file as it is
    name: bytes
    extras: Extras
    extra_bytes: int
    comment_bytes: int

    @property
    def host(self) -> int:
        return self.made_by >> 8

    def kind(self, name: str) -> MemberKind:
        """What the attributes and the decoded name say."""
        mode = self.external >> 16 & _TYPE_BITS
        if mode == _LINK_TYPE:
            return MemberKind.LINK
        if mode in _SPECIAL_TYPES or (self.host in _UNIX_HOSTS and mode not in (0, _FILE_TYPE, _FOLDER_TYPE)):
            return MemberKind.SPECIAL
        if self.external & _REPARSE_ATTRIBUTE and self.host in _WINDOWS_HOSTS:
            return MemberKind.REPARSE_POINT
        return MemberKind.FOLDER if name.endswith(("/", "\\")) else MemberKind.FILE

    @property
    def says_folder(self) -> bool:
        """Whether the attributes are those of a folder, whatever the name."""
        mode = self.external >> 16 & _TYPE_BITS
        return mode == _FOLDER_TYPE or (mode == 0 and bool(self.external & _FOLDER_ATTRIBUTE))


class Local(NamedTuple):
    """One local header."""

    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name: bytes
    extras: Extras
    extra_bytes: int
    start: int  # of the data


def read_central(data: bytes, at: int, limit: int, shift: int, index: int) -> tuple[Central, int]:
    """The directory's header at `at`, and where the next one begins. The signature has been looked at."""
    (_, made_by, needed, flags, method, time, date, crc, packed, size, n_name, n_extra, n_comment, disk, internal,
     external, offset) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    name_at = at + _CENTRAL.size
    extra_at = name_at + n_name
    stop = extra_at + n_extra + n_comment
    if stop > limit:
        raise MalformedError(f"the directory's header at {at} runs over its end")
    if disk not in (0, 0xFFFF):
        raise AmbiguousError(Oddity.MANY_DISKS, f"on disk {disk}", index)
    extras = read_extras(data[extra_at : extra_at + n_extra]) if n_extra else {}
    if WIDE_SIZES in extras:
        size, packed, offset = widened(extras, (size, packed, offset), index)
    name = data[name_at:extra_at]
    _check_name(name)
    return Central(
        made_by, needed, flags, method, time, date, crc, packed, size, internal, external, offset + shift, name, extras,
        n_extra, n_comment,
    ), stop  # fmt: skip


def starts_central(data: bytes, at: int, limit: int) -> bool:
    """Whether a header of the directory can begin here."""
    return at + _CENTRAL.size <= limit and data.startswith(CENTRAL, at)


def _check_name(name: bytes) -> None:
    if not name:
        raise MalformedError("a member without a name")
    if len(name) > MAX_NAME_BYTES or name.count(b"/") + name.count(b"\\") > MAX_FOLDERS:
        raise LimitError(f"a path of {len(name)} bytes")


def read_local(data: bytes, at: int, limit: int, index: int) -> Local:
    """The local header at `at`."""
    if at + _LOCAL.size > limit or not data.startswith(LOCAL, at):
        raise MalformedError(f"no local header at {at}")
    _, needed, flags, method, time, date, crc, packed, size, n_name, n_extra = _LOCAL.unpack_from(data, at)
    name_at = at + _LOCAL.size
    extra_at = name_at + n_name
    extras = read_extras(data[extra_at : extra_at + n_extra]) if n_extra else {}
    if WIDE_SIZES in extras:
        size, packed = widened(extras, (size, packed), index)
    name = data[name_at:extra_at]
    return Local(needed, flags, method, time, date, crc, packed, size, name, extras, n_extra, extra_at + n_extra)


def descriptor(data: bytes, at: int, limit: int, wanted: tuple[int, int, int]) -> int:
    """The length of the data descriptor at `at` that says `wanted` (CRC, packed, size), 0 when there is none."""
    signature = len(DESCRIPTOR) if data.startswith(DESCRIPTOR, at) else 0
    for lead in dict.fromkeys((signature, 0)):
        for form in _DESCRIPTORS:
            if at + lead + form.size <= limit and form.unpack_from(data, at + lead) == wanted:
                return lead + form.size
    return 0

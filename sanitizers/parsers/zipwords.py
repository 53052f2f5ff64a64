"""What can be odd about a ZIP, in words that know no vector and no policy."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

LOCAL: Final = b"PK\x03\x04"
CENTRAL: Final = b"PK\x01\x02"
END: Final = b"PK\x05\x06"
END_64: Final = b"PK\x06\x06"
LOCATOR_64: Final = b"PK\x06\x07"
DESCRIPTOR: Final = b"PK\x07\x08"  # also the mark of a split archive, at offset 0
SIGNATURE: Final = b"PK\x05\x05"
ARCHIVE_EXTRA: Final = b"PK\x06\x08"

WIDE: Final = 0xFFFFFFFF  # the value stands in the ZIP64 field (4.5.3)


class Oddity(Enum):
    """What two readers could read differently, and what stands beside the content."""

    # the archive as a whole
    SEVERAL_ENDS = auto()  # more than one end record could be the last
    CONCATENATED = auto()  # directory or end of another archive outside of all members
    SPLIT_MARK = auto()
    MANY_DISKS = auto()
    COUNT_DIFFERS = auto()
    WIDE_END_DIFFERS = auto()  # ZIP64 end record against the classic one
    RECORDS = auto()  # signature, strong encryption, patch data, archive extra data
    PREFIX = auto()
    PROGRAM_PREFIX = auto()
    OFFSETS_SHIFTED = auto()
    TRAILING = auto()
    GAP = auto()
    HIDDEN_ENTRY = auto()  # a local header that the directory does not name
    OVERLAP = auto()
    COMMENT = auto()
    EXTRA = auto()
    # one member: directory against local header
    NAME_DIFFERS = auto()
    METHOD_DIFFERS = auto()
    SIZE_DIFFERS = auto()  # header, twin header, descriptor or ZIP64 field
    CRC_DIFFERS = auto()
    ENCRYPTION_DIFFERS = auto()
    DESCRIPTOR = auto()
    FOLDER_WITH_DATA = auto()  # or a name and attributes that disagree on what is a folder
    # names
    SAME_NAME = auto()
    SAME_BUT_FOR_CASE = auto()
    SAME_PATH = auto()
    UNICODE_PATH = auto()
    UTF8_FLAG = auto()
    ENCODING = auto()  # told by detection
    NUL = auto()
    SPECIAL_BYTE = auto()


@dataclass(frozen=True, slots=True)
class Strange:
    """One oddity at one place."""

    kind: Oddity
    member: int | None = None  # index in the directory; None: the archive itself
    detail: str = ""  # numbers and our own words, nothing from the file
    count: int = 1


class AmbiguousError(Exception):
    """Which archive is meant cannot be told, so that reading on would be guessing."""

    def __init__(self, kind: Oddity, detail: str = "", member: int | None = None) -> None:
        super().__init__(detail)
        self.strange = Strange(kind, member, detail)

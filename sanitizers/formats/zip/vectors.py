"""What the ZIP sanitizer treats: its vectors, and which of them each oddity of a container is. Data only.

Source: threat catalogue, sections 5 (ZIP) and 6 (ARC).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from policies.terms import Action, Vector
from sanitizers.parsers.zipwords import Oddity

ZIP_01: Final = vector("ZIP-01")
ZIP_02: Final = vector("ZIP-02")
ZIP_03: Final = vector("ZIP-03")
ZIP_04: Final = vector("ZIP-04")
ZIP_05: Final = vector("ZIP-05")
ZIP_06: Final = vector("ZIP-06")
ZIP_07: Final = vector("ZIP-07")
ZIP_08: Final = vector("ZIP-08")
ZIP_09: Final = vector("ZIP-09")
ZIP_10: Final = vector("ZIP-10")
ZIP_11: Final = vector("ZIP-11")
ZIP_12: Final = vector("ZIP-12")
ZIP_13: Final = vector("ZIP-13")
ZIP_14: Final = vector("ZIP-14")
ZIP_15: Final = vector("ZIP-15")
ZIP_16: Final = vector("ZIP-16")
ZIP_17: Final = vector("ZIP-17")
ZIP_18: Final = vector("ZIP-18")
ZIP_19: Final = vector("ZIP-19")
ZIP_20: Final = vector("ZIP-20")
ZIP_21: Final = vector("ZIP-21")  # the depth in the budget ends it
ZIP_22: Final = vector("ZIP-22")  # the count in the budget ends it
ZIP_23: Final = vector("ZIP-23")
ZIP_24: Final = vector("ZIP-24")
ZIP_25: Final = vector("ZIP-25")
ZIP_26: Final = vector("ZIP-26")
ZIP_27: Final = vector("ZIP-27")
ZIP_28: Final = vector("ZIP-28")
ZIP_29: Final = vector("ZIP-29")
ZIP_30: Final = vector("ZIP-30")
ARC_01: Final = vector("ARC-01")
ARC_02: Final = vector("ARC-02")
ARC_03: Final = vector("ARC-03")
ARC_07: Final = vector("ARC-07")
ARC_08: Final = vector("ARC-08")
ARC_09: Final = vector("ARC-09")
ARC_18: Final = vector("ARC-18")
ARC_19: Final = vector("ARC-19")
ARC_20: Final = vector("ARC-20")
ARC_21: Final = vector("ARC-21")
ARC_22: Final = vector("ARC-22")
ARC_23: Final = vector("ARC-23")
ARC_24: Final = vector("ARC-24")
ARC_25: Final = vector("ARC-25")
ARC_26: Final = vector("ARC-26")
GEN_11: Final = vector("GEN-11")
GEN_13: Final = vector("GEN-13")
GEN_17: Final = vector("GEN-17")

VECTORS: Final[tuple[Vector, ...]] = tuple(value for value in tuple(globals().values()) if isinstance(value, Vector))

# What an oddity is, and the mildest that can be done about it. What two readers could read differently is blocked.
ODDITIES: Final[Mapping[Oddity, tuple[Vector, Action]]] = MappingProxyType(
    {
        Oddity.SEVERAL_ENDS: (ZIP_13, Action.BLOCK),
        Oddity.CONCATENATED: (ZIP_17, Action.BLOCK),
        Oddity.SPLIT_MARK: (ARC_18, Action.BLOCK),
        Oddity.MANY_DISKS: (ZIP_28, Action.BLOCK),
        Oddity.COUNT_DIFFERS: (ZIP_14, Action.BLOCK),
        Oddity.WIDE_END_DIFFERS: (ZIP_16, Action.BLOCK),
        Oddity.RECORDS: (ZIP_28, Action.BLOCK),
        Oddity.PREFIX: (ZIP_15, Action.REMOVE),
        Oddity.PROGRAM_PREFIX: (ARC_19, Action.BLOCK),
        Oddity.OFFSETS_SHIFTED: (ZIP_15, Action.REMOVE),
        Oddity.TRAILING: (GEN_11, Action.REMOVE),
        Oddity.GAP: (ZIP_29, Action.REMOVE),
        Oddity.HIDDEN_ENTRY: (ZIP_12, Action.REMOVE),
        Oddity.OVERLAP: (ZIP_19, Action.BLOCK),
        Oddity.COMMENT: (ZIP_18, Action.REMOVE),
        Oddity.EXTRA: (ZIP_18, Action.REMOVE),
        Oddity.NAME_DIFFERS: (ZIP_05, Action.BLOCK),
        Oddity.METHOD_DIFFERS: (ZIP_08, Action.BLOCK),
        Oddity.SIZE_DIFFERS: (ZIP_09, Action.BLOCK),
        Oddity.CRC_DIFFERS: (ZIP_10, Action.BLOCK),
        Oddity.ENCRYPTION_DIFFERS: (ZIP_11, Action.BLOCK),
        Oddity.DESCRIPTOR: (ZIP_24, Action.REWRITE),
        Oddity.FOLDER_WITH_DATA: (ZIP_26, Action.BLOCK),
        Oddity.SAME_NAME: (ZIP_01, Action.BLOCK),
        Oddity.SAME_BUT_FOR_CASE: (ZIP_02, Action.BLOCK),
        Oddity.SAME_PATH: (ZIP_03, Action.BLOCK),
        Oddity.UNICODE_PATH: (ZIP_06, Action.REWRITE),
        Oddity.UTF8_FLAG: (ZIP_07, Action.REWRITE),
        Oddity.ENCODING: (ARC_20, Action.REWRITE),
        Oddity.NUL: (ZIP_27, Action.BLOCK),
        Oddity.SPECIAL_BYTE: (ZIP_04, Action.REWRITE),
    }
)
assert ODDITIES.keys() == set(Oddity)

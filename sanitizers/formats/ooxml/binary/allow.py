"""Records that a part of a binary workbook may hold, by kind of part. Data only; what is not named is left out.

`CARRIED` records are values, formats and places: they are written as they came. The rest is carried by a function of
`sheet` or `book`. `BLOCKS` go with all that stands between their two records.

Source: [MS-XLSB] 2.2 (file structure), 2.3 and 2.4 (records).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from policies.catalogue import vector
from policies.terms import Vector
from sanitizers.formats.ooxml.vectors import (
    OOXML_06,
    OOXML_08,
    OOXML_80,
    OOXML_93,
    OOXML_94,
    OOXML_96,
    OOXML_98,
    OOXML_99,
)

XLSB_09: Final = vector("XLSB-09")


def _numbers(text: str) -> frozenset[int]:
    found: set[int] = set()
    for word in text.split():
        first, _, last = word.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


CARRIED: Final[Mapping[str, frozenset[int]]] = MappingProxyType(
    {
        # BeginBook, FileVersion, BookViews, BundleShs, CalcProp, BookProtection, PivotCacheIDs
        "binary.workbook": _numbers("128 131-132 135-136 143-144 157 534"),
        # rows and cells without formulas, ColInfo, sheet views, dimension, filters, merges, conditional formats,
        # breaks, margins, print options, header and footer, sort, protection, phonetic, ignored errors, tables
        "binary.worksheet": _numbers(
            "0-7 60 62 129-130 133-134 137-138 145-148 151-152 161-178 390-396 465-470 476-477 479-480 485 530-533 535"
            " 537 564 605-607 648-650 660 662-663 678"
        ),
        "binary.chartsheet": _numbers("129-130 139-142 476 479-480 651 669 679"),
        "binary.strings": _numbers("19 159-160"),
        "binary.styles": _numbers("43-48 278-279 473-475 505-513 565-566 569-570 572 603-604 611-620 626-627"),
        "binary.table": _numbers("161-175 344-346 348 513 530-533"),
        "binary.comments": _numbers("628-631 633-637"),
    }
)

# Records that have one size: cells without text, places, and the ends of lists
SIZES: Final[Mapping[int, int]] = MappingProxyType(
    {1: 8, 2: 12, 3: 9, 4: 9, 5: 16, 7: 12, 148: 16, 176: 16, 177: 4, 476: 48}
    | dict.fromkeys((129, 130, 131, 132, 133, 134, 143, 144, 145, 146, 160, 178), 0)
)

# Begin record: end record, and what goes with it
BLOCKS: Final[Mapping[int, tuple[int, Vector]]] = MappingProxyType(
    {
        35: (36, XLSB_09),  # FRT: features of later versions
        37: (38, XLSB_09),  # AC: alternate content
        349: (350, OOXML_96),  # XML maps of a column
        384: (385, OOXML_94),  # pivot caches
        421: (425, OOXML_99),  # custom views
        422: (425, OOXML_99),
        495: (496, OOXML_80),  # consolidation
        500: (501, OOXML_99),  # scenarios, with their users
        554: (555, OOXML_99),  # web publishing
        589: (591, OOXML_99),  # smart tags
        592: (593, OOXML_99),
        638: (640, OOXML_08),
        643: (645, OOXML_06),
        653: (654, OOXML_99),
        664: (666, OOXML_99),  # function groups
    }
)

# Single records that are left out, and what they are; any other is XLSB-09
SINGLE: Final[Mapping[int, Vector]] = MappingProxyType(
    {
        49: OOXML_98,
        50: OOXML_98,
        154: OOXML_99,
        155: OOXML_99,
        351: OOXML_93,
        352: OOXML_93,
        428: OOXML_93,
        536: OOXML_99,
        548: OOXML_99,
        549: OOXML_99,
        553: OOXML_99,
        625: OOXML_99,
        676: OOXML_99,
        680: OOXML_99,
    }
)

# Functions by their number in Ftab, [MS-XLSB] 2.5.97.10: those that compute from the workbook alone. Left out are all
# commands of macro sheets, RTD (379) and CUBE… (380-383, 477-479); calls looks at HYPERLINK (359) and names (255).
FUNCTIONS: Final = _numbers(
    "0-52 56-78 82-83 86 97-102 105 109 111-121 124-131 140-144 148 162-165 167-169 183-184 189-190 193-199 204-216"
    " 219-222 227-235 244 247 252 261 269-332 336-337 342-347 350-354 358 360-378 384-476 480-484"
)

# Functions whose number of arguments no formula says, as their token alone stands for it, [MS-XLSB] 2.5.97.10
ARGUMENTS: Final[Mapping[int, int]] = MappingProxyType(
    dict.fromkeys(_numbers("10 19 34-35 63 74 221"), 0)
    | dict.fromkeys(
        _numbers(
            "2-3 15-18 20-26 32-33 38 67-69 71-73 75-77 83 86 98-99 105 111-114 118 121 126-131 140-141 162-164 184 190"
            " 198 211 214-215 229-234 244 261 271 279 283-284 294 296 298 342-343 347 352 360"
        ),
        1,
    )
    | dict.fromkeys(
        _numbers(
            "27 30 39 48 97 117 165 212-213 252 274-276 285 288 299 303-308 310-315 325-328 331-332 337 346 353 480"
        ),
        2,
    )
    | dict.fromkeys(
        _numbers(
            "31 40-45 47 61 65-66 142 189 195-196 199 210 235 277-278 280-282 287 290-292 295 297 300-301 309 351"
        ),
        3,
    )
    | dict.fromkeys(_numbers("119 143 207 273 286 289 293 302 316 350"), 4)
)

# Attributes that go on elsewhere: IF, CHOOSE, a jump, IFERROR; [MS-XLSB] 2.5.97.18 to 25
JUMPS: Final = frozenset((0x02, 0x04, 0x08, 0x80))

# Tokens by number: how many bytes follow, [MS-XLSB] 2.5.97.16. Classed ones are named by their first of three.
TOKENS: Final[Mapping[int, int]] = MappingProxyType(
    dict.fromkeys(range(0x03, 0x17), 0)  # operators, brackets, a missing argument
    | {0x01: 4, 0x1C: 1, 0x1D: 1, 0x1E: 2, 0x1F: 8}  # shared or array formula, error, truth, whole number, number
    | {0x20: 14, 0x21: 2, 0x22: 3, 0x23: 4, 0x24: 6, 0x25: 12, 0x26: 6, 0x27: 6, 0x28: 6, 0x29: 2}
    | {0x2A: 6, 0x2B: 12, 0x2C: 6, 0x2D: 12, 0x3A: 8, 0x3B: 14, 0x3C: 8, 0x3D: 14}
)

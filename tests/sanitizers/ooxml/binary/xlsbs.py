"""Small binary workbooks, built from records with harmless payloads."""

import struct

from sanitizers.parsers.biff12 import formula, record, text
from tests.sanitizers.ooxml.packages import Parts

XLSB = "application/vnd.ms-excel."
MAIN = XLSB + "sheet.binary.macroEnabled.main"
NOWHERE = 0xFFFFFFFF


def u32(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *(number & NOWHERE for number in numbers))


def number(value: float) -> bytes:
    """A number as a token."""
    return b"\x1f" + struct.pack("<d", value)


def call(function: int, *, arguments: int = 1) -> bytes:
    """A function of many arguments as a token."""
    return b"\x42" + struct.pack("<BH", arguments, function)


def cell(column: int) -> bytes:
    return u32(column, 0)


def computed(column: int, tokens: bytes, behind: bytes = b"", value: float = 7.0) -> bytes:
    """A cell with a formula and the number that it came to."""
    return record(9, cell(column) + struct.pack("<d", value) + bytes(2) + formula(tokens, behind))


def plain(column: int, value: float = 7.0) -> bytes:
    """The same cell without its formula."""
    return record(5, cell(column) + struct.pack("<d", value))


def worksheet(*rows: bytes, tail: bytes = b"") -> bytes:
    """A sheet of rows, one record or more each."""
    written = b"".join(record(0, u32(n, 0) + bytes(9)) + row for n, row in enumerate(rows))
    return record(129, b"") + record(145, b"") + written + record(146, b"") + tail + record(130, b"")


def bundle(name: str, identifier: str, *, state: int = 0) -> bytes:
    return record(156, u32(state, 1) + text(identifier) + text(name))


def name(title: str, tokens: bytes, *, flags: int = 0, scope: int = NOWHERE) -> bytes:
    return record(39, u32(flags) + b"\0" + u32(scope) + text(title) + formula(tokens, b"") + text(None))


def externals(*supporting: bytes, references: tuple[tuple[int, int, int], ...] = ()) -> bytes:
    sheets = record(362, u32(len(references)) + b"".join(u32(*row) for row in references))
    return record(353, b"") + b"".join(supporting) + sheets + record(354, b"")


def xlsb(*sheets: bytes, middle: bytes = b"", bundles: bytes = b"", kinds: tuple[str, ...] = ()) -> Parts:
    """A binary workbook of these sheets; `middle` stands behind the list of them."""
    listed = bundles or b"".join(bundle(f"S{n}", f"rId{n}") for n in range(1, len(sheets) + 1))
    main = record(131, b"") + record(143, b"") + listed + record(144, b"") + middle + record(132, b"")
    parts = Parts().put("xl/workbook.bin", MAIN, main).relate("", "officeDocument", "xl/workbook.bin")
    for place, data in enumerate(sheets, 1):
        kind = kinds[place - 1] if kinds else "worksheet"
        content_type = "macrosheet" if "acrosheet" in kind else "worksheet"
        parts.put(f"xl/worksheets/sheet{place}.bin", XLSB + content_type, data)
        parts.relate("xl/workbook.bin", kind, f"worksheets/sheet{place}.bin")
    return parts

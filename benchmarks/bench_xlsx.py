"""Workbooks of many rows: the rebuild and the judge beside the least that each part must cost.

Floors, in the same rounds: `copy` inflates each part, checks its sum, and lets expat read it without a handler; `tree`
parses each part with lxml, writes it and deflates it anew. Four sizes show that the cost grows with the cells.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from xml.parsers import expat

import deflate
from isal import isal_zlib
from lxml import etree

from benchmarks.bench import Case, Figure, main, measure, repeated
from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge

ROWS = (500, 5_000, 20_000, 50_000)
COLUMNS = 20
_POLICY = load_policy("default")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_NAME = "book.xlsx"


@cache
def workbook(rows: int) -> bytes:
    """A workbook of one sheet: strings, whole numbers, decimals, dates and formulas, a column of each in turn."""
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}sharedStrings+xml"/></Types>',
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        '<sheet name="Data" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>'
        + "".join(_row(number) for number in range(1, rows + 1))
        + "</sheetData></worksheet>",
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f"<si><t>見出し {number} の説明</t></si>" for number in range(400))
        + "</sst>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def _row(number: int) -> str:
    cells = (_cell(number, column) for column in range(COLUMNS))
    return f'<row r="{number}" spans="1:{COLUMNS}">{"".join(cells)}</row>'


def _cell(row: int, column: int) -> str:
    place, value = f"{chr(65 + column)}{row}", (row * 7919 + column * 104_729) % 9_973
    match column % 5:
        case 0:
            return f'<c r="{place}" t="s"><v>{value % 400}</v></c>'
        case 1:
            return f'<c r="{place}"><v>{value}</v></c>'
        case 2:
            return f'<c r="{place}"><v>{value / 100}</v></c>'
        case 3:
            return f'<c r="{place}" s="0"><v>{44_000 + value % 2_000}</v></c>'
        case _:
            return f'<c r="{place}"><f>B{row}*C{row}</f><v>{value}</v></c>'


def _members(data: bytes) -> Iterator[bytes]:
    """Each part, inflated to its size and its sum checked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename.encode())
            part = bytes(deflate.deflate_decompress(data[start : start + info.compress_size], info.file_size))
            assert deflate.crc32(part) == info.CRC
            yield part


def _copy(data: bytes) -> None:
    for part in _members(data):
        expat.ParserCreate().Parse(part, True)


def _tree(data: bytes) -> None:
    for part in _members(data):
        tree = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
        stream = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        stream.compress(etree.tostring(tree, encoding="UTF-8"))
        stream.flush()


def _rebuild(data: bytes) -> None:
    outcome = sanitize(data, Order(name=_NAME, policy=_POLICY))
    assert outcome.data is not None, outcome.report


def _cases() -> Iterator[Case]:
    for rows in ROWS:
        data = workbook(rows)
        label, floor = f"{rows * COLUMNS:,} cells", f"copy: {rows * COLUMNS:,} cells"
        outcome = sanitize(data, Order(name=_NAME, policy=_POLICY))
        assert outcome.data is not None, outcome.report
        word: Callable[[], object] = partial(judge, outcome.data, outcome.report.released_type, _POLICY)
        yield Case(floor, len(data), repeated(partial(_copy, data)))
        yield Case(f"tree: {label}", len(data), repeated(partial(_tree, data)), floor)
        yield Case(f"rebuild: {label}", len(data), repeated(partial(_rebuild, data)), floor)
        yield Case(f"judge: {label}", len(outcome.data), repeated(word), floor)


def take(rounds: int) -> list[Figure]:
    """All cases, in as many rounds."""
    return measure(list(_cases()), rounds)


if __name__ == "__main__":
    main("Workbooks of many rows", take)

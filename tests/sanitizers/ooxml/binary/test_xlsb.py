"""Binary workbooks: records of the list go along, and nothing that runs, fetches or hides (XLSB-01 to XLSB-10)."""

import io
import struct
import zipfile

import pytest

from sanitizers.errors import MalformedError, Reason
from sanitizers.formats.ooxml.binary.calls import Book
from sanitizers.formats.ooxml.binary.formula import kept
from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.model import Order
from sanitizers.parsers.biff12 import record, records, text
from sanitizers.pipeline import sanitize
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.binary.xlsbs import (
    bundle,
    call,
    cell,
    computed,
    externals,
    formula,
    name,
    number,
    plain,
    u32,
    worksheet,
    xlsb,
)
from tests.sanitizers.ooxml.packages import Parts
from tests.sanitizers.ooxml.sheet.books import POLICY, rebuilt

TYPE = "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
MACROSHEET = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
SUM, CALL, HYPERLINK, BY_NAME = 4, 150, 359, 255
A1 = b"\x44" + bytes(6)


def copy_of(parts: Parts) -> tuple[dict[str, bytes], set[str]]:
    """The copy's parts and what was told; the judge accepts it, and a second pass leaves it as it is."""
    copy = rebuilt(parts, "a.xlsb")
    with zipfile.ZipFile(io.BytesIO(copy.data)) as archive:
        return {n: archive.read(n) for n in archive.namelist()}, copy.told


def first_sheet(*rows: bytes, tail: bytes = b"", middle: bytes = b"") -> tuple[bytes, set[str]]:
    parts, told = copy_of(xlsb(worksheet(*rows, tail=tail), middle=middle))
    return parts["xl/worksheets/sheet1.bin"], told


def opinion_on(part: str, data: bytes):
    """The judge's word on a copy whose part was changed after the rebuild."""
    parts, _ = copy_of(xlsb(worksheet(plain(0))))
    changed = write_zip([Entry(n, data if n == part else old) for n, old in parts.items()])
    return judge(changed, TYPE, POLICY)


# cells and formulas


@pytest.mark.parametrize(
    "tokens",
    [
        number(1) + number(2) + b"\x03",
        A1 + call(SUM),
        b"\x17" + struct.pack("<H", 2) + "表|".encode("utf-16-le"),
        A1 + b"\x19\x02" + bytes(2) + call(1, arguments=3),
        call(480, arguments=2),
    ],
)
def test_a_formula_that_computes_stays(tokens):
    sheet, told = first_sheet(computed(0, tokens))
    assert computed(0, tokens) in sheet
    assert "XLSB-05" not in told


@pytest.mark.parametrize(
    "tokens",
    [
        call(CALL),
        call(HYPERLINK),
        call(BY_NAME),
        call(0x8004),  # a command of a macro sheet
        b"\x43" + u32(1),  # a name that is not there
        b"\x59" + bytes(6),  # a name of another workbook
        b"\x5a" + bytes(8),  # another sheet, of a reference that is not there
        b"\x02" + bytes(4),
        b"\x1f\0",
        b"\xff",
    ],
)
def test_any_other_formula_leaves_its_value(tokens):
    sheet, told = first_sheet(computed(0, tokens))
    assert plain(0) in sheet
    assert computed(0, tokens) not in sheet
    assert "XLSB-05" in told


@pytest.mark.parametrize(("kind", "value", "left"), [(8, text("あ"), 6), (10, b"\1", 4), (11, b"\x2a", 3)])
def test_every_sort_of_value_is_left(kind, value, left):
    sheet, _ = first_sheet(record(kind, cell(0) + value + bytes(2) + formula(call(CALL), b"")))
    assert record(left, cell(0) + value) in sheet


def test_what_shares_a_frozen_formula_is_frozen():
    shared = record(427, bytes(16) + formula(call(CALL), b""))
    repeats = [computed(0, b"\x01" + u32(0), u32(0)), computed(0, b"\x01" + u32(0), u32(0))]
    sheet, _ = first_sheet(repeats[0] + shared, repeats[1])
    assert sheet.count(plain(0)) == 2
    assert record(427, b"")[:2] not in sheet
    good = record(427, bytes(16) + formula(A1 + call(SUM), b""))
    sheet, told = first_sheet(repeats[0] + good, repeats[1])
    assert good in sheet and "XLSB-05" not in told


# names, sheets, other workbooks


def test_names_that_run_go_and_numbers_follow():
    names = name("_xlnm.Auto_Open", number(1)) + name("f", number(1), flags=8) + name("税率", number(0.1), flags=1)
    parts, told = copy_of(xlsb(worksheet(computed(0, b"\x43" + u32(3))), middle=names))
    assert name("税率", number(0.1), flags=1) in parts["xl/workbook.bin"]
    assert "Auto_Open".encode("utf-16-le") not in parts["xl/workbook.bin"]
    assert computed(0, b"\x43" + u32(1)) in parts["xl/worksheets/sheet1.bin"]
    assert "XLSB-03" in told


def test_names_over_a_refused_one_go():
    names = name("a", call(CALL)) + name("b", b"\x43" + u32(1)) + name("c", b"\x43" + u32(2))
    parts, _ = copy_of(xlsb(worksheet(computed(0, b"\x43" + u32(3))), middle=names))
    assert plain(0) in parts["xl/worksheets/sheet1.bin"]
    assert record(39, b"")[:1] not in {data[:1] for _, data, *_ in records(parts["xl/workbook.bin"])}


def test_a_macro_sheet_goes_and_numbers_follow():
    references = ((0, 0, 0), (0, 1, 1))
    middle = externals(record(357, b""), references=references) + name("n", number(1), scope=1)
    three_d = b"\x5a" + struct.pack("<H", 1) + bytes(6)
    dead = b"\x5a" + struct.pack("<H", 0) + bytes(6)
    sheets = (worksheet(), worksheet(computed(0, three_d), computed(0, dead)))
    parts, told = copy_of(xlsb(*sheets, middle=middle, kinds=(MACROSHEET, "worksheet")))
    assert externals(record(357, b""), references=((0, -1, -1), (0, 0, 0))) in parts["xl/workbook.bin"]
    assert name("n", number(1), scope=0) in parts["xl/workbook.bin"]
    sheet = parts["xl/worksheets/sheet1.bin"]
    assert computed(0, three_d) in sheet and plain(0) in sheet and computed(0, dead) not in sheet
    assert "XLSB-02" in told


def test_another_workbook_is_left_behind():
    middle = externals(record(355, text("rId9")), record(357, b""), references=((0, 0, 0), (1, 0, 0)))
    outside, inside = (b"\x5a" + struct.pack("<H", n) + bytes(6) for n in (0, 1))
    parts, told = copy_of(xlsb(worksheet(computed(0, outside), computed(0, inside)), middle=middle))
    assert externals(record(357, b""), references=((0, -1, -1), (0, 0, 0))) in parts["xl/workbook.bin"]
    assert plain(0) in parts["xl/worksheets/sheet1.bin"]
    assert computed(0, inside) in parts["xl/worksheets/sheet1.bin"]
    assert "XLSB-04" in told


def test_a_very_hidden_sheet_can_be_shown():
    parts, told = copy_of(xlsb(worksheet(), bundles=bundle("S1", "rId1", state=2)))
    assert bundle("S1", "rId1", state=1) in parts["xl/workbook.bin"]
    assert "OOXML-95" in told


# links, records of later versions, heads


def test_links_stay_where_they_lead_to_the_web_or_into_the_workbook():
    def link(identifier: str | None, location: str = "") -> bytes:
        return record(494, bytes(16) + text(identifier) + text(location) + text(None) + text("x"))

    parts = xlsb(worksheet(tail=link("rId1") + link("rId2") + link(None, "S1!A1") + link(None, "\\\\host\\a")))
    source = "xl/worksheets/sheet1.bin"
    parts.relate(source, "hyperlink", "https://example.com/", external=True)
    parts.relate(source, "hyperlink", "file:///C:/x.exe", external=True)
    copy, told = copy_of(parts)
    assert copy[source] == worksheet(tail=link("rId1") + link(None, "A1") + link(None, "S1!A1") + link(None, "A1"))
    assert {"OOXML-20", "XLSB-06"} <= told


@pytest.mark.parametrize(
    "tail",
    [
        record(35, u32(0)) + record(1045, b"hidden") + record(36, b""),
        record(37, u32(0)) + record(37, b"") + record(38, b"") + record(1045, b"x") + record(38, b""),
        record(3072, bytes(16)),
        record(9000, b"x" * 300),
    ],
)
def test_records_of_later_versions_go(tail):
    sheet, told = first_sheet(plain(0), tail=tail)
    assert sheet == worksheet(plain(0))
    assert "XLSB-09" in told


@pytest.mark.parametrize(
    "part",
    [
        b"\x85\x80\0" + b"\0",  # a type of three bytes
        b"\x85\0\0",  # longer than it must be
        b"\x05\x80\x80\x80\x80\0",
        b"\x05\x80\0",
        b"\x05\x05abc",
        b"\x05",
        record(37, b""),
    ],
)
def test_a_head_that_lies_is_refused(part):
    outcome = sanitize(xlsb(worksheet() + part).data(), Order(name="a.xlsb", policy=POLICY))
    assert outcome.data is None
    assert outcome.report.reason is Reason.MALFORMED
    assert "XLSB-10" in {finding.vector for finding in outcome.report.findings}
    assert not opinion_on("xl/worksheets/sheet1.bin", worksheet() + part).accepted


# what the judge thinks of it when it comes back


@pytest.mark.parametrize(
    "tail",
    [
        computed(0, call(CALL)),
        computed(0, call(HYPERLINK)),
        computed(0, b"\x59" + bytes(6)),
        record(37, u32(0)) + record(38, b""),
        record(638, b"") + record(640, b""),
        record(494, bytes(16) + text("rId7") + text("") + text(None) + text("x")),
        record(478, bytes(34) + text("rId1")),
        record(351, formula(number(1), b"")),
    ],
)
def test_the_judge_refuses_what_is_put_back_into_a_sheet(tail):
    assert opinion_on("xl/worksheets/sheet1.bin", worksheet(plain(0))).accepted
    assert not opinion_on("xl/worksheets/sheet1.bin", worksheet(tail)).accepted


@pytest.mark.parametrize(
    "middle",
    [
        name("Auto_Open", number(1)),
        name("f", number(1), flags=2),
        name("a", call(CALL)),
        externals(record(355, text("rId9"))),
        record(154, b""),
    ],
)
def test_the_judge_refuses_what_is_put_back_into_a_workbook(middle):
    main = xlsb(worksheet(plain(0)), middle=middle).parts["xl/workbook.bin"][1]
    assert not opinion_on("xl/workbook.bin", main).accepted


def test_what_stands_behind_the_tokens_must_belong_to_them():
    array = b"\x60" + bytes(14)
    values = u32(1, 1) + b"\0" + struct.pack("<d", 1.0)
    assert kept(array, values, Book()) is not None
    assert kept(array, values + b"x", Book()) is None
    assert kept(array, u32(2, 2) + b"\0", Book()) is None
    assert kept(number(1), b"hidden", Book()) is None


def test_records_are_read_as_they_are_written():
    written = record(0, b"") + record(127, b"a") + record(128, b"b" * 127) + record(16383, b"c" * 70_000)
    assert [(kind, len(data)) for kind, data, *_ in records(written)] == [(0, 0), (127, 1), (128, 127), (16383, 70_000)]
    with pytest.raises(MalformedError):
        list(records(written[:-1]))

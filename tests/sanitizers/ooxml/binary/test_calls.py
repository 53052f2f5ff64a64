"""Binary formulas that call newer functions by their names, and links: kept where their first operand is certain."""

import struct

import pytest

from sanitizers.formats.zip.reconstruct import Entry, write_zip
from sanitizers.parsers.biff12 import formula, record, text
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.binary.test_xlsb import TYPE, copy_of
from tests.sanitizers.ooxml.binary.xlsbs import NOWHERE, call, computed, name, number, plain, u32, worksheet, xlsb
from tests.sanitizers.ooxml.sheet.books import POLICY

SHEET, BOOK = "xl/worksheets/sheet1.bin", "xl/workbook.bin"
LINK, BY_NAME = 359, 255
A1 = b"\x44" + bytes(6)
JOIN, BRACKETS, SUM_OF = b"\x08", b"\x15", b"\x19\x10\0\0"
FIRST = b"\x23" + u32(1)
STDEV = number(1) + number(2) + call(BY_NAME, arguments=3)
IS_NA = number(1) + b"\x41" + struct.pack("<H", 2)  # ISNA, which has one argument


def newer(title: str, flags: int = 0x2000B, shown: bytes = b"\x1c\x1d", scope: int = NOWHERE) -> bytes:
    """The name of a function that came after the format."""
    return record(39, u32(flags) + b"\0" + u32(scope) + text(title) + formula(shown, b"") + text(None) * 5)


def literal(said: str) -> bytes:
    return b"\x17" + struct.pack("<H", len(said)) + said.encode("utf-16-le")


def rebuilt_cell(tokens: bytes, names: bytes = b"") -> tuple[bytes, bytes, set[str]]:
    """The copy's sheet, its workbook, and what was told."""
    parts, told = copy_of(xlsb(worksheet(computed(0, tokens)), middle=names))
    return parts[SHEET], parts[BOOK], told


@pytest.mark.parametrize(
    "title", ["_xlfn.STDEV.S", "_xlfn.XLOOKUP", "_xlfn._xlws.FILTER", "_xlfn.CONCAT", "_xlfn.SINGLE"]
)
def test_a_newer_function_stays_with_its_name(title):
    sheet, book, told = rebuilt_cell(FIRST + STDEV, newer(title))
    assert computed(0, FIRST + STDEV) in sheet and newer(title) in book
    assert not told & {"XLSB-03", "XLSB-05"}


def test_a_newer_function_stays_inside_another_formula():
    tokens = number(3) + FIRST + IS_NA + number(2) + call(BY_NAME, arguments=3) + BRACKETS + b"\x03" + SUM_OF
    sheet, book, _ = rebuilt_cell(tokens, newer("_xlfn.IFS", flags=0x2038B))
    assert computed(0, tokens) in sheet
    assert newer("_xlfn.IFS") in book


def test_numbers_of_newer_functions_follow():
    names = name("f", number(1), flags=8) + newer("_xlfn.STDEV.S") + name("率", number(2))
    tokens = b"\x23" + u32(2) + b"\x23" + u32(3) + call(BY_NAME, arguments=2)
    sheet, _, told = rebuilt_cell(tokens, names)
    assert computed(0, b"\x23" + u32(1) + b"\x23" + u32(2) + call(BY_NAME, arguments=2)) in sheet
    assert "XLSB-03" in told


@pytest.mark.parametrize(
    "names",
    [
        newer("_xlfn.WEBSERVICE"),
        newer("_xlfn.SEQUENCE"),  # millions of cells of two numbers
        newer("_xludf.STDEV.S"),
        newer("_xlfn._xleta.SUM"),
        newer("STDEV.S"),
        newer("_xlfn.STDEV.S", flags=0xB),
        newer("_xlfn.STDEV.S", shown=number(1)),
        newer("_xlfn.STDEV.S", scope=0),
        name("_xlfn.STDEV.S", b"\x1c\x1d"),
        name("_xlfn.WEBSERVICE", number(1)),
        name("own", number(1)),
    ],
)
def test_no_other_name_is_called(names):
    sheet, book, told = rebuilt_cell(FIRST + STDEV, names)
    assert plain(0) in sheet
    assert "_xl".encode("utf-16-le") not in book
    assert "XLSB-05" in told


@pytest.mark.parametrize(
    "tokens",
    [
        FIRST,
        number(1) + FIRST + number(2) + call(BY_NAME, arguments=3),  # not the first
        FIRST + number(1) + b"\x03" + call(BY_NAME, arguments=1),
        FIRST + call(BY_NAME, arguments=2),
        FIRST + number(1) + call(BY_NAME, arguments=1) + b"\x03" + call(BY_NAME, arguments=0),
        FIRST + STDEV + number(1),
        FIRST + number(1) + b"\x41" + struct.pack("<H", 49) + call(BY_NAME, arguments=2),  # one of many arguments
    ],
)
def test_a_name_of_a_function_is_called_and_nothing_else(tokens):
    sheet, _, told = rebuilt_cell(tokens, newer("_xlfn.STDEV.S"))
    assert plain(0) in sheet and "XLSB-05" in told


@pytest.mark.parametrize(
    "tokens",
    [
        literal("https://example.com/a") + call(LINK),
        literal("https://example.com") + literal("町") + call(LINK, arguments=2),
        literal("#S1!A1") + BRACKETS + call(LINK),
        literal("https://example.com/?id=") + A1 + JOIN + call(LINK),
        literal("#S1!A") + A1 + JOIN + A1 + JOIN + number(1) + call(LINK, arguments=2),
        literal("mailto:soumu@example.com") + A1 + call(LINK, arguments=2),
    ],
)
def test_a_link_stays_whose_address_is_certain(tokens):
    sheet, _, told = rebuilt_cell(tokens)
    assert computed(0, tokens) in sheet
    assert "XLSB-05" not in told


UNCERTAIN = [
    literal("file:///C:/a.exe") + call(LINK),
    literal("\\\\host\\a") + call(LINK),
    literal("https://example.com") + A1 + JOIN + call(LINK),
    literal("mailto:") + A1 + JOIN + call(LINK),
    A1 + literal("https://example.com/") + JOIN + call(LINK),
    A1 + call(LINK),
    number(1) + literal("https://example.com/") + b"\x03" + call(LINK),
    literal("https://example.com/") + A1 + A1 + call(LINK, arguments=3),
    literal("file:///a") + b"\x19\x08\x20\0" + literal("https://example.com/") + BRACKETS + call(LINK, arguments=2),
    literal("https://example.com/") + b"\x19\x08\x20\0" + call(LINK),  # a jump
]


@pytest.mark.parametrize("tokens", UNCERTAIN)
def test_any_other_link_leaves_its_value(tokens):
    sheet, _, told = rebuilt_cell(tokens)
    assert plain(0) in sheet and "XLSB-05" in told


# the judge


def opinion_on(tokens: bytes, names: bytes = b""):
    """The judge's word on a copy whose sheet and names were written by someone else."""
    parts, _ = copy_of(xlsb(worksheet(plain(0))))
    parts[SHEET] = worksheet(computed(0, tokens))
    parts[BOOK] = parts[BOOK].replace(record(132, b""), names + record(132, b""))
    return judge(write_zip([Entry(n, data) for n, data in parts.items()]), TYPE, POLICY)


def test_the_judge_hears_calls_that_may_stand():
    assert opinion_on(FIRST + STDEV, newer("_xlfn.STDEV.S")).accepted
    assert opinion_on(literal("https://example.com/?id=") + A1 + JOIN + call(LINK)).accepted


@pytest.mark.parametrize("tokens", UNCERTAIN)
def test_the_judge_refuses_other_links(tokens):
    assert not opinion_on(tokens).accepted


@pytest.mark.parametrize(
    "names",
    [
        newer("_xlfn.WEBSERVICE"),
        newer("_xlfn.SEQUENCE"),
        newer("_xlfn.STDEV.S", flags=0xB),
        newer("_xlfn.STDEV.S", shown=number(1)),
        newer("_xlfn.STDEV.S", scope=0),
        newer("_xlfn.STDEV.S")[:-4] + text("x"),
        name("_xlfn.STDEV.S", b"\x1c\x1d"),
        name("own", number(1)),
    ],
)
def test_the_judge_refuses_names_that_are_no_known_function(names):
    assert not opinion_on(FIRST + STDEV, names).accepted


@pytest.mark.parametrize(
    "tokens",
    [
        number(1) + FIRST + number(2) + call(BY_NAME, arguments=3),
        literal("WEBSERVICE") + call(BY_NAME),
        b"\x23" + u32(2) + STDEV,
        FIRST + STDEV + number(1),
    ],
)
def test_the_judge_refuses_other_calls(tokens):
    assert not opinion_on(tokens, newer("_xlfn.STDEV.S") + name("own", number(1))).accepted

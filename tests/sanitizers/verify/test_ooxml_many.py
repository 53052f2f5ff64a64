"""Rows and strings heard as a language: what may stand is left out of the walk, all else is walked (V-XML, V-FML)."""

import pytest

from sanitizers.verify.ooxml.many import left_of_the_many, without_the_many

MAIN = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
X14AC = b' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
HEAD = b'<?xml version="1.0"?>\n<worksheet' + MAIN + X14AC + b"><sheetData>"
TAIL = b"</sheetData></worksheet>"
ROW = (
    '<row r="1" spans="1:3"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><f>A1*2</f><v>値 &amp; 1.5</v></c></row>'
).encode()


def sheet(*odd: str, rows: int = 900) -> bytes:
    return HEAD + ROW * rows + "".join(odd).encode() + TAIL


def test_ordinary_rows_are_not_walked():
    assert without_the_many(sheet(), "x:worksheet") == HEAD + TAIL


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A2"><f>SUM(表[税込],\'年 度\'!A1)</f></c></row>',
        '<row r="2"/>\n<row r="3" ht="12.5" customHeight="1" x14ac:dyDescent="0.2"><c r="A3" t="str" s="1"/></row>',
        '<row><c t="inlineStr"><is><t xml:space="preserve"> a</t></is></c></row>',
        '<row r="2"><c r="A2" cm="1"><f t="array" ref="A2:B3">_xlfn.UNIQUE(A1:A9)</f><v>1</v></c></row>',
    ],
)
def test_what_programs_write_is_heard_so(row):
    assert without_the_many(sheet(row), "x:worksheet") == HEAD + TAIL


@pytest.mark.parametrize(
    "row",
    [
        '<row r="2"><c r="A2"><f>WEBSERVICE("https://example.com")</f></c></row>',
        '<row r="2"><c r="A2"><f>cmd|\'/c echo harmless\'!A0</f></c></row>',
        '<row r="2"><c r="A2"><f>[1]Sheet1!A1</f></c></row>',
        '<row r="2"><c r="A2"><f>SEQUENCE(99999,99999)</f></c></row>',
        '<row r="2"><c r="A2" r="B2"><v>1</v></c></row>',
        '<row r="2"><c r="A2" vm="1"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>a]]>b</v></c></row>',
        '<row r="2"><c r="A2"><v>&#0;</v></c></row>',
        '<row r="2"><!-- a --></row>',
        '<row r="2"><c r="A2"><extLst/></c></row>',
        "</sheetData><sheetData>",
    ],
)
def test_anything_else_is_walked(row):
    """The walk has the last word: nothing is accepted here, only left to it."""
    data = sheet(row)
    assert without_the_many(data, "x:worksheet") == data


def left(data: bytes, root: str = "x:worksheet", size: int = 5000) -> bytes:
    """What is left of a part in pieces, whose walk would always end among rows until they end."""
    walked: list[bytes] = []
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    for piece in left_of_the_many(pieces, root, lambda: b"</sheetData" not in b"".join(walked)):
        walked.append(piece)
    return b"".join(walked)


@pytest.mark.parametrize("size", [400, 5000, 10**6])
def test_a_large_part_is_heard_in_pieces(size):
    assert left(sheet(), size=size) == HEAD + TAIL
    strings = "<si><t>東京</t></si>".encode() * 2000
    head = b"<sst" + MAIN + b">"
    assert left(head + strings + b"</sst>", "x:sst", size) == head + b"</sst>"


def test_in_pieces_too_anything_else_is_walked():
    odd = b'<row r="2"><c r="A2"><f>WEBSERVICE("https://example.com")</f></c></row>'
    data = HEAD + ROW * 300 + odd + ROW * 300 + TAIL

    assert odd in left(data)
    assert len(left(data)) < len(data) // 3


def test_rows_in_another_place_are_walked():
    """Rows behind the sheet's own, or where the walk does not stand among rows, are no rows."""
    behind = HEAD + TAIL.replace(b"</worksheet>", b"<ext>") + ROW * 300 + b"</ext></worksheet>"

    assert left(behind) == behind
    assert b"".join(left_of_the_many(iter((sheet(),)), "x:worksheet", lambda: False)) == sheet()


def test_a_prefix_must_be_declared():
    data = sheet('<row r="2" x14ac:dyDescent="0.2"/>').replace(X14AC, b"")
    assert without_the_many(data, "x:worksheet") == data


def test_bytes_that_are_no_text_are_walked():
    data = HEAD + ROW * 900 + b'<row r="2"><c r="A2"><v>\xff</v></c></row>' + TAIL
    assert without_the_many(data, "x:worksheet") == data


def test_shared_strings_are_heard_so():
    head = b'<?xml version="1.0"?>\n<sst' + MAIN + b' count="2">'
    strings = '<si><t>東京</t></si><si><t xml:space="preserve"> a</t></si>'.encode() * 2000
    assert without_the_many(head + strings + b"</sst>", "x:sst") == head + b"</sst>"
    with_run = head + strings + b"<si><r><t>a</t></r></si></sst>"
    assert without_the_many(with_run, "x:sst") == with_run


def test_other_parts_and_short_ones_are_walked():
    short = sheet(rows=2)
    assert without_the_many(short, "x:worksheet") == short
    assert without_the_many(sheet(), "x:styleSheet") == sheet()

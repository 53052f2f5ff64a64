"""Rows: proved as they stand or written anew, and the same cells either way (OOXML-13, 58, 80, 83, 89, 98)."""

import pytest

from sanitizers.errors import MalformedError, Reason
from sanitizers.formats.ooxml.sheet import language, rows
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from tests.sanitizers.ooxml.sheet.books import POLICY, book, rebuilt, sheet

PLAIN = '<row r="1" spans="1:2"><c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><f>A1*2</f><v>4</v></c></row>'


def carried(text: str, **options: str) -> str:
    return rebuilt(book(sheet(text, **options))).rows


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        '<row r="1" hidden="1"/>\n<row r="2"><c r="A2" t="str"><f>"a"&amp;A1</f><v> a</v></c></row>',
        '<row><c t="inlineStr"><is><t xml:space="preserve"> 神々廻 𠮷 </t></is></c></row>',
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1*2</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c></row>',
        '<row r="1"><c r="A1" t="b"><f t="array" ref="A1:A2">ISBLANK(B1:B2)</f><v>1</v></c></row>',
        '<row r="4" customFormat="false" ht="12.8">'
        '<c r="B4" t="str" s="2"><f aca="false">TODAY()</f><v>a]]</v></c></row>',
    ],
)
def test_what_programs_write_stands_as_it_is(text):
    assert carried(text) == text
    assert language.is_proved(language.ROWS, text.encode(), 0, len(text.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<row spans="1:2" r="1"><c t="s" s="1" r="A1"><v>0</v></c></row>', '<c r="A1" s="1" t="s"><v>0</v></c>'),
        ("<row r='1'><c r='a1'><v>1</v></c></row>", '<row r="1"><c r="A1"><v>1</v></c></row>'),
        ('<row r="1"><c r="A1"><v><![CDATA[1<2]]></v></c></row>', '<row r="1"><c r="A1"><v>1&lt;2</v></c></row>'),
        ('<row r="1"><!-- a --><c r="A1"><v>1</v></c></row>', '<row r="1"><c r="A1"><v>1</v></c></row>'),
        ('<row r="1" a="b"><x/><c r="A1" vm="1"><v>1</v><v>2</v></c></row>', '<row r="1"><c r="A1"><v>1</v></c></row>'),
        ('<row r="1"><c r="A1"><v>&#x26;&#60;</v></c></row>', "<v>"),
        ('<row r="1"><c r="0"><v>1</v></c><c r="1"/></row>', '<row r="1"><c><v>1</v></c><c/></row>'),
    ],
)
def test_another_form_is_written_anew(text, expected):
    assert expected in carried(text)


def test_prefixed_rows_lose_their_prefix():
    text = '<x:row r="1"><x:c r="A1" t="s"><x:v>0</x:v></x:c></x:row>'
    assert carried(text, prefix="x") == '<row r="1"><c r="A1" t="s"><v>0</v></c></row>'


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            '<c r="A1" s="3"><f>HYPERLINK("a.xlsx","別の &lt;表&gt;")</f></c>',
            '<c r="A1" s="3" t="str"><v>別の &lt;表&gt;</v></c>',
        ),
        ('<c r="A1" t="n"><f>hyperlink( "C:\\a ""b""" )</f> </c>', '<c r="A1" t="str"><v>C:\\a "b"</v> </c>'),
        ('<c r="A1"><f>HYPERLINK("a.xlsx",B1)</f></c>', '<c r="A1"><f>B1</f></c>'),
        (
            '<c r="A1" t="str"><f>HYPERLINK("a.xlsx","表")</f><v>計算済み</v></c>',
            '<c r="A1" t="str"><v>計算済み</v></c>',
        ),
    ],
)
def test_a_link_to_a_file_leaves_what_it_shows(cell, expected):
    """OOXML-89: the text that was computed, or what is written out where none was."""
    assert carried(f'<row r="1">{cell}</row>') == f'<row r="1">{expected}</row>'


def test_both_ways_judge_formulas_alike(monkeypatch):
    """The same cells in canonical form and in another: one is proved, the other goes through a tree."""
    formulas = ["A1*2", "SUM([1]S!A1)", 'WEBSERVICE("https://example.com")', 'S9!A1&amp;"x"', "cmd|'/c echo'!A0"]
    cells = [f'<row r="{n}"><c r="A{n}"><f>{f}</f><v>{n}</v></c></row>' for n, f in enumerate(formulas, 1)]
    other = "".join(cells).replace('<row r="1">', '<row spans="1:1" r="1">')
    monkeypatch.setattr(rows, "CHUNK", 60)  # several chunks
    assert carried(other).replace(' spans="1:1"', "") == carried("".join(cells))


def test_a_frozen_formula_leaves_its_value():
    copy = rebuilt(book(sheet('<row r="1"><c r="A1" cm="1"><f>RTD("a",,"b")</f><v>7</v></c></row>')))
    assert copy.rows == '<row r="1"><c r="A1"><v>7</v></c></row>'
    assert "OOXML-89" in copy.told


def test_what_shares_a_frozen_formula_is_frozen():
    text = (
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="3">[1]S!A1</f><v>1</v></c>'
        '<c r="B1"><f t="shared" ref="B1:B2" si="4">A1</f><v>1</v></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="3"/><v>2</v></c><c r="B2"><f t="shared" si="4"/><v>2</v></c></row>'
    )
    found = carried(text)
    assert 'si="3"' not in found
    assert found.count('si="4"') == 2
    assert found.count("<v>") == 4


def test_descent_stays_only_with_its_prefix():
    """Rows say it in all of Excel's files; without the prefix in force the copy would be no XML."""
    x14ac = ' xmlns:x14ac="http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"'
    text = '<row r="1" x14ac:dyDescent="0.2"><c r="A1"><v>1</v></c></row>'
    head = '<sheetFormatPr defaultRowHeight="15" x14ac:dyDescent="0.2"/>'
    assert carried(text, extra=x14ac) == text.replace(' x14ac:dyDescent="0.2"', "")
    mc = ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" mc:Ignorable="x14ac"'
    assert carried(text, extra=x14ac + mc, head=head) == text


@pytest.mark.parametrize(
    "text",
    [
        '<row r="1"><c r="A1" r="B1"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>a]]>b</v></c></row>',
        '<row r="1"><c r="A1"><v>\x01</v></c></row>',
        '<row r="1"><c r="A1"><v>&#0;</v></c></row>',
        '<row r="1"></sheetData><sheetData></row>',
        '<row r="1"><c r="ÄÖ1"><v>1</v></c></row>',
    ],
)
def test_what_is_no_sheet_is_refused(text):
    outcome = sanitize(book(sheet(text)).data(), Order(name="a.xlsx", policy=POLICY))
    assert outcome.data is None
    assert outcome.report.reason is Reason.MALFORMED


def test_chunks_end_behind_rows(monkeypatch):
    monkeypatch.setattr(rows, "CHUNK", 10)
    region = b"<row><c/></row>" * 7 + b"\n"
    found = list(rows.chunks(region, b"</row>"))
    assert b"".join(found) == region
    assert all(chunk.endswith(b"</row>") for chunk in found[:-1])
    assert MalformedError  # what a chunk that is no XML raises

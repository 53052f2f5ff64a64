"""HYPERLINK in formulas: what keeps its link, what is cut to what it shows, what is frozen (OOXML-89, OOXML-19)."""

import pytest

from policies.model import Policy
from policies.terms import Action
from sanitizers.formats.ooxml.sheet.formulas import Formulas
from sanitizers.formats.ooxml.sheet.links import Parter, parted
from sanitizers.verify.judge import judge
from tests.sanitizers.ooxml.forge import Package
from tests.sanitizers.ooxml.packages import Parts
from tests.sanitizers.ooxml.sheet.books import POLICY, SML, book, rebuilt, sheet

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WEB = "https://www.example.jp/a?b=1"
NO_LINKS = Policy(name="no links", admit=POLICY.admit, actions={"OOXML-19": Action.REMOVE})


def linking(formula: str, *, strings: str = f"<si><t>{WEB}</t></si>", target: str = "", more: str = "") -> Parts:
    """A workbook whose B1 has the formula and whose D1 holds shared string 0."""
    target = target or '<c r="D1" t="s"><v>0</v></c>'
    cells = f'<c r="A1"><v>7</v></c><c r="B1" t="str"><f>{formula}</f><v>shown</v></c>{target}'
    parts = book(sheet(f'<row r="1">{cells}</row>{more}'), sheet(f'<row r="1">{target}</row>'))
    text = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{strings}</sst>'
    parts.put("xl/sharedStrings.xml", SML + "sharedStrings+xml", text)
    return parts.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml")


def formula_of(parts: Parts) -> str | None:
    rows = rebuilt(parts).rows
    return rows.partition("<f>")[2].partition("</f>")[0] if "<f>" in rows else None


@pytest.mark.parametrize(
    "formula",
    [
        "HYPERLINK(D1)",
        'HYPERLINK($D$1,"リンク"&amp;A1)',
        "IF(A1&gt;1,HYPERLINK( D1 ,A1),0)",
        "HYPERLINK(S2!D1,A1)",
        "HYPERLINK('S2'!$D1)",
        'HYPERLINK("https://www.example.jp/path?id="&amp;A1&amp;"&amp;x=1","詳細")',
        'HYPERLINK("#S2!D1","次へ")',
        'HYPERLINK("#"&amp;CELL("address",S2!D1),A1)',
    ],
)
def test_a_link_stays_whose_address_is_certain(formula):
    copy = rebuilt(linking(formula))

    assert f"<f>{formula}</f>" in copy.rows
    assert not copy.told


@pytest.mark.parametrize(
    "strings",
    [
        f'<si><t>{WEB}</t><phoneticPr fontId="1"/></si>',
        "<si><r><t>https://www.</t></r><r><t>example.jp/</t></r></si>",
        "<si><t>mailto:a@example.jp</t></si>",
        "<si><t>#S2!A1</t></si>",
    ],
)
def test_a_cell_may_hold_any_link_that_a_formula_may(strings):
    assert formula_of(linking("HYPERLINK(D1,A1)", strings=strings)) == "HYPERLINK(D1,A1)"


def test_an_inline_text_is_a_constant_too():
    target = f'<c r="D1" t="inlineStr"><is><t>{WEB}</t></is></c>'
    assert formula_of(linking("HYPERLINK(D1,A1)", target=target)) == "HYPERLINK(D1,A1)"


@pytest.mark.parametrize(
    ("formula", "left"),
    [
        ('HYPERLINK("https://www.example.jp"&amp;A1,A1)', "A1"),
        ('HYPERLINK("file:///c:/x.exe","開く"&amp;A1)', '"開く"&amp;A1'),
        ('IF(A1="","",HYPERLINK("[B.xlsx]S!A1",A1&amp;"へ"))&amp;"。"', 'IF(A1="","",(A1&amp;"へ"))&amp;"。"'),
        ("HYPERLINK(E1,A1)", "A1"),
        ("HYPERLINK(D1:D2,A1)", "A1"),
        ("HYPERLINK(S2:S3!D1,A1)", "A1"),
        ("HYPERLINK(INDIRECT(A1),HYPERLINK(E1,A1))", "(A1)"),
        ("HYPERLINK(E1)", None),
        ("1+HYPERLINK(E1)", None),
        ("HYPERLINK(E1,)", None),
        ("HYPERLINK(E1,WEBSERVICE(A1))", None),
        ("HYPERLINK(E1,A1,A1)", None),
        ("HYPERLINK(E1,[1]S!A1)", None),
        ("HYPERLINK(E1,&quot;text&quot;)", None),
        ("S2!HYPERLINK(E1,A1)", None),
        ("HYPERLINK(E1,{1;A1)", None),
    ],
)
def test_another_link_is_cut_to_what_it_shows(formula, left):
    copy = rebuilt(linking(formula))

    assert copy.told == {"OOXML-89"}
    assert (f"<f>{left}</f>" in copy.rows) if left else ("<f>" not in copy.rows)
    assert "<v>shown</v>" in copy.rows


NO_CONSTANTS = {
    "a file": {"strings": "<si><t>file:///c:/x.exe</t></si>"},
    "a share": {"strings": "<si><t>\\\\host\\a</t></si>"},
    "an escape": {"strings": "<si><t>https://www.example.jp/_x005C_</t></si>"},
    "a formula": {"target": f'<c r="D1" t="str"><f>"{WEB}"&amp;A1</f><v>{WEB}</v></c>'},
    "a number": {"target": '<c r="D1"><v>0</v></c>'},
    "a text of a formula": {"target": f'<c r="D1" t="str"><v>{WEB}</v></c>'},
    "two cells of one place": {"more": '<row r="2"><c r="D1"><v>1</v></c></row>'},
    "a cell without a place": {"more": "<row><c><v>1</v></c></row>"},
    "a cell of an array": {"more": '<row r="3"><c r="C1"><f t="array" ref="C1:E2">A1:A3</f><v>1</v></c></row>'},
}


@pytest.mark.parametrize("case", NO_CONSTANTS)
def test_a_cell_that_is_no_constant_address_gives_no_link(case):
    formula = formula_of(linking("HYPERLINK(D1,A1)", **NO_CONSTANTS[case]))

    assert formula in ("A1", '"https://www.example.jp/a?b=1"&amp;A1')
    assert formula == "A1"


def test_a_policy_without_links_keeps_none():
    assert "<f>A1</f>" in rebuilt(linking("HYPERLINK(D1,A1)"), policy=NO_LINKS).rows


def test_a_shared_formula_is_looked_up_for_each_of_its_cells():
    """C2 leads to a number: its value remains. The others stay links."""
    rows = (
        '<row r="1"><c r="C1" t="str"><f t="shared" ref="C1:C3" si="0">HYPERLINK(D1,"見る")</f><v>見る</v></c>'
        '<c r="D1" t="s"><v>0</v></c></row>'
        '<row r="2"><c r="C2" t="str"><f t="shared" si="0"/><v>見る</v></c><c r="D2"><v>1</v></c></row>'
        '<row r="3"><c r="C3" t="str"><f t="shared" si="0"/><v>見る</v></c><c r="D3" t="s"><v>0</v></c></row>'
    )
    parts = linking("A1*2", more=rows.replace('r="1"', 'r="1" spans="1:9"'), target='<c r="Z1"><v>1</v></c>')
    copy = rebuilt(parts)

    assert 'si="0">HYPERLINK(D1,"見る")</f>' in copy.rows
    assert '<c r="C2" t="str"><v>見る</v></c>' in copy.rows
    assert '<c r="C3" t="str"><f t="shared" si="0"/>' in copy.rows


def test_a_shared_formula_whose_first_link_is_none_is_cut_for_all():
    rows = (
        '<row r="2"><c r="C2" t="str"><f t="shared" ref="C2:C3" si="0">HYPERLINK(D2,A2)</f><v>1</v></c></row>'
        '<row r="3"><c r="C3" t="str"><f t="shared" si="0"/><v>2</v></c><c r="D3" t="s"><v>0</v></c></row>'
    )
    assert 'si="0">A2</f>' in rebuilt(linking("A1*2", more=rows)).rows


STRINGS = "xl/sharedStrings.xml"
FIRST = "xl/worksheets/sheet1.xml"
TARGET = '<c r="D1" t="s"><v>0</v></c>'
LINK = "<f>HYPERLINK(D1,A1)</f>"
SHARED = '<f t="shared" ref="B1:B2" si="0">HYPERLINK(D1,A1)</f>'
BY_CELL = {  # what is changed in a good copy: where, what, into what
    "a file": (STRINGS, WEB, "file:///c:/x.exe"),
    "a share": (STRINGS, WEB, "\\\\host\\a"),
    "an escape": (STRINGS, WEB, "https://www.example.jp/_x005C_"),
    "a formula": (FIRST, TARGET, f'<c r="D1" t="str"><f>"{WEB}"</f><v>{WEB}</v></c>'),
    "a number": (FIRST, TARGET, '<c r="D1"><v>0</v></c>'),
    "nothing": (FIRST, TARGET, ""),
    "a string that is not there": (FIRST, TARGET, '<c r="D1" t="s"><v>1</v></c>'),
    "no string": (FIRST, TARGET, '<c r="D1" t="s"><v>x</v></c>'),
    "two cells": (FIRST, TARGET, TARGET + TARGET),
    "a cell without a place": (FIRST, TARGET, TARGET + "<c><v>1</v></c>"),
    "an array over it": (
        FIRST,
        TARGET,
        '<c r="C1"><f t="array" ref="C1:D2">A1:A2</f><v>1</v></c>' + TARGET,
    ),
    "another cell": (FIRST, "HYPERLINK(D1,", "HYPERLINK(D2,"),
    "another sheet": (FIRST, "HYPERLINK(D1,", "HYPERLINK(S3!D1,"),
    "a range": (FIRST, "HYPERLINK(D1,", "HYPERLINK(D1:D1,"),
    "a name": (FIRST, "HYPERLINK(D1,", "HYPERLINK(url,"),
    "a sum": (FIRST, "HYPERLINK(D1,", "HYPERLINK(D1&amp;A1,"),
    "a link in a reference of an entity": (FIRST, LINK, "<f>HYPERLIN&#75;(D2,A1)</f>"),
    "a formula of an array": (FIRST, LINK, '<f t="array" ref="B1">HYPERLINK(D1,A1)</f>'),
    "a shared formula": (FIRST, LINK + "<v>", SHARED + '<v>7</v></c><c r="C1"><f t="shared" si="0"/><v>'),
}
BEHIND_A_HOST = {
    "no whole host": ("www.example.jp/", "www.example.jp"),
    "no host": ("www.example.jp", ""),
    "a mail to whom it may": ("https://www.example.jp/", "mailto:"),
    "a file": ("https:", "file:"),
    "a host behind another sign": ("&amp;A1", "+A1"),
}


def with_change(formula: str, part: str, old: str, new: str) -> bytes:
    """The good copy of a formula's workbook, and a change in it."""
    package = Package.read(rebuilt(linking(formula)).data)
    text = package.parts[part].decode()
    assert old in text
    package.parts[part] = text.replace(old, new).encode()
    return package.build()


@pytest.mark.parametrize("case", BY_CELL)
def test_the_judge_refuses_a_cell_that_is_no_address(case):
    assert not judge(with_change("HYPERLINK(D1,A1)", *BY_CELL[case]), XLSX_TYPE, POLICY).accepted


@pytest.mark.parametrize("case", BEHIND_A_HOST)
def test_the_judge_refuses_an_address_whose_host_is_open(case):
    formula = 'HYPERLINK("https://www.example.jp/"&amp;A1,A1)'
    assert not judge(with_change(formula, FIRST, *BEHIND_A_HOST[case]), XLSX_TYPE, POLICY).accepted


def test_a_change_that_changes_nothing_is_accepted():
    """So it is the change that is refused, not how it is made."""
    assert judge(with_change("HYPERLINK(D1,A1)", FIRST, LINK, LINK), XLSX_TYPE, POLICY).accepted


def test_the_judge_refuses_links_where_the_policy_does():
    assert not judge(rebuilt(linking("HYPERLINK(D1,A1)")).data, XLSX_TYPE, NO_LINKS).accepted


def test_no_more_is_taken_apart_than_a_person_writes():
    """What is beyond keeps its value: the cost of hostile formulas has an end."""
    formulas = Formulas(is_web=lambda address: False)
    texts = [f'HYPERLINK("{"x" * 4000}{number}",A1)' for number in range(300)]
    cut = [parted(text, formulas).cut for text in texts]
    assert cut[0] == "A1" and cut[-1] is None


def test_formulas_that_differ_in_their_cells_come_apart_alike():
    formulas = Formulas(is_web=lambda address: address.startswith("https://"))
    parter = Parter(formulas)
    for formula in ('HYPERLINK($D35,"a1"&B7)', "HYPERLINK(S2!D$9,AA10)&C3", 'HYPERLINK("x"&A1,XFD1000001)'):
        assert parter.parted(formula) == parter.parted(formula) == parted(formula, formulas)

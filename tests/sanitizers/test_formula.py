"""Formulas as tokens: nothing that reaches outside is taken for a cell, and no end is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.parsers.formula import MAX_CHARS, Kind, tokens


def kinds(formula: str) -> list[Kind]:
    return [token.kind for token in tokens(formula)]


def last(formula: str) -> Kind:
    return kinds(formula)[-1]


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("B2*C2", "CELL OPERATOR CELL"),
        ("SUM($A$1:B2,C)", "CALL CELL OPERATOR CELL OPERATOR NAME OPERATOR"),
        ("LOG10(2)", "CALL NUMBER OPERATOR"),
        ("$A:$B", "CELL OPERATOR CELL"),
        ("1.5E+3%", "NUMBER OPERATOR"),
        ('"a ""b"" |"&A1', "STRING OPERATOR CELL"),
        ("表1!A1", "SHEET CELL"),
        ("'it''s 1:it''s 3'!A1", "SHEET CELL"),
        ("Sheet1:Sheet3!A1", "SHEET CELL"),
        ("2024!A1", "SHEET CELL"),
        ("#REF!A1+#N/A", "ERROR CELL OPERATOR ERROR"),
        ("Table1[[#This Row],[税込 '[円']]:[b]]", "NAME COLUMN"),
        ("A1#", "CELL OPERATOR"),
        ("{1,2;3,4}", "OPERATOR NUMBER OPERATOR NUMBER OPERATOR NUMBER OPERATOR NUMBER OPERATOR"),
        ("売上・合計", "NAME"),
    ],
)
def test_a_formula_is_read_as_a_file_means_it(formula, expected):
    assert [kind.name for kind in kinds(formula)] == expected.split()


@pytest.mark.parametrize(
    "formula",
    ["cmd|'/c echo'!A0", "'cmd'|'x'!A1", "1+cmd.exe|x!A", r"C:\x\cmd|x!A", "'cmd|x'!A1", "A1|b", "|"],
)
def test_a_conversation_is_seen(formula):
    assert last(formula) is Kind.DDE


@pytest.mark.parametrize(
    "formula",
    [
        *("[1]Sheet1!A1", "SUM([2]!Name)", r"'C:\a\[b.xlsx]S'!A1", "'[1]S'!A1", r"'\\host\s\b.xlsx'!n", "[0]!f(1)"),
        *("['file:///D:/x.xls']'S'!$B$6", "Table1[1]Sheet!A1", "'http://h/[b.xlsx]S'!A1", "[1]'S'!A1"),
    ],
)
def test_another_workbook_is_seen(formula):
    assert last(formula) is Kind.EXTERNAL


@pytest.mark.parametrize("formula", ["~", "'a", '"a', "Table1[[a]", "a`b", "A1\0", "“a”", "１！A1", "[[[[a]]]]"])
def test_what_is_no_formula_is_unknown(formula):
    assert last(formula) is Kind.UNKNOWN


def test_a_formula_is_no_longer_than_excel_takes():
    assert kinds("1" * MAX_CHARS) == [Kind.NUMBER]
    assert kinds("1" * (MAX_CHARS + 1)) == [Kind.UNKNOWN]


@given(st.text(alphabet="A1$'\"[]!|:(){},.#+ \\あ", max_size=60))
def test_every_text_comes_to_an_end(text):
    """Each token but the last takes something, and only the last one is refused."""
    found = list(tokens(text))
    assert len(found) <= len(text)
    assert all(token.kind not in (Kind.UNKNOWN, Kind.EXTERNAL, Kind.DDE) for token in found[:-1])

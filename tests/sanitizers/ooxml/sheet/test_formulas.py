"""Which formulas may stay (OOXML-80, 83, 89, 90, 91)."""

import pytest

from sanitizers.formats.ooxml.sheet import functions
from sanitizers.formats.ooxml.sheet.formulas import Formulas


def formulas(**dead: tuple[str, ...]) -> Formulas:
    return Formulas(is_web=lambda address: address.startswith("https://"), **dead)


def vector_of(formula: str, **dead: tuple[str, ...]) -> str | None:
    found = formulas(**dead).refusal(formula)
    return found.vector.id if found else None


@pytest.mark.parametrize(
    "formula",
    [
        *("B2*C2", "LOG10(A1)+ATAN2(1,2)", "SUM('年 度'!A1:B2)", 'IF(A1="a|b",TRUE,"[1]x!")', "SUM(1:3)", "sum(a1)"),
        *("_xlfn.XLOOKUP(A1,B:B,C:C)", "_xlfn._xlws.SORT(A1:A9)", "_xlfn.ANCHORARRAY(A1)", "_xlfn.SINGLE(A:A)"),
        *("_xlfn.LET(_xlpm.x,1,_xlpm.x+1)", "_xlfn.LAMBDA(_xlpm.f,_xlpm.f(1))(2)", "_xlfn.BYROW(A1:B2,_xleta.SUM)"),
        *("SUBTOTAL(109,表2[税込])", "COUNTIF(Table_values[Company Performance],1)", 'INDIRECT("A"&1)'),
        *('HYPERLINK("https://example.com/","x")', 'HYPERLINK("#\'目 次\'!A1","戻る")', 'HYPERLINK("#"&A1)'),
        *('HYPERLINK("https://example.com/?id="&A1&"&p=1",B1)', 'HYPERLINK("https://example.com#"&A1,"x")'),
        *(
            "_xlfn.SEQUENCE(12,31)",
            'REPT("|",A1)',
            "'Sheet 1:Sheet 3'!A1",
            "(A1,B2) C3",
            "+A1",
            "JIS(A1)&DATEDIF(1,2,3)",
        ),
    ],
)
def test_what_computes_from_the_workbook_alone_stays(formula):
    assert vector_of(formula) is None


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("cmd|'/c echo harmless'!A0", "OOXML-83"),
        ('DDE("soffice";"x";"y")', "OOXML-83"),
        ("SUM([1]Sheet1!A1)", "OOXML-80"),
        ("'\\\\host\\share\\[b.xlsx]S'!A1", "OOXML-80"),
        ('WEBSERVICE("https://example.com")', "OOXML-89"),
        ('_xlfn.WEBSERVICE("https://example.com")', "OOXML-89"),
        ("1+_xlfn.image(A1)", "OOXML-89"),
        ('RTD("a",,"b")', "OOXML-89"),
        ('CUBEVALUE("c","m")', "OOXML-89"),
        ("_xlfn.BYROW(A1:B2,_xleta.WEBSERVICE)", "OOXML-89"),
        ('HYPERLINK("file:///c:/x.exe")', "OOXML-89"),
        ('HYPERLINK("https://example.com"&A1)', "OOXML-89"),
        ('HYPERLINK("https://"&A1&"/")', "OOXML-89"),
        ('HYPERLINK("mailto:"&A1)', "OOXML-89"),
        ('HYPERLINK("https://example.com/"+A1)', "OOXML-89"),
        ("HYPERLINK(A1)", "OOXML-89"),
        ('HYPERLINK("[b.xlsx]S!A1","#")', "OOXML-89"),
        ('CALL("kernel32","WinExec","JCJ","x",0)', "OOXML-90"),
        ('REGISTER.ID("a","b")', "OOXML-90"),
        ("MyFunc(A1)", "OOXML-90"),
        ("_xll.AddIn(1)", "OOXML-90"),
        ("_xludf.NEWER(1)", "OOXML-90"),
        ("ＷＥＢＳＥＲＶＩＣＥ(A1)", "OOXML-90"),
        ("A1 ~ B1", "OOXML-90"),
        ("_xlfn.SEQUENCE(1048576,16384)", "OOXML-91"),
        ('REPT(REPT("a",32767),32767)', "OOXML-91"),
        ("MUNIT(5000)", "OOXML-91"),
        ("+".join(["RANDARRAY(9)"] * 9), "OOXML-91"),
    ],
)
def test_what_reaches_out_is_frozen(formula, expected):
    assert vector_of(formula) == expected


def test_a_formula_over_what_is_taken_out_is_frozen():
    """Otherwise its value would turn into #NAME? or #REF! when the workbook is computed."""
    dead = {"dead_names": ("Auto_Open", "税率2024"), "dead_sheets": ("マクロ 1",)}
    assert vector_of("A1*税率2024", **dead) == "OOXML-90"
    assert vector_of("SUM('マクロ 1'!A1)", **dead) == "OOXML-90"
    assert vector_of("SUM('Sheet1:マクロ 1'!A1)", **dead) == "OOXML-90"
    assert vector_of("A1*税率2025", **dead) is None


def test_a_lambda_of_this_workbook_may_be_called():
    assert vector_of("TOGGLE(A1)", own_functions=("Toggle",)) is None
    assert vector_of("TOGGLE(A1)") == "OOXML-90"


def test_cells_are_alike_but_names_are_not():
    """Formulas are remembered by their shape, in which one cell stands for all."""
    judge = formulas(dead_names=("RATE20240",))
    assert judge.refusal("B2*C2") is judge.refusal("AB20*$C$9") is None
    assert judge.refusal("RATE20241*2") is None
    assert judge.refusal("RATE20240*2") is not None


def test_no_function_is_both_allowed_and_refused():
    assert not functions.FUNCTIONS & functions.REFUSED.keys()
    assert functions.GROWING <= functions.FUNCTIONS

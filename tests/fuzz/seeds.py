"""Where fuzzing begins: small real files, and files made by the tests, which hold what the corpus has none of."""

import hashlib
import io
import json
import struct
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from policies.load import load_policy
from sanitizers import wire
from sanitizers.errors import Reason
from sanitizers.model import Opinion, Order, Report, Verdict
from tests.sanitizers.pictures import CORPUS

Seeds = Callable[[], Iterator[bytes]]
MOST_BYTES: Final = 1 << 16
PASSWORD: Final = "VelvetSweatshop"  # the one that Office tries by itself
_MOST_OF_A_ROOM: Final = 120


def of(*folders: str) -> Seeds:
    """The files of these folders of the corpus."""

    def seeds() -> Iterator[bytes]:
        for folder in folders:
            for path in sorted((CORPUS / folder).glob("*/*")):
                if path.is_file() and path.stat().st_size <= MOST_BYTES:
                    yield path.read_bytes()

    return seeds


def both(*sources: Seeds) -> Seeds:
    """The seeds of one source after those of the other."""

    def seeds() -> Iterator[bytes]:
        for source in sources:
            yield from source()

    return seeds


def documents(*names: str) -> Iterator[bytes]:
    """As programs write them."""
    from tests.boundary.test_every_format import SAMPLES

    yield from (sample.data for sample in SAMPLES if sample.name in names and len(sample.data) <= MOST_BYTES)


_MAINS: Final = {
    "a.docx": (
        "vnd.openxmlformats-officedocument.wordprocessingml.template",
        "vnd.ms-word.document.macroEnabled",
        "vnd.ms-word.template.macroEnabledTemplate",
    ),
    "a.xlsx": (
        "vnd.openxmlformats-officedocument.spreadsheetml.template",
        *(f"vnd.ms-excel.{kind}.macroEnabled" for kind in ("sheet", "template", "addin")),
    ),
    "a.pptx": (
        "vnd.openxmlformats-officedocument.presentationml.slideshow",
        *(f"vnd.ms-powerpoint.{kind}.macroEnabled" for kind in ("presentation", "template", "slideshow", "addin")),
    ),
}


def office() -> Iterator[bytes]:
    """Documents, workbooks and slides: as programs write them, of every other type, and each vector put in one."""
    from tests.sanitizers.ooxml.forge import Package

    for name, mains in _MAINS.items():
        for data in documents(name):
            yield data
            for main in mains:
                package = Package.read(data)
                package.types[package.main] = f"application/{main}.main+xml"
                yield package.build()
    yield from islice((data for data in of("ooxml")() if b"xl/workbook.bin" not in data), None, None, 2)
    yield with_drawings()


def with_drawings() -> bytes:
    """A document with an EMF, a WMF and an SVG in it."""
    from tests.sanitizers.ooxml.forge import D, docx

    package = docx()
    for number, (folder, kind) in enumerate((("emf", "image/x-emf"), ("wmf", "image/x-wmf"), ("svg", "image/svg+xml"))):
        package.defaults[folder] = kind
        path = min((CORPUS / folder / "good").iterdir(), key=lambda file: file.stat().st_size)
        package.parts[f"word/media/image{number}.{folder}"] = path.read_bytes()
        package.relate(package.main, D + "image", f"word/media/image{number}.{folder}")
    return package.build()


def binary_workbooks() -> Iterator[bytes]:
    """Workbooks of records."""
    from tests.sanitizers.ooxml.binary import xlsbs

    yield from (data for data in of("ooxml")() if b"xl/workbook.bin" in data)
    tokens = xlsbs.number(1.0) + xlsbs.number(2.0) + b"\x03"
    sheet = xlsbs.worksheet(xlsbs.computed(0, tokens), xlsbs.computed(1, xlsbs.call(4)), xlsbs.plain(2))
    yield xlsbs.xlsb(sheet, middle=xlsbs.name("n", tokens)).data()


def sealed() -> Iterator[bytes]:
    """Packages behind a password, with few rounds of its hash."""
    from msoffcrypto.method.ecma376_agile import ECMA376Agile

    for data in (*documents("a.docx"), b"PK\x03\x04" + bytes(5000)):
        yield ECMA376Agile.encrypt(PASSWORD, io.BytesIO(data), spin_count=1)
    yield from documents("locked.docx")


def papers() -> Iterator[bytes]:
    """Documents of one program, of every form a file can have, with every action, and each vector put in one."""
    import pikepdf

    from tests.sanitizers.pdf.papers import paper
    from tests.sanitizers.pdf.poc_actions import ACTIONS
    from tests.sanitizers.pdf.poc_draft import Draft
    from tests.sanitizers.pdf.poc_forms import FORMS
    from tests.sanitizers.pdf.poc_places import PLACES
    from tests.sanitizers.verify.mutants_pdf import PDFS

    yield paper()
    for data in documents("a.pdf"):
        yield data
        out = io.BytesIO()
        with warnings.catch_warnings(action="ignore"), pikepdf.open(io.BytesIO(data)) as document:
            document.save(out, qdf=True, static_id=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        yield out.getvalue()
    action, draft = next(iter(ACTIONS.values())), Draft()
    tied = action[1](draft)
    for place in PLACES.values():
        place[1](draft, tied)
    for form in FORMS.values():
        yield form(draft.objects(), Draft().objects())
    small = [mutant.data for mutant in PDFS if len(mutant.data) < 4000]
    yield from small[:: max(1, len(small) // _MOST_OF_A_ROOM)]


def programs() -> Iterator[bytes]:
    """Font programs, with the byte before them that says which kind (wrapped.KINDS_OF_FONT)."""
    from tests.sanitizers.verify.forge_pdf import cff, index, truetype
    from tests.sanitizers.verify.mutants_pdf import PDFS

    yield b"\0" + truetype()
    yield b"\0" + _truetype()
    yield b"\1" + cff()
    yield b"\1" + cff(glyphs=index(b"\x0e", b"\x8b\x8b\x15\x95\x8b\x05\x0e"))
    yield b"\3" + _opentype()
    for mutant in PDFS:
        for place, (head, tail) in enumerate(((b"/FontFile2", 0), (b"/FontFile3", 1), (b"/FontFile ", 2))):
            if head in mutant.data and (data := _seventh(mutant.data)):
                yield bytes((tail or place,)) + data


def _seventh(document: bytes) -> bytes:
    """What is packed in object 7, where the forge puts a font's program."""
    import zlib

    packed = document.partition(b"\n7 0 obj\n")[2].partition(b"stream\n")[2]
    try:
        return zlib.decompressobj().decompress(packed)
    except zlib.error:
        return b""


def _truetype() -> bytes:
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.qCurveTo((400, 300), (0, 700))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "A": pen.glyph()})
    return _built(builder)


def _opentype() -> bytes:
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.t2CharStringPen import T2CharStringPen

    pen = T2CharStringPen(500, None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.curveTo((400, 300), (300, 400), (0, 700))
    pen.closePath()
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    empty = T2CharStringPen(500, None).getCharString()
    builder.setupCFF("T", {"FullName": "T"}, {".notdef": empty, "A": pen.getCharString()}, {})
    return _built(builder)


def _built(builder: object) -> bytes:
    from fontTools.fontBuilder import FontBuilder

    assert isinstance(builder, FontBuilder)
    builder.setupHorizontalMetrics({".notdef": (500, 0), "A": (500, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "T", "styleName": "R"})
    builder.setupOS2()
    builder.setupPost()
    out = io.BytesIO()
    builder.font.save(out)
    return out.getvalue()


def inside() -> Iterator[bytes]:
    """What stands inside other files, with the byte before it that says where (wrapped.KINDS_INSIDE)."""
    from tests.sanitizers.pdf.papers import HELLO
    from tests.sanitizers.verify.forge import icc

    for number in (0, 1, 2):
        yield bytes((number,)) + icc()
    yield b"\3" + HELLO
    yield b"\3q 10 0 0 10 0 0 cm BI /W 2/H 2/CS/G/BPC 8/F/AHx ID 00ff00ff> EI Q /F1 9 Tf [(a)-20<6162>]TJ 1 0 0 rg f*"
    yield b"\4{ dup 0 gt { 2 mul } { pop 0 } ifelse }"
    yield (
        b"\5/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def\n1 begincodespacerange <00>"
        b"<ff> endcodespacerange\n2 beginbfchar <41><0041> <42><d83ddc80> endbfchar\n1 beginbfrange <43><45><0043>"
        b" endbfrange\nendcmap CMapName currentdict /CMap defineresource pop end end"
    )
    for formula in (
        'IF(SUM(A1:$B$2)>"a""b",HYPERLINK("http://attacker.example"),[1]!x)',
        "_xlfn.LET(x,1,x)*'S 1'!A:A%",
    ):
        yield b"\6" + formula.encode()
    for code in ('HYPERLINK "a" \\o "b"', 'IF 1 = 1 "a" "{ DDE b }"', "PAGE \\* MERGEFORMAT", "EQ \\f(1,2)"):
        yield b"\7" + code.encode()
    yield b"\x08color:red;background:url(#a)}@import 'a';b{c:d"
    yield b"\x09" + struct.pack(">8sI", b"Exif\0\0II", 42)


def moving_boxes() -> Iterator[bytes]:
    """HEIF as cameras do not write it: a film, a grid, a picture with alpha, cut and turned."""
    from tests.sanitizers.heifs import ALPHA, Item, auxiliary, cut, grid, heic, size, taken, turned
    from tests.sanitizers.test_heif import COLOUR, film

    yield film(COLOUR)
    yield heic(COLOUR)
    tile = taken("heif/IMG-27/L_12_128x128.heif")
    sheet = Item(b"grid", grid(256, 128, 2, 1), [size(256, 128)], {b"dimg": (2, 3)})
    yield heic(sheet, tile, tile)
    alpha = Item(tile.kind, tile.data, [*tile.said, auxiliary(ALPHA)], {b"auxl": (1,)})
    yield heic(Item(tile.kind, tile.data, [*tile.said, turned(1), cut(32, 32, 1, 1)]), alpha)


def frames() -> Iterator[bytes]:
    """One of each that crosses between processes."""
    digest = hashlib.sha256(b"").hexdigest()
    policy = load_policy("default")
    report = Report(
        verdict=Verdict.BLOCKED,
        media_type="image/png",
        sha256_in=digest,
        sha256_out=None,
        name="a.png",
        reason=Reason.LIMIT,
    )
    yield wire.encode_report(report)
    yield wire.encode_opinion(Opinion(True))
    yield wire.encode_order(Order(name="a.png", policy=policy))
    yield wire.encode_case("image/png", policy)
    yield wire.encode_task(wire.Task(number=1, seconds=1, memory_bytes=1, output_bytes=1, frame=b"frame"))
    yield wire.encode_ended(wire.Ended(1, wire.How.EXITED, 0, 1, 1))


def copies_and_mutants() -> Iterator[bytes]:
    """What the judge is there for: good copies with one thing put back."""
    from tests.sanitizers.verify.mutants import MUTANTS

    seen: dict[str, int] = {}
    for mutant in MUTANTS:
        seen[mutant.media_type] = seen.get(mutant.media_type, 0) + 1
        if len(mutant.data) <= MOST_BYTES and seen[mutant.media_type] <= _MOST_OF_A_ROOM:
            yield mutant.data
    yield from documents("a.docx", "a.xlsx", "a.pptx", "a.pdf")


def told() -> Iterator[bytes]:
    """What the gateway and the receiver read: headers, notes, sealed objects, policies."""
    from gateway.audit.checkpoint import sign
    from gateway.audit.head import Head
    from gateway.audit.record import canonical, seal
    from tests.fuzz.told import KEY, offer, proof
    from tests.gateway.signed import certified

    for header in (
        "attachment; filename=\"a.txt\"; filename*=UTF-8''%E4%BB%AE.txt",
        'form-data; name="file"; filename="%E9%AB%99.docx"',
        'attachment; filename*=shift_jis\'ja\'%94%FC.txt; x="\\""',
        "text/plain; charset=utf-8",
    ):
        yield header.encode()
    yield sign("sekisho/0123456789abcdef", Head(3, bytes(32)), [KEY]).text().encode()
    yield canonical(seal(certified(), KEY))
    yield canonical(offer())
    yield json.dumps(offer()["manifest"]["manifest"]).encode()
    yield proof()
    yield (
        b'name = "a"\nadmit = ["image/*"]\nlimits = { max_input_bytes = 9, max_depth = 1 }\nrebuild = "flat"\n'
        b'authors = "keep"\nactions.PDF-07 = "block"\nactions.IMG = "remove"\n'
    )

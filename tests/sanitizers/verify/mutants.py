"""What the judge must refuse, keyed by the vector that would have come back: one small file for each way.

`MUTANTS` is the table; `BEYOND` says, for the other vectors of these families, why no look at the copy can show them.
A format's tests can ask `refused_vectors()` whether each vector it names has a mutant here.
"""

import zlib

from sanitizers.model import Check
from tests.sanitizers.verify.forge import (
    DHT_AC,
    DHT_DC,
    DQT,
    IEND,
    JFIF,
    ORIENTATION,
    SIGNATURE,
    SOF_GREY,
    SOS_GREY,
    Member,
    actl,
    apng,
    chunk,
    colour_jpeg,
    fctl,
    fdat,
    folder,
    icc,
    idat,
    ihdr,
    indexed_png,
    jpeg,
    nested,
    png,
    rows,
    segment,
    zip_of,
)
from tests.sanitizers.verify.mutant import Mutant
from tests.sanitizers.verify.mutants_pdf import BEYOND_PDF, PDFS
from tests.sanitizers.verify.mutants_pictures import MORE

JPEG, PNG, ZIP = "image/jpeg", "image/png", "application/zip"
TEXT, CSV, TSV = "text/plain", "text/csv", "text/tab-separated-values"


HELLO = Member(b"a.txt", b"hello\n")


def _zip(vector: str, what: str, data: bytes, check: Check = Check.ZIP) -> Mutant:
    return Mutant(vector, what, ZIP, data, check)


def _name(vector: str, what: str, name: str) -> Mutant:
    raw = name.encode()
    return _zip(vector, what, zip_of(Member(raw, b"hello\n", flags=0x800)), Check.NAME)


def _jpeg(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, JPEG, data, check)


def _with(*applications: bytes) -> bytes:
    return jpeg(applications=segment(0xE0, JFIF) + b"".join(applications))


def _png(vector: str, what: str, data: bytes, check: Check = Check.IMAGE) -> Mutant:
    return Mutant(vector, what, PNG, data, check)


def _text(vector: str, what: str, data: bytes | str, check: Check = Check.TEXT) -> Mutant:
    return Mutant(vector, what, TEXT, data.encode() if isinstance(data, str) else data, check)


def _csv(vector: str, what: str, data: bytes | str, check: Check = Check.TABLE) -> Mutant:
    return Mutant(vector, what, CSV, data.encode() if isinstance(data, str) else data, check)


def _exif(entries: bytes, count: int, behind: bytes = b"") -> bytes:
    """An Exif segment with an IFD0 of these entries, nothing following it but `behind`."""
    return segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0" + count.to_bytes(2, "little") + entries + bytes(4) + behind)


_ENTRY_ORIENTATION = ORIENTATION[10:22]
_ENTRY_GPS = b"\x25\x88\x04\0\x01\0\0\0\x26\0\0\0"
_ENTRY_MAKE = b"\x0f\x01\x02\0\x04\0\0\0abc\0"
_ENTRY_MAKER_NOTE = b"\x7c\x92\x07\0\x04\0\0\0\1\2\3\4"

_PDF_ROWS = (b"\0" + b"%PDF-1.7".ljust(12, b"\n")) * 3

_FILE_LEVEL = (
    Mutant("GEN-01", "a PNG called JPEG", JPEG, png(), Check.MAGIC),
    Mutant("GEN-01", "a JPEG called PNG", PNG, jpeg(), Check.MAGIC),
    Mutant("GEN-01", "a JPEG called ZIP", ZIP, jpeg() + bytes(30), Check.MAGIC),
    Mutant("GEN-01", "a ZIP called text", TEXT, zip_of(HELLO), Check.TEXT),
    Mutant("GEN-01", "a program called CSV", CSV, b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0", Check.TEXT),
    _text("GEN-01", "an RTF called text", r"{\rtf1\ansi hello}", Check.MAGIC),
    _zip("GEN-01", "a PNG under the name of a text", zip_of(Member(b"a.txt", png())), Check.TEXT),
    _zip("GEN-01", "a text under the name of a PNG", zip_of(Member(b"a.png", b"hello\n")), Check.MAGIC),
    _name("GEN-02", "blanks that push the extension away", "report.pdf          .txt"),
    _zip("GEN-02", "a program's extension at the end", zip_of(Member(b"a.txt.exe", b"hello\n")), Check.TYPE),
    _name("GEN-03", "a right-to-left override in a name", "a\u202egpj.txt"),
    _name("GEN-03", "a left-to-right mark in a name", "a\u200e.txt"),
    _name("GEN-04", "a zero-width space in a name", "a\u200bb.txt"),
    _name("GEN-04", "tag characters in a name", "a\U000e0041.txt"),
    _name("GEN-04", "a variation selector after a letter", "a\ufe0f.txt"),
    _name("GEN-05", "a line feed in a name", "a\nb.txt"),
    _name("GEN-05", "a C1 control in a name", "a\x9b31m.txt"),
    _name("GEN-06", "an absolute path", "/etc/a.txt"),
    _name("GEN-06", "a drive", "C:a.txt"),
    _name("GEN-06", "a way up", "../a.txt"),
    _name("GEN-07", "a device", "con.txt"),
    _name("GEN-07", "a device with a superscript digit", "COM¹.txt"),
    _name("GEN-07", "an alternate data stream", "a.txt:b.txt"),
    _name("GEN-07", "a trailing dot on a folder", "a./b.txt"),
    _name("GEN-07", "a trailing blank on a folder", "a /b.txt"),
    _name("GEN-07", "an owner file", "~$a.txt"),
    _name("GEN-07", "a folder that Explorer opens as another", "a.{21ec2020-3aea-1069-a2dd-08002b30309d}/b.txt"),
    _name("GEN-07", "a folder called like settings of Explorer", "Desktop.ini/b.txt"),
    _name("GEN-08", "a full-width solidus", "a／b.txt"),
    _name("GEN-08", "a full-width colon", "a.txt：b.txt"),
    _name("GEN-08", "a full-width extension", "a．ｅｘｅ．txt．txt"),
    _name("GEN-08", "decomposed kana", "か\u3099.txt"),
    _name("GEN-08", "two dots in one character", "‥/a.txt"),
    _name("GEN-09", "a part of 300 bytes", "あ" * 100 + ".txt"),
    _name("GEN-09", "a path of 2000 bytes", "/".join(["a" * 100] * 20) + ".txt"),
    _name("GEN-09", "fifty folders", "a/" * 50 + "b.txt"),
    _jpeg("GEN-10", "a ZIP inside the scan", jpeg(scan=zip_of(HELLO) + b"\x00"), Check.MAGIC),
    _png("GEN-10", "a PDF header in the palette", png(chunk(b"PLTE", b"%PDF-1.7\n")), Check.MAGIC),
    _png(
        "GEN-10", "a PDF header in stored pixels", png(pixels=chunk(b"IDAT", zlib.compress(_PDF_ROWS, 0))), Check.MAGIC
    ),
    _jpeg("GEN-11", "a ZIP behind EOI", jpeg() + zip_of(HELLO)),
    _png("GEN-11", "a ZIP behind IEND", png() + zip_of(HELLO)),
    _zip("GEN-11", "bytes behind the end record", zip_of(HELLO, tail=b"\0"), Check.MAGIC),
    _jpeg("GEN-12", "bytes before SOI", jpeg(before=b"\n"), Check.MAGIC),
    _png("GEN-12", "bytes before the signature", b"\n" + png(), Check.MAGIC),
    _zip("GEN-12", "a program before the first member", zip_of(HELLO, prefix=b"MZ")),
    _zip("GEN-13", "an encrypted member", zip_of(Member(b"a.txt", b"hello\n", flags=1))),
    _jpeg("GEN-15", "a scan without its end", jpeg(end=b"")),
    _jpeg("GEN-15", "half a file", jpeg()[: len(jpeg()) // 2]),
    _png("GEN-15", "no IEND", png(end=b"")),
    _zip("GEN-15", "no end record", zip_of(HELLO)[:-22], Check.MAGIC),
    Mutant("GEN-16", "a type that no check is written for", "application/x-hello", b"%PDF-1.7", Check.TYPE),
    _zip("GEN-17", "20 MiB packed in 20 KiB", zip_of(Member(b"a.txt", bytes(20 << 20))), Check.LIMITS),
    _zip("GEN-19", "an archive four deep", nested(4), Check.LIMITS),
    *(
        Mutant("GEN-34", f"an empty {media_type}", media_type, b"", Check.MAGIC)
        for media_type in (JPEG, PNG, ZIP, TEXT, CSV, TSV)
    ),
    _zip("GEN-34", "an empty member", zip_of(Member(b"a.txt", b"")), Check.MAGIC),
)

_PICTURES = (
    _jpeg("IMG-01", "GPS beside the orientation", _with(_exif(_ENTRY_ORIENTATION + _ENTRY_GPS, 2, bytes(18)))),
    _jpeg("IMG-02", "a maker note", _with(_exif(_ENTRY_MAKER_NOTE, 1))),
    _jpeg("IMG-03", "the camera's maker", _with(_exif(_ENTRY_MAKE, 1))),
    _jpeg("IMG-03", "bytes behind the orientation", _with(segment(0xE1, b"Exif\0\0" + ORIENTATION + b"\0"))),
    _jpeg(
        "IMG-03", "an orientation of nine", _with(segment(0xE1, b"Exif\0\0" + ORIENTATION.replace(b"\x06", b"\x09")))
    ),
    _png("IMG-03", "the camera's maker", png(chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0" + _ENTRY_MAKE + bytes(4)))),
    _jpeg("IMG-04", "a thumbnail in JFIF", jpeg(applications=segment(0xE0, JFIF[:-2] + b"\1\1\0\0\0"))),
    _jpeg("IMG-04", "a thumbnail in JFXX", _with(segment(0xE0, b"JFXX\0\x10" + jpeg()))),
    _jpeg(
        "IMG-04",
        "a second IFD",
        _with(segment(0xE1, b"Exif\0\0" + ORIENTATION[:-4] + b"\x1a\0\0\0" + ORIENTATION[8:])),
    ),
    _jpeg("IMG-05", "XMP", _with(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"))),
    _png("IMG-05", "XMP", png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta/>"))),
    _jpeg("IMG-06", "Photoshop resources", _with(segment(0xED, b"Photoshop 3.0\x008BIM"))),
    _jpeg("IMG-07", "a profile in two pieces", _with(segment(0xE2, b"ICC_PROFILE\0\x01\x02" + icc()))),
    _jpeg("IMG-07", "a profile for other colours", _with(segment(0xE2, b"ICC_PROFILE\0\x01\x01" + icc()))),
    _png(
        "IMG-07",
        "a private tag in the profile",
        png(chunk(b"iCCP", b"p\0\0" + zlib.compress(icc({b"prv1": b"x" * 9})))),
    ),
    _jpeg("IMG-08", "a comment", _with(segment(0xFE, b"<?php system($_GET[0]); ?>"))),
    _jpeg("IMG-08", "a private segment", _with(segment(0xE5, b"private"))),
    _jpeg("IMG-08", "a comment behind the tables", jpeg(more=segment(0xFE, b"x"))),
    _jpeg("IMG-08", "APP0 twice", _with(segment(0xE0, JFIF))),
    _jpeg("IMG-08", "bytes in the Adobe segment", _with(segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01more"))),
    _jpeg("IMG-09", "zeros behind EOI", jpeg() + bytes(8)),
    _png("IMG-09", "zeros behind IEND", png() + bytes(8)),
    _jpeg("IMG-10", "a second picture", jpeg() + jpeg()),
    _jpeg("IMG-10", "an index of pictures", _with(segment(0xE2, b"MPF\0II*\0\x08\0\0\0"))),
    _jpeg("IMG-11", "progressive", jpeg(frame=segment(0xC2, SOF_GREY))),
    _jpeg("IMG-11", "arithmetic", jpeg(frame=segment(0xC9, SOF_GREY))),
    _jpeg("IMG-11", "lossless", jpeg(frame=segment(0xC3, SOF_GREY))),
    _jpeg("IMG-11", "of twelve bits", jpeg(frame=segment(0xC0, b"\x0c" + SOF_GREY[1:]))),
    _jpeg("IMG-11", "a second scan", jpeg(scan=b"\x00" + segment(0xDA, SOS_GREY) + b"\x00")),
    _jpeg("IMG-11", "height left to a later marker", jpeg(frame=segment(0xC0, b"\x08\0\0" + SOF_GREY[3:]))),
    _jpeg(
        "IMG-12",
        "a script in the quantisation table",
        jpeg(tables=segment(0xDB, (DQT[:1] + b"<script >" * 8)[:65])),
        Check.MAGIC,
    ),
    _jpeg("IMG-12", "PHP in the scan", colour_jpeg(scan=b"<?php exit;" + b"\x00\x00"), Check.MAGIC),
    _jpeg("IMG-12", "PHP by a short tag", colour_jpeg(scan=b"<?phpinfo()?>" + b"\x00\x00"), Check.MAGIC),
    _jpeg("IMG-12", "a PDF header in the scan", colour_jpeg(scan=b"%PDF-1.7 " + b"\x00\x00"), Check.MAGIC),
    _jpeg(
        "IMG-12", "a program in the scan", jpeg(scan=b"This program cannot be run in DOS mode" + b"\x00"), Check.MAGIC
    ),
    _png("IMG-13", "text", png(chunk(b"tEXt", b"Comment\0hello"))),
    _png("IMG-13", "compressed text", png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"hello")))),
    _png("IMG-13", "the time of the last change", png(chunk(b"tIME", b"\x07\xea\1\1\0\0\0"))),
    _png("IMG-13", "a private chunk", png(chunk(b"prVt", b"hello"))),
    _png("IMG-13", "a private chunk behind the pixels", png(end=chunk(b"prVt", b"hello") + IEND)),
    _png("IMG-14", "a profile that inflates to 1 MiB", png(chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(1 << 20))))),
    _png("IMG-14", "pixels that inflate to 1 MiB", png(pixels=idat(bytes(1 << 20)))),
    _png("IMG-15", "a second IEND", png() + idat() + IEND),
    _png("IMG-15", "pixels left over in IDAT", png(pixels=chunk(b"IDAT", zlib.compress(rows()) + b"left over"))),
    _png("IMG-15", "more rows than the header says", png(pixels=idat(rows(height=4)))),
    _png("IMG-15", "a second run of IDAT", png(pixels=idat() + chunk(b"fcTL", bytes(26)) + idat())),
    _png("IMG-16", "a frame that acTL does not count", png(actl(1), fctl(0), pixels=idat() + fctl(1) + fdat(2))),
    _png("IMG-16", "a frame less than acTL counts", png(actl(3), fctl(0), pixels=idat() + fctl(1) + fdat(2))),
    _png("IMG-16", "a frame outside the canvas", apng(fctl(1, 4, 3, 1, 0), fdat(2))),
    _png("IMG-16", "frame data out of sequence", apng(fctl(1), fdat(3))),
    _png("IMG-16", "frames without acTL", png(fctl(0))),
    _png("IMG-16", "a frame that is not whole", apng(fctl(1), fdat(2, rows(height=2)))),
    _png("IMG-17", "a wrong CRC", png(head=ihdr()[:-4] + bytes(4))),
    _png("IMG-17", "an unknown critical chunk", png(chunk(b"CgBI", bytes(4)))),
    _png("IMG-17", "a chunk before IHDR", SIGNATURE + chunk(b"CgBI", bytes(4)) + ihdr() + idat() + IEND),
    _png("IMG-17", "gAMA that shows another picture", png(chunk(b"gAMA", (2300).to_bytes(4, "big")))),
    _png("IMG-17", "chunks out of order", png(chunk(b"PLTE", bytes(3)), chunk(b"gAMA", (45455).to_bytes(4, "big")))),
    _png("IMG-17", "a chunk twice", png(chunk(b"sRGB", b"\0"), chunk(b"sRGB", b"\0"))),
    _png("IMG-17", "a filter that nobody knows", png(pixels=idat(rows(filter_type=5)))),
    _png("IMG-17", "a depth that the colour type does not have", png(head=ihdr(depth=4))),
    _jpeg("IMG-37", "65535 x 65535", jpeg(frame=segment(0xC0, b"\x08\xff\xff\xff\xff" + SOF_GREY[5:])), Check.LIMITS),
    _png("IMG-37", "2 000 000 x 2 000 000", png(head=ihdr(2_000_000, 2_000_000)), Check.LIMITS),
    _png("IMG-37", "ten thousand frames", png(actl(10_000)), Check.LIMITS),
    _jpeg(
        "IMG-37", "a picture of 4 megapixels in one byte", jpeg(frame=segment(0xC0, b"\x08\x08\0\x08\0" + SOF_GREY[5:]))
    ),
    _png("IMG-39", "more colours than the depth can name", indexed_png(palette=bytes(9))),
    _jpeg("IMG-39", "a quantisation table that nothing uses", jpeg(tables=segment(0xDB, DQT + b"\x01" + DQT[1:]))),
    _jpeg(
        "IMG-39", "a code table that nothing uses", jpeg(codes=segment(0xC4, DHT_DC + DHT_AC + b"\x01" + DHT_DC[1:]))
    ),
    _png("IMG-40", "a provenance manifest", png(chunk(b"caBX", b"\0\0\0\x08jumb"))),
    _jpeg("IMG-40", "a provenance manifest", _with(segment(0xEB, b"JP\0\x01\0\0\0\x01\0\0\0\x08jumb"))),
)

_ARCHIVES = (
    _zip("ZIP-01", "a name twice", zip_of(HELLO, HELLO), Check.NAME),
    _zip("ZIP-02", "names that differ in case", zip_of(HELLO, Member(b"A.TXT", b"hello\n")), Check.NAME),
    _zip("ZIP-03", "a dot as a part", zip_of(HELLO, Member(b"./a.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-03", "an empty part", zip_of(Member(b"a//b.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-03", "a way down and up", zip_of(Member(b"x/../a.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-03", "a file where a folder is needed", zip_of(HELLO, Member(b"a.txt/b.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-03", "a file where a folder was needed", zip_of(Member(b"a.txt/b.txt", b"x\n"), HELLO), Check.NAME),
    _zip("ZIP-03", "a folder twice", zip_of(folder(b"a/"), folder(b"A/")), Check.NAME),
    _zip("ZIP-03", "a folder where a file stands", zip_of(HELLO, folder(b"a.txt/")), Check.NAME),
    _zip("ZIP-04", "a backslash", zip_of(Member(b"a\\b.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-05", "another name in the local header", zip_of(Member(b"a.txt", b"hello\n", local={"name": b"b.txt"}))),
    _zip(
        "ZIP-05", "a longer name in the local header", zip_of(Member(b"a.txt", b"hello\n", local={"name": b"aa.txt"}))
    ),
    _zip("ZIP-06", "a name in an extra field", zip_of(Member(b"a.txt", b"hello\n", extra=b"up\x06\0\x01abcdx"))),
    _zip(
        "ZIP-07",
        "CP932 bytes marked as UTF-8",
        zip_of(Member("表.txt".encode("cp932"), b"x\n", flags=0x800)),
        Check.NAME,
    ),
    _zip("ZIP-07", "CP932 with a backslash in it", zip_of(Member("表.txt".encode("cp932"), b"x\n")), Check.NAME),
    _zip("ZIP-07", "CP932 with a bar in it", zip_of(Member("ポ.txt".encode("cp932"), b"x\n")), Check.NAME),
    _zip("ZIP-07", "Latin letters that are not marked", zip_of(Member(b"caf\xe9.txt", b"x\n")), Check.NAME),
    _zip("ZIP-07", "a byte that CP932 leaves open", zip_of(Member(b"a\xa0b\xfd.txt", b"x\n")), Check.NAME),
    _zip(
        "ZIP-07",
        "names in two encodings",
        zip_of(Member("山.txt".encode("cp932"), b"x\n"), Member("海.txt".encode(), b"x\n", flags=0x800)),
    ),
    _zip("ZIP-07", "UTF-8 that is not marked", zip_of(Member("表.txt".encode(), b"x\n"))),
    _zip("ZIP-08", "another method in the local header", zip_of(Member(b"a.txt", b"hello\n", local={"method": 0}))),
    _zip("ZIP-09", "another size in the local header", zip_of(Member(b"a.txt", b"hello\n", local={"size": 5}))),
    _zip("ZIP-09", "less than the stream holds", zip_of(Member(b"a.txt", b"hello\n", size=5))),
    _zip("ZIP-09", "more than the stream holds", zip_of(Member(b"a.txt", b"hello\n", size=7))),
    _zip("ZIP-09", "stored in another size", zip_of(Member(b"a.txt", b"hello\n", method=0, size=7))),
    _zip("ZIP-10", "a wrong CRC", zip_of(Member(b"a.txt", b"hello\n", crc=1))),
    _zip("ZIP-11", "encrypted in the local header alone", zip_of(Member(b"a.txt", b"hello\n", local={"flags": 1}))),
    _zip("ZIP-11", "encrypted in the directory alone", zip_of(Member(b"a.txt", b"hello\n", central={"flags": 1}))),
    _zip("ZIP-12", "a member that the directory does not list", zip_of(HELLO, gap=HELLO.local_header() + HELLO.body())),
    _zip("ZIP-13", "an end record in the comment", zip_of(HELLO, comment=zip_of()), Check.ZIP),
    _zip("ZIP-13", "an end record before the last one", zip_of(HELLO, gap=zip_of())),
    _zip("ZIP-14", "a count too small", zip_of(HELLO, Member(b"b.txt", b"x\n"), count=1)),
    _zip("ZIP-14", "a count too large", zip_of(HELLO, count=2)),
    _zip("ZIP-14", "a count modulo 65536", zip_of(HELLO, count=0)),
    _zip("ZIP-15", "offsets that leave out a prefix", b"#!/bin/sh\n" + zip_of(HELLO)),
    _zip("ZIP-15", "a directory elsewhere", zip_of(HELLO, gap=b"PK")),
    _zip(
        "ZIP-16",
        "a ZIP64 locator",
        zip_of(HELLO, gap=b"", comment=b"")[:-22] + b"PK\x06\x07" + bytes(16) + zip_of(HELLO)[-22:],
    ),
    _zip("ZIP-16", "sizes left to ZIP64", zip_of(Member(b"a.txt", b"hello\n", size=0xFFFFFFFF))),
    _zip("ZIP-17", "two archives in a row", zip_of(HELLO) + zip_of(HELLO)),
    _zip("ZIP-18", "a comment", zip_of(HELLO, comment=b"hello"), Check.MAGIC),
    _zip("ZIP-18", "a comment on a member", zip_of(Member(b"a.txt", b"hello\n", comment=b"hello"))),
    _zip("ZIP-18", "an extra field", zip_of(Member(b"a.txt", b"hello\n", extra=b"UT\x05\0\x01\0\0\0\0"))),
    _zip(
        "ZIP-18",
        "an extra field in the local header alone",
        zip_of(Member(b"a.txt", b"hello\n", local={"extra": b"UT\0\0"})),
    ),
    _zip("ZIP-19", "two members in the same bytes", zip_of(HELLO, Member(b"b.txt", b"hello\n", offset=0))),
    _zip("ZIP-20", "a ratio beyond the limit", zip_of(Member(b"a.txt", b" " * (12 << 20))), Check.LIMITS),
    _zip("ZIP-21", "archives without end", nested(8), Check.LIMITS),
    _zip("ZIP-22", "ten thousand and one members", zip_of(*(folder(b"%d/" % n) for n in range(10_001))), Check.LIMITS),
    *(
        _zip("ZIP-23", f"method {method}", zip_of(Member(b"a.txt", method=method, packed=b"hello\n", size=6)))
        for method in (1, 6, 9, 12, 14, 93, 95, 98, 99)
    ),
    _zip(
        "ZIP-24", "a data descriptor", zip_of(Member(b"a.txt", b"hello\n", flags=8, behind=b"PK\x07\x08" + bytes(12)))
    ),
    _zip("ZIP-24", "the flag of a descriptor alone", zip_of(Member(b"a.txt", b"hello\n", flags=8))),
    _zip("ZIP-25", "a symbolic link", zip_of(Member(b"a.txt", b"/etc/passwd", made_by=0x314, mode=0o120777 << 16))),
    _zip(
        "ZIP-25", "a program that may be run", zip_of(Member(b"a.txt", b"hello\n", made_by=0x314, mode=0o104755 << 16))
    ),
    _zip("ZIP-26", "a folder with data", zip_of(folder(b"a/", data=b"hello\n"))),
    _zip("ZIP-26", "a folder called a file", zip_of(Member(b"a.txt", b"hello\n", mode=0x10))),
    _zip("ZIP-26", "a file called a folder", zip_of(folder(b"a/", mode=0x20))),
    _zip("ZIP-27", "a NUL in a name", zip_of(Member(b"a.txt\0.txt", b"hello\n")), Check.NAME),
    _zip("ZIP-28", "a second disk", zip_of(Member(b"a.txt", b"hello\n", disk=1))),
    _zip("ZIP-28", "an archive signature", zip_of(HELLO, gap=b"PK\x05\x05\0\0")),
    _zip("ZIP-28", "strong encryption", zip_of(Member(b"a.txt", b"hello\n", flags=0x41))),
    _zip("ZIP-29", "a gap before a member", zip_of(HELLO, Member(b"b.txt", b"x\n", before=b"hidden"))),
    _zip("ZIP-29", "a gap before the directory", zip_of(HELLO, gap=b"hidden")),
    _zip(
        "ZIP-29", "bytes behind a deflate stream", zip_of(Member(b"a.txt", b"hello\n", packed=HELLO.body() + b"hidden"))
    ),
    _zip("ZIP-30", "a time", zip_of(Member(b"a.txt", b"hello\n", time=1))),
    _zip("ZIP-30", "a date", zip_of(Member(b"a.txt", b"hello\n", date=0x5A21))),
    _zip("ZIP-30", "two systems", zip_of(HELLO, Member(b"b.txt", b"x\n", made_by=0x314))),
    _zip("ZIP-30", "a rare system", zip_of(Member(b"a.txt", b"hello\n", made_by=0x1314))),
    _zip("ZIP-30", "attributes for nobody", zip_of(Member(b"a.txt", b"hello\n", internal=1))),
)

_TEXTS = (
    *(_csv("TXT-01", f"a cell that starts with {start!r}", f'a,"{start}A1"\n') for start in "=+-@＝＋－＠"),
    _csv("TXT-01", "a call behind a full-width sign", "a,－ＳＵＭ（１）\n"),
    _csv("TXT-01", "a formula behind a TAB", 'a,"\t=A1"\n'),
    _csv("TXT-01", "a formula behind a line end", 'a,"\r\n=A1"\n'),
    _csv("TXT-01", "a formula behind blanks", "a,  =A1\n"),
    _csv("TXT-01", "a formula behind an ideographic space", "a,\u3000＝A1\n"),
    _csv("TXT-01", "a formula in the first cell, behind the mark", "\ufeff=A1,b\n"),
    _csv("TXT-01", "arithmetic", "a,-1+1\n"),
    _csv("TXT-01", "a call behind a dash", "a,-SUM(B1)\n"),
    _csv("TXT-01", "a link behind a sign", '"+HYPERLINK(""http://example.invalid"")"\n'),
    _csv("TXT-01", "a cell of another file", "+'file:///tmp/a.ods'#$Sheet1.A1,b\n"),
    _csv("TXT-01", "in CP932", "氏名,=A1\n".encode("cp932")),
    _csv("TXT-01", "in EUC-JP", "氏名,＝A1\n".encode("euc-jp")),
    _csv("TXT-01", "in UTF-16", "氏名,=A1\n".encode("utf-16")),
    _csv("TXT-01", "in ISO-2022-JP", "氏名,=A1\n".encode("iso-2022-jp")),
    _csv("TXT-02", "DDE", "=cmd|' /C calc'!A0,b\n"),
    _csv("TXT-02", "DDE behind a number", "-2+3+cmd|' /C calc'!D2,b\n"),
    _csv("TXT-02", "DDE behind an at sign", "@SUM(1+9)*cmd|' /C calc'!A0\n"),
    Mutant("TXT-02", "DDE in TSV", TSV, b"a\t+cmd|' /C calc'!A0\n", Check.TABLE),
    _csv("TXT-02", "DDE where no comma stands", "+cmd|' /C calc'!A0\n"),
    _csv("TXT-02", "DDE behind a dash and a TAB", "x,-\tcmd|' /C calc'!A0\n"),
    _csv("TXT-02", "DDE behind a dash and a line end", "x,\"-\r\ncmd|' /C calc'!A0\"\n"),
    _csv("TXT-02", "DDE behind a number and a line end", "x,\"-5\n+cmd|' /C calc'!A0\"\n"),
    _csv("TXT-03", "DDE behind a decimal comma", "-1,5+cmd|' /C calc'!A0\n"),
    _csv("TXT-03", "a call behind a decimal comma", '-1,5+WEBSERVICE("http://example.invalid")\n'),
    _csv("TXT-03", "another file behind a decimal comma", "-1,5+'[a.xlsx]S'!A0\n"),
    _csv("TXT-03", "a formula behind a semicolon", "a;=A1,b\n"),
    _csv("TXT-03", "a formula behind a TAB of another reading", "a\t=A1,b\n"),
    _csv("TXT-03", "a formula behind a bar", "a|=A1,b\n"),
    _csv("TXT-03", "a formula behind a line end of another reading", 'a;b,"c\n=A1"\n'),
    _csv("TXT-03", "a formula behind a quote that never closes", 'a,"b\n=A1,c\n'),
    _csv("TXT-03", "a delimiter chosen by the file", "sep=^\na^=A1\n"),
    _csv("TXT-04", "SYLK", "ID;P\nC;Y1;X1;K1\nE\n", Check.MAGIC),
    _text("TXT-04", "SYLK called text", "ID;PWXL;N;E\n", Check.MAGIC),
    _text("TXT-05", "bytes of no encoding", b"\x81\x8d\x8f\x90\x9d\n"),
    _text("TXT-05", "an override for those who read UTF-8", b"caf\xe9 \xe2\x80\xae txt\n"),
    _text("TXT-07", "an escape outside the known designations", b"\x1b$A!!\x1b(B\n"),
    _text("TXT-07", "half a character", b"\x1b$B!\x1b(B\n"),
    _text("TXT-07", "an end outside ASCII", b"\x1b$B!!\n"),
    _text("TXT-08", "an angle bracket in UTF-7", "+ADw-script+AD4-alert(1)+ADw-/script+AD4-\n"),
    _text("TXT-08", "a mark of UTF-7", "+/v8-hello\n"),
    _text("TXT-09", "an overlong sequence", b"\xc0\xaf\xc0\xae \x81\n"),
    _text("TXT-09", "a lone surrogate", b"\xff\xfea\0\0\xd8b\0"),
    _text("TXT-09", "a NUL", "a\0b\n"),
    *(
        _text("TXT-10", f"U+{code:04X}", f"a{chr(code)}b\n")
        for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)
    ),
    *(
        _text("TXT-12", f"U+{code:04X}", f"a{chr(code)}b\n")
        for code in (0x200B, 0x2060, 0x2063, 0xFEFF, 0xFFF9, 0x180E)
    ),
    _text("TXT-12", "joiners between Latin letters", "a\u200db\u200cc\n"),
    _text("TXT-12", "two joiners in a row", "क्\u200d\u200dष\n"),
    _text("TXT-12", "tag characters", "a\U000e0068\U000e0069b\n"),
    _text("TXT-12", "a selector after a letter", "a\ufe01b\n"),
    _text("TXT-12", "two selectors in a row", "葛\U000e0100\U000e0101\n"),
    _text("TXT-12", "an ideographic selector after kana", "か\U000e0100\n"),
    _text("TXT-12", "a filler without a jamo", "a\u3164b\n"),
    _text("TXT-13", "a colour of the terminal", "a\x1b[31mb\n"),
    _text("TXT-13", "a link of the terminal", "\x1b]8;;http://example.invalid\x07a\x1b]8;;\x07\n"),
    _text("TXT-13", "a C1 control", "a\x9b31mb\n"),
    _text("TXT-13", "a backspace", "a\bb\n"),
    _text("TXT-14", "a line separator", "a\u2028b\n"),
    _text("TXT-14", "a paragraph separator", "a\u2029b\n"),
    _text("TXT-14", "a next line", "a\x85b\n"),
    _text("TXT-14", "CR alone", "a\rb\n"),
    _text("TXT-17", "a line beyond the limit", "a" * ((4 << 20) + 1), Check.LIMITS),
)

MUTANTS: tuple[Mutant, ...] = _FILE_LEVEL + _PICTURES + _ARCHIVES + _TEXTS + MORE + PDFS

BEYOND = (
    {
        "GEN-14": "a rights-managed file is of no type that the judge accepts",
        "GEN-18": "the judge's own work is linear; time belongs to the sandbox",
        "GEN-20": "no parser of another house reads the copy here",
        "GEN-21": "no file is touched here",
        "GEN-22": "none of these types loads anything by itself",
        "GEN-23": "a path in a text is a text",
        "GEN-24": "a scheme in a text is a text",
        "GEN-25": "an address in a text is a text",
        "GEN-26": "a scheme in a text is a text",
        "GEN-27": "a picture's meaning is not judged",
        "GEN-28": "a text's meaning is not judged; what does not show is refused as TXT-12",
        "GEN-29": "a picture's meaning is not judged",
        "GEN-30": "none of these types is signed",
        "GEN-31": "no attribute of a file system is in a copy",
        "GEN-32": "none of these types has two representations, but for APNG, where both are judged",
        "GEN-33": "signatures of known malware are for the anti-virus",
        "IMG-38": "the colour under zero alpha shows only when pixels are unfiltered",
        "IMG-43": "a wrong orientation is no danger",
        "IMG-44": "the settings of the sanitizer's encoder are not known here",
        "TXT-06": "trail bytes are decoded before anything looks at them",
        "TXT-11": "homoglyphs are ordinary letters",
        "TXT-15": "a script in a text stays a text by its name",
        "TXT-16": "an address in a text is a text",
        "TXT-18": "needs the original",
        "TXT-19": "no check is written for Markdown",
        "TXT-20": "no check is written for TeX",
        "TXT-21": "the gateway's own records",
    }
    | {f"IMG-{n}": "no check is written for this type" for n in (27, 28, 29, 34, 35, 36, 41, 42)}
    | BEYOND_PDF
)


def refused_vectors() -> frozenset[str]:
    """Every vector whose reappearance is shown to be refused."""
    return frozenset(mutant.vector for mutant in MUTANTS)

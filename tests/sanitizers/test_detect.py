"""Detection: the bytes decide; names and claims are checked against them. All files are made here, and harmless."""

import contextlib
import io
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.catalogue import CATALOGUE
from sanitizers.detect import detect
from sanitizers.errors import (
    DisguisedError,
    EmptyError,
    ForbiddenTypeError,
    InputError,
    MalformedError,
    UnsupportedError,
)
from sanitizers.parsers import signatures as tables

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00\x11\x22\x33" * 20 + b"\xff\xd9"
PE = b"MZ" + b"\0" * 58 + struct.pack("<I", 64) + b"PE\0\0" + b"\0" * 200


def png(*trailer: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"") + b"".join(trailer)
    )


def zipped(**members: str | bytes) -> bytes:
    """A ZIP; in the keywords, __ stands for / and _dot_ for a dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), body)
    return out.getvalue()


def package(main_type: str) -> bytes:
    """An OPC package whose main part has this content type."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f'<Types><Override PartName="/x" ContentType="{main_type}"/></Types>')
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


def compound(*names: str, class_id: bytes = bytes(16)) -> bytes:
    """A compound file of one FAT sector and a directory: the root and these streams as a chain of siblings."""
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    header += b"\xff" * (512 - len(header))
    entries = [("Root Entry", 5, 1, 0xFFFFFFFF, class_id)]
    entries += [(n, 2, 0xFFFFFFFF, i + 2 if i + 1 < len(names) else 0xFFFFFFFF, bytes(16)) for i, n in enumerate(names)]
    directory = b""
    for name, kind, child, right, clsid in entries:
        raw = name.encode("utf-16-le")
        directory += raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw) + 2, kind, 1, 0xFFFFFFFF, right, child)
        directory += clsid + bytes(32)
    sectors = -(-len(directory) // 512)
    chain = [0xFFFFFFFD, *(i + 2 for i in range(sectors - 1)), 0xFFFFFFFE]
    fat = b"".join(struct.pack("<I", n) for n in chain).ljust(512, b"\xff")
    return header + fat + directory.ljust(sectors * 512, b"\0")


def iso_media(brand: bytes) -> bytes:
    return struct.pack(">I", 16) + b"ftyp" + brand + bytes(4) + struct.pack(">I", 8) + b"mdat"


def media_type(data: bytes, name: str = "file", claimed: str | None = None) -> str:
    return detect(data, name, claimed).media_type


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (JPEG, "写真.jpg", "image/jpeg"),
        (png(), "図.png", "image/png"),
        (zipped(a_dot_txt="x"), "資料.zip", "application/zip"),
        (zipped(), "空.zip", "application/zip"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "a.gif", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a.webp", "image/webp"),
        (b"II*\0\x08\0\0\0", "a.tif", "image/tiff"),
        (b"BM" + struct.pack("<IHHIIII", 70, 0, 0, 54, 40, 1, 1) + bytes(50), "a.bmp", "image/bmp"),
        (iso_media(b"heic"), "IMG_1.HEIC", "image/heic"),
        (iso_media(b"avif"), "a.avif", "image/avif"),
        (iso_media(b"isom"), "a.mp4", "video/mp4"),
        (iso_media(b"qt  "), "a.mov", "video/quicktime"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a.pdf", "application/pdf"),
        (b"{\\rtf1\\ansi x}", "a.rtf", "application/rtf"),
        (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(30), "a.7z", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07\x01\0" + bytes(30), "a.rar", "application/vnd.rar"),
        (b"\x1f\x8b\x08\0" + bytes(20), "a.gz", "application/gzip"),
        (b"\x22\x33-lh5-" + bytes(30), "a.lzh", "application/x-lzh-compressed"),
        (bytes(257) + b"ustar\x0000" + bytes(300), "a.tar", "application/x-tar"),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(30), "a.mp3", "audio/mpeg"),
        (compound("WordDocument"), "a.doc", "application/msword"),
        (compound("\x01CompObj", "Workbook"), "a.xls", "application/vnd.ms-excel"),
        (compound("a", "b", "c", "d", "PowerPoint Document"), "a.ppt", "application/vnd.ms-powerpoint"),
        (compound("__properties_version1.0"), "a.msg", "application/vnd.ms-outlook"),
        (compound("DocumentText"), "一太郎.jtd", "application/x-js-taro"),
        (package(tables.OOXML + "spreadsheetml.sheet.main+xml"), "a.xlsx", tables.OOXML + "spreadsheetml.sheet"),
        (
            package("application/vnd.ms-word.document.macroEnabled.main+xml"),
            "a.docm",
            "application/vnd.ms-word.document.macroEnabled.12",
        ),
        (zipped(mimetype=tables.ODF + "text"), "a.odt", tables.ODF + "text"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a.html", "text/html"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
        (b"<?xml version='1.0'?><a/>", "a.xml", "application/xml"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n", "a.eml", "message/rfc822"),
        (b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "a.ics", "text/calendar"),
        (b"\x60\x0e\x00\x01" + bytes(range(9)) * 9, "a.xdw", "application/vnd.fujixerox.docuworks"),
    ],
)
def test_each_format_is_told_by_its_bytes(data, name, expected):
    assert media_type(data, name) == expected


@pytest.mark.parametrize("name", ["file", "x.unknown1", "IMG_0001"])
def test_the_bytes_decide_without_a_name(name):
    assert media_type(JPEG, name) == "image/jpeg"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_japanese_text_is_text_in_every_encoding(encoding):
    text = "令和６年度の道路工事について\r\n担当：高橋、カナ\r\n" * 3

    assert media_type(text.encode(encoding), "お知らせ.txt") == "text/plain"


@pytest.mark.parametrize(
    "data",
    [
        "①髙ｶﾅ".encode("cp932"),
        b"\x1b[31mred\x1b[0m log\n",
        b"form\x0cfeed\n",
        b"end of file\r\n\x1a",
        "café ÿ naïve\n".encode("latin-1"),
        "日本語".encode() * 10 + b"\xff" + "の文".encode() * 10,
        b"a lost\x00 NUL\n",
        "令和\r\n".encode("utf-16-le") * 40,
        ("x" * ((1 << 20) - 1) + "道路").encode(),
    ],
)
def test_odd_but_honest_text_is_text(data):
    assert media_type(data, "a.txt") == "text/plain"


@pytest.mark.parametrize(
    ("text", "encoding"), [("Действие в городе, где живут", "cp1251"), ("Η πράξη στην πόλη όπου", "iso8859-7")]
)
def test_text_in_a_code_page_of_other_letters_is_text(text, encoding):
    assert detect((text * 9).encode(encoding), "a.txt", None).media_type == "text/plain"


def test_a_bitmap_without_odd_bytes_in_it_is_no_text():
    """Rows of white hold fewer control characters than many a text."""
    white = b"BM" + struct.pack("<IHHI", 3026, 0, 0, 26) + struct.pack("<IHHHH", 12, 40, 25, 1, 24) + b"\xff" * 3000

    assert detect(white, "banner.bmp", None).media_type == "image/bmp"
    assert detect(b"BMI is a measure of weight", "note.txt", None).media_type == "text/plain"


@pytest.mark.parametrize("data", [bytes(range(256)) * 4, b"\0" * 50, b"\x01\x02\x03\x04", b"ab\x00\x01\x02\x03cd"])
def test_bytes_full_of_controls_are_no_text(data):
    with pytest.raises(UnsupportedError) as refusal:
        media_type(data, "a.txt")

    assert refusal.value.vector is CATALOGUE["BLK-40"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", "text/plain"),
        ("a.csv", "text/csv"),
        ("a.CSV", "text/csv"),
        ("a.tsv", "text/tab-separated-values"),
        ("a.tab", "text/tab-separated-values"),
        ("a.log", "text/plain"),
        ("a", "text/plain"),
        ("a.md", "text/markdown"),
    ],
)
def test_the_name_chooses_between_kinds_of_text(name, expected):
    assert media_type("名前,住所\r\n".encode(), name) == expected


@pytest.mark.parametrize(
    "opening",
    [
        "{\\rtf1 x}",
        "  {\\rtf1 x}",
        "{\u200b\\rtf1 x}",
        "\x01{\\rtf1 x}",
        "{\x1b[0m\\rtf1 x}",
        "%PDF-1.4\nendobj",
        "x\n%P\u202eDF-1.4\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_text_that_a_program_would_open_as_something_else_is_a_disguise(opening, encoding):
    """Also behind characters that the text's own copy would lose: the copy must not turn into a document."""
    with pytest.raises(DisguisedError):
        detect((opening + "\n" * 9).encode(encoding), "a.txt", None)


def test_a_picture_in_letters_behind_an_invisible_one_is_not_text():
    assert media_type("\u200bGIF89a=1;alert()".encode(), "a.txt") == "image/gif"


def test_a_shell_script_is_refused_under_a_harmless_name():
    with pytest.raises(ForbiddenTypeError):
        detect(b"\xef\xbb\xbf#!/bin/sh\n", "a.txt", None)


def test_markup_in_a_text_file_stays_text():
    """TXT-15: the reader will see the letters, so the extension is not changed."""
    assert media_type(b"<html><script>alert(1)</script></html>", "a.txt") == "text/plain"


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "\ufeff \r\n<html lang='ja'>", "<!-- x -->\n<HEAD>", "<script>"])
def test_a_page_of_the_web_is_no_table(start, name):
    """GEN-01: what is saved when the download led to a login or an error page."""
    assert media_type(f"{start}<title>ログイン</title><a href='javascript:x'>".encode(), name) == "text/html"


@pytest.mark.parametrize("start", ["<番号>,<氏名>\n1,<html>", "説明\n<html>\n", "<htmlの例>,2\n", "<body-id>,2\n"])
def test_a_table_that_has_markup_in_its_fields_stays_one(start):
    assert media_type(start.encode(), "a.csv") == "text/csv"


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (PE, "BLK-01"),
        (b"L\0\0\0\x01\x14\x02\0" + bytes(60), "BLK-04"),
        (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d" + bytes(60), "BLK-08"),
        (b"ITSF\x03\0\0\0" + bytes(60), "BLK-09"),
        (b"\0\1\0\0Standard ACE DB\0" + bytes(60), "BLK-13"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60), "BLK-15"),
        (bytes(0x8001) + b"CD001\1" + bytes(2048), "BLK-16"),
        (b"conectix" + bytes(60), "BLK-16"),
        (bytes(2048) + b"koly" + bytes(508), "BLK-16"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "BLK-23"),
        (b"\xcf\xfa\xed\xfe" + bytes(60), "BLK-23"),
        (b"!<arch>\ndebian-binary", "BLK-24"),
        (b"%!PS-Adobe-3.0\n", "BLK-31"),
        (b"CWS\x0a\0\0\0\0\x78\x9c" + bytes(60), "BLK-33"),
        (b"d8:announce20:http://example.test/e", "BLK-34"),
        (b"!BDN" + bytes(60), "BLK-38"),
        (b"wOF2\0\1\0\0" + bytes(60), "BLK-39"),
        (b"\x90\x12\x31\0\0\0\x10**ACE**" + bytes(60), "ARC-11"),
        (compound("x", class_id=bytes.fromhex("84100c0000000000c000000000000046")), "BLK-02"),
        (compound("VisioDocument"), "BLK-14"),
        (compound("\tDRMContent", "EncryptedPackage"), "BLK-37"),
        (zipped(**{"META-INF__MANIFEST_dot_MF": "x", "a__B_dot_class": "x"}), "BLK-15"),
        (zipped(AndroidManifest_dot_xml="x"), "BLK-24"),
        (zipped(AppxManifest_dot_xml="x"), "BLK-02"),
        (package("application/vnd.ms-visio.drawing.main+xml"), "BLK-14"),
        (b"#!/bin/sh\necho x\n", "BLK-21"),
        (b"<html><HTA:APPLICATION ID='x'></html>", "BLK-03"),
        (b"[InternetShortcut]\r\nURL=http://example.test/\r\n", "BLK-05"),
        (b"[Shell]\r\nCommand=2\r\n", "BLK-06"),
        ("Windows Registry Editor Version 5.00\r\n".encode("utf-16"), "BLK-17"),
        (b"<?php echo 1;", "BLK-22"),
        (b"ID;PWXL;N;E\r\n", "BLK-11"),
        (b"From a@example.test Mon Jun  1 10:00:00 2009\nSubject: x\n\n", "BLK-38"),
        (b"-----BEGIN RSA PRIVATE KEY-----\n", "BLK-28"),
    ],
)
def test_types_of_the_deny_list_are_refused_by_content(data, row):
    with pytest.raises(ForbiddenTypeError) as refusal:
        detect(data, "file", None)

    assert refusal.value.vector is CATALOGUE[row]


@pytest.mark.parametrize("name", ["写真.jpg", "a.txt", "a.csv", "a.docx", "資料.zip", "file"])
def test_a_program_under_another_name_is_still_refused(name):
    with pytest.raises(ForbiddenTypeError):
        detect(PE, name, "image/jpeg")


@pytest.mark.parametrize("name", ["a.exe", "写真.jpg.scr", "a.lnk", "a.ps1", "a.exe.txt", "a.reg"])
def test_names_of_the_deny_list_are_refused_whatever_the_bytes(name):
    with pytest.raises(ForbiddenTypeError):
        detect(b"just text\n", name, None)


@pytest.mark.parametrize("name", ["readme.js.txt", "report.com.jp案内.txt", "MZ会議.txt"])
def test_text_that_only_sounds_like_a_program_passes(name):
    assert media_type("MZ社との会議メモ\n".encode(), name) == "text/plain"


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsb", "a.docm", "a.odt"])
def test_a_plain_zip_named_as_a_document_is_called_the_archive_it_is(name):
    detection = detect(zipped(a_dot_txt="x"), name, None)

    assert detection.media_type == "application/zip"
    assert [vector.id for vector, _, _ in detection.findings] == ["GEN-01"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"push graphic-context\n", "a.jpg"),
        (b"<html><body></body></html>", "a.png"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png"),
        (b"just text", "a.pdf"),
        (b"just text", "a.docx"),
        (b"name,value\n", "a.xls"),
        (b"just text", "a.mp4"),
        (b"just text", "a.zip"),
        (zipped(a_dot_txt="x"), "a.jpg"),
        (zipped(a_dot_txt="x"), "a.txt"),
        (compound("WordDocument"), "a.pdf"),
        (compound("WordDocument"), "a.csv"),
        (b"%PDF-1.7\n", "a.txt"),
        (b"{\\rtf1 x}", "a.txt"),
        (package(tables.OOXML + "wordprocessingml.document.main+xml"), "a.zip"),
    ],
)
def test_one_kind_of_content_under_the_name_of_another_is_a_disguise(data, name):
    with pytest.raises(DisguisedError) as refusal:
        detect(data, name, None)

    assert refusal.value.vector is CATALOGUE["GEN-01"]


@pytest.mark.parametrize("data", [b"just text", b"<html></html>", zipped(a_dot_txt="x")])
def test_a_picture_promised_by_the_sender_must_be_one(data):
    with pytest.raises(DisguisedError):
        detect(data, "file", "image/jpeg")


@pytest.mark.parametrize("claimed", [None, "application/octet-stream", "text/plain", "image/png", "nonsense"])
def test_an_ordinary_wrong_claim_is_no_finding(claimed):
    assert not detect(JPEG, "a.jpg", claimed).findings


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (png(), "a.jpg", "image/png"),
        (JPEG, "a.pdf", "image/jpeg"),
        (JPEG, "a.jpg_", None),
        (JPEG, "a.tmp", "image/jpeg"),
        (b"key = value\n", "a.ini", "text/plain"),
        (zipped(a_dot_txt="x"), "a.zipx", "application/zip"),
    ],
)
def test_an_extension_that_is_to_change_is_a_finding(data, name, expected):
    findings = [(vector.id, where) for vector, where, _ in detect(data, name, None).findings]

    assert findings == ([("GEN-01", "(name)")] if expected else [])
    assert expected is None or media_type(data, name) == expected


@pytest.mark.parametrize("name", ["写真", "議事録 2024.12.31", "第２．１版"])
def test_a_name_without_extension_is_no_finding(name):
    assert not detect(b"text\n", name, None).findings


@pytest.mark.parametrize(
    ("tail", "name"),
    [
        (zipped(a_dot_txt="x"), "ZIP"),
        (b"%PDF-1.4\n", "PDF"),
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z"),
        (compound("WordDocument"), "compound file"),
        (PE + b"This program cannot be run in DOS mode", "program"),
        (b"<ScRiPt>alert(1)</script>", "markup or script"),
        (b"<?php phpinfo();", "markup or script"),
        (b"<?=$_GET[0]($_POST[1]);?>", "markup or script"),
    ],
)
@pytest.mark.parametrize("picture", [JPEG, png()])
def test_a_second_format_behind_a_picture_is_told(picture, tail, name):
    """GEN-10. The picture is rebuilt from its pixels; the finding says what was glued to it."""
    findings = detect(picture + bytes(600_000) + tail, "a", None).findings

    assert (CATALOGUE["GEN-10"], name) in [(vector, detail) for vector, _, detail in findings]
    assert all(vector is CATALOGUE["GEN-10"] for vector, _, _ in findings)


def test_a_disk_image_around_a_picture_is_told():
    data = JPEG.ljust(0x8001, b"\0") + b"CD001" + bytes(100)

    assert detect(data, "a.jpg", None).findings == ((CATALOGUE["GEN-10"], "offset 32769", "disk image"),)


def test_magic_numbers_alone_are_not_a_second_format():
    """By chance, four bytes of pixels look like anything."""
    noise = b"PK\x03\x04\xff\xff" + b"PK\x05\x06\xff" + b"%PDF-x" + b"7z\xbc\xaf\x27\x1c\xff" + b"<scr" + b"<html5"

    assert not detect(JPEG + noise + bytes(50), "a.jpg", None).findings


def test_bytes_before_a_pdf_or_a_zip_are_told():
    assert detect(b"junk\n%PDF-1.7\n\x01\x02\xff", "a.pdf", None).findings[0][0] is CATALOGUE["GEN-12"]

    prefixed = detect(b"\x80\x81\x82\0" * 9 + zipped(a_dot_txt="x"), "a.zip", None)

    assert prefixed.media_type == "application/zip"
    assert prefixed.findings == ((CATALOGUE["GEN-12"], "offset 36", "bytes before the first member"),)


def test_a_self_extractor_is_a_program():
    with pytest.raises(ForbiddenTypeError):
        detect(PE + zipped(a_dot_txt="x"), "a.zip", None)


@pytest.mark.parametrize("name", ["a.001", "a.z01", "a.r00"])
def test_volumes_of_a_split_archive_are_refused(name):
    with pytest.raises(ForbiddenTypeError) as refusal:
        detect(zipped(a_dot_txt="x"), name, None)

    assert refusal.value.vector is CATALOGUE["ARC-18"]


def test_no_bytes_are_refused_as_empty():
    with pytest.raises(EmptyError):
        detect(b"", "a.txt", None)


def test_an_office_package_behind_a_password_is_a_type_of_its_own():
    """Whether a password opens it is for its sanitizer to find out."""
    found = detect(compound("EncryptionInfo", "EncryptedPackage"), "a.xlsx", None)

    assert found.media_type == "application/vnd.ms-office.encrypted-package"


def test_a_default_type_of_parts_that_are_not_there_says_nothing():
    """Some programs name the type of binary workbooks in every workbook."""
    binary = '<Default Extension="bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    types = f'<Types>{binary}<Override PartName="/a/workbook.xml" ContentType="{main}.main+xml"/></Types>'
    data = zipped(**{"[Content_Types]_dot_xml": types, "a__workbook_dot_xml": "<x/>"})

    assert detect(data, "a.xlsx", None).media_type == main


def test_a_truncated_office_package_is_not_taken_for_an_archive():
    """GEN-15: Word would offer to repair it."""
    whole = package(tables.OOXML + "wordprocessingml.document.main+xml")
    with pytest.raises(MalformedError):
        detect(whole[:-30], "a.docx", None)


def test_a_compound_file_whose_directory_runs_in_a_circle_ends():
    data = bytearray(compound("a", "b", "c", "d", "e"))
    data[512 + 4 : 512 + 8] = struct.pack("<I", 1)  # the directory's first sector follows itself

    assert detect(bytes(data), "file", None).media_type == "application/x-ole-storage"


@given(st.binary(min_size=1, max_size=300), st.sampled_from(["a", "a.txt", "a.jpg", "a.zip", "a.docx", "a.csv"]))
def test_any_bytes_get_a_type_or_a_refusal(data, name):
    try:
        detection = detect(data, name, None)
    except InputError:
        return
    assert detection.media_type in tables.FAMILIES
    assert detect(data, name, None) == detection


@given(
    st.sampled_from([JPEG, png(), zipped(a_dot_txt="x"), compound("WordDocument"), iso_media(b"heic")]),
    st.integers(0, 400),
    st.binary(min_size=1, max_size=8),
)
@settings(max_examples=300)
def test_damaged_files_get_a_type_or_a_refusal(data, at, damage):
    broken = data[:at] + damage + data[at + len(damage) :]
    with contextlib.suppress(InputError):
        detect(broken, "a", None)


def test_the_tables_name_only_types_and_rows_that_exist():
    named = {row.means for row in tables.SIGNATURES} | set(tables.PACKAGE_TYPES.values()) | set(tables.BRANDS.values())
    named |= set(tables.OLE_CLASSES.values()) | {kind for _, kind in (*tables.OLE_STREAMS, *tables.ZIP_MARKS)}
    named |= {kind for _, kind in (*tables.MARKUP_WORDS, *tables.TEXT_STARTS)} | set(tables.DANGEROUS_OPINIONS.values())

    assert named <= set(tables.FAMILIES) | set(CATALOGUE)


def test_a_locked_process_can_detect():
    """After warm(), nothing is opened: libmagic and its database are in memory."""
    code = (
        "import resource\n"
        "from policies.names import clean_name\n"
        "from sanitizers.detect import detect, warm\n"
        "warm()\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))\n"
        "assert detect(b'\\xff\\xd8\\xff\\xe0' + bytes(99), 'a.jpg', None).media_type == 'image/jpeg'\n"
        "assert detect(bytes.fromhex('93b998488d4888f6'), 'a.txt', None).media_type == 'text/plain'\n"
        "assert detect(b'caf\\xe9 x', 'a.txt', None).media_type == 'text/plain'\n"
        "assert detect(b'\\xff\\xfea\\0b\\0', 'a.txt', None).media_type == 'text/plain'\n"
        "clean_name('\\udc93\\udcb9.txt')\n"
        "assert detect(b'%PDF-1.7 ', 'a.pdf', None).media_type == 'application/pdf'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

"""Names that are refused whatever the file holds, and harmless ones that look a little like them."""

import pytest

from policies.catalogue import CATALOGUE
from policies.forbidden import FORBIDDEN_EXTENSIONS, FORBIDDEN_INNER, forbidden_by_name
from policies.names import extensions

KNOWN = frozenset({"txt", "pdf", "jpg", "docx", "zip"})


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("setup.exe", "BLK-01"),
        ("SETUP.EXE", "BLK-01"),
        ("請求書.pdf.exe", "BLK-01"),
        ("請求書.exe.txt", "BLK-01"),
        ("請求書.exe.pdf.txt", "BLK-01"),
        ("報告.ｅｘｅ", "BLK-01"),
        ("メモ.vbs", "BLK-03"),
        ("近道.lnk", "BLK-04"),
        ("web.config", "BLK-36"),
        ("Dockerfile", "BLK-27"),
        (".htaccess", "BLK-36"),
        ("_desktop.ini", "BLK-06"),
    ],
)
def test_names_of_programs_are_refused(name, row):
    found = forbidden_by_name(extensions(name), name, KNOWN)

    assert found is not None
    assert found.id == row


@pytest.mark.parametrize(
    "name",
    [
        "report.com.jp案内.txt",
        "www.city.example.com.txt",
        "readme.js.txt",
        "写真.img.jpg",
        "v1.exe の使い方.txt",
        "プログラムexe.txt",
        "exe",
        "2024.12.31報告",
        "資料.docx",
    ],
)
def test_harmless_names_pass(name):
    assert forbidden_by_name(extensions(name), name, KNOWN) is None


def test_the_table_names_rows_that_exist_and_block():
    assert set(FORBIDDEN_INNER) <= set(FORBIDDEN_EXTENSIONS)
    for vector in set(FORBIDDEN_EXTENSIONS.values()):
        assert CATALOGUE[vector.id].default.name == "BLOCK"


@pytest.mark.parametrize(
    "extension", ["docx", "docm", "dotm", "xlsm", "xlam", "ppam", "pptx", "xls", "zip", "csv", "jtd"]
)
def test_what_is_rebuilt_is_not_refused_by_name(extension):
    assert extension not in FORBIDDEN_EXTENSIONS

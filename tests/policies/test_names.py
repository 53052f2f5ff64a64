"""File names from outside: hostile ones are made safe, Japanese ones survive."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies.names import (
    MAX_NAME_BYTES,
    MAX_PATH_BYTES,
    CleanName,
    clean_name,
    clean_path,
    decode_name,
    extensions,
    renamed,
)

ORDINARY = [
    "様式１（案）.xlsx",
    "2024.12.31報告.txt",
    "v1.2.docx",
    "【至急】道路冠水の写真 (1).jpg",
    "議事録　第３回.pdf",
    "①髙橋さん・﨑山さん.csv",
    "ｶﾅ半角.txt",
    "ラーメン〜一覧～.xlsx",
    "第１．２版（最終）.docx",
    "えっと….txt",
    "福神（ふく）.txt",  # compatibility ideographs, which NFC would replace
    "葛\U000e0100城市.txt",  # with an ideographic variation selector
    "backup.tar.gz",
    "写真.jpg.png",
    "report.com.jp案内.txt",
    "IMG_0001.HEIC",
    ".txt",
    "COM10.txt",
    "console.log",
    "\ue000外字.txt",
]


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names_survive_unchanged_without_a_finding(name):
    assert clean_name(name) == CleanName(name)


@pytest.mark.parametrize(
    ("raw", "clean", "vectors"),
    [
        ("invoice\u202egpj.exe", "invoicegpj.exe", ["GEN-03"]),
        ("in\u200bvo\u00adice.txt", "invoice.txt", ["GEN-04"]),
        ("tag\U000e0041\U000e0042.txt", "tag.txt", ["GEN-04"]),
        ("heart\ufe0f.txt", "heart.txt", ["GEN-04"]),
        ("a\r\nSet-Cookie.txt", "aSet-Cookie.txt", ["GEN-05"]),
        ("x.pdf\x00.exe", "x.pdf.exe", ["GEN-05"]),
        ("lone\ud800.txt", "lone.txt", ["GEN-05"]),
        ("../../etc/passwd", "passwd", ["GEN-06"]),
        ("C:\\Users\\me\\写真.jpg", "写真.jpg", ["GEN-06"]),
        ("\\\\host\\share\\x.txt", "x.txt", ["GEN-06"]),
        ("C:x.txt", "x.txt", ["GEN-06"]),
        ("folder/", "folder", ["GEN-06"]),
        ("CON", "_CON", ["GEN-07"]),
        ("nul.tar.gz", "_nul.tar.gz", ["GEN-07"]),
        ("COM¹.txt", "_COM¹.txt", ["GEN-07"]),
        ("x.txt. . ", "x.txt", ["GEN-07"]),
        ("x.txt:Zone.Identifier", "x.txt_Zone.Identifier", ["GEN-07"]),
        ("~$報告.docx", "報告.docx", ["GEN-07"]),
        ("desktop.ini", "_desktop.ini", ["GEN-07"]),
        ("書類.{21EC2020-3AEA-1069-A2DD-08002B30309D}", "書類_{21EC2020-3AEA-1069-A2DD-08002B30309D}", ["GEN-07"]),
        ('a"b?.txt', "a_b_.txt", ["GEN-07"]),
        ("報告．exe", "報告.exe", ["GEN-08"]),
        ("報告.ｔｘｔ", "報告.txt", ["GEN-08"]),
        ("様式１（案）．xlsx", "様式１（案）.xlsx", ["GEN-08"]),
        ("A／B：C＼D.txt", "A_B_C_D.txt", ["GEN-08"]),
        ("..¥x.txt", "..￥x.txt", ["GEN-08"]),
        (unicodedata.normalize("NFD", "がっこうのプリント.txt"), "がっこうのプリント.txt", ["GEN-08"]),
        ("見積.pdf" + " " * 40 + ".exe", "見積.pdf.exe", ["GEN-02"]),
        ("見積.pdf" + "\u3000" * 40 + ".exe", "見積.pdf.exe", ["GEN-02"]),
        ("", "file", ["GEN-07"]),
        ("..", "file", ["GEN-07"]),
    ],
)
def test_hostile_names_are_made_safe(raw, clean, vectors):
    cleaned = clean_name(raw)

    assert cleaned.name == clean
    assert list(dict.fromkeys(vector.id for vector, _ in cleaned.findings)) == vectors


def test_a_long_name_keeps_its_extension_and_whole_characters():
    cleaned = clean_name("道路" * 80 + ".docx")

    assert len(cleaned.name.encode()) <= MAX_NAME_BYTES
    assert cleaned.name.endswith("路.docx") or cleaned.name.endswith("道.docx")
    assert [vector.id for vector, _ in cleaned.findings] == ["GEN-09"]


@pytest.mark.parametrize(
    ("raw", "clean", "vectors"),
    [
        ("資料/様式１（案）.xlsx", "資料/様式１（案）.xlsx", []),
        ("資料/", "資料/", []),
        ("./a//b.txt", "a/b.txt", []),
        ("資料\\表.txt", "資料/表.txt", []),
        ("../../a/b.txt", "a/b.txt", ["ARC-01"]),
        ("a/../b.txt", "a/b.txt", ["ARC-01"]),
        ("/etc/passwd", "etc/passwd", ["ARC-02"]),
        ("C:\\x\\y.txt", "x/y.txt", ["ARC-02"]),
        ("\\\\host\\share\\y.txt", "host/share/y.txt", ["ARC-02"]),
        ("aux/nul.txt", "_aux/_nul.txt", ["GEN-07"]),
        ("..", "file", ["ARC-01", "GEN-07"]),
        ("/".join("d" * 40) + "/x.txt", "/".join("d" * 31) + "/x.txt", ["GEN-09"]),
    ],
)
def test_paths_in_archives_stay_below_the_archive(raw, clean, vectors):
    cleaned = clean_path(raw)

    assert cleaned.name == clean
    assert list(dict.fromkeys(vector.id for vector, _ in cleaned.findings)) == vectors


_TRICKY = st.text(
    st.one_of(
        st.sampled_from("./\\: ~$．：／＼\u3000\u202e\u200b\ufe00\U000e0100か\u3099\u00a5神CONaux.exe\udc95\udc5c"),
        st.characters(),
    ),
    max_size=40,
)


@given(_TRICKY)
@example("CON\u200b.")
@example("．．")
@example("～$." + " " * 9 + "．exe")
def test_cleaning_twice_finds_nothing_more(raw):
    once = clean_name(raw)
    twice = clean_name(once.name)

    assert twice.name == once.name
    assert not twice.findings
    assert clean_path(once.name).name == once.name


@given(_TRICKY)
def test_cleaning_a_path_twice_finds_nothing_more(raw):
    once = clean_path(raw)
    twice = clean_path(once.name)

    assert (twice.name, twice.findings) == (once.name, ())
    assert all(part not in ("", ".", "..") for part in once.name.removesuffix("/").split("/"))
    assert len(once.name.encode()) <= MAX_PATH_BYTES + 1


@given(st.text(max_size=400))
@settings(max_examples=50)
def test_any_name_becomes_one_that_every_system_can_hold(raw):
    name = clean_name(raw).name

    assert 0 < len(name.encode()) <= MAX_NAME_BYTES
    assert not set(name) & set('/\\:*?"<>|\0')
    assert name.rstrip(" .") == name


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
@pytest.mark.parametrize("name", ["表計算ソフト予定.xls", "①髙ｶﾅ.txt", "plain.txt"])
def test_bytes_of_a_name_are_read_as_the_name(name, encoding):
    raw = name.encode(encoding)

    assert decode_name(raw) == name
    assert clean_name(raw.decode("utf-8", "surrogateescape")).name == name


@pytest.mark.parametrize(
    ("name", "extension", "expected"),
    [
        ("議事録 2024.12.31", "txt", "議事録 2024.12.31.txt"),
        ("photo.jpeg", "png", "photo.png"),
        ("設定.ini", "txt", "設定.txt"),
        (".htm", "txt", ".htm.txt"),
        ("第２．１版", "txt", "第２．１版.txt"),
    ],
)
def test_an_extension_is_put_in_place_of_a_real_one_only(name, extension, expected):
    assert renamed(name, extension) == expected


def test_a_new_extension_fits_into_the_limit():
    name = renamed("道" * 66, "txt")

    assert len(name.encode()) <= MAX_NAME_BYTES
    assert not clean_name(name).findings


def test_extensions_are_told_last_first_and_folded():
    assert extensions("報告.PDF.ｅｘｅ") == ("exe", "pdf")
    assert extensions("README") == ()

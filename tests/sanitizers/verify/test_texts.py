"""Texts and tables before the judge: what people write is accepted, what hides or computes is not."""

import codecs

import pytest

from policies.load import load_policy
from policies.model import Limits, Policy
from sanitizers.model import Check, Order
from sanitizers.pipeline import sanitize
from sanitizers.verify.characters import complaint
from sanitizers.verify.encodings import readings
from sanitizers.verify.judge import judge
from sanitizers.verify.table import computes

POLICY = Policy(name="test")
LETTER = "拝啓　時下ますますご清栄のこととお慶び申し上げます。\r\nＴＥＬ（代表）03-1234-5678\r\n"


def is_text(data: bytes) -> bool:
    return judge(data, "text/plain", POLICY).accepted


# --- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc-jp", "iso-2022-jp"])
def test_a_japanese_letter_is_accepted_in_every_usual_encoding(encoding):
    assert is_text(LETTER.encode(encoding))


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf16_is_known_by_its_mark_or_by_its_latin_letters(order):
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}[order]

    assert is_text(mark + LETTER.encode(order))
    assert is_text("Dear Sir,\r\nplease find enclosed: 表\r\n".encode(order))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("①㈱髙橋﨑ｶﾅ".encode("cp932"), "①㈱髙橋﨑ｶﾅ"),
        (b"\xad\xa1\xad\xea", "①㈱"),  # row 13 of NEC in EUC-JP
        (b"\xfc\xe2\xb6\xb6", "髙橋"),  # IBM's characters as NEC put them into rows 89 to 92
        (b"\x8e\xb6\x8e\xc5", "ｶﾅ"),
        (b"\x8f\xb0\xa1\xa4\xa2", "丂あ"),  # JIS X 0212
        (b"\x1b$B-!-j\x1b(B", "①㈱"),
        (b"\x1b$B|b66\x1b(B", "髙橋"),
        (b"\x1b(I6E\x1b(B", "ｶﾅ"),
        (b"\x1b$(D0!\x1b(B", "丂"),
        (b'\x1b$@$"\x1b(J\\\x1b(B', "あ\\"),
        ("café – déjà vu".encode("cp1252"), "café – déjà vu"),
    ],
)
def test_extensions_of_the_old_encodings_are_read(data, text):
    """TXT-05, TXT-07, TXT-18: ①, 髙 and half-width kana are everyday characters."""
    assert text in [reading.text for reading in readings(data)]
    assert is_text(data)


@pytest.mark.parametrize("character", "①②㈱㍻髙﨑彅纊褜ⅰⅨ№℡∑")
def test_cp932_and_its_twins_read_the_same_characters(character):
    """The arithmetic between the two is held against Python's own table for JIS X 0208."""
    lead, trail = character.encode("cp932")
    row = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 2 + (trail >= 0x9F)
    cell = trail - 0x9F if trail >= 0x9F else trail - 0x40 - (trail > 0x7F)
    euc = bytes((row + 0xA1, cell + 0xA1)) if row < 94 else None

    if euc is not None:
        assert [reading.text for reading in readings(euc) if reading.encoding == "euc-jp"] == [character]
    assert next(readings(character.encode("cp932"))).text == character


def test_all_of_jis_x_0208_is_read_alike_in_three_encodings():
    for row in range(1, 85):
        for cell in range(1, 95):
            euc = bytes((row + 0xA0, cell + 0xA0))
            try:
                character = euc.decode("euc_jp")
            except UnicodeDecodeError:
                continue
            escaped = b"\x1b$B" + bytes(byte & 0x7F for byte in euc) + b"\x1b(B"
            assert next(readings(escaped)).text == character


def test_valid_utf8_is_never_taken_for_anything_else():
    """TXT-05: as windows-1252, an override in UTF-8 would be three harmless letters."""
    data = "a\u202eb".encode()

    assert [reading.encoding for reading in readings(data)] == ["utf-8"]
    assert not is_text(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\x1b$B!!\x0e!!\x1b(B",
        b"\x0fabc\x1b(B",
        b"\x1b$B\n!!\x1b(B",
        b"\x1b(Ia\x1b(B",
        b"\x1b$B\xa4\xa2\x1b(B",
        b"\x1b$(D~~\x1b(B",
        b"\x1b$Buu\x1b(B",
        b"\x1b.A\x1bN!",
        b"caf\xe9\x1b(B",
        b"\x1b(",
    ],
)
def test_iso_2022_jp_is_walked_strictly(data):
    """TXT-07."""
    assert not is_text(data)


# --- characters

KEPT = {
    "kaomoji and punctuation": "（＾＾）／〜♪☆※〒①②…",
    "private gaiji": "\ue000\uf8ff",
    "ideographic variation": "葛\U000e0100城市、辻\U000e0101さん",
    "standardized variation": "神\ufe00 \uff01\ufe00",
    "family": "👩\u200d👩\u200d👧\u200d👦",
    "profession with a skin": "👩🏽\u200d💻",
    "rainbow flag": "🏳\ufe0f\u200d🌈",
    "keycap": "1\ufe0f\u20e3",
    "text style": "☎\ufe0e ☎\ufe0f",
    "head shaking": "🙂\u200d\u2194\ufe0f",
    "Persian": "می\u200cخواهم",
    "Sanskrit": "क्\u200dष",
    "Malayalam at the end of a word": "ന്\u200d ",
    "Hangul": "\u1100\u1161 \u1100\u1160",
    "soft hyphen": "Donau\u00addampf",
    "no-break space": "10\u00a0km",
    "form feed": "a\fb",
    "new characters": "\U0001fae8 \u0378",
}


@pytest.mark.parametrize("name", KEPT)
def test_what_a_person_wrote_is_accepted(name):
    assert complaint(KEPT[name]) == ""


@pytest.mark.parametrize(
    "text",
    [
        "\u200d",
        "\ufe0f",
        "a\u200d",
        "日\u200d本",
        "1\u200d2",
        "👩\u200d",
        "👩\u200da",
        "می\u200c\u200cخ",
        " \ufe0f",
        "か\ufe0e\ufe0f",
        "\u034fa",
        "a\u034fb",
        "a\u180bb",
        "a\u17b4",
        "\x7f",
        "\x0b",
        "\ufdd0",
        "\U0001ffff",
        "\U000e0001",
        "\U000e0fff",
        "\u2064",
        "\U0001d173",
    ],
    ids=ascii,
)
def test_what_does_not_show_is_refused(text):
    """TXT-12."""
    assert complaint(text)


# --- whole texts


def test_a_line_may_be_as_long_as_the_policy_allows():
    """TXT-17; lines are counted in characters, whatever stands at their ends."""
    policy = Policy(name="t", limits=Limits(max_line_chars=10))
    for good in (b"0123456789", b"0123456789\n0123456789\n", b"\n" * 50, b"012345678\r\n", "あ".encode() * 10):
        assert judge(good, "text/plain", policy).accepted, good
    for bad in (b"0123456789x", b"0\n0123456789x\n0", b"\n" * 50 + b"0123456789x", "あ".encode() * 11):
        assert judge(bad, "text/plain", policy).check is Check.LIMITS, bad


@pytest.mark.parametrize(
    "text",
    [
        "<html><script>alert(1)</script></html>\n",
        "@echo off\r\ndel *.*\r\n",
        "#!/bin/sh\necho hello\n",
        "see \\\\server\\share and http://example.invalid/\n",
        "MIME-Version: 1.0\nSubject: =?ISO-2022-JP?B?GyRCRnxLXBsoQg==?=\n",
        "1+ADw is no tag, and neither is +AND-\n",
        "a + b - c\n",
    ],
)
def test_a_text_is_not_judged_for_what_it_says(text):
    """TXT-15, TXT-16: its name keeps it a text."""
    assert is_text(text.encode())


@pytest.mark.parametrize(
    "start", ["%PDF-1.7\n", "\n" * 500 + "%PDF-1.4", "\ufeff{\\rtf1}", "%!PS-Adobe-3.0\n", "ID;PWXL\n"]
)
def test_a_text_that_programs_open_as_something_else_is_refused(start):
    assert judge(start.encode(), "text/plain", POLICY).check is Check.MAGIC


# --- tables

SHOWN = [
    "",
    "hello",
    "'=A1",
    "1=1",
    "a@example.jp",
    "-5",
    "-1,234.50",
    "+10%",
    "-¥1,000",
    "- 5",
    "－５００",
    "1e-5",
    "-1.5e+10",
    "+81-3-1234-5678",
    "+81 (0)3 1234 5678",
    "-2026/11/23",
    "2026-11-23",
    "-",
    "--",
    "－",
    "－－",
    "---------",
    "+",
    "- item",
    "- 要確認",
    "-要確認",
    "－（該当なし）",
    "- A4用紙",
    "- PDF（添付）",
    "+α",
    "+1枚",
    "-5℃",
    "- 10～20人",
    "- v1.2",
    '"=A1"',
]
COMPUTED = [
    "=",
    "=A1",
    "=1+1",
    "@SUM(A1)",
    "@user",
    "＝A1",
    "＠SUM(A1)",
    "-1+1",
    "+1+1",
    "-(1)*2",
    "-A1",
    "+A1",
    "-$A$1",
    "+A1:B2",
    "-SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!D2",
    "- Sheet1!A1",
    "+[book.xlsx]Sheet1!A1",
    "+'file:///a.ods'#$Sheet1.A1",
    "-{1,2}",
    "+@SUM(A1)",
    "－ＳＵＭ（１）",
    "－cmd｜’／Ｃ　ｃａｌｃ’！Ａ０",
    " =A1",
    "\t=A1",
    "\r=A1",
    "\n=A1",
    "\u3000=A1",
    "\u00a0=A1",
    ' "=A1"',
    " -A1",
]


@pytest.mark.parametrize("cell", SHOWN)
def test_a_cell_that_is_shown_stays(cell):
    """TXT-01: numbers, telephone numbers, dates, dashes and lists are what tables are made of."""
    assert not computes(cell)
    quoted = cell.replace('"', '""')
    assert judge(f'"x","{quoted}"\r\n'.encode(), "text/csv", POLICY).accepted


@pytest.mark.parametrize("cell", COMPUTED, ids=ascii)
def test_a_cell_that_computes_is_refused_wherever_it_stands(cell):
    """TXT-01, TXT-02."""
    assert computes(cell)
    quoted = '"' + cell.replace('"', '""') + '"'
    for delimiter in ",;\t|":
        for table in (quoted, f"x{delimiter}{quoted}", f"{quoted}{delimiter}x", f'x{delimiter}"y"\r\n{quoted}\r\n'):
            assert not judge(table.encode(), "text/csv", POLICY).accepted, table


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp932", "euc-jp", "iso-2022-jp"])
def test_a_japanese_table_is_accepted(encoding):
    table = '"氏名","電話","増減"\r\n"山田　太郎","+81-3-1234-5678","-5"\r\n"表示能力","","△3　改行\r\nあり"\r\n'

    assert judge(table.encode(encoding), "text/csv", POLICY).accepted


def test_a_full_width_sign_is_seen_in_every_encoding():
    """The same two bytes of JIS X 0208 are U+FF0D for Microsoft and U+2212 for everybody else."""
    for sign, encoding in (("－", "utf-8"), ("－", "cp932"), ("\u2212", "euc-jp"), ("\u2212", "iso-2022-jp")):
        for shown in ("", "５００", "要確認"):
            assert judge(f"氏名,{sign}{shown}\n".encode(encoding), "text/csv", POLICY).accepted
        assert not judge(f"氏名,{sign}SUM(A1)\n".encode(encoding), "text/csv", POLICY).accepted


def test_a_table_is_read_in_japanese_when_it_can_be():
    """TXT-06: ポ ends with the byte of a bar in CP932, which no reader takes for a delimiter."""
    table = "レポ-A1,x\r\n".encode("cp932")

    assert b"|-A1" in table
    assert judge(table, "text/csv", POLICY).accepted


@pytest.mark.parametrize("line", ["sep=;\n", "sep=,\r\n", '"sep=|"\n', "SEP=\t\n"])
def test_a_line_that_names_a_known_delimiter_is_harmless(line):
    assert judge((line + "a;b\n").encode(), "text/csv", POLICY).accepted
    assert not judge((line + "a;=A1\n").encode(), "text/csv", POLICY).accepted


def test_a_large_table_of_negative_numbers_is_accepted():
    table = b'"2018-11-19 11:00:00",-5,"-1,234",+3.5%,-,x\r\n' * 20_000

    assert judge(table, "text/csv", POLICY).accepted
    assert not judge(table + b"=A1", "text/csv", POLICY).accepted


@pytest.mark.parametrize(
    "table", ["-,備考(注)\n", "-5,see note (x),Yes!\n", "-\tR&D\t(a)\n", "- a,b(c)\n", "+81-3,A1\n"]
)
def test_cells_side_by_side_are_no_formula(table):
    """TXT-03: the line as a whole is asked a milder question than its cells."""
    assert judge(table.encode(), "text/csv", POLICY).accepted


def test_tsv_is_judged_like_csv():
    assert judge(b"a\tb\t-5\n\t\t1\n", "text/tab-separated-values", POLICY).accepted
    assert judge(b"a\t=b\n", "text/tab-separated-values", POLICY).check is Check.TABLE


def test_every_character_that_a_copy_keeps_in_euc_jp_or_cp932_is_read():
    """TXT-18: gaiji, too: a row of each that users defined was refused once, and the whole file with it."""
    policy = load_policy("default")
    kana = "ひらがなのおおい、ごくふつうのぶんしょうです。".encode
    for encoding, rows in (("euc-jp", _euc_rows()), ("cp932", _cp932_rows())):
        for row in rows:
            data = b"\r\n".join([*[kana(encoding)] * 600, *row, b""])
            outcome = sanitize(data, Order(name="a.txt", policy=policy))
            assert outcome.data is not None
            assert judge(outcome.data, "text/plain", policy).accepted, row[0]


def _euc_rows() -> list[list[bytes]]:
    cells = range(0xA1, 0xFF)
    return [[bytes((*shift, row, cell)) for cell in cells] for shift in ((), (0x8F,)) for row in cells]


def _cp932_rows() -> list[list[bytes]]:
    trails = (*range(0x40, 0x7F), *range(0x80, 0xFD))
    return [[bytes((lead, trail)) for trail in trails] for lead in (*range(0x81, 0xA0), *range(0xE0, 0xFD))]

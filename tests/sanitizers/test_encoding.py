"""In which encoding bytes are text, and that they come back as they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.errors import InputError, MalformedError
from sanitizers.parsers import encoding, jis
from sanitizers.parsers.encoding import Encoding, Text, Writing, other_reading, read, write
from sanitizers.parsers.jis import Shifts

MEETING = "議事録、①髙橋ｶﾅ－表ソ十予能\\\r\nコメント：異議なし\r\n"
LEADS = (*range(0x81, 0xA0), *range(0xE0, 0xFD))
TRAILS = (*range(0x40, 0x7F), *range(0x80, 0xFD))
PLACES = range(0xA1, 0xFF)  # of EUC rows and cells


def seven_bits(pair: bytes) -> bytes:
    return bytes(code & 0x7F for code in pair)


def in_euc(text: str) -> bytes:
    return jis.encode_euc(text.replace("－", "−").replace("～", "〜"))


def in_jis(text: str, shifts: Shifts | None = None) -> bytes:
    return jis.encode_jis(text.replace("－", "−").replace("～", "〜"), shifts or Shifts())


# every character of the old encodings


def test_every_pair_of_cp932_comes_back_as_it_was():
    """髙 has two places in CP932, and each file keeps the one it was written with."""
    for lead in LEADS:
        for trail in TRAILS:
            pair = bytes((lead, trail))
            text = jis.decode_cp932(b"a" + pair + b"b")
            if text == "a\ufffdb":
                with pytest.raises(UnicodeDecodeError):
                    pair.decode("cp932")
            else:
                assert jis.encode_cp932(text) == b"a" + pair + b"b"
                assert jis.plain(text) == f"a{pair.decode('cp932')}b"


def test_every_pair_of_euc_jp_comes_back_as_it_was():
    for row in PLACES:
        for cell in PLACES:
            for code in (bytes((row, cell)), bytes((0x8F, row, cell))):
                text = jis.decode_euc(b"a" + code + b"b")
                assert len(text) == 3
                if text != "a\ufffdb":
                    assert jis.encode_euc(text) == b"a" + code + b"b"


def test_every_pair_of_iso_2022_jp_comes_back_as_it_was():
    """JIS X 0208, NEC's row 13 and IBM's rows 89 to 92 (CP50221), JIS X 0212."""
    for escape, lead in ((b"\x1b$B", b""), (b"\x1b$(D", b"\x8f")):
        for row in PLACES:
            for cell in PLACES:
                pair = bytes((row, cell))
                untrusted = b"a" + escape + seven_bits(pair) + b"\x1b(Bb"
                text, shifts = jis.decode_jis(untrusted)
                if text != "a\ufffdb":
                    assert text == jis.decode_euc(b"a" + lead + pair + b"b")
                    assert jis.encode_jis(text, shifts) == untrusted


@pytest.mark.parametrize(
    ("code", "meaning"),
    [(b"\x1b$B-!\x1b(B", "①"), (b"\x1b$B|b\x1b(B", "髙"), (b"\x1b(I6E\x1b(B", "ｶﾅ"), (b"\x1b$B!A!1\x1b(B", "〜￣")],
)
def test_what_the_standard_codecs_refuse_in_mail_is_read(code, meaning):
    text, _ = jis.decode_jis(code)

    assert jis.plain(text) == meaning


@pytest.mark.parametrize(("code", "meaning"), [(b"\xad\xa1", "①"), (b"\xfc\xe2", "髙"), (b"\x8f\xa2\xb7", "～")])
def test_what_the_standard_codecs_refuse_in_euc_is_read(code, meaning):
    assert jis.plain(jis.decode_euc(code)) == meaning


def test_gaiji_without_a_character_are_held_and_told_as_geta():
    text = jis.decode_euc(b"\xf5\xa1")

    assert jis.plain(text) == "〓"
    assert jis.encode_euc(text) == b"\xf5\xa1"


def test_what_cannot_be_read_takes_nothing_else_with_it():
    assert jis.decode_cp932(b"a\x81\nb\x85@c\xff\xa0") == "a\ufffd\nb\ufffdc\ufffd\ufffd"
    assert jis.decode_euc(b"a\xa4\nb\xa9\xa1c\xff") == "a\ufffd\nb\ufffdc\ufffd"
    assert jis.decode_jis(b"a\x1b$B$\x1b(B\nb\x1b$B)!\x1b(Bc\x1b(I~\x1b(B")[0] == "a\ufffd\nb\ufffdc\ufffd"


def test_the_text_of_twins_is_not_written_in_a_foreign_encoding():
    with pytest.raises(UnicodeEncodeError):
        jis.encode_cp932("\U0001f600")
    with pytest.raises(UnicodeEncodeError):
        jis.encode_euc("\U0001f600")


# deciding


@pytest.mark.parametrize(
    ("untrusted", "expected"),
    [
        (MEETING.encode("utf-8"), Writing(Encoding.UTF_8, newline="\r\n")),
        (MEETING.encode("utf-8-sig"), Writing(Encoding.UTF_8, has_mark=True, newline="\r\n")),
        (b"\xff\xfe" + MEETING.encode("utf-16-le"), Writing(Encoding.UTF_16_LE, has_mark=True, newline="\r\n")),
        (b"\xfe\xff" + MEETING.encode("utf-16-be"), Writing(Encoding.UTF_16_BE, has_mark=True, newline="\r\n")),
        (MEETING.encode("cp932"), Writing(Encoding.CP932, newline="\r\n")),
        (in_euc(MEETING), Writing(Encoding.EUC_JP, newline="\r\n")),
        (in_jis(MEETING), Writing(Encoding.ISO_2022_JP, newline="\r\n")),
        (
            in_jis(MEETING, Shifts(b"\x1b$@", b"\x1b(J")),
            Writing(Encoding.ISO_2022_JP, newline="\r\n", shifts=Shifts(b"\x1b$@", b"\x1b(J")),
        ),
        ("Müller, café, naïve\n".encode("cp1252"), Writing(Encoding.CP1252)),
        (b"plain\n", Writing(Encoding.UTF_8)),
        (b"old\rMacintosh\r", Writing(Encoding.UTF_8, newline="\r\n")),
    ],
)
def test_the_writing_of_a_file_is_told_from_its_bytes_and_kept(untrusted, expected):
    found = read(untrusted)

    assert found.writing == expected
    assert (found.broken, found.recast) == (0, "")
    assert write(found.text, found.writing) == untrusted


@pytest.mark.parametrize("word", ["ｶﾅ", "ﾔﾏﾀﾞ ﾊﾅｺ", "アイウ", "ア,イ,ウ", "東京都", "表", "①", "千葉", "日本", "あ"])
def test_one_word_of_cp932_comes_back_as_it_was(word):
    found = read(word.encode("cp932"))

    assert write(found.text, found.writing) == word.encode("cp932")


@pytest.mark.parametrize("word", ["東京都", "千葉", "日本", "あ", "カタカナ"])
def test_one_word_of_euc_jp_is_known(word):
    found = read(word.encode("euc_jp"))

    assert (found.writing.encoding, found.text) == (Encoding.EUC_JP, word)


@pytest.mark.parametrize("word", ["ｶﾅ", "ﾔﾏﾀﾞ ﾊﾅｺ\n", "アイウ", "ア,イ,ウ", "漢字"])
def test_one_word_of_cp932_is_known(word):
    found = read(word.encode("cp932"))

    assert (found.writing.encoding, found.text) == (Encoding.CP932, word)


@pytest.mark.parametrize("code", ["cp1251", "gbk", "big5", "euc_kr", "cp1250", "latin-1"])
def test_text_of_other_countries_keeps_its_bytes(code):
    words = {"cp1251": "Привет, мир", "gbk": "中文测试", "big5": "測試", "euc_kr": "안녕하세요"}.get(code, "Köln, über")
    found = read(words.encode(code) + b"\n")

    assert write(found.text, found.writing) == words.encode(code) + b"\n"


@pytest.mark.parametrize(("code", "order"), [("utf-16-le", Encoding.UTF_16_LE), ("utf-16-be", Encoding.UTF_16_BE)])
@pytest.mark.parametrize("text", [MEETING.replace("－", ""), "plain ASCII\r\n", "会議録\n", "かな\r\n"])
def test_utf_16_without_its_mark_gets_one(text, code, order):
    """A mark leaves no two readers of different opinion (TXT-05)."""
    found = read(text.encode(code))

    assert (found.text, found.recast) == (text, "UTF-16 without its mark")
    assert found.writing.encoding is order
    assert found.writing.has_mark


def test_ascii_with_a_nul_is_not_utf_16():
    assert read(b"abc\0def").text == "abc\0def"
    assert read(b"abc\0").text == "abc\0"
    assert read(b"a" * 1001 + bytes(999)).writing.encoding is Encoding.UTF_8


def test_utf_32_goes_on_as_utf_8():
    found = read("あ".encode("utf-32"))

    assert found.recast == "UTF-32"
    assert write(found.text, found.writing) == "あ".encode("utf-8-sig")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Dansk tales også i Sydslesvig på grænsen, æblegrød er sød.\n", "latin-1"),
        ("lhe é possível, no mundo à parte\n", "latin-1"),
        ("Действие происходит в городе, где живут люди\n", "cp1251"),
        ("Zażółć gęślą jaźń, wszystkie litery\n", "iso8859-2"),
    ],
)
def test_letters_of_other_code_pages_are_no_damaged_japanese(text, encoding):
    """Whatever page it is, its bytes go on: a small letter behind one with an accent is no kanji."""
    data = text.encode(encoding)
    found = read(data)

    assert (found.writing.encoding, found.broken) == (Encoding.CP1252, 0)
    assert write(found.text, found.writing) == data


def test_damaged_japanese_stays_japanese():
    assert read("住民税の納付について".encode("cp932") + b"\x82 a").writing.encoding is Encoding.CP932
    assert read("株式会社 東京都千代田区".encode("cp932") + b"\x88 a").writing.encoding is Encoding.CP932
    assert read("東京都の納税について".encode("euc_jp") + b"\xa4 a").writing.encoding is Encoding.EUC_JP
    assert read("住民税の納付について".encode() + b"\xe3\x81 a").writing.encoding is Encoding.UTF_8


@pytest.mark.parametrize("text", ["納付について", "住民税の納付について"])
def test_few_words_in_euc_are_no_damaged_utf_8(text):
    """Their pairs of bytes may be letters of UTF-8 by chance; but in EUC-JP nothing is left over."""
    found = read(text.encode("euc_jp"))

    assert (found.writing.encoding, found.text) == (Encoding.EUC_JP, text)


def test_windows_1252_with_a_euro_sign_goes_on_as_utf_8():
    """80 is a control character to whoever takes the file for any other encoding."""
    found = read(b"5 \x80\n")

    assert found.recast == "Windows-1252"
    assert write(found.text, found.writing) == "5 €\n".encode("utf-8-sig")


@pytest.mark.parametrize(
    ("untrusted", "code", "text"),
    [
        ("これは壊れた".encode() + b"\xff" + "文書".encode(), Encoding.UTF_8, "これは壊れた\ufffd文書"),
        ("日本語テキスト".encode()[:-1], Encoding.UTF_8, "日本語テキス\ufffd"),
        ("日本語テキストです".encode("cp932")[:-1], Encoding.CP932, "日本語テキストで\ufffd"),
        ("日本語テキストです".encode("euc_jp")[:-1], Encoding.EUC_JP, "日本語テキストで\ufffd"),
        (b"../\xc0\xaf", Encoding.UTF_8, "../\ufffd\ufffd"),
        (b"\xff\xfea\0\0\xd8b\0", Encoding.UTF_16_LE, "a\ufffdb"),
        (b"\xff\xfea\0b", Encoding.UTF_16_LE, "a\ufffd"),
    ],
)
def test_a_damaged_text_is_still_known_for_what_it_is(untrusted, code, text):
    found = read(untrusted)

    assert (found.writing.encoding, found.text) == (code, text)
    assert found.broken == text.count("\ufffd")


def test_a_replacement_character_that_somebody_wrote_is_not_broken():
    assert read("a\ufffdb".encode()).broken == 0
    assert read("a\ufffdb".encode() + b"\xffc" + "あい".encode()).broken == 1


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        bytes(100),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1",
        bytes(range(256)) * 4,
        "".join(map(chr, range(1, 32))).encode("utf-16"),
        b"\xef\xbb\xbf" + b"\xff" * 40,
    ],
    ids=["empty", "nul", "png", "all bytes", "utf-16 of controls", "marked rubbish"],
)
def test_what_is_no_text_is_refused(untrusted):
    with pytest.raises(MalformedError):
        read(untrusted)


def test_terminal_output_is_no_iso_2022_jp():
    """ESC ( B, which resets a terminal's letters, alone does not make a file Japanese (TXT-13)."""
    assert read(b"\x1b(B\x1b[mplain\n").writing.encoding is Encoding.UTF_8


def test_bytes_valid_in_both_japanese_encodings_have_another_reading():
    ours = Text(b"", "", Writing(Encoding.CP932))
    other = other_reading("｡ﾜ", ours)  # in EUC-JP: a full-width plus sign, A1 DC

    assert other is not None
    assert (other.text, other.writing.encoding) == ("＋", Encoding.EUC_JP)
    assert other_reading("漢字", ours) is None
    assert other_reading("｡ﾜ", Text(b"", "", Writing(Encoding.UTF_8))) is None


def test_a_text_as_it_was_read_has_its_own_bytes_for_another_reading():
    parsed = read(("｡ﾜ,髙橋\n" * 9).encode("cp932"))
    broken = read(b"\xa1\xdc,\x82\xa0\xff\n" * 9 + b"\x82\xa0" * 50)

    assert parsed.writing.encoding is broken.writing.encoding is Encoding.CP932
    assert other_reading("｡ﾜ", parsed) == other_reading("｡ﾜ", Text(b"", "", parsed.writing))
    assert other_reading(parsed.text, parsed) == other_reading(parsed.text, Text(b"", "", parsed.writing))
    placed = broken.text.replace("\ufffd", "〓")
    assert other_reading(placed, broken) == other_reading(placed, Text(b"", "", broken.writing))


# any bytes

ALPHABET = st.sampled_from("aZ09 ,.\n\r\tあ漢ア。ーｶﾅ①髙〜～－−∥‖㈱￢ⅰ∵≒ü")


@given(st.text(ALPHABET), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp", "cp1252"]))
def test_text_of_one_encoding_is_written_as_it_was_read(text, code):
    untrusted = text.encode(code, "ignore")
    try:
        found = read(untrusted)
    except InputError:
        assert not untrusted
        return
    if not found.broken and not found.recast and found.writing.encoding is not Encoding.ISO_2022_JP:
        assert write(found.text, found.writing) == untrusted


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(untrusted):
    try:
        found = read(untrusted)
    except MalformedError:
        return
    again = found.text.replace("\ufffd", found.writing.placeholder)
    write(again, found.writing)
    if not found.broken and not found.recast and found.writing.encoding is not Encoding.ISO_2022_JP:
        assert write(found.text, found.writing) == untrusted


def test_a_large_text_is_written_as_it_was_read():
    for untrusted in ((MEETING * 20_000).encode("cp932"), in_euc(MEETING * 20_000), in_jis(MEETING * 5_000)):
        found = read(untrusted)
        assert write(found.text, found.writing) == untrusted


def test_warm_runs():
    encoding.warm()


@pytest.mark.parametrize("pair", ["8790", "879c", "eef9", "fa40", "fbfc", "fc4b"])
def test_a_twin_of_each_row_is_found_wherever_it_stands(pair):
    code = bytes.fromhex(pair)
    for before in (b"", b"a", b"\x82\xa0" * 40, b"\x87\x40"):
        text = jis.decode_cp932(before + code + b"\x82\xa0")
        assert ord(text[-2]) > 0xFFFF
        assert jis.encode_cp932(text) == before + code + b"\x82\xa0"


@pytest.mark.parametrize("word", [b"\xc0\xbcscript>", b"\xe0\x80\xbcscript>", b"\xed\xa0\x80\xed\xb0\x80"])
def test_overlong_forms_among_ascii_are_broken_utf8(word):
    assert read(b"plain words " * 9 + word).writing.encoding is Encoding.UTF_8
    assert read("日本語".encode("cp932") * 9 + word).writing.encoding is not Encoding.UTF_8

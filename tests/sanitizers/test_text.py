"""Plain text: what is taken out, what is kept, and that everything else keeps its bytes (TXT rows)."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.terms import Action
from sanitizers.errors import BlockedError, EmptyError, InputError, LimitError, PurseError
from sanitizers.formats import text as text_module
from sanitizers.formats.text import TEXT
from sanitizers.verify.judge import judge
from tests.sanitizers.texts import LENIENT, PLAIN, corpus, limited, ordering, rebuild, type_of

FLAG = "".join(chr(0xE0000 + ord(letter)) for letter in "gbeng") + "\U000e007f"


def cleaned(text: str) -> str:
    return rebuild(text.encode()).data.decode()


# what is taken out


def test_direction_overrides_are_removed():
    """A file name or a line of code that reads otherwise than it runs (TXT-10, CVE-2021-42574)."""
    found = rebuild("invoice\u202egpj.exe\n".encode())

    assert found.data == b"invoicegpj.exe\n"
    assert [(f.vector, f.where, f.detail, f.count) for f in found.findings] == [("TXT-10", "line 1", "U+202E", 1)]


def test_tag_characters_are_removed():
    """Letters that only a language model reads (TXT-12); a flag made of them loses them too."""
    assert cleaned("確認" + FLAG) == "確認"
    assert cleaned("\U0001f3f4" + FLAG) == "\U0001f3f4"


def test_bytes_hidden_in_variation_selectors_are_removed():
    hidden = "".join(chr(0xE0100 + byte) for byte in b"secret")

    assert cleaned("😀" + hidden) == "😀"
    assert cleaned("葛" + hidden) == "葛" + hidden[0]


@pytest.mark.parametrize(
    "invisible",
    ["\u00ad", "\u034f", "\u061c", "\u180e", "\u200b", "\u200e", "\u2060", "\u2064", "\u3164", "\ufeff", "\ufff9"],
)
def test_characters_without_width_are_removed(invisible):
    found = rebuild(f"一{invisible}二".encode())

    assert found.data == "一二".encode()
    assert found.told == [("TXT-12", "removed")]


@pytest.mark.parametrize(
    ("sequence", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://example.invalid/\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1bP1;2q#0\x1b\\after", "after"),
        ("\x9b2Jc1", "c1"),
        ("\x1b(B\x1b[m", ""),
        ("\x1b]0;never closed\nnext", "0;never closed\nnext"),
        ("bell\x07 and back\x08", "bell and back"),
        ("\x1b\x1b[\x1b[31m", ""),
        ("end\x1b\n", "end\n"),
    ],
)
def test_terminal_sequences_are_removed_whole(sequence, left):
    found = rebuild(f"a{sequence}b\n".encode())

    assert found.data.decode() == f"a{left}b\n"
    assert found.changes == ["TXT-13"]


def test_what_joins_to_a_new_sequence_is_removed_too():
    """A zero-width character in an escape keeps one pass from seeing it (TXT-13, TXT-12)."""
    assert cleaned("a\x1b[3\u200b1mb") == "a1mb"
    assert cleaned("a\u202a\u200b\u202cb") == "ab"


def test_nul_is_removed():
    found = rebuild(b"a.txt\0.exe and padding\0\0\0\0\0\0")

    assert found.data == b"a.txt.exe and padding"
    assert found.changes == ["TXT-09"]


def test_what_cannot_be_read_gets_a_placeholder_of_its_encoding():
    assert rebuild("これは壊れ".encode() + b"\xff" + "た文書\n".encode()).data.decode() == "これは壊れ\ufffdた文書\n"
    assert (
        rebuild("これは壊れ".encode("cp932") + b"\x85\x40" + "た文書\n".encode("cp932")).data.decode("cp932")
        == "これは壊れ〓た文書\n"
    )
    assert rebuild(b"caf\xe9 \x81 na\xefve").data == b"caf\xe9 ? na\xefve"


def test_noncharacters_are_replaced():
    found = rebuild("a\ufffeb\U0001ffffc".encode())

    assert found.data.decode() == "a\ufffdb\ufffdc"
    assert found.told == [("TXT-09", "rewritten")]


@pytest.mark.parametrize(("newline", "style"), [("\n", "\nx\n"), ("\r\n", "\r\nx\r\n")])
def test_line_separators_become_the_newline_of_the_file(newline, style):
    for separator in ("\u2028", "\u2029", "\x85", "\r", "\x0b"):
        found = rebuild(f"a{separator}b{style}".encode())

        assert found.data.decode() == f"a{newline}b{style}"
        assert found.told == [("TXT-14", "rewritten")]


def test_a_macintosh_file_gets_line_ends_that_windows_knows():
    assert rebuild(b"one\rtwo\r").data == b"one\r\ntwo\r\n"


def test_utf_7_is_told_to_be_ascii():
    """A reader that takes the file for UTF-7 sees the same letters as everybody else (TXT-08)."""
    found = rebuild(b"a +ADw-script+AD4- b\n")

    assert found.data == b"a +-ADw-script+-AD4- b\n"
    assert found.data.decode("utf-7") == "a +ADw-script+AD4- b\n"
    assert found.told == [("TXT-08", "rewritten")]
    assert rebuild(b"+/v8-+ADw-").data.decode("utf-7") == "+/v8-+ADw-"


@pytest.mark.parametrize("text", ["1+1=2", "C++ABC-", "tel +81-3-1234-5678", "a+b-c+", "+ADw without an end"])
def test_an_ordinary_plus_is_no_utf_7(text):
    assert rebuild(text.encode()).findings == ()


def test_text_that_a_spreadsheet_takes_for_a_sheet_is_told_from_one():
    """Files that start with ID; are opened as SYLK, macro sheets and all (TXT-04)."""
    found = rebuild(b'ID;PWXL\nO;E\nC;Y1;X1;EALERT("x")\nE\n')

    assert found.data.startswith(b"'ID;PWXL\n")
    assert found.told == [("TXT-04", "rewritten")]
    assert rebuild(b"ID;name\n1;a\n").findings == ()


@pytest.mark.parametrize("control", ["\u202e", "\u2028", "\u2066", "\u2069", "\U000e0041"])
def test_hidden_utf_8_is_removed_from_other_encodings(control):
    """A direction override for a reader that takes a CP932 file for UTF-8 (TXT-10)."""
    found = rebuild("表示の文".encode("cp932") + control.encode() + "順".encode("cp932"))

    assert found.data == "表示の文順".encode("cp932")
    assert found.changes == ["TXT-10"]


# what is kept


@pytest.mark.parametrize(
    "text",
    [
        "葛\U000e0100飾区 辻\U000e0101さん",
        "﨑髙①㈱〜～－−∥‖￢",
        "👩\u200d🚒 👨\u200d👩\u200d👧 ❤\ufe0f 👍🏽 🏳\ufe0f\u200d🌈 1\ufe0f\u20e3 🙂\u200d↔\ufe0f",
        "می\u200cخواهم क्\u200dष ക്\u200c",
        "か\u3099 é ｶﾞ ガ Å Å",
        "form\ffeed\ttab\n",
        "\u3000字下げ　と\xa0空白\n",
        "\ue000\uf8ff私用領域",
        "mixed\r\nline\nends\r\n",
        "\ufffd",
    ],
)
def test_what_a_person_wrote_is_not_touched(text):
    """Nothing is normalised either (TXT-18)."""
    found = rebuild(text.encode())

    assert found.data == text.encode()
    assert found.findings == ()


@pytest.mark.parametrize(
    "text",
    [
        "a\u200db",
        "👩\u200d",
        "\u200d🚒",
        "a\ufe0f",
        "1\ufe0f",
        "क\u200d\u200d\u200dष",
        "あ\ufe00",
        "\U000e0100葛",
        "\u200cا",
    ],
)
def test_joiners_and_selectors_out_of_place_are_removed(text):
    assert rebuild(text.encode()).changes == ["TXT-12"]


@pytest.mark.parametrize("code", ["cp932", "euc_jp", "iso2022_jp", "utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_outlives_the_cleaning(code):
    found = rebuild("日本語の\x07文書\r\n".encode(code))

    assert found.data == "日本語の文書\r\n".encode(code)
    assert found.changes == ["TXT-13"]


def test_disorderly_escapes_are_put_in_order_and_told():
    """Escapes that shift into nothing, and two ways to shift in one file (TXT-07)."""
    found = rebuild(b'\x1b$B$"\x1b(J\x1b$@$$\x1b(B\n\x1b(Bend')

    assert found.data == b'\x1b$B$"$$\x1b(J\nend'
    assert found.told == [("TXT-07", "rewritten")]


# what is told and kept


@pytest.mark.parametrize(
    ("text", "vector"),
    [
        ("@echo off\r\ndel x\r\n", "TXT-15"),
        ("Set o = CreateObject(1)\n", "TXT-15"),
        ("#!/bin/sh\n", "TXT-15"),
        ("<!DOCTYPE html><p>", "TXT-15"),
        ("資料は \\\\server\\share\\a.xlsx です\n", "TXT-16"),
        ("file://server/share\n", "TXT-16"),
        ("SEARCH-MS:query=x\n", "TXT-16"),
        ("www.gоogle.com\n", "TXT-11"),
    ],
)
def test_what_a_text_says_is_told_and_kept(text, vector):
    found = rebuild(text.encode())

    assert found.data == text.encode()
    assert found.told == [(vector, "kept")]


@pytest.mark.parametrize(
    "text", ["https://www.example.lg.jp/\n", "profile: a\n", "C:\\Users\\a\n", "a\\\\b\n", "α版、Δt、Привет\n"]
)
def test_ordinary_text_is_not_worth_telling(text):
    assert rebuild(text.encode()).findings == ()


def test_a_stricter_policy_takes_the_life_out_of_addresses():
    policy = ordering(TXT_16=Action.REWRITE)
    found = rebuild(b"see https://a.example/x, file://b/c and \\\\d\\e\n", PLAIN, policy)

    assert found.data == b"see https[://]a.example/x, file[:]//b/c and \\ \\d\\e\n"
    assert found.told == [("TXT-16", "rewritten")]
    assert rebuild(found.data, PLAIN, policy).findings == ()


def test_a_stricter_policy_refuses_scripts():
    with pytest.raises(BlockedError):
        rebuild(b"#!/bin/sh\n", PLAIN, ordering(TXT_15=Action.REWRITE))


def test_a_policy_that_removes_leaves_no_placeholder():
    policy = ordering(TXT_09=Action.REMOVE, TXT_14=Action.REMOVE, TXT_08=Action.REMOVE, TXT_04=Action.REMOVE)

    assert rebuild("これは壊れ".encode() + b"\xff" + "た\n".encode(), PLAIN, policy).data.decode() == "これは壊れた\n"
    assert rebuild("a\u2028b\n".encode(), PLAIN, policy).data == b"ab\n"
    assert rebuild(b"a +ADw-b\n", PLAIN, policy).data == b"a b\n"
    assert rebuild(b"ID;P\nE\n", PLAIN, policy).data == b"P\nE\n"


@pytest.mark.parametrize("vector", ["TXT-08", "TXT-09", "TXT-10", "TXT-12", "TXT-13", "TXT-14"])
def test_a_policy_that_blocks_is_obeyed(vector):
    text = {
        "TXT-08": "+ADw-",
        "TXT-09": "\0",
        "TXT-10": "\u202e",
        "TXT-12": "\u200b",
        "TXT-13": "\x1b",
        "TXT-14": "\r",
    }[vector]
    with pytest.raises(BlockedError, match=vector):
        rebuild(f"a{text}b".encode(), PLAIN, ordering(**{vector.replace("-", "_"): Action.BLOCK}))


# limits


def test_a_line_beyond_the_limit_is_refused():
    """TXT-17; exactly the limit passes, wherever the line stands."""
    policy = limited(max_line_chars=10)

    assert rebuild(b"0123456789\n0123456789\n" + b"\n" * 30, PLAIN, policy).findings == ()
    for untrusted in (b"0123456789a", b"\n\n0123456789a\n", b"0123456789\n0123456789ab\nx"):
        with pytest.raises(LimitError):
            rebuild(untrusted, PLAIN, policy)


def test_the_size_is_paid_for():
    with pytest.raises(PurseError):
        rebuild(b"0123456789", PLAIN, limited(max_expanded_bytes=9))


def test_a_text_of_which_nothing_is_left_is_refused():
    with pytest.raises(EmptyError):
        rebuild(b"\x1b[2J")


def test_ten_thousand_places_are_one_finding():
    found = rebuild("あ\u202e\n".encode() * 10_000)

    assert [(f.vector, f.where, f.count) for f in found.findings] == [("TXT-10", "line 1", 10_000)]


@pytest.mark.parametrize(
    "unit", ["\x1b]", "\x1b[", "\x90a", "+", "+A", "ABC+/", "\r", "क\u200d", "葛\U000e0100", ":", "\\\\a", "\x1b$B"]
)
def test_a_million_of_anything_ends(unit):
    """No pattern looks at a place more than a few times; one that did would not come back."""
    policy = limited(max_line_chars=1 << 30)
    with suppress(InputError):
        rebuild((unit * (1_000_000 // len(unit))).encode(), PLAIN, policy)


# every file of the corpus, and any bytes


@pytest.mark.parametrize("path", corpus("text", "good"), ids=lambda path: path.name)
def test_good_files_pass_untouched(path):
    found = rebuild(path.read_bytes())

    assert found.data == path.read_bytes()
    assert found.findings == ()


@pytest.mark.parametrize("path", corpus("text", "TXT-*"), ids=lambda path: path.name)
def test_each_vector_is_told(path):
    assert path.parent.name in [vector for vector, _ in rebuild(path.read_bytes()).told]


@pytest.mark.parametrize("path", corpus("text", "malformed"), ids=lambda path: path.name)
def test_malformed_files_are_refused(path):
    with pytest.raises(InputError):
        rebuild(path.read_bytes())


@pytest.mark.parametrize("path", [*corpus("text", "good"), *corpus("text", "TXT-*")], ids=lambda path: path.name)
def test_the_judge_accepts_every_copy(path):
    assert judge(rebuild(path.read_bytes()).data, type_of(path), LENIENT).accepted


LETTERS = "aB1あ漢髙①ｶー葛👩🚒❤ا क्\n\r\t\f\v\0\x1b\x07\x9b\x85\xad"
UNSEEN = "\u200b\u200c\u200d\u200e\u202e\u2066\u2028\u3164\ufeff\ufe0f\u20e3\ufffe\U000e0100\U000e0041\U000e007f"
WORDS = ("\r\n", "\x1b[31m", "\x1b]0;t\x07", "\x1b$B", "\x1b(B", "+ADw-", "+/v8", "+", "ID;P", "\\\\a\\b", "file://x")
PIECES = st.sampled_from([*LETTERS, *UNSEEN, *WORDS])
WRITINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp932", "euc_jp", "iso2022_jp_ext", "cp1252"])


def assert_settled(untrusted: bytes) -> None:
    try:
        found = rebuild(untrusted)
    except InputError:
        return
    again = rebuild(found.data)
    assert again.data == found.data
    assert again.changes == []
    assert bool(found.changes) == (found.data != untrusted)


@given(st.lists(PIECES, max_size=25).map("".join), WRITINGS)
def test_a_copy_is_left_as_it_is(text, code):
    assert_settled(text.encode(code, "replace"))


@given(st.binary(max_size=100))
def test_any_bytes_end_in_a_text_or_a_refusal(untrusted):
    assert_settled(untrusted)


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Cn", "Mn", "Zl", "Zp", "Co", "Lo")), max_size=50))
def test_visible_characters_are_all_kept(text):
    if text and not text.startswith("+/v"):
        assert rebuild(b"x" + text.encode()).data.startswith(b"x" + text.encode()) or "+" in text


# the sanitizer


def test_every_vector_that_can_be_told_is_listed():
    treated = {value for name, value in vars(text_module).items() if name.startswith("TXT_")}

    assert treated - {text_module.TXT_06, text_module.TXT_18} == set(TEXT.vectors)
    assert TEXT.media_types == {PLAIN}


def test_warm_runs():
    text_module.warm()

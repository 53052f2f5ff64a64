"""Tables in text: no cell computes in any reading, and no other byte changes (TXT-01 to TXT-04)."""

import csv
import io
import re
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.terms import Action
from sanitizers.errors import BlockedError, InputError
from sanitizers.formats import csv as csv_module
from sanitizers.formats.csv import CSV
from sanitizers.parsers import delimited
from sanitizers.sanitizer import MAX_FINDINGS
from sanitizers.verify.judge import judge
from tests.sanitizers.texts import COMMAS, LENIENT, TABS, Rebuilt, corpus, limited, ordering, rebuild, type_of

DDE = "cmd|'/c echo harmless'!A0"
CUT = DDE.replace("|", " ")  # what is left of it: no service, no topic


def table(text: str, media_type: str = COMMAS) -> Rebuilt:
    return rebuild(text.encode(), media_type)


def cells_of(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline=""), delimiter=delimiter))


# cells that compute


@pytest.mark.parametrize(
    "cell",
    [
        *("=1+1", "+A1", "-A1*2", "@SUM(A1)", "-1-A1", "+1+2", "-(A1)", "=", "@", "-x!A1", "- [x]", "=-5"),
        *("＝1+1", "＋A1", "－A1", "＠SUM", "﹦1", "－５", "＋81", "−1+A1"),
    ],
)
def test_a_cell_that_computes_gets_an_apostrophe(cell):
    found = table(f"a,{cell},b\r\n")

    assert found.data.decode() == f"a,'{cell},b\r\n"
    assert found.told == [("TXT-01", "rewritten")]


@pytest.mark.parametrize(
    "cell",
    [
        *("-1", "+1", "-1,000.50", "-5%", "+1.5e3", "-.5", "-120円", "-8.2dBm", "+81-3-1234-5678", "-1-2", "- 5"),
        *("-", "--", "－", "－－－", "- item", "-山田", "--1,000 short tons--", "'=1+1", "1-2", "a=b", "a@example.jp"),
        *("−5", "C++", "1+1=2", "△5", "2024-01-01", "http://a.example/?x=1"),
    ],
)
def test_a_cell_that_does_not_compute_keeps_every_byte(cell):
    quoted = f'"{cell}"' if "," in cell else cell
    found = table(f"a,{quoted},b\r\n")

    assert found.data.decode() == f"a,{quoted},b\r\n"
    assert found.findings == ()


@pytest.mark.parametrize(
    ("untrusted", "left"),
    [
        ("a, =1+1", "a, '=1+1"),
        ("a,\t=1+1", "a,\t'=1+1"),
        ('a,"=1+1"', 'a,"\'=1+1"'),
        ('a,"\r\n=1+1"', 'a,"\r\n\'=1+1"'),
        ('a,""=1+1', 'a,""\'=1+1'),
        ('a,"""=1+1"', 'a,"""\'=1+1"'),
        ("a,\u3000=1+1", "a,\u3000'=1+1"),
        ("a,\u200b=1+1", "a,'=1+1"),
        ("a,\0=1+1", "a,'=1+1"),
        ("=1+1", "'=1+1"),
        ("a\n\n=1+1", "a\n\n'=1+1"),
    ],
)
def test_what_stands_before_a_formula_does_not_hide_it(untrusted, left):
    found = table(untrusted)

    assert found.data.decode() == left
    assert "TXT-01" in found.changes


def test_a_byte_order_mark_does_not_hide_a_formula():
    assert rebuild("=1+1,a\r\n".encode("utf-8-sig"), COMMAS).data == "'=1+1,a\r\n".encode("utf-8-sig")


def test_every_other_byte_of_the_table_stays():
    """Odd spacing, needless quotes, mixed line ends and a missing last one are the writer's own."""
    untrusted = ' a ,"b"\r\n"c ""d"" ",=1+1\n\n"x\r\ny" z,,\n-5,"-5","- item"'
    found = table(untrusted)

    assert found.data.decode() == untrusted.replace("=1+1", "'=1+1")
    assert [(f.vector, f.where) for f in found.findings] == [("TXT-01", "line 2")]


@pytest.mark.parametrize("code", ["cp932", "euc_jp", "utf-16", "iso2022_jp"])
def test_a_formula_is_found_in_any_encoding(code):
    found = rebuild("氏名,備考\r\n表,＝１＋１\r\n能,=1+1\r\n".encode(code), COMMAS)

    assert found.data == "氏名,備考\r\n表,'＝１＋１\r\n能,'=1+1\r\n".encode(code)


def test_the_second_byte_of_a_letter_is_no_delimiter():
    """ポ is 83 7C in CP932, and 7C alone is a vertical bar (TXT-06)."""
    untrusted = "a,ポ=1(\r\nb|c,ー\r\n".encode("cp932")

    assert rebuild(untrusted, COMMAS).findings == ()


def test_dde_has_a_name_of_its_own():
    for untrusted in (f"a,={DDE}\r\n", f"={DDE}", f'"={DDE}",b\r\n', f"a;={DDE}\r\n"):
        found = table(untrusted)
        assert found.told == [("TXT-02", "rewritten")]
        assert found.data.decode() == untrusted.replace("=", "'=").replace("|", " ")


# other readings of the same bytes


@pytest.mark.parametrize(
    ("untrusted", "left"),
    [
        ("name,note\r\na,b;=1+1\r\n", "name,note\r\na,b;'=1+1\r\n"),
        ("name,note\r\na,b\t=1+1\r\n", "name,note\r\na,b\t'=1+1\r\n"),
        ('name,note\r\na,"b;=1+1"\r\n', 'name,note\r\na,"b;\'=1+1"\r\n'),
        ('a;"x\n=1+1;y",b\n1;2,3\n', 'a;"x\n\'=1+1;y",b\n1;2,3\n'),
        ('a,"x\n=1+1",b\n', 'a,"x\n\'=1+1",b\n'),
        (f'a,"x\n-{DDE}",b\n', f'a,"x\n\'-{CUT}",b\n'),
        (f"-5,3*{DDE}\n", f"'-5,3*{DDE}\n"),
        ('a,"b\n=1+1,c\n', "a,\"b\n'=1+1,c\n"),
        (f'a,"b\fc\f={DDE}\n', f"a,\"b\fc\f'={CUT}\n"),
    ],
    ids=[
        "semicolon",
        "tab",
        "in quotes",
        "quote inside",
        "line",
        "line that calls",
        "comma is decimal",
        "open",
        "feed",
    ],
)
def test_no_cell_computes_under_another_delimiter(untrusted, left):
    """What is one cell here is several, or half of one, to a spreadsheet of another country (TXT-03)."""
    found = table(untrusted)

    assert found.data.decode() == left
    assert found.changes in (["TXT-03"], ["TXT-02"])


@pytest.mark.parametrize(
    "untrusted",
    [
        'a,"to do:\n- one\n- the second (2)\n- 三(3)",b\n',
        "-5,3,sensor(1)\n-6,2024-01-01,x1\n",
        "lat,lon\n-33.9,151.2\n-35.3,149.1\n",
        '1,"a; b; c",-5\n',
    ],
)
def test_lists_and_numbers_in_a_table_stay(untrusted):
    assert table(untrusted).findings == ()


def test_a_field_longer_than_a_reader_takes_is_read_without_quotes():
    """Python's reader refuses it, and whoever falls back to splitting lines sees other cells."""
    untrusted = 'a,"' + "x" * 140_000 + '\n=1+1\n",b\n'

    assert table(untrusted).data.decode() == untrusted.replace("=", "'=")


def test_bytes_of_two_encodings_compute_in_neither():
    """A1 DC is a full-width plus sign in EUC-JP, and two half-width letters in CP932 (TXT-05)."""
    found = rebuild(b"a,\xa1\xdcA1\r\n", COMMAS)

    assert found.data == b"a,'\xa1\xdcA1\r\n"


@pytest.mark.parametrize("line", ["sep=;", "SEP=,", '"sep=|"', "sep=\t"])
def test_a_line_that_names_a_known_delimiter_stays(line):
    untrusted = f"{line}\r\na;b,c|d\te\r\n"

    assert table(untrusted).data.decode() == untrusted


@pytest.mark.parametrize(("line", "left"), [("sep=x", "'sep=x"), ('"sep=\'"', "\"'sep='\""), (" sep==", " 'sep==")])
def test_a_line_that_makes_any_character_a_delimiter_is_disarmed(line, left):
    found = table(f"{line}\r\nax1+1\r\n")

    assert found.data.decode() == f"{left}\r\nax1+1\r\n"
    assert found.told == [("TXT-03", "rewritten")]


@pytest.mark.parametrize(
    ("untrusted", "left"),
    [
        ("ID;name\r\n1;a\r\n", '"ID";name\r\n1;a\r\n'),
        ("ID;x,name\r\n1,a\r\n", "'ID;x,name\r\n1,a\r\n"),
        ('"ID;x",name\r\n1,a\r\n', '"\'ID;x",name\r\n1,a\r\n'),
    ],
)
def test_a_table_is_told_from_a_symbolic_link_sheet(untrusted, left):
    """Excel opens whatever starts with ID; as SYLK (TXT-04); a first column named ID is an everyday thing."""
    found = table(untrusted)

    assert found.data.decode() == left
    assert found.told == [("TXT-04", "rewritten")]


def test_a_first_column_named_id_is_no_sheet():
    assert table("ID,name\r\n1,a\r\n").findings == ()


# tabs


def test_tabs_delimit_a_tsv_and_commas_in_it_too():
    found = rebuild(b"a\t=1+1\tb,=2\n", TABS)

    assert found.data == b"a\t'=1+1\tb,'=2\n"
    assert found.told == [("TXT-01", "rewritten"), ("TXT-03", "rewritten")]


# policies, findings and limits


def test_a_policy_that_removes_empties_the_cell():
    policy = ordering(TXT_01=Action.REMOVE, TXT_02=Action.REMOVE, TXT_03=Action.REMOVE, TXT_04=Action.REMOVE)

    assert rebuild(b'a,=1+1,"=2,3",b\n', COMMAS, policy).data == b"a,,,b\n"
    assert rebuild(f"a,={DDE}\n".encode(), COMMAS, policy).data == b"a,\n"
    assert rebuild(b"sep=x\na\n", COMMAS, policy).data == b"x\na\n"
    assert rebuild(b"ID;a\n1;2\n", COMMAS, policy).data == b"a\n1;2\n"


@pytest.mark.parametrize(
    ("vector", "untrusted"),
    [("TXT_01", "a,=1"), ("TXT_02", f"={DDE}"), ("TXT_03", "a,b;=1\n1,2"), ("TXT_04", "ID;1"), ("TXT_10", "\u202ea")],
)
def test_a_policy_that_blocks_is_obeyed(vector, untrusted):
    with pytest.raises(BlockedError, match=vector.replace("_", "-")):
        rebuild(untrusted.encode(), COMMAS, ordering(**{vector: Action.BLOCK}))


def test_separators_inside_a_row_do_not_break_it():
    """A line separator becomes a space: a new line would make another row (TXT-14)."""
    found = table("a\u2028b,c\x0bd\r\n1,2\r3,4\r\n")

    assert found.data.decode() == "a b,c d\r\n1,2\r\n3,4\r\n"
    assert found.told == [("TXT-14", "rewritten")]


def test_many_formulas_are_some_places_and_a_number():
    found = table("a,=1\n" * 5_000)

    assert found.data == b"a,'=1\n" * 5_000
    assert sum(finding.count for finding in found.findings) == 5_000
    assert len(found.findings) < MAX_FINDINGS
    assert found.findings[0].where == "line 1"
    assert found.findings[-1].where == "(further places)"


def test_a_hundred_thousand_rows_pass_untouched():
    row = '{0},"山田, 太郎",-{0}.5,+81-3-1234-5678,-,2024-01-01,－,備考\r\n'
    untrusted = "".join(row.format(number) for number in range(100_000)).encode("cp932")
    found = rebuild(untrusted, COMMAS)

    assert found.data == untrusted
    assert found.findings == ()


@pytest.mark.parametrize(
    "unit", ["\t", "\n", '"', '"\n', "=", ",", "-", "- ", "\u3000", "\f\t", '"",', "-1\t", "=a(", "1 ", '\t"']
)
def test_a_million_of_anything_ends(unit):
    """No pattern looks at a place more than a few times; one that did would not come back."""
    rebuild((unit * (300_000 // len(unit))).encode() + b"x", COMMAS, limited(max_line_chars=1 << 30))


# every file of the corpus, and any table


@pytest.mark.parametrize("path", corpus("csv", "good"), ids=lambda path: path.name)
def test_good_files_pass_untouched(path):
    found = rebuild(path.read_bytes(), type_of(path))

    assert found.data == path.read_bytes()
    assert found.findings == ()


@pytest.mark.parametrize("path", corpus("csv", "TXT-*"), ids=lambda path: path.name)
def test_each_vector_is_told(path):
    found = rebuild(path.read_bytes(), type_of(path))

    assert path.parent.name in found.changes or (path.parent.name == "TXT-03" and "TXT-02" in found.changes)


@pytest.mark.parametrize("path", corpus("csv", "*"), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_judge_accepts_every_copy(path):
    try:
        found = rebuild(path.read_bytes(), type_of(path))
    except InputError:
        assert path.parent.name == "malformed"
        return
    assert judge(found.data, type_of(path), LENIENT).accepted


PIECES = st.sampled_from(
    [
        *"=+-@＝－\t\r\n,;|\"' ()!aA15.%円あ\f\0\u200b\u202e\u2028\u3000",
        "\r\n",
        '"",',
        "=1+1",
        "-5",
        "- item",
        "sep=",
        "ID;",
        DDE,
    ]
)
TABLES = st.lists(PIECES, max_size=30).map("".join)


@given(TABLES, st.sampled_from(["utf-8", "utf-8-sig", "cp932", "euc_jp", "utf-16"]), st.sampled_from([COMMAS, TABS]))
def test_a_copy_is_left_as_it_is(text, code, media_type):
    untrusted = text.encode(code, "replace")
    try:
        found = rebuild(untrusted, media_type)
    except InputError:
        return
    again = rebuild(found.data, media_type)
    assert again.data == found.data
    assert again.changes == []
    assert bool(found.changes) == (found.data != untrusted)


@given(TABLES, st.sampled_from(delimited.DELIMITERS))
def test_no_cell_that_python_reads_begins_a_formula(text, delimiter):
    """Python's own reader, under each delimiter that stands in the copy, sees nothing that starts to call."""
    try:
        found = rebuild(text.encode(), COMMAS)
    except InputError:
        return
    if delimiter.encode() in found.data:
        for row in cells_of(found.data, delimiter):
            for cell in row:
                assert not cell.strip().startswith(("=", "@", "＝"))


@given(st.lists(st.sampled_from([*'=@",;\t|\n a1(', "\r\n", '""', "=1"]), max_size=20).map("".join))
def test_cells_are_those_of_pythons_reader(text):
    blank = ' \t\r\n"'
    for delimiter in delimited.DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        theirs = [cell.lstrip(blank) for row in rows for cell in row if cell.lstrip(blank).startswith(("=", "@"))]
        assert [cell.value for cell in delimited.triggered(text, delimiter)] == theirs


@given(st.lists(st.sampled_from([*'=+-",;\t|\n a5(\f', '"-5"', "\n-5"]), max_size=14).map("".join))
def test_the_first_look_overlooks_nothing(text):
    if not delimited.may_compute(text):
        assert list(csv_module._formulas(text, ",")) == []


SIGNS: Final = st.sampled_from(
    [*'=+-＋－−@",;\t|\n\r\f a5.%(\0\x0b\x1c\x85\u3000\ufeff', "-5", "+0.5", "--", "٣", "あ", '"-5"']
)


@given(st.lists(SIGNS, max_size=12).map("".join))
@settings(max_examples=1000)
def test_the_quick_look_says_what_the_first_look_says(text):
    """It reads UTF-8 by RE2, which has no looking ahead: what it finds is looked at again, what it passes is not."""
    present = delimited.present(text)
    first = delimited._first_look(present if len(present) == 1 else "")
    found = delimited._TRIGGER.match(text) or first.search(text) or delimited._SIGNED_LINE.search(text)

    assert delimited.may_compute(text) == bool(found)


def test_a_table_of_plain_numbers_is_passed_by_the_quick_look():
    for text in ("a,-5\n1,+0.5\r\n", "a; -12.5\nb;-\n", "a\t-1\n2\t-3"):
        coded = text.encode()
        assert delimited._quick_look(delimited.present(text))(coded, 0, len(coded)) < 0


def test_every_blank_that_programs_drop_is_known_to_the_quick_look():
    blanks = [chr(code) for code in range(0x10000) if re.fullmatch(delimited._LEAD, chr(code))]

    assert len(blanks) > 25
    for blank in blanks:
        coded = f"a,{blank}=b".encode()
        assert delimited._quick_look(",")(coded, 0, len(coded)) >= 0


# the sanitizer


def test_every_vector_that_can_be_told_is_listed():
    assert [vector.id for vector in CSV.vectors[:4]] == ["TXT-01", "TXT-02", "TXT-03", "TXT-04"]
    assert CSV.media_types == {COMMAS, TABS}


def test_warm_runs():
    csv_module.warm()

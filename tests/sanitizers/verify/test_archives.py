"""ZIP files and names before the judge."""

import io
import zipfile

import pytest

from policies.model import Policy
from sanitizers.model import Check
from sanitizers.verify.judge import CHECKS, judge
from sanitizers.verify.names import complaint, extension, key
from sanitizers.verify.zip import TYPES
from tests.sanitizers.verify.forge import Member, colour_jpeg, folder, jpeg, png, zip_of

POLICY = Policy(name="test")
TEXT = b"hello\n"


def zip_opinion(data: bytes):
    return judge(data, "application/zip", POLICY)


GOOD = {
    "no members": zip_of(),
    "one of each type": zip_of(
        Member(b"a.txt", TEXT),
        Member(b"b.log", TEXT, method=0),
        Member(b"c.csv", b"a,b\n"),
        Member(b"d.tsv", b"a\tb\n"),
        Member(b"e.jpg", jpeg(), method=0),
        Member(b"f.JPEG", colour_jpeg()),
        Member(b"g.png", png(), method=0),
        Member(b"h.zip", zip_of(Member(b"a.txt", TEXT)), method=0),
    ),
    "folders": zip_of(
        folder(b"a/"), folder(b"a/b/"), Member(b"a/b/c.txt", TEXT), Member(b"d/e.txt", TEXT), folder(b"d/")
    ),
    "Japanese names": zip_of(Member("資料（1）/表示　能力ソ.txt".encode(), TEXT, flags=0x800)),
    "names in CP932": zip_of(Member("写真/山と海①.txt".encode("cp932"), TEXT), Member(b"a.txt", TEXT)),
    "names with the flag, though Latin": zip_of(Member(b"a.txt", TEXT, flags=0x800)),
    "made on Unix": zip_of(Member(b"a.txt", TEXT, made_by=0x314, mode=0o100644 << 16)),
    "names alike in NFKC alone": zip_of(Member("（1）.txt".encode(), TEXT, flags=0x800), Member(b"(1).txt", TEXT)),
    "a packed member of the size of its ratio": zip_of(Member(b"a.txt", b"hello\n" * 100_000)),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_zip_as_it_is_rebuilt_is_accepted(name):
    assert zip_opinion(GOOD[name]).accepted


@pytest.mark.parametrize("name", GOOD)
def test_what_the_judge_accepts_another_reader_reads_alike(name):
    with zipfile.ZipFile(io.BytesIO(GOOD[name])) as archive:
        assert archive.testzip() is None


def test_every_type_of_a_member_has_a_check():
    assert set(TYPES.values()) == set(CHECKS)


@pytest.mark.parametrize("name", [b"a", b"a.exe", b"a.txt.lnk", b"noextension/", b".txt/x", b"a.chm"])
def test_a_member_of_another_type_is_refused(name):
    opinion = zip_opinion(zip_of(Member(name, TEXT)))

    assert opinion.check in (Check.TYPE, Check.ZIP)


def test_a_member_is_judged_by_the_type_of_its_name():
    for name, data in ((b"a.csv", b"=A1\n"), (b"a.tab", b"=A1\n"), (b"a.apng", jpeg()), (b"a.jfif", png())):
        assert not zip_opinion(zip_of(Member(name, data))).accepted


def test_a_stored_archive_inside_does_not_look_like_a_second_end():
    inner = zip_of(Member(b"a.txt", TEXT))

    assert zip_opinion(zip_of(Member(b"a.zip", inner, method=0))).accepted


def test_a_stream_cut_short_is_refused():
    whole = Member(b"a.txt", TEXT * 50)

    assert zip_opinion(zip_of(Member(b"a.txt", TEXT * 50, packed=whole.body()[:-2]))).check is Check.ZIP


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        "写真 2026年11月23日.jpg",
        "令和８年度／予算".replace("／", "・") + ".csv",
        "がぎぐげご.txt",
        "神\ufe00田.txt",
        "葛\U000e0100城市.txt",
        "\ufa19社.txt",  # a compatibility ideograph in a family name
        "メモ….txt",
        "比較（1）.tar.txt",
        "console.txt",
        "com.txt",
        "a" * 196 + ".txt",
        "x.exe.txt",
    ],
)
def test_an_ordinary_name_is_safe(name):
    assert complaint(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "a//",
        "../",
        "a/..",
        "a/.",
        " a.txt",
        "a.txt ",
        "a.txt.",
        "a.txt\u3000",
        "NUL",
        "nul.tar.txt",
        "lpt9 .txt",
        "ｃｏｎ.txt",
        "CONIN$",
        "a|b",
        "a?b",
        'a"b',
        "a<b",
        "a\\b",
        "a：b",
        "a﹨b",
        "c℅d.txt",
        "a.ｔｘｔ",
        "e\u0301.txt",
        "a\u00adb.txt",
        "a\ufffe.txt",
        "autorun.inf",
    ],
    ids=ascii,
)
def test_a_name_that_some_system_reads_otherwise_is_refused(name):
    assert complaint(name)


def test_names_are_told_apart_as_the_laxest_file_system_does():
    assert key("A.TXT") == key("a.txt")
    assert key("Straße/") == key("STRASSE")
    assert key("か\u3099") == key("が")
    assert extension("a.b/c.TXT") == "txt"

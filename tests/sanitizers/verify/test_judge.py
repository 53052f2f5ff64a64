"""The judge's word: what it accepts, what it refuses and how it says so."""

import json
import re
import subprocess
import sys
import zlib
from dataclasses import replace

import pytest

from policies.catalogue import CATALOGUE
from policies.model import Limits, Policy
from sanitizers.model import MAX_WHERE_CHARS, Check, Opinion
from sanitizers.verify.judge import CHECKS, judge
from sanitizers.verify.zip import TYPES
from tests.sanitizers.verify.forge import Member, chunk, icc, jpeg, nested, png, zip_of
from tests.sanitizers.verify.forge_pdf import pdf, stream
from tests.sanitizers.verify.forge_pictures import (
    dib,
    emf,
    emf_bitmap,
    emf_record,
    emf_text,
    gif,
    gif_picture,
    ico,
    placeable,
    sub_blocks,
    svg,
    tiff,
    tiff_page,
    webp,
    wmf,
    wmf_bitmap,
    wmf_record,
)
from tests.sanitizers.verify.mutants import BEYOND, MUTANTS, refused_vectors

POLICY = Policy(name="test")


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_a_vector_that_came_back_is_refused(mutant):
    opinion = judge(mutant.data, mutant.media_type, POLICY)

    assert not opinion.accepted
    assert opinion.check is mutant.check, opinion.where
    assert opinion.where


def test_every_vector_of_these_families_has_a_mutant_or_a_reason():
    families = {
        name for name in CATALOGUE if name.partition("-")[0] in ("GEN", "IMG", "SVG", "ZIP", "TXT", "PDF", "FNT")
    }

    assert refused_vectors() | BEYOND.keys() == families
    assert not refused_vectors() & BEYOND.keys()


def test_no_two_mutants_tell_the_same():
    told = [(mutant.vector, mutant.what, mutant.media_type) for mutant in MUTANTS]

    assert len(set(told)) == len(told)


@pytest.mark.parametrize("media_type", ["application/x-pdf", "", "image/JPEG", "text/html", "x\n\x1b[31m"])
def test_a_type_without_a_check_is_refused(media_type):
    opinion = judge(b"hello\n", media_type, POLICY)

    assert opinion.check is Check.TYPE
    assert opinion.where.isprintable()


@pytest.mark.parametrize("media_type", CHECKS)
@pytest.mark.parametrize("data", [b"", b"\0", b"\x1b", b"\xff\xd8\0", b"PK\x05\x06", b"\x89PNG\r\n\x1a\n", bytes(5000)])
def test_scraps_are_refused(media_type, data):
    assert not judge(data, media_type, POLICY).accepted


GOOD = {
    "image/jpeg": jpeg(),
    "image/png": png(),
    "application/zip": zip_of(Member(b"a.txt", b"hello\n")),
    "image/gif": gif(),
    "image/webp": webp(),
    "image/tiff": tiff(tiff_page(), tiff_page()),
    "image/vnd.microsoft.icon": ico(),
    "image/svg+xml": svg('<text x="1">a</text>'),
    "image/emf": emf(emf_text(), emf_bitmap(dib())),
    "image/wmf": wmf(wmf_bitmap(dib()), before=placeable()),
    "application/pdf": pdf(),
}


@pytest.mark.parametrize("media_type", GOOD)
def test_every_beginning_of_a_good_file_is_refused(media_type):
    """GEN-15: no file that a viewer would have to repair comes through."""
    data = GOOD[media_type]
    assert judge(data, media_type, POLICY).accepted

    for length in range(len(data)):
        assert not judge(data[:length], media_type, POLICY).accepted, length


def test_a_member_is_judged_by_the_type_that_its_name_promises():
    """A picture of each type may be in a ZIP under its own extension, and under no other."""
    for extension, media_type in TYPES.items():
        if media_type in GOOD:
            for other, data in GOOD.items():
                archive = zip_of(Member(f"a.{extension}".encode(), data, method=0))
                assert judge(archive, "application/zip", POLICY).accepted == (other == media_type), (extension, other)


def test_a_copy_larger_than_the_policy_allows_is_refused():
    limits = replace(Limits(), max_output_bytes=10)

    assert judge(b"0123456789", "text/plain", Policy(name="t", limits=limits)).accepted
    assert judge(b"0123456789+", "text/plain", Policy(name="t", limits=limits)).check is Check.LIMITS


def test_limits_hold_for_everything_inside_together():
    """Two members of 600 bytes are too much for a purse of 1000."""
    members = [Member(name, b"hello\n" * 100) for name in (b"a.txt", b"b.txt")]
    policy = Policy(name="t", limits=replace(Limits(), max_expanded_bytes=1000))

    assert judge(zip_of(members[0]), "application/zip", policy).accepted
    assert judge(zip_of(*members), "application/zip", policy).check is Check.LIMITS
    inner = Member(b"c.zip", zip_of(members[0]), method=0)
    assert judge(zip_of(inner, members[1]), "application/zip", policy).check is Check.LIMITS


def test_members_count_across_nested_archives():
    policy = Policy(name="t", limits=replace(Limits(), max_members=2))

    assert judge(nested(1), "application/zip", policy).accepted
    assert judge(nested(2), "application/zip", policy).check is Check.LIMITS


def test_an_absurd_depth_in_the_policy_does_not_bring_the_judge_down():
    policy = Policy(name="t", limits=replace(Limits(), max_depth=10**6))

    assert judge(nested(40), "application/zip", policy).check is Check.LIMITS


def test_the_place_is_told_through_all_archives():
    inmost = Member(b"b.png", png() + b"\0", method=0)
    data = zip_of(Member(b"d/a.zip", zip_of(inmost), method=0))

    opinion = judge(data, "application/zip", POLICY)

    assert re.fullmatch(r"d/a\.zip!/b\.png: bytes after IEND at \d+", opinion.where)


def test_the_place_is_printable_and_short_whatever_a_file_says():
    """TXT-21: a hostile name does not reach a log."""
    for name in (b"\x1b[31m\r\n" + b"x" * 400 + b".txt", b"a.\xe2\x80\xae\n"):
        opinion = judge(zip_of(Member(name, b"x\n", flags=0x800)), "application/zip", POLICY)

        assert opinion.check is Check.NAME
        assert opinion.where.isprintable()
        assert len(opinion.where) <= MAX_WHERE_CHARS


def test_the_same_bytes_get_the_same_opinion():
    for mutant in MUTANTS[::7]:
        assert judge(mutant.data, mutant.media_type, POLICY) == judge(mutant.data, mutant.media_type, POLICY)
    assert judge(png(), "image/png", POLICY) == Opinion(True)


def test_the_judge_stands_on_little_that_is_not_its_own():
    """Its zygote stays small, so that a fork is cheap; and no parser is shared with the sanitizers."""
    script = (
        "import sys; before = set(sys.modules)\n"
        "import sanitizers.verify.judge\n"
        "from sanitizers.verify import pdf_pages\n"
        "pdf_pages.warm()\n"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - set(sys.stdlib_module_names)))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert (
        {"policies", "sanitizers"}
        <= set(answer.stdout.split())
        <= {"policies", "sanitizers", "pypdfium2_raw", "re2", "_re2", "zlib_ng"}
    )


def test_the_judge_opens_nothing_once_it_is_loaded():
    """A locked process cannot: every codec has to be there before."""
    letter = "拝啓　①髙\r\n"
    texts = [letter.encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "cp932")]
    texts += ["拝啓".encode("euc-jp"), "拝啓".encode("iso-2022-jp"), b"caf\xe9", b"\x1b(I6E\x1b(B", b"a\0b\0"]
    profile = png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc()[:84] + b"\1" * 16 + icc()[100:])))
    files = [(text, "text/csv") for text in texts] + [(pdf(), "application/pdf"), (profile, "image/png")]
    files += [(svg(head=f'<?xml version="1.0" encoding="{name}"?>'), "image/svg+xml") for name in ("cp932", "utf-7")]
    files += [(mutant.data, mutant.media_type) for mutant in MUTANTS if len(mutant.data) < 4000]
    script = (
        "import json, sys\n"
        "from policies.model import Policy\n"
        "from sanitizers.verify import pdf_pages\n"
        "from sanitizers.verify.judge import judge\n"
        "pdf_pages.warm()\n"
        "files = [(bytes.fromhex(data), media_type) for data, media_type in json.load(sys.stdin)]\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(args) if event in ('open', 'import') else None)\n"
        "opinions = [judge(*file, Policy(name='test')).accepted for file in files]\n"
        "print(opinions.count(True), opened)"
    )
    sent = json.dumps([(data.hex(), media_type) for data, media_type in files])
    answer = subprocess.run([sys.executable, "-c", script], input=sent, capture_output=True, text=True, check=True)

    assert answer.stdout == f"{len(texts) + 1} []\n"


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"+A" * 500_000, "text/plain"),  # shifts of UTF-7
        (b"\xad\xa1" * 300_000, "text/plain"),  # characters that CP51932 adds
        (("خ\u200c" * 200_000 + "خ").encode(), "text/plain"),
        (b"\x1b$B!!\x1b(B" * 50_000, "text/plain"),
        (b"\n" * 1_000_000, "text/plain"),
        (b'"' * 1_000_000, "text/csv"),
        (b'" -' * 300_000, "text/csv"),
        (b"- - " * 300_000, "text/csv"),
        (b"-1,1" * 300_000, "text/csv"),
        (b"+" + b" " * 1_000_000 + b"a", "text/csv"),
        (b'a,"' * 100_000 + b"\n-", "text/csv"),
        (("－" * 300_000 + "｜" * 300_000).encode(), "text/csv"),
        (jpeg(scan=b"PK\x03\x04" * 100), "image/jpeg"),
        (gif(gif_picture(2000, 999, data=sub_blocks(bytes(999_999))), width=2000, height=999), "image/gif"),
        (tiff(tiff_page([b"ab"] * 30_000, tag_256=(4, [2]), tag_257=(4, [30_000]), tag_278=(3, [1]))), "image/tiff"),
        (emf(*[emf_record(33)] * 100_000), "image/emf"),
        (wmf(*[wmf_record(0x1E)] * 100_000), "image/wmf"),
        (pdf(content=stream("", b"(" * 1_000_000)), "application/pdf"),
        (pdf(content=stream("", b"1 " * 1_000_000)), "application/pdf"),
        (pdf(content=stream("", b"/a <</b [" * 200_000)), "application/pdf"),
        (pdf(content=stream("", b"BI /W 1/H 1/BPC 8/CS/G/F/Fl ID " * 50_000)), "application/pdf"),
        (
            pdf(stream("", b"1 beginbfrange <00> <00> [" + b"<00>" * 500_000), font="/ToUnicode 6 0 R"),
            "application/pdf",
        ),
        (
            pdf(*[b"<</Kids[%d 0 R]>>" % n for n in range(7, 50_000)], b"<<>>", catalog="/PageLabels 6 0 R"),
            "application/pdf",
        ),
        (pdf(catalog="/Lang<" + "61" * 1_000_000 + ">"), "application/pdf"),
        (svg("<g>" * 255 + "<rect/>" * 50_000 + "</g>" * 255), "image/svg+xml"),
        (svg(f'<path d="{"M1 2L3.5-4e5 " * 100_000}"/>'), "image/svg+xml"),
        (svg(f'<rect fill="{"1" * 1_000_000}{{"/>'), "image/svg+xml"),
        (svg(f'<rect style="{"fill:url(#a);" * 50_000}"/>'), "image/svg+xml"),
        (svg(f"<style>{'a ' * 300_000}{{mask:url(#a)}}</style>"), "image/svg+xml"),
        (svg(f"<style>{'a' * 1_000_000}</style>"), "image/svg+xml"),
        (svg(f"<style>{'.x rect{mask:url(#g)}' * 5000}</style>{'<rect/>' * 5000}"), "image/svg+xml"),
        (svg('<g id="a"/>' * 50_000 + '<use href="#a"/>' * 50_000), "image/svg+xml"),
        (svg("".join(f'<g id="a{n}"><use href="#a{n + 1}"/></g>' for n in range(30_000))), "image/svg+xml"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else value,
)
def test_work_grows_with_the_file_and_not_with_its_square(data, media_type):
    """GEN-18: each of these would not end within the time of a test if it did not."""
    judge(data, media_type, POLICY)

"""Attached files and names of authors: taken out by default, kept by a policy that says so (PDF-31, PDF-45)."""

import io
from dataclasses import replace

import pikepdf
import pytest

from policies.media import MEDIA_TYPES
from policies.model import Limits, Policy
from policies.terms import Action, Authors, Rebuild
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Outcome
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.papers import clean, paper, shown, stream
from tests.sanitizers.pictures import chunk, square

CLOSED = Policy(name="closed", admit=frozenset(MEDIA_TYPES))
OPEN = replace(CLOSED, name="open", actions={"PDF-31": Action.REWRITE})
NAMED = "議事録.txt"


def attached(*files: tuple[bytes, bytes]) -> bytes:
    """A document to which these are attached: what the specification says, and the bytes."""
    more = {}
    names = []
    for number, (said, data) in enumerate(files):
        place = 10 + 2 * number
        more[place] = b"<</Type/Filespec%b/EF<</F %d 0 R>>>>" % (said, place + 1)
        more[place + 1] = stream(data, b"/Type/EmbeddedFile/Subtype/text#2fplain/Params<</ModDate(D:2024)>>")
        names.append(b"(%d)%d 0 R" % (number, place))
    return paper(catalog=b"/Names<</EmbeddedFiles<</Names[%b]>>>>" % b"".join(names), more=more)


def text_file(name: str) -> bytes:
    return b"/UF<feff%b>" % name.encode("utf-16-be").hex().encode()


def released(data: bytes, policy: Policy = OPEN) -> Outcome:
    """The copy, which the judge accepts and a second pass leaves as it is without a finding."""
    outcome = sanitize(data, Order(name="a.pdf", policy=policy))
    assert outcome.data is not None, outcome.report
    opinion = judge(outcome.data, "application/pdf", policy)
    assert opinion.accepted, opinion
    again = sanitize(outcome.data, Order(name="a.pdf", policy=policy))
    assert again.data == outcome.data
    assert again.report.verdict is Verdict.CLEAN, again.report
    return outcome


def files_of(data: bytes) -> dict[str, bytes]:
    with pikepdf.open(io.BytesIO(data)) as document:
        return {name: document.attachments[name].get_file().read_bytes() for name in document.attachments}


def test_attached_files_are_taken_out_and_named_by_default():
    outcome = released(attached((text_file(NAMED), b"hello\n")), CLOSED)

    assert files_of(outcome.data) == {}
    assert any(finding.vector == "PDF-31" and NAMED in finding.detail for finding in outcome.report.findings)


def test_a_policy_keeps_them_each_sent_through_the_pipeline():
    picture = square(chunk(b"tEXt", b"Author\0somebody"))
    outcome = released(attached((text_file(NAMED), "会議\n".encode()), (b"/F(a picture.png)", picture)))

    files = files_of(outcome.data)
    assert files[NAMED] == "会議\n".encode()
    assert files["a picture.png"].startswith(b"\x89PNG") and b"tEXt" not in files["a picture.png"]
    assert [report.name for report in outcome.report.members] == [NAMED, "a picture.png"]


@pytest.mark.parametrize("said", [b"/F(setup.exe)", b"/UF(a.txt)"], ids=["by its name", "by its content"])
def test_a_program_among_them_is_taken_out(said):
    outcome = released(attached((said, b"MZ" + bytes(200)), (b"/F(b.txt)", b"text\n")))

    assert list(files_of(outcome.data)) == ["b.txt"]
    assert [report.verdict for report in outcome.report.members] == [Verdict.BLOCKED, Verdict.CLEAN]


def test_two_files_of_one_name_get_two():
    outcome = released(attached((b"/F(a.txt)", b"one\n"), (b"/F(../a.txt)", b"two\n")))

    assert files_of(outcome.data) == {"a.txt": b"one\n", "a (2).txt": b"two\n"}


def test_a_document_in_a_document_is_rebuilt_too():
    inner = paper(catalog=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>")
    outcome = released(attached((b"/F(inner.pdf)", inner)))

    copy = files_of(outcome.data)["inner.pdf"]
    assert b"JavaScript" not in copy and judge(copy, "application/pdf", OPEN).accepted


def test_files_that_hang_on_notes_and_parts_go_in_every_policy():
    note = b"/Annots[<</Subtype/FileAttachment/Rect[0 0 9 9]/FS 10 0 R>>]/AF[10 0 R]"
    more = {10: b"<</Type/Filespec/F(a.txt)/EF<</F 11 0 R>>>>", 11: stream(b"hello\n", b"/Type/EmbeddedFile")}
    outcome = released(paper(page=note, more=more))

    assert b"EmbeddedFile" not in outcome.data
    assert {"PDF-32", "PDF-33"} <= {finding.vector for finding in outcome.report.findings}


def test_pages_drawn_to_pixels_have_no_files():
    outcome = released(attached((b"/F(a.txt)", b"hello\n")), replace(OPEN, rebuild=Rebuild.FLAT))

    assert b"EmbeddedFile" not in outcome.data
    assert "PDF-31" in {finding.vector for finding in outcome.report.findings}


@pytest.mark.parametrize("policy", [CLOSED, replace(CLOSED, actions={"PDF-31": Action.BLOCK})])
def test_the_judge_refuses_files_that_no_policy_keeps(policy):
    kept = released(attached((b"/F(a.txt)", b"hello\n"))).data

    assert not judge(kept, "application/pdf", policy).accepted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a.txt".hex().encode(), b"a.exe".hex().encode()),
        (b"a.txt".hex().encode(), b"../xt".hex().encode()),
        (b"/Type/EmbeddedFile", b"/Type/EmbeddedFi1e"),
        (b"/UF<" + b"a.txt".hex().encode(), b"/UF<" + b"b.txt".hex().encode()),
    ],
    ids=["type", "path", "kind", "two names"],
)
def test_the_judge_refuses_a_file_that_is_not_what_it_seems(before, after):
    kept = released(attached((b"/F(a.txt)", b"hello\n"))).data
    forged = kept.replace(before, after)

    assert forged != kept and not judge(forged, "application/pdf", OPEN).accepted


NOTE = b"<</Subtype/Text/Rect[0 0 9 9]/Contents(a word)/T(%b)>>"
NOTES = paper(page=b"/Annots[%b%b%b]" % (NOTE % b"Hanako", NOTE % b"Taro", NOTE % b"Hanako"))


def authors(data: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(data)) as document:
        return [str(note.get("/T", "")) for note in document.pages[0].Annots]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (Authors.REMOVE, ["", "", ""]),
        (Authors.PSEUDONYM, ["Author 1", "Author 2", "Author 1"]),
        (Authors.KEEP, ["Hanako", "Taro", "Hanako"]),
    ],
)
def test_the_policy_says_what_becomes_of_the_authors_of_notes(order, names):
    policy = replace(CLOSED, authors=order)
    outcome = released(NOTES, policy)

    assert authors(outcome.data) == names
    told = "PDF-45" in {finding.vector for finding in outcome.report.findings}
    assert told is (order is not Authors.KEEP)


@pytest.mark.parametrize(
    ("kept_by", "judged_by"),
    [(Authors.KEEP, Authors.PSEUDONYM), (Authors.KEEP, Authors.REMOVE), (Authors.PSEUDONYM, Authors.REMOVE)],
)
def test_the_judge_refuses_names_that_the_policy_does_not_keep(kept_by, judged_by):
    copy = released(NOTES, replace(CLOSED, authors=kept_by)).data

    assert not judge(copy, "application/pdf", replace(CLOSED, authors=judged_by)).accepted


@pytest.mark.parametrize(("dots", "width"), [(72, 200), (150, 416), (300, 833)])
def test_the_policy_says_how_sharp_pages_are_drawn(dots, width):
    policy = Policy(name="flat", rebuild=Rebuild.FLAT, limits=Limits(max_dots_per_inch=dots))
    copy = clean(paper(), policy)

    assert b"/Width %d/" % width in copy.data
    assert "Hello" in shown(copy.data).texts[0]

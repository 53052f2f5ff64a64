"""Every action in every place in every form: what comes out holds none of them, however it is looked at.

What is looked for is found by code of its own: bytes as they stand, streams unpacked, strings and names resolved.
"""

import re
import zlib

import pytest

from policies.load import load_policy
from sanitizers.model import Order
from sanitizers.pipeline import sanitize
from sanitizers.sanitizer import Outcome
from sanitizers.verify.judge import judge
from tests.sanitizers.pdf.poc_actions import ACTIONS
from tests.sanitizers.pdf.poc_draft import HOST, Draft
from tests.sanitizers.pdf.poc_forms import FORMS, plain
from tests.sanitizers.pdf.poc_places import PLACES

POLICY = load_policy("default")
NAMES = (
    *("JavaScript", "JS", "Launch", "GoToR", "GoToE", "SubmitForm", "ImportData", "Thread", "ResetForm", "Hide"),
    *("SetOCGState", "SaveAs", "Trans", "GoTo3DView", "GoToDp", "Rendition", "Movie", "Sound", "RichMediaExecute"),
    *("OpenAction", "AA", "PA", "XFA", "Next", "Templates", "Renditions", "Requirements", "Collection", "Filespec"),
    *("EmbeddedFile", "EF", "PieceInfo", "MediaClip", "RichMedia", "FileAttachment", "Screen", "3D", "CO"),
)
NAMED = re.compile(rb"/(?:%b)(?![A-Za-z0-9])" % b"|".join(name.encode() for name in NAMES))
SAID = re.compile(rb"app\.?alert|file:|javascript:|ms-msdt|\\\\%b|hello\.exe" % HOST.encode(), re.IGNORECASE)


def left(data: bytes) -> set[bytes]:
    """What a reader could still find of the actions in these bytes."""
    seen = [data]
    for start in re.finditer(rb"stream\r?\n", data):
        try:
            seen.append(zlib.decompressobj().decompress(data[start.end() :]))
        except zlib.error:
            continue
    for part in list(seen):
        seen += (bytes.fromhex(digits.decode()) for digits in re.findall(rb"<((?:[0-9a-fA-F]{2})+)>", part))
        seen.append(re.sub(rb"#([0-9a-fA-F]{2})", lambda found: bytes.fromhex(found[1].decode()), part))
        seen.append(part.replace(b"\0", b""))
    seen += [part.replace(b"\0", b"") for part in seen]
    whole = b"\n".join(seen)
    found = {match[0] for pattern in (NAMED, SAID) for match in pattern.finditer(whole)}
    return found | ({HOST.encode()} if HOST.encode() in whole else set())


def drafted(action: str, *places: str) -> dict[int, bytes]:
    draft = Draft()
    tied = ACTIONS[action][1](draft)
    for place in places:
        PLACES[place][1](draft, tied)
    return draft.objects()


def through(untrusted: bytes) -> Outcome:
    outcome = sanitize(untrusted, Order(name="a.pdf", policy=POLICY))
    assert outcome.data is not None, outcome.report
    assert judge(outcome.data, "application/pdf", POLICY).accepted
    return outcome


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_in_every_place_at_once_leaves_nothing(action, form):
    untrusted = FORMS[form](drafted(action, *PLACES), Draft().objects())

    assert left(through(untrusted).data) == set()


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("place", PLACES)
def test_an_action_in_one_place_is_told_and_gone(place, action):
    """By the vector of its place or by its own: whoever reads the report learns what was there."""
    outcome = through(plain(drafted(action, place), {}))

    assert left(outcome.data) == set()
    assert {finding.vector for finding in outcome.report.findings} & {PLACES[place][0], ACTIONS[action][0]}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_a_place_is_told_in_every_form(place, form):
    untrusted = FORMS[form](drafted("a script", place), Draft().objects())

    assert {PLACES[place][0], "PDF-10"} & {finding.vector for finding in through(untrusted).report.findings}


@pytest.mark.parametrize("form", FORMS)
def test_the_search_finds_what_is_there(form):
    untrusted = FORMS[form](drafted("a script", *PLACES), Draft().objects())

    assert len(left(untrusted)) > 10


def test_the_search_finds_nothing_in_a_harmless_document():
    assert left(plain(Draft().objects(), {})) == set()

"""Frames between the towers: what is written can be read, and nothing else can."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.load import load_policy
from policies.terms import Action, Rebuild
from sanitizers import wire
from sanitizers.errors import LimitError, Reason, WireError
from sanitizers.model import Check, Finding, Opinion, Order, Report, Verdict

DIGEST = "ab" * 32
ORDER = Order(name="写真.jpg", policy=load_policy("strict"), claimed_type="image/jpeg", passwords=("秘密",))
INNER = Report(
    verdict=Verdict.BLOCKED,
    media_type="application/pdf",
    sha256_in=DIGEST,
    sha256_out=None,
    name="a/b.pdf",
    reason=Reason.UNSUPPORTED,
)
REPORT = Report(
    verdict=Verdict.SANITIZED,
    media_type="application/zip",
    sha256_in=DIGEST,
    sha256_out=DIGEST,
    name="a.zip",
    findings=(Finding("ARC-26", "a/b.pdf", Action.REWRITE, "unsupported"),),
    members=(INNER,),
    rebuild=Rebuild.FULL,
)


def reframed(frame: bytes, **changed: object) -> bytes:
    """The same frame with other values in its body."""
    body = json.loads(frame[wire.HEADER.size :]) | changed
    text = json.dumps(body).encode()
    magic, kind, _ = wire.HEADER.unpack_from(frame)
    return wire.HEADER.pack(magic, kind, len(text)) + text


def test_an_order_a_report_and_an_opinion_cross_unchanged():
    assert wire.decode_order(wire.encode_order(ORDER)) == ORDER
    assert wire.decode_report(wire.encode_report(REPORT)) == REPORT
    for opinion in (Opinion(True), Opinion(False, Check.ZIP, "offset 3")):
        assert wire.decode_opinion(wire.encode_opinion(opinion)) == opinion


def test_a_name_that_is_no_unicode_crosses_too():
    order = Order(name="\udc83\udc5c.txt", policy=ORDER.policy)

    assert wire.decode_order(wire.encode_order(order)).name == order.name


def test_a_password_is_in_no_repr():
    assert "秘密" not in repr(ORDER)


@pytest.mark.parametrize(
    ("why", "changed"),
    [
        ("released without a digest", {"out": None}),
        ("a reason with a release", {"reason": "malformed"}),
        ("no such verdict", {"verdict": "fine"}),
        ("withheld, yet with a digest", {"verdict": "blocked", "reason": "malformed"}),
        ("our failure told as the file's", {"verdict": "blocked", "out": None, "reason": "crashed", "rebuild": None}),
        ("a digest in capitals", {"in": DIGEST.upper()}),
        ("a short digest", {"in": "ab"}),
        ("one key more", {"message": "hello"}),
        ("a vector nobody catalogued", {"findings": [["XXX-01", "", 1, "", 1]]}),
        ("an action nobody knows", {"findings": [["GEN-01", "", 9, "", 1]]}),
        ("no place at all", {"findings": [["GEN-01", "", 1, "", 0]]}),
        ("a finding that talks too much", {"findings": [["GEN-01", "", 1, "x" * 201, 1]]}),
        ("members that are no list", {"members": {}}),
    ],
)
def test_a_report_that_may_not_be_is_refused(why, changed):
    frame = wire.encode_report(REPORT)
    assert wire.decode_report(reframed(frame)) == REPORT

    with pytest.raises(WireError):
        wire.decode_report(reframed(frame, **changed))


def test_reports_nested_without_end_are_refused():
    body = b'{"members":[' * 5000
    with pytest.raises(WireError):
        wire.decode_report(wire.HEADER.pack(wire.MAGIC, wire.Kind.REPORT, len(body)) + body)


def test_lengths_are_checked_before_the_body():
    frame = wire.encode_report(REPORT)
    for broken in (b"", frame[:5], frame[:-1], frame + b"x", frame + frame, wire.encode_opinion(Opinion(True))):
        with pytest.raises(WireError):
            wire.decode_report(broken)


def test_more_than_a_frame_holds_is_not_sent():
    with pytest.raises(LimitError):
        wire.encode_order(Order(name="x" * wire.MAX_ORDER_BYTES, policy=ORDER.policy))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_wire_error(data):
    for kind, decode in ((1, wire.decode_order), (2, wire.decode_report), (3, wire.decode_opinion)):
        with pytest.raises(WireError):
            decode(wire.HEADER.pack(wire.MAGIC, kind, len(data)) + data)

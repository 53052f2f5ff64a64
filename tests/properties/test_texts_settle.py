"""A text's copy, through the whole pipeline: taken for what it was by whoever looks next, and left as it is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policies.load import load_policy
from sanitizers.detect import detect
from sanitizers.model import Order, Verdict
from sanitizers.pipeline import sanitize

POLICIES = {name: load_policy(name) for name in ("default", "evidence", "strict")}
NEARLY_TEXT = st.lists(
    st.sampled_from(
        [
            *(b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xff", b"\xd9\x9a", b"\x9a\xd9", b"\xc0\x80", b"\x80"),
            *(b"\x1b$B", b"\x1b(B", b"\x1b(I", b"\x1b[31m", b"\x07", b"\x7f", b"\0", b"\r", b"\n\0", b"A\0", b"\0A"),
            *(b"\x82\xa0", b"\xa4\xa2", b"\xe3\x81\x82", b"\xe2\x80\xae", b"+ADw-", b"=", b","),
        ]
    )
    | st.binary(min_size=1, max_size=4),
    min_size=1,
    max_size=25,
).map(b"".join)


@given(NEARLY_TEXT, st.sampled_from(["a.txt", "a.csv", "a.tsv"]), st.sampled_from(sorted(POLICIES)))
@example(bytes.fromhex("fffe5d006024d99a76ffffff1b0a3d005d0030003b0078000700ff"), "a.txt", "evidence")
@example(bytes.fromhex("2cfffee381828c"), "a.txt", "strict")
@example(b"\0\xec\x1b(I", "a.txt", "strict")
@example(b"\xe3\x81\x82\xd4\xfd\x7f", "a.csv", "evidence")
def test_a_copy_is_its_own_copy(untrusted, name, policy):
    order = Order(name=name, policy=POLICIES[policy])
    copy = sanitize(untrusted, order)
    if copy.data is None:
        return

    again = sanitize(copy.data, Order(name=copy.report.name, policy=order.policy))

    assert again.data == copy.data
    assert again.report.verdict is Verdict.CLEAN


@pytest.mark.parametrize("code", ["utf-16", "utf-8"])
def test_characters_that_somebody_else_could_not_read_are_text(code):
    """U+FFFD as it is written, one in four: what an earlier program made of gaiji."""
    untrusted = ("外字\ufffdだ" * 40).encode(code)

    assert detect(untrusted, "a.txt", None).media_type == "text/plain"
    assert sanitize(untrusted, Order(name="a.txt", policy=POLICIES["default"])).data == untrusted

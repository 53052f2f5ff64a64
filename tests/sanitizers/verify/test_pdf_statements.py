"""What the judge tells at one look is part of what it takes statement by statement."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.model import Policy
from sanitizers.verify.court import Court, Refused
from sanitizers.verify.pdf_content import _end_of_statements, check
from sanitizers.verify.pdf_statements import are_plain

PIECES = (
    *(b"q", b"Q", b"B*", b"f", b"cm", b"rg", b"re", b"gs", b"Do", b"Tf", b"Tj", b"TJ", b"'", b'"', b"scn", b"SC", b"d"),
    *(b"BDC", b"BMC", b"EMC", b"BI", b"ID", b"EI", b"true", b"null", b"R", b"*", b"%", b"{", b"\\", b"\xe9"),
    *(b"1", b"-.5", b"12.", b".", b"+", b"/A", b"/", b"(a)", b"((x))", b"(", b")", b"<41>", b"<", b">", b"[", b"]"),
    *(b" ", b"\n", b"\0", b"1 0 0 1 0 0", b"/F 1 Tf ", b"[(a) 1 (b)] TJ ", b"1 2(a)\" "),
    *(b"0 0 0 /P scn ", b"[1 2]0 d "),
    b"/Span<</A[1 2]/B<</C(x)>>>>BDC ",
)  # fmt: skip
NO_STATEMENTS = (b"BI", b"ID", b"EI", b"BX", b"EX", b"PS", b"cn", b"xx", b"A")  # none that is plain
OPERATORS = (  # and all of Table A.1
    *b"b B b* B* BDC BMC BT c cm CS cs d d0 d1 Do DP EMC ET f F f* G g gs h i j J K k l m M MP n q Q re".split(),
    *b"RG rg ri s S SC sc SCN scn sh T* Tc Td TD Tf Tj TJ TL Tm Tr Ts Tw Tz v w W W* y ' \"".split(),
    *NO_STATEMENTS,
)
OPERANDS = (
    *(b"1 " * count for count in range(11)),
    *(b"/A ", b"/A 1 ", b"/A /B ", b"/A<</B 1>>", b"1 /A ", b"1 1 1 /A ", b"(a)", b"1 1(a)", b"1(a)", b"<41>"),
    *(b"[1 2]", b"[1 2]0 ", b"[(a)1]", b"[/A]0 ", b"<<>>", b"true ", b"null "),
)
PAGE = (
    b"q 1 0 0 1 0 0 cm\nBT /F1 12 Tf 14.4 TL (a (b) \\) c)Tj T* [(x)-20<41>]TJ ET\nQ "
    b'/Span<</MCID 0/E(x)>>BDC 0 0 0 1 k 1 2 m 3 4 l S EMC [3 1]0 d /P1 gs 1 2 3 /P scn 0 0(t)" /P/MC0 BDC EMC f*'
)


def test_a_page_of_plain_statements_is_told_at_one_look():
    assert are_plain(PAGE)
    assert are_plain(b"")
    assert are_plain(b" \n")


@pytest.mark.parametrize(
    "content",
    [
        b"/F1 Tf",  # no size
        b"/F12 Tf",
        b"1 2 3 g",
        b"1 2 rg",
        b"q/Q",
        b"qQ",
        b"(a)",
        b"(a Tj",
        b"<4g>Tj",
        b"[1 2",
        b"[12.5.]0 d",
        b"1 0 0 1 0 0 cn",
        b"q % a comment\nQ",
        b"PS",
        b"/Span<</A 1>BDC",
        PAGE + b" unknown",
        b"BI /W 1 /H 1 ID x EI",  # an image is looked at by itself
        b"q\x0bQ",
    ],
)
def test_anything_else_is_not(content):
    assert not are_plain(content)


def test_what_is_plain_before_each_operator_passes_statement_by_statement():
    told = [(operands, operator) for operands in OPERANDS for operator in OPERATORS if are_plain(operands + operator)]

    for content in map(b"".join, told):
        assert _end_of_statements(content, 0) == len(content), content
    assert {operator for _, operator in told} == set(OPERATORS).difference(NO_STATEMENTS)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map(b"".join))
def test_what_is_plain_passes_statement_by_statement(content):
    if are_plain(content):
        assert _end_of_statements(content, 0) == len(content)


@pytest.mark.parametrize("before", [b"q 1", b"BT /F1", b"ET", b"Q ", b"/Span", b"BDC 0", b"EMC f*"])
def test_a_statement_that_is_none_is_refused_wherever_it_stands(before):
    court = Court(Policy(name="test").limits, _hear=lambda *_: None)
    check(PAGE, court)

    with pytest.raises(Refused):
        check(PAGE.replace(before, b"(a) unknown " + before), court)
